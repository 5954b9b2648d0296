//! The submission sink: accepts mail over SMTP, records it, and delivers it into INBOX. RFC 5321, RFC 4954.

use std::io;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::demo::date;
use crate::demo::fault::FaultKind;
use crate::demo::mailbox::Content;
use crate::demo::output::Output;
use crate::demo::reader::Reader;
use crate::demo::server::{PASSWORD, USER};
use crate::demo::shared::{Link, Logged, Service, Shared, Submission, lock};
use crate::mail::flag::Flags;

/// The largest message accepted, in bytes.
const SIZE: usize = 64 << 20;

/// One SMTP connection.
pub struct Session {
    shared: Arc<Shared>,
    link: Arc<Link>,
    reader: Reader,
    output: Output,
    authenticated: bool,
    from: Option<String>,
    to: Vec<String>,
}

impl Session {
    /// A session on a fresh connection.
    pub fn new(shared: Arc<Shared>, link: Arc<Link>) -> Self {
        Self {
            reader: Reader::new(Arc::clone(&link)),
            output: Output::new(Arc::clone(&link), Arc::clone(&shared)),
            shared,
            link,
            authenticated: false,
            from: None,
            to: Vec::new(),
        }
    }

    /// Serves until QUIT or the end of the connection; the error only says that it broke.
    pub fn run(mut self) -> io::Result<()> {
        self.output.obey();
        self.output.line("220 localhost Sterna demo sink")?;
        loop {
            let line = self.reader.line(&mut self.output)?;
            self.output.obey();
            let text = String::from_utf8_lossy(&line).into_owned();
            let name = text
                .split(' ')
                .next()
                .unwrap_or_default()
                .to_ascii_uppercase();
            let shown = if name == "AUTH" { "AUTH ***" } else { &text };
            self.note(&name, shown);
            if self.is_refused(&name)? {
                continue;
            }
            let rest = text.get(name.len()..).unwrap_or_default().trim();
            match name.as_str() {
                "EHLO" => {
                    self.output.line("250-localhost")?;
                    self.output.line("250-AUTH PLAIN LOGIN")?;
                    self.output.line("250-8BITMIME")?;
                    self.output.line("250-SMTPUTF8")?;
                    self.output.line("250-PIPELINING")?;
                    self.output.line(&format!("250 SIZE {SIZE}"))?;
                }
                "HELO" => self.output.line("250 localhost")?,
                "AUTH" => self.authenticate(rest)?,
                "MAIL" if !self.authenticated => self.output.line("530 5.7.0 Log in first")?,
                "MAIL" => self.mail(rest)?,
                "RCPT" => self.recipient(rest)?,
                "DATA" if self.to.is_empty() => self.output.line("503 5.5.1 RCPT first")?,
                "DATA" => self.data()?,
                "RSET" => {
                    self.reset();
                    self.output.line("250 2.0.0 Ok")?;
                }
                "NOOP" => self.output.line("250 2.0.0 Ok")?,
                "QUIT" => {
                    self.output.line("221 2.0.0 Bye")?;
                    return self.output.flush();
                }
                _ => self.output.line("502 5.5.2 No such command here")?,
            }
        }
    }

    fn mail(&mut self, rest: &str) -> io::Result<()> {
        self.reset();
        self.from = path(rest);
        self.output.line(match self.from {
            Some(_) => "250 2.1.0 Ok",
            None => "501 5.5.4 MAIL FROM:<address>",
        })
    }

    fn recipient(&mut self, rest: &str) -> io::Result<()> {
        let answer = match (&self.from, path(rest)) {
            (None, _) => "503 5.5.1 MAIL first",
            (_, None) => "501 5.5.4 RCPT TO:<address>",
            (_, Some(address)) => {
                self.to.push(address);
                "250 2.1.5 Ok"
            }
        };
        self.output.line(answer)
    }

    fn note(&self, name: &str, line: &str) {
        self.shared.note(Logged {
            service: Service::Smtp,
            connection: self.link.number,
            name: name.to_owned(),
            line: line.to_owned(),
        });
    }

    fn reset(&mut self) {
        self.from = None;
        self.to.clear();
    }

    /// Applies the faults of a command; `true` where it must not be carried out.
    fn is_refused(&mut self, name: &str) -> io::Result<bool> {
        let kinds = self
            .shared
            .faults(Service::Smtp)
            .of_command(self.link.number, name, |_| false);
        for kind in kinds {
            match kind {
                FaultKind::DropOn { .. } => {
                    self.output.flush()?;
                    self.link.cut();
                    return Err(io::ErrorKind::ConnectionAborted.into());
                }
                FaultKind::Refuse { answer, .. } => {
                    self.output.line(&answer)?;
                    return Ok(true);
                }
                FaultKind::Instead { lines, .. } => {
                    self.output.put(&lines)?;
                    return Ok(true);
                }
                FaultKind::Before { lines, .. } => self.output.put(&lines)?,
                FaultKind::CutIn { after, .. } => self.output.cut_in(after),
                FaultKind::StallIn { after, .. } => self.output.stall_in(after),
                _ => {}
            }
        }
        Ok(false)
    }

    fn authenticate(&mut self, rest: &str) -> io::Result<()> {
        let (method, initial) = rest.split_once(' ').unwrap_or((rest, ""));
        let (user, password) = match method.to_ascii_uppercase().as_str() {
            "PLAIN" => {
                let answer = self.answer_to("", initial)?;
                let mut fields = answer.split(|byte| *byte == 0).skip(1).map(<[u8]>::to_vec);
                (
                    fields.next().unwrap_or_default(),
                    fields.next().unwrap_or_default(),
                )
            }
            "LOGIN" => (
                self.answer_to("VXNlcm5hbWU6", initial)?,
                self.answer_to("UGFzc3dvcmQ6", "")?,
            ),
            _ => return self.output.line("504 5.5.4 Unknown mechanism"),
        };
        self.authenticated = user == USER.as_bytes() && password == PASSWORD.as_bytes();
        self.output.line(if self.authenticated {
            "235 2.7.0 Logged in"
        } else {
            "535 5.7.8 The name or the password is wrong"
        })
    }

    /// What the client says to a challenge, or said before it was asked.
    fn answer_to(&mut self, challenge: &str, initial: &str) -> io::Result<Vec<u8>> {
        let line = if initial.is_empty() {
            self.output.line(&format!("334 {challenge}"))?;
            self.reader.line(&mut self.output)?
        } else {
            initial.as_bytes().to_vec()
        };
        Ok(STANDARD.decode(line).unwrap_or_default())
    }

    fn data(&mut self) -> io::Result<()> {
        self.output.line("354 Go ahead, end with a dot")?;
        let mut data = Vec::new();
        // Strict, so that a client that sends anything but CR LF is seen: a dot between bare LFs is text.
        let mut after_crlf = true;
        loop {
            let line = self.reader.raw_line(&mut self.output)?;
            if after_crlf && line == b".\r\n" {
                break;
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
        self.shared
            .change(|state| state.add("INBOX", Flags::default(), date::now(), content));
        self.output.line("250 2.0.0 Ok, taken")
    }
}

/// The address of `FROM:<a@b> SIZE=1`; an empty one for `<>`.
fn path(text: &str) -> Option<String> {
    let (_, rest) = text.split_once('<')?;
    let (address, _) = rest.split_once('>')?;
    Some(address.to_owned())
}
