//! A mail that leaves: what is warned of, held, taken back, sent later, and what becomes of it when it cannot be built.

use sterna::app::composer::Place;
use sterna::app::overlay::Overlay;
use sterna::channel::draft::{Base, DraftId};
use sterna::channel::effect::Effect;
use sterna::channel::event::{Connection, Event};
use sterna::channel::operation::Ticket;
use sterna::channel::outbox::OutboxState;
use sterna::mail::composition::Composition;

use crate::composer::is_mail;
use crate::harness::*;
use crate::post::first;
use crate::writing::*;

#[test]
fn what_looks_wrong_is_shown_before_it_is_sent() {
    let mut screen = screen();
    screen.press("c");
    screen.type_text("zoe@example.org");
    screen.press("esc y");
    assert!(screen.shows("There is no subject."));
    screen.press("x");
    assert!(
        matches!(screen.model.overlay, Some(Overlay::SendAnyway(_))),
        "no stray key decides it"
    );
    screen.press("esc");
    assert!(screen.post.sent.is_empty() && !is_mail(&screen));
    // The key that sends, held down a little longer, is no answer.
    screen.press("y y y y");
    assert!(screen.post.sent.is_empty() && screen.shows("Y sends it as it is"));
    screen.press("Y");
    assert_eq!(screen.post.sent.len(), 1);
    assert!(is_mail(&screen) && screen.model.composers.open.is_empty());
}

#[test]
fn a_mail_is_held_and_can_be_taken_back() {
    let mut screen = screen();
    screen.press("r");
    screen.type_text("Gladly!");
    screen.press("esc y");
    assert!(
        screen.shows("Sending in 10 s · u takes it back"),
        "{}",
        screen.text()
    );
    screen.send(Event::Now {
        seconds: NOW + 2,
        offset: 0,
    });
    assert!(screen.shows("Sending in 8 s"));
    assert!(screen.post.drafts.is_empty());
    screen.press("u");
    assert!(front(&screen).body.contains("Gladly!"));
    assert!(screen.post.outbox.is_empty() && !screen.shows("Sending in"));
}

#[test]
fn an_address_that_cannot_be_read_is_gone_to_before_anything_else_is_asked() {
    let mut screen = screen();
    screen.press("c");
    screen.type_text("zoe@example.org");
    screen.press("tab");
    screen.type_text("bob");
    screen.press("esc y");
    assert!(
        screen.shows("not sent: Cc: \"bob\" has no @"),
        "{}",
        screen.text()
    );
    assert!(screen.model.overlay.is_none() && screen.post.sent.is_empty());
    let composer = screen.model.composers.front().unwrap();
    assert!(composer.is_typing && composer.place == Place::Cc);
}

#[test]
fn offline_by_choice_no_countdown_is_shown() {
    let mut screen = screen();
    screen.send(Event::Connection {
        account: HOME,
        state: Connection::OfflineByChoice,
    });
    screen.press("r esc y");
    assert!(
        screen.shows("To be sent with the next connection · u takes it back"),
        "{}",
        screen.text()
    );
}

#[test]
fn no_key_is_promised_that_would_be_a_letter() {
    let mut screen = screen();
    screen.press("r esc y c");
    assert!(screen.shows("Sending in 10 s") && !screen.shows("takes it back"));
    screen.press("esc");
    assert!(screen.shows("u takes it back"));
}

#[test]
fn a_bounce_that_is_taken_back_is_not_sent_and_one_that_leaves_is_not_said_to_be_taken_back() {
    for (state, words, n_left) in [
        (OutboxState::Held, "taken back: it was not sent", 0),
        (OutboxState::Sending, "too late: it is being sent", 1),
        (OutboxState::Queued, "it stays in the outbox", 1),
    ] {
        let mut screen = screen();
        screen.press(": b o u n c e enter");
        screen.type_text("bob@example.org");
        screen.press("enter");
        assert!(screen.shows("u takes it back"), "{}", screen.text());
        screen.post.outbox[0].state = state; // The screen has not heard of it.
        screen.press("u");
        assert!(screen.shows(words), "{state:?}: {}", screen.text());
        assert_eq!(screen.post.outbox.len(), n_left, "{state:?}");
        assert!(screen.model.composers.open.is_empty());
    }
}

#[test]
fn a_mail_that_cannot_be_built_is_there_again() {
    let mut screen = screen();
    screen.press("r");
    screen.type_text("x");
    autosave(&mut screen);
    screen.answers = false;
    screen.press("esc y");
    assert!(is_mail(&screen));
    let ticket = Ticket(screen.model.composers.open[0].number);
    screen.send(Event::SendRefused {
        ticket,
        error: safe("To: \"bob\" has no @.").into(),
    });
    assert!(
        !is_mail(&screen) && screen.shows("not sent: To:"),
        "{}",
        screen.text()
    );
    assert!(front(&screen).body.contains('x'));
}

#[test]
fn a_mail_is_in_its_draft_before_it_is_built() {
    let mut screen = screen();
    screen.post.is_slow = true;
    screen.press("r");
    screen.type_text("x");
    screen.press("esc y");
    let ticket = screen.model.composers.open[0].ticket();
    assert!(is_mail(&screen) && screen.post.sent.is_empty());
    assert_eq!(saves(&screen), [(Base::New, false)]);
    let error = disk_full();
    screen.send(Event::DraftFailed { ticket, error });
    assert!(
        !is_mail(&screen) && screen.shows("not sent: the draft could not be kept"),
        "{}",
        screen.text()
    );
    screen.press("y");
    let saved = first(DraftId(7));
    screen.send(Event::DraftSaved { ticket, saved });
    assert_eq!(screen.post.sent.len(), 1);
    // One in which nothing was typed has no draft yet either.
    screen.press("r esc y");
    assert_eq!((saves(&screen).len(), screen.post.sent.len()), (3, 1));
}

#[test]
fn a_mail_is_sent_later() {
    let mut screen = screen();
    screen.press("r esc S");
    screen.type_text("never");
    screen.press("enter");
    assert!(screen.shows("Not a moment to come"));
    screen.press("ctrl-u");
    screen.type_text("mon 8am");
    assert!(screen.shows("= Mon 23 Mar 08:00"), "{}", screen.text());
    screen.press("enter");
    assert_eq!(
        screen.post.outbox[0].not_before,
        Some(NOW + 4 * DAY + 17 * HOUR)
    );
    assert!(!screen.shows("Sending in"), "it waits for its day");
    screen.press("go");
    assert!(screen.shows("Mon 23 Mar 08:00"));
}

#[test]
fn quitting_keeps_what_is_written() {
    let mut screen = screen();
    screen.press("r");
    screen.type_text("x");
    screen.press("esc esc Q");
    assert!(matches!(screen.effects.last(), Some(Effect::Quit)));
    assert_eq!(screen.post.drafts.len(), 1);
}

#[test]
fn closing_says_whether_a_draft_is_kept() {
    let mut screen = screen();
    screen.press("r esc q");
    assert!(screen.shows("nothing was typed, no draft is kept"));
    assert!(is_mail(&screen) && screen.post.drafts.is_empty());
    screen.press("r");
    screen.type_text("x");
    screen.press("esc q");
    assert!(screen.shows("kept as a draft"));
    assert_eq!(screen.post.drafts.len(), 1);
}

#[test]
fn without_an_account_that_can_send_no_mail_is_begun() {
    let mut screen = screen().at(160, 45);
    screen.model.settings.identities.clear();
    screen.model.settings.configuration = "/home/anna/.config/sterna/config.toml".to_owned();
    let words = "no smtp in [accounts.home]: add smtp = { host = \"…\", port = 465 } in /home/anna/.config/sterna/config.toml";
    for key in ["c", "r", "B"] {
        screen.press(key);
        assert!(is_mail(&screen) && screen.shows(words), "{}", screen.text());
        screen.model.notice = None;
    }
}

#[test]
fn a_mail_asked_for_from_outside_opens_at_once() {
    let mut screen = screen();
    screen.send(Event::Compose {
        composition: Box::new(Composition {
            to: "zoe@example.org".to_owned(),
            subject: "Hi".to_owned(),
            body: "Hello".to_owned(),
            ..Composition::default()
        }),
        left_out: vec![safe("attach"), safe("x-odd")],
    });
    assert!(screen.shows("left out of what the link asked for: attach, x-odd"));
    let mail = front(&screen);
    assert_eq!(mail.from, "Anna Abel <anna@example.org>");
    assert!(
        mail.body.starts_with("Hello") && mail.body.contains("Harbour Road"),
        "{}",
        mail.body
    );
    assert_eq!(screen.model.composers.front().unwrap().place, Place::Body);
}
