//! Which certificates of a submission server are accepted: as for the mail server, before a word is said.

use openssl::ssl::SslVersion;
use sterna::channel::error::RemoteError;
use sterna::demo::server::USER;
use sterna::mail::account::{Endpoint, Protocol, Security};
use sterna::mail::fingerprint::Fingerprint;
use sterna::mail::secret::Secret;
use sterna::remote::connect::door::Door;
use sterna::remote::submission::Submission;
use sterna::remote::submission::mail::Deadlines;

use crate::certificates::{GOOD, Identity, key, self_signed};
use crate::home::authority;
use crate::rig::{LETTER, password, send, server};
use crate::tls_front::{Before, Front, Words};

/// One meeting: who vouches, what is shown, what is pinned, how TLS comes about.
struct Meeting<'a> {
    root: Option<&'a Identity>,
    leaf: &'a Identity,
    pin: Option<Fingerprint>,
    only: Option<SslVersion>,
}

impl<'a> Meeting<'a> {
    const fn new(root: Option<&'a Identity>, leaf: &'a Identity) -> Self {
        Self {
            root,
            leaf,
            pin: None,
            only: None,
        }
    }

    /// Sends a mail, from the first byte inside TLS or behind STARTTLS; the bytes that were said inside TLS, and how it
    /// went.
    fn hold(&self, security: Security) -> (usize, Result<(), RemoteError>) {
        let server = server();
        let before = match security {
            Security::StartTls => Before::StartTls(Words::smtp()),
            _ => Before::Nothing,
        };
        let front = Front::with_version(server.smtp_addr(), self.leaf, before, self.only);
        let file = tempfile::NamedTempFile::new().unwrap();
        if let Some(root) = self.root {
            std::fs::write(file.path(), root.pem()).unwrap();
        }
        let endpoint = Endpoint {
            host: "localhost".to_owned(),
            port: front.port,
            security,
            ca_file: self.root.map(|_| file.path().to_owned()),
        };
        let mut door = Door::new(&endpoint, USER, &Secret::new(String::new()));
        (door.protocol, door.credential, door.pin) = (Protocol::Smtp, password(), self.pin);
        let opened = Submission::open(&door, Deadlines::default(), &mut |_| {});
        let sent = opened.map(|mut submission| {
            send(&mut submission, &["bela@example.org"], LETTER)
                .0
                .unwrap();
            assert_eq!(server.submissions()[0].data, LETTER);
        });
        (front.n_secret(), sent)
    }

    #[track_caller]
    fn is_accepted(&self) {
        for security in [Security::Tls, Security::StartTls] {
            let (n_secret, sent) = self.hold(security);
            sent.unwrap();
            assert!(n_secret > 0);
        }
    }

    #[track_caller]
    fn is_refused(&self, reason: &str) {
        for security in [Security::Tls, Security::StartTls] {
            let (n_secret, sent) = self.hold(security);
            let error = sent.unwrap_err();
            let text = error.to_string();
            assert!(text.contains(reason), "{text}");
            if self.only.is_none() {
                assert!(matches!(error, RemoteError::Untrusted(_)), "{text}");
                assert!(text.contains(&self.leaf.sha256()), "{text}");
            }
            assert_eq!(n_secret, 0, "{reason}: something was said");
        }
    }
}

fn pin(identity: &Identity) -> Fingerprint {
    let key = identity.key.public_key_to_der().unwrap();
    Fingerprint::new(openssl::sha::sha256(&key))
}

#[test]
fn a_good_certificate_is_accepted() {
    let (root, good) = authority();
    Meeting::new(Some(&root), &good).is_accepted();
}

#[test]
fn an_expired_certificate_is_refused() {
    let (root, _) = authority();
    let leaf = root.issue_expired();
    Meeting::new(Some(&root), &leaf).is_refused("expired");
}

#[test]
fn an_expired_certificate_in_between_is_refused() {
    let (root, _) = authority();
    let leaf = root.issue_through_expired();
    Meeting::new(Some(&root), &leaf).is_refused("expired");
}

#[test]
fn a_certificate_for_another_host_is_refused() {
    let (root, _) = authority();
    let leaf = root.issue_for("smtp.example.net");
    Meeting::new(Some(&root), &leaf).is_refused("mismatch");
}

#[test]
fn a_common_name_stands_for_nothing() {
    let (root, _) = authority();
    let leaf = root.issue_by_common_name();
    Meeting::new(Some(&root), &leaf).is_refused("mismatch");
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_refused_until_its_key_is_trusted() {
    let alone = self_signed(GOOD, &key());
    let mut meeting = Meeting::new(None, &alone);
    meeting.is_refused("self-signed");
    meeting.pin = Some(pin(&alone));
    meeting.is_accepted();
}

#[test]
fn another_key_under_a_pin_is_refused_whoever_vouches_for_it() {
    let (root, good) = authority();
    let mut meeting = Meeting::new(Some(&root), &good);
    meeting.pin = Some(pin(&self_signed(GOOD, &key())));
    meeting.is_refused("not the one that was trusted");
}

#[test]
fn tls_that_is_too_old_is_refused() {
    let (root, good) = authority();
    let mut meeting = Meeting::new(Some(&root), &good);
    meeting.only = Some(SslVersion::TLS1_1);
    meeting.is_refused("speaks only TLS that is too old");
    meeting.only = Some(SslVersion::TLS1_2);
    meeting.is_accepted();
}
