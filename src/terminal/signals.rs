//! The signal thread: turns signals into messages, and ends the process by force when it does not end by itself.
//!
//! The end of the process never depends on the drawing or the input thread.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Sender, bounded};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGWINCH};
use signal_hook::iterator::{Handle, Signals};
use signal_hook::low_level::emulate_default_handler;

use crate::channel::event::Event;
use crate::channel::signal::Signal;
use crate::terminal::screen;

/// How long an orderly end may take: the store flushes, connections say goodbye.
pub const END_LIMIT: Duration = Duration::from_secs(10);

/// How long giving the terminal back may take in a forced end; a terminal stopped by Ctrl-S would hold it for ever.
const RESTORE_LIMIT: Duration = Duration::from_secs(1);

/// Whether another program has the terminal: what is typed there to interrupt is meant for it.
static LENT: AtomicBool = AtomicBool::new(false);

/// Says that another program has the terminal, or has it no more.
pub fn lend(is_lent: bool) {
    LENT.store(is_lent, Ordering::SeqCst);
}

/// The running signal thread; dropping it stops the thread, not the handlers.
pub struct SignalThread {
    handle: Handle,
}

impl SignalThread {
    /// Starts to listen for signals. `limit` is how long the process has to end after the first that asks for it.
    ///
    /// # Errors
    /// When the system refuses a handler or a thread.
    pub fn start(
        signals: Sender<Signal>,
        events: Sender<Event>,
        limit: Duration,
    ) -> io::Result<Self> {
        let mut incoming = Signals::new([SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGWINCH, SIGCONT])?;
        let handle = incoming.handle();
        thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || {
                let mut ending = false;
                for signal in &mut incoming {
                    match signal {
                        SIGWINCH => tell_size(&events),
                        SIGCONT => _ = signals.send(Signal::Resumed),
                        SIGINT | SIGQUIT if LENT.load(Ordering::SeqCst) => {}
                        // A terminal that closes says so more than once.
                        SIGHUP if ending => {}
                        _ if ending => end_now(signal),
                        _ => {
                            ending = true;
                            let _ = signals.send(Signal::Quit);
                            end_later(signal, limit);
                        }
                    }
                }
            })?;
        Ok(Self { handle })
    }
}

impl Drop for SignalThread {
    fn drop(&mut self) {
        self.handle.close();
    }
}

fn tell_size(events: &Sender<Event>) {
    if let Ok((columns, rows)) = crossterm::terminal::size() {
        let _ = events.send(Event::Resize { columns, rows });
    }
}

fn end_later(signal: i32, limit: Duration) {
    let watch = move || {
        // Nobody sends: this is a clock that the end of the process stops.
        let (_sender, never) = bounded::<()>(0);
        let _ = never.recv_timeout(limit);
        end_now(signal);
    };
    if thread::Builder::new()
        .name("last watch".to_owned())
        .spawn(watch)
        .is_err()
    {
        end_now(signal);
    }
}

/// Ends the process by the signal itself: what waits for us learns why, and no library's exit handler runs beside
/// threads that still use the library. Everything that was promised is on the disk already.
fn end_now(signal: i32) {
    let (done, restored) = bounded::<()>(1);
    let restore = thread::Builder::new().spawn(move || {
        screen::restore();
        let _ = done.send(());
    });
    if restore.is_ok() {
        let _ = restored.recv_timeout(RESTORE_LIMIT);
    }
    let _ = emulate_default_handler(signal);
}
