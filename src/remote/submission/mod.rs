//! Submission of mail: one connection to the account's submission server, one mail after the other over it. RFC 6409.
//!
//! `stream` has the bytes, `opening` the way to a logged-in connection, `offers` what the server can do, `mail` what is
//! handed over, `carrier` hands it over, and `error` is the stage at which that failed. Envelope, commands, replies and
//! the trait that mail is sent through are lettre's; its connection is not taken, neither for STARTTLS nor for TLS from
//! the first byte: `tests/submission/lettre.rs` shows why.
//!
//! The order of one mail: MAIL, every RCPT with its answer, DATA, the body, the caller's durable mark, the final dot. So
//! a failure before the mark has had no effect, and only one behind it leaves open whether the mail was taken.

pub mod carrier;
pub mod error;
pub mod mail;
pub mod offers;
mod opening;
mod reply;
mod stream;

use std::io;
use std::net::Shutdown;
use std::time::Duration;

use lettre::address::Envelope;
use lettre::transport::smtp::commands;

use crate::channel::error::{RemoteError, StoreError};
use crate::mail::safe_text::SafeText;
use crate::remote::connect::door::Door;
use crate::remote::connect::{self, Step};
use crate::remote::submission::error::{Failure, Refusal, SendError, Stage};
use crate::remote::submission::mail::{Commands, Deadlines};
use crate::remote::submission::offers::Offers;
use crate::remote::submission::reply::{Reply, code, words};
use crate::remote::submission::stream::SubmissionStream;
use crate::remote::wire::stream::Stream;

/// How long the answer to QUIT is waited for; nothing depends on it.
const GOODBYE: Duration = Duration::from_secs(5);

/// So many recipients every server takes. RFC 5321 §4.5.3.1.8.
const MUST_TAKE: usize = 100;

/// A mail that the server took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The server's words, which often hold its number for the mail.
    pub text: SafeText,
}

/// A connection on which mail can be handed over, by a [`carrier::Carrier`].
pub struct Submission {
    stream: SubmissionStream,
    host: String,
    offers: Offers,
    deadlines: Deadlines,
    is_over: bool,
}

impl Submission {
    /// Connects, protects the connection as the endpoint demands, and logs in, telling each step that is done. The login
    /// is left out, and not told, where the server offers none at all.
    ///
    /// # Errors
    /// As [`connect::connect`]; [`RemoteError::Unauthenticated`] where the credentials were refused, which are offered once.
    /// No mail was touched.
    pub fn open(
        door: &Door<'_>,
        deadlines: Deadlines,
        tell: &mut dyn FnMut(Step),
    ) -> Result<Self, RemoteError> {
        door.check()?;
        let stream = connect::stream(door, opening::ask_tls, tell)?;
        let mut stream = SubmissionStream::new(stream);
        let offers = opening::open(&mut stream, door, deadlines.opening, tell)?;
        Ok(Self {
            stream,
            host: door.endpoint.host.clone(),
            offers,
            deadlines,
            is_over: false,
        })
    }

    /// What the server offers.
    #[must_use]
    pub const fn offers(&self) -> &Offers {
        &self.offers
    }

    /// Whether the connection can carry no further mail.
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.is_over
    }

    /// Hands over one mail, as the carrier promises.
    fn send(
        &mut self,
        envelope: &Envelope,
        wire: &[u8],
        is_utf8: bool,
        before_dot: &mut dyn FnMut() -> Result<(), StoreError>,
    ) -> Result<Accepted, SendError> {
        let commands = Commands::new(envelope, wire, is_utf8, &self.offers)?;
        if self.is_over {
            return Err(self.broken(Stage::Mail, &io::ErrorKind::NotConnected.into()));
        }
        self.announce(&commands)?;
        self.body(wire)?;
        self.commit(before_dot)
    }

    /// Says goodbye, and waits a little for the answer, as RFC 5321 §4.1.1.10 asks.
    pub fn quit(mut self) {
        self.part();
    }

    fn part(&mut self) {
        if !self.is_over {
            let _ = self.stream.ask(&commands::Quit.to_string(), GOODBYE);
        }
        self.close();
    }

    /// MAIL, RCPT and DATA. A mail of which one recipient is refused goes to nobody.
    fn announce(&mut self, commands: &Commands) -> Result<(), SendError> {
        let reply = self.ask(Stage::Mail, &commands.mail)?;
        if code(&reply) != 250 {
            return Err(self.refused(Stage::Mail, &reply));
        }
        self.recipients(commands)?;
        let reply = self.ask(Stage::Data, &commands::Data)?;
        match code(&reply) {
            354 => Ok(()),
            _ => Err(self.refused(Stage::Data, &reply)),
        }
    }

    /// Every RCPT with its answer.
    fn recipients(&mut self, commands: &Commands) -> Result<(), SendError> {
        let mut refusals = Vec::new();
        for (n_before, (address, command)) in commands.recipients.iter().enumerate() {
            let reply = self.ask(Stage::Rcpt, command)?;
            let n_taken = n_before.saturating_sub(refusals.len());
            match code(&reply) {
                250..=259 => {}
                // The server goes, whoever the recipient is.
                421 => return Err(self.refused(Stage::Rcpt, &reply)),
                452 if n_taken > 0 && is_full(&reply, n_taken) => {
                    self.reset();
                    let n_wanted = commands.recipients.len();
                    return Err(SendError {
                        failure: Failure::TooMany { n_taken, n_wanted },
                        stage: Stage::Rcpt,
                        code: Some(452),
                        text: words(&reply),
                    });
                }
                400..=599 => refusals.push(Refusal {
                    address: SafeText::line(address.as_ref()),
                    code: code(&reply),
                    text: words(&reply),
                }),
                _ => return Err(self.refused(Stage::Rcpt, &reply)),
            }
        }
        if refusals.is_empty() {
            return Ok(());
        }
        self.reset();
        Err(SendError::recipients(refusals))
    }

    /// Writes the mail, all but the final dot. A server that speaks meanwhile has seen enough: it refuses.
    fn body(&mut self, wire: &[u8]) -> Result<(), SendError> {
        let blocks = mail::blocks(wire);
        for block in blocks {
            if let Err(error) = self.stream.write_block(&block, self.deadlines.block) {
                return Err(self.interrupted(&error));
            }
        }
        Ok(())
    }

    /// The durable mark, then the dot, then the server's word.
    fn commit(
        &mut self,
        before_dot: &mut dyn FnMut() -> Result<(), StoreError>,
    ) -> Result<Accepted, SendError> {
        if let Err(error) = before_dot() {
            self.close();
            return Err(SendError::unmarked(error));
        }
        // What has ended or spoken by now cannot have taken what it has not heard.
        if let Err(error) = self.stream.check_quiet() {
            return Err(self.interrupted(&error));
        }
        let said = self.stream.say(".\r\n", self.deadlines.block);
        let reply = said.and_then(|()| self.stream.reply(self.deadlines.end));
        let reply = match reply {
            Ok(reply) => reply,
            Err(error) => {
                let text = stream::trouble(&self.host, &error);
                self.close();
                return Err(SendError::new(
                    Stage::Final,
                    Failure::Uncertain,
                    None,
                    &text,
                ));
            }
        };
        match code(&reply) {
            200..=299 => Ok(Accepted {
                text: words(&reply),
            }),
            // No word that the standard knows: it may mean anything.
            300..=399 => {
                self.close();
                let text = "an answer that means nothing here";
                Err(SendError::new(Stage::Final, Failure::Uncertain, None, text))
            }
            _ => Err(self.refused(Stage::Final, &reply)),
        }
    }

    /// Sends a command and waits for its answer.
    fn ask(&mut self, stage: Stage, command: &dyn std::fmt::Display) -> Result<Reply, SendError> {
        let within = match stage {
            Stage::Data => self.deadlines.data,
            _ => self.deadlines.command,
        };
        let asked = self.stream.ask(&command.to_string(), within);
        asked.map_err(|error| self.broken(stage, &error))
    }

    /// The error for a refusal; the connection is ready for the next mail again, where it can be.
    fn refused(&mut self, stage: Stage, reply: &Reply) -> SendError {
        let failure = match code(reply) {
            400..=499 => Failure::Temporary,
            500..=599 => Failure::Permanent,
            // Out of place: whatever it means, it is nothing to go on after.
            _ => {
                self.close();
                Failure::Temporary
            }
        };
        if code(reply) == 421 {
            self.close();
        } else if stage != Stage::Final {
            self.reset();
        }
        SendError {
            stage,
            failure,
            code: Some(code(reply)),
            text: words(reply),
        }
    }

    /// Makes the server forget the mail that was begun.
    fn reset(&mut self) {
        if self.is_over {
            return;
        }
        let reset = commands::Rset.to_string();
        match self.stream.ask(&reset, self.deadlines.command) {
            Ok(reply) if code(&reply) == 250 => {}
            _ => self.close(),
        }
    }

    /// The error for a connection that ended, or that spoke where it was to listen, before the final dot. In the second
    /// case what it said is the refusal; the rest of the mail is never sent, so the connection is over.
    fn interrupted(&mut self, error: &io::Error) -> SendError {
        let said = self.stream.early();
        let mut result = self.broken(Stage::Body, error);
        if let Some(reply) = said.filter(|reply| (400..=599).contains(&code(reply))) {
            if code(&reply) >= 500 {
                result.failure = Failure::Permanent;
            }
            (result.code, result.text) = (Some(code(&reply)), words(&reply));
        }
        result
    }

    fn broken(&mut self, stage: Stage, error: &io::Error) -> SendError {
        self.close();
        let text = stream::trouble(&self.host, error);
        SendError::new(stage, Failure::Temporary, None, &text)
    }

    fn close(&mut self) {
        self.is_over = true;
        self.stream.close();
    }
}

impl Drop for Submission {
    fn drop(&mut self) {
        self.close();
    }
}

/// Looks whether the server's certificate is accepted; nothing is said to it but what brings TLS about.
///
/// # Errors
/// As [`Submission::open`].
pub fn look(door: &Door<'_>) -> Result<(), RemoteError> {
    let stream = connect::stream(door, opening::ask_tls, &mut |_| {})?;
    hang_up(&stream);
    Ok(())
}

/// As far as one comes without credentials: connects, hears the greeting and the offers, hangs up.
///
/// # Errors
/// As [`Submission::open`].
pub fn knock(
    door: &Door<'_>,
    deadlines: Deadlines,
    tell: &mut dyn FnMut(Step),
) -> Result<(), RemoteError> {
    let stream = connect::stream(door, opening::ask_tls, tell)?;
    let mut stream = SubmissionStream::new(stream);
    let known = opening::greet(&mut stream, door, deadlines.opening, tell);
    stream.close();
    known.map(|_| ())
}

/// Whether a 452 means that there are too many recipients: it also means a lack of room, which passes. X.5.3 says it (RFC
/// 3463 §3.6); without such a code it is taken for that where the server took what every server must. RFC 5321 §4.5.3.1.
fn is_full(reply: &Reply, n_taken: usize) -> bool {
    let text = reply.first_word();
    match text {
        Some("4.5.3") => true,
        Some(code) if code.starts_with("4.") => false,
        _ => n_taken >= MUST_TAKE,
    }
}

fn hang_up(stream: &Stream) {
    if let Some(socket) = stream.socket() {
        let _ = socket.shutdown(Shutdown::Both);
    }
}
