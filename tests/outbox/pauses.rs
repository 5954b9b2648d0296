//! How long what was refused for now waits: longer each time, so that nobody is asked without end.

use sterna::channel::job::Job;
use sterna::channel::outbox::OutboxState;
use sterna::demo::fault::{Fault, FaultKind};
use sterna::engine::Engine;

use crate::engine::{await_state, break_smtp, built, place, queue, row, run_on_disk};
use crate::place::{Desk, GUARD, Place, stop};

fn refuse_always(command: &str, answer: &str) -> Fault {
    Fault::always(FaultKind::Refuse {
        command: command.to_owned(),
        answer: answer.to_owned(),
    })
}

fn now() -> i64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    i64::try_from(now.unwrap().as_secs()).unwrap()
}

/// Not before which moment the one mail is tried again, whatever it waits for.
fn again(place: &Place) -> i64 {
    let db = rusqlite::Connection::open(place.home.path().join("data/state.db")).unwrap();
    db.busy_timeout(GUARD).unwrap();
    db.query_row("SELECT not_before FROM outbox", [], |row| row.get(0))
        .unwrap()
}

/// Has the mail tried once more, waits until it is put off, and gives how many seconds it waits at the least.
fn pause(place: &Place, desk: &mut Desk, engine: &Engine) -> i64 {
    run_on_disk(place, "UPDATE outbox SET not_before = 1");
    let began = now();
    engine.submit(Job::JournalChanged);
    desk.until("it waits", |_| again(place) > now());
    again(place) - began
}

#[test]
fn a_mail_that_is_refused_for_now_waits_longer_each_time() {
    let place = place();
    let mut desk = place.open();
    let engine = desk.engine();
    desk.online();
    break_smtp(&place, vec![refuse_always("MAIL", "451 4.3.0 later")]);
    let mail = queue(&desk, built(1));
    for attempt in 1..=5 {
        let least = pause(&place, &mut desk, &engine);
        let row = row(&mut desk, mail);
        assert_eq!((row.state, row.attempts), (OutboxState::Queued, attempt));
        let whole = 30 << (attempt - 1);
        assert!(least >= whole / 4 * 3, "{least} s after {attempt} attempts");
    }
    stop(engine);
}

#[test]
fn a_copy_that_is_refused_waits_as_long_again_as_it_has_waited() {
    let place = place();
    let mut desk = place.open();
    let engine = desk.engine();
    desk.online();
    place.fault(refuse_always("APPEND", "NO [OVERQUOTA] full"));
    let mail = queue(&desk, built(1));
    engine.submit(Job::JournalChanged);
    await_state(&mut desk, mail, OutboxState::Accepted);
    for (waited, whole) in [(0, 30), (600, 600), (9_000, 3_600)] {
        let sent = format!("UPDATE outbox SET changed = unixepoch() - {waited}");
        run_on_disk(&place, &sent);
        let least = pause(&place, &mut desk, &engine);
        let row = row(&mut desk, mail);
        assert!(row.state == OutboxState::Accepted && row.error.as_str().contains("full"));
        assert!(least >= whole / 4 * 3, "{least} s after {waited} s");
    }
    place.heal();
    run_on_disk(&place, "UPDATE outbox SET not_before = 1");
    engine.submit(Job::JournalChanged);
    await_state(&mut desk, mail, OutboxState::Sent);
    stop(engine);
}
