//! Headers that the arithmetic finds missing: which UIDs exist, and fetching those that are not here.

use std::sync::Arc;

use crate::channel::error::RemoteError;
use crate::channel::event::Event;
use crate::engine::lane::agenda::Agenda;
use crate::engine::link::Link;
use crate::engine::link::fill::Fill;
use crate::engine::link::left_out::Lack;
use crate::engine::link::seq_map::MOST;
use crate::engine::link::step::Step;
use crate::mail::mailbox::MailboxId;
use crate::mail::safe_text::SafeText;
use crate::mail::uid::{ModSeq, Uid};
use crate::mail::uid_set::UidSet;
use crate::remote::command::Command;
use crate::remote::command::{fetch, search};
use crate::remote::strategy::quirks;

/// UIDs of missing headers asked for in one command.
const AT_ONCE: u32 = 1_000;
/// Commands that are in flight at once.
const IN_FLIGHT: usize = 4;
/// Commands in a row that bring nothing before the rest is given up: what the server listed is not there.
const MOST_IN_VAIN: u32 = 16;
/// Messages that are asked for alone because they did not come.
const MOST_SILENT: u64 = 50;
/// Ranges of UIDs in one command.
pub(super) const MOST_RANGES: usize = 100;
/// Bytes of such a set; what is asked for takes up to 320 more, and not every server takes a longer line.
const SET_BYTES: usize = quirks::LINE_LIMIT - 320;

impl Link<'_> {
    /// Asks for the headers from a UID on. Of those that are here (a message that was moved there is known by COPYUID,
    /// others may have come over the other connection) the flags: what changed before this connection was told of them,
    /// nobody will push.
    pub(super) fn ask_from(&mut self, from: u32) -> Result<(), RemoteError> {
        let Some((low, mailbox)) = Uid::new(from).zip(self.selected()) else {
            return Ok(());
        };
        let here = self.known_beyond(mailbox, from)?;
        let capabilities = self.session.capabilities();
        let unknown = UidSet::from_range(from, u32::MAX - 1).minus(&here);
        if here.is_empty() || is_too_long(&unknown) {
            let command = fetch::headers_from(low, capabilities);
            self.send(command, Step::New { from });
            return Ok(());
        }
        let headers = fetch::headers(&unknown, capabilities);
        // With mod-sequences, so that what the other connection was told later is not undone.
        let since = self.has_mod_seqs().then(|| ModSeq::new(1));
        let flags = fetch::flags(&here, since, capabilities);
        if let Some(selection) = &mut self.selection {
            selection.elsewhere = here.clone();
        }
        let step = Step::ChangedFlags {
            set: here,
            since: since.unwrap_or_default(),
        };
        self.send(flags, step);
        self.send(headers, Step::New { from });
        Ok(())
    }

    /// UIDs that are known before the mailbox was read so far.
    pub(super) fn known_beyond(
        &mut self,
        mailbox: MailboxId,
        uid_next: u32,
    ) -> Result<UidSet, RemoteError> {
        let told = self.reader.known_uids(mailbox, uid_next);
        self.stored(told)
    }

    /// Asks which UIDs exist. False where the answer may be longer than one action may take: then the user is told how to
    /// have it asked.
    pub(super) fn count(&mut self) -> Result<bool, RemoteError> {
        if let Some(selection) = &mut self.selection {
            selection.found = None;
        }
        let in_ranges = self.lists_ranges();
        if let Some(room) = self.room() {
            let bytes = self.bytes_of_count(in_ranges)?;
            if bytes > room {
                if self.ask_who_is_here()? {
                    return Ok(true); // The newest at least.
                }
                let told = self.selection.as_mut().map(|open| &mut open.is_count_told);
                if told.is_none_or(|told| std::mem::replace(told, true)) {
                    return Ok(false);
                }
                let bytes = bytes.div_ceil(1_000);
                self.tell(Event::Notice(SafeText::line(&format!(
                    "the messages here are not those that the server counts, and which they are was not asked: it takes \
                     {bytes} kB, more than is left of what one action may take (metered); sterna --unmetered sync asks"
                ))));
                return Ok(false);
            }
        }
        let (up_to, known) = (u32::MAX, Arc::new(self.known_here()?));
        let command = self.which_exist(up_to);
        self.end_idle();
        self.send(command, Step::Everything { up_to, known });
        Ok(true)
    }

    /// The command for the UIDs that exist up to one; by plain SEARCH where ESEARCH did not add up.
    pub(super) fn which_exist(&self, up_to: u32) -> Command {
        search::uids(up_to, self.lists_ranges())
    }

    pub(super) fn lists_ranges(&self) -> bool {
        let is_searched = self.selection.as_ref().is_some_and(|open| open.is_searched);
        !is_searched && self.session.capabilities().has("ESEARCH")
    }

    /// The messages of the selected mailbox that this connection was told of and that are here. What the other one brings
    /// here meanwhile may be news to this one, and no answer to it tells of their end.
    pub(super) fn known_here(&mut self) -> Result<UidSet, RemoteError> {
        let mut known = self.known_uids()?;
        if let Some(selection) = &self.selection {
            let mut news = known.clone();
            news.remove_range(0, selection.from.saturating_sub(1));
            known = known.minus(&news.minus(&selection.here_before));
        }
        Ok(known)
    }

    /// The list of all UIDs was refused: ESEARCH may be what the server cannot do. Else the numbers stay as they are.
    pub(super) fn count_refused(&mut self) -> Result<(), RemoteError> {
        let has_esearch = self.session.capabilities().has("ESEARCH");
        let selection = self.selection.as_mut();
        let is_last = selection
            .is_none_or(|open| std::mem::replace(&mut open.is_searched, true) || !has_esearch);
        if !is_last {
            self.count()?;
        }
        Ok(())
    }

    /// Headers that are known to be missing were refused; so would the others be.
    pub(super) fn missing_refused(&mut self, error: &RemoteError, agenda: &mut Agenda) {
        let Some(selection) = &mut self.selection else {
            return;
        };
        selection.missing = UidSet::new();
        if !selection.known.gap.is_empty() {
            self.is_incomplete(error, agenda);
        }
    }

    /// About how many bytes the list of all UIDs takes on the wire: in ranges as those that are known, else one by one.
    fn bytes_of_count(&mut self, in_ranges: bool) -> Result<u64, RemoteError> {
        let known = self.known_uids()?;
        let exists = self.selection.as_ref().map_or(0, |open| open.exists);
        let longest = known.max().map_or(0, Uid::get).max(exists).to_string();
        let one_by_one = u64::from(exists).saturating_mul(longest.len() as u64 + 1);
        Ok(if in_ranges {
            one_by_one.min(known.to_string().len() as u64)
        } else {
            one_by_one
        })
    }

    /// The server listed every UID: what we have beyond that is gone, what we lack is fetched. Believed only where the
    /// list is as long as the mailbox: an answer lost on the way must not empty it, a false one not fill it.
    pub(super) fn everything_ended(&mut self, asked: &UidSet) -> Result<(), RemoteError> {
        let known = self.known_uids()?;
        let place = self.place();
        let Some(selection) = &mut self.selection else {
            return Ok(());
        };
        let found = selection.found.take().unwrap_or_default();
        if found.len() > MOST as u64 {
            tracing::warn!("a list of {} messages is not believed", found.len());
            return Ok(());
        }
        if found.len() != u64::from(selection.exists) {
            if !std::mem::replace(&mut selection.is_searched, true) {
                self.count()?;
            }
            return Ok(());
        }
        let (gone, unlisted) = (asked.minus(&found), found.minus(&known));
        selection.missing = unlisted.minus(&selection.known.gap);
        if let Some(place) = place {
            let left_out = &self.setup.left_out;
            left_out.keep_unlisted(place, &unlisted);
            selection.missing = selection.missing.minus(&left_out.all(place));
        }
        selection.listed = selection.missing.clone();
        if !gone.is_empty() {
            self.gone(&gone);
        }
        Ok(())
    }

    /// Fetches the next headers that are known to be missing; false where there are none, or where the user is to say when
    /// they come.
    pub(super) fn fetch_missing(&mut self) -> bool {
        let (most, is_used_up) = (self.most_headers(), self.is_used_up());
        let at_once = u64::from(self.at_once(most.unwrap_or(AT_ONCE).min(AT_ONCE)));
        let Some(selection) = &mut self.selection else {
            return false;
        };
        if selection.missing.is_empty() {
            return false;
        }
        if is_used_up && !std::mem::take(&mut selection.has_leave) {
            selection.missing = UidSet::new(); // The next look at the folder finds them again.
            return false;
        }
        let careful = selection.careful.0.unwrap_or(u64::MAX);
        let in_flight = if most.is_some() { 1 } else { IN_FLIGHT };
        let sets: Vec<UidSet> = chunks(&selection.missing, at_once.min(careful))
            .take(in_flight)
            .collect();
        for set in sets {
            if let Some(selection) = &mut self.selection {
                selection.missing = selection.missing.minus(&set);
            }
            self.end_idle();
            let command = fetch::headers(&set, self.session.capabilities());
            self.send(command, Step::Missing(set));
        }
        true
    }

    /// Missing headers were answered for: what did not come of them is not there.
    pub(super) fn missing_answered(&mut self, set: &UidSet) -> Result<(), RemoteError> {
        self.missing_ended();
        if let Some(selection) = &mut self.selection {
            selection.answered_for(set);
        }
        self.flush_covering(set.clone());
        self.silence_kept(set)
    }

    /// Some of what the server listed has not come, though nothing was refused: Exchange does so with messages that it
    /// cannot read (`jstedfast/MailKit#1615`). Each is asked for alone, and again: then it is left out.
    fn silence_kept(&mut self, set: &UidSet) -> Result<(), RemoteError> {
        let Some(selection) = &mut self.selection else {
            return Ok(());
        };
        let others = selection.listed.minus(set);
        let listed = std::mem::replace(&mut selection.listed, others.clone()).minus(&others);
        if listed.is_empty() {
            return Ok(());
        }
        let silent = self.rest_of(&listed)?;
        if silent.len() > MOST_SILENT {
            return Ok(()); // An answer was lost on the way.
        }
        for uid in silent.iter() {
            let alone = UidSet::from_iter([uid]);
            if set.len() == 1 && self.at_fault(&alone).is_some() {
                self.leave_out(uid, Lack::Header, None);
                continue;
            }
            if let Some(selection) = &mut self.selection {
                selection.listed.insert(uid);
            }
            self.ask_again(&Step::Missing(alone));
        }
        Ok(())
    }

    /// A command for missing headers has ended. Any header that comes sets the count back.
    pub(super) fn missing_ended(&mut self) {
        let Some(selection) = &mut self.selection else {
            return;
        };
        if selection.fill.as_ref().is_some_and(Fill::is_done) {
            selection.is_fresh = false; // They may have been the last of the gap: now the numbers must add up.
        }
        selection.n_missing_in_vain = selection.n_missing_in_vain.saturating_add(1);
        if selection.n_missing_in_vain >= MOST_IN_VAIN && !selection.missing.is_empty() {
            tracing::warn!(
                "{} messages that were listed do not come",
                selection.missing.len()
            );
            selection.missing = UidSet::new();
        }
    }
}

/// Splits a set into sets of at most `n` UIDs that fit into a line, newest first. Each is made when it is asked for: a
/// set may be four billion long.
pub fn chunks(set: &UidSet, n: u64) -> impl Iterator<Item = UidSet> + '_ {
    let n = n.max(1);
    let mut ranges = set.ranges().iter().rev().copied();
    let mut rest = ranges.next();
    std::iter::from_fn(move || {
        let (mut chunk, mut n_bytes) = (UidSet::new(), 0);
        while let Some((low, high)) = rest {
            let room = n.saturating_sub(chunk.len());
            n_bytes += UidSet::from_range(low, high).to_string().len() + 1;
            if room == 0 || n_bytes > SET_BYTES {
                break;
            }
            let room = u32::try_from(room).unwrap_or(u32::MAX);
            let from = low.max(high.saturating_sub(room - 1));
            chunk.insert_range(from, high);
            rest = if from > low {
                Some((low, from - 1))
            } else {
                ranges.next()
            };
        }
        (!chunk.is_empty()).then_some(chunk)
    })
}

/// Whether a set is too long for one command.
fn is_too_long(set: &UidSet) -> bool {
    set.ranges().len() > MOST_RANGES || set.to_string().len() > SET_BYTES
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::strategy::capability::Capabilities;

    #[test]
    fn missing_headers_are_asked_for_in_bounded_commands() {
        let set = UidSet::parse(b"1:2500,4000,5000:5001").unwrap();
        let sets: Vec<String> = chunks(&set, 1_000).map(|set| set.to_string()).collect();
        assert_eq!(sets, ["1504:2500,4000,5000:5001", "504:1503", "1:503"]);
        let scattered: UidSet = (1..=300).filter_map(|n| Uid::new(n * 2)).collect();
        assert_eq!(chunks(&scattered, 1_000).count(), 2);
        assert_eq!(chunks(&UidSet::new(), 10).count(), 0);
        // Long numbers, and a server that offers all that there is to ask for.
        let names = ["CONDSTORE", "OBJECTID", "X-GM-EXT-1"].map(str::to_owned);
        let all = Capabilities::new(&names, &[]);
        let long: UidSet = (0..500)
            .filter_map(|n| Uid::new(u32::MAX - n * 3))
            .collect();
        let sets: Vec<UidSet> = chunks(&long, 1_000).collect();
        assert_eq!(sets.iter().map(UidSet::len).sum::<u64>(), 500);
        for set in sets {
            let line = fetch::headers(&set, &all).to_string().len();
            assert!(line + "S1234567890 ".len() <= quirks::LINE_LIMIT, "{line}");
        }
        let all = UidSet::from_range(1, u32::MAX);
        let first = chunks(&all, 1_000).next().map(|set| set.to_string());
        assert_eq!(first.as_deref(), Some("4294966296:4294967295"));
    }
}
