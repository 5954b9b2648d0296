//! Greeting and login, through the `imap` crate. One of the three files that know it.

pub mod admin;
pub mod filter;
pub(super) mod opening;
pub(super) mod provider;
pub(super) mod sasl;
pub(super) mod way;

use std::collections::VecDeque;
use std::io::ErrorKind;

use crate::channel::error::{RefusedLogin, RemoteError};
use crate::mail::account::{Endpoint, Protocol, Security};
use crate::mail::safe_text::SafeText;
use crate::mail::secret::Secret;
use crate::remote::connect::door::{Credential, Door};
use crate::remote::connect::{self, Step, insecure, offline};
use crate::remote::login::sasl::{Exchange, Mechanism};
use crate::remote::response::code::{self, Code};
use crate::remote::response::untagged::upper_words;
use crate::remote::response::{Condition, Received, Untagged, split_word, words};
use crate::remote::wire::Wire;
use crate::remote::wire::framer::Frame;

/// What a server's first line says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Greeting {
    Ok,
    Preauth,
    Bye,
    Other,
}

/// Whether a response counts before the login is over: what the server can do, its answers, its words, its goodbye.
pub(crate) fn is_believed(line: &[u8]) -> bool {
    let (star, rest) = split_word(line);
    let word = split_word(rest).0.to_ascii_uppercase();
    star != b"*" || matches!(word.as_slice(), b"CAPABILITY" | b"BYE" | b"OK" | b"NO")
}

/// Judges a first line.
pub(crate) fn greeting_kind(line: &[u8]) -> Greeting {
    let (star, rest) = split_word(line);
    if star != b"*" {
        return Greeting::Other;
    }
    match split_word(rest).0.to_ascii_uppercase().as_slice() {
        b"OK" => Greeting::Ok,
        b"PREAUTH" => Greeting::Preauth,
        b"BYE" => Greeting::Bye,
        _ => Greeting::Other,
    }
}

/// A connection after login.
pub(crate) struct LoggedIn {
    /// The crate's session, for the administrative commands.
    pub(crate) imap: imap::Session<Wire>,
    /// What the server said it can do before login, now or at an earlier one.
    pub(crate) before: Vec<String>,
    /// What the server said it can do, after login; empty where it has to be asked.
    pub(crate) capabilities: Vec<String>,
    /// What the server wants to be shown (`[ALERT]`), since credentials were offered. RFC 3501 §7.1.
    pub(crate) alerts: VecDeque<Received>,
}

/// Connects and logs in, telling each step that is done.
///
/// # Errors
/// [`RemoteError::Unauthenticated`] where the server refused the credentials, which are offered once.
pub(crate) fn open(
    door: &Door<'_>,
    tell: &mut dyn FnMut(Step),
) -> Result<(Wire, LoggedIn), RemoteError> {
    door.check()?;
    let wire = connect::connect(door, tell)?;
    wire.open();
    match login(&wire, door, tell) {
        Ok(logged_in) => {
            wire.opened(door.spool);
            Ok((wire, logged_in))
        }
        Err(error) => {
            wire.close();
            Err(error)
        }
    }
}

/// Reads the greeting, where it did not come before TLS already, and logs in.
fn login(
    wire: &Wire,
    door: &Door<'_>,
    tell: &mut dyn FnMut(Step),
) -> Result<LoggedIn, RemoteError> {
    let host = &door.endpoint.host;
    let mut client = imap::Client::new(wire.clone());
    let mut before = Vec::new();
    if door.endpoint.security != Security::StartTls {
        let (capabilities, words) = greet(wire, door.endpoint)?;
        before = capabilities;
        tell(Step::Greeted(words));
        wire.hand_over(b"* OK ready\r\n");
        client
            .read_greeting()
            .map_err(|error| other(host, &error, None))?;
    }
    let is_remembered = before.is_empty() && has_initial_response(door, door.remembered);
    if is_remembered {
        before = door.remembered.to_vec();
    } else if before.is_empty() {
        before = ask(wire, host, &mut client)?;
    }
    let result = match authenticate(wire, client, door, &before)? {
        Err((error @ (imap::Error::No(_) | imap::Error::Bad(_)), mut client)) if is_remembered => {
            // Is it the secret that is refused, or a way that is no longer offered? The same is not offered twice.
            let refusal = heard(wire);
            let now = ask(wire, host, &mut client)?;
            let way = |names: &[String]| way_in(door, names);
            if way(&now) == way(&before) && has_initial_response(door, &now) {
                return Err(refused(door, &error, refusal));
            }
            before = now;
            authenticate(wire, client, door, &before)?
        }
        result => result,
    };
    let after = heard(wire);
    match result {
        Ok(imap) => {
            let is_at_once = has_initial_response(door, &before);
            if let Some(mechanism) = way_in(door, &before) {
                let way = way::way(door, mechanism, &before, is_at_once);
                tell(Step::LoggedIn(Box::new(way)));
            }
            Ok(LoggedIn {
                imap,
                before,
                capabilities: after.capabilities,
                alerts: after.alerts,
            })
        }
        Err((error, _)) => Err(refused(door, &error, after)),
    }
}

/// Whether a login takes one round trip (RFC 4959): then it is worth trying by what is remembered. `disable` may switch
/// that off.
fn has_initial_response(door: &Door<'_>, capabilities: &[String]) -> bool {
    let has = |names: &[String]| {
        names
            .iter()
            .any(|name| name.eq_ignore_ascii_case("SASL-IR"))
    };
    has(capabilities) && !has(door.disable)
}

/// What the server says when it is asked. RFC 3501 §6.1.1.
fn ask(
    wire: &Wire,
    host: &str,
    client: &mut imap::Client<Wire>,
) -> Result<Vec<String>, RemoteError> {
    client
        .capabilities()
        .map_err(|error| other(host, &error, None))?;
    Ok(heard(wire).capabilities)
}

/// The first line: what it offers, and its words. Anything but OK closes the connection. PREAUTH too, inside of TLS: who is meant the server has not heard
/// from us, so another's mail could come into this account, and one's own go there.
fn greet(wire: &Wire, endpoint: &Endpoint) -> Result<(Vec<String>, SafeText), RemoteError> {
    let host = &endpoint.host;
    let frame = wire.await_frame().map_err(|error| match error.kind() {
        ErrorKind::TimedOut if endpoint.security == Security::Plain => offline(&format!(
            "{host}:{} did not greet; if that port speaks TLS, security = \"tls\" is meant",
            endpoint.port
        )),
        ErrorKind::TimedOut => offline(&format!("{host} did not greet")),
        ErrorKind::InvalidData => protocol(&format!(
            "{host} did not greet as an IMAP server: it sent {error}"
        )),
        _ => offline(&format!(
            "{host} closed the connection instead of a greeting"
        )),
    })?;
    match greeting_kind(&frame.bytes) {
        Greeting::Ok => Ok((capabilities_of(&frame), text_of(&frame))),
        Greeting::Preauth => Err(insecure(&format!(
            "{host} claims to be logged in already (PREAUTH), nobody knows as whom; Sterna does not take that"
        ))),
        Greeting::Bye => Err(offline(&format!(
            "{host} said goodbye: \"{}\"",
            text_of(&frame)
        ))),
        Greeting::Other => Err(protocol(&format!("{host} did not greet as an IMAP server"))),
    }
}

/// The best way in that the server offers and `disable` leaves.
fn way_in(door: &Door<'_>, offered: &[String]) -> Option<Mechanism> {
    let is_off = |name: &String| name.starts_with("AUTH=") && door.disable.contains(name);
    let left: Vec<String> = offered
        .iter()
        .filter(|name| !is_off(name))
        .cloned()
        .collect();
    Mechanism::choose(&door.credential, &left)
}

type Outcome = Result<imap::Session<Wire>, (imap::Error, imap::Client<Wire>)>;

/// The best mechanism that the server offers, in one round trip where it allows that; once.
fn authenticate(
    wire: &Wire,
    client: imap::Client<Wire>,
    door: &Door<'_>,
    capabilities: &[String],
) -> Result<Outcome, RemoteError> {
    let (host, secret) = (&door.endpoint.host, door.credential.secret());
    let Some(mechanism) = way_in(door, capabilities) else {
        return Err(insecure(&match door.credential {
            Credential::Password(_) => format!(
                "{host} takes no password that Sterna can send (LOGINDISABLED, no AUTH=PLAIN); oauth-command may be meant"
            ),
            Credential::Token(_) => format!(
                "{host} offers neither AUTH=XOAUTH2 nor AUTH=OAUTHBEARER, so it takes no token; password-command is meant"
            ),
        }));
    };
    if mechanism == Mechanism::Login {
        wire.set_secret(true);
        let result = client.login(door.user, secret.expose());
        wire.set_secret(false);
        return Ok(result);
    }
    let exchange = Exchange::new(mechanism, door.user, secret, host, door.endpoint.port);
    let name = mechanism.name();
    wire.set_secret(true);
    let result = if has_initial_response(door, capabilities) {
        let first = Secret::new(format!("{name} {}", exchange.initial().expose()));
        client.authenticate(first.expose(), &exchange)
    } else {
        client.authenticate(name, &exchange)
    };
    wire.set_secret(false);
    Ok(result)
}

/// What the tap heard while the `imap` crate was talking.
#[derive(Default)]
struct Heard {
    capabilities: Vec<String>,
    /// Code and words of the last tagged or BYE line.
    last: Option<(Option<Code>, SafeText)>,
    alerts: VecDeque<Received>,
}

/// The most alerts of one login.
const MOST_ALERTS: usize = 3;

/// Before and during login only capabilities, the tagged result and BYE are believed; alerts are words.
fn heard(wire: &Wire) -> Heard {
    let mut all = Heard::default();
    while let Some(frame) = wire.take_tapped() {
        let capabilities = capabilities_of(&frame);
        if !capabilities.is_empty() {
            all.capabilities = capabilities;
        }
        let is_untagged = frame.bytes.starts_with(b"*");
        if greeting_kind(&frame.bytes) == Greeting::Bye
            || (!is_untagged && !frame.bytes.starts_with(b"+"))
        {
            all.last = Some((code_of(&frame), text_of(&frame)));
        }
        if code_of(&frame) == Some(Code::Alert) && all.alerts.len() < MOST_ALERTS {
            all.alerts
                .push_back(Received::Untagged(Untagged::Condition {
                    kind: Condition::Ok,
                    code: Some(Code::Alert),
                    text: text_of(&frame),
                }));
        }
    }
    all
}

/// Code and text behind the first two words.
fn status_text(frame: &Frame) -> (Option<Code>, &[u8]) {
    let (_, rest) = split_word(&frame.bytes);
    let (_, rest) = split_word(rest);
    code::split(rest)
}

fn code_of(frame: &Frame) -> Option<Code> {
    status_text(frame).0
}

fn text_of(frame: &Frame) -> SafeText {
    words(status_text(frame).1)
}

fn capabilities_of(frame: &Frame) -> Vec<String> {
    let (star, rest) = split_word(&frame.bytes);
    let (word, rest) = split_word(rest);
    if star == b"*" && word.eq_ignore_ascii_case(b"CAPABILITY") {
        return upper_words(rest);
    }
    // In a status line they stand in the code; other untagged data has none.
    let is_status = star != b"*" || word.eq_ignore_ascii_case(b"OK");
    match code_of(frame) {
        Some(Code::Capability(names)) if is_status => names,
        _ => Vec::new(),
    }
}

/// Why the login did not happen: by the kind of answer and its code, never by its words.
fn refused(door: &Door<'_>, error: &imap::Error, heard: Heard) -> RemoteError {
    let host = &door.endpoint.host;
    let (code, text) = heard.last.unwrap_or_default();
    match (error, code) {
        (
            imap::Error::No(_),
            Some(
                Code::Unavailable
                | Code::InUse
                | Code::Limit
                | Code::ServerBug
                | Code::ContactAdmin,
            ),
        ) => offline(&format!("{host} cannot log in now. It said: \"{text}\"")),
        (imap::Error::No(_), Some(Code::PrivacyRequired)) => {
            insecure(&format!("{host} wants TLS. It said: \"{text}\""))
        }
        (imap::Error::No(_), _) => RemoteError::Unauthenticated(Box::new(RefusedLogin {
            what: door.credential.what(),
            user: SafeText::line(door.user),
            text,
            hint: provider::hint(Protocol::Imap, host),
        })),
        _ => other(host, error, Some(&text)),
    }
}

pub(crate) fn other(host: &str, error: &imap::Error, text: Option<&SafeText>) -> RemoteError {
    let said = text
        .filter(|text| !text.as_str().is_empty())
        .map_or_else(String::new, |text| format!(". It said: \"{text}\""));
    match error {
        imap::Error::Io(error) if error.kind() == ErrorKind::TimedOut => {
            offline(&format!("{host} did not answer in time{said}"))
        }
        imap::Error::Io(error) if error.kind() == ErrorKind::InvalidData => {
            protocol(&format!("{host} sent {error}"))
        }
        imap::Error::Io(error) => {
            offline(&format!("the connection to {host} broke ({error}){said}"))
        }
        imap::Error::ConnectionLost | imap::Error::Bye(_) => {
            offline(&format!("{host} closed the connection{said}"))
        }
        imap::Error::Bad(_) => protocol(&format!("{host} did not understand the login{said}")),
        _ => protocol(&format!("{host} gave an unexpected answer{said}")),
    }
}

pub(crate) fn protocol(detail: &str) -> RemoteError {
    RemoteError::Protocol {
        detail: SafeText::line(detail),
    }
}

/// Connects and hears the greeting, telling each step that is done.
pub(crate) fn knock(door: &Door<'_>, tell: &mut dyn FnMut(Step)) -> Result<(), RemoteError> {
    let wire = connect::connect(door, tell)?;
    wire.open();
    if door.endpoint.security != Security::StartTls {
        let (_, words) = greet(&wire, door.endpoint)?;
        tell(Step::Greeted(words));
    }
    wire.close();
    Ok(())
}
