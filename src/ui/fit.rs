//! Fits text to columns: by graphemes and their width on a terminal, so that wide characters and emoji never break a
//! column.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::mail::safe_text::SafeText;

/// Columns that a text takes on a terminal.
#[must_use]
pub fn columns(text: &SafeText) -> usize {
    text.as_str().width()
}

/// The text in at most `room` columns; an ellipsis stands for what is cut.
#[must_use]
pub fn cut(text: &SafeText, room: usize) -> String {
    if columns(text) <= room {
        return text.as_str().to_owned();
    }
    let Some(room) = room.checked_sub(1) else {
        return String::new();
    };
    let mut used = 0;
    let mut kept = String::new();
    for grapheme in text.as_str().graphemes(true) {
        used += grapheme.width();
        if used > room {
            break;
        }
        kept.push_str(grapheme);
    }
    kept.push('…');
    kept
}

/// The text in exactly `room` columns, blanks behind it.
#[must_use]
pub fn fit(text: &SafeText, room: usize) -> String {
    let mut kept = cut(text, room);
    let used = kept.as_str().width();
    kept.extend(std::iter::repeat_n(' ', room.saturating_sub(used)));
    kept
}

/// The text in exactly `room` columns, blanks before it.
#[must_use]
pub fn fit_right(text: &SafeText, room: usize) -> String {
    let kept = cut(text, room);
    let used = kept.as_str().width();
    " ".repeat(room.saturating_sub(used)) + &kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_is_cut_between_graphemes_and_filled_with_blanks() {
        for (text, room, expected) in [
            ("Anna", 6, "Anna  "),
            ("Anna Abel", 6, "Anna …"),
            ("日本語", 6, "日本語"),
            ("日本語", 5, "日本…"),
            ("日本語", 4, "日… "),
            ("👩‍👩‍👧 family", 5, "👩‍👩‍👧 f…"),
            ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…"),
            ("x", 0, ""),
            ("", 2, "  "),
        ] {
            assert_eq!(fit(&SafeText::line(text), room), expected, "{text} {room}");
        }
        assert_eq!(fit_right(&SafeText::line("12"), 4), "  12");
    }

    proptest! {
        #[test]
        fn fitted_text_has_exactly_the_columns(text in "\\PC{0,40}", room in 0_usize..60) {
            let text = SafeText::line(&text);
            prop_assert_eq!(fit(&text, room).as_str().width(), room);
            prop_assert_eq!(fit_right(&text, room).as_str().width(), room);
        }
    }
}
