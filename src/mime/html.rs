//! HTML parts onto a page, laid out by html2text; where that gives up, the bare words.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use html2text::config;
use html2text::render::{TaggedLine, TextDecorator};

use crate::mail::safe_text::SafeText;
use crate::mail::styled::{StyledSpan, TextStyle};
use crate::mime::caps;
use crate::mime::html_dom;
use crate::mime::html_links;
use crate::mime::patience;
use crate::mime::strip;
use crate::mime::wrap::Page;

/// Widest running text; longer lines are hard to read.
const TEXT_COLUMNS: usize = 100;

/// How long the layout may take; far more than any honest message needs.
const PATIENCE: Duration = Duration::from_secs(3);

/// Writes an HTML document. Nothing is loaded, whatever it refers to.
pub fn draw(html: &str, page: &mut Page) {
    let kept = html
        .get(..html.floor_char_boundary(caps::HTML_BYTES))
        .unwrap_or_default();
    if kept.len() < html.len() {
        page.notice("This HTML text is very long: only its first 2 MiB are shown.");
    }
    // html2text is known to panic on some tables; a message must not take more down than its layout.
    let columns = page.columns();
    let laid_out = catch_unwind(AssertUnwindSafe(|| {
        patience::within(PATIENCE, || lay_out(kept, columns))
    }))
    .ok()
    .flatten();
    match laid_out {
        Some((lines, targets)) => {
            for line in &lines {
                draw_line(line, page);
            }
            page.gap();
            for (index, target) in targets.iter().enumerate() {
                page.paragraph(&format!("[{}] {target}", index + 1), TextStyle::Link, 0);
            }
        }
        None => {
            for line in strip::text(kept).lines() {
                page.paragraph(line, TextStyle::Plain, 0);
            }
        }
    }
}

type Line = TaggedLine<Vec<TextStyle>>;

/// The lines, and where the numbered links lead.
fn lay_out(html: &str, columns: usize) -> Option<(Vec<Line>, Vec<String>)> {
    let mut settings = config::with_decorator(Decorator)
        .no_table_borders()
        .allow_width_overflow()
        .max_wrap_width(TEXT_COLUMNS);
    if html_dom::has_few_rules(html) {
        settings = settings.use_doc_css();
    }
    let dom = html_dom::parse(html)?;
    html_dom::prepare(&dom);
    let targets = html_links::number(&dom);
    let tree = settings.dom_to_render_tree(&dom).ok()?;
    let lines = settings.render_to_lines(tree, columns).ok()?;
    Some((lines, targets))
}

fn draw_line(line: &Line, page: &mut Page) {
    let mut spans: Vec<StyledSpan> = line
        .tagged_strings()
        .map(|piece| StyledSpan {
            text: squeezed(&piece.s),
            style: style_of(&piece.tag),
        })
        .filter(|span| !span.text.is_empty())
        .collect();
    while let Some(last) = spans.last_mut() {
        let trimmed = last.text.as_str().trim_end();
        if trimmed.is_empty() {
            spans.pop();
            continue;
        }
        if trimmed.len() < last.text.as_str().len() {
            last.text = SafeText::body(trimmed);
        }
        break;
    }
    if spans.is_empty() {
        page.gap();
        return;
    }
    let depth = quote_depth(&spans);
    page.laid_out(spans, depth);
}

/// Safe text without the joiners that fill preview lines.
fn squeezed(text: &str) -> SafeText {
    if text.is_ascii() {
        return SafeText::body(text);
    }
    let is_filler = text.chars().all(|c| {
        c.is_whitespace()
            || matches!(
                c,
                '\u{34f}' | '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{feff}'
            )
    });
    if is_filler {
        SafeText::body(" ")
    } else {
        SafeText::body(&text.replace('\u{a0}', " "))
    }
}

/// The style that says most.
fn style_of(tags: &[TextStyle]) -> TextStyle {
    let by_weight = [
        TextStyle::Link,
        TextStyle::Code,
        TextStyle::Strong,
        TextStyle::Emphasis,
        TextStyle::Struck,
    ];
    by_weight
        .into_iter()
        .find(|style| tags.contains(style))
        .unwrap_or_default()
}

/// How many quote marks a line begins with.
fn quote_depth(spans: &[StyledSpan]) -> u8 {
    let marks = spans
        .iter()
        .flat_map(|span| span.text.as_str().chars())
        .take_while(|c| matches!(c, '>' | ' '))
        .filter(|c| *c == '>')
        .count();
    u8::try_from(marks).unwrap_or(u8::MAX)
}

/// How elements become text: styles instead of signs. Asked for every element and every cell, it also sees how long that
/// takes.
#[derive(Debug, Clone, Copy)]
struct Decorator;

impl TextDecorator for Decorator {
    type Annotation = TextStyle;

    fn decorate_link_start(&mut self, _url: &str) -> (String, TextStyle) {
        patience::check();
        (String::new(), TextStyle::Link)
    }

    fn decorate_link_end(&mut self) -> String {
        String::new()
    }

    fn decorate_em_start(&self) -> (String, TextStyle) {
        patience::check();
        (String::new(), TextStyle::Emphasis)
    }

    fn decorate_em_end(&self) -> String {
        String::new()
    }

    fn decorate_strong_start(&self) -> (String, TextStyle) {
        (String::new(), TextStyle::Strong)
    }

    fn decorate_strong_end(&self) -> String {
        String::new()
    }

    fn decorate_strikeout_start(&self) -> (String, TextStyle) {
        (String::new(), TextStyle::Struck)
    }

    fn decorate_strikeout_end(&self) -> String {
        String::new()
    }

    fn decorate_code_start(&self) -> (String, TextStyle) {
        (String::new(), TextStyle::Code)
    }

    fn decorate_code_end(&self) -> String {
        String::new()
    }

    fn decorate_preformat_first(&self) -> TextStyle {
        TextStyle::Code
    }

    fn decorate_preformat_cont(&self) -> TextStyle {
        TextStyle::Code
    }

    fn decorate_image(&mut self, _src: &str, title: &str) -> (String, TextStyle) {
        (title.to_owned(), TextStyle::Plain)
    }

    fn header_prefix(&self, _level: usize) -> String {
        String::new()
    }

    fn quote_prefix(&self) -> String {
        "> ".to_owned()
    }

    fn unordered_item_prefix(&self) -> String {
        "* ".to_owned()
    }

    fn ordered_item_prefix(&self, i: i64) -> String {
        format!("{i}. ")
    }

    fn make_subblock_decorator(&self) -> Self {
        patience::check();
        *self
    }

    fn decorate_superscript_start(&self) -> (String, TextStyle) {
        (String::new(), TextStyle::Plain)
    }

    fn decorate_superscript_end(&self) -> String {
        String::new()
    }

    fn finalise(&mut self, _urls: Vec<String>) -> Vec<TaggedLine<TextStyle>> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests;
