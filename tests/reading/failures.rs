//! Servers that fall silent, refuse, say goodbye or number everything anew.

use std::time::{Duration, Instant};

use sterna::channel::error::RemoteError;
use sterna::channel::event::{Connection, Event};
use sterna::channel::job::Job;
use sterna::demo::dialect::Dialect;
use sterna::demo::fault::{Fault, FaultKind};
use sterna::demo::server::{PASSWORD, TOKEN};
use sterna::demo::shared::Logged;
use sterna::engine::once::Errands;
use sterna::mail::account::SecretSource;
use sterna::mail::flag::SystemFlag;
use sterna::mail::secret::Secret;

use crate::equal::{assert_equal, until_equal};
use crate::place::{Desk, GUARD, Place, deliver, dialects, stop};
use crate::random::Sample;

/// Waits until the account is offline by accident; gives the words.
fn offline(desk: &mut Desk, what: &str) -> String {
    let state = desk.state(what, |state| matches!(state, Connection::Offline { .. }));
    let Connection::Offline { error, .. } = state else {
        unreachable!()
    };
    error.to_string()
}

#[test]
fn a_silent_server_is_given_up_and_tried_again() {
    for command in ["LIST", "SELECT", "UID FETCH", "DONE"] {
        let place = Place::with(Dialect::full(), 5);
        let mut desk = place.open();
        desk.sync();
        desk.setup.pace.silence = Duration::from_millis(300);
        desk.setup.pace.answer = desk.setup.pace.silence;
        place.fault(Fault::once(FaultKind::StallIn {
            command: command.to_owned(),
            after: 1,
        }));
        if command == "DONE" {
            // IDLE itself may be silent for long; its end may not.
            place.fault(
                Fault::once(FaultKind::StallIn {
                    command: "LIST".to_owned(),
                    after: 1,
                })
                .after(1),
            );
        }
        let engine = desk.engine();
        if command == "DONE" {
            assert!(place.server.await_command("IDLE", GUARD));
            engine.submit(Job::SyncNow);
        }
        let words = offline(&mut desk, command);
        assert!(words.contains("silent"), "{command}: {words}");
        deliver(&place.server, "INBOX", 77, &["\\Flagged"]);
        until_equal(&place.server, &mut desk, command);
        desk.online();
        stop(engine);
    }
}

/// Waits until a password is wanted; gives why. The state of the connection was told before: told later, it would
/// overwrite what the answer to the question says.
fn wanted(desk: &mut Desk, what: &str) -> String {
    offline(desk, what);
    let event = desk.event(what, |event| {
        matches!(
            event,
            Event::PasswordWanted { .. } | Event::Connection { .. }
        )
    });
    let Event::PasswordWanted { refusal, .. } = event else {
        panic!("{what}: {event:?} instead of a question")
    };
    refusal.as_str().to_owned()
}

#[test]
fn a_refused_password_is_asked_for_and_the_right_one_goes_on() {
    let mut place = Place::with(Dialect::full(), 3);
    place.settings.secret = SecretSource::Known(Secret::new("wrong".to_owned()));
    let mut desk = place.open();
    let engine = desk.engine();
    assert!(!wanted(&mut desk, "a refusal").is_empty());
    engine.submit(Job::Password(Secret::new(PASSWORD.to_owned())));
    until_equal(&place.server, &mut desk, "with the right password");
    stop(engine);
}

#[test]
fn a_password_that_is_not_configured_is_asked_for() {
    let mut place = Place::with(Dialect::bare(), 3);
    place.settings.secret = SecretSource::Ask;
    let mut desk = place.open();
    let engine = desk.engine();
    assert_eq!(wanted(&mut desk, "a question"), "");
    assert_eq!(place.server.log().len(), 0, "nothing is tried without one");
    engine.submit(Job::Password(Secret::new(PASSWORD.to_owned())));
    until_equal(&place.server, &mut desk, "with a password");
    stop(engine);
}

#[test]
fn a_token_that_is_old_when_the_second_connection_opens_is_wanted_anew() {
    let dialect = Dialect::full().without("AUTH=PLAIN").with("AUTH=XOAUTH2");
    let mut place = Place::with(dialect, 0);
    place.server.bulk("INBOX", 1_500, 200);
    place.settings.secret = SecretSource::Token(vec!["unused".to_owned()]);
    let refused = FaultKind::Refuse {
        command: "AUTHENTICATE".to_owned(),
        answer: "NO [AUTHENTICATIONFAILED] expired".to_owned(),
    };
    place.fault(Fault::once(refused).on(2));
    let mut desk = place.open();
    let engine = desk.engine();
    desk.event(
        "a wish for a token",
        |event| matches!(event, Event::PasswordWanted { refusal, .. } if refusal.is_empty()),
    );
    engine.submit(Job::Password(Secret::new(TOKEN.to_owned())));
    let again = desk.event("a wish for another one", |event| {
        matches!(event, Event::PasswordWanted { .. })
    });
    let Event::PasswordWanted { refusal, .. } = again else {
        unreachable!()
    };
    assert!(refusal.as_str().contains("expired"), "{refusal}");
    engine.submit(Job::Password(Secret::new(TOKEN.to_owned())));
    until_equal(&place.server, &mut desk, "with both connections");
    let is_third = |entry: &Logged| entry.connection == 3 && entry.name == "AUTHENTICATE";
    let came = place
        .server
        .await_log(GUARD, |log| log.iter().any(is_third));
    assert!(came, "the second connection came back");
    stop(engine);
}

#[test]
fn the_words_of_a_goodbye_are_kept() {
    for command in ["LIST", "SELECT", "IDLE"] {
        let place = Place::with(Dialect::full(), 3);
        place.fault(Fault::once(FaultKind::Before {
            command: command.to_owned(),
            lines: b"* BYE Maintenance until noon\r\n".to_vec(),
        }));
        let mut desk = place.open();
        let engine = desk.engine();
        let words = offline(&mut desk, command);
        assert!(
            words.contains("Maintenance until noon"),
            "{command}: {words}"
        );
        until_equal(&place.server, &mut desk, command);
        stop(engine);
    }
    let place = Place::with(Dialect::full(), 3);
    place.fault(Fault::always(FaultKind::Greeting(
        b"* BYE Too many of you\r\n".to_vec(),
    )));
    let mut desk = place.open();
    let engine = desk.engine();
    let words = offline(&mut desk, "greeting");
    assert!(words.contains("Too many of you"), "{words}");
    place.heal();
    until_equal(&place.server, &mut desk, "after the greeting");
    stop(engine);
}

/// Bodies, numbers and open operations follow their messages into the new numbering.
fn renumbered(dialect: Dialect, n: u32, name: &str) {
    let place = Place::with(dialect, n);
    let mut desk = place.open();
    desk.sync();
    place.server.expunge("INBOX", &[1]);
    desk.sync();
    let inbox = desk.mailbox("INBOX");
    let (kept, changed) = (desk.message(inbox, 3), desk.message(inbox, 5));
    desk.read(kept, inbox);
    let n_bodies = place.server.counts().bodies;
    desk.record(&[5], SystemFlag::Seen, true);
    place.server.change_uid_validity("INBOX");
    deliver(&place.server, "INBOX", 5_000, &[]);
    desk.sync();
    desk.sync();
    assert_equal(&place.server, &mut desk, name);
    assert_eq!(desk.message(inbox, 2), kept, "{name}");
    assert_eq!(desk.message(inbox, 4), changed, "{name}");
    assert!(
        desk.reader.body(kept).unwrap().is_some(),
        "{name}: the body came along"
    );
    assert_eq!(
        place.server.counts().bodies,
        n_bodies,
        "{name}: nothing was fetched again"
    );
    let truth = place.server.truth("INBOX");
    let seen: Vec<u32> = truth
        .iter()
        .filter(|message| message.flags.has(SystemFlag::Seen))
        .map(|message| message.uid)
        .collect();
    assert_eq!(seen, [4], "{name}: the operation followed its message");
    assert_eq!(desk.reader.n_pending(None).unwrap(), 0, "{name}");
}

#[test]
fn another_uidvalidity_heals_and_takes_bodies_and_operations_along() {
    for (name, dialect) in dialects() {
        renumbered(dialect.clone(), 8, name);
        renumbered(dialect, 350, &format!("{name}, more than a screenful"));
    }
}

#[test]
fn another_uidvalidity_while_watching_heals() {
    for (name, dialect) in dialects() {
        let place = Place::with(dialect, 250);
        let mut desk = place.open();
        let engine = desk.engine();
        desk.online();
        until_equal(&place.server, &mut desk, name);
        place.server.expunge("INBOX", &[1, 7]);
        place.server.change_uid_validity("INBOX");
        until_equal(&place.server, &mut desk, name);
        stop(engine);
    }
}

/// A sync in which the server refuses the command once, after it carried it out `skip` times, then another one: equal.
fn refused_once(name: &str, dialect: Dialect, command: &str, skip: u32, answer: &str) {
    let place = Place::with(dialect, 6);
    deliver(&place.server, "Archive", 20, &[]);
    let mut desk = place.open();
    let _ = desk.sync();
    place.server.set_flags("INBOX", 2, &["\\Seen", "$Work"]);
    place.server.expunge("INBOX", &[4]);
    deliver(&place.server, "INBOX", 30, &[]);
    let refusal = Fault::once(FaultKind::Refuse {
        command: command.to_owned(),
        answer: answer.to_owned(),
    });
    place.fault(refusal.after(skip));
    let _ = desk.once(&Errands::Everything);
    place.heal();
    desk.sync();
    let what = format!("{name}, {command} {skip}, {answer}");
    assert_equal(&place.server, &mut desk, &what);
}

/// `STERNA_REFUSALS` takes every n-th of them.
#[test]
fn whatever_is_refused_once_the_next_sync_is_equal() {
    const COMMANDS: [&str; 8] = [
        "LIST",
        "LSUB",
        "STATUS",
        "SELECT",
        "FETCH",
        "UID FETCH",
        "UID SEARCH",
        "ENABLE",
    ];
    const ANSWERS: [&str; 4] = ["NO not now", "BAD what?", "NO [ALERT] no", "NO"];
    let mut cases = Vec::new();
    for (name, dialect) in dialects() {
        for command in COMMANDS {
            for skip in 0..4 {
                let answers = ANSWERS.into_iter();
                cases.extend(answers.map(|answer| (name, dialect.clone(), command, skip, answer)));
            }
        }
    }
    for (name, dialect, command, skip, answer) in Sample::new("STERNA_REFUSALS", 7).of(cases) {
        refused_once(name, dialect, command, skip, answer);
    }
}

#[test]
fn an_inbox_that_cannot_be_opened_is_not_hammered() {
    let place = Place::with(Dialect::full(), 3);
    place.refuse("SELECT", "NO [NOPERM] not for you");
    let mut desk = place.open();
    let engine = desk.engine();
    desk.event(
        "the refusal",
        |event| matches!(event, Event::Notice(text) if text.as_str().contains("not for you")),
    );
    desk.online();
    for _ in 0..5 {
        engine.submit(Job::SyncNow);
    }
    let n = place.n_commands("LIST");
    assert!(place.server.await_log(GUARD, |log| {
        log.iter().filter(|entry| entry.name == "LIST").count() > n
    }));
    assert!(
        place.n_commands("SELECT") < 20,
        "{}",
        place.n_commands("SELECT")
    );
    stop(engine);
}

#[test]
fn an_error_of_one_folder_leaves_the_others_in_order() {
    for (name, dialect) in dialects() {
        let place = Place::with(dialect, 3);
        deliver(&place.server, "Archive", 20, &[]);
        deliver(&place.server, "Lists", 21, &[]);
        place.fault(Fault::once(FaultKind::Refuse {
            command: "SELECT".to_owned(),
            answer: "NO [NOPERM] not for you".to_owned(),
        }));
        let mut desk = place.open();
        let report = desk.sync();
        assert_eq!(report.refused.len(), 1, "{name}");
        let words = report.refused[0].1.to_string();
        assert!(
            matches!(report.refused[0].1, RemoteError::Refused { .. })
                && words.contains("not for you"),
            "{name}"
        );
        desk.sync();
        assert_equal(&place.server, &mut desk, name);
    }
}

#[test]
fn a_server_that_never_greets_keeps_nobody_waiting() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut place = Place::with(Dialect::full(), 3);
    place.settings.imap.port = silent.local_addr().unwrap().port();
    let mut desk = place.open();
    let engine = desk.engine();
    let (mut socket, _) = silent.accept().unwrap();
    engine.submit(Job::SetOnline(false));
    desk.state("offline by choice", |state| {
        *state == Connection::OfflineByChoice
    });
    engine.submit(Job::SetOnline(true));
    // Another attempt, while the first still hopes for a greeting.
    let (_second, _) = silent.accept().unwrap();
    stop(engine);
    // Nothing was said to it: credentials wait for a greeting.
    socket.set_nonblocking(true).unwrap();
    let mut heard = [0; 16];
    let nothing = std::io::Read::read(&mut socket, &mut heard);
    assert!(nothing.is_err(), "{heard:?}");
}

#[test]
fn what_the_user_asks_for_is_not_put_off_by_a_limit_on_logins() {
    let mut place = Place::with(Dialect::full(), 1);
    place.pace.openings_per_minute = 2;
    place.pace.first_retry = Duration::from_hours(1);
    let mut desk = place.open();
    place.fault(Fault::always(FaultKind::Greeting(
        b"* BYE too busy\r\n".to_vec(),
    )));
    let engine = desk.engine();
    let started = Instant::now();
    offline(&mut desk, "the first attempt");
    for n in 2..=20 {
        engine.submit(Job::SyncNow);
        let words = offline(&mut desk, "an attempt by hand");
        assert!(words.contains("too busy"), "{n}: {words}");
    }
    place.heal();
    engine.submit(Job::SyncNow);
    desk.online();
    // By the limit it would take nine minutes.
    assert!(started.elapsed() < GUARD, "hangs");
    stop(engine);
}
