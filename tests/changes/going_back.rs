//! What waits, what is refused and what is taken back: nothing is done twice or called done that is not.

use sterna::demo::fault::FaultPlan;

use crate::rig::refuse;
use crate::shell::{assert_fails, code, errors};
use crate::{assert_done, expected, filled, flags, subjects};

#[test]
fn what_cannot_be_sent_now_waits_and_is_counted() {
    let (rig, ids) = filled(2);
    for line in [
        format!("--offline archive {}", ids[0]),
        format!("--offline flag {} +todo", ids[1]),
    ] {
        let queued = rig.sterna(&line);
        assert_eq!(code(&queued), 0, "{}", errors(&queued));
        assert_eq!(queued.stdout, b"queued\n");
        assert!(
            errors(&queued).contains("offline by choice"),
            "{}",
            errors(&queued)
        );
    }
    let rows = rig.json("--offline list --json");
    assert_eq!(
        rows.as_array().unwrap().len(),
        1,
        "it is archived here already"
    );
    assert_eq!(rows[0]["flags"], serde_json::json!(["todo"]));
    assert_eq!(rig.json("status --json")[0]["pending"], 2);
    let pending = rig.json("pending --json");
    assert_eq!(
        (&pending[0]["kind"], &pending[1]["state"]),
        (&"move".into(), &"queued".into())
    );
    rig.json("sync --json");
    assert_eq!(
        subjects(&rig),
        expected(&[("Archive", &["0"]), ("INBOX", &["1"])])
    );
    assert_eq!(flags(&rig, 1), ["todo"]);
    assert_eq!(rig.json("status --json")[0]["pending"], 0);
}

#[test]
fn a_message_on_its_way_has_an_id_too() {
    let (rig, ids) = filled(2);
    rig.json("sync --json");
    rig.json(&format!("show {} --json", ids[0]));
    for id in &ids {
        assert_eq!(
            rig.sterna(&format!("--offline archive {id}")).stdout,
            b"queued\n"
        );
    }
    // Of the same second, and without a UID yet: in no particular order.
    let rows = rig.json("--offline list --json --folder Archive");
    let moved = ["Message 0", "Message 1"].map(|subject| {
        let mut rows = rows.as_array().unwrap().iter();
        let row = rows.find(|row| row["subject"] == subject).unwrap();
        row["id"].as_str().unwrap().to_owned()
    });
    assert!(moved.iter().all(|id| id.starts_with("l.")), "{moved:?}");
    assert_eq!(
        rig.json(&format!("--offline show {} --json", moved[0]))["subject"],
        "Message 0"
    );
    assert_fails(
        &rig.sterna(&format!("--offline show {}", moved[1])),
        75,
        "on its way",
    );
    assert_eq!(
        rig.sterna(&format!("--offline flag {} +todo", moved[0]))
            .stdout,
        b"queued\n"
    );
    assert_eq!(
        rig.sterna(&format!("--offline move {} INBOX", moved[1]))
            .stdout,
        b"queued\n"
    );
    assert_fails(
        &rig.sterna("--offline flag l.9999 +todo"),
        65,
        "names no message",
    );
    rig.json("sync --json");
    assert_eq!(
        subjects(&rig),
        expected(&[("Archive", &["0"]), ("INBOX", &["1"])])
    );
    assert_eq!(flags(&rig, 0), ["todo"]);
    assert_eq!(rig.json("pending --json"), serde_json::json!([]));
}

#[test]
fn what_the_server_refuses_is_parked_with_its_words() {
    let (rig, ids) = filled(2);
    rig.server.set_faults(refuse("UID MOVE"));
    let parked = rig.sterna(&format!("archive {}", ids[0]));
    assert_eq!(code(&parked), 65, "{}", errors(&parked));
    assert_eq!(parked.stdout, b"parked\n");
    assert!(errors(&parked).contains("not today"), "{}", errors(&parked));
    rig.server.set_faults(FaultPlan::default());
    let row = rig.json("pending --json")[0].clone();
    assert_eq!(
        (&row["state"], &row["kind"]),
        (&"parked".into(), &"move".into())
    );
    assert_eq!(subjects(&rig), expected(&[("INBOX", &["0", "1"])]));
    assert_eq!(rig.ids("list --json").len(), 2, "the row has come back");
}

#[test]
fn what_is_gone_from_the_server_is_not_called_done() {
    let (rig, ids) = filled(3);
    let uids: Vec<u32> = rig
        .server
        .truth("INBOX")
        .iter()
        .map(|one| one.uid)
        .collect();
    rig.server.expunge("INBOX", &uids[..1]);
    let gone = rig.sterna(&format!("archive {} {}", ids[0], ids[1]));
    assert_eq!(
        (code(&gone), gone.stdout.as_slice()),
        (65, b"gone\n".as_slice()),
        "{}",
        errors(&gone)
    );
    assert!(errors(&gone).contains("1 of them"), "{}", errors(&gone));
    assert_eq!(
        subjects(&rig),
        expected(&[("Archive", &["1"]), ("INBOX", &["2"])])
    );
    assert_done(&rig, &format!("archive {}", ids[2]));
}

#[test]
fn undo_takes_back_and_redo_does_again_also_behind_the_server() {
    let (rig, ids) = filled(4);
    assert_fails(&rig.sterna("undo"), 65, "nothing to take back");
    assert_done(&rig, &format!("flag {} +flagged +todo", ids[0]));
    assert_done(&rig, &format!("archive {} {}", ids[1], ids[2]));
    let gone = expected(&[("Archive", &["1", "2"]), ("INBOX", &["0", "3"])]);
    assert_eq!(subjects(&rig), gone);
    let undone = rig.sterna("undo");
    assert_eq!(code(&undone), 0, "{}", errors(&undone));
    assert_eq!(undone.stdout, b"done\n");
    assert!(
        errors(&undone).contains("archive: 2 taken back"),
        "{}",
        errors(&undone)
    );
    let back = subjects(&rig);
    assert_eq!(back.len(), 1);
    assert_eq!(back["INBOX"].len(), 4);
    assert_done(&rig, "redo");
    assert_eq!(subjects(&rig)["Archive"].len(), 2);
    assert_done(&rig, "undo");
    assert_done(&rig, "undo");
    assert!(flags(&rig, 0).is_empty(), "{:?}", flags(&rig, 0));

    let queued = rig.sterna(&format!("--offline delete {}", ids[3]));
    assert_eq!(queued.stdout, b"queued\n");
    assert_done(&rig, "--offline undo");
    assert_eq!(rig.json("pending --json"), serde_json::json!([]));
    rig.json("sync --json");
    assert_eq!(subjects(&rig)["INBOX"].len(), 4);
}

#[test]
fn what_was_refused_is_tried_again_or_given_up() {
    let (rig, ids) = filled(2);
    rig.server.set_faults(refuse("UID MOVE"));
    for id in &ids {
        assert_eq!(rig.sterna(&format!("archive {id}")).stdout, b"parked\n");
    }
    let rows = rig.json("pending --json");
    assert_eq!(
        (&rows[0]["label"], &rows[0]["to"]),
        (&"archive".into(), &"Archive".into())
    );
    assert!(
        rows[0]["error"].as_str().unwrap().contains("not today"),
        "{rows}"
    );
    let [first, second] = [0, 1].map(|n| rows[n]["id"].as_i64().unwrap());
    let again = rig.sterna(&format!("pending retry {first}"));
    assert_eq!(
        (code(&again), again.stdout.as_slice()),
        (65, b"parked\n".as_slice())
    );
    rig.server.set_faults(FaultPlan::default());
    assert_done(&rig, &format!("pending retry {first}"));
    assert_done(&rig, &format!("pending drop {second}"));
    assert_eq!(rig.json("pending --json"), serde_json::json!([]));
    assert_eq!(
        subjects(&rig),
        expected(&[("Archive", &["0"]), ("INBOX", &["1"])])
    );
    let all = rig.json("pending --all --json");
    let told = rig.sterna("pending --all");
    let told = String::from_utf8(told.stdout).unwrap();
    let folders = told.split("LAST BROUGHT UP TO DATE").nth(1).unwrap();
    let is_told = |line: &str| line.contains("INBOX") && line.contains(" 20");
    assert!(folders.lines().any(is_told), "{told}");
    assert!(
        all.as_array()
            .unwrap()
            .iter()
            .any(|row| row["state"] == "done"),
        "{all}"
    );
    for line in [
        format!("pending retry {second}"),
        "pending drop 999".to_owned(),
    ] {
        assert_fails(&rig.sterna(&line), 65, "no operation");
    }
}
