//! The first screen of a machine without a configuration: says what is missing and offers the demo.

use std::path::Path;
use std::time::Duration;

use crossbeam_channel::unbounded;

use crate::channel::event::Event;
use crate::channel::key::{Key, KeyCode};
use crate::channel::signal::Signal;
use crate::mail::safe_text::SafeText;
use crate::runtime::screen::colours;
use crate::terminal::input::Input;
use crate::terminal::screen::Screen;
use crate::terminal::signals::{END_LIMIT, SignalThread};
use crate::ui;

/// What the user chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// See the demo.
    Demo,
    /// End.
    Quit,
}

/// Shows the screen until a key decides.
///
/// # Errors
/// What the terminal said.
pub fn run(path: &Path) -> Result<Choice, String> {
    let failed = |error: std::io::Error| format!("the terminal failed: {error}");
    let (events, received) = unbounded();
    let (signals, asked) = unbounded();
    let path = SafeText::line(&path.display().to_string());
    let colours = colours();
    crate::terminal::panics::install();
    let mut screen = Screen::enter(false).map_err(failed)?;
    let signal_thread =
        SignalThread::start(signals.clone(), events.clone(), END_LIMIT).map_err(failed)?;
    let input = Input::start(events, signals).map_err(failed)?;
    let choice = loop {
        screen
            .draw(|frame| ui::welcome::draw(&path, colours, frame))
            .map_err(failed)?;
        crossbeam_channel::select! {
            recv(received) -> event => match event {
                Ok(Event::Key(key)) => if let Some(choice) = choose(key) { break choice },
                Ok(_) => {}
                Err(_) => break Choice::Quit,
            },
            recv(asked) -> signal => match signal {
                Ok(Signal::Resumed) => screen.reenter().map_err(failed)?,
                _ => break Choice::Quit,
            },
            default(Duration::from_hours(1)) => {}
        }
    };
    input.stop();
    drop(signal_thread);
    drop(screen);
    Ok(choice)
}

fn choose(key: Key) -> Option<Choice> {
    match (key.code, key.ctrl) {
        (KeyCode::Char('d'), false) => Some(Choice::Demo),
        (KeyCode::Char('q' | 'Q'), false) | (KeyCode::Esc, _) | (KeyCode::Char('c'), true) => {
            Some(Choice::Quit)
        }
        _ => None,
    }
}
