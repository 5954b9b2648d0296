//! One connection for the command line, or beside the lanes: does what is asked, then ends. The caller holds the account's
//! lock.

pub mod append;
pub mod find;
pub mod room;
pub mod talk;
pub mod whole;

use std::time::{Duration, Instant};

use crate::channel::error::RemoteError;
use crate::engine::lane::Kind;
use crate::engine::lane::agenda::Agenda;
use crate::engine::link::Link;
use crate::engine::link::finish::protocol;
use crate::engine::link::storing::Tally;
use crate::engine::once::room::Borrowed;
use crate::engine::once::talk::Talk;
use crate::engine::{Post, Setup};
use crate::mail::mailbox::MailboxId;
use crate::mail::safe_text::SafeText;
use crate::mail::secret::Secret;

/// Connections that are made in a row without a pause.
const AT_ONCE: u32 = 3;

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Errands {
    /// Bring every mailbox up to date, replay the journal, prefetch what the policy says and fetch what is kept.
    Everything,
    /// Ask which folders there are.
    Folders,
    /// Bring one mailbox up to date and fetch its newest screenful.
    Newest(MailboxId),
    /// Bring one mailbox up to date, with every header.
    Headers(MailboxId),
    /// Replay the journal.
    Journal,
    /// Fetch what is kept on this machine and has not come.
    Kept,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Report {
    /// Rows that changed.
    pub tally: Tally,
    /// Mailboxes that the server lists.
    pub n_mailboxes: u64,
    /// Bytes that came from the server.
    pub bytes_received: u64,
    /// Mailboxes that could not be read, and why.
    pub refused: Vec<(MailboxId, RemoteError)>,
}

/// A connection of the command line: put to work, then waited for.
pub(super) struct Once<'a> {
    pub(super) link: Link<'a>,
    pub(super) agenda: Agenda,
    until: Option<Instant>,
    /// How many connections there were, and what came over those before this one.
    n_connections: u32,
    n_received: u64,
    /// Whose place on the server it has; given back last.
    place: Borrowed,
}

impl<'a> Once<'a> {
    /// Connects and logs in; everything after that ends when `patience` is over.
    pub(super) fn open(
        setup: &'a Setup,
        secret: &Secret,
        patience: Option<Duration>,
    ) -> Result<Self, RemoteError> {
        let (link, place) = connect(setup, secret)?;
        Ok(Self {
            link,
            agenda: Agenda::default(),
            place,
            until: patience.map(|patience| Instant::now() + patience),
            n_connections: 1,
            n_received: 0,
        })
    }

    /// Carries the errands out over this connection.
    fn carry_out(&mut self, errands: &Errands) -> Result<(), RemoteError> {
        let agenda = &mut self.agenda;
        match errands {
            Errands::Everything => (agenda.refresh, agenda.keeps_up) = (true, true),
            Errands::Folders => agenda.refresh = true,
            Errands::Newest(mailbox) => agenda.home = Some(*mailbox),
            Errands::Headers(mailbox) => agenda.want_sync(&[*mailbox], true),
            Errands::Journal => {}
            Errands::Kept => self.link.keep_again(agenda),
        }
        self.link.read_journal(&mut self.agenda);
        self.come_to_rest()?;
        if *errands != Errands::Everything {
            return Ok(());
        }
        // Counts alone do not tell changed flags on every server: look at INBOX itself.
        self.link.want_inbox(&mut self.agenda);
        self.link.keep_again(&mut self.agenda);
        self.come_to_rest()
    }

    /// The connection ended over what it was asked for: begins anew over another one, with more care. A mailbox or a message
    /// that ends them again and again is passed over.
    fn begin_anew(
        &mut self,
        setup: &'a Setup,
        secret: &Secret,
        error: RemoteError,
    ) -> Result<(), RemoteError> {
        let is_over = self.until.is_some_and(|until| Instant::now() >= until);
        let is_ended = matches!(error, RemoteError::Offline { .. }) && !is_over;
        let may_go_on = is_ended && self.n_connections < setup.pace.connections_in_a_row;
        if !may_go_on || !self.link.broke(&error, &mut self.agenda) {
            return Err(error);
        }
        self.agenda = Agenda {
            troubles: std::mem::take(&mut self.agenda.troubles),
            ..Agenda::default()
        };
        if self.n_connections > AT_ONCE {
            pause(setup.pace.first_retry);
        }
        let (mut link, place) = connect(setup, secret)?;
        link.shun(&self.agenda);
        link.tally = self.link.tally;
        link.refused = std::mem::take(&mut self.link.refused);
        self.n_received += self.link.session.counters().n_received;
        self.n_connections += 1;
        (self.link, self.place) = (link, place);
        Ok(())
    }

    /// Goes on until nothing is open, in flight or being collected.
    pub(super) fn come_to_rest(&mut self) -> Result<(), RemoteError> {
        loop {
            self.link.go_on(&mut self.agenda)?;
            if self.link.is_at_rest(&self.agenda) {
                return Ok(());
            }
            let deadline = Instant::now() + Duration::from_mins(1);
            let deadline = self.until.map_or(deadline, |until| until.min(deadline));
            self.link.wait_alone(deadline)?;
            self.link.take_all(&mut self.agenda)?;
            if self.until.is_some_and(|until| Instant::now() >= until) {
                let cause = SafeText::line("the server was too slow");
                return Err(RemoteError::Offline { cause });
            }
        }
    }

    /// Says goodbye and tells what was done. Where the server lists no folders, nobody knows whether that is all.
    pub(super) fn end(self) -> Result<Report, RemoteError> {
        let unlisted = self.agenda.troubles.why_unlisted().cloned();
        let report = self.link.end();
        let mut report = report.map_err(|_| protocol("what came could not be stored"))?;
        report.bytes_received += self.n_received;
        unlisted.map_or(Ok(report), Err)
    }
}

/// Waits for so long, whatever wakes the thread meanwhile.
fn pause(time: Duration) {
    let until = Instant::now() + time;
    while let Some(left) = until.checked_duration_since(Instant::now()) {
        std::thread::park_timeout(left);
    }
}

/// A connection of our own, logged in.
fn connect<'a>(setup: &'a Setup, secret: &Secret) -> Result<(Link<'a>, Borrowed), RemoteError> {
    let reader = setup.store.reader();
    let reader = reader.map_err(|error| crate::engine::store_failed(&error))?;
    let (mut session, place) = room::connect(setup, secret)?;
    session.patience().set_silence(setup.pace.silence);
    // There is no other lane; what is said to it is said to nobody.
    let (nobody, _) = Post::new().map_err(|error| crate::engine::store_failed(&error))?;
    let mut link = Link::new(Kind::Once, setup, nobody, session, reader)
        .map_err(|error| crate::engine::store_failed(&error))?;
    link.enable()?;
    Ok((link, place))
}

/// Asks which folders there are, and gives the connection to what is to be done in one of them. Where there are lanes, the
/// journal is theirs.
///
/// # Errors
/// As the connection says.
pub(super) fn folders(setup: &Setup, secret: &Secret) -> Result<Talk, RemoteError> {
    let mut once = Once::open(setup, secret, None)?;
    once.agenda.refresh = true;
    once.come_to_rest()?;
    let session = once.link.into_session();
    let session = session.map_err(|error| crate::engine::store_failed(&error))?;
    Ok(Talk::over(session, once.place))
}

/// Connects and carries the errands out, at most `patience` without a sign of progress being the wire's own deadline.
///
/// # Errors
/// As the connection says; `Offline` when `patience` is over.
pub fn run(
    setup: &Setup,
    secret: &Secret,
    errands: &Errands,
    patience: Option<Duration>,
) -> Result<Report, RemoteError> {
    let mut once = Once::open(setup, secret, patience)?;
    while let Err(error) = once.carry_out(errands) {
        once.begin_anew(setup, secret, error)?;
    }
    once.end()
}
