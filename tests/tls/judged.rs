//! Which certificates are accepted, and what the refusal of one says.

use openssl::ssl::SslVersion;

use crate::certificates::{AUTHORITY, GOOD, Identity, Order, key, self_signed};
use crate::home::{Home, Run, authority};
use crate::tls_front::{Before, Front, Words};

/// Brings an account up to date behind a certificate; whether a byte of IMAP was said inside TLS, and how it went.
fn meet(root: Option<&Identity>, leaf: &Identity, only: Option<SslVersion>) -> (usize, Run) {
    let home = Home::new();
    let behind = home.server.imap_addr();
    let front = Front::with_version(behind, leaf, Before::Nothing, only);
    home.behind(&front, "tls", root);
    let run = home.run("sync");
    (front.n_secret(), run)
}

/// Refused without a word, with everything that a person needs to judge.
#[track_caller]
fn assert_refused(root: Option<&Identity>, leaf: &Identity, reason: &str) -> String {
    let (n_secret, run) = meet(root, leaf, None);
    let run = run.expect(77, &["the certificate of localhost:", reason]);
    let text = run.text.replace('\n', " ");
    assert!(text.contains(&leaf.sha256()), "{text}");
    for part in ["key SHA-256 ", "issued by CN=", "valid from "] {
        assert!(text.contains(part), "lacks {part}: {text}");
    }
    assert_eq!(n_secret, 0, "{reason}: something was said");
    text
}

#[test]
fn a_good_certificate_is_accepted() {
    let (root, good) = authority();
    let (n_secret, run) = meet(Some(&root), &good, None);
    run.expect(0, &[]);
    assert!(n_secret > 0);
    let middle = root.issue(Order {
        common_name: "In between",
        ..AUTHORITY
    });
    meet(Some(&root), &middle.issue(GOOD), None)
        .1
        .expect(0, &[]);
}

#[test]
fn doctor_shows_the_certificate_though_it_is_good() {
    let (root, good) = authority();
    let home = Home::new();
    let front = Front::with_version(home.server.imap_addr(), &good, Before::Nothing, None);
    home.behind(&front, "tls", Some(&root));
    let run = home.run("doctor");
    let line = run.text.lines().find(|line| line.contains(" tls "));
    let line = line.unwrap_or_else(|| panic!("{}", run.text));
    for part in ["fine", "issued by CN=", "valid from ", &good.sha256()] {
        assert!(line.contains(part), "lacks {part}: {line}");
    }
}

#[test]
fn an_expired_certificate_is_refused() {
    let (root, _) = authority();
    let leaf = root.issue_expired();
    let text = assert_refused(Some(&root), &leaf, "expired");
    assert!(
        text.contains("Only the server's owner can mend that"),
        "{text}"
    );
}

#[test]
fn an_expired_certificate_in_between_is_refused() {
    let (root, _) = authority();
    assert_refused(Some(&root), &root.issue_through_expired(), "expired");
}

#[test]
fn a_certificate_for_another_host_is_refused() {
    let (root, _) = authority();
    let leaf = root.issue_for("imap.example.net");
    assert_refused(Some(&root), &leaf, "mismatch");
}

#[test]
fn a_common_name_stands_for_nothing() {
    let (root, _) = authority();
    let leaf = root.issue_by_common_name();
    assert_refused(Some(&root), &leaf, "mismatch");
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_refused_and_the_mends_are_named() {
    let alone = self_signed(GOOD, &key());
    let text = assert_refused(None, &alone, "self-signed");
    assert!(
        text.contains("ca-file = \"/path/to/authority.pem\""),
        "{text}"
    );
    assert!(text.contains("sterna trust work"), "{text}");
    let (_, good) = authority();
    assert_refused(None, &good, "certificate chain");
}

#[test]
fn tls_that_is_too_old_is_refused() {
    let (root, good) = authority();
    let (n_secret, run) = meet(Some(&root), &good, Some(SslVersion::TLS1_1));
    run.expect(77, &["speaks only TLS that is too old"]);
    assert_eq!(n_secret, 0);
    meet(Some(&root), &good, Some(SslVersion::TLS1_2))
        .1
        .expect(0, &[]);
}

#[test]
fn behind_starttls_the_same_certificates_are_refused() {
    let home = Home::new();
    let alone = self_signed(GOOD, &key());
    let front = home.front(&alone, Before::StartTls(Words::default()));
    home.behind(&front, "starttls", None);
    home.run("sync")
        .expect(77, &[&alone.sha256(), "sterna trust work"]);
    assert_eq!(front.n_secret(), 0);
    // Once to be refused, once to be looked at: nothing else is said in clear.
    assert_eq!(front.clear(), "T1 STARTTLS\r\nT1 STARTTLS\r\n");
}
