//! Which keys do what in which pane: the table's preset with the user's bindings over it.

use crate::channel::key::Key;
use crate::command::keys::parse_sequence;
use crate::command::line;
use crate::command::preset::Pane;
use crate::command::table::{COMMANDS, Command, of};
use crate::command::verb::Verb;
use crate::config::ui_settings::UiSettings;

/// One sequence and what it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// The keys, in order.
    pub keys: Vec<Key>,
    /// The command.
    pub verb: Verb,
    /// Its argument; empty for none.
    pub argument: String,
}

/// All bindings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Keymap {
    bound: Vec<Bound>,
}

/// What a sequence means in a pane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning<'a> {
    /// A command.
    Command(&'a Bound),
    /// The beginning of longer sequences.
    Prefix,
    /// Nothing.
    Nothing,
}

impl Keymap {
    /// The preset of the settings, the user's own bindings before it. A binding that means no command is left out:
    /// the configuration refuses such lines before.
    #[must_use]
    pub fn new(settings: &UiSettings) -> Self {
        let own = settings.bind.iter().rev().filter_map(|binding| {
            let parsed = line::parse(&binding.line, None).ok()?;
            Some(Bound {
                keys: binding.keys.clone(),
                verb: parsed.verb,
                argument: parsed.argument,
            })
        });
        let mut bound: Vec<Bound> = own.collect();
        let n_own = bound.len();
        for command in COMMANDS {
            for keys in command.sequences(settings.keys).filter_map(parse_sequence) {
                // A user's `g` alone would wait forever behind the preset's `gg`, and `ga x` behind `ga`.
                let taken = bound.iter().take(n_own);
                if !taken
                    .clone()
                    .any(|own| own.keys.starts_with(&keys) || keys.starts_with(&own.keys))
                {
                    bound.push(Bound {
                        keys,
                        verb: command.verb,
                        argument: String::new(),
                    });
                }
            }
        }
        Self { bound }
    }

    /// The bindings of a pane, the user's first, then in the order of the table.
    pub fn in_pane(&self, pane: Pane) -> impl Iterator<Item = (&Bound, &'static Command)> {
        self.bound.iter().filter_map(move |bound| {
            let command = of(bound.verb).filter(|command| command.is_in(pane))?;
            Some((bound, command))
        })
    }

    /// What the keys mean in a pane.
    #[must_use]
    pub fn meaning(&self, pane: Pane, keys: &[Key]) -> Meaning<'_> {
        let mut is_prefix = false;
        for (bound, _) in self.in_pane(pane) {
            if bound.keys == keys {
                return Meaning::Command(bound);
            }
            is_prefix |= bound.keys.starts_with(keys);
        }
        if is_prefix {
            Meaning::Prefix
        } else {
            Meaning::Nothing
        }
    }

    /// The sequences of a command, wherever it is there.
    pub fn keys_of(&self, verb: Verb) -> impl Iterator<Item = &[Key]> {
        self.bound
            .iter()
            .filter(move |bound| bound.verb == verb && bound.argument.is_empty())
            .map(|bound| bound.keys.as_slice())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ui_settings::Binding;

    fn keymap(binds: &[(&str, &str)]) -> Keymap {
        let bind = binds
            .iter()
            .map(|(keys, line)| Binding {
                keys: parse_sequence(keys).unwrap(),
                line: (*line).to_owned(),
            })
            .collect();
        Keymap::new(&UiSettings {
            bind,
            ..UiSettings::default()
        })
    }

    fn verb(keymap: &Keymap, keys: &str) -> Option<Verb> {
        match keymap.meaning(Pane::List, &parse_sequence(keys).unwrap()) {
            Meaning::Command(bound) => Some(bound.verb),
            _ => None,
        }
    }

    #[test]
    fn a_users_binding_wins_over_the_preset_and_over_an_earlier_one() {
        let keymap = keymap(&[
            ("j", "quit"),
            ("j", "limit rust"),
            ("g", "help"),
            ("ctrl-x", "nonsense"),
        ]);
        assert_eq!(verb(&keymap, "j"), Some(Verb::Limit));
        assert_eq!(verb(&keymap, "g"), Some(Verb::Help));
        assert_eq!(verb(&keymap, "gg"), None);
        assert_eq!(verb(&keymap, "k"), Some(Verb::Previous));
        assert_eq!(verb(&keymap, "ctrl-x"), None);
    }

    #[test]
    fn a_prefix_waits_and_an_unknown_key_does_not() {
        let keymap = keymap(&[]);
        assert_eq!(
            keymap.meaning(Pane::List, &parse_sequence("g").unwrap()),
            Meaning::Prefix
        );
        assert_eq!(
            keymap.meaning(Pane::List, &parse_sequence("gx").unwrap()),
            Meaning::Nothing
        );
        assert_eq!(
            keymap.meaning(Pane::List, &parse_sequence("Y").unwrap()),
            Meaning::Nothing
        );
    }
}
