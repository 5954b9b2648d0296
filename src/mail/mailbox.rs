//! A mailbox: its local number, its name as the server spells it, and its role.

use crate::mail::utf7;

/// Numbers a mailbox for good: given out by `state.db`; the name is an attribute, so RENAME keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MailboxId(u32);

impl MailboxId {
    /// Wraps a row number of `state.db`.
    #[must_use]
    pub const fn new(id: u32) -> Self {
        Self(id)
    }

    /// The row number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

/// What the names of folders on this computer begin with, before a `/`. No such name is ever a server's.
pub const ON_THIS_COMPUTER: &str = "On this computer";

/// A mailbox name: the bytes as they came from the server, which are sent back exactly so. RFC 3501 §5.1.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct MailboxName(Vec<u8>);

impl MailboxName {
    /// Takes the raw bytes of a LIST response; INBOX in any case becomes `INBOX` (RFC 3501 §5.1).
    #[must_use]
    pub fn from_raw(raw: &[u8]) -> Self {
        Self(if raw.eq_ignore_ascii_case(b"INBOX") {
            b"INBOX".to_vec()
        } else {
            raw.to_vec()
        })
    }

    /// Encodes a name that a person typed, in modified UTF-7.
    #[must_use]
    pub fn from_display(name: &str) -> Self {
        Self::from_raw(utf7::encode(name).as_bytes())
    }

    /// The name of a folder on this computer, by its own name there.
    #[must_use]
    pub fn on_this_computer(name: &str) -> Self {
        Self::from_display(&format!("{ON_THIS_COMPUTER}/{name}"))
    }

    /// What stands behind [`ON_THIS_COMPUTER`], for people, with `/` between levels; `None` for a mailbox of a server.
    #[must_use]
    pub fn local_part(&self) -> Option<String> {
        let rest = self.0.strip_prefix(ON_THIS_COMPUTER.as_bytes())?;
        match rest.split_first() {
            None => Some(String::new()),
            Some((b'/', name)) => Some(utf7::decode(name)),
            Some(_) => None,
        }
    }

    /// Whether it names a folder on this computer: such a name is no server's business.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.local_part().is_some()
    }

    /// The bytes for the wire.
    #[must_use]
    pub fn raw(&self) -> &[u8] {
        &self.0
    }

    /// The name for people: modified UTF-7 decoded, undecodable bytes replaced. Not sanitised.
    #[must_use]
    pub fn display(&self) -> String {
        utf7::decode(&self.0)
    }

    /// Whether this is the INBOX.
    #[must_use]
    pub fn is_inbox(&self) -> bool {
        self.0 == b"INBOX"
    }
}

/// Whose a mailbox is. RFC 2342.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Namespace {
    /// The user's own.
    #[default]
    Personal,
    /// Another user's.
    OtherUsers,
    /// Meant for several.
    Shared,
    /// On this computer: no server has it.
    Local,
}

impl Namespace {
    /// The stable lower-case name, as in the store.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Personal => "personal",
            Self::OtherUsers => "others",
            Self::Shared => "shared",
            Self::Local => "local",
        }
    }

    /// The namespace of a stable name; the user's own for any other.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        [Self::OtherUsers, Self::Shared, Self::Local]
            .into_iter()
            .find(|space| space.name() == name)
            .unwrap_or_default()
    }
}

/// What a mailbox is for. RFC 6154, RFC 8457 (`\Important`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// INBOX itself.
    Inbox,
    /// `\Drafts`
    Drafts,
    /// `\Sent`
    Sent,
    /// `\Archive`
    Archive,
    /// `\Junk`
    Junk,
    /// `\Trash`
    Trash,
    /// `\All`: every message again.
    All,
    /// `\Flagged`: the starred messages again.
    Flagged,
    /// `\Important`
    Important,
}

impl Role {
    /// All of them, in the order in which the folder pane shows them.
    pub const ALL: [Self; 9] = [
        Self::Inbox,
        Self::Drafts,
        Self::Sent,
        Self::Archive,
        Self::Junk,
        Self::Trash,
        Self::All,
        Self::Flagged,
        Self::Important,
    ];

    /// The stable lower-case name, as in `--json` and the store.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inbox => "inbox",
            Self::Drafts => "drafts",
            Self::Sent => "sent",
            Self::Archive => "archive",
            Self::Junk => "junk",
            Self::Trash => "trash",
            Self::All => "all",
            Self::Flagged => "flagged",
            Self::Important => "important",
        }
    }

    /// What such a folder is for, as words may say it: `no folder for …`.
    #[must_use]
    pub const fn purpose(self) -> &'static str {
        match self {
            Self::Inbox => "new mail",
            Self::Drafts => "drafts",
            Self::Sent => "sent mail",
            Self::Archive => "archived mail",
            Self::Junk => "junk mail",
            Self::Trash => "deleted mail",
            Self::All => "all mail",
            Self::Flagged => "starred mail",
            Self::Important => "important mail",
        }
    }

    /// Whether such a mailbox holds messages again that are in others too: counting it would count them twice, and
    /// nobody waits for it. RFC 6154 §2.
    #[must_use]
    pub const fn repeats_others(self) -> bool {
        matches!(self, Self::All | Self::Flagged | Self::Important)
    }

    /// The role of a stable name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// The role of a LIST attribute, backslash included, case-insensitive. RFC 6154 §2.
    #[must_use]
    pub fn from_attribute(attribute: &str) -> Option<Self> {
        let name = attribute.strip_prefix('\\')?;
        Self::ALL
            .into_iter()
            .filter(|role| *role != Self::Inbox)
            .find(|role| role.name().eq_ignore_ascii_case(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_on_this_computer_is_told_from_a_servers() {
        let own = MailboxName::on_this_computer("Reisen & mehr/Köln");
        assert_eq!(own.local_part().as_deref(), Some("Reisen & mehr/Köln"));
        assert_eq!(own.display(), "On this computer/Reisen & mehr/Köln");
        for (name, is_local) in [
            ("On this computer", true),
            ("On this computer/a", true),
            ("On this computers/a", false),
            ("on this computer/a", false),
            ("INBOX", false),
        ] {
            assert_eq!(
                MailboxName::from_display(name).is_local(),
                is_local,
                "{name}"
            );
        }
    }
}
