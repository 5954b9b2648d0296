//! A connection beside that of the interactive lane, for a while. An account has two: the second is the bulk lane's, which
//! goes for what is asked beside the lanes, and comes back behind it. Where the server has room for one only, the
//! interactive lane goes for that while too.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::channel::error::RemoteError;
use crate::engine::lane::backoff::Openings;
use crate::engine::peers::{self, Message};
use crate::engine::places::{Line, Place, Places, Seat};
use crate::engine::{Order, Post, Setup, opening};
use crate::mail::account::SecretSource;
use crate::mail::safe_text::SafeText;
use crate::mail::secret::Secret;
use crate::remote::session::Session;

/// How long a place is waited for. Who has it may be trying to reach the server.
const PATIENCE: Duration = Duration::from_mins(1);
/// The same for that of the interactive lane. While it has something on its way it stays.
const PATIENCE_FOR_FIRST: Duration = Duration::from_secs(5);
/// How often who has it is asked for it: what is asked may be lost, or come at a bad moment.
const ASK_EVERY: Duration = Duration::from_millis(500);
/// How soon it is looked again whether a place has become free, at first and at last.
const LOOK_AFTER: (Duration, Duration) = (Duration::from_millis(2), Duration::from_millis(100));
/// How long the interactive lane has its place to itself before it is asked for it again.
const TURN: Duration = Duration::from_secs(20);

/// Who has the places beside those who ask for room.
enum Others {
    /// The lanes of this process, the interactive one first.
    Lanes([Post; 2]),
    /// Another process, if any: they hear each other in this directory.
    Processes(PathBuf),
}

/// The way to a connection for those who are no lane and do not hold the account alone.
pub struct Room {
    places: Places,
    others: Others,
    openings: Mutex<Openings>,
    /// The server has room for one connection only, as was seen last.
    is_scarce: AtomicBool,
}

/// The places of a connection, until this is dropped.
pub struct Borrowed {
    seats: Vec<Seat>,
    places: Places,
    lanes: Vec<Post>,
}

impl Borrowed {
    /// How long to leave these places to those who wait for them; `None` where nobody does.
    pub(in crate::engine) fn is_wanted_for(&self) -> Option<Duration> {
        let mut places = self.seats.iter().map(Seat::place);
        let has_first = places.clone().any(|place| place == Place::First);
        let is_wanted = places.any(|place| self.places.is_wanted(place));
        is_wanted.then_some(if has_first { TURN } else { Duration::ZERO })
    }
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        self.seats.clear();
        for lane in &self.lanes {
            lane.waker().wake();
        }
    }
}

/// Connects and logs in, in the second place where the account has lanes or may be another process's. Who holds the account
/// and has no lanes has a connection instead of theirs.
///
/// # Errors
/// As the connection says; `Offline` where too many have begun within a minute, or the place is not given up.
pub(in crate::engine) fn connect(
    setup: &Setup,
    secret: &Secret,
) -> Result<(Session, Borrowed), RemoteError> {
    let memory = setup.memory();
    let (settings, data, spool) = (&setup.settings, &setup.locks, setup.store.spool());
    let mut open = || opening::open(settings, data, Some(spool), secret, &memory, &mut |_| {});
    if let Some(room) = &setup.room {
        return room.open(setup, &mut open);
    }
    let alone = Borrowed {
        seats: Vec::new(),
        places: Places::new(&setup.locks, setup.account),
        lanes: Vec::new(),
    };
    Ok((open()?, alone))
}

impl Room {
    /// Beside the lanes of an engine, which count their connections here.
    pub(in crate::engine) fn beside(places: Places, lanes: [Post; 2]) -> Self {
        Self::among(places, Others::Lanes(lanes))
    }

    /// Beside another process that may hold the account, which is asked by way of the runtime directory.
    #[must_use]
    pub fn beside_holder(places: Places, runtime: PathBuf) -> Self {
        Self::among(places, Others::Processes(runtime))
    }

    fn among(places: Places, others: Others) -> Self {
        Self {
            places,
            others,
            openings: Mutex::default(),
            is_scarce: AtomicBool::new(false),
        }
    }

    pub(in crate::engine) const fn places(&self) -> &Places {
        &self.places
    }

    /// Notes whether the server was seen to have room for one connection only.
    pub(in crate::engine) fn note_scarce(&self, is_scarce: bool) {
        self.is_scarce.store(is_scarce, Ordering::Relaxed);
    }

    /// Notes a connection that begins now, or tells when it may, where `most` have begun within the last minute.
    pub(in crate::engine) fn begin(&self, now: Instant, most: usize) -> Result<(), Instant> {
        let openings = self.openings.lock();
        openings
            .unwrap_or_else(PoisonError::into_inner)
            .begin(now, most)
    }

    /// Waits until the second place is free, whose lane goes; nobody may connect there until what is given is dropped.
    ///
    /// # Errors
    /// `Offline` where it is not given up in time.
    pub fn borrow(&self) -> Result<Borrowed, RemoteError> {
        let seat = self.seat(Place::Second, PATIENCE);
        let lanes = match &self.others {
            Others::Lanes(lanes) => lanes.to_vec(),
            Others::Processes(_) => Vec::new(),
        };
        Ok(Borrowed {
            seats: vec![seat.ok_or_else(not_given_up)?],
            places: self.places.clone(),
            lanes,
        })
    }

    /// Opens a connection. One that is refused while the interactive lane has its own may be one too many, whatever the
    /// server says.
    fn open(
        &self,
        setup: &Setup,
        open: &mut dyn FnMut() -> Result<Session, RemoteError>,
    ) -> Result<(Session, Borrowed), RemoteError> {
        let mut borrowed = self.borrow()?;
        if self.is_scarce.load(Ordering::Relaxed) {
            let first = self.seat(Place::First, PATIENCE_FOR_FIRST);
            borrowed.seats.extend(first);
        }
        self.count(setup)?;
        let error = match open() {
            Ok(session) => return Ok((session, borrowed)),
            Err(error) => error,
        };
        let has_both = borrowed.seats.len() > 1;
        if has_both || is_old_token(setup, &error) || self.is_free(Place::First) {
            return Err(error);
        }
        let Some(first) = self.seat(Place::First, PATIENCE_FOR_FIRST) else {
            return Err(error);
        };
        borrowed.seats.push(first);
        self.count(setup)?;
        let session = open()?;
        self.note_scarce(true);
        Ok((session, borrowed))
    }

    fn is_free(&self, place: Place) -> bool {
        self.places.take(place).is_some()
    }

    /// Takes a place, whose lane is asked to go; `None` where it does not.
    fn seat(&self, place: Place, patience: Duration) -> Option<Seat> {
        wait_for(&self.places, place, patience, &mut || match &self.others {
            Others::Lanes([first, second]) => match place {
                Place::First => first.send(Order::Lend),
                Place::Second => second.send(Order::Lend),
            },
            Others::Processes(runtime) => {
                peers::tell_in(runtime, Message::MakeRoom(self.places.account()));
            }
        })
    }

    /// Counts a connection that begins now.
    fn count(&self, setup: &Setup) -> Result<(), RemoteError> {
        let begun = self.begin(setup.clock.now(), setup.pace.openings_per_minute);
        begun.map_err(|_| RemoteError::Offline {
            cause: SafeText::own("too many connections were made within a minute"),
        })
    }
}

/// Stands in line for a place and waits for it, asking who has it; `None` where it is not given up in time.
fn wait_for(
    places: &Places,
    place: Place,
    patience: Duration,
    ask: &mut dyn FnMut(),
) -> Option<Seat> {
    let until = Instant::now() + patience;
    let (mut line, mut asked): (Option<Line>, Option<Instant>) = (None, None);
    let (mut pause, longest) = LOOK_AFTER;
    loop {
        if line.is_none() {
            line = places.line(place);
        }
        if let Some(line) = &line {
            if let Some(seat) = line.take() {
                return Some(seat);
            }
            if asked.is_none_or(|at| at.elapsed() >= ASK_EVERY) {
                asked = Some(Instant::now());
                ask();
                (pause, _) = LOOK_AFTER;
            }
        }
        if Instant::now() >= until {
            return None;
        }
        std::thread::park_timeout(pause);
        pause = longest.min(pause * 2);
    }
}

fn not_given_up() -> RemoteError {
    let cause = "another connection of this account takes its time; one more would be too many";
    RemoteError::Offline {
        cause: SafeText::own(cause),
    }
}

/// Whether it is a token of yesterday that was refused: more room would not help.
fn is_old_token(setup: &Setup, error: &RemoteError) -> bool {
    let has_tokens = matches!(setup.settings.secret, SecretSource::Token(_));
    has_tokens && matches!(error, RemoteError::Unauthenticated { .. })
}
