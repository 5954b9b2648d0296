//! COPY, MOVE, EXPUNGE. RFC 3501 §6.4.3 and §6.4.7, RFC 6851, RFC 4315.

use std::collections::HashSet;
use std::io;

use crate::demo::sequence_set;
use crate::demo::session::{Reply, Session};
use crate::demo::token::Token;
use crate::demo::transfer::Transfer;
use crate::mail::flag::SystemFlag;

/// A mailbox, the messages in it by position and UID, and another mailbox.
type Transferred = (String, Vec<(u32, u32)>, String);

fn copy_uid(transfer: &Transfer) -> String {
    format!(
        "[COPYUID {} {} {}]",
        transfer.validity,
        sequence_set::write(transfer.pairs.iter().map(|pair| pair.0)),
        sequence_set::write(transfer.pairs.iter().map(|pair| pair.1)),
    )
}

impl Session {
    /// COPY and UID COPY.
    pub(super) fn copy(&self, by_uid: bool, arguments: &[Token]) -> Reply {
        let Some((from, targets, to)) = self.transfer(by_uid, arguments) else {
            return Reply::bad("COPY takes a set and a mailbox");
        };
        let uids: Vec<u32> = targets.into_iter().map(|(_, uid)| uid).collect();
        if !self.is_within_limit(uids.len()) {
            return Reply::no("[MESSAGELIMIT] Too many messages to copy at once");
        }
        let copied = self.shared.change(|state| state.copy(&from, &uids, &to));
        match copied {
            Err(why) => Reply::no(why),
            Ok(transfer) if self.dialect.has("UIDPLUS") && !transfer.pairs.is_empty() => {
                Reply::ok(format!("{} Done", copy_uid(&transfer)))
            }
            Ok(_) => Reply::ok("Done"),
        }
    }

    /// MOVE and UID MOVE: an untagged COPYUID, then the removals.
    pub(super) fn move_messages(&mut self, by_uid: bool, arguments: &[Token]) -> io::Result<Reply> {
        let Some((from, mut targets, to)) = self.transfer(by_uid, arguments) else {
            return Ok(Reply::bad("MOVE takes a set and a mailbox"));
        };
        self.limit(&mut targets);
        let uids: Vec<u32> = targets.into_iter().map(|(_, uid)| uid).collect();
        if self.is_read_only() {
            return Ok(Reply::no("[READ-ONLY] Mailbox opened read-only"));
        }
        let moved = self.shared.change(|state| {
            state.may(&from, "te")?;
            state.carry(&from, &uids, &to)
        });
        let transfer = match moved {
            Ok(transfer) => transfer,
            Err(why) => return Ok(Reply::no(why)),
        };
        if self.dialect.has("UIDPLUS") && !transfer.pairs.is_empty() {
            self.output
                .line(&format!("* OK {} Moved", copy_uid(&transfer)))?;
        }
        Ok(Reply::ok("Done"))
    }

    /// The selected mailbox, the messages meant by position and UID, and the target.
    fn transfer(&self, by_uid: bool, arguments: &[Token]) -> Option<Transferred> {
        let [set, to] = arguments else {
            return None;
        };
        let targets = self.targets(set, by_uid)?;
        Some((self.selected.as_ref()?.name.clone(), targets, to.text()))
    }

    /// EXPUNGE, or UID EXPUNGE of a set.
    pub(super) fn expunge(&self, set: Option<&Token>) -> Reply {
        let only: Option<HashSet<u32>> = match set {
            None => None,
            Some(set) => match self.targets(set, true) {
                Some(targets) => Some(targets.into_iter().map(|(_, uid)| uid).collect()),
                None => return Reply::bad("That is not a set"),
            },
        };
        if self.is_read_only() {
            return Reply::no("[READ-ONLY] Mailbox opened read-only");
        }
        let Some(selected) = &self.selected else {
            return Reply::bad("No mailbox selected");
        };
        let expunged: Result<(), &str> = self.shared.change(|state| {
            state.may(&selected.name, "e")?;
            if let Some(mailbox) = state.get_mut(&selected.name) {
                mailbox.expunge(|message| {
                    message.flags.has(SystemFlag::Deleted)
                        && only.as_ref().is_none_or(|only| only.contains(&message.uid))
                });
            }
            Ok(())
        });
        expunged.map_or_else(Reply::no, |()| Reply::ok("Done"))
    }

    /// Whether the selected mailbox was opened with EXAMINE.
    pub(super) fn is_read_only(&self) -> bool {
        self.selected
            .as_ref()
            .is_some_and(|selected| selected.read_only)
    }

    /// The messages of a set, by sequence number; `None` where it is no set.
    ///
    /// UIDs that are not there are left out; `$` is the saved search result (RFC 5182).
    pub(super) fn targets(&self, set: &Token, by_uid: bool) -> Option<Vec<(u32, u32)>> {
        let mut found = self.all_targets(set, by_uid)?;
        self.amiss.narrow(&mut found);
        Some(found)
    }

    fn all_targets(&self, set: &Token, by_uid: bool) -> Option<Vec<(u32, u32)>> {
        let selected = self.selected.as_ref()?;
        let bytes = set.bytes()?;
        let mut found = Vec::new();
        let number = |index: usize| u32::try_from(index + 1).unwrap_or(u32::MAX);
        if bytes == b"$" && self.dialect.has("SEARCHRES") {
            for uid in &self.saved {
                if let Ok(index) = selected.uids.binary_search(uid) {
                    found.push((number(index), *uid));
                }
            }
            return Some(found);
        }
        let count = u32::try_from(selected.uids.len()).unwrap_or(u32::MAX);
        let highest = if by_uid {
            selected.uids.last().copied().unwrap_or(0)
        } else {
            count
        };
        let set = sequence_set::parse(bytes, highest)?;
        for (low, high) in set.ranges() {
            let (from, to) = if by_uid {
                (
                    selected.uids.partition_point(|uid| uid < low),
                    selected.uids.partition_point(|uid| uid <= high),
                )
            } else {
                (*low as usize - 1, (*high).min(count) as usize)
            };
            for (index, uid) in selected.uids.iter().enumerate().take(to).skip(from) {
                found.push((number(index), *uid));
            }
        }
        Some(found)
    }
}
