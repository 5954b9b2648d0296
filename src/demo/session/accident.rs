//! What the fault plan does to a command before it is carried out.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use crate::demo::fault::FaultKind;
use crate::demo::sequence_set;
use crate::demo::session::{Command, Session};
use crate::demo::shared::Service;
use crate::demo::token::Token;
use crate::mail::uid::Uid;

impl Session {
    /// Lets the faults of a command happen; `true` where nothing of the command is left to do.
    pub(super) fn suffer(&mut self, command: &Command) -> io::Result<bool> {
        let is_met = |kind: &FaultKind| match kind {
            FaultKind::RefuseUid { uid, .. }
            | FaultKind::WithoutUid { uid, .. }
            | FaultKind::HeaderOf { uid, .. } => self.is_about(command, *uid),
            FaultKind::RefuseIn { mailbox, .. } => {
                let selected = self.selected.as_ref();
                selected.is_some_and(|selected| selected.name == *mailbox)
            }
            FaultKind::DropOnUid { uid, .. } => {
                let items = command.arguments.get(1).map(Token::members);
                let mut items = items.unwrap_or_default().iter();
                let reads = items.any(|item| item.upper().starts_with("BODY.PEEK"));
                reads && self.is_about(command, *uid)
            }
            FaultKind::DropOnWord { word, .. } => {
                let mut words = command.arguments.iter().flat_map(Token::members);
                words.any(|token| token.upper() == word.to_ascii_uppercase())
            }
            FaultKind::InsteadOf { argument, .. } => {
                let first = command.arguments.first().and_then(Token::bytes);
                first == Some(argument.as_bytes())
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

    /// Whether the set that a command begins with holds this message.
    fn is_about(&self, command: &Command, uid: u32) -> bool {
        let by_uid = command.name.starts_with("UID ");
        let is_within = || {
            let uids = &self.selected.as_ref()?.uids;
            let index = uids.binary_search(&uid).ok()?;
            let position = u32::try_from(index + 1).ok()?;
            let (number, highest) = if by_uid {
                (uid, *uids.last()?)
            } else {
                (position, u32::try_from(uids.len()).ok()?)
            };
            let set = sequence_set::parse(command.arguments.first()?.bytes()?, highest)?;
            Some(set.contains(Uid::new(number)?))
        };
        is_within().unwrap_or(false)
    }

    /// Waits until no fault of the plan holds anything, however often it has struck.
    fn await_another_plan(&self) {
        let is_held = || {
            let plan = self.shared.faults(Service::Imap);
            let mut kinds = plan.faults.iter().map(|fault| &fault.kind);
            kinds.any(|kind| matches!(kind, FaultKind::Hold { .. }))
        };
        while is_held() && !self.shared.closed.load(Ordering::Relaxed) {
            thread::park_timeout(Duration::from_millis(2));
        }
    }

    fn strike(&mut self, command: &Command, kind: FaultKind) -> io::Result<bool> {
        match kind {
            FaultKind::DropOn { .. }
            | FaultKind::DropOnUid { .. }
            | FaultKind::DropOnWord { .. } => {
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
            FaultKind::Instead { lines, .. } | FaultKind::InsteadOf { lines, .. } => {
                self.output.put(&command.tagged(&lines))?;
                return Ok(true);
            }
            FaultKind::Hold { .. } => self.await_another_plan(),
            FaultKind::Before { lines, .. } => self.output.put(&command.tagged(&lines))?,
            FaultKind::CutIn { after, .. } => self.output.cut_in(after),
            FaultKind::StallIn { after, .. } => self.output.stall_in(after),
            FaultKind::PartOf { n_messages, .. } => {
                self.amiss.at_most = Some(n_messages);
                self.output.cut_in(0);
            }
            FaultKind::WithoutUid { uid, answer, .. } => {
                self.amiss.without.insert(uid, answer);
            }
            FaultKind::HeaderOf { uid, header, .. } => {
                self.amiss.headers.insert(uid, header);
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

/// What is wrong with one command that is carried out.
#[derive(Debug, Default)]
pub(super) struct Amiss {
    /// How many messages of its set are dealt with; `None` for all.
    at_most: Option<usize>,
    /// UIDs that are passed over, and the answer for that.
    without: BTreeMap<u32, String>,
    /// What is given in place of the header fields of these UIDs.
    headers: BTreeMap<u32, String>,
}

impl Amiss {
    /// Takes out of the targets, as positions with UIDs, those that are not dealt with.
    pub(super) fn narrow(&self, targets: &mut Vec<(u32, u32)>) {
        targets.retain(|(_, uid)| !self.without.contains_key(uid));
        targets.truncate(self.at_most.unwrap_or(usize::MAX));
    }

    /// The tagged answer in place of the usual one.
    pub(super) fn answer(&self) -> Option<&String> {
        self.without.values().next()
    }

    /// What stands in place of the header fields of a message.
    pub(super) fn header(&self, uid: u32) -> Option<&String> {
        self.headers.get(&uid)
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
