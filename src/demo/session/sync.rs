//! Untagged news of the selected mailbox: what other sessions did, in this session's own numbering.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::io;

use crate::demo::mailbox::Mailbox;
use crate::demo::sequence_set;
use crate::demo::session::Session;
use crate::demo::session::select::Selected;
use crate::mail::flag::Flags;

impl Session {
    /// Tells the client what happened since the last report.
    ///
    /// Without `may_expunge`, removals wait for a later command. RFC 3501 §7.4.1.
    pub(super) fn report_changes(&mut self, may_expunge: bool) -> io::Result<()> {
        let Some(mut selected) = self.selected.take() else {
            return Ok(());
        };
        let state = self.shared.state();
        let Some(mailbox) = state
            .get(&selected.name)
            .filter(|mailbox| mailbox.validity == selected.validity)
        else {
            drop(state);
            self.leaving = true;
            return self
                .output
                .line("* BYE The selected mailbox is no longer what it was");
        };
        let mod_seq = mailbox.highest_mod_seq;
        if mod_seq == selected.reported && mod_seq == selected.expunges_reported {
            drop(state);
            self.selected = Some(selected);
            return Ok(());
        }
        let gone: HashSet<u32> = if may_expunge {
            mailbox.vanished_since(selected.expunges_reported).collect()
        } else {
            HashSet::new()
        };
        let (changed, new_uids) = news(mailbox, &selected);
        selected.last_known = mailbox.uid_next - 1;
        drop(state);
        selected.own.clear();
        selected.reported = mod_seq;
        if may_expunge {
            selected.expunges_reported = mod_seq;
        }
        let lines = self.removals(&mut selected.uids, &gone);
        for line in lines {
            self.output.line(&line)?;
        }
        if !new_uids.is_empty() {
            selected.uids.extend(new_uids);
            self.output
                .line(&format!("* {} EXISTS", selected.uids.len()))?;
            self.output.line("* 0 RECENT")?;
        }
        for (uid, flags, mod_seq) in changed {
            if let Ok(index) = selected.uids.binary_search(&uid) {
                let line = self.flag_line(index + 1, uid, &flags, mod_seq);
                self.output.line(&line)?;
            }
        }
        self.selected = Some(selected);
        Ok(())
    }

    /// VANISHED or EXPUNGE lines for what leaves `uids`.
    fn removals(&self, uids: &mut Vec<u32>, gone: &HashSet<u32>) -> Vec<String> {
        if gone.is_empty() {
            return Vec::new();
        }
        let mut numbers = Vec::new();
        let mut left = Vec::with_capacity(uids.len());
        let mut removed = Vec::new();
        for uid in uids.iter() {
            if gone.contains(uid) {
                // Each EXPUNGE shifts what follows, so the number counts those that stay.
                numbers.push(left.len() + 1);
                removed.push(*uid);
            } else {
                left.push(*uid);
            }
        }
        *uids = left;
        if removed.is_empty() {
            Vec::new()
        } else if self.qresync {
            vec![format!("* VANISHED {}", sequence_set::write(removed))]
        } else {
            numbers
                .iter()
                .map(|number| format!("* {number} EXPUNGE"))
                .collect()
        }
    }

    /// An unsolicited FETCH with the flags. UID comes with QRESYNC, MODSEQ with CONDSTORE. RFC 7162 §3.2.4.
    pub(super) fn flag_line(&self, number: usize, uid: u32, flags: &Flags, mod_seq: u64) -> String {
        let mut line = format!("* {number} FETCH (");
        if self.qresync {
            let _ = write!(line, "UID {uid} ");
        }
        let _ = write!(line, "FLAGS ({})", flag_names(flags));
        if self.condstore {
            let _ = write!(line, " MODSEQ ({mod_seq})");
        }
        line.push(')');
        line
    }
}

/// A message with changed flags: UID, flags, mod-sequence.
type Changed = (u32, Flags, u64);

/// What changed among the messages the client knows, and the UIDs it does not know yet.
fn news(mailbox: &Mailbox, selected: &Selected) -> (Vec<Changed>, Vec<u32>) {
    let (mut changed, mut new_uids) = (Vec::new(), Vec::new());
    if mailbox.highest_mod_seq > selected.reported {
        for message in &mailbox.messages {
            if message.uid > selected.last_known {
                new_uids.push(message.uid);
            } else if message.mod_seq > selected.reported
                && selected.own.get(&message.uid) != Some(&message.mod_seq)
            {
                changed.push((message.uid, message.flags.clone(), message.mod_seq));
            }
        }
    }
    (changed, new_uids)
}

/// The flags as they stand inside of `FLAGS (..)`.
pub(super) fn flag_names(flags: &Flags) -> String {
    flags.names().collect::<Vec<_>>().join(" ")
}
