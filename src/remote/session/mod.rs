//! One logged-in connection with several commands in flight. Owned by one thread; waits nowhere but in [`Session::wait`].
//!
//! Untagged data is handed on in wire order and never attributed to a command.

mod distrust;
pub mod pipeline;

use std::collections::VecDeque;
use std::io;
use std::time::Instant;

use crate::channel::error::RemoteError;
use crate::mail::account::Endpoint;
use crate::mail::safe_text::SafeText;
use crate::mail::secret::Secret;
use crate::remote::command::{Command, Hold, Tag, select};
use crate::remote::connect::door::Door;
use crate::remote::connect::{Step, offline};
use crate::remote::login::{self, protocol};
use crate::remote::response::code::Code;
use crate::remote::response::{self, Condition, Received, Untagged};
use crate::remote::session::pipeline::Pipeline;
use crate::remote::strategy::capability::{self, Capabilities};
use crate::remote::wire::framer::Frame;
use crate::remote::wire::patience::Patience;
use crate::remote::wire::tapped;
use crate::remote::wire::transport::Counters;
use crate::remote::wire::waker::Waker;
use crate::remote::wire::wire_log;
use crate::remote::wire::{Reading, Wire};

/// A logged-in connection.
pub struct Session {
    wire: Wire,
    imap: Option<imap::Session<Wire>>,
    host: String,
    /// What the server said before the login.
    before: Vec<String>,
    capabilities: Capabilities,
    pipeline: Pipeline,
    /// Responses read while something else was being done.
    waiting: VecDeque<Received>,
    patience: Patience,
    /// The words of a BYE.
    bye: Option<SafeText>,
    dead: Option<RemoteError>,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session")
            .field("host", &self.host)
            .field("in_flight", &self.in_flight())
            .finish_non_exhaustive()
    }
}

impl Session {
    /// Connects, secures and logs in with a password; [`Session::know`] is next. Blocks, with deadlines.
    ///
    /// # Errors
    /// Every kind of [`RemoteError`] but `Refused`; its `recovery` says what to do.
    pub fn open(
        endpoint: &Endpoint,
        user: &str,
        secret: &Secret,
        disable: &[String],
    ) -> Result<Self, RemoteError> {
        let mut door = Door::new(endpoint, user, secret);
        door.disable = disable;
        Self::enter(&door, &mut |_| {})
    }

    /// Opens a session through a door, telling each step that is done.
    ///
    /// # Errors
    /// As [`Session::open`]; the step that failed is the one after the last that was told.
    pub fn enter(door: &Door<'_>, tell: &mut dyn FnMut(Step)) -> Result<Self, RemoteError> {
        let (wire, logged_in) = login::open(door, tell)?;
        let capabilities = Capabilities::new(&logged_in.capabilities, door.disable);
        let mut session = Self::over(wire, &door.endpoint.host, capabilities);
        session.imap = Some(logged_in.imap);
        (session.before, session.waiting) = (logged_in.before, logged_in.alerts);
        Ok(session)
    }

    /// Connects, secures and hears the greeting, then hangs up: as far as one comes without credentials.
    ///
    /// # Errors
    /// As [`Session::open`].
    pub fn knock(door: &Door<'_>, tell: &mut dyn FnMut(Step)) -> Result<(), RemoteError> {
        login::knock(door, tell)
    }

    /// Takes a stream that is logged in already.
    #[must_use]
    pub fn over(wire: Wire, host: &str, capabilities: Capabilities) -> Self {
        Self {
            wire,
            imap: None,
            host: host.to_owned(),
            before: Vec::new(),
            capabilities,
            pipeline: Pipeline::new(),
            waiting: VecDeque::new(),
            patience: Patience::new(),
            bye: None,
            dead: None,
        }
    }

    /// How long the server is waited for.
    pub const fn patience(&mut self) -> &mut Patience {
        &mut self.patience
    }

    /// What the server can do and the user lets it.
    #[must_use]
    pub const fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// What the next connection is to remember of this one.
    #[must_use]
    pub fn memory(&self) -> Vec<String> {
        capability::memory(&self.before, self.capabilities.names())
    }

    /// Bytes so far, login included.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.wire.counters()
    }

    /// Queues a command; [`Session::wait`] writes it.
    pub fn send(&mut self, command: Command) -> Tag {
        if !self.pipeline.awaits_answer() {
            self.patience.progress();
        }
        let is_compress = command.hold() == Hold::Compress;
        let tag = self.pipeline.send(command);
        if is_compress {
            self.wire.deflate_after(tag);
        }
        tag
    }

    /// Whether the server is on this machine, where compression costs more than it saves.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.wire.is_loopback()
    }

    /// Ends a running or queued IDLE; nothing without one. Its end comes as [`Received::Done`].
    pub fn end_idle(&mut self) {
        self.patience.progress();
        self.pipeline.end_idle();
    }

    /// How many commands have no answer yet, queued ones included.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.pipeline.in_flight()
    }

    /// Writes what fits and reads what came; returns on data, on a wake-up, or when the time is over.
    ///
    /// Returns at once while responses wait for [`Session::next`].
    ///
    /// # Errors
    /// The connection is dead, and stays so.
    pub fn wait(&mut self, waker: Option<&Waker>, until: Instant) -> Result<(), RemoteError> {
        if let Some(error) = &self.dead {
            return Err(error.clone());
        }
        let result = self.exchange(waker, until);
        if let Err(error) = &result {
            self.dead = Some(error.clone());
            self.wire.close();
        }
        result
    }

    fn exchange(&mut self, waker: Option<&Waker>, until: Instant) -> Result<(), RemoteError> {
        self.write()?;
        // No more is read than somebody takes.
        let is_waiting = !self.waiting.is_empty() || self.wire.has_frame();
        if is_waiting || self.wire.is_ready() {
            return if is_waiting { Ok(()) } else { self.read() };
        }
        let is_due = self.pipeline.awaits_answer();
        let until = if is_due {
            until.min(self.patience.end())
        } else {
            until
        };
        self.wire
            .poll(
                waker,
                self.pipeline.has_output(),
                self.patience.on_machine(until),
            )
            .map_err(|error| self.broke(&error))?;
        self.write()?;
        self.read()?;
        if is_due && !self.wire.is_ready() && self.patience.is_over() {
            return Err(offline(&self.patience.words(&self.host)));
        }
        Ok(())
    }

    fn write(&mut self) -> Result<(), RemoteError> {
        loop {
            let bytes = self.pipeline.output(&self.capabilities, wire_log::command);
            match self.wire.send_some(bytes) {
                Ok(0) => return Ok(()),
                Ok(n) => {
                    self.pipeline.written(n);
                    // More is to go: the server takes it. The last of it gives no new patience, or whoever goes on
                    // asking a dead server would never hear that it is dead.
                    if self.pipeline.has_output() {
                        self.patience.progress();
                    }
                }
                // The server may have closed with words: they are read first.
                Err(error) => {
                    let _ = self.wire.receive();
                    return if self.wire.is_ready() {
                        Ok(())
                    } else {
                        Err(self.broke(&error))
                    };
                }
            }
        }
    }

    fn read(&mut self) -> Result<(), RemoteError> {
        let reading = self.wire.receive().map_err(|error| self.broke(&error))?;
        let is_waiting = !self.waiting.is_empty() || self.wire.has_frame();
        match reading {
            Reading::Bytes(n) => self.patience.received(n, is_waiting),
            Reading::Nothing => {}
            // What came before the end is handed out first; the end comes again.
            Reading::End if is_waiting => {}
            Reading::End => return Err(self.ended()),
        }
        match self.wire.lost() {
            Some(why) if !is_waiting => Err(protocol(&format!("{} sent {why}", self.host))),
            _ => Ok(()),
        }
    }

    /// The next response, in wire order; `None` when [`Session::wait`] has to be called again.
    #[expect(
        clippy::should_implement_trait,
        reason = "no iterator: after `None` more may come"
    )]
    pub fn next(&mut self) -> Option<Received> {
        if let Some(received) = self.waiting.pop_front() {
            return Some(received);
        }
        loop {
            let frame = self.wire.next_frame()?;
            if let Some(received) = self.follow(response::parse(&frame)) {
                return Some(received);
            }
        }
    }

    /// Keeps the connection's own books; `None` for what is of no concern to anybody else.
    fn follow(&mut self, received: Received) -> Option<Received> {
        match &received {
            Received::Continue => {
                if !self.pipeline.on_continue(&self.capabilities) {
                    return None;
                }
            }
            Received::Done { tag, code, .. } => {
                if !self.pipeline.on_done(*tag) {
                    return Some(Received::Broken {
                        detail: SafeText::line("an answer to a command that is not in flight"),
                    });
                }
                self.learn(code.as_ref());
            }
            Received::Untagged(Untagged::Capability(names)) => self.capabilities.replace(names),
            Received::Untagged(Untagged::Condition { kind, code, text }) => {
                if *kind == Condition::Bye {
                    self.bye = Some(text.clone());
                }
                self.learn(code.as_ref());
            }
            Received::Untagged(_) | Received::Broken { .. } => {}
        }
        Some(received)
    }

    fn learn(&mut self, code: Option<&Code>) {
        if let Some(Code::Capability(names)) = code {
            self.capabilities.replace(names);
        }
    }

    /// Makes sure that the server's capabilities are known. A server that did not tell them with the login is asked: at
    /// once and waiting, or, where some are `remembered` from an earlier connection, in the flight that is built on
    /// those. `Some` is that question: they are assumed until [`Untagged::Capability`] comes, or its end.
    ///
    /// # Errors
    /// As [`Session::wait`].
    pub fn know(&mut self, remembered: &[String]) -> Result<Option<Tag>, RemoteError> {
        if !self.capabilities.is_empty() {
            return Ok(None);
        }
        let tag = self.send(select::capability());
        let remembered = capability::remembered_after(remembered);
        if remembered.is_empty() {
            return self.finish(tag).map(|_| None);
        }
        self.capabilities.replace(&remembered);
        Ok(Some(tag))
    }

    /// Waits for the end of one command, keeping everything else for [`Session::next`]. Blocks, with the deadline.
    pub(crate) fn finish(&mut self, tag: Tag) -> Result<Received, RemoteError> {
        let mut kept = VecDeque::new();
        let most = self.counters().n_received + tapped::MOST_BYTES as u64;
        let is_end = |received: &Received| matches!(received, Received::Done { tag: done, .. } if *done == tag);
        let result = loop {
            if kept.len() >= tapped::MOST || self.counters().n_received > most {
                let detail = format!("{} sent {}", self.host, tapped::TOO_MUCH);
                break Err(protocol(&detail));
            }
            match self.next() {
                Some(received) if is_end(&received) => break Ok(received),
                Some(Received::Untagged(Untagged::Capability(_))) => {}
                Some(received) => kept.push_back(received),
                None => {
                    if let Err(error) = self.wait(None, self.patience.end()) {
                        break Err(error);
                    }
                }
            }
        };
        self.waiting = kept;
        result
    }

    pub(crate) const fn wire(&self) -> &Wire {
        &self.wire
    }

    /// The server's name, as configured.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The crate's session, if nothing is on its way; what it hears is put before everything that comes later.
    pub(crate) fn quiet_imap(&mut self) -> Option<&mut imap::Session<Wire>> {
        if !self.pipeline.is_quiet() || self.dead.is_some() {
            return None;
        }
        self.imap.as_mut()
    }

    /// Keeps what was heard while the `imap` crate was talking; `answer` sees the responses that are not untagged.
    pub(crate) fn take_tapped(&mut self, mut answer: impl FnMut(&Frame)) {
        while let Some(frame) = self.wire.take_tapped() {
            if !frame.bytes.starts_with(b"*") {
                answer(&frame);
                continue;
            }
            if let Some(received) = self.follow(response::parse(&frame)) {
                self.waiting.push_back(received);
            }
        }
        self.patience.progress();
    }

    fn broke(&self, error: &io::Error) -> RemoteError {
        if error.kind() == io::ErrorKind::InvalidData {
            return protocol(&format!("{} sent {error}", self.host));
        }
        self.bye.as_ref().map_or_else(
            || offline(&format!("the connection to {} broke ({error})", self.host)),
            |_| self.ended(),
        )
    }

    fn ended(&self) -> RemoteError {
        match &self.bye {
            Some(text) => offline(&format!(
                "{} closed the connection. It said: \"{text}\"",
                self.host
            )),
            None => offline(&format!("{} closed the connection", self.host)),
        }
    }
}
