//! What triage does to the list: rows leave at once and come back, the cursor rests, a selection is made.

use sterna::channel::effect::Effect;
use sterna::channel::error::RemoteError;
use sterna::channel::event::Event;
use sterna::channel::mouse::Mouse;
use sterna::channel::operation::{OperationId, Outcome, Stands, Ticket};
use sterna::command::preset::Pane;
use sterna::config::ui_settings::After;

use crate::harness::*;
use crate::triage::{after, at, last, narrow};

#[test]
fn the_cursor_rests_where_the_settings_say() {
    for (rest, open, subject, focus) in [
        (After::Next, false, "Lunch on Thursday?", Pane::List),
        (After::Newer, false, "Re: Lunch on Thursday?", Pane::List),
        (After::Next, true, "", Pane::Message),
        (After::List, true, "", Pane::List),
    ] {
        let mut screen = after(rest);
        let (newer, older) = (
            screen.model.list.rows[1].clone(),
            screen.model.list.rows[3].clone(),
        );
        screen.press(if open { "j j enter e" } else { "j j e" });
        let expected = if rest == After::Newer { newer } else { older };
        assert_eq!(
            screen.subject(),
            expected.subject.as_str(),
            "{rest:?} {subject}"
        );
        assert_eq!(screen.model.focus, focus, "{rest:?}");
        assert!(screen.shows("archived, u undoes"));
    }
}

#[test]
fn at_the_ends_of_the_list_the_cursor_rests_on_what_is_left() {
    let mut screen = narrow();
    let last = screen.model.list.rows[8].subject.clone();
    screen.press("G e");
    assert_eq!(screen.subject(), last.as_str());
    let mut screen = Screen::new(vec![row(1, 60, "Ann", "Only one", &[])]).at(80, 24);
    screen.press("enter e");
    assert!(screen.shows("No messages in Inbox."), "{}", screen.text());
    assert_eq!(screen.model.focus, Pane::List);
    screen.press("e s t v d x");
    assert!(screen.shows("no message here"));
    assert_eq!(screen.operations().len(), 1);
    screen.press("u");
    assert_eq!(screen.subject(), "Only one");
}

#[test]
fn undo_puts_the_cursor_on_what_came_back_and_redo_takes_it_away() {
    let mut screen = narrow();
    screen.press("j j");
    let subject = screen.subject().to_owned();
    screen.press("e G u");
    assert_eq!(screen.subject(), subject);
    assert!(screen.shows("taken back: archive"));
    screen.press("ctrl-r");
    assert!(screen.subject() != subject && screen.shows("done again: archive"));
    screen.press("u u");
    assert!(screen.shows("nothing to take back"));
    screen.press("ctrl-r ctrl-r");
    assert!(screen.shows("nothing to do again"));
}

#[test]
fn what_cannot_be_taken_back_is_said() {
    let mut screen = narrow();
    let subject = screen.subject().to_owned();
    screen.send(Event::Undone {
        ticket: Ticket(1),
        label: "delete".to_owned(),
        n_restored: 0,
        n_skipped: 0,
        cursor: None,
        stands: Some(Stands::Deleted),
        redo: false,
        n_pending: 0,
    });
    assert!(screen.shows("the last action cannot be taken back: deleted for good"));
    assert_eq!(screen.subject(), subject);
}

#[test]
fn a_message_that_was_only_opened_does_not_stand_in_the_way_of_undo() {
    let mut screen = narrow();
    screen.press("e n enter");
    screen.ring(|timer| matches!(timer, sterna::channel::event::Timer::MarkRead(_)));
    let operations = screen.operations();
    let read = operations.last().unwrap();
    assert_eq!((read.label.as_str(), read.hold_seconds), ("", 0));
    screen.press("u");
    assert!(screen.shows("taken back: archive"));
}

#[test]
fn rows_leave_at_once_and_a_window_read_before_does_not_bring_them_back() {
    let mut screen = narrow();
    let subject = screen.subject().to_owned();
    screen.answers = false;
    screen.press("e");
    assert!(!screen.shows(&subject) && screen.shows("archiving"));
    assert!(screen.shows("3 unread of 9"), "{}", screen.text());
    screen.send(Event::RowsChanged(INBOX));
    let query = screen.model.list.awaited.clone().unwrap();
    let window = sterna::channel::rows::Window {
        query,
        rows: screen.rows.clone(),
        more_above: false,
        more_below: false,
        n_matching: 10,
    };
    screen.send(Event::Rows(window));
    assert!(!screen.shows(&subject));
}

#[test]
fn an_action_that_cannot_be_recorded_is_taken_back() {
    let mut screen = narrow();
    screen.press("x x x");
    screen.records = false;
    screen.press("e");
    assert!(screen.shows("not archived: the store could not be read or written: disk full"));
    assert!(screen.shows("4 unread of 10"));
    assert_eq!(screen.model.list.rows.len(), 10);
}

#[test]
fn what_the_server_refuses_comes_back_with_its_words() {
    let mut screen = narrow();
    screen.press("x x x e");
    assert!(screen.shows("archived 3 messages, u undoes"));
    let error = RemoteError::Refused {
        action: "move messages",
        text: safe("Quota exceeded"),
    };
    let targets = screen.operations()[0].targets.clone();
    let refused = [targets[0], targets[1]].map(|target| (target, Outcome::Parked(error.clone())));
    screen.send(Event::Closed {
        operation: OperationId(1),
        outcomes: refused.to_vec(),
        n_pending: 1,
    });
    assert!(
        screen.shows("2 messages not archived, gS tells all: "),
        "{}",
        screen.text()
    );
    assert!(screen.shows("1 pending"));
    // Of an earlier start only the journal knows.
    screen.send(Event::Closed {
        operation: OperationId(77),
        outcomes: vec![(targets[0], Outcome::Parked(error))],
        n_pending: 0,
    });
    assert!(screen.shows("an earlier change was refused, gS tells all: "));
}

#[test]
fn a_selection_is_made_by_hand_by_thread_by_range_and_by_words() {
    let all = 10;
    for (keys, n) in [
        ("x", 1),
        ("x x", 2),
        ("x k x", 0),
        ("X", 1),
        ("V j j", 3),
        ("V j j V", 3),
        ("V G", all),
        ("* a", all),
        ("* u", 4),
        ("x * i", all - 1),
        ("* i", all),
        ("* a * n", 0),
        ("* a esc", 0),
        ("* / i n v enter", 1),
        ("\\ i n v enter * a", 1),
        ("\\ i n v enter * a esc", 0),
    ] {
        let mut screen = narrow();
        screen.press(keys);
        let words = format!("{n} selected");
        let right = screen.text().lines().rev().nth(1).unwrap().contains(&words);
        assert_eq!(right, n > 0, "{keys}: {}", screen.text());
    }
}

#[test]
fn acts_are_about_the_selection_and_about_the_open_message_alone() {
    let mut screen = narrow();
    screen.press("x j x e");
    assert_eq!(last(&screen).1.len(), 2);
    assert!(screen.model.list.selection.is_empty());
    let mut screen = narrow();
    screen.press("x x G enter s");
    assert_eq!(last(&screen).1, [11], "what is before the reader's eyes");
    screen.press("q s");
    assert_eq!(last(&screen).1.len(), 2);
    assert_eq!(
        screen.model.list.selection.chosen.len(),
        2,
        "it did not leave, so it stays selected"
    );
    screen.press("V j e");
    assert_eq!(
        last(&screen).1.len(),
        3,
        "a range that is still open counts"
    );
}

#[test]
fn ten_thousand_selected_messages_are_one_effect_and_leave_at_once() {
    let mut screen = Screen::new(many(10_000)).at(80, 24);
    screen.press("* a");
    assert!(screen.shows("10,000 selected"));
    let before = screen.effects.len();
    screen.answers = false;
    screen.press("s");
    let records = screen.effects[before..]
        .iter()
        .filter(|effect| matches!(effect, Effect::Record(_)));
    assert_eq!(records.count(), 1);
    assert_eq!(last(&screen).1.len(), 10_000);
    screen.answers = true;
    screen.press("e");
    assert!(screen.shows("No messages in Inbox."), "{}", screen.text());
    screen.press("u");
    assert!(
        screen.shows("taken back: archive (10,000 messages)"),
        "{}",
        screen.text()
    );
    assert!(!screen.model.list.rows.is_empty());
}

#[test]
fn while_the_store_is_behind_an_empty_window_is_not_asked_for_again_and_again() {
    let mut screen = Screen::new(many(1_000)).at(80, 24);
    screen.press("* a");
    screen.answers = false;
    screen.press("e");
    let windows = |screen: &Screen| {
        screen
            .effects
            .iter()
            .filter(|effect| matches!(effect, Effect::LoadWindow(_)))
            .count()
    };
    for _ in 0..5 {
        let Some(query) = screen.model.list.awaited.clone() else {
            break;
        };
        let window = sterna::channel::rows::Window {
            rows: screen.rows.iter().take(200).cloned().collect(),
            query,
            more_above: false,
            more_below: true,
            n_matching: 1_000,
        };
        screen.send(Event::Rows(window));
    }
    assert!(screen.model.list.rows.is_empty() && !screen.shows("No messages"));
    let n = windows(&screen);
    screen.press("esc");
    assert_eq!(windows(&screen), n);
}

#[test]
fn a_range_beyond_the_window_is_looked_up() {
    let mut screen = Screen::new(many(5_000)).at(80, 24);
    screen.press("j V G e");
    assert_eq!(last(&screen).1.len(), 4_999);
    assert!(
        screen.shows("archived 4,999 messages, u undoes"),
        "{}",
        screen.text()
    );
}

#[test]
fn the_mouse_selects_on_the_marks_and_with_ctrl() {
    let mut screen = at(100, 30);
    let x = screen.model.layout().unwrap().list.unwrap().x;
    let mut click = |column, row, selects| {
        screen.send(Event::Mouse(Mouse::Click {
            column,
            row,
            selects,
        }));
        screen.model.list.selection.chosen.len()
    };
    assert_eq!(click(x + 20, 2, false), 0);
    assert_eq!(click(x + 20, 2, true), 1);
    assert_eq!(click(x + 1, 3, false), 2);
    assert_eq!(click(x + 1, 3, false), 1);
}
