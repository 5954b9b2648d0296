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

#[path = "store_failpoints/mail.rs"]
mod mail;
#[path = "store_disk/support.rs"]
#[allow(dead_code, reason = "shared with another target")]
mod support;

use std::path::Path;
use std::process::Command;

use sterna::channel::ledger::LedgerState;
use sterna::channel::operation::{Action, Address, Change, FolderChange, Outcome, Target, Ticket};
use sterna::mail::account::{AccountId, AccountSettings, Offline};
use sterna::mail::envelope::Envelope;
use sterna::mail::flag::SystemFlag;
use sterna::mail::mailbox::{MailboxId, MailboxName, Role};
use sterna::mail::message_id::MessageId;
use sterna::mail::uid::{ModSeq, Uid, UidValidity};
use sterna::store::bodies::StoredBody;
use sterna::store::reader::Reader;
use sterna::store::sync_state::{FetchedHeader, Selected};
use sterna::store::{Store, failpoint};
use support::{listed, paths, selected};

const DIRECTORY: &str = "STERNA_TEST_DIRECTORY";
const N: u32 = 40;

fn settings() -> AccountSettings {
    AccountSettings {
        offline: Offline::All,
        ..support::settings("work")
    }
}

fn header(uid: Uid) -> FetchedHeader {
    let envelope = Envelope {
        message_id: format!("{}@x", uid.get()),
        ..Envelope::default()
    };
    FetchedHeader {
        internal_date: i64::from(uid.get()),
        size_bytes: 10,
        mod_seq: ModSeq::new(1),
        ..FetchedHeader::new(uid, b"Subject: x\r\n\r\n".to_vec(), envelope)
    }
}

fn body(uid: u32) -> StoredBody {
    StoredBody::Whole(vec![u8::try_from(uid).unwrap(); 70_000])
}

/// One session as an engine would lead it: whatever is missing is brought, whatever is open is carried out. Returns what
/// a user sees in the end.
fn session(directory: &Path) -> Vec<(u32, Vec<String>, bool)> {
    let (store, _events) = support::open(&paths(directory), &[settings()]).unwrap();
    let mut reader = store.reader().unwrap();
    let place = bring_headers(&store);
    act_on_two(&store, &mut reader, &place);
    take_back(&store, &mut reader, &place);
    think_better_of_a_folder(&store, &mut reader, place.account);
    move_three(&store, &mut reader, &place);
    carry_out(&store, &mut reader, &place);
    mail::write_and_send(&store, &mut reader, place.account);
    let seen = shown(&mut reader, &place);
    drop(reader);
    store.close();
    seen
}

struct Place {
    account: AccountId,
    mailbox: MailboxId,
    archive: MailboxId,
    validity: UidValidity,
}

impl Place {
    /// The message that the server gave this UID, where it is in the mailbox.
    fn message(&self, reader: &mut Reader, mailbox: MailboxId, uid: u32) -> Option<MessageId> {
        let uid = Uid::new(uid).unwrap();
        reader.message_at(mailbox, self.validity, uid).unwrap()
    }
}

/// An INBOX of which all headers are here, and an Archive.
fn bring_headers(store: &Store) -> Place {
    let writer = store.writer();
    let account = store.account("work").unwrap();
    let both = vec![
        listed("INBOX", Some(Role::Inbox)),
        listed("Archive", Some(Role::Archive)),
    ];
    let mailboxes = writer.listing(account, both).unwrap();
    let (mailbox, archive) = (mailboxes[0].1, mailboxes[1].1);
    let inbox = selected(3, N);
    let validity = inbox.validity;
    let gap = writer.selected(mailbox, inbox.clone()).unwrap().gap;
    let empty = Selected { exists: 0, ..inbox };
    writer.selected(archive, empty).unwrap();
    let headers = gap.iter().map(header).collect();
    writer.headers(mailbox, validity, headers, gap);
    writer.sync_point(mailbox, validity, N + 1, ModSeq::new(9), N);
    writer.flush().unwrap();
    Place {
        account,
        mailbox,
        archive,
        validity,
    }
}

/// Message 2 is read and has its body, each once in the life of the store.
fn act_on_two(store: &Store, reader: &mut Reader, place: &Place) {
    let writer = store.writer();
    let two = place.message(reader, place.mailbox, 2).unwrap();
    if reader.body(two).unwrap().is_none() {
        writer.body(two, body(2));
        writer.flush().unwrap();
    }
    let row = reader.row(two, place.mailbox).unwrap().unwrap();
    let is_busy = !reader.open_operations(place.account).unwrap().is_empty();
    if !is_busy && !row.flags.has(SystemFlag::Seen) {
        let change = Change::Flag {
            flag: SystemFlag::Seen,
            on: true,
        };
        let target = Target {
            message: two,
            mailbox: place.mailbox,
        };
        let action = Action::new(Ticket(1), place.account, change, vec![target]);
        writer.record_now(action).unwrap();
    }
}

/// Message 3 is archived, once in the life of the store.
fn move_three(store: &Store, reader: &mut Reader, place: &Place) {
    let three = place.message(reader, place.mailbox, 3);
    let is_there = |three: &MessageId| reader.row(*three, place.mailbox).unwrap().is_some();
    if let Some(message) = three.filter(is_there) {
        let target = Target {
            message,
            mailbox: place.mailbox,
        };
        let change = Change::Move { to: place.archive };
        let action = Action::new(Ticket(2), place.account, change, vec![target]);
        store.writer().record_now(action).unwrap();
    }
}

/// The server does what is open; nothing is left of it.
fn carry_out(store: &Store, reader: &mut Reader, place: &Place) {
    let writer = store.writer();
    for operation in reader.open_operations(place.account).unwrap() {
        let targets = operation.targets.iter();
        let targets: Vec<_> = targets.map(|open| (operation.id, open.target)).collect();
        assert_eq!(writer.claim(targets.clone(), None).unwrap(), targets);
        let address = operation.change.destination().map(|_| Address {
            validity: place.validity,
            uid: Uid::new(3).unwrap(),
        });
        let ended = targets
            .iter()
            .map(|(_, target)| (*target, Outcome::Done(address)));
        writer.close(operation.id, ended.collect()).unwrap();
    }
    let moved = place.message(reader, place.archive, 3).unwrap();
    assert!(reader.row(moved, place.archive).unwrap().is_some());
    assert_eq!(place.message(reader, place.mailbox, 3), None);
    assert_eq!(reader.n_pending(None).unwrap(), 0);
}

/// UID, flags and whether the body is here, of what is left in the INBOX.
fn shown(reader: &mut Reader, place: &Place) -> Vec<(u32, Vec<String>, bool)> {
    let uids = (1..=N).filter(|uid| *uid != 3);
    uids.map(|uid| {
        let id = place.message(reader, place.mailbox, uid).unwrap();
        let row = reader.row(id, place.mailbox).unwrap().unwrap();
        let flags = row.flags.names().map(str::to_owned).collect();
        (uid, flags, reader.body(id).unwrap() == Some(body(uid)))
    })
    .collect()
}

/// Message 4 is archived and that is taken back, once in the life of the store.
fn take_back(store: &Store, reader: &mut Reader, place: &Place) {
    let writer = store.writer();
    let target = Target {
        message: place.message(reader, place.mailbox, 4).unwrap(),
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
