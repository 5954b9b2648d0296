//! Where the links of an HTML text lead: each has a number behind its words, and the targets follow the text.

use std::rc::Rc;

use html2text::{Element, Handle, RcDom};
use html5ever::tendril::StrTendril;
use html5ever::tree_builder::{NodeOrText, TreeSink};

use crate::mime::patience;
use crate::mime::strip;

/// Targets of one text; further links have no number.
const MOST: usize = 500;
/// Bytes of a target; a longer one is data, or meant to hide its end.
const TARGET_BYTES: usize = 4_096;
/// Bytes of what is inside of a link that are looked at.
const INSIDE_BYTES: usize = 2 * TARGET_BYTES;

/// Numbers the links in the order of the document and returns their targets, number 1 first. One target has one number.
/// A link whose words are its target needs none.
pub fn number(dom: &RcDom) -> Vec<String> {
    let mut targets: Vec<String> = Vec::new();
    let mut todo = vec![Rc::clone(&dom.document)];
    while let Some(node) = todo.pop() {
        patience::check();
        if let Some(target) = target(&node) {
            let shown = Shown::of(&node);
            if !shown.is_empty() && !shown.tells(&target) {
                let known = targets.iter().position(|known| *known == target);
                let number = known.or_else(|| {
                    (targets.len() < MOST).then(|| {
                        targets.push(target);
                        targets.len() - 1
                    })
                });
                if let Some(number) = number {
                    let mark = format!(" [{}]", number + 1);
                    dom.append(&node, NodeOrText::AppendText(StrTendril::from_slice(&mark)));
                }
            }
        }
        todo.extend(node.children.borrow().iter().rev().map(Rc::clone));
    }
    targets
}

/// Where an element leads beyond this text; `None` where it does not.
fn target(node: &Handle) -> Option<String> {
    const SCHEMES: [&str; 4] = ["http:", "https:", "mailto:", "ftp:"];
    let Element { name, attrs, .. } = &node.data else {
        return None;
    };
    if &*name.local != "a" {
        return None;
    }
    let attrs = attrs.borrow();
    let href = attrs
        .iter()
        .find(|attribute| &*attribute.name.local == "href")?;
    let href = href.value.trim();
    let leads_out = SCHEMES.iter().any(|scheme| {
        let begin = href.get(..scheme.len());
        begin.is_some_and(|begin| begin.eq_ignore_ascii_case(scheme))
    });
    (leads_out && href.len() <= TARGET_BYTES).then(|| href.to_owned())
}

/// What a link shows.
struct Shown {
    words: String,
    has_image: bool,
}

impl Shown {
    fn of(link: &Handle) -> Self {
        let mut inside = vec![0; INSIDE_BYTES];
        let mut room = inside.as_mut_slice();
        // What finds no room is left out.
        let _ = link.serialize(&mut room);
        let n_left = room.len();
        inside.truncate(INSIDE_BYTES - n_left);
        let inside = String::from_utf8_lossy(&inside);
        Self {
            words: strip::text(&inside),
            has_image: inside.contains("<img"),
        }
    }

    fn is_empty(&self) -> bool {
        !self.has_image && self.words.trim().is_empty()
    }

    fn tells(&self, target: &str) -> bool {
        let words = self.words.trim();
        words == target || target.strip_prefix("mailto:") == Some(words)
    }
}
