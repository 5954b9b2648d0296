//! Keeping messages on this machine: how much it is comes first; what folders are here whole, and what is to become of
//! them; going offline.

use sterna::app::model::{Colours, Settings};
use sterna::channel::effect::Effect;
use sterna::channel::event::{Connection, Event};
use sterna::channel::job::Job;
use sterna::channel::kept::{Missing, News};
use sterna::channel::rows::FolderPlan;

use crate::harness::*;

/// What was kept or let go last.
fn last(screen: &Screen) -> Option<(usize, bool)> {
    screen.effects.iter().rev().find_map(|effect| match effect {
        Effect::Keep(messages, on) => Some((messages.len(), *on)),
        _ => None,
    })
}

fn missing(n_left: u64, bytes_left: u64, is_coming: bool) -> Event {
    Event::Keeping(News::Missing(Missing {
        account: HOME,
        n_left,
        bytes_left,
        is_coming,
    }))
}

#[test]
fn a_message_is_kept_after_the_question_and_let_go_by_the_same_key() {
    let mut screen = narrow();
    screen.press("O");
    assert!(screen.shows("Keep this message ("), "{}", screen.text());
    screen.press("n");
    assert!(screen.shows("nothing more is kept"));
    assert_eq!(last(&screen), None);
    screen.press("O e x y");
    assert_eq!(
        last(&screen),
        Some((1, true)),
        "a stray key decides nothing"
    );
    assert!(screen.shows("keeping 1 message on this machine; Ctrl-C stops fetching"));
    screen.press("O");
    assert_eq!(last(&screen), Some((1, false)));
    assert!(screen.shows("1 message let go: they stay while there is room"));
}

#[test]
fn selections_threads_lists_and_folders_are_kept_whole() {
    let mut rows = inbox();
    rows[4].thread = rows[0].thread;
    let n = rows.len();
    let mut screen = Screen::new(rows).at(80, 24);
    screen.press("x x x O");
    assert!(screen.shows("Keep 3 messages ("));
    screen.press("y");
    assert_eq!(last(&screen), Some((3, true)));
    assert!(screen.model.list.selection.is_empty());
    screen.press("g g O");
    assert_eq!(last(&screen), Some((1, false)));
    screen.press("O t");
    assert!(screen.shows("Keep 2 messages ("), "the thread");
    screen.press("l");
    assert!(screen.shows(&format!("Keep {n} messages (")), "the list");
    screen.press("y");
    assert_eq!(last(&screen), Some((n, true)));
    // A list that is limited means what it is limited to.
    screen.press("O \\");
    screen.type_text("anna");
    screen.press("enter");
    let n_shown = screen.model.list.rows.len();
    assert!(n_shown > 0 && n_shown < n);
    screen.press("O l y");
    screen.press("* a O");
    assert_eq!(last(&screen), Some((n_shown, false)), "all of it is kept");
    screen.press("esc esc h O");
    assert!(screen.shows(&format!("Keep {n} messages (")), "the folder");
    screen.press("y");
    assert_eq!(last(&screen), Some((n, true)));
}

#[test]
fn a_list_longer_than_the_window_is_weighed_whole_and_what_is_not_listed_is_told() {
    let mut screen = Screen::new(many(5_000)).at(80, 24);
    screen.folders[0].total = Some(6_000);
    screen.send(Event::FoldersChanged);
    screen.press("O l");
    assert!(screen.shows("Keep 5,000 messages ("), "{}", screen.text());
    assert!(screen.shows("1,000 more are not listed yet"));
    screen.press("n V G O");
    assert!(
        screen.shows("Keep 5,000 messages ("),
        "a range beyond the window"
    );
}

#[test]
fn what_is_still_to_come_is_on_the_status_line_until_it_is_here() {
    let mut screen = narrow();
    screen.send(missing(312, 41_000_000, true));
    assert!(screen.shows("keeping: 312 left (41 MB)"));
    screen.send(missing(0, 0, false));
    assert!(!screen.shows("keeping:"));
    assert!(screen.shows("everything that you keep is on this machine"));
    screen.send(missing(2, 3_000, true));
    screen.send(missing(2, 3_000, false));
    assert!(screen.shows("2 to fetch (3.0 kB)"));
}

#[test]
fn the_key_that_cancels_stops_fetching() {
    let mut screen = narrow();
    screen.send(missing(312, 41_000_000, true));
    screen.press("ctrl-c");
    assert!(screen.effects.contains(&Effect::StopKeeping(HOME)));
    assert!(!screen.shows("keeping:"));
    screen.press("ctrl-c");
    assert!(screen.shows("press Q to quit"));
}

#[test]
fn an_account_that_keeps_nothing_says_so() {
    let settings = Settings {
        online_only: vec![HOME],
        ..Settings::default()
    };
    let mut screen = Screen::with(settings, inbox()).at(80, 24);
    screen.press("O");
    assert!(screen.shows("keeps nothing on this machine"));
    assert!(screen.model.overlay.is_none());
}

#[test]
fn more_than_the_room_is_said() {
    let mut screen = narrow();
    screen.send(Event::Keeping(News::Beyond {
        account: HOME,
        bytes: 2_300_000_000,
        limit: 2_000_000_000,
    }));
    let words = "what you keep takes 2.3 GB, more than cache-size (2.0 GB)";
    assert!(screen.shows(words), "{}", screen.text());
}

/// The folder pane with one of everything.
fn with_marks(screen: &mut Screen) {
    for (index, plan) in [
        (3, None),
        (6, Some(FolderPlan::Create)),
        (7, Some(FolderPlan::Delete)),
        (8, Some(FolderPlan::Rename(safe("Journeys")))),
    ] {
        screen.folders[index].plan = plan;
    }
    screen.folders[3].is_complete = true;
    screen.folders[3].n_headers = 7;
    screen.folders[4].is_complete = true; // Nothing in it: nothing to say.
    screen.send(Event::FoldersChanged);
}

#[test]
fn the_folder_pane_tells_what_is_here_and_what_is_to_become_of_folders() {
    for (columns, rows) in [(80, 24), (120, 36)] {
        let mut screen = Screen::new(inbox()).at(columns, rows);
        with_marks(&mut screen);
        screen.press("h G");
        assert!(screen.shows("Travel becomes Journeys: the server does not know it yet."));
        insta::assert_snapshot!(format!("folder_marks_{columns}x{rows}"), screen.text());
    }
}

#[test]
fn the_marks_are_words_and_need_no_colour() {
    let settings = Settings {
        colours: Colours::None,
        ..Settings::default()
    };
    let mut screen = Screen::with(settings, inbox()).at(120, 36);
    with_marks(&mut screen);
    for (folder, mark) in [
        ("Archive", "↓"),
        ("rust", "new"),
        ("日本語", "deleted"),
        ("Travel", "→ Journeys"),
    ] {
        let line = screen.line_with(folder).unwrap();
        assert!(line.contains(mark), "{line}");
    }
    assert!(!screen.line_with("Trash").unwrap().contains('↓'));
}

#[test]
fn the_question_as_a_picture() {
    for (columns, rows) in [(80, 24), (200, 50)] {
        let mut screen = Screen::new(inbox()).at(columns, rows);
        screen.whole.insert(id(20));
        screen.press("x x x O");
        insta::assert_snapshot!(format!("keep_question_{columns}x{rows}"), screen.text());
    }
}

#[test]
fn going_offline_says_what_it_waits_for_and_is_hurried_by_the_same_key() {
    let mut screen = narrow();
    screen.send(Event::Pending(3));
    screen.press("g O");
    assert!(screen.shows("working offline; 3 changes wait for the server"));
    screen.send(Event::Connection {
        account: HOME,
        state: Connection::Leaving { n_waiting: 3 },
    });
    let words = "waiting for 3 answers; gO leaves at once";
    assert!(screen.shows(words), "{}", screen.text());
    screen.press("g O");
    let jobs: Vec<&Job> = screen.jobs();
    let n_off = jobs
        .iter()
        .filter(|job| ***job == Job::SetOnline(false))
        .count();
    assert_eq!(n_off, 2, "it is hurried, not turned back");
    assert!(screen.model.offline_by_choice);
    screen.send(Event::Connection {
        account: HOME,
        state: Connection::OfflineByChoice,
    });
    screen.press("g O");
    assert!(screen.shows("going online"));
}

#[test]
fn undo_finds_its_message_however_far_away_it_is() {
    let mut screen = Screen::new(many(5_000)).at(80, 24);
    screen.press("j j");
    let subject = screen.subject().to_owned();
    screen.press("e G");
    assert_ne!(screen.subject(), subject);
    assert!(screen.model.list.more_above, "the window is far away");
    screen.press("u");
    assert_eq!(screen.subject(), subject);
    assert!(screen.model.list.current().is_some());
}

#[test]
fn every_act_takes_a_whole_limited_list() {
    for (keys, words) in [
        ("e", "archived 1,111 messages"),
        ("d", "deleted 1,111 messages"),
        ("s", "starred 1,111 messages"),
        ("U", "marked 1,111 messages unread"),
        ("v T r a v e l enter", "moved 1,111 messages to Travel"),
        ("C T r a v e l enter", "copied 1,111 messages to Travel"),
        ("t + t o d o enter", "tagged 1,111 messages +todo"),
    ] {
        let mut rows = many(5_000);
        // Every message whose number begins with 1: far more than a window holds.
        for row in &mut rows {
            let number = row.key.uid.to_string();
            row.subject = safe(&format!("n{number}"));
        }
        let mut screen = Screen::new(rows).at(80, 24);
        screen.press("\\");
        screen.type_text("n1");
        screen.press("enter");
        assert!(screen.model.list.more_below, "{keys}");
        screen.press("* a").press(keys);
        let operations = screen.operations();
        assert_eq!(operations.len(), 1, "{keys}");
        let uids = operations[0].targets.iter().map(|one| one.message.get());
        assert!(uids.clone().all(|uid| uid.to_string().starts_with('1')));
        assert_eq!(uids.count(), 1_111, "{keys}");
        assert!(screen.shows(words), "{keys}: {}", screen.text());
        screen.press("u");
        assert!(screen.shows("taken back"), "{keys}");
    }
}
