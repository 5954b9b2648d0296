//! A connection beside those of the lanes, for a while. Where a server has room for no more than theirs, one of them goes
//! first, and its lane waits until the errand is done: the bulk lane, or the other one where that is alone.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::channel::error::RemoteError;
use crate::engine::lane::backoff::Openings;
use crate::engine::{Order, Post, Setup, opening};
use crate::mail::account::SecretSource;
use crate::mail::safe_text::SafeText;
use crate::mail::secret::Secret;
use crate::remote::session::Session;

/// How long a lane is waited for that is to go. One that has something on its way stays.
const GOING: Duration = Duration::from_secs(5);

/// The lanes of an account, for those who need a connection beside theirs.
pub struct Room {
    /// In the order in which they go.
    lanes: [Post; 2],
    openings: Arc<Mutex<Openings>>,
    /// The server has refused what it took once a lane had gone: nobody else is refused first.
    is_scarce: AtomicBool,
}

/// The place of a lane, until this is dropped; none where there was room.
#[derive(Default)]
pub(in crate::engine) struct Borrowed(Option<Post>);

impl Drop for Borrowed {
    fn drop(&mut self) {
        if let Some(lane) = &self.0 {
            lane.lend(false);
        }
    }
}

/// Connects and logs in beside the lanes, one of which gives way if need be; where the account has none, there is room.
///
/// # Errors
/// As the connection says; `Offline` where too many have begun within a minute.
pub(in crate::engine) fn connect(
    setup: &Setup,
    secret: &Secret,
) -> Result<(Session, Borrowed), RemoteError> {
    let memory = setup.memory();
    let (settings, data, spool) = (&setup.settings, &setup.locks, setup.store.spool());
    let mut open = || opening::open(settings, data, Some(spool), secret, &memory, &mut |_| {});
    match &setup.room {
        Some(room) => room.open(setup, &mut open),
        None => Ok((open()?, Borrowed::default())),
    }
}

impl Room {
    /// Between the lanes of one engine, which count their connections together.
    pub(in crate::engine) fn new(
        bulk: Post,
        interactive: Post,
        openings: Arc<Mutex<Openings>>,
    ) -> Self {
        Self {
            lanes: [bulk, interactive],
            openings,
            is_scarce: AtomicBool::new(false),
        }
    }

    /// Opens a connection. One that is refused while the lanes have theirs may be one too many, whatever the server says.
    fn open(
        &self,
        setup: &Setup,
        open: &mut dyn FnMut() -> Result<Session, RemoteError>,
    ) -> Result<(Session, Borrowed), RemoteError> {
        let mut borrowed = Borrowed::default();
        if self.is_scarce.load(Ordering::Relaxed) {
            borrowed = self.borrow();
        }
        self.begin(setup)?;
        let error = match open() {
            Ok(session) => return Ok((session, borrowed)),
            Err(error) => error,
        };
        if borrowed.0.is_some() || is_old_token(setup, &error) {
            return Err(error);
        }
        borrowed = self.borrow();
        if borrowed.0.is_none() {
            return Err(error);
        }
        self.begin(setup)?;
        let session = open()?;
        self.is_scarce.store(true, Ordering::Relaxed);
        Ok((session, borrowed))
    }

    /// Has a lane go that is connected.
    fn borrow(&self) -> Borrowed {
        let Some(lane) = self.lanes.iter().find(|lane| lane.is_serving()) else {
            return Borrowed::default();
        };
        lane.lend(true);
        let borrowed = Borrowed(Some(lane.clone()));
        lane.send(Order::MakeRoom);
        let until = Instant::now() + GOING;
        while lane.is_serving() {
            if Instant::now() >= until {
                return Borrowed::default(); // It has its place back.
            }
            std::thread::park_timeout(Duration::from_millis(5));
        }
        borrowed
    }

    /// Counts a connection that begins now.
    fn begin(&self, setup: &Setup) -> Result<(), RemoteError> {
        let most = setup.pace.openings_per_minute;
        let openings = self.openings.lock();
        let begun = openings
            .unwrap_or_else(PoisonError::into_inner)
            .begin(setup.clock.now(), most);
        begun.map_err(|_| RemoteError::Offline {
            cause: SafeText::own("too many connections were made within a minute"),
        })
    }
}

/// Whether it is a token of yesterday that was refused: more room would not help.
fn is_old_token(setup: &Setup, error: &RemoteError) -> bool {
    let has_tokens = matches!(setup.settings.secret, SecretSource::Token(_));
    has_tokens && matches!(error, RemoteError::Unauthenticated { .. })
}
