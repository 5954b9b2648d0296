//! Stands between the program and the plain port and keeps every byte, so that a test can count what a command cost and
//! see what was asked. TLS would hide that, and a log of the server would have to be waited for.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

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
    seen: Arc<Mutex<Vec<Traffic>>>,
}

impl Proxy {
    pub fn new(server: &Server) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen: Arc<Mutex<Vec<Traffic>>> = Arc::default();
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
        let mut seen = self.seen.lock().unwrap();
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

fn stand_between(client: TcpStream, server: TcpStream, seen: &Arc<Mutex<Vec<Traffic>>>) {
    let index = {
        let mut kept = seen.lock().unwrap();
        kept.push(Traffic::default());
        kept.len() - 1
    };
    let back = (server.try_clone().unwrap(), client.try_clone().unwrap());
    let (there, here) = (Arc::clone(seen), Arc::clone(seen));
    thread::spawn(move || {
        carry(client, server, |bytes| {
            there.lock().unwrap()[index].asked.extend_from_slice(bytes);
        });
    });
    thread::spawn(move || {
        carry(back.0, back.1, |bytes| {
            here.lock().unwrap()[index]
                .answered
                .extend_from_slice(bytes);
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
