//! Mail whose end nobody knows: what the user decides about it, and what the engine does then. And what is not taken for it
//! when it is looked for.

use sterna::channel::draft::Base;
use sterna::channel::job::Job;
use sterna::channel::outbox::{OutboxId, OutboxState};
use sterna::demo::fault::{Fault, FaultKind};
use sterna::engine::Engine;
use sterna::mail::composition::Composition;
use sterna::store::outgoing::mail_requests::Decision;

use crate::composing::screen;
use crate::engine::{await_state, break_smtp, built, n_copies, outgoing, place, row};
use crate::place::{Desk, Place, stop};
use crate::post::{Post, errors, id, printed, seen};

/// The server hears the end of the next mail, takes nothing, and says nothing.
fn lost() -> Fault {
    Fault::once(FaultKind::DropOn {
        command: ".".to_owned(),
    })
}

/// A mail that was written here, and whose end is lost.
fn lose(place: &Place, desk: &mut Desk, engine: &Engine, n: usize) -> OutboxId {
    break_smtp(place, vec![lost()]);
    let text = Composition {
        subject: format!("Mail {n}"),
        ..Composition::default()
    };
    let mut mail = outgoing(desk, built(n));
    (mail.base, mail.composition) = (Base::New, Some(text));
    let mail = desk.store.writer().queue_now(mail).unwrap().0;
    engine.submit(Job::JournalChanged);
    await_state(desk, mail, OutboxState::Uncertain);
    mail
}

fn decide(desk: &Desk, engine: &Engine, mail: OutboxId, decision: Decision) {
    assert!(desk.store.writer().decide_now(mail, decision).unwrap());
    engine.submit(Job::JournalChanged);
}

fn n_drafts(desk: &mut Desk) -> usize {
    desk.reader.drafts().unwrap().len()
}

#[test]
fn what_the_user_says_of_an_uncertain_mail_is_done() {
    let place = place();
    let mut desk = place.open();
    let engine = desk.engine();
    desk.online();
    let n_taken = || place.server.submissions().len();

    // It arrived: not sent again, one copy, and no draft is left.
    let mail = lose(&place, &mut desk, &engine, 1);
    decide(&desk, &engine, mail, Decision::Settle);
    await_state(&mut desk, mail, OutboxState::Sent);
    assert_eq!((n_taken(), n_copies(&place, "<1@x>")), (0, 1));
    assert_eq!(n_drafts(&mut desk), 0);

    // Once more: one more attempt, one copy.
    let mail = lose(&place, &mut desk, &engine, 2);
    decide(&desk, &engine, mail, Decision::Retry);
    await_state(&mut desk, mail, OutboxState::Sent);
    assert_eq!((n_taken(), n_copies(&place, "<2@x>")), (1, 1));
    assert_eq!((row(&mut desk, mail).attempts, n_drafts(&mut desk)), (2, 0));

    // Given up: no copy, and the text stays with what is known of it.
    let mail = lose(&place, &mut desk, &engine, 3);
    decide(&desk, &engine, mail, Decision::Drop);
    assert_eq!(desk.reader.outbox_row(mail).unwrap(), None);
    let drafts = desk.reader.drafts().unwrap();
    let [draft] = &drafts[..] else {
        panic!("{drafts:?}")
    };
    assert!(draft.reason.as_str().contains("nobody knows"), "{draft:?}");
    stop(engine);
    assert_eq!((n_taken(), n_copies(&place, "<3@x>")), (1, 0));
}

#[test]
fn the_keys_of_the_outbox_settle_what_is_uncertain() {
    let post = Post::new();
    for n in [1, 2] {
        post.break_smtp(vec![lost()]);
        let sent = post.send(n);
        assert_eq!(printed(&sent), "uncertain", "{}", errors(&sent));
    }
    let mut screen = screen(&post);
    screen.wait_for("2 uncertain");
    screen.keys("go");
    screen.wait_for("r sends again");
    screen.keys("s");
    screen.wait_for("1 uncertain");
    screen.wait_without("Mail 1");
    screen.keys("r");
    screen.wait_for("Send this mail again?");
    screen.keys("y");
    screen.wait_without("1 uncertain");
    post.await_sent(2);
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
    post.cure();
    assert_eq!(post.seen(1), seen("sent", 0, 1), "as the user says");
    assert_eq!(post.seen(2), seen("sent", 1, 1));
}

/// Another program gives the same file to the server, after the last look at INBOX and before it is given here.
#[test]
fn one_that_came_before_the_mail_was_given_is_not_taken_for_it() {
    let post = Post::new();
    let text = format!("Message-ID: <{}>\r\nSubject: Mail 1\r\n\r\nText\r\n", id(1));
    for folder in ["INBOX", "Sent"] {
        post.server
            .deliver(folder, text.as_bytes(), &[], 1_772_532_000);
    }
    post.break_smtp(vec![lost()]);
    let sent = post.send(1);
    assert_eq!(printed(&sent), "uncertain", "{}", errors(&sent));
    post.cure();
    let row = post.json("outbox --json")[0].clone();
    assert_eq!(row["state"], "uncertain", "{row}");
    let words = row["error"].as_str().unwrap();
    assert!(words.contains("perhaps an older one, is in"), "{words}");
}

/// It arrives in the Sent folder after the lost one was given, and a search for the one finds the other.
#[test]
fn another_mail_whose_id_ends_in_its_own_does_not_settle_it() {
    let post = Post::new();
    post.break_smtp(vec![lost()]);
    let sent = post.send(1);
    assert_eq!(printed(&sent), "uncertain", "{}", errors(&sent));
    post.break_smtp(Vec::new());
    let longer = format!(
        "From: anna@example.org\r\nTo: anna@example.org\r\nMessage-ID: <no-{}>\r\n\r\nText\r\n",
        id(1)
    );
    let sent = post.send_from_input(&longer);
    assert_eq!(printed(&sent), "sent", "{}", errors(&sent));
    post.cure();
    assert_eq!(post.seen(1), seen("uncertain", 0, 0));
    let words = post.json("outbox --json")[0]["error"].to_string();
    assert!(!words.contains("perhaps an older one"), "{words}");
}
