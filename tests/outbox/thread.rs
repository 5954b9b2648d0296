//! The thread that sends while the screen is there, with the engine around it: what it does when the disk, the server, the
//! password or Sterna itself fails, and that it begins nothing once it was told to end.

use std::time::Duration;

use sterna::channel::event::{Connection, Event};
use sterna::channel::job::Job;
use sterna::channel::outbox::OutboxState;
use sterna::demo::fault::{Fault, FaultKind};
use sterna::demo::server::PASSWORD;
use sterna::mail::account::{Protocol, SecretSource};
use sterna::mail::secret::Secret;
use sterna::store::outgoing::mail_requests::Decision;

use crate::engine::{
    await_state, break_smtp, built, n_copies, n_heard, outgoing, place, queue, row, run_on_disk,
    stall_in,
};
use crate::place::{Desk, GUARD, Place, stop};
use crate::post::refuse;

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

/// The disk takes no mail in any of these states any more: somebody else's is there, and no second one may be. (The store
/// obeys no triggers.)
fn break_disk(place: &Place, states: &[&str]) {
    let taken = |state: &&str| {
        format!(
            "INSERT INTO outbox (account, state) VALUES (77, '{state}');
             CREATE UNIQUE INDEX \"one {state}\" ON outbox (state)
             WHERE state = '{state}' AND (account = 77 OR state = 'sending' OR attempts > 0);"
        )
    };
    let sql: String = states.iter().map(taken).collect();
    let other = "INSERT INTO account (id, name, active) VALUES (77, 'other', 0);";
    run_on_disk(place, &(other.to_owned() + &sql));
}

fn mend_disk(place: &Place, states: &[&str]) {
    let drop = |state: &&str| format!("DROP INDEX \"one {state}\";");
    let sql: String = states.iter().map(drop).collect();
    run_on_disk(place, &(sql + "DELETE FROM outbox WHERE account = 77"));
}

/// The next wish for a password of the submission server; its words.
fn wanted(desk: &mut Desk) -> String {
    let event = desk.event("a password is wanted", |event| {
        matches!(event, Event::PasswordWanted { .. })
    });
    let Event::PasswordWanted {
        protocol, refusal, ..
    } = event
    else {
        unreachable!()
    };
    assert_eq!(protocol, Protocol::Smtp);
    refusal.to_string()
}

#[test]
fn nothing_further_is_begun_once_the_user_is_offline_or_ends() {
    for is_end in [false, true] {
        let place = place();
        let mut desk = place.open();
        let engine = desk.engine();
        desk.online();
        break_smtp(&place, vec![stall_in(".")]);
        let mails: Vec<_> = (0..3).map(|n| queue(&desk, built(n))).collect();
        engine.submit(Job::JournalChanged);
        assert!(place.server.await_command(".", GUARD));
        if is_end {
            engine.leave();
        } else {
            engine.submit(Job::SetOnline(false));
            desk.state("offline", |state| *state == Connection::OfflineByChoice);
        }
        // The first mail comes to an end that leaves everything open.
        place.server.disconnect_all();
        stop(engine);
        let states: Vec<_> = mails.iter().map(|id| row(&mut desk, *id).state).collect();
        let expected = [
            OutboxState::Uncertain,
            OutboxState::Queued,
            OutboxState::Queued,
        ];
        assert_eq!(states, expected, "ended: {is_end}");
        assert_eq!(n_heard(&place, "MAIL"), 1, "ended: {is_end}");
    }
}

#[test]
fn a_disk_that_fails_holds_a_mail_up_for_no_longer_than_it_fails() {
    for broken in [
        &["sending"][..],
        // The mark before the dot, and what is to be noted then.
        &["committing", "queued"],
        // The server has said that it has the mail.
        &["accepted"],
    ] {
        let place = place();
        let mut desk = place.open();
        let engine = desk.engine();
        desk.online();
        let mail = queue(&desk, built(1));
        break_disk(&place, broken);
        engine.submit(Job::JournalChanged);
        desk.event("the failure is told", |event| {
            matches!(event, Event::StoreFailed(_))
        });
        mend_disk(&place, broken);
        if broken.contains(&"queued") {
            // It was put off; the user does not wait for that.
            await_state(&mut desk, mail, OutboxState::Queued);
            engine.submit(Job::SyncNow);
        }
        await_state(&mut desk, mail, OutboxState::Sent);
        assert_eq!(place.server.submissions().len(), 1, "{broken:?}");
        assert_eq!(n_copies(&place, "<1@x>"), 1, "{broken:?}");
        stop(engine);
    }
}

#[test]
fn a_refused_password_is_offered_once_and_again_when_the_user_wants_that() {
    let place = place();
    let mut desk = place.open();
    break_smtp(
        &place,
        vec![Fault::always(FaultKind::Refuse {
            command: "AUTH".to_owned(),
            answer: "535 5.7.8 not for sending".to_owned(),
        })],
    );
    let engine = desk.engine();
    desk.online();
    let mail = queue(&desk, built(1));
    engine.submit(Job::JournalChanged);
    let words = wanted(&mut desk);
    assert!(words.contains("not for sending"), "{words}");
    let told = row(&mut desk, mail).error.to_string();
    assert!(told.contains("not for sending"), "{told}");
    // None of this is a reason to offer it again: more to do, the network that comes back, the same once more.
    let other = queue(&desk, built(2));
    engine.submit(Job::JournalChanged);
    place.server.disconnect_all();
    desk.state("cut", |state| matches!(state, Connection::Offline { .. }));
    desk.online();
    engine.submit(Job::SubmissionPassword(secret(PASSWORD)));
    assert_eq!(wanted(&mut desk), words);
    engine.submit(Job::Password(secret(PASSWORD)));
    assert_eq!(wanted(&mut desk), words);
    assert_eq!(n_heard(&place, "AUTH"), 1);
    engine.submit(Job::SyncNow);
    assert_eq!(wanted(&mut desk), words);
    assert_eq!(n_heard(&place, "AUTH"), 2);
    break_smtp(&place, Vec::new());
    engine.submit(Job::SyncNow);
    for mail in [mail, other] {
        await_state(&mut desk, mail, OutboxState::Sent);
    }
    assert_eq!(n_heard(&place, "AUTH"), 3);
    stop(engine);
}

#[test]
fn a_typed_password_is_for_sending_only_once_the_mail_server_took_it() {
    let mut place = place();
    place.settings.secret = SecretSource::Ask;
    let mut desk = place.open();
    let mail = queue(&desk, built(1));
    let engine = desk.engine();
    for typed in ["mistyped", PASSWORD] {
        let wanted = desk.event("a password is wanted", |event| {
            matches!(event, Event::PasswordWanted { .. })
        });
        let is_for_reading =
            matches!(wanted, Event::PasswordWanted { protocol, .. } if protocol == Protocol::Imap);
        assert!(is_for_reading, "{wanted:?}");
        assert_eq!(n_heard(&place, "AUTH"), 0, "before {typed}");
        engine.submit(Job::Password(secret(typed)));
    }
    await_state(&mut desk, mail, OutboxState::Sent);
    assert_eq!(n_heard(&place, "AUTH"), 1);
    stop(engine);
}

#[test]
fn a_submission_server_with_a_password_of_its_own_gets_that_one_alone() {
    let mut place = place();
    let smtp = place.settings.smtp.as_mut().unwrap();
    smtp.secret = Some(SecretSource::Command(vec!["never run here".to_owned()]));
    let mut desk = place.open();
    let engine = desk.engine();
    desk.online();
    let mail = queue(&desk, built(1));
    engine.submit(Job::JournalChanged);
    assert_eq!(wanted(&mut desk), "", "it is not known yet");
    assert_eq!(n_heard(&place, "AUTH"), 0);
    engine.submit(Job::SubmissionPassword(secret("wrong")));
    assert_eq!(wanted(&mut desk), "", "its command may give another one");
    engine.submit(Job::SubmissionPassword(secret("wrong")));
    let words = wanted(&mut desk);
    assert!(words.contains("refused the password"), "{words}");
    assert_eq!(n_heard(&place, "AUTH"), 1);
    engine.submit(Job::SubmissionPassword(secret(PASSWORD)));
    await_state(&mut desk, mail, OutboxState::Sent);
    assert_eq!(n_heard(&place, "AUTH"), 2);
    stop(engine);
}

/// A step that may take for ever ends beyond what a clock can say: a panic, as any defect may be one.
#[test]
fn a_defect_costs_one_attempt_and_never_the_account() {
    let for_ever = Duration::MAX;
    // On the way in.
    let mut place = place();
    place.pace.submission.opening = for_ever;
    let mut desk = place.open();
    let engine = desk.engine();
    desk.online();
    let mail = queue(&desk, built(1));
    for _ in 0..2 {
        engine.submit(Job::SyncNow);
        desk.event("it is told", |event| {
            matches!(event, Event::Notice(words) if words.as_str().contains("a defect in Sterna"))
        });
    }
    stop(engine);
    assert_ne!(row(&mut desk, mail).state, OutboxState::Committing);

    // While a mail is handed over: the next one is tried all the same.
    let mut place = crate::engine::place();
    place.pace.submission.command = for_ever;
    let mut desk = place.open();
    let engine = desk.engine();
    desk.online();
    let mails = [queue(&desk, built(1)), queue(&desk, built(2))];
    engine.submit(Job::JournalChanged);
    for mail in mails {
        desk.until("it is put off", |desk| {
            let row = row(desk, mail);
            row.state == OutboxState::Queued && row.error.as_str().contains("a defect in Sterna")
        });
    }
    stop(engine);

    // Behind the mark: nobody knows, until it is found.
    let mut place = crate::engine::place();
    place.pace.submission.end = for_ever;
    let mut desk = place.open();
    let engine = desk.engine();
    desk.online();
    let mail = queue(&desk, built(1));
    engine.submit(Job::JournalChanged);
    desk.event(
        "it is uncertain",
        |event| matches!(event, Event::MailChanged(row) if row.state == OutboxState::Uncertain),
    );
    assert!(place.server.await_command(".", GUARD));
    engine.submit(Job::SyncNow);
    await_state(&mut desk, mail, OutboxState::Sent);
    assert_eq!(place.server.submissions().len(), 1);
    stop(engine);
}

#[test]
fn a_final_answer_that_comes_too_late_is_no_reason_to_send_again() {
    let mut place = place();
    place.pace.submission.end = Duration::from_millis(300);
    let mut desk = place.open();
    let engine = desk.engine();
    desk.online();
    break_smtp(&place, vec![stall_in(".")]);
    let late = queue(&desk, built(1));
    engine.submit(Job::JournalChanged);
    desk.event(
        "it is uncertain",
        |event| matches!(event, Event::MailChanged(row) if row.state == OutboxState::Uncertain),
    );
    // It went to ourselves, and so it is found.
    await_state(&mut desk, late, OutboxState::Sent);
    stop(engine);
    assert_eq!(place.server.submissions().len(), 1);
    assert_eq!(n_copies(&place, "<1@x>"), 1);
}

#[test]
fn one_server_refuses_a_mail_for_now_and_the_next_mail_goes() {
    let place = place();
    let mut desk = place.open();
    let engine = desk.engine();
    desk.online();
    break_smtp(&place, vec![refuse("MAIL", "451 4.3.0 later")]);
    let mails = [queue(&desk, built(1)), queue(&desk, built(2))];
    engine.submit(Job::JournalChanged);
    await_state(&mut desk, mails[1], OutboxState::Sent);
    let put_off = row(&mut desk, mails[0]);
    assert_eq!(put_off.state, OutboxState::Queued);
    assert!(put_off.not_before.is_some() && put_off.error.as_str().contains("later"));
    // At its moment it goes by itself. (That is half a minute away; the clock cannot be set here.)
    run_on_disk(
        &place,
        "UPDATE outbox SET not_before = unixepoch() + 1 WHERE state = 'queued'",
    );
    engine.submit(Job::JournalChanged);
    await_state(&mut desk, mails[0], OutboxState::Sent);
    assert_eq!(row(&mut desk, mails[0]).attempts, 2);
    stop(engine);
}

#[test]
fn a_mail_for_later_goes_at_its_moment_and_no_hurry_makes_it_go_before() {
    let place = place();
    let mut desk = place.open();
    let engine = desk.engine();
    desk.online();
    let in_seconds = |seconds| {
        let mut mail = outgoing(&desk, built(usize::try_from(seconds).unwrap()));
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        mail.not_before = Some(i64::try_from(now.unwrap().as_secs()).unwrap() + seconds);
        desk.store.writer().queue_now(mail).unwrap().0
    };
    let (soon, late) = (in_seconds(2), in_seconds(3_600));
    engine.submit(Job::JournalChanged);
    engine.submit(Job::SyncNow);
    await_state(&mut desk, soon, OutboxState::Sent);
    engine.submit(Job::SyncNow);
    let now = queue(&desk, built(1));
    engine.submit(Job::JournalChanged);
    await_state(&mut desk, now, OutboxState::Sent);
    assert_eq!(row(&mut desk, late).state, OutboxState::Scheduled);
    // Unless the user says so.
    assert!(
        desk.store
            .writer()
            .decide_now(late, Decision::Retry)
            .unwrap()
    );
    engine.submit(Job::JournalChanged);
    await_state(&mut desk, late, OutboxState::Sent);
    stop(engine);
    assert_eq!(place.server.submissions().len(), 3);
}
