//! The list and its window: the cursor stays on its message whatever comes and goes around it.

use sterna::channel::effect::Effect;
use sterna::channel::event::Event;
use sterna::channel::job::Job;
use sterna::channel::rows::Anchor;
use sterna::command::preset::Pane;
use sterna::mail::flag::SystemFlag;

use crate::harness::*;

#[test]
fn the_list_is_limited_as_typed_and_esc_clears() {
    let mut screen = narrow();
    screen.press("\\ i n v");
    assert!(screen.shows("Invoice") && !screen.shows("Lunch"));
    screen.type_text("x");
    assert!(screen.shows("Nothing matches \"invx\" in Inbox. Esc clears."));
    screen.press("backspace enter");
    assert!(screen.shows("1 with \"inv\"") && screen.shows("Invoice"));
    screen.press("esc");
    assert!(screen.shows("Lunch") && screen.model.list.limit.is_empty());
    assert_eq!(
        screen.subject(),
        "Re: Invoice 2026-031",
        "the cursor stays on what was found"
    );
}

#[test]
fn the_cursor_stays_on_its_message_when_mail_arrives_above() {
    let mut screen = Screen::new(many(50)).at(80, 24);
    for (keys, at_newest) in [("", true), ("j j j", true), ("G", false)] {
        screen.press(keys);
        let before = screen.subject().to_owned();
        let line = screen
            .text()
            .lines()
            .position(|line| line.starts_with('▌'))
            .unwrap();
        let number = 51 + u32::try_from(screen.rows.len()).unwrap();
        screen
            .rows
            .push(row(number, -1, "New", &format!("New mail {number}"), &[]));
        screen.rows_changed();
        assert_eq!(screen.subject(), before);
        let after = screen
            .text()
            .lines()
            .position(|line| line.starts_with('▌'))
            .unwrap();
        assert_eq!(
            screen.shows(&format!("New mail {number}")),
            at_newest,
            "{keys}"
        );
        assert_eq!(after, line + usize::from(at_newest), "{keys}");
    }
}

#[test]
fn while_headers_are_still_coming_an_untouched_cursor_stays_at_the_top() {
    let mut screen = Screen::new(many(50));
    screen.folders[0].total = Some(100_000);
    let mut screen = screen.at(80, 24);
    let arrive = |screen: &mut Screen, number: u32| {
        screen
            .rows
            .push(row(number, -1, "Ann", &format!("Newer {number}"), &[]));
        screen.rows_changed();
        screen.folders[0].total = Some(100_000);
        screen.subject().to_owned()
    };
    assert_eq!(arrive(&mut screen, 101), "Newer 101");
    screen.press("j");
    let chosen = screen.subject().to_owned();
    assert_eq!(arrive(&mut screen, 102), chosen, "the user has chosen");
}

#[test]
fn a_vanished_message_under_the_cursor_gives_way_to_the_next_row() {
    let mut screen = wide();
    screen.press("j j");
    screen.rows.retain(|row| row.key.uid != 18);
    screen.rows_changed();
    assert!(screen.subject().starts_with("Photos"));
    screen.press("G");
    screen.rows.retain(|row| row.key.uid != 11);
    screen.rows_changed();
    assert_eq!(
        screen.subject(),
        "مرحبا بكم",
        "the last row gives way to the one above"
    );
    screen.rows.clear();
    screen.folders[0].total = Some(0);
    screen.rows_changed();
    assert!(screen.shows("No messages in Inbox."));
}

#[test]
fn an_open_message_that_vanishes_stays_readable_and_no_other_is_marked_read() {
    let mut screen = narrow();
    screen.press("enter");
    let text = screen.line_with("Hello Anna,").unwrap();
    screen.rows.retain(|row| row.key.uid != 20);
    screen.rows_changed();
    assert_eq!(screen.model.focus, Pane::Message);
    assert!(screen.shows("Gone: it is no longer in this folder, another client removed it."));
    assert!(screen.shows("that message is no longer in this folder"));
    assert!(screen.shows(text.trim()));
    screen.ring(is_mark_read);
    screen.press("e s d");
    assert!(
        screen.operations().is_empty(),
        "nothing is done to another message instead"
    );
    assert!(screen.shows("this message is no longer in this folder"));
    // The next one is the one that followed it.
    screen.press("j");
    assert_eq!(screen.subject(), "Re: Invoice 2026-031");
    assert!(!screen.shows("Gone:"));
}

#[test]
fn a_long_list_is_walked_in_windows() {
    let mut screen = Screen::new(many(5_000)).at(80, 24);
    for _ in 0..600 {
        screen.press("pgdn");
    }
    assert_eq!(screen.subject(), "Message 1");
    assert!(screen.model.list.rows.len() < 300, "only a window is held");
    screen.press("gg");
    assert_eq!(screen.subject(), "Message 5000");
    screen.press("G");
    assert_eq!(screen.subject(), "Message 1");
}

#[test]
fn an_answer_to_an_older_request_is_dropped() {
    let mut screen = narrow();
    screen.answers = false;
    screen.press("\\ l u n");
    let queries: Vec<_> = screen
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::LoadWindow(query) => Some(query.clone()),
            _ => None,
        })
        .collect();
    let old = queries
        .iter()
        .rfind(|query| query.limit == "l")
        .unwrap()
        .clone();
    let window = sterna::channel::rows::Window {
        query: old,
        rows: many(3),
        more_above: false,
        more_below: false,
        n_matching: 3,
    };
    screen.send(Event::Rows(window));
    assert!(!screen.shows("Message 3"));
}

#[test]
fn changes_while_a_window_is_awaited_are_asked_for_once_it_came() {
    let mut screen = narrow();
    screen.answers = false;
    let asked = |screen: &Screen| {
        screen
            .effects
            .iter()
            .filter(|effect| matches!(effect, Effect::LoadWindow(_)))
            .count()
    };
    let before = asked(&screen);
    for _ in 0..100 {
        screen.send(Event::RowsChanged(INBOX));
    }
    assert_eq!(asked(&screen), before + 1);
    let query = screen.model.list.awaited.clone().unwrap();
    screen.send(Event::Rows(screen.window(query)));
    assert_eq!(asked(&screen), before + 2);
}

#[test]
fn going_to_the_oldest_row_fetches_it_first_while_headers_are_missing() {
    let mut screen = Screen::new(many(100));
    screen.folders[0].total = Some(100_000);
    let mut screen = screen.at(80, 24);
    assert!(screen.shows("Headers: 100 of 100,000, newest first."));
    screen.press("G");
    assert!(screen.jobs().contains(&&Job::WantOldest(INBOX)));
    assert!(screen.effects.iter().any(
        |effect| matches!(effect, Effect::LoadWindow(query) if query.anchor == Anchor::Oldest)
    ));
    screen.rows.push(row(
        100_001,
        900 * DAY,
        "First",
        "The very first",
        &["\\Seen"],
    ));
    screen.count();
    screen.send(Event::RowsChanged(INBOX));
    assert_eq!(
        screen.subject(),
        "The very first",
        "the cursor follows until it is moved"
    );
    screen.press("k");
    screen
        .rows
        .push(row(100_002, 950 * DAY, "Zeroth", "Even older", &["\\Seen"]));
    screen.count();
    screen.send(Event::RowsChanged(INBOX));
    assert_eq!(screen.subject(), "Message 1");
}

#[test]
fn unread_messages_are_found_beyond_the_window() {
    let mut rows = many(3_000);
    rows[2_500].flags.set_system(SystemFlag::Seen, false);
    let subject = rows[2_500].subject.as_str().to_owned();
    let mut screen = Screen::new(rows).at(80, 24);
    screen.press("n");
    assert_eq!(screen.subject(), subject);
    screen.press("n");
    assert!(screen.shows("no unread message below"));
    assert_eq!(screen.subject(), subject);
    screen.press("p");
    assert!(screen.shows("no unread message above"));
    assert_eq!(screen.subject(), subject, "a search in vain leads nowhere");
    screen.press("I n");
    assert!(screen.shows("no unread messages in this folder"));
}
