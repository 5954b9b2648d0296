//! Changes of folders from the journal: each once, in their order, and what waits for them behind them.

use sterna::channel::operation::{Action, Change, FolderChange, Recorded, Ticket};
use sterna::demo::dialect::Dialect;
use sterna::demo::fault::{Fault, FaultKind};
use sterna::engine::once::Errands;
use sterna::mail::mailbox::{MailboxId, MailboxName};

use crate::equal::assert_equal;
use crate::place::{Desk, Place, dialects};

fn name(raw: &str) -> MailboxName {
    MailboxName::from_raw(raw.as_bytes())
}

fn rearrange(desk: &Desk, change: FolderChange) -> Recorded {
    let action = Action::new(Ticket(1), desk.account, Change::Folder(change), Vec::new());
    desk.store.writer().record_now(action).unwrap()
}

fn create(desk: &Desk, raw: &str) -> MailboxId {
    let recorded = rearrange(desk, FolderChange::Create { name: name(raw) });
    recorded.created.unwrap()
}

fn synced(dialect: Dialect) -> (Place, Desk) {
    let place = Place::with(dialect, 4);
    place.server.create("Lists", None);
    place.server.create("Lists/rust", None);
    let desk = place.open();
    desk.sync();
    place.server.clear_log();
    (place, desk)
}

#[test]
fn a_folder_is_created_before_what_goes_to_it() {
    for (what, dialect) in dialects() {
        let (place, mut desk) = synced(dialect);
        let receipts = create(&desk, "Receipts &- more");
        desk.act(&[1, 2], Change::Move { to: receipts });
        desk.once(&Errands::Journal).unwrap();
        assert_eq!(desk.reader.n_pending(None).unwrap(), 0, "{what}");
        assert_eq!(place.server.truth("Receipts &- more").len(), 2, "{what}");
        desk.sync();
        assert_eq!(
            desk.mailbox("Receipts &- more"),
            receipts,
            "{what}: the same number"
        );
        assert_eq!(place.n_commands("CREATE"), 1, "{what}");
    }
}

#[test]
fn a_folder_that_is_renamed_keeps_its_messages_and_takes_those_below_along() {
    for (what, dialect) in dialects() {
        let (place, mut desk) = synced(dialect);
        let (lists, rust) = (desk.mailbox("Lists"), desk.mailbox("Lists/rust"));
        desk.act(&[1], Change::Copy { to: rust });
        let to = name("Mailing lists");
        rearrange(&desk, FolderChange::Rename { mailbox: lists, to });
        desk.sync();
        assert_eq!(desk.mailbox("Mailing lists"), lists, "{what}");
        assert_eq!(desk.mailbox("Mailing lists/rust"), rust, "{what}");
        assert_eq!(place.server.truth("Mailing lists/rust").len(), 1, "{what}");
        assert_eq!(place.n_commands("RENAME"), 1, "{what}");
        desk.sync();
        assert_equal(&place.server, &mut desk, what);
    }
}

#[test]
fn a_folder_goes_behind_what_is_still_to_come_out_of_it() {
    let (place, mut desk) = synced(Dialect::full());
    let (inbox, rust) = (desk.mailbox("INBOX"), desk.mailbox("Lists/rust"));
    desk.act(&[1, 2], Change::Move { to: rust });
    desk.sync();
    desk.act_in(rust, &[1], Change::Move { to: inbox });
    rearrange(&desk, FolderChange::Delete { mailbox: rust });
    desk.sync();
    assert!(!place.server.mailboxes().contains(&"Lists/rust".to_owned()));
    assert_eq!(place.server.truth("INBOX").len(), 3);
    desk.sync();
    assert_equal(&place.server, &mut desk, "one came back before");
}

#[test]
fn subscriptions_go_on_and_off() {
    let (place, mut desk) = synced(Dialect::full());
    let mailbox = desk.mailbox("Lists");
    for on in [true, false, true] {
        rearrange(&desk, FolderChange::Subscribe { mailbox, on });
        desk.once(&Errands::Journal).unwrap();
        assert_eq!(place.server.is_subscribed("Lists"), Some(on));
    }
    assert_eq!(desk.reader.n_pending(None).unwrap(), 0);
}

#[test]
fn an_answer_that_was_lost_is_found_out() {
    for command in ["CREATE", "RENAME", "DELETE"] {
        for fault in [
            FaultKind::CutIn {
                command: command.to_owned(),
                after: 0,
            },
            FaultKind::DropOn {
                command: command.to_owned(),
            },
        ] {
            let what = format!("{fault:?}");
            let (place, mut desk) = synced(Dialect::full());
            let mailbox = desk.mailbox("Lists/rust");
            match command {
                "CREATE" => drop(create(&desk, "New")),
                "RENAME" => {
                    let to = name("Rust");
                    rearrange(&desk, FolderChange::Rename { mailbox, to });
                }
                _ => drop(rearrange(&desk, FolderChange::Delete { mailbox })),
            }
            place.fault(Fault::once(fault));
            assert!(desk.once(&Errands::Journal).is_err(), "{what}");
            place.heal();
            desk.sync();
            desk.sync();
            assert_eq!(desk.reader.n_pending(None).unwrap(), 0, "{what}");
            let parked = desk.reader.open_operations(desk.account).unwrap();
            assert!(parked.is_empty(), "{what}: {parked:?}");
            assert_equal(&place.server, &mut desk, &what);
        }
    }
}

#[test]
fn a_rename_that_is_known_to_be_done_is_not_sent_again() {
    let (place, mut desk) = synced(Dialect::full());
    let mailbox = desk.mailbox("Lists/rust");
    let to = name("Rust");
    let recorded = rearrange(&desk, FolderChange::Rename { mailbox, to });
    // Everything but the last word in the journal: as a kill leaves it.
    assert!(
        desk.store
            .writer()
            .claim_folder(recorded.operations[0])
            .unwrap()
    );
    place.server.rename_mailbox("Lists/rust", "Rust");
    desk.sync();
    place.refuse("RENAME", "NO it is called so already");
    desk.sync();
    assert_eq!(desk.reader.n_pending(None).unwrap(), 0);
    assert!(
        desk.reader
            .open_operations(desk.account)
            .unwrap()
            .is_empty()
    );
    assert_equal(&place.server, &mut desk, "renamed once");
}

#[test]
fn a_folder_that_is_refused_gives_back_what_was_to_go_there() {
    let (place, mut desk) = synced(Dialect::full());
    let receipts = create(&desk, "Receipts");
    desk.act(&[1, 2], Change::Move { to: receipts });
    place.refuse("CREATE", "NO [NOPERM] not here");
    desk.sync();
    assert_eq!(place.n_commands("UID MOVE"), 0);
    assert_eq!(desk.reader.n_pending(None).unwrap(), 0);
    desk.sync();
    assert_equal(&place.server, &mut desk, "as before");
}
