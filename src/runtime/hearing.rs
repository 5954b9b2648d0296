//! What other processes say, carried out or passed on to the screen.

use crate::channel::effect::Effect;
use crate::channel::error::RemoteError;
use crate::channel::event::Event;
use crate::channel::job::Job;
use crate::engine::peers::Message;
use crate::mail::account::AccountId;
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::mail::safe_text::SafeText;
use crate::runtime::effects::Hands;
use crate::runtime::part_news;

/// What the process that holds an account is asked for; `None` for a job that is this one's own business.
pub(super) fn asked_of_others(account: AccountId, job: &Job) -> Option<Message> {
    Some(match job {
        Job::WantBody { message, mailbox } => Message::WantBody(*message, *mailbox),
        Job::FetchAnyway { message, mailbox } => Message::FetchAnyway(*message, *mailbox),
        Job::WantPart(part) => Message::WantPart(part.clone()),
        Job::CancelPart(part) => Message::CancelPart(part.clone()),
        Job::JournalChanged => Message::Journal,
        Job::Keep => Message::Keep,
        // Who hears it lets nothing wait for another attempt.
        Job::SyncNow | Job::SendNow => Message::Sync(account),
        _ => return None,
    })
}

impl Hands {
    /// What another process says, as an event of this one.
    pub(super) fn heard(&mut self, message: Message) -> Option<Event> {
        match message {
            Message::Journal => {
                self.wake_engines();
                Some(Event::FoldersChanged)
            }
            Message::Outbox => {
                self.wake_engines();
                self.carry_out(Effect::LoadOutbox);
                None
            }
            Message::Keep => {
                self.submit_to_all(&Job::Keep);
                None
            }
            Message::Rows(mailbox) => Some(Event::RowsChanged(mailbox)),
            Message::Folders => Some(Event::FoldersChanged),
            Message::Body(message) => Some(Event::BodyStored(message)),
            Message::WantBody(message, mailbox) => {
                self.want_for_peer(Job::WantBody { message, mailbox }, message, mailbox);
                None
            }
            Message::FetchAnyway(message, mailbox) => {
                self.want_for_peer(Job::FetchAnyway { message, mailbox }, message, mailbox);
                None
            }
            Message::Sync(account) => {
                self.sync_for_peer(account);
                None
            }
            Message::MakeRoom(account) => self.make_room_for_peer(account),
            Message::Coming(message) => Some(Event::MessageMissing {
                message,
                coming: true,
            }),
            Message::NoBody(message) => Some(Event::BodyFailed {
                message,
                error: RemoteError::Offline {
                    cause: SafeText::line("the Sterna that is connected could not fetch it"),
                },
            }),
            Message::Metered(message, bytes, limit) => Some(Event::BodyFailed {
                message,
                error: RemoteError::Metered { bytes, limit },
            }),
            Message::WantPart(part) => {
                self.part_for_peer(part.mailbox, Job::WantPart(part));
                None
            }
            Message::CancelPart(part) => {
                self.part_for_peer(part.mailbox, Job::CancelPart(part));
                None
            }
            Message::Synced(_) | Message::NotSynced(_) => None,
            other => part_news::heard(other),
        }
    }

    /// The journal, the outbox or the drafts have something for the engines.
    pub(super) fn wake_engines(&self) {
        self.submit_to_all(&Job::JournalChanged);
    }

    fn submit_to_all(&self, job: &Job) {
        let engines = self.engines.values();
        engines.for_each(|engine| engine.submit(job.clone()));
    }

    /// Where another process is the holder, it heard it too; lanes that have no connection take no notice.
    fn make_room_for_peer(&self, account: AccountId) -> Option<Event> {
        self.engines.get(&account)?.make_room();
        None
    }

    fn sync_for_peer(&mut self, account: AccountId) {
        if self.reach.is_elsewhere(account) {
            return; // The holder heard it too.
        }
        if let Some(engine) = self.engines.get(&account) {
            engine.submit(Job::SyncNow);
        }
        if let Some(answer) = self.reach.wish_sync(account) {
            self.tell_peers(answer);
        }
    }

    fn want_for_peer(&mut self, job: Job, message: MessageId, mailbox: MailboxId) {
        let Some(account) = self.accounts_of.get(&mailbox).copied() else {
            return;
        };
        if self.reach.is_elsewhere(account) {
            return; // The holder heard it too.
        }
        if let Some(answer) = self.reach.wish(account, message) {
            self.tell_peers(answer);
        }
        // Even while offline: what is still wanted then will be there.
        if let Some(engine) = self.engines.get(&account) {
            engine.submit(job);
            if !self.reach.is_connected(account) {
                engine.submit(Job::SyncNow); // Another attempt at once: somebody waits for it.
            }
        }
    }

    /// Fetches a part for another process, or no longer. Nobody waits for a connection that is not there.
    fn part_for_peer(&self, mailbox: MailboxId, job: Job) {
        let account = self.accounts_of.get(&mailbox).copied();
        // Where another process is the holder, it heard it too.
        let Some(account) = account.filter(|account| !self.reach.is_elsewhere(*account)) else {
            return;
        };
        if let (Job::WantPart(part), false) = (&job, self.reach.is_connected(account)) {
            return self.tell_peers(Message::NoPart(part.message, part.path.clone()));
        }
        if let Some(engine) = self.engines.get(&account) {
            engine.submit(job);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_holds_the_account_hears_that_mail_is_to_go_now() {
        let account = AccountId::new(1);
        for job in [Job::SendNow, Job::SyncNow] {
            assert_eq!(asked_of_others(account, &job), Some(Message::Sync(account)));
        }
    }
}
