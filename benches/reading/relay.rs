//! Stands between client and server: notes what passes and when, makes the way longer if asked, or blocks it.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use sterna::store::background;

/// Bytes that passed at once.
struct Chunk {
    /// When they left the client, or reached it.
    at: Instant,
    connection: usize,
    from_server: bool,
    n_bytes: usize,
    is_login_reply: bool,
}

/// A relay on a port of its own; its threads end with their connections.
pub struct Relay {
    /// Where to connect.
    pub port: u16,
    log: Arc<Mutex<Vec<Chunk>>>,
    is_stalled: Arc<AtomicBool>,
}

/// What the two directions of a connection share.
#[derive(Clone)]
struct Way {
    connection: usize,
    delay: Duration,
    log: Arc<Mutex<Vec<Chunk>>>,
    is_stalled: Arc<AtomicBool>,
}

impl Relay {
    /// Relays to a port of this machine; `delay` is the time of one way.
    pub fn start(server: u16, delay: Duration) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let log = Arc::new(Mutex::new(Vec::new()));
        let is_stalled = Arc::new(AtomicBool::new(false));
        let relay = Self {
            port,
            log: Arc::clone(&log),
            is_stalled: Arc::clone(&is_stalled),
        };
        thread::spawn(move || {
            for (connection, client) in listener.incoming().flatten().enumerate() {
                let Ok(there) = TcpStream::connect(("127.0.0.1", server)) else {
                    continue;
                };
                for stream in [&client, &there] {
                    stream.set_nodelay(true).unwrap();
                }
                let (client_too, there_too) =
                    (client.try_clone().unwrap(), there.try_clone().unwrap());
                let up = Way {
                    connection,
                    delay,
                    log: Arc::clone(&log),
                    is_stalled: Arc::clone(&is_stalled),
                };
                let down = up.clone();
                thread::spawn(move || pass(client, there, false, &up));
                thread::spawn(move || pass(there_too, client_too, true, &down));
            }
        });
        relay
    }

    /// From now on nothing passes, and no connection ends.
    pub fn stall(&self) {
        self.is_stalled.store(true, Ordering::Relaxed);
    }

    /// How often the first connection's client heard the server after it had spoken: so often one waits for the way there
    /// and back.
    pub fn turns(&self, until: Instant) -> usize {
        let log = self.log.lock().unwrap();
        let mut chunks: Vec<&Chunk> = log
            .iter()
            .filter(|chunk| chunk.connection == 0 && chunk.at <= until)
            .collect();
        chunks.sort_by_key(|chunk| chunk.at);
        let (mut n, mut has_spoken) = (0, false);
        for chunk in chunks {
            n += usize::from(has_spoken && chunk.from_server);
            has_spoken = !chunk.from_server;
        }
        n
    }

    /// When the answer to the first login passed.
    pub fn login_reply(&self) -> Option<Instant> {
        let log = self.log.lock().unwrap();
        log.iter()
            .find(|chunk| chunk.is_login_reply)
            .map(|chunk| chunk.at)
    }

    /// Bytes of the server after `from`, until `until`, logins of further connections included; and how many
    /// connections there were.
    pub fn received(&self, from: Instant, until: Instant) -> (usize, usize) {
        let log = self.log.lock().unwrap();
        let within = |chunk: &&Chunk| chunk.at > from && chunk.at <= until;
        let n_bytes = log
            .iter()
            .filter(within)
            .filter(|chunk| chunk.from_server)
            .map(|chunk| chunk.n_bytes)
            .sum();
        let n_connections = log
            .iter()
            .map(|chunk| chunk.connection + 1)
            .max()
            .unwrap_or(0);
        (n_bytes, n_connections)
    }
}

/// Passes on what comes. A real way takes no processor time from the programs at its ends: this one gives way to them.
fn pass(mut from: TcpStream, mut to: TcpStream, from_server: bool, way: &Way) {
    background::give_way();
    let (sender, receiver) = crossbeam_channel::unbounded::<(Instant, Vec<u8>)>();
    let is_stalled = Arc::clone(&way.is_stalled);
    let writer = thread::spawn(move || {
        background::give_way();
        for (due, bytes) in receiver {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            while is_stalled.load(Ordering::Relaxed) {
                thread::sleep(Duration::from_millis(50));
            }
            if to.write_all(&bytes).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
    });
    let mut buffer = vec![0; 64 * 1024];
    let mut is_logged_in = false;
    while let Ok(n @ 1..) = from.read(&mut buffer) {
        let bytes = &buffer[..n];
        let now = Instant::now();
        let due = now + way.delay;
        // The first tagged OK is the answer to the login: capabilities come with the greeting.
        let is_login_reply = from_server
            && !is_logged_in
            && bytes.split(|byte| *byte == b'\n').any(|line| {
                !line.starts_with(b"*") && line.windows(4).take(12).any(|word| word == b" OK ")
            });
        is_logged_in |= is_login_reply;
        way.log.lock().unwrap().push(Chunk {
            at: if from_server { due } else { now },
            connection: way.connection,
            from_server,
            n_bytes: n,
            is_login_reply,
        });
        if sender.send((due, bytes.to_vec())).is_err() {
            break;
        }
    }
    drop(sender);
    let _ = writer.join();
}
