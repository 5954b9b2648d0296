//! Two connections with one mailbox open: what one brings here is no news to the server's answer to the other, and no
//! reason to remove it.

use std::thread;

use sterna::demo::dialect::Dialect;
use sterna::demo::fault::{Fault, FaultKind, FaultPlan};
use sterna::engine::once::{self, Errands};
use sterna::mail::account::SecretSource;
use sterna::mail::message_id::MessageId;

use crate::equal::assert_equal;
use crate::place::{Desk, GUARD, Place, deliver};

/// The number of the connection that is answered late.
const LATE: u32 = 2;

/// Syncs over one connection, whose first command of this name is answered only after another connection has brought a
/// message here, with these lines, which know nothing of it. Gives that message.
fn overtaken(place: &Place, desk: &mut Desk, command: &str, lines: &str) -> MessageId {
    let hold = FaultKind::Hold {
        command: command.to_owned(),
    };
    let instead = FaultKind::Instead {
        command: command.to_owned(),
        lines: lines.as_bytes().to_vec(),
    };
    let faults = [hold, instead].map(|kind| Fault::once(kind).on(LATE));
    place.server.clear_log();
    place.server.set_faults(FaultPlan::new(faults.into()));
    let setup = desk.setup.clone();
    let late = thread::spawn(move || {
        let SecretSource::Known(secret) = &setup.settings.secret else {
            unreachable!()
        };
        once::run(&setup, secret, &Errands::Everything, Some(GUARD))
    });
    assert!(place.server.await_command(command, GUARD));
    let uid = deliver(&place.server, "INBOX", 900, &[]);
    desk.sync();
    let inbox = desk.mailbox("INBOX");
    let message = desk.message(inbox, uid);
    desk.read(message, inbox);
    place.heal();
    late.join().unwrap().unwrap();
    message
}

#[track_caller]
fn assert_kept(place: &Place, desk: &mut Desk, message: MessageId, what: &str) {
    assert_equal(&place.server, desk, what);
    let inbox = desk.mailbox("INBOX");
    assert_eq!(desk.message(inbox, 9), message, "{what}");
    assert!(desk.reader.body(message).unwrap().is_some(), "{what}");
}

#[test]
fn a_count_removes_nothing_that_came_over_the_other_connection() {
    for (what, dialect, list) in [
        (
            "by ranges",
            Dialect::condstore_only().with("ESEARCH"),
            "* ESEARCH (TAG \"{tag}\") UID ALL 1:2,4:8\r\n{tag} OK Done\r\n",
        ),
        (
            "one by one",
            Dialect::condstore_only(),
            "* SEARCH 1 2 4 5 6 7 8\r\n{tag} OK Done\r\n",
        ),
    ] {
        let place = Place::with(dialect, 8);
        let mut desk = place.open();
        desk.sync();
        place.server.lose("INBOX", &[3]); // So the numbers do not add up.
        let message = overtaken(&place, &mut desk, "UID SEARCH", list);
        assert_kept(&place, &mut desk, message, what);
    }
}
