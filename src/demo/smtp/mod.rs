//! The submission sink: accepts mail over SMTP, records it, and delivers it into INBOX. RFC 5321, RFC 4954.
//!
//! It is strict: what a client may not say without an offer of the server's is refused, so that a test sees it.

mod data;
mod login;
pub mod manner;

use std::io;
use std::sync::Arc;

use crate::demo::fault::FaultKind;
use crate::demo::output::Output;
use crate::demo::reader::Reader;
use crate::demo::shared::{Link, Logged, Service, Shared, lock};
use crate::demo::smtp::data::Body;
use crate::demo::smtp::manner::Manner;

/// One SMTP connection.
pub struct Session {
    shared: Arc<Shared>,
    link: Arc<Link>,
    reader: Reader,
    output: Output,
    manner: Manner,
    authenticated: bool,
    /// What happens to the next mail while it is read.
    body: Body,
    from: Option<String>,
    to: Vec<String>,
}

impl Session {
    /// A session on a fresh connection.
    pub fn new(shared: Arc<Shared>, link: Arc<Link>) -> Self {
        let manner = lock(&shared.manner).clone();
        Self {
            reader: Reader::new(Arc::clone(&link)),
            output: Output::new(Arc::clone(&link), Arc::clone(&shared)),
            manner,
            shared,
            link,
            authenticated: false,
            body: Body::default(),
            from: None,
            to: Vec::new(),
        }
    }

    /// Serves until QUIT or the end of the connection; the error only says that it broke.
    pub fn run(mut self) -> io::Result<()> {
        self.greet()?;
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
                    for offer in &self.manner.offers {
                        self.output.line(&format!("250-{offer}"))?;
                    }
                    self.output.line("250 ENHANCEDSTATUSCODES")?;
                }
                "HELO" => self.output.line("250 localhost")?,
                "AUTH" => self.authenticate(rest)?,
                "MAIL" if !self.authenticated && self.manner.has_login() => {
                    self.output.line("530 5.7.0 Log in first")?;
                }
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

    /// The greeting; faults know it as the command `GREETING`.
    fn greet(&mut self) -> io::Result<()> {
        self.output.obey();
        let kinds = self.shared.faults(Service::Smtp);
        let instead = kinds.of_connection(self.link.number);
        drop(kinds);
        let mut instead = instead.into_iter().filter_map(|kind| match kind {
            FaultKind::Greeting(bytes) => Some(bytes),
            _ => None,
        });
        if let Some(bytes) = instead.next() {
            return self.output.put(&bytes);
        }
        if self.is_refused("GREETING")? {
            return Ok(());
        }
        self.output.line("220 localhost Sterna demo sink")
    }

    fn mail(&mut self, rest: &str) -> io::Result<()> {
        self.reset();
        let Some(from) = path(rest) else {
            return self.output.line("501 5.5.4 MAIL FROM:<address>");
        };
        let parameters = rest.rsplit('>').next().unwrap_or_default();
        if let Some(no) = self.manner.objection(&from, parameters) {
            return self.output.line(no);
        }
        self.from = Some(from);
        self.output.line("250 2.1.0 Ok")
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
            .of_command(self.link.number, name, |_| true);
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
                FaultKind::CutBody { after } => self.body.cut_after = Some(after),
                FaultKind::StallBody { after } => self.body.stall_after = Some(after),
                _ => {}
            }
        }
        Ok(false)
    }
}

/// The address of `FROM:<a@b> SIZE=1`; an empty one for `<>`.
fn path(text: &str) -> Option<String> {
    let (_, rest) = text.split_once('<')?;
    let (address, _) = rest.split_once('>')?;
    Some(address.to_owned())
}
