//! `doctor` and `trust` for the server that takes the mail: the real program.

use std::fmt::Write as _;
use std::fs;

use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use sterna::demo::fault::{Fault, FaultKind, FaultPlan};
use sterna::demo::smtp::manner::Manner;

use crate::certificates::{GOOD, Identity, key, self_signed};
use crate::home::{Home, authority};
use crate::rig::names;
use crate::tls_front::{Before, Front, Words};

/// An account whose mail server is near and plain, and whose submission server is there.
pub fn configure(
    home: &Home,
    host: &str,
    port: u16,
    security: &str,
    root: Option<&Identity>,
    password: &str,
) {
    let secret = format!("password-plaintext = \"{password}\"");
    home.configure(
        &secret,
        "127.0.0.1",
        home.server.imap_addr().port(),
        "plain",
        root,
    );
    let file = home.path().join(".config/sterna/config.toml");
    let mut text = fs::read_to_string(&file).unwrap();
    let _ = writeln!(
        text,
        "smtp = {{ host = \"{host}\", port = {port}, security = \"{security}\" }}"
    );
    fs::write(&file, text).unwrap();
}

fn near(home: &Home, password: &str) {
    configure(
        home,
        "127.0.0.1",
        home.server.smtp_addr().port(),
        "plain",
        None,
        password,
    );
}

/// What `doctor` finds about the submission server: check, result, detail and mend.
fn findings(home: &Home, code: i32) -> Vec<[String; 4]> {
    let run = home.run("doctor --json").expect(code, &[]);
    let report: Value = serde_json::from_str(run.text.lines().collect::<String>().as_str())
        .unwrap_or_else(|error| panic!("{error}: {}", run.text));
    let checks = report[0]["submission"]["checks"].as_array().unwrap();
    let text = |check: &Value, key: &str| check[key].as_str().unwrap_or_default().to_owned();
    checks
        .iter()
        .map(|check| ["check", "result", "detail", "mend"].map(|key| text(check, key)))
        .collect()
}

fn results(findings: &[[String; 4]]) -> Vec<(&str, &str)> {
    findings
        .iter()
        .map(|[check, result, ..]| (check.as_str(), result.as_str()))
        .collect()
}

#[test]
fn doctor_walks_the_way_to_the_submission_server() {
    let home = Home::new();
    near(&home, "demo");
    let found = findings(&home, 0);
    let expected = [
        ("name", "fine"),
        ("connection", "fine"),
        ("tls", "skipped"),
        ("greeting", "fine"),
        ("login", "fine"),
        ("capabilities", "fine"),
        ("clock", "skipped"),
    ];
    assert_eq!(results(&found), expected);
    assert!(found[5][2].contains("mail up to 67 MB"), "{found:?}");
    let run = home
        .run("doctor")
        .expect(0, &["Sending: 127.0.0.1", "AUTH=PLAIN"]);
    assert!(!run.text.contains("No mail can be sent"), "{}", run.text);
    // No mail was begun.
    assert!(home.server.log().iter().all(|entry| entry.name != "MAIL"));
    home.server.set_manner(Manner {
        offers: names(&["localhost"]),
        files_sent: false,
    });
    let found = findings(&home, 0);
    assert_eq!(
        results(&found)[4..],
        [
            ("login", "skipped"),
            ("capabilities", "doubtful"),
            ("clock", "skipped")
        ]
    );
}

#[test]
fn doctor_sees_a_clock_by_the_greeting_of_the_submission_server() {
    let home = Home::new();
    near(&home, "demo");
    for (apart, result, words) in [
        (0, "fine", "within 5 minutes of the server's"),
        (11_400, "doubtful", "slow by 3 hours"),
        (-11_400, "doubtful", "fast by 3 hours"),
    ] {
        let time = Timestamp::now() + SignedDuration::from_secs(apart);
        let time = rfc2822::to_string(&time.to_zoned(TimeZone::UTC)).unwrap();
        let greeting = format!("220 localhost ESMTP Exim 4.96 {time}\r\n").into_bytes();
        let fault = Fault::always(FaultKind::Greeting(greeting));
        home.server.set_smtp_faults(FaultPlan::new(vec![fault]));
        let found = findings(&home, 0);
        let [check, seen, detail, mend] = &found[6];
        assert_eq!((check.as_str(), seen.as_str()), ("clock", result), "{time}");
        assert!(detail.contains(words), "{detail}");
        assert_eq!(mend.is_empty(), apart == 0, "{mend}");
    }
}

#[test]
fn doctor_says_where_an_account_cannot_send() {
    let home = Home::new();
    let port = home.server.imap_addr().port();
    home.configure(
        "password-plaintext = \"demo\"",
        "127.0.0.1",
        port,
        "plain",
        None,
    );
    home.run("doctor")
        .expect(0, &["No mail can be sent from this account"]);
}

/// What doctor says of a server: the check that failed, of what, and what to do about it.
#[track_caller]
fn assert_diagnosis(home: &Home, code: i32, expected: [&str; 3]) {
    let found = findings(home, code);
    let failed = found.iter().find(|finding| finding[1] == "failed").unwrap();
    assert_eq!(failed[0], expected[0], "{found:?}");
    assert!(failed[2].contains(expected[1]), "{failed:?}");
    assert!(failed[3].contains(expected[2]), "{failed:?}");
}

#[test]
fn doctor_names_what_keeps_it_from_the_server_and_its_mend() {
    let (_, good) = authority();
    let home = Home::new();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = listener.local_addr().unwrap().port();
    drop(listener);
    let front = Front::start(home.server.smtp_addr(), &good, Before::Nothing);
    let sink = home.server.smtp_addr().port();
    configure(&home, "no-such-host.invalid", sink, "plain", None, "demo");
    home.run("doctor")
        .expect(78, &["\"plain\" sends the password in clear"]);
    configure(&home, "no-such-host.invalid", sink, "tls", None, "demo");
    assert_diagnosis(&home, 75, ["name", "is not known", "smtp spelled"]);
    configure(&home, "127.0.0.1", closed, "plain", None, "demo");
    let mend = "465 for tls, 587 for starttls";
    assert_diagnosis(&home, 75, ["connection", "refused the connection", mend]);
    configure(&home, "127.0.0.1", sink, "tls", None, "demo");
    assert_diagnosis(&home, 77, ["tls", "does not speak TLS there", ""]);
    configure(&home, "localhost", front.port, "tls", None, "demo");
    assert_diagnosis(&home, 77, ["tls", "sterna trust work", ""]);
}

#[test]
fn doctor_names_what_the_server_refuses_and_its_mend() {
    let home = Home::new();
    let sink = home.server.smtp_addr().port();
    configure(&home, "127.0.0.1", sink, "plain", None, "demo");
    for (command, answer, code, expected) in [
        (
            "GREETING",
            "554 no service here",
            75,
            ["greeting", "no service here", ""],
        ),
        (
            "AUTH",
            "535 5.7.8 wrong",
            77,
            ["login", "refused the password", "app password"],
        ),
        ("AUTH", "454 later", 75, ["login", "cannot log in now", ""]),
    ] {
        let refusal = FaultKind::Refuse {
            command: command.to_owned(),
            answer: answer.to_owned(),
        };
        let plan = FaultPlan::new(vec![Fault::always(refusal)]);
        home.server.set_smtp_faults(plan);
        assert_diagnosis(&home, code, expected);
    }
}

#[test]
fn a_key_of_the_submission_server_is_trusted_for_itself_alone() {
    let home = Home::new();
    let alone = self_signed(GOOD, &key());
    let front = Front::start(
        home.server.smtp_addr(),
        &alone,
        Before::StartTls(Words::smtp()),
    );
    configure(&home, "localhost", front.port, "starttls", None, "demo");
    home.run("doctor")
        .expect(77, &["sterna trust work", &alone.sha256()]);
    home.answer("trust work", "00000000").expect(
        65,
        &["smtp: localhost", &alone.sha256(), "nothing was changed"],
    );
    assert_eq!(front.n_secret(), 0);
    home.answer("trust work", &alone.sha256()[..11])
        .expect(0, &["The key is trusted"]);
    let trusted = fs::read_to_string(home.trusted()).unwrap();
    assert!(
        trusted.starts_with(&format!("smtp localhost {} ", front.port)),
        "{trusted}"
    );
    let found = findings(&home, 0);
    assert_eq!(results(&found)[2], ("tls", "fine"), "{found:?}");

    let other = Front::start(
        home.server.smtp_addr(),
        &self_signed(GOOD, &key()),
        Before::Nothing,
    );
    let (from, to) = (format!(" {} ", front.port), format!(" {} ", other.port));
    fs::write(home.trusted(), trusted.replace(&from, &to)).unwrap();
    configure(&home, "localhost", other.port, "tls", None, "demo");
    home.run("doctor")
        .expect(77, &["Somebody may be in between"]);
    assert_eq!(other.n_secret(), 0);
}

#[test]
fn no_secret_is_in_anything_that_is_written() {
    let planted = format!(
        "planted-{:016x}",
        std::process::id().wrapping_mul(0x9E37_79B9)
    );
    for mechanism in ["PLAIN", "LOGIN"] {
        let home = Home::new();
        home.server.set_manner(Manner {
            offers: names(&["localhost", &format!("AUTH {mechanism}")]),
            files_sent: false,
        });
        near(&home, &planted);
        let run = home.run("doctor").expect(77, &["refused the password"]);
        let log = fs::read_to_string(home.path().join(".local/state/sterna/sterna.log")).unwrap();
        assert!(
            log.contains("C: EHLO") && log.contains("S: 535 <redacted"),
            "{log}"
        );
        let encoded = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, &planted);
        let whole = base64::Engine::encode(
            &base64::engine::general_purpose::STANDARD,
            format!("\0demo\0{planted}"),
        );
        for (path, bytes) in home.written() {
            if path.ends_with("config.toml") {
                continue; // That is where the program has it from.
            }
            let text = String::from_utf8_lossy(&bytes);
            for needle in [&planted, &encoded, &whole] {
                assert!(
                    !text.contains(needle.as_str()),
                    "{needle} is in {}",
                    path.display()
                );
                assert!(!run.text.contains(needle.as_str()));
            }
        }
    }
}
