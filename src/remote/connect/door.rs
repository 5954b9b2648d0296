//! What it takes to open a session: where, as whom, and whose certificate is trusted.

use std::path::Path;
use std::time::Duration;

use crate::channel::error::RemoteError;
use crate::mail::account::{Endpoint, Protocol};
use crate::mail::fingerprint::Fingerprint;
use crate::mail::safe_text::SafeText;
use crate::mail::secret::Secret;

/// Longer than a server takes that looks up who comes, shorter than a person waits.
const HUSH: Duration = Duration::from_secs(8);

/// How the user shows who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// With a password: PLAIN, or LOGIN where the server knows nothing better.
    Password(Secret),
    /// With an access token: XOAUTH2 or OAUTHBEARER (RFC 7628).
    Token(Secret),
}

impl Credential {
    /// What it is, for people.
    #[must_use]
    pub const fn what(&self) -> &'static str {
        match self {
            Self::Password(_) => "password",
            Self::Token(_) => "token",
        }
    }

    /// The text, for the one place that sends it.
    #[must_use]
    pub const fn secret(&self) -> &Secret {
        match self {
            Self::Password(secret) | Self::Token(secret) => secret,
        }
    }
}

/// A way into a server.
#[derive(Debug, Clone)]
pub struct Door<'a> {
    /// The account's name, for what the user is told to type.
    pub account: &'a str,
    /// What is spoken there.
    pub protocol: Protocol,
    /// Where.
    pub endpoint: &'a Endpoint,
    /// The key that the user trusts (SHA-256 of `SubjectPublicKeyInfo`); then it alone, whoever vouches for another one.
    pub pin: Option<Fingerprint>,
    /// The login name.
    pub user: &'a str,
    /// Password or token.
    pub credential: Credential,
    /// Capabilities not to use, upper case.
    pub disable: &'a [String],
    /// What the server said before an earlier login, for one whose greeting says nothing; empty where nothing is known.
    pub remembered: &'a [String],
    /// A private directory for what comes and is too large for memory; `None` for the system's.
    pub spool: Option<&'a Path>,
    /// How long a server that has to greet in clear may say nothing before it is looked whether it waits for TLS.
    pub hush: Duration,
}

impl<'a> Door<'a> {
    /// A mail server's door that a password opens, behind a certificate that the roots vouch for.
    #[must_use]
    pub fn new(endpoint: &'a Endpoint, user: &'a str, password: &Secret) -> Self {
        Self {
            account: "ACCOUNT",
            protocol: Protocol::Imap,
            endpoint,
            pin: None,
            user,
            credential: Credential::Password(password.clone()),
            disable: &[],
            remembered: &[],
            spool: None,
            hush: HUSH,
        }
    }

    /// Whether name and credential can be said at all: neither may end a line, or a field of a SASL message.
    ///
    /// # Errors
    /// [`RemoteError::NoCredentials`] where one cannot.
    pub(crate) fn check(&self) -> Result<(), RemoteError> {
        let both = [self.user, self.credential.secret().expose()];
        if !both
            .iter()
            .any(|text| text.contains(['\0', '\x01', '\r', '\n']))
        {
            return Ok(());
        }
        let what = self.credential.what();
        let cause =
            format!("the user name or the {what} holds a line break or a control character");
        Err(RemoteError::NoCredentials {
            what,
            cause: SafeText::line(&cause),
        })
    }
}
