//! COMPRESS=DEFLATE on the wire: where it begins, how it is cut, what a server may not do with it. RFC 4978.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    missing_docs
)]

#[allow(dead_code)]
#[path = "support/script.rs"]
mod script;

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};
use sterna::channel::error::RemoteError;
use sterna::remote::command::Command;
use sterna::remote::command::idle;
use sterna::remote::command::select;
use sterna::remote::response::{Received, Status, Untagged};
use sterna::remote::session::Session;
use sterna::remote::strategy::capability::Capabilities;
use sterna::remote::wire::Wire;
use sterna::remote::wire::deflate;

use script::{GUARD, all, done};

/// The server's side of a connection, with or without compression.
struct Peer {
    socket: TcpStream,
    heard: Vec<u8>,
    deflater: Compress,
    inflater: Option<Decompress>,
}

impl Peer {
    /// A session, and what `play` does on the other side of it.
    fn play<T: Send + 'static>(
        play: impl FnOnce(Peer) -> T + Send + 'static,
    ) -> (Session, JoinHandle<T>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let thread = thread::spawn(move || {
            let (socket, _) = listener.accept().unwrap();
            socket.set_nodelay(true).unwrap();
            socket.set_read_timeout(Some(GUARD)).unwrap();
            play(Peer {
                socket,
                heard: Vec::new(),
                deflater: Compress::new(Compression::default(), false),
                inflater: None,
            })
        });
        let wire = Wire::over(TcpStream::connect(("127.0.0.1", port)).unwrap()).unwrap();
        (Session::over(wire, "test", Capabilities::default()), thread)
    }

    fn deflated(&mut self, bytes: &[u8], flush: FlushCompress) -> Vec<u8> {
        let mut out = Vec::new();
        let mut rest = bytes;
        while !rest.is_empty() || out.len() == out.capacity() {
            out.reserve(rest.len() / 8 + 64);
            let before = self.deflater.total_in();
            self.deflater.compress_vec(rest, &mut out, flush).unwrap();
            let n = self.deflater.total_in() - before;
            rest = &rest[usize::try_from(n).unwrap()..];
        }
        out
    }

    /// Says a line, and all that a line holds.
    fn say(&mut self, text: &str) {
        let mut bytes = format!("{text}\r\n").into_bytes();
        if self.inflater.is_some() {
            bytes = self.deflated(&bytes, FlushCompress::Sync);
        }
        self.socket.write_all(&bytes).unwrap();
    }

    /// The next line.
    fn hear(&mut self) -> String {
        let mut seen = 0;
        loop {
            let new = self.heard[seen..].iter().position(|byte| *byte == b'\n');
            if let Some(at) = new.map(|at| seen + at) {
                let line: Vec<u8> = self.heard.drain(..=at).collect();
                return String::from_utf8(line).unwrap().trim_end().to_owned();
            }
            seen = self.heard.len();
            let mut raw = vec![0; 64 * 1024];
            let n = match self.socket.read(&mut raw) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue, // Stopped for a while.
                read => read.unwrap(),
            };
            assert!(
                n > 0,
                "closed behind {:?}",
                String::from_utf8_lossy(&self.heard)
            );
            let Some(inflater) = &mut self.inflater else {
                self.heard.extend_from_slice(&raw[..n]);
                continue;
            };
            let mut out = Vec::with_capacity(1 << 20);
            let before = inflater.total_in();
            inflater
                .decompress_vec(&raw[..n], &mut out, FlushDecompress::None)
                .unwrap();
            assert_eq!(inflater.total_in() - before, n as u64);
            self.heard.extend(out);
        }
    }

    /// Takes COMPRESS and begins.
    fn compress(&mut self, tag: &str) {
        assert_eq!(self.hear(), format!("{tag} COMPRESS DEFLATE"));
        assert_eq!(self.heard, b"", "nothing may follow until the answer");
        self.say(&format!("{tag} OK from here on"));
        self.inflater = Some(Decompress::new(false));
    }
}

fn words(seen: &[Received]) -> Vec<String> {
    seen.iter()
        .map(|received| match received {
            Received::Untagged(Untagged::Exists(n)) => format!("{n} exist"),
            Received::Untagged(Untagged::Fetch(fetch)) => {
                format!("{} bytes", fetch.sections[0].data.size_bytes())
            }
            Received::Untagged(Untagged::Condition { .. }) => "condition".to_owned(),
            Received::Done { tag, status, .. } => format!("{tag} {status:?}"),
            other => format!("{other:?}"),
        })
        .collect()
}

#[test]
fn what_is_queued_behind_waits_for_the_answer_and_is_compressed() {
    let (mut session, peer) = Peer::play(|mut peer| {
        assert_eq!(peer.hear(), "S1 NOOP");
        peer.compress("S2");
        peer.say("* 1 EXISTS");
        assert_eq!(peer.hear(), "S3 NOOP");
        assert_eq!(peer.hear(), "S4 X {5}");
        peer.say("S1 OK late\r\nS3 OK\r\n+ go");
        assert_eq!(peer.hear(), "hello");
        peer.say("S4 OK");
    });
    session.send(select::noop());
    session.send(deflate::compress());
    session.send(select::noop());
    session.send(Command::new("X").literal(b"hello".to_vec()).unwrap());
    let (seen, error) = all(&mut session);
    assert!(error.is_none(), "{error:?}");
    assert_eq!(
        words(&seen),
        ["S2 Ok", "1 exist", "S1 Ok", "S3 Ok", "S4 Ok"]
    );
    peer.join().unwrap();
}

#[test]
fn a_refusal_goes_on_as_before() {
    for answer in ["NO [COMPRESSIONACTIVE] it is on below", "BAD what"] {
        let (mut session, peer) = Peer::play(move |mut peer| {
            assert_eq!(peer.hear(), "S1 COMPRESS DEFLATE");
            peer.say(&format!("S1 {answer}\r\n* 1 EXISTS"));
            assert_eq!(peer.hear(), "S2 NOOP");
            peer.say("S2 OK");
        });
        session.send(deflate::compress());
        session.send(select::noop());
        let (seen, error) = all(&mut session);
        assert!(error.is_none(), "{error:?}");
        let first = if answer.starts_with("NO") {
            "S1 No"
        } else {
            "S1 Bad"
        };
        assert_eq!(words(&seen), [first, "1 exist", "S2 Ok"]);
        peer.join().unwrap();
    }
}

/// The answer, and what is compressed behind it, in any two segments.
#[test]
fn the_border_may_lie_anywhere_in_a_segment() {
    let mut n_cuts = 1;
    let mut cut = 0;
    while cut < n_cuts {
        let (mut session, peer) = Peer::play(move |mut peer| {
            assert_eq!(peer.hear(), "S1 NOOP");
            assert_eq!(peer.hear(), "S2 COMPRESS DEFLATE");
            let mut stream =
                b"* 1 FETCH (BODY[] {10}\r\nS2 OK no\r\n)\r\nS1 OK\r\nS2 OK yes\r\n".to_vec();
            let plain =
                b"* 2 EXISTS\r\n* 1 FETCH (BODY[] {13}\r\nS2 OK again\r\n)\r\n* 3 EXISTS\r\n";
            stream.extend(peer.deflated(plain, FlushCompress::Sync));
            stream.extend(peer.deflated(b"* BYE\r\n", FlushCompress::Finish));
            let (first, second) = stream.split_at(cut);
            peer.socket.write_all(first).unwrap();
            peer.socket.write_all(second).unwrap();
            stream.len()
        });
        session.send(select::noop());
        session.send(deflate::compress());
        let mut seen = Vec::new();
        while session.wait(None, Instant::now() + GUARD).is_ok() {
            while let Some(received) = session.next() {
                seen.push(received);
            }
        }
        let expected = [
            "10 bytes",
            "S1 Ok",
            "S2 Ok",
            "2 exist",
            "13 bytes",
            "3 exist",
            "condition",
        ];
        assert_eq!(words(&seen), expected, "cut at {cut}");
        n_cuts = peer.join().unwrap();
        cut += 1;
    }
    assert!(n_cuts > 100);
}

#[test]
fn idle_works_over_it() {
    let (mut session, peer) = Peer::play(|mut peer| {
        peer.compress("S1");
        assert_eq!(peer.hear(), "S2 IDLE");
        peer.say("+ idling");
        peer.say("* 7 EXISTS");
        assert_eq!(peer.hear(), "DONE");
        assert_eq!(peer.hear(), "S3 NOOP");
        peer.say("S2 OK\r\nS3 OK");
    });
    session.send(deflate::compress());
    session.send(idle::idle());
    let mut seen = Vec::new();
    while !words(&seen).contains(&"7 exist".to_owned()) {
        session.wait(None, Instant::now() + GUARD).unwrap();
        while let Some(received) = session.next() {
            seen.push(received);
        }
    }
    session.end_idle();
    session.send(select::noop());
    let (seen, error) = all(&mut session);
    assert!(error.is_none(), "{error:?}");
    assert_eq!(words(&seen), ["S2 Ok", "S3 Ok"]);
    peer.join().unwrap();
}

/// Both sides have more to say than any buffer holds, and neither waits for the other.
#[test]
fn large_data_in_both_directions_does_not_block() {
    const MANY: usize = 8 << 20;
    // Random enough that it stays large.
    let noise = |mut x: u32| -> Vec<u8> {
        (0..MANY)
            .map(|_| {
                x = x.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                b'!' + ((x >> 24) % 90) as u8
            })
            .collect()
    };
    let (mut session, peer) = Peer::play(move |mut peer| {
        peer.compress("S1");
        assert_eq!(peer.hear(), format!("S2 X {{{MANY}}}"));
        peer.say("+ go");
        let body = noise(1);
        let mut writer = peer.socket.try_clone().unwrap();
        let mut answer = format!("* 1 FETCH (BODY[] {{{MANY}}}\r\n").into_bytes();
        answer.extend(body);
        answer.extend_from_slice(b")\r\n");
        let compressed = peer.deflated(&answer, FlushCompress::Sync);
        let saying = thread::spawn(move || writer.write_all(&compressed).unwrap());
        let line = peer.hear();
        saying.join().unwrap();
        peer.say("S2 OK");
        line.into_bytes() == noise(2)
    });
    session.send(deflate::compress());
    session.send(Command::new("X").literal(noise(2)).unwrap());
    let (seen, error) = all(&mut session);
    assert!(error.is_none(), "{error:?}");
    assert_eq!(
        words(&seen),
        [
            "S1 Ok".to_owned(),
            format!("{MANY} bytes"),
            "S2 Ok".to_owned()
        ]
    );
    let Received::Untagged(Untagged::Fetch(fetch)) = &seen[1] else {
        unreachable!()
    };
    assert_eq!(
        fetch.sections[0].data.clone().into_bytes(u64::MAX).unwrap(),
        noise(1)
    );
    assert!(peer.join().unwrap(), "the server heard something else");
    assert!(session.counters().n_sent < MANY as u64 && session.counters().n_received < MANY as u64);
}

/// What ends the session, said in words, when the server sends this behind its OK.
fn end_of(
    bytes: impl FnOnce(&mut Peer) -> Vec<u8> + Send + 'static,
) -> (Vec<Received>, RemoteError) {
    let (mut session, peer) = Peer::play(move |mut peer| {
        peer.compress("S1");
        let bytes = bytes(&mut peer);
        // The client may hang up before all of it is sent.
        let _ = peer.socket.write_all(&bytes);
        let mut rest = Vec::new();
        let _ = peer.socket.read_to_end(&mut rest);
    });
    session.send(deflate::compress());
    session.send(select::noop());
    let (seen, error) = all(&mut session);
    drop(session);
    peer.join().unwrap();
    (seen, error.unwrap())
}

#[test]
fn a_bomb_closes_the_connection() {
    // A line without end, and the middle of a literal: the caps of the framer alone would let both go on.
    for head in ["* OK ", "* 1 FETCH (BODY[] {1000000000}\r\n"] {
        let (seen, error) = end_of(move |peer| {
            let mut bytes = peer.deflated(head.as_bytes(), FlushCompress::None);
            let zeros = vec![0; 1 << 20];
            for _ in 0..64 {
                bytes.extend(peer.deflated(&zeros, FlushCompress::None));
            }
            bytes.extend(peer.deflated(b"", FlushCompress::Sync));
            assert!(bytes.len() < 128 * 1024);
            bytes
        });
        assert_eq!(words(&seen), ["S1 Ok"]);
        assert_eq!(
            error.to_string(),
            "the server and Sterna did not understand each other: test sent compressed data that swells too much"
        );
    }
}

#[test]
fn what_is_not_compressed_closes_the_connection() {
    let (_, error) = end_of(|_| b"gibberish in clear\r\n".to_vec());
    assert!(
        error
            .to_string()
            .contains("test sent compressed data that cannot be read"),
        "{error}"
    );
    assert!(matches!(error, RemoteError::Protocol { .. }));
}

#[test]
fn a_stream_that_ends_is_the_end() {
    let (seen, error) = end_of(|peer| {
        let mut bytes = peer.deflated(b"* BYE enough\r\n", FlushCompress::Finish);
        bytes.extend_from_slice(b"S2 OK forged\r\n");
        bytes
    });
    assert_eq!(words(&seen), ["S1 Ok", "condition"]);
    assert!(error.to_string().contains("enough"), "{error}");
    assert!(
        seen.iter()
            .filter_map(done)
            .all(|status| status == Status::Ok)
    );
}
