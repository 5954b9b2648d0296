//! Moves by a detour: of servers that hang up on MOVE, of those that take so many messages at once and no more, and behind
//! a lost cache.

use sterna::channel::operation::{Action, Change, Target, Ticket};
use sterna::demo::dialect::Dialect;
use sterna::demo::fault::{Fault, FaultKind};
use sterna::engine::once::Errands;
use sterna::mail::uid_set::UidSet;

use crate::equal::assert_equal;
use crate::moves::{commands, outcomes, parked, subjects, synced, to};

#[test]
fn a_server_that_hangs_up_on_move_is_given_a_copy_and_a_deletion() {
    let (place, mut desk) = synced(Dialect::full());
    let change = to(&mut desk, "Archive");
    desk.act(&[1, 2], change);
    place.fault(Fault::always(FaultKind::DropOn {
        command: "UID MOVE".to_owned(),
    }));
    let mut n_broken = 0;
    while desk.once(&Errands::Journal).is_err() {
        n_broken += 1;
        assert!(n_broken < 10);
    }
    assert_eq!(n_broken, 3);
    let said = commands(&place);
    let said: Vec<&str> = said.iter().map(String::as_str).collect();
    assert_eq!(
        said,
        [
            "UID MOVE 1:2 Archive",
            "UID MOVE 1:2 Archive",
            "UID MOVE 1:2 Archive",
            "UID COPY 1:2 Archive",
            "UID STORE 1:2 +FLAGS.SILENT (\\Deleted)",
            "UID EXPUNGE 1:2",
        ]
    );
    assert_eq!(subjects(&place, "Archive"), ["n1", "n2"]);
    assert_eq!(subjects(&place, "INBOX"), ["n3", "n4", "n5"]);
    desk.sync();
    assert_equal(&place.server, &mut desk, "behind the copy");
}

/// RFC 9738.
#[test]
fn no_command_names_more_messages_than_the_server_takes() {
    for dialect in [Dialect::full(), Dialect::full().without("MOVE")] {
        let (place, mut desk) = synced(dialect.with("MESSAGELIMIT=2"));
        let change = to(&mut desk, "Archive");
        desk.act(&[1, 2, 3, 4, 5], change);
        desk.once(&Errands::Journal).unwrap();
        let said = commands(&place);
        for line in &said {
            let set = line.split(' ').nth(2).unwrap();
            let set = UidSet::parse(set.as_bytes()).unwrap();
            assert!(set.len() <= 2, "{said:?}");
        }
        assert_eq!(subjects(&place, "Archive").len(), 5);
        desk.sync();
        assert_equal(&place.server, &mut desk, "in parts");
        // And back again by the addresses that came in parts.
        let archive = desk.mailbox("Archive");
        let uids: Vec<u32> = place
            .server
            .truth("Archive")
            .iter()
            .map(|it| it.uid)
            .collect();
        let inbox = desk.mailbox("INBOX");
        desk.act_in(archive, &uids, Change::Move { to: inbox });
        desk.sync();
        assert_eq!(subjects(&place, "INBOX").len(), 5);
        assert_equal(&place.server, &mut desk, "and back");
    }
}

/// Where the server tells no new places, the message was found in the folder by its likeness; the journal keeps that.
#[test]
fn a_move_in_doubt_of_what_was_copied_before_is_found_out_behind_a_lost_cache() {
    for is_done in [false, true] {
        let (place, mut desk) = synced(Dialect::full().without("UIDPLUS"));
        let (archive, trash) = (desk.mailbox("Archive"), desk.mailbox("Trash"));
        desk.act(&[1], Change::Copy { to: archive });
        let inbox = desk.mailbox("INBOX");
        let target = Target {
            message: desk.message(inbox, 1),
            mailbox: archive,
        };
        let change = Change::Move { to: trash };
        let action = Action::new(Ticket(1), desk.account, change, vec![target]);
        desk.store.writer().record_now(action).unwrap();
        let command = "UID MOVE".to_owned();
        place.fault(Fault::once(if is_done {
            FaultKind::CutIn { command, after: 0 }
        } else {
            FaultKind::DropOn { command }
        }));
        assert!(desk.once(&Errands::Journal).is_err());
        place.heal();
        desk.close();
        std::fs::remove_dir_all(place.home.path().join("cache")).unwrap();
        let mut desk = place.open();
        desk.sync();
        let ended = outcomes(&mut desk);
        let what = format!("done: {is_done}, {ended:?}");
        assert_eq!(subjects(&place, "Archive").len(), 0, "{what}");
        assert_eq!(subjects(&place, "Trash"), ["n1"], "{what}");
        assert_eq!(parked(&ended).len(), usize::from(is_done), "{what}");
        assert_equal(&place.server, &mut desk, &what);
    }
}
