//! One IMAP connection: reads commands, dispatches them, writes tagged answers. Each command group has its own file.

mod accident;
mod append;
mod authenticate;
mod copy;
mod fetch;
mod fetch_item;
mod flags;
mod idle;
mod limit;
pub mod list;
mod mailboxes;
mod notify;
mod object;
mod quota;
mod search;
mod search_key;
mod select;
mod sync;

use std::io;
use std::sync::Arc;

use crate::demo::dialect::Dialect;
use crate::demo::dialect::oddity::Oddity;
use crate::demo::fault::FaultKind;
use crate::demo::output::Output;
use crate::demo::reader::Reader;
use crate::demo::session::accident::Amiss;
use crate::demo::session::notify::Notify;
use crate::demo::session::select::Selected;
use crate::demo::shared::{Link, Logged, Service, Shared, lock};
use crate::demo::token::{self, Token};

/// Bytes of all literals of one command that are accepted.
const LITERALS: usize = 128 << 20;

/// The tagged answer to a command.
pub struct Reply(String);

impl Reply {
    fn ok(text: impl std::fmt::Display) -> Self {
        Self(format!("OK {text}"))
    }

    fn no(text: impl std::fmt::Display) -> Self {
        Self(format!("NO {text}"))
    }

    fn bad(text: impl std::fmt::Display) -> Self {
        Self(format!("BAD {text}"))
    }
}

/// A command as it came.
struct Command {
    tag: String,
    /// Upper case, `UID` commands with both words.
    name: String,
    arguments: Vec<Token>,
}

/// How a command came in.
enum Received {
    Command(Command),
    /// Not a command; the tag it seems to have.
    Malformed(String, &'static str),
}

/// The state of one connection.
pub struct Session {
    shared: Arc<Shared>,
    link: Arc<Link>,
    reader: Reader,
    output: Output,
    dialect: Dialect,
    authenticated: bool,
    /// The client has said ID.
    is_known: bool,
    selected: Option<Selected>,
    condstore: bool,
    qresync: bool,
    /// UIDs of the last `SEARCH RETURN (SAVE)`, for `$`.
    saved: Vec<u32>,
    /// What NOTIFY asked for; `None` before it did.
    notify: Option<Notify>,
    /// IDLE commands so far.
    n_idles: u32,
    /// The lowest UID that the command at hand was carried out for, where that was not all of it.
    stopped_at: Option<u32>,
    compressed: bool,
    leaving: bool,
    /// What is wrong with the command at hand.
    amiss: Amiss,
}

impl Session {
    /// A session on a fresh connection.
    pub fn new(shared: Arc<Shared>, link: Arc<Link>) -> Self {
        let dialect = lock(&shared.dialect).clone();
        Self {
            reader: Reader::new(Arc::clone(&link)),
            output: Output::new(Arc::clone(&link), Arc::clone(&shared)),
            shared,
            link,
            dialect,
            authenticated: false,
            is_known: false,
            n_idles: 0,
            stopped_at: None,
            selected: None,
            condstore: false,
            qresync: false,
            saved: Vec::new(),
            notify: None,
            compressed: false,
            leaving: false,
            amiss: Amiss::default(),
        }
    }

    /// Serves until the client leaves or the connection breaks; the error only says that it did.
    pub fn run(mut self) -> io::Result<()> {
        self.output.obey();
        self.greet()?;
        while !self.leaving {
            let received = self.receive()?;
            self.output.obey();
            match received {
                Received::Malformed(tag, why) => self.output.line(&format!("{tag} BAD {why}"))?,
                Received::Command(command) => self.serve(&command)?,
            }
        }
        self.output.flush()
    }

    fn greet(&mut self) -> io::Result<()> {
        let replaced = self
            .shared
            .faults(Service::Imap)
            .of_connection(self.link.number)
            .into_iter()
            .find_map(|kind| match kind {
                FaultKind::Greeting(bytes) => Some(bytes),
                _ => None,
            });
        match replaced {
            Some(bytes) => self.output.put(&bytes),
            None => self.output.line(&self.dialect.greeting()),
        }
    }

    /// Reads one command with its literals.
    fn receive(&mut self) -> io::Result<Received> {
        let mut bytes = Vec::new();
        let mut shown = Vec::new();
        let mut literals = 0_usize;
        loop {
            let line = self.reader.line(&mut self.output)?;
            shown.extend_from_slice(&line);
            bytes.extend_from_slice(&line);
            let Some((size_bytes, waits)) = token::announced(&line) else {
                break;
            };
            // RFC 7888 §5: with LITERAL- only small ones come unasked.
            let may_come = self.dialect.has("LITERAL+")
                || (self.dialect.has("LITERAL-") && size_bytes <= 4096);
            let refusal = if !waits && !may_come {
                Some("[TOOBIG] A literal of that size was not asked for")
            } else {
                literals = literals.saturating_add(size_bytes);
                (literals > LITERALS).then_some("[TOOBIG] Literal too large")
            };
            if let Some(why) = refusal {
                // What follows a literal that nobody asked for cannot be told from commands.
                self.leaving = !waits;
                return Ok(Received::Malformed(first_word(&bytes), why));
            }
            if waits {
                self.output.line("+ go ahead")?;
            }
            bytes.extend_from_slice(b"\r\n");
            bytes.extend(self.reader.take(size_bytes, &mut self.output)?);
        }
        let tag = first_word(&bytes);
        let Some(mut tokens) = token::tokens(&bytes) else {
            self.note("?", &shown);
            return Ok(Received::Malformed(tag, "Command not understood"));
        };
        if tokens.len() < 2 {
            self.note("?", &shown);
            return Ok(Received::Malformed(tag, "Command not understood"));
        }
        let mut arguments = tokens.split_off(2);
        let mut name = tokens.get(1).map(Token::upper).unwrap_or_default();
        if name == "UID" && !arguments.is_empty() {
            name = format!("UID {}", arguments.remove(0).upper());
        }
        if matches!(name.as_str(), "LOGIN" | "AUTHENTICATE") {
            shown = format!("{tag} {name} ***").into_bytes();
        }
        self.note(&name, &shown);
        Ok(Received::Command(Command {
            tag,
            name,
            arguments,
        }))
    }

    fn note(&self, name: &str, line: &[u8]) {
        self.shared.note(Logged {
            service: Service::Imap,
            connection: self.link.number,
            name: name.to_owned(),
            line: String::from_utf8_lossy(line).into_owned(),
        });
    }

    /// Applies the faults of a command, carries it out, answers.
    fn serve(&mut self, command: &Command) -> io::Result<()> {
        if self.suffer(command)? {
            return Ok(());
        }
        let reply = self.dispatch(command)?;
        let reply = self.tell_limit(reply)?;
        let amiss = std::mem::take(&mut self.amiss);
        // EXPUNGE must not come while sequence numbers may be in use by the client. RFC 3501 §7.4.1.
        let may_expunge = !matches!(command.name.as_str(), "FETCH" | "STORE" | "SEARCH");
        if !self.leaving {
            self.tell_news(may_expunge)?;
        }
        let is_hidden = reply.0.starts_with("BAD") && self.dialect.is_odd(Oddity::NoForBad);
        let answer = if is_hidden {
            "NO Error in IMAP command received by server."
        } else {
            amiss.answer().unwrap_or(&reply.0)
        };
        self.output.line(&format!("{} {answer}", command.tag))?;
        if command.name == "COMPRESS" && reply.0.starts_with("OK") {
            self.output.compress()?;
            self.reader.decompress()?;
        }
        Ok(())
    }

    fn dispatch(&mut self, command: &Command) -> io::Result<Reply> {
        let arguments = command.arguments.as_slice();
        let name = command.name.as_str();
        match name {
            "CAPABILITY" => {
                let line = self.dialect.line(self.authenticated);
                self.output.line(&format!("* CAPABILITY {line}"))?;
                return Ok(Reply::ok("Done"));
            }
            "NOOP" => return Ok(Reply::ok("Done")),
            "LOGOUT" => return self.logout(),
            "ID" if self.dialect.has("ID") => {
                self.is_known = true;
                self.output
                    .line("* ID (\"name\" \"Sterna demo\" \"vendor\" \"Sterna\")")?;
                return Ok(Reply::ok("Done"));
            }
            "LOGIN" => return self.login(arguments),
            "AUTHENTICATE" => return self.authenticate(arguments),
            _ if !self.authenticated => {
                return Ok(Reply::bad("Please log in first, or no such command"));
            }
            _ => {}
        }
        match name {
            "ENABLE" if self.dialect.has("ENABLE") => self.enable(arguments),
            "NAMESPACE" if self.dialect.has("NAMESPACE") => {
                let line = self.shared.state().namespaces.line();
                self.output.line(&line)?;
                Ok(Reply::ok("Done"))
            }
            "NOTIFY" if self.dialect.has("NOTIFY") => self.set_notify(arguments),
            "LIST" => self.list(arguments),
            "LSUB" => self.lsub(arguments),
            "STATUS" => self.status(arguments),
            "SELECT" | "EXAMINE" if !self.is_known && self.dialect.is_odd(Oddity::WantsId) => {
                // The words that users of the real one quote.
                Ok(Reply::no(format!(
                    "{name} Unsafe Login. Please contact kefu@188.com for help"
                )))
            }
            "SELECT" | "EXAMINE" => self.select(name == "EXAMINE", arguments),
            "CREATE" | "DELETE" | "RENAME" | "SUBSCRIBE" | "UNSUBSCRIBE" => {
                Ok(self.change_mailboxes(name, arguments))
            }
            "APPEND" => Ok(self.append(arguments)),
            "MYRIGHTS" | "GETACL" if self.dialect.has("ACL") => self.rights(name, arguments),
            "GETQUOTAROOT" | "GETQUOTA" if self.dialect.has("QUOTA") => self.quota(name, arguments),
            "IDLE" if self.dialect.has("IDLE") => self.idle(),
            "COMPRESS" if self.dialect.has("COMPRESS=DEFLATE") => Ok(self.compress(arguments)),
            _ if self.selected.is_none() => {
                Ok(Reply::bad("No mailbox selected, or no such command here"))
            }
            _ => self.dispatch_selected(command),
        }
    }

    /// Commands that need a selected mailbox.
    fn dispatch_selected(&mut self, command: &Command) -> io::Result<Reply> {
        let arguments = command.arguments.as_slice();
        let name = command.name.as_str();
        match name {
            "CHECK" => Ok(Reply::ok("Done")),
            "CLOSE" => Ok(self.close()),
            "UNSELECT" if self.dialect.has("UNSELECT") => {
                self.selected = None;
                Ok(Reply::ok("Done"))
            }
            "EXPUNGE" => Ok(self.expunge(None)),
            "UID EXPUNGE" if self.dialect.has("UIDPLUS") => match arguments.first() {
                Some(set) => Ok(self.expunge(Some(set))),
                None => Ok(Reply::bad("Which messages?")),
            },
            "FETCH" | "UID FETCH" => self.fetch(name == "UID FETCH", arguments),
            "STORE" | "UID STORE" => self.store(name == "UID STORE", arguments),
            "SEARCH" | "UID SEARCH" => self.search(name == "UID SEARCH", &command.tag, arguments),
            "COPY" | "UID COPY" => Ok(self.copy(name == "UID COPY", arguments)),
            "MOVE" | "UID MOVE" if self.dialect.has("MOVE") => {
                self.move_messages(name == "UID MOVE", arguments)
            }
            "REPLACE" | "UID REPLACE" if self.dialect.has("REPLACE") => {
                self.replace(name == "UID REPLACE", arguments)
            }
            _ => Ok(Reply::bad("No such command here")),
        }
    }
}

fn first_word(bytes: &[u8]) -> String {
    let word = bytes
        .split(u8::is_ascii_whitespace)
        .next()
        .filter(|word| !word.is_empty() && word.len() < 100);
    word.map_or_else(
        || "*".to_owned(),
        |word| String::from_utf8_lossy(word).into_owned(),
    )
}
