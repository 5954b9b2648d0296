//! Composers: typing, tabs, drafts, attachments, what is sent.

use sterna::app::composer::Place;
use sterna::app::model::Settings;
use sterna::channel::draft::{Base, Draft, DraftId};
use sterna::channel::effect::Effect;
use sterna::channel::event::{Event, Timer};
use sterna::command::preset::Pane;
use sterna::config::ui_settings::{Editor, UiSettings};
use sterna::mail::composition::{Composition, ReplyKind};

use crate::harness::*;
use crate::post::first;
use crate::writing::*;

pub fn is_mail(screen: &Screen) -> bool {
    screen.model.pane() != Pane::Composer
}

#[test]
fn a_new_mail_is_typed_line_by_line() {
    let mut screen = screen();
    screen.press("c");
    assert_eq!(screen.model.composers.front().unwrap().place, Place::To);
    screen.type_text("zoe@example.org");
    screen.press("tab tab tab");
    screen.type_text("Hello, Zoe");
    screen.press("enter");
    screen.type_text("quit j k y q");
    let mail = front(&screen);
    assert_eq!(mail.from, "Anna Abel <anna@example.org>");
    assert_eq!(mail.to, "zoe@example.org");
    assert_eq!(mail.subject, "Hello, Zoe");
    assert!(mail.body.starts_with("quit j k y q"), "{}", mail.body);
    assert!(
        mail.body.ends_with("-- \nAnna\nHarbour Road 7\n"),
        "{}",
        mail.body
    );
}

#[test]
fn escape_leads_from_typing_to_the_commands_and_from_there_to_the_mail() {
    let mut screen = screen();
    screen.press("r");
    assert!(screen.model.composers.front().unwrap().is_typing);
    screen.press("esc");
    assert!(!screen.model.composers.front().unwrap().is_typing);
    screen.press("esc");
    assert!(is_mail(&screen) && screen.shows("Re: Lunch on Friday?"));
    screen.press("j");
    assert_eq!(
        screen.subject(),
        "Re: Invoice 2026-031",
        "other mail can be read"
    );
    screen.press("gc");
    assert_eq!(front(&screen).subject, "Re: Lunch on Friday?");
    screen.press("c esc gc");
    assert!(is_mail(&screen), "behind the last one comes the mail");
    screen.press("gc");
    assert_eq!(front(&screen).subject, "Re: Lunch on Friday?");
    screen.press("gc");
    assert_eq!(front(&screen).subject, "");
}

#[test]
fn a_reply_begins_below_the_quote() {
    let mut screen = screen();
    screen.press("r");
    screen.type_text("Gladly!");
    let mail = front(&screen);
    assert!(
        mail.body.contains("opens at noon.\n\nGladly!\n\n-- \n"),
        "{}",
        mail.body
    );
    assert_eq!(mail.in_reply_to.as_deref(), Some("lunch@example.org"));
}

#[test]
fn what_is_typed_is_saved_after_two_seconds_and_when_it_is_left() {
    let mut screen = screen();
    screen.press("r");
    autosave(&mut screen);
    assert_eq!(saves(&screen).len(), 0, "nothing was typed");
    screen.type_text("abc");
    assert_eq!(saves(&screen).len(), 0);
    let waits = screen
        .timers
        .iter()
        .filter(|(_, timer)| matches!(timer, Timer::Autosave(_)));
    assert_eq!(waits.map(|(time, _)| *time).collect::<Vec<_>>(), [2_000]);
    autosave(&mut screen);
    assert_eq!((saves(&screen).len(), screen.post.drafts.len()), (1, 1));
    autosave(&mut screen);
    assert_eq!(saves(&screen).len(), 1);
    screen.type_text("d");
    screen.press("esc esc");
    assert_eq!((saves(&screen).len(), screen.post.drafts.len()), (2, 1));
    assert!(screen.post.drafts[0].1.body.contains("abcd"));
}

#[test]
fn a_composer_that_closes_while_it_is_saved_is_saved_once_more_and_is_one_draft() {
    let mut screen = screen();
    screen.post.is_slow = true;
    screen.press("r");
    let ticket = screen.model.composers.front().unwrap().ticket();
    screen.type_text("one");
    autosave(&mut screen);
    screen.type_text("two");
    screen.press("esc q");
    assert!(is_mail(&screen) && !screen.shows("│ Re: Lunch"));
    assert_eq!(saves(&screen).len(), 1, "two at once would be two drafts");
    screen.send(Event::DraftSaved {
        ticket,
        saved: first(DraftId(7)),
    });
    assert_eq!(saves(&screen).len(), 2);
    let Some(Effect::SaveDraft {
        base, composition, ..
    }) = screen
        .effects
        .iter()
        .rev()
        .find(|effect| matches!(effect, Effect::SaveDraft { .. }))
    else {
        panic!();
    };
    assert_eq!(*base, Base::Draft(first(DraftId(7))));
    assert!(composition.body.contains("onetwo"));
    screen.send(Event::DraftSaved {
        ticket,
        saved: first(DraftId(7)),
    });
    assert!(screen.model.composers.open.is_empty());
}

#[test]
fn a_reply_in_which_nothing_was_typed_leaves_nothing_behind() {
    let mut screen = screen();
    screen.press("r esc q");
    assert!(is_mail(&screen) && screen.model.composers.open.is_empty());
    assert_eq!((saves(&screen).len(), screen.post.drafts.len()), (0, 0));
}

#[test]
fn drafts_are_listed_gone_on_with_and_discarded_after_a_question() {
    let mut screen = screen();
    screen.press("r");
    screen.type_text("first");
    screen.press("esc q c");
    screen.type_text("zoe@example.org");
    screen.press("esc q gw");
    assert!(screen.shows("zoe@example.org") && screen.shows("Re: Lunch on Frid…"));
    screen.press("j enter");
    assert!(front(&screen).body.contains("first"));
    screen.press("esc esc gw enter");
    assert_eq!(front(&screen).to, "zoe@example.org");
    screen.press("esc D");
    assert!(screen.shows("Discard this mail?"));
    screen.press("n");
    assert_eq!(screen.post.drafts.len(), 2);
    screen.press("D y");
    assert_eq!(screen.post.drafts.len(), 1);
    assert!(is_mail(&screen));
    screen.press("gw D y");
    assert!(screen.post.drafts.is_empty());
    assert!(
        screen.model.composers.open.is_empty(),
        "the open one goes with its draft"
    );
}

#[test]
fn an_address_is_completed() {
    let mut screen = screen();
    screen.press("c");
    screen.type_text("bo");
    assert!(screen.shows("Bodil Berg"));
    screen.press("tab");
    screen.type_text("cl");
    screen.press("down enter");
    assert_eq!(
        front(&screen).to,
        "Bob Brown <bob@example.org>, Clara Çelik <clara@example.org>, "
    );
    screen.type_text("bo");
    screen.press("down down up down tab");
    assert!(
        front(&screen)
            .to
            .ends_with("Bodil Berg <bodil@example.net>, ")
    );
    screen.type_text("nobody");
    screen.press("tab");
    assert_eq!(screen.model.composers.front().unwrap().place, Place::Cc);
    // Who moved to an offer leaves the offers first; who did not has typed all there is.
    screen.type_text("bo");
    screen.press("down esc");
    assert!(screen.model.composers.front().unwrap().is_typing && !screen.shows("Tab takes it"));
    screen.type_text("d");
    assert!(screen.shows("Tab takes it"));
    screen.press("esc");
    assert!(!screen.model.composers.front().unwrap().is_typing && !screen.shows("Tab takes it"));
    // What stands there whole is not offered again.
    screen.press("enter ctrl-u");
    screen.type_text("BOB@example.or");
    assert!(screen.shows("Tab takes it"), "{}", screen.text());
    screen.type_text("g");
    assert!(!screen.shows("Tab takes it"), "{}", screen.text());
}

#[test]
fn an_address_to_bounce_to_is_completed() {
    let mut screen = screen();
    screen.press(": b o u n c e enter");
    screen.type_text("bo");
    assert!(
        screen.shows("Bodil Berg <bodil@example.net>"),
        "{}",
        screen.text()
    );
    screen.press("down down enter");
    assert!(screen.shows("bounce to: Bodil Berg <bodil@example.net>,"));
    screen.type_text("cl");
    screen.press("tab enter");
    let to = screen.effects.iter().find_map(|effect| match effect {
        Effect::Bounce { to, .. } => Some(to.as_str()),
        _ => None,
    });
    let both = "Bodil Berg <bodil@example.net>, Clara Çelik <clara@example.org>, ";
    assert_eq!(to, Some(both));
}

#[test]
fn a_file_is_attached_by_its_path_and_taken_off_again() {
    let mut screen = screen();
    screen.press("r esc a");
    screen.type_text("~/m");
    screen.press("tab");
    assert!(screen.shows("attach: ~/menu") && screen.shows("menu-2.pdf"));
    screen.type_text(".pdf");
    screen.press("enter");
    assert_eq!(front(&screen).attachments[0].name, "menu.pdf");
    assert!(screen.shows("menu.pdf  1.2 MB"), "{}", screen.text());
    screen.press("a");
    screen.type_text("missing");
    screen.press("enter");
    assert!(screen.shows("not attached"));
    screen.press("gg j j j j j d");
    assert!(front(&screen).attachments.is_empty(), "{}", screen.text());
}

#[test]
fn a_reply_without_a_quote_has_its_own_key() {
    let mut screen = screen();
    screen.press("R");
    let kind = screen.effects.iter().find_map(|effect| match effect {
        Effect::BeginReply { kind, .. } => Some(*kind),
        _ => None,
    });
    assert_eq!(kind, Some(ReplyKind::Unquoted));
}

#[test]
fn the_identity_is_chosen() {
    let mut screen = screen();
    screen.press("c esc i");
    assert_eq!(front(&screen).from, "Anna Abel <a.abel@example.org>");
    screen.press("gg enter right");
    assert_eq!(front(&screen).from, "Anna Abel <anna@example.org>");
    screen.type_text("x");
    assert_eq!(front(&screen).from, "Anna Abel <anna@example.org>");
}

#[test]
fn text_that_is_too_long_is_refused_with_words_and_never_cut() {
    let mut screen = screen();
    screen.press("r");
    let before = front(&screen);
    screen.send(Event::Paste("a line of a log\n".repeat(100_000)));
    assert!(screen.shows("longer than 1 MiB"), "{}", screen.text());
    assert_eq!(front(&screen), before);
    let n_open = screen.model.composers.open.len();
    screen.send(Event::Draft(Box::new(Draft {
        revision: first(DraftId(77)),
        account: HOME,
        composition: Composition {
            body: "a line of a log\n".repeat(100_000),
            ..Composition::default()
        },
    })));
    assert!(screen.shows("not opened"), "{}", screen.text());
    assert_eq!(screen.model.composers.open.len(), n_open);
}

#[test]
fn undo_takes_back_what_was_done_last() {
    let mut screen = screen();
    screen.press("r esc y");
    assert!(screen.shows("Sending in"));
    screen.press("s u");
    let undone = screen
        .effects
        .iter()
        .any(|effect| matches!(effect, Effect::Undo(_)));
    let taken = screen
        .effects
        .iter()
        .any(|effect| matches!(effect, Effect::TakeBack(_)));
    assert!(undone && !taken, "the star came after the mail");
    screen.send(Event::Now {
        seconds: NOW + 11,
        offset: 0,
    });
    let mut later = Screen::new(inbox()).at(100, 30);
    later.press("r esc y");
    later.send(Event::Now {
        seconds: NOW + 11,
        offset: 0,
    });
    later.press("u");
    assert!(
        !later
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::TakeBack(_))),
        "it has gone"
    );
}

#[test]
fn an_editor_of_ones_own_gets_the_mail_and_its_work_is_reviewed() {
    let mut screen = screen();
    screen.press("r esc e");
    let lent = Lent::by(&screen);
    assert!(
        lent.base.draft().is_some(),
        "a crash of the editor loses nothing"
    );
    let edited = Composition {
        subject: "Re: Lunch, gladly".to_owned(),
        body: "From the editor.\n".to_owned(),
        ..lent.composition.clone()
    };
    screen.send(lent.edited(edited, None));
    assert_eq!(front(&screen).body, "From the editor.\n");
    assert!(!screen.model.composers.front().unwrap().is_typing);
    assert_eq!(screen.post.drafts[0].1.subject, "Re: Lunch, gladly");
    screen.press("u");
    assert!(
        front(&screen).body.contains("harbour"),
        "the text before comes back"
    );
}

#[test]
fn with_editor_external_a_mail_goes_to_the_editor_at_once() {
    let ui = UiSettings {
        editor: Editor::External,
        ..UiSettings::default()
    };
    let settings = Settings {
        ui,
        ..Settings::default()
    };
    let mut screen = Screen::with(settings, inbox()).at(100, 30);
    screen.press("c");
    assert!(
        matches!(screen.effects.last(), Some(Effect::EditExternally { .. })),
        "{:?}",
        screen.effects.last()
    );
}

#[test]
fn text_of_any_size_is_pasted_and_keys_of_typing_are_never_commands() {
    let mut screen = screen();
    screen.press("r");
    screen.send(Event::Paste("line\r\n".repeat(50_000)));
    assert!(front(&screen).body.matches("line\n").count() == 50_000);
    screen.press("ctrl-7");
    assert!(!front(&screen).body.contains("line\n"));
    for c in ('!'..='~').filter(|c| *c != ' ') {
        screen.type_text(&c.to_string());
    }
    assert!(front(&screen).body.contains("abcdefghijklmnopqrstuvwxyz"));
    assert!(!is_mail(&screen) && screen.model.overlay.is_none());
}
