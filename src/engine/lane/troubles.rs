//! Mailboxes that a server does not let be read, over all connections of a lane: how often each was looked at in vain,
//! and what of it the user knows.

use std::collections::{BTreeMap, BTreeSet};

use crate::channel::error::RemoteError;
use crate::engine::lane::cuts::{Cuts, Verdict};
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::remote::strategy::quirks;

/// Connections that end because a mailbox cannot be read, before it is left alone.
const MOST_LOOKS_IN_VAIN: u32 = 2;
/// Connections in a row that end over one body. The first may be chance.
const MOST_BODY_CUTS: u32 = 2;
/// Bodies that are asked for alone.
const MOST_DOUBTED: usize = 1_000;
/// Connections that end over a list, before it is asked for with more care.
const LISTS_BEFORE_CARE: u32 = 2;
/// The same, before it is asked for as plainly as can be.
const MOST_LISTS: u32 = 4;

/// What of a mailbox a connection was asked for when it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reading {
    /// What is new or has changed.
    News,
    /// Older headers.
    Gap,
    /// Its counts, without being opened.
    Counts,
}

/// The connections that ended while one body was asked for, alone or with others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct BodyCuts {
    /// Those in a row for which it alone can be blamed.
    n_alone: u32,
    /// Bytes of it that were here at the last one.
    n_done: u64,
}

/// What is wrong with which mailbox. Asked for anew, each is tried again; only a word of the user has it told again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Troubles {
    n_looks: BTreeMap<MailboxId, u32>,
    told: BTreeSet<MailboxId>,
    told_incomplete: BTreeSet<MailboxId>,
    cuts: BTreeMap<(MailboxId, Reading), Cuts>,
    /// What ended connections until it was left alone.
    fatal: BTreeMap<MailboxId, RemoteError>,
    bodies: BTreeMap<MessageId, BodyCuts>,
    /// Connections in a row that ended over the list of the folders.
    n_lists: u32,
    /// Why the server lists no folders; `None` where it does, as far as is known.
    unlisted: Option<RemoteError>,
}

impl Troubles {
    /// Notes that a connection ended while these bodies were asked for, of which so many bytes are here. True where one
    /// alone ends them again and again: who asks for it is to be told.
    pub fn body_cut(&mut self, messages: &[MessageId], n_done: u64) -> bool {
        if self.bodies.len() >= MOST_DOUBTED {
            self.bodies.retain(|_, cuts| cuts.n_alone > 0);
        }
        for message in messages {
            self.bodies.entry(*message).or_default();
        }
        let [message] = messages else { return false };
        let cuts = self.bodies.entry(*message).or_default();
        if n_done > cuts.n_done {
            cuts.n_alone = 0;
        }
        (cuts.n_alone, cuts.n_done) = (cuts.n_alone.saturating_add(1), n_done);
        cuts.n_alone >= MOST_BODY_CUTS
    }

    /// The messages whose bodies are asked for alone, and whether nobody but the user is to ask for one.
    pub fn doubted(&self) -> impl Iterator<Item = (MessageId, bool)> + '_ {
        let all = self.bodies.iter();
        all.map(|(message, cuts)| (*message, cuts.n_alone >= MOST_BODY_CUTS))
    }

    /// Notes that a mailbox could be opened and not be read. True where another connection has not helped either.
    pub fn look_in_vain(&mut self, mailbox: MailboxId) -> bool {
        let n_looks = self.n_looks.entry(mailbox).or_default();
        *n_looks = n_looks.saturating_add(1);
        *n_looks > MOST_LOOKS_IN_VAIN
    }

    /// Notes that a connection ended while a mailbox was read; the numbers as [`Cuts::cut`] takes them.
    pub fn cut(
        &mut self,
        (mailbox, reading): (MailboxId, Reading),
        n_headers: u64,
        n_asked: Option<u64>,
    ) -> Verdict {
        let cuts = self.cuts.entry((mailbox, reading)).or_default();
        cuts.cut(n_headers, n_asked)
    }

    /// About how many messages of a mailbox one command may be at first; `None` for as many as usual.
    #[must_use]
    pub fn at_once(&self, mailbox: MailboxId, reading: Reading) -> Option<u64> {
        self.cuts.get(&(mailbox, reading))?.at_once()
    }

    /// Leaves a mailbox alone that ends connections, with what the last one ended with.
    pub fn is_fatal(&mut self, mailbox: MailboxId, error: RemoteError) {
        self.fatal.insert(mailbox, error);
    }

    /// The mailboxes that a new connection does not go to by itself.
    pub fn fatal(&self) -> impl Iterator<Item = (MailboxId, RemoteError)> + '_ {
        let all = self.fatal.iter();
        all.map(|(mailbox, error)| (*mailbox, error.clone()))
    }

    /// Whether a mailbox is one of them.
    #[must_use]
    pub fn shuns(&self, mailbox: MailboxId) -> bool {
        self.fatal.contains_key(&mailbox)
    }

    /// Notes that the user is told of a mailbox that cannot be read; false where that was done.
    pub fn tell(&mut self, mailbox: MailboxId) -> bool {
        self.told.insert(mailbox)
    }

    /// The same of a mailbox whose older messages do not come.
    pub fn tell_incomplete(&mut self, mailbox: MailboxId) -> bool {
        self.told_incomplete.insert(mailbox)
    }

    /// The other lane has given a mailbox up, and told the user.
    pub fn given_up(&mut self, mailbox: MailboxId) {
        self.n_looks.insert(mailbox, MOST_LOOKS_IN_VAIN);
        self.told.insert(mailbox);
        let cuts = self.cuts.entry((mailbox, Reading::News)).or_default();
        cuts.give_up();
    }

    /// Notes that the server lists no folders, and why; true where the user is to be told.
    pub fn unlisted(&mut self, error: RemoteError) -> bool {
        self.unlisted.replace(error).is_none()
    }

    /// The server has listed folders.
    pub fn listed(&mut self) {
        self.unlisted = None;
        self.n_lists = if self.n_lists < LISTS_BEFORE_CARE {
            0
        } else {
            self.n_lists.min(MOST_LISTS) // It is owed to the care.
        };
    }

    /// Notes that a connection ended over the list of the folders.
    pub const fn list_struck(&mut self) {
        self.n_lists = self.n_lists.saturating_add(1);
    }

    /// What the next connection does without, so that it may get a list: the counts in it first, of which one may be
    /// fatal, and then all that not every server knows; ids are counts where they are asked for by STATUS.
    #[must_use]
    pub fn distrusted(&self) -> &'static [&'static str] {
        match self.n_lists {
            0..LISTS_BEFORE_CARE => &[],
            LISTS_BEFORE_CARE..MOST_LISTS => &["LIST-STATUS"],
            _ => &["LIST-EXTENDED", quirks::MAILBOX_IDS],
        }
    }

    /// Whether a connection can be had for the open mailbox at least, where it begins without a list.
    #[must_use]
    pub const fn is_list_fatal(&self) -> bool {
        self.n_lists >= MOST_LISTS + LISTS_BEFORE_CARE
    }

    /// Why the server lists no folders; `None` where it does.
    #[must_use]
    pub const fn why_unlisted(&self) -> Option<&RemoteError> {
        self.unlisted.as_ref()
    }

    /// The user asks for a mailbox: what is wrong with it is told again.
    pub fn asked_for(&mut self, mailbox: MailboxId) {
        self.told.remove(&mailbox);
        self.told_incomplete.remove(&mailbox);
        self.fatal.remove(&mailbox);
    }

    /// The user asks for all of them.
    pub fn asked_for_all(&mut self) {
        self.told.clear();
        self.told_incomplete.clear();
        self.fatal.clear();
        self.unlisted = None;
        self.n_lists = 0;
    }

    /// The counts of a mailbox came.
    pub fn counted(&mut self, mailbox: MailboxId) {
        self.cuts.remove(&(mailbox, Reading::Counts));
    }

    /// A mailbox was read, wholly or but for older messages. True where it had been given up.
    pub fn read(&mut self, mailbox: MailboxId, is_complete: bool) -> bool {
        if is_complete {
            self.told_incomplete.remove(&mailbox);
            self.cuts.remove(&(mailbox, Reading::Gap));
        }
        self.cuts.remove(&(mailbox, Reading::News));
        self.cuts.remove(&(mailbox, Reading::Counts));
        self.fatal.remove(&mailbox);
        let was_told = self.told.remove(&mailbox);
        let n_looks = self.n_looks.remove(&mailbox).unwrap_or(0);
        was_told || n_looks >= MOST_LOOKS_IN_VAIN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mailbox() -> MailboxId {
        MailboxId::new(7)
    }

    #[test]
    fn a_mailbox_is_given_up_behind_two_connections_told_once_and_again_when_asked_for() {
        let mut troubles = Troubles::default();
        let looks = [(); 4].map(|()| troubles.look_in_vain(mailbox()));
        assert_eq!(looks, [false, false, true, true]);
        assert!(troubles.tell(mailbox()) && !troubles.tell(mailbox()));
        troubles.asked_for(mailbox());
        assert!(troubles.look_in_vain(mailbox()) && troubles.tell(mailbox()));
        assert!(troubles.read(mailbox(), true), "it had been given up");
        assert!(!troubles.read(mailbox(), true));
        assert!(!troubles.look_in_vain(mailbox()), "as if nothing had been");
    }

    #[test]
    fn a_list_that_ends_connections_is_asked_for_more_and_more_plainly_and_then_not_at_first() {
        let mut troubles = Troubles::default();
        let mut seen = Vec::new();
        for _ in 0..7 {
            let first = troubles.distrusted().first().copied();
            seen.push((first, troubles.is_list_fatal()));
            troubles.list_struck();
        }
        let (counts, all) = (Some("LIST-STATUS"), Some("LIST-EXTENDED"));
        let nothing = (None, false);
        let expected = [
            nothing,
            nothing,
            (counts, false),
            (counts, false),
            (all, false),
            (all, false),
            (all, true),
        ];
        assert_eq!(seen, expected);
        troubles.listed();
        assert!(!troubles.is_list_fatal() && !troubles.distrusted().is_empty());
        troubles.asked_for_all();
        troubles.list_struck();
        troubles.listed();
        troubles.list_struck();
        assert!(troubles.distrusted().is_empty(), "by chance, now and then");
    }

    #[test]
    fn what_the_other_lane_has_told_is_tried_and_not_told() {
        let mut troubles = Troubles::default();
        troubles.given_up(mailbox());
        assert!(troubles.look_in_vain(mailbox()) && !troubles.tell(mailbox()));
        troubles.asked_for_all();
        assert!(troubles.tell(mailbox()));
    }

    #[test]
    fn one_body_that_ends_connections_is_found_and_what_grows_is_the_network() {
        let [one, other] = [1, 2].map(|id| MessageId::new(id).unwrap());
        let mut troubles = Troubles::default();
        assert!(!troubles.body_cut(&[one, other], 0));
        assert!(troubles.doubted().all(|(_, is_fatal)| !is_fatal));
        assert_eq!(troubles.doubted().count(), 2, "each is asked for alone");
        assert!(!troubles.body_cut(&[one], 0), "it may have been chance");
        assert!(troubles.body_cut(&[one], 0));
        let fatal: Vec<_> = troubles
            .doubted()
            .filter(|(_, is_fatal)| *is_fatal)
            .collect();
        assert_eq!(fatal, [(one, true)]);
        assert!((1..100).all(|n_done| !troubles.body_cut(&[other], n_done)));
    }

    #[test]
    fn a_gap_that_does_not_come_is_told_until_it_has_come() {
        let mut troubles = Troubles::default();
        assert!(troubles.tell_incomplete(mailbox()) && !troubles.tell_incomplete(mailbox()));
        assert!(!troubles.read(mailbox(), false));
        assert!(!troubles.tell_incomplete(mailbox()));
        troubles.read(mailbox(), true);
        assert!(troubles.tell_incomplete(mailbox()));
    }
}
