//! The keys that the user trusts: one pin for each account, protocol, host and port, in a private file of the account in
//! the data directory.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use crate::channel::certificate::Untrusted;
use crate::channel::error::RemoteError;
use crate::mail::account::{AccountSettings, Endpoint, Protocol};
use crate::mail::fingerprint::Fingerprint;
use crate::mail::safe_text::SafeText;
use crate::mail::secret::Secret;
use crate::remote::connect;
use crate::remote::connect::door::Door;
use crate::remote::submission;

/// What a look at a server's certificate came to, pins left aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// The roots vouch for it.
    Accepted,
    /// It is not accepted.
    Refused(Box<Untrusted>),
}

/// The pins of an account.
#[derive(Debug, Clone)]
pub struct Pins {
    file: PathBuf,
}

impl Pins {
    /// The pins of an account; `data` is the data directory.
    #[must_use]
    pub fn of(data: &Path, account: &str) -> Self {
        // The configuration lets nothing into a name that a path would mind.
        Self {
            file: data.join("trusted").join(account),
        }
    }

    /// The key that is trusted at an endpoint; `None` where the roots decide.
    ///
    /// # Errors
    /// The file is there and cannot be understood: then nobody knows what is trusted, and nothing is.
    pub fn get(&self, protocol: Protocol, at: &Endpoint) -> io::Result<Option<Fingerprint>> {
        let wanted = place(protocol, at);
        let lines = self.lines()?;
        let found = lines
            .iter()
            .rev()
            .find_map(|line| line.strip_prefix(&wanted));
        let Some(found) = found else {
            return Ok(None);
        };
        let damaged = || io::Error::new(ErrorKind::InvalidData, "a line of it is no fingerprint");
        Fingerprint::parse(found).map(Some).ok_or_else(damaged)
    }

    /// Trusts a key at an endpoint, in place of an earlier one; `None` takes that back.
    ///
    /// # Errors
    /// As the disk says; then everything is as before.
    pub fn set(
        &self,
        protocol: Protocol,
        at: &Endpoint,
        key: Option<Fingerprint>,
    ) -> io::Result<()> {
        let place = place(protocol, at);
        let mut lines = self.lines()?;
        lines.retain(|line| !line.starts_with(&place));
        lines.extend(key.map(|key| format!("{place}{key}")));
        lines.push(String::new()); // The last line ends like the others.
        self.write(&lines.join("\n"))
    }

    fn lines(&self) -> io::Result<Vec<String>> {
        match fs::read_to_string(&self.file) {
            Ok(text) => Ok(text.lines().map(str::to_owned).collect()),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// Writes beside the file and renames, so that it is never half there.
    fn write(&self, text: &str) -> io::Result<()> {
        let directory = self.file.parent().ok_or(ErrorKind::NotFound)?;
        fs::create_dir_all(directory)?;
        let unfinished = self.file.with_added_extension("new~");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let mut opened = options.open(&unfinished)?;
        opened.write_all(text.as_bytes())?;
        opened.sync_all()?;
        fs::rename(&unfinished, &self.file)?;
        File::open(directory)?.sync_all()
    }
}

/// `imap imap.example.org 993 `, before the fingerprint.
fn place(protocol: Protocol, at: &Endpoint) -> String {
    let host = at.host.to_ascii_lowercase();
    format!("{} {host} {} ", protocol.key(), at.port)
}

/// The pin of one of an account's servers.
///
/// # Errors
/// `Insecure` where the pins cannot be read.
pub fn pin_of(
    data: &Path,
    account: &str,
    protocol: Protocol,
    at: &Endpoint,
) -> Result<Option<Fingerprint>, RemoteError> {
    let pins = Pins::of(data, account);
    let unreadable = |error: io::Error| RemoteError::Insecure {
        cause: SafeText::line(&format!(
            "what you trust cannot be read: {}: {error}",
            pins.file.display()
        )),
    };
    pins.get(protocol, at).map_err(unreadable)
}

/// Looks at the certificate of one of an account's servers as if nothing were pinned. No credentials are sent.
///
/// # Errors
/// The server cannot be reached, or there is no TLS to look at.
pub fn look(
    settings: &AccountSettings,
    protocol: Protocol,
    at: &Endpoint,
) -> Result<Standing, RemoteError> {
    let nothing = Secret::new(String::new());
    let mut door = Door::new(at, &settings.user, &nothing);
    (door.account, door.protocol) = (&settings.name, protocol);
    let looked = match protocol {
        Protocol::Imap => connect::connect(&door, &mut |_| {}).map(|wire| wire.close()),
        Protocol::Smtp => submission::look(&door),
    };
    match looked {
        Ok(()) => Ok(Standing::Accepted),
        Err(RemoteError::Untrusted(problem)) => Ok(Standing::Refused(problem)),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::mail::account::Security;

    fn at(host: &str, port: u16) -> Endpoint {
        Endpoint {
            host: host.to_owned(),
            port,
            security: Security::Tls,
            ca_file: None,
        }
    }

    #[test]
    fn a_pin_is_for_one_account_protocol_host_and_port() {
        let data = tempfile::tempdir().unwrap();
        let pins = Pins::of(data.path(), "home");
        let (one, other) = (Fingerprint::new([1; 32]), Fingerprint::new([2; 32]));
        let place = at("Mail.example.org", 993);
        assert_eq!(pins.get(Protocol::Imap, &place).unwrap(), None);
        pins.set(Protocol::Imap, &place, Some(one)).unwrap();
        pins.set(Protocol::Smtp, &place, Some(other)).unwrap();
        let get = |protocol, host, port| pins.get(protocol, &at(host, port)).unwrap();
        assert_eq!(get(Protocol::Imap, "mail.example.org", 993), Some(one));
        assert_eq!(get(Protocol::Smtp, "mail.example.org", 993), Some(other));
        assert_eq!(get(Protocol::Imap, "mail.example.org", 99), None);
        assert_eq!(get(Protocol::Imap, "ail.example.org", 993), None);
        let elsewhere = Pins::of(data.path(), "work");
        assert_eq!(elsewhere.get(Protocol::Imap, &place).unwrap(), None);
        pins.set(Protocol::Imap, &place, Some(other)).unwrap();
        assert_eq!(get(Protocol::Imap, "mail.example.org", 993), Some(other));
        pins.set(Protocol::Imap, &place, None).unwrap();
        assert_eq!(get(Protocol::Imap, "mail.example.org", 993), None);
        assert_eq!(get(Protocol::Smtp, "mail.example.org", 993), Some(other));
        let mode = fs::metadata(&pins.file).unwrap().permissions().mode();
        assert_eq!(mode & 0o7777, 0o600);
    }

    #[test]
    fn pins_that_cannot_be_read_trust_nobody() {
        let data = tempfile::tempdir().unwrap();
        let pins = Pins::of(data.path(), "home");
        pins.set(Protocol::Imap, &at("h", 1), None).unwrap();
        fs::write(&pins.file, "imap h 1 AB:CD\n").unwrap();
        assert!(pins.get(Protocol::Imap, &at("h", 1)).is_err());
        fs::remove_file(&pins.file).unwrap();
        fs::create_dir(&pins.file).unwrap();
        assert!(pins.get(Protocol::Imap, &at("h", 1)).is_err());
    }
}
