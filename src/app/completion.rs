//! What an address that is typed may become: offered beside its line, taken by a key.

use crate::app::input::Input;
use crate::channel::key::{Key, KeyCode};
use crate::compose::address;

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
        // What was offered and is still meant stays until the answer comes, so that nothing flickers.
        let mut found = open.take().map_or_else(Vec::new, |old| old.found);
        let words = address::words(&typed);
        found.retain(|found| address::is_meant(&found.to_lowercase(), &words));
        if typed.trim().is_empty() {
            return None;
        }
        *open = Some(Self {
            typed: typed.clone(),
            found,
            cursor: None,
        });
        Some(typed)
    }

    /// Addresses were found for what was typed; more of them come behind those of an earlier answer.
    pub fn arrived(&mut self, typed: &str, found: Vec<String>, is_more: bool) {
        if self.typed != typed {
            return;
        }
        let chosen = self.cursor.and_then(|at| self.found.get(at)).cloned();
        if !is_more {
            self.found.clear();
        }
        for address in found {
            let is_new = !self.found.contains(&address) && !is_typed(typed, &address);
            if is_new && self.found.len() < MOST {
                self.found.push(address);
            }
        }
        // Whoever has moved to one still is on that one, wherever it stands now.
        self.cursor =
            chosen.and_then(|chosen| self.found.iter().position(|other| *other == chosen));
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
            (false, KeyCode::Enter, None) if offered.typed.contains('@') => return Taken::No,
            // What is no address yet is meant to become one; left as it is, nothing can be sent to it.
            (false, KeyCode::Tab | KeyCode::Enter, _) => {
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

/// Where the address begins that is typed before the cursor: behind the last comma or semicolon that stands in no quotes.
fn start(before: &str) -> usize {
    let (mut at, mut is_quoted) = (0, false);
    for (index, c) in before.char_indices() {
        match c {
            '"' => is_quoted = !is_quoted,
            ',' | ';' if !is_quoted => at = index + 1,
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
            ("a@b.c; bo", "bo"),
            ("\"Abel; An", "\"Abel; An"),
        ] {
            assert_eq!(&before[start(before)..], expected, "{before}");
        }
    }

    #[test]
    fn what_was_offered_for_other_letters_is_never_taken() {
        let people = ["Anna <anna@x.org>", "Andy <andy@x.org>"].map(str::to_owned);
        let (mut open, mut input) = (None, Input::new("an"));
        assert_eq!(Completion::follow(&mut open, &input), Some("an".to_owned()));
        open.as_mut().unwrap().arrived("an", people.to_vec(), false);
        let key = |name: &str| Key::parse(name).unwrap();
        // The answer for the longer word has not come.
        input.key(key("d"));
        Completion::follow(&mut open, &input);
        assert_eq!(open.as_ref().unwrap().found, people[1..]);
        assert_eq!(
            Completion::key(&mut open.clone(), &mut input.clone(), key("down")),
            Taken::Moved
        );
        let taken = Completion::key(&mut open.clone(), &mut input, key("tab"));
        assert_eq!(
            (taken, input.text().as_str()),
            (Taken::Accepted, "Andy <andy@x.org>, ")
        );
        let mut input = Input::new("bo");
        Completion::follow(&mut open, &input);
        assert_eq!(
            Completion::key(&mut open, &mut input, key("tab")),
            Taken::No
        );
    }

    #[test]
    fn the_enter_key_leaves_an_address_as_it_was_typed_and_takes_one_for_a_name() {
        for (typed, text) in [
            ("ann", "anna@x.org, "),
            ("anna@x.or", "anna@x.or"), // Perhaps it is meant so.
        ] {
            let mut input = Input::new(typed);
            let mut open = None;
            Completion::follow(&mut open, &input);
            let found = vec!["anna@x.org".to_owned()];
            open.as_mut().unwrap().arrived(typed, found, false);
            Completion::key(&mut open, &mut input, Key::parse("enter").unwrap());
            assert_eq!(input.text(), text);
        }
    }

    #[test]
    fn a_late_answer_moves_nobody_to_another_address() {
        let mut open = Completion {
            typed: "an".to_owned(),
            found: vec!["andy@x.org".to_owned(), "anna@x.org".to_owned()],
            cursor: Some(1),
        };
        let found = ["anna@x.org", "ann@x.org"].map(str::to_owned).to_vec();
        open.arrived("an", found, false);
        assert_eq!(open.cursor, Some(0));
        open.arrived("an", vec!["ann@x.org".to_owned()], false);
        assert_eq!(open.cursor, None);
    }
}
