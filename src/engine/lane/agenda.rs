//! What a lane has to do, kept over reconnects. Pure: `next` decides the order, nothing here talks to anyone.

use std::collections::{BTreeSet, VecDeque};
use std::time::Instant;

use crate::channel::job::Job;
use crate::engine::lane::troubles::Troubles;
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::mail::part::WantedPart;

/// The next thing to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Errand {
    /// Fetch a body that the user waits for.
    Body(MessageId, MailboxId),
    /// Fetch parts that the user waits for, in blocks.
    Part(MailboxId),
    /// Have this mailbox selected and up to date: the user looks at it.
    Home(MailboxId),
    /// Fetch the oldest screenful.
    Oldest(MailboxId),
    /// Read this mailbox, which messages in doubt may have come to.
    Look(MailboxId),
    /// Carry out changes of folders, with nothing else in flight.
    Folders,
    /// Replay the journal for this mailbox.
    Drain(MailboxId),
    /// Send what goes from folders on this computer to the server.
    Upload,
    /// Ask for the folders and their counts.
    Refresh,
    /// Fetch what the user keeps of this mailbox.
    Keep(MailboxId),
    /// Select, bring up to date, fill the gap, prefetch what the policy says.
    Sync(MailboxId),
}

impl Errand {
    /// The mailbox that must be selected; `None` where it does not matter.
    #[must_use]
    pub const fn mailbox(self) -> Option<MailboxId> {
        match self {
            Self::Body(_, mailbox)
            | Self::Part(mailbox)
            | Self::Home(mailbox)
            | Self::Oldest(mailbox)
            | Self::Look(mailbox)
            | Self::Drain(mailbox)
            | Self::Keep(mailbox)
            | Self::Sync(mailbox) => Some(mailbox),
            Self::Folders | Self::Upload | Self::Refresh => None,
        }
    }
}

/// Open errands of one lane.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Agenda {
    /// Where the lane rests and watches; `None` until the user opened something.
    pub home: Option<MailboxId>,
    /// The user has just opened `home`: it comes before the journal of other mailboxes.
    pub is_home_due: bool,
    /// Folders and counts are wanted.
    pub refresh: bool,
    /// Mailboxes with journal operations to replay.
    pub drain: VecDeque<MailboxId>,
    /// Mailboxes to read before the journal goes on.
    pub look: VecDeque<MailboxId>,
    /// The journal has changes of folders.
    pub folders: bool,
    /// The journal has something in folders on this computer that may go to the server.
    pub uploads: bool,
    /// The oldest rows of this mailbox are wanted.
    pub oldest: Option<MailboxId>,
    /// Bodies that the user waits for, the latest last.
    pub bodies: Vec<(MessageId, MailboxId)>,
    /// Parts that the user waits for, in this order.
    pub parts: VecDeque<WantedPart>,
    /// Messages whose bodies may cost what they cost.
    pub allowed: BTreeSet<MessageId>,
    /// Where the user wants what metering has held back: the next look at it takes more.
    pub leave: Option<MailboxId>,
    /// Whether mailboxes whose counts differ are to be brought up to date too (a single connection only).
    pub keeps_up: bool,
    /// Somebody waits to hear that everything is up to date. The interactive lane passes it on with what it found stale.
    pub owes_answer: bool,
    /// There is no other lane until then: this one does its work too.
    pub alone_until: Option<Instant>,
    /// Mailboxes with messages that the user keeps and that have not come.
    pub keep: VecDeque<MailboxId>,
    /// Mailboxes to bring up to date, in this order.
    pub sync: VecDeque<MailboxId>,
    /// Mailboxes that could not be read.
    pub troubles: Troubles,
}

/// More bodies than this are not waited for: the oldest wishes go first.
const MOST_BODIES: usize = 32;
/// More parts than this are not taken on.
const MOST_PARTS: usize = 1_000;

impl Agenda {
    /// Notes that the user looks at this mailbox now.
    pub fn open(&mut self, mailbox: MailboxId) {
        self.home = Some(mailbox);
        self.is_home_due = true;
        self.troubles.asked_for(mailbox);
    }

    /// Notes that the user waits for a body; a wish repeated moves to the front.
    pub fn want_body(&mut self, message: MessageId, mailbox: MailboxId) {
        self.bodies.retain(|(known, _)| *known != message);
        self.bodies.push((message, mailbox));
        if self.bodies.len() > MOST_BODIES {
            self.bodies.remove(0);
        }
    }

    /// Notes what the user wants to have fetched; other jobs are none of its business.
    pub fn wish(&mut self, job: Job) {
        match job {
            Job::WantOldest(mailbox) => self.oldest = Some(mailbox),
            Job::WantBody { message, mailbox } => self.want_body(message, mailbox),
            Job::FetchAnyway { message, mailbox } => {
                self.allowed.insert(message);
                self.want_body(message, mailbox);
            }
            Job::FetchMore(mailbox) => {
                self.leave = Some(mailbox);
                self.want_sync(&[mailbox], true);
            }
            Job::WantPart(part) => self.want_part(part),
            Job::CancelPart(unwanted) => self.parts.retain(|part| *part != unwanted),
            _ => {}
        }
    }

    /// Notes that the user waits for a part; each stands once.
    pub fn want_part(&mut self, wanted: WantedPart) {
        if !self.parts.contains(&wanted) && self.parts.len() < MOST_PARTS {
            self.parts.push_back(wanted);
        }
    }

    /// Notes a mailbox to read before the journal goes on.
    pub fn want_look(&mut self, mailbox: MailboxId) {
        if !self.look.contains(&mailbox) {
            self.look.push_back(mailbox);
        }
    }

    /// Notes mailboxes to bring up to date, before or behind those already waiting; each stands once.
    pub fn want_sync(&mut self, mailboxes: &[MailboxId], first: bool) {
        if first {
            self.sync.retain(|known| !mailboxes.contains(known));
            for mailbox in mailboxes.iter().rev() {
                self.sync.push_front(*mailbox);
            }
        } else {
            for mailbox in mailboxes {
                if !self.sync.contains(mailbox) {
                    self.sync.push_back(*mailbox);
                }
            }
        }
    }

    /// The next errand: what the user waits for, then the user's own changes, then the rest. An errand in the selected
    /// mailbox goes before its like elsewhere, since a change of mailbox costs a round trip.
    #[must_use]
    pub fn next(&self, selected: Option<MailboxId>) -> Option<Errand> {
        let here = |mailbox: MailboxId| selected == Some(mailbox);
        let wanted = self.bodies.iter().rev();
        if let Some((message, mailbox)) = wanted
            .clone()
            .find(|(_, mailbox)| here(*mailbox))
            .or_else(|| wanted.clone().next())
        {
            return Some(Errand::Body(*message, *mailbox));
        }
        let wanted = self.parts.iter().find(|part| here(part.mailbox));
        if let Some(part) = wanted.or_else(|| self.parts.front()) {
            return Some(Errand::Part(part.mailbox));
        }
        if let Some(home) = self.home.filter(|home| self.is_home_due && !here(*home)) {
            return Some(Errand::Home(home));
        }
        if self.refresh && self.home.is_none() {
            return Some(Errand::Refresh); // A first start: which folders there are decides the rest.
        }
        if let Some(mailbox) = self.oldest {
            return Some(Errand::Oldest(mailbox));
        }
        if let Some(errand) = self.next_of_journal(selected) {
            return Some(errand);
        }
        let is_idle = self.sync.is_empty() && self.keep.is_empty();
        if let Some(home) = self.home.filter(|home| !here(*home) && is_idle) {
            return Some(Errand::Home(home));
        }
        if self.refresh {
            return Some(Errand::Refresh);
        }
        // The user asked for it: it goes before what is only kept up to date.
        let kept = self.keep.iter().find(|mailbox| here(**mailbox));
        if let Some(mailbox) = kept.or_else(|| self.keep.front()) {
            return Some(Errand::Keep(*mailbox));
        }
        self.sync.front().map(|mailbox| Errand::Sync(*mailbox))
    }

    /// Whether the journal asks for anything.
    #[must_use]
    pub fn has_journal(&self) -> bool {
        self.folders || self.uploads || !self.look.is_empty() || !self.drain.is_empty()
    }

    /// What the journal asks for: where the lane is, before it goes elsewhere.
    fn next_of_journal(&self, selected: Option<MailboxId>) -> Option<Errand> {
        if self.folders {
            return Some(Errand::Folders);
        }
        let nearest = |mailboxes: &VecDeque<MailboxId>| {
            let mut all = mailboxes.iter();
            let here = all.find(|mailbox| selected == Some(**mailbox));
            here.or_else(|| mailboxes.front()).copied()
        };
        let look = nearest(&self.look).map(Errand::Look);
        let drain = || nearest(&self.drain).map(Errand::Drain);
        let upload = || self.uploads.then_some(Errand::Upload);
        look.or_else(drain).or_else(upload)
    }

    /// Whether nothing is left but to rest at home.
    #[must_use]
    pub fn is_done(&self) -> bool {
        !self.refresh
            && !self.has_journal()
            && self.oldest.is_none()
            && self.bodies.is_empty()
            && self.parts.is_empty()
            && self.keep.is_empty()
            && self.sync.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mailbox(id: u32) -> MailboxId {
        MailboxId::new(id)
    }

    fn message(id: u64) -> MessageId {
        MessageId::new(id).unwrap()
    }

    #[test]
    fn what_the_user_waits_for_comes_first_and_the_latest_wish_wins() {
        let mut agenda = Agenda {
            home: Some(mailbox(1)),
            refresh: true,
            ..Agenda::default()
        };
        agenda.want_sync(&[mailbox(2), mailbox(3)], false);
        agenda.want_body(message(1), mailbox(1));
        agenda.want_body(message(2), mailbox(1));
        agenda.want_body(message(1), mailbox(1));
        assert_eq!(
            agenda.next(Some(mailbox(1))),
            Some(Errand::Body(message(1), mailbox(1)))
        );
        agenda.bodies.clear();
        assert_eq!(agenda.next(Some(mailbox(1))), Some(Errand::Refresh));
        agenda.refresh = false;
        assert_eq!(
            agenda.next(Some(mailbox(1))),
            Some(Errand::Sync(mailbox(2)))
        );
        agenda.want_sync(&[mailbox(3)], true);
        assert_eq!(agenda.next(None), Some(Errand::Sync(mailbox(3))));
        agenda.sync.clear();
        assert_eq!(
            agenda.next(Some(mailbox(2))),
            Some(Errand::Home(mailbox(1)))
        );
        assert_eq!(agenda.next(Some(mailbox(1))), None);
        assert!(agenda.is_done());
    }

    #[test]
    fn the_journal_is_replayed_where_the_lane_is_before_it_moves() {
        let mut agenda = Agenda {
            home: Some(mailbox(1)),
            ..Agenda::default()
        };
        agenda.drain.extend([mailbox(2), mailbox(1)]);
        assert_eq!(
            agenda.next(Some(mailbox(1))),
            Some(Errand::Drain(mailbox(1)))
        );
        agenda.drain.retain(|known| *known != mailbox(1));
        assert_eq!(
            agenda.next(Some(mailbox(1))),
            Some(Errand::Drain(mailbox(2)))
        );
    }

    #[test]
    fn a_folder_that_was_just_opened_does_not_wait_for_the_journal() {
        let mut agenda = Agenda::default();
        agenda.drain.extend([mailbox(2)]);
        agenda.open(mailbox(1));
        assert_eq!(
            agenda.next(Some(mailbox(3))),
            Some(Errand::Home(mailbox(1)))
        );
        agenda.is_home_due = false;
        assert_eq!(
            agenda.next(Some(mailbox(1))),
            Some(Errand::Drain(mailbox(2)))
        );
        assert_eq!(
            agenda.next(Some(mailbox(2))),
            Some(Errand::Drain(mailbox(2)))
        );
    }

    #[test]
    fn wishes_are_bounded() {
        let mut agenda = Agenda::default();
        for id in 1..100 {
            agenda.want_body(message(id), mailbox(1));
        }
        assert_eq!(agenda.bodies.len(), MOST_BODIES);
    }
}
