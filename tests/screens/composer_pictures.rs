//! Pictures of composers and of the outbox.

use sterna::channel::event::Event;
use sterna::channel::outbox::OutboxState;
use sterna::mail::composition::Composition;

use crate::harness::*;
use crate::pictures::{THEMES, themed};
use crate::post::row;
use crate::writing::Lent;

fn picture(name: &str, set: impl Fn(&mut Screen)) {
    for (columns, rows) in [(40, 12), (80, 24), (200, 50)] {
        let mut screen = Screen::new(inbox()).at(columns, rows);
        set(&mut screen);
        insta::assert_snapshot!(format!("{name}_{columns}x{rows}"), screen.text());
    }
}

#[test]
fn a_composer() {
    picture("composer", |screen| {
        screen.press("r");
        screen.type_text("Gladly! I bring the menu, and 👩‍👩‍👧 too. A line that is longer than the screen is wide goes on below.");
        screen.press("esc a");
        screen.type_text("~/menu.pdf");
        screen.press("enter gg");
    });
}

/// Where the cursor is, what is quoted, selected, offered and alarming is told without colours too.
#[test]
fn themes() {
    for (name, theme, colours) in THEMES.into_iter().skip(1) {
        let pictured = |what: &str, keys: &str| {
            let mut screen = themed(theme, colours);
            screen.post.outbox = vec![row(3, OutboxState::Uncertain, "Dinner on Saturday")];
            screen.send(Event::Outbox(screen.post.outbox.clone()));
            screen.press(keys);
            insta::assert_snapshot!(format!("{what}_{name}"), styles(&screen.buffer()));
        };
        pictured("composer", "r shift-up shift-up");
        pictured("review", "r esc gg j");
        pictured("completion", "c b o down");
        pictured("warnings", "c esc y");
        pictured("uncertain", "go");
    }
}

#[test]
fn a_text_is_typed() {
    picture("typing", |screen| {
        screen.press("c esc esc r");
        screen.type_text("Gladly!");
    });
}

#[test]
fn addresses_are_offered() {
    picture("completion", |screen| {
        screen.press("c");
        screen.type_text("bo");
        screen.press("down down");
    });
}

#[test]
fn a_mail_is_held() {
    picture("hold", |screen| {
        screen.press("r esc y");
        screen.send(Event::Now {
            seconds: NOW + 2,
            offset: 0,
        });
    });
}

#[test]
fn whom_it_goes_to_is_seen_whole() {
    picture("recipients", |screen| {
        screen.press("r esc gg j enter ctrl-u");
        let all = (1..=30).map(|n| format!("colleague-{n}@example.org"));
        screen.send(Event::Paste(all.collect::<Vec<_>>().join(", ")));
        screen.press("esc G");
    });
}

#[test]
fn files_are_offered() {
    picture("files", |screen| {
        screen.press("r esc a");
        screen.type_text("~/");
        screen.press("down down");
    });
}

#[test]
fn an_attachment_is_missing() {
    picture("missing_attachment", |screen| {
        screen.press("r");
        screen.type_text("I have attached the menu.");
        screen.press("esc y");
    });
}

#[test]
fn an_editor_has_ended() {
    picture("review", |screen| {
        screen.press("r esc e");
        let lent = Lent::by(screen);
        let edited = Composition {
            cc: "Clara Çelik <clara@example.org>".to_owned(),
            body: "Written in an editor of one's own.\n\n-- \nAnna\n".to_owned(),
            ..lent.composition.clone()
        };
        screen.send(lent.edited(edited, None));
    });
}

#[test]
fn the_outbox() {
    picture("outbox", |screen| {
        let mut again = row(2, OutboxState::Queued, "Invoice 2026-031");
        again.error = safe("451 4.7.1 Greylisted, try again later");
        again.not_before = Some(NOW + 300);
        let mut refused = row(4, OutboxState::Failed, "To nobody");
        refused.error = safe("550 5.1.1 <nobody@example.org>: no such user here");
        let mut later = row(5, OutboxState::Scheduled, "Happy birthday");
        later.not_before = Some(NOW + 4 * DAY);
        screen.post.outbox = vec![
            row(1, OutboxState::Sending, "Lunch on Friday?"),
            again,
            row(3, OutboxState::Uncertain, "東京の会議の議事録"),
            refused,
            later,
        ];
        screen.press("go j j");
    });
}

#[test]
fn a_mail_of_the_outbox_in_full() {
    picture("uncertain", |screen| {
        screen.post.outbox = vec![row(3, OutboxState::Uncertain, "Dinner on Saturday")];
        screen.press("go enter");
    });
}

#[test]
fn drafts() {
    picture("drafts", |screen| {
        screen.press("r");
        screen.type_text("x");
        screen.press("esc q c");
        screen.type_text("zoe@example.org");
        screen.press("esc q gw");
    });
}

#[test]
fn a_moment_is_typed() {
    picture("send_later", |screen| {
        screen.press("r esc S");
        screen.type_text("mon 8am");
    });
}
