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
use sterna::channel::ledger::LedgerState;
use sterna::channel::operation::{Action, Address, Change, FolderChange, Outcome, Target, Ticket};
use sterna::mail::account::{
    AccountId, AccountSettings, Endpoint, Offline, SaveSent, SecretSource, Security,
};
use sterna::mail::envelope::Envelope;
use sterna::mail::flag::{Flags, SystemFlag};
use sterna::mail::mailbox::{MailboxId, MailboxName, Role};
use sterna::mail::uid::{ModSeq, Uid, UidValidity};
use sterna::store::bodies::StoredBody;
use sterna::store::reader::Reader;
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
        signature: String::new(),
        address_command: Vec::new(),
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
        save_sent: SaveSent::Auto,
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
    let other = ListedMailbox {
        name: MailboxName::from_raw(b"Archive"),
        role: Some(Role::Archive),
        ..inbox.clone()
    };
    let mailboxes = writer.listing(account, vec![inbox, other]).unwrap();
    let mailbox = mailboxes[0].1;
    let validity = UidValidity::new(3).unwrap();
    let selected = Selected {
        validity,
        uid_next: Some(N + 1),
        exists: N,
        highest_mod_seq: ModSeq::new(9),
        permanent_flags: None,
        read_only: false,
    };
    let gap = writer.selected(mailbox, selected.clone()).unwrap().gap;
    let empty = Selected {
        exists: 0,
        ..selected
    };
    writer.selected(mailboxes[1].1, empty).unwrap();
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
    let archive = mailboxes[1].1;
    take_back(
        &store,
        &mut reader,
        &Place {
            account,
            mailbox,
            archive,
            validity,
        },
    );
    think_better_of_a_folder(&store, &mut reader, account);
    let three = reader
        .message_at(mailbox, validity, message(3))
        .unwrap()
        .filter(|three| reader.row(*three, mailbox).unwrap().is_some());
    if let Some(three) = three {
        let target = Target {
            message: three,
            mailbox,
        };
        let change = Change::Move { to: archive };
        writer
            .record_now(Action::new(Ticket(2), account, change, vec![target]))
            .unwrap();
    }
    for operation in reader.open_operations(account).unwrap() {
        let targets = operation.targets.iter();
        let targets: Vec<_> = targets.map(|open| (operation.id, open.target)).collect();
        assert_eq!(writer.claim(targets.clone(), None).unwrap(), targets);
        writer.attempted(operation.id).unwrap();
        let address = operation.change.destination().map(|_| Address {
            validity,
            uid: message(3),
        });
        let ended = targets
            .iter()
            .map(|(_, target)| (*target, Outcome::Done(address)));
        writer.close(operation.id, ended.collect()).unwrap();
    }
    let moved = reader.message_at(archive, validity, message(3)).unwrap();
    assert!(moved.is_some_and(|moved| reader.row(moved, archive).unwrap().is_some()));
    assert_eq!(
        reader.message_at(mailbox, validity, message(3)).unwrap(),
        None
    );
    assert_eq!(reader.n_pending(None).unwrap(), 0);
    let seen = (1..=N)
        .filter(|uid| *uid != 3)
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

struct Place {
    account: AccountId,
    mailbox: MailboxId,
    archive: MailboxId,
    validity: UidValidity,
}

/// Message 4 is archived and that is taken back, once in the life of the store.
fn take_back(store: &Store, reader: &mut Reader, place: &Place) {
    let writer = store.writer();
    let uid = Uid::new(4).unwrap();
    let four = reader.message_at(place.mailbox, place.validity, uid);
    let target = Target {
        message: four.unwrap().unwrap(),
        mailbox: place.mailbox,
    };
    let is_archived = |reader: &mut Reader| {
        let row = reader.row(target.message, place.archive);
        row.unwrap().is_some()
    };
    let mut rows = reader.ledger().unwrap().rows.into_iter();
    let was_undone = rows.any(|row| row.state == LedgerState::Undone);
    if !was_undone && !is_archived(reader) {
        let change = Change::Move { to: place.archive };
        let mut action = Action::new(Ticket(3), place.account, change, vec![target]);
        action.label = String::from("archive");
        writer.record_now(action).unwrap();
    }
    if is_archived(reader) {
        assert_eq!(writer.undo_now().unwrap().n_restored, 1);
    }
    assert!(!is_archived(reader));
    assert!(reader.row(target.message, place.mailbox).unwrap().is_some());
}

/// A folder is to be made, and that is taken back before the server hears of it.
fn think_better_of_a_folder(store: &Store, reader: &mut Reader, account: AccountId) {
    let name = MailboxName::from_display("Lists");
    let is_shown = |reader: &mut Reader| {
        let rows = reader.folders().unwrap();
        rows.iter().any(|row| row.name.as_str() == "Lists")
    };
    let writer = store.writer();
    let open = reader.open_operations(account).unwrap();
    if !open.iter().any(|operation| operation.folder.is_some()) {
        assert!(!is_shown(reader), "nobody is to make it any more");
        let change = Change::Folder(FolderChange::Create { name });
        let mut action = Action::new(Ticket(4), account, change, Vec::new());
        action.label = String::from("create");
        writer.record_now(action).unwrap();
    }
    assert!(is_shown(reader));
    assert_eq!(writer.undo_now().unwrap().label, "create");
    assert!(!is_shown(reader));
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
