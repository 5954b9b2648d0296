//! Tests of what is told to do about a check that failed.

use super::*;
use crate::channel::error::RefusedLogin;
use crate::engine::checkup::findings::{Checkup, Outcome};
use crate::mail::account::{AccountSettings, Endpoint};
use crate::mail::safe_text::SafeText;

/// One error of each kind that ends an examination.
fn errors() -> Vec<RemoteError> {
    let cause = SafeText::line("it ended");
    vec![
        RemoteError::Offline {
            cause: cause.clone(),
        },
        RemoteError::Insecure {
            cause: cause.clone(),
        },
        RemoteError::Unauthenticated(Box::new(RefusedLogin {
            what: "password",
            user: cause.clone(),
            text: cause.clone(),
            hint: "",
        })),
        RemoteError::NoCredentials {
            what: "password",
            cause: cause.clone(),
        },
        RemoteError::Refused {
            action: "answer",
            text: cause.clone(),
        },
        RemoteError::Protocol { detail: cause },
    ]
}

/// The mend of a check that failed after all before it were fine.
fn failed(way: &Way<'_>, checks: &[Check], at: usize, error: RemoteError) -> String {
    let mut checkup = Checkup::default();
    for check in &checks[..at] {
        checkup.fine(*check, "fine");
    }
    checkup.fail(way, error);
    assert_eq!(checkup.findings.len(), checks.len());
    let found = &checkup.findings[at];
    assert_eq!((found.check, found.outcome), (checks[at], Outcome::Failed));
    let others = checkup.findings.iter().filter(|other| *other != found);
    assert!(others.clone().all(|other| other.outcome != Outcome::Failed));
    assert!(others.clone().all(|other| other.mend.is_none()));
    found.mend.as_ref().unwrap().to_string()
}

#[test]
fn every_check_that_fails_names_its_mend() {
    for security in [Security::Tls, Security::StartTls, Security::Plain] {
        for protocol in [Protocol::Imap, Protocol::Smtp] {
            let port = protocol.standard_port(security);
            let endpoint = Endpoint::new("mail.example.org", port, security);
            let settings = AccountSettings::new("work", "anna@example.org", endpoint.clone());
            let way = Way {
                settings: &settings,
                protocol,
                endpoint: &endpoint,
            };
            let checks: &[Check] = match protocol {
                Protocol::Imap => &Check::IMAP,
                Protocol::Smtp => &Check::SMTP,
            };
            for (at, check) in checks.iter().enumerate() {
                let all: Vec<String> = errors()
                    .into_iter()
                    .map(|error| failed(&way, checks, at, error))
                    .collect();
                let words: &[&str] = match check {
                    Check::Name => &["online", "[accounts.work]"],
                    Check::Connection => &["starttls"],
                    Check::Tls => &["mail.example.org"],
                    Check::Greeting => &["server"],
                    Check::Login => &["provider"],
                    Check::Capabilities => &["later", "administrator"],
                    Check::Folders => &["LIST-EXTENDED", "administrator"],
                    Check::Room => &["QUOTA", "administrator"],
                    Check::Clock => &["timedatectl set-ntp true", "administrator"],
                };
                for mend in all {
                    for word in words {
                        assert!(mend.contains(word), "{check:?}: {mend} lacks {word}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_server_that_is_away_is_tried_later_and_a_wrong_one_is_looked_up() {
    let endpoint = Endpoint::new("mail.example.org", 110, Security::Plain);
    let settings = AccountSettings::new("work", "anna@example.org", endpoint.clone());
    for (protocol, ports) in [
        (Protocol::Imap, "993 for tls, 143 for starttls"),
        (Protocol::Smtp, "465 for tls, 587 for starttls"),
    ] {
        let way = Way {
            settings: &settings,
            protocol,
            endpoint: &endpoint,
        };
        let text = SafeText::line("too many");
        for check in [Check::Greeting, Check::Login] {
            let away = RemoteError::Offline {
                cause: text.clone(),
            };
            let away = mend(check, &way, &away);
            assert!(away.contains("later") && away.contains("too many connections"));
            let wrong = RemoteError::Protocol {
                detail: text.clone(),
            };
            let wrong = mend(check, &way, &wrong);
            assert!(wrong.contains("mail.example.org") && wrong.contains("port 110"));
            assert!(wrong.contains(ports), "{wrong}");
            assert!(!wrong.contains("later"), "{wrong}");
        }
    }
}
