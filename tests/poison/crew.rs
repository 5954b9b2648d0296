//! The render thread with a parser that does what a message says.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, unbounded};
use sterna::channel::event::Event;
use sterna::channel::view::MessageView;
use sterna::mail::mailbox::MailboxId;
use sterna::mail::message_id::MessageId;
use sterna::mail::styled::TextForm;
use sterna::mime::patience;
use sterna::runtime::crew::{self, Crew, Kept};
use sterna::runtime::render::{self, Answer, Request};
use sterna::store::bodies::StoredBody;

use crate::support::{Fixture, GUARD, open, paths, settings};

const DIRECTORY: &str = "STERNA_TEST_DIRECTORY";
const N: u32 = 1_000;
const HANGS: u32 = 500;
const PANICS: u32 = 600;
const ENDS: u32 = 700;
/// No harmless message takes a thousandth of it, and no machine stands still for so long.
const BUDGET: Duration = Duration::from_secs(5);

/// The thread that hangs over a message that says so.
static WATCHED: Mutex<Option<PathBuf>> = Mutex::new(None);

/// Hangs, panics or ends the process where the body says so; else the real one.
fn by_the_body(kept: &mut Kept, body: &Arc<StoredBody>, request: Request) -> MessageView {
    let StoredBody::Whole(bytes) = &**body else {
        panic!("only whole bodies here");
    };
    let text = String::from_utf8_lossy(bytes);
    assert!(!text.contains("panics now"), "a test message");
    if text.contains("ends now") {
        std::process::abort();
    }
    while text.contains("hangs now") {
        if text.contains("watched") {
            *WATCHED.lock().unwrap() = std::fs::read_link("/proc/thread-self").ok();
        }
        std::thread::park();
    }
    while text.contains("never ends") {
        patience::check();
    }
    crew::render(kept, body, request)
}

fn raw(uid: u32) -> Vec<u8> {
    let deed = match uid {
        HANGS => "hangs now",
        PANICS => "panics now",
        ENDS => "ends now",
        _ => "is harmless",
    };
    format!("From: a@example.org\r\nSubject: number {uid}\r\n\r\nThe message {uid} {deed}\r\n")
        .into_bytes()
}

/// The render thread of a screen.
struct Screen {
    requests: Sender<Request>,
    answers: Receiver<Answer>,
    desk: std::thread::JoinHandle<()>,
    mailbox: MailboxId,
}

impl Screen {
    fn new(store: &sterna::store::Store, mailbox: MailboxId) -> Self {
        let (answers, answered) = unbounded();
        let crew = Crew::new(by_the_body, BUDGET);
        let (requests, desk) = render::start(store, answers, crew).unwrap();
        Self {
            requests,
            answers: answered,
            desk,
            mailbox,
        }
    }

    fn ask(&self, message: MessageId, columns: u16) {
        let request = Request {
            message,
            mailbox: self.mailbox,
            columns,
            form: TextForm::Plain,
        };
        self.requests.send(request).unwrap();
    }

    fn answer(&self) -> MessageView {
        match self.answers.recv_timeout(GUARD) {
            Ok(Answer::Event(Event::Message(view))) => *view,
            other => panic!("no view: {other:?}"),
        }
    }

    fn open(&self, message: MessageId) -> MessageView {
        self.ask(message, 80);
        self.answer()
    }

    fn close(self) {
        drop(self.requests);
        self.desk.join().unwrap();
    }
}

fn text(view: &MessageView) -> String {
    let lines = view.lines.iter().map(|line| {
        let spans = line.spans.iter().map(|span| span.text.as_str());
        spans.collect::<String>() + "\n"
    });
    lines.collect()
}

fn is_raw(view: &MessageView) -> bool {
    let says = |word: &str| {
        view.defects
            .iter()
            .any(|defect| defect.as_str().contains(word))
    };
    says("as it came") && view.headers.is_empty()
}

fn filled() -> Fixture {
    let fixture = Fixture::with_headers(N);
    for uid in 1..=N {
        fixture
            .writer()
            .body(fixture.message(uid), StoredBody::Whole(raw(uid)));
    }
    fixture.writer().flush().unwrap();
    fixture
}

#[test]
fn messages_that_hang_or_panic_cost_their_own_view_only() {
    let fixture = filled();
    let screen = Screen::new(&fixture.store, fixture.inbox);
    for uid in (1..=N).filter(|uid| *uid != ENDS) {
        let view = screen.open(fixture.message(uid));
        assert_eq!(view.message, fixture.message(uid));
        assert!(
            text(&view).contains(&format!("The message {uid} ")),
            "{uid}: {}",
            text(&view)
        );
        assert_eq!(is_raw(&view), uid == HANGS || uid == PANICS, "{uid}");
    }
    // It is not tried again: neither now nor by the next process.
    assert!(is_raw(&screen.open(fixture.message(HANGS))));
    screen.close();
    let fixture = fixture.reopen(|_| {});
    let screen = Screen::new(&fixture.store, fixture.inbox);
    assert!(is_raw(&screen.open(fixture.message(HANGS))));
    assert!(!is_raw(&screen.open(fixture.message(1))));
    screen.close();
}

#[test]
fn a_message_is_shown_while_another_one_hangs_and_at_most_two_are_left_alone() {
    let fixture = Fixture::with_headers(9);
    let hangs = |uid| format!("Subject: x\r\n\r\nThe message {uid} hangs now\r\n").into_bytes();
    for uid in 1..=9 {
        let bytes = if uid <= 4 { hangs(uid) } else { raw(uid) };
        fixture
            .writer()
            .body(fixture.message(uid), StoredBody::Whole(bytes));
    }
    fixture.writer().flush().unwrap();
    let screen = Screen::new(&fixture.store, fixture.inbox);
    for uid in [1, 5, 2, 6] {
        let view = screen.open(fixture.message(uid));
        assert_eq!(is_raw(&view), uid <= 4, "{uid}");
    }
    // The third worker hangs too: from now on everything is shown as it came, and still answered.
    for uid in [3, 4, 7, 8] {
        assert!(is_raw(&screen.open(fixture.message(uid))), "{uid}");
    }
    // Which says nothing about the messages that were never tried.
    screen.close();
    let fixture = fixture.reopen(|_| {});
    let screen = Screen::new(&fixture.store, fixture.inbox);
    for uid in 1..=9 {
        assert_eq!(
            is_raw(&screen.open(fixture.message(uid))),
            uid <= 4,
            "{uid}"
        );
    }
}

/// The priority of a thread, 19 for the lowest; `None` once it is gone.
fn nice(thread: &Path) -> Option<i32> {
    let stat = std::fs::read_to_string(Path::new("/proc").join(thread).join("stat")).ok()?;
    // Behind the name, which may hold blanks: state is the third field, nice the nineteenth.
    let behind = stat.rsplit_once(')')?.1;
    behind.split_whitespace().nth(16)?.parse().ok()
}

#[test]
fn a_worker_that_hangs_takes_the_processor_from_nobody() {
    // Whoever runs the tests may have put them behind everybody else, too.
    let (own, fixture) = (Path::new("self"), filled());
    let before = nice(own);
    let watched = fixture.message(2);
    let body = b"Subject: x\r\n\r\nhangs now, watched\r\n".to_vec();
    fixture.writer().body(watched, StoredBody::Whole(body));
    fixture.writer().flush().unwrap();
    let screen = Screen::new(&fixture.store, fixture.inbox);
    assert!(is_raw(&screen.open(watched)));
    let thread = WATCHED.lock().unwrap().clone().unwrap();
    assert_eq!(nice(&thread), Some(19));
    assert!(!is_raw(&screen.open(fixture.message(1))));
    assert_eq!(nice(own), before, "the others go on as before");
    screen.close();
}

#[test]
fn workers_that_parsers_keep_for_ever_come_back() {
    const N_ENDLESS: u32 = 20;
    let fixture = Fixture::with_headers(60);
    for uid in 1..=60 {
        let deed = if uid > N_ENDLESS {
            "is harmless"
        } else {
            "never ends"
        };
        let body = format!("Subject: x\r\n\r\nThe message {uid} {deed}\r\n").into_bytes();
        let message = fixture.message(uid);
        fixture.writer().body(message, StoredBody::Whole(body));
    }
    fixture.writer().flush().unwrap();
    let (answers, answered) = unbounded();
    let crew = Crew::new(by_the_body, Duration::from_millis(100));
    let (requests, desk) = render::start(&fixture.store, answers, crew).unwrap();
    let screen = Screen {
        requests,
        answers: answered,
        desk,
        mailbox: fixture.inbox,
    };
    // Far more than there are workers to be left alone.
    let mut harmless = N_ENDLESS + 1..=60;
    for uid in 1..=N_ENDLESS {
        assert!(is_raw(&screen.open(fixture.message(uid))), "{uid}");
        // While three are on their way out, another message may be shown as it came too; not for long. On a machine that
        // stands still for a moment it may have been over its budget itself: then the next one is shown.
        let mut is_shown = |uid| {
            (0..100).any(|_| {
                std::thread::park_timeout(Duration::from_millis(10));
                !is_raw(&screen.open(fixture.message(uid)))
            })
        };
        assert!(harmless.by_ref().any(&mut is_shown), "nobody comes back");
    }
    screen.close();
}

#[test]
fn the_latest_request_waits_no_longer_than_the_budget() {
    let fixture = filled();
    let screen = Screen::new(&fixture.store, fixture.inbox);
    screen.ask(fixture.message(HANGS), 80);
    for uid in 1..=20 {
        screen.ask(fixture.message(uid), 80);
    }
    screen.ask(fixture.message(21), 40);
    let mut last = screen.answer();
    while last.message != fixture.message(21) {
        last = screen.answer();
    }
    assert_eq!(last.columns, 40);
    assert!(!is_raw(&last));
}

#[test]
fn another_width_is_the_same_message() {
    let fixture = filled();
    let screen = Screen::new(&fixture.store, fixture.inbox);
    let wide = screen.open(fixture.message(1));
    screen.ask(fixture.message(1), 12);
    let narrow = screen.answer();
    assert!(narrow.lines.len() > wide.lines.len());
    // A body that changed is parsed anew.
    fixture.writer().body(
        fixture.message(1),
        StoredBody::Whole(b"Subject: y\r\n\r\nanother\r\n".to_vec()),
    );
    fixture.writer().flush().unwrap();
    assert!(text(&screen.open(fixture.message(1))).contains("another"));
}

/// The child: opens one message after the other, unless the test below did not start it.
#[test]
fn a_screen_in_a_child() {
    let Some(directory) = std::env::var_os(DIRECTORY) else {
        return;
    };
    let (store, _events) = open(&paths(Path::new(&directory)), &[settings("work")]).unwrap();
    let mut reader = store.reader().unwrap();
    let account = store.account("work").unwrap();
    let inbox = reader.inbox(account).unwrap().unwrap();
    let screen = Screen::new(&store, inbox);
    for uid in [1, ENDS, 2] {
        let uid = sterna::mail::uid::Uid::new(uid).unwrap();
        let id = reader
            .message_at(inbox, crate::support::validity(1), uid)
            .unwrap()
            .unwrap();
        screen.open(id);
    }
    // Kept from the parent's eyes unless it came so far.
    std::fs::write(Path::new(&directory).join("came-to-the-end"), "").unwrap();
}

#[test]
fn a_message_that_ends_the_process_is_shown_as_it_came_at_the_next_start() {
    if std::env::var_os(DIRECTORY).is_some() {
        return;
    }
    let fixture = filled();
    let ends = fixture.message(ENDS);
    let directory = fixture.directory.path().to_owned();
    let fixture = fixture.reopen(|_| {
        for is_second in [false, true] {
            let status = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "crew::a_screen_in_a_child"])
                .env(DIRECTORY, &directory)
                .output()
                .unwrap()
                .status;
            assert_eq!(status.success(), is_second, "{status}");
            assert_eq!(directory.join("came-to-the-end").exists(), is_second);
        }
    });
    let screen = Screen::new(&fixture.store, fixture.inbox);
    let view = screen.open(ends);
    assert!(is_raw(&view) && text(&view).contains("ends now"));
    assert!(!is_raw(&screen.open(fixture.message(1))));
}
