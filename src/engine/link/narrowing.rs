//! Messages that a server does not give. One of them has it refuse every command that names it, be that for the whole
//! mailbox. What came before the refusal counts, and the rest is asked for in halves, until only those at fault are left;
//! they are left out. So k of them in n messages cost about k · log n commands. Where nothing comes at all, or too many are
//! at fault, the refusal is taken as one of the mailbox.

use crate::channel::error::RemoteError;
use crate::channel::event::Event;
use crate::engine::link::Link;
use crate::engine::link::left_out::Lack;
use crate::engine::link::missing::chunks;
use crate::engine::link::select::SCREENFUL;
use crate::engine::link::step::Step;
use crate::mail::safe_text::SafeText;
use crate::mail::uid::Uid;
use crate::mail::uid_set::UidSet;
use crate::remote::command::fetch;

/// Refusals in one selection before the rest is given up.
const MOST_REFUSALS: u32 = 500;
/// The same where nothing has come.
const MOST_IN_VAIN: u32 = 40;
/// Ranges in one command.
const MOST_RANGES: usize = 100;
/// New messages have UIDs that lie so close to the last one, where the server does not say how far they go.
const CLOSE: u32 = 256;

/// How far refused commands of one selection were narrowed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Narrowing {
    n_refused: u32,
    has_come: bool,
    /// Messages that were refused alone. The first time may be chance.
    suspects: UidSet,
}

impl Narrowing {
    /// Something came.
    pub const fn came(&mut self) {
        self.has_come = true;
    }

    /// Notes a refusal; false where it is one too many.
    pub const fn goes_on(&mut self) -> bool {
        self.n_refused = self.n_refused.saturating_add(1);
        self.n_refused <= MOST_REFUSALS && !self.is_in_vain()
    }

    /// Whether nothing comes, however often it is asked for.
    #[must_use]
    pub const fn is_in_vain(&self) -> bool {
        !self.has_come && self.n_refused > MOST_IN_VAIN
    }

    /// Notes that a message was refused alone; true where it was before.
    fn is_at_fault(&mut self, uid: Uid) -> bool {
        let is_known = self.suspects.contains(uid);
        self.suspects.insert(uid);
        is_known
    }
}

impl Link<'_> {
    /// Takes a refused command for headers or flags apart. Gives it back where it is to be taken as it stands. BAD is no
    /// other word than NO: Exchange says it of a message that it cannot give.
    pub(super) fn narrow(
        &mut self,
        step: Step,
        text: &SafeText,
    ) -> Result<Option<Step>, RemoteError> {
        let is_about_messages = matches!(
            step,
            Step::New { .. }
                | Step::Newest
                | Step::Block(_)
                | Step::Missing(_)
                | Step::AllFlags { .. }
                | Step::ChangedFlags { .. }
        );
        if !is_about_messages || !self.may_narrow() {
            return Ok(Some(step));
        }
        let is_narrowed = match &step {
            Step::New { from } => self.narrow_new(*from)?,
            Step::Newest => self.narrow_newest()?,
            Step::Block(block) => {
                let is_narrowed = self.narrow_headers(&block.set(), text)?;
                if let Some(selection) = self.selection.as_mut().filter(|_| is_narrowed) {
                    selection.block_ended(block.n_headers);
                }
                is_narrowed
            }
            Step::Missing(set) => self.narrow_headers(set, text)?,
            Step::AllFlags { set, .. } | Step::ChangedFlags { set, .. } => {
                self.narrow_flags(set, &step, text)?
            }
            _ => false,
        };
        Ok((!is_narrowed).then_some(step))
    }

    /// Whether a refusal in the selected mailbox may be one of single messages.
    fn may_narrow(&mut self) -> bool {
        let Some(place) = self.place() else {
            return false;
        };
        let Some(selection) = &mut self.selection else {
            return false;
        };
        // Some servers refuse to fetch from an empty mailbox (`quirks`), where nothing can be missed.
        if !selection.is_open_and_filled() {
            return false;
        }
        let has_come = selection.narrowing.has_come;
        if !has_come && self.setup.left_out.is_hopeless(place) {
            return false;
        }
        let goes_on = selection.narrowing.goes_on();
        if !goes_on && !has_come {
            self.setup.left_out.give_up(place);
            if let Some(fill) = &mut selection.fill {
                fill.stop();
            }
        }
        goes_on
    }

    /// Whether the server gives anything of the selected mailbox.
    pub(super) fn is_readable(&self) -> bool {
        let selection = self.selection.as_ref();
        selection.is_some_and(|open| open.narrowing.has_come || open.known.n_headers > 0)
    }

    /// The headers of all UIDs from this one on were refused: those that are told to exist are asked for, and then what
    /// lies beyond.
    fn narrow_new(&mut self, from: u32) -> Result<bool, RemoteError> {
        let known = self.known_uids()?;
        let Some((mailbox, validity)) = self.place() else {
            return Ok(false);
        };
        let state = self.reader.sync_state(mailbox);
        let state = self.stored(state)?;
        let n_left_out = self.setup.left_out.n_unlisted(mailbox, Some(validity));
        let Some(selection) = &mut self.selection else {
            return Ok(false);
        };
        let is_all_here = state.n_headers + n_left_out >= u64::from(selection.exists);
        if state.gap.is_empty() && is_all_here {
            self.new_ended(from); // There is nothing that could be new.
            return Ok(true);
        }
        let is_told = selection.uid_next > from;
        let told = selection.uid_next.saturating_sub(1);
        let last = known.max().map_or(0, Uid::get).max(told);
        let last = if last < from {
            from.saturating_add(CLOSE - 1)
        } else {
            last
        };
        let beyond = last.saturating_add(1);
        let is_over = is_told || beyond >= u32::MAX - 1;
        if is_over {
            selection.from = selection.from.max(beyond);
        }
        self.ask_rest(&UidSet::from_range(from, last))?;
        if let Some(low) = Uid::new(beyond).filter(|_| !is_over) {
            let command = fetch::headers_from(low, self.session.capabilities());
            self.send(command, Step::New { from: beyond });
        }
        Ok(true)
    }

    /// The newest screenful was refused: what is above the first message that came is asked for by UID; where none came,
    /// about as much.
    fn narrow_newest(&mut self) -> Result<bool, RemoteError> {
        let known = self.known_uids()?;
        let Some(selection) = &self.selection else {
            return Ok(false);
        };
        let lowest = known.min().filter(|_| selection.narrowing.has_come);
        let n_wanted = selection.exists.min(SCREENFUL);
        let lowest = match lowest {
            Some(uid) => uid.get(),
            None if selection.uid_next == 0 => return Ok(false),
            None => selection.uid_next.saturating_sub(n_wanted).max(1),
        };
        self.narrow_new(lowest)
    }

    /// Headers of these UIDs were refused. False where the only one left is at fault and may not be left out.
    fn narrow_headers(&mut self, set: &UidSet, text: &SafeText) -> Result<bool, RemoteError> {
        let rest = self.rest_of(set)?;
        if let Some(uid) = self.at_fault(&rest) {
            return Ok(self.leave_out(uid, Lack::Header, Some(text)));
        }
        self.ask_rest(set)?;
        Ok(true)
    }

    /// What has not come of these.
    pub(super) fn rest_of(&mut self, set: &UidSet) -> Result<UidSet, RemoteError> {
        self.flush_batches();
        let known = self.known_uids()?;
        Ok(set.minus(&known).minus(&self.left_out()))
    }

    /// Asks for the headers that have not come of these.
    fn ask_rest(&mut self, set: &UidSet) -> Result<(), RemoteError> {
        let rest = self.rest_of(set)?;
        self.flush_covering(set.minus(&rest));
        if rest.is_empty() {
            self.missing_ended();
        }
        for part in self.parts(rest) {
            self.end_idle();
            let command = fetch::headers(&part, self.session.capabilities());
            self.send(command, Step::Missing(part));
        }
        Ok(())
    }

    /// Flags of these UIDs were refused, asked for by a step: all of them, or those that changed since.
    fn narrow_flags(
        &mut self,
        set: &UidSet,
        step: &Step,
        text: &SafeText,
    ) -> Result<bool, RemoteError> {
        self.flush_batches();
        let known = self.known_uids()?;
        let mut rest = set.minus(&self.left_out());
        let is_all = matches!(step, Step::AllFlags { .. });
        if let Some(selection) = self.selection.as_ref().filter(|_| is_all) {
            let others = rest.minus(&known);
            rest = rest.minus(&others).minus(&selection.reported);
        }
        if let Some(uid) = self.at_fault(&rest) {
            return Ok(self.leave_out(uid, Lack::Flags, Some(text)));
        }
        for set in self.parts(rest) {
            self.ask_again(&match step {
                Step::ChangedFlags { since, .. } => Step::ChangedFlags { set, since: *since },
                Step::AllFlags { known, .. } => Step::AllFlags {
                    set,
                    known: known.clone(),
                },
                _ => Step::Missing(set),
            });
        }
        Ok(true)
    }

    /// The only UID of a set, where it was refused alone before.
    pub(super) fn at_fault(&mut self, set: &UidSet) -> Option<Uid> {
        let uid = set.min().filter(|_| set.len() == 1)?;
        let narrowing = &mut self.selection.as_mut()?.narrowing;
        narrowing.is_at_fault(uid).then_some(uid)
    }

    /// Two halves of a set, or more where it is scattered; one UID as it is. None names what is left out.
    fn parts(&self, mut set: UidSet) -> Vec<UidSet> {
        if set.ranges().len() > MOST_RANGES
            && let Some((low, high)) = set.min().zip(set.max())
        {
            set = UidSet::from_range(low.get(), high.get()).minus(&self.left_out());
        }
        chunks(&set, set.len().div_ceil(2)).collect()
    }

    /// Messages of the selected mailbox that no command may name.
    pub(super) fn left_out(&self) -> UidSet {
        let place = self.place();
        place.map_or_else(UidSet::new, |place| self.setup.left_out.all(place))
    }

    /// Does without one message, and tells so once, with what the server said to refuse it. False where there are too many,
    /// or where nothing else can be had.
    pub(super) fn leave_out(&mut self, uid: Uid, lack: Lack, text: Option<&SafeText>) -> bool {
        self.is_readable() && self.do_without(uid, lack, text)
    }

    /// The same, whatever came of the mailbox.
    pub(super) fn do_without(&mut self, uid: Uid, lack: Lack, text: Option<&SafeText>) -> bool {
        let Some(place) = self.place() else {
            return false;
        };
        let Some(is_first) = self.setup.left_out.add(place, uid, lack) else {
            return false;
        };
        tracing::warn!(
            account = self.setup.account.get(),
            "left out UID {}: {text:?}",
            uid.get()
        );
        if is_first {
            let name = self.shown_name(place.0);
            let what = match lack {
                Lack::Header => "shown without messages that the server does not give",
                Lack::Flags => "shown without news of messages that the server does not give",
            };
            let said = text.map(|text| format!(". It says: \"{text}\""));
            let words = format!("{name} is {what}{}", said.unwrap_or_default());
            self.tell(Event::Notice(SafeText::line(&words)));
        }
        if lack == Lack::Header {
            if let Some(selection) = &mut self.selection {
                selection.from = selection.from.max(uid.get().saturating_add(1));
            }
            self.flush_covering(UidSet::from_iter([uid]));
            self.missing_ended();
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_one_too_many_where_nothing_comes_or_after_all_too_many() {
        let mut narrowing = Narrowing::default();
        assert!((0..MOST_IN_VAIN).all(|_| narrowing.goes_on()));
        assert!(!narrowing.goes_on());
        narrowing.came();
        let mut n_refused = MOST_IN_VAIN + 1;
        while narrowing.goes_on() {
            n_refused += 1;
        }
        assert_eq!(n_refused, MOST_REFUSALS);
    }

    #[test]
    fn a_message_is_at_fault_when_it_is_refused_alone_a_second_time() {
        let mut narrowing = Narrowing::default();
        let uids = [1, 2, 1].map(|uid| narrowing.is_at_fault(Uid::new(uid).unwrap()));
        assert_eq!(uids, [false, false, true]);
    }
}
