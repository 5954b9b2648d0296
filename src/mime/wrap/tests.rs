//! Text in, lines of a width out; and that no width or text breaks that.

use super::*;
use proptest::prelude::*;

fn wrap(text: &str, columns: u16, depth: u8) -> Vec<String> {
    let mut page = Page::new(columns);
    page.paragraph(text, TextStyle::Plain, depth);
    shown(page)
}

fn shown(page: Page) -> Vec<String> {
    let lines = page.into_lines();
    lines
        .iter()
        .map(|line| line.spans.iter().map(|span| span.text.as_str()).collect())
        .collect()
}

#[test]
fn text_breaks_between_words() {
    assert_eq!(
        wrap("the quick brown fox", 10, 0),
        ["the quick", "brown fox"]
    );
    assert_eq!(wrap("the quick brown fox", 80, 0), ["the quick brown fox"]);
    assert_eq!(wrap("", 80, 0), Vec::<String>::new());
    assert_eq!(wrap("a    b         c", 10, 0), ["a    b", "c"]);
}

#[test]
fn long_words_are_cut_and_urls_kept_whole() {
    assert_eq!(wrap("abcdefghijklmnop", 8, 0), ["abcdefgh", "ijklmnop"]);
    assert_eq!(
        wrap("see https://example.org/a/b-c/d?e=f now", 30, 0),
        ["see", "https://example.org/a/b-c/d?e=", "f now"]
    );
    assert_eq!(
        wrap("see https://ex.org/a/b now", 22, 0),
        ["see https://ex.org/a/b", "now"]
    );
}

#[test]
fn wide_characters_count_two_columns() {
    assert_eq!(wrap("日本語日本語", 8, 0), ["日本語日", "本語"]);
}

#[test]
fn quoted_lines_carry_their_marks() {
    assert_eq!(wrap("aaa bbb ccc", 12, 2), ["> > aaa bbb", "> > ccc"]);
    let mut page = Page::new(20);
    page.paragraph("", TextStyle::Plain, 1);
    assert_eq!(shown(page), [">"]);
}

#[test]
fn a_line_laid_out_too_wide_goes_on() {
    let mut page = Page::new(8);
    let span = |text: &str| StyledSpan {
        text: SafeText::body(text),
        style: TextStyle::Link,
    };
    page.laid_out(vec![span("abcdef"), span("ghijklmnopqrst")], 0);
    assert_eq!(shown(page), ["abcdefgh", "ijklmnop", "qrst"]);
}

#[test]
fn a_page_has_an_end() {
    let mut page = Page::new(80);
    for _ in 0..caps::LINES + 10 {
        page.paragraph("x", TextStyle::Plain, 0);
    }
    let lines = page.into_lines();
    assert_eq!(lines.len(), caps::LINES);
    assert_eq!(lines.last().unwrap().spans[0].style, TextStyle::Notice);
}

#[test]
fn a_mark_that_begins_a_line_brings_its_base_along() {
    let text = "\u{a1}\u{ae}\u{11680}\u{11700}A\u{f49}\u{1ab0}\u{1fb6}\u{11f02}0\u{1940}A a  a";
    let mut page = Page::new(8);
    page.paragraph(text, TextStyle::Plain, 0);
    let lines = page.into_lines();
    assert!(lines.len() > 1);
    for line in lines {
        let columns: usize = line.spans.iter().map(|span| span.text.columns()).sum();
        assert!(columns <= 8, "{line:?}");
    }
}

proptest! {
    #[test]
    fn no_line_is_wider_than_the_page(text in "(\\PC|[ /:a-z.-]){0,200}", columns in 8_u16..60, depth in 0_u8..4) {
        let mut page = Page::new(columns);
        page.paragraph(&text, TextStyle::Plain, depth);
        for line in page.into_lines() {
            let width: usize = line.spans.iter().map(|span| span.text.columns()).sum();
            let most = usize::from(columns).max(MIN_COLUMNS + usize::from(depth) * 2);
            prop_assert!(width <= most, "{width} of {most}: {line:?}");
        }
    }

    #[test]
    fn wrapping_loses_nothing_but_blanks(text in "(\\PC|[ /:a-z.-]){0,200}", columns in 8_u16..60) {
        // The base that a mark at the beginning of a line is given does not count.
        let solid = |text: &str| text.replace('\u{25cc}', "").split_whitespace().collect::<String>();
        let whole = solid(SafeText::body(&text).as_str());
        prop_assert_eq!(whole, solid(&wrap(&text, columns, 0).concat()));
    }
}
