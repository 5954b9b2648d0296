//! The submission server is away, or its password is: every mail that waits says why, and nothing else waits for it.

use std::cell::Cell;
use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crossbeam_channel::unbounded;
use sterna::channel::draft::Base;
use sterna::channel::event::Event;
use sterna::channel::job::Job;
use sterna::channel::operation::Ticket;
use sterna::channel::outbox::{OutboxId, OutboxState};
use sterna::demo::fault::FaultPlan;
use sterna::demo::server::{Options, PASSWORD, Server};
use sterna::engine::{Engine, Setup};
use sterna::mail::account::{AccountSettings, SecretSource, Security};
use sterna::mail::composition::Composition;
use sterna::mail::mailbox::Role;
use sterna::mail::secret::Secret;
use sterna::store::outgoing::mail_requests::Decision;
use sterna::store::{Paths, Store};

use crate::engine::{await_state, built, outgoing, place, queue, row, stall_in};
use crate::place::{Desk, GUARD, Place, stop};
use crate::post::refuse;

/// An account whose mail is taken by a server of its own, which can go away.
fn place_and_sink() -> (Place, Server) {
    let mut place = place();
    let sink = Server::start(Options::default()).unwrap();
    let smtp = place.settings.smtp.as_mut().unwrap();
    smtp.endpoint.port = sink.smtp_addr().port();
    (place, sink)
}

/// A store with these accounts, as each of their engines has it.
fn desks<const N: usize>(place: &Place, accounts: [AccountSettings; N]) -> [Desk; N] {
    let paths = Paths {
        data: place.home.path().join("data"),
        cache: place.home.path().join("cache"),
    };
    let (events, received) = unbounded();
    let store = Store::open(&paths, &accounts, events.clone()).unwrap();
    accounts.map(|settings| {
        let account = store.account(&settings.name).unwrap();
        let (store, events) = (store.clone(), events.clone());
        Desk {
            reader: store.reader().unwrap(),
            setup: Setup {
                pace: place.pace,
                ..Setup::new(account, settings, store.clone(), events, paths.data.clone())
            },
            store,
            account,
            events: received.clone(),
            seen: Vec::new(),
        }
    })
}

fn await_words(desk: &mut Desk, mail: OutboxId, words: &str) {
    desk.until(&format!("{mail:?} says why it waits"), |desk| {
        row(desk, mail).error.as_str().contains(words)
    });
}

#[test]
fn every_mail_says_why_it_waits_and_when_it_is_tried_next() {
    let (mut place, sink) = place_and_sink();
    place.pace.first_retry = Duration::from_millis(1_500);
    sink.pause();
    let mut desk = place.open();
    let engine = desk.engine();
    desk.online();
    let mut mails: Vec<_> = (0..3).map(|n| queue(&desk, built(n))).collect();
    let mut held = outgoing(&desk, built(3));
    held.hold_seconds = 1;
    mails.push(desk.store.writer().queue_now(held).unwrap().0);
    engine.submit(Job::JournalChanged);
    // One that comes while it is known, too.
    await_words(&mut desk, mails[0], "no connection");
    mails.push(queue(&desk, built(4)));
    engine.submit(Job::JournalChanged);
    for mail in &mails {
        await_words(&mut desk, *mail, "no connection");
        let row = row(&mut desk, *mail);
        assert_eq!((row.state, row.attempts), (OutboxState::Queued, 0));
        assert!(row.not_before.is_some(), "{row:?}");
    }
    // The first one of them hangs, now that the server is back: the others wait for nothing any more.
    sink.set_smtp_faults(FaultPlan::new(vec![stall_in("DATA")]));
    sink.resume().unwrap();
    for mail in &mails[1..] {
        desk.until("its words are gone", |desk| {
            let row = row(desk, *mail);
            row.error.is_empty() && row.not_before.is_none()
        });
    }
    assert!(sink.await_command("DATA", GUARD));
    sink.disconnect_all();
    for mail in &mails[1..] {
        await_state(&mut desk, *mail, OutboxState::Sent);
    }
    stop(engine);
}

#[test]
fn mail_that_waits_for_a_password_says_so() {
    let mut place = place();
    place.settings.secret = SecretSource::Ask;
    let mut desk = place.open();
    let engine = desk.engine();
    let mails = [queue(&desk, built(1)), queue(&desk, built(2))];
    engine.submit(Job::JournalChanged);
    for mail in mails {
        await_words(&mut desk, mail, "the password of the account");
    }
    engine.submit(Job::Password(Secret::new(PASSWORD.to_owned())));
    for mail in mails {
        await_state(&mut desk, mail, OutboxState::Sent);
    }
    stop(engine);

    // One for sending alone.
    let mut place = crate::engine::place();
    place.settings.smtp.as_mut().unwrap().secret = Some(SecretSource::Ask);
    let mut desk = place.open();
    let engine = desk.engine();
    desk.online();
    let mail = queue(&desk, built(1));
    engine.submit(Job::JournalChanged);
    await_words(&mut desk, mail, "the password for sending");
    engine.submit(Job::SubmissionPassword(Secret::new(PASSWORD.to_owned())));
    await_state(&mut desk, mail, OutboxState::Sent);
    stop(engine);
}

#[test]
fn copies_and_drafts_do_not_wait_for_the_submission_server() {
    let (place, sink) = place_and_sink();
    place.server.create("Drafts", Some(Role::Drafts));
    let mut desk = place.open();
    let engine = desk.engine();
    desk.online();
    place.fault(refuse("APPEND", "NO not today"));
    let sent = queue(&desk, built(1));
    engine.submit(Job::JournalChanged);
    desk.until("sent, without its copy", |desk| {
        let row = row(desk, sent);
        row.state == OutboxState::Accepted && row.error.as_str().contains("not today")
    });
    place.heal();
    sink.pause();
    let waiting = queue(&desk, built(2));
    engine.submit(Job::JournalChanged);
    await_words(&mut desk, waiting, "no connection");
    engine.submit(Job::SyncNow); // The copy does not wait for its next attempt.
    await_state(&mut desk, sent, OutboxState::Sent);
    let text = Composition {
        subject: "Being written".to_owned(),
        ..Composition::default()
    };
    let writer = desk.store.writer();
    writer.save_draft(Ticket(1), desk.account, Base::New, Box::new(text), true);
    desk.event("it is saved", |event| {
        matches!(event, Event::DraftSaved { .. })
    });
    engine.submit(Job::JournalChanged);
    desk.until("the draft is copied", |_| {
        place.server.truth("Drafts").len() == 1
    });
    assert_eq!(row(&mut desk, waiting).state, OutboxState::Queued);
    assert_eq!(sink.submissions().len(), 1);
    stop(engine);
}

#[test]
fn an_account_does_not_wait_for_the_submission_server_of_another() {
    let (away, sink) = place_and_sink();
    sink.pause();
    let mut other = place();
    other.settings.name = "other".to_owned();
    let mut desks = desks(&away, [away.settings.clone(), other.settings.clone()]);
    let mails = [1, 2].map(|n| queue(&desks[n - 1], built(n)));
    let engines: Vec<Engine> = desks.iter().map(Desk::engine).collect();
    await_words(&mut desks[0], mails[0], "no connection");
    await_state(&mut desks[1], mails[1], OutboxState::Sent);
    await_words(&mut desks[0], mails[0], "no connection");
    engines.into_iter().for_each(stop);
}

/// What only the user can mend is looked at again after minutes.
#[test]
fn who_wants_a_mail_sent_now_does_not_wait_for_the_next_attempt() {
    let mut place = place();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = &mut place.settings.smtp.as_mut().unwrap().endpoint;
    endpoint.port = listener.local_addr().unwrap().port();
    endpoint.security = Security::Tls;
    let n_attempts = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&n_attempts);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            counted.fetch_add(1, Ordering::SeqCst);
            let _ = stream.unwrap().write_all(b"220 no TLS here\r\n");
        }
    });
    let mut desk = place.open();
    let engine = desk.engine();
    desk.online();
    let mail = queue(&desk, built(1));
    engine.submit(Job::JournalChanged);
    await_words(&mut desk, mail, "no secure connection");
    let n_before = n_attempts.load(Ordering::SeqCst);
    let writer = desk.store.writer();
    assert!(writer.decide_now(mail, Decision::Retry).unwrap());
    engine.submit(Job::SendNow);
    desk.until("another attempt", |_| {
        n_attempts.load(Ordering::SeqCst) > n_before
    });
    await_words(&mut desk, mail, "no secure connection");
    stop(engine);
}

/// How long a thread of this process has run, by its name, in nanoseconds; `None` where there is none.
fn ran_for(thread: &str) -> Option<u64> {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    let mut tasks = tasks.map(|task| task.unwrap().path());
    let is_it = |task: &PathBuf| {
        let name = fs::read_to_string(task.join("comm"));
        name.is_ok_and(|name| name.trim_end() == thread)
    };
    let times = fs::read_to_string(tasks.find(is_it)?.join("schedstat")).unwrap();
    times.split(' ').next()?.parse().ok()
}

/// The mail that the server was wanted for is given up; one for later stays.
#[test]
fn a_server_that_nobody_needs_any_more_is_not_waited_for() {
    let (mut place, sink) = place_and_sink();
    sink.pause();
    place.settings.name = "idle".to_owned();
    let [mut desk] = desks(&place, [place.settings.clone()]);
    let mut later = outgoing(&desk, built(1));
    later.not_before = Some(4_000_000_000);
    desk.store.writer().queue_now(later).unwrap();
    let engine = desk.engine();
    desk.online();
    let mail = queue(&desk, built(2));
    engine.submit(Job::JournalChanged);
    await_words(&mut desk, mail, "no connection");
    let writer = desk.store.writer();
    assert!(writer.decide_now(mail, Decision::Drop).unwrap());
    engine.submit(Job::JournalChanged);
    let before = Cell::new(None);
    desk.until("the thread is at rest", |_| {
        std::thread::park_timeout(Duration::from_millis(300));
        let now = ran_for("idle-submission");
        assert!(now.is_some(), "it has the mail for later");
        before.replace(now) == now
    });
    stop(engine);
}
