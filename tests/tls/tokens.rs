//! XOAUTH2 and OAUTHBEARER by `oauth-command`, and T31: no secret in anything that is written.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sterna::demo::dialect::Dialect;
use sterna::demo::server::TOKEN;
use sterna::demo::shared::Logged;

use crate::home::Home;
use crate::script::GUARD;

/// An account whose command prints the lines of a file, one with each run, the last one for ever.
fn with_tokens(mechanisms: &[&str], sasl_ir: bool, tokens: &[&str]) -> Home {
    let home = Home::new();
    let mut dialect = Dialect::full().without("AUTH=PLAIN");
    for mechanism in mechanisms {
        dialect = dialect.with(&format!("AUTH={mechanism}"));
    }
    if !sasl_ir {
        dialect = dialect.without("SASL-IR");
    }
    home.server.set_dialect(dialect);
    let outside = home.path().join("token");
    fs::write(&outside, tokens.join("\n") + "\n").unwrap();
    let script = format!(
        "cd {}; echo run >> runs; n=$(wc -l < runs); all=$(wc -l < token); \
         [ $n -gt $all ] && n=$all; sed -n ${{n}}p token",
        home.path().display()
    );
    let port = home.server.imap_addr().port();
    let command = format!("oauth-command = [\"sh\", \"-c\", \"{script}\"]");
    home.configure(&command, "127.0.0.1", port, "plain", None);
    home
}

fn n_runs(home: &Home) -> usize {
    fs::read_to_string(home.path().join("runs"))
        .unwrap()
        .lines()
        .count()
}

fn n_logins(home: &Home) -> usize {
    let log = home.server.log();
    log.iter()
        .filter(|entry| entry.name == "AUTHENTICATE")
        .count()
}

#[test]
fn a_token_logs_in_by_whatever_the_server_offers() {
    for mechanisms in [
        &["XOAUTH2"][..],
        &["OAUTHBEARER"],
        &["XOAUTH2", "OAUTHBEARER"],
    ] {
        for sasl_ir in [true, false] {
            let home = with_tokens(mechanisms, sasl_ir, &[TOKEN]);
            home.run("sync").expect(0, &[]);
            assert_eq!(
                (n_runs(&home), n_logins(&home)),
                (1, 1),
                "{mechanisms:?} {sasl_ir}"
            );
        }
    }
}

#[test]
fn an_old_token_is_renewed_once_and_a_wrong_one_is_told() {
    for mechanism in ["XOAUTH2", "OAUTHBEARER"] {
        for sasl_ir in [true, false] {
            let home = with_tokens(&[mechanism], sasl_ir, &["old", TOKEN]);
            home.run("sync").expect(0, &[]);
            assert_eq!((n_runs(&home), n_logins(&home)), (2, 2));

            let home = with_tokens(&[mechanism], sasl_ir, &["wrong"]);
            let words = ["refused the token", "The token is wrong or old"];
            home.run("list").expect(77, &words);
            assert_eq!((n_runs(&home), n_logins(&home)), (2, 2));
        }
    }
}

#[test]
fn the_screen_renews_an_old_token_once_and_asks_nobody_for_one() {
    let home = with_tokens(&["XOAUTH2"], true, &["old", TOKEN]);
    let mut screen = home.screen();
    screen.wait_for("online");
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
    assert_eq!(n_runs(&home), 2);

    let home = with_tokens(&["XOAUTH2"], true, &["wrong"]);
    let mut screen = home.screen();
    let is_login = |entry: &&Logged| entry.name == "AUTHENTICATE";
    let twice = |log: &[Logged]| log.iter().filter(is_login).count() == 2;
    assert!(home.server.await_log(GUARD, twice));
    screen.wait_for("refused the token");
    assert!(!screen.text().contains("Password for"));
    assert_eq!((n_runs(&home), n_logins(&home)), (2, 2));
    // The user has seen to it, and says so.
    fs::write(home.path().join("token"), format!("{TOKEN}\n")).unwrap();
    screen.keys("gr");
    screen.wait_for("online");
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
}

#[test]
fn a_token_may_be_longer_than_a_password() {
    let long = "x".repeat(9_000);
    for sasl_ir in [true, false] {
        let home = with_tokens(&["XOAUTH2"], sasl_ir, &[&long]);
        // Refused by the server, so it went there whole.
        home.run("list").expect(77, &["The token is wrong or old"]);
    }
}

#[test]
fn a_server_that_takes_no_tokens_is_told_and_gets_none() {
    let home = with_tokens(&[], true, &[TOKEN]);
    home.run("list")
        .expect(77, &["neither AUTH=XOAUTH2 nor AUTH=OAUTHBEARER"]);
    assert_eq!(n_logins(&home), 0);
}

#[test]
fn a_command_that_fails_is_told_on_the_screen() {
    let home = with_tokens(&["XOAUTH2"], true, &[TOKEN]);
    let port = home.server.imap_addr().port();
    let command = "oauth-command = [\"sh\", \"-c\", \"echo no refresh token >&2; exit 1\"]";
    home.configure(command, "127.0.0.1", port, "plain", None);
    let mut screen = home.screen();
    screen.wait_for("no refresh token");
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
}

#[test]
fn a_command_that_gives_no_token_is_not_taken_for_one_that_gives_passwords() {
    let home = with_tokens(&["XOAUTH2"], true, &[TOKEN]);
    let port = home.server.imap_addr().port();
    let command = "oauth-command = [\"sh\", \"-c\", \"echo no refresh >&2; exit 1\"]";
    home.configure(command, "127.0.0.1", port, "plain", None);
    for line in ["sync", "doctor"] {
        let run = home
            .run(line)
            .expect(77, &["no token: oauth-command", "no refresh"]);
        assert!(!run.text.contains("password"), "{}", run.text);
    }
    let wrong = with_tokens(&["XOAUTH2"], true, &["wrong"]);
    let run = wrong.run("doctor").expect(77, &["refused the token"]);
    assert!(!run.text.contains("password"), "{}", run.text);
}

#[test]
fn no_secret_is_in_anything_that_is_written() {
    let planted = format!(
        "planted-{:016x}-{}",
        std::process::id().wrapping_mul(0x9E37_79B9),
        "x".repeat(40)
    );
    for mechanisms in [&["XOAUTH2"][..], &["OAUTHBEARER"], &["PLAIN"], &[]] {
        for sasl_ir in [true, false] {
            let home = with_tokens(mechanisms, sasl_ir, &[&planted]);
            if mechanisms.is_empty() || mechanisms == ["PLAIN"] {
                let file = home.path().join(".config/sterna/config.toml");
                let text = fs::read_to_string(&file).unwrap();
                fs::write(&file, text.replace("oauth-command", "password-command")).unwrap();
            }
            let run = home.run("list").expect(77, &[]);
            let log = home.path().join(".local/state/sterna/sterna.log");
            let log = fs::read_to_string(log).unwrap();
            assert!(
                log.contains("C: ") && log.contains("<redacted "),
                "the trace is there"
            );
            // In whatever place of a base64 text it begins; the ends depend on what stands beside it.
            let mut needles = vec![planted.clone()];
            needles.extend((0..3).map(|start| {
                let text = STANDARD.encode(&planted[start..]);
                text[4..text.len() - 8].to_owned()
            }));
            for (path, bytes) in home.written() {
                if path.ends_with("token") {
                    continue; // That is where the command has it from.
                }
                let text = String::from_utf8_lossy(&bytes);
                for needle in &needles {
                    assert!(!text.contains(needle), "{needle} is in {}", path.display());
                    assert!(!run.text.contains(needle));
                }
            }
        }
    }
}
