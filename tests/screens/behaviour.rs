//! What keys and events do, one sentence each.

use sterna::app::model::Settings;
use sterna::channel::effect::Effect;
use sterna::channel::error::RemoteError;
use sterna::channel::event::{Connection, Event, Timer};
use sterna::channel::job::Job;
use sterna::channel::mouse::Mouse;
use sterna::channel::operation::{GroupId, OperationId, Outcome, Target};
use sterna::channel::rows::Anchor;
use sterna::command::keys::parse_sequence;
use sterna::command::preset::{Pane, Preset};
use sterna::config::ui_settings::{Binding, MarkRead, UiSettings};
use sterna::mail::flag::SystemFlag;
use sterna::mail::styled::TextForm;

use crate::harness::*;

fn wide() -> Screen {
    Screen::new(inbox()).at(160, 45)
}

fn narrow() -> Screen {
    Screen::new(inbox()).at(80, 24)
}

fn with_ui(ui: UiSettings) -> Screen {
    Screen::with(
        Settings {
            ui,
            ..Settings::default()
        },
        inbox(),
    )
    .at(80, 24)
}

fn is_mark_read(timer: &Timer) -> bool {
    matches!(timer, Timer::MarkRead(_))
}

fn offline(cause: &str, retry_seconds: Option<u64>) -> Event {
    let error = RemoteError::Offline { cause: safe(cause) };
    Event::Connection {
        account: HOME,
        state: Connection::Offline {
            error,
            retry_seconds,
        },
    }
}

// The list and its window.

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
    let rows = screen.rows.clone();
    let window = sterna::channel::rows::Window {
        query,
        rows,
        more_above: false,
        more_below: false,
        n_matching: 10,
    };
    screen.send(Event::Rows(window));
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

// Opening, reading, marking.

#[test]
fn moving_the_cursor_never_marks_read_and_opening_does_after_the_time() {
    let mut screen = wide();
    screen.press("j j k k");
    screen.ring_previews();
    screen.ring(is_mark_read);
    assert!(screen.operations().is_empty());
    screen.press("enter");
    assert!(!screen.is_seen(), "not before the time is over");
    assert!(
        screen
            .timers
            .iter()
            .any(|(ms, timer)| is_mark_read(timer) && *ms == 2_000)
    );
    screen.ring(is_mark_read);
    assert!(screen.is_seen());
    assert_eq!(screen.operations().len(), 1);
    assert!(screen.shows("1 pending") && screen.shows("3 unread of 10"));
}

#[test]
fn a_message_that_was_left_before_the_time_stays_unread() {
    let mut screen = narrow();
    screen.press("enter q");
    screen.ring(is_mark_read);
    assert!(screen.operations().is_empty());
}

#[test]
fn a_message_marked_unread_while_it_is_open_stays_unread() {
    let mut screen = narrow();
    screen.press("enter I U");
    assert_eq!(screen.operations().len(), 2);
    screen.ring(is_mark_read);
    assert!(!screen.is_seen());
}

#[test]
fn a_text_that_is_not_there_does_not_count_as_read() {
    let mut screen = narrow();
    screen.has_bodies = false;
    screen.press("enter");
    assert!(screen.shows("Not on this machine and offline: it will load on reconnect."));
    assert!(!screen.timers.iter().any(|(_, timer)| is_mark_read(timer)));
}

#[test]
fn mark_read_after_open_and_never() {
    for (setting, n_expected) in [(MarkRead::OnOpen, 1), (MarkRead::Never, 0)] {
        let mut screen = with_ui(UiSettings {
            mark_read_after: setting,
            ..UiSettings::default()
        });
        screen.press("enter");
        screen.ring(is_mark_read);
        assert_eq!(screen.operations().len(), n_expected);
    }
}

#[test]
fn a_change_that_cannot_be_recorded_is_taken_back() {
    let mut screen = narrow();
    screen.records = false;
    screen.press("I");
    assert!(!screen.is_seen());
    assert!(screen.shows("not marked read: the store could not be read or written: disk full"));
    assert!(screen.shows("4 unread of 10") && !screen.shows("pending"));
}

#[test]
fn a_change_is_shown_at_once_and_counted_when_it_is_durable() {
    let mut screen = narrow();
    screen.answers = false;
    screen.press("I");
    assert!(screen.is_seen() && screen.shows("3 unread of 10") && !screen.shows("pending"));
    // A window read before the commit must not take it back.
    screen.send(Event::RowsChanged(INBOX));
    let query = screen.model.list.awaited.clone().unwrap();
    let rows = screen.rows.clone();
    let window = sterna::channel::rows::Window {
        query,
        rows,
        more_above: false,
        more_below: false,
        n_matching: 10,
    };
    screen.send(Event::Rows(window));
    assert!(screen.is_seen());
    let ticket = screen.operations()[0].ticket;
    screen.send(Event::Recorded {
        ticket,
        group: GroupId(1),
        operations: vec![OperationId(1)],
        n_targets: 1,
        created: None,
        n_pending: 1,
    });
    assert!(screen.shows("1 pending"));
}

#[test]
fn a_change_that_the_server_refuses_is_undone_and_explained() {
    let mut screen = narrow();
    screen.press("I");
    assert!(screen.is_seen());
    let target = Target {
        message: id(20),
        mailbox: INBOX,
    };
    let error = RemoteError::Refused {
        action: "change the flag",
        text: safe("mailbox is read-only"),
    };
    screen.send(Event::Closed {
        operation: OperationId(1),
        outcomes: vec![(target, Outcome::Parked(error))],
        n_pending: 0,
    });
    // The store puts the row back by itself.
    screen.rows[0].flags.set("\\Seen", false);
    screen.rows_changed();
    assert!(!screen.is_seen());
    assert!(screen.shows("not marked read, gS tells all: the server would"));
    assert!(!screen.shows("pending"));
}

#[test]
fn space_reads_on_and_then_goes_to_the_next_unread_message() {
    let mut screen = narrow();
    screen.press("space");
    assert_eq!(screen.model.focus, Pane::Message);
    for _ in 0..10 {
        if screen.model.list.cursor == 0 {
            screen.press("space");
        }
    }
    assert_eq!(screen.subject(), "東京の会議の議事録を送ります");
    assert_eq!(screen.model.message.scroll, 0);
    screen.press("space minus");
    assert_eq!(screen.model.message.scroll, 0);
}

#[test]
fn the_preview_waits_until_the_cursor_rests_and_the_latest_wins() {
    let mut screen = wide();
    screen.effects.clear();
    screen.press("j j j");
    assert!(
        !screen
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::LoadMessage { .. }))
    );
    screen.ring_previews();
    let loaded: Vec<_> = screen
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::LoadMessage { message, .. } => Some(*message),
            _ => None,
        })
        .collect();
    assert_eq!(loaded, [id(17)]);
    // A late answer for another message changes nothing.
    let other = view(&inbox()[0], INBOX, 70, TextForm::Plain);
    screen.send(Event::Message(Box::new(other)));
    assert_eq!(screen.model.message.view().unwrap().message, id(17));
}

#[test]
fn a_narrow_list_loads_no_message_before_it_is_opened() {
    let mut screen = narrow();
    screen.press("j j");
    screen.ring_previews();
    assert!(
        !screen
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::LoadMessage { .. }))
    );
    screen.send(Event::Resize {
        columns: 160,
        rows: 45,
    });
    screen.ring_previews();
    assert!(
        screen
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::LoadMessage { .. }))
    );
}

#[test]
fn another_width_has_the_message_wrapped_again() {
    let mut screen = narrow();
    screen.press("enter");
    assert_eq!(screen.model.message.view().unwrap().columns, 78);
    screen.send(Event::Resize {
        columns: 60,
        rows: 24,
    });
    assert_eq!(screen.model.message.view().unwrap().columns, 58);
}

#[test]
fn what_was_missing_is_loaded_on_reconnect() {
    let mut screen = wide();
    screen.has_bodies = false;
    screen.press("j");
    screen.ring_previews();
    assert!(screen.shows("it will load on reconnect"));
    screen.has_bodies = true;
    screen.send(Event::Connection {
        account: HOME,
        state: Connection::Online,
    });
    assert!(screen.shows("Hello Anna,"));
}

#[test]
fn a_fetch_that_is_cut_waits_for_the_next_connection() {
    let mut screen = wide();
    screen.answers = false;
    screen.press("j");
    screen.ring_previews();
    screen.send(Event::MessageMissing {
        message: id(19),
        coming: true,
    });
    assert!(screen.shows("Fetching the message."));
    screen.send(offline("cut", Some(3)));
    assert!(screen.shows("it will load on reconnect"));
    screen.answers = true;
    screen.send(Event::Connection {
        account: HOME,
        state: Connection::Online,
    });
    assert!(screen.shows("Hello Anna,"));
}

#[test]
fn a_message_that_could_not_be_fetched_says_why_and_is_asked_for_again_by_sync() {
    let mut screen = wide();
    screen.answers = false;
    screen.press("j");
    screen.ring_previews();
    let error = RemoteError::Refused {
        action: "send the message",
        text: safe("[LIMIT] later"),
    };
    screen.send(Event::BodyFailed {
        message: id(19),
        error,
    });
    assert!(screen.shows("The message could not be fetched:"));
    screen.answers = true;
    screen.press("gr");
    assert!(screen.jobs().contains(&&Job::SyncNow));
    assert!(screen.shows("Hello Anna,"));
}

#[test]
fn quoted_text_folds() {
    let mut screen = narrow();
    screen.press("enter zq");
    assert!(screen.shows("2 quoted lines") && !screen.shows("How about this week?"));
    screen.press("zq");
    assert!(screen.shows("How about this week?"));
}

// Connections.

#[test]
fn an_accident_says_why_and_counts_down() {
    let mut screen = narrow();
    screen.send(offline("imap.example.org: connection refused", Some(12)));
    assert!(screen.shows("no connection: imap.example.org"));
    assert!(screen.shows("offline, next attempt in 12 s"));
    assert!(
        screen
            .timers
            .iter()
            .any(|(ms, timer)| *ms == 1_000 && *timer == Timer::Clock)
    );
    screen.send(Event::Now {
        seconds: NOW + 5,
        offset: 0,
    });
    screen.ring(|timer| *timer == Timer::Clock);
    assert!(screen.shows("next attempt in 7 s"));
}

#[test]
fn the_clock_does_not_multiply() {
    let mut screen = narrow();
    for second in 0..200 {
        screen.send(offline("cut", Some(12)));
        screen.send(Event::Now {
            seconds: NOW + second,
            offset: 0,
        });
        screen.ring(|timer| *timer == Timer::Clock);
    }
    let n_clocks = screen
        .timers
        .iter()
        .filter(|(_, timer)| *timer == Timer::Clock)
        .count();
    assert!(n_clocks <= 2, "{n_clocks}");
}

#[test]
fn offline_is_chosen_and_left_by_the_same_key() {
    let mut screen = narrow();
    screen.press("gO");
    assert_eq!(screen.jobs().last(), Some(&&Job::SetOnline(false)));
    screen.send(Event::Connection {
        account: HOME,
        state: Connection::OfflineByChoice,
    });
    assert!(screen.shows("offline by choice"));
    screen.press("gO");
    assert_eq!(screen.jobs().last(), Some(&&Job::SetOnline(true)));
}

#[test]
fn syncing_says_where_and_how_far() {
    let mut screen = narrow();
    let state = Connection::Syncing {
        mailbox: INBOX,
        n_done: 12_300,
        n_total: 100_000,
    };
    screen.send(Event::Connection {
        account: HOME,
        state,
    });
    assert!(screen.shows("syncing Inbox 12,300 of 100,000"));
}

// Folders.

#[test]
fn folders_are_opened_by_role_by_name_and_by_walking() {
    let mut screen = narrow();
    let name = |screen: &Screen| {
        let open = screen.model.list.mailbox.unwrap();
        screen
            .model
            .folders
            .of(open)
            .unwrap()
            .name
            .as_str()
            .to_owned()
    };
    for (keys, expected) in [
        ("ga", "Archive"),
        ("gi", "INBOX"),
        ("J", "Drafts"),
        ("K", "INBOX"),
        ("gf r u s t enter", "Lists/rust"),
        ("K", "Trash"),
        ("h G enter", "Travel"),
        (": f o l d e r space s e n t enter", "Sent"),
    ] {
        screen.press(keys);
        assert_eq!(name(&screen), expected, "{keys}");
    }
    assert!(screen.shows("No messages in Sent."));
    assert!(screen.jobs().contains(&&Job::OpenMailbox(ARCHIVE)));
    screen.press("gs");
    assert!(screen.shows("no folder here is marked as flagged"));
}

#[test]
fn a_folder_is_found_again_at_the_message_where_it_was_left() {
    let mut screen = Screen::new(many(1_000)).at(80, 24);
    screen.press("pgdn pgdn pgdn");
    let before = screen.subject().to_owned();
    screen.press("ga gi");
    assert_eq!(screen.subject(), before);
}

#[test]
fn a_folder_that_is_gone_gives_way_to_the_inbox() {
    let mut screen = narrow();
    screen.press("ga");
    screen.folders.retain(|row| row.mailbox != ARCHIVE);
    screen.send(Event::FoldersChanged);
    assert_eq!(screen.model.list.mailbox, Some(INBOX));
    assert!(screen.shows("the open folder no longer exists"));
}

#[test]
fn a_folder_never_seen_says_so_offline() {
    let mut screen = narrow();
    screen.folders[3].total = Some(10);
    screen.folders[3].synced_at = None;
    screen.send(Event::FoldersChanged);
    screen.send(offline("cut", None));
    screen.press("ga");
    assert!(screen.shows("Not on this machine and offline: it will load on reconnect."));
}

// Keys.

#[test]
fn unknown_keys_say_so() {
    let mut screen = narrow();
    screen.press("Y");
    assert!(screen.shows("no action on Y, ? for help"));
    screen.press("g");
    screen.press("x");
    assert!(screen.shows("no action on gx, ? for help"));
    screen.press("g");
    assert!(screen.shows("Go to the inbox"));
    screen.press("esc");
    assert!(!screen.shows("Go to the inbox") && screen.model.notice.is_none());
}

#[test]
fn pasted_text_is_no_keys() {
    let mut screen = narrow();
    let before = screen.model.clone();
    screen.send(Event::Paste("jjjIq\n".to_owned()));
    assert_eq!(screen.model, before);
    screen.press("\\");
    screen.send(Event::Paste("inv\n".to_owned()));
    assert!(screen.shows("Invoice") && !screen.shows("Lunch"));
}

#[test]
fn quitting_and_stepping_back() {
    let quits = |screen: &Screen| screen.effects.contains(&Effect::Quit);
    let mut screen = narrow();
    screen.press("enter q esc esc ctrl-c");
    assert!(!quits(&screen) && screen.shows("press Q to quit"));
    screen.press("\\ i enter q");
    assert!(!quits(&screen) && screen.model.list.limit.is_empty());
    screen.press("q");
    assert!(quits(&screen));
    let mut screen = narrow();
    screen.press("enter Q");
    assert!(quits(&screen));
}

#[test]
fn the_presets_and_own_bindings_have_their_keys() {
    let mut screen = with_ui(UiSettings {
        keys: Preset::Mutt,
        ..UiSettings::default()
    });
    screen.press("*");
    assert_eq!(screen.subject(), "Long time no see");
    screen.press("= tab");
    assert_eq!(screen.subject(), "東京の会議の議事録を送ります");
    let bind = vec![Binding {
        keys: parse_sequence("ctrl-x").unwrap(),
        line: "limit inv".to_owned(),
    }];
    let mut screen = with_ui(UiSettings {
        bind,
        ..UiSettings::default()
    });
    screen.press("ctrl-x");
    assert!(screen.shows("1 with \"inv\""));
}

#[test]
fn palette_and_command_line_run_commands_of_the_table() {
    let mut screen = narrow();
    screen.press("ctrl-k a r c h i v e minus f enter");
    assert_eq!(screen.model.list.mailbox, Some(ARCHIVE));
    screen.press(": i n tab enter");
    assert_eq!(screen.model.list.mailbox, Some(INBOX));
    screen.press(": n o n e enter");
    assert!(screen.shows("no command \"none\", ? for help"));
}

#[test]
fn the_mouse_selects_and_scrolls_the_pane_under_it() {
    let mut screen = wide();
    screen.send(Event::Mouse(Mouse::Click {
        column: 40,
        row: 3,
        selects: false,
    }));
    assert_eq!(screen.subject(), "東京の会議の議事録を送ります");
    screen.ring_previews();
    screen.send(Event::Mouse(Mouse::ScrollDown {
        column: 100,
        row: 10,
    }));
    assert_eq!(screen.model.message.scroll, 3);
    assert_eq!(screen.model.focus, Pane::List);
    screen.send(Event::Mouse(Mouse::Click {
        column: 4,
        row: 4,
        selects: false,
    }));
    assert_eq!(screen.model.list.mailbox, Some(ARCHIVE));
}

#[test]
fn a_tiny_terminal_says_so_and_can_be_left() {
    let mut screen = narrow();
    screen.send(Event::Resize {
        columns: 39,
        rows: 9,
    });
    assert_eq!(screen.text().trim(), "too small");
    screen.press("I j");
    assert!(screen.operations().is_empty());
    screen.press("q");
    assert!(screen.effects.contains(&Effect::Quit));
}

#[test]
fn foreign_text_cannot_steer_the_terminal() {
    let mut rows = inbox();
    rows[0].subject = safe("\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m");
    let screen = Screen::new(rows).at(160, 45);
    assert!(!screen.text().chars().any(|c| c.is_control() && c != '\n'));
}

#[test]
fn the_title_names_the_folder_and_its_unread_mail() {
    let screen = narrow();
    let title = screen.effects.iter().rev().find_map(|effect| match effect {
        Effect::SetTitle(title) => Some(title.as_str()),
        _ => None,
    });
    assert_eq!(title, Some("Inbox (4) - Sterna"));
}

/// A wide character that reaches under the edge of a window is not drawn: the edge would be left out.
#[test]
fn a_window_cuts_the_wide_characters_at_its_edge() {
    let rows = (1..30).map(|n| row(n, 1, "日本語日本語日本語", &"日本語".repeat(20), &[]));
    let mut screen = Screen::new(rows.collect()).at(80, 24);
    for columns in 78..86 {
        screen = screen.at(columns, 24);
        screen.press("g");
        let text = screen.text();
        let lines: Vec<&str> = text.lines().filter(|line| line.contains('│')).collect();
        assert!(lines.len() > 5, "{text}");
        let is_framed = |line: &&str| line.matches('│').count() == 2;
        assert!(lines.iter().all(is_framed), "{columns}:\n{text}");
        screen.press("esc");
    }
}
