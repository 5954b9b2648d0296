//! What all connections of a server share: the state, the command log, the counters, the fault plans.

use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::demo::date;
use crate::demo::dialect::Dialect;
use crate::demo::fault::FaultPlan;
use crate::demo::incoming::Incoming;
use crate::demo::labels;
use crate::demo::smtp::manner::Manner;
use crate::demo::state::State;

/// Log entries kept; the oldest go.
const LOG_ENTRIES: usize = 100_000;

/// Which of the two servers a connection talks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Service {
    /// The mailbox.
    Imap,
    /// The submission sink.
    Smtp,
}

/// One command that a client sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    /// The server it went to.
    pub service: Service,
    /// The connection, from 1 in order of arrival at that server.
    pub connection: u32,
    /// `SELECT`, `UID FETCH`, `DONE`; upper case.
    pub name: String,
    /// The line without its end and without the bytes of literals; secrets are left out.
    pub line: String,
}

/// One submission that the sink accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// The connection it came over.
    pub connection: u32,
    /// MAIL FROM, without brackets.
    pub from: String,
    /// Each accepted RCPT TO, without brackets.
    pub to: Vec<String>,
    /// The message as it came, dots unstuffed, line ends untouched.
    pub data: Vec<u8>,
}

/// What was sent since the start, or since the counters were last taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Bytes written to IMAP clients.
    pub bytes_sent: u64,
    /// Body sections (`BODY[]`, a part, TEXT; not headers) in FETCH responses.
    pub bodies: u64,
    /// Bytes of those sections.
    pub body_bytes: u64,
}

/// The running totals behind [`Counts`].
#[derive(Default)]
pub struct Counters {
    /// See [`Counts::bytes_sent`].
    pub bytes_sent: AtomicU64,
    /// See [`Counts::bodies`].
    pub bodies: AtomicU64,
    /// See [`Counts::body_bytes`].
    pub body_bytes: AtomicU64,
}

impl Counters {
    /// The totals now.
    pub fn read(&self) -> Counts {
        Counts {
            bytes_sent: self.bytes_sent.load(Ordering::Relaxed),
            bodies: self.bodies.load(Ordering::Relaxed),
            body_bytes: self.body_bytes.load(Ordering::Relaxed),
        }
    }
}

/// One open connection.
pub struct Link {
    /// Its number.
    pub number: u32,
    /// Its server.
    pub service: Service,
    /// The socket.
    pub socket: TcpStream,
    /// Where its session waits.
    pub incoming: Incoming,
    /// Its IMAP client is logged in.
    pub is_inside: AtomicBool,
}

impl Link {
    /// Ends the connection at once, from any thread.
    pub fn cut(&self) {
        let _ = self.socket.shutdown(Shutdown::Both);
        self.incoming.close();
    }
}

/// Shared by the server, its sessions and the hooks.
pub struct Shared {
    state: Mutex<State>,
    links: Mutex<Vec<Arc<Link>>>,
    log: Mutex<Vec<Logged>>,
    log_grown: Condvar,
    /// Accepted submissions, oldest first.
    pub submissions: Mutex<Vec<Submission>>,
    /// Totals.
    pub counters: Counters,
    /// For the connections that come.
    pub dialect: Mutex<Dialect>,
    /// Faults of IMAP connections.
    pub imap_faults: Mutex<FaultPlan>,
    /// Faults of SMTP connections.
    pub smtp_faults: Mutex<FaultPlan>,
    /// What the sink offers to the connections that come.
    pub manner: Mutex<Manner>,
    /// IMAP clients that may be logged in at once; 0 for any number.
    pub room: AtomicUsize,
    /// The most IMAP clients that were logged in at once.
    pub most_inside: AtomicUsize,
    /// Seconds that the server's clock is ahead of the machine's.
    pub ahead: AtomicI64,
    /// Connections are turned away: the server is stopped or paused.
    pub closed: AtomicBool,
    /// Numbers given out: IMAP, SMTP.
    numbers: [AtomicU32; 2],
}

/// Locks, whatever happened to an earlier holder.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    /// A server's common part.
    pub fn new(state: State, dialect: Dialect, imap: FaultPlan, smtp: FaultPlan) -> Self {
        Self {
            state: Mutex::new(state),
            links: Mutex::default(),
            log: Mutex::default(),
            log_grown: Condvar::new(),
            submissions: Mutex::default(),
            counters: Counters::default(),
            dialect: Mutex::new(dialect),
            imap_faults: Mutex::new(imap),
            smtp_faults: Mutex::new(smtp),
            manner: Mutex::default(),
            room: AtomicUsize::new(0),
            most_inside: AtomicUsize::new(0),
            ahead: AtomicI64::new(0),
            closed: AtomicBool::new(false),
            numbers: [AtomicU32::new(0), AtomicU32::new(0)],
        }
    }

    /// Seconds since the epoch, by the server's clock.
    pub fn now(&self) -> i64 {
        date::now() + self.ahead.load(Ordering::Relaxed)
    }

    /// Looks at the state, or changes it in a way that no session need be told.
    pub fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Changes the state and wakes every session.
    pub fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = {
            let mut state = lock(&self.state);
            let result = change(&mut state);
            labels::settle(&mut state);
            result
        };
        for link in lock(&self.links).iter() {
            link.incoming.change();
        }
        result
    }

    /// Registers a new connection.
    pub fn join(&self, service: Service, socket: TcpStream) -> Arc<Link> {
        let [imap, smtp] = &self.numbers;
        let counter = match service {
            Service::Imap => imap,
            Service::Smtp => smtp,
        };
        let link = Arc::new(Link {
            number: counter.fetch_add(1, Ordering::Relaxed) + 1,
            service,
            socket,
            incoming: Incoming::default(),
            is_inside: AtomicBool::new(false),
        });
        lock(&self.links).push(Arc::clone(&link));
        link
    }

    /// Lets a client in, where there is room for it.
    pub fn let_in(&self, link: &Link) -> bool {
        let links = lock(&self.links);
        let inside = links
            .iter()
            .filter(|link| link.is_inside.load(Ordering::Relaxed));
        let (room, n_inside) = (self.room.load(Ordering::Relaxed), inside.count());
        let is_room = room == 0 || n_inside < room;
        link.is_inside.store(is_room, Ordering::Relaxed);
        let n_inside = n_inside + usize::from(is_room);
        self.most_inside.fetch_max(n_inside, Ordering::Relaxed);
        is_room
    }

    /// Forgets a connection that ended.
    pub fn leave(&self, link: &Arc<Link>) {
        lock(&self.links).retain(|other| !Arc::ptr_eq(other, link));
    }

    /// Ends every connection at once.
    pub fn cut_all(&self) {
        for link in lock(&self.links).iter() {
            link.cut();
        }
    }

    /// How many connections are open.
    pub fn n_connections(&self) -> usize {
        lock(&self.links).len()
    }

    /// The fault plan of a service.
    pub fn faults(&self, service: Service) -> MutexGuard<'_, FaultPlan> {
        lock(match service {
            Service::Imap => &self.imap_faults,
            Service::Smtp => &self.smtp_faults,
        })
    }

    /// Notes a command.
    pub fn note(&self, entry: Logged) {
        let mut log = lock(&self.log);
        if log.len() >= LOG_ENTRIES {
            log.drain(..LOG_ENTRIES / 2);
        }
        log.push(entry);
        self.log_grown.notify_all();
    }

    /// The commands so far.
    pub fn log(&self) -> Vec<Logged> {
        lock(&self.log).clone()
    }

    /// Empties the log.
    pub fn clear_log(&self) {
        lock(&self.log).clear();
    }

    /// Waits until the log satisfies `enough`; `false` where `within` passes first.
    pub fn await_log(&self, within: Duration, enough: impl Fn(&[Logged]) -> bool) -> bool {
        let until = Instant::now() + within;
        let mut log = lock(&self.log);
        while !enough(&log) {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            log = self
                .log_grown
                .wait_timeout(log, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        true
    }

    /// Wakes those who wait for the log, because something else they may look at changed.
    pub fn nudge(&self) {
        // Between their look and their wait they hold the log; told there, they would not hear it.
        drop(lock(&self.log));
        self.log_grown.notify_all();
    }
}
