//! All mailboxes of the one demo user, and what changes their set: create, delete, rename.

use std::collections::BTreeMap;

use crate::demo::dialect::Dialect;
use crate::demo::dialect::oddity::Oddity;
use crate::demo::labels::{self, Labels};
use crate::demo::mailbox::{Content, Mailbox};
use crate::demo::namespace::Namespaces;
use crate::mail::flag::Flags;
use crate::mail::mailbox::Role;

/// What the server knows. Shared by all sessions under one lock, which is never held while a socket is written.
pub struct State {
    /// By raw name (modified UTF-7).
    pub mailboxes: BTreeMap<String, Mailbox>,
    /// Prefixes and delimiters.
    pub namespaces: Namespaces,
    /// Mailboxes are labels of one store of messages, as with Gmail.
    pub labels: Option<Labels>,
    /// Bytes that all messages may take together; `None` for any number, and no quota is told of then.
    pub quota_bytes: Option<u64>,
    /// How often NOTIFY was given up by the server. RFC 5465 §5.8.
    pub n_overflows: u32,
    next_validity: u32,
    next_id: u64,
}

/// The name under which a mailbox is kept: INBOX in any case is `INBOX`. RFC 3501 §5.1.
pub fn canonical(name: &str) -> String {
    if name.eq_ignore_ascii_case("INBOX") {
        return "INBOX".to_owned();
    }
    name.trim_end_matches('/').to_owned()
}

impl State {
    /// An account with an empty INBOX. UIDVALIDITY counts up from `first_validity`.
    pub fn new(first_validity: u32) -> Self {
        let mut state = Self {
            mailboxes: BTreeMap::new(),
            namespaces: Namespaces::default(),
            labels: None,
            quota_bytes: None,
            n_overflows: 0,
            next_validity: first_validity.max(1),
            next_id: 1,
        };
        state.ensure("INBOX", None);
        state
    }

    /// Takes over what the dialect says of mailboxes; done before they are filled.
    pub fn speak(&mut self, dialect: &Dialect) {
        self.namespaces = dialect.namespaces().clone();
        if dialect.is_odd(Oddity::Labels) {
            labels::prepare(self);
        }
    }

    /// A UIDVALIDITY never given out before.
    pub const fn new_validity(&mut self) -> u32 {
        let validity = self.next_validity;
        self.next_validity = self.next_validity.saturating_add(1);
        validity
    }

    /// A content identity never given out before.
    pub const fn new_id(&mut self) -> u64 {
        let id = self.next_id;
        self.next_id += 1;
        id
    }

    /// The mailbox of that name, created where it is missing.
    pub fn ensure(&mut self, name: &str, role: Option<Role>) -> &mut Mailbox {
        let name = canonical(name);
        let validity = self.new_validity();
        self.mailboxes
            .entry(name)
            .or_insert_with(|| Mailbox::new(validity, role))
    }

    /// A selectable mailbox.
    pub fn get(&self, name: &str) -> Option<&Mailbox> {
        self.mailboxes
            .get(&canonical(name))
            .filter(|mailbox| mailbox.selectable)
    }

    /// A selectable mailbox, to change it.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Mailbox> {
        self.mailboxes
            .get_mut(&canonical(name))
            .filter(|mailbox| mailbox.selectable)
    }

    /// Adds a message to a mailbox; `None` where there is no such mailbox.
    pub fn add(
        &mut self,
        name: &str,
        flags: Flags,
        internal_date: i64,
        content: Content,
    ) -> Option<u32> {
        let id = self.new_id();
        Some(self.get_mut(name)?.add(id, flags, internal_date, content))
    }

    /// What names below `name` begin with; `None` where nothing can lie there.
    fn below(&self, name: &str) -> Option<String> {
        let delimiter = self.namespaces.delimiter(name)?;
        Some(format!("{name}{delimiter}"))
    }

    /// Whether something lies below `name`.
    pub fn has_children(&self, name: &str) -> bool {
        let Some(prefix) = self.below(name) else {
            return false;
        };
        self.mailboxes
            .range(prefix.clone()..)
            .next()
            .is_some_and(|(child, _)| child.starts_with(&prefix))
    }

    /// CREATE, the levels above included. RFC 3501 §6.3.3.
    pub fn create(&mut self, name: &str) -> Result<(), &'static str> {
        let name = canonical(name);
        if name.is_empty() || name.len() > 1000 {
            return Err("[CANNOT] Invalid mailbox name");
        }
        self.may_create(&name)?;
        if self
            .mailboxes
            .get(&name)
            .is_some_and(|mailbox| mailbox.selectable)
        {
            return Err("[ALREADYEXISTS] Mailbox already exists");
        }
        let delimiter = self.namespaces.delimiter(&name);
        for (at, _) in name.match_indices(|letter| Some(letter) == delimiter) {
            if let Some(parent) = name.get(..at).filter(|parent| !parent.is_empty())
                && !self.mailboxes.contains_key(parent)
            {
                self.ensure(parent, None).subscribed = false;
            }
        }
        let mailbox = self.ensure(&name, None);
        mailbox.selectable = true;
        mailbox.subscribed = false;
        Ok(())
    }

    /// DELETE; with children below, the name stays as `\Noselect`. RFC 3501 §6.3.4.
    pub fn delete(&mut self, name: &str) -> Result<(), &'static str> {
        let name = canonical(name);
        if name == "INBOX" {
            return Err("[CANNOT] INBOX cannot be deleted");
        }
        self.may(&name, "x")?;
        let keeps_name = self.has_children(&name);
        let validity = self.new_validity();
        self.mailboxes.remove(&name);
        if keeps_name {
            let mut shell = Mailbox::new(validity, None);
            shell.selectable = false;
            self.mailboxes.insert(name, shell);
        }
        Ok(())
    }

    /// RENAME with everything below; renaming INBOX moves its messages. RFC 3501 §6.3.5.
    pub fn rename(&mut self, from: &str, to: &str) -> Result<(), &'static str> {
        let (from, to) = (canonical(from), canonical(to));
        if to.is_empty() || to.len() > 1000 {
            return Err("[CANNOT] Invalid mailbox name");
        }
        if self.mailboxes.contains_key(&to) {
            return Err("[ALREADYEXISTS] Mailbox already exists");
        }
        self.may_create(&to)?;
        if from == "INBOX" {
            self.create(&to)?;
            let moved = self
                .get_mut("INBOX")
                .map(|inbox| (std::mem::take(&mut inbox.messages), inbox));
            let Some((messages, inbox)) = moved else {
                return Ok(());
            };
            let mod_seq = inbox.next_mod_seq();
            inbox
                .vanished
                .extend(messages.iter().map(|message| (mod_seq, message.uid)));
            if let Some(target) = self.get_mut(&to) {
                for message in messages {
                    target.add(
                        message.id,
                        message.flags,
                        message.internal_date,
                        message.content,
                    );
                }
            }
            return Ok(());
        }
        let below = self.below(&from);
        let is_below = |name: &str| below.as_ref().is_some_and(|below| name.starts_with(below));
        if is_below(&to) {
            return Err("[CANNOT] A mailbox cannot move below itself");
        }
        let names: Vec<String> = self
            .mailboxes
            .keys()
            .filter(|name| **name == from || is_below(name))
            .cloned()
            .collect();
        if names.is_empty() {
            return Err("[NONEXISTENT] No such mailbox");
        }
        if self.get(&from).is_some() {
            self.may(&from, "x")?;
        }
        for name in names {
            let rest = name.strip_prefix(&from).unwrap_or_default();
            let renamed = format!("{to}{rest}");
            if let Some(mailbox) = self.mailboxes.remove(&name) {
                self.mailboxes.insert(renamed, mailbox);
            }
        }
        Ok(())
    }
}
