//! Drafts: when the store hears of them, what they go on from, and what is said where two work on one.

use sterna::channel::draft::{Base, DraftId, DraftRow, Revision};
use sterna::channel::effect::Effect;
use sterna::channel::event::Event;
use sterna::channel::outbox::{OutboxRow, OutboxState};
use sterna::mail::composition::{Composition, ReplyKind};

use crate::harness::*;
use crate::post::{first, row};
use crate::writing::*;

#[test]
fn the_store_hears_when_a_composer_is_left_and_when_somebody_types_again() {
    let mut screen = screen();
    screen.press("r");
    screen.type_text("one");
    autosave(&mut screen);
    assert_eq!(saves(&screen), [(Base::New, false)]);
    screen.press("esc esc");
    let draft = screen.post.drafts[0].0;
    let second = Base::Draft(Revision { draft, number: 1 });
    assert_eq!(saves(&screen)[1..], [(second, true)], "left, as it is");
    screen.press("gc esc j");
    assert_eq!(
        saves(&screen).len(),
        2,
        "looked at, and left: once is enough"
    );
    screen.press("gc enter");
    screen.type_text("two");
    autosave(&mut screen);
    screen.press("esc gc");
    let is_left: Vec<bool> = saves(&screen)[2..].iter().map(|save| save.1).collect();
    assert_eq!(is_left, [false, true], "by the key of the tabs, too");
    // A new one before it, and the end of the program.
    screen.press("gc enter");
    screen.type_text("three");
    screen.press("esc c");
    assert_eq!(saves(&screen).last().map(|save| save.1), Some(true));
    screen.type_text("zoe@example.org");
    screen.press("esc Q");
    assert_eq!(saves(&screen).last(), Some(&(Base::New, true)));
    assert!(matches!(screen.effects.last(), Some(Effect::Quit)));
}

#[test]
fn a_full_disk_is_not_asked_again_and_again() {
    let mut screen = screen();
    screen.post.is_slow = true;
    screen.press("r");
    screen.type_text("x");
    screen.press("esc esc");
    let ticket = screen.model.composers.open[0].ticket();
    for n in 1..4 {
        assert_eq!(saves(&screen).len(), n);
        screen.send(Event::DraftFailed {
            ticket,
            error: sterna::channel::error::StoreError::Io {
                cause: "no room".to_owned(),
            },
        });
        assert_eq!(saves(&screen).len(), n, "it waits for its timer");
        autosave(&mut screen);
    }
}

#[test]
fn a_draft_that_was_changed_elsewhere_stays_and_the_screen_says_so() {
    let mut screen = screen();
    screen.post.is_slow = true;
    screen.press("r");
    let ticket = screen.model.composers.front().unwrap().ticket();
    screen.type_text("one");
    autosave(&mut screen);
    let saved = first(DraftId(7));
    screen.send(Event::DraftSaved { ticket, saved });
    assert!(!screen.shows("elsewhere"));
    screen.type_text("two");
    autosave(&mut screen);
    let saved = first(DraftId(8));
    screen.send(Event::DraftSaved { ticket, saved });
    assert!(
        screen.shows("changed, sent or discarded elsewhere"),
        "{}",
        screen.text()
    );
    screen.type_text("three");
    autosave(&mut screen);
    let own = Base::Draft(first(DraftId(8)));
    assert_eq!(saves(&screen).last(), Some(&(own, false)));
}

#[test]
fn a_draft_on_the_server_is_gone_on_with_and_kept_only_when_something_is_typed() {
    let mut screen = screen();
    let (ticket, kind) = taken_up(&mut screen, "r");
    assert_eq!(kind, ReplyKind::Sender);
    let draft = Composition {
        to: "zoe@example.org".to_owned(),
        subject: "Begun elsewhere".to_owned(),
        ..Composition::default()
    };
    screen.send(composed(ticket, on_the_server(), draft));
    assert!(screen.shows("Begun elsewhere"));
    screen.press("esc esc gc enter");
    assert!(saves(&screen).is_empty());
    screen.type_text("x");
    autosave(&mut screen);
    assert_eq!(saves(&screen), [(on_the_server(), false)]);
    screen.type_text("y");
    autosave(&mut screen);
    assert!(matches!(saves(&screen)[1].0, Base::Draft(_)));
}

#[test]
fn a_draft_is_thrown_away_as_it_was_seen() {
    let mut screen = screen();
    let row = |number| DraftRow {
        id: DraftId(7),
        account: HOME,
        to: safe("zoe@example.org"),
        subject: safe("Hello"),
        changed: 0,
        revision: number,
        reason: safe(""),
    };
    let discarded = |screen: &Screen| match screen.effects.last() {
        Some(Effect::DiscardDraft(seen)) => (seen.draft, seen.number),
        other => panic!("{other:?}"),
    };
    screen.answers = false;
    screen.press("gw");
    screen.send(Event::Drafts(vec![row(3)]));
    screen.press("d y");
    assert_eq!(discarded(&screen), (DraftId(7), 3));
    // Where a composer is open on it, as that saved it last.
    screen.answers = true;
    screen.post.is_slow = true;
    screen.press("r");
    let ticket = screen.model.composers.front().unwrap().ticket();
    screen.type_text("one");
    autosave(&mut screen);
    let saved = Revision {
        draft: DraftId(7),
        number: 5,
    };
    screen.send(Event::DraftSaved { ticket, saved });
    screen.answers = false;
    screen.press("esc gw");
    screen.send(Event::DraftSaved { ticket, saved }); // It was left.
    screen.send(Event::Drafts(vec![row(4)]));
    screen.press("d y");
    assert_eq!(discarded(&screen), (DraftId(7), 5));
}

#[test]
fn whoever_gives_an_uncertain_mail_up_is_told_that_its_text_stays() {
    for (state, words) in [
        (OutboxState::Uncertain, "its text stays as a"),
        (OutboxState::Failed, "its text stays as a"),
        (OutboxState::Queued, "gone for good"),
    ] {
        let mut screen = screen();
        screen.post.outbox = vec![OutboxRow {
            draft: Some(DraftId(3)),
            ..row(1, state, "Hello")
        }];
        screen.send(Event::Outbox(screen.post.outbox.clone()));
        screen.press("go d");
        assert!(screen.shows(words), "{state:?}: {}", screen.text());
    }
}

#[test]
fn a_mail_that_an_editor_has_is_not_saved_under_its_hands() {
    let mut screen = screen();
    screen.press("r esc e");
    let lent = Lent::by(&screen);
    let n_saves = saves(&screen).len();
    screen.send(Event::Attached {
        ticket: lent.ticket,
        outcome: Err(safe("no such file")),
    });
    screen.model.composers.open[0].changed();
    autosave(&mut screen);
    assert_eq!(saves(&screen).len(), n_saves);
    // The editor's words are durable under a number of their own; what comes then goes on from there.
    let Base::Draft(seen) = lent.base else {
        panic!("{:?}", lent.base);
    };
    let saved = Revision {
        number: seen.number + 5,
        ..seen
    };
    let edited = Composition {
        body: "From the editor.\n".to_owned(),
        ..lent.composition.clone()
    };
    screen.send(lent.edited(edited, Some(saved)));
    assert_eq!(saves(&screen)[n_saves..], [(Base::Draft(saved), false)]);
}

#[test]
fn a_servers_draft_that_an_editor_gets_is_not_saved_before_it_was_changed() {
    let mut screen = screen();
    let (ticket, _) = taken_up(&mut screen, "r");
    screen.send(composed(ticket, on_the_server(), Composition::default()));
    screen.press("esc e");
    let lent = Lent::by(&screen);
    assert_eq!(lent.base, on_the_server());
    screen.send(Event::Edited {
        ticket: lent.ticket,
        composition: None,
        saved: None,
        remark: safe(""),
    });
    screen.press("esc");
    assert!(saves(&screen).is_empty(), "it stays what it is");
}

#[test]
fn a_formatted_draft_says_so_until_it_is_sent_or_thrown_away() {
    let mut screen = screen();
    let (ticket, _) = taken_up(&mut screen, "r");
    let draft = Composition {
        from: "Anna Abel <anna@example.org>".to_owned(),
        to: "zoe@example.org".to_owned(),
        subject: "Begun elsewhere".to_owned(),
        body: "Text\n".to_owned(),
        is_formatted: true,
        ..Composition::default()
    };
    screen.send(composed(ticket, on_the_server(), draft));
    let note = "Formatted draft: sent as plain text; it stays on the server until then";
    assert!(screen.shows(note), "{}", screen.text());
    screen.type_text("x");
    autosave(&mut screen);
    let Some(Effect::SaveDraft { composition, .. }) = screen.effects.last() else {
        panic!("{:?}", screen.effects.last());
    };
    assert!(
        composition.is_formatted,
        "it is known when it is gone on with"
    );
    screen.press("esc D");
    assert!(
        screen.shows("the formatted draft stays on the server"),
        "{}",
        screen.text()
    );
    screen.press("n y");
    assert!(
        screen.shows("It was formatted in another program"),
        "{}",
        screen.text()
    );
    screen.press("Y");
    assert_eq!(screen.post.sent.len(), 1);
    let mut other = screen;
    other.press("c");
    assert!(!other.shows("Formatted draft"));
}
