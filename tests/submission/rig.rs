//! The sink, and a connection to it.

use std::net::SocketAddr;

use lettre::Transport as _;
use sterna::channel::error::{RemoteError, StoreError};
use sterna::demo::fault::{Fault, FaultKind, FaultPlan};
use sterna::demo::server::{Options, PASSWORD, Server, USER};
use sterna::demo::shared::Service;
use sterna::mail::account::{Endpoint, Protocol, Security};
use sterna::mail::secret::Secret;
use sterna::remote::connect::door::{Credential, Door};
use sterna::remote::submission::carrier::Carrier;
use sterna::remote::submission::error::SendError;
use sterna::remote::submission::mail::{Deadlines, envelope};
use sterna::remote::submission::{Accepted, Submission};

/// Who sends.
pub const ANNA: &str = "anna@example.org";

pub const LETTER: &[u8] = b"Subject: Lunch\r\n\r\n.dot\r\n..\r\n.\r\nend\r\n";

pub fn server() -> Server {
    Server::start(Options::default()).unwrap()
}

/// A sink that suffers this once.
pub fn server_with(kind: FaultKind) -> Server {
    let server = server();
    server.set_smtp_faults(FaultPlan::new(vec![Fault::once(kind)]));
    server
}

pub fn plain(address: SocketAddr) -> Endpoint {
    Endpoint {
        host: address.ip().to_string(),
        port: address.port(),
        security: Security::Plain,
        ca_file: None,
    }
}

/// Opens a connection as somebody.
pub fn enter(
    endpoint: &Endpoint,
    user: &str,
    credential: Credential,
    deadlines: Deadlines,
) -> Result<Submission, RemoteError> {
    let mut door = Door::new(endpoint, user, &Secret::new(String::new()));
    (door.protocol, door.credential) = (Protocol::Smtp, credential);
    Submission::open(&door, deadlines, &mut |_| {})
}

pub fn password() -> Credential {
    Credential::Password(Secret::new(PASSWORD.to_owned()))
}

pub fn open_within(server: &Server, deadlines: Deadlines) -> Result<Submission, RemoteError> {
    enter(&plain(server.smtp_addr()), USER, password(), deadlines)
}

pub fn open(server: &Server) -> Submission {
    open_within(server, Deadlines::default()).unwrap()
}

pub fn names(recipients: &[&str]) -> Vec<String> {
    recipients.iter().map(|name| (*name).to_owned()).collect()
}

/// Hands over a mail of somebody's, with this mark before the dot.
pub fn send_from(
    submission: &mut Submission,
    sender: &str,
    recipients: &[&str],
    wire: &[u8],
    before_dot: &mut dyn FnMut() -> Result<(), StoreError>,
) -> Result<Accepted, SendError> {
    let envelope = envelope(sender, &names(recipients))?;
    Carrier::new(submission, before_dot).send_raw(&envelope, wire)
}

/// Hands over a mail of Anna's; how it ended, and whether the mark before the dot was asked for.
pub fn send(
    submission: &mut Submission,
    recipients: &[&str],
    wire: &[u8],
) -> (Result<Accepted, SendError>, bool) {
    let mut is_marked = false;
    let result = send_from(submission, ANNA, recipients, wire, &mut || {
        assert!(!is_marked, "marked twice");
        is_marked = true;
        Ok(())
    });
    (result, is_marked)
}

/// The lines that the sink heard, in order; secrets are left out.
pub fn heard(server: &Server) -> Vec<String> {
    let log = server.log().into_iter();
    log.filter(|entry| entry.service == Service::Smtp)
        .map(|entry| entry.line)
        .collect()
}
