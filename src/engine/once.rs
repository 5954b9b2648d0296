//! One connection for the command line: does what is asked, then ends. The caller holds the account's lock.

use std::time::{Duration, Instant};

use crate::channel::error::RemoteError;
use crate::engine::Setup;
use crate::engine::agenda::Agenda;
use crate::engine::finish::protocol;
use crate::engine::lane::Kind;
use crate::engine::link::{Link, Tally};
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::mail::safe_text::SafeText;
use crate::mail::secret::Secret;
use crate::remote::session::Session;

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Errands {
    /// Bring every mailbox up to date, replay the journal, prefetch what the policy says.
    Everything,
    /// Ask which folders there are.
    Folders,
    /// Bring one mailbox up to date and fetch its newest screenful.
    Newest(MailboxId),
    /// Replay the journal.
    Journal,
    /// Fetch these bodies.
    Bodies(Vec<(MessageId, MailboxId)>),
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
    let settings = &setup.settings;
    let mut session = Session::open(&settings.imap, &settings.user, secret, &settings.disable)?;
    session.set_silence(setup.pace.silence);
    let mut link = Link::new(Kind::Once, setup, None, session)
        .map_err(|error| crate::engine::store_failed(&error))?;
    let mut agenda = Agenda::default();
    match errands {
        Errands::Everything => (agenda.refresh, agenda.keeps_up) = (true, true),
        Errands::Folders => agenda.refresh = true,
        Errands::Newest(mailbox) => agenda.home = Some(*mailbox),
        Errands::Journal => {}
        Errands::Bodies(wanted) => wanted
            .iter()
            .for_each(|(message, mailbox)| agenda.want_body(*message, *mailbox)),
    }
    link.enable();
    link.read_journal(&mut agenda);
    let until = patience.map(|patience| Instant::now() + patience);
    let mut is_inbox_asked = *errands != Errands::Everything;
    loop {
        link.go_on(&mut agenda)?;
        if link.is_at_rest(&agenda) {
            if is_inbox_asked {
                break;
            }
            is_inbox_asked = true; // Counts alone do not tell changed flags on every server: look at INBOX itself.
            link.want_inbox(&mut agenda);
            continue;
        }
        let deadline = Instant::now() + Duration::from_mins(1);
        link.wait_alone(until.map_or(deadline, |until| until.min(deadline)))?;
        link.take_all(&mut agenda)?;
        if until.is_some_and(|until| Instant::now() >= until) {
            let cause = SafeText::line("the server was too slow");
            return Err(RemoteError::Offline { cause });
        }
    }
    link.end()
        .map_err(|_| protocol("what came could not be stored"))
}
