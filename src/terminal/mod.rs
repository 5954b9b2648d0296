//! The terminal: raw mode and back, frames, keys, signals. Knows nothing of mail; whatever happens, the terminal is left
//! as it was found.
//!
//! Threads: `input` and `signals` each have one of their own; `screen` belongs to the drawing thread.

mod doubtful;
pub mod input;
mod keys;
pub mod panics;
pub mod screen;
pub mod signals;

use std::io::IsTerminal as _;

/// Says why the screen cannot open here; exit code 64.
///
/// # Errors
/// One line: there is no terminal, or one that cannot place its cursor.
pub fn check() -> Result<(), String> {
    let is_terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    usable(is_terminal, std::env::var("TERM").ok().as_deref())
}

fn usable(is_terminal: bool, term: Option<&str>) -> Result<(), String> {
    if !is_terminal {
        return Err(
            "the screen needs a terminal; without one use a command, see sterna --help".to_owned(),
        );
    }
    match term {
        None | Some("" | "dumb") => Err(
            "TERM says that this terminal cannot place its cursor; use a command, see sterna --help".to_owned(),
        ),
        Some(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dumb_terminal_and_none_at_all_are_refused_in_one_line() {
        assert_eq!(usable(true, Some("xterm-256color")), Ok(()));
        for (is_terminal, term) in [
            (false, Some("xterm")),
            (true, Some("dumb")),
            (true, Some("")),
            (true, None),
        ] {
            let refusal = usable(is_terminal, term).unwrap_err();
            assert_eq!(refusal.lines().count(), 1);
        }
    }
}
