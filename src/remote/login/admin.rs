//! Administrative commands through the `imap` crate: CREATE, RENAME, DELETE, SUBSCRIBE, UNSUBSCRIBE, LOGOUT. The other
//! two that know it are `login` and `sasl`. Only on a quiet connection, only with checked names: the crate sends printable
//! ASCII. What else a server calls its folders goes back to it in literals, as the bytes that came.

use std::time::Duration;

use crate::channel::error::RemoteError;
use crate::mail::mailbox::MailboxName;
use crate::mail::safe_text::SafeText;
use crate::remote::command::{Command, Unsendable};
use crate::remote::login::{self, protocol};
use crate::remote::response::code::{self, Code};
use crate::remote::response::{Received, Status, split_word, words};
use crate::remote::session::Session;
use crate::remote::wire::Wire;

/// How long a server may take to say goodbye.
const LOGOUT_DEADLINE: Duration = Duration::from_secs(2);

/// Why something was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// What went wrong.
    pub error: RemoteError,
    /// The response code that came with the server's words; `None` where there was none.
    pub code: Option<Code>,
}

impl From<RemoteError> for Refused {
    fn from(error: RemoteError) -> Self {
        Self { error, code: None }
    }
}

impl Session {
    /// Creates a mailbox. RFC 3501 §6.3.3.
    ///
    /// # Errors
    /// [`RemoteError::Refused`] with the server's words; `Protocol` where the connection is not quiet or the name
    /// cannot be sent.
    pub fn create(&mut self, name: &MailboxName) -> Result<(), Refused> {
        match text(name)? {
            Some(name) => self.admin("create the folder", |imap| imap.create(name)),
            None => self.spelt("create the folder", Command::new("CREATE").mailbox(name)),
        }
    }

    /// Deletes a mailbox and what is in it. RFC 3501 §6.3.4.
    ///
    /// # Errors
    /// As [`Session::create`].
    pub fn delete(&mut self, name: &MailboxName) -> Result<(), Refused> {
        match text(name)? {
            Some(name) => self.admin("delete the folder", |imap| imap.delete(name)),
            None => self.spelt("delete the folder", Command::new("DELETE").mailbox(name)),
        }
    }

    /// Renames a mailbox. RFC 3501 §6.3.5.
    ///
    /// # Errors
    /// As [`Session::create`].
    pub fn rename(&mut self, from: &MailboxName, to: &MailboxName) -> Result<(), Refused> {
        let action = "rename the folder";
        if let (Some(from), Some(to)) = (text(from)?, text(to)?) {
            return self.admin(action, |imap| imap.rename(from, to));
        }
        let command = Command::new("RENAME").mailbox(from);
        self.spelt(action, command.and_then(|command| command.mailbox(to)))
    }

    /// Subscribes to a mailbox. RFC 3501 §6.3.6.
    ///
    /// # Errors
    /// As [`Session::create`].
    pub fn subscribe(&mut self, name: &MailboxName) -> Result<(), Refused> {
        match text(name)? {
            Some(name) => self.admin("subscribe to the folder", |imap| imap.subscribe(name)),
            None => self.spelt(
                "subscribe to the folder",
                Command::new("SUBSCRIBE").mailbox(name),
            ),
        }
    }

    /// Ends a subscription. RFC 3501 §6.3.7.
    ///
    /// # Errors
    /// As [`Session::create`].
    pub fn unsubscribe(&mut self, name: &MailboxName) -> Result<(), Refused> {
        let action = "unsubscribe from the folder";
        match text(name)? {
            Some(name) => self.admin(action, |imap| imap.unsubscribe(name)),
            None => self.spelt(action, Command::new("UNSUBSCRIBE").mailbox(name)),
        }
    }

    /// Says goodbye and closes. A busy connection is closed without words.
    pub fn logout(mut self) {
        self.wire().set_deadline(LOGOUT_DEADLINE);
        if let Some(imap) = self.quiet_imap() {
            // Some servers answer BYE, or close at once: all of it is goodbye.
            let _ = imap.logout();
        }
        self.wire().close();
    }

    /// Runs something on the crate's session, and keeps what the server said meanwhile.
    ///
    /// # Errors
    /// `Refused` on NO, `Protocol` on BAD or where the connection is not quiet, `Offline` where it broke.
    pub fn admin<T>(
        &mut self,
        action: &'static str,
        run: impl FnOnce(&mut imap::Session<Wire>) -> imap::Result<T>,
    ) -> Result<T, Refused> {
        let imap = self
            .quiet_imap()
            .ok_or_else(|| protocol("the connection is busy"))?;
        let result = run(imap);
        let (code, text) = self.last_answer();
        let host = self.host().to_owned();
        result.map_err(|error| {
            let error = match error {
                imap::Error::No(_) => RemoteError::Refused { action, text },
                other => login::other(&host, &other, Some(&text)),
            };
            Refused { error, code }
        })
    }

    /// Carries out a command about a name that the crate cannot send.
    fn spelt(
        &mut self,
        action: &'static str,
        command: Result<Command, Unsendable>,
    ) -> Result<(), Refused> {
        if self.quiet_imap().is_none() {
            return Err(protocol("the connection is busy").into());
        }
        let tag = self.send(command.map_err(RemoteError::from)?);
        let Received::Done {
            status, code, text, ..
        } = self.finish(tag)?
        else {
            return Ok(());
        };
        match status {
            Status::Ok => Ok(()),
            Status::No => Err(Refused {
                error: RemoteError::Refused { action, text },
                code,
            }),
            Status::Bad => {
                let host = self.host();
                let words = format!("{host} did not understand the command. It said: \"{text}\"");
                Err(protocol(&words).into())
            }
        }
    }

    /// Code and words of the tagged answer in the tap; the untagged responses there are kept for `next`.
    fn last_answer(&mut self) -> (Option<Code>, SafeText) {
        let mut answer = (None, SafeText::default());
        self.take_tapped(|frame| {
            let (_, rest) = split_word(&frame.bytes);
            let (code, text) = code::split(split_word(rest).1);
            answer = (code, words(text));
        });
        answer
    }
}

/// A name as the `imap` crate may be given it: it checks some itself and some not. `None` for one that goes as bytes.
fn text(name: &MailboxName) -> Result<Option<&str>, RemoteError> {
    let raw = name.raw();
    if raw.is_empty() || raw.iter().any(|byte| matches!(byte, 0 | b'\r' | b'\n')) {
        return Err(protocol(
            "the folder's name holds bytes that cannot be sent",
        ));
    }
    let is_plain = raw.iter().all(|byte| matches!(byte, b' '..=b'~'));
    Ok(std::str::from_utf8(raw).ok().filter(|_| is_plain))
}
