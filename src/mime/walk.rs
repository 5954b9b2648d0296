//! Finds the parts of a message: one pass over its lines with a stack of open boundaries. RFC 2046 §5.1.
//!
//! A boundary matches whole lines only, an outer boundary closes what was left open inside it, and nothing recurses.

use crate::mail::part::PartPath;
use crate::mime::boundary::Boundaries;
use crate::mime::caps;
use crate::mime::defect::{Defect, Defects};
use crate::mime::entity::{Entity, EntityFields};
use crate::mime::fields::Fields;
use crate::mime::message::{Alternative, TextLines};

/// A leaf part that was found.
#[derive(Debug, Clone)]
pub struct Leaf<'a> {
    /// Numbered as IMAP numbers it.
    pub path: PartPath,
    /// What its header says.
    pub entity: Entity,
    /// Its bytes, still encoded.
    pub body: &'a [u8],
    /// The alternatives it belongs to.
    pub alternative: Option<Alternative>,
    /// Whether it lies inside a message/rfc822 of this walk.
    pub is_enclosed: bool,
}

/// A multipart whose end has not come yet.
struct Open {
    path: PartPath,
    n_children: u32,
    depth: usize,
    is_digest: bool,
    is_alternative: bool,
    alternative: Option<Alternative>,
}

/// A message/rfc822 whose end has not come yet.
struct OpenMessage {
    leaf: usize,
    start: usize,
    n_levels: usize,
}

/// Where an entity (a message, or a child of a multipart) begins and what is known of it before its header is read.
struct Start {
    at: usize,
    path: PartPath,
    /// The entity of a whole message: a leaf there is part 1 of it.
    is_root: bool,
    depth: usize,
    in_digest: bool,
    alternative: Option<Alternative>,
}

/// Where an entity goes on after its header.
enum Next {
    /// Another entity follows directly.
    Entity(Start),
    /// The next boundary decides; the body since `from` belongs to the leaf just found.
    Boundary {
        from: usize,
        ends_leaf: Option<usize>,
    },
}

struct Walk<'a, 'd> {
    raw: &'a [u8],
    boundaries: Boundaries<'a>,
    levels: Vec<Open>,
    messages: Vec<OpenMessage>,
    leaves: Vec<Leaf<'a>>,
    n_entities: usize,
    header_room: usize,
    defects: &'d mut Defects,
}

/// Takes a message apart. `base` is its path: empty for a whole message, the path of the message/rfc822 it stands in.
pub fn walk<'a>(raw: &'a [u8], base: &PartPath, defects: &mut Defects) -> Vec<Leaf<'a>> {
    let mut walk = Walk {
        raw,
        boundaries: Boundaries::new(raw),
        levels: Vec::new(),
        messages: Vec::new(),
        leaves: Vec::new(),
        n_entities: 0,
        header_room: caps::HEADER_BYTES,
        defects,
    };
    let mut start = Some(Start {
        at: skip_blank_lines(raw),
        path: base.clone(),
        is_root: true,
        depth: base.numbers().len(),
        in_digest: false,
        alternative: None,
    });
    while let Some(here) = start {
        if walk.leaves.len() >= caps::PARTS || walk.n_entities >= caps::PARTS * 2 {
            walk.defects.add(Defect::TooManyParts);
            break;
        }
        walk.n_entities += 1;
        start = match walk.entity(&here) {
            Next::Entity(inner) => Some(inner),
            Next::Boundary { from, ends_leaf } => walk.advance(from, ends_leaf),
        };
    }
    walk.close_messages(0, raw.len());
    walk.leaves
}

/// Blank lines before a header are nobody's.
fn skip_blank_lines(raw: &[u8]) -> usize {
    raw.iter()
        .take_while(|byte| matches!(byte, b'\r' | b'\n'))
        .count()
}

impl Walk<'_, '_> {
    /// Reads the header of an entity and enters it.
    fn entity(&mut self, here: &Start) -> Next {
        let (header_end, body) = self.boundaries.header_end(here.at);
        let header = self.boundaries.line(here.at, header_end);
        let header = header
            .get(..header.len().min(self.header_room))
            .unwrap_or_default();
        self.header_room = self.header_room.saturating_sub(header.len());
        let mut fields = EntityFields::default();
        let mut lines = Fields::new(header);
        lines.by_ref().for_each(|field| fields.take(field));
        self.defects.add_if(
            lines.n_skipped > 0 && !header.is_empty(),
            Defect::StrayHeaderLines,
        );
        self.defects.add_if(
            lines.capped || header.len() < header_end.saturating_sub(here.at),
            Defect::HeaderTooLarge,
        );
        let entity = fields.read(here.in_digest, self.defects);
        if entity.content_type.starts_with("multipart/") {
            return self.multipart(here, entity, body);
        }
        let is_message =
            entity.content_type == "message/rfc822" || entity.content_type == "message/global";
        let is_as_it_stands = !matches!(entity.encoding.as_str(), "base64" | "quoted-printable");
        let leaf = self.leaf(here, entity);
        if is_message && is_as_it_stands {
            if here.depth < caps::DEPTH {
                return self.message(here, leaf, body);
            }
            self.defects.add(Defect::TooDeep);
        }
        Next::Boundary {
            from: body,
            ends_leaf: Some(leaf),
        }
    }

    fn leaf(&mut self, here: &Start, entity: Entity) -> usize {
        self.leaves.push(Leaf {
            path: if here.is_root {
                here.path.child(1)
            } else {
                here.path.clone()
            },
            entity,
            body: b"",
            alternative: here.alternative.clone(),
            is_enclosed: !self.messages.is_empty(),
        });
        self.leaves.len() - 1
    }

    fn multipart(&mut self, here: &Start, entity: Entity, body: usize) -> Next {
        let is_too_deep = here.depth >= caps::DEPTH;
        self.defects.add_if(is_too_deep, Defect::TooDeep);
        if let Some(boundary) = entity.boundary.clone().filter(|_| !is_too_deep) {
            self.boundaries.push(boundary);
            self.levels.push(Open {
                path: here.path.clone(),
                n_children: 0,
                depth: here.depth + 1,
                is_digest: entity.content_type == "multipart/digest",
                is_alternative: entity.content_type == "multipart/alternative",
                alternative: here.alternative.clone(),
            });
            let own = self.levels.len() - 1;
            if self
                .boundaries
                .next_edge(body)
                .is_some_and(|edge| edge.level == own)
            {
                return Next::Boundary {
                    from: body,
                    ends_leaf: None,
                };
            }
            self.close_levels(own);
        }
        self.defects.add_if(!is_too_deep, Defect::NoBoundary);
        let as_text = Entity {
            content_type: "text/plain".to_owned(),
            encoding: "8bit".to_owned(),
            lines: TextLines::Fixed,
            ..entity
        };
        let leaf = self.leaf(here, as_text);
        Next::Boundary {
            from: body,
            ends_leaf: Some(leaf),
        }
    }

    fn message(&mut self, here: &Start, leaf: usize, body: usize) -> Next {
        self.messages.push(OpenMessage {
            leaf,
            start: body,
            n_levels: self.levels.len(),
        });
        Next::Entity(Start {
            at: body,
            path: self
                .leaves
                .get(leaf)
                .map(|leaf| leaf.path.clone())
                .unwrap_or_default(),
            is_root: true,
            depth: here.depth + 1,
            in_digest: false,
            alternative: here.alternative.clone(),
        })
    }

    /// Goes to the next boundary: ends the leaf before it, closes what it closes, and starts the next child.
    fn advance(&mut self, from: usize, ends_leaf: Option<usize>) -> Option<Start> {
        let mut edge = self.boundaries.next_edge(from);
        let leaf_end = edge.as_ref().map_or(self.raw.len(), |edge| edge.start);
        if let Some(leaf) = ends_leaf.and_then(|leaf| self.leaves.get_mut(leaf)) {
            let end = if edge.is_some() {
                before_line_break(self.raw, from, leaf_end)
            } else {
                leaf_end
            };
            leaf.body = self.raw.get(from..end).unwrap_or_default();
        }
        loop {
            let Some(found) = edge else {
                self.defects
                    .add_if(!self.levels.is_empty(), Defect::Unclosed);
                return None;
            };
            self.close_messages(found.level + 1, found.start);
            self.defects
                .add_if(found.level + 1 < self.levels.len(), Defect::Unclosed);
            self.close_levels(found.level + 1);
            if !found.is_closing {
                return self.child(found.end);
            }
            self.close_levels(found.level);
            edge = self.boundaries.next_edge(found.end);
            if self.levels.is_empty() {
                return None;
            }
        }
    }

    fn child(&mut self, at: usize) -> Option<Start> {
        let open = self.levels.last_mut()?;
        open.n_children = open.n_children.saturating_add(1);
        let inherited = open.alternative.clone();
        let own = open.is_alternative.then(|| Alternative {
            of: open.path.clone(),
            branch: open.n_children,
        });
        Some(Start {
            at,
            path: open.path.child(open.n_children),
            is_root: false,
            depth: open.depth,
            in_digest: open.is_digest,
            alternative: inherited.or(own),
        })
    }

    /// Leaves all multiparts but the outer `n`.
    fn close_levels(&mut self, n: usize) {
        self.levels.truncate(n);
        self.boundaries.truncate(n);
    }

    /// Ends the messages that stand inside of levels from `n_levels` on.
    fn close_messages(&mut self, n_levels: usize, end: usize) {
        while let Some(open) = self.messages.pop_if(|open| open.n_levels >= n_levels) {
            let end = if end < self.raw.len() {
                before_line_break(self.raw, open.start, end)
            } else {
                end
            };
            if let Some(leaf) = self.leaves.get_mut(open.leaf) {
                leaf.body = self.raw.get(open.start..end).unwrap_or_default();
            }
        }
    }
}

/// The line break before a boundary belongs to the boundary.
fn before_line_break(raw: &[u8], from: usize, to: usize) -> usize {
    let body = raw.get(from..to).unwrap_or_default();
    let body = body
        .strip_suffix(b"\n")
        .map_or(body, |body| body.strip_suffix(b"\r").unwrap_or(body));
    from + body.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(raw: &str, expected: &[(&str, &str, &str)]) {
        for raw in [raw.to_owned(), raw.replace('\n', "\r\n")] {
            let mut defects = Defects::default();
            let leaves = walk(raw.as_bytes(), &PartPath::default(), &mut defects);
            let found: Vec<_> = leaves
                .iter()
                .map(|leaf| {
                    let body = String::from_utf8_lossy(leaf.body).replace("\r\n", "\n");
                    (
                        leaf.path.to_string(),
                        leaf.entity.content_type.clone(),
                        body,
                    )
                })
                .collect();
            let expected: Vec<_> = expected
                .iter()
                .map(|(path, kind, body)| {
                    ((*path).to_owned(), (*kind).to_owned(), (*body).to_owned())
                })
                .collect();
            assert_eq!(found, expected, "{raw}");
        }
    }

    #[test]
    fn parts_are_numbered_as_imap_numbers_them() {
        check("A: b\n\nbody\n", &[("1", "text/plain", "body\n")]);
        // The structure of RFC 3501 §6.4.5, shortened.
        check(
            "Content-Type: multipart/mixed; boundary=a\n\n\
             --a\n\none\n\
             --a\nContent-Type: message/rfc822\n\n\
             Content-Type: multipart/mixed; boundary=b\n\n--b\n\ntwo.one\n--b\nContent-Type: image/gif\n\nx\n--b--\n\
             --a\nContent-Type: multipart/mixed; boundary=c\n\n\
             --c\nContent-Type: image/gif\n\ny\n\
             --c\nContent-Type: message/rfc822\n\nSubject: s\n\ninner\n\
             --c--\n--a--\n",
            &[
                ("1", "text/plain", "one"),
                (
                    "2",
                    "message/rfc822",
                    "Content-Type: multipart/mixed; boundary=b\n\n--b\n\ntwo.one\n--b\nContent-Type: image/gif\n\nx\n--b--",
                ),
                ("2.1", "text/plain", "two.one"),
                ("2.2", "image/gif", "x"),
                ("3.1", "image/gif", "y"),
                ("3.2", "message/rfc822", "Subject: s\n\ninner"),
                ("3.2.1", "text/plain", "inner"),
            ],
        );
    }

    #[test]
    fn a_boundary_is_a_whole_line() {
        check(
            "Content-Type: multipart/mixed; boundary=B1\n\n--B1\n\nx\n--B10\n --B1\ny--B1\n--B1 \t\n\nz\n--B1--\nepilogue\n",
            &[
                ("1", "text/plain", "x\n--B10\n --B1\ny--B1"),
                ("2", "text/plain", "z"),
            ],
        );
    }

    #[test]
    fn empty_and_headless_parts_are_parts() {
        check(
            "Content-Type: multipart/mixed; boundary=b\n\n--b\n--b\nContent-Type: text/html\n--b\n\n\n--b--",
            &[
                ("1", "text/plain", ""),
                ("2", "text/html", ""),
                ("3", "text/plain", ""),
            ],
        );
    }
}
