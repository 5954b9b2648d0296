//! Stands before a server and ends the connection after so many bytes of its answers.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;

/// A port that leads to `to`; every connection is cut when it has brought `limit` bytes.
pub fn after(to: u16, limit: usize) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            let server = TcpStream::connect(("127.0.0.1", to)).unwrap();
            let back = (server.try_clone().unwrap(), client.try_clone().unwrap());
            thread::spawn(move || carry(client, server, usize::MAX));
            thread::spawn(move || carry(back.0, back.1, limit));
        }
    });
    port
}

fn carry(mut from: TcpStream, mut to: TcpStream, mut left: usize) {
    let mut buffer = [0; 4096];
    while left > 0 {
        let Ok(n @ 1..) = from.read(&mut buffer) else {
            break;
        };
        let n = n.min(left);
        left -= n;
        if to.write_all(&buffer[..n]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}
