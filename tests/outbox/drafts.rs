//! The server's copies of drafts: one of each, whatever goes wrong, and none of what was sent.

use crossbeam_channel::unbounded;
use sterna::channel::draft::{Base, DraftId, ServerCopy};
use sterna::channel::outbox::Outgoing;
use sterna::demo::fault::{Fault, FaultKind};
use sterna::mail::account::{AccountId, AccountSettings, Endpoint, Offline, Security};
use sterna::mail::composition::{Attachment, Composition, Source};
use sterna::mail::mailbox::Role;
use sterna::mail::outgoing::Built;
use sterna::mail::uid::{Uid, UidValidity};
use sterna::store::{Paths, Store};

use crate::post::{Post, refuse};

/// An account like that of the program's configuration.
pub fn settings(user: &str, host: &str) -> AccountSettings {
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

/// The store of the program.
pub fn store_of(post: &Post) -> Store {
    let home = post.home.path();
    let paths = Paths {
        data: home.join(".local/share/sterna"),
        cache: home.join(".cache/sterna"),
    };
    Store::open(&paths, &[settings("demo", "127.0.0.1")], unbounded().0).unwrap()
}

/// Saves a draft in the program's store, as its screen would.
pub fn save(post: &Post, draft: Option<DraftId>, n: u64) -> DraftId {
    let store = store_of(post);
    let account = store.account("work").unwrap();
    let seen = draft.and_then(|draft| store.reader().unwrap().draft(draft).unwrap());
    let base = seen.map_or(Base::New, |draft| Base::Draft(draft.revision));
    let saved = store.writer().save_draft_now(account, base, text(n));
    store.close();
    saved.unwrap().draft
}

/// Throws a draft away as it is, as the program's screen would.
pub fn discard(post: &Post, draft: DraftId) {
    let store = store_of(post);
    let seen = store.reader().unwrap().draft(draft).unwrap().unwrap();
    assert!(store.writer().discard_draft_now(seen.revision).unwrap());
    store.close();
}

/// Puts a draft of another client into the folder; where it is, as the program knows it.
fn deliver(post: &Post, subject: &str) -> ServerCopy {
    let text = format!("From: anna@example.org\r\nSubject: {subject}\r\n\r\nText\r\n");
    let uid = post
        .server
        .deliver("Drafts", text.as_bytes(), &["\\Draft"], 1_772_532_000);
    let store = store_of(post);
    let account = store.account("work").unwrap();
    let mailboxes = store.reader().unwrap().mailboxes(account).unwrap();
    let drafts = mailboxes
        .iter()
        .find(|info| info.role == Some(Role::Drafts));
    let mailbox = drafts.unwrap().id;
    store.close();
    ServerCopy {
        mailbox,
        validity: post.server.numbers("Drafts").unwrap().validity,
        uid,
    }
}

/// The subjects of what lies in the Drafts folder of the server.
pub fn on_server(post: &Post) -> Vec<String> {
    let truth = post.server.truth("Drafts");
    let subject = |uid: u32| {
        let raw = String::from_utf8(post.server.raw("Drafts", uid).unwrap()).unwrap();
        let line = raw.lines().find(|line| line.starts_with("Subject: "));
        line.unwrap()["Subject: ".len()..].to_owned()
    };
    truth.iter().map(|message| subject(message.uid)).collect()
}

pub fn text(n: u64) -> Composition {
    Composition {
        subject: format!("{n}"),
        body: "word ".repeat(usize::try_from(n % 50).unwrap()),
        ..Composition::default()
    }
}

/// A mail as the screen hands it over.
pub fn outgoing(account: AccountId, base: Base, n: u64, hold_seconds: u32) -> Outgoing {
    Outgoing {
        account,
        built: Built {
            message_id: format!("{n}@example.org"),
            sender: "anna@example.org".to_owned(),
            recipients: vec!["ben@example.org".to_owned()],
            subject: n.to_string(),
            wire: b"Subject: x\r\n\r\n".to_vec(),
            copy: Vec::new(),
            needs_smtputf8: false,
            is_given: false,
        },
        origin: None,
        base,
        composition: Some(text(n)),
        hold_seconds,
        not_before: None,
    }
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
    discard(&post, draft);
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

#[test]
fn a_draft_of_another_client_has_one_copy_after_it_was_gone_on_with_and_none_after_it_was_sent() {
    let post = Post::new();
    let theirs = deliver(&post, "theirs");
    deliver(&post, "another");
    let store = store_of(&post);
    let (account, writer) = (store.account("work").unwrap(), store.writer());
    let saved = writer.save_draft_now(account, Base::Server(theirs), text(1));
    let saved = saved.unwrap();
    store.close();
    post.break_imap(vec![refuse("APPEND", "NO not today")]);
    post.sterna("sync");
    assert_eq!(
        on_server(&post),
        ["theirs", "another"],
        "until ours is there"
    );
    post.cure();
    assert_eq!(on_server(&post), ["another", "1"]);
    // Sent without having been changed here first: it takes its copy along.
    let other = deliver(&post, "third");
    let store = store_of(&post);
    let writer = store.writer();
    for (base, n) in [(Base::Draft(saved), 4), (Base::Server(other), 5)] {
        writer.queue_now(outgoing(account, base, n, 0)).unwrap();
    }
    store.close();
    post.cure();
    assert_eq!(post.server.submissions().len(), 2);
    assert_eq!(on_server(&post), ["another"]);
}

#[test]
fn a_draft_that_cannot_be_copied_costs_no_connection_and_keeps_no_other_from_it() {
    let post = Post::new();
    let store = store_of(&post);
    let (account, writer) = (store.account("work").unwrap(), store.writer());
    let gone = Composition {
        attachments: vec![Attachment {
            name: "gone.txt".to_owned(),
            media_type: "text/plain".to_owned(),
            size_bytes: 3,
            source: Source::File("/no/such/file".into()),
        }],
        ..text(1)
    };
    let saved = writer.save_draft_now(account, Base::New, gone.clone());
    let saved = saved.unwrap();
    store.close();
    let logins = |post: &Post| {
        post.server.clear_log();
        post.cure();
        let log = post.server.log();
        let is_login = |command: &str| ["LOGIN", "AUTHENTICATE"].contains(&command);
        log.iter().filter(|logged| is_login(&logged.name)).count()
    };
    assert_eq!(logins(&post), 1, "that of the sync");
    assert!(on_server(&post).is_empty());
    // A folder that cannot be opened is tried once, however many drafts there are.
    save(&post, None, 2);
    save(&post, None, 3);
    post.server.clear_log();
    post.break_imap(vec![Fault::always(FaultKind::Refuse {
        command: "SELECT".to_owned(),
        answer: "NO not now".to_owned(),
    })]);
    post.sterna("sync");
    let log = post.server.log();
    let is_it = |line: &str| line.contains("SELECT Drafts") || line.contains("SELECT \"Drafts\"");
    let n_selects = log.iter().filter(|logged| is_it(&logged.line)).count();
    assert!(
        (1..=2).contains(&n_selects),
        "the copies', and that of the sync: {n_selects}"
    );
    // One that the server refuses does not stand in the way of the next.
    post.break_imap(vec![refuse("APPEND", "NO too large")]);
    post.sterna("sync");
    assert_eq!(on_server(&post), ["3"]);
    post.cure();
    assert_eq!(on_server(&post), ["3", "2"]);
    // Mended, it is copied.
    let store = store_of(&post);
    let writer = store.writer();
    let mended = writer.save_draft_now(account, Base::Draft(saved), text(4));
    mended.unwrap();
    store.close();
    post.cure();
    assert_eq!(on_server(&post), ["3", "2", "4"]);
}

#[test]
fn a_draft_keeps_the_copy_that_its_attachments_are_parts_of() {
    let post = Post::new();
    let raw = b"From: anna@example.org\r\nSubject: theirs\r\nMIME-Version: 1.0\r\n\
                Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nText\r\n--b\r\n\
                Content-Type: text/plain; name=a.txt\r\nContent-Disposition: attachment\r\n\r\nabc\r\n--b--\r\n";
    let mut theirs = deliver(&post, "plain");
    theirs.uid = post
        .server
        .deliver("Drafts", raw, &["\\Draft"], 1_772_532_000);
    post.cure();
    let store = store_of(&post);
    let (account, writer) = (store.account("work").unwrap(), store.writer());
    let place = (UidValidity::new(theirs.validity), Uid::new(theirs.uid));
    let found =
        store
            .reader()
            .unwrap()
            .message_at(theirs.mailbox, place.0.unwrap(), place.1.unwrap());
    let of_it = Composition {
        attachments: vec![Attachment {
            name: "a.txt".to_owned(),
            media_type: "text/plain".to_owned(),
            size_bytes: 3,
            source: Source::Part {
                message: found.unwrap().unwrap(),
                part: "2".to_owned(),
            },
        }],
        ..text(1)
    };
    let saved = writer.save_draft_now(account, Base::Server(theirs), of_it);
    let saved = saved.unwrap();
    store.close();
    post.cure();
    assert_eq!(on_server(&post), ["plain", "theirs"]);
    let store = store_of(&post);
    store
        .writer()
        .queue_now(outgoing(account, Base::Draft(saved), 1, 0))
        .unwrap();
    store.close();
    post.cure();
    assert_eq!(on_server(&post), ["plain"]);
}

#[test]
fn what_another_program_formatted_stays_on_the_server_until_it_is_sent() {
    let post = Post::new();
    let formatted = Composition {
        is_formatted: true,
        ..text(1)
    };
    let (first, second) = (deliver(&post, "first"), deliver(&post, "second"));
    let store = store_of(&post);
    let (account, writer) = (store.account("work").unwrap(), store.writer());
    let sent = writer.save_draft_now(account, Base::Server(first), formatted.clone());
    let thrown_away = writer.save_draft_now(account, Base::Server(second), formatted);
    store.close();
    post.cure();
    post.cure();
    assert_eq!(
        on_server(&post),
        ["first", "second"],
        "as they are, and no copy"
    );
    let store = store_of(&post);
    let writer = store.writer();
    assert!(writer.discard_draft_now(thrown_away.unwrap()).unwrap());
    writer
        .queue_now(outgoing(account, Base::Draft(sent.unwrap()), 1, 0))
        .unwrap();
    store.close();
    post.cure();
    assert_eq!(post.server.submissions().len(), 1);
    assert_eq!(
        on_server(&post),
        ["second"],
        "what was written here is thrown away, not that"
    );
}
