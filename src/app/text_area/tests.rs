//! Keys in, text and cursor out: edits by grapheme, undo, pasting, and no key that leaves the text.

use super::*;

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
fn what_is_pasted_is_cleaned_and_taken_whole_or_not_at_all() {
    let mut area = TextArea::default();
    area.insert("a\r\nb\rc\td\u{1b}[31m\u{0}");
    assert_eq!(area.text(), "a\nb\nc    d[31m");
    let room = MAX_BYTES - area.text().len();
    assert!(!area.insert(&"x".repeat(room + 1)) && !area.insert(&"ü".repeat(MAX_BYTES)));
    assert_eq!(area.text(), "a\nb\nc    d[31m");
    assert!(area.insert(&"x".repeat(room)) && !area.insert("x"));
    assert!(fits(area.text()) && !fits(&"\t".repeat(MAX_BYTES / 4 + 1)));
}

#[test]
fn a_long_line_is_walked_row_by_row() {
    let text = "one two three four five six seven";
    let rows = text_rows::rows_from(text, 0, 10, 9);
    let shown: Vec<&str> = rows.iter().map(|row| &text[row.clone()]).collect();
    assert_eq!(shown, ["one two ", "three four ", "five six ", "seven"]);
    let mut area = TextArea::new(text);
    area.vertical(2, 10);
    assert_eq!(area.cursor(), rows[2].start);
    area.vertical(-1, 10);
    assert_eq!(area.cursor(), rows[1].start);
    let wide = "x".repeat(25);
    assert_eq!(text_rows::rows_from(&wide, 0, 10, 9).len(), 3);
    assert_eq!(text_rows::rows_from("日本語日本語", 0, 5, 9).len(), 3);
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
    fn no_key_leaves_the_text(text in "[a-z \\n日👩‍👧e\u{301}]{0,60}", keys in proptest::collection::vec(0_usize..18, 0..40)) {
        const KEYS: [&str; 18] = [
            "a", "enter", "backspace", "delete", "left", "right", "up", "down", "home", "end", "pgup", "pgdn",
            "ctrl-w", "ctrl-7", "ctrl-r", "ctrl-left", "ctrl-right", "ctrl-u",
        ];
        let mut area = TextArea::new(&text);
        for key in keys {
            area.key(Key::parse(KEYS[key]).unwrap(), 7, 3);
            area.reveal(7, 3);
            assert!(area.text().is_char_boundary(area.cursor()));
            assert!(area.text().is_char_boundary(area.top()));
        }
        while area.undo() {}
        assert_eq!(area.text(), TextArea::new(&text).text());
    }
}
