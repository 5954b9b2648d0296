//! The beginnings of texts in the list, where the server has them at hand. RFC 8970.
//!
//! They are asked for apart from the headers and when those are here: what a server takes a long time to find out must
//! not hold up the list. Of a mailbox whose newest messages have none nothing more is asked.

use crate::engine::link::Link;
use crate::engine::link::missing::chunks;
use crate::engine::link::step::Step;
use crate::mail::uid::Uid;
use crate::mail::uid_set::UidSet;
use crate::remote::command::fetch;

/// Messages that show whether the server keeps any.
const PROBE: u64 = 25;
/// Messages in one command once it does.
const AT_ONCE: u64 = 500;
/// Ranges of UIDs that wait to be asked about; the oldest beyond them go without.
const MOST_RANGES: usize = 20_000;

/// What is still to be asked about the selected mailbox.
#[derive(Debug, Clone, Default)]
pub struct Previews {
    /// Messages whose headers have come.
    wanted: UidSet,
    /// Whether the server keeps any; `None` before it was asked.
    is_kept: Option<bool>,
    /// A command is in flight.
    is_asked: bool,
    /// It brought one.
    has_come: bool,
}

impl Previews {
    /// Notes messages whose headers have come.
    pub fn want(&mut self, uids: impl Iterator<Item = Uid>) {
        if self.is_kept == Some(false) {
            return;
        }
        self.wanted.merge(&uids.collect());
        while self.wanted.ranges().len() > MOST_RANGES
            && let Some(&(low, high)) = self.wanted.ranges().first()
        {
            self.wanted.remove_range(low, high);
        }
    }

    /// The messages to ask about next, the newest first; one command at a time.
    pub fn ask(&mut self) -> Option<UidSet> {
        if self.is_asked {
            return None;
        }
        let n = if self.is_kept.is_some() {
            AT_ONCE
        } else {
            PROBE
        };
        let set = chunks(&self.wanted, n).next()?;
        self.wanted = self.wanted.minus(&set);
        (self.is_asked, self.has_come) = (true, false);
        Some(set)
    }

    /// Notes the beginning of a text, be it empty: NIL is none.
    pub const fn came(&mut self) {
        self.has_come = true;
    }

    /// Notes that the command has ended.
    pub fn ended(&mut self) {
        self.is_asked = false;
        self.is_kept = Some(self.has_come);
        if !self.has_come {
            self.wanted = UidSet::new();
        }
    }

    /// Whether something is to be asked, or was and is not answered.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.is_asked || !self.wanted.is_empty()
    }
}

impl Link<'_> {
    /// Notes messages whose headers go to the store. Where metering is on, rows do without.
    pub(super) fn want_previews(&mut self, uids: impl Iterator<Item = Uid>) {
        let has = self.session.capabilities().has("PREVIEW");
        if has
            && self.setup.settings.metered_bytes.is_none()
            && let Some(selection) = &mut self.selection
        {
            selection.previews.want(uids);
        }
    }

    /// Asks for the next beginnings of texts; true while there are any to ask for.
    pub(in crate::engine) fn ask_previews(&mut self) -> bool {
        let Some(selection) = &mut self.selection else {
            return false;
        };
        let next = selection.previews.ask();
        let is_open = selection.previews.is_open();
        if let Some(set) = next {
            self.send(fetch::previews(&set), Step::Previews);
        }
        is_open
    }

    /// Beginnings of texts came, or were refused.
    pub(super) fn previews_ended(&mut self) {
        if let Some(selection) = &mut self.selection {
            selection.previews.ended();
        }
        self.flush_batches();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(previews: &mut Previews) -> Option<String> {
        previews.ask().map(|set| set.to_string())
    }

    #[test]
    fn where_the_newest_have_none_nothing_more_is_asked() {
        let mut previews = Previews::default();
        previews.want(UidSet::from_range(1, 1_000).iter());
        assert_eq!(asked(&mut previews).as_deref(), Some("976:1000"));
        assert_eq!(asked(&mut previews), None, "one at a time");
        previews.ended();
        previews.want(UidSet::from_range(1_001, 1_002).iter());
        assert_eq!(asked(&mut previews), None);
        assert!(!previews.is_open());
    }

    #[test]
    fn where_they_have_all_are_asked_for_newest_first() {
        let mut previews = Previews::default();
        previews.want(UidSet::from_range(1, 1_000).iter());
        let mut commands = Vec::new();
        while let Some(command) = asked(&mut previews) {
            commands.push(command);
            assert!(previews.is_open());
            previews.came();
            previews.ended();
        }
        assert_eq!(commands, ["976:1000", "476:975", "1:475"]);
        assert!(!previews.is_open());
    }

    #[test]
    fn scattered_messages_do_not_grow_without_end() {
        let mut previews = Previews::default();
        previews.want((1..=30_000).filter_map(|n| Uid::new(n * 2)));
        assert_eq!(previews.wanted.ranges().len(), MOST_RANGES);
        assert_eq!(previews.wanted.max(), Uid::new(60_000), "the newest stay");
    }
}
