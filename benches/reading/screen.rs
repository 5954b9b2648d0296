//! The real program in a pseudo-terminal: its first sync with a hand on the keys, its memory, its warm start, its rest.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::CommandBuilder;

use crate::client::Server;
use crate::pty::Pty;
use crate::relay::Relay;

const COLUMNS: u16 = 120;
const ROWS: u16 = 40;
/// Between two keys: faster than a held key repeats.
const BETWEEN_KEYS: Duration = Duration::from_millis(7);
/// The first letter of a mail, as it stands on the screen.
const TYPED: &str = " To       z";
/// Keys pressed while the server says nothing.
const STALLED_KEYS: usize = 300;
/// How long the program is watched at rest, after as long a pause.
const REST: Duration = Duration::from_secs(20);

/// Times from a key to what it does, in seconds.
#[derive(Default)]
pub struct Repaints {
    /// To the cursor's next row.
    pub sterna: Vec<f64>,
    /// To its echo by a program that does nothing else: what this machine needs, with the load it has now.
    pub echo: Vec<f64>,
}

impl Repaints {
    /// Adds those of another run.
    pub fn extend(&mut self, others: Self) {
        self.sterna.extend(others.sterna);
        self.echo.extend(others.echo);
    }
}

/// What the program did.
pub struct Seen {
    /// From the start of the process to the first row on the screen.
    pub first_row: Duration,
    /// Every key.
    pub repaints: Repaints,
    /// Highest anonymous and shared memory, in bytes.
    pub peak_bytes: u64,
    /// From the start to the last header.
    pub synced: Duration,
}

/// Writes the configuration of the program into a home of its own.
pub fn configure(home: &Path, server: &Server, port: u16) {
    let directory = home.join(".config/sterna");
    fs::create_dir_all(&directory).unwrap();
    fs::create_dir_all(home.join("runtime")).unwrap();
    let text = format!(
        "[accounts.bench]\nemail = \"anna@example.net\"\nuser = \"{}\"\npassword-command = [\"printf\", \"{}\"]\n\
         imap = {{ host = \"127.0.0.1\", port = {port}, security = \"plain\" }}\noffline = \"headers\"\n",
        server.user, server.password
    );
    let file = directory.join("config.toml");
    fs::write(&file, text).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
}

/// Gives the account a server to send with, to which nothing is sent.
fn configure_sending(home: &Path) {
    let file = home.join(".config/sterna/config.toml");
    let text = fs::read_to_string(&file).unwrap();
    let smtp = "smtp = { host = \"127.0.0.1\", port = 9, security = \"plain\" }\n";
    fs::write(&file, text + smtp).unwrap();
}

/// Begins mails and discards them: from `c`, with a letter right behind it, to that letter on the screen.
pub fn first_keys(home: &Path, server: &Server, n: usize) -> Repaints {
    configure(home, server, server.port);
    configure_sending(home);
    let hand = Hand::new();
    let (pty, _) = start(home);
    pty.wait_for("online");
    let mut seen = Repaints::default();
    for n in 0..n {
        let start = Instant::now();
        pty.keys("cz");
        pty.wait_for(TYPED);
        seen.sterna.push(start.elapsed().as_secs_f64());
        pty.keys("\x1b");
        pty.wait_for("Enter type");
        pty.keys("D");
        pty.wait_for("Discard this mail?");
        pty.keys("y");
        pty.wait_without(TYPED);
        hand.echo(n.is_multiple_of(2), &mut seen);
    }
    quit(pty);
    seen
}

/// Starts the program, and waits until its first rows stand on the screen.
fn start(home: &Path) -> (Pty, Duration) {
    let start = Instant::now();
    let pty = Pty::sterna(&[], home, COLUMNS, ROWS);
    pty.wait_until("a row of the list", |screen| cursor(screen).is_some());
    (pty, start.elapsed())
}

fn quit(mut pty: Pty) {
    pty.keys("q");
    pty.wait_for_end();
}

/// From the start of the process to the first row.
pub fn first_row(home: &Path) -> Duration {
    let (pty, time) = start(home);
    quit(pty);
    time
}

/// Runs the program until all `n` headers are in its cache, pressing `j` and `k` all the while.
pub fn first_sync(home: &Path, n: u64) -> Seen {
    let started = Instant::now();
    let hand = Hand::new();
    let mut repaints = Repaints::default();
    let pty = Pty::sterna(&[], home, COLUMNS, ROWS);
    let peak = Peak::watch(pty.pid());
    pty.wait_until("a row of the list", |screen| cursor(screen).is_some());
    let first_row = started.elapsed();
    let flags = rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY;
    let cache = home.join(".cache/sterna/cache.db");
    let database = rusqlite::Connection::open_with_flags(cache, flags).unwrap();
    let mut count = database
        .prepare("SELECT coalesce(max(n_headers), 0) FROM mailbox")
        .unwrap();
    while count.query_row([], |row| row.get(0)).unwrap_or(0_i64) < n as i64 {
        hand.press(&pty, &mut repaints);
    }
    let synced = started.elapsed();
    // The chores that follow count for the memory.
    thread::sleep(Duration::from_secs(3));
    let peak_bytes = peak.end();
    quit(pty);
    Seen {
        first_row,
        repaints,
        peak_bytes,
        synced,
    }
}

/// The server falls silent in the middle of the first sync, on all connections.
pub fn stalled(home: &Path, server: &Server) -> Repaints {
    let relay = Relay::start(server.port, Duration::ZERO);
    configure(home, server, relay.port);
    let hand = Hand::new();
    let (pty, _) = start(home);
    relay.stall();
    pty.keys("gr");
    let mut repaints = Repaints::default();
    for _ in 0..STALLED_KEYS {
        hand.press(&pty, &mut repaints);
    }
    repaints // Dropped, the program is killed: it would wait for its last command.
}

/// Stars the whole list and presses keys until the server has it: from the key to the stars, and every key.
pub fn starred(home: &Path) -> (Duration, Repaints) {
    let hand = Hand::new();
    let (pty, _) = start(home);
    pty.wait_for("online");
    pty.keys("*a");
    pty.wait_for(" selected");
    let stars = |screen: &vt100::Screen| screen.contents().matches('★').count();
    let begin = Instant::now();
    pty.keys("s");
    pty.wait_until("the stars", |screen| stars(screen) > 8);
    let shown = begin.elapsed();
    let mut repaints = Repaints::default();
    pty.wait_for("pending");
    while pty.text().contains("pending") {
        hand.press(&pty, &mut repaints);
    }
    // As it was: the next run measures the same.
    pty.keys("s");
    pty.wait_until("no stars", |screen| stars(screen) == 0);
    pty.wait_for("pending");
    pty.wait_without("pending");
    pty.keys("\x1b");
    thread::sleep(Duration::from_millis(100)); // Else it and the next key were one, with Alt.
    quit(pty);
    (shown, repaints)
}

/// Wake-ups per second of all threads while nothing happens and the server is being watched.
pub fn wake_ups(home: &Path) -> f64 {
    let (pty, _) = start(home);
    pty.wait_for("online");
    thread::sleep(REST);
    let (before, start) = (voluntary_switches(pty.pid()), Instant::now());
    thread::sleep(REST);
    let n = voluntary_switches(pty.pid()).saturating_sub(before);
    let rate = n as f64 / start.elapsed().as_secs_f64();
    quit(pty);
    rate
}

/// How often threads of a process have gone to sleep by themselves, and so have been woken.
fn voluntary_switches(pid: u32) -> u64 {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    threads
        .flatten()
        .filter_map(|thread| fs::read_to_string(thread.path().join("status")).ok())
        .filter_map(|status| number(&status, "voluntary_ctxt_switches:"))
        .sum()
}

/// The number on the line of `/proc/PID/status` that begins so.
fn number(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find(|line| line.starts_with(name))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// Presses keys: one for the program, one for a program that only echoes.
struct Hand {
    echo: Pty,
}

impl Hand {
    fn new() -> Self {
        let mut command = CommandBuilder::new("sh");
        command.args(["-c", "stty raw -echo && printf ready && exec cat"]);
        let echo = Pty::spawn(command, COLUMNS, ROWS);
        echo.wait_for("ready");
        Self { echo }
    }

    fn press(&self, pty: &Pty, repaints: &mut Repaints) {
        let is_down = repaints.sterna.len().is_multiple_of(2);
        let mut before = None;
        pty.wait_until("the cursor", |screen| {
            before = cursor(screen);
            before.is_some()
        });
        let start = Instant::now();
        pty.keys(if is_down { "j" } else { "k" });
        pty.wait_until("the cursor's next row", |screen| cursor(screen) != before);
        repaints.sterna.push(start.elapsed().as_secs_f64());
        thread::sleep(BETWEEN_KEYS);
        self.echo(is_down, repaints);
    }

    /// One key for the program that only echoes.
    fn echo(&self, is_down: bool, repaints: &mut Repaints) {
        let mut at = (0, 0);
        self.echo.wait_until("any", |screen| {
            at = screen.cursor_position();
            true
        });
        let start = Instant::now();
        // Back to the line's beginning now and then, so that the cursor always moves.
        self.echo.keys(if is_down { "x" } else { "\r" });
        self.echo
            .wait_until("the echo", |screen| screen.cursor_position() != at);
        repaints.echo.push(start.elapsed().as_secs_f64());
        thread::sleep(BETWEEN_KEYS);
    }
}

/// Which line is the list's cursor: the one that is drawn inverse or coloured in the list's pane.
fn cursor(screen: &vt100::Screen) -> Option<u16> {
    (1..ROWS - 2).find(|row| {
        let is_marked = |column| {
            screen
                .cell(*row, column)
                .is_some_and(|cell| cell.inverse() || cell.bgcolor() != vt100::Color::Default)
        };
        is_marked(COLUMNS - 20)
    })
}

/// The memory of a process, looked at every few milliseconds.
struct Peak {
    is_over: Arc<AtomicBool>,
    bytes: Arc<AtomicU64>,
    thread: thread::JoinHandle<()>,
}

impl Peak {
    fn watch(pid: u32) -> Self {
        let (is_over, bytes) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(AtomicU64::new(0)),
        );
        let (over, most) = (Arc::clone(&is_over), Arc::clone(&bytes));
        let thread = thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                most.fetch_max(memory(pid), Ordering::Relaxed);
                thread::sleep(Duration::from_millis(5));
            }
        });
        Self {
            is_over,
            bytes,
            thread,
        }
    }

    fn end(self) -> u64 {
        self.is_over.store(true, Ordering::Relaxed);
        self.thread.join().unwrap();
        self.bytes.load(Ordering::Relaxed)
    }
}

/// Anonymous and shared memory in use, in bytes; 0 once the process is gone.
fn memory(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let kilobytes = ["RssAnon:", "RssShmem:"].map(|name| number(&status, name).unwrap_or(0));
    kilobytes.iter().sum::<u64>() * 1_024
}
