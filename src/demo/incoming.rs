//! What a session waits for: bytes from its socket and changes of its mailbox, in one place, without polling.

use std::io::Read;
use std::net::TcpStream;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Unread bytes kept before the socket is left alone, so that the client feels the back-pressure.
const HIGH_WATER: usize = 4 << 20;

/// Why a wait ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Arrived {
    /// These bytes came.
    Bytes(Vec<u8>),
    /// A mailbox changed.
    Change,
    /// The connection is closed.
    Closed,
}

#[derive(Default)]
struct Inner {
    bytes: Vec<u8>,
    changed: bool,
    closed: bool,
}

/// The meeting point of a connection's reading thread, its session, and everyone who changes a mailbox.
#[derive(Default)]
pub struct Incoming {
    inner: Mutex<Inner>,
    moved: Condvar,
}

impl Incoming {
    /// Reads the socket to its end; the body of a connection's reading thread.
    ///
    /// `limit` bytes at most are accepted, then the connection counts as closed.
    pub fn pump(&self, mut socket: TcpStream, mut limit: Option<u64>) {
        let mut block = vec![0; 32 << 10];
        loop {
            match socket.read(&mut block) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Ok(0) | Err(_) => break,
                Ok(count) => {
                    let allowed = limit.map_or(count, |limit| {
                        count.min(usize::try_from(limit).unwrap_or(usize::MAX))
                    });
                    self.put(block.get(..allowed).unwrap_or_default());
                    if let Some(left) = &mut limit {
                        *left = left.saturating_sub(count as u64);
                        if *left == 0 {
                            let _ = socket.shutdown(std::net::Shutdown::Both);
                            break;
                        }
                    }
                }
            }
        }
        self.close();
    }

    fn put(&self, bytes: &[u8]) {
        let mut inner = self.lock();
        while inner.bytes.len() > HIGH_WATER && !inner.closed {
            inner = self
                .moved
                .wait(inner)
                .unwrap_or_else(PoisonError::into_inner);
        }
        inner.bytes.extend_from_slice(bytes);
        self.moved.notify_all();
    }

    /// Tells the session that a mailbox changed.
    pub fn change(&self) {
        self.lock().changed = true;
        self.moved.notify_all();
    }

    /// Ends the session's waits for good.
    pub fn close(&self) {
        self.lock().closed = true;
        self.moved.notify_all();
    }

    /// Waits for bytes, the end, or, where `changes` is set, a change. Bytes come before the end.
    pub fn wait(&self, changes: bool) -> Arrived {
        let mut inner = self.lock();
        loop {
            if !inner.bytes.is_empty() {
                let bytes = std::mem::take(&mut inner.bytes);
                self.moved.notify_all();
                return Arrived::Bytes(bytes);
            }
            if inner.closed {
                return Arrived::Closed;
            }
            if changes && inner.changed {
                inner.changed = false;
                return Arrived::Change;
            }
            inner = self
                .moved
                .wait(inner)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Whether a wait would end at once with bytes.
    pub fn has_bytes(&self) -> bool {
        !self.lock().bytes.is_empty()
    }

    /// Lets time pass, or waits for good where `pause` is `None`; ends early when the connection closes.
    pub fn rest(&self, pause: Option<Duration>) {
        let until = pause.map(|pause| Instant::now() + pause);
        let mut inner = self.lock();
        while !inner.closed {
            inner = match until {
                None => self
                    .moved
                    .wait(inner)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(until) => {
                    let left = until.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return;
                    }
                    self.moved
                        .wait_timeout(inner, left)
                        .unwrap_or_else(PoisonError::into_inner)
                        .0
                }
            };
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
