//! A page that waits for a key: shown before there is a model, or instead of one.

use std::time::Duration;

use crossbeam_channel::unbounded;
use ratatui::Frame;

use crate::channel::event::Event;
use crate::channel::key::{Key, KeyCode};
use crate::channel::signal::Signal;
use crate::terminal::input::Input;
use crate::terminal::screen::Screen;
use crate::terminal::signals::{END_LIMIT, SignalThread};

/// Shows a page until one of its keys is pressed, and returns it; `None` when the user quits or the terminal goes.
///
/// # Errors
/// What the terminal said.
pub fn ask(keys: &[char], draw: impl Fn(&mut Frame)) -> Result<Option<char>, String> {
    let failed = |error: std::io::Error| format!("the terminal failed: {error}");
    let (events, received) = unbounded();
    let (signals, asked) = unbounded();
    crate::terminal::panics::install();
    let mut screen = Screen::enter(false).map_err(failed)?;
    let signal_thread =
        SignalThread::start(signals.clone(), events.clone(), END_LIMIT).map_err(failed)?;
    let input = Input::start(events, signals).map_err(failed)?;
    let answer = loop {
        screen.draw(|frame| draw(frame)).map_err(failed)?;
        crossbeam_channel::select! {
            recv(received) -> event => match event {
                Ok(Event::Key(Key { code: KeyCode::Char(key), ctrl: false, .. })) if keys.contains(&key) => {
                    break Some(key);
                }
                Ok(Event::Key(key)) if quits(key) => break None,
                Ok(_) => {}
                Err(_) => break None,
            },
            recv(asked) -> signal => match signal {
                Ok(Signal::Resumed) => screen.reenter().map_err(failed)?,
                _ => break None,
            },
            default(Duration::from_hours(1)) => {}
        }
    };
    input.stop();
    drop(signal_thread);
    drop(screen);
    Ok(answer)
}

/// Whether a key ends the page without an answer.
const fn quits(key: Key) -> bool {
    matches!(
        (key.code, key.ctrl),
        (KeyCode::Char('q' | 'Q'), false) | (KeyCode::Esc, _) | (KeyCode::Char('c'), true)
    )
}
