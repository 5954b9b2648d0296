//! From a fresh connection to one that is logged in: greeting, EHLO, STARTTLS, AUTH. RFC 5321, RFC 3207, RFC 4954.

use std::io::{self, ErrorKind};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use imap::Authenticator as _;
use lettre::transport::smtp::commands;

use crate::channel::error::{RefusedLogin, RemoteError};
use crate::mail::account::{Endpoint, Protocol, Security};
use crate::mail::safe_text::SafeText;
use crate::mail::secret::Secret;
use crate::remote::connect::door::{Credential, Door};
use crate::remote::connect::{Step, insecure, offline};
use crate::remote::login::protocol;
use crate::remote::login::provider;
use crate::remote::login::sasl::{Exchange, Mechanism};
use crate::remote::login::way::way;
use crate::remote::submission::mail::hello;
use crate::remote::submission::offers::Offers;
use crate::remote::submission::reply::{Reply, code, words};
use crate::remote::submission::stream::{SubmissionStream, trouble};
use crate::remote::wire::stream::Stream;

/// How long the few words before TLS may take.
const BEFORE_TLS: Duration = Duration::from_mins(1);
/// Challenges of one login; none has more than two.
const MAX_CHALLENGES: usize = 4;
/// The longest line of AUTH with the first words in it; longer ones wait for a challenge. RFC 4954 §4.
const MAX_AUTH_LINE: usize = 510;

/// Brings a fresh connection to where TLS begins: the next byte of either side belongs to the handshake.
///
/// Nothing the server says before TLS is believed beyond that, or shown: an attacker may have written it.
///
/// # Errors
/// The server does not offer STARTTLS, or sent bytes behind its answer.
pub(super) fn ask_tls(socket: TcpStream, endpoint: &Endpoint) -> Result<TcpStream, RemoteError> {
    let host = &endpoint.host;
    let until = Instant::now() + BEFORE_TLS;
    let left = || until.saturating_duration_since(Instant::now());
    let no = |what: &str| insecure(&format!("{host} {what}; nothing was sent"));
    let cut = |error: io::Error| match error.kind() {
        ErrorKind::InvalidData => no("did not speak SMTP before TLS"),
        ErrorKind::TimedOut => silent(endpoint),
        _ => offline(&format!("{host} closed the connection before TLS")),
    };
    let mut stream = SubmissionStream::new(Stream::Plain(socket));
    match code(&stream.reply(left()).map_err(cut)?) {
        220 => {}
        400..=599 => return Err(offline(&format!("{host} does not take connections"))),
        _ => return Err(no("did not greet as a submission server")),
    }
    let reply = stream.ask(&hello(), left()).map_err(cut)?;
    let is_offered = Offers::new(reply.lines().skip(1), &[]).has("STARTTLS");
    if code(&reply) != 250 || !is_offered {
        return Err(no(
            "does not offer STARTTLS; security = \"tls\" may be meant",
        ));
    }
    let starttls = commands::Starttls.to_string();
    if code(&stream.ask(&starttls, left()).map_err(cut)?) != 220 {
        return Err(no("refused STARTTLS; security = \"tls\" may be meant"));
    }
    let quiet = stream.check_quiet();
    if stream.has_spoken() {
        return Err(no("sent data before TLS that could be forged"));
    }
    quiet.map_err(cut)?;
    stream
        .into_plain()
        .ok_or_else(|| insecure("the stream is already protected"))
}

/// A server that waits for TLS from the first byte says nothing, and in the end hangs up.
fn silent(endpoint: &Endpoint) -> RemoteError {
    let mend = match endpoint.security {
        Security::Tls => "",
        _ => {
            "; if that port speaks TLS from the first byte, as 465 does, security = \"tls\" is meant"
        }
    };
    let Endpoint { host, port, .. } = endpoint;
    offline(&format!("{host}:{port} did not greet{mend}"))
}

/// Hears the greeting, learns what is offered, and logs in.
///
/// # Errors
/// As the kinds of [`RemoteError`] say; the server's words only where TLS, or this machine, protects them.
pub(super) fn open(
    stream: &mut SubmissionStream,
    door: &Door<'_>,
    within: Duration,
    tell: &mut dyn FnMut(Step),
) -> Result<Offers, RemoteError> {
    let until = Instant::now() + within;
    let offers = greet(stream, door, within, tell)?;
    if !offers.has_login() {
        // A server of the house, that knows its own by their network; there is nothing to be refused.
        return Ok(offers);
    }
    stream.set_secret(true);
    let result = log_in(stream, door, &offers, until);
    stream.set_secret(false);
    let mechanism = result?;
    let is_at_once = mechanism != Mechanism::Login;
    let way = way(door, mechanism, offers.names(), is_at_once);
    tell(Step::LoggedIn(Box::new(way)));
    Ok(offers)
}

/// Hears the greeting, where it did not come before TLS already, and what is offered now.
///
/// # Errors
/// As [`open`].
pub(super) fn greet(
    stream: &mut SubmissionStream,
    door: &Door<'_>,
    within: Duration,
    tell: &mut dyn FnMut(Step),
) -> Result<Offers, RemoteError> {
    let (host, until) = (&door.endpoint.host, Instant::now() + within);
    if door.endpoint.security != Security::StartTls {
        let reply = stream.reply(within).map_err(|error| match error.kind() {
            ErrorKind::TimedOut => silent(door.endpoint),
            ErrorKind::InvalidData => protocol(&format!(
                "{host} did not greet as a submission server: it sent {error}"
            )),
            _ => offline(&trouble(host, &error)),
        })?;
        match code(&reply) {
            220 => tell(Step::Greeted(words(&reply))),
            400..=599 => return Err(away(host, &reply)),
            _ => {
                let text = format!("{host} did not greet as a submission server");
                return Err(protocol(&text));
            }
        }
    }
    let left = until.saturating_duration_since(Instant::now());
    let reply = stream.ask(&hello(), left);
    let reply = reply.map_err(|error| broken(host, &error))?;
    match code(&reply) {
        250 => Ok(Offers::new(reply.lines().skip(1), door.disable)),
        400..=499 => Err(away(host, &reply)),
        _ => Err(protocol(&format!(
            "{host} does not understand EHLO. It said: \"{} {}\"",
            code(&reply),
            words(&reply)
        ))),
    }
}

/// The best mechanism that is offered, once.
fn log_in(
    stream: &mut SubmissionStream,
    door: &Door<'_>,
    offers: &Offers,
    until: Instant,
) -> Result<Mechanism, RemoteError> {
    let host = &door.endpoint.host;
    let Some(mechanism) = Mechanism::choose_offered(&door.credential, offers.names()) else {
        return Err(insecure(&match door.credential {
            Credential::Password(_) => format!(
                "{host} takes no password that Sterna can send (neither AUTH PLAIN nor LOGIN); oauth-command may be meant"
            ),
            Credential::Token(_) => format!(
                "{host} offers neither AUTH XOAUTH2 nor OAUTHBEARER, so it takes no token; password-command is meant"
            ),
        }));
    };
    let mut words = Words::new(mechanism, door);
    let mut line = words.first_line();
    for _ in 0..=MAX_CHALLENGES {
        let left = until.saturating_duration_since(Instant::now());
        let reply = stream.ask(line.expose(), left);
        let reply = reply.map_err(|error| broken(host, &error))?;
        match code(&reply) {
            235 => return Ok(mechanism),
            334 => line = words.next_line(&reply),
            _ => return Err(refused(door, &reply)),
        }
    }
    Err(protocol(&format!("{host} asks and asks at the login")))
}

/// Our side of a login, line by line.
struct Words<'a> {
    mechanism: Mechanism,
    door: &'a Door<'a>,
    exchange: Exchange,
    n_said: usize,
}

impl<'a> Words<'a> {
    fn new(mechanism: Mechanism, door: &'a Door<'a>) -> Self {
        let (host, port) = (&door.endpoint.host, door.endpoint.port);
        let exchange = Exchange::new(mechanism, door.user, door.credential.secret(), host, port);
        Self {
            mechanism,
            door,
            exchange,
            n_said: 0,
        }
    }

    /// AUTH, with the first words where they fit; LOGIN has none before it is asked.
    fn first_line(&self) -> Secret {
        let name = self.mechanism.name();
        if self.mechanism == Mechanism::Login {
            return Secret::new(format!("AUTH {name}\r\n"));
        }
        let whole = Secret::new(format!("AUTH {name} {}", self.exchange.encoded().expose()));
        if whole.expose().len() > MAX_AUTH_LINE {
            return Secret::new(format!("AUTH {name}\r\n"));
        }
        let _ = self.exchange.initial();
        Secret::new(format!("{}\r\n", whole.expose()))
    }

    /// The answer to a challenge. LOGIN asks for name and password in this order, in whatever words.
    fn next_line(&mut self, challenge: &Reply) -> Secret {
        let n_said = self.n_said;
        self.n_said += 1;
        let answer = Secret::new(match (self.mechanism, n_said) {
            (Mechanism::Login, 0) => self.door.user.to_owned(),
            (Mechanism::Login, 1) => self.door.credential.secret().expose().to_owned(),
            (Mechanism::Login, _) => String::new(),
            _ => {
                let challenge = challenge.first_line().unwrap_or_default();
                let decoded = STANDARD.decode(challenge.trim()).unwrap_or_default();
                self.exchange.process(&decoded)
            }
        });
        Secret::new(format!("{}\r\n", STANDARD.encode(answer.expose())))
    }
}

/// Why the login did not happen: by the code, never by the words. RFC 4954 §6.
fn refused(door: &Door<'_>, reply: &Reply) -> RemoteError {
    let host = &door.endpoint.host;
    let said = format!("It said: \"{} {}\"", code(reply), words(reply));
    match code(reply) {
        // A password that has to be changed first is of no more use when it comes again.
        432 => {}
        400..=499 => return offline(&format!("{host} cannot log in now. {said}")),
        500..=504 => {
            return protocol(&format!("{host} did not understand the login. {said}"));
        }
        538 => return insecure(&format!("{host} wants TLS. {said}")),
        505..=599 => {}
        _ => return protocol(&format!("{host} gave an unexpected answer. {said}")),
    }
    RemoteError::Unauthenticated(Box::new(RefusedLogin {
        what: door.credential.what(),
        user: SafeText::line(door.user),
        text: words(reply),
        hint: provider::hint(Protocol::Smtp, host),
    }))
}

fn away(host: &str, reply: &Reply) -> RemoteError {
    let (code, words) = (code(reply), words(reply));
    offline(&format!(
        "{host} takes no mail now. It said: \"{code} {words}\""
    ))
}

fn broken(host: &str, error: &io::Error) -> RemoteError {
    match error.kind() {
        ErrorKind::InvalidData => protocol(&trouble(host, error)),
        _ => offline(&trouble(host, error)),
    }
}
