//! An account: its local number and what the configuration says of it.

use std::path::PathBuf;

use crate::mail::mailbox::Role;
use crate::mail::secret::Secret;

/// Numbers an account for good: given out by `state.db`, never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountId(u32);

impl AccountId {
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

/// How bytes to a server are protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte (RFC 8314 §3).
    Tls,
    /// Plain text until STARTTLS, then TLS; nothing but the upgrade goes out in clear (RFC 3501 §6.2.1, RFC 3207).
    StartTls,
    /// No TLS; the configuration accepts it for loopback hosts only.
    Plain,
}

/// Which of an account's servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// The mail server.
    Imap,
    /// The submission server.
    Smtp,
}

impl Protocol {
    /// The key of its table in the configuration.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Imap => "imap",
            Self::Smtp => "smtp",
        }
    }

    /// RFC 8314 §3.2 and §3.3 for TLS, RFC 3501 §2.1 and RFC 6409 §3.1 else.
    #[must_use]
    pub const fn standard_port(self, security: Security) -> u16 {
        match (self, security) {
            (Self::Imap, Security::Tls) => 993,
            (Self::Imap, _) => 143,
            (Self::Smtp, Security::Tls) => 465,
            (Self::Smtp, _) => 587,
        }
    }
}

/// Where a server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Host name or address, as typed.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// How the connection is protected.
    pub security: Security,
    /// An extra trust root (PEM), beside the system's; `None` means the system's alone.
    pub ca_file: Option<PathBuf>,
}

impl Endpoint {
    /// A server for which the system's authorities vouch, where it shows a certificate.
    #[must_use]
    pub fn new(host: &str, port: u16, security: Security) -> Self {
        Self {
            host: host.to_owned(),
            port,
            security,
            ca_file: None,
        }
    }
}

/// The submission server of an account.
#[derive(Clone, PartialEq, Eq)]
pub struct SmtpServer {
    /// Where it listens.
    pub endpoint: Endpoint,
    /// Login name there; mostly the account's.
    pub user: String,
    /// Where its password comes from; `None` where it takes the account's.
    pub secret: Option<SecretSource>,
}

impl SmtpServer {
    /// A server that takes the account's password.
    #[must_use]
    pub fn new(endpoint: Endpoint, user: &str) -> Self {
        Self {
            endpoint,
            user: user.to_owned(),
            secret: None,
        }
    }
}

/// Where a password or token comes from.
#[derive(Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// The first line of this command's output; argv, no shell.
    Command(Vec<String>),
    /// An access token for XOAUTH2 or OAUTHBEARER: the first line of this command's output; argv, no shell.
    Token(Vec<String>),
    /// Given in the configuration (a file of mode 0600) or typed; kept in memory.
    Known(Secret),
    /// Not configured: kept from an earlier run, else the screen asks.
    Ask,
}

impl SecretSource {
    /// What it gives, for people: `password` or `token`.
    #[must_use]
    pub const fn what(&self) -> &'static str {
        match self {
            Self::Token(_) => "token",
            Self::Command(_) | Self::Known(_) | Self::Ask => "password",
        }
    }
}

/// How much of an account is kept on this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Offline {
    /// Nothing stays: online model.
    None,
    /// Headers, and bodies that were opened; nothing is fetched ahead.
    Headers,
    /// Headers and the bodies of the last 90 days.
    Recent,
    /// Everything.
    All,
}

/// Whether sent mail is copied to the Sent folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SaveSent {
    /// Where the server does not do it itself, as far as that is known.
    #[default]
    Auto,
    /// Always; a copy that is there already is not doubled.
    Always,
    /// Never.
    Never,
}

/// One account as configured and checked; the engine and the store take it as it is.
#[derive(Clone, PartialEq, Eq)]
pub struct AccountSettings {
    /// The table name in `config.toml`, unique.
    pub name: String,
    /// Display name for From; empty when not given.
    pub display_name: String,
    /// The address for From.
    pub email: String,
    /// Further addresses of the same person.
    pub aliases: Vec<String>,
    /// What stands under a mail, without the line `-- `; empty for nothing.
    pub signature: String,
    /// Other ones under mail from some of the addresses: address, text.
    pub signatures: Vec<(String, String)>,
    /// Prints addresses for what was typed, its last argument; argv without a shell, empty for none.
    pub address_command: Vec<String>,
    /// Login name.
    pub user: String,
    /// Where the password comes from.
    pub secret: SecretSource,
    /// The IMAP server.
    pub imap: Endpoint,
    /// The submission server; `None` means mail cannot be sent from this account.
    pub smtp: Option<SmtpServer>,
    /// Mailbox names for roles, used only where SPECIAL-USE is missing or wrong.
    pub folders: Vec<(Role, String)>,
    /// What is kept on this machine.
    pub offline: Offline,
    /// Exceptions by mailbox name pattern (`*` matches anything), first match wins.
    pub offline_folders: Vec<(String, Offline)>,
    /// Capabilities not to use, upper case.
    pub disable: Vec<String>,
    /// Whether to compress to a server on this machine too, which may be the near end of a tunnel.
    pub compress_loopback: bool,
    /// Upper bound for cached bodies, in bytes.
    pub cache_bytes: u64,
    /// Whether sent mail is copied to the Sent folder.
    pub save_sent: SaveSent,
    /// Bytes that one action may fetch without a question; `None` for any number.
    pub metered_bytes: Option<u64>,
}

/// Cached bodies take at most this much where nobody says otherwise, in bytes.
pub const CACHE_BYTES: u64 = 2_000_000_000;

impl AccountSettings {
    /// An account of which nothing else is said: the address is the login name, the password is asked for, recent mail
    /// is kept, and nothing can be sent.
    #[must_use]
    pub fn new(name: &str, email: &str, imap: Endpoint) -> Self {
        Self {
            name: name.to_owned(),
            display_name: String::new(),
            email: email.to_owned(),
            aliases: Vec::new(),
            signature: String::new(),
            signatures: Vec::new(),
            address_command: Vec::new(),
            user: email.to_owned(),
            secret: SecretSource::Ask,
            imap,
            smtp: None,
            folders: Vec::new(),
            offline: Offline::Recent,
            offline_folders: Vec::new(),
            disable: Vec::new(),
            compress_loopback: false,
            cache_bytes: CACHE_BYTES,
            save_sent: SaveSent::Auto,
            metered_bytes: None,
        }
    }

    /// Login name at one of the account's servers.
    #[must_use]
    pub fn user_at(&self, protocol: Protocol) -> &str {
        match (protocol, &self.smtp) {
            (Protocol::Smtp, Some(smtp)) => &smtp.user,
            _ => &self.user,
        }
    }

    /// Where the password or token for one of its servers comes from.
    #[must_use]
    pub fn secret_at(&self, protocol: Protocol) -> &SecretSource {
        let own = self.smtp.as_ref().and_then(|smtp| smtp.secret.as_ref());
        own.filter(|_| protocol == Protocol::Smtp)
            .unwrap_or(&self.secret)
    }

    /// Whether nothing of the account stays on this machine, in no folder.
    #[must_use]
    pub fn keeps_nothing(&self) -> bool {
        let exceptions = self.offline_folders.iter().map(|(_, offline)| offline);
        let mut all = exceptions.chain(std::iter::once(&self.offline));
        all.all(|offline| *offline == Offline::None)
    }
}
