//! The line after `:`: which command it means, and how it could go on.

use crate::command::table::{Argument, COMMANDS, Command, find};
use crate::command::verb::Verb;

/// A line that makes sense.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// The command.
    pub verb: Verb,
    /// What followed it, trimmed; empty when nothing did.
    pub argument: String,
}

/// Why a line makes no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineError {
    /// Nothing was typed.
    Empty,
    /// No command has this name.
    Unknown,
    /// Something follows a command that takes nothing.
    Superfluous,
}

/// Reads a line: a name, or an unambiguous beginning of one, and its argument.
///
/// # Errors
/// [`LineError`] says why the line means no command; the caller tells the user.
pub fn parse(line: &str) -> Result<Parsed, LineError> {
    let line = line.trim();
    let (name, argument) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    if name.is_empty() {
        return Err(LineError::Empty);
    }
    let command = find(name)
        .or_else(|| only_beginning(name))
        .ok_or(LineError::Unknown)?;
    let argument = argument.trim().to_owned();
    if command.argument == Argument::None && !argument.is_empty() {
        return Err(LineError::Superfluous);
    }
    Ok(Parsed {
        verb: command.verb,
        argument,
    })
}

/// The commands whose names begin with what is typed, in the order of the table.
pub fn candidates(typed: &str) -> impl Iterator<Item = &'static Command> {
    COMMANDS
        .iter()
        .filter(move |command| command.name.starts_with(typed))
}

fn only_beginning(name: &str) -> Option<&'static Command> {
    let mut matching = candidates(name);
    let first = matching.next()?;
    matching.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_name_or_its_only_beginning() {
        let limit = |argument: &str| {
            Ok(Parsed {
                verb: Verb::Limit,
                argument: argument.to_owned(),
            })
        };
        for (line, expected) in [
            ("limit  rust lang ", limit("rust lang")),
            ("lim", limit("")),
            ("  ", Err(LineError::Empty)),
            ("next-", Err(LineError::Unknown)),
            ("nonsense", Err(LineError::Unknown)),
            ("quit now", Err(LineError::Superfluous)),
        ] {
            assert_eq!(parse(line), expected, "{line}");
        }
    }
}
