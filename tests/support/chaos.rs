//! A proxy of our own between a client and a server on loopback, that does to bytes and connections what networks do:
//! delays, narrow lines, fragments, silence, resets, half-closed ends, cuts. Everything is set by numbers, so that a seed
//! gives the same weather again; every byte is kept, so that a test can count what a command cost.

#![allow(dead_code, reason = "every test target uses a part")]

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use toxic::{Toxic, Weather};

#[path = "toxic.rs"]
pub mod toxic;

/// What went over one connection.
#[derive(Clone, Default)]
pub struct Traffic {
    pub asked: Vec<u8>,
    pub answered: Vec<u8>,
    /// How many bytes of the answers the client was given, all in all.
    pub n_given: u64,
}

/// A listening port that leads to a server's port, also while that server is stopped and started.
pub struct Proxy {
    pub port: u16,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    weather: Weather,
    /// Nobody is let through: the connection is reset.
    is_down: bool,
    /// Connections up to this number are dead: their bytes go nowhere, and nothing says so.
    n_frozen: usize,
    /// Connections up to this number have ended.
    n_ended: usize,
    seen: Vec<Traffic>,
    begun: Vec<Instant>,
}

impl Proxy {
    /// Leads to a port of 127.0.0.1.
    pub fn new(to: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::<Shared>::default();
        let there = Arc::clone(&shared);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if there.lock().is_down {
                    reset(&client);
                    continue;
                }
                // A stopped server refuses; so does this, by hanging up.
                if let Ok(server) = TcpStream::connect(("127.0.0.1", to)) {
                    stand_between(client, server, &there);
                }
            }
        });
        Self { port, shared }
    }

    /// What happens to connections made from now on.
    pub fn set(&self, weather: Weather) {
        self.change(|state| state.weather = weather);
    }

    /// Whether connections are let through from now on; those there are stay.
    pub fn set_down(&self, is_down: bool) {
        self.change(|state| state.is_down = is_down);
    }

    /// All connections there are die without a word.
    pub fn freeze(&self) {
        self.change(|state| state.n_frozen = state.seen.len());
    }

    /// All connections there are end with a reset.
    pub fn reset_all(&self) {
        self.change(|state| state.n_ended = state.seen.len());
    }

    /// How many connections there have been.
    pub fn n_connections(&self) -> usize {
        self.shared.lock().seen.len()
    }

    /// When each connection that was let through began.
    pub fn begun(&self) -> Vec<Instant> {
        self.shared.lock().begun.clone()
    }

    /// What went over so far, by connection; forgotten then.
    pub fn take(&self) -> Vec<Traffic> {
        let mut state = self.shared.lock();
        let taken = state.seen.clone();
        for traffic in &mut state.seen {
            (traffic.asked, traffic.answered) = (Vec::new(), Vec::new());
        }
        drop(state);
        taken
            .into_iter()
            .filter(|traffic| !traffic.asked.is_empty() || !traffic.answered.is_empty())
            .collect()
    }

    /// Waits until what went over is as wanted; false when the guard is over.
    pub fn await_traffic(&self, guard: Duration, is_so: impl Fn(&[Traffic]) -> bool) -> bool {
        let until = Instant::now() + guard;
        let mut state = self.shared.lock();
        while !is_so(&state.seen) {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            state = self.shared.changed.wait_timeout(state, left).unwrap().0;
        }
        true
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.shared.lock());
        self.shared.changed.notify_all();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.change(|state| (state.is_down, state.n_ended) = (true, usize::MAX));
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Waits until then, or until the connection has ended.
    fn wait(&self, index: usize, until: Option<Instant>) {
        let mut state = self.lock();
        while state.n_ended <= index {
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            match left {
                Some(left) if left.is_zero() => return,
                Some(left) => state = self.changed.wait_timeout(state, left).unwrap().0,
                None => state = self.changed.wait(state).unwrap(),
            }
        }
    }
}

/// Ends a connection so that the other side hears a reset, as soon as its last owner lets go.
fn reset(socket: &TcpStream) {
    let _ = rustix::net::sockopt::set_socket_linger(socket, Some(Duration::ZERO));
    let _ = socket.shutdown(Shutdown::Read);
}

/// Which way bytes go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Up,
    Down,
}

fn stand_between(client: TcpStream, server: TcpStream, shared: &Arc<Shared>) {
    let _ = client.set_nodelay(true);
    let _ = server.set_nodelay(true);
    let (index, weather) = {
        let mut state = shared.lock();
        state.seen.push(Traffic::default());
        state.begun.push(Instant::now());
        (state.seen.len() - 1, state.weather.clone())
    };
    let (client, server) = (Arc::new(client), Arc::new(server));
    for (way, from, to, toxics) in [
        (Way::Up, &client, &server, weather.up),
        (Way::Down, &server, &client, weather.down),
    ] {
        let carrier = Carrier {
            way,
            from: Arc::clone(from),
            to: Arc::clone(to),
            toxics,
            index,
            shared: Arc::clone(shared),
        };
        thread::spawn(move || carrier.carry());
    }
    // Ends both from outside, also where they wait for bytes.
    let shared = Arc::clone(shared);
    let ends = [Arc::downgrade(&client), Arc::downgrade(&server)];
    thread::spawn(move || {
        shared.wait(index, None);
        ends.iter()
            .filter_map(std::sync::Weak::upgrade)
            .for_each(|end| reset(&end));
    });
}

/// One direction of one connection.
struct Carrier {
    way: Way,
    from: Arc<TcpStream>,
    to: Arc<TcpStream>,
    toxics: Vec<Toxic>,
    index: usize,
    shared: Arc<Shared>,
}

impl Carrier {
    fn carry(&self) {
        let mut buffer = [0; 16 * 1024];
        let mut n_carried = 0;
        while let Ok(n @ 1..) = (&*self.from).read(&mut buffer) {
            if !self.note(&buffer[..n]) {
                return self.swallow();
            }
            let mut rest = &buffer[..n];
            while !rest.is_empty() {
                let (n, toxic) = self.next_piece(rest.len(), n_carried);
                let (piece, behind) = rest.split_at(n);
                self.delay(n);
                if !piece.is_empty() && (&*self.to).write_all(piece).is_err() {
                    return self.end();
                }
                n_carried += n as u64;
                self.given(n_carried);
                rest = behind;
                if let Some(toxic) = toxic {
                    return self.strike(toxic);
                }
            }
        }
        if !self.note(b"") {
            return self.swallow();
        }
        for toxic in &self.toxics {
            if let Toxic::SlowClose(time) = toxic {
                self.shared.wait(self.index, Some(Instant::now() + *time));
            }
        }
        self.end();
    }

    /// Keeps bytes; false where they must not go on. What was kept before a freeze has gone on.
    fn note(&self, bytes: &[u8]) -> bool {
        let mut state = self.shared.lock();
        let is_frozen = state.n_frozen > self.index;
        let traffic = &mut state.seen[self.index];
        match self.way {
            Way::Up => traffic.asked.extend_from_slice(bytes),
            Way::Down => traffic.answered.extend_from_slice(bytes),
        }
        drop(state);
        self.shared.changed.notify_all();
        !is_frozen
    }

    /// Tells how much the client was given.
    fn given(&self, n: u64) {
        if self.way == Way::Down {
            self.shared.lock().seen[self.index].n_given = n;
            self.shared.changed.notify_all();
        }
    }

    /// How many bytes go next, and what strikes behind them.
    fn next_piece(&self, n_waiting: usize, n_carried: u64) -> (usize, Option<Toxic>) {
        let mut n = n_waiting;
        for toxic in &self.toxics {
            if let Toxic::Slicer(most) = toxic {
                n = n.min(*most);
            }
        }
        let strikes = self
            .toxics
            .iter()
            .filter_map(|toxic| Some((toxic.strikes_at()?, *toxic)));
        let Some((at, toxic)) = strikes.min_by_key(|(at, _)| *at) else {
            return (n, None);
        };
        let left = usize::try_from(at.saturating_sub(n_carried)).unwrap_or(usize::MAX);
        if left <= n {
            (left, Some(toxic))
        } else {
            (n, None)
        }
    }

    fn delay(&self, n: usize) {
        let mut time = Duration::ZERO;
        for toxic in &self.toxics {
            match toxic {
                Toxic::Latency(more) => time += *more,
                Toxic::Bandwidth(per_second) => {
                    let n = u64::try_from(n).unwrap();
                    time += Duration::from_micros(n * 1_000_000 / u64::from(*per_second));
                }
                _ => {}
            }
        }
        if !time.is_zero() {
            self.shared.wait(self.index, Some(Instant::now() + time));
        }
    }

    fn strike(&self, toxic: Toxic) {
        match toxic {
            Toxic::Stall(_) => self.swallow(),
            Toxic::Reset(_) => {
                reset(&self.from);
                reset(&self.to);
            }
            Toxic::HalfClose(_) => {
                let _ = self.to.shutdown(Shutdown::Write);
                self.swallow();
            }
            _ => self.end(),
        }
    }

    /// Reads on and passes nothing, until the sender goes.
    fn swallow(&self) {
        let mut buffer = [0; 16 * 1024];
        while let Ok(n @ 1..) = (&*self.from).read(&mut buffer) {
            self.note(&buffer[..n]);
        }
        // What died without a word does not say goodbye either.
        self.shared.wait(self.index, None);
    }

    fn end(&self) {
        let _ = self.to.shutdown(Shutdown::Both);
        let _ = self.from.shutdown(Shutdown::Both);
    }
}
