//! The journal on its way to the server: what may be sent is claimed, then sent, each target is closed alone.

pub(super) mod allowed;
pub mod bundle;
pub mod plan;
pub mod rearrange;
pub mod settle;
pub mod verify;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant, UNIX_EPOCH};

use crate::channel::error::RemoteError;
use crate::channel::operation::{Address, OperationId, Outcome, Target};
use crate::engine::drain::allowed::refused;
use crate::engine::drain::bundle::{
    Arrivals, Bundle, Running, Stage, Verb, bridged, encode, parts,
};
use crate::engine::drain::plan::Circumstances;
use crate::engine::lane::Kind;
use crate::engine::lane::agenda::Agenda;
use crate::engine::link::Link;
use crate::engine::link::step::Step;
use crate::engine::local::upload::Added;
use crate::local::folder::Folder;
use crate::mail::mailbox::{MailboxId, MailboxName};
use crate::mail::message_id::MessageId;
use crate::mail::uid::{Uid, UidValidity};
use crate::mail::uid_set::UidSet;
use crate::remote::command;
use crate::store::journal::OpenOperation;
use crate::store::sync_state::MailboxInfo;

/// A move that so many attempts did not end is sent as a copy and a deletion the next time: some servers hang up on MOVE.
const MOVES_BEFORE_COPY: u32 = 3;
/// Fewer ranges than this are not worth looking for holes between them.
const FEW_RANGES: usize = 16;
/// Bytes of a command beside its set and the mailbox.
const OVERHEAD: usize = 60;

/// What a connection knows of the replay.
#[derive(Debug, Default)]
pub struct Replay {
    /// When the first hold ends; `None` where nothing is held.
    pub hold_until: Option<Instant>,
    /// The server asked to be asked later; `None` where it did not.
    pub pause_until: Option<Instant>,
    /// How often it did.
    pub n_later: u32,
    /// The journal of all mailboxes is to be read again.
    pub wants_all: bool,
    /// Targets without a UID whose mailbox was looked at.
    pub sought: BTreeSet<(OperationId, Target)>,
    /// Destinations that were read since the commands about which there are doubts.
    pub looked: BTreeSet<MailboxId>,
    /// Those of them that refused to be read.
    pub unread: BTreeSet<MailboxId>,
    /// From which UID on a destination is to be read; 0 where nothing is known.
    pub look_from: BTreeMap<MailboxId, u32>,
    /// The server said that it copied these, and not where to.
    pub unproven: BTreeSet<(OperationId, Target)>,
    /// The messages in doubt that the source is being asked about.
    pub asked: UidSet,
    /// Those of them that it still has.
    pub present: BTreeSet<Uid>,
    /// Messages that are fetched to be written to files of a folder on this computer, and how often.
    pub fetched: BTreeMap<MessageId, u8>,
    /// Some of them are on their way.
    pub is_fetching: bool,
    /// Messages that the server has said that it has, until they are ended together.
    pub added: Vec<Added>,
    /// The folder on this computer that messages are being sent from, as it was listed last.
    pub source: Option<(MailboxId, Folder)>,
}

impl Replay {
    /// A message is in the selected mailbox. Of those that nobody asked about no word is kept.
    pub fn saw(&mut self, uid: Uid) {
        if self.asked.contains(uid) {
            self.present.insert(uid);
        }
    }
}

impl Link<'_> {
    /// Looks which mailboxes the journal speaks of, and when the next hold ends.
    pub fn read_journal(&mut self, agenda: &mut Agenda) {
        self.replay.wants_all = false;
        if let Some(until) = self
            .replay
            .pause_until
            .filter(|until| self.setup.clock.now() < *until)
        {
            self.replay.hold_until = Some(until);
            return;
        }
        let operations = self.reader.open_operations(self.setup.account);
        let operations = operations.unwrap_or_default();
        let circumstances = self.circumstances(&operations);
        let (mailboxes, next) = plan::wanted(&operations, &circumstances);
        let now = circumstances.now;
        // Whole seconds: a moment later it is surely over.
        let wait = next.map(|next| u64::try_from(next.saturating_sub(now)).unwrap_or(0));
        self.replay.hold_until = wait.map(|seconds| {
            let wait = Duration::from_secs(seconds) + Duration::from_millis(20);
            self.setup.clock.now() + wait
        });
        let here = self.local_ids().unwrap_or_default();
        agenda.folders = rearrange::next(&operations, now, &here, false).is_some();
        agenda.uploads = mailboxes.iter().any(|mailbox| here.contains(mailbox));
        for mailbox in mailboxes.difference(&here).copied() {
            // One that is gone from the server's list is the store's to settle.
            let is_known = self.reader.mailbox(mailbox).ok().flatten().is_some();
            if is_known && !agenda.drain.contains(&mailbox) {
                agenda.drain.push_back(mailbox);
            }
        }
    }

    pub(super) fn circumstances(&self, operations: &[OpenOperation]) -> Circumstances {
        Circumstances {
            now: self.wall(),
            unsettled: rearrange::unsettled(operations),
            on_their_way: self.on_their_way(),
            sought: self.replay.sought.clone(),
        }
    }

    /// Reads the journal where a hold has ended.
    pub(super) fn end_holds(&mut self, agenda: &mut Agenda) {
        let now = self.setup.clock.now();
        if self.replay.hold_until.is_some_and(|until| now >= until) && self.does_replay() {
            self.read_journal(agenda);
        }
    }

    /// Whether the journal is this lane's business.
    pub(super) fn does_replay(&self) -> bool {
        self.kind != Kind::Bulk
    }

    /// The time on the wall in seconds since the epoch, as the journal writes it.
    pub(super) fn wall(&self) -> i64 {
        let since = self.setup.clock.wall().duration_since(UNIX_EPOCH);
        since.map_or(0, |since| {
            i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
        })
    }

    /// Sends what the journal has for the selected mailbox; what is on its way is left alone.
    pub(super) fn replay(
        &mut self,
        mailbox: MailboxId,
        agenda: &mut Agenda,
    ) -> Result<(), RemoteError> {
        let Some(place) = self.place().filter(|(selected, _)| *selected == mailbox) else {
            return Ok(());
        };
        let found = self.reader.open_operations_on(self.setup.account, mailbox);
        let operations = self.stored(found)?;
        let circumstances = self.circumstances(&operations);
        let mut plan = plan::plan(&operations, place, &circumstances);
        let here = self.local_ids()?;
        let for_files = Self::for_this_computer(&mut plan, &here);
        self.replay.sought.extend(plan.unaddressed);
        self.end_targets(plan.settled)?;
        self.doubt(plan.doubts, agenda)?;
        for bundle in plan.bundles {
            let bundle = self.without_gone(place, bundle)?;
            self.begin(bundle, &operations)?;
        }
        for bundle in for_files {
            self.bring(place, bundle, &operations, agenda)?;
        }
        Ok(())
    }

    /// Closes what speaks of messages that are no longer in the mailbox; those in the gap may still come.
    pub(super) fn without_gone(
        &mut self,
        (mailbox, validity): (MailboxId, UidValidity),
        mut bundle: Bundle,
    ) -> Result<Bundle, RemoteError> {
        let mut gone = UidSet::new();
        for uid in bundle.targets.keys() {
            let found = self.reader.message_at(mailbox, validity, *uid);
            let selection = self.selection.as_ref();
            let may_come = selection.is_some_and(|open| open.known.gap.contains(*uid));
            if self.stored(found)?.is_none() && !may_come {
                gone.insert(*uid);
            }
        }
        self.end_targets(bundle.only(&gone).ends(&Outcome::Gone))?;
        bundle.targets.retain(|uid, _| !gone.contains(*uid));
        Ok(bundle)
    }

    /// Claims the targets of a command and sends it.
    fn begin(&mut self, bundle: Bundle, operations: &[OpenOperation]) -> Result<(), RemoteError> {
        let ids: BTreeSet<OperationId> = bundle.all().map(|(id, _)| id).collect();
        let mut own = operations.iter().filter(|open| ids.contains(&open.id));
        let is_worn = own.any(|open| open.attempts % (MOVES_BEFORE_COPY + 1) == MOVES_BEFORE_COPY);
        let has_move = self.session.capabilities().has("MOVE") && !is_worn;
        let is_kept = self.keeps_original(&bundle.verb)?;
        let stage = match bundle.verb {
            Verb::Delete => Stage::Marking,
            Verb::Move(_) if !has_move && !is_kept => Stage::Copying,
            Verb::Flag { .. } | Verb::Move(_) | Verb::Copy(_) => Stage::Whole,
        };
        if let Some(outcome) = self.refusal_without_asking(&bundle.verb, stage) {
            return self.end_targets(bundle.ends(&outcome));
        }
        let Some(bundle) = self.claim(bundle)? else {
            return Ok(());
        };
        self.dispatch(&Running {
            bundle,
            stage,
            arrivals: Arrivals::default(),
        })
    }

    /// Makes the targets of a command ours, for good before it leaves; `None` where none is left. What was undone
    /// meanwhile is left out, and with it what stands in one command with it: the journal is read again for that.
    pub(super) fn claim(&mut self, mut bundle: Bundle) -> Result<Option<Bundle>, RemoteError> {
        if bundle.targets.is_empty() {
            return Ok(None);
        }
        let floor = match bundle.verb.to() {
            Some(to) => self.floor(to)?,
            None => None,
        };
        let claimed = self.writer.claim(bundle.all().collect(), floor);
        let claimed: BTreeSet<_> = self.stored(claimed)?.into_iter().collect();
        let n_before = bundle.targets.len();
        let mut halved = Vec::new();
        bundle.targets.retain(|_, targets| {
            let is_whole = targets.iter().all(|target| claimed.contains(target));
            if !is_whole {
                halved.extend(
                    targets
                        .iter()
                        .filter(|target| claimed.contains(*target))
                        .copied(),
                );
            }
            is_whole
        });
        if bundle.targets.len() < n_before && !halved.is_empty() {
            self.replay.wants_all = true;
        }
        self.release(halved)?;
        Ok((!bundle.targets.is_empty()).then_some(bundle))
    }

    /// UIDVALIDITY and UIDNEXT of a destination as SELECT told them, or else STATUS: what arrives has that UID or a higher
    /// one. `None` where neither did.
    fn floor(&mut self, mailbox: MailboxId) -> Result<Option<Address>, RemoteError> {
        let info = self.reader.mailbox(mailbox);
        let Some(MailboxInfo { state, status, .. }) = self.stored(info)? else {
            return Ok(None);
        };
        let selected = state.validity.zip(Uid::new(state.uid_next));
        let told = || status.uid_validity.zip(status.uid_next.and_then(Uid::new));
        let floor = selected.or_else(told);
        Ok(floor.map(|(validity, uid)| Address { validity, uid }))
    }

    /// Sends a command, in several only where the limits of the server ask for it.
    pub(super) fn dispatch(&mut self, running: &Running) -> Result<(), RemoteError> {
        let name = match running.bundle.verb.to() {
            Some(to) if matches!(running.stage, Stage::Whole | Stage::Copying) => {
                let info = self.reader.mailbox(to);
                let Some(info) = self.stored(info)? else {
                    let outcome = refused(&running.bundle.verb, "there is no such folder");
                    return self.end_targets(running.bundle.ends(&outcome));
                };
                info.name
            }
            _ => MailboxName::default(),
        };
        let others = self.others(running)?;
        let keeps = self.keeps_original(&running.bundle.verb)?;
        let capabilities = self.session.capabilities();
        let has_move = capabilities.has("MOVE") && !keeps;
        let limit = capabilities.line_limit();
        let limit = limit.saturating_sub(OVERHEAD + name.raw().len());
        for uids in parts(&running.bundle.uids(), capabilities.message_limit()) {
            for set in command::split(&bridged(&uids, &others), limit) {
                let part = running.bundle.only(&set);
                let Ok(command) = encode(&part.verb, running.stage, has_move, &set, &name) else {
                    let outcome = refused(&part.verb, "its name cannot be sent");
                    self.end_targets(part.ends(&outcome))?;
                    continue;
                };
                let (stage, arrivals) = (running.stage, running.arrivals.clone());
                let step = Running {
                    bundle: part,
                    stage,
                    arrivals,
                };
                self.send(command, Step::Bundle(Box::new(step)));
            }
        }
        Ok(())
    }

    /// UIDs that may exist and are not meant, so that no range may reach over them: all others, unless the mailbox is
    /// known to the last message.
    fn others(&mut self, running: &Running) -> Result<UidSet, RemoteError> {
        let everything = UidSet::from_range(1, u32::MAX);
        let uids = running.bundle.uids();
        // What removes for good names what it means, and nothing else.
        let is_removal = matches!(running.stage, Stage::Marking | Stage::Expunging);
        if uids.ranges().len() < FEW_RANGES || is_removal {
            return Ok(everything);
        }
        let Some(mailbox) = self.selected() else {
            return Ok(everything);
        };
        let known = self.known_uids()?;
        let state = self.reader.sync_state(mailbox);
        let state = self.stored(state)?;
        let is_complete = self.selection.as_ref().is_some_and(|selection| {
            let is_counted = state.n_headers == u64::from(selection.exists);
            selection.is_fresh && !selection.has_holes && is_counted && state.gap.is_empty()
        });
        Ok(if is_complete {
            known.minus(&uids)
        } else {
            everything
        })
    }

    /// Ends targets in the journal.
    pub(super) fn end_targets(
        &mut self,
        ends: Vec<(OperationId, Target, Outcome)>,
    ) -> Result<(), RemoteError> {
        if ends.is_empty() {
            return Ok(());
        }
        let mut by_operation: BTreeMap<OperationId, Vec<(Target, Outcome)>> = BTreeMap::new();
        for (operation, target, outcome) in ends {
            let own = by_operation.entry(operation).or_default();
            own.push((target, outcome));
        }
        let closed = self
            .writer
            .close_together(by_operation.into_iter().collect());
        self.stored(closed)
    }
}

#[cfg(test)]
mod tests;
