//! The mouse starts what the hints name.

use sterna::channel::effect::Effect;
use sterna::channel::event::Event;
use sterna::channel::mouse::Mouse;
use sterna::channel::operation::Change;
use sterna::channel::outbox::OutboxState;
use sterna::command::preset::Pane;
use sterna::mail::flag::SystemFlag;

use crate::harness::*;
use crate::post::row as mail;
use crate::triage::{at, flag, last};

/// Clicks on the hint of these words, two columns behind its beginning.
fn click_hint(screen: &mut Screen, words: &str, rows: u16) {
    let text = screen.text();
    let line = text.lines().last().unwrap();
    let at = line
        .find(words)
        .unwrap_or_else(|| panic!("{words}: {line}"));
    screen.send(Event::Mouse(Mouse::Click {
        column: u16::try_from(line[..at].chars().count()).unwrap() + 2,
        row: rows - 1,
        selects: false,
    }));
}

#[test]
fn a_click_on_a_hint_does_what_it_says() {
    for (columns, rows) in [(100, 30), (200, 50)] {
        let mut screen = at(columns, rows);
        screen.press("x x");
        click_hint(&mut screen, "s star", rows);
        assert_eq!(last(&screen).0, [flag(SystemFlag::Flagged, true)]);
        click_hint(&mut screen, "e archive", rows);
        assert!(matches!(last(&screen).0[..], [Change::Move { .. }]));
        assert_eq!(last(&screen).1.len(), 2);
        click_hint(&mut screen, "u undo", rows);
        assert!(screen.shows("taken back: archive (2 messages)"));
        // Beside them nothing happens, nor where something lies over the panes.
        let click = Mouse::Click {
            column: 0,
            row: rows - 1,
            selects: false,
        };
        screen.send(Event::Mouse(click));
        click_hint(&mut screen, "? help", rows);
        assert!(screen.model.overlay.is_some());
        click_hint(&mut screen, "e archive", rows);
        assert_eq!(screen.operations().len(), 2);
    }
}

#[test]
fn a_click_puts_the_cursor_on_a_message_and_one_more_opens_it() {
    let mut screen = at(80, 24);
    let click = |screen: &mut Screen, column, row| {
        screen.send(Event::Mouse(Mouse::Click {
            column,
            row,
            selects: false,
        }));
    };
    click(&mut screen, 30, 2);
    assert_eq!(
        (screen.model.list.cursor, screen.model.focus),
        (1, Pane::List)
    );
    click(&mut screen, 1, 2);
    assert_eq!(
        screen.model.focus,
        Pane::List,
        "the marks are for selecting"
    );
    screen.press("esc");
    click(&mut screen, 30, 2);
    assert_eq!(screen.model.focus, Pane::Message);
    // Who comes from another pane only goes to the list.
    let mut screen = at(160, 40);
    screen.press("tab");
    let list = screen.model.layout().unwrap().list.unwrap();
    click(&mut screen, list.x + 30, list.y + 1);
    assert_eq!(screen.model.focus, Pane::List);
}

#[test]
fn the_wheel_moves_in_what_lies_over_the_panes_and_closes_nothing() {
    let mut screen = at(80, 24);
    let turn = |screen: &mut Screen, down: bool| {
        let (column, row) = (20, 10);
        screen.send(Event::Mouse(if down {
            Mouse::ScrollDown { column, row }
        } else {
            Mouse::ScrollUp { column, row }
        }));
    };
    screen.press("?");
    assert!(screen.shows("Here, in the list pane"));
    turn(&mut screen, true);
    assert!(!screen.shows("Here, in the list pane"), "three lines on");
    turn(&mut screen, false);
    assert!(screen.shows("Here, in the list pane"));
    screen.press("esc g f");
    turn(&mut screen, true);
    screen.press("enter");
    assert_eq!(screen.model.list.mailbox, Some(screen.folders[1].mailbox));
    screen.press("gC");
    turn(&mut screen, true);
    assert!(screen.model.overlay.is_some(), "any key would close it");
}

#[test]
fn who_goes_on_by_a_click_does_not_end() {
    let mut screen = at(100, 30);
    let sending = mail(1, OutboxState::Sending, "Lunch");
    screen.send(Event::MailChanged(Box::new(sending)));
    screen.press("Q");
    assert!(screen.shows("Sending 1 mail"), "{}", screen.text());
    click_hint(&mut screen, "? help", 30);
    let sent = mail(1, OutboxState::Accepted, "Lunch");
    screen.send(Event::MailChanged(Box::new(sent)));
    assert!(!screen.effects.contains(&Effect::Quit));
}
