//! What another client does in INBOX, until the real program shows it: while INBOX is open, and while another folder is.

use std::path::Path;
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;

use crate::client::Server;
use crate::pty::Pty;
use crate::raw::Raw;
use crate::screen;
use crate::sections::Bench;
use crate::table::{middle, ms, note, percentile, row, times as ratio};
use crate::variable;

const COLUMNS: u16 = 120;
const ROWS: u16 = 40;
/// How often each is done: every change takes the server half a second to notice.
const TIMES: u32 = 20;
/// Columns of the list of folders.
const FOLDERS: u16 = 22;
/// The budget, in seconds.
const MOST: f64 = 1.0;
/// After so long, in seconds, the server has lost sight of the mailbox for that connection.
const LOST: f64 = 5.0;
/// How long a server may keep a change to itself.
const PATIENCE: Duration = Duration::from_mins(1);
/// Of the mail that comes.
const SUBJECT: &str = "Something new";

/// From the other client's command to a bare socket that waits in IDLE, and to the screen, in seconds.
#[derive(Default)]
struct Times {
    raw: Vec<f64>,
    screen: Vec<f64>,
}

/// What another client did to INBOX.
#[derive(Default)]
struct Changes {
    came: Times,
    flagged: Times,
    gone: Times,
}

/// A second user's mailbox, which is small: every change of it can be seen.
pub fn news(bench: &mut Bench) {
    let server = Server {
        user: variable("STERNA_LIVE_USER2"),
        password: variable("STERNA_LIVE_PASSWORD2"),
        ..bench.server.clone()
    };
    for (place, is_open) in [("open folder", true), ("INBOX, not open", false)] {
        let changes = watch(&bench.fresh(), &server, is_open);
        for (what, times) in [
            ("APPEND", changes.came),
            ("flag", changes.flagged),
            ("EXPUNGE", changes.gone),
        ] {
            let raw = percentile(times.raw.clone(), 99);
            let p99 = percentile(times.screen.clone(), 99);
            row(
                &format!("{place}: {what} elsewhere to screen, p99 of {TIMES}"),
                &ms(raw),
                &ms(p99),
                &ratio(p99, raw),
                "<= 1 s",
                p99 <= MOST,
            );
            note(
                "  median",
                &ms(middle(times.raw)),
                &ms(middle(times.screen)),
            );
        }
    }
}

/// Runs the program while another client changes INBOX. Dovecot 2.3 loses sight of a mailbox now and then, about when its log
/// of changes is begun anew, and tells only every 30 s from then on: the bare socket beside shows when that was.
fn watch(home: &Path, server: &Server, is_open: bool) -> Changes {
    let mut other = Raw::login(server);
    other.command("SELECT INBOX");
    // A run that was ended in the middle may have left something.
    other.command("UID STORE 1:* +FLAGS.SILENT (\\Deleted)");
    other.command("EXPUNGE");
    screen::configure(home, server, server.port);
    let mut pty = Pty::sterna(&[], home, COLUMNS, ROWS);
    pty.wait_for("Inbox");
    pty.wait_for("online");
    if !is_open {
        pty.keys("gf");
        pty.keys("Drafts\r");
        pty.wait_until("Drafts open", |screen| title(screen).contains("Drafts"));
    }
    let mut told = Raw::login(server).idle("INBOX");
    let mut changes = Changes::default();
    for _ in 0..TIMES {
        let last = [&changes.came, &changes.flagged, &changes.gone].map(|times| times.raw.last());
        if last.into_iter().flatten().any(|time| *time > LOST) {
            told = Raw::login(server).idle("INBOX");
        }
        changes.came.add(
            &told,
            &pty,
            || append(&mut other),
            |screen| unread(screen) == 1 && (!is_open || screen.contents().contains(SUBJECT)),
        );
        changes.flagged.add(
            &told,
            &pty,
            || {
                other.command("STORE * +FLAGS (\\Seen)");
            },
            |screen| unread(screen) == 0,
        );
        let mut again = Times::default();
        again.add(
            &told,
            &pty,
            || {
                other.command("STORE * -FLAGS (\\Seen)");
            },
            |screen| unread(screen) == 1,
        );
        other.command("STORE * +FLAGS.SILENT (\\Deleted)");
        changes.gone.add(
            &told,
            &pty,
            || {
                other.command("EXPUNGE");
            },
            |screen| unread(screen) == 0 && (!is_open || !screen.contents().contains(SUBJECT)),
        );
    }
    pty.keys("Q");
    pty.wait_for_end();
    changes
}

impl Times {
    /// From before `act` until the bare socket is told, and until the screen is as it should be.
    fn add(
        &mut self,
        told: &Receiver<Instant>,
        pty: &Pty,
        act: impl FnOnce(),
        is_so: impl FnMut(&vt100::Screen) -> bool,
    ) {
        while told.try_recv().is_ok() {}
        let start = Instant::now();
        act();
        pty.wait_until("the change", is_so);
        self.screen.push(start.elapsed().as_secs_f64());
        let at = told.recv_timeout(PATIENCE).unwrap();
        self.raw.push((at - start).as_secs_f64());
    }
}

fn append(other: &mut Raw) {
    let text = format!("From: Bela <bela@example.net>\r\nSubject: {SUBJECT}\r\n\r\ntext\r\n");
    other.bytes(format!("b APPEND INBOX {{{}+}}\r\n{text}\r\n", text.len()).as_bytes());
}

/// What stands above the list of messages.
fn title(screen: &vt100::Screen) -> String {
    screen
        .rows(FOLDERS, COLUMNS - FOLDERS)
        .next()
        .unwrap_or_default()
}

/// How many messages are unread in INBOX, by the list of folders; where it says nothing, none.
fn unread(screen: &vt100::Screen) -> u32 {
    let line = screen.rows(0, FOLDERS).find(|line| line.contains("Inbox"));
    let word = line.and_then(|line| line.split_whitespace().last()?.parse().ok());
    word.unwrap_or(0)
}
