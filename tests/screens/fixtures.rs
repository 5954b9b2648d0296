//! Folders, messages and answers that the fake store gives: an inbox of several scripts, every mark, old and new mail.

use std::sync::Arc;

use sterna::channel::event::Event;
use sterna::channel::operation::{Target, Ticket};
use sterna::channel::rows::{FolderRow, Keywords, MessageRow, RowKey};
use sterna::channel::view::{AttachmentRow, MessageView};
use sterna::mail::account::AccountId;
use sterna::mail::flag::{Flags, Keyword};
use sterna::mail::mailbox::{MailboxId, Namespace, Role};
use sterna::mail::message_id::MessageId;
use sterna::mail::part::PartPath;
use sterna::mail::safe_text::SafeText;
use sterna::mail::styled::{StyledLine, StyledSpan, TextForm, TextStyle};

/// 2026-03-18 (a Wednesday) 15:00 UTC.
pub const NOW: i64 = 1_773_846_000;

pub const HOUR: i64 = 3_600;

pub const DAY: i64 = 86_400;

pub fn safe(text: &str) -> SafeText {
    SafeText::line(text)
}

pub fn id(number: u64) -> MessageId {
    MessageId::new(number).unwrap()
}

/// A message of the fake store; `number` is its UID too.
pub fn row(number: u32, age: i64, from: &str, subject: &str, flags: &[&str]) -> MessageRow {
    MessageRow {
        key: RowKey {
            internal_date: NOW - age,
            uid: number,
            message: id(u64::from(number)),
        },
        mailbox: INBOX,
        from: safe(from),
        from_addr: safe(&format!(
            "{}@example.org",
            from.to_lowercase().split(' ').next().unwrap()
        )),
        sender_suspect: false,
        to: safe("Anna Abel"),
        subject: safe(subject),
        preview: SafeText::default(),
        labels: Vec::new(),
        date: NOW - age,
        flags: Flags::from_names(flags.iter().copied()),
        kept_here: Vec::new(),
        size_bytes: 4_000,
        thread: u64::from(number),
        has_attachment: Some(false),
    }
}

pub const HOME: AccountId = AccountId::new(1);

pub const WORK: AccountId = AccountId::new(2);

pub const INBOX: MailboxId = MailboxId::new(1);

pub const ARCHIVE: MailboxId = MailboxId::new(4);

pub fn folder(number: u32, name: &str, depth: u8, role: Option<Role>) -> FolderRow {
    FolderRow {
        account: HOME,
        mailbox: MailboxId::new(number),
        name: safe(name),
        label: safe(name.rsplit('/').next().unwrap()),
        depth,
        role,
        namespace: Namespace::Personal,
        selectable: true,
        read_only: false,
        rights: None,
        total: Some(0),
        unread: Some(0),
        n_headers: 0,
        synced_at: Some(NOW),
        is_complete: false,
        has_old_flags: false,
        plan: None,
    }
}

pub fn folders() -> Vec<FolderRow> {
    let mut folders = vec![
        folder(1, "INBOX", 0, Some(Role::Inbox)),
        folder(2, "Drafts", 0, Some(Role::Drafts)),
        folder(3, "Sent", 0, Some(Role::Sent)),
        folder(4, "Archive", 0, Some(Role::Archive)),
        folder(5, "Trash", 0, Some(Role::Trash)),
        folder(6, "Lists", 0, None),
        folder(7, "Lists/rust", 1, None),
        folder(8, "Lists/日本語", 1, None),
        folder(9, "Travel", 0, None),
    ];
    folders[5].selectable = false;
    folders[6].unread = Some(12_345);
    folders[6].total = Some(200_000);
    folders
}

/// What a store that cannot record says.
pub fn disk_full() -> sterna::channel::error::StoreError {
    sterna::channel::error::StoreError::Io {
        cause: "disk full".to_owned(),
    }
}

pub fn target(row: &MessageRow) -> Target {
    Target {
        message: row.key.message,
        mailbox: row.mailbox,
    }
}

pub fn keywords(mailbox: MailboxId) -> Keywords {
    let names = ["todo", "today", "work"].into_iter();
    Keywords {
        mailbox,
        names: names.map(|name| Keyword::parse(name).unwrap()).collect(),
        takes_new: true,
    }
}

pub fn undone(ticket: Ticket, label: &str, rows: &[MessageRow], redo: bool) -> Event {
    Event::Undone {
        ticket,
        label: label.to_owned(),
        n_restored: rows.len(),
        n_skipped: 0,
        cursor: rows.first().map(target),
        stands: None,
        redo,
        n_pending: 0,
    }
}

/// A rendered message for a row.
pub fn view(row: &MessageRow, mailbox: MailboxId, columns: u16, form: TextForm) -> MessageView {
    let plain = |text: &str| line(text, TextStyle::Plain, 0);
    let mut lines = vec![
        plain("Hello Anna,"),
        plain(""),
        plain("shall we have lunch on Friday? The new place by the"),
        plain("harbour opens at noon."),
        plain(""),
        line("> How about this week?", TextStyle::Plain, 1),
        line("> Anna", TextStyle::Plain, 1),
        plain(""),
        line("https://example.org/menu", TextStyle::Link, 0),
    ];
    if form == TextForm::Html {
        lines[0] = line("Hello Anna, in HTML,", TextStyle::Strong, 0);
    }
    let all_headers = (1..=30)
        .map(|n| plain(&format!("X-Header-{n}: value {n}")))
        .collect();
    lines.extend((1..=60).map(|n| plain(&format!("Line {n} of the rest."))));
    let mut headers = vec![(
        safe("From"),
        safe(&format!("{} <{}>", row.from, row.from_addr)),
    )];
    headers.push((safe("To"), row.to.clone()));
    headers.push((safe("Date"), safe("Wed, 18 Mar 2026 14:32:00 +0000")));
    headers.push((safe("Subject"), row.subject.clone()));
    let attachments = if row.has_attachment == Some(true) {
        vec![AttachmentRow {
            path: PartPath::new(vec![2]),
            name: safe("menu.pdf"),
            content_type: safe("application/pdf"),
            size_bytes: 1_250_000,
        }]
    } else {
        Vec::new()
    };
    MessageView {
        message: row.key.message,
        mailbox,
        columns,
        form: Some(form).filter(|_| row.subject.as_str().contains("Lunch")),
        headers,
        all_headers: Arc::new(all_headers),
        lines: Arc::new(lines),
        attachments,
        defects: Vec::new(),
    }
}

fn line(text: &str, style: TextStyle, quote_depth: u8) -> StyledLine {
    StyledLine {
        spans: vec![StyledSpan {
            text: safe(text),
            style,
        }],
        quote_depth,
    }
}

/// A handsome inbox: several scripts, every mark, old and new mail.
pub fn inbox() -> Vec<MessageRow> {
    let mut rows = vec![
        row(20, HOUR / 2, "Anna Abel", "Lunch on Friday?", &[]),
        row(
            19,
            HOUR,
            "Bob Brown",
            "Re: Invoice 2026-031",
            &["\\Seen", "\\Answered"],
        ),
        row(
            18,
            3 * HOUR,
            "山田太郎",
            "東京の会議の議事録を送ります",
            &[],
        ),
        row(
            17,
            5 * HOUR,
            "Clara Çelik",
            "Photos of the 🎉 party 👩‍👩‍👧 and more",
            &["\\Seen", "\\Flagged"],
        ),
        row(
            16,
            DAY,
            "support@bank.example",
            "Your account needs attention",
            &[],
        ),
        row(
            15,
            2 * DAY,
            "Отдел кадров",
            "Отпуск: график на лето",
            &["\\Seen"],
        ),
        row(
            14,
            4 * DAY,
            "Rust Weekly",
            "This week: a very long subject that goes on and on until no screen can hold it, not even a wide one",
            &["\\Seen"],
        ),
        row(13, 15 * DAY, "Dan Dvořák", "", &["\\Seen"]),
        row(12, 40 * DAY, "مريم", "مرحبا بكم", &["\\Flagged"]),
        row(11, 800 * DAY, "Old Friend", "Long time no see", &["\\Seen"]),
    ];
    rows[0].has_attachment = Some(true);
    rows[4].sender_suspect = true;
    rows[4].from_addr = safe("x9@phish.example");
    rows
}

/// So many read messages, newest first, an hour apart.
pub fn many(n: u32) -> Vec<MessageRow> {
    (1..=n)
        .rev()
        .map(|number| {
            row(
                number,
                i64::from(n - number) * HOUR,
                "Ann",
                &format!("Message {number}"),
                &["\\Seen"],
            )
        })
        .collect()
}
