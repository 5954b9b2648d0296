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
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::fmt::Write as _;

    fn drawn(html: &str, columns: u16) -> Vec<String> {
        let mut page = Page::new(columns);
        draw(html, &mut page);
        let lines = page.into_lines();
        lines
            .iter()
            .map(|line| line.spans.iter().map(|span| span.text.as_str()).collect())
            .collect()
    }

    #[test]
    fn documents_become_text() {
        assert_eq!(
            drawn("<h1>Title</h1><p>Hello <b>you</b>,<br>there", 40),
            ["Title", "", "Hello you,", "there"]
        );
        assert_eq!(drawn("<ul><li>a<li>b</ul>", 40), ["* a", "* b"]);
        assert_eq!(
            drawn("<blockquote>q<blockquote>r</blockquote></blockquote>", 40),
            ["> q", "> ", "> > r"].map(str::trim_end)
        );
        assert_eq!(drawn("<table><tr><td>a<td>b</table>", 40), ["a b"]);
        assert_eq!(drawn("a<hr>b", 40), ["a", "", "────────", "", "b"]);
    }

    #[test]
    fn hidden_things_are_dropped() {
        for hidden in [
            "<div style='display:none'>x</div>",
            "<div style='visibility: hidden'>x</div>",
            "<span style='font-size:0px;color:red'>x</span>",
            "<span style='opacity:0.0'>x</span>",
            "<p hidden>x</p>",
            "<iframe>x</iframe>",
            "<select><option>x</select>",
            "<title>x</title>",
            "<script>x</script>",
            "<style>.a{display:none}</style><p class=a>x</p>",
            "<img src=http://tracker.example/x.gif width=1 height=1>",
        ] {
            assert_eq!(
                drawn(&format!("<p>seen</p>{hidden}"), 40),
                ["seen"],
                "{hidden}"
            );
        }
    }

    #[test]
    fn an_image_that_is_all_of_a_link_is_named() {
        assert_eq!(
            drawn("<a href='http://x'><img src='y.png'></a>", 40),
            ["[image] [1]", "", "[1] http://x"]
        );
        assert_eq!(
            drawn("<a href='http://x'><img alt='Buy' src='y.png'></a>", 40),
            ["Buy [1]", "", "[1] http://x"]
        );
    }

    #[test]
    fn links_are_numbered_and_their_targets_follow() {
        let html = "<a href='https://a.example/1'>one</a> <a href=' HTTPS://b.example '>two</a> \
                    <a href='https://a.example/1'>one again</a>";
        assert_eq!(
            drawn(html, 60),
            [
                "one [1] two [2] one again [1]",
                "",
                "[1] https://a.example/1",
                "[2] HTTPS://b.example"
            ]
        );
        for (html, expected) in [
            (
                "<a href='https://x.example'>https://x.example</a>",
                "https://x.example",
            ),
            (
                "<a href='mailto:a@x.example'>a@x.example</a>",
                "a@x.example",
            ),
            ("<a href='#below'>below</a>", "below"),
            ("<a href='javascript:alert(1)'>click</a>", "click"),
            ("<a name='here'>here</a>", "here"),
            ("seen<a href='https://x.example'> </a>", "seen"),
        ] {
            assert_eq!(drawn(html, 60), [expected], "{html}");
        }
        // What a link says and where it leads are two things.
        assert_eq!(
            drawn(
                "<a href='https://evil.example'>https://bank.example</a>",
                60
            ),
            ["https://bank.example [1]", "", "[1] https://evil.example"]
        );
    }

    #[test]
    fn styles_are_kept() {
        let mut page = Page::new(40);
        draw(
            "<a href='http://x'>link</a> <b>bold</b> <i>it</i> <code>c</code>",
            &mut page,
        );
        let lines = page.into_lines();
        let styles: Vec<_> = lines[0]
            .spans
            .iter()
            .filter(|span| !span.text.as_str().trim().is_empty())
            .map(|span| (span.text.as_str().trim(), span.style))
            .collect();
        assert_eq!(
            styles,
            [
                ("link [1]", TextStyle::Link),
                ("bold", TextStyle::Strong),
                ("it", TextStyle::Emphasis),
                ("c", TextStyle::Code),
            ]
        );
    }

    #[test]
    fn controls_in_entities_do_nothing() {
        assert_eq!(drawn("a&#27;[31mb&#x202e;c", 60), ["a[31mb<U+202E>c"]);
    }

    #[test]
    fn bombs_end() {
        let attributes = (0..100_000)
            .map(|n| format!(" a{n}=1"))
            .collect::<Vec<_>>()
            .concat();
        let fonts = (0..250)
            .map(|n| format!("<font a={n}>"))
            .collect::<Vec<_>>()
            .concat();
        for bomb in [
            "<div>".repeat(100_000),
            "<div></x>".repeat(100_000),
            "<table><tr><td>".repeat(2_000),
            format!("{}word word", "<table><tr><td>".repeat(60)),
            format!("{}word word", "<div>".repeat(250)),
            format!("{}word word", "<blockquote>".repeat(250)),
            format!("{}word word", "<ul><li>".repeat(120)),
            format!(
                "<style>{}</style>{}",
                ".a{color:red}".repeat(3_000),
                "<p class=a>x".repeat(3_000)
            ),
            format!("<p{attributes}>x"),
            format!("{fonts}{}", "<p>x".repeat(50_000)),
            "<tr><td>x".repeat(50_000),
            format!(
                "<table><tr><td colspan=4000000000>x<td rowspan=2>{}",
                "y".repeat(10)
            ),
            "<table><tr><td colspan=4><td rowspan=2></table>".to_owned(),
            "<ol start=9223372036854775807><li>x<li>y</ol>".to_owned(),
            "x".repeat(3_000_000),
        ] {
            for columns in [8, 80] {
                let mut page = Page::new(columns);
                draw(&bomb, &mut page);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn random_tables_do_not_panic(cells in proptest::collection::vec((0_u8..6, 0_u8..6, 0_u8..5), 0..40), columns in 2_u16..100) {
            let mut html = String::from("<table>");
            for (colspan, rowspan, kind) in cells {
                html.push_str(match kind {
                    0 => "<tr>",
                    1 => "</table>x<table>",
                    2 => "<table>",
                    _ => "",
                });
                write!(html, "<td colspan={colspan} rowspan={rowspan}>word word").unwrap();
            }
            let _ = drawn(&html, columns);
        }
    }
}
