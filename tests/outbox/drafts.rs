//! A process that writes drafts and sends them is killed again and again: what it was told to be safe is there.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use crossbeam_channel::unbounded;
use sterna::channel::draft::DraftId;
use sterna::channel::outbox::{OutboxId, Outgoing};
use sterna::demo::fault::{Fault, FaultKind};
use sterna::mail::account::{AccountSettings, Endpoint, Offline, Security};
use sterna::mail::composition::Composition;
use sterna::mail::outgoing::Built;
use sterna::store::mail_requests::Decision;
use sterna::store::{Paths, Store};

use crate::post::{Post, refuse};
use crate::random::{Random, count};

/// An account like that of the program's configuration.
fn settings(user: &str, host: &str) -> AccountSettings {
    AccountSettings {
        user: user.to_owned(),
        offline: Offline::Headers,
        ..AccountSettings::new(
            "work",
            "anna@example.org",
            Endpoint::new(host, 993, Security::Tls),
        )
    }
}

fn store(home: &Path) -> Store {
    let paths = Paths {
        data: home.join("data"),
        cache: home.join("cache"),
    };
    let settings = settings("anna", "mail.example.org");
    Store::open(&paths, &[settings], unbounded().0).unwrap()
}

/// The store of the program.
fn store_of(post: &Post) -> Store {
    let home = post.home.path();
    let paths = Paths {
        data: home.join(".local/share/sterna"),
        cache: home.join(".cache/sterna"),
    };
    Store::open(&paths, &[settings("demo", "127.0.0.1")], unbounded().0).unwrap()
}

/// Saves a draft in the program's store, as its screen would.
fn save(post: &Post, draft: Option<DraftId>, n: u64) -> DraftId {
    let store = store_of(post);
    let account = store.account("work").unwrap();
    let draft = store.writer().save_draft_now(account, draft, text(n));
    store.close();
    draft.unwrap()
}

/// The subjects of what lies in the Drafts folder of the server.
fn on_server(post: &Post) -> Vec<String> {
    let truth = post.server.truth("Drafts");
    let subject = |uid: u32| {
        let raw = String::from_utf8(post.server.raw("Drafts", uid).unwrap()).unwrap();
        let line = raw.lines().find(|line| line.starts_with("Subject: "));
        line.unwrap()["Subject: ".len()..].to_owned()
    };
    truth.iter().map(|message| subject(message.uid)).collect()
}

#[test]
fn a_draft_has_one_copy_on_the_server_until_it_is_sent() {
    let post = Post::new();
    let draft = save(&post, None, 1);
    post.cure();
    assert_eq!(on_server(&post), ["1"]);
    let copy = post.server.truth("Drafts").remove(0);
    assert_eq!(
        copy.flags.names().collect::<Vec<_>>(),
        ["\\Seen", "\\Draft"]
    );
    post.cure();
    assert_eq!(
        post.server.truth("Drafts"),
        [copy],
        "nothing changed, so nothing is copied"
    );
    assert_eq!(save(&post, Some(draft), 2), draft);
    post.cure();
    assert_eq!(on_server(&post), ["2"]);
    let store = store_of(&post);
    let writer = store.writer();
    writer.discard_draft_now(draft).unwrap();
    store.close();
    post.cure();
    assert!(on_server(&post).is_empty());
}

#[test]
fn a_draft_that_another_client_changed_meanwhile_stays_beside_ours() {
    let post = Post::new();
    let draft = save(&post, None, 1);
    post.cure();
    // The other client puts its own version there and removes ours.
    let ours = post.server.truth("Drafts").remove(0).uid;
    let theirs = b"From: anna@example.org\r\nSubject: theirs\r\n\r\nText\r\n";
    post.server
        .deliver("Drafts", theirs, &["\\Draft"], 1_772_532_000);
    post.server.expunge("Drafts", &[ours]);
    save(&post, Some(draft), 2);
    post.cure();
    assert_eq!(on_server(&post), ["theirs", "2"]);
}

#[test]
fn a_copy_that_was_cut_or_refused_is_there_once_in_the_end() {
    let post = Post::new();
    let mut draft = None;
    for (n, fault) in [
        refuse("APPEND", "NO not today"),
        Fault::once(FaultKind::DropOn {
            command: "APPEND".to_owned(),
        }),
        Fault::once(FaultKind::CutIn {
            command: "APPEND".to_owned(),
            after: 0,
        }),
        Fault::once(FaultKind::DropOn {
            command: "UID EXPUNGE".to_owned(),
        }),
        Fault::once(FaultKind::CutIn {
            command: "UID EXPUNGE".to_owned(),
            after: 0,
        }),
        Fault::once(FaultKind::DropOn {
            command: "UID STORE".to_owned(),
        }),
    ]
    .into_iter()
    .enumerate()
    {
        draft = Some(save(&post, draft, n as u64));
        post.break_imap(vec![fault.clone()]);
        post.sterna("sync");
        post.cure();
        post.cure();
        assert_eq!(on_server(&post), [n.to_string()], "{fault:?}");
    }
}

#[cfg(feature = "failpoints")]
#[test]
fn ended_at_any_step_of_copying_a_draft_there_is_one_copy_in_the_end() {
    let post = Post::new();
    let (mut draft, mut n_ends) = (None, 0);
    for point in ["copy.before-commit", "copy.after-commit"] {
        for pass in 1..=4 {
            draft = Some(save(&post, draft, pass));
            let ended = post.ended_at("sync", &format!("{point}:{pass}"));
            n_ends += usize::from(ended.status.code() == Some(100));
            post.cure();
            post.cure();
            assert_eq!(on_server(&post), [pass.to_string()], "{point}:{pass}");
        }
    }
    assert!(n_ends >= 5, "{n_ends}");
}

fn text(n: u64) -> Composition {
    Composition {
        subject: format!("{n}"),
        body: "word ".repeat(usize::try_from(n % 50).unwrap()),
        ..Composition::default()
    }
}

/// Not a test by itself: the process that is killed. It says each thing after the store has said that it is safe.
#[test]
fn the_process_that_writes_and_is_killed() {
    let Some(home) = std::env::var_os("STERNA_DRAFT_HOME") else {
        return;
    };
    let seed = std::env::var("STERNA_DRAFT_SEED").unwrap().parse().unwrap();
    let mut random = Random::new(seed);
    let store = store(Path::new(&home));
    let (account, writer) = (store.account("work").unwrap(), store.writer());
    let mut out = std::io::stderr();
    let mut say = |line: String| out.write_all(line.as_bytes()).unwrap();
    let (mut n, mut draft): (u64, Option<DraftId>) = (seed * 1_000_000, None);
    loop {
        n += 1;
        let id = writer.save_draft_now(account, draft, text(n)).unwrap();
        say(format!("draft {} {n}\n", id.0));
        draft = Some(id);
        match random.below(8) {
            0 => draft = None,
            1 => {
                let mail = Outgoing {
                    account,
                    built: Built {
                        message_id: format!("{n}@example.org"),
                        sender: "anna@example.org".to_owned(),
                        recipients: vec!["ben@example.org".to_owned()],
                        subject: n.to_string(),
                        wire: b"Subject: x\r\n\r\n".to_vec(),
                        copy: Vec::new(),
                        needs_smtputf8: false,
                        is_8bit: false,
                    },
                    origin: None,
                    draft,
                    composition: Some(text(n)),
                    hold_seconds: 3_600,
                    not_before: None,
                };
                let (mail, _) = writer.queue_now(mail).unwrap();
                draft = None;
                if random.below(2) == 0 {
                    assert!(writer.decide_now(mail, Decision::TakeBack).unwrap());
                }
            }
            _ => {}
        }
    }
}

/// What was acknowledged: by draft, the newest text.
fn acknowledged(home: &Path, seed: usize, n_lines: usize) -> BTreeMap<i64, u64> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "drafts::the_process_that_writes_and_is_killed",
            "--nocapture",
        ])
        .env("STERNA_DRAFT_HOME", home)
        .env("STERNA_DRAFT_SEED", seed.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut known = BTreeMap::new();
    let mut take = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        let ["draft", id, n] = words.as_slice() else {
            return false;
        };
        // A line may have been cut by the kill; then it was not said.
        let (Ok(id), Ok(n)) = (id.parse(), n.parse::<u64>()) else {
            return false;
        };
        if n / 1_000_000 == seed as u64 {
            known.insert(id, n);
        }
        true
    };
    let mut n_seen = 0;
    while n_seen < n_lines {
        let line = lines.next().expect("the process ended by itself").unwrap();
        n_seen += usize::from(take(&line));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // What it had said before the kill counts too; the last line may be half a line.
    let rest: Vec<String> = lines.map_while(Result::ok).collect();
    let whole = rest.len().saturating_sub(1);
    for line in &rest[..whole] {
        take(line);
    }
    known
}

#[test]
fn no_draft_that_was_saved_is_lost_whenever_the_process_is_killed() {
    let n_kills = usize::try_from(count("STERNA_DRAFT_KILLS", 10)).unwrap();
    let home = tempfile::tempdir().unwrap();
    let mut random = Random::new(5);
    let mut all: BTreeMap<i64, u64> = BTreeMap::new();
    for seed in 1..=n_kills {
        all.extend(acknowledged(home.path(), seed, random.below(12) + 1));
        let store = store(home.path());
        let mut reader = store.reader().unwrap();
        let rows = reader.outbox().unwrap();
        let queued: BTreeMap<i64, u64> = rows
            .iter()
            .filter_map(|row| Some((row.draft?.0, row.subject.as_str().parse().ok()?)))
            .collect();
        for (draft, n) in &all {
            let found = match reader.draft(DraftId(*draft)).unwrap() {
                Some((_, composition)) => composition.subject.parse().unwrap(),
                None => *queued
                    .get(draft)
                    .unwrap_or_else(|| panic!("draft {draft} is lost")),
            };
            assert!(found >= *n, "draft {draft}: {n} was safe, {found} is there");
        }
        // Each is in one place.
        for row in &rows {
            let draft = row.draft.unwrap();
            assert_eq!(
                reader.draft(draft).unwrap(),
                None,
                "{:?}",
                OutboxId(row.id.0)
            );
        }
        store.close();
    }
    eprintln!(
        "killed while drafts were written: {n_kills}, {} drafts, 0 lost",
        all.len()
    );
}
