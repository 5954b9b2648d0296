//! Labels of the server, in the list and in the message.

use crate::harness::*;

#[test]
fn labels_are_shown_but_the_one_that_is_open() {
    let mut rows = inbox();
    rows[0].labels = ["\\Inbox", "\\Important", "Work", "R\u{202e}&D"]
        .map(safe)
        .to_vec();
    rows[0].subject = safe("Hi");
    let screen = Screen::new(rows).at(160, 30);
    let text = screen.text();
    let list = text.lines().find(|line| line.contains('[')).unwrap();
    assert!(list.contains("[Work, R"), "{list}");
    assert!(
        !list.contains("Important") && !list.contains('\u{202e}'),
        "{list}"
    );
    let message = text.lines().find(|line| line.contains("Labels")).unwrap();
    assert!(message.contains("Inbox, Important, Work, R"), "{message}");
    // Nothing of it where the server has none.
    let none = Screen::new(inbox()).at(160, 30).text();
    assert!(
        !none.contains("Labels") && !none.contains("[Work"),
        "{none}"
    );
}
