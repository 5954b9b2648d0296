//! What another program reads of the mail that is written here: Python's email package. `tests/run` starts this where
//! there is a python3; not part of `cargo test`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sterna::compose::build;
use sterna::mail::address::Address;
use sterna::mail::outgoing::Moment;
use sterna::mime::parse;

#[allow(dead_code, reason = "the people are told by the parser here")]
#[path = "compose/letters.rs"]
mod letters;
#[path = "support/random.rs"]
mod random;

const LETTERS: u64 = 500;

fn people(list: &[Address]) -> Value {
    let people = list.iter();
    people.map(|one| json!([one.name, one.addr])).collect()
}

/// Sterna's own reading, which `tests/compose` holds to what was typed.
fn reading(wire: &[u8]) -> Value {
    let message = parse::message(wire);
    let envelope = &message.envelope;
    let outer = message
        .parts
        .iter()
        .filter(|part| part.info.path.numbers().len() == 1);
    let attachments: Vec<Value> = outer
        .skip(1)
        .map(|part| {
            let bytes = STANDARD.encode(part.decoded());
            json!({"name": part.info.name, "type": part.info.content_type, "bytes": bytes})
        })
        .collect();
    json!({
        "from": people(&envelope.from),
        "to": people(&envelope.to),
        "cc": people(&envelope.cc),
        "subject": envelope.subject,
        "message_id": envelope.message_id,
        "text": message.parts[0].text(),
        "attachments": attachments,
    })
}

#[test]
fn python_reads_every_mail_as_it_was_written() {
    let directory = tempfile::tempdir().unwrap();
    for seed in 1..=LETTERS {
        let mut letter = letters::letter(seed);
        let mail = &mut letter.mail;
        // The package does not read addresses in UTF-8 (RFC 6532).
        for line in [&mut mail.from, &mut mail.to, &mut mail.cc, &mut mail.bcc] {
            *line = line.replace("jörg@", "joerg@").replace("用户@", "user@");
        }
        let moment = Moment {
            seconds: 1_772_438_700,
            offset_minutes: 60,
            random: u128::from(seed),
        };
        let built = build::build(&letter.mail, &letter.material, &moment).unwrap();
        assert!(!built.needs_smtputf8);
        let file = |ending: &str| directory.path().join(format!("{seed}.{ending}"));
        std::fs::write(file("eml"), &built.wire).unwrap();
        std::fs::write(file("json"), reading(&built.wire).to_string()).unwrap();
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/read_mail.py");
    let output = Command::new("python3")
        .arg(script)
        .arg(directory.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{errors}");
    assert_eq!(said.trim(), format!("{LETTERS} mails read alike"));
}
