//! What the fault plan does to a command before it is carried out.

use std::io;

use crate::demo::fault::FaultKind;
use crate::demo::sequence_set;
use crate::demo::session::{Command, Session};
use crate::demo::shared::Service;
use crate::mail::uid::Uid;

impl Session {
    /// Lets the faults of a command happen; `true` where nothing of the command is left to do.
    pub(super) fn suffer(&mut self, command: &Command) -> io::Result<bool> {
        let set = command.arguments.first().and_then(|set| {
            let highest = self.selected.as_ref()?.uids.last().copied().unwrap_or(0);
            sequence_set::parse(set.bytes()?, highest)
        });
        let is_about = |uid: u32| {
            let is_within = Uid::new(uid).zip(set.as_ref());
            is_within.is_some_and(|(uid, set)| set.contains(uid))
        };
        let is_met = |kind: &FaultKind| match kind {
            FaultKind::RefuseUid { uid, .. } => is_about(*uid),
            FaultKind::RefuseIn { mailbox, .. } => {
                let selected = self.selected.as_ref();
                selected.is_some_and(|selected| selected.name == *mailbox)
            }
            _ => true,
        };
        let kinds =
            self.shared
                .faults(Service::Imap)
                .of_command(self.link.number, &command.name, is_met);
        for kind in kinds {
            if self.strike(command, kind)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn strike(&mut self, command: &Command, kind: FaultKind) -> io::Result<bool> {
        match kind {
            FaultKind::DropOn { .. } => {
                self.output.flush()?;
                self.link.cut();
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
            FaultKind::Refuse { answer, .. }
            | FaultKind::RefuseUid { answer, .. }
            | FaultKind::RefuseIn { answer, .. } => {
                self.output.line(&format!("{} {answer}", command.tag))?;
                return Ok(true);
            }
            FaultKind::Instead { lines, .. } => {
                self.output.put(&command.tagged(&lines))?;
                return Ok(true);
            }
            FaultKind::Before { lines, .. } => self.output.put(&command.tagged(&lines))?,
            FaultKind::CutIn { after, .. } => self.output.cut_in(after),
            FaultKind::StallIn { after, .. } => self.output.stall_in(after),
            FaultKind::PartOf { n_messages, .. } => {
                self.at_most = n_messages;
                self.output.cut_in(0);
            }
            FaultKind::Rival {
                mailbox, uids, to, ..
            } => self.shared.change(|state| match to {
                Some(to) => drop(state.carry(&mailbox, &uids, &to)),
                None => {
                    if let Some(mailbox) = state.get_mut(&mailbox) {
                        mailbox.expunge(|message| uids.contains(&message.uid));
                    }
                }
            }),
            _ => {}
        }
        Ok(false)
    }
}

impl Command {
    /// These lines with its tag where they say `{tag}`.
    fn tagged(&self, lines: &[u8]) -> Vec<u8> {
        const PLACE: &[u8] = b"{tag}";
        let mut result = Vec::new();
        let mut rest = lines;
        while let Some(at) = rest.windows(PLACE.len()).position(|window| window == PLACE) {
            let (before, after) = rest.split_at(at);
            result.extend_from_slice(before);
            result.extend_from_slice(self.tag.as_bytes());
            rest = after.get(PLACE.len()..).unwrap_or_default();
        }
        result.extend_from_slice(rest);
        result
    }
}
