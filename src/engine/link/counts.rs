//! STATUS: the counts of folders that are not open, and what they tell of their being out of date.

use std::collections::{BTreeMap, BTreeSet};

use crate::channel::error::RemoteError;
use crate::engine::Order;
use crate::engine::bodies::policy;
use crate::engine::lane::Kind;
use crate::engine::lane::agenda::Agenda;
use crate::engine::link::Link;
use crate::engine::link::listing::Listing;
use crate::engine::link::step::Step;
use crate::mail::account::Offline;
use crate::mail::mailbox::{MailboxId, MailboxName, Namespace, Role};
use crate::mail::uid::ModSeq;
use crate::remote::command::list;
use crate::remote::response::Status;
use crate::remote::response::code::Code;
use crate::store::sync_state::{MailboxInfo, MailboxStatus, SyncState};

/// STATUS commands at once, where LIST cannot carry the counts.
const MOST_STATUS: usize = 200;

impl Link<'_> {
    /// Asks for the counts of every folder but the selected one: of some now, of the others when these have come.
    pub(super) fn ask_statuses(&mut self, names: &[MailboxName]) {
        // STATUS of the selected mailbox is a trap (RFC 3501 §6.3.10); SELECT tells its numbers anyway.
        let selected = self.selected();
        let own = selected
            .and_then(|id| self.reader.mailbox(id).ok().flatten())
            .map(|info| info.name);
        let passed_over = self.names_passed_over();
        let (now, later) = names.split_at(names.len().min(MOST_STATUS));
        self.listing.waiting = later.to_vec();
        let is_asked =
            |name: &&MailboxName| Some(*name) != own.as_ref() && !passed_over.contains(*name);
        for name in now.iter().filter(is_asked) {
            if let Ok(command) = list::status(name, self.session.capabilities()) {
                let (name, is_full) = (name.clone(), list::tells_more(self.session.capabilities()));
                self.listing.n_open += 1;
                self.send(command, Step::Status { name, is_full });
            }
        }
    }

    /// The names of what is passed over on this connection.
    fn names_passed_over(&mut self) -> BTreeSet<MailboxName> {
        let ids: Vec<MailboxId> = self.refused.iter().map(|(mailbox, _)| *mailbox).collect();
        let infos = ids
            .into_iter()
            .filter_map(|id| self.reader.mailbox(id).ok().flatten());
        infos.map(|info| info.name).collect()
    }

    /// The server would not tell the counts of a mailbox. One that does not understand all that it was asked for is asked
    /// for what every server knows; else the mailbox itself has to be read.
    pub(super) fn status_refused(
        &mut self,
        (name, is_full): (MailboxName, bool),
        status: Status,
        code: Option<&Code>,
        agenda: &mut Agenda,
    ) -> Result<(), RemoteError> {
        self.doubt_assumed()?;
        tracing::warn!(
            account = self.setup.account.get(),
            is_full,
            "refused: STATUS"
        );
        if let (true, Status::Bad, Ok(command)) = (is_full, status, list::few_counts(&name)) {
            let is_full = false;
            self.send(command, Step::Status { name, is_full });
            return Ok(());
        }
        // Whoever may not know the counts may not read it either. RFC 4314 §4.
        let is_out_of_reach = matches!(code, Some(Code::NoPerm | Code::Nonexistent));
        if !is_out_of_reach {
            self.listing.uncounted.push(name);
        }
        self.listing_ended(agenda)
    }

    /// Counts came that were asked for alone. What was told of names meanwhile has the folders listed again.
    pub(super) fn counts_came(&mut self, agenda: &mut Agenda) -> Result<(), RemoteError> {
        let listing = std::mem::take(&mut self.listing);
        agenda.refresh |= !listing.entries.is_empty() || !listing.gone.is_empty();
        self.statuses_came(&listing, agenda)
    }

    /// Counts came: stores them, and has what they show to be stale brought up to date.
    pub(super) fn statuses_came(
        &mut self,
        listing: &Listing,
        agenda: &mut Agenda,
    ) -> Result<(), RemoteError> {
        let mailboxes = self.reader.mailboxes(self.setup.account);
        let mut mailboxes = self.stored(mailboxes)?;
        mailboxes.retain(|info| info.namespace != Namespace::Local);
        let by_name: BTreeMap<&MailboxName, MailboxId> =
            mailboxes.iter().map(|info| (&info.name, info.id)).collect();
        let uncounted = listing.uncounted.iter();
        let mut stale: Vec<MailboxId> = uncounted
            .filter_map(|name| by_name.get(name).copied())
            .collect();
        let mut told = Vec::new();
        for (name, items) in &listing.statuses {
            let Some(mailbox) = by_name.get(name).copied() else {
                continue;
            };
            let status = MailboxStatus {
                messages: items.messages,
                unseen: items.unseen,
                uid_next: items.uid_next,
                uid_validity: items.uid_validity,
                highest_mod_seq: items.highest_mod_seq,
            };
            let known = self.reader.sync_state(mailbox);
            let known = self.stored(known)?;
            let n_left_out = self.setup.left_out.n_unlisted(mailbox, known.validity);
            if is_stale(&known, n_left_out, &status) || (agenda.keeps_up && hides_flags(&status)) {
                stale.push(mailbox);
            }
            told.push((mailbox, status));
            agenda.troubles.counted(mailbox);
        }
        let written = self.writer.statuses(self.setup.account, told);
        self.stored(written)?;
        let order: Vec<MailboxId> = mailboxes
            .iter()
            .filter(|info| stale.contains(&info.id) && self.keeps_up_with(info))
            .map(|info| info.id)
            .collect();
        self.hand_on(order, agenda);
        Ok(())
    }

    /// Whether a mailbox is kept up to date although nobody looks at it. In the online model it is not; what holds messages
    /// again (All Mail, Starred) is read when it is opened, and where a whole copy is wanted.
    fn keeps_up_with(&self, info: &MailboxInfo) -> bool {
        let wanted = policy(&self.setup.settings, &info.name.display());
        let is_whole = self.kind == Kind::Once || wanted == Offline::All;
        wanted != Offline::None && (is_whole || !info.role.is_some_and(Role::repeats_others))
    }

    /// Has stale mailboxes brought up to date by the lane whose work that is.
    fn hand_on(&mut self, stale: Vec<MailboxId>, agenda: &mut Agenda) {
        match self.kind {
            Kind::Interactive => {
                let others: Vec<MailboxId> = stale
                    .into_iter()
                    .filter(|id| Some(*id) != agenda.home)
                    .collect();
                // Metered, only what the user looks at is brought up to date.
                if self.setup.settings.metered_bytes.is_none() {
                    self.delegate(others, agenda);
                }
                if !self.is_alone && std::mem::take(&mut agenda.owes_answer) {
                    self.other.send(Order::Answer);
                }
            }
            Kind::Once if agenda.keeps_up => agenda.want_sync(&stale, false),
            Kind::Once | Kind::Bulk => {}
        }
    }
}

/// Whether flags may have changed without any number of STATUS telling: there is no HIGHESTMODSEQ.
fn hides_flags(status: &MailboxStatus) -> bool {
    let mod_seq = status.highest_mod_seq.unwrap_or_default();
    mod_seq.get() == 0 && status.messages != Some(0)
}

/// Whether STATUS tells something that the store does not have, but for so many messages that are left out.
fn is_stale(state: &SyncState, n_left_out: u64, status: &MailboxStatus) -> bool {
    let n_known = state.n_headers.saturating_add(n_left_out);
    let differs = |told: Option<u64>, known: u64| told.is_some_and(|told| told != known);
    if status.messages == Some(0) && state.n_headers == 0 && state.validity.is_some() {
        return false;
    }
    state.validity != status.uid_validity.or(state.validity)
        || state.validity.is_none()
        || !state.gap.is_empty()
        || differs(status.uid_next.map(u64::from), u64::from(state.uid_next))
        || differs(status.messages, n_known)
        || differs(status.highest_mod_seq.map(ModSeq::get), state.mod_seq.get())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::uid::UidValidity;
    use crate::mail::uid_set::UidSet;

    #[test]
    fn a_mailbox_is_stale_when_any_number_differs() {
        let state = SyncState {
            validity: UidValidity::new(5),
            uid_next: 11,
            mod_seq: ModSeq::new(7),
            gap: UidSet::new(),
            caught_up: Vec::new(),
            n_headers: 10,
            exists: Some(10),
        };
        let status = MailboxStatus {
            messages: Some(10),
            unseen: Some(3),
            uid_next: Some(11),
            uid_validity: UidValidity::new(5),
            highest_mod_seq: Some(ModSeq::new(7)),
        };
        assert!(!is_stale(&state, 0, &status));
        assert!(!is_stale(
            &state,
            0,
            &MailboxStatus {
                highest_mod_seq: None,
                ..status
            }
        ));
        for changed in [
            MailboxStatus {
                messages: Some(9),
                ..status
            },
            MailboxStatus {
                uid_next: Some(12),
                ..status
            },
            MailboxStatus {
                uid_validity: UidValidity::new(6),
                ..status
            },
            MailboxStatus {
                highest_mod_seq: Some(ModSeq::new(8)),
                ..status
            },
        ] {
            assert!(is_stale(&state, 0, &changed), "{changed:?}");
        }
        assert!(is_stale(
            &SyncState {
                gap: UidSet::from_range(1, 5),
                ..state
            },
            0,
            &status
        ));
    }
}
