//! `open`: files shown without a configuration, as text and on the screen.

use std::fs;
use std::path::Path;

use crate::shell::{self, assert_fails, code, errors};

/// A home without a configuration, with three messages in an mbox.
fn opened() -> (tempfile::TempDir, String) {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("old.mbox");
    let letter = |n: u32| {
        let status = if n == 2 { "O" } else { "RO" };
        format!(
            "From a@b Tue Mar  3 10:00:00 2026\nFrom: Anna <anna@example.org>\nSubject: Letter {n}\n\
             Date: Tue, 3 Mar 2026 10:0{n}:00 +0000\nStatus: {status}\n\nThe text of letter {n}.\n\n"
        )
    };
    let text = [1, 2, 3].map(letter).concat();
    fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap().to_owned();
    (home, file)
}

fn open(home: &Path, arguments: &[&str]) -> std::process::Output {
    let mut command = shell::sterna(home, ["open"]);
    command.args(arguments).output().unwrap()
}

#[test]
fn files_are_shown_as_text_without_a_configuration() {
    let (home, file) = opened();
    let before = fs::read(&file).unwrap();
    let list = open(home.path(), &[&file]);
    assert_eq!(code(&list), 0, "{}", errors(&list));
    let printed = String::from_utf8(list.stdout).unwrap();
    let expected = "    DATE              FROM                     SUBJECT   ID\n\
                    \u{20}   2026-03-03 10:01  Anna <anna@example.org>  Letter 1  1\n\
                    N   2026-03-03 10:02  Anna <anna@example.org>  Letter 2  2\n\
                    \u{20}   2026-03-03 10:03  Anna <anna@example.org>  Letter 3  3\n";
    let squeezed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(squeezed(&printed), squeezed(expected), "{printed}");
    let rows = open(home.path(), &[&file, "--json", "--limit", "2"]);
    let rows: serde_json::Value = serde_json::from_slice(&rows.stdout).unwrap();
    assert_eq!(
        (&rows[0]["id"], &rows[0]["unread"]),
        (&"2".into(), &true.into())
    );
    assert_eq!(rows.as_array().unwrap().len(), 2);
    let second = open(home.path(), &[&file, "--message", "2"]);
    assert!(
        String::from_utf8(second.stdout)
            .unwrap()
            .ends_with("Subject: Letter 2\n\nThe text of letter 2.\n")
    );
    assert_fails(
        &open(home.path(), &[&file, "--message", "4"]),
        65,
        "no message 4",
    );
    assert_fails(&open(home.path(), &["/nowhere"]), 69, "No such file");

    let letter = home.path().join("one.eml");
    fs::write(&letter, "Subject: \u{1b}[2Jalone\n\nhello\n").unwrap();
    let letter = letter.to_str().unwrap();
    let shown = open(home.path(), &[letter]);
    let text = String::from_utf8(shown.stdout).unwrap();
    assert!(
        text.contains("alone\n\nhello\n") && !text.contains('\u{1b}'),
        "{text:?}"
    );
    assert_eq!(fs::read(&file).unwrap(), before);
    let mut names: Vec<_> = fs::read_dir(home.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["old.mbox", "one.eml"], "nothing is left behind");
}

#[test]
fn files_are_shown_on_the_screen_without_a_configuration() {
    let (home, file) = opened();
    let before = fs::read(&file).unwrap();
    let mut screen = crate::pty::Pty::sterna(&["open", &file], home.path(), 120, 36);
    screen.wait_for("Letter 3");
    screen.wait_for("Letter 1");
    screen.wait_for("old.mbox");
    screen.keys("\r");
    screen.wait_for("The text of letter 3.");
    screen.keys("I");
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
    assert_eq!(fs::read(&file).unwrap(), before);
}
