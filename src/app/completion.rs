//! What an address that is typed may become: offered beside its line, taken by a key.

use crate::app::input::Input;
use crate::channel::key::{Key, KeyCode};

/// The most that is offered.
const MOST: usize = 8;

/// Addresses that the word before the cursor may become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// What was asked for.
    pub typed: String,
    /// What may stand there, best first: `Name <address>` as it is typed.
    pub found: Vec<String>,
    /// The chosen one; `None` until the user moved to one.
    pub cursor: Option<usize>,
}

/// What a key was to the addresses that are offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// Nothing: it is for the line.
    No,
    /// It moved among them.
    Moved,
    /// One of them stands in the line now.
    Accepted,
}

impl Completion {
    /// Follows what is typed; what is to be asked for now, `None` where no address has begun.
    pub fn follow(open: &mut Option<Self>, input: &Input) -> Option<String> {
        let before = input.before();
        let typed = before.get(start(before)..).unwrap_or_default().to_owned();
        // What was offered stays until the answer comes, so that nothing flickers.
        let found = open.take().map(|old| old.found);
        if typed.trim().is_empty() {
            return None;
        }
        *open = Some(Self {
            typed: typed.clone(),
            found: found.unwrap_or_default(),
            cursor: None,
        });
        Some(typed)
    }

    /// Addresses were found for what was typed; more of them come behind those of an earlier answer.
    pub fn arrived(&mut self, typed: &str, found: Vec<String>, is_more: bool) {
        if self.typed != typed {
            return;
        }
        if !is_more {
            self.found.clear();
        }
        for address in found {
            let is_new = !self.found.contains(&address) && !is_typed(typed, &address);
            if is_new && self.found.len() < MOST {
                self.found.push(address);
            }
        }
    }

    /// A key while addresses may be offered.
    pub fn key(open: &mut Option<Self>, input: &mut Input, key: Key) -> Taken {
        let Some(offered) = open.as_mut().filter(|_| !key.alt) else {
            return Taken::No;
        };
        let Some(last) = offered.found.len().checked_sub(1) else {
            return Taken::No;
        };
        match (key.ctrl, key.code, offered.cursor) {
            (false, KeyCode::Down, at) | (true, KeyCode::Char('n'), at) => {
                offered.cursor = Some(at.map_or(0, |at| (at + 1).min(last)));
            }
            // Above the first one is the line itself.
            (false, KeyCode::Up, Some(at)) | (true, KeyCode::Char('p'), Some(at)) => {
                offered.cursor = at.checked_sub(1);
            }
            (false, KeyCode::Tab, _) | (false, KeyCode::Enter, Some(_)) => {
                let chosen = offered.found.get(offered.cursor.unwrap_or(0));
                if let Some(address) = chosen {
                    let from = start(input.before());
                    input.complete(from, &format!("{address}, "));
                }
                *open = None;
                return Taken::Accepted;
            }
            _ => return Taken::No,
        }
        Taken::Moved
    }
}

/// Where the address begins that is typed before the cursor: behind the last comma that stands in no quotes.
fn start(before: &str) -> usize {
    let (mut at, mut is_quoted) = (0, false);
    for (index, c) in before.char_indices() {
        match c {
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => at = index + 1,
            _ => {}
        }
    }
    let rest = before.get(at..).unwrap_or_default();
    at + (rest.len() - rest.trim_start().len())
}

/// Whether an address stands there already: whole, its name aside.
fn is_typed(typed: &str, address: &str) -> bool {
    let bare = address.rsplit_once('<').map(|(_, bare)| bare);
    let bare = bare.map_or(address, |bare| bare.trim_end_matches('>'));
    [address, bare]
        .iter()
        .any(|whole| whole.eq_ignore_ascii_case(typed.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_begins_behind_the_last_comma_outside_of_quotes() {
        for (before, expected) in [
            ("", ""),
            ("an", "an"),
            ("a@b.c, bo", "bo"),
            ("\"Abel, Anna\" <a@b.c>,x", "x"),
            ("\"Abel, An", "\"Abel, An"),
            ("a@b.c, ", ""),
        ] {
            assert_eq!(&before[start(before)..], expected, "{before}");
        }
    }
}
