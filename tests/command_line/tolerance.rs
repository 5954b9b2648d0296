//! `doctor` where a server refuses what an account can do without: what reading tolerates fails no check, and what fails
//! has a mend.

use std::fs;

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;
use serde_json::Value;
use sterna::demo::dialect::Dialect;
use sterna::demo::fault::{Fault, FaultKind, FaultPlan};
use sterna::demo::namespace::{Namespace, Namespaces};
use sterna::mail::mailbox::Role;

use crate::rig::{Rig, refuse};
use crate::shell::{self, code, errors};

/// An account with a message and a folder for each role.
fn rig() -> Rig {
    let rig = Rig::new("headers");
    rig.deliver("Lunch");
    for (name, role) in [
        ("Sent", Role::Sent),
        ("Drafts", Role::Drafts),
        ("Trash", Role::Trash),
        ("Archive", Role::Archive),
        ("Junk", Role::Junk),
    ] {
        rig.server.create(name, Some(role));
    }
    rig
}

/// Adds a line about the account to the configuration.
fn configure(rig: &Rig, line: &str) {
    let file = shell::config_file(rig.home.path());
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{text}{line}\n")).unwrap();
}

#[track_caller]
fn examined(rig: &Rig, exit: i32) -> Value {
    let output = rig.sterna("doctor --json");
    assert_eq!(code(&output), exit, "{}", errors(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Result, detail and mend of a check of the only account; the mend is empty where there is none.
fn check<'a>(report: &'a Value, name: &str) -> [&'a str; 3] {
    let mut checks = report[0]["checks"].as_array().unwrap().iter();
    let check = checks.find(|check| check["check"] == name).unwrap();
    ["result", "detail", "mend"].map(|key| check[key].as_str().unwrap_or_default())
}

#[track_caller]
fn assert_nothing_fails(report: &Value) {
    for check in report[0]["checks"].as_array().unwrap() {
        assert_ne!(check["result"], "failed", "{check}");
        assert_ne!(check["detail"], "not tried", "{check}");
    }
}

#[test]
fn a_refused_namespace_fails_no_check() {
    let rig = rig();
    rig.server.set_faults(refuse("NAMESPACE"));
    let report = examined(&rig, 0);
    assert_nothing_fails(&report);
    let [result, detail, _] = check(&report, "folders");
    assert_eq!(result, "fine", "{detail}");
    for words in ["sent: Sent", "NAMESPACE", "not today"] {
        assert!(detail.contains(words), "{detail} lacks {words}");
    }
    assert_eq!(check(&report, "clock")[0], "fine");
}

#[test]
fn a_folder_below_a_prefix_that_nobody_tells_is_found_as_reading_finds_it() {
    for is_offered in [true, false] {
        let rig = Rig::new("headers");
        let space = Namespace {
            prefix: "INBOX.".to_owned(),
            delimiter: Some('.'),
        };
        rig.server.set_namespaces(Namespaces {
            personal: vec![space],
            ..Namespaces::default()
        });
        rig.deliver("Lunch");
        rig.server.create("INBOX.Outgoing", None);
        configure(&rig, "folders = { sent = \"Outgoing\" }");
        if is_offered {
            rig.server.set_faults(refuse("NAMESPACE"));
        } else {
            rig.server.set_dialect(Dialect::full().without("NAMESPACE"));
        }
        let report = examined(&rig, 0);
        let [_, detail, _] = check(&report, "folders");
        assert!(detail.contains("sent: INBOX.Outgoing"), "{detail}");
        let rows = rig.json("folders --json");
        let mut rows = rows.as_array().unwrap().iter();
        assert!(rows.any(|row| row["role"] == "sent"), "{is_offered}");
    }
}

#[test]
fn an_inbox_that_cannot_be_opened_leaves_the_clock_to_the_greeting() {
    let rig = rig();
    rig.server.set_faults(refuse("EXAMINE"));
    let report = examined(&rig, 0);
    assert_nothing_fails(&report);
    let [result, detail, _] = check(&report, "clock");
    assert_eq!(result, "skipped", "{detail}");
    assert!(detail.contains("not today"), "{detail}");

    let time = rfc2822::to_string(&Timestamp::now().to_zoned(TimeZone::UTC)).unwrap();
    let greeting = format!("* OK localhost IMAP4rev1 2007e.404 at {time} (UTC)\r\n");
    let mut plan = refuse("EXAMINE");
    plan.faults
        .push(Fault::always(FaultKind::Greeting(greeting.into_bytes())));
    rig.server.set_faults(plan);
    let report = examined(&rig, 0);
    assert_nothing_fails(&report);
    let [result, detail, _] = check(&report, "clock");
    assert_eq!(result, "fine", "{detail}");
    assert!(detail.contains("its greeting tells the time"), "{detail}");
}

#[test]
fn folders_are_judged_by_the_plain_list_where_the_extended_one_is_of_no_use() {
    let none = FaultPlan::default;
    let kind = FaultKind::Refuse {
        command: "LIST".to_owned(),
        answer: "BAD not today".to_owned(),
    };
    for (dialect, plan, words) in [
        (
            Dialect::full(),
            FaultPlan::new(vec![Fault::once(kind)]),
            "not today",
        ),
        (
            Dialect::full().leaving_inbox_out(),
            none(),
            "leaves folders out",
        ),
        (
            Dialect::full().returning_nothing(),
            none(),
            "leaves folders out",
        ),
        (
            Dialect::full().returning_subscribed_alone(),
            none(),
            "leaves folders out",
        ),
    ] {
        let rig = rig();
        rig.server.set_subscribed("Junk", false);
        rig.server.set_dialect(dialect);
        rig.server.set_faults(plan);
        let report = examined(&rig, 0);
        assert_nothing_fails(&report);
        let [result, detail, mend] = check(&report, "folders");
        assert_eq!(result, "doubtful", "{detail}");
        for words in ["6 folders", "sent: Sent", "plain LIST", words] {
            assert!(detail.contains(words), "{detail} lacks {words}");
        }
        assert!(mend.contains("disable = [\"LIST-EXTENDED\"]"), "{mend}");
        let mut ways = report[0]["ways"].as_array().unwrap().iter();
        let counts = ways.find(|way| way["need"] == "counts of the folders");
        let counts = counts.unwrap();
        assert_eq!(counts["way"], "STATUS");
        let why = "the server offers and does not keep LIST-EXTENDED, LIST-STATUS";
        assert_eq!(counts["why"], why);
        configure(&rig, "disable = [\"LIST-EXTENDED\"]");
        let report = examined(&rig, 0);
        assert_eq!(check(&report, "folders")[0], "fine", "{report}");
    }
}

#[test]
fn an_inbox_that_no_list_names_fails_no_check() {
    let rig = rig();
    let kind = FaultKind::Instead {
        command: "LIST".to_owned(),
        lines: b"* LIST (\\Sent) \"/\" Outgoing\r\n{tag} OK done\r\n".to_vec(),
    };
    rig.server
        .set_faults(FaultPlan::new(vec![Fault::always(kind)]));
    let report = examined(&rig, 0);
    assert_nothing_fails(&report);
    let [_, detail, mend] = check(&report, "folders");
    for words in ["sent: Outgoing", "INBOX is in no list"] {
        assert!(detail.contains(words), "{detail} lacks {words}");
    }
    assert!(!mend.contains("LIST-EXTENDED"), "{mend}");
}

#[test]
fn a_server_without_a_list_fails_that_check_alone() {
    let nothing = FaultKind::Instead {
        command: "LIST".to_owned(),
        lines: b"{tag} OK done\r\n".to_vec(),
    };
    let nothing = FaultPlan::new(vec![Fault::always(nothing)]);
    for (plan, exit, words) in [
        (refuse("LIST"), 65, "not today"),
        (nothing, 69, "lists no folder"),
    ] {
        let rig = rig();
        rig.server.set_faults(plan);
        let report = examined(&rig, exit);
        let [result, detail, mend] = check(&report, "folders");
        assert_eq!(result, "failed", "{detail}");
        assert!(detail.contains(words), "{detail}");
        assert!(mend.contains("administrator"), "{mend}");
        for name in ["capabilities", "room", "clock"] {
            let [result, detail, _] = check(&report, name);
            assert_eq!(result, "fine", "{name}: {detail}");
        }
    }
}

#[test]
fn what_ends_an_examination_has_a_mend() {
    let drop_on = |command: &str| FaultKind::DropOn {
        command: command.to_owned(),
    };
    let greeting = |line: &[u8]| FaultKind::Greeting(line.to_vec());
    for (name, kind, words) in [
        ("greeting", greeting(b"* BYE too many\r\n"), "connections"),
        ("greeting", greeting(b"220 mx ESMTP\r\n"), "993"),
        (
            "greeting",
            greeting(b"* PREAUTH hello\r\n"),
            "administrator",
        ),
        ("login", drop_on("AUTHENTICATE"), "later"),
        ("folders", drop_on("LIST"), "disable = [\"LIST-EXTENDED\""),
        ("room", drop_on("GETQUOTAROOT"), "disable = [\"QUOTA\"]"),
        ("clock", drop_on("EXAMINE"), "timedatectl set-ntp true"),
    ] {
        let rig = rig();
        rig.server
            .set_faults(FaultPlan::new(vec![Fault::always(kind)]));
        let output = rig.sterna("doctor --json");
        assert_ne!(code(&output), 0, "{name}");
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let [result, detail, mend] = check(&report, name);
        assert_eq!(result, "failed", "{name}: {detail}");
        assert!(mend.contains(words), "{name}: {detail}: {mend}");
    }
}
