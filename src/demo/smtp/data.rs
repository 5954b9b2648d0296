//! DATA: a mail is read, recorded, delivered into INBOX, and where the server does so filed among the sent ones.

use std::io;
use std::sync::Arc;

use crate::demo::mailbox::Content;
use crate::demo::shared::{Submission, lock};
use crate::demo::smtp::Session;
use crate::demo::smtp::manner::SIZE;
use crate::demo::state::State;
use crate::mail::flag::Flags;
use crate::mail::mailbox::Role;

/// What goes wrong while a mail is read; in bytes of the wire, dots as they came.
#[derive(Debug, Default)]
pub(super) struct Body {
    /// The connection ends after so many.
    pub(super) cut_after: Option<u64>,
    /// The server stops reading after so many.
    pub(super) stall_after: Option<u64>,
}

impl Session {
    pub(super) fn data(&mut self) -> io::Result<()> {
        let body = std::mem::take(&mut self.body);
        self.output.line("354 Go ahead, end with a dot")?;
        let data = self.body(&body)?;
        self.note(".", ".");
        if self.is_refused(".")? {
            self.reset();
            return Ok(());
        }
        if data.len() > SIZE {
            self.reset();
            return self.output.line("552 5.3.4 Too large");
        }
        let content = Content::Stored(Arc::from(data.as_slice()));
        lock(&self.shared.submissions).push(Submission {
            connection: self.link.number,
            from: self.from.take().unwrap_or_default(),
            to: std::mem::take(&mut self.to),
            data,
        });
        let (files_sent, now) = (self.manner.files_sent, self.shared.now());
        self.shared.change(|state| {
            if files_sent {
                file(state, content.clone(), now);
            }
            state.add("INBOX", Flags::default(), now, content)
        });
        self.output.line("250 2.0.0 Ok, taken")
    }

    /// Up to the final dot, dots unstuffed. Strict, so that a client that sends anything but CR LF is seen: a dot between
    /// bare LFs is text.
    fn body(&mut self, faults: &Body) -> io::Result<Vec<u8>> {
        let mut data = Vec::new();
        let (mut n_came, mut after_crlf) = (0, true);
        loop {
            let is_due = |at: Option<u64>| at.is_some_and(|at| n_came >= at);
            if is_due(faults.stall_after) {
                self.output.flush()?;
                self.link.incoming.rest(None);
            }
            if is_due(faults.cut_after) || is_due(faults.stall_after) {
                self.output.flush()?;
                self.link.cut();
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
            let line = self.reader.raw_line(&mut self.output)?;
            n_came += line.len() as u64;
            if after_crlf && line == b".\r\n" {
                return Ok(data);
            }
            let text = if after_crlf {
                line.strip_prefix(b".")
            } else {
                None
            };
            if data.len() <= SIZE {
                data.extend_from_slice(text.unwrap_or(&line));
            }
            after_crlf = line.ends_with(b"\r\n");
        }
    }
}

/// Puts a copy where sent mail goes, read.
fn file(state: &mut State, content: Content, now: i64) {
    let named = state.mailboxes.iter();
    let mut sent = named.filter(|(_, mailbox)| mailbox.role == Some(Role::Sent));
    let name = sent
        .next()
        .map_or_else(|| "Sent".to_owned(), |(name, _)| name.clone());
    state.ensure(&name, Some(Role::Sent));
    let seen = Flags::from_names(["\\Seen"]);
    state.add(&name, seen, now, content);
}
