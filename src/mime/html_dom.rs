//! HTML to a tree with limits, and what is changed in it before it is laid out. Nothing is ever loaded.
//!
//! The parser is fed in small pieces, and the tree is measured after each: deep nesting costs it quadratic time, and
//! formatting that is never closed multiplies nodes.

use std::rc::Rc;

use html2text::{Element, Handle, RcDom};
use html5ever::tendril::{StrTendril, TendrilSink};
use html5ever::tree_builder::{ElementFlags, NodeOrText, TreeBuilderOpts, TreeSink};
use html5ever::{Attribute, ParseOpts, QualName, local_name, ns, parse_document};

use crate::mime::caps;
use crate::mime::patience;

/// Bytes that the parser gets at once.
const PIECE_BYTES: usize = 4 << 10;

/// Attributes of one tag.
const MAX_ATTRIBUTES: usize = 5_000;

/// Widest cell that is believed, in columns of its table.
const MAX_COLSPAN: u32 = 100;

/// Elements that show nothing here, or would be run together: dropped with their content.
const DROPPED: [&str; 14] = [
    "iframe", "object", "embed", "applet", "video", "audio", "canvas", "select", "textarea",
    "title", "template", "script", "noembed", "noframes",
];

/// Parses HTML within the limits; `None` where it goes beyond them.
pub fn parse(html: &str) -> Option<RcDom> {
    if has_attribute_flood(html) {
        return None;
    }
    let opts = ParseOpts {
        tree_builder: TreeBuilderOpts {
            scripting_enabled: false,
            ..TreeBuilderOpts::default()
        },
        ..ParseOpts::default()
    };
    let mut parser = parse_document(RcDom::default(), opts);
    let mut rest = html;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(PIECE_BYTES));
        parser.process(StrTendril::from_slice(piece));
        rest = after;
        let document = &parser.tokenizer.sink.sink.document;
        if !is_within_limits(document) {
            return None;
        }
    }
    Some(parser.finish())
}

/// Whether one tag may hold so many attributes that comparing each with all takes long. Rough: the clock is behind it.
fn has_attribute_flood(html: &str) -> bool {
    html.split('<').any(|piece| {
        piece.len() > MAX_ATTRIBUTES
            && piece.bytes().filter(|byte| *byte == b'=').count() > MAX_ATTRIBUTES
    })
}

/// Whether a tree is neither too deep nor too large.
fn is_within_limits(document: &Handle) -> bool {
    let mut todo = vec![(Rc::clone(document), 0_usize)];
    let mut n_nodes = 0_usize;
    while let Some((node, depth)) = todo.pop() {
        patience::check();
        n_nodes += 1;
        if depth > caps::HTML_DEPTH || n_nodes > caps::HTML_NODES {
            return false;
        }
        todo.extend(
            node.children
                .borrow()
                .iter()
                .map(|child| (Rc::clone(child), depth + 1)),
        );
    }
    true
}

/// Drops what is hidden or useless and mends what would be lost in the layout.
pub fn prepare(dom: &RcDom) {
    let mut todo = vec![(Rc::clone(&dom.document), false)];
    while let Some((node, in_link)) = todo.pop() {
        patience::check();
        let children: Vec<Handle> = node
            .children
            .borrow()
            .iter()
            .filter(|child| !is_dropped(child))
            .map(|child| mended(dom, child))
            .collect();
        for child in &children {
            let is_link = element_name(child).is_some_and(|name| name == "a");
            amend(child, in_link);
            todo.push((Rc::clone(child), in_link || is_link));
        }
        node.children.replace(children);
    }
}

/// Whether `<style>` rules are few enough to be matched against every node.
pub fn has_few_rules(html: &str) -> bool {
    let n_rules = html.bytes().filter(|byte| *byte == b'{').count();
    let n_tags = html.bytes().filter(|byte| *byte == b'<').count();
    n_rules <= 2_000 && n_rules.saturating_mul(n_tags) <= 5_000_000
}

fn element_name(node: &Handle) -> Option<String> {
    node.element_name()
}

fn is_dropped(node: &Handle) -> bool {
    let Element { name, attrs, .. } = &node.data else {
        return false;
    };
    DROPPED.contains(&&*name.local) || attrs.borrow().iter().any(hides)
}

/// Whether an attribute hides its element in a way that html2text does not know.
fn hides(attribute: &Attribute) -> bool {
    match &*attribute.name.local {
        "hidden" => true,
        "style" => {
            let value = attribute
                .value
                .get(..attribute.value.floor_char_boundary(4_096))
                .unwrap_or_default();
            let style: String = value
                .chars()
                .filter(|c| !c.is_whitespace())
                .collect::<String>()
                .to_ascii_lowercase();
            style.split(';').any(|rule| {
                let rule = rule.trim_end_matches("!important");
                match rule.split_once(':') {
                    Some(("visibility", value)) => matches!(value, "hidden" | "collapse"),
                    Some(("opacity", value)) => is_zero(value),
                    Some(("font-size", value)) => {
                        is_zero(value.trim_end_matches(|c: char| c.is_alphabetic() || c == '%'))
                    }
                    Some(("mso-hide", value)) => value == "all",
                    Some(("display", value)) => value == "none",
                    _ => false,
                }
            })
        }
        _ => false,
    }
}

fn is_zero(value: &str) -> bool {
    !value.is_empty() && value.chars().all(|c| matches!(c, '0' | '.'))
}

/// A rule is dropped by the layout, so it becomes a paragraph of its own.
fn mended(dom: &RcDom, node: &Handle) -> Handle {
    if element_name(node).as_deref() != Some("hr") {
        return Rc::clone(node);
    }
    let name = QualName::new(None, ns!(html), local_name!("p"));
    let paragraph = dom.create_element(name, Vec::new(), ElementFlags::default());
    dom.append(
        &paragraph,
        NodeOrText::AppendText(StrTendril::from_slice("────────")),
    );
    paragraph
}

/// Takes away what makes the layout panic or explode, and names the images that are all of a link.
fn amend(node: &Handle, in_link: bool) {
    let Element { name, attrs, .. } = &node.data else {
        return;
    };
    let mut attrs = attrs.borrow_mut();
    attrs.retain(|attribute| &*attribute.name.local != "rowspan");
    for attribute in attrs.iter_mut() {
        let local: &str = &attribute.name.local;
        if matches!(local, "colspan" | "span" | "start") {
            let limit = if local == "start" {
                1_000_000
            } else {
                MAX_COLSPAN
            };
            let believed = attribute
                .value
                .trim()
                .parse::<u32>()
                .unwrap_or(1)
                .clamp(1, limit);
            attribute.value = StrTendril::from_slice(&believed.to_string());
        }
    }
    if in_link && &*name.local == "img" {
        let alt = attrs
            .iter_mut()
            .find(|attribute| &*attribute.name.local == "alt");
        match alt {
            Some(alt) if alt.value.trim().is_empty() => {
                alt.value = StrTendril::from_slice("[image]");
            }
            Some(_) => {}
            None => attrs.push(Attribute {
                name: QualName::new(None, ns!(), local_name!("alt")),
                value: StrTendril::from_slice("[image]"),
            }),
        }
    }
}
