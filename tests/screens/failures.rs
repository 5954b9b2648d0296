//! What the screen does when the store cannot read, and what it counts that it did not see happen.

use sterna::channel::effect::Effect;
use sterna::channel::error::RemoteError;
use sterna::channel::event::{Connection, Event, Timer};
use sterna::channel::rows::{Anchor, WindowQuery};

use crate::harness::*;

fn asked(screen: &Screen) -> Vec<WindowQuery> {
    let windows = screen.effects.iter().filter_map(|effect| match effect {
        Effect::LoadWindow(query) => Some(query.clone()),
        _ => None,
    });
    windows.collect()
}

/// The request that is unanswered fails.
fn fail(screen: &mut Screen) {
    let serial = screen.model.list.awaited.as_ref().unwrap().serial;
    let error = disk_full();
    screen.send(Event::RowsFailed { serial, error });
}

#[test]
fn a_window_that_could_not_be_read_is_asked_for_again_with_the_next_change() {
    let mut screen = Screen::new(inbox()).at(80, 24);
    screen.answers = false;
    screen.rows_changed();
    fail(&mut screen);
    assert!(screen.shows("disk full") && screen.model.list.awaited.is_none());
    screen.answers = true;
    screen
        .rows
        .push(row(99, 0, "Ann", "After the failure", &[]));
    screen.rows_changed();
    assert!(screen.shows("After the failure"));
}

#[test]
fn a_disk_that_fails_is_not_asked_without_a_pause_near_the_edge_of_the_window() {
    let mut screen = Screen::new(many(1_000)).at(80, 24);
    screen.answers = false;
    while screen.model.list.awaited.is_none() {
        screen.press("j");
    }
    let n_asked = asked(&screen).len();
    fail(&mut screen);
    assert_eq!(asked(&screen).len(), n_asked);
    screen.press("j");
    assert_eq!(asked(&screen).len(), n_asked + 1, "the user goes on");
    // Changes while it was asked: once more, and no more than that.
    screen.send(Event::RowsChanged(INBOX));
    fail(&mut screen);
    assert_eq!(asked(&screen).len(), n_asked + 2);
    fail(&mut screen);
    assert_eq!(asked(&screen).len(), n_asked + 2);
}

#[test]
fn a_jump_that_failed_is_completed_later_and_an_old_failure_means_nothing() {
    let mut screen = Screen::new(many(1_000)).at(80, 24);
    screen.answers = false;
    screen.press("G");
    fail(&mut screen);
    screen.send(Event::RowsChanged(INBOX));
    assert_eq!(asked(&screen).last().unwrap().anchor, Anchor::Oldest);
    let serial = screen.model.list.awaited.as_ref().unwrap().serial - 1;
    let error = disk_full();
    screen.send(Event::RowsFailed { serial, error });
    assert!(screen.model.list.awaited.is_some());
}

#[test]
fn what_was_pending_before_the_start_is_counted() {
    let mut screen = Screen::new(inbox()).at(160, 45);
    screen.send(Event::Pending(3));
    assert!(screen.shows("3 pending"));
    screen.send(Event::Pending(0));
    assert!(!screen.shows("pending"));
}

#[test]
fn what_another_process_closed_is_forgotten_when_nothing_is_pending() {
    let mut screen = Screen::new(inbox()).at(160, 45);
    screen.press("I");
    screen.send(Event::RowsChanged(INBOX));
    screen.send(Event::Pending(0));
    assert_eq!(
        screen.model.shown.len(),
        1,
        "our own engine tells how it ended"
    );
    screen.send(Event::Connection {
        account: HOME,
        state: Connection::Elsewhere,
    });
    screen.send(Event::Pending(1));
    assert_eq!(screen.model.shown.len(), 1);
    screen.send(Event::Pending(0));
    assert!(screen.model.shown.is_empty());
}

#[test]
fn why_there_is_no_connection_can_be_read_whole() {
    use sterna::channel::certificate::{Certificate, Mend, Untrusted};
    use sterna::mail::fingerprint::Fingerprint;

    let certificate = Certificate {
        sha256: Fingerprint::new([0xA5; 32]),
        key: Some(Fingerprint::new([0x5A; 32])),
        names: safe("imap.example.org"),
        issuer: safe("CN=Example CA, O=Example"),
        from: safe("Nov 20 08:58:29 2026 GMT"),
        until: safe("Dec  1 08:58:29 2026 GMT"),
    };
    let problem = Untrusted {
        account: safe("home"),
        place: safe("imap.example.org:993"),
        reason: safe("self-signed certificate"),
        certificate: Some(certificate),
        mend: Mend::Trust,
    };
    let mut screen = Screen::new(inbox()).at(80, 24);
    screen.send(Event::Connection {
        account: HOME,
        state: Connection::Offline {
            error: RemoteError::Untrusted(Box::new(problem)),
            retry_seconds: None,
        },
    });
    screen.press("gC");
    insta::assert_snapshot!(screen.text());
    screen.press("j");
    assert!(screen.model.overlay.is_none());
}

#[test]
fn a_first_connection_that_fails_says_why_where_the_mail_would_be() {
    let mut screen = Screen::new(Vec::new()).at(80, 24);
    screen.send(Event::Folders(Vec::new()));
    let cause = safe("imap.example.org:939 refused the connection: nothing listens on this port");
    screen.send(Event::Connection {
        account: HOME,
        state: Connection::Offline {
            error: RemoteError::Offline { cause },
            retry_seconds: Some(20),
        },
    });
    assert!(screen.shows("home: no connection: imap.example.org:939 refused"));
    assert!(screen.shows("listens on this port. No folders on this machine yet: they will load"));
    screen.ring(|timer| matches!(timer, Timer::NoticeOver(_)));
    assert!(screen.shows("gC tells all: no conn"), "{}", screen.text());
}
