//! Whatever is pressed and whatever arrives, at whatever size: the screen is drawn, and the model keeps its rules.

use proptest::prelude::*;
use sterna::app::model::Colours;
use sterna::channel::error::RemoteError;
use sterna::channel::event::{Connection, Event, Timer};
use sterna::channel::key::{Key, KeyCode};
use sterna::channel::mouse::Mouse;
use sterna::channel::operation::{OperationId, Outcome, Target, Ticket};
use sterna::command::preset::Pane;
use sterna::mail::account::Protocol;

use crate::harness::*;

#[test]
fn every_size_is_drawn() {
    let mut screen = Screen::new(inbox()).at(80, 24);
    for keys in [
        "", "enter", "h", "g", "?", "esc", "ctrl-k", "esc", ":", "esc", "\\", "esc", "q", "x x",
        "v", "esc", "t", "esc", "gS", "esc", "h + a", "esc", "d",
    ] {
        screen.press(keys);
        for columns in (1..=300).step_by(13) {
            for rows in (1..=100).step_by(7) {
                screen.send(Event::Resize { columns, rows });
                screen.buffer();
            }
        }
        screen.send(Event::Resize {
            columns: 80,
            rows: 24,
        });
    }
    let backend = |columns, rows| ratatui::backend::TestBackend::new(columns, rows);
    for columns in (1..=300).step_by(9) {
        for rows in (1..=100).step_by(5) {
            let mut terminal = ratatui::Terminal::new(backend(columns, rows)).unwrap();
            let path = safe("/home/anna/.config/sterna/config.toml");
            terminal
                .draw(|frame| sterna::ui::welcome::draw(&path, false, Colours::Palette, frame))
                .unwrap();
            let findings = crate::pictures::findings();
            terminal
                .draw(|frame| sterna::ui::recovery::draw(&findings, Colours::Palette, frame))
                .unwrap();
        }
    }
}

fn a_key() -> impl Strategy<Value = Key> {
    let named = prop::sample::select(vec![
        KeyCode::Enter,
        KeyCode::Esc,
        KeyCode::Tab,
        KeyCode::BackTab,
        KeyCode::Backspace,
        KeyCode::Delete,
        KeyCode::Up,
        KeyCode::Down,
        KeyCode::Left,
        KeyCode::Right,
        KeyCode::PageUp,
        KeyCode::PageDown,
        KeyCode::Home,
        KeyCode::End,
        KeyCode::F(5),
    ]);
    let letters = prop::sample::select(
        "jkgGhlqonpIUJK\\/:? -zfitdasrOyexXVvCEDuS!*#+R日"
            .chars()
            .collect::<Vec<_>>(),
    );
    let code = prop_oneof![2 => letters.prop_map(KeyCode::Char), 2 => named, 1 => any::<char>().prop_map(KeyCode::Char)];
    let held = (
        prop::bool::weighted(0.1),
        prop::bool::weighted(0.05),
        prop::bool::weighted(0.1),
    );
    (code, held).prop_map(|(code, (ctrl, alt, shift))| Key {
        code,
        ctrl,
        alt,
        shift: shift && !matches!(code, KeyCode::Char(_)),
    })
}

fn an_outcome(number: u64) -> Outcome {
    match number % 4 {
        0 => Outcome::Done(None),
        1 => Outcome::Gone,
        2 => Outcome::Local,
        _ => Outcome::Parked(RemoteError::Offline { cause: safe("cut") }),
    }
}

/// What a store or a server may do between two keys.
#[derive(Debug, Clone)]
enum Step {
    Send(Event),
    NewMail(u32),
    Expunge(usize),
    Timers,
    Silence(bool),
}

fn a_step() -> impl Strategy<Value = Step> {
    let size = (1_u16..200, 1_u16..60);
    let place = (0_u16..200, 0_u16..60);
    let event = prop_oneof![
        12 => a_key().prop_map(Event::Key),
        1 => ".{0,8}".prop_map(Event::Paste),
        1 => size.prop_map(|(columns, rows)| Event::Resize { columns, rows }),
        1 => place.clone().prop_map(|(column, row)| Event::Mouse(Mouse::Click { column, row, selects: column % 2 == 0 })),
        1 => place.prop_map(|(column, row)| Event::Mouse(Mouse::ScrollDown { column, row })),
        1 => any::<i64>().prop_map(|seconds| Event::Now { seconds, offset: 3_600 }),
        1 => any::<u64>().prop_map(|seconds| Event::Connection {
            account: HOME,
            state: Connection::Offline {
                error: RemoteError::Offline { cause: safe("cut") },
                retry_seconds: Some(seconds),
            },
        }),
        1 => Just(Event::Connection { account: HOME, state: Connection::Online }),
        1 => Just(Event::PasswordWanted { account: HOME, protocol: Protocol::Imap, refusal: safe("no") }),
        1 => Just(Event::PasswordAccepted { account: HOME, place: safe("Here.") }),
        1 => Just(Event::PasswordStored { account: HOME, problem: Some(safe("full")) }),
        1 => (0_u64..50).prop_map(|n| Event::RecordFailed { ticket: Ticket(n), error: disk_full() }),
        1 => (0_i64..5, 1_u64..20).prop_map(|(n, message)| Event::Closed {
            operation: OperationId(n),
            outcomes: vec![(Target { message: id(message), mailbox: INBOX }, an_outcome(message))],
            n_pending: 0,
        }),
        1 => (0_u64..50, 1_u64..20, any::<bool>()).prop_map(|(n, message, redo)| Event::Undone {
            ticket: Ticket(n),
            label: "archive".to_owned(),
            n_restored: 1,
            n_skipped: 2,
            cursor: Some(Target { message: id(message), mailbox: INBOX }),
            stands: None,
            redo,
            n_pending: 0,
        }),
        1 => (0_u64..50, 1_u64..20).prop_map(|(serial, message)| Event::Selection {
            serial,
            targets: vec![Target { message: id(message), mailbox: INBOX }],
            n_matching: 2,
        }),
        1 => (1_u64..30).prop_map(|n| Event::BodyStored(id(n))),
        1 => (1_u64..30).prop_map(|n| Event::MessageMissing { message: id(n), coming: true }),
        1 => (0_u64..50).prop_map(|n| Event::Timer(Timer::Preview(n))),
        1 => Just(Event::Folders(Vec::new())),
        1 => (0_u64..50).prop_map(|serial| Event::RowsFailed { serial, error: disk_full() }),
        1 => (0_u64..2).prop_map(Event::Pending),
        1 => Just(Event::FoldersChanged),
    ];
    prop_oneof![
        10 => event.prop_map(Step::Send),
        1 => (100_u32..10_000).prop_map(Step::NewMail),
        1 => any::<usize>().prop_map(Step::Expunge),
        2 => Just(Step::Timers),
        1 => any::<bool>().prop_map(Step::Silence),
    ]
}

fn take(screen: &mut Screen, step: Step) {
    match step {
        Step::Send(event) => screen.send(event),
        Step::NewMail(number) => {
            screen.rows.retain(|row| row.key.uid != number);
            screen
                .rows
                .push(row(number, i64::from(number) % 1_000, "New", "Mail", &[]));
            screen.rows_changed();
        }
        Step::Expunge(at) => {
            if !screen.rows.is_empty() {
                let at = at % screen.rows.len();
                screen.rows.remove(at);
                screen.rows_changed();
            }
        }
        Step::Timers => screen.ring(|_| true),
        Step::Silence(silent) => screen.answers = !silent,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_sequence_of_events_breaks_the_screen(
        steps in prop::collection::vec(a_step(), 1..120),
        n in 0_u32..600,
        size in (1_u16..200, 1_u16..60),
    ) {
        let mut rows = many(n);
        rows.extend(inbox().into_iter().map(|mut row| { row.key.uid += 50_000; row }));
        let mut screen = Screen::new(rows).at(size.0, size.1);
        for step in steps {
            take(&mut screen, step);
            let list = &screen.model.list;
            prop_assert!(list.cursor < list.rows.len().max(1));
            // Behind a composer the list is not on the screen, and stays as it was.
            prop_assert!(list.top <= list.cursor || screen.model.pane() == Pane::Composer);
            prop_assert!(screen.timers.len() < 200);
            screen.buffer();
        }
    }
}
