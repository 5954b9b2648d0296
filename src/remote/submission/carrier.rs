//! A connection as a transport of lettre's: who can send mail through one of those can send it over ours.
//!
//! `send_raw` has an envelope and bytes, and no place for what has to happen between the body and the final dot. So a
//! carrier borrows both, the connection and the durable mark, for the mail that goes with this mark.

use std::borrow::Cow;
use std::cell::RefCell;

use lettre::Transport;
use lettre::address::Envelope;

use crate::channel::error::StoreError;
use crate::remote::submission::error::SendError;
use crate::remote::submission::{Accepted, Submission};

/// What is called once the whole body was written and nothing but the final dot is missing. Where it fails the dot is not
/// sent, and the server forgets the mail.
pub type BeforeDot<'a> = &'a mut dyn FnMut() -> Result<(), StoreError>;

/// A connection, lent together with the mark that goes before the final dot.
pub struct Carrier<'a> {
    lent: RefCell<(&'a mut Submission, BeforeDot<'a>)>,
    is_utf8: bool,
}

impl<'a> Carrier<'a> {
    /// Carries mail over a connection; each has the mark made before its dot.
    #[must_use]
    pub const fn new(submission: &'a mut Submission, before_dot: BeforeDot<'a>) -> Self {
        Self {
            lent: RefCell::new((submission, before_dot)),
            is_utf8: false,
        }
    }

    /// For mail whose header has UTF-8 as it is, RFC 6532; of the addresses and the body that is seen.
    #[must_use]
    pub const fn with_utf8_header(mut self, is_utf8: bool) -> Self {
        self.is_utf8 = is_utf8;
        self
    }
}

impl Transport for Carrier<'_> {
    type Ok = Accepted;
    type Error = SendError;

    /// Hands over one mail: lines that end in CR LF, no CR or LF elsewhere, dots as they are. A last line without its end,
    /// as lettre's builder leaves it, gets one: the final dot needs a line of its own.
    ///
    /// # Errors
    /// With the stage. Only [`Failure::Uncertain`](crate::remote::submission::error::Failure::Uncertain) leaves open whether
    /// the server took the mail; with any other one nobody got it.
    fn send_raw(&self, envelope: &Envelope, email: &[u8]) -> Result<Accepted, SendError> {
        let Ok(mut lent) = self.lent.try_borrow_mut() else {
            return Err(SendError::check("another mail is on its way just now"));
        };
        let mut wire = Cow::Borrowed(email);
        if !wire.ends_with(b"\r\n") {
            wire.to_mut().extend_from_slice(b"\r\n");
        }
        let (submission, before_dot) = &mut *lent;
        submission.send(envelope, &wire, self.is_utf8, *before_dot)
    }

    /// Says goodbye; no mail goes after that.
    fn shutdown(&self) {
        if let Ok(mut lent) = self.lent.try_borrow_mut() {
            lent.0.part();
        }
    }
}
