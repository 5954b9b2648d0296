//! The text of a message to be quoted or gone on with: paragraphs with their quote depth, not wrapped for a screen.

use crate::mime::caps;
use crate::mime::flowed::Paragraphs;
use crate::mime::html;
use crate::mime::message::{Message, Part};
use crate::mime::render;
use crate::mime::wrap::Page;

/// HTML is laid out by the reader's renderer, to lines that can be quoted.
const HTML_COLUMNS: u16 = 72;

/// One paragraph, or one line of a text that is not flowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quotable {
    /// How deep it is quoted already.
    pub depth: u8,
    /// The text without quote marks and line breaks. Not sanitised.
    pub text: String,
}

/// The text that the reader shows, of alternatives one, without what stands in enclosed messages; only where there is
/// nothing else their text. At most 200,000 paragraphs.
#[must_use]
pub fn paragraphs(message: &Message) -> Vec<Quotable> {
    let texts = render::texts(message);
    let is_enclosed = |part: &Part| {
        texts.iter().any(|outer| {
            outer.info.content_type.starts_with("message/")
                && part
                    .info
                    .path
                    .numbers()
                    .starts_with(outer.info.path.numbers())
        })
    };
    let mut all = of_parts(texts.iter().filter(|part| !is_enclosed(part)));
    if all.is_empty() {
        let has_text = |part: &&&Part| part.info.content_type.starts_with("text/");
        all = of_parts(texts.iter().filter(has_text));
    }
    all
}

fn of_parts<'a>(parts: impl Iterator<Item = &'a &'a Part>) -> Vec<Quotable> {
    let mut all: Vec<Quotable> = Vec::new();
    for part in parts {
        if all.last().is_some_and(|last| !last.text.is_empty()) {
            all.push(Quotable {
                depth: 0,
                text: String::new(),
            });
        }
        let room = caps::LINES.saturating_sub(all.len());
        let text = part.text();
        if part.info.content_type == "text/html" {
            all.extend(of_html(&text).into_iter().take(room));
        } else {
            let paragraphs = Paragraphs::new(&text, part.lines).take(room);
            all.extend(paragraphs.map(|paragraph| Quotable {
                depth: paragraph.depth,
                text: paragraph.text.into_owned(),
            }));
        }
    }
    let is_blank = |quotable: &Quotable| quotable.text.trim().is_empty();
    while all.pop_if(|last| is_blank(last)).is_some() {}
    let n_blank = all.iter().take_while(|first| is_blank(first)).count();
    all.split_off(n_blank)
}

fn of_html(text: &str) -> Vec<Quotable> {
    let mut page = Page::new(HTML_COLUMNS);
    html::draw(text, &mut page);
    let lines = page.into_lines().into_iter();
    lines
        .map(|line| {
            let whole: String = line.spans.iter().map(|span| span.text.as_str()).collect();
            let mut text = whole.as_str();
            for _ in 0..line.quote_depth {
                let Some(rest) = text.trim_start().strip_prefix('>') else {
                    break;
                };
                text = rest;
            }
            Quotable {
                depth: line.quote_depth,
                text: if line.quote_depth > 0 {
                    text.strip_prefix(' ').unwrap_or(text).to_owned()
                } else {
                    whole
                },
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mime::parse;

    fn of(raw: &str) -> Vec<(u8, String)> {
        let message = parse::message(raw.as_bytes());
        let all = paragraphs(&message).into_iter();
        all.map(|paragraph| (paragraph.depth, paragraph.text))
            .collect()
    }

    fn check(raw: &str, expected: &[(u8, &str)]) {
        let expected: Vec<_> = expected
            .iter()
            .map(|(depth, text)| (*depth, (*text).to_owned()))
            .collect();
        assert_eq!(of(raw), expected, "{raw:?}");
    }

    #[test]
    fn long_lines_stay_whole_and_flowed_ones_are_joined() {
        let long = "word ".repeat(60);
        check(
            &format!("From: a@b\n\n\n> > deep\n{long}\n-- \nme\n\n"),
            &[(2, "deep"), (0, &long), (0, "-- "), (0, "me")],
        );
        check(
            "From: a@b\nContent-Type: text/plain; format=flowed\n\none \ntwo\n>> x \n>> y\n",
            &[(0, "one two"), (2, "x y")],
        );
    }

    #[test]
    fn html_is_read_as_the_reader_shows_it() {
        check(
            "From: a@b\nContent-Type: text/html\n\n<p>one</p><blockquote>two<blockquote>three</blockquote></blockquote>four",
            &[
                (0, "one"),
                (0, ""),
                (1, "two"),
                (1, ""),
                (2, "three"),
                (0, ""),
                (0, "four"),
            ],
        );
    }

    #[test]
    fn enclosed_messages_are_quoted_only_where_there_is_nothing_else() {
        let enclosing = |text: &str| {
            format!(
                "From: a@b\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\n{text}\n--x\nContent-Type: message/rfc822\n\n\
                 Subject: inner\n\ninner text\n--x--\n"
            )
        };
        check(&enclosing("outer"), &[(0, "outer")]);
        check(&enclosing(""), &[(0, "inner text")]);
    }
}
