//! A mail server that says nothing holds up what is asked of it, and no mail that is to be sent.

use sterna::channel::event::Event;
use sterna::channel::job::Job;
use sterna::channel::outbox::OutboxState;
use sterna::demo::fault::{Fault, FaultKind};

use crate::engine::{await_state, built, n_copies, place, queue, row};
use crate::place::{GUARD, stop};

#[test]
fn mail_goes_out_while_the_copy_of_another_one_waits_for_a_silent_server() {
    let mut place = place();
    place.pace.silence = 10 * GUARD; // Longer than anything here waits.
    let mut desk = place.open();
    let engine = desk.engine();
    desk.online();
    place.fault(Fault::once(FaultKind::StallIn {
        command: "APPEND".to_owned(),
        after: 0,
    }));
    let first = queue(&desk, built(1));
    engine.submit(Job::JournalChanged);
    assert!(place.server.await_command("APPEND", GUARD));
    assert_eq!(row(&mut desk, first).state, OutboxState::Accepted);
    let more: Vec<_> = (2..5).map(|n| queue(&desk, built(n))).collect();
    engine.submit(Job::JournalChanged);
    for mail in &more {
        await_state(&mut desk, *mail, OutboxState::Accepted);
    }
    // It is heard again.
    place.server.disconnect_all();
    for mail in &more {
        await_state(&mut desk, *mail, OutboxState::Sent);
    }
    // Theirs were not tried over the connection that failed, so it says nothing of them.
    desk.drain();
    for event in &desk.seen {
        if let Event::MailChanged(row) = event {
            assert!(row.id == first || row.error.is_empty(), "{row:?}");
        }
    }
    // Its copy was added and nobody was told, so it is looked for first, when its time has come.
    engine.submit(Job::SendNow);
    await_state(&mut desk, first, OutboxState::Sent);
    for n in 1..5 {
        assert_eq!(n_copies(&place, &format!("Mail {n}")), 1, "{n}");
    }
    assert_eq!(place.server.submissions().len(), 4);
    stop(engine);
}
