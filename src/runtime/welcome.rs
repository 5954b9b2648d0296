//! The first screen of a machine without an account: says what is missing and offers the demo.

use std::path::Path;

use crate::mail::safe_text::SafeText;
use crate::runtime::question;
use crate::runtime::settings::colours;
use crate::ui;

/// What the user chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// See the demo.
    Demo,
    /// End.
    Quit,
}

/// Shows the screen until a key decides; `is_there` tells whether there is a file that names no account.
///
/// # Errors
/// What the terminal said.
pub fn run(path: &Path, is_there: bool) -> Result<Choice, String> {
    let path = SafeText::line(&path.display().to_string());
    let colours = colours();
    let answer = question::ask(&['d'], |frame| {
        ui::welcome::draw(&path, is_there, colours, frame);
    })?;
    Ok(answer.map_or(Choice::Quit, |_| Choice::Demo))
}
