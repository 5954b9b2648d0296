//! The screen while nothing can be written.

use std::fs;

use portable_pty::CommandBuilder;
use rustix::process::{Pid, Resource, Rlimit, prlimit};

use crate::pty::Pty;
use crate::rig::Rig;

/// Files of a process may not grow beyond so many bytes; `None` for no limit.
fn limit(screen: &Pty, bytes: Option<u64>) {
    let pid = Pid::from_raw(i32::try_from(screen.pid()).unwrap());
    let limit = Rlimit {
        current: bytes,
        maximum: None,
    };
    prlimit(pid, Resource::Fsize, limit).unwrap();
}

#[test]
fn the_screen_says_that_nothing_can_be_written_and_goes_on_by_itself() {
    let rig = Rig::new("headers");
    rig.deliver("Lunch");
    fs::create_dir_all(rig.home.path().join("runtime")).unwrap();
    let mut command = CommandBuilder::new("sh");
    command.args([
        "-c",
        "trap '' XFSZ; exec \"$0\"",
        env!("CARGO_BIN_EXE_sterna"),
    ]);
    command.env_clear();
    command.env("HOME", rig.home.path());
    command.env("PATH", "/usr/bin:/bin");
    command.env("XDG_RUNTIME_DIR", rig.home.path().join("runtime"));
    command.env("LANG", "C.UTF-8");
    let mut screen = Pty::spawn(command, 120, 36);
    screen.wait_for("Lunch");
    screen.wait_for("online");
    limit(&screen, Some(1));
    screen.keys("ggI");
    screen.wait_for_words("not marked");
    // News cannot be kept now, and the keys are answered.
    rig.deliver("Dinner");
    screen.keys("?");
    screen.wait_for("Help");
    screen.keys("\x1b");
    screen.wait_without("Help");
    limit(&screen, None);
    // No key is needed, and no new start.
    screen.wait_for("Dinner");
    screen.wait_for("online");
    screen.keys("GI");
    screen.keys("q");
    assert_eq!(screen.wait_for_end().exit_code(), 0);
    rig.json("sync --json");
    let rows = rig.json("list --json");
    assert!(rows.to_string().contains("Dinner"));
}
