//! Moves where not everything is allowed: what must not be done is not done in halves. RFC 4314 §4.

use sterna::channel::operation::{Action, Change, Outcome, Target, Ticket};
use sterna::demo::dialect::Dialect;
use sterna::engine::once::Errands;

use crate::equal::{assert_equal, here};
use crate::moves::{commands, outcomes, parked, servers_with_uidplus, subjects};
use crate::place::{Desk, Place, deliver, directory};

/// Three messages in INBOX, three in a folder with these rights.
fn beside(rights: &str, dialect: Dialect) -> (Place, Desk) {
    let place = Place::with(dialect, 3);
    for number in 4..=6 {
        deliver(&place.server, "Team", number, &[]);
    }
    let desk = place.open();
    desk.sync();
    place.server.set_rights("Team", rights);
    place.server.clear_log();
    (place, desk)
}

fn move_to(desk: &mut Desk, from: &str, uids: &[u32], to: &str) {
    let (from, to) = (desk.mailbox(from), desk.mailbox(to));
    let target = |uid: &u32| Target {
        message: desk.message(from, *uid),
        mailbox: from,
    };
    let targets = uids.iter().map(target).collect();
    let action = Action {
        label: "move".to_owned(),
        ..Action::new(Ticket(1), desk.account, Change::Move { to }, targets)
    };
    desk.store.writer().record_now(action).unwrap();
}

/// Nothing moved, and it is said why.
fn assert_refused(place: &Place, desk: &mut Desk, n: usize, what: &str) {
    let ended = outcomes(desk);
    assert_eq!(parked(&ended).len(), n, "{what}: {ended:?}");
    assert_eq!(subjects(place, "INBOX"), ["n1", "n2", "n3"], "{what}");
    assert_eq!(subjects(place, "Team"), ["n4", "n5", "n6"], "{what}");
    assert_eq!(desk.reader.n_pending(None).unwrap(), 0, "{what}");
    desk.sync();
    assert_equal(&place.server, desk, what);
}

#[test]
fn into_a_folder_where_mail_may_only_be_put_it_goes_and_does_not_come_back() {
    for (name, dialect) in servers_with_uidplus() {
        let (place, mut desk) = beside("lri", dialect);
        move_to(&mut desk, "INBOX", &[1, 2], "Team");
        desk.once(&Errands::Journal).unwrap();
        desk.sync();
        let there = ["n1", "n2", "n4", "n5", "n6"];
        assert_eq!(subjects(&place, "Team"), there, "{name}");
        assert_eq!(subjects(&place, "INBOX"), ["n3"], "{name}");
        assert_equal(&place.server, &mut desk, name);
        // The way back is refused: both stay where they are, and it is said.
        assert_eq!(desk.store.writer().undo_now().unwrap().n_restored, 2);
        outcomes(&mut desk);
        desk.seen.clear();
        desk.sync();
        let ended = outcomes(&mut desk);
        assert_eq!(parked(&ended).len(), 2, "{name}: {ended:?}");
        assert_eq!(subjects(&place, "Team"), there, "{name}");
        assert_eq!(subjects(&place, "INBOX"), ["n3"], "{name}");
        assert_equal(&place.server, &mut desk, name);
    }
}

#[test]
fn into_a_folder_that_may_only_be_read_nothing_goes_and_nothing_leaves_for_it() {
    for (name, dialect) in servers_with_uidplus() {
        for rights in ["lr", "lrswt"] {
            let (place, mut desk) = beside(rights, dialect.clone());
            move_to(&mut desk, "INBOX", &[1, 2], "Team");
            desk.once(&Errands::Journal).unwrap();
            assert_refused(&place, &mut desk, 2, &format!("{name}, {rights}"));
        }
    }
}

/// A right to mark and none to expunge: known beforehand, nothing is copied; heard only from the refused EXPUNGE, the
/// original stays marked and hidden, and nobody sees the message twice.
#[test]
fn out_of_a_folder_where_mail_may_be_marked_and_not_expunged_nothing_comes_twice() {
    for (name, dialect) in servers_with_uidplus() {
        let has_move = dialect.has("MOVE");
        let (place, mut desk) = beside("lrswit", dialect.clone());
        move_to(&mut desk, "Team", &[1, 2], "INBOX");
        desk.once(&Errands::Journal).unwrap();
        let ended = outcomes(&mut desk);
        if has_move {
            assert_eq!(parked(&ended).len(), 2, "{name}: {ended:?}");
        } else {
            let is_marked = |outcome: &Outcome| matches!(outcome, Outcome::Marked(Some(_)));
            assert!(ended.iter().all(is_marked), "{name}: {ended:?}");
            assert_eq!(ended.len(), 2, "{name}");
            let all = ["n1", "n2", "n3", "n4", "n5"];
            assert_eq!(subjects(&place, "INBOX"), all, "{name}");
            assert_eq!(subjects(&place, "Team"), ["n6"], "{name}");
            desk.sync();
            let shown = here(&mut desk, "Team").into_iter().map(|line| line.0);
            assert_eq!(shown.collect::<Vec<_>>(), [3], "{name}");
        }

        // Who has heard of the rights does not begin what cannot be ended.
        let (place, desk) = beside("lrswit", dialect);
        desk.close();
        let other = directory();
        let mut desk = place.open_at(other.path());
        desk.sync();
        desk.seen.clear();
        place.server.clear_log();
        move_to(&mut desk, "Team", &[1, 2], "INBOX");
        desk.once(&Errands::Journal).unwrap();
        if !has_move {
            assert_eq!(commands(&place), [""; 0], "{name}");
        }
        assert_refused(&place, &mut desk, 2, name);
    }
}

/// A refusal that passes is no answer for good: the originals wait, and go when it is tried again.
#[test]
fn originals_that_could_not_be_expunged_for_the_moment_go_later() {
    let (place, mut desk) = beside("lrswipkxtea", Dialect::full().without("MOVE"));
    place.refuse("UID EXPUNGE", "NO [INUSE] later");
    move_to(&mut desk, "Team", &[1, 2], "INBOX");
    desk.once(&Errands::Journal).unwrap();
    let ended = outcomes(&mut desk);
    assert_eq!(parked(&ended).len(), 2, "{ended:?}");
    place.heal();
    let ledger = desk.reader.ledger().unwrap();
    assert!(
        desk.store
            .writer()
            .retry_now(ledger.rows[0].operation)
            .unwrap()
    );
    for _ in 0..2 {
        desk.sync(); // The copies are looked for first.
    }
    assert_eq!(place.server.truth("Team").len(), 1);
    assert_eq!(subjects(&place, "INBOX"), ["n1", "n2", "n3", "n4", "n5"]);
    assert_equal(&place.server, &mut desk, "in the end");
}

/// Without the right to remove a move would leave two: where MOVE is not offered the copy must not be made either.
#[test]
fn out_of_a_folder_that_gives_nothing_away_no_copy_is_left_behind() {
    for (name, dialect) in servers_with_uidplus() {
        for rights in ["lr", "lri", "lrsw", "lrswie"] {
            let (place, mut desk) = beside(rights, dialect.clone());
            move_to(&mut desk, "Team", &[1, 2], "INBOX");
            desk.once(&Errands::Journal).unwrap();
            assert_refused(&place, &mut desk, 2, &format!("{name}, {rights}"));
        }
    }
}
