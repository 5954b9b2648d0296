//! The plain-text words before TLS, simple and strict: greeting, STARTTLS, nothing else. RFC 3501 §6.2.1.
//!
//! Nothing the server says before TLS is believed or shown: an attacker may have written it.

use std::io::{ErrorKind, Write as _};
use std::net::TcpStream;

use crate::channel::error::RemoteError;
use crate::mail::account::Endpoint;
use crate::remote::connect::{insecure, offline};
use crate::remote::login;
use crate::remote::response::split_word;
use crate::remote::wire::Wire;
use crate::remote::wire::stream::Stream;

/// Untagged responses that a server may put before its answer.
const MAX_UNTAGGED: usize = 20;

/// Brings a fresh connection to where TLS begins.
///
/// # Errors
/// As [`ask`].
pub(crate) fn upgrade(socket: TcpStream, endpoint: &Endpoint) -> Result<TcpStream, RemoteError> {
    let wire = Wire::new(Stream::Plain(socket));
    wire.open();
    ask(&wire, endpoint)?;
    wire.take_plain()
        .ok_or_else(|| insecure("the stream is already protected"))
}

/// Asks for TLS. When this returns, the next byte of either side belongs to the handshake.
///
/// # Errors
/// The server does not offer TLS, is logged in already, or sent bytes behind its answer.
pub(crate) fn ask(wire: &Wire, endpoint: &Endpoint) -> Result<(), RemoteError> {
    let host = &endpoint.host;
    let no = |what: &str| insecure(&format!("{host} {what}; nothing was sent"));
    let greeting = wire
        .await_frame()
        .map_err(|error| silent(endpoint, error.kind()))?;
    match login::greeting_kind(&greeting.bytes) {
        login::Greeting::Ok => {}
        login::Greeting::Preauth => return Err(no("claims to be logged in before TLS (PREAUTH)")),
        login::Greeting::Bye => return Err(offline(&format!("{host} does not take connections"))),
        login::Greeting::Other => return Err(no("did not greet as an IMAP server")),
    }
    wire.clone()
        .write_all(b"T1 STARTTLS\r\n")
        .map_err(|error| cut(host, error.kind()))?;
    for _ in 0..MAX_UNTAGGED {
        let frame = wire
            .await_frame()
            .map_err(|error| cut(host, error.kind()))?;
        let (tag, rest) = split_word(&frame.bytes);
        if tag == b"*" {
            continue;
        }
        if tag != b"T1" || !split_word(rest).0.eq_ignore_ascii_case(b"OK") {
            return Err(no(
                "does not offer STARTTLS; security = \"tls\" may be meant",
            ));
        }
        if !wire.is_silent() {
            return Err(no("sent data before TLS that could be forged"));
        }
        return Ok(());
    }
    Err(no("did not answer STARTTLS"))
}

/// A server that waits for TLS from the first byte says nothing, and in the end hangs up.
fn silent(endpoint: &Endpoint, kind: ErrorKind) -> RemoteError {
    if kind == ErrorKind::InvalidData {
        return cut(&endpoint.host, kind);
    }
    offline(&format!(
        "{}:{} did not greet; if that port speaks TLS from the first byte, as 993 does, security = \"tls\" is meant",
        endpoint.host, endpoint.port
    ))
}

fn cut(host: &str, kind: ErrorKind) -> RemoteError {
    match kind {
        ErrorKind::InvalidData => insecure(&format!("{host} did not speak IMAP before TLS")),
        ErrorKind::TimedOut => offline(&format!("{host} did not answer before TLS")),
        _ => offline(&format!("{host} closed the connection before TLS")),
    }
}
