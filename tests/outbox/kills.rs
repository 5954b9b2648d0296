//! The program is killed at each stage of a submission, and run again.

use std::time::Instant;

use sterna::demo::fault::{Fault, FaultKind};
use sterna::demo::shared::Service;

use crate::engine::stall_in;
use crate::post::{GUARD, Post, Seen, seen};
use crate::random::count;

/// Larger than what a connection takes up before the other side reads.
const LARGE: usize = 12 << 20;

/// What is to be found in the end.
#[derive(Debug, Clone, Copy, PartialEq)]
enum End {
    /// Surely once.
    Once,
    /// Once, if the server took it, and then that was found out.
    Found,
    /// Nobody knows; the user is asked.
    #[cfg_attr(not(feature = "failpoints"), allow(dead_code))]
    Asked,
}

/// Runs `send` until the server has seen the command, then kills it.
fn kill_at(post: &Post, line: &str, service: Service, command: &str) {
    post.server.clear_log();
    let mut child = post.spawn(line);
    let is_it = |service_of: Service, name: &str| service_of == service && name == command;
    let came = post.server.await_log(GUARD, |log| {
        log.iter().any(|entry| is_it(entry.service, &entry.name))
    });
    assert!(came, "{command} never came");
    child.kill().unwrap();
    child.wait().unwrap();
    // A command is in the log before it is carried out.
    assert!(post.server.await_left(GUARD), "{command}: it never leaves");
}

fn check(post: &Post, n: usize, end: End, what: &str) {
    let before = post.seen(n);
    assert!(
        before.n_taken <= 1 && before.n_copies <= 1,
        "{what}: {before:?}"
    );
    assert!(!before.state.is_empty(), "{what}: it vanished");
    post.cure();
    post.cure();
    let after = post.seen(n);
    match end {
        End::Once | End::Found => assert_eq!(after, seen("sent", 1, 1), "{what}"),
        End::Asked => {
            assert_eq!(
                (after.state.as_str(), after.n_copies),
                ("uncertain", 0),
                "{what}"
            );
            let number = post.row(n).unwrap()["id"].to_string();
            post.sterna(&format!("outbox arrived {number}"));
            let Seen {
                state,
                n_taken,
                n_copies,
            } = post.seen(n);
            assert_eq!((state.as_str(), n_copies), ("sent", 1), "{what}");
            assert!(n_taken <= 1, "{what}");
        }
    }
}

#[test]
fn killed_at_any_stage_no_mail_vanishes_and_none_goes_twice() {
    let n_kills = count("STERNA_SUBMISSION_KILLS", 3);
    let stages = [
        // The connection is being made; nothing of the mail was said.
        ("EHLO", Service::Smtp, stall_in("EHLO"), End::Once),
        ("MAIL", Service::Smtp, stall_in("MAIL"), End::Once),
        ("RCPT", Service::Smtp, stall_in("RCPT"), End::Once),
        ("DATA", Service::Smtp, stall_in("DATA"), End::Once),
        // Taken, and nobody heard it.
        (".", Service::Smtp, stall_in("."), End::Found),
        ("APPEND", Service::Imap, stall_in("APPEND"), End::Once),
    ];
    let post = Post::new();
    let mut n = 0;
    for (command, service, fault, end) in stages {
        for _ in 0..n_kills {
            match service {
                Service::Smtp => post.break_smtp(vec![fault.clone()]),
                Service::Imap => post.break_imap(vec![fault.clone()]),
            }
            kill_at(&post, &post.line(n, 100), service, command);
            check(&post, n, end, command);
            n += 1;
        }
    }
    eprintln!("killed at a stage of a submission: {n}; 0 vanished, 0 twice");
}

#[test]
fn killed_in_the_middle_of_its_text_a_mail_goes_once() {
    let n_kills = usize::try_from(count("STERNA_SUBMISSION_KILLS", 3)).unwrap();
    let post = Post::new();
    for n in 0..n_kills {
        post.break_smtp(vec![Fault::once(FaultKind::StallBody { after: 1 << 20 })]);
        kill_at(&post, &post.line(n, LARGE), Service::Smtp, "DATA");
        check(&post, n, End::Once, "mid-body");
    }
    eprintln!("killed in the middle of a mail: {n_kills}; 0 vanished, 0 twice");
}

/// Before and after everything that becomes durable.
#[cfg(feature = "failpoints")]
#[test]
fn ended_before_and_after_every_commit_no_mail_vanishes_and_none_goes_twice() {
    let n_kills = count("STERNA_SUBMISSION_KILLS", 3);
    let post = Post::new();
    let mut n = 0;
    for (point, end) in [
        ("queue.after-commit", End::Once),
        ("sending.before-commit", End::Once),
        ("sending.after-commit", End::Once),
        ("committing.before-commit", End::Once),
        ("committing.after-commit", End::Asked),
        ("accepted.before-commit", End::Found),
        ("accepted.after-commit", End::Once),
        ("filed.before-commit", End::Once),
        ("filed.after-commit", End::Once),
    ] {
        for _ in 0..n_kills {
            let ended = post.ended_at(&post.line(n, 100), point);
            assert_eq!(ended.status.code(), Some(100), "{point}");
            check(&post, n, end, point);
            n += 1;
        }
    }
    // Before the mail is in the outbox, it is not: the command said nothing, and its file is still there.
    let ended = post.ended_at(&post.line(n, 100), "queue.before-commit");
    assert_eq!(ended.status.code(), Some(100));
    post.cure();
    assert_eq!(post.seen(n), seen("", 0, 0));
    eprintln!("ended at a step of a submission: {n}; 0 vanished, 0 twice");
}

/// The screen's engine and the command line share one outbox: whoever holds the account sends, once.
#[test]
fn several_processes_send_each_mail_once() {
    let post = Post::new();
    let lines: Vec<String> = (0..6).map(|n| post.line(n, 100)).collect();
    let mut children: Vec<_> = lines.iter().map(|line| post.spawn(line)).collect();
    let until = Instant::now() + GUARD;
    for child in &mut children {
        while child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < until);
            std::thread::park_timeout(std::time::Duration::from_millis(5));
        }
    }
    post.cure();
    for n in 0..6 {
        assert_eq!(post.seen(n), seen("sent", 1, 1), "mail {n}");
    }
}
