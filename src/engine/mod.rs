//! The engines: per account two threads with a connection each, poll loops, and one for the folders on this computer.
//!
//! The *interactive* lane holds the folder that the user looks at, watches it, fetches what the user waits for and
//! replays the journal. The *bulk* lane fills gaps, prefetches bodies, and watches INBOX while the user looks elsewhere;
//! it connects only when it has something to do. The *local* lane needs no server. Lanes share nothing but a [`Meter`]: what one wants of the other is an [`Order`].
//! The engine writes only through the store's writer, and never decides what a screen shows.
//!
//! | room | what is in it |
//! |---|---|
//! | [`lane`] | a thread with a connection: when it connects, waits, comes back, and what it does next |
//! | [`link`] | one logged-in connection: mailboxes selected and brought up to date |
//! | [`bodies`] | texts and parts, fetched when wanted or ahead |
//! | [`drain`] | the journal on its way to the server |
//! | [`submitter`] | mail and drafts on their way out |
//! | [`local`] | the folders on this computer |
//! | [`meter`] | what an action has taken |
//! | [`checkup`] | what `doctor` looks at |
//! | [`once`] | connections of their own for single commands |

pub mod bodies;
pub mod checkup;
pub mod drain;
pub mod lane;
pub mod link;
pub mod local;
pub mod lock;
pub mod meter;
pub mod once;
pub mod opened;
pub mod opening;
pub mod peers;
pub mod places;
pub mod submitter;
pub mod trust;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, unbounded};

use crate::channel::error::{RemoteError, StoreError};
use crate::channel::event::{Connection, Event};
use crate::channel::job::Job;
use crate::engine::lane::Kind;
use crate::engine::lane::pace::Pace;
use crate::engine::link::left_out::LeftOut;
use crate::engine::local::local_lane::LocalPost;
use crate::engine::meter::Meter;
use crate::engine::once::room::Room;
use crate::engine::places::Places;
use crate::engine::submitter::Submitter;
use crate::mail::account::{AccountId, AccountSettings};
use crate::mail::mailbox::MailboxId;
use crate::mail::part::WantedPart;
use crate::mail::safe_text::SafeText;
use crate::mail::secret::Secret;
use crate::remote::clock::Clock;
use crate::remote::wire::waker::Waker;
use crate::store::{Store, background};

/// Time for lanes that serve nobody to let go of the account's lock.
const LET_GO: Duration = Duration::from_millis(100);

/// What an engine needs to know; the same for both lanes.
#[derive(Clone)]
pub struct Setup {
    /// Whose engine.
    pub account: AccountId,
    /// The account as configured.
    pub settings: AccountSettings,
    /// The store of this process.
    pub store: Store,
    /// Where news go.
    pub events: Sender<Event>,
    /// Where lock files lie: the data directory.
    pub locks: PathBuf,
    /// Start without the network.
    pub is_offline: bool,
    /// How long to wait for what.
    pub pace: Pace,
    /// What time it is.
    pub clock: Clock,
    /// Where connections beside those of lanes come from, of this process or another; `None` where the account is held and
    /// has none.
    pub room: Option<Arc<Room>>,
    /// Messages that the server was found not to give.
    pub left_out: LeftOut,
    /// What came since the action began, over all connections.
    pub meter: Meter,
}

impl Setup {
    /// The usual waits and the machine's own clock.
    #[must_use]
    pub fn new(
        account: AccountId,
        settings: AccountSettings,
        store: Store,
        events: Sender<Event>,
        locks: PathBuf,
    ) -> Self {
        Self {
            account,
            settings,
            store,
            events,
            locks,
            is_offline: false,
            pace: Pace::default(),
            clock: Clock::default(),
            room: None,
            left_out: LeftOut::default(),
            meter: Meter::default(),
        }
    }

    /// What the store keeps of the server's capabilities; empty where nothing is known.
    #[must_use]
    pub fn memory(&self) -> Vec<String> {
        let reader = self.store.reader().ok();
        let memory = reader.and_then(|mut reader| reader.capabilities(self.account).ok());
        memory.unwrap_or_default()
    }

    /// Tells how the connection fares: to the screen, and in the lock file to other processes that ask.
    pub fn tell_state(&self, state: Connection) {
        if let Some(told) = lock::told(&state) {
            lock::tell(&self.locks, self.account, told);
        }
        let account = self.account;
        let _ = self.events.send(Event::Connection { account, state });
    }
}

/// What a lane is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Order {
    /// A job from the screen or from another process.
    Job(Job),
    /// Bring these mailboxes up to date and fill their gaps, in this order (to the bulk lane).
    Sync(Vec<MailboxId>),
    /// Tell when everything ordered before is done (to the bulk lane).
    Answer,
    /// The user looks at this mailbox now, which the interactive lane holds (to the bulk lane).
    HomeIs(MailboxId),
    /// The bulk lane has done its work, or lost its connection (to the interactive lane).
    Settled,
    /// The server has no room for both connections: give yours up, and your work (to the bulk lane).
    MakeRoom,
    /// Somebody may stand in line for the place of your connection: give it up for a while.
    Lend,
    /// There is no second connection for a while: do its work too (to the interactive lane).
    Alone(Given),
    /// This mailbox cannot be read, and the user was told (to the other lane).
    GivenUp(MailboxId),
    /// It could be read again (to the other lane).
    ReadAgain(MailboxId),
    /// The password that was accepted (to the bulk lane).
    Accepted(Secret),
    /// The process was stopped for a while: see whether the connection still answers.
    Probe,
    /// End: say goodbye if that is quick.
    Stop,
}

/// Work that one lane gives to the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// Mailboxes to bring up to date, in this order.
    pub mailboxes: Vec<MailboxId>,
    /// Parts that the user waits for, in this order.
    pub parts: Vec<WantedPart>,
    /// Somebody waits to hear that everything is up to date.
    pub owes_answer: bool,
    /// Where the user wants what metering has held back.
    pub leave: Option<MailboxId>,
    /// Before this moment no second connection is tried.
    pub until: Instant,
}

/// The way to a lane: a queue and a waker, so that an order interrupts a poll.
#[derive(Clone)]
pub struct Post {
    orders: Sender<Order>,
    waker: Waker,
    /// Whether a connection is up, so that an end is worth waiting for.
    is_serving: Arc<AtomicBool>,
}

impl Post {
    /// Makes a post and the lane's end of it.
    ///
    /// # Errors
    /// `Io` when the system gives no eventfd.
    pub fn new() -> Result<(Self, Receiver<Order>), StoreError> {
        let waker = Waker::new().map_err(|error| StoreError::Io {
            cause: format!("eventfd: {error}"),
        })?;
        let (orders, received) = unbounded();
        Ok((
            Self {
                orders,
                waker,
                is_serving: Arc::default(),
            },
            received,
        ))
    }

    /// Hands an order over; never blocks. A lane that has ended ignores it.
    pub fn send(&self, order: Order) {
        if self.orders.send(order).is_ok() {
            self.waker.wake();
        }
    }

    /// Whether the lane has taken every order.
    #[must_use]
    pub fn is_heard(&self) -> bool {
        self.orders.is_empty()
    }

    /// Notes whether the lane has a connection.
    pub fn note_serving(&self, is_serving: bool) {
        self.is_serving.store(is_serving, Ordering::Release);
    }

    /// Whether the lane has a connection.
    #[must_use]
    pub fn is_serving(&self) -> bool {
        self.is_serving.load(Ordering::Acquire)
    }

    /// The waker, for the lane's poll.
    #[must_use]
    pub const fn waker(&self) -> &Waker {
        &self.waker
    }
}

/// The running engine of one account.
pub struct Engine {
    interactive: Post,
    bulk: Post,
    submitter: Submitter,
    local: LocalPost,
    meter: Meter,
    threads: Vec<JoinHandle<()>>,
}

impl Engine {
    /// Starts all lanes. They wait for the account's lock by themselves, and tell when another process holds it.
    ///
    /// # Errors
    /// `Io` when a thread or a waker cannot be made.
    pub fn start(setup: &Setup) -> Result<Self, StoreError> {
        let (interactive, interactive_orders) = Post::new()?;
        let (bulk, bulk_orders) = Post::new()?;
        let lanes = [
            (
                Kind::Interactive,
                interactive.clone(),
                bulk.clone(),
                interactive_orders,
            ),
            (Kind::Bulk, bulk.clone(), interactive.clone(), bulk_orders),
        ];
        let places = Places::new(&setup.locks, setup.account);
        let room = Room::beside(places, [interactive.clone(), bulk.clone()]);
        let room = Arc::new(room);
        let beside = Setup {
            room: Some(Arc::clone(&room)),
            ..setup.clone()
        };
        let submitter = Submitter::new(&beside, Some(bulk.clone()));
        let mut threads = Vec::new();
        for (kind, post, other, orders) in lanes {
            let (setup, room) = (setup.clone(), Arc::clone(&room));
            let submitter = submitter.clone();
            let name = format!("{}-{}", setup.settings.name, kind.name());
            let thread = std::thread::Builder::new()
                .name(name)
                .spawn(move || {
                    if kind == Kind::Bulk {
                        background::give_way();
                    }
                    lane::run(kind, &setup, &post, &orders, &other, &room, &submitter);
                })
                .map_err(|error| StoreError::Io {
                    cause: format!("thread: {error}"),
                })?;
            threads.push(thread);
        }
        let (local, thread) = LocalPost::start(setup, &interactive)?;
        threads.push(thread);
        Ok(Self {
            interactive,
            bulk,
            submitter,
            local,
            meter: setup.meter.clone(),
            threads,
        })
    }

    /// Hands a job over; never blocks.
    pub fn submit(&self, job: Job) {
        if job.begins_action() {
            self.meter.begin();
        }
        if self.local.take(&job) {
            return;
        }
        // Older headers, and a large part, which must not keep the user waiting for what is small, come over the other
        // connection.
        if matches!(
            job,
            Job::WantPart(_) | Job::CancelPart(_) | Job::FetchMore(_)
        ) {
            return self.bulk.send(Order::Job(job));
        }
        if matches!(job, Job::SetOnline(_) | Job::SyncNow | Job::Keep) {
            self.bulk.send(Order::Job(job.clone()));
        }
        self.interactive.send(Order::Job(job));
    }

    /// Has both lanes see whether their connections still answer: the process was stopped, nobody knows for how long.
    pub fn probe(&self) {
        self.interactive.send(Order::Probe);
        self.bulk.send(Order::Probe);
    }

    /// Somebody in another process stands in line for a connection of this account.
    pub fn make_room(&self) {
        self.interactive.send(Order::Lend);
        self.bulk.send(Order::Lend);
    }

    /// The way to the interactive lane, for a thread of its own.
    #[must_use]
    pub fn post(&self) -> Post {
        self.interactive.clone()
    }

    /// What sends the account's mail.
    #[must_use]
    pub const fn submitter(&self) -> &Submitter {
        &self.submitter
    }

    /// Tells all lanes to end, without waiting.
    pub fn leave(&self) {
        self.local.leave();
        self.interactive.send(Order::Stop);
        self.bulk.send(Order::Stop);
        self.submitter.end();
    }

    /// Ends both lanes, waiting at most `patience` for what was started.
    pub fn stop(self, patience: Duration) {
        self.leave();
        let until = Instant::now() + patience;
        let posts = [self.interactive, self.bulk];
        let at_least = Instant::now() + LET_GO;
        for thread in self.threads {
            // A lane that is still connecting, or waits for the lock, has started nothing.
            let serves = || {
                posts
                    .iter()
                    .any(|post| post.is_serving.load(Ordering::Acquire))
            };
            while !thread.is_finished()
                && (Instant::now() < at_least || (serves() && Instant::now() < until))
            {
                std::thread::park_timeout(Duration::from_millis(5));
            }
            if thread.is_finished() {
                let _ = thread.join();
            }
        }
        // A mail whose end is on its way: cut now, nobody would know what became of it.
        while self.submitter.is_running() && Instant::now() < until {
            std::thread::park_timeout(Duration::from_millis(5));
        }
    }
}

/// An error of the store, as the lane reports it: the connection is given up, the store speaks for itself.
#[must_use]
pub fn store_failed(error: &StoreError) -> RemoteError {
    let detail = format!("what the server sent could not be stored: {error}");
    RemoteError::Protocol {
        detail: SafeText::line(&detail),
    }
}
