//! Splits a header block into fields, in one pass, whatever it looks like. RFC 5322 §2.2.
//!
//! Leading blank or indented lines, an mbox `From ` line and lines without a colon are stepped over, not errors.

use crate::mime::caps;
use crate::mime::patience;

/// One header field as it stands: folds, encoded words and 8-bit bytes still in the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field<'a> {
    /// The name, without blanks.
    pub name: &'a [u8],
    /// The value, at most [`caps::FIELD_BYTES`] of it.
    pub value: &'a [u8],
}

impl Field<'_> {
    /// Whether the field has that name, in any case.
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }
}

/// The fields of a block, one after another.
#[derive(Debug, Clone)]
pub struct Fields<'a> {
    block: &'a [u8],
    at: usize,
    ended: bool,
    seen_any: bool,
    /// Lines that were no field.
    pub n_skipped: usize,
    /// Whether a cap cut something.
    pub capped: bool,
}

impl<'a> Fields<'a> {
    /// Starts at the first line of a header block, or of a whole message.
    pub const fn new(block: &'a [u8]) -> Self {
        Self {
            block,
            at: 0,
            ended: false,
            seen_any: false,
            n_skipped: 0,
            capped: false,
        }
    }

    /// Where the body begins, in bytes from the start of the block. Right once the fields have come to their end.
    pub const fn body_at(&self) -> usize {
        self.at
    }

    /// The end of the line that starts at `from`, its line feed included.
    fn line_end(&self, from: usize) -> usize {
        patience::check();
        let rest = self.block.get(from..).unwrap_or_default();
        find(rest, b'\n').map_or(self.block.len(), |at| from + at + 1)
    }

    fn continues_at(&self, at: usize) -> bool {
        matches!(self.block.get(at), Some(b' ' | b'\t'))
    }
}

/// The place of a byte.
pub fn find(bytes: &[u8], wanted: u8) -> Option<usize> {
    bytes.iter().position(|byte| *byte == wanted)
}

fn is_blank(line: &[u8]) -> bool {
    matches!(line, b"\n" | b"\r\n" | b"\r" | b"")
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        while !self.ended && self.at < self.block.len() {
            let start = self.at;
            let mut end = self.line_end(start);
            let line = self.block.get(start..end)?;
            if is_blank(line) {
                self.at = end;
                if self.seen_any {
                    self.ended = true;
                    return None;
                }
                self.n_skipped += 1;
                continue;
            }
            let colon = line
                .iter()
                .position(|byte| matches!(byte, b':' | b' ' | b'\t' | b'\n'));
            let name_end = match colon.and_then(|at| Some((at, *line.get(at)?))) {
                Some((at, b':')) if at > 0 => at,
                // A blank before the colon is obsolete syntax, RFC 5322 §4.5; a blank and no colon is no field.
                Some((at, b' ' | b'\t')) if at > 0 => {
                    let rest = line.get(at..).unwrap_or_default();
                    let blanks = rest
                        .iter()
                        .take_while(|byte| matches!(byte, b' ' | b'\t'))
                        .count();
                    if rest.get(blanks) == Some(&b':') {
                        at
                    } else {
                        self.at = end;
                        self.n_skipped += 1;
                        continue;
                    }
                }
                _ => {
                    self.at = end;
                    self.n_skipped += 1;
                    continue;
                }
            };
            while self.continues_at(end) {
                end = self.line_end(end);
            }
            self.at = end;
            self.seen_any = true;
            if end > caps::HEADER_BYTES {
                self.capped = true;
            }
            let name = self.block.get(start..start + name_end)?;
            let after = self.block.get(start + name_end..end)?;
            let value = after.get(find(after, b':')? + 1..)?;
            let kept = value.len().min(caps::FIELD_BYTES);
            self.capped |= kept < value.len();
            return Some(Field {
                name,
                value: value.get(..kept)?,
            });
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(block: &str) -> (Vec<(String, String)>, usize) {
        let mut fields = Fields::new(block.as_bytes());
        let mut all = Vec::new();
        for field in fields.by_ref() {
            all.push((
                String::from_utf8_lossy(field.name).into_owned(),
                String::from_utf8_lossy(field.value).into_owned(),
            ));
        }
        (all, fields.body_at())
    }

    fn names(block: &str) -> Vec<String> {
        split(block).0.into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn a_folded_field_is_one_field_and_the_body_is_found() {
        let (fields, body_at) = split("A: 1\r\n 2\r\nB:3\n\nbody");
        assert_eq!(
            fields,
            [
                ("A".into(), " 1\r\n 2\r\n".into()),
                ("B".into(), "3\n".into())
            ]
        );
        assert_eq!(body_at, 15);
    }

    #[test]
    fn lines_that_are_no_field_are_stepped_over() {
        assert_eq!(names("\n\n A: x\nB: 1\n\n"), ["B"]);
        assert_eq!(
            names("From a@b Thu\nB: 1\nno colon here\nC : 2\n:\nD:"),
            ["B", "C", "D"]
        );
        assert_eq!(names(""), Vec::<String>::new());
        assert_eq!(names("no header at all"), Vec::<String>::new());
    }

    #[test]
    fn a_giant_field_is_cut() {
        let block = format!("A: {}\nB: 1\n", "x".repeat(2 << 20));
        let mut fields = Fields::new(block.as_bytes());
        assert_eq!(fields.next().unwrap().value.len(), caps::FIELD_BYTES);
        assert!(fields.capped);
        assert!(fields.next().unwrap().is("b"));
    }
}
