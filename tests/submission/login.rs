//! The login: by the best way that is offered, once, with nothing of it in any log.

use sterna::channel::error::{Recovery, RemoteError};
use sterna::demo::server::{PASSWORD, TOKEN, USER};
use sterna::demo::smtp::manner::Manner;
use sterna::mail::secret::Secret;
use sterna::remote::connect::door::Credential;
use sterna::remote::submission::mail::Deadlines;

use crate::rig::{LETTER, enter, heard, names, plain, send, server};
use crate::script::{Step, say, serve};

fn offering(mechanisms: &str) -> Manner {
    Manner {
        offers: names(&["localhost", &format!("AUTH {mechanisms}")]),
        files_sent: false,
    }
}

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

#[test]
fn every_mechanism_logs_in_and_a_wrong_secret_is_refused_once() {
    for (mechanisms, is_token) in [
        ("PLAIN", false),
        ("LOGIN", false),
        ("LOGIN PLAIN", false),
        ("XOAUTH2", true),
        ("OAUTHBEARER", true),
        ("PLAIN XOAUTH2 OAUTHBEARER", true),
    ] {
        let server = server();
        server.set_manner(offering(mechanisms));
        let endpoint = plain(server.smtp_addr());
        let credential = |text: &str| {
            if is_token {
                Credential::Token(secret(text))
            } else {
                Credential::Password(secret(text))
            }
        };
        let right = if is_token { TOKEN } else { PASSWORD };
        let mut submission =
            enter(&endpoint, USER, credential(right), Deadlines::default()).unwrap();
        send(&mut submission, &["bela@example.org"], LETTER)
            .0
            .unwrap();
        server.clear_log();
        // One that is longer than a line with a command may be comes behind a challenge.
        for wrong in ["geheim".to_owned(), "x".repeat(4_000)] {
            let Err(error) = enter(&endpoint, USER, credential(&wrong), Deadlines::default())
            else {
                panic!("let in with {wrong}");
            };
            assert!(
                matches!(error, RemoteError::Unauthenticated { .. }),
                "{mechanisms}: {error}"
            );
            assert!(!error.to_string().contains(&wrong));
        }
        let n_offered = heard(&server)
            .iter()
            .filter(|line| line.starts_with("AUTH"))
            .count();
        assert_eq!(n_offered, 2, "{mechanisms}");
    }
}

#[test]
fn a_server_that_takes_no_such_credential_gets_none() {
    for (mechanisms, credential, words) in [
        (
            "CRAM-MD5 GSSAPI",
            Credential::Password(secret(PASSWORD)),
            "neither AUTH PLAIN nor LOGIN",
        ),
        (
            "XOAUTH2",
            Credential::Password(secret(PASSWORD)),
            "oauth-command may be meant",
        ),
        (
            "PLAIN LOGIN",
            Credential::Token(secret(TOKEN)),
            "neither AUTH XOAUTH2 nor OAUTHBEARER",
        ),
    ] {
        let server = server();
        server.set_manner(offering(mechanisms));
        let Err(error) = enter(
            &plain(server.smtp_addr()),
            USER,
            credential,
            Deadlines::default(),
        ) else {
            panic!("let in");
        };
        assert_eq!(error.recovery(), Recovery::TellUser);
        assert!(error.to_string().contains(words), "{error}");
        assert!(heard(&server).iter().all(|line| !line.starts_with("AUTH")));
    }
}

#[test]
fn names_and_secrets_that_would_end_a_line_are_not_sent() {
    let server = server();
    let endpoint = plain(server.smtp_addr());
    for (user, password) in [
        ("demo\r\nMAIL FROM:<x>", PASSWORD),
        (USER, "de\0mo"),
        (USER, "de\nmo"),
        ("de\x01mo", PASSWORD),
    ] {
        let credential = Credential::Password(secret(password));
        let Err(error) = enter(&endpoint, user, credential, Deadlines::default()) else {
            panic!("let in");
        };
        assert!(
            matches!(error, RemoteError::NoCredentials { .. }),
            "{error}"
        );
    }
    assert!(heard(&server).is_empty());
}

#[test]
fn a_login_that_is_asked_and_asked_ends() {
    let mut steps = vec![
        say("220 hello"),
        Step::Hear("EHLO"),
        say("250-x\r\n250 AUTH PLAIN LOGIN"),
        Step::Hear("AUTH PLAIN "),
    ];
    for _ in 0..20 {
        steps.extend([say("334 bW9yZQ=="), Step::Hear("")]);
    }
    let server = serve(steps);
    let credential = Credential::Password(secret("geheim"));
    let Err(error) = enter(&server.endpoint, USER, credential, Deadlines::default()) else {
        panic!("let in");
    };
    assert!(error.to_string().contains("asks and asks"), "{error}");
    // The secret was said once, with the command.
    let heard = server.heard.join().unwrap();
    assert_eq!(heard.matches("AGRlbW8AZ2VoZWlt").count(), 1, "{heard}");
}
