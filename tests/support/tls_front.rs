//! TLS before a plain server: from the first byte or by STARTTLS, with a certificate of the test's choice, and with
//! words of an attacker put in where TLS does not protect them.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsFd as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use openssl::ssl::{SslAcceptor, SslMethod, SslStream, SslVersion};
use rustix::event::{PollFd, PollFlags, poll};

use crate::certificates::Identity;

/// What happens before TLS.
#[derive(Clone)]
pub enum Before {
    /// TLS comes first.
    Nothing,
    /// A greeting, then STARTTLS.
    StartTls(Words),
}

/// The clear words of a server, or of somebody in between.
#[derive(Clone)]
pub struct Words {
    pub greeting: Vec<u8>,
    /// Before the answer to STARTTLS.
    pub before_answer: Vec<u8>,
    /// Behind it, in the same segment.
    pub behind_answer: Vec<u8>,
}

impl Words {
    /// Those of a submission server.
    pub fn smtp() -> Self {
        Self {
            greeting: b"220 front ESMTP ready\r\n".to_vec(),
            ..Self::default()
        }
    }
}

impl Default for Words {
    fn default() -> Self {
        Self {
            greeting: b"* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready\r\n".to_vec(),
            before_answer: Vec::new(),
            behind_answer: Vec::new(),
        }
    }
}

/// A running front.
pub struct Front {
    pub port: u16,
    /// What clients said in clear.
    pub clear: Arc<Mutex<Vec<u8>>>,
    /// How many bytes they said inside TLS.
    pub n_secret: Arc<AtomicUsize>,
}

#[derive(Clone)]
struct Plan {
    acceptor: SslAcceptor,
    before: Before,
    behind: SocketAddr,
    clear: Arc<Mutex<Vec<u8>>>,
    n_secret: Arc<AtomicUsize>,
}

impl Front {
    pub fn start(behind: SocketAddr, identity: &Identity, before: Before) -> Self {
        Self::with_version(behind, identity, before, None)
    }

    pub fn with_version(
        behind: SocketAddr,
        identity: &Identity,
        before: Before,
        only: Option<SslVersion>,
    ) -> Self {
        let mut acceptor = SslAcceptor::mozilla_intermediate(SslMethod::tls()).unwrap();
        acceptor.set_private_key(&identity.key).unwrap();
        acceptor.set_certificate(&identity.certificate).unwrap();
        for certificate in &identity.chain {
            acceptor.add_extra_chain_cert(certificate.clone()).unwrap();
        }
        if only.is_some() {
            // What is too old for a client of ours is too old for OpenSSL's defaults as well.
            acceptor.set_cipher_list("ALL:@SECLEVEL=0").unwrap();
            acceptor.set_min_proto_version(only).unwrap();
            acceptor.set_max_proto_version(only).unwrap();
        }
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (clear, n_secret) = (Arc::default(), Arc::default());
        let plan = Plan {
            acceptor: acceptor.build(),
            before,
            behind,
            clear: Arc::clone(&clear),
            n_secret: Arc::clone(&n_secret),
        };
        thread::spawn(move || {
            for socket in listener.incoming() {
                let (plan, socket) = (plan.clone(), socket.unwrap());
                // A client that goes away is the test's business, not the front's.
                thread::spawn(move || plan.serve(socket));
            }
        });
        Self {
            port,
            clear,
            n_secret,
        }
    }

    pub fn n_secret(&self) -> usize {
        self.n_secret.load(Ordering::SeqCst)
    }

    pub fn clear(&self) -> String {
        String::from_utf8_lossy(&self.clear.lock().unwrap()).into_owned()
    }
}

impl Plan {
    fn serve(&self, mut socket: TcpStream) -> Option<()> {
        socket.set_nodelay(true).ok()?;
        if let Before::StartTls(words) = &self.before {
            self.speak_clear(&mut socket, words)?;
        }
        let stream = self.acceptor.accept(socket).ok()?;
        let behind = TcpStream::connect(self.behind).ok()?;
        if matches!(self.before, Before::StartTls(_)) {
            // Behind STARTTLS there is no second greeting.
            BufReader::with_capacity(1, &behind)
                .read_until(b'\n', &mut Vec::new())
                .ok()?;
        }
        self.relay(stream, behind)
    }

    /// Until the client has been told that TLS may begin.
    fn speak_clear(&self, socket: &mut TcpStream, words: &Words) -> Option<()> {
        socket.write_all(&words.greeting).ok()?;
        let mut reader = BufReader::with_capacity(1, socket.try_clone().ok()?);
        loop {
            let mut line = Vec::new();
            if reader.read_until(b'\n', &mut line).ok()? == 0 {
                return None;
            }
            self.clear.lock().unwrap().extend_from_slice(&line);
            let line = String::from_utf8_lossy(&line).into_owned();
            let (yes, no) = match line.trim_end().split_once(' ') {
                None if line.trim_end() == "STARTTLS" => ("220 go".to_owned(), None),
                None => (String::new(), Some("530 not in clear".to_owned())),
                Some(("EHLO", _)) => {
                    let offers = "250-front\r\n250-AUTH PLAIN LOGIN\r\n250 STARTTLS";
                    (String::new(), Some(offers.to_owned()))
                }
                Some((tag, "STARTTLS")) => (format!("{tag} OK go"), None),
                Some((tag, _)) => (String::new(), Some(format!("{tag} NO not in clear"))),
            };
            if let Some(no) = no {
                socket.write_all(format!("{no}\r\n").as_bytes()).ok()?;
                continue;
            }
            let mut answer = words.before_answer.clone();
            answer.extend_from_slice(format!("{yes}\r\n").as_bytes());
            answer.extend_from_slice(&words.behind_answer);
            socket.write_all(&answer).ok()?;
            return Some(());
        }
    }

    fn relay(&self, mut stream: SslStream<TcpStream>, mut behind: TcpStream) -> Option<()> {
        let mut buffer = [0; 16_384];
        loop {
            if stream.ssl().pending() == 0 {
                let (has_client, has_server) = ready(stream.get_ref(), &behind)?;
                if has_server {
                    let n = behind.read(&mut buffer).ok().filter(|n| *n > 0)?;
                    stream.write_all(&buffer[..n]).ok()?;
                }
                if !has_client {
                    continue;
                }
            }
            let n = stream.read(&mut buffer).ok().filter(|n| *n > 0)?;
            self.n_secret.fetch_add(n, Ordering::SeqCst);
            behind.write_all(&buffer[..n]).ok()?;
        }
    }
}

/// Waits for either; which of them has something to say.
fn ready(client: &TcpStream, server: &TcpStream) -> Option<(bool, bool)> {
    let (client, server) = (client.as_fd(), server.as_fd());
    let mut both = [
        PollFd::new(&client, PollFlags::IN),
        PollFd::new(&server, PollFlags::IN),
    ];
    poll(&mut both, None).ok()?;
    let has = |fd: &PollFd<'_>| fd.revents().intersects(PollFlags::IN | PollFlags::HUP);
    Some((has(&both[0]), has(&both[1])))
}
