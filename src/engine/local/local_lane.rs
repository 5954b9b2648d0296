//! The thread of an account's folders on this computer: looks what other programs have changed, carries out the journal
//! there, gives the text of messages. It works whether the server can be reached or not.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;

use crate::channel::error::{RemoteError, StoreError};
use crate::channel::event::{Event, PartState};
use crate::channel::job::Job;
use crate::engine::local::{Ids, Local};
use crate::engine::lock::{self, Lock};
use crate::engine::{Order, Post, Setup};
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::mail::part::{PartPath, WantedPart};
use crate::mail::safe_text::SafeText;
use crate::store::background;
use crate::store::bodies::StoredBody;

/// How often the folders are looked at while one of them is open.
const OPEN: Duration = Duration::from_secs(1);
/// How often otherwise.
const CLOSED: Duration = Duration::from_secs(15);

/// The way to the lane.
pub struct LocalPost {
    post: Post,
    ids: Ids,
}

impl LocalPost {
    /// Starts the lane. What can only be had from the server is asked of the interactive one.
    ///
    /// # Errors
    /// `Io` when a thread or a waker cannot be made.
    pub fn start(setup: &Setup, interactive: &Post) -> Result<(Self, JoinHandle<()>), StoreError> {
        let (post, orders) = Post::new()?;
        let ids = Ids::default();
        let lane = Self {
            post: post.clone(),
            ids: ids.clone(),
        };
        let (setup, interactive) = (setup.clone(), interactive.clone());
        let thread = std::thread::Builder::new()
            .name(format!("{}-local", setup.settings.name))
            .spawn(move || {
                background::give_way();
                run(&setup, &post, &orders, &interactive, &ids);
            })
            .map_err(|error| StoreError::Io {
                cause: format!("thread: {error}"),
            })?;
        Ok((lane, thread))
    }

    /// Hands a job over where it may concern the folders on this computer; true for one that concerns nobody else.
    #[must_use]
    pub fn take(&self, job: &Job) -> bool {
        let mailbox = match job {
            Job::OpenMailbox(mailbox) | Job::WantOldest(mailbox) | Job::FetchMore(mailbox) => {
                Some(*mailbox)
            }
            Job::WantBody { mailbox, .. } | Job::FetchAnyway { mailbox, .. } => Some(*mailbox),
            Job::WantPart(part) | Job::CancelPart(part) => Some(part.mailbox),
            Job::JournalChanged | Job::SyncNow => None,
            Job::Keep
            | Job::SendNow
            | Job::SetOnline(_)
            | Job::Password(_)
            | Job::SubmissionPassword(_) => return false,
        };
        self.post.send(Order::Job(job.clone()));
        mailbox.is_some_and(|mailbox| self.ids.contains(mailbox))
    }

    /// Tells the lane to end, without waiting.
    pub fn leave(&self) {
        self.post.send(Order::Stop);
    }
}

/// What the lane was asked for.
#[derive(Debug, Default)]
struct Wishes {
    is_open: bool,
    /// Messages, where they were opened, and the part that is wanted; `None` for a text to read.
    texts: Vec<(MessageId, MailboxId, Option<PartPath>)>,
}

/// Runs until it is told to stop.
fn run(setup: &Setup, post: &Post, orders: &Receiver<Order>, interactive: &Post, ids: &Ids) {
    let mut lane = LocalLane {
        setup,
        interactive,
        wishes: Wishes::default(),
        lock: None,
    };
    loop {
        let served = catch_unwind(AssertUnwindSafe(|| lane.serve(post, orders, ids)));
        match served {
            Ok(Ok(())) => return,
            Ok(Err(error)) => {
                tracing::warn!(
                    account = setup.account.get(),
                    "folders on this computer: {error}"
                );
                let _ = setup.events.send(Event::StoreFailed(error));
            }
            Err(_) => tracing::error!("a defect ended the look at the folders on this computer"),
        }
        if post.waker().wait(Some(Instant::now() + CLOSED)).is_err() {
            return;
        }
    }
}

struct LocalLane<'a> {
    setup: &'a Setup,
    interactive: &'a Post,
    wishes: Wishes,
    lock: Option<Lock>,
}

impl LocalLane<'_> {
    fn serve(
        &mut self,
        post: &Post,
        orders: &Receiver<Order>,
        ids: &Ids,
    ) -> Result<(), StoreError> {
        let mut local = Local::new(self.setup, ids.clone())?;
        loop {
            post.waker().drain();
            while let Ok(order) = orders.try_recv() {
                if !self.note(order, ids) {
                    return Ok(());
                }
            }
            let until = self.turn(&mut local)?;
            if post.waker().wait(until).is_err() {
                return Ok(());
            }
        }
    }

    /// Takes an order; false for the end.
    fn note(&mut self, order: Order, ids: &Ids) -> bool {
        match order {
            Order::Stop => return false,
            Order::Job(Job::OpenMailbox(mailbox)) => self.wishes.is_open = ids.contains(mailbox),
            Order::Job(
                Job::WantBody { message, mailbox } | Job::FetchAnyway { message, mailbox },
            ) => {
                self.wishes.texts.push((message, mailbox, None));
            }
            Order::Job(Job::WantPart(part)) => {
                self.wishes
                    .texts
                    .push((part.message, part.mailbox, Some(part.path)));
            }
            _ => {}
        }
        true
    }

    /// Does what is to be done now; returns when to look again, `None` for when an order comes.
    fn turn(&mut self, local: &mut Local<'_>) -> Result<Option<Instant>, StoreError> {
        let is_concerned = local.reader.concerns_local(self.setup.account)?;
        if !is_concerned && !local.tree.is_there() {
            local.look()?;
            self.wishes.texts.clear();
            return Ok(None);
        }
        if self.lock.is_none() {
            let taken = lock::try_take_here(&self.setup.locks, self.setup.account);
            self.lock = taken.ok().flatten();
        }
        let period = if self.wishes.is_open { OPEN } else { CLOSED };
        let in_time = self.setup.clock.now() + period;
        if self.lock.is_none() {
            self.wishes.texts.clear(); // Whoever holds them heard it too.
            return Ok(Some(self.setup.clock.on_machine(in_time)));
        }
        let mut hold = None;
        if is_concerned {
            hold = local.carry_out()?;
        }
        let has_more = local.look()?;
        for (message, mailbox, part) in std::mem::take(&mut self.wishes.texts) {
            self.give(local, message, mailbox, part)?;
        }
        let hold = hold.map(|at| {
            let seconds = u64::try_from(at.saturating_sub(local.wall())).unwrap_or(0);
            self.setup.clock.now() + Duration::from_secs(seconds) + Duration::from_millis(20)
        });
        let next = if has_more {
            self.setup.clock.now()
        } else {
            in_time
        };
        let next = hold.map_or(next, |hold| hold.min(next));
        Ok(Some(self.setup.clock.on_machine(next)))
    }

    /// Gives the text of a message that lies here. Of one that is on its way here the server has it still.
    fn give(
        &self,
        local: &mut Local<'_>,
        message: MessageId,
        mailbox: MailboxId,
        part: Option<PartPath>,
    ) -> Result<(), StoreError> {
        let Some(source) = local.reader.source(message, mailbox)? else {
            return Ok(());
        };
        if !local.ids.contains(source) {
            if local.ids.contains(mailbox) {
                let mailbox = source;
                let job = match part {
                    None => Job::WantBody { message, mailbox },
                    Some(path) => Job::WantPart(WantedPart {
                        message,
                        mailbox,
                        path,
                    }),
                };
                self.interactive.send(Order::Job(job));
            }
            return Ok(());
        }
        let given = local.give(message, source)?;
        let event = match (given, part) {
            (Ok(()), None) => return Ok(()), // The store tells.
            (Err(error), None) => Event::BodyFailed { message, error },
            (given, Some(path)) => Event::Part {
                message,
                path,
                state: given.map_or_else(PartState::Failed, |()| PartState::Here),
            },
        };
        let _ = self.setup.events.send(event);
        Ok(())
    }
}

impl Local<'_> {
    /// Puts a message of a folder on this computer into the store, whole.
    ///
    /// # Errors
    /// What the store said.
    pub(super) fn give(
        &mut self,
        message: MessageId,
        mailbox: MailboxId,
    ) -> Result<Result<(), RemoteError>, StoreError> {
        let here = |cause: &str| RemoteError::Here {
            cause: SafeText::line(cause),
        };
        let (key, folder) = (self.reader.key(message, mailbox)?, self.folder(mailbox)?);
        let read = match (key, folder) {
            (Some(key), Some(folder)) => folder.and_then(|mut folder| folder.read(key.uid)),
            _ => Ok(None),
        };
        Ok(match read {
            Ok(Some(Ok(found))) => {
                self.writer.body(message, StoredBody::Whole(found.bytes));
                self.writer.flush()?;
                Ok(())
            }
            Ok(Some(Err(skipped))) => Err(here(&skipped.to_string())),
            Ok(None) => Err(here("the message is gone")),
            Err(error) => Err(crate::engine::local::refused(&error)),
        })
    }
}

/// What a command without a screen wants of the folders on this computer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// They were looked at, and the journal carried out there.
    Here,
    /// Another process does it.
    Elsewhere,
    /// There are none.
    None,
}

/// Looks at the folders of an account and carries the journal out there, then gives the texts of these messages; for a
/// command, which ends then. What is wrong with one message, it is not there afterwards.
///
/// # Errors
/// What the store said.
pub fn once(setup: &Setup, texts: &[(MessageId, MailboxId)]) -> Result<Done, StoreError> {
    let mut local = Local::new(setup, Ids::default())?;
    let is_concerned = local.reader.concerns_local(setup.account)?;
    if !is_concerned && !local.tree.is_there() {
        return Ok(Done::None);
    }
    let Ok(Some(_lock)) = lock::try_take_here(&setup.locks, setup.account) else {
        return Ok(Done::Elsewhere);
    };
    while local.look()? {}
    if is_concerned {
        local.carry_out()?;
        while local.look()? {}
    }
    for (message, mailbox) in texts {
        if let Err(error) = local.give(*message, *mailbox)? {
            let message = *message;
            let _ = setup.events.send(Event::BodyFailed { message, error });
        }
    }
    Ok(Done::Here)
}
