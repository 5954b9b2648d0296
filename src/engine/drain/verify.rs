//! After a cut: what became of moves and copies whose answer never came. Neither may be sent twice on suspicion.
//!
//! First the destination is read, as far as the message can have arrived there; the store knows it again and gives it its
//! place. Then the source is asked which of the messages it still has. Both together decide.

use std::collections::BTreeMap;

use crate::channel::error::RemoteError;
use crate::channel::operation::{Address, OperationId, Outcome, Target};
use crate::engine::drain::bundle::{Arrivals, Bundle, Running, Stage, Verb, arrived};
use crate::engine::drain::plan::Doubt;
use crate::engine::lane::agenda::Agenda;
use crate::engine::link::Link;
use crate::engine::link::missing::chunks;
use crate::engine::link::selection::Selection;
use crate::engine::link::step::Step;
use crate::mail::mailbox::MailboxId;
use crate::mail::safe_text::SafeText;
use crate::mail::uid_set::UidSet;
use crate::remote::command::fetch;
use crate::store::journal::Arrival;

/// UIDs asked for in one command.
const AT_ONCE: u64 = 1_000;
/// UIDs of a destination's gap that are looked through: more than anybody moves between two looks.
const MOST_LOOKED_AT: u32 = 20_000;

/// What follows for one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is over.
    Ended(Outcome),
    /// Nothing of it was done: it may be sent again.
    Again,
    /// It was copied, and the original is still to go; `None` where the server said that it copied, and nobody can tell
    /// which one the copy is.
    Remove(Option<Address>),
}

/// What is known beside where a message arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// The original is still there.
    pub is_there: bool,
    /// The server said that it had copied.
    pub is_confirmed: bool,
    /// The destination was read: what is not known there is not there.
    pub is_read: bool,
}

/// Decides by what both mailboxes hold.
#[must_use]
pub fn verdict(doubt: &Doubt, arrival: Arrival, facts: Facts) -> Verdict {
    let Facts {
        is_there,
        is_confirmed,
        is_read,
    } = facts;
    let arrived = match arrival {
        Arrival::At(address) => Some(Some(address)),
        Arrival::Like => Some(None),
        Arrival::Missing => None,
        // It may well be there: what was to be done to it there must not end without a word.
        Arrival::Unknown => return parked(doubt, UNKNOWN),
    };
    match (arrived, is_there) {
        // The like of it proves nothing: two that nobody can tell apart may have left in two commands, of which one went.
        (Some(None), true) if !is_confirmed => parked(doubt, ONLY_LIKE),
        (Some(address), true) if doubt.is_move => Verdict::Remove(address),
        (Some(address), _) => Verdict::Ended(Outcome::Done(address)),
        (None, _) if !is_read => parked(doubt, NOT_READ),
        (None, false) => Verdict::Ended(Outcome::Gone),
        // A second copy is worse than a message that stays where it is.
        (None, true) if is_confirmed => parked(doubt, NOT_FOUND),
        (None, true) => Verdict::Again,
    }
}

impl Link<'_> {
    /// Takes up messages of the selected mailbox of which it is not known whether they went.
    pub(super) fn doubt(
        &mut self,
        doubts: Vec<Doubt>,
        agenda: &mut Agenda,
    ) -> Result<(), RemoteError> {
        let is_asking = self
            .steps
            .values()
            .any(|step| matches!(step, Step::Presence(_)));
        if is_asking {
            return Ok(());
        }
        let mut asked = Vec::new();
        for mut doubt in doubts {
            // An original that stays anyway must not be removed for a copy.
            doubt.is_move &= !self.keeps_original(&Verb::Move(doubt.to))?;
            if self.replay.looked.contains(&doubt.to) || !self.can_be_read(doubt.to) {
                asked.push(doubt);
            } else {
                let floor = doubt.floor.map_or(0, |floor| floor.uid.get());
                let from = self.replay.look_from.entry(doubt.to).or_insert(floor);
                *from = (*from).min(floor);
                agenda.want_look(doubt.to);
            }
        }
        let set: UidSet = asked.iter().map(|doubt| doubt.uid).collect();
        self.replay.present.clear();
        let is_empty = |selection: &Selection| selection.exists == 0;
        if set.is_empty() || self.selection.as_ref().is_some_and(is_empty) {
            return self.presence_ended(asked); // Some servers refuse to fetch from an empty mailbox.
        }
        let command = fetch::flags(&set, None, self.session.capabilities());
        self.replay.asked = set;
        self.send(command, Step::Presence(asked));
        Ok(())
    }

    /// Where a message arrived, as far as its destination has been read.
    pub(in crate::engine) fn arrival(&mut self, doubt: &Doubt) -> Result<Arrival, RemoteError> {
        let Some((_, last)) = doubt.targets.last() else {
            return Ok(Arrival::Missing);
        };
        let place = Target {
            message: last.message,
            mailbox: doubt.to,
        };
        let arrival = self.reader.arrival(place, doubt.floor);
        self.stored(arrival)
    }

    /// Whether the folder may be selected at all.
    pub(in crate::engine) fn can_be_read(&mut self, mailbox: MailboxId) -> bool {
        let info = self.reader.mailbox(mailbox).ok().flatten();
        info.is_some_and(|info| info.selectable)
            && !self.refused.iter().any(|(refused, _)| *refused == mailbox)
    }

    /// The destination is selected and up to date; what lies in its gap behind the UID from which on a message can have
    /// arrived is fetched too.
    pub(in crate::engine) fn look(&mut self, mailbox: MailboxId) -> Result<(), RemoteError> {
        let from = self.replay.look_from.remove(&mailbox).unwrap_or(0);
        let state = self.reader.sync_state(mailbox);
        let state = self.stored(state)?;
        let mut unread = state.gap;
        let lowest = state.uid_next.saturating_sub(MOST_LOOKED_AT);
        unread.remove_range(0, from.max(lowest).saturating_sub(1));
        for set in chunks(&unread, AT_ONCE) {
            let command = fetch::headers(&set, self.session.capabilities());
            self.send(command, Step::Look(mailbox, set));
        }
        if unread.is_empty() {
            self.looked(mailbox)?;
        }
        Ok(())
    }

    /// A part of the destination was refused: what is not known there may be there all the same.
    pub(in crate::engine) fn look_refused(
        &mut self,
        mailbox: MailboxId,
    ) -> Result<(), RemoteError> {
        self.replay.unread.insert(mailbox);
        self.look_ended(mailbox, UidSet::new())
    }

    /// A part of the destination was read.
    pub(in crate::engine) fn look_ended(
        &mut self,
        mailbox: MailboxId,
        read: UidSet,
    ) -> Result<(), RemoteError> {
        self.flush_covering(read);
        let mut steps = self.steps.values();
        if steps.any(|step| matches!(step, Step::Look(..))) {
            return Ok(());
        }
        self.looked(mailbox)
    }

    /// The destination is known as far as it matters: the journal goes on.
    fn looked(&mut self, mailbox: MailboxId) -> Result<(), RemoteError> {
        self.flush_batches();
        let flushed = self.writer.flush();
        self.stored(flushed)?;
        self.replay.looked.insert(mailbox);
        self.replay.wants_all = true;
        Ok(())
    }

    /// The source said which of the messages it still has.
    pub(in crate::engine) fn presence_ended(
        &mut self,
        doubts: Vec<Doubt>,
    ) -> Result<(), RemoteError> {
        if doubts.is_empty() {
            return Ok(());
        }
        let present = std::mem::take(&mut self.replay.present);
        self.replay.asked = UidSet::new();
        let (mut ends, mut again) = (Vec::new(), Vec::new());
        let mut remove: BTreeMap<MailboxId, Running> = BTreeMap::new();
        for doubt in doubts {
            let mut names = doubt.targets.iter();
            let is_confirmed = names.any(|name| self.replay.unproven.contains(name));
            let arrival = self.arrival(&doubt)?;
            let facts = Facts {
                is_there: present.contains(&doubt.uid),
                is_confirmed,
                is_read: self.replay.looked.contains(&doubt.to)
                    && !self.replay.unread.contains(&doubt.to),
            };
            match verdict(&doubt, arrival, facts) {
                Verdict::Ended(Outcome::Done(address)) => {
                    ends.extend(arrived(&doubt.targets, || Outcome::Done(address)));
                }
                Verdict::Ended(outcome) => {
                    let names = doubt.targets.iter();
                    ends.extend(names.map(|(id, target)| (*id, *target, outcome.clone())));
                }
                Verdict::Again => again.extend(doubt.targets),
                Verdict::Remove(address) => {
                    let running = remove
                        .entry(doubt.to)
                        .or_insert_with(|| originals(doubt.to));
                    running.bundle.targets.insert(doubt.uid, doubt.targets);
                    if let Some(address) = address {
                        running.arrivals.insert(doubt.uid, address);
                    }
                }
            }
        }
        self.end_targets(ends)?;
        self.release(again)?;
        for running in remove.values() {
            self.dispatch(running)?;
        }
        self.replay.wants_all = true;
        Ok(())
    }

    /// What was said to be copied is where it was to go, or is not: the destination is to be looked at.
    pub(super) fn prove(&mut self, bundle: &Bundle) {
        self.replay.unproven.extend(bundle.all());
        if let Some(to) = bundle.verb.to() {
            self.replay.looked.remove(&to);
            self.replay.unread.remove(&to);
        }
    }

    /// Commands that surely were not carried out: their targets may be sent again, or undone.
    pub(in crate::engine) fn release(
        &mut self,
        targets: Vec<(OperationId, Target)>,
    ) -> Result<(), RemoteError> {
        if targets.is_empty() {
            return Ok(());
        }
        let released = self.writer.release(targets);
        self.stored(released)
    }
}

/// The removal of originals whose copies were found.
fn originals(to: MailboxId) -> Running {
    Running {
        bundle: Bundle {
            verb: Verb::Move(to),
            targets: BTreeMap::new(),
            n_tries: 0,
        },
        stage: Stage::Marking,
        arrivals: Arrivals::default(),
    }
}

const NOT_FOUND: &str = "it said that it had copied it, and no copy was found";
const NOT_READ: &str = "the connection broke, and the folder that it was to go to cannot be read";
const ONLY_LIKE: &str =
    "the connection broke, and what is in the folder now may be it or another one like it";

const UNKNOWN: &str = "the connection broke, and where the message is now cannot be told any more";

/// Leaves a message as it is, with the reason.
fn parked(doubt: &Doubt, reason: &str) -> Verdict {
    Verdict::Ended(Outcome::Parked(RemoteError::Refused {
        action: if doubt.is_move {
            "move the message"
        } else {
            "copy the message"
        },
        text: SafeText::line(reason),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::uid::{Uid, UidValidity};

    fn doubt(is_move: bool) -> Doubt {
        Doubt {
            uid: Uid::new(1).unwrap(),
            is_move,
            to: MailboxId::new(2),
            floor: None,
            targets: Vec::new(),
        }
    }

    #[test]
    fn both_mailboxes_decide_what_became_of_a_message() {
        let address = Address {
            validity: UidValidity::new(7).unwrap(),
            uid: Uid::new(5).unwrap(),
        };
        let (arrived, like, none) = (Arrival::At(address), Arrival::Like, Arrival::Missing);
        let done = |to| Verdict::Ended(Outcome::Done(to));
        let (gone, here) = (Verdict::Ended(Outcome::Gone), Some(address));
        for is_move in [true, false] {
            let doubt = doubt(is_move);
            let found = |to| {
                if is_move {
                    Verdict::Remove(to)
                } else {
                    done(to)
                }
            };
            let because = |reason| parked(&doubt, reason);
            // What the destination shows, whether the original is there, whether the server said that it had copied.
            for (arrival, is_there, is_confirmed, expected) in [
                (arrived, true, false, found(here)),
                (arrived, true, true, found(here)),
                (arrived, false, false, done(here)),
                (arrived, false, true, done(here)),
                (like, true, false, because(ONLY_LIKE)),
                (like, true, true, found(None)),
                (like, false, false, done(None)),
                (like, false, true, done(None)),
                (none, true, false, Verdict::Again),
                (none, true, true, because(NOT_FOUND)),
                (none, false, false, gone.clone()),
                (none, false, true, gone.clone()),
                (Arrival::Unknown, false, false, because(UNKNOWN)),
                (Arrival::Unknown, true, false, because(UNKNOWN)),
            ] {
                for is_read in [true, false] {
                    let facts = Facts {
                        is_there,
                        is_confirmed,
                        is_read,
                    };
                    // A folder that was not read does not tell that something is not there.
                    let expected = match arrival {
                        Arrival::Missing if !is_read => because(NOT_READ),
                        _ => expected.clone(),
                    };
                    let verdict = verdict(&doubt, arrival, facts);
                    assert_eq!(verdict, expected, "{is_move}, {arrival:?}, {facts:?}");
                }
            }
        }
    }
}
