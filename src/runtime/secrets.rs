//! The accounts' passwords, as far as the screen has to do with them: when a command runs or a kept password is looked
//! up (never in a loop, since a server may lock an account after a few wrong passwords), and whether one that was typed
//! may be stored.

use std::collections::BTreeMap;

use crossbeam_channel::Sender;

use crate::channel::error::RemoteError;
use crate::channel::event::{Connection, Event};
use crate::channel::job::Job;
use crate::config::keeper::Keeper;
use crate::engine::{Order, Post};
use crate::mail::account::{AccountId, AccountSettings, Protocol, SecretSource};
use crate::mail::safe_text::SafeText;
use crate::mail::secret::Secret;
use crate::runtime::render::Answer;

/// Runs in a row without a connection; after them the user is asked.
const MOST_RUNS: u32 = 3;

/// One account.
struct Known {
    settings: AccountSettings,
    /// How often its command ran, or what is kept was looked up, since it was last connected.
    n_runs: u32,
    /// Whether a token that was refused was replaced once since then.
    is_renewed: bool,
    /// What the user typed, until the server took it and the screen offered to store it; then until the end of the run.
    typed: Option<Secret>,
    is_offered: bool,
}

/// The accounts whose secret is not simply configured.
pub struct Secrets {
    keeper: Keeper,
    accounts: BTreeMap<AccountId, Known>,
    answers: Sender<Answer>,
}

impl Secrets {
    /// None yet.
    #[must_use]
    pub const fn new(keeper: Keeper, answers: Sender<Answer>) -> Self {
        Self {
            keeper,
            accounts: BTreeMap::new(),
            answers,
        }
    }

    /// Notes an account.
    pub fn add(&mut self, account: AccountId, settings: &AccountSettings) {
        if is_given(&settings.secret) && is_given(settings.secret_at(Protocol::Smtp)) {
            return;
        }
        let known = Known {
            settings: settings.clone(),
            n_runs: 0,
            is_renewed: false,
            typed: None,
            is_offered: false,
        };
        self.accounts.insert(account, known);
    }

    /// The user typed a password; whether it is right will be seen.
    pub fn typed(&mut self, account: AccountId, password: &Secret) {
        if let Some(known) = self.accounts.get_mut(&account) {
            known.typed = Some(password.clone());
        }
    }

    /// The account is connected: its password was right. One that was typed is offered for storing, once in a run.
    pub fn came_up(&mut self, account: AccountId) {
        let Some(known) = self.accounts.get_mut(&account) else {
            return;
        };
        (known.n_runs, known.is_renewed) = (0, false);
        let is_ours_to_keep = matches!(known.settings.secret, SecretSource::Ask);
        if is_ours_to_keep && known.typed.is_some() && !known.is_offered {
            known.is_offered = true;
            let place = SafeText::line(&self.keeper.place(&known.settings));
            let offer = Event::PasswordAccepted { account, place };
            let _ = self.answers.send(Answer::Event(offer));
        }
    }

    /// The user wants another attempt: so may the command of a token.
    pub fn try_again(&mut self, account: AccountId) {
        if let Some(known) = self.accounts.get_mut(&account) {
            known.is_renewed = false;
        }
    }

    /// A password is wanted. Gets it, away from the drawing thread, and gives it to the engine; what is to be told to
    /// the user instead is returned, or comes as an answer.
    ///
    /// What a server refused with words is not fetched again, unless it was right until then and may have been changed.
    pub fn wanted(
        &mut self,
        (account, protocol): (AccountId, Protocol),
        refusal: &SafeText,
        post: Post,
    ) -> Option<Event> {
        if protocol == Protocol::Smtp {
            return self.wanted_for_submission(account, refusal, post);
        }
        let ask = |refusal| Some(wanted((account, protocol), refusal));
        let is_to_be_got = |known: &&mut Known| !is_given(&known.settings.secret);
        let Some(known) = self.accounts.get_mut(&account).filter(is_to_be_got) else {
            return ask(refusal.clone());
        };
        known.typed = None;
        if matches!(known.settings.secret, SecretSource::Token(_)) {
            // Nobody types a token: what is in vain is told by the state of the connection.
            let is_allowed = refusal.is_empty() || !std::mem::replace(&mut known.is_renewed, true);
            if is_allowed {
                self.look_up((account, protocol), post);
            }
            return None;
        }
        let most = if refusal.is_empty() { MOST_RUNS } else { 1 };
        if known.n_runs < most {
            known.n_runs += 1;
            self.look_up((account, protocol), post);
            return None;
        }
        let has_given_one = !matches!(known.settings.secret, SecretSource::Ask);
        if refusal.is_empty() && has_given_one {
            return ask(SafeText::own("The password was refused without a word."));
        }
        ask(refusal.clone())
    }

    /// The same for the submission server. Without words the command of its secret is run; with words that was in vain.
    fn wanted_for_submission(
        &self,
        account: AccountId,
        refusal: &SafeText,
        post: Post,
    ) -> Option<Event> {
        let whose = (account, Protocol::Smtp);
        let Some(known) = self.accounts.get(&account) else {
            return Some(wanted(whose, refusal.clone()));
        };
        if refusal.is_empty() {
            self.look_up(whose, post);
            return None;
        }
        Some(match known.settings.secret_at(Protocol::Smtp) {
            // Nobody types a token.
            SecretSource::Token(_) => Event::Notice(refusal.clone()),
            _ => wanted(whose, refusal.clone()),
        })
    }

    fn look_up(&self, whose: (AccountId, Protocol), post: Post) {
        let (account, protocol) = whose;
        let Some(known) = self.accounts.get(&account) else {
            return;
        };
        let (keeper, settings) = (self.keeper.clone(), known.settings.clone());
        let answers = self.answers.clone();
        let work = move || {
            let refusal = match keeper.secret_at(&settings, protocol) {
                Ok(Some(secret)) => {
                    let job = match protocol {
                        Protocol::Imap => Job::Password(secret),
                        Protocol::Smtp => Job::SubmissionPassword(secret),
                    };
                    return post.send(Order::Job(job));
                }
                Ok(None) => SafeText::default(),
                Err(problem) => SafeText::line(&problem),
            };
            let is_token = matches!(settings.secret_at(protocol), SecretSource::Token(_));
            let event = match (is_token, protocol) {
                // As an answer: as an event it would be taken for the server's refusal, and the command run again.
                (false, _) => wanted(whose, refusal),
                (true, Protocol::Smtp) => Event::Notice(refusal),
                (true, Protocol::Imap) => Event::Connection {
                    account,
                    state: Connection::Offline {
                        error: RemoteError::NoCredentials {
                            what: settings.secret.what(),
                            cause: refusal,
                        },
                        retry_seconds: None,
                    },
                },
            };
            let _ = answers.send(Answer::Event(event));
        };
        let _ = std::thread::Builder::new()
            .name("password".to_owned())
            .spawn(work);
    }

    /// Stores the password that was typed, away from the drawing thread; how that went comes as an answer.
    pub fn store(&self, account: AccountId) {
        let Some(known) = self.accounts.get(&account) else {
            return;
        };
        // Wanted anew since it was offered, it is right no longer.
        let password = known.typed.clone().filter(|_| known.is_offered);
        let (keeper, settings) = (self.keeper.clone(), known.settings.clone());
        let answers = self.answers.clone();
        let work = move || {
            let stored = match password {
                Some(password) => keeper.store(&settings, &password),
                None => Err("the server does not take it any more".to_owned()),
            };
            let problem = stored.err();
            let problem = problem.map(|problem| SafeText::line(&problem));
            let event = Event::PasswordStored { account, problem };
            let _ = answers.send(Answer::Event(event));
        };
        let _ = std::thread::Builder::new()
            .name("password".to_owned())
            .spawn(work);
    }
}

const fn is_given(source: &SecretSource) -> bool {
    matches!(source, SecretSource::Known(_))
}

const fn wanted((account, protocol): (AccountId, Protocol), refusal: SafeText) -> Event {
    Event::PasswordWanted {
        account,
        protocol,
        refusal,
    }
}
