//! The sample mailbox of the demo: a few hundred letters of people who do not exist, dated back from now.

pub mod attachment;
pub mod bulk;
pub mod everyday;
pub mod letter;
pub mod odd;
pub mod script;
pub mod words;

use std::sync::Arc;

use crate::demo::mailbox::Content;
use crate::demo::sample::letter::Letter;
use crate::demo::shared::Shared;
use crate::demo::state::State;
use crate::mail::flag::Flags;
use crate::mail::mailbox::Role;

/// Bytes that the account of the demo may take.
const QUOTA: u64 = 64 << 20;

/// The person whose mailbox it is.
pub const NAME: &str = "Robin Vogel";
/// That person's address.
pub const EMAIL: &str = "robin@demo.example";

/// Every mailbox by its raw name; the last two names are `Projekte/Öffentlichkeit` and `日本語` in modified UTF-7.
const MAILBOXES: [(&str, Option<Role>); 12] = [
    ("Drafts", Some(Role::Drafts)),
    ("Sent", Some(Role::Sent)),
    ("Archive", Some(Role::Archive)),
    ("Junk", Some(Role::Junk)),
    ("Trash", Some(Role::Trash)),
    ("Lists", None),
    ("Lists/rust", None),
    ("Lists/sailing", None),
    ("Receipts", None),
    ("Projekte", None),
    ("Projekte/&ANY-ffentlichkeit", None),
    ("&ZeVnLIqe-", None),
];

const TEXTS: [(&str, &str); 2] = [
    ("inbox", include_str!("../../../assets/demo/inbox.txt")),
    ("lists", include_str!("../../../assets/demo/lists.txt")),
];

/// A message ready for its mailbox.
struct Planned {
    mailbox: String,
    date: i64,
    flags: Flags,
    bytes: Vec<u8>,
}

/// Fills an account with the sample mail, dated relative to `now` (seconds since the epoch).
pub fn fill(state: &mut State, now: i64) {
    state.quota_bytes = Some(QUOTA);
    for (name, role) in MAILBOXES {
        let mailbox = state.ensure(name, role);
        mailbox.selectable = !matches!(name, "Lists" | "Projekte");
    }
    let mut planned: Vec<Planned> = TEXTS
        .iter()
        .flat_map(|(prefix, text)| script::letters(text, prefix, now))
        .chain(everyday::letters(now))
        .filter_map(|letter| plan(&letter))
        .collect();
    for (age, text) in odd::MESSAGES {
        let text = text.replace("{date}", &rfc2822(now - age));
        planned.push(Planned {
            mailbox: "INBOX".to_owned(),
            date: now - age,
            flags: Flags::default(),
            bytes: text.replace('\n', "\r\n").into_bytes(),
        });
    }
    // UIDs follow the dates, as they do where mail arrives over the years.
    planned.sort_by_key(|message| message.date);
    for message in planned {
        let content = Content::Stored(Arc::from(message.bytes));
        state.add(&message.mailbox, message.flags, message.date, content);
    }
}

fn plan(letter: &Letter) -> Option<Planned> {
    Some(Planned {
        mailbox: letter.mailbox.clone(),
        date: letter.date,
        flags: Flags::from_names(letter.flags.iter().map(String::as_str)),
        bytes: letter.build()?,
    })
}

/// Lets one new mail arrive in INBOX.
pub fn arrive(shared: &Shared, now: i64) {
    let letter = Letter {
        mailbox: "INBOX".to_owned(),
        from: ("Anna Abel".to_owned(), "anna.abel@example.org".to_owned()),
        to: vec![(NAME.to_owned(), EMAIL.to_owned())],
        subject: "Just arrived: the wind turns north-west tonight".to_owned(),
        date: now,
        message_id: format!("arrival.{now}@sterna.example"),
        text: "Hi Robin,\n\nthis message was not here when you started. The server told the list\n\
               about it the moment it came in, without anybody asking.\n\n\
               Also, the forecast changed: north-west five, gusts seven, after ten\nin the evening. \
               Second mooring line, please, and take the flag down.\n\nAnna\n"
            .to_owned(),
        ..Letter::default()
    };
    if let Some(message) = plan(&letter) {
        let content = Content::Stored(Arc::from(message.bytes));
        shared.change(|state| state.add("INBOX", message.flags, now, content));
    }
}

/// A date as in a header, in UTC.
fn rfc2822(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds)
        .map(|time| time.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string())
        .unwrap_or_default()
}
