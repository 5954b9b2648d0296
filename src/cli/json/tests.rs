//! The keys and forms that other people's scripts rely on, and rows for the tests beside.

use super::*;
use crate::channel::rows::RowKey;
use crate::mail::account::AccountId;
use crate::mail::flag::Flags;
use crate::mail::mailbox::{MailboxId, Role};
use crate::mail::message_id::MessageId;
use crate::mail::safe_text::SafeText;

pub fn message_row() -> MessageRow {
    MessageRow {
        key: RowKey {
            internal_date: 1_772_532_000,
            uid: 4711,
            message: MessageId::new(1).unwrap(),
        },
        mailbox: MailboxId::new(1),
        from: SafeText::line("Anna Abel"),
        from_addr: SafeText::line("anna@example.org"),
        sender_suspect: false,
        to: SafeText::line("Bob"),
        subject: SafeText::line("Lunch"),
        preview: SafeText::default(),
        labels: vec![SafeText::line("\\Inbox"), SafeText::line("Work")],
        date: 1_772_531_999,
        kept_here: Vec::new(),
        flags: Flags::from_names(["\\Flagged", "todo"]),
        size_bytes: 2048,
        thread: 9,
        has_attachment: None,
    }
}

pub fn folder_row() -> FolderRow {
    FolderRow {
        account: AccountId::new(1),
        mailbox: MailboxId::new(1),
        name: SafeText::line("Entwürfe"),
        label: SafeText::line("Entwürfe"),
        depth: 0,
        role: Some(Role::Drafts),
        namespace: crate::mail::mailbox::Namespace::Personal,
        selectable: true,
        read_only: false,
        rights: None,
        total: Some(12),
        unread: None,
        n_headers: 12,
        synced_at: Some(0),
        is_complete: false,
        has_old_flags: false,
        plan: None,
    }
}

#[test]
fn a_list_is_an_array_of_rows_with_stable_names() {
    let row = ListRow::new("1.2.3.4711".to_owned(), "work", "INBOX", &message_row());
    insta::assert_snapshot!(document(&[row]).unwrap(), @r#"
    [
      {
        "id": "1.2.3.4711",
        "account": "work",
        "folder": "INBOX",
        "uid": 4711,
        "date": "2026-03-03T09:59:59Z",
        "internal_date": "2026-03-03T10:00:00Z",
        "from": "Anna Abel <anna@example.org>",
        "to": "Bob",
        "subject": "Lunch",
        "flags": [
          "\\Flagged",
          "todo"
        ],
        "size": 2048,
        "thread_id": 9,
        "has_attachment": null,
        "unread": true,
        "server": false,
        "labels": [
          "\\Inbox",
          "Work"
        ]
      }
    ]
    "#);
}

#[test]
fn an_empty_listing_is_an_empty_array() {
    assert_eq!(document::<[ListRow]>(&[]).unwrap(), "[]\n");
}

/// The names of an object's values, in the order in which they stand.
fn keys(value: &impl Serialize) -> String {
    // serde_json sorts the keys of a parsed object, so their order is taken from the text.
    let text = serde_json::to_string_pretty(value).unwrap();
    let keys = text
        .lines()
        .filter_map(|line| Some(line.strip_prefix("  \"")?.split_once("\": ")?.0));
    keys.collect::<Vec<_>>().join(" ")
}

#[test]
fn the_keys_of_folders_and_messages_are_those_that_scripts_rely_on() {
    let folder = FolderJson::new("work", &folder_row(), Some(3), Offline::Recent);
    assert_eq!(
        keys(&folder),
        "account name role total unread uid_validity synced_at offline complete read_only rights quota"
    );
    let show = ShowJson {
        id: String::new(),
        headers: vec![],
        from: String::new(),
        to: String::new(),
        cc: String::new(),
        date: None,
        subject: String::new(),
        text: String::new(),
        parts: vec![],
        defects: vec![],
    };
    assert_eq!(
        keys(&show),
        "id headers from to cc date subject text parts defects"
    );
    let part = PartJson {
        part: "1".to_owned(),
        content_type: "text/plain".to_owned(),
        name: String::new(),
        size: 0,
    };
    assert_eq!(keys(&part), "part type name size");
}

#[test]
fn the_keys_of_accounts_and_their_work_are_those_that_scripts_rely_on() {
    let status = StatusJson {
        account: String::new(),
        state: ConnectionState::Offline,
        unread: None,
        pending: 0,
        outbox: 0,
        uncertain: 0,
        next_attempt: None,
    };
    assert_eq!(
        keys(&status),
        "account state unread pending outbox uncertain next_attempt"
    );
    let sync = SyncJson {
        account: String::new(),
        folders: 0,
        new: 0,
        changed: 0,
        gone: 0,
        bytes_received: 0,
        seconds: 0.5,
        error: None,
    };
    assert_eq!(
        keys(&sync),
        "account folders new changed gone bytes_received seconds error"
    );
    let pending = PendingJson {
        id: 1,
        account: String::new(),
        folder: String::new(),
        kind: "flag".to_owned(),
        count: 1,
        state: "queued",
        attempts: 0,
        error: None,
        created: None,
        label: String::new(),
        detail: String::new(),
        to: None,
        not_before: None,
    };
    assert_eq!(
        keys(&pending),
        "id account folder kind count state attempts error created label detail to not_before"
    );
}

#[test]
fn the_words_of_the_states_are_the_same_in_text_and_json() {
    for state in [
        ConnectionState::Online,
        ConnectionState::Syncing,
        ConnectionState::Offline,
    ] {
        assert_eq!(document(&state).unwrap(), format!("\"{}\"\n", state.name()));
    }
}

#[test]
fn times_are_rfc_3339_and_never_a_guess() {
    assert_eq!(rfc3339(0).as_deref(), Some("1970-01-01T00:00:00Z"));
    assert_eq!(
        rfc3339_at(0, 330).as_deref(),
        Some("1970-01-01T05:30:00+05:30")
    );
    for seconds in [i64::MIN, i64::MAX, -100_000_000_000_000] {
        assert_eq!(rfc3339(seconds), None);
    }
    assert_eq!(rfc3339_at(0, i32::MAX), None);
}

#[test]
fn a_message_without_a_uid_has_null() {
    let mut row = message_row();
    row.key.uid = 0;
    assert_eq!(
        ListRow::new("l.1".to_owned(), "work", "INBOX", &row).uid,
        None
    );
}
