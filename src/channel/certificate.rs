//! A server's certificate as people see it, and why it was not accepted.

use std::fmt;

use crate::mail::fingerprint::Fingerprint;
use crate::mail::safe_text::SafeText;

/// What a certificate says, and by what it can be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// SHA-256 of the whole certificate.
    pub sha256: Fingerprint,
    /// SHA-256 of its public key (`SubjectPublicKeyInfo`, DER); what a pin keeps. `None` for a key of an unknown kind.
    pub key: Option<Fingerprint>,
    /// The names and addresses that it stands for (`subjectAltName`), with commas between them; may be empty.
    pub names: SafeText,
    /// Who issued it.
    pub issuer: SafeText,
    /// The first moment of its validity.
    pub from: SafeText,
    /// The last one.
    pub until: SafeText,
}

/// Who can mend a certificate that was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mend {
    /// Name and time are right, only nobody known vouches for it: the user may name an authority, or pin the key.
    Trust,
    /// It stands for another name or another time: the server's owner.
    Server,
    /// The key is not the one that the user trusted. A hard stop.
    Changed,
}

/// A certificate that was not accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untrusted {
    /// The account, as `sterna trust` takes it.
    pub account: SafeText,
    /// Host and port.
    pub place: SafeText,
    /// Why it was not accepted.
    pub reason: SafeText,
    /// What the server shows; `None` where it did not show it again.
    pub certificate: Option<Certificate>,
    /// What can be done.
    pub mend: Mend,
}

impl fmt::Display for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { account, place, .. } = self;
        write!(
            f,
            "the certificate of {place} was not accepted: {}. ",
            self.reason
        )?;
        match self.mend {
            Mend::Trust => write!(
                f,
                "If the server is yours, name its authority in the account's table, ca-file = \"/path/to/authority.pem\", \
                 or compare the fingerprint and trust the key: sterna trust {account}"
            )?,
            Mend::Server => f.write_str("Only the server's owner can mend that")?,
            Mend::Changed => write!(
                f,
                "Somebody may be in between. Ask the server's owner; if the key was changed on purpose: sterna trust {account}"
            )?,
        }
        match &self.certificate {
            Some(certificate) => write!(f, ". {certificate}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate SHA-256 {}, ", self.sha256)?;
        if let Some(key) = &self.key {
            write!(f, "key SHA-256 {key}, ")?;
        }
        let Self {
            issuer,
            from,
            until,
            ..
        } = self;
        write!(f, "issued by {issuer}, valid from {from} to {until}")
    }
}
