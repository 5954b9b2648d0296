//! Stands between the program and the plain port and keeps every byte, so that a test can count what a command cost and
//! see what was asked. TLS would hide that, and a log of the server would have to be waited for.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::server::Server;

/// What went over one connection.
#[derive(Clone, Default)]
pub struct Traffic {
    pub asked: Vec<u8>,
    pub answered: Vec<u8>,
}

/// A listening port that leads to a server's plain port, also while that server is stopped and started.
pub struct Proxy {
    pub port: u16,
    seen: Arc<(Mutex<Vec<Traffic>>, Condvar)>,
}

impl Proxy {
    pub fn new(server: &Server) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen: Arc<(Mutex<Vec<Traffic>>, Condvar)> = Arc::default();
        let (kept, to) = (Arc::clone(&seen), server.plain_port);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                // A stopped server refuses; so does this, by hanging up.
                if let Ok(server) = TcpStream::connect(("127.0.0.1", to)) {
                    stand_between(client, server, &kept);
                }
            }
        });
        Self { port, seen }
    }

    /// What went over so far, by connection; forgotten then.
    pub fn take(&self) -> Vec<Traffic> {
        let mut seen = self.seen.0.lock().unwrap();
        let taken = seen.clone();
        for traffic in seen.iter_mut() {
            *traffic = Traffic::default();
        }
        drop(seen);
        taken
            .into_iter()
            .filter(|traffic| !traffic.asked.is_empty() || !traffic.answered.is_empty())
            .collect()
    }

    /// Waits until what went over is as it should be; nothing is forgotten.
    pub fn wait_until(&self, what: &str, is_so: impl Fn(&[Traffic]) -> bool) {
        let until = Instant::now() + Duration::from_mins(2);
        let mut seen = self.seen.0.lock().unwrap();
        while !is_so(&seen) {
            let left = until.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "never came: {what}");
            seen = self.seen.1.wait_timeout(seen, left).unwrap().0;
        }
    }
}

/// The commands of all connections, without tags.
pub fn commands(traffic: &[Traffic]) -> Vec<String> {
    let asked = traffic
        .iter()
        .map(|one| String::from_utf8_lossy(&one.asked));
    asked
        .flat_map(|asked| {
            asked
                .lines()
                .map(|line| {
                    line.split_once(' ')
                        .map_or(line, |(_, rest)| rest)
                        .to_owned()
                })
                .collect::<Vec<_>>()
        })
        .collect()
}

/// How often some bytes came from the server.
pub fn count(traffic: &[Traffic], needle: &str) -> usize {
    let windows = |one: &Traffic| {
        one.answered
            .windows(needle.len())
            .filter(|window| *window == needle.as_bytes())
            .count()
    };
    traffic.iter().map(windows).sum()
}

/// Bytes that came from the server behind the answer to the login.
pub fn bytes_after_login(traffic: &[Traffic]) -> usize {
    let behind = |one: &Traffic| {
        let text = String::from_utf8_lossy(&one.answered).into_owned();
        let at = text
            .find("Logged in\r\n")
            .map_or(0, |at| at + "Logged in\r\n".len());
        text.len() - at
    };
    traffic.iter().map(behind).sum()
}

fn stand_between(client: TcpStream, server: TcpStream, seen: &Arc<(Mutex<Vec<Traffic>>, Condvar)>) {
    let index = {
        let mut kept = seen.0.lock().unwrap();
        kept.push(Traffic::default());
        kept.len() - 1
    };
    let back = (server.try_clone().unwrap(), client.try_clone().unwrap());
    let (there, here) = (Arc::clone(seen), Arc::clone(seen));
    thread::spawn(move || {
        carry(client, server, |bytes| {
            there.0.lock().unwrap()[index]
                .asked
                .extend_from_slice(bytes);
            there.1.notify_all();
        });
    });
    thread::spawn(move || {
        carry(back.0, back.1, |bytes| {
            here.0.lock().unwrap()[index]
                .answered
                .extend_from_slice(bytes);
            here.1.notify_all();
        });
    });
}

fn carry(mut from: TcpStream, mut to: TcpStream, note: impl Fn(&[u8])) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(n @ 1..) = from.read(&mut buffer) {
        note(&buffer[..n]);
        if to.write_all(&buffer[..n]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}
