//! Keys in, text and cursor out: edits by grapheme, what is selected and cut, undo, pasting, and no key that leaves the
//! text.

use super::*;
use crate::channel::key::Key;

fn typed(text: &str, keys: &str) -> TextArea {
    let mut area = TextArea::new(text);
    for key in keys.split_whitespace() {
        let key = Key::parse(key).unwrap_or_else(|| panic!("{key}"));
        assert!(area.key(key, 20, 5), "{key}");
    }
    area
}

/// The text with `|` where the cursor is.
fn marked(area: &TextArea) -> String {
    let mut text = area.text().to_owned();
    text.insert(area.cursor(), '|');
    text
}

#[test]
fn keys_move_and_edit_by_grapheme_and_by_word() {
    for (text, keys, expected) in [
        ("", "a b enter c", "ab\nc|"),
        ("ab", "end backspace", "a|"),
        ("👩‍👩‍👧x", "right backspace", "|x"),
        ("e\u{301}x", "right delete", "e\u{301}|"),
        ("one two  three", "ctrl-right ctrl-right", "one two|  three"),
        ("one two  ", "end ctrl-w", "one |"),
        ("one two", "end ctrl-left", "one |two"),
        ("one two", "alt-d", "| two"),
        ("ab\ncd", "down end ctrl-u", "ab\n|"),
        ("ab\ncd", "down backspace", "ab|cd"),
        (
            "long line\nx\nother line",
            "end down down",
            "long line\nx\nother lin|e",
        ),
        ("a\nb", "ctrl-end up up", "a|\nb"),
        ("", "backspace delete left right up down", "|"),
        ("日本語", "right right", "日本|語"),
        ("ab\ncd", "alt-k", "|\ncd"),
        ("ab", "tab right tab", "    a   |b"),
        ("a\tb", "right right backspace", "a|b"),
        (
            "a\n\nb\nc\n\n\nd",
            "ctrl-down ctrl-down",
            "a\n\nb\nc\n|\n\nd",
        ),
        ("a\n\nb\nc", "ctrl-end ctrl-up", "a\n|\nb\nc"),
        ("a\nb", "ctrl-down ctrl-up", "|a\nb"),
        ("> a\n> b\n\nc\nd", "alt-q", "> a b\n|\nc\nd"),
        ("> a\n> b\n\nc\nd", "alt-q alt-q", "> a b\n\nc d|"),
    ] {
        assert_eq!(marked(&typed(text, keys)), expected, "{text:?} {keys}");
    }
}

#[test]
fn edits_are_taken_back_word_by_word_and_done_again() {
    let mut area = typed("", "a b space c d");
    assert_eq!(area.text(), "ab cd");
    assert!(area.undo());
    assert_eq!(marked(&area), "ab |");
    assert!(area.undo() && area.undo());
    assert_eq!((marked(&area).as_str(), area.undo()), ("|", false));
    assert!(area.redo() && area.redo() && area.redo());
    assert_eq!((marked(&area).as_str(), area.redo()), ("ab cd|", false));
    area.undo();
    area.insert("x");
    assert!(!area.redo(), "what was typed since ends the way forward");
}

#[test]
fn what_is_selected_is_cut_copied_and_typed_over() {
    for (text, keys, expected) in [
        ("one two", "shift-right shift-right x", "x|e two"),
        ("one two", "ctrl-shift-right backspace", "| two"),
        ("one two", "shift-right shift-left backspace", "|one two"),
        ("one\ntwo", "shift-down delete", "|two"),
        ("one\ntwo", "shift-end right a", "one\na|two"),
        ("one\ntwo", "ctrl-space end ctrl-x down ctrl-v", "\none|two"),
        ("one\ntwo", "ctrl-space ctrl-space end x", "onex|\ntwo"),
        (
            "a b c",
            "ctrl-shift-right ctrl-x end ctrl-y ctrl-y",
            " b caa|",
        ),
        // Lines that are cut one after the other are put back together, words in their order.
        ("1\n2\n3\n", "ctrl-x ctrl-x ctrl-end ctrl-v", "3\n1\n2\n|"),
        (
            "one two three",
            "end ctrl-w ctrl-w home ctrl-v",
            "two three|one ",
        ),
        ("1\n2", "down right ctrl-x up ctrl-v", "2|1\n"),
        ("same", "ctrl-v", "|same"),
    ] {
        assert_eq!(marked(&typed(text, keys)), expected, "{text:?} {keys}");
    }
    let mut area = typed("one two", "ctrl-shift-right");
    assert!(area.copy() && area.selected() == Some(0..3));
    assert!(area.unselect() && !area.copy() && !area.unselect());
    area.key(Key::parse("ctrl-v").unwrap(), 20, 5);
    assert_eq!(marked(&area), "oneone| two");
}

#[test]
fn what_goes_on_in_the_same_way_is_taken_back_together() {
    for (text, keys, expected) in [
        ("abc", "end backspace backspace", "abc|"),
        ("abc", "delete delete", "|abc"),
        ("abc", "delete right backspace", "b|c"),
        ("one two", "ctrl-shift-right a b", "one| two"),
        ("a\nb", "ctrl-x ctrl-x", "|b"),
        ("a\nb", "alt-q", "|a\nb"),
    ] {
        let mut area = typed(text, keys);
        assert!(area.undo(), "{keys}");
        assert_eq!(marked(&area), expected, "{text:?} {keys}");
    }
    // However much was cut, so much is kept and no more.
    let mut area = TextArea::default();
    for _ in 0..24 {
        area.insert(&"x".repeat(MAX_BYTES));
        area.key(Key::parse("ctrl-x").unwrap(), 20, 5);
    }
    let n_steps = std::iter::from_fn(|| area.undo().then_some(())).count();
    assert!((2..40).contains(&n_steps), "{n_steps}");
}

#[test]
fn what_is_pasted_is_cleaned_and_taken_whole_or_not_at_all() {
    let mut area = TextArea::default();
    area.insert("a\r\nb\rc\td\u{1b}[31m\u{0}");
    assert_eq!(area.text(), "a\nb\nc\td[31m");
    let room = MAX_BYTES - area.text().len();
    assert!(!area.insert(&"x".repeat(room + 1)) && !area.insert(&"ü".repeat(MAX_BYTES)));
    assert_eq!(area.text(), "a\nb\nc\td[31m");
    assert!(area.insert(&"x".repeat(room)) && !area.insert("x"));
    assert!(fits(area.text()) && !fits(&"\t".repeat(MAX_BYTES + 1)));
    assert!(fits(&"\r\n".repeat(MAX_BYTES)) && !fits(&"\r\n".repeat(MAX_BYTES + 1)));
}

#[test]
fn a_long_line_is_walked_row_by_row() {
    let text = "one two three four five six seven";
    let rows = text_rows::rows_from(text, 0, 10, 9);
    let shown: Vec<&str> = rows.iter().map(|row| &text[row.clone()]).collect();
    assert_eq!(shown, ["one two ", "three four ", "five six ", "seven"]);
    let mut area = TextArea::new(text);
    area.vertical(2, 10, false);
    assert_eq!(area.cursor(), rows[2].start);
    area.vertical(-1, 10, false);
    assert_eq!(area.cursor(), rows[1].start);
    let wide = "x".repeat(25);
    assert_eq!(text_rows::rows_from(&wide, 0, 10, 9).len(), 3);
    assert_eq!(text_rows::rows_from("日本語日本語", 0, 5, 9).len(), 3);
    assert_eq!(text_rows::rows_from("a\tb\tc", 0, 12, 9).len(), 2);
    // What is spelled out on the screen takes its room.
    assert_eq!(text_rows::rows_from("abc\u{202e}d", 0, 11, 9).len(), 2);
}

#[test]
fn a_line_without_an_end_is_laid_out_as_any_other() {
    let words = "word ".repeat(2_000);
    let letters = "x".repeat(9_000);
    let families = "👩‍👩‍👧".repeat(500);
    let marks = format!("a{}", "\u{301}".repeat(5_000));
    for text in [words, letters, families, marks] {
        let text = format!("before\n{text}\nbehind");
        let rows = text_rows::rows_from(&text, 0, 20, usize::MAX);
        let whole: Vec<&str> = rows.iter().map(|row| &text[row.clone()]).collect();
        assert_eq!(whole.concat(), text.replace('\n', ""));
        let mut area = TextArea::new(&text);
        for row in &rows {
            assert_eq!(text_rows::row_of(&text, row.start, 20), *row);
            assert!((row.start..=row.end).contains(&area.cursor()), "{row:?}");
            area.vertical(1, 20, false);
        }
    }
}

#[test]
fn the_cursor_is_always_seen() {
    let text = "a line\n".repeat(50);
    let mut area = TextArea::new(&text);
    for key in [
        "ctrl-end",
        "up",
        "pgup",
        "pgup",
        "ctrl-home",
        "pgdn",
        "down",
    ] {
        area.key(Key::parse(key).unwrap(), 20, 5);
        area.reveal(20, 5);
        let rows = text_rows::rows_from(area.text(), area.top(), 20, 5);
        let here = text_rows::row_of(area.text(), area.cursor(), 20);
        assert!(rows.contains(&here), "{key}: {rows:?} {here:?}");
    }
}

proptest::proptest! {
    #[test]
    fn no_key_leaves_the_text(text in "[a-z> \\t\\n日👩‍👧e\u{301}]{0,60}", keys in proptest::collection::vec(0_usize..30, 0..40)) {
        const KEYS: [&str; 30] = [
            "a", "enter", "backspace", "delete", "left", "right", "up", "down", "home", "end", "pgup", "pgdn",
            "ctrl-w", "ctrl-7", "ctrl-r", "ctrl-left", "ctrl-right", "ctrl-u", "ctrl-x", "ctrl-v", "ctrl-space", "alt-q",
            "alt-k", "alt-d", "ctrl-up", "ctrl-down", "shift-right", "shift-up", "shift-end", "tab",
        ];
        let mut area = TextArea::new(&text);
        for key in keys {
            area.key(Key::parse(KEYS[key]).unwrap(), 7, 3);
            area.reveal(7, 3);
            assert!(area.text().is_char_boundary(area.cursor()));
            assert!(area.text().is_char_boundary(area.top()));
            assert!(area.selected().is_none_or(|selected| area.text().get(selected).is_some()));
        }
        while area.undo() {}
        assert_eq!(area.text(), TextArea::new(&text).text());
    }
}
