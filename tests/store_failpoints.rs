//! Crashes at every named point of the store: a child of this test ends there with exit code 100, and whatever it left is
//! carried to the same end by the next run. Built with the feature `failpoints` only.

#![cfg(feature = "failpoints")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

use std::path::Path;
use std::process::Command;

use crossbeam_channel::unbounded;
use sterna::channel::operation::{Action, Change, Outcome, Target, Ticket};
use sterna::mail::account::{AccountSettings, Endpoint, Offline, SecretSource, Security};
use sterna::mail::envelope::Envelope;
use sterna::mail::flag::{Flags, SystemFlag};
use sterna::mail::mailbox::{MailboxName, Role};
use sterna::mail::uid::{ModSeq, Uid, UidValidity};
use sterna::store::bodies::StoredBody;
use sterna::store::sync_state::{FetchedHeader, ListedMailbox, Selected};
use sterna::store::{Paths, Store, failpoint};

const DIRECTORY: &str = "STERNA_TEST_DIRECTORY";
const N: u32 = 40;

fn settings() -> AccountSettings {
    AccountSettings {
        name: "work".to_owned(),
        display_name: String::new(),
        email: "me@example.org".to_owned(),
        aliases: Vec::new(),
        user: "me".to_owned(),
        secret: SecretSource::Ask,
        imap: Endpoint {
            host: "mail.example.org".to_owned(),
            port: 993,
            security: Security::Tls,
            ca_file: None,
        },
        smtp: None,
        folders: Vec::new(),
        offline: Offline::All,
        offline_folders: Vec::new(),
        disable: Vec::new(),
        compress_loopback: false,
        cache_bytes: 1 << 30,
        metered_bytes: None,
    }
}

fn header(uid: Uid) -> FetchedHeader {
    FetchedHeader {
        uid,
        flags: Flags::default(),
        internal_date: i64::from(uid.get()),
        size_bytes: 10,
        mod_seq: ModSeq::new(1),
        block: b"Subject: x\r\n\r\n".to_vec(),
        envelope: Envelope {
            message_id: format!("{}@x", uid.get()),
            ..Envelope::default()
        },
        email_id: String::new(),
        gm_message: 0,
        gm_thread: 0,
        thread_id: String::new(),
        preview: String::new(),
        labels: None,
    }
}

fn body(uid: u32) -> StoredBody {
    StoredBody::Whole(vec![u8::try_from(uid).unwrap(); 70_000])
}

/// One session as an engine would lead it: whatever is missing is brought, whatever is open is carried out. Returns what
/// a user sees in the end.
fn session(directory: &Path) -> Vec<(u32, Vec<String>, bool)> {
    let paths = Paths {
        data: directory.join("data"),
        cache: directory.join("cache"),
    };
    let (events, _heard) = unbounded();
    let store = Store::open(&paths, &[settings()], events).unwrap();
    let (writer, mut reader) = (store.writer(), store.reader().unwrap());
    let account = store.account("work").unwrap();
    let inbox = ListedMailbox {
        name: MailboxName::from_raw(b"INBOX"),
        delimiter: Some(b'/'),
        attributes: Vec::new(),
        role: Some(Role::Inbox),
        subscribed: true,
        selectable: true,
        ..ListedMailbox::default()
    };
    let mailbox = writer.listing(account, vec![inbox]).unwrap()[0].1;
    let validity = UidValidity::new(3).unwrap();
    let selected = Selected {
        validity,
        uid_next: Some(N + 1),
        exists: N,
        highest_mod_seq: ModSeq::new(9),
        permanent_flags: None,
        read_only: false,
    };
    let gap = writer.selected(mailbox, selected).unwrap().gap;
    writer.headers(
        mailbox,
        validity,
        gap.iter().map(header).collect(),
        gap.clone(),
    );
    writer.sync_point(mailbox, validity, N + 1, ModSeq::new(9), N);
    writer.flush().unwrap();
    let message = |uid: u32| Uid::new(uid).unwrap();
    let two = reader
        .message_at(mailbox, validity, message(2))
        .unwrap()
        .unwrap();
    let target = Target {
        message: two,
        mailbox,
    };
    if reader.body(two).unwrap().is_none() {
        writer.body(two, body(2));
        writer.flush().unwrap();
    }
    if reader.open_operations(account).unwrap().is_empty()
        && !reader
            .row(two, mailbox)
            .unwrap()
            .unwrap()
            .flags
            .has(SystemFlag::Seen)
    {
        let change = Change::Flag {
            flag: SystemFlag::Seen,
            on: true,
        };
        writer
            .record_now(Action::new(Ticket(1), account, change, vec![target]))
            .unwrap();
    }
    for operation in reader.open_operations(account).unwrap() {
        writer.attempted(operation.id).unwrap();
        writer
            .close(operation.id, vec![(target, Outcome::Done(None))])
            .unwrap();
    }
    assert_eq!(reader.n_pending(None).unwrap(), 0);
    let seen = (1..=N)
        .map(|uid| {
            let id = reader
                .message_at(mailbox, validity, message(uid))
                .unwrap()
                .unwrap();
            let row = reader.row(id, mailbox).unwrap().unwrap();
            let flags = row.flags.names().map(str::to_owned).collect();
            (uid, flags, reader.body(id).unwrap() == Some(body(uid)))
        })
        .collect();
    drop(reader);
    drop(writer);
    store.close();
    seen
}

/// The child: does nothing unless the test below started it.
#[test]
fn a_session_in_a_child() {
    if let Some(directory) = std::env::var_os(DIRECTORY) {
        session(Path::new(&directory));
    }
}

#[test]
fn a_crash_at_any_point_is_carried_to_the_same_end() {
    if std::env::var_os(DIRECTORY).is_some() {
        return;
    }
    let whole = tempfile::tempdir().unwrap();
    let expected = session(whole.path());
    assert_eq!(
        expected
            .iter()
            .filter(|(_, flags, is_here)| !flags.is_empty() && *is_here)
            .count(),
        1
    );
    for name in failpoint::NAMES {
        let directory = tempfile::tempdir().unwrap();
        let status = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "a_session_in_a_child"])
            .env(DIRECTORY, directory.path())
            .env("STERNA_FAILPOINT", name)
            .output()
            .unwrap()
            .status;
        assert_eq!(status.code(), Some(100), "{name} was not passed");
        assert_eq!(session(directory.path()), expected, "{name}");
        assert_eq!(session(directory.path()), expected, "{name}, once more");
    }
}
