//! Which server the demo server speaks like: the capabilities offered, how they are told, and the oddities shown.

pub mod oddity;
pub mod provider;

use crate::demo::dialect::oddity::Oddity;
use crate::demo::namespace::Namespaces;

/// How the capability begins that tells a limit.
const LIMIT: &str = "MESSAGELIMIT=";

/// Where a server tells its capabilities without being asked. RFC 3501 §6.2.3 and §7.2.1 allow all of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Telling {
    /// In the greeting, and again in the answer to the login.
    #[default]
    Always,
    /// In the greeting only; after the login a client has to ask.
    Greeting,
    /// In an untagged line before the answer to the login.
    Untagged,
    /// Nowhere: a client has to ask before and after the login.
    Asked,
}

/// A set of capabilities and manners. A command outside of it is answered with BAD, as a server that never heard of it
/// would.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dialect {
    /// After the login.
    names: Vec<String>,
    /// Before the login; `None` where it is the same.
    before: Option<Vec<String>>,
    telling: Telling,
    greeting: &'static str,
    namespaces: Namespaces,
    oddities: &'static [Oddity],
    /// Offered without being told.
    untold: &'static [&'static str],
}

impl Dialect {
    /// Exactly these capabilities, upper case; `IMAP4rev1` is always there.
    pub fn of(names: &[&str]) -> Self {
        let mut dialect = Self::saying("IMAP4rev1");
        for name in names {
            dialect = dialect.with(name);
        }
        dialect
    }

    /// A capability line word for word, without `* CAPABILITY`.
    pub fn saying(line: &str) -> Self {
        Self {
            names: words(line),
            before: None,
            telling: Telling::Always,
            greeting: "Sterna demo server ready",
            namespaces: Namespaces::default(),
            oddities: &[],
            untold: &[],
        }
    }

    /// `IMAP4rev2` alone, and what that revision contains without naming it. RFC 9051 appendix E.
    pub fn second_revision() -> Self {
        Self {
            untold: &[
                "ENABLE",
                "ESEARCH",
                "IDLE",
                "LIST-EXTENDED",
                "LIST-STATUS",
                "LITERAL-",
                "MOVE",
                "NAMESPACE",
                "SASL-IR",
                "SEARCHRES",
                "UIDPLUS",
                "UNSELECT",
            ],
            ..Self::saying("IMAP4rev2 AUTH=PLAIN")
        }
    }

    /// All that the server can do.
    pub fn full() -> Self {
        Self::of(&[
            "LITERAL+",
            "SASL-IR",
            "AUTH=PLAIN",
            "ENABLE",
            "CONDSTORE",
            "QRESYNC",
            "UIDPLUS",
            "MOVE",
            "IDLE",
            "SPECIAL-USE",
            "LIST-EXTENDED",
            "LIST-STATUS",
            "NAMESPACE",
            "ID",
            "ESEARCH",
            "SEARCHRES",
            "UNSELECT",
            "CHILDREN",
            "COMPRESS=DEFLATE",
            "ACL",
            "QUOTA",
            "QUOTA=RES-STORAGE",
        ])
    }

    /// The same, and a message can take the place of another in one command. RFC 8508.
    pub fn replacing() -> Self {
        Self::full().with("REPLACE")
    }

    /// No QRESYNC and no ESEARCH: changed flags are told, vanished messages are not.
    pub fn condstore_only() -> Self {
        Self::of(&[
            "SASL-IR",
            "AUTH=PLAIN",
            "ENABLE",
            "CONDSTORE",
            "UIDPLUS",
            "MOVE",
            "IDLE",
            "SPECIAL-USE",
            "LIST-EXTENDED",
            "LIST-STATUS",
            "NAMESPACE",
            "ID",
            "UNSELECT",
            "CHILDREN",
        ])
    }

    /// `IMAP4rev1` and nothing else: LOGIN, synchronising literals, COPY and EXPUNGE, polling.
    pub fn bare() -> Self {
        Self::of(&[])
    }

    /// The same with one capability more.
    #[must_use]
    pub fn with(mut self, name: &str) -> Self {
        if !self.has(name) {
            self.names.push(name.to_owned());
        }
        self
    }

    /// The same with one capability less.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        for names in [Some(&mut self.names), self.before.as_mut()]
            .into_iter()
            .flatten()
        {
            names.retain(|known| !known.eq_ignore_ascii_case(name));
        }
        self
    }

    /// The same, told in this way: `before` is the capability line before the login.
    #[must_use]
    pub fn telling(mut self, telling: Telling, before: &str) -> Self {
        self.telling = telling;
        self.before = Some(words(before));
        self
    }

    /// The same without PERMANENTFLAGS.
    #[must_use]
    pub const fn without_permanent_flags(mut self) -> Self {
        self.oddities = &[Oddity::NoPermanentFlags];
        self
    }

    /// The same where no mailbox keeps mod-sequences.
    #[must_use]
    pub const fn without_mod_seqs(mut self) -> Self {
        self.oddities = &[Oddity::NoModSeq];
        self
    }

    /// The same where SELECT does not say that the mailbox before is left.
    #[must_use]
    pub const fn without_closed(mut self) -> Self {
        self.oddities = &[Oddity::NoClosed];
        self
    }

    /// The same without the sizes of messages.
    #[must_use]
    pub const fn without_sizes(mut self) -> Self {
        self.oddities = &[Oddity::SizeLeftOut];
        self
    }

    /// The same where LIST with RETURN leaves INBOX out.
    #[must_use]
    pub const fn leaving_inbox_out(mut self) -> Self {
        self.oddities = &[Oddity::InboxLeftOut];
        self
    }

    /// The same where LIST with RETURN leaves INBOX out, and roles are told in answer to that one alone.
    #[must_use]
    pub const fn leaving_inbox_out_and_roles_to_return(mut self) -> Self {
        self.oddities = &[Oddity::InboxLeftOut, Oddity::RolesOnReturn];
        self
    }

    /// The same where LIST with RETURN has no line.
    #[must_use]
    pub const fn returning_nothing(mut self) -> Self {
        self.oddities = &[Oddity::NothingReturned];
        self
    }

    /// The same where LIST with RETURN names the subscribed mailboxes alone.
    #[must_use]
    pub const fn returning_subscribed_alone(mut self) -> Self {
        self.oddities = &[Oddity::SubscribedAlone];
        self
    }

    /// The same where one command is carried out for so many messages and no more. RFC 9738.
    #[must_use]
    pub fn limited_to(mut self, n_messages: u32) -> Self {
        self.names.retain(|name| !name.starts_with(LIMIT));
        self.with(&format!("{LIMIT}{n_messages}"))
    }

    /// The same where what was not carried out is told in a line of its own.
    #[must_use]
    pub const fn telling_limits_apart(mut self) -> Self {
        self.oddities = &[Oddity::LimitApart];
        self
    }

    /// For how many messages one command is carried out; `None` for any number. RFC 9738 §3.
    pub fn message_limit(&self) -> Option<usize> {
        let told = self.names.iter().find_map(|name| name.strip_prefix(LIMIT));
        told?.parse().ok()
    }

    /// The same with this text in the greeting.
    #[must_use]
    const fn greeting_with(mut self, text: &'static str) -> Self {
        self.greeting = text;
        self
    }

    /// The same with these namespaces.
    #[must_use]
    fn within(mut self, namespaces: Namespaces) -> Self {
        self.namespaces = namespaces;
        self
    }

    /// The same with these oddities.
    #[must_use]
    const fn odd(mut self, oddities: &'static [Oddity]) -> Self {
        self.oddities = oddities;
        self
    }

    /// Whether a capability is offered, before or after the login.
    pub fn has(&self, name: &str) -> bool {
        self.names
            .iter()
            .chain(self.before.iter().flatten())
            .map(String::as_str)
            .chain(self.untold.iter().copied())
            .any(|known| known.eq_ignore_ascii_case(name))
    }

    /// Whether the server has this oddity.
    pub fn is_odd(&self, oddity: Oddity) -> bool {
        self.oddities.contains(&oddity)
    }

    /// Where mailboxes live at the start.
    pub const fn namespaces(&self) -> &Namespaces {
        &self.namespaces
    }

    /// The capabilities as they stand in a response.
    pub fn line(&self, is_logged_in: bool) -> String {
        let before = self.before.as_ref().filter(|_| !is_logged_in);
        before.unwrap_or(&self.names).join(" ")
    }

    /// The first line of a connection.
    pub fn greeting(&self) -> String {
        match self.telling {
            Telling::Always | Telling::Greeting => {
                format!("* OK [CAPABILITY {}] {}", self.line(false), self.greeting)
            }
            Telling::Untagged | Telling::Asked => format!("* OK {}", self.greeting),
        }
    }

    /// The untagged line before the answer to a login, if there is one, and the text of that answer.
    pub fn welcome(&self) -> (Option<String>, String) {
        let line = self.line(true);
        match self.telling {
            Telling::Always => (None, format!("[CAPABILITY {line}] Logged in")),
            Telling::Untagged => (Some(format!("* CAPABILITY {line}")), "Logged in".to_owned()),
            Telling::Greeting | Telling::Asked => (None, "LOGIN completed".to_owned()),
        }
    }
}

fn words(line: &str) -> Vec<String> {
    line.split_ascii_whitespace().map(str::to_owned).collect()
}
