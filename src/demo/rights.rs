//! What the demo user may do with a mailbox, which keywords it keeps, and how much room the account has. RFC 4314, RFC 9208.

use std::collections::HashSet;

use crate::demo::mailbox::Mailbox;
use crate::demo::state::State;
use crate::mail::flag::{Flags, SystemFlag};

/// Every right, in the order in which they are told.
const ALL: &str = "lrswipkxtea";

/// Rights of RFC 4314 §2.1, one letter each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rights(String);

impl Default for Rights {
    fn default() -> Self {
        Self(ALL.to_owned())
    }
}

impl Rights {
    /// These letters; what is no right is left out.
    pub fn new(letters: &str) -> Self {
        Self(
            ALL.chars()
                .filter(|right| letters.contains(*right))
                .collect(),
        )
    }

    /// The letters.
    pub fn letters(&self) -> &str {
        &self.0
    }

    /// Whether all of these rights are held.
    pub fn have(&self, letters: &str) -> bool {
        letters.chars().all(|right| self.0.contains(right))
    }

    /// Whether nothing in the mailbox can be changed, so that SELECT opens it READ-ONLY. RFC 4314 §5.2.
    pub fn only_read(&self) -> bool {
        !self.0.contains(['s', 'w', 't', 'e', 'i'])
    }

    /// Whether a flag or keyword may be changed. RFC 4314 §4, table 1.
    pub fn allow(&self, flag: &str) -> bool {
        let is = |flag: &str, other: SystemFlag| flag.eq_ignore_ascii_case(other.name());
        match flag {
            _ if is(flag, SystemFlag::Seen) => self.have("s"),
            _ if is(flag, SystemFlag::Deleted) => self.have("t"),
            _ => self.have("w"),
        }
    }
}

impl Mailbox {
    /// Whether a change of this flag or keyword stays. RFC 3501 §7.1 `PERMANENTFLAGS`.
    pub fn keeps(&self, flag: &str) -> bool {
        let is_known = |keywords: &[String]| {
            keywords
                .iter()
                .any(|known| known.eq_ignore_ascii_case(flag))
        };
        let is_kept = flag.starts_with('\\') || self.keywords.as_deref().is_none_or(is_known);
        is_kept && self.rights.allow(flag)
    }

    /// Of these flags those that stay.
    pub fn kept(&self, flags: &Flags) -> Flags {
        Flags::from_names(flags.names().filter(|name| self.keeps(name)))
    }
}

impl State {
    /// Whether the user holds these rights for a mailbox. One that cannot even be looked up is not there. RFC 4314 §6.
    pub fn may(&self, name: &str, letters: &str) -> Result<(), &'static str> {
        let Some(mailbox) = self.get(name).filter(|mailbox| mailbox.rights.have("l")) else {
            return Err("[NONEXISTENT] No such mailbox");
        };
        if !mailbox.rights.have(letters) {
            return Err("[NOPERM] Permission denied");
        }
        Ok(())
    }

    /// Whether mailboxes may be made at this name: the right `k` of the nearest one above it counts.
    pub fn may_create(&self, name: &str) -> Result<(), &'static str> {
        let delimiter = self.namespaces.delimiter(name);
        let above = name
            .rmatch_indices(|letter| Some(letter) == delimiter)
            .find_map(|(at, _)| self.mailboxes.get(name.get(..at)?));
        match above {
            Some(parent) if !parent.rights.have("k") => Err("[NOPERM] Permission denied"),
            _ => Ok(()),
        }
    }

    /// Bytes in use; a message under several labels counts once.
    pub fn used_bytes(&self) -> u64 {
        let mut known = HashSet::new();
        self.mailboxes
            .values()
            .flat_map(|mailbox| &mailbox.messages)
            .filter(|message| self.labels.is_none() || known.insert(message.id))
            .map(|message| message.content.size_bytes())
            .sum()
    }

    /// Whether so many bytes more fit.
    pub fn has_room(&self, bytes: u64) -> Result<(), &'static str> {
        match self.quota_bytes {
            Some(limit) if self.used_bytes().saturating_add(bytes) > limit => {
                Err("[OVERQUOTA] Not enough room")
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_say_which_flags_stay() {
        let mut mailbox = Mailbox::new(1, None);
        mailbox.rights = Rights::new("lrsz");
        assert_eq!(mailbox.rights.letters(), "lrs");
        assert!(mailbox.keeps("\\Seen") && !mailbox.keeps("\\Deleted") && !mailbox.keeps("todo"));
        mailbox.rights = Rights::default();
        mailbox.keywords = Some(vec!["$Forwarded".to_owned()]);
        let flags = Flags::from_names(["\\Seen", "$forwarded", "todo"]);
        assert_eq!(
            mailbox.kept(&flags),
            Flags::from_names(["\\Seen", "$forwarded"])
        );
    }
}
