//! A program in a pseudo-terminal of a given size: feeds keys, keeps the screen, waits for what it should show. Never
//! sleeps; every wait has a guard that is far longer than anything it waits for.

#![allow(dead_code, reason = "every test target uses a part")]

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};

/// Nothing waited for here takes a hundredth of it on an idle machine.
const GUARD: Duration = Duration::from_mins(2);

/// What ends a frame: mode 2026 is left.
const END_FRAME: &[u8] = b"\x1b[?2026l";

/// What the program has written, and whether it closed the terminal.
struct Seen {
    parser: vt100::Parser,
    bytes: Vec<u8>,
    /// Every row of every frame since the last key.
    rows: BTreeSet<String>,
    ended: bool,
}

impl Seen {
    /// Takes in what was written, frame by frame: one may be gone with the next read.
    fn take(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
        let mut rest = bytes;
        while !rest.is_empty() {
            let mut ends = rest.windows(END_FRAME.len());
            let end = ends.position(|bytes| bytes == END_FRAME);
            let n = end.map_or(rest.len(), |at| at + END_FRAME.len());
            self.parser.process(&rest[..n]);
            rest = &rest[n..];
            let screen = self.parser.screen();
            self.rows.extend(screen.rows(0, screen.size().1.get()));
        }
    }
}

/// A running program and its terminal. Killed on drop.
pub struct Pty {
    master: Box<dyn MasterPty + Send>,
    writer: Arc<Mutex<Box<dyn Write + Send>>>,
    child: Box<dyn Child + Send + Sync>,
    seen: Arc<(Mutex<Seen>, Condvar)>,
}

impl Pty {
    /// Starts a program; where `command` names no terminal type, the usual one.
    pub fn spawn(mut command: CommandBuilder, columns: u16, rows: u16) -> Self {
        if !command
            .iter_extra_env_as_str()
            .any(|(name, _)| name == "TERM")
        {
            command.env("TERM", "xterm-256color");
        }
        let size = PtySize {
            rows,
            cols: columns,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let child = pair.slave.spawn_command(command).unwrap();
        // The program has its own; ours would keep the terminal open after it.
        drop(pair.slave);
        let writer = Arc::new(Mutex::new(pair.master.take_writer().unwrap()));
        let parser = vt100::Parser::new(cells(rows), cells(columns), 0);
        let seen = Arc::new((
            Mutex::new(Seen {
                parser,
                bytes: Vec::new(),
                rows: BTreeSet::new(),
                ended: false,
            }),
            Condvar::new(),
        ));
        let reader = pair.master.try_clone_reader().unwrap();
        let (seen_there, writer_there) = (Arc::clone(&seen), Arc::clone(&writer));
        thread::spawn(move || watch(reader, &seen_there, &writer_there));
        Self {
            master: pair.master,
            writer,
            child,
            seen,
        }
    }

    /// Starts `sterna` with a home directory of its own and nothing else in its environment.
    pub fn sterna(arguments: &[&str], home: &Path, columns: u16, rows: u16) -> Self {
        Self::spawn(Self::command(arguments, home), columns, rows)
    }

    /// What `sterna` is started with, for more to be added.
    pub fn command(arguments: &[&str], home: &Path) -> CommandBuilder {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_sterna"));
        command.args(arguments);
        command.env_clear();
        command.env("HOME", home);
        command.env("XDG_RUNTIME_DIR", home.join("runtime"));
        command.env("LANG", "C.UTF-8");
        command.env("TERM", "xterm-256color");
        command.cwd(home);
        command
    }

    /// Types.
    pub fn keys(&self, keys: &str) {
        self.lock().rows.clear();
        let mut writer = self.writer.lock().unwrap();
        writer.write_all(keys.as_bytes()).unwrap();
        writer.flush().unwrap();
    }

    /// Changes the size of the window.
    pub fn resize(&self, columns: u16, rows: u16) {
        self.lock()
            .parser
            .screen_mut()
            .set_size(cells(rows), cells(columns));
        let size = PtySize {
            rows,
            cols: columns,
            pixel_width: 0,
            pixel_height: 0,
        };
        self.master.resize(size).unwrap();
    }

    /// The number of the process.
    pub fn pid(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// What stands on the screen.
    pub fn text(&self) -> String {
        self.lock().parser.screen().contents()
    }

    /// Whether the alternate screen is shown.
    pub fn is_alternate(&self) -> bool {
        self.lock().parser.screen().alternate_screen()
    }

    /// Everything that was written so far.
    pub fn bytes(&self) -> Vec<u8> {
        self.lock().bytes.clone()
    }

    /// Waits until the screen is as it should be.
    pub fn wait_until(&self, what: &str, mut is_so: impl FnMut(&vt100::Screen) -> bool) {
        self.wait(what, |seen| is_so(seen.parser.screen()));
    }

    /// Waits until a text has stood in a row since the last key. For words in the status line: they make room for others,
    /// and go by themselves.
    pub fn wait_for_words(&self, text: &str) {
        self.wait(text, |seen| {
            seen.rows.iter().any(|row| row.contains(text))
                || seen.parser.screen().contents().contains(text)
        });
    }

    fn wait(&self, what: &str, mut is_so: impl FnMut(&Seen) -> bool) {
        let until = Instant::now() + GUARD;
        let mut seen = self.lock();
        while !is_so(&seen) {
            let left = until.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero() && !seen.ended,
                "never came: {what}\n--- the screen (program ended: {}):\n{}",
                seen.ended,
                seen.parser.screen().contents()
            );
            seen = self.seen.1.wait_timeout(seen, left).unwrap().0;
        }
    }

    /// Waits until a text stands on the screen.
    pub fn wait_for(&self, text: &str) {
        self.wait_until(text, |screen| screen.contents().contains(text));
    }

    /// Waits until a text is gone from the screen.
    pub fn wait_without(&self, text: &str) {
        self.wait_until(&format!("a screen without {text}"), |screen| {
            !screen.contents().contains(text)
        });
    }

    /// Waits for the end of the program, and for everything it wrote.
    pub fn wait_for_end(&mut self) -> ExitStatus {
        let until = Instant::now() + GUARD;
        let mut seen = self.lock();
        while !seen.ended {
            let left = until.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero(),
                "the program never ended; the screen:\n{}",
                seen.parser.screen().contents()
            );
            seen = self.seen.1.wait_timeout(seen, left).unwrap().0;
        }
        drop(seen);
        self.child.wait().unwrap()
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.0.lock().unwrap()
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

/// Keeps the screen, and answers the one question that programs ask a terminal: where is the cursor (CSI 6n).
fn watch(
    mut reader: Box<dyn Read + Send>,
    seen: &(Mutex<Seen>, Condvar),
    writer: &Mutex<Box<dyn Write + Send>>,
) {
    let mut buffer = [0; 4096];
    // The terminal gives EIO when its last user has gone.
    while let Ok(n @ 1..) = reader.read(&mut buffer) {
        let mut seen_now = seen.0.lock().unwrap();
        let before = seen_now.bytes.len().saturating_sub(3);
        seen_now.take(&buffer[..n]);
        let asked = seen_now.bytes[before..]
            .windows(4)
            .any(|window| window == b"\x1b[6n");
        let (row, column) = seen_now.parser.screen().cursor_position();
        drop(seen_now);
        seen.1.notify_all();
        if asked {
            let _ = write!(writer.lock().unwrap(), "\x1b[{};{}R", row + 1, column + 1);
        }
    }
    seen.0.lock().unwrap().ended = true;
    seen.1.notify_all();
}

fn cells(n: u16) -> NonZeroU16 {
    NonZeroU16::new(n).unwrap()
}
