//! Folders that `*` does not show: where the server does not answer for them, they stay with all that is theirs.

use sterna::demo::dialect::Dialect;
use sterna::demo::fault::{Fault, FaultKind};
use sterna::demo::namespace::{Namespace as Space, Namespaces};
use sterna::mail::mailbox::Namespace;
use sterna::mail::message_id::MessageId;

use crate::equal::assert_equal;
use crate::place::{Desk, Place, deliver};

fn space(prefix: &str) -> Space {
    Space {
        prefix: prefix.to_owned(),
        delimiter: Some('.'),
    }
}

/// An account on a server as Courier is, up to date, with a shared message that the user keeps.
fn courier() -> (Place, Desk, MessageId) {
    let place = Place::with(Dialect::full().without("QRESYNC"), 3);
    place.server.set_namespaces(Namespaces {
        personal: vec![space("INBOX.")],
        others: vec![space("#user.")],
        shared: vec![space("#shared.")],
        are_apart: true,
    });
    for name in ["INBOX.Work", "#user.anna", "#shared.team"] {
        deliver(&place.server, name, 9, &[]);
    }
    let mut desk = place.open();
    desk.sync();
    let team = desk.mailbox("#shared.team");
    let message = desk.message(team, 1);
    desk.store.writer().keep_now(vec![message], true).unwrap();
    desk.read(message, team);
    (place, desk, message)
}

#[track_caller]
fn nothing_is_lost(place: &Place, desk: &mut Desk, message: MessageId, what: &str) {
    assert_equal(&place.server, desk, what);
    let team = desk.mailbox("#shared.team");
    assert_eq!(desk.message(team, 1), message, "{what}");
    assert!(desk.reader.body(message).unwrap().is_some(), "{what}");
    let folders = desk.reader.folders().unwrap();
    let found = folders.iter().find(|row| row.mailbox == team).unwrap();
    assert_eq!(found.namespace, Namespace::Shared, "{what}");
    let n_changed = desk.store.writer().keep_now(vec![message], true).unwrap();
    assert_eq!(n_changed, 0, "{what}: it is kept already");
}

#[test]
fn what_the_server_does_not_list_now_stays() {
    for (command, skip) in [("NAMESPACE", 0), ("LIST", 1), ("LIST", 2)] {
        for answer in ["NO [UNAVAILABLE] come again", "BAD what?"] {
            let what = format!("{command} {skip}: {answer}");
            let (place, mut desk, message) = courier();
            let refused = FaultKind::Refuse {
                command: command.to_owned(),
                answer: answer.to_owned(),
            };
            place.fault(Fault::once(refused).after(skip));
            desk.sync();
            nothing_is_lost(&place, &mut desk, message, &what);
            place.heal();
            desk.sync();
            nothing_is_lost(&place, &mut desk, message, &what);
        }
    }
}

#[test]
fn what_goes_goes_although_another_prefix_is_refused() {
    let (place, mut desk, message) = courier();
    place.server.delete_mailbox("INBOX.Work");
    place.server.delete_mailbox("#user.anna");
    let refused = FaultKind::Refuse {
        command: "LIST".to_owned(),
        answer: "NO not now".to_owned(),
    };
    // The prefixes are asked for in the order in which they were told.
    place.fault(Fault::once(refused).after(2));
    desk.sync();
    nothing_is_lost(&place, &mut desk, message, "the shared ones were refused");
}
