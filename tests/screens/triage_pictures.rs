//! Pictures of triage: a selection, a bulk action, the line that offers undo, prompts, questions, the ledger.

use sterna::channel::effect::Effect;
use sterna::channel::error::RemoteError;
use sterna::channel::event::{Connection, Event};
use sterna::channel::ledger::{Ledger, LedgerFolder, LedgerRow, LedgerState};
use sterna::channel::operation::{Change, GroupId, OperationId, Outcome};

use sterna::mail::mailbox::{MailboxId, Namespace, Role};

use crate::harness::*;

fn sizes(name: &str, keys: &str) {
    for (columns, rows) in [(80, 24), (120, 36)] {
        let mut screen = Screen::new(inbox()).at(columns, rows);
        screen.press(keys);
        insta::assert_snapshot!(format!("{name}_{columns}x{rows}"), screen.text());
    }
}

#[test]
fn a_selection_and_what_is_done_with_it() {
    sizes("selection", "x x j V j");
    sizes("bulk", "x x j x e");
    sizes("undone", "x x j x e u");
    sizes("tagged", "t + t o d o space w o r k enter");
}

#[test]
fn prompts_and_questions() {
    sizes("tag_prompt", "x x t + t o d o space minus t o");
    sizes("move_prompt", "x x v");
    sizes("new_folder", "h G +");
    sizes("delete_folder", "h G d");
    sizes("select_family", "*");
}

#[test]
fn folders_on_this_computer_stand_below_the_servers() {
    let saved = MailboxId::new(11);
    let mut rows = inbox();
    for row in rows.iter_mut().take(3) {
        row.mailbox = saved;
    }
    let mut screen = Screen::new(rows);
    for (number, name, role) in [(10, "Trash", Some(Role::Trash)), (11, "Saved", None)] {
        let mut row = folder(number, name, 0, role);
        row.name = safe(&format!("On this computer/{name}"));
        row.namespace = Namespace::Local;
        screen.folders.push(row);
    }
    let mut screen = screen.at(100, 30);
    screen.press("g f s a v e d enter");
    insta::assert_snapshot!("local_folder", screen.text());
    // What is deleted here stays on this computer.
    screen.press("d");
    let to = MailboxId::new(10);
    assert_eq!(screen.operations()[0].changes, [Change::Move { to }]);
    screen.press("e");
    assert_eq!(screen.operations().len(), 1, "there is no archive here");
}

#[test]
fn a_selection_without_colour_is_a_mark() {
    let settings = sterna::app::model::Settings {
        colours: sterna::app::model::Colours::None,
        ..sterna::app::model::Settings::default()
    };
    let mut screen = Screen::with(settings, inbox()).at(80, 24);
    screen.press("j x");
    assert!(screen.line_with("Re: Invoice").unwrap().contains('✓'));
    assert!(!screen.line_with("Lunch on Friday").unwrap().contains('✓'));
}

#[test]
fn a_refused_target_says_why() {
    let mut screen = Screen::new(inbox()).at(80, 24);
    screen.press("x x e");
    let targets = screen.operations()[0].targets.clone();
    let error = RemoteError::Refused {
        action: "move the messages",
        text: safe("[OVERQUOTA] Quota exceeded"),
    };
    screen.rows[0].mailbox = INBOX;
    screen.send(Event::Closed {
        operation: OperationId(1),
        outcomes: vec![(targets[1], Outcome::Parked(error))],
        n_pending: 0,
    });
    screen.rows_changed();
    insta::assert_snapshot!("refused_80x24", screen.text());
}

#[test]
fn an_open_message_that_another_client_removed() {
    for (columns, rows) in [(80, 24), (120, 36)] {
        let mut screen = Screen::new(inbox()).at(columns, rows);
        screen.press("enter");
        screen.rows.retain(|row| row.key.uid != 20);
        screen.rows_changed();
        insta::assert_snapshot!(format!("gone_{columns}x{rows}"), screen.text());
    }
}

fn ledger_row(id: i64, label: &str, state: LedgerState) -> LedgerRow {
    LedgerRow {
        operation: OperationId(id),
        group: GroupId(id),
        account: HOME,
        label: safe(label),
        kind: "move",
        detail: safe(""),
        from: safe("INBOX"),
        to: safe("Archive"),
        n_open: 0,
        n_sent: 0,
        n_done: 0,
        n_gone: 0,
        n_parked: 0,
        n_local: 0,
        state,
        attempts: 0,
        error: safe(""),
        created: NOW - id * 60,
        not_before: None,
    }
}

fn ledger_rows() -> Vec<LedgerRow> {
    vec![
        LedgerRow {
            n_parked: 2,
            n_done: 498,
            attempts: 3,
            error: safe(
                "the server would not move the messages. It said: '[OVERQUOTA] Quota exceeded'.",
            ),
            ..ledger_row(1, "archive", LedgerState::Parked)
        },
        LedgerRow {
            n_sent: 12_000,
            kind: "keyword",
            detail: safe("todo"),
            to: safe(""),
            ..ledger_row(2, "+todo -later", LedgerState::Running)
        },
        LedgerRow {
            n_open: 1,
            ..ledger_row(3, "junk", LedgerState::Queued)
        },
        LedgerRow {
            n_open: 3,
            to: safe("Travel"),
            not_before: Some(NOW + 4),
            ..ledger_row(4, "move to Travel", LedgerState::Held)
        },
        LedgerRow {
            n_done: 1,
            n_gone: 2,
            ..ledger_row(5, "archive", LedgerState::Done)
        },
        LedgerRow {
            n_local: 1,
            kind: "keyword",
            detail: safe("private"),
            to: safe(""),
            ..ledger_row(6, "+private", LedgerState::Done)
        },
        ledger_row(7, "star", LedgerState::Undone),
        LedgerRow {
            n_done: 1,
            kind: "create",
            from: safe("Box"),
            to: safe(""),
            ..ledger_row(8, "new folder Box", LedgerState::Done)
        },
    ]
}

fn ledger() -> Ledger {
    let folders =
        ["INBOX", "Archive", "Travel"]
            .into_iter()
            .zip([Some(NOW - 40), Some(NOW - DAY), None]);
    Ledger {
        rows: ledger_rows(),
        folders: folders
            .enumerate()
            .map(|(index, (name, synced_at))| LedgerFolder {
                account: HOME,
                mailbox: MailboxId::new(u32::try_from(index).unwrap() + 1),
                name: safe(name),
                synced_at,
            })
            .collect(),
    }
}

#[test]
fn the_ledger_tells_what_waits_and_what_became_of_it() {
    for (columns, rows) in [(80, 24), (120, 36)] {
        let mut screen = Screen::new(inbox()).at(columns, rows);
        screen.ledger = ledger();
        screen.send(Event::Connection {
            account: HOME,
            state: Connection::Offline {
                error: RemoteError::Offline {
                    cause: safe("imap.example.org: connection refused"),
                },
                retry_seconds: Some(12),
            },
        });
        screen.press("gS");
        insta::assert_snapshot!(format!("ledger_{columns}x{rows}"), screen.text());
    }
    let mut screen = Screen::new(inbox()).at(80, 24);
    screen.press("gS");
    insta::assert_snapshot!("ledger_empty_80x24", screen.text());
}

#[test]
fn the_ledger_is_walked_and_what_was_refused_is_tried_again_or_dropped() {
    let mut screen = Screen::new(inbox()).at(80, 24);
    screen.ledger = ledger();
    screen.press("gS r");
    assert!(screen.effects.contains(&Effect::Retry(OperationId(1))));
    screen.press("j r");
    assert!(screen.shows("only what was refused can be tried again"));
    screen.press("d");
    assert!(screen.effects.contains(&Effect::Drop(OperationId(2))));
    // Behind the last operation the page goes on.
    screen.press("end end");
    assert!(screen.shows("Travel"), "{}", screen.text());
    screen.press("d");
    assert!(screen.shows("there is nothing to drop"));
    let loads = |screen: &Screen| {
        screen
            .effects
            .iter()
            .filter(|effect| **effect == Effect::LoadLedger)
            .count()
    };
    let n = loads(&screen);
    screen.ledger.rows.remove(0);
    screen.send(Event::FoldersChanged);
    assert_eq!(loads(&screen), n + 1);
    screen.press("home");
    assert!(!screen.shows("Quota"));
    screen.press("q");
    screen.send(Event::FoldersChanged);
    assert_eq!(loads(&screen), n + 1, "closed");
}
