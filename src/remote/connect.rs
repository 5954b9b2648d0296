//! Opens the stream to a server: name, address, TCP, TLS. Says no bytes of IMAP beyond STARTTLS.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs as _};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use native_tls::{Certificate, HandshakeError, Protocol, TlsConnector, TlsStream};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::sockopt;

use crate::channel::error::RemoteError;
use crate::mail::account::{Endpoint, Security};
use crate::mail::safe_text::SafeText;
use crate::remote::starttls;
use crate::remote::stream::Stream;
use crate::remote::wire::Wire;

/// How long the name may take to be looked up.
const RESOLVE_DEADLINE: Duration = Duration::from_secs(15);
/// How long one address may take to answer.
const CONNECT_DEADLINE: Duration = Duration::from_secs(10);
/// Addresses of a name that are tried.
const MAX_ADDRESSES: usize = 8;
/// How long TLS may take to agree.
const TLS_DEADLINE: Duration = Duration::from_secs(20);

/// A step on the way to a session, told when it is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The host name stands for these addresses, at least one.
    Resolved(Vec<IpAddr>),
    /// A TCP connection stands.
    Connected(SocketAddr),
    /// TLS stands; not told for a plain connection.
    Secured,
    /// The server greeted; behind STARTTLS that was before TLS.
    Greeted,
    /// The credentials were accepted.
    LoggedIn,
}

/// Connects to a server, as protected as the endpoint demands.
///
/// # Errors
/// [`RemoteError::Offline`] where nobody answers, [`RemoteError::Insecure`] where the protection cannot be had.
pub fn connect(endpoint: &Endpoint, tell: &mut dyn FnMut(Step)) -> Result<Wire, RemoteError> {
    let addresses = resolve(endpoint)?;
    tell(Step::Resolved(
        addresses.iter().map(SocketAddr::ip).collect(),
    ));
    let (address, socket) = reach(endpoint, &addresses)?;
    tell(Step::Connected(address));
    match endpoint.security {
        Security::Tls => {
            let stream = handshake(endpoint, socket)?;
            tell(Step::Secured);
            Ok(Wire::new(Stream::Tls(Box::new(stream))))
        }
        Security::Plain => Ok(Wire::new(Stream::Plain(socket))),
        Security::StartTls => {
            let wire = Wire::new(Stream::Plain(socket));
            starttls::ask(&wire, &endpoint.host)?;
            tell(Step::Greeted);
            let socket = wire
                .take_plain()
                .ok_or_else(|| insecure("the stream is already protected"))?;
            wire.put_tls(handshake(endpoint, socket)?);
            tell(Step::Secured);
            Ok(wire)
        }
    }
}

/// The addresses of a host, at least one. The system's resolver knows no deadline, so it works on a thread of its own,
/// which is left behind when it takes too long.
fn resolve(endpoint: &Endpoint) -> Result<Vec<SocketAddr>, RemoteError> {
    let (host, port) = (endpoint.host.clone(), endpoint.port);
    let unknown = |why: &str| offline(&format!("the name {} is not known ({why})", endpoint.host));
    let (answer, answered) = std::sync::mpsc::sync_channel(1);
    std::thread::Builder::new()
        .name("resolver".to_owned())
        .spawn(move || {
            let found = (host.as_str(), port).to_socket_addrs();
            let _ = answer.send(found.map(|found| found.take(MAX_ADDRESSES).collect::<Vec<_>>()));
        })
        .map_err(|error| unknown(&error.to_string()))?;
    match answered.recv_timeout(RESOLVE_DEADLINE) {
        Ok(Ok(addresses)) if addresses.is_empty() => Err(offline(&format!(
            "the name {} has no address",
            endpoint.host
        ))),
        Ok(Ok(addresses)) => Ok(addresses),
        Ok(Err(error)) => Err(unknown(&error.to_string())),
        Err(_) => Err(unknown(&format!(
            "no answer within {} seconds",
            RESOLVE_DEADLINE.as_secs()
        ))),
    }
}

/// A TCP connection to the first address that answers.
fn reach(
    endpoint: &Endpoint,
    addresses: &[SocketAddr],
) -> Result<(SocketAddr, TcpStream), RemoteError> {
    let place = format!("{}:{}", endpoint.host, endpoint.port);
    let mut last = None;
    for address in addresses {
        if endpoint.security == Security::Plain && !address.ip().is_loopback() {
            return Err(insecure(&format!(
                "{place} is not this machine, and security = \"plain\" is for this machine only; \
                 set security = \"tls\" or \"starttls\""
            )));
        }
        match open(address) {
            Ok(socket) => return Ok((*address, socket)),
            Err(error) => last = Some(reason(address, &error)),
        }
    }
    let why = last.unwrap_or_else(|| "has no address".to_owned());
    Err(offline(&format!("{place} {why}")))
}

fn reason(address: &SocketAddr, error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::ConnectionRefused => format!("refused the connection (at {})", address.ip()),
        ErrorKind::TimedOut | ErrorKind::WouldBlock => format!(
            "did not answer within {} seconds (at {})",
            CONNECT_DEADLINE.as_secs(),
            address.ip()
        ),
        _ => format!("cannot be reached at {}: {error}", address.ip()),
    }
}

fn open(address: &SocketAddr) -> io::Result<TcpStream> {
    let socket = TcpStream::connect_timeout(address, CONNECT_DEADLINE)?;
    socket.set_nodelay(true)?;
    socket.set_nonblocking(true)?;
    // A peer that vanished is noticed even while IDLE has nothing to say. None of these is worth failing for.
    let _ = sockopt::set_socket_keepalive(&socket, true);
    let _ = sockopt::set_tcp_keepidle(&socket, Duration::from_mins(1));
    let _ = sockopt::set_tcp_keepintvl(&socket, Duration::from_secs(15));
    let _ = sockopt::set_tcp_keepcnt(&socket, 4);
    Ok(socket)
}

/// TLS on a connected, non-blocking socket. RFC 8314: 1.2 at least.
fn handshake(endpoint: &Endpoint, socket: TcpStream) -> Result<TlsStream<TcpStream>, RemoteError> {
    let connector = connector(endpoint)?;
    let until = Instant::now() + TLS_DEADLINE;
    let mut attempt = connector.connect(&endpoint.host, socket);
    loop {
        match attempt {
            Ok(stream) => return Ok(stream),
            Err(HandshakeError::Failure(error)) => return Err(refused(endpoint, &error)),
            Err(HandshakeError::WouldBlock(middle)) => {
                let left = until.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return Err(offline(&format!(
                        "{} did not finish the TLS handshake within {} seconds",
                        endpoint.host,
                        TLS_DEADLINE.as_secs()
                    )));
                }
                // The client's part of a handshake fits any buffer: what is missing is the server's.
                let step = Timespec::try_from(left.min(Duration::from_secs(1))).ok();
                let fd = middle.get_ref().as_fd();
                let _ = poll(&mut [PollFd::new(&fd, PollFlags::IN)], step.as_ref());
                attempt = middle.handshake();
            }
        }
    }
}

fn connector(endpoint: &Endpoint) -> Result<TlsConnector, RemoteError> {
    let mut builder = TlsConnector::builder();
    builder
        .min_protocol_version(Some(Protocol::Tlsv12))
        .use_sni(true);
    if let Some(file) = &endpoint.ca_file {
        let named = |what: &str| insecure(&format!("ca-file {}: {what}", file.display()));
        let pem = std::fs::read(file).map_err(|error| named(&error.to_string()))?;
        for certificate in certificates(&pem) {
            let root = Certificate::from_pem(certificate)
                .map_err(|error| named(&format!("not a PEM certificate ({error})")))?;
            builder.add_root_certificate(root);
        }
    }
    builder
        .build()
        .map_err(|error| insecure(&format!("TLS cannot be set up: {error}")))
}

/// The certificates of a PEM file; the whole file where it has none, so that the error is told.
fn certificates(pem: &[u8]) -> Vec<&[u8]> {
    const END: &[u8] = b"-----END CERTIFICATE-----";
    let mut all = Vec::new();
    let mut rest = pem;
    while let Some(at) = rest.windows(END.len()).position(|window| window == END) {
        let (one, after) = rest.split_at(at + END.len());
        all.push(one);
        rest = after;
    }
    if all.is_empty() {
        all.push(pem);
    }
    all
}

/// Words for a failed handshake. The kind of the error does not depend on them.
fn refused(endpoint: &Endpoint, error: &native_tls::Error) -> RemoteError {
    let text = error.to_string();
    let place = format!("{}:{}", endpoint.host, endpoint.port);
    let is = |part: &str| text.to_ascii_lowercase().contains(part);
    if is("wrong version number") || is("http request") || is("packet length too long") {
        return insecure(&format!(
            "{place} does not speak TLS there; security = \"starttls\", or another port, may be meant"
        ));
    }
    if is("certificate") {
        let reason = text
            .rsplit_once(": (")
            .or_else(|| text.rsplit_once(" ("))
            .map_or(text.as_str(), |(_, reason)| reason.trim_end_matches(')'));
        let mend = if is("mismatch") || is("expired") {
            ""
        } else {
            "; if the server is yours, name its authority's certificate with ca-file"
        };
        return insecure(&format!(
            "the certificate of {place} was not accepted: {reason}{mend}"
        ));
    }
    if is("eof") || is("reset") || is("closed") {
        return offline(&format!(
            "{place} closed the connection during the TLS handshake"
        ));
    }
    insecure(&format!("the TLS handshake with {place} failed: {text}"))
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
