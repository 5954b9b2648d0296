//! TLS on a connected socket, and the judgement of the certificate before the first application byte. RFC 8314: 1.2 at
//! least.

use std::error::Error as _;
use std::net::TcpStream;
use std::os::fd::AsFd as _;
use std::time::{Duration, Instant};

use native_tls::{Certificate, HandshakeError, Protocol, TlsConnector, TlsStream};
use openssl::error::ErrorStack;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::channel::certificate::{Mend, Untrusted};
use crate::channel::error::RemoteError;
use crate::mail::account::{Endpoint, Security};
use crate::mail::safe_text::SafeText;
use crate::remote::connect::certificate::Peer;
use crate::remote::connect::door::Door;
use crate::remote::connect::{insecure, offline};

/// How long TLS may take to agree.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// OpenSSL's numbers for what went wrong (`openssl/sslerr.h`), the same in 1.1 and 3.
const CERTIFICATE_VERIFY_FAILED: i32 = 134;
/// What answers is not TLS.
const NO_TLS: [i32; 3] = [267, 156, 198];
/// What answers knows no TLS that is new enough, by its own words or by the server's alert.
const OLD_TLS: [i32; 3] = [258, 191, 1070];

/// Why there is no TLS.
pub(crate) enum Refused {
    /// The chain of certificates, or the name it ends in. The certificate itself is not known.
    Chain(SafeText),
    /// The certificate, by our own check.
    Certificate(Peer, SafeText, Mend),
    /// Anything else.
    Other(RemoteError),
}

/// TLS with a server whose certificate is accepted: by the roots and for its name, or, with a pin, by its key and for its
/// name.
pub(crate) fn secure(door: &Door<'_>, socket: TcpStream) -> Result<TlsStream<TcpStream>, Refused> {
    let endpoint = door.endpoint;
    let connector = connector(endpoint, door.pin.is_some()).map_err(Refused::Other)?;
    let stream = handshake(&connector, endpoint, socket, DEADLINE);
    let stream = stream.map_err(|failure| match failure {
        Failure::Late => Refused::Other(offline(&format!(
            "{} did not finish the TLS handshake within {} seconds",
            endpoint.host,
            DEADLINE.as_secs()
        ))),
        Failure::Tls(error) => refused(endpoint, &error),
    })?;
    let Some(peer) = Peer::of(&stream) else {
        let words = format!("{} showed no certificate", endpoint.host);
        return Err(Refused::Other(insecure(&words)));
    };
    if door.pin.is_some() && peer.key() != door.pin {
        let reason = SafeText::own("its key is not the one that was trusted");
        return Err(Refused::Certificate(peer, reason, Mend::Changed));
    }
    match peer.stands_for(&endpoint.host) {
        Ok(()) => Ok(stream),
        Err(reason) => Err(Refused::Certificate(peer, reason, Mend::Server)),
    }
}

/// The certificate that a server shows within this time, whatever it is worth; nothing is said to it.
pub(crate) fn look(endpoint: &Endpoint, socket: TcpStream, within: Duration) -> Option<Peer> {
    let connector = connector(endpoint, true).ok()?;
    let stream = handshake(&connector, endpoint, socket, within).ok()?;
    Peer::of(&stream)
}

/// The error for a certificate that was not accepted; `peer` is it, where it is known.
pub(crate) fn untrusted(
    door: &Door<'_>,
    reason: SafeText,
    peer: Option<&Peer>,
    mend: Option<Mend>,
) -> RemoteError {
    let endpoint = door.endpoint;
    let stands = peer.is_some_and(|peer| peer.stands_for(&endpoint.host).is_ok());
    let by_itself = if stands { Mend::Trust } else { Mend::Server };
    RemoteError::Untrusted(Box::new(Untrusted {
        account: SafeText::line(door.account),
        place: SafeText::line(&format!("{}:{}", endpoint.host, endpoint.port)),
        reason,
        certificate: peer.and_then(Peer::describe),
        mend: mend.unwrap_or(by_itself),
    }))
}

enum Failure {
    Late,
    Tls(native_tls::Error),
}

fn handshake(
    connector: &TlsConnector,
    endpoint: &Endpoint,
    socket: TcpStream,
    within: Duration,
) -> Result<TlsStream<TcpStream>, Failure> {
    let until = Instant::now() + within;
    let mut attempt = connector.connect(&endpoint.host, socket);
    loop {
        match attempt {
            Ok(stream) => return Ok(stream),
            Err(HandshakeError::Failure(error)) => return Err(Failure::Tls(error)),
            Err(HandshakeError::WouldBlock(middle)) => {
                let left = until.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return Err(Failure::Late);
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

/// `takes_any`: the certificate is judged afterwards, by its key. A pin is on a key, and roots are certificates: with the
/// pinned certificate as the only root, a server that renews it for the same key would be refused.
fn connector(endpoint: &Endpoint, takes_any: bool) -> Result<TlsConnector, RemoteError> {
    let mut builder = TlsConnector::builder();
    builder
        .min_protocol_version(Some(Protocol::Tlsv12))
        .use_sni(true)
        .danger_accept_invalid_certs(takes_any)
        .danger_accept_invalid_hostnames(takes_any);
    if let Some(file) = &endpoint.ca_file {
        let named = |what: &str| insecure(&format!("ca-file {}: {what}", file.display()));
        let pem = std::fs::read(file).map_err(|error| named(&error.to_string()))?;
        let roots = Certificate::stack_from_pem(&pem)
            .map_err(|error| named(&format!("not a PEM certificate ({error})")))?;
        if roots.is_empty() {
            return Err(named("it has no PEM certificate in it"));
        }
        for root in roots {
            builder.add_root_certificate(root);
        }
    }
    builder
        .build()
        .map_err(|error| insecure(&format!("TLS cannot be set up: {error}")))
}

/// Why a handshake failed, by OpenSSL's numbers; its words are only shown.
fn refused(endpoint: &Endpoint, error: &native_tls::Error) -> Refused {
    let place = format!("{}:{}", endpoint.host, endpoint.port);
    let stack = error
        .source()
        .and_then(|source| source.downcast_ref::<ErrorStack>());
    let is = |numbers: &[i32]| {
        let mut errors = stack.iter().flat_map(|stack| stack.errors());
        errors.any(|error| numbers.contains(&error.reason_code()))
    };
    if is(&[CERTIFICATE_VERIFY_FAILED]) {
        let text = error.to_string();
        let reason = text
            .rsplit_once(" (")
            .map_or(text.as_str(), |(_, reason)| reason.trim_end_matches(')'));
        return Refused::Chain(SafeText::line(reason));
    }
    Refused::Other(if is(&NO_TLS) {
        let mend = match endpoint.security {
            Security::StartTls => "the port may be another one",
            _ => "the port may be another one, or security = \"starttls\" be meant",
        };
        insecure(&format!("{place} does not speak TLS there; {mend}"))
    } else if is(&OLD_TLS) {
        insecure(&format!(
            "{place} speaks only TLS that is too old; Sterna asks for 1.2 or newer"
        ))
    } else if stack.is_none_or(|stack| stack.errors().is_empty()) {
        // No word of TLS: the connection itself ended.
        offline(&format!(
            "{place} closed the connection during the TLS handshake"
        ))
    } else {
        insecure(&format!("the TLS handshake with {place} failed: {error}"))
    })
}
