//! Opens the stream to a server: name, address, TCP, TLS. Says nothing to it beyond STARTTLS.

pub(super) mod certificate;
pub mod door;
pub mod starttls;
pub(super) mod tls;

use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs as _};
use std::os::fd::AsFd as _;
use std::time::{Duration, Instant};

use rustix::net::sockopt;

use crate::channel::certificate::Certificate;
use crate::channel::error::RemoteError;
use crate::mail::account::{Endpoint, Protocol, Security};
use crate::mail::safe_text::SafeText;
use crate::remote::connect::certificate::Peer;
use crate::remote::connect::door::Door;
use crate::remote::connect::tls::Refused;
use crate::remote::strategy::Choice;
use crate::remote::wire::Wire;
use crate::remote::wire::stream::{Stream, wait};

/// How long the name may take to be looked up.
const RESOLVE_DEADLINE: Duration = Duration::from_secs(15);
/// How long one address may take to answer, and all of them together.
const CONNECT_DEADLINES: (Duration, Duration) = (Duration::from_secs(10), Duration::from_secs(30));
/// How long a server may take to show that it speaks TLS, where nobody asked for it.
const PROBE_DEADLINE: Duration = Duration::from_secs(5);
/// Addresses of a name that are tried.
const MAX_ADDRESSES: usize = 8;

/// A step on the way to a session, told when it is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The host name stands for these addresses, at least one.
    Resolved(Vec<IpAddr>),
    /// A TCP connection stands.
    Connected(SocketAddr),
    /// TLS stands, behind this certificate; not told for a plain connection. `None` where it cannot be described.
    Secured(Option<Box<Certificate>>),
    /// The server greeted, in these words; before TLS they are nobody's, and empty.
    Greeted(SafeText),
    /// The credentials were accepted, shown in this way.
    LoggedIn(Box<Choice>),
}

/// Brings a fresh connection to where TLS begins, in the words of a protocol.
pub(crate) type AskTls = fn(TcpStream, &Endpoint) -> Result<TcpStream, RemoteError>;

/// Connects to a mail server, as protected as the endpoint demands, and judges its certificate.
///
/// # Errors
/// [`RemoteError::Offline`] where nobody answers, [`RemoteError::Insecure`] where the protection cannot be had,
/// [`RemoteError::Untrusted`] where the certificate is not accepted.
pub fn connect(door: &Door<'_>, tell: &mut dyn FnMut(Step)) -> Result<Wire, RemoteError> {
    stream(door, starttls::upgrade, tell).map(Wire::new)
}

/// The same for a server of either protocol.
pub(crate) fn stream(
    door: &Door<'_>,
    ask_tls: AskTls,
    tell: &mut dyn FnMut(Step),
) -> Result<Stream, RemoteError> {
    let endpoint = door.endpoint;
    let before_tls = |socket| match endpoint.security {
        Security::StartTls => ask_tls(socket, endpoint),
        _ => Ok(socket),
    };
    let addresses = resolve(endpoint, RESOLVE_DEADLINE, |name| {
        name.to_socket_addrs().map(Iterator::collect)
    })?;
    tell(Step::Resolved(
        addresses.iter().map(SocketAddr::ip).collect(),
    ));
    let (address, socket) = reach(door, &addresses, CONNECT_DEADLINES)?;
    tell(Step::Connected(address));
    match endpoint.security {
        Security::Plain => return Ok(Stream::Plain(socket)),
        Security::StartTls => refuse_tls_first(door, address, &socket)?,
        Security::Tls => {}
    }
    let socket = before_tls(socket)?;
    if endpoint.security == Security::StartTls {
        tell(Step::Greeted(SafeText::default()));
    }
    match tls::secure(door, socket) {
        Ok(stream) => {
            let peer = Peer::of(&stream);
            let certificate = peer.and_then(|peer| peer.describe());
            tell(Step::Secured(certificate.map(Box::new)));
            Ok(Stream::Tls(Box::new(stream)))
        }
        Err(Refused::Certificate(peer, reason, mend)) => {
            Err(tls::untrusted(door, reason, Some(&peer), Some(mend)))
        }
        Err(Refused::Chain(reason)) => {
            // The handshake that failed kept the certificate to itself: a second one, which says nothing, shows it.
            let again = reach(door, &addresses, CONNECT_DEADLINES)
                .and_then(|(_, socket)| before_tls(socket))
                .ok();
            let peer = again.and_then(|socket| tls::look(endpoint, socket, tls::DEADLINE));
            Err(tls::untrusted(door, reason, peer.as_ref(), None))
        }
        Err(Refused::Other(error)) => Err(error),
    }
}

/// Refuses a server that speaks TLS from the first byte where it has to greet in clear: it waits for the client, and the
/// client for it. A second connection shows whether that is so; a server that is only slow is waited for.
fn refuse_tls_first(
    door: &Door<'_>,
    address: SocketAddr,
    socket: &TcpStream,
) -> Result<(), RemoteError> {
    let until = Instant::now() + door.hush;
    // Whatever comes, be it the end, is for whoever reads it.
    while socket
        .peek(&mut [0])
        .is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    {
        if Instant::now() < until {
            let _ = wait(socket.as_fd(), None, false, until);
            continue;
        }
        let endpoint = door.endpoint;
        let second = open(&address, CONNECT_DEADLINES.0).ok();
        let peer = second.and_then(|second| tls::look(endpoint, second, PROBE_DEADLINE));
        return match peer {
            None => Ok(()),
            Some(_) => Err(insecure(&format!(
                "{}:{} speaks TLS from the first byte; security = \"tls\" is meant",
                endpoint.host, endpoint.port
            ))),
        };
    }
    Ok(())
}

/// The addresses of a host, at least one. The system's resolver knows no deadline, so it works on a thread of its own,
/// which is left behind when it takes too long.
fn resolve(
    endpoint: &Endpoint,
    deadline: Duration,
    look_up: fn((&str, u16)) -> io::Result<Vec<SocketAddr>>,
) -> Result<Vec<SocketAddr>, RemoteError> {
    let (host, port) = (endpoint.host.clone(), endpoint.port);
    let unknown = |why: &str| {
        offline(&format!(
            "the name {} is not known ({why}); if it is right in config.toml, the network or its name server is away",
            endpoint.host
        ))
    };
    let (answer, answered) = std::sync::mpsc::sync_channel(1);
    std::thread::Builder::new()
        .name("resolver".to_owned())
        .spawn(move || {
            let _ = answer.send(look_up((&host, port)));
        })
        .map_err(|error| unknown(&error.to_string()))?;
    match answered.recv_timeout(deadline) {
        Ok(Ok(addresses)) if addresses.is_empty() => Err(offline(&format!(
            "the name {} has no address",
            endpoint.host
        ))),
        Ok(Ok(mut addresses)) => {
            addresses.truncate(MAX_ADDRESSES);
            Ok(addresses)
        }
        Ok(Err(error)) => Err(unknown(&error.to_string())),
        Err(_) => Err(unknown(&format!(
            "no answer within {} seconds",
            deadline.as_secs()
        ))),
    }
}

/// A TCP connection to the first address that answers; each may take `each`, all together `all`.
fn reach(
    door: &Door<'_>,
    addresses: &[SocketAddr],
    (each, all): (Duration, Duration),
) -> Result<(SocketAddr, TcpStream), RemoteError> {
    let endpoint = door.endpoint;
    let place = format!("{}:{}", endpoint.host, endpoint.port);
    let until = Instant::now() + all;
    let mut last = None;
    for (n_tried, address) in addresses.iter().enumerate() {
        if endpoint.security == Security::Plain && !address.ip().is_loopback() {
            return Err(insecure(&format!(
                "{place} is not this machine, and security = \"plain\" is for this machine only; \
                 set security = \"tls\" or \"starttls\""
            )));
        }
        let patience = each.min(until.saturating_duration_since(Instant::now()));
        if patience.is_zero() {
            let why = last.unwrap_or_default();
            let n_all = addresses.len();
            return Err(offline(&format!(
                "{place} {why}; {n_tried} of its {n_all} addresses were tried"
            )));
        }
        match open(address, patience) {
            Ok(socket) => return Ok((*address, socket)),
            Err(error) => last = Some(reason(door.protocol, address, &error)),
        }
    }
    let why = last.unwrap_or_else(|| "has no address".to_owned());
    Err(offline(&format!("{place} {why}")))
}

fn reason(protocol: Protocol, address: &SocketAddr, error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::ConnectionRefused => format!(
            "refused the connection (at {}): nothing listens on this port; {} is usual with security = \"tls\", {} with \
             \"starttls\"",
            address.ip(),
            protocol.standard_port(Security::Tls),
            protocol.standard_port(Security::StartTls)
        ),
        ErrorKind::TimedOut | ErrorKind::WouldBlock => {
            format!("did not answer in time (at {})", address.ip())
        }
        _ => format!("cannot be reached at {}: {error}", address.ip()),
    }
}

fn open(address: &SocketAddr, patience: Duration) -> io::Result<TcpStream> {
    let socket = TcpStream::connect_timeout(address, patience)?;
    socket.set_nodelay(true)?;
    socket.set_nonblocking(true)?;
    // A peer that vanished is noticed even while IDLE has nothing to say. None of these is worth failing for.
    let _ = sockopt::set_socket_keepalive(&socket, true);
    let _ = sockopt::set_tcp_keepidle(&socket, Duration::from_mins(1));
    let _ = sockopt::set_tcp_keepintvl(&socket, Duration::from_secs(15));
    let _ = sockopt::set_tcp_keepcnt(&socket, 4);
    Ok(socket)
}

pub(crate) fn offline(cause: &str) -> RemoteError {
    RemoteError::Offline {
        cause: SafeText::line(cause),
    }
}

pub(crate) fn insecure(cause: &str) -> RemoteError {
    RemoteError::Insecure {
        cause: SafeText::line(cause),
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use rustix::net::{AddressFamily, SocketType};

    use super::*;
    use crate::mail::secret::Secret;

    fn endpoint() -> Endpoint {
        Endpoint {
            host: "mail.example.org".to_owned(),
            port: 993,
            security: Security::Tls,
            ca_file: None,
        }
    }

    #[test]
    fn a_name_is_not_waited_for_without_end_and_has_so_many_addresses() {
        let second = Duration::from_secs(1);
        let error = resolve(&endpoint(), second, |_| {
            loop {
                std::thread::park(); // As a name server that does not answer.
            }
        });
        let error = error.unwrap_err().to_string();
        assert!(error.contains("no answer within 1 seconds"), "{error}");
        let error = resolve(&endpoint(), second * 60, |_| Ok(Vec::new()));
        let error = error.unwrap_err().to_string();
        assert!(error.contains("has no address"), "{error}");
        let addresses = resolve(&endpoint(), second * 60, |(_, port)| {
            Ok(vec![SocketAddr::from((Ipv4Addr::LOCALHOST, port)); 100])
        });
        assert_eq!(addresses.unwrap().len(), MAX_ADDRESSES);
    }

    #[test]
    fn addresses_that_do_not_answer_are_not_all_waited_for() {
        // A queue that is full: what comes next is not answered, as by a host that is away.
        let listener = rustix::net::socket(AddressFamily::INET, SocketType::STREAM, None).unwrap();
        rustix::net::bind(&listener, &SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).unwrap();
        rustix::net::listen(&listener, 0).unwrap();
        let address = rustix::net::getsockname(&listener).unwrap();
        let address = SocketAddr::try_from(address).unwrap();
        let (short, each) = (Duration::from_millis(100), Duration::from_millis(300));
        let (mut queued, mut n_in_vain) = (Vec::new(), 0);
        // A machine that stands still for a moment does not answer either.
        while n_in_vain < 3 {
            match TcpStream::connect_timeout(&address, short) {
                Ok(socket) => queued.push(socket),
                Err(_) => n_in_vain += 1,
            }
        }
        let endpoint = endpoint();
        let nothing = Secret::new(String::new());
        let door = Door::new(&endpoint, "", &nothing);
        let error = reach(&door, &[address; 8], (each, each * 2)).unwrap_err();
        let error = error.to_string();
        assert!(error.contains("of its 8 addresses were tried"), "{error}");
        assert!(error.contains("did not answer in time"), "{error}");
    }
}
