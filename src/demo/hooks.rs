//! What tests do behind the client's back, and what they see: the truth, the command log, the counters.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::demo::date;
use crate::demo::dialect::Dialect;
use crate::demo::fault::FaultPlan;
use crate::demo::mailbox::{Content, Mailbox};
use crate::demo::namespace::Namespaces;
use crate::demo::rights::Rights;
use crate::demo::sample;
use crate::demo::server::Server;
use crate::demo::shared::{Counts, Logged, Submission, lock};
use crate::demo::smtp::manner::Manner;
use crate::demo::state;
use crate::mail::flag::Flags;
use crate::mail::mailbox::Role;

/// One message as the server has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Truth {
    /// UID.
    pub uid: u32,
    /// Flags and keywords.
    pub flags: Flags,
    /// INTERNALDATE, seconds since the epoch.
    pub internal_date: i64,
    /// Size in bytes.
    pub size_bytes: u64,
    /// Mod-sequence.
    pub mod_seq: u64,
    /// Names the content for good, through COPY and MOVE.
    pub id: u64,
}

/// The numbers of a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numbers {
    /// UIDVALIDITY.
    pub validity: u32,
    /// UIDNEXT.
    pub uid_next: u32,
    /// HIGHESTMODSEQ.
    pub highest_mod_seq: u64,
    /// EXISTS.
    pub exists: usize,
}

/// Mailboxes are named raw, as on the wire: modified UTF-7.
impl Server {
    /// Delivers a message, creating the mailbox where it is missing; gives its UID.
    pub fn deliver(&self, mailbox: &str, raw: &[u8], flags: &[&str], internal_date: i64) -> u32 {
        let content = Content::Stored(Arc::from(raw));
        let flags = Flags::from_names(flags.iter().copied());
        self.shared.change(|state| {
            let id = state.new_id();
            state
                .ensure(mailbox, None)
                .add(id, flags, internal_date, content)
        })
    }

    /// Lets the mail of the demo arrive in INBOX now.
    pub fn arrive(&self) {
        sample::arrive(&self.shared, date::now());
    }

    /// Creates a mailbox; nothing happens where it is there.
    pub fn create(&self, mailbox: &str, role: Option<Role>) {
        self.shared.change(|state| {
            state.ensure(mailbox, role);
        });
    }

    /// Deletes a mailbox with its messages.
    pub fn delete_mailbox(&self, mailbox: &str) {
        let _ = self.shared.change(|state| state.delete(mailbox));
    }

    /// Renames a mailbox and what lies below it.
    pub fn rename_mailbox(&self, from: &str, to: &str) {
        let _ = self.shared.change(|state| state.rename(from, to));
    }

    /// Fills a mailbox with `messages` generated ones of about `size_bytes` each.
    pub fn bulk(&self, mailbox: &str, messages: u32, size_bytes: u32) {
        self.shared
            .change(|state| sample::bulk::fill(state, mailbox, messages, size_bytes));
    }

    /// Expunges messages, as another client would; gives those that were there.
    pub fn expunge(&self, mailbox: &str, uids: &[u32]) -> Vec<u32> {
        self.edit(mailbox, |mailbox| {
            mailbox.expunge(|message| uids.contains(&message.uid))
        })
        .unwrap_or_default()
    }

    /// Gives a message exactly these flags; `false` where it is not there.
    pub fn set_flags(&self, mailbox: &str, uid: u32, flags: &[&str]) -> bool {
        self.edit(mailbox, |mailbox| {
            let mod_seq = mailbox.next_mod_seq();
            let Some(message) = mailbox.get_mut(uid) else {
                return false;
            };
            message.flags = Flags::from_names(flags.iter().copied());
            message.mod_seq = mod_seq;
            true
        })
        .unwrap_or(false)
    }

    /// Puts a message into another mailbox too, as the same content: a label, or COPY by another client; gives its UID there.
    pub fn also_in(&self, mailbox: &str, uid: u32, other: &str) -> Option<u32> {
        self.shared.change(|state| {
            let found = state.get(mailbox)?.get(uid)?.clone();
            let there = state.ensure(other, None);
            Some(there.add(found.id, found.flags, found.internal_date, found.content))
        })
    }

    /// Moves messages, as another client would; gives their UIDs before and after, none where it cannot be done.
    pub fn move_messages(&self, mailbox: &str, uids: &[u32], to: &str) -> Vec<(u32, u32)> {
        let moved = self.shared.change(|state| state.carry(mailbox, uids, to));
        moved.map(|transfer| transfer.pairs).unwrap_or_default()
    }

    /// Gives the user these rights for a mailbox and no others, as letters of RFC 4314 §2.1. Sessions that have it open as
    /// one that can be changed are refused from now on.
    pub fn set_rights(&self, mailbox: &str, letters: &str) {
        self.edit(mailbox, |mailbox| mailbox.rights = Rights::new(letters));
    }

    /// Has a mailbox keep these keywords only; what else a client sets is passed over, and PERMANENTFLAGS says so.
    pub fn keep_keywords(&self, mailbox: &str, keywords: &[&str]) {
        let keywords = keywords.iter().map(|&keyword| keyword.to_owned()).collect();
        self.edit(mailbox, |mailbox| mailbox.keywords = Some(keywords));
    }

    /// Lets all messages together take so many bytes; `None` for any number.
    pub fn set_quota(&self, quota_bytes: Option<u64>) {
        self.shared.change(|state| state.quota_bytes = quota_bytes);
    }

    /// Whether a mailbox is subscribed to; `None` where it is not there.
    pub fn is_subscribed(&self, mailbox: &str) -> Option<bool> {
        let state = self.shared.state();
        let mailbox = state.mailboxes.get(&state::canonical(mailbox))?;
        Some(mailbox.subscribed)
    }

    /// Subscribes to a mailbox, or ends that, as another client would.
    pub fn set_subscribed(&self, mailbox: &str, is_subscribed: bool) {
        self.edit(mailbox, |mailbox| mailbox.subscribed = is_subscribed);
    }

    /// Gives the server other namespaces; names keep their bytes.
    pub fn set_namespaces(&self, namespaces: Namespaces) {
        self.shared.change(|state| state.namespaces = namespaces);
    }

    /// Has the server give up every NOTIFY. RFC 5465 §5.8.
    pub fn overflow_notifications(&self) {
        self.shared.change(|state| state.n_overflows += 1);
    }

    /// Sets HIGHESTMODSEQ and the mod-sequences of all messages, down too, as a restored backup does.
    pub fn set_mod_seq(&self, mailbox: &str, mod_seq: u64) {
        self.edit(mailbox, |mailbox| {
            mailbox.highest_mod_seq = mod_seq;
            mailbox.vanished.clear();
            for message in &mut mailbox.messages {
                message.mod_seq = message.mod_seq.min(mod_seq);
            }
        });
    }

    /// Removes messages without a trace: no EXPUNGE to anybody, no mod-sequence, nothing remembered.
    pub fn lose(&self, mailbox: &str, uids: &[u32]) {
        self.edit(mailbox, |mailbox| {
            mailbox
                .messages
                .retain(|message| !uids.contains(&message.uid));
        });
    }

    /// Numbers all messages anew under another UIDVALIDITY; sessions that have it open are told BYE.
    pub fn change_uid_validity(&self, mailbox: &str) {
        self.shared.change(|state| {
            let validity = state.new_validity();
            if let Some(mailbox) = state.get_mut(mailbox) {
                mailbox.validity = validity;
                mailbox.vanished.clear();
                let mod_seq = mailbox.next_mod_seq();
                for (uid, message) in (1..).zip(&mut mailbox.messages) {
                    message.uid = uid;
                    message.mod_seq = mod_seq;
                }
                let count = u32::try_from(mailbox.messages.len()).unwrap_or(u32::MAX);
                mailbox.uid_next = count.saturating_add(1);
            }
        });
    }

    /// Makes the server forget which UIDs were expunged so far, as some do; it then names all that are missing.
    pub fn forget_expunges(&self, mailbox: &str) {
        self.edit(mailbox, |mailbox| {
            mailbox.forgotten_below = mailbox.highest_mod_seq;
        });
    }

    fn edit<T>(&self, mailbox: &str, change: impl FnOnce(&mut Mailbox) -> T) -> Option<T> {
        self.shared
            .change(|state| state.get_mut(mailbox).map(change))
    }

    /// Every message of a mailbox, ascending by UID; empty where there is no such mailbox.
    pub fn truth(&self, mailbox: &str) -> Vec<Truth> {
        let state = self.shared.state();
        let messages = state
            .get(mailbox)
            .map(|mailbox| mailbox.messages.as_slice());
        messages
            .unwrap_or_default()
            .iter()
            .map(|message| Truth {
                uid: message.uid,
                flags: message.flags.clone(),
                internal_date: message.internal_date,
                size_bytes: message.content.size_bytes(),
                mod_seq: message.mod_seq,
                id: message.id,
            })
            .collect()
    }

    /// The bytes of a message.
    pub fn raw(&self, mailbox: &str, uid: u32) -> Option<Vec<u8>> {
        let content = self.shared.state().get(mailbox)?.get(uid)?.content.clone();
        Some(content.whole().into_owned())
    }

    /// The header block of a message.
    pub fn header(&self, mailbox: &str, uid: u32) -> Option<Vec<u8>> {
        let content = self.shared.state().get(mailbox)?.get(uid)?.content.clone();
        Some(content.header().into_owned())
    }

    /// The numbers of a mailbox.
    pub fn numbers(&self, mailbox: &str) -> Option<Numbers> {
        let state = self.shared.state();
        let mailbox = state.get(mailbox)?;
        Some(Numbers {
            validity: mailbox.validity,
            uid_next: mailbox.uid_next,
            highest_mod_seq: mailbox.highest_mod_seq,
            exists: mailbox.messages.len(),
        })
    }

    /// The raw names of all mailboxes, sorted.
    pub fn mailboxes(&self) -> Vec<String> {
        self.shared.state().mailboxes.keys().cloned().collect()
    }

    /// The commands so far, in order of arrival.
    pub fn log(&self) -> Vec<Logged> {
        self.shared.log()
    }

    /// Empties the command log.
    pub fn clear_log(&self) {
        self.shared.clear_log();
    }

    /// Waits until the log satisfies `enough`; `false` where `within`, a hang guard, passes first.
    pub fn await_log(&self, within: Duration, enough: impl Fn(&[Logged]) -> bool) -> bool {
        self.shared.await_log(within, enough)
    }

    /// Waits until a command of that name (`IDLE`, `UID FETCH`) is in the log.
    pub fn await_command(&self, name: &str, within: Duration) -> bool {
        self.await_log(within, |log| log.iter().any(|entry| entry.name == name))
    }

    /// What was sent so far.
    pub fn counts(&self) -> Counts {
        self.shared.counters.read()
    }

    /// Accepted submissions, oldest first.
    pub fn submissions(&self) -> Vec<Submission> {
        lock(&self.shared.submissions).clone()
    }

    /// How many accepted submissions are like this; none of them is copied.
    pub fn n_submissions(&self, is_like: impl Fn(&Submission) -> bool) -> usize {
        let all = lock(&self.shared.submissions);
        all.iter().filter(|mail| is_like(mail)).count()
    }

    /// So many IMAP clients may be logged in at once from now on; 0 for any number.
    pub fn set_room(&self, n_clients: usize) {
        self.shared.room.store(n_clients, Ordering::Relaxed);
    }

    /// The most IMAP clients that were logged in at once since the start.
    pub fn most_clients(&self) -> usize {
        self.shared.most_inside.load(Ordering::Relaxed)
    }

    /// Puts the server's clock so many seconds ahead of the machine's.
    pub fn set_clock_ahead(&self, seconds: i64) {
        self.shared.ahead.store(seconds, Ordering::Relaxed);
    }

    /// How many connections are open now, SMTP included.
    pub fn n_connections(&self) -> usize {
        self.shared.n_connections()
    }

    /// Waits until nobody is connected, and what clients that were killed had sent is carried out.
    pub fn await_left(&self, within: Duration) -> bool {
        self.await_log(within, |_| self.n_connections() == 0)
    }

    /// Ends every connection at once; new ones are welcome.
    pub fn disconnect_all(&self) {
        self.shared.cut_all();
    }

    /// Offers other capabilities to the connections that come.
    pub fn set_dialect(&self, dialect: Dialect) {
        *lock(&self.shared.dialect) = dialect;
    }

    /// Takes another fault plan for IMAP; open connections follow from their next command on.
    pub fn set_faults(&self, plan: FaultPlan) {
        *lock(&self.shared.imap_faults) = plan;
    }

    /// Has the sink behave so with the connections that come.
    pub fn set_manner(&self, manner: Manner) {
        *lock(&self.shared.manner) = manner;
    }

    /// Takes another fault plan for SMTP.
    pub fn set_smtp_faults(&self, plan: FaultPlan) {
        *lock(&self.shared.smtp_faults) = plan;
    }
}
