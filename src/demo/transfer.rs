//! Messages from one mailbox to another: what COPY and MOVE do to the model. RFC 3501 §6.4.7, RFC 6851.

use std::collections::HashSet;

use crate::demo::mailbox::{Mailbox, Message};
use crate::demo::state::State;

/// What a transfer did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// UIDVALIDITY of the mailbox the messages went to.
    pub validity: u32,
    /// UIDs before and after, in order. What was not there is left out.
    pub pairs: Vec<(u32, u32)>,
}

impl State {
    /// Copies messages; all of them or none.
    pub fn copy(&mut self, from: &str, uids: &[u32], to: &str) -> Result<Transfer, &'static str> {
        let messages = self.leaving(from, uids)?;
        let n_bytes = messages.iter().map(|message| message.content.size_bytes());
        self.has_room(n_bytes.sum())?;
        self.put(messages, to)
    }

    /// Moves messages. That takes no room, so no quota stands against it.
    pub fn carry(&mut self, from: &str, uids: &[u32], to: &str) -> Result<Transfer, &'static str> {
        let messages = self.leaving(from, uids)?;
        let transfer = self.put(messages, to)?;
        let gone: HashSet<u32> = transfer.pairs.iter().map(|pair| pair.0).collect();
        if let Some(mailbox) = self.get_mut(from) {
            mailbox.expunge(|message| gone.contains(&message.uid));
        }
        Ok(transfer)
    }

    fn leaving(&self, from: &str, uids: &[u32]) -> Result<Vec<Message>, &'static str> {
        let source = self.get(from).ok_or("[NONEXISTENT] No such mailbox")?;
        let messages = uids.iter().filter_map(|uid| source.get(*uid));
        Ok(messages.cloned().collect())
    }

    fn put(&mut self, messages: Vec<Message>, to: &str) -> Result<Transfer, &'static str> {
        self.may_add(to)?;
        let are_labels = self.labels.is_some();
        let target = self.get_mut(to).ok_or("[TRYCREATE] No such mailbox")?;
        let mut pairs = Vec::new();
        for message in messages {
            // A label that a message has already is the same one afterwards.
            let there = target.uid_of(message.id).filter(|_| are_labels);
            let uid = there.unwrap_or_else(|| {
                let flags = target.kept(&message.flags);
                target.add(message.id, flags, message.internal_date, message.content)
            });
            pairs.push((message.uid, uid));
        }
        Ok(Transfer {
            validity: target.validity,
            pairs,
        })
    }

    /// Whether messages may be put into a mailbox.
    pub fn may_add(&self, to: &str) -> Result<(), &'static str> {
        match self.may(to, "i") {
            Err(_) if self.get(to).is_none() => Err("[TRYCREATE] No such mailbox"),
            other => other,
        }
    }
}

impl Mailbox {
    /// Where a content lies in this mailbox.
    fn uid_of(&self, id: u64) -> Option<u32> {
        let found = self.messages.iter().find(|message| message.id == id);
        found.map(|message| message.uid)
    }
}
