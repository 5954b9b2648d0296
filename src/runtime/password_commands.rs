//! Which accounts have a `password-command`, and when it runs: never in a loop, since a server may lock an account after
//! a few wrong passwords.

use std::collections::BTreeMap;

use crossbeam_channel::Sender;

use crate::channel::event::Event;
use crate::channel::job::Job;
use crate::cli::place::SECRET_PATIENCE;
use crate::config::secret;
use crate::engine::{Order, Post};
use crate::mail::account::AccountId;
use crate::mail::safe_text::SafeText;
use crate::runtime::render::Answer;

/// Runs in a row without a connection; after them the user is asked.
const MOST_RUNS: u32 = 3;

/// The commands, and how often each ran since its account was last connected.
#[derive(Debug, Default)]
pub struct PasswordCommands {
    commands: BTreeMap<AccountId, (Vec<String>, u32)>,
}

impl PasswordCommands {
    /// Notes an account's command.
    pub fn add(&mut self, account: AccountId, argv: Vec<String>) {
        self.commands.insert(account, (argv, 0));
    }

    /// The account is connected: its password was right.
    pub fn came_up(&mut self, account: AccountId) {
        if let Some((_, n_runs)) = self.commands.get_mut(&account) {
            *n_runs = 0;
        }
    }

    /// The command to run for a password that is wanted; `None` when the user is to be asked.
    ///
    /// What a server refused with words is not fetched again, unless it was right until then and may have been changed.
    pub fn next_run(&mut self, account: AccountId, refusal: &SafeText) -> Option<Vec<String>> {
        let (argv, n_runs) = self.commands.get_mut(&account)?;
        let most = if refusal.as_str().is_empty() {
            MOST_RUNS
        } else {
            1
        };
        if *n_runs >= most {
            return None;
        }
        *n_runs += 1;
        Some(argv.clone())
    }

    /// Whether the account has a command.
    #[must_use]
    pub fn has(&self, account: AccountId) -> bool {
        self.commands.contains_key(&account)
    }
}

/// Runs a command away from the drawing thread and gives the engine what it prints; when it fails, the user is asked.
pub fn run(account: AccountId, argv: Vec<String>, post: Post, answers: Sender<Answer>) {
    let spawned = std::thread::Builder::new()
        .name("password-command".to_owned())
        .spawn(move || match secret::run(&argv, SECRET_PATIENCE) {
            Ok(secret) => post.send(Order::Job(Job::Password(secret))),
            Err(problem) => {
                // As an answer: as an event it would be taken for the server's refusal, and the command run again.
                let _ = answers.send(Answer::Event(Event::PasswordWanted {
                    account,
                    refusal: SafeText::line(&problem),
                }));
            }
        });
    drop(spawned);
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: AccountId = AccountId::new(1);

    fn commands() -> PasswordCommands {
        let mut commands = PasswordCommands::default();
        commands.add(ACCOUNT, vec!["pass".to_owned()]);
        commands
    }

    #[test]
    fn refusals_without_a_word_run_the_command_three_times_until_a_connection_came_up() {
        let (mut commands, silent) = (commands(), SafeText::default());
        for round in 0..2 {
            for _ in 0..MOST_RUNS {
                assert!(commands.next_run(ACCOUNT, &silent).is_some(), "{round}");
            }
            assert!(commands.next_run(ACCOUNT, &silent).is_none(), "{round}");
            commands.came_up(ACCOUNT);
        }
        assert!(commands.next_run(AccountId::new(2), &silent).is_none());
    }

    #[test]
    fn a_refused_password_is_fetched_again_only_where_one_was_right_before() {
        let (mut commands, words) = (commands(), SafeText::line("wrong password"));
        assert!(commands.next_run(ACCOUNT, &SafeText::default()).is_some());
        assert!(commands.next_run(ACCOUNT, &words).is_none());
        commands.came_up(ACCOUNT);
        assert!(commands.next_run(ACCOUNT, &words).is_some());
        assert!(commands.next_run(ACCOUNT, &words).is_none());
    }
}
