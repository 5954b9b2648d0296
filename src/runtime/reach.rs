//! Which servers this process reaches, and what it owes other processes for that: an answer to every body they want
//! from an account whose engine is here.

use std::collections::{BTreeMap, BTreeSet};

use crate::channel::event::Connection;
use crate::engine::peers::Message;
use crate::mail::account::AccountId;
use crate::mail::message_id::MessageId;
use crate::runtime::effects::Hands;

/// How an account is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Not known yet, or a connection is being made.
    Trying,
    /// By a connection of this process.
    Connected,
    /// Not at all.
    Down,
    /// Through another process.
    Elsewhere,
}

/// The states of all accounts, and the wishes of other processes that are unanswered.
#[derive(Debug, Default)]
pub struct Reach {
    states: BTreeMap<AccountId, State>,
    wishes: BTreeMap<AccountId, BTreeSet<MessageId>>,
    /// Accounts that another process wants up to date.
    syncs: BTreeSet<AccountId>,
    /// Accounts that are offline because the user said so.
    resting: BTreeSet<AccountId>,
}

impl Reach {
    /// An account at the start.
    pub fn add(&mut self, account: AccountId, is_offline: bool) {
        let state = if is_offline {
            State::Down
        } else {
            State::Trying
        };
        self.states.insert(account, state);
    }

    /// Notes what an engine said of its connection; what other processes are to be told about it.
    pub fn note(&mut self, account: AccountId, connection: &Connection) -> Vec<Message> {
        let before = self.state(account);
        let state = match connection {
            Connection::Connecting => State::Trying,
            Connection::Online | Connection::Syncing { .. } | Connection::Leaving { .. } => {
                State::Connected
            }
            // Whose engine waits for the lock chooses for itself alone.
            Connection::OfflineByChoice if before == State::Elsewhere => State::Elsewhere,
            Connection::Offline { .. } | Connection::OfflineByChoice => State::Down,
            Connection::Elsewhere => State::Elsewhere,
        };
        self.states.insert(account, state);
        if *connection == Connection::OfflineByChoice {
            self.resting.insert(account);
        } else {
            self.resting.remove(&account);
        }
        let mut messages = Vec::new();
        match state {
            State::Connected if before != State::Connected => {
                let wishes = self.wishes.get(&account).into_iter().flatten();
                messages.extend(wishes.map(|message| Message::Coming(*message)));
            }
            State::Down => {
                if self.syncs.remove(&account) {
                    messages.push(Message::NotSynced(account));
                }
                let wishes = self.wishes.remove(&account).into_iter().flatten();
                messages.extend(wishes.map(Message::NoBody));
            }
            // The holder heard them too.
            State::Elsewhere => drop(self.wishes.remove(&account)),
            State::Trying | State::Connected => {}
        }
        messages
    }

    /// Another process wants a body; the answer that it gets at once, if any.
    pub fn wish(&mut self, account: AccountId, message: MessageId) -> Option<Message> {
        let state = self.state(account);
        match state {
            State::Elsewhere => return None,
            State::Down if self.resting.contains(&account) => {
                return Some(Message::NoBody(message));
            }
            State::Down | State::Trying | State::Connected => {}
        }
        self.wishes.entry(account).or_default().insert(message);
        (state == State::Connected).then_some(Message::Coming(message))
    }

    /// A body came or will not come: everybody is told of that.
    pub fn settled(&mut self, message: MessageId) {
        for wishes in self.wishes.values_mut() {
            wishes.remove(&message);
        }
    }

    /// Notes that another process wants an account up to date; the answer where it is known at once.
    pub fn wish_sync(&mut self, account: AccountId) -> Option<Message> {
        if self.resting.contains(&account) {
            return Some(Message::NotSynced(account));
        }
        self.syncs.insert(account);
        None
    }

    /// Notes that an account is up to date.
    pub fn synced(&mut self, account: AccountId) {
        self.syncs.remove(&account);
    }

    /// Whether another process holds the account's engine.
    #[must_use]
    pub fn is_elsewhere(&self, account: AccountId) -> bool {
        self.state(account) == State::Elsewhere
    }

    /// Whether this process is connected to the account's server.
    #[must_use]
    pub fn is_connected(&self, account: AccountId) -> bool {
        self.state(account) == State::Connected
    }

    fn state(&self, account: AccountId) -> State {
        self.states.get(&account).copied().unwrap_or(State::Trying)
    }
}

impl Hands {
    /// The accounts whose engine this process holds.
    #[must_use]
    pub fn own_accounts(&self) -> BTreeSet<AccountId> {
        let accounts = self.engines.keys().copied();
        accounts
            .filter(|account| !self.reach.is_elsewhere(*account))
            .collect()
    }

    /// Whether an account reaches its server.
    #[must_use]
    pub fn is_connected(&self, account: AccountId) -> bool {
        self.reach.is_connected(account)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::error::RemoteError;
    use crate::mail::safe_text::SafeText;

    const ACCOUNT: AccountId = AccountId::new(1);

    fn message(number: u64) -> MessageId {
        MessageId::new(number).unwrap()
    }

    fn offline() -> Connection {
        Connection::Offline {
            error: RemoteError::Offline {
                cause: SafeText::default(),
            },
            retry_seconds: Some(1),
        }
    }

    #[test]
    fn a_wish_is_answered_when_the_attempt_to_connect_has_ended() {
        let mut reach = Reach::default();
        reach.add(ACCOUNT, false);
        assert_eq!(reach.wish(ACCOUNT, message(1)), None);
        assert_eq!(
            reach.note(ACCOUNT, &offline()),
            [Message::NoBody(message(1))]
        );
        // By choice there will be no attempt; by accident there is one at once, whose end is the answer.
        assert_eq!(reach.note(ACCOUNT, &Connection::OfflineByChoice), []);
        assert_eq!(
            reach.wish(ACCOUNT, message(2)),
            Some(Message::NoBody(message(2)))
        );
        assert_eq!(reach.note(ACCOUNT, &offline()), []);
        assert_eq!(reach.wish(ACCOUNT, message(5)), None);
        assert_eq!(
            reach.note(ACCOUNT, &offline()),
            [Message::NoBody(message(5))]
        );
        reach.note(ACCOUNT, &Connection::Connecting);
        assert_eq!(reach.wish(ACCOUNT, message(3)), None);
        assert_eq!(
            reach.note(ACCOUNT, &Connection::Online),
            [Message::Coming(message(3))]
        );
        assert_eq!(
            reach.wish(ACCOUNT, message(4)),
            Some(Message::Coming(message(4)))
        );
        reach.settled(message(3));
        assert_eq!(
            reach.note(ACCOUNT, &offline()),
            [Message::NoBody(message(4))]
        );
    }

    #[test]
    fn who_does_not_hold_the_engine_answers_nothing() {
        let mut reach = Reach::default();
        reach.add(ACCOUNT, false);
        assert_eq!(reach.wish(ACCOUNT, message(1)), None);
        assert_eq!(reach.note(ACCOUNT, &Connection::Elsewhere), []);
        assert_eq!(reach.note(ACCOUNT, &Connection::OfflineByChoice), []);
        assert_eq!(reach.wish(ACCOUNT, message(1)), None);
        assert!(reach.is_elsewhere(ACCOUNT));
        // Until it takes over.
        reach.note(ACCOUNT, &Connection::Connecting);
        assert_eq!(reach.note(ACCOUNT, &Connection::Online), []);
        assert!(reach.is_connected(ACCOUNT));
    }

    #[test]
    fn who_waits_for_a_sync_hears_when_there_can_be_none() {
        let mut reach = Reach::default();
        reach.add(ACCOUNT, false);
        assert_eq!(reach.wish_sync(ACCOUNT), None);
        assert_eq!(
            reach.note(ACCOUNT, &offline()),
            [Message::NotSynced(ACCOUNT)]
        );
        assert_eq!(reach.note(ACCOUNT, &offline()), [], "told once");
        assert_eq!(reach.wish_sync(ACCOUNT), None, "it is tried at once");
        reach.synced(ACCOUNT);
        assert_eq!(reach.note(ACCOUNT, &Connection::OfflineByChoice), []);
        assert_eq!(reach.wish_sync(ACCOUNT), Some(Message::NotSynced(ACCOUNT)));
    }
}
