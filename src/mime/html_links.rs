//! Where the links of an HTML text lead: each has a number behind its words, and the targets follow the text.

use std::rc::Rc;

use html2text::{Element, Handle, RcDom, Text};
use html5ever::tendril::StrTendril;
use html5ever::tree_builder::{NodeOrText, TreeSink};

use crate::mime::patience;

/// Targets of one text; further links have no number.
const MOST: usize = 500;
/// Bytes of a target; a longer one is data, or meant to hide its end.
const TARGET_BYTES: usize = 4_096;
/// Bytes of a link's words that are compared with its target.
const WORDS_BYTES: usize = TARGET_BYTES;

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
#[derive(Default)]
struct Shown {
    words: String,
    has_image: bool,
}

impl Shown {
    fn of(link: &Handle) -> Self {
        let mut shown = Self::default();
        let mut todo = vec![Rc::clone(link)];
        while let Some(node) = todo.pop() {
            patience::check();
            match &node.data {
                Text { contents } if shown.words.len() < WORDS_BYTES => {
                    shown.words.push_str(&contents.borrow());
                }
                Element { name, .. } => shown.has_image |= &*name.local == "img",
                _ => {}
            }
            todo.extend(node.children.borrow().iter().rev().map(Rc::clone));
        }
        shown
    }

    fn is_empty(&self) -> bool {
        !self.has_image && self.words.trim().is_empty()
    }

    fn tells(&self, target: &str) -> bool {
        let words = self.words.trim();
        words == target || target.strip_prefix("mailto:") == Some(words)
    }
}
