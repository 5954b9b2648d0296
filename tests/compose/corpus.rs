//! Every mail of the corpus, well-formed or not, whole or damaged, can be answered, and the answer can be sent.

use sterna::compose::{bounce, build, parse, recipients};
use sterna::mail::composition::ReplyKind;

use crate::random::Random;
use crate::replies::take_up;
use crate::{NOW, assert_clean, field_names, identities};

const KINDS: [ReplyKind; 8] = [
    ReplyKind::Sender,
    ReplyKind::All,
    ReplyKind::List,
    ReplyKind::Unquoted,
    ReplyKind::Forward,
    ReplyKind::ForwardAttached,
    ReplyKind::EditAsNew,
    ReplyKind::Draft,
];

const FIELDS: [&str; 14] = [
    "date",
    "message-id",
    "from",
    "to",
    "cc",
    "bcc",
    "reply-to",
    "subject",
    "in-reply-to",
    "references",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "x-sterna-from",
];

fn corpus() -> Vec<Vec<u8>> {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/eml");
    let mut files: Vec<_> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "eml"))
        .collect();
    files.sort();
    files
        .iter()
        .map(|path| std::fs::read(path).unwrap())
        .collect()
}

/// Takes a mail up in every way; what comes of it is sound.
fn answer(raw: &[u8]) {
    for kind in KINDS {
        let Ok(mut mail) = take_up(raw, kind) else {
            assert_eq!(kind, ReplyKind::List);
            continue;
        };
        let material = vec![raw.to_vec(); mail.attachments.len()];
        let draft = build::draft(&mail, &material, &NOW).unwrap();
        assert_clean(&draft);
        if matches!(kind, ReplyKind::EditAsNew | ReplyKind::Draft) {
            // These say what stood there, which need not be fit to be sent.
            let _ = build::build(&mail, &material, &NOW);
            continue;
        }
        // Who cannot be reached is named all the same; the user puts somebody else there.
        if recipients::parse(&mail.cc).is_err() {
            mail.cc.clear();
        }
        if recipients::parse(&mail.to).map_or(true, |list| list.is_empty()) {
            "somebody@example.org".clone_into(&mut mail.to);
        }
        let built = build::build(&mail, &material, &NOW).unwrap();
        assert_clean(&built.wire);
        let names = field_names(&built.wire);
        let is_known = |name: &String| FIELDS.contains(&name.as_str());
        assert!(names.iter().all(is_known), "{names:?}");
    }
    let me = &identities()[0];
    if let Ok(built) = bounce::bounce(raw, me, "a@b.example", &NOW) {
        assert_clean(&built.wire);
        assert_eq!(built.recipients, ["a@b.example"]);
    }
    if let Ok(built) = parse::message(raw, me, &NOW) {
        assert_clean(&built.wire);
        let is_tame = |addr: &String| !addr.contains(|c: char| c.is_control() || "<>".contains(c));
        assert!(built.recipients.iter().all(is_tame));
    }
}

#[test]
fn every_mail_of_the_corpus_can_be_answered() {
    let corpus = corpus();
    assert!(corpus.len() > 20);
    for raw in &corpus {
        answer(raw);
    }
}

#[test]
fn damaged_mails_can_be_answered() {
    let corpus = corpus();
    for seed in 0..300 {
        let mut random = Random::new(seed);
        let mut raw = random.pick(&corpus).clone();
        raw.truncate(20_000);
        for _ in 0..random.below(12) {
            let at = random.below(raw.len().min(1_500));
            let byte = *random.pick(b"\0\r\n <>@,;:\"\\()=?\x1b\xff\xc3a");
            match random.below(3) {
                0 if at < raw.len() => raw[at] = byte,
                1 if at < raw.len() => _ = raw.remove(at),
                _ => raw.insert(at.min(raw.len()), byte),
            }
        }
        answer(&raw);
    }
}
