//! Pictures of the screen: sizes, themes, and what lies over the panes.

use sterna::app::model::{Colours, Settings};
use sterna::channel::damage::{Findings, Kind};
use sterna::channel::error::RemoteError;
use sterna::channel::event::{Connection, Event};
use sterna::config::ui_settings::{Theme, UiSettings};
use sterna::mail::account::{AccountId, Protocol};

use crate::harness::*;

/// A screen in a theme, with the colours that its terminal has.
pub fn themed(theme: Theme, colours: Colours) -> Screen {
    let ui = UiSettings {
        theme,
        ..UiSettings::default()
    };
    Screen::with(
        Settings {
            ui,
            colours,
            ..Settings::default()
        },
        inbox(),
    )
    .at(100, 30)
}

/// Every look, and the name of its pictures.
pub const THEMES: [(&str, Theme, Colours); 4] = [
    ("terminal", Theme::Terminal, Colours::Palette),
    ("dark", Theme::Dark, Colours::Palette),
    ("light", Theme::Light, Colours::Palette),
    ("no_color", Theme::Dark, Colours::None),
];

fn two_accounts() -> Screen {
    let settings = Settings {
        accounts: vec![(HOME, safe("home")), (WORK, safe("work"))],
        banner: Some(safe("Demo: nothing leaves this machine")),
        ..Settings::default()
    };
    let mut screen = Screen::with(settings, inbox());
    let mut work = folders();
    for (index, row) in work.iter_mut().enumerate() {
        row.account = WORK;
        row.mailbox = sterna::mail::mailbox::MailboxId::new(100 + u32::try_from(index).unwrap());
    }
    screen.folders.extend(work);
    screen.at(100, 30)
}

fn offline(account: AccountId) -> Event {
    Event::Connection {
        account,
        state: Connection::Offline {
            error: RemoteError::Offline {
                cause: safe("imap.example.org: connection refused"),
            },
            retry_seconds: Some(12),
        },
    }
}

#[test]
fn sizes() {
    for (columns, rows) in [(40, 10), (40, 12), (80, 24), (100, 30), (160, 45)] {
        let screen = Screen::new(inbox()).at(columns, rows);
        insta::assert_snapshot!(format!("list_{columns}x{rows}"), screen.text());
    }
}

#[test]
fn an_open_message() {
    for (columns, rows) in [(40, 10), (40, 12), (80, 24), (100, 30), (160, 45)] {
        let mut screen = Screen::new(inbox()).at(columns, rows);
        screen.press("enter");
        insta::assert_snapshot!(format!("message_{columns}x{rows}"), screen.text());
    }
}

#[test]
fn the_folder_pane_is_called_on_a_narrow_screen() {
    for (columns, rows) in [(40, 12), (80, 24)] {
        let mut screen = Screen::new(inbox()).at(columns, rows);
        screen.press("h j");
        insta::assert_snapshot!(format!("folders_{columns}x{rows}"), screen.text());
    }
}

#[test]
fn themes() {
    for (name, theme, colours) in THEMES {
        insta::assert_snapshot!(
            format!("styles_{name}"),
            styles(&themed(theme, colours).buffer())
        );
    }
}

#[test]
fn two_accounts_one_of_them_offline() {
    let mut screen = two_accounts();
    screen.send(offline(WORK));
    insta::assert_snapshot!(screen.text());
}

#[test]
fn overlays() {
    for (name, keys) in [
        ("continuations", "g"),
        ("continuations_z", "z"),
        ("help", "?"),
        ("help_search", "? u n r e a d"),
        ("palette", "ctrl-k"),
        ("palette_search", "ctrl-k f o l d down"),
        ("folder_jump", "gf"),
        ("folder_jump_search", "gf r u s"),
        ("command_line", ": n e"),
        ("limit", "\\ i n v"),
    ] {
        let mut screen = Screen::new(inbox()).at(80, 24);
        screen.press(keys);
        insta::assert_snapshot!(format!("overlay_{name}"), screen.text());
    }
}

#[test]
fn overlays_on_the_smallest_screen() {
    for (name, keys) in [("continuations", "g"), ("help", "?"), ("palette", "ctrl-k")] {
        let mut screen = Screen::new(inbox()).at(40, 10);
        screen.press(keys);
        insta::assert_snapshot!(format!("small_{name}"), screen.text());
    }
}

#[test]
fn a_password_is_asked_for() {
    let mut screen = Screen::new(inbox()).at(80, 24);
    let refusal = safe("The server refused it. imap.example.org says: \"Invalid credentials\"");
    screen.send(Event::PasswordWanted {
        account: HOME,
        protocol: Protocol::Imap,
        refusal,
    });
    screen.type_text("secret");
    insta::assert_snapshot!(screen.text());
}

#[test]
fn the_welcome_without_a_configuration() {
    for (columns, rows) in [(40, 10), (80, 24)] {
        let backend = ratatui::backend::TestBackend::new(columns, rows);
        let mut terminal = ratatui::Terminal::new(backend).unwrap();
        let path = safe("/home/anna/.config/sterna/config.toml");
        terminal
            .draw(|frame| sterna::ui::welcome::draw(&path, false, Colours::Palette, frame))
            .unwrap();
        insta::assert_snapshot!(
            format!("welcome_{columns}x{rows}"),
            text(terminal.backend().buffer())
        );
    }
    let backend = ratatui::backend::TestBackend::new(80, 24);
    let mut terminal = ratatui::Terminal::new(backend).unwrap();
    terminal
        .draw(|frame| sterna::ui::welcome::draw(&safe("/c.toml"), true, Colours::Palette, frame))
        .unwrap();
    let shown = text(terminal.backend().buffer());
    assert!(shown.contains("There is no account in the configuration yet."));
}

/// A `state.db` of which one table could be read in part only.
pub fn findings() -> Findings {
    let kind = |name, n_readable, is_whole| Kind {
        name,
        n_readable,
        is_whole,
    };
    Findings {
        file: safe("/home/anna/.local/share/sterna/state.db"),
        cause: safe("read the schema: database disk image is malformed"),
        kinds: vec![
            kind("changes that no server has been told yet", 12, false),
            kind("drafts", 0, true),
            kind("accounts", 2, true),
        ],
    }
}

#[test]
fn a_damaged_state() {
    for (columns, rows) in [(40, 12), (100, 30)] {
        let backend = ratatui::backend::TestBackend::new(columns, rows);
        let mut terminal = ratatui::Terminal::new(backend).unwrap();
        terminal
            .draw(|frame| sterna::ui::recovery::draw(&findings(), Colours::Palette, frame))
            .unwrap();
        insta::assert_snapshot!(
            format!("damaged_state_{columns}x{rows}"),
            terminal.backend().to_string()
        );
    }
}

#[test]
fn the_beginning_of_a_text_stands_where_the_list_has_room() {
    let mut rows = inbox();
    for row in &mut rows {
        row.preview = safe("Shall we meet on Tuesday?");
    }
    let shows = |columns| {
        let screen = Screen::new(rows.clone()).at(columns, 30);
        screen.shows("Shall we")
    };
    assert!(shows(160) && !shows(40));
}
