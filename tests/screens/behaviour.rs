//! What keys and events do outside the list and the message: connections, folders, keys, the mouse.

use sterna::app::overlay::Overlay;
use sterna::channel::effect::Effect;
use sterna::channel::event::{Connection, Event, Timer};
use sterna::channel::job::Job;
use sterna::channel::mouse::Mouse;
use sterna::command::keys::parse_sequence;
use sterna::command::preset::{Pane, Preset};
use sterna::command::table::COMMANDS;
use sterna::config::ui_settings::{Binding, UiSettings};

use crate::harness::*;

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
    // One count, not two that differ.
    screen.folders[0].n_headers = 13_000;
    screen.folders[0].total = Some(100_000);
    screen.send(Event::FoldersChanged);
    assert!(screen.shows("syncing Inbox 12,300 of 100,000") && !screen.shows("13,000"));
    assert!(screen.shows("Older headers are coming, the newest first."));
    screen.send(offline("cut", None));
    screen.send(Event::Connection {
        account: HOME,
        state: Connection::Online,
    });
    assert!(screen.shows("Headers: 13,000 of 100,000, newest first."));
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
    assert!(screen.shows("no folder here is for starred mail"));
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
fn the_palette_finds_names_by_their_letters_and_help_by_its_words() {
    let mut screen = narrow();
    let mut found = |keys: &str| {
        screen.press(keys);
        let Some(Overlay::Palette(choice)) = &screen.model.overlay else {
            panic!("no palette")
        };
        let found: Vec<&str> = choice
            .found
            .iter()
            .filter_map(|verb| COMMANDS.iter().find(|command| command.verb == *verb))
            .map(|command| command.name)
            .collect();
        found.join(" ")
    };
    assert_eq!(
        found("ctrl-k u n r e a d"),
        "unread select-unread next-unread previous-unread read-on next-in-all previous-in-all \
         toggle-read"
    );
    assert_eq!(found("ctrl-u s e l u n"), "select-unread");
    assert_eq!(found("ctrl-u n o space s u c h"), "");
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

#[test]
fn a_choice_that_matches_nothing_stays_to_be_mended() {
    let mut screen = Screen::new(inbox()).at(80, 24);
    for (open, none) in [("gf", "zzzz"), ("v", "zzzz"), ("ctrl-k", "zzzz")] {
        screen.press(open);
        screen.type_text(none).press("enter");
        assert!(screen.shows("Nothing matches."), "{open}");
        screen.press("esc");
    }
    assert!(screen.operations().is_empty());
}

#[test]
fn the_line_for_commands_offers_what_can_be_done_here() {
    let mut screen = Screen::new(inbox()).at(80, 24);
    screen.press(":");
    screen.type_text("de");
    assert!(
        screen.shows("delete-thread") && !screen.shows("detach"),
        "{}",
        screen.text()
    );
    screen.press("tab tab esc :");
    screen.type_text("sen").press("tab");
    assert!(screen.shows(":sent"), "not send, which a composer has");
}

#[test]
fn the_cursor_goes_to_a_folder_that_was_made() {
    let mut screen = Screen::new(inbox()).at(100, 30);
    screen.press("h +");
    screen.type_text("Boats").press("enter");
    screen.folders.push(folder(99, "Boats", 0, None));
    screen.send(Event::FoldersChanged);
    let current = |screen: &Screen| screen.model.folders.current().unwrap().name.clone();
    assert_eq!(current(&screen), safe("Boats"));
    screen.press("gg");
    screen.send(Event::FoldersChanged);
    assert_eq!(current(&screen), safe("INBOX"), "once");
}
