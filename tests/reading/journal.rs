//! What the user did reaches the server: once, whatever happened to the process or the connection meanwhile.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use sterna::channel::error::RemoteError;
use sterna::channel::event::Event;
use sterna::channel::job::Job;
use sterna::channel::operation::Outcome;
use sterna::demo::dialect::Dialect;
use sterna::demo::fault::{Fault, FaultKind};
use sterna::engine::lane::pace::Pace;
use sterna::engine::once::Errands;
use sterna::mail::flag::SystemFlag;

use crate::equal::{assert_equal, until_equal};
use crate::place::{Desk, Place, desk_at, dialects, settings, stop};

fn flags_of(place: &Place, uid: u32) -> Vec<String> {
    let truth = place.server.truth("INBOX");
    let found = truth.iter().find(|message| message.uid == uid).unwrap();
    found.flags.names().map(str::to_owned).collect()
}

fn synced(dialect: Dialect) -> (Place, Desk) {
    let place = Place::with(dialect, 5);
    let desk = place.open();
    desk.sync();
    (place, desk)
}

/// How the targets of operations ended, in the order of the events.
fn outcomes(desk: &mut Desk) -> Vec<Outcome> {
    desk.drain();
    let closed = desk.seen.iter().filter_map(|event| match event {
        Event::Closed { outcomes, .. } => Some(outcomes.iter().map(|(_, outcome)| outcome.clone())),
        _ => None,
    });
    closed.flatten().collect()
}

#[test]
fn what_was_recorded_before_a_kill_reaches_the_server_once_and_merges_under_rivals() {
    for (name, dialect) in dialects() {
        let (place, mut desk) = synced(dialect);
        desk.record(&[1, 2, 3], SystemFlag::Seen, true);
        // As good as killed: nothing is closed, nothing flushed, the files are taken over as they lie there.
        std::mem::forget(desk.store.clone());
        drop(desk);
        place.server.set_flags("INBOX", 1, &["\\Flagged", "$Work"]);
        place.server.set_flags("INBOX", 4, &["\\Answered"]);
        place.server.clear_log();
        let mut desk = place.open();
        assert_eq!(desk.reader.n_pending(None).unwrap(), 1, "{name}");
        desk.sync();
        assert_eq!(
            flags_of(&place, 1),
            ["\\Seen", "\\Flagged", "$Work"],
            "{name}"
        );
        assert_eq!(flags_of(&place, 3), ["\\Seen"], "{name}");
        assert_eq!(place.n_commands("UID STORE"), 1, "{name}: in one command");
        assert_equal(&place.server, &mut desk, name);
        assert_eq!(outcomes(&mut desk), vec![Outcome::Done(None); 3], "{name}");
        desk.sync();
        assert_eq!(place.n_commands("UID STORE"), 1, "{name}: once");
    }
}

/// Not a test by itself: the process that the next one kills.
#[test]
fn the_process_that_is_killed() {
    let Some((home, port)) =
        std::env::var_os("STERNA_KILL_HOME").zip(std::env::var("STERNA_KILL_PORT").ok())
    else {
        return;
    };
    let mut desk = desk_at(
        Path::new(&home),
        &settings(port.parse().unwrap()),
        Pace::default(),
    );
    desk.record(&[1, 2, 3], SystemFlag::Seen, true);
    writeln!(std::io::stderr(), "recorded").unwrap();
    loop {
        std::thread::park();
    }
}

#[test]
fn what_a_killed_process_had_recorded_reaches_the_server_once() {
    let (place, desk) = synced(Dialect::full());
    desk.close();
    for _ in 0..5 {
        for uid in 1..=3 {
            place.server.set_flags("INBOX", uid, &[]);
        }
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "journal::the_process_that_is_killed",
                "--nocapture",
            ])
            .env("STERNA_KILL_HOME", place.home.path())
            .env(
                "STERNA_KILL_PORT",
                place.server.imap_addr().port().to_string(),
            )
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap())
            .lines()
            .map_while(Result::ok);
        assert!(said.any(|line| line.ends_with("recorded")));
        child.kill().unwrap();
        child.wait().unwrap();
        place.server.set_flags("INBOX", 2, &["\\Answered"]);
        place.server.clear_log();
        let mut desk = place.open();
        desk.sync();
        desk.sync();
        assert_eq!(place.n_commands("UID STORE"), 1);
        assert_eq!(flags_of(&place, 2), ["\\Seen", "\\Answered"]);
        assert_equal(&place.server, &mut desk, "after the kill");
        desk.close();
    }
}

#[test]
fn what_the_server_says_never_takes_back_what_it_has_not_acknowledged() {
    let (place, mut desk) = synced(Dialect::full());
    desk.record(&[2], SystemFlag::Seen, true);
    place.server.set_flags("INBOX", 2, &["\\Flagged"]);
    // The STORE gets no further, everything before it does.
    place.fault(Fault::always(FaultKind::DropOn {
        command: "UID STORE".to_owned(),
    }));
    assert!(desk.once(&Errands::Everything).is_err());
    let inbox = desk.mailbox("INBOX");
    let message = desk.message(inbox, 2);
    let row = desk.reader.row(message, inbox).unwrap().unwrap();
    let names: Vec<&str> = row.flags.names().collect();
    assert_eq!(
        names,
        ["\\Seen", "\\Flagged"],
        "projected over the server's word"
    );
    place.heal();
    desk.sync();
    assert_equal(&place.server, &mut desk, "healed");
    assert_eq!(flags_of(&place, 2), ["\\Seen", "\\Flagged"]);
}

#[test]
fn a_lost_answer_is_repeated_without_harm() {
    for (name, dialect) in dialects() {
        let (place, mut desk) = synced(dialect);
        desk.record(&[1, 5], SystemFlag::Flagged, true);
        place.fault(Fault::once(FaultKind::CutIn {
            command: "UID STORE".to_owned(),
            after: 0,
        }));
        let engine = desk.engine();
        desk.event(name, |event| {
            matches!(event, Event::Closed { n_pending: 0, outcomes, .. }
                if outcomes.iter().all(|(_, outcome)| *outcome == Outcome::Done(None)))
        });
        until_equal(&place.server, &mut desk, name);
        assert_eq!(flags_of(&place, 5), ["\\Flagged"], "{name}");
        stop(engine);
    }
}

#[test]
fn a_refused_store_parks_its_targets_with_the_reason_and_the_rest_flows() {
    for (name, dialect) in dialects() {
        let (place, mut desk) = synced(dialect);
        place.fault(Fault::once(FaultKind::Refuse {
            command: "UID STORE".to_owned(),
            answer: "NO [NOPERM] not your mailbox".to_owned(),
        }));
        desk.record(&[1], SystemFlag::Seen, true);
        desk.record(&[2], SystemFlag::Flagged, true);
        desk.sync();
        let ended = outcomes(&mut desk);
        let parked: Vec<&RemoteError> = ended
            .iter()
            .filter_map(|outcome| match outcome {
                Outcome::Parked(error) => Some(error),
                _ => None,
            })
            .collect();
        assert_eq!(parked.len(), 1, "{name}: {ended:?}");
        assert!(
            parked[0].to_string().contains("not your mailbox"),
            "{name}: {}",
            parked[0]
        );
        assert_eq!(
            ended
                .iter()
                .filter(|it| **it == Outcome::Done(None))
                .count(),
            1,
            "{name}"
        );
        let open = desk.reader.open_operations(desk.account).unwrap();
        assert!(
            open.iter().any(|operation| operation.parked.len() == 1),
            "{name}: kept, shown"
        );
        // The row is back to the server's truth, and nothing is retried by itself.
        assert_equal(&place.server, &mut desk, name);
        place.server.clear_log();
        desk.sync();
        assert_eq!(place.n_commands("UID STORE"), 0, "{name}");
    }
}

#[test]
fn a_message_that_went_meanwhile_closes_its_operation_as_gone() {
    for (name, dialect) in dialects() {
        let (place, mut desk) = synced(dialect);
        desk.record(&[3], SystemFlag::Seen, true);
        place.server.expunge("INBOX", &[3]);
        desk.sync();
        desk.sync();
        assert_eq!(desk.reader.n_pending(None).unwrap(), 0, "{name}");
        let ended = outcomes(&mut desk);
        assert_eq!(ended, [Outcome::Gone], "{name}");
        assert_equal(&place.server, &mut desk, name);
    }
}

#[test]
fn a_flag_set_while_watching_goes_out_at_once() {
    for (name, dialect) in dialects() {
        let (place, mut desk) = synced(dialect);
        let engine = desk.engine();
        desk.online();
        for (uid, on) in [(1, true), (2, true), (1, false)] {
            let operation = desk.record(&[uid], SystemFlag::Seen, on);
            engine.submit(Job::JournalChanged);
            desk.event(name, |event| {
                matches!(event, Event::Closed { operation: closed, n_pending: 0, .. } if *closed == operation)
            });
        }
        assert!(
            flags_of(&place, 1).is_empty() && flags_of(&place, 2) == ["\\Seen"],
            "{name}"
        );
        until_equal(&place.server, &mut desk, name);
        stop(engine);
    }
}

#[test]
fn flags_set_offline_survive_a_flaky_way_back() {
    for seed in 1..=15_u64 {
        let (place, mut desk) = synced(Dialect::full());
        for uid in 1..=5 {
            desk.record(&[uid], SystemFlag::Seen, true);
            desk.record(&[uid], SystemFlag::Flagged, uid % 2 == 0);
        }
        // Ever later cuts, until one comes too late.
        let mut at = seed * 37;
        loop {
            place.fault(Fault::always(FaultKind::CutAfter(at)));
            if desk.once(&Errands::Everything).is_ok() {
                break;
            }
            at += 211;
        }
        place.heal();
        desk.sync();
        for uid in 1..=5_u32 {
            let expected: &[&str] = if uid.is_multiple_of(2) {
                &["\\Seen", "\\Flagged"]
            } else {
                &["\\Seen"]
            };
            assert_eq!(flags_of(&place, uid), expected, "seed {seed}, {uid}");
        }
        assert_eq!(desk.reader.n_pending(None).unwrap(), 0);
        assert_equal(&place.server, &mut desk, "flaky");
    }
}
