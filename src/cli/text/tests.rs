//! The tables as people see them, also with wide, empty and foreign text.

use super::*;
use crate::cli::json::tests::{folder_row, message_row};
use crate::cli::json::{ConnectionState, PartJson};
use crate::mail::account::Offline;

#[test]
fn a_list_has_aligned_columns_also_with_wide_characters() {
    let first = ListRow::new("1.2.3.4711".to_owned(), "work", "INBOX", &message_row());
    let second = ListRow {
        from: "山田 太郎 <y@example.jp>".to_owned(),
        unread: false,
        flags: vec![],
        has_attachment: Some(true),
        ..first.clone()
    };
    insta::assert_snapshot!(list(&[first, second]), @r"
        DATE              FROM                          SUBJECT  ID
    N*  2026-03-03 09:59  Anna Abel <anna@example.org>  Lunch    1.2.3.4711
    @   2026-03-03 09:59  山田 太郎 <y@example.jp>      Lunch    1.2.3.4711
    ");
}

#[test]
fn counts_stand_at_the_right_and_the_unknown_is_a_question_mark() {
    let known = FolderJson {
        complete: true,
        ..FolderJson::new("work", &folder_row(), Some(3), Offline::Recent)
    };
    let never = FolderJson {
        name: "INBOX".to_owned(),
        role: Some("inbox"),
        total: Some(100_000),
        unread: Some(7),
        synced_at: None,
        complete: false,
        ..known.clone()
    };
    insta::assert_snapshot!(folders(&[never, known]), @r"
    ACCOUNT  FOLDER    ROLE    UNREAD   TOTAL  KEPT    HERE  SYNCED
    work     INBOX     inbox        7  100000  recent        never
    work     Entwürfe  drafts       ?      12  recent  all   1970-01-01 00:00
    ");
}

#[test]
fn an_empty_listing_says_so() {
    assert_eq!(list(&[]), "No messages.\n");
    assert_eq!(
        pending(&[]),
        "Nothing is pending: the servers know everything.\n"
    );
}

#[test]
fn no_foreign_text_reaches_the_terminal_as_it_is() {
    let mut row = ListRow::new("l.1".to_owned(), "work", "INBOX", &message_row());
    row.subject = "a\u{1b}]0;title\u{7}b\nc\r\u{9b}2J".to_owned();
    let message = ShowJson {
        id: "l.1".to_owned(),
        headers: vec![("X-\u{1b}[2J".to_owned(), "v\u{1b}c\nBcc: y".to_owned())],
        from: "\u{1b}[31mred".to_owned(),
        to: String::new(),
        cc: String::new(),
        date: None,
        subject: row.subject.clone(),
        text: "one\u{1b}[2J\ntwo\rthree\u{8}".to_owned(),
        parts: vec![PartJson {
            part: "2".to_owned(),
            content_type: "a\u{7}".to_owned(),
            name: "\u{1b}n".to_owned(),
            size: 1,
        }],
        defects: vec!["bad\u{1b}".to_owned()],
    };
    for text in [list(&[row]), show(&message), headers(&message)] {
        assert!(
            text.chars().all(|c| c == '\n' || !c.is_control()),
            "{text:?}"
        );
    }
    assert_eq!(headers(&message).lines().count(), 1);
    assert!(show(&message).contains("\none"));
}

#[test]
fn the_other_listings_are_tables_too() {
    let status_row = StatusJson {
        account: "work".to_owned(),
        state: ConnectionState::Offline,
        unread: Some(3),
        pending: 1,
        outbox: 0,
        uncertain: 0,
        next_attempt: None,
    };
    let sync_row = SyncJson {
        account: "work".to_owned(),
        folders: 9,
        new: 120,
        changed: 1,
        gone: 0,
        bytes_received: 81_920,
        seconds: 0.44,
        error: Some("no connection".to_owned()),
    };
    let pending_row = PendingJson {
        id: 12,
        account: "work".to_owned(),
        folder: "INBOX".to_owned(),
        kind: "flag".to_owned(),
        count: 1,
        state: "queued",
        attempts: 0,
        error: None,
        created: Some("2026-03-03T10:00:00Z".to_owned()),
        label: "+todo".to_owned(),
        detail: "+todo".to_owned(),
        to: None,
        not_before: None,
    };
    insta::assert_snapshot!(status(&[status_row]) + &sync(&[sync_row]) + &pending(&[pending_row]), @r"
    ACCOUNT  STATE    UNREAD  PENDING  OUTBOX  UNCERTAIN  NEXT ATTEMPT
    work     offline       3        1       0          0
    ACCOUNT  FOLDERS  NEW  CHANGED  GONE  BYTES  SECONDS  ERROR
    work           9  120        1     0  81920      0.4  no connection
    ID  ACCOUNT  FOLDER  WHAT  COUNT  STATE   TRIED  SINCE             ERROR
    12  work     INBOX   flag      1  queued      0  2026-03-03 10:00
    ");
}
