//! The input thread: waits for keys, and notices when the terminal dies.
//!
//! crossterm alone does not notice: on a dead terminal its reader goes round for ever. So this thread waits in a poll of
//! its own and touches crossterm only when there is something to read.

use std::io;
use std::os::fd::OwnedFd;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::Sender;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;

use crate::channel::event::Event;
use crate::channel::signal::Signal;
use crate::terminal::keys;

/// How long crossterm is given to hand out what it has read. Not zero: its reader does nothing in no time at all. Not
/// long: it goes round meanwhile, after every key, and takes the processor from what the key has set off.
const AT_ONCE: Duration = Duration::from_micros(50);

/// Who asks for [`AT_ONCE`] and waits for so long was held up.
const HELD_UP: Duration = Duration::from_millis(1);

/// The running input thread; dropping it lets the thread end without waiting for it.
pub struct Input {
    stop: Option<OwnedFd>,
    thread: Option<JoinHandle<()>>,
}

impl Input {
    /// Starts reading keys from the terminal.
    ///
    /// The thread ends with the terminal, after [`Signal::TerminalGone`], or when nobody receives the events any more.
    ///
    /// # Errors
    /// When the system has no thread or pipe left.
    pub fn start(events: Sender<Event>, signals: Sender<Signal>) -> io::Result<Self> {
        // Closed by whoever drops the other end: no byte is ever written.
        let (stopped, stop) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
        let thread = thread::Builder::new()
            .name("input".to_owned())
            .spawn(move || {
                if let End::TerminalGone = read_keys(&stopped, &events) {
                    // Nobody left to tell is as good an end.
                    let _ = signals.send(Signal::TerminalGone);
                }
            })?;
        Ok(Self {
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Stops reading and waits until it has stopped, so that another program can read the keys.
    pub fn stop(mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic there has been reported by the hook.
            let _ = thread.join();
        }
    }
}

enum End {
    Asked,
    TerminalGone,
}

fn read_keys(stopped: &OwnedFd, events: &Sender<Event>) -> End {
    loop {
        let stdin = rustix::stdio::stdin();
        let mut ready = [
            PollFd::new(&stdin, PollFlags::IN),
            PollFd::new(stopped, PollFlags::IN),
        ];
        match poll(&mut ready, None) {
            Ok(_) => {}
            Err(Errno::INTR) => continue,
            Err(_) => return End::TerminalGone,
        }
        let [tty, stop] = ready.map(|ready| ready.revents());
        if !stop.is_empty() {
            return End::Asked;
        }
        if tty.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL) {
            return End::TerminalGone;
        }
        match hand_over(events) {
            Ok(true) => {}
            Ok(false) => return End::Asked,
            Err(_) => return End::TerminalGone,
        }
    }
}

/// Sends on what can be read now; false when nobody receives it.
fn hand_over(events: &Sender<Event>) -> io::Result<bool> {
    while has_event()? {
        if let Some(event) = keys::event(crossterm::event::read()?)
            && events.send(event).is_err()
        {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether crossterm has something to hand out. It looks only while its time is not over, and a thread may be held up
/// for longer: so it is asked twice, and again where it took so long that it was.
fn has_event() -> io::Result<bool> {
    let mut n_in_vain = 0;
    while n_in_vain < 2 {
        let asked = Instant::now();
        if crossterm::event::poll(AT_ONCE)? {
            return Ok(true);
        }
        n_in_vain += u32::from(asked.elapsed() < HELD_UP);
    }
    Ok(false)
}
