//! The real program in a pseudo-terminal: its first sync with a hand on the keys, its memory, its warm start.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::CommandBuilder;

use crate::client::Server;
use crate::pty::Pty;

const COLUMNS: u16 = 120;
const ROWS: u16 = 40;

/// What the program did.
#[derive(Default)]
pub struct Seen {
    /// From the start of the process to the first row on the screen.
    pub first_row: Duration,
    /// From key to the cursor's next row, every key.
    pub repaints: Vec<Duration>,
    /// Highest anonymous and shared memory, in bytes.
    pub peak_bytes: u64,
    /// From the start to the last header.
    pub synced: Duration,
}

/// Writes the configuration of the program into a home of its own.
pub fn configure(home: &Path, server: &Server) {
    let directory = home.join(".config/sterna");
    fs::create_dir_all(&directory).unwrap();
    fs::create_dir_all(home.join("runtime")).unwrap();
    let text = format!(
        "[accounts.bench]\nemail = \"anna@example.net\"\nuser = \"{}\"\npassword-command = [\"printf\", \"{}\"]\n\
         imap = {{ host = \"127.0.0.1\", port = {}, security = \"plain\" }}\noffline = \"headers\"\n",
        server.user, server.password, server.port
    );
    fs::write(directory.join("config.toml"), text).unwrap();
}

/// Runs the program until all `n` headers are in its cache (or, `n` zero, until its first rows stand on the screen),
/// pressing `j` and `k` all the while.
pub fn run(home: &Path, n: u64) -> Seen {
    let start = Instant::now();
    let mut pty = Pty::sterna(&[], home, COLUMNS, ROWS);
    let peak = Peak::watch(pty.pid());
    let mut seen = Seen::default();
    pty.wait_until("a row of the list", |screen| cursor(screen).is_some());
    seen.first_row = start.elapsed();
    if n > 0 {
        let cache = home.join(".cache/sterna/cache.db");
        let database = rusqlite::Connection::open_with_flags(
            &cache,
            rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY,
        )
        .unwrap();
        let mut count = database
            .prepare("SELECT coalesce(max(n_headers), 0) FROM mailbox")
            .unwrap();
        let mut is_down = true;
        loop {
            let have: i64 = count.query_row([], |row| row.get(0)).unwrap_or(0);
            if have as u64 >= n {
                break;
            }
            seen.repaints.push(press(&pty, is_down));
            is_down = !is_down;
            thread::sleep(Duration::from_millis(7));
        }
        seen.synced = start.elapsed();
        // The chores that follow count for the memory.
        thread::sleep(Duration::from_secs(3));
    }
    seen.peak_bytes = peak.end();
    pty.keys("q");
    pty.wait_for_end();
    seen
}

/// One key, and the time until the cursor stands on another row.
fn press(pty: &Pty, is_down: bool) -> Duration {
    let mut before = None;
    pty.wait_until("the cursor", |screen| {
        before = cursor(screen);
        before.is_some()
    });
    let start = Instant::now();
    pty.keys(if is_down { "j" } else { "k" });
    pty.wait_until("the cursor's next row", |screen| cursor(screen) != before);
    start.elapsed()
}

/// Which line is the list's cursor, and what stands there: the one that is drawn inverse or coloured in the list's pane.
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
pub fn memory(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    status
        .lines()
        .filter(|line| line.starts_with("RssAnon:") || line.starts_with("RssShmem:"))
        .filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok())
        .sum::<u64>()
        * 1_024
}

/// A peer: neomutt with an empty header cache, until the mailbox is open and it quits. `None` where it is missing.
pub fn neomutt(home: &Path, server: &Server) -> Option<(Duration, Duration)> {
    let is_there = std::env::var_os("PATH").is_some_and(|path| {
        std::env::split_paths(&path).any(|directory| directory.join("neomutt").is_file())
    });
    if !is_there {
        return None;
    }
    fs::create_dir_all(home.join("headers")).unwrap();
    let rc = home.join("neomuttrc");
    let text = format!(
        "set imap_user={}\nset imap_pass={}\nset folder=imap://127.0.0.1:{}/\nset spoolfile=imap://127.0.0.1:{}/INBOX\n\
         set ssl_starttls=no\nset ssl_force_tls=no\nset header_cache={}\nset quit=yes\npush q\n",
        server.user,
        server.password,
        server.port,
        server.port,
        home.join("headers").display()
    );
    fs::write(&rc, text).unwrap();
    let once = || {
        let mut command = CommandBuilder::new("neomutt");
        command.args(["-n", "-F"]);
        command.arg(&rc);
        command.env("HOME", home);
        let start = Instant::now();
        Pty::spawn(command, COLUMNS, ROWS).wait_for_end();
        start.elapsed()
    };
    Some((once(), once()))
}
