//! The screen: takes the terminal over, draws frames on it, and gives it back, on drop, panic, signal and suspension.
//!
//! Must not ask the terminal anything: the answer would come among the keys (`Terminal::clear` asks for the cursor).

use std::io::{self, BufWriter, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Frame, Terminal};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;

use crate::mail::safe_text::SafeText;
use crate::terminal::doubtful;

/// Title kept, alternate screen, bracketed paste, cursor hidden.
const ENTER: &str = "\x1b[22;0t\x1b[?1049h\x1b[?2004h\x1b[?25l";
/// Clicks and the wheel, with plain numbers; not every movement, which would wake us for nothing.
const MOUSE: &str = "\x1b[?1000h\x1b[?1006h";
/// Everything back, whether it was set or not.
const LEAVE: &str =
    "\x1b[?2026l\x1b[?1006l\x1b[?1000l\x1b[?2004l\x1b[0m\x1b[?25h\x1b[?1049l\x1b[23;0t";
/// A frame appears at once, not from top to bottom, where the terminal knows synchronized updates (mode 2026).
const BEGIN_FRAME: &str = "\x1b[?2026h";
const END_FRAME: &str = "\x1b[?2026l";
/// Nobody waits longer for the signal that stops the process; twentieths of a second.
const MOST_MOMENTS: u32 = 200;
/// Longer titles are cut.
const MAX_TITLE: usize = 200;

/// Whether the terminal is ours now. Global, since a panic hook and a signal have nothing else to ask.
static ENTERED: AtomicBool = AtomicBool::new(false);

/// Gives the terminal back as it was found; does nothing when it is not ours. Safe from every thread.
pub fn restore() {
    if ENTERED.swap(false, Ordering::SeqCst) {
        // Where the terminal is gone there is nothing to give back.
        let _ = write_all(LEAVE);
        let _ = crossterm::terminal::disable_raw_mode();
    }
}

/// Whether the terminal is ours now.
#[must_use]
pub fn is_entered() -> bool {
    ENTERED.load(Ordering::SeqCst)
}

/// The terminal while it is ours.
pub struct Screen {
    terminal: Terminal<CrosstermBackend<BufWriter<Tty>>>,
    mouse: bool,
    title: Option<SafeText>,
}

impl Screen {
    /// Takes the terminal over.
    ///
    /// # Errors
    /// When it cannot be set to raw mode or written; it is then as it was.
    pub fn enter(mouse: bool) -> io::Result<Self> {
        take_over(mouse)?;
        let backend = CrosstermBackend::new(BufWriter::with_capacity(1 << 16, Tty));
        let terminal = Terminal::new(backend).inspect_err(|_| restore())?;
        Ok(Self {
            terminal,
            mouse,
            title: None,
        })
    }

    /// Columns and rows.
    ///
    /// # Errors
    /// When the terminal does not tell.
    pub fn size(&self) -> io::Result<(u16, u16)> {
        let size = self.terminal.size()?;
        Ok((size.width, size.height))
    }

    /// Draws a frame; only what changed is written, and what terminals draw differently.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn draw(&mut self, picture: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        self.terminal
            .backend_mut()
            .write_all(BEGIN_FRAME.as_bytes())?;
        self.terminal.draw(|frame| {
            picture(frame);
            doubtful::write_whole(frame.buffer_mut());
        })?;
        let backend = self.terminal.backend_mut();
        backend.write_all(END_FRAME.as_bytes())?;
        Write::flush(backend)
    }

    /// Forgets what is on the screen, so that the next frame is painted whole.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn repaint(&mut self) -> io::Result<()> {
        let size = self.terminal.size()?;
        self.terminal
            .resize(Rect::new(0, 0, size.width, size.height))
    }

    /// Sets the window title; the one before comes back at the end.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn set_title(&mut self, title: &SafeText) -> io::Result<()> {
        if self.title.as_ref() == Some(title) {
            return Ok(());
        }
        self.title = Some(title.clone());
        self.write_title()
    }

    fn write_title(&mut self) -> io::Result<()> {
        let Some(title) = &self.title else {
            return Ok(());
        };
        let text: String = title.as_str().chars().take(MAX_TITLE).collect();
        let backend = self.terminal.backend_mut();
        write!(backend, "\x1b]2;{text}\x1b\\")?;
        Write::flush(backend)
    }

    /// Stops the process as Ctrl-Z does in a shell, and returns when it goes on. Everything is painted again then.
    ///
    /// The kernel decides whether there is a shell to return to; where there is none, this returns at once.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn suspend(&mut self) -> io::Result<()> {
        self.leave();
        // To the whole group, as the terminal does it: a wrapper such as `cargo run` is to stop with us.
        rustix::process::kill_current_process_group(rustix::process::Signal::TSTP)?;
        // The signal may reach another thread first, and that one may be slow to hear of it. Nobody may touch the terminal
        // before it has stopped us.
        let moment = Timespec {
            tv_sec: 0,
            tv_nsec: 50_000_000,
        };
        for _ in 0..MOST_MOMENTS {
            let _ = poll(&mut [], Some(&moment));
            if !is_stop_to_come() {
                break;
            }
        }
        self.reenter()
    }

    /// Gives the terminal back until [`Self::reenter`], for another program that wants it.
    pub fn leave(&mut self) {
        restore();
    }

    /// Takes the terminal over again, whatever happened to it in between; the next frame is painted whole.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn reenter(&mut self) -> io::Result<()> {
        // A shell may have set the modes since; so they are never believed to be ours still.
        restore();
        take_over(self.mouse)?;
        self.write_title()?;
        self.repaint()
    }
}

/// Whether a thread has yet to hear of the signal that stops all; false where the system does not tell.
fn is_stop_to_come() -> bool {
    let bit = 1_u64 << (rustix::process::Signal::TSTP.as_raw() - 1);
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mut fields = status.lines();
    let pending = fields.find_map(|field| field.strip_prefix("ShdPnd:"));
    let pending = pending.and_then(|set| u64::from_str_radix(set.trim(), 16).ok());
    pending.is_some_and(|set| set & bit != 0)
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

fn take_over(mouse: bool) -> io::Result<()> {
    crossterm::terminal::enable_raw_mode()?;
    ENTERED.store(true, Ordering::SeqCst);
    let mouse = if mouse { MOUSE } else { "" };
    write_all(&format!("{ENTER}{mouse}")).inspect_err(|_| restore())
}

/// What the frames go through: standard output while the terminal is ours, nowhere else.
///
/// Nowhere matters: ratatui writes once more when it is dropped, and its complaint about a dead terminal would panic.
struct Tty;

impl Write for Tty {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if is_entered() {
            write_some(bytes)
        } else {
            Ok(bytes.len())
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write_all(text: &str) -> io::Result<()> {
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        let written = write_some(rest)?;
        rest = rest.get(written..).unwrap_or_default();
    }
    Ok(())
}

/// Writes without the lock and the buffer of std: a panic hook must not wait for either.
fn write_some(bytes: &[u8]) -> io::Result<usize> {
    let stdout = rustix::stdio::stdout();
    loop {
        match rustix::io::write(stdout, bytes) {
            Ok(n) => return Ok(n),
            Err(Errno::INTR) => {}
            // Another program left the terminal non-blocking.
            Err(Errno::AGAIN) => _ = poll(&mut [PollFd::new(&stdout, PollFlags::OUT)], None),
            Err(error) => return Err(error.into()),
        }
    }
}
