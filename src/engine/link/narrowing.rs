//! Messages that a server does not give. One of them has it refuse every command that names it, be that for the whole
//! mailbox. What came before the refusal counts, and the rest is asked for in halves, until only those at fault are left;
//! they are left out. So k of them in n messages cost about k · log n commands. Where nothing of it comes, or too many are
//! at fault, the refusal is taken as one of the mailbox.

use crate::channel::error::RemoteError;
use crate::channel::event::Event;
use crate::engine::link::Link;
use crate::engine::link::left_out::Lack;
use crate::engine::link::missing::chunks;
use crate::engine::link::refusals::Verdict;
use crate::engine::link::select::SCREENFUL;
use crate::engine::link::step::Step;
use crate::mail::safe_text::SafeText;
use crate::mail::uid::Uid;
use crate::mail::uid_set::UidSet;
use crate::remote::command::fetch;

/// Ranges in one command.
const MOST_RANGES: usize = 100;
/// New messages have UIDs that lie so close to the last one, where the server does not say how far they go.
const CLOSE: u32 = 256;

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
        if !is_about_messages || !self.may_narrow(&step) {
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
    fn may_narrow(&mut self, step: &Step) -> bool {
        let Some(place) = self.place() else {
            return false;
        };
        let Some(selection) = &mut self.selection else {
            return false;
        };
        let asked = match step {
            Step::Block(block) => block.set(),
            Step::New { from } => UidSet::from_range(*from, u32::MAX),
            Step::Missing(set) | Step::AllFlags { set, .. } | Step::ChangedFlags { set, .. } => {
                set.clone()
            }
            _ => UidSet::from_range(selection.lowest_of_newest(), u32::MAX),
        };
        // Some servers refuse to fetch from an empty mailbox (`quirks`), where nothing can be missed.
        if !selection.is_open_and_filled() {
            return false;
        }
        if self.setup.left_out.is_hopeless(place, &asked) {
            return false;
        }
        match selection.narrowing.refused(&asked, &selection.reported) {
            Verdict::Narrow => return true,
            Verdict::TooMany => {}
            Verdict::InVain(set) => self.setup.left_out.give_up(place, &set),
        }
        if let Some(fill) = selection
            .fill
            .as_mut()
            .filter(|_| selection.reported.is_empty())
        {
            fill.stop(); // It gives nothing at all.
        }
        false
    }

    /// Whether the server gives anything of the selected mailbox.
    pub(super) fn is_readable(&self) -> bool {
        let selection = self.selection.as_ref();
        selection.is_some_and(|open| !open.reported.is_empty() || open.known.n_headers > 0)
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
        let lowest = known.min().filter(|_| !selection.reported.is_empty());
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
