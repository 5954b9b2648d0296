//! A scripted IMAP server on loopback: says and hears what it is told, once.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use sterna::channel::error::RemoteError;
use sterna::mail::account::{Endpoint, Security};
use sterna::mail::secret::Secret;
use sterna::remote::response::{Received, Status};
use sterna::remote::session::Session;
use sterna::remote::strategy::capability::Capabilities;

pub const GUARD: Duration = Duration::from_mins(1);

/// What the script does: say bytes, or take a line that begins so.
#[derive(Clone)]
pub enum Step {
    Say(Vec<u8>),
    Hear(&'static str),
    /// Take so many bytes, whatever they are.
    Take(usize),
}

pub fn say(text: &str) -> Step {
    Step::Say(format!("{text}\r\n").into_bytes())
}

pub struct Server {
    pub endpoint: Endpoint,
    /// Everything the client sent.
    pub heard: JoinHandle<String>,
}

/// Plays one connection, then reads until the client closes.
pub fn serve(steps: Vec<Step>) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let heard = thread::spawn(move || {
        let (socket, _) = listener.accept().unwrap();
        socket.set_read_timeout(Some(GUARD)).unwrap();
        socket.set_nodelay(true).unwrap(); // What is said in two steps comes in two segments.
        let mut reader = BufReader::new(socket.try_clone().unwrap());
        let mut writer = socket;
        let mut heard = String::new();
        for step in steps {
            match step {
                Step::Say(bytes) => {
                    if writer.write_all(&bytes).is_err() {
                        break;
                    }
                }
                Step::Hear(expected) => {
                    let mut line = String::new();
                    let _ = reader.read_line(&mut line);
                    heard.push_str(&line);
                    if !line.starts_with(expected) {
                        heard.push_str("?? ");
                        heard.push_str(expected);
                        break;
                    }
                }
                Step::Take(n) => {
                    let mut bytes = vec![0; n];
                    let _ = reader.read_exact(&mut bytes);
                    heard.push_str(&String::from_utf8_lossy(&bytes));
                }
            }
        }
        let _ = writer.shutdown(std::net::Shutdown::Write);
        let mut rest = Vec::new();
        let _ = reader.read_to_end(&mut rest);
        heard.push_str(&String::from_utf8_lossy(&rest));
        heard
    });
    Server {
        endpoint: Endpoint {
            host: "127.0.0.1".to_owned(),
            port,
            security: Security::Plain,
            ca_file: None,
        },
        heard,
    }
}

pub fn open(server: &Server) -> Result<Session, RemoteError> {
    let secret = Secret::new("gehe\"im".to_owned());
    let mut session = Session::open(&server.endpoint, "anna", &secret, &["MOVE".to_owned()])?;
    session.know(&[])?;
    Ok(session)
}

/// What came until nothing is in flight any more, or the connection died.
pub fn all(session: &mut Session) -> (Vec<Received>, Option<RemoteError>) {
    let mut seen = Vec::new();
    loop {
        while let Some(received) = session.next() {
            seen.push(received);
        }
        if session.in_flight() == 0 {
            return (seen, None);
        }
        if let Err(error) = session.wait(None, Instant::now() + GUARD) {
            return (seen, Some(error));
        }
    }
}

pub fn done(received: &Received) -> Option<Status> {
    match received {
        Received::Done { status, .. } => Some(*status),
        _ => None,
    }
}

pub const IR: &str = "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR LITERAL+] ready";

/// A session without login, and the script's other end.
pub fn bare(capabilities: &[&str], steps: Vec<Step>) -> (Session, JoinHandle<String>) {
    let server = serve(steps);
    let socket = TcpStream::connect(("127.0.0.1", server.endpoint.port)).unwrap();
    let wire = sterna::remote::wire::Wire::over(socket).unwrap();
    let names: Vec<String> = capabilities.iter().map(|name| (*name).to_owned()).collect();
    let session = Session::over(wire, "test", Capabilities::new(&names, &[]));
    (session, server.heard)
}
