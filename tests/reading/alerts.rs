//! What a server wants to be shown: its words, and nothing but words. RFC 3501 §7.1.

use sterna::channel::event::Event;
use sterna::demo::dialect::Dialect;
use sterna::demo::fault::{Fault, FaultKind};

use crate::equal::until_equal;
use crate::place::{Desk, Place, stop};

/// What the user is told.
fn notice(desk: &mut Desk) -> String {
    let event = desk.event("a notice", |event| matches!(event, Event::Notice(_)));
    let Event::Notice(text) = event else {
        unreachable!()
    };
    text.as_str().to_owned()
}

#[test]
fn an_alert_is_shown_and_inert() {
    let place = Place::with(Dialect::full(), 3);
    place.fault(Fault::once(FaultKind::Before {
        command: "LIST".to_owned(),
        lines: b"* OK [ALERT] \x1b[2J\x1b[32mdisk full\r\n".to_vec(),
    }));
    let mut desk = place.open();
    desk.sync();
    let text = notice(&mut desk);
    assert!(
        text.contains("disk full") && !text.contains('\x1b'),
        "{text:?}"
    );
}

#[test]
fn an_alert_that_comes_with_the_login_is_shown() {
    for mechanisms in [&["AUTH=PLAIN", "SASL-IR"][..], &[]] {
        let mut dialect = Dialect::full().without("AUTH=PLAIN").without("SASL-IR");
        for mechanism in mechanisms {
            dialect = dialect.with(mechanism);
        }
        let name = ["LOGIN", "AUTHENTICATE"][usize::from(!mechanisms.is_empty())];
        let place = Place::with(dialect, 3);
        let alert = FaultKind::Before {
            command: name.to_owned(),
            lines: b"* NO [ALERT] the password ends tomorrow\r\n".to_vec(),
        };
        place.fault(Fault::once(alert));
        let mut desk = place.open();
        let engine = desk.engine();
        let text = notice(&mut desk);
        assert!(text.contains("ends tomorrow"), "{name}: {text:?}");
        until_equal(&place.server, &mut desk, name);
        stop(engine);
    }
}
