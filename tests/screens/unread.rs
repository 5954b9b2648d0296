//! Along the unread messages, and what the message pane can show of one: all headers, the other form.

use sterna::app::model::Settings;
use sterna::channel::effect::Effect;
use sterna::channel::event::Event;
use sterna::command::keys::parse_sequence;
use sterna::command::preset::{Pane, Preset};
use sterna::config::ui_settings::{Binding, UiSettings};
use sterna::mail::flag::SystemFlag;
use sterna::mail::mailbox::MailboxId;

use crate::harness::*;

const RUST: MailboxId = MailboxId::new(7);

/// Read mail in the inbox, with one unread message in the middle, and two in a folder below.
fn two_folders() -> Screen {
    let mut rows = many(40);
    rows[20].flags.set_system(SystemFlag::Seen, false);
    for (number, age) in [(101, 5), (102, 3), (103, 1)] {
        let flags: &[&str] = if number == 102 { &["\\Seen"] } else { &[] };
        let mut row = row(
            number,
            age * HOUR,
            "Ferris",
            &format!("Rust {number}"),
            flags,
        );
        row.mailbox = RUST;
        rows.push(row);
    }
    let mut screen = Screen::new(rows);
    screen.folders[6].unread = Some(2);
    screen.at(160, 40)
}

#[test]
fn a_search_beyond_the_window_asks_the_store_once() {
    let mut rows = many(30_000);
    rows[29_000].flags.set_system(SystemFlag::Seen, false);
    let subject = rows[29_000].subject.as_str().to_owned();
    let mut screen = Screen::new(rows).at(80, 24);
    let asked = |screen: &Screen| {
        let effects = screen.effects.iter();
        effects
            .filter(|effect| matches!(effect, Effect::FindUnread(_) | Effect::LoadWindow(_)))
            .count()
    };
    let before = asked(&screen);
    screen.press("n");
    assert_eq!(screen.subject(), subject);
    assert_eq!(asked(&screen) - before, 2, "one look, one window");
}

#[test]
fn a_search_whose_cursor_has_moved_on_leads_nowhere() {
    let mut rows = many(3_000);
    rows[2_500].flags.set_system(SystemFlag::Seen, false);
    let mut screen = Screen::new(rows.clone()).at(80, 24);
    screen.answers = false;
    screen.press("n j");
    let subject = screen.subject().to_owned();
    let serial = screen.effects.iter().find_map(|effect| match effect {
        Effect::FindUnread(query) => Some(query.serial),
        _ => None,
    });
    screen.send(Event::UnreadFound {
        serial: serial.unwrap(),
        found: Some((INBOX, rows[2_500].key)),
    });
    assert_eq!(screen.subject(), subject);
}

#[test]
fn capital_n_goes_on_in_the_other_folders_and_comes_round() {
    let mut screen = two_folders();
    let mut went = Vec::new();
    for _ in 0..4 {
        screen.press("N");
        went.push(screen.subject().to_owned());
    }
    assert_eq!(went, ["Message 20", "Rust 103", "Rust 101", "Message 20"]);
    screen.press("P");
    assert_eq!(
        screen.subject(),
        "Rust 101",
        "the other way: from the oldest up"
    );
    screen.press("P P");
    assert_eq!(screen.subject(), "Message 20");
}

#[test]
fn who_reads_goes_on_reading_in_the_other_folder() {
    let mut screen = two_folders();
    screen.press("N enter N");
    assert_eq!(
        (screen.subject(), screen.model.focus),
        ("Rust 103", Pane::Message)
    );
}

#[test]
fn a_search_in_vain_says_where_else_there_is_something() {
    let mut screen = two_folders();
    screen.press("n n");
    assert_eq!(screen.subject(), "Message 20");
    assert!(screen.shows("no unread message below; N looks in the other folders"));
    screen.press("j n");
    assert!(screen.shows("below; p looks above, N in the other folders"));
    screen.press("k");
    screen.folders[6].unread = Some(0);
    screen.rows.retain(|row| row.mailbox == INBOX);
    screen.send(Event::FoldersChanged);
    screen.press("n");
    assert!(screen.shows("no unread message below") && !screen.shows("looks in"));
    screen.press("N");
    assert!(screen.shows("no other unread message in this account"));
}

#[test]
fn words_name_the_keys_as_they_are_bound() {
    let bind = vec![
        Binding {
            keys: parse_sequence("ctrl-n").unwrap(),
            line: "next-in-all".to_owned(),
        },
        Binding {
            keys: parse_sequence("?").unwrap(),
            line: "top".to_owned(),
        },
        Binding {
            keys: parse_sequence("f1").unwrap(),
            line: "top".to_owned(),
        },
    ];
    let ui = UiSettings {
        keys: Preset::Mutt,
        bind,
        ..UiSettings::default()
    };
    let settings = Settings {
        ui,
        ..Settings::default()
    };
    let mut screen = Screen::with(settings, inbox());
    screen.folders[6].unread = Some(2);
    let mut screen = screen.at(100, 30);
    screen.press("X");
    assert!(screen.shows("no action on X, :help for help"));
    screen.press("G p p p p p n");
    screen.press("* n");
    assert!(
        screen.shows("Ctrl-N in the other folders"),
        "{}",
        screen.text()
    );
    screen.press("ctrl-c");
    assert!(screen.shows("press Q to quit"));
}

#[test]
fn all_headers_are_shown_whole_and_scroll() {
    let mut screen = Screen::new(inbox()).at(80, 24);
    screen.press("enter");
    assert!(!screen.shows("X-Header-1:"));
    screen.press("H");
    insta::assert_snapshot!("all_headers_80x24", screen.text());
    assert!(!screen.shows("X-Header-30:") && !screen.shows("harbour"));
    screen.press("space");
    assert!(screen.shows("X-Header-30:") && screen.shows("harbour"));
    screen.press("q j enter");
    assert!(screen.shows("X-Header-1:"), "the next message too");
    screen.press("H");
    assert!(!screen.shows("X-Header-1:"));
}

#[test]
fn the_other_form_of_a_text_is_shown_for_one_message() {
    let mut screen = Screen::new(inbox()).at(100, 30);
    screen.press("enter zh");
    assert!(screen.shows("Hello Anna, in HTML,"));
    assert!(screen.shows("the HTML form of this text"));
    screen.press("zh");
    assert!(!screen.shows("in HTML"));
    screen.press("zh q j enter");
    assert!(!screen.shows("in HTML"), "the next message begins anew");
    screen.press("zh");
    assert!(screen.shows("this text has only one form"));
}
