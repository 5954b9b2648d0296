//! The commands without a screen: the real binary against the embedded server, over a configuration file.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    missing_docs
)]

#[path = "command_line/clock.rs"]
mod clock;
#[path = "command_line/doctor.rs"]
mod doctor;
#[path = "command_line/holder.rs"]
mod holder;
#[path = "command_line/kept.rs"]
mod kept;
#[path = "support/pty.rs"]
mod pty;
#[path = "support/rig.rs"]
#[allow(dead_code, reason = "every test target uses a part")]
mod rig;
#[path = "support/shell.rs"]
mod shell;
#[path = "command_line/tolerance.rs"]
mod tolerance;

use std::fs;

use rig::{Rig, refuse};
use serde_json::Value;
use shell::{assert_fails, code, errors};
use sterna::demo::dialect::Dialect;
use sterna::demo::fault::{Fault, FaultKind, FaultPlan};
use sterna::mail::flag::SystemFlag;
use sterna::mail::mailbox::Role;

#[test]
fn an_id_outlives_the_cache() {
    let rig = Rig::new("headers");
    let uid = rig.deliver("Lunch");
    let id = rig.ids("list --json").remove(0);
    rig.lose_cache();
    let shown = rig.json(&format!("show {id} --json"));
    assert_eq!(shown["subject"], "Lunch");
    assert!(
        shown["text"]
            .as_str()
            .unwrap()
            .contains("The text of Lunch")
    );
    rig.lose_cache();
    let flagged = rig.json(&format!("flag {id} +seen --json"));
    assert_eq!(flagged["state"], "done");
    assert!(rig.is_seen(uid));
}

#[test]
fn an_id_is_good_where_nothing_is_kept() {
    let rig = Rig::new("none");
    let uid = rig.deliver("Lunch");
    for online in ["", "--online "] {
        let id = rig.ids(&format!("{online}list --json")).remove(0);
        let shown = rig.json(&format!("{online}show {id} --json"));
        assert_eq!(shown["subject"], "Lunch");
        let on = if online.is_empty() { "+seen" } else { "-seen" };
        let flagged = rig.json(&format!("{online}flag {id} {on} --json"));
        assert_eq!(flagged["state"], "done");
        assert_eq!(rig.is_seen(uid), online.is_empty());
    }
}

#[test]
fn a_message_whose_header_was_not_read_yet_is_found() {
    for dialect in [Dialect::full(), Dialect::condstore_only(), Dialect::bare()] {
        finds_what_was_not_read_yet(dialect);
    }
}

fn finds_what_was_not_read_yet(dialect: Dialect) {
    let rig = Rig::new("headers");
    rig.server.set_dialect(dialect);
    rig.server.bulk("INBOX", 300, 500);
    let before = rig.server.truth("INBOX");
    let unseen = before.iter().take(150).map(|message| message.uid);
    let unseen: Vec<u32> = unseen.filter(|uid| !rig.is_seen(*uid)).take(2).collect();
    let (id, other) = (rig.id_of(unseen[0]), rig.id_of(unseen[1]));
    assert!(!rig.ids("list --json --limit 1000").contains(&id));
    let shown = rig.json(&format!("show {id} --json"));
    assert_eq!(shown["id"], id.as_str());
    rig.json(&format!("flag {id} {other} +seen --json"));
    for message in before {
        let was_seen = message.flags.has(SystemFlag::Seen);
        let expected = was_seen || unseen.contains(&message.uid);
        assert_eq!(rig.is_seen(message.uid), expected, "{}", message.uid);
    }
}

#[test]
fn an_id_that_the_server_does_not_know_is_bad_data() {
    let rig = Rig::new("headers");
    let uid = rig.deliver("Lunch");
    let id = rig.id_of(uid);
    let unknown = rig.id_of(999);
    for command in ["show", "flag +seen"] {
        assert_fails(
            &rig.sterna(&format!("{command} {unknown}")),
            65,
            "names no message",
        );
        assert_fails(
            &rig.sterna(&format!("{command} 1.77.1.1")),
            65,
            "names no message",
        );
        assert_fails(
            &rig.sterna(&format!("{command} 9.1.1.1")),
            65,
            "names no message",
        );
    }
    rig.server.change_uid_validity("INBOX");
    rig.lose_cache();
    for command in ["show", "flag +seen"] {
        assert_fails(
            &rig.sterna(&format!("{command} {id}")),
            65,
            "names no message",
        );
    }
    assert!(!rig.is_seen(rig.server.truth("INBOX")[0].uid));
    assert_eq!(rig.json("pending --json").as_array().unwrap().len(), 0);
}

#[test]
fn an_id_of_which_nothing_is_here_waits_for_the_server() {
    let rig = Rig::new("headers");
    let uid = rig.deliver("Lunch");
    let id = rig.id_of(uid);
    rig.lose_cache();
    for command in ["show", "flag +seen"] {
        let offline = rig.sterna(&format!("--offline {command} {id}"));
        assert_fails(&offline, 75, "offline by choice");
    }
    rig.server.pause();
    for command in ["show", "flag +seen"] {
        assert_fails(&rig.sterna(&format!("{command} {id}")), 75, "no connection");
    }
    assert_eq!(rig.json("pending --json").as_array().unwrap().len(), 0);
}

#[test]
fn without_server_and_cache_a_listing_fails_as_the_connection_does() {
    let rig = Rig::new("headers");
    rig.server.pause();
    for line in ["list --json", "list", "folders --json", "folders"] {
        assert_fails(&rig.sterna(line), 75, "no connection");
        assert_fails(
            &rig.sterna(&format!("--offline {line}")),
            75,
            "offline by choice",
        );
        assert_fails(
            &rig.sterna(&format!("--online {line}")),
            75,
            "no connection",
        );
    }
    rig.server.resume().unwrap();
    rig.configure("headers", "wrong");
    for line in ["list --json", "folders --json"] {
        assert_fails(&rig.sterna(line), 77, "refused the password");
    }
    rig.configure("headers", "demo");
    rig.deliver("Lunch");
    assert_eq!(rig.ids("list --json").len(), 1);
    rig.server.pause();
    assert_eq!(rig.ids("list --json").len(), 1, "what is known is listed");
    assert!(!rig.json("folders --json").as_array().unwrap().is_empty());
}

#[test]
fn a_refused_folder_is_no_empty_list() {
    let rig = Rig::new("headers");
    rig.deliver("Lunch");
    rig.server.create("Work", None);
    rig.server.set_faults(refuse("SELECT"));
    assert_fails(&rig.sterna("list --json"), 65, "not today");
    assert_fails(&rig.sterna("list --json --folder Work"), 65, "not today");
    rig.server.set_faults(FaultPlan::default());
    let id = rig.ids("list --json").remove(0);

    rig.server.set_faults(refuse("SELECT"));
    let queued = rig.sterna(&format!("flag {id} +seen"));
    assert_eq!(code(&queued), 65, "{}", errors(&queued));
    assert!(errors(&queued).contains("not today"));
    assert_eq!(queued.stdout, b"queued\n");
    assert_eq!(rig.json("pending --json")[0]["state"], "queued");

    rig.server.set_faults(refuse("UID STORE"));
    let parked = rig.sterna(&format!("flag {id} +seen"));
    assert_eq!(code(&parked), 65, "{}", errors(&parked));
    assert!(errors(&parked).contains("not today"));
    assert_eq!(parked.stdout, b"parked\n");
}

#[test]
fn all_of_a_large_message_can_be_had() {
    let rig = Rig::new("headers");
    let (uid, attachment) = rig.deliver_large();
    let id = rig.id_of(uid);
    let shown = rig.json(&format!("show {id} --json"));
    assert_eq!(shown["parts"].as_array().unwrap().len(), 2);
    let part = rig.sterna(&format!("show {id} --part 2"));
    assert_eq!(code(&part), 0, "{}", errors(&part));
    assert!(
        part.stdout == attachment.as_bytes(),
        "{}",
        part.stdout.len()
    );
    let raw = rig.sterna(&format!("show {id} --raw"));
    assert_eq!(code(&raw), 0, "{}", errors(&raw));
    assert!(raw.stdout == rig.server.raw("INBOX", uid).unwrap());
    assert_fails(&rig.sterna(&format!("show {id} --part 3")), 65, "no part 3");

    rig.lose_cache();
    let part = rig.sterna(&format!("show {id} --part 2"));
    assert!(part.stdout == attachment.as_bytes(), "{}", errors(&part));
    rig.server.pause();
    assert_fails(
        &rig.sterna(&format!("show {id} --raw")),
        75,
        "no connection",
    );
    let again = rig.sterna(&format!("show {id} --part 2"));
    assert!(again.stdout == attachment.as_bytes(), "{}", errors(&again));
}

#[test]
fn a_running_screen_fetches_what_it_can_for_a_command() {
    let rig = Rig::new("headers");
    let (large, attachment) = rig.deliver_large();
    let small = rig.deliver("Lunch");
    rig.deliver("The newest, which the screen shows");
    let (large, id) = (rig.id_of(large), rig.id_of(small));
    let mut screen = rig.screen();
    let raw = rig.sterna(&format!("show {id} --raw"));
    assert_eq!(code(&raw), 0, "{}", errors(&raw));
    assert!(raw.stdout == rig.server.raw("INBOX", small).unwrap());
    let text = rig.json(&format!("show {large} --json"));
    assert!(text["text"].as_str().unwrap().contains("See below."));
    let part = rig.sterna(&format!("show {large} --part 2"));
    assert!(part.stdout == attachment.as_bytes(), "{}", errors(&part));
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
}

#[test]
fn a_running_metered_screen_fetches_for_a_command_what_it_may() {
    let rig = Rig::new("headers");
    let file = rig.home.path().join(".config/sterna/config.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, format!("{text}metered = \"10kB\"\n")).unwrap();
    let long = rig.deliver(&format!("Long\r\n\r\n{}", "many words\r\n".repeat(3_000)));
    rig.deliver("The newest, which the screen shows");
    let id = rig.id_of(long);
    let mut screen = rig.screen();
    let refused = rig.sterna(&format!("show {id}"));
    assert_fails(&refused, 75, "one action may take 10 kB");
    let shown = rig.json(&format!("show {id} --json --unmetered"));
    assert!(shown["text"].as_str().unwrap().contains("many words"));
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
}

#[test]
fn unread_messages_that_lie_in_several_folders_are_summed_up_once() {
    let rig = Rig::new("headers");
    for (name, role) in [("All Mail", Role::All), ("Starred", Role::Flagged)] {
        rig.server.create(name, Some(role));
    }
    rig.server.create("Lists", None);
    for subject in ["Lunch", "Dinner"] {
        let uid = rig.deliver(subject);
        for name in ["All Mail", "Starred"] {
            rig.server.also_in("INBOX", uid, name).unwrap();
        }
    }
    let letter = b"Subject: from a list\r\n\r\ntext";
    rig.server.deliver("Lists", letter, &[], 1_772_532_000);
    rig.sterna("sync");
    assert_eq!(rig.json("status --json")[0]["unread"], 3);
}

#[test]
fn a_sync_goes_on_behind_a_folder_that_ends_the_connection_and_names_it() {
    let rig = Rig::new("headers");
    let uid = rig.deliver("Lunch");
    for name in ["Broken", "Lists"] {
        let letter = b"Subject: a letter\r\n\r\ntext";
        rig.server.deliver(name, letter, &[], 1_772_532_000);
    }
    rig.server
        .set_faults(FaultPlan::new(vec![Fault::always(FaultKind::InsteadOf {
            command: "SELECT".to_owned(),
            argument: "Broken".to_owned(),
            lines: b"* BYE its index is broken\r\n".to_vec(),
        })]));
    let output = rig.sterna("sync --json");
    assert_eq!(code(&output), 75, "{}", errors(&output));
    let rows: Value = serde_json::from_slice(&output.stdout).unwrap();
    let error = rows[0]["error"].as_str().unwrap();
    let names_it = error.starts_with("Broken: ") && error.contains("its index is broken");
    assert!(names_it, "{error}");
    assert!(rows[0]["new"].as_u64().unwrap() >= 2, "{rows}");
    let subjects = |line: &str| rig.json(line).as_array().unwrap().len();
    assert_eq!(subjects("--offline list --folder Lists --json"), 1);
    assert_eq!(rig.id_of(uid), rig.ids("--offline list --json")[0]);
    rig.server.set_faults(FaultPlan::default());
    assert_eq!(code(&rig.sterna("sync")), 0);
}

#[test]
fn the_online_model_does_not_wait_for_another_sterna() {
    let rig = Rig::new("headers");
    let uid = rig.deliver("Lunch");
    let id = rig.id_of(uid);
    let mut screen = rig.screen();
    for line in [
        "list --json",
        "folders --json",
        &format!("show {id}"),
        &format!("flag {id} +seen"),
    ] {
        let output = rig.sterna(&format!("--online {line}"));
        assert_fails(&output, 75, "--online needs a connection of its own");
    }
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
    assert_eq!(rig.ids("--online list --json").len(), 1);
}

#[test]
fn status_tells_what_the_running_sterna_says() {
    let rig = Rig::new("headers");
    rig.deliver("Lunch");
    assert_eq!(rig.json("status --json")[0]["state"], "offline");
    let data = rig.home.path().join(".local/share/sterna");
    assert!(!data.join("engine-1.lock").exists(), "status takes no lock");

    let mut screen = rig.screen();
    let online = rig.status_when(|row| row["state"] == "online");
    assert_eq!(online["next_attempt"], Value::Null);
    rig.server.pause();
    let offline =
        rig.status_when(|row| row["state"] == "offline" && !row["next_attempt"].is_null());
    assert!(offline["next_attempt"].as_str().unwrap().ends_with('Z'));
    rig.server.resume().unwrap();
    rig.status_when(|row| row["state"] == "online");
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
    assert_eq!(rig.json("status --json")[0]["state"], "offline");
    let left = fs::read_dir(&data).unwrap().flatten();
    let left = left.map(|entry| entry.file_name().into_string().unwrap());
    assert!(!left.into_iter().any(|name| name.contains(".state")));
}
