//! Files there that other programs put, move and remove, and one that is too large to be read.

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use crate::rig::Rig;
use crate::shell::{code, errors};
use crate::{GUARD, SAVED, list, path, rig_with, run};

/// The file of a message, whatever its flags.
fn find(rig: &Rig, base: &str) -> Option<PathBuf> {
    let place = path(rig, "Saved");
    let all = ["cur", "new"].map(|part| fs::read_dir(place.join(part)).unwrap());
    let paths = all.into_iter().flatten().map(|entry| entry.unwrap().path());
    let is_it = |path: &PathBuf| {
        path.file_name()
            .unwrap()
            .to_string_lossy()
            .starts_with(base)
    };
    paths.into_iter().find(is_it)
}

#[test]
fn what_other_programs_do_is_shown_while_the_screen_is_open() {
    let rig = rig_with(1);
    let place = path(&rig, "Saved");
    let write = |name: &str, subject: &str| {
        let text =
            format!("From: Bob <bob@example.org>\nSubject: {subject}\n\nThe text of {subject}.\n");
        fs::write(place.join("tmp/x"), text).unwrap();
        fs::rename(place.join("tmp/x"), place.join(name)).unwrap();
    };
    write("new/1700000000.a.b", "first here");
    write("cur/hostile\u{1b}[31m.c:2,S", "hostile name");
    let mut screen = rig.screen();
    screen.wait_for("On this computer");
    screen.keys(":folder saved\r");
    screen.wait_for("first here");
    write("new/1700000001.c.d", "second here");
    screen.wait_for("second here");
    screen.keys("k\r");
    screen.wait_for("The text of second here");
    let until = Instant::now() + GUARD;
    // Sterna may rename them at the same time.
    while find(&rig, "1700000001")
        .is_none_or(|path| fs::rename(path, place.join("cur/1700000001.c.d:2,FS")).is_err())
    {
        assert!(Instant::now() < until);
    }
    while !list(&rig, SAVED)
        .iter()
        .any(|row| row["flags"].to_string().contains("lagged"))
    {
        assert!(Instant::now() < until);
    }
    while find(&rig, "1700000000").is_some_and(|path| fs::remove_file(path).is_err()) {
        assert!(Instant::now() < until);
    }
    screen.keys("q");
    screen.wait_without("first here");
    assert!(!screen.text().contains("hostile name"));
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
}

#[test]
fn a_giant_is_listed_and_not_read() {
    let rig = rig_with(0);
    let place = path(&rig, "Saved");
    fs::write(place.join("cur/1700000000.a.b:2,"), "Subject: giant\n\nx\n").unwrap();
    let file = fs::OpenOptions::new()
        .write(true)
        .open(place.join("cur/1700000000.a.b:2,"))
        .unwrap();
    file.set_len(1 << 32).unwrap();
    fs::create_dir(place.join("cur/1700000001.directory:2,")).unwrap();
    let rows = list(&rig, SAVED);
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(rows[0]["size"], 1_u64 << 32, "{}", rows[0]);
    let shown = run(&rig, &["show", rows[0]["id"].as_str().unwrap(), "--raw"]);
    assert_eq!(code(&shown), 65, "{}", errors(&shown));
    assert!(errors(&shown).contains("too many"), "{}", errors(&shown));
}
