//! The line after `:`.

use crate::app::input::Input;
use crate::app::model::Model;
use crate::app::overlay::Overlay;
use crate::app::update::{notice, run};
use crate::channel::effect::Effect;
use crate::channel::key::{Key, KeyCode};
use crate::command::line::{LineError, candidates, parse};
use crate::command::preset::Pane;
use crate::command::table::Argument;

/// A key while the line is typed.
pub fn key(model: &mut Model, key: Key) -> Vec<Effect> {
    let pane = model.pane();
    let Some(Overlay::CommandLine(input)) = model.overlay.as_mut() else {
        return Vec::new();
    };
    match key.code {
        KeyCode::Enter => {
            let line = input.text();
            model.overlay = None;
            return enter(model, &line);
        }
        KeyCode::Backspace if input.is_empty() => model.overlay = None,
        KeyCode::Tab => complete(input, pane),
        _ => drop(input.key(key)),
    }
    Vec::new()
}

fn enter(model: &mut Model, line: &str) -> Vec<Effect> {
    match parse(line, Some(model.pane())) {
        Ok(parsed) => run::run(model, parsed.verb, &parsed.argument),
        Err(LineError::Empty) => Vec::new(),
        Err(LineError::Unknown) => notice::say(
            model,
            &format!("no command \"{}\", ? for help", line.trim()),
        ),
        Err(LineError::Superfluous) => {
            notice::say(model, "that command takes nothing after its name")
        }
    }
}

/// Goes on as far as all candidates agree.
fn complete(input: &mut Input, pane: Pane) {
    let typed = input.text();
    let mut names = candidates(&typed, Some(pane));
    let Some(first) = names.next() else { return };
    let mut common = first.name.to_owned();
    let mut only = true;
    for other in names {
        only = false;
        let agreed = common
            .chars()
            .zip(other.name.chars())
            .take_while(|(a, b)| a == b)
            .count();
        common = common.chars().take(agreed).collect();
    }
    if only && first.argument != Argument::None {
        common.push(' ');
    }
    if common.len() > typed.len() {
        *input = Input::new(&common);
    }
}
