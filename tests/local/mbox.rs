//! mbox files: any message there and back, torn, foreign, hostile and too large.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use sterna::local::maildir::Maildir;
use sterna::local::mbox_reader::{Found, MboxReader};
use sterna::local::mbox_writer::MboxWriter;
use sterna::local::message::{LocalError, LocalMessage, Skipped};
use sterna::mail::flag::Flags;

use crate::random::Random;
use crate::{PIECES, any_messages};

#[test]
fn a_thousand_messages_come_back_from_an_mbox_byte_for_byte() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("mbox");
    let messages = any_messages(1, 1_000);
    write_all(&path, &messages);
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let found: Vec<LocalMessage> = read_mbox(&path).into_iter().map(Result::unwrap).collect();
    assert_eq!(found.len(), 1_000);
    for (n, (message, found)) in messages.iter().zip(&found).enumerate() {
        assert!(message == found, "{n}: {message:?}\n{found:?}");
    }
}

#[test]
fn an_mbox_torn_at_any_byte_is_mended_and_gone_on_with() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("mbox");
    let messages = any_messages(3, 4);
    write_all(&path, &messages);
    let whole = fs::read(&path).unwrap();
    for n in 0..whole.len() {
        fs::write(&path, &whole[..n]).unwrap();
        // Of less than the first word nobody can tell what it was to be.
        let found = if (1..5).contains(&n) {
            Vec::new()
        } else {
            read_mbox(&path)
        };
        for (found, message) in found.iter().zip(&messages) {
            match found {
                Ok(found) => assert!(found == message, "torn at {n}: {found:?}"),
                Err(skipped) => assert_eq!(*skipped, Skipped::Torn, "{n}"),
            }
        }
        write_all(&path, &messages);
        assert!(fs::read(&path).unwrap() == whole, "torn at {n}");
    }
}

#[test]
fn a_file_that_is_not_of_this_export_is_not_touched() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("file");
    for text in [
        "x",
        "From a Tue Mar  3 10:00:00 2026\n\nmine\n",
        "From mboxrd@z Tue Mar  3 10:00:00 2026\nSubject: mine\n\n\n\n\n",
    ] {
        fs::write(&path, text).unwrap();
        let refused = MboxWriter::open(&path, &mut |_| true).unwrap_err();
        assert!(matches!(refused, LocalError::Foreign { .. }), "{text:?}");
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
    fs::remove_file(&path).unwrap();
    write_all(&path, &any_messages(4, 2));
    let before = fs::read(&path).unwrap();
    MboxWriter::open(&path, &mut |id| id == "1.2.3.1").unwrap_err();
    let link = directory.path().join("link");
    symlink(&path, &link).unwrap();
    MboxWriter::open(&link, &mut |_| true).unwrap_err();
    let other = MboxWriter::open(&path, &mut |_| true).unwrap();
    MboxWriter::open(&path, &mut |_| true).unwrap_err();
    drop(other);
    assert!(fs::read(&path).unwrap() == before);
    fs::create_dir_all(directory.path().join("full/of")).unwrap();
    Maildir::create(&directory.path().join("full")).unwrap_err();
}

#[test]
fn every_form_of_mbox_is_understood() {
    let head = "From a@b Tue Mar  3 10:00:00 2026\n";
    let rd = format!(
        "{head}Subject: 1\n\n>From x\n>>From y\n\n{head}Subject: 2\n\nFrom the desk of\n\n"
    );
    assert_eq!(
        texts(&rd),
        [
            "Subject: 1\r\n\r\nFrom x\r\n>From y\r\n",
            "Subject: 2\r\n\r\nFrom the desk of\r\n"
        ]
    );
    let cl2 = format!(
        "{head}Subject: 1\nContent-Length: {}\n\n{head}>From b\n\n{head}\nc\n",
        head.len() + 8
    );
    let expected = format!(
        "Subject: 1\r\nContent-Length: 42\r\n\r\n{}\r\n>From b\r\n",
        head.trim_end()
    );
    assert_eq!(texts(&cl2), [expected.as_str(), "\r\nc\r\n"]);
    let cl = format!("{head}Content-Length: 8\n\n>From b\n\n{head}\nc\n");
    assert_eq!(texts(&cl)[0], "Content-Length: 8\r\n\r\nFrom b\r\n");
    // A length that leads nowhere counts for nothing.
    let lie = format!("{head}Content-Length: 9\n\nfirst\n\n{head}\nsecond\n");
    assert_eq!(
        texts(&lie),
        ["Content-Length: 9\r\n\r\nfirst\r\n", "\r\nsecond\r\n"]
    );
    let crlf = rd.replace('\n', "\r\n");
    assert_eq!(texts(&crlf), texts(&rd));
    let tight = format!("\n\n{head}\na\n{head}\nb");
    assert_eq!(texts(&tight), ["\r\na\r\n", "\r\nb"]);
    let internal = format!(
        "{head}Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\nX-IMAP: 1 2\n\n\n\n{head}\na\n"
    );
    assert_eq!(texts(&internal), ["\r\na\r\n"]);
    let plain_rd = "From mboxrd@z Thu Jan  1 00:00:00 1970\nContent-Length: 1\n\na\n\n";
    assert_eq!(texts(plain_rd), ["Content-Length: 1\r\n\r\na\r\n"]);

    let noted = format!("{head}Status: RO\nX-Status: F\nX-Keywords: todo\nSubject: 1\n\na\n");
    let found = read_text(noted.as_bytes()).remove(0).unwrap();
    assert_eq!(found.bytes, b"Subject: 1\r\n\r\na\r\n");
    assert_eq!(
        found.flags,
        Flags::from_names(["\\Seen", "\\Flagged", "todo"])
    );
    assert_eq!(found.internal_date, Some(1_772_532_000));
}

#[test]
fn hostile_files_are_read_to_their_end() {
    let mut random = Random::new(5);
    for _ in 0..2_000 {
        let mut bytes = b"From ".to_vec();
        for _ in 0..random.below(30) {
            match random.below(4) {
                0 => bytes.extend_from_slice(b"\nFrom a Tue Mar  3 10:00:00 2026\n"),
                1 => bytes.extend_from_slice(b"\nContent-Length: 20\n\n"),
                2 => bytes.push(random.byte()),
                _ => bytes.extend_from_slice(random.pick(&PIECES).as_bytes()),
            }
        }
        let n_separators = bytes.windows(5).filter(|five| five == b"From ").count();
        assert!(read_text(&bytes).len() <= n_separators);
    }
    let no_end = [
        b"From a Tue Mar  3 10:00:00 2026\n".as_slice(),
        &vec![b'x'; 3_000_000],
    ]
    .concat();
    assert_eq!(read_text(&no_end).remove(0).unwrap().bytes.len(), 3_000_000);
    let long_from = [
        "From a Tue Mar  3 10:00:00 2026".to_owned(),
        "y".repeat(300_000),
        "\nz\n".to_owned(),
    ]
    .concat();
    let found = read_text(long_from.as_bytes());
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].as_ref().unwrap().bytes, b"z\r\n");
    assert!(read_text(b"").is_empty());
    let many = "From a Tue Mar  3 10:00:00 2026\n".repeat(50_000);
    assert_eq!(read_text(many.as_bytes()).len(), 50_000);
}

#[test]
fn a_message_too_large_is_told_and_passed_over() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("mbox");
    fs::write(&path, "From a Tue Mar  3 10:00:00 2026\n\n").unwrap();
    // A hole takes no room on the disk.
    let file = fs::OpenOptions::new().append(true).open(&path).unwrap();
    file.set_len(200 * 1024 * 1024).unwrap();
    (&file)
        .write_all(b"\nFrom a Tue Mar  3 10:00:00 2026\n\nsmall\n")
        .unwrap();
    let found = read_mbox(&path);
    assert!(matches!(found[0], Err(Skipped::TooLarge { bytes }) if bytes > 200_000_000));
    assert_eq!(found[1].as_ref().unwrap().bytes, b"\r\nsmall\r\n");
}

fn read_text(text: &[u8]) -> Vec<Found> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("mbox");
    fs::write(&path, text).unwrap();
    read_mbox(&path)
}

/// The messages of an mbox that are whole, as text.
fn texts(text: &str) -> Vec<String> {
    let found = read_text(text.as_bytes()).into_iter();
    found
        .map(|one| String::from_utf8(one.unwrap().bytes).unwrap())
        .collect()
}

fn write_all(path: &Path, messages: &[LocalMessage]) {
    let mut known = 0;
    let mut writer = MboxWriter::open(path, &mut |_| {
        known += 1;
        true
    })
    .unwrap();
    for (n, message) in messages.iter().enumerate().skip(known) {
        writer.add(&format!("1.2.3.{}", n + 1), message).unwrap();
    }
    writer.finish().unwrap();
}

fn read_mbox(path: &Path) -> Vec<Found> {
    let mut reader = MboxReader::open(path).unwrap();
    let mut found = Vec::new();
    while let Some(one) = reader.next_message().unwrap() {
        found.push(one);
    }
    found
}
