//! Acting on messages: on one, on a selection, taken back, refused.

use sterna::app::model::Settings;
use sterna::channel::event::Event;
use sterna::channel::operation::{Change, FolderChange, OperationId, Outcome};
use sterna::config::ui_settings::{After, UiSettings};
use sterna::mail::flag::{Keyword, SystemFlag};
use sterna::mail::mailbox::{MailboxId, MailboxName, Role};

use crate::harness::*;

const TRASH: MailboxId = MailboxId::new(5);
const RUST: MailboxId = MailboxId::new(7);
const TRAVEL: MailboxId = MailboxId::new(9);
const JUNK: MailboxId = MailboxId::new(10);

pub fn at(columns: u16, rows: u16) -> Screen {
    let mut screen = Screen::new(inbox());
    screen.folders.push(folder(10, "Junk", 0, Some(Role::Junk)));
    screen.at(columns, rows)
}

pub fn narrow() -> Screen {
    at(80, 24)
}

pub fn after(after: After) -> Screen {
    let ui = UiSettings {
        after,
        ..UiSettings::default()
    };
    let settings = Settings {
        ui,
        ..Settings::default()
    };
    Screen::with(settings, inbox()).at(80, 24)
}

fn keyword(name: &str, on: bool) -> Change {
    Change::Keyword {
        keyword: Keyword::parse(name).unwrap(),
        on,
    }
}

pub fn flag(flag: SystemFlag, on: bool) -> Change {
    Change::Flag { flag, on }
}

/// The changes that were recorded last, and on which messages.
pub fn last(screen: &Screen) -> (Vec<Change>, Vec<u64>) {
    let operations = screen.operations();
    let action = operations.last().unwrap();
    let messages = action.targets.iter().map(|target| target.message.get());
    (action.changes.clone(), messages.collect())
}

#[test]
fn every_command_records_what_it_says() {
    let moved = |to| vec![Change::Move { to }];
    for (keys, changes, words) in [
        ("s", vec![flag(SystemFlag::Flagged, true)], ""),
        ("s s", vec![flag(SystemFlag::Flagged, false)], ""),
        ("I", vec![flag(SystemFlag::Seen, true)], ""),
        ("I U", vec![flag(SystemFlag::Seen, false)], ""),
        ("e", moved(ARCHIVE), "archived, u undoes"),
        ("d", moved(TRASH), "deleted, u undoes"),
        ("#", moved(TRASH), "deleted, u undoes"),
        (
            "!",
            vec![
                keyword("$Junk", true),
                keyword("$NotJunk", false),
                Change::Move { to: JUNK },
            ],
            "marked as junk, u undoes",
        ),
        (
            "v t r a v enter",
            moved(TRAVEL),
            "moved to Travel, u undoes",
        ),
        (
            "C t r a v enter",
            vec![Change::Copy { to: TRAVEL }],
            "copied to Travel, u undoes",
        ),
        (
            ": m o v e space r u s t enter",
            moved(RUST),
            "moved to Lists/rust, u undoes",
        ),
        (
            "t + t o d o space minus w o r k enter",
            vec![keyword("todo", true), keyword("work", false)],
            "tagged +todo -work, u undoes",
        ),
        (
            ": t a g space x enter",
            vec![keyword("x", true)],
            "tagged +x, u undoes",
        ),
    ] {
        let mut screen = narrow();
        screen.press(keys);
        assert_eq!(last(&screen), (changes, vec![20]), "{keys}");
        assert!(screen.shows(words), "{keys}: {}", screen.text());
        let action = screen.operations().last().copied().cloned().unwrap();
        assert_eq!((action.account, action.hold_seconds), (HOME, 5), "{keys}");
        assert!(!action.label.is_empty(), "{keys}");
    }
}

#[test]
fn folder_commands_record_changes_of_folders() {
    let name = |name: &str| MailboxName::from_display(name);
    for (keys, change, words) in [
        (
            "+ N e w enter",
            FolderChange::Create { name: name("New") },
            "made folder New, u undoes",
        ),
        (
            "R ctrl-u B o x enter",
            FolderChange::Rename {
                mailbox: TRAVEL,
                to: name("Box"),
            },
            "renamed Travel to Box, u undoes",
        ),
        (
            "d y",
            FolderChange::Delete { mailbox: TRAVEL },
            "deleted folder Travel, u undoes",
        ),
        (
            "s",
            FolderChange::Subscribe {
                mailbox: TRAVEL,
                on: true,
            },
            "subscribed to Travel, u undoes",
        ),
        (
            "S",
            FolderChange::Subscribe {
                mailbox: TRAVEL,
                on: false,
            },
            "unsubscribed from Travel",
        ),
    ] {
        let mut screen = Screen::new(inbox()).at(100, 30);
        screen.press("h G");
        screen.press(keys);
        assert_eq!(
            last(&screen),
            (vec![Change::Folder(change)], vec![]),
            "{keys}"
        );
        assert!(screen.shows(words), "{keys}: {}", screen.text());
    }
}

#[test]
fn what_cannot_be_done_with_a_folder_is_said() {
    for (keys, words) in [
        ("gg d", "the inbox cannot be deleted"),
        ("gg R", "the inbox keeps its name"),
        (
            "+ T r a v e l enter",
            "there is a folder of that name already",
        ),
        ("+ enter", "a folder needs a name"),
        ("+ a * b enter", "has no *, %"),
        ("d n", "nothing was deleted"),
        ("d esc", "nothing was deleted"),
    ] {
        let mut screen = Screen::new(inbox()).at(100, 30);
        screen.press("h G");
        screen.press(keys);
        assert!(screen.operations().is_empty(), "{keys}");
        assert!(screen.shows(words), "{keys}: {}", screen.text());
    }
}

#[test]
fn a_new_folder_is_offered_beside_the_one_under_the_cursor() {
    let mut screen = Screen::new(inbox()).at(100, 30);
    screen.press("h G k + x enter");
    let change = FolderChange::Create {
        name: MailboxName::from_display("Lists/x"),
    };
    assert_eq!(last(&screen).0, [Change::Folder(change)]);
}

#[test]
fn stars_go_on_first_and_off_when_all_have_one() {
    let mut screen = narrow();
    screen.press("* a s");
    assert_eq!(last(&screen).0, [flag(SystemFlag::Flagged, true)]);
    assert!(screen.shows("starred 10 messages, u undoes"));
    screen.press("s");
    assert_eq!(last(&screen).0, [flag(SystemFlag::Flagged, false)]);
    assert!(screen.shows("unstarred 10 messages"));
}

#[test]
fn a_thread_is_archived_whole() {
    let mut rows = inbox();
    let thread = rows[1].thread;
    rows[4].thread = thread;
    rows[6].thread = thread;
    let mut screen = Screen::new(rows).at(80, 24);
    screen.press("j E");
    assert_eq!(last(&screen).1.len(), 3);
    assert!(screen.shows("archived 3 messages, u undoes"));
}

#[test]
fn in_trash_deleting_is_asked_and_emptying_it_too() {
    let mut rows = inbox();
    for row in &mut rows {
        row.mailbox = TRASH;
    }
    let mut screen = Screen::new(rows).at(80, 24);
    screen.folders[4].total = Some(10);
    screen.send(Event::FoldersChanged);
    screen.press("gf t r a s h enter d");
    assert!(screen.shows("Delete this message for good?"));
    screen.press("x n");
    assert!(screen.operations().is_empty());
    screen.press("d y");
    assert_eq!(last(&screen).0, [Change::Delete]);
    screen.press(": e m p t y minus t r a s h enter");
    assert!(
        screen.shows("Empty Trash?") && screen.shows("9 messages"),
        "{}",
        screen.text()
    );
    screen.press("y");
    assert_eq!(last(&screen).1.len(), 9);
    assert!(screen.shows("deleted 9 messages for good"));
}

#[test]
fn junk_goes_back_to_the_inbox_from_junk() {
    let mut rows = inbox();
    for row in &mut rows {
        row.mailbox = JUNK;
    }
    let mut screen = Screen::new(rows);
    screen.folders.push(folder(10, "Junk", 0, Some(Role::Junk)));
    let mut screen = screen.at(80, 24);
    screen.press("gf j u n k enter !");
    let (changes, _) = last(&screen);
    assert_eq!(
        changes,
        [
            keyword("$NotJunk", true),
            keyword("$Junk", false),
            Change::Move { to: INBOX }
        ]
    );
}

#[test]
fn what_makes_no_sense_here_is_said() {
    for (keys, words) in [
        (
            "!",
            "no folder for junk mail; :folder-create Junk makes one",
        ),
        ("t n o t ( o k enter", "\"not(ok\" can be no tag"),
        (
            ": m o v e space n o s u c h enter",
            "no folder matches \"nosuch\"",
        ),
        ("u", "nothing to take back"),
        (": e m p t y minus t r a s h enter", "Trash is empty"),
    ] {
        let mut screen = Screen::new(inbox()).at(80, 24);
        screen.press(keys);
        assert!(screen.operations().is_empty(), "{keys}");
        assert!(screen.shows(words), "{keys}: {}", screen.text());
    }
}

#[test]
fn the_last_folder_is_offered_first_and_tags_complete() {
    let mut screen = narrow();
    screen.press("v t r a v enter v");
    assert!(
        screen.line_with("│ Travel").unwrap() < screen.line_with("│ Archive").unwrap() || {
            let text = screen.text();
            text.find("│ Travel") < text.find("│ Archive")
        }
    );
    assert!(!screen.shows("│ Inbox"), "where it is already");
    screen.press("enter");
    assert_eq!(last(&screen).0, [Change::Move { to: TRAVEL }]);
    screen.press("t t o tab");
    assert!(
        screen.shows("tag: to") && screen.shows("│ today"),
        "{}",
        screen.text()
    );
    screen.press("o tab minus w tab enter");
    assert_eq!(
        last(&screen).0,
        [keyword("todo", true), keyword("work", false)]
    );
    assert!(screen.shows("#todo"), "the row says it");
}

#[test]
fn marking_all_read_is_one_action_on_what_is_unread() {
    let mut screen = narrow();
    screen.press("* I");
    assert_eq!(last(&screen).1.len(), 4);
    assert!(screen.shows("marked 4 messages read, u undoes"));
    screen.press("* I");
    assert!(screen.shows("no unread message here"));
}

#[test]
fn the_answer_of_another_client_is_told_while_the_message_is_open() {
    let mut screen = narrow();
    screen.press("enter");
    screen.rows[0].flags.set_system(SystemFlag::Answered, true);
    screen.rows_changed();
    assert!(screen.shows("another client answered this message"));
}

#[test]
fn what_the_rights_do_not_allow_is_said_before_it_is_tried() {
    use sterna::mail::rights::Rights;
    let mut rows = inbox();
    rows[0].flags = sterna::mail::flag::Flags::default();
    let mut screen = Screen::new(rows);
    screen.folders[0].rights = Some(Rights::from_letters(b"lr"));
    screen.folders[8].rights = Some(Rights::from_letters(b"lr"));
    let mut screen = screen.at(80, 24);
    for (keys, words) in [
        ("e", "not archived: you may not take mail out of here"),
        ("s", "not starred: you may not change flags here"),
        ("I", "not marked read: you may not mark mail read here"),
        (
            "C t r a v enter",
            "not copied to Travel: Travel: you may not put mail in here",
        ),
    ] {
        screen.press(keys);
        assert!(screen.shows(words), "{keys}: {}", screen.text());
    }
    screen.press("enter");
    screen.ring(|timer| matches!(timer, sterna::channel::event::Timer::MarkRead(_)));
    assert!(screen.operations().is_empty());
}

#[test]
fn an_open_message_that_another_client_moved_says_where_it_is() {
    let mut screen = narrow();
    screen.press("enter");
    let whole = screen.rows[0].clone();
    screen.rows.remove(0);
    screen.rows_changed();
    assert!(screen.shows("Gone: it is no longer in this folder"));
    // The other folder is read later.
    let mut moved = whole.clone();
    moved.mailbox = TRAVEL;
    screen.rows.push(moved);
    screen.send(Event::RowsChanged(TRAVEL));
    assert!(screen.shows("Moved: another client took it out of this folder; it is in Travel."));
    // And it comes back.
    screen.rows.retain(|row| row.key != whole.key);
    screen.rows.push(whole);
    screen.rows_changed();
    assert!(!screen.shows("Moved:") && screen.subject() == "Lunch on Friday?");
}

#[test]
fn a_tag_that_the_server_does_not_keep_is_marked() {
    let mut screen = narrow();
    screen.rows[0].flags.set("private", true);
    screen.rows[0].flags.set("work", true);
    screen.rows[0].kept_here = vec!["private".to_owned()];
    screen.rows_changed();
    assert!(screen.shows("~private #work Lunch"));
    screen.press("t + x enter");
    let target = screen.operations()[0].targets[0];
    screen.send(Event::Closed {
        operation: OperationId(1),
        outcomes: vec![(target, Outcome::Local)],
        n_pending: 0,
    });
    assert!(screen.shows("the server keeps no such tag: it stays on this machine"));
}
