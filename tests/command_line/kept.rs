//! Keeping messages on this machine, by commands.

use crate::rig::Rig;
use crate::shell::{assert_fails, code};

#[test]
fn what_is_kept_is_here_without_the_server_until_it_is_let_go() {
    let rig = Rig::new("headers");
    let uid = rig.deliver("Lunch");
    rig.deliver("Dinner");
    let id = rig.id_of(uid);
    let kept = rig.json(&format!("keep {id} --json"));
    assert_eq!(
        (&kept["state"], &kept["count"]),
        (&"done".into(), &1.into())
    );
    assert!(kept["size"].as_u64().unwrap() > 0);
    rig.server.pause();
    let shown = rig.json(&format!("--offline show {id} --json"));
    assert_eq!(shown["subject"], "Lunch");
    let all = String::from_utf8(rig.sterna("keep --folder INBOX").stdout).unwrap();
    assert_eq!(all, "queued\n", "the other one is not here");
    rig.server.resume().unwrap();
    rig.sterna("sync");
    let inbox = || rig.json("folders --json")[0].clone();
    assert_eq!(inbox()["complete"], true);
    assert_eq!(inbox()["offline"], "headers");
    rig.deliver("Breakfast");
    rig.sterna("sync");
    assert_eq!(inbox()["complete"], false, "what came later is not kept");
    assert_eq!(rig.json("keep --folder INBOX --json")["count"], 3);
    assert_eq!(inbox()["complete"], true);
    let dropped = rig.json("keep --folder INBOX --drop --json");
    assert_eq!(
        (&dropped["state"], &dropped["count"]),
        (&"done".into(), &3.into())
    );
    let mistake = rig.sterna("keep");
    assert_eq!(code(&mistake), 64);
    assert_fails(&rig.sterna("keep 1.2.3.9999"), 65, "names no message");
}

#[test]
fn nothing_can_be_kept_where_nothing_stays() {
    let rig = Rig::new("none");
    let uid = rig.deliver("Lunch");
    let id = rig.id_of(uid);
    assert_fails(&rig.sterna(&format!("keep {id}")), 65, "keeps nothing");
}

#[test]
fn another_sterna_fetches_what_is_kept_while_its_screen_runs() {
    let rig = Rig::new("headers");
    let uid = rig.deliver("Lunch");
    let mut screen = rig.screen();
    let id = rig.id_of(uid);
    rig.sterna(&format!("keep {id}"));
    let deadline = std::time::Instant::now() + std::time::Duration::from_mins(1);
    while rig.json("folders --json")[0]["complete"] != true {
        assert!(std::time::Instant::now() < deadline, "it does not come");
    }
    screen.keys("Q");
    screen.wait_for_end();
}
