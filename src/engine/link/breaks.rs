//! The end of a connection by an error, where that may be the trouble of what it was asked for: of a message that a server
//! dies of, of a mailbox that it cannot open. A server answers in order, so the first command without an answer is the one
//! that may have been fatal. Asked for in smaller and smaller pieces, over some connections, one message is found and left
//! out; what is fatal in another way is passed over. Else the lane would go there again, for ever.

use crate::channel::error::{Recovery, RemoteError};
use crate::channel::event::PartState;
use crate::engine::lane::agenda::Agenda;
use crate::engine::lane::cuts::Verdict;
use crate::engine::lane::troubles::Reading;
use crate::engine::link::Link;
use crate::engine::link::finish::protocol;
use crate::engine::link::left_out::Lack;
use crate::engine::link::step::Step;
use crate::mail::mailbox::MailboxName;
use crate::mail::message_id::MessageId;
use crate::mail::safe_text::SafeText;
use crate::mail::uid::Uid;
use crate::mail::uid_set::UidSet;

/// Messages that are left out of a mailbox of which nothing has come.
const FIRST: u64 = 3;

/// What a connection may have ended over.
enum Suspect {
    /// Headers of these UIDs.
    Headers(UidSet, Reading),
    /// Headers, so many of which there may be.
    Newest(u64),
    /// Something else that has to be known of the mailbox.
    Mailbox,
    /// Bodies of these messages, of which so many bytes are here.
    Bodies(Vec<MessageId>, u64),
    /// The list of the folders.
    List,
    /// The counts of a mailbox that is not open.
    Counts(MailboxName),
}

impl Link<'_> {
    /// What earlier connections ended over is left alone on this one.
    pub(in crate::engine) fn shun(&mut self, agenda: &Agenda) {
        for name in agenda.troubles.distrusted() {
            self.session.distrust(name);
        }
        self.refused.extend(agenda.troubles.fatal());
        for (message, is_fatal) in agenda.troubles.doubted() {
            self.doubted.insert(message);
            if is_fatal {
                self.unfetchable.insert(message);
            }
        }
    }

    /// The connection has ended by an error: the next one takes more care of what it may have ended over. False where
    /// nothing is known of that.
    pub(in crate::engine) fn broke(&mut self, error: &RemoteError, agenda: &mut Agenda) -> bool {
        if error.recovery() != Recovery::Reconnect {
            return false;
        }
        let suspect = self.suspect(error);
        if let Some(Suspect::Bodies(messages, n_done)) = &suspect {
            self.bodies_struck(messages, *n_done, error, agenda);
        }
        self.want_bodies_again(agenda);
        let Some(suspect) = suspect else {
            return false;
        };
        self.flush_batches(); // What came of it is here, and not asked for again.
        let _ = self.writer.flush();
        match suspect {
            Suspect::Headers(set, reading) => {
                let n_asked = set.len();
                self.mailbox_struck(Some((set, n_asked)), reading, error, agenda);
            }
            // Two at least: which UIDs they have is not known.
            Suspect::Newest(n) => {
                let asked = Some((UidSet::new(), n.max(2)));
                self.mailbox_struck(asked, Reading::News, error, agenda);
            }
            Suspect::Mailbox => self.mailbox_struck(None, Reading::News, error, agenda),
            Suspect::Bodies(..) => {}
            Suspect::List => self.list_struck(error, agenda),
            Suspect::Counts(name) => self.counts_struck(&name, error, agenda),
        }
        true
    }

    /// A connection ended over the list: the next one asks for it with more care.
    fn list_struck(&self, error: &RemoteError, agenda: &mut Agenda) {
        agenda.troubles.list_struck();
        let distrusted = agenda.troubles.distrusted();
        tracing::warn!(
            account = self.setup.account.get(),
            ?distrusted,
            "the connection ended over the list of the folders"
        );
        if agenda.troubles.is_list_fatal() {
            self.tell_unlisted(error, agenda);
        }
    }

    /// A connection ended over the counts of one mailbox: it is passed over where that happens again and again.
    fn counts_struck(&mut self, name: &MailboxName, error: &RemoteError, agenda: &mut Agenda) {
        let mailboxes = self.reader.mailboxes(self.setup.account);
        let mut mailboxes = mailboxes.unwrap_or_default().into_iter();
        let Some(info) = mailboxes.find(|info| info.name == *name) else {
            // Ids were asked for before the list could be stored.
            self.list_struck(error, agenda);
            return;
        };
        let place = (info.id, Reading::Counts);
        let verdict = agenda.troubles.cut(place, info.state.n_headers, None);
        tracing::warn!(
            account = self.setup.account.get(),
            ?verdict,
            "the connection ended over the counts of a mailbox"
        );
        if verdict == Verdict::GiveUp {
            agenda.troubles.is_fatal(info.id, error.clone());
            self.pass_over(info.id, error, agenda);
        }
    }

    /// The first command without an answer, where it is about the selected mailbox, or others without it.
    fn suspect(&self, error: &RemoteError) -> Option<Suspect> {
        let first = self.steps.values().next();
        match first {
            Some(Step::List | Step::ListApart(_)) => return Some(Suspect::List),
            Some(Step::Status { name, .. }) => return Some(Suspect::Counts(name.clone())),
            _ => {}
        }
        let selection = self.selection.as_ref()?;
        let Some(step) = first else {
            // It was not the network that ended it, but what was heard of this mailbox.
            let is_heard = matches!(error, RemoteError::Protocol { .. });
            return (is_heard && !selection.is_fresh).then_some(Suspect::Mailbox);
        };
        Some(match step {
            Step::New { from } if selection.uid_next > 0 => {
                Suspect::Newest(u64::from(selection.uid_next.saturating_sub(*from)))
            }
            Step::Newest if selection.uid_next > 0 => Suspect::Newest(selection.exists.into()),
            Step::Block(block) => Suspect::Headers(block.set(), Reading::Gap),
            Step::Missing(set) => Suspect::Headers(set.clone(), Reading::News),
            step if step.is_catching_up() => Suspect::Mailbox,
            Step::Bodies(uids) => Suspect::Bodies(self.not_come(uids), 0),
            Step::Structure(uid) | Step::Parts(uid) => Suspect::Bodies(self.not_come(&[*uid]), 0),
            Step::Piece(_) => {
                let download = self.download.as_ref()?;
                Suspect::Bodies(vec![download.wanted.message], download.partial.length())
            }
            _ => return None,
        })
    }

    /// Of these the messages whose bodies did not come.
    fn not_come(&self, uids: &[Uid]) -> Vec<MessageId> {
        let works = uids.iter().filter_map(|uid| self.works.get(uid));
        let missing = works.filter(|work| !work.is_stored);
        missing.map(|work| work.message).collect()
    }

    /// A connection ended over bodies. Where that is one, and not for the first time, who waits for it is told what the
    /// server does; nobody else asks for it again.
    fn bodies_struck(
        &mut self,
        messages: &[MessageId],
        n_done: u64,
        error: &RemoteError,
        agenda: &mut Agenda,
    ) {
        if !agenda.troubles.body_cut(messages, n_done) {
            return;
        }
        tracing::warn!(
            account = self.setup.account.get(),
            "the connection ended over a body again"
        );
        let words =
            format!("it ended the connection each time the message was asked for ({error})");
        let error = protocol(&words);
        let is_one = |message: &MessageId| messages.contains(message);
        let mut own = self.works.iter();
        let uid = own.find(|(_, work)| is_one(&work.message));
        if let Some(uid) = uid.map(|(uid, _)| *uid) {
            self.body_failed(uid, &error);
        }
        if let Some(download) = self.download.take_if(|open| is_one(&open.wanted.message)) {
            self.part_ended(download.wanted, PartState::Failed(error), agenda);
        }
    }

    /// Bodies that the user waits for are asked for over the next connection.
    pub(in crate::engine) fn want_bodies_again(&self, agenda: &mut Agenda) {
        let waiting = self.works.values();
        for work in waiting.filter(|work| work.is_wanted && !work.is_stored) {
            agenda.want_body(work.message, work.mailbox);
            if work.is_allowed {
                agenda.allowed.insert(work.message);
            }
        }
    }

    /// A connection ended over the selected mailbox: over one of these UIDs, of so many, where they are known.
    fn mailbox_struck(
        &mut self,
        asked: Option<(UidSet, u64)>,
        reading: Reading,
        error: &RemoteError,
        agenda: &mut Agenda,
    ) {
        let Some(mailbox) = self.selected() else {
            return;
        };
        let Ok(state) = self.reader.sync_state(mailbox) else {
            return;
        };
        let n_asked = asked.as_ref().map(|(_, n)| *n);
        let place = (mailbox, reading);
        let verdict = agenda.troubles.cut(place, state.n_headers, n_asked);
        tracing::warn!(
            account = self.setup.account.get(),
            ?n_asked,
            ?verdict,
            "the connection ended over a mailbox"
        );
        let only = asked.and_then(|(set, _)| set.min());
        let is_left_out = match verdict {
            Verdict::Again => return,
            Verdict::GiveUp => false,
            Verdict::LeaveOut => only.is_some_and(|uid| {
                let words = SafeText::line(&error.to_string());
                // The first few may be the newest, before which nothing is asked for.
                let may = self.is_readable() || self.left_out().len() < FIRST;
                may && self.do_without(uid, Lack::Header, Some(&words))
            }),
        };
        if !is_left_out {
            agenda.troubles.is_fatal(mailbox, error.clone());
            self.select_refused(error, agenda);
        }
    }
}
