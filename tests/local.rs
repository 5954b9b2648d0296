//! Mail in files: what is written comes back byte for byte, what others wrote is understood, and nothing hostile, torn or
//! foreign does harm.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    missing_docs
)]

#[path = "local/mbox.rs"]
mod mbox;
#[path = "support/random.rs"]
mod random;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use random::Random;
use sterna::local::maildir::Maildir;
use sterna::local::mbox_reader::Found;
use sterna::local::message::{LocalError, LocalMessage, Skipped};
use sterna::local::source::Source;
use sterna::local::{line_ends, maildir_name};
use sterna::mail::flag::{Flags, SystemFlag};

const PIECES: [&str; 22] = [
    "Subject: s",
    "Status: RO",
    "X-Status: F",
    "X-Sterna: 1.1.1.1 7",
    "Content-Length: 12",
    "From ",
    ">From ",
    "From a@b Tue Mar  3 10:00:00 2026",
    ">>From mboxrd@z Tue Mar  3 10:00:00 2026",
    "\r\n",
    "\r\n\r\n",
    "\r\n",
    "\r\n",
    "\n",
    "\r",
    "\0",
    "text",
    "é",
    "\u{1b}[2J",
    " ",
    "\t",
    "DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\r\nX-IMAP: 1",
];

/// A message of any bytes; half of them with the ends of lines that a server gives.
fn any_message(random: &mut Random) -> LocalMessage {
    let mut bytes = Vec::new();
    for _ in 0..random.below(40) {
        bytes.extend_from_slice(random.pick(&PIECES).as_bytes());
        if random.below(8) == 0 {
            bytes.push(random.byte());
        }
    }
    if random.below(2) == 0 {
        bytes = line_ends::to_crlf(&bytes);
    }
    let names = [
        "\\Seen",
        "\\Flagged",
        "\\Answered",
        "\\Draft",
        "\\Deleted",
        "todo",
        "$Junk",
        "$Forwarded",
    ];
    let flags = Flags::from_names(names.into_iter().filter(|_| random.below(3) == 0));
    let internal_date = Some(i64::try_from(random.between(0, 4_000_000_000)).unwrap());
    LocalMessage {
        bytes,
        flags,
        internal_date,
    }
}

fn any_messages(seed: u64, n: usize) -> Vec<LocalMessage> {
    let mut random = Random::new(seed);
    (0..n).map(|_| any_message(&mut random)).collect()
}

#[test]
fn a_thousand_messages_come_back_from_a_maildir_byte_for_byte() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("mail");
    let mut maildir = Maildir::create(&root).unwrap();
    let mut messages = any_messages(2, 1_000);
    // A file says nothing of a message that never had the ends of lines of a server.
    messages.retain(|message| {
        line_ends::is_plain(&message.bytes) || message.bytes.windows(2).any(|pair| pair == b"\r\n")
    });
    for (n, message) in messages.iter().enumerate() {
        maildir
            .deliver(&format!("{}.M{n}", 1_000_000_000 + n), message)
            .unwrap();
    }
    maildir.sync().unwrap();
    assert!(messages.len() > 800, "{}", messages.len());
    let again = Maildir::open(&root).unwrap();
    let entries = again.entries().unwrap();
    assert_eq!(entries.len(), messages.len());
    for (entry, message) in entries.iter().zip(&messages) {
        let found = again.read(entry).unwrap().unwrap();
        assert!(*message == found, "{message:?}\n{found:?}");
    }
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&root), 0o700);
    let mut files = fs::read_dir(root.join("cur"))
        .unwrap()
        .map(|file| file.unwrap().path());
    assert!(files.all(|file| mode(&file) == 0o600));
    assert_eq!(fs::read_dir(root.join("tmp")).unwrap().count(), 0);
}

#[test]
fn a_maildir_that_changes_meanwhile_loses_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("mail");
    let mut maildir = Maildir::create(&root).unwrap();
    let flags = Flags::from_names(["todo", "\\Seen"]);
    for n in 1..=4 {
        let bytes = format!("Subject: {n}\r\n\r\n").into_bytes();
        let message = LocalMessage {
            bytes,
            flags: flags.clone(),
            internal_date: None,
        };
        maildir.deliver(&format!("{n}.a"), &message).unwrap();
    }
    fs::write(root.join("new/5.a"), "Subject: 5\n\n").unwrap();
    fs::create_dir(root.join("cur/6.a")).unwrap();
    fs::write(root.join("cur/.hidden"), "").unwrap();
    let entries = maildir.entries().unwrap();
    assert_eq!(
        entries
            .iter()
            .map(|entry| entry.base().to_owned())
            .collect::<Vec<_>>(),
        ["1.a", "2.a", "3.a", "4.a", "5.a", "6.a"]
    );
    let cur = |name: &str| root.join("cur").join(name);
    fs::rename(cur("1.a:2,Sa"), cur("1.a:2,FS")).unwrap();
    fs::remove_file(cur("2.a:2,Sa")).unwrap();
    fs::rename(root.join("new/5.a"), cur("5.a:2,S")).unwrap();
    let read: Vec<Option<Found>> = entries.iter().map(|entry| maildir.read(entry)).collect();
    assert_eq!(
        read[0].as_ref().unwrap().as_ref().unwrap().flags,
        Flags::from_names(["\\Seen", "\\Flagged"])
    );
    assert_eq!(read[1], None);
    assert_eq!(read[2].as_ref().unwrap().as_ref().unwrap().flags, flags);
    assert!(
        read[4]
            .as_ref()
            .unwrap()
            .as_ref()
            .unwrap()
            .flags
            .has(SystemFlag::Seen)
    );
    assert!(matches!(read[5], Some(Err(Skipped::Unreadable { .. }))));
    // One that another program moves on between two looks stands in the list once.
    fs::write(root.join("new/5.a"), "Subject: 5\n\n").unwrap();
    assert_eq!(maildir.entries().unwrap().len(), 5);
}

#[test]
fn keywords_in_a_maildir_have_letters_that_others_know() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("mail");
    let mut maildir = Maildir::create(&root).unwrap();
    fs::write(
        root.join("dovecot-keywords"),
        "0 todo\n2 $Junk\nx y\n99 z\n\u{fffd}",
    )
    .unwrap();
    maildir = Maildir::open(&root).unwrap_or(maildir);
    for n in 0..40 {
        let flags = Flags::from_names([format!("k{n}").as_str(), "$junk"]);
        let message = LocalMessage {
            bytes: Vec::new(),
            flags,
            internal_date: None,
        };
        maildir.deliver(&format!("{n}.a"), &message).unwrap();
    }
    let again = Maildir::open(&root).unwrap();
    let entries = again.entries().unwrap();
    let flags = |n: usize| again.read(&entries[n]).unwrap().unwrap().flags;
    assert_eq!(flags(0), Flags::from_names(["k0", "$Junk"]));
    assert_eq!(flags(39), Flags::from_names(["$Junk"]));
    let listed = fs::read_to_string(root.join("dovecot-keywords")).unwrap();
    assert!(listed.starts_with("0 todo\n2 $Junk\n3 k0\n"), "{listed}");
    assert_eq!(listed.lines().count(), maildir_name::MOST_KEYWORDS - 1);
}

#[test]
fn what_lies_at_a_path_is_found_out() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    let count = |name: &str| {
        let mut source = Source::open(&path(name)).unwrap();
        let mut n = 0;
        while let Some(found) = source.next_message().unwrap() {
            found.unwrap();
            n += 1;
        }
        let (done, all) = source.progress();
        assert_eq!(done, all, "{name}");
        n
    };
    fs::write(path("empty"), "").unwrap();
    fs::write(
        path("mbox"),
        "From a Tue Mar  3 10:00:00 2026\n\na\n\nFrom a Tue Mar  3 10:00:00 2026\n\nb\n",
    )
    .unwrap();
    fs::create_dir(path("letters")).unwrap();
    for name in ["letters/b.eml", "letters/a.EML", "letters/c.txt", "one"] {
        fs::write(path(name), "Subject: 1\n\nFrom a\n").unwrap();
    }
    Maildir::create(&path("mail")).unwrap();
    fs::write(path("mail/new/1.a"), "Subject: 1\n\n").unwrap();
    for (name, expected) in [
        ("empty", 0),
        ("mbox", 2),
        ("letters", 2),
        ("one", 1),
        ("mail", 1),
    ] {
        assert_eq!(count(name), expected, "{name}");
    }
    fs::create_dir(path("nothing")).unwrap();
    assert!(matches!(
        Source::open(&path("nothing")),
        Err(LocalError::Foreign { .. })
    ));
    assert!(matches!(
        Source::open(&path("missing")),
        Err(LocalError::Io { .. })
    ));
    let mut one = Source::open(&path("one")).unwrap();
    assert_eq!(
        one.next_message().unwrap().unwrap().unwrap().bytes,
        b"Subject: 1\r\n\r\nFrom a\r\n"
    );
}
