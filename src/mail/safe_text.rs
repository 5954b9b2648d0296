//! The sanitiser: the only way from foreign text to a cell, a title, a log line or a file name.
//!
//! Nothing that steers a terminal or reorders text survives: controls become visible, bidi overrides become a mark,
//! invisible characters go. It decides nothing about meaning: whether a sender lies is for `mime`.

use std::fmt::Write as _;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::mail::character::{Fate, Use, fate};

/// Longest one-line text in characters, where the caller gives no other limit.
pub const LINE_CHARS: usize = 4_096;

/// Longest body line in characters; a longer paragraph goes on as it was cut.
pub const BODY_LINE_CHARS: usize = 1 << 20;

/// Marks that may stand on one character; Hebrew, Thai and Vedic need fewer.
const MARKS_PER_CHARACTER: usize = 6;

/// Blanks of a run that a one-line text keeps, so that nobody can push an address out of sight.
const BLANKS_PER_RUN: usize = 2;

/// Distance of tab stops in a body line.
pub const TAB_COLUMNS: usize = 8;

/// Text that is safe to show: no control characters, no bidi overrides, no invisible tricks.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct SafeText(String);

impl SafeText {
    /// Makes one safe line of foreign text: line breaks and tabs become spaces, controls visible, bidi marks go.
    ///
    /// At most [`LINE_CHARS`] characters; a longer text ends in `…`.
    #[must_use]
    pub fn line(foreign: &str) -> Self {
        Self::line_up_to(foreign, LINE_CHARS)
    }

    /// Like [`SafeText::line`] with a limit of its own, in characters.
    #[must_use]
    pub fn line_up_to(foreign: &str, max_chars: usize) -> Self {
        Self::clean(foreign, Use::Line, max_chars)
    }

    /// Makes one safe line of a message body: tabs reach the next stop of eight columns, blanks stay as they are.
    ///
    /// At most [`BODY_LINE_CHARS`] characters.
    #[must_use]
    pub fn body(foreign: &str) -> Self {
        Self::clean(foreign, Use::Body, BODY_LINE_CHARS)
    }

    /// Takes Sterna's own words as they are.
    #[must_use]
    pub fn own(text: &'static str) -> Self {
        Self(text.to_owned())
    }

    /// Puts safe texts behind one another.
    #[must_use]
    pub fn concat<'a>(pieces: impl IntoIterator<Item = &'a Self>) -> Self {
        Self(pieces.into_iter().map(Self::as_str).collect())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing to show.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The width on a screen, in columns.
    #[must_use]
    pub fn columns(&self) -> usize {
        UnicodeWidthStr::width(self.0.as_str())
    }

    fn clean(foreign: &str, usage: Use, max_chars: usize) -> Self {
        let is_plain = foreign.len() <= max_chars
            && foreign.bytes().all(|byte| (0x20..0x7f).contains(&byte))
            && (usage == Use::Body || !foreign.contains("   "));
        if is_plain {
            return Self(foreign.to_owned());
        }
        let mut cleaner = Cleaner::new(usage, foreign.len().min(max_chars));
        let mut chars = foreign.chars().peekable();
        while let Some(c) = chars.next() {
            if cleaner.n_chars >= max_chars {
                cleaner.out.push('…');
                break;
            }
            // One line break, one blank.
            if c == '\r' && chars.peek() == Some(&'\n') {
                continue;
            }
            cleaner.take(c);
        }
        Self(cleaner.out)
    }
}

impl std::fmt::Display for SafeText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Builds the safe text character by character.
struct Cleaner {
    out: String,
    usage: Use,
    n_chars: usize,
    column: usize,
    n_marks: usize,
    n_blanks: usize,
    last: Option<char>,
}

impl Cleaner {
    fn new(usage: Use, capacity: usize) -> Self {
        Self {
            out: String::with_capacity(capacity),
            usage,
            n_chars: 0,
            column: 0,
            n_marks: 0,
            n_blanks: 0,
            last: None,
        }
    }

    fn take(&mut self, c: char) {
        match fate(c, self.usage) {
            Fate::Keep => self.push(c),
            Fate::Drop => {}
            Fate::Blank => self.push(' '),
            Fate::Tab => {
                for _ in 0..TAB_COLUMNS - self.column % TAB_COLUMNS {
                    self.push(' ');
                }
            }
            Fate::Visible(picture) => self.push(picture),
            Fate::Code => {
                let mut code = String::new();
                // Writing to a String cannot fail.
                let _ = write!(code, "<U+{:04X}>", u32::from(c));
                for c in code.chars() {
                    self.push(c);
                }
            }
            Fate::Mark => self.push_mark(c),
        }
    }

    fn push(&mut self, c: char) {
        if c == ' ' && self.usage == Use::Line {
            self.n_blanks += 1;
            if self.n_blanks > BLANKS_PER_RUN {
                return;
            }
        } else {
            self.n_blanks = 0;
        }
        self.n_marks = 0;
        self.column += c.width().unwrap_or(0);
        self.append(c);
    }

    /// A character without a width of its own: only a few on each base, never one without a base.
    fn push_mark(&mut self, c: char) {
        if self.n_marks >= MARKS_PER_CHARACTER {
            return;
        }
        let joins = matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}');
        let is_useless = match self.last {
            None => true,
            Some(last) if joins => {
                last == c
                    || last == ' '
                    || (last.is_ascii() && matches!(c, '\u{200c}' | '\u{200d}'))
            }
            Some(_) => false,
        };
        if joins && is_useless {
            return;
        }
        if self.last.is_none() {
            self.column += 1;
            self.append('\u{25cc}');
        }
        self.n_marks += 1;
        self.append(c);
    }

    fn append(&mut self, c: char) {
        self.n_chars += 1;
        self.last = Some(c);
        self.out.push(c);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn has_forbidden(text: &str) -> bool {
        text.chars().any(|c| {
            c.is_control()
                || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2028}' | '\u{2029}'
                    | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{ad}' | '\u{e0000}'..='\u{e007f}'
                    | '\u{fff9}'..='\u{fffb}')
        })
    }

    #[test]
    fn characters_have_the_fate_of_the_table() {
        let cases = [
            ("plain", "plain"),
            ("a\x1b[31mb", "a␛[31mb"),
            ("a\u{9b}31mb", "a<U+009B>31mb"),
            ("nul\0bel\x07del\x7f", "nul␀bel␇del␡"),
            ("a\r\nb\tc\u{2028}d", "a b c d"),
            ("invoice\u{202e}fdp.exe", "invoice<U+202E>fdp.exe"),
            ("so\u{ad}ft\u{feff}", "soft"),
            ("tag\u{e0041}\u{e007f}s", "tags"),
            ("a          b", "a  b"),
            ("a\u{2800}\u{2800}\u{2800}\u{3164}b", "a  b"),
            ("\u{301}x", "\u{25cc}\u{301}x"),
            (
                "👨\u{200d}👩\u{200d}👧 ❤\u{fe0f}",
                "👨\u{200d}👩\u{200d}👧 ❤\u{fe0f}",
            ),
            ("p\u{200d}aypal", "paypal"),
            ("Grüße, 日本語, עברית", "Grüße, 日本語, עברית"),
        ];
        for (foreign, safe) in cases {
            assert_eq!(SafeText::line(foreign).as_str(), safe, "{foreign:?}");
        }
    }

    #[test]
    fn a_body_line_keeps_its_indentation_and_reaches_tab_stops() {
        assert_eq!(SafeText::body("    a\tb").as_str(), "    a   b");
        assert_eq!(SafeText::body("\u{202e}x").as_str(), "<U+202E>x");
        assert_eq!(SafeText::body("a\nb").as_str(), "a b");
    }

    #[test]
    fn a_flood_of_marks_is_cut() {
        let zalgo: String = std::iter::once('z')
            .chain(std::iter::repeat_n('\u{334}', 5_000))
            .collect();
        assert_eq!(
            SafeText::line(&zalgo).as_str().chars().count(),
            1 + MARKS_PER_CHARACTER
        );
    }

    #[test]
    fn a_long_line_is_cut_and_says_so() {
        let text = SafeText::line(&"ä".repeat(10_000));
        assert_eq!(text.as_str().chars().count(), LINE_CHARS + 1);
        assert!(text.as_str().ends_with('…'));
        assert_eq!(SafeText::line_up_to("abcdef", 3).as_str(), "abc…");
    }

    #[test]
    fn width_counts_columns_not_characters() {
        assert_eq!(SafeText::line("日本").columns(), 4);
        assert_eq!(SafeText::line("e\u{301}").columns(), 1);
    }

    #[test]
    fn two_hundred_payloads_leave_no_control_character() {
        let introducers = [
            "\x1b[", "\x1b]", "\x1bP", "\x1b_", "\x1b^", "\u{9b}", "\u{9d}", "\u{90}", "\x1b",
            "\x0e",
        ];
        let contents = [
            "2J",
            "31m",
            "0;title",
            "52;c;aGk=",
            "8;;http://x",
            "?1049h",
            "6n",
            "c",
            "200~",
            "\0\x08\x08",
        ];
        let ends = ["\x07", "\u{9c}\u{202e}\u{2067}\u{e0020}"];
        let mut n_payloads = 0;
        for introducer in introducers {
            for content in contents {
                for end in ends {
                    let payload = format!("before{introducer}{content}{end}after\r\n");
                    for safe in [SafeText::line(&payload), SafeText::body(&payload)] {
                        assert!(!has_forbidden(safe.as_str()), "{payload:?} became {safe:?}");
                    }
                    n_payloads += 1;
                }
            }
        }
        assert_eq!(n_payloads, 200);
    }

    proptest! {
        #[test]
        fn no_text_keeps_a_forbidden_character(text in any::<String>(), spice in proptest::collection::vec(any::<char>(), 0..40)) {
            let mixed: String = text.chars().chain(spice).collect();
            for safe in [SafeText::line(&mixed), SafeText::body(&mixed)] {
                prop_assert!(!has_forbidden(safe.as_str()));
            }
        }

        #[test]
        fn cleaning_twice_changes_nothing(spice in proptest::collection::vec(any::<char>(), 0..60)) {
            let mixed: String = spice.into_iter().collect();
            let once = SafeText::line(&mixed);
            prop_assert_eq!(&SafeText::line(once.as_str()), &once);
            let once = SafeText::body(&mixed);
            prop_assert_eq!(&SafeText::body(once.as_str()), &once);
        }
    }
}
