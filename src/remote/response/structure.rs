//! BODYSTRUCTURE (and BODY) to leaf parts. RFC 3501 §7.4.2. Iterative: a server's nesting costs no stack.

use crate::mail::part::{PartInfo, PartPath};
use crate::remote::response::part_name;
use crate::remote::response::token::{Broken, MAX_NESTING, Token, Tokens, number};

/// Values of one structure, at most; more makes it unreadable, not the response broken.
const MAX_VALUES: usize = 100_000;
/// Leaf parts, at most; further ones are left out.
const MAX_PARTS: usize = 1000;

/// A value, its children by number in the arena.
#[derive(Debug)]
enum Value {
    Nil,
    Text(Vec<u8>),
    List(Vec<usize>),
}

/// All values of one structure; the first is the outermost.
#[derive(Debug, Default)]
struct Arena(Vec<Value>);

/// Reads one body structure into its leaf parts, numbered as IMAP numbers them; empty where it says nothing usable.
///
/// # Errors
/// Parentheses or strings without end, or lists nested too deep.
pub fn parse(tokens: &mut Tokens<'_>) -> Result<Vec<PartInfo>, Broken> {
    let Some(arena) = read(tokens)? else {
        return Ok(Vec::new());
    };
    Ok(arena.leaves())
}

/// Reads one value; `None` when it has too many parts to be of use.
fn read(tokens: &mut Tokens<'_>) -> Result<Option<Arena>, Broken> {
    let mut arena = Arena::default();
    let mut open: Vec<usize> = Vec::new();
    let mut is_full = false;
    loop {
        let value = match tokens.token()? {
            None => return Err(Broken("a body structure without end")),
            Some(Token::Close) => {
                if open.pop().is_none() {
                    return Err(Broken("a body structure was expected"));
                }
                if open.is_empty() {
                    break;
                }
                continue;
            }
            Some(Token::Open) => Value::List(Vec::new()),
            Some(token) => token
                .bytes()
                .map_or(Value::Nil, |text| Value::Text(text.into_owned())),
        };
        let is_list = matches!(value, Value::List(_));
        is_full = is_full || arena.0.len() >= MAX_VALUES;
        let at = if is_full { 0 } else { arena.push(&open, value) };
        if is_list {
            open.push(at);
            if open.len() > MAX_NESTING {
                return Err(Broken("lists nest too deep"));
            }
        } else if open.is_empty() {
            break;
        }
    }
    Ok((!is_full).then_some(arena))
}

impl Arena {
    fn push(&mut self, open: &[usize], value: Value) -> usize {
        let at = self.0.len();
        self.0.push(value);
        if let Some(Value::List(children)) = open.last().and_then(|parent| self.0.get_mut(*parent))
        {
            children.push(at);
        }
        at
    }

    fn list(&self, at: Option<&usize>) -> Option<&[usize]> {
        match self.0.get(*at?)? {
            Value::List(children) => Some(children),
            Value::Nil | Value::Text(_) => None,
        }
    }

    fn text(&self, at: Option<&usize>) -> Option<&[u8]> {
        match self.0.get(*at?)? {
            Value::Text(text) => Some(text),
            Value::Nil | Value::List(_) => None,
        }
    }

    fn lower(&self, at: Option<&usize>) -> String {
        String::from_utf8_lossy(self.text(at).unwrap_or_default()).to_ascii_lowercase()
    }

    /// Walks the bodies in order, with a stack of our own.
    fn leaves(&self) -> Vec<PartInfo> {
        let mut leaves = Vec::new();
        // A body, the path above it, and its number there; none for the outermost body and that of a forwarded
        // message: a multipart then takes the path above, a single part is number 1 below it.
        let mut work = vec![(0_usize, PartPath::default(), None)];
        while let Some((at, above, number)) = work.pop() {
            let body = self.list(Some(&at)).unwrap_or_default();
            if leaves.len() >= MAX_PARTS {
                break;
            }
            if self.list(body.first()).is_some() {
                let path = number.map_or_else(|| above.clone(), |number| above.child(number));
                let parts: Vec<_> = body
                    .iter()
                    .copied()
                    .take_while(|part| self.list(Some(part)).is_some())
                    .zip(1_u32..)
                    .collect();
                let parts = parts.into_iter().rev();
                work.extend(parts.map(|(part, number)| (part, path.clone(), Some(number))));
                continue;
            }
            let path = above.child(number.unwrap_or(1));
            let inner = body.get(8).filter(|inner| {
                self.is_message(body) && self.list(Some(inner)).is_some_and(|list| !list.is_empty())
            });
            match inner {
                Some(inner) => work.push((*inner, path, None)),
                None => leaves.extend(self.leaf(body, path)),
            }
        }
        leaves
    }

    fn is_message(&self, body: &[usize]) -> bool {
        self.lower(body.first()) == "message"
            && matches!(self.lower(body.get(1)).as_str(), "rfc822" | "global")
    }

    /// A single part; `None` for a multipart without parts, which some servers write as `("RELATED" NIL ..)`.
    fn leaf(&self, body: &[usize], path: PartPath) -> Option<PartInfo> {
        let main = self.lower(body.first());
        let sub = self.lower(body.get(1));
        if main.is_empty() || (sub.is_empty() && body.len() < 7) {
            return None;
        }
        let parameters = self.pairs(body.get(2));
        let is_text = main == "text";
        let extension = if is_text {
            8
        } else if self.is_message(body) {
            10
        } else {
            7
        };
        let (disposition, disposition_parameters) = self.disposition(body, extension);
        let name = part_name::decode(&disposition_parameters, "filename")
            .or_else(|| part_name::decode(&parameters, "name"))
            .unwrap_or_default();
        let content_id = self.text(body.get(3)).unwrap_or_default();
        let content_id = String::from_utf8_lossy(content_id)
            .trim()
            .trim_start_matches('<')
            .trim_end_matches('>')
            .to_owned();
        let is_attachment = match disposition.as_str() {
            "attachment" => true,
            // Some programs call every attachment inline; a picture with a Content-ID belongs to the text.
            "inline" => !is_text && content_id.is_empty(),
            _ if is_text => !name.is_empty(),
            _ => content_id.is_empty() || main == "application",
        };
        let encoding = self.lower(body.get(5));
        Some(PartInfo {
            path,
            content_type: format!("{main}/{}", if sub.is_empty() { "x-unknown" } else { &sub }),
            charset: part_name::plain(&parameters, "charset").to_ascii_lowercase(),
            encoding: if encoding.trim().is_empty() {
                "7bit".to_owned()
            } else {
                encoding.trim().to_owned()
            },
            name,
            size_bytes: self.text(body.get(6)).and_then(number).unwrap_or(0),
            is_attachment,
            content_id,
        })
    }

    /// Name and value pairs of a parameter list; `()`, NIL, and NIL values are tolerated.
    fn pairs(&self, at: Option<&usize>) -> Vec<(String, Vec<u8>)> {
        let children = self.list(at).unwrap_or_default();
        children
            .chunks_exact(2)
            .take(64)
            .filter_map(|pair| {
                let value = self.text(pair.get(1))?.to_vec();
                Some((self.lower(pair.first()), value))
            })
            .collect()
    }

    /// The disposition: second of the extension data, or wherever a list says attachment or inline.
    fn disposition(&self, body: &[usize], extension: usize) -> (String, Vec<(String, Vec<u8>)>) {
        let known = |at: &&usize| {
            let name = self.lower(self.list(Some(at)).and_then(<[usize]>::first));
            matches!(name.as_str(), "attachment" | "inline")
        };
        let found = body
            .get(extension + 1)
            .filter(|at| self.list(Some(at)).is_some_and(|list| !list.is_empty()))
            .or_else(|| {
                body.get(extension.min(7)..)
                    .unwrap_or_default()
                    .iter()
                    .find(known)
            });
        let list = self.list(found).unwrap_or_default();
        (self.lower(list.first()), self.pairs(list.get(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::wire::framer::Frame;

    fn read(text: &str) -> Result<Vec<PartInfo>, Broken> {
        let frame = Frame {
            bytes: text.as_bytes().to_vec(),
            ..Frame::default()
        };
        parse(&mut Tokens::new(&frame))
    }

    fn paths(text: &str) -> Vec<String> {
        let name = |part: &PartInfo| {
            let sign = if part.is_attachment { "+" } else { "" };
            format!("{} {}{sign}", part.path, part.content_type)
        };
        read(text).unwrap().iter().map(name).collect()
    }

    const PLAIN: &str = r#"("TEXT" "PLAIN" NIL NIL NIL "7BIT" 1 1)"#;
    const ENVELOPE: &str = "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)";

    #[test]
    fn leaves_are_numbered_as_imap_numbers_them() {
        let message = |body: &str| {
            format!(r#"("MESSAGE" "RFC822" NIL NIL NIL "7BIT" 99 {ENVELOPE} {body} 9)"#)
        };
        let mixed = format!(r#"({PLAIN}{PLAIN} "MIXED")"#);
        for (text, expected) in [
            (PLAIN.to_owned(), &["1 text/plain"][..]),
            (mixed.clone(), &["1 text/plain", "2 text/plain"]),
            (
                format!(r#"({mixed}{PLAIN} "MIXED")"#),
                &["1.1 text/plain", "1.2 text/plain", "2 text/plain"],
            ),
            // A forwarded single part is `.1` below, a forwarded multipart takes the message's own number.
            (
                format!(r#"({PLAIN}{} "MIXED")"#, message(PLAIN)),
                &["1 text/plain", "2.1 text/plain"],
            ),
            (
                format!(r#"({PLAIN}{} "MIXED")"#, message(&mixed)),
                &["1 text/plain", "2.1 text/plain", "2.2 text/plain"],
            ),
            (message(&mixed), &["1.1 text/plain", "1.2 text/plain"]),
            (message("NIL"), &["1 message/rfc822+"]),
            ("()".to_owned(), &[]),
            ("NIL".to_owned(), &[]),
            ("(())".to_owned(), &[]),
            (
                r#"("APPLICATION" NIL NIL NIL NIL NIL NIL)"#.to_owned(),
                &["1 application/x-unknown+"],
            ),
        ] {
            assert_eq!(paths(&text), expected, "{text}");
        }
    }

    #[test]
    fn names_dispositions_and_ids_are_found() {
        let cases = [
            (
                r#"("IMAGE" "PNG" NIL "<a@b>" NIL "BASE64" 5 NIL ("INLINE" ("FILENAME" "x.png")))"#,
                "x.png",
                false,
            ),
            (
                r#"("IMAGE" "PNG" ("NAME" "y.png") NIL NIL "BASE64" 5)"#,
                "y.png",
                true,
            ),
            (
                r#"("APPLICATION" "PDF" NIL "<a@b>" NIL "BASE64" 5 NIL ("inline" NIL))"#,
                "",
                false,
            ),
            (
                r#"("TEXT" "CSV" NIL NIL NIL "7BIT" 5 1 NIL ("attachment" ("filename*" "utf-8''%C3%A9")))"#,
                "\u{e9}",
                true,
            ),
            // A server that forgets the line count.
            (
                r#"("TEXT" "PLAIN" NIL NIL NIL "7BIT" 5 NIL ("ATTACHMENT" ("FILENAME" "z")))"#,
                "z",
                true,
            ),
            (
                r#"("TEXT" "PLAIN" NIL NIL NIL "7BIT" 5 1 NIL ("INLINE" ("FILENAME" "z")))"#,
                "z",
                false,
            ),
        ];
        for (text, name, is_attachment) in cases {
            let parts = read(text).unwrap();
            assert_eq!(
                (parts[0].name.as_str(), parts[0].is_attachment),
                (name, is_attachment),
                "{text}"
            );
        }
    }

    #[test]
    fn depth_and_number_are_capped() {
        let nested = |depth: usize| format!("{}{}", "(".repeat(depth), ")".repeat(depth));
        assert!(read(&nested(64)).is_ok());
        assert!(read(&nested(65)).is_err());
        assert!(read("((").is_err());
        assert!(read(")").is_err());
        let wide = format!(r#"({} "MIXED")"#, PLAIN.repeat(2000));
        assert_eq!(read(&wide).unwrap().len(), MAX_PARTS);
        let flood = format!(r#"({} "MIXED")"#, PLAIN.repeat(20_000));
        assert_eq!(read(&flood).unwrap(), []);
    }
}
