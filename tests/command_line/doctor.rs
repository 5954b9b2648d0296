//! `doctor`: what works, which ways are taken, and the check that failed with its mend.

use serde_json::Value;
use sterna::demo::dialect::Dialect;
use sterna::demo::namespace::{Namespace, Namespaces};

use crate::rig::Rig;
use crate::shell::{code, errors};

/// The findings of `doctor` for the only account, by check.
fn findings(report: &Value) -> Vec<(&str, &str)> {
    let checks = report[0]["checks"].as_array().unwrap().iter();
    checks
        .map(|check| {
            (
                check["check"].as_str().unwrap(),
                check["result"].as_str().unwrap(),
            )
        })
        .collect()
}

fn way<'a>(report: &'a Value, need: &str) -> (&'a str, &'a Value) {
    let ways = report[0]["ways"].as_array().unwrap();
    let way = ways.iter().find(|way| way["need"] == need).unwrap();
    (way["way"].as_str().unwrap(), &way["why"])
}

#[test]
fn doctor_tells_what_works_and_which_ways_are_taken() {
    let rig = Rig::new("headers");
    rig.deliver("Lunch");
    let report = rig.json("doctor --json");
    let others = findings(&report)
        .into_iter()
        .filter(|(_, result)| *result != "fine");
    // The server listens on this machine without TLS, and has no folder but the INBOX.
    let expected = [("tls", "skipped"), ("folders", "doubtful")];
    assert_eq!(others.collect::<Vec<_>>(), expected);
    let need = "coming back to a folder";
    assert_eq!(way(&report, need), ("QRESYNC", &Value::Null));
    rig.server.set_dialect(Dialect::replacing());
    let report = rig.json("doctor --json");
    let again = "saving a draft again";
    assert_eq!(way(&report, again), ("REPLACE", &Value::Null));
    rig.server.set_dialect(Dialect::bare());
    let report = rig.json("doctor --json");
    let (name, why) = way(&report, again);
    assert_eq!(
        (name, why),
        ("APPEND", &"the server does not offer REPLACE".into())
    );
    assert_eq!(findings(&report)[5], ("capabilities", "doubtful"));
    let (name, why) = way(&report, need);
    assert_eq!(name, "plain IMAP4rev1");
    assert!(why.as_str().unwrap().contains("does not offer QRESYNC"));
    let (name, why) = way(&report, "moving messages");
    assert_eq!(
        (name, why),
        ("COPY", &"the server does not offer MOVE".into())
    );
}

/// What a way means for the user.
fn effect<'a>(report: &'a Value, need: &str) -> &'a str {
    let ways = report[0]["ways"].as_array().unwrap();
    let way = ways.iter().find(|way| way["need"] == need).unwrap();
    way["effect"].as_str().unwrap()
}

#[test]
fn doctor_tells_the_way_in_and_why_it_is_no_better_one() {
    let rig = Rig::new("headers");
    let need = "logging in";
    for (dialect, expected, cost) in [
        (
            Dialect::full(),
            ("AUTHENTICATE PLAIN", Value::Null),
            "one round trip",
        ),
        (
            Dialect::full().without("SASL-IR"),
            (
                "AUTHENTICATE PLAIN",
                "the server does not offer SASL-IR".into(),
            ),
            "a round trip more",
        ),
        (
            Dialect::full().without("AUTH=PLAIN"),
            ("LOGIN", "the server does not offer AUTH=PLAIN".into()),
            "one round trip",
        ),
    ] {
        rig.server.set_dialect(dialect);
        let report = rig.json("doctor --json");
        let (name, why) = way(&report, need);
        assert_eq!((name, why), (expected.0, &expected.1));
        assert!(effect(&report, need).contains(cost), "{report}");
        let login = &report[0]["checks"][4]["detail"];
        let words = format!("is let in by {name}");
        assert!(login.as_str().unwrap().contains(&words), "{login}");
    }
}

#[test]
fn doctor_tells_how_many_connections_and_messages_go_at_once() {
    let rig = Rig::new("headers");
    let (connections, messages) = ("connections at once", "many messages at once");
    let report = rig.json("doctor --json");
    assert_eq!(way(&report, connections), ("two", &Value::Null));
    assert_eq!(way(&report, messages), ("no limit", &Value::Null));
    rig.server.set_room(1);
    rig.server
        .set_dialect(Dialect::full().with("MESSAGELIMIT=1000"));
    let report = rig.json("doctor --json");
    let (name, why) = way(&report, connections);
    assert_eq!(name, "one");
    assert!(why.as_str().unwrap().contains("a second one was refused"));
    assert_eq!(way(&report, messages).0, "MESSAGELIMIT");
    assert!(effect(&report, messages).contains("1000 at a time"));
    assert!(effect(&report, "long commands").contains("8000 bytes"));
    let printed = rig.sterna("doctor");
    assert_eq!(code(&printed), 0);
    let printed = String::from_utf8(printed.stdout).unwrap();
    assert!(
        printed.contains("connections at once        one:"),
        "{printed}"
    );
}

#[test]
fn doctor_names_the_check_that_failed_and_its_mend() {
    let rig = Rig::new("headers");
    rig.configure("headers", "wrong");
    let output = rig.sterna("doctor --json");
    assert_eq!(code(&output), 77, "{}", errors(&output));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let results: Vec<&str> = findings(&report)
        .into_iter()
        .map(|(_, result)| result)
        .collect();
    let expected = [
        "fine", "fine", "skipped", "fine", "failed", "skipped", "skipped", "skipped", "skipped",
    ];
    assert_eq!(results, expected);
    let failed = &report[0]["checks"][4];
    assert!(
        failed["detail"]
            .as_str()
            .unwrap()
            .contains("refused the password")
    );
    assert!(failed["mend"].as_str().unwrap().contains("app password"));
    assert_eq!(report[0]["ways"], Value::Array(Vec::new()));
    let printed = rig.sterna("doctor");
    let printed = String::from_utf8(printed.stdout).unwrap();
    assert!(printed.contains("failed    login"), "{printed}");
}

#[test]
fn doctor_gives_no_role_to_a_folder_of_somebody_else() {
    let rig = Rig::new("headers");
    let space = |prefix: &str| Namespace {
        prefix: prefix.to_owned(),
        delimiter: Some('/'),
    };
    rig.server.set_namespaces(Namespaces {
        personal: vec![space("")],
        others: vec![space("Other Users/")],
        shared: Vec::new(),
        are_apart: false,
    });
    for name in ["Sent", "Other Users/bela/Trash"] {
        rig.server
            .deliver(name, b"Subject: x\r\n\r\n", &[], 1_780_000_000);
    }
    let report = rig.json("doctor --json");
    let checks = report[0]["checks"].as_array().unwrap();
    let folders = checks.iter().find(|check| check["check"] == "folders");
    let detail = folders.unwrap()["detail"].as_str().unwrap();
    assert!(detail.contains("sent: Sent"), "{detail}");
    let (_, missing) = detail.split_once("none for").unwrap();
    assert!(missing.contains("trash"), "{detail}");
}
