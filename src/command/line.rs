//! The line after `:`: which command it means, and how it could go on.

use crate::command::preset::Pane;
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

/// Reads a line: a name, or an unambiguous beginning of one, and its argument. A beginning means a command of the pane where
/// it was typed; `None` stands for all panes.
///
/// # Errors
/// [`LineError`] says why the line means no command; the caller tells the user.
pub fn parse(line: &str, pane: Option<Pane>) -> Result<Parsed, LineError> {
    let line = line.trim();
    let (name, argument) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    if name.is_empty() {
        return Err(LineError::Empty);
    }
    let command = find(name)
        .or_else(|| only_beginning(name, pane))
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

/// The commands of a pane (`None`: of all) whose names begin with what is typed, in the order of the table.
pub fn candidates(typed: &str, pane: Option<Pane>) -> impl Iterator<Item = &'static Command> {
    COMMANDS
        .iter()
        .filter(move |command| pane.is_none_or(|pane| command.can_run_in(pane)))
        .filter(move |command| command.name.starts_with(typed))
}

fn only_beginning(name: &str, pane: Option<Pane>) -> Option<&'static Command> {
    let mut matching = candidates(name, pane);
    let first = matching.next()?;
    matching.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::mailbox::Role;

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
            assert_eq!(parse(line, Some(Pane::List)), expected, "{line}");
        }
    }

    #[test]
    fn a_beginning_means_what_is_in_the_pane() {
        let verb = |pane| parse("sen", Some(pane)).map(|parsed| parsed.verb);
        assert_eq!(verb(Pane::List), Ok(Verb::Role(Role::Sent)));
        assert_eq!(
            verb(Pane::Composer),
            Err(LineError::Unknown),
            "send or send-later"
        );
        let names = |pane| candidates("det", Some(pane)).count();
        assert_eq!((names(Pane::List), names(Pane::Composer)), (0, 1));
        let whole = parse("detach", Some(Pane::List)).map(|parsed| parsed.verb);
        assert_eq!(
            whole,
            Ok(Verb::Detach),
            "who runs it says that it is not there"
        );
    }
}
