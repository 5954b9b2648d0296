//! The workers that take messages apart and wrap them for the screen. Whatever a message does to a worker, whoever waits
//! gets an answer: a panic is caught, and a worker over its budget is left alone with its message.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, unbounded};

use crate::channel::error::StoreError;
use crate::channel::view::MessageView;
use crate::cli::message::parsed;
use crate::mail::message_id::MessageId;
use crate::mime::message::Message;
use crate::runtime::render::{Request, view};
use crate::store::bodies::StoredBody;

/// Workers at the most. When two of them hang, the last one still works.
const WORKERS: usize = 3;

/// Larger bodies are not kept between two drawings.
const KEPT_BYTES: usize = 1 << 20;

/// Makes a view of a body; another one in tests.
pub type Render = fn(&mut Kept, &Arc<StoredBody>, Request) -> MessageView;

/// The message that a worker took apart last: at another width it is wrapped again, not parsed again.
#[derive(Debug, Default)]
pub struct Kept(Option<(MessageId, Arc<StoredBody>, Message)>);

/// The usual [`Render`].
#[must_use]
pub fn render(kept: &mut Kept, body: &Arc<StoredBody>, request: Request) -> MessageView {
    if let Some((message, old, parsed)) = &kept.0
        && *message == request.message
        && old == body
    {
        return view(parsed, request);
    }
    let message = parsed(body);
    let view = view(&message, request);
    let is_kept = body.n_bytes() <= KEPT_BYTES;
    kept.0 = is_kept.then(|| (request.message, Arc::clone(body), message));
    view
}

/// Work that a worker has.
#[derive(Debug, Clone)]
pub struct Work {
    /// What is wanted.
    pub request: Request,
    /// The message.
    pub body: Arc<StoredBody>,
}

/// A worker that is done: its number, and the view unless it panicked.
type Done = (usize, Option<Box<MessageView>>);

struct Worker {
    work: Sender<Work>,
    busy: Option<(Work, Instant)>,
    /// Over its budget: nobody waits for it any more.
    is_stuck: bool,
}

/// The workers.
pub struct Crew {
    render: Render,
    budget: Duration,
    workers: Vec<Worker>,
    done: (Sender<Done>, Receiver<Done>),
}

/// What became of work.
#[derive(Debug)]
pub enum Outcome {
    /// The view.
    View(Box<MessageView>),
    /// The worker panicked over this.
    Panicked(Work),
}

impl Crew {
    /// A crew without workers; they come when there is work.
    pub fn new(render: Render, budget: Duration) -> Self {
        Self {
            render,
            budget,
            workers: Vec::new(),
            done: unbounded(),
        }
    }

    /// The number of an idle worker, which is hired where that helps; `None` while all are busy.
    ///
    /// # Errors
    /// No thread can be made.
    pub fn idle(&mut self) -> Result<Option<usize>, StoreError> {
        if let Some(number) = self.workers.iter().position(|worker| worker.busy.is_none()) {
            return Ok(Some(number));
        }
        // One that works beside those that hang: another one only where the others may never come back.
        if self.workers.len() < WORKERS && self.workers.iter().all(|worker| worker.is_stuck) {
            return self.hire().map(Some);
        }
        Ok(None)
    }

    /// Gives work to an idle worker.
    pub fn give(&mut self, number: usize, work: Work) {
        if let Some(worker) = self.workers.get_mut(number) {
            let _ = worker.work.send(work.clone());
            worker.busy = Some((work, Instant::now()));
        }
    }

    /// Whether every worker that may be hired hangs.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.workers.len() == WORKERS && self.workers.iter().all(|worker| worker.is_stuck)
    }

    /// Where workers say that they are done; for [`Crew::settle`].
    #[must_use]
    pub const fn done(&self) -> &Receiver<Done> {
        &self.done.1
    }

    /// When the next worker is over its budget; `None` while nobody works.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let working = self.workers.iter().filter(|worker| !worker.is_stuck);
        let started = working.filter_map(|worker| worker.busy.as_ref().map(|(_, since)| *since));
        started.min().map(|since| since + self.budget)
    }

    /// Takes a finished worker back; its work's outcome, `None` where nobody waits for it any more.
    pub fn settle(&mut self, (number, view): Done) -> (usize, Option<Outcome>) {
        let Some(worker) = self.workers.get_mut(number) else {
            return (number, None);
        };
        let was_stuck = std::mem::take(&mut worker.is_stuck);
        let busy = worker.busy.take();
        let outcome = match (view, busy) {
            _ if was_stuck => None,
            (Some(view), _) => Some(Outcome::View(view)),
            (None, busy) => busy.map(|(work, _)| Outcome::Panicked(work)),
        };
        (number, outcome)
    }

    /// Leaves workers alone that are over their budget; returns their work.
    pub fn leave(&mut self, now: Instant) -> Vec<Work> {
        let mut left = Vec::new();
        for worker in &mut self.workers {
            if let Some((work, since)) = &worker.busy
                && !worker.is_stuck
                && now >= *since + self.budget
            {
                worker.is_stuck = true;
                left.push(work.clone());
            }
        }
        left
    }

    fn hire(&mut self) -> Result<usize, StoreError> {
        let number = self.workers.len();
        let (work, wanted) = unbounded::<Work>();
        let (done, render) = (self.done.0.clone(), self.render);
        std::thread::Builder::new()
            .name(format!("render {number}"))
            // Parsers of foreign nesting get room: their depth is capped, but not their frames.
            .stack_size(8 * 1024 * 1024)
            .spawn(move || {
                let mut kept = Kept::default();
                while let Ok(work) = wanted.recv() {
                    let view = catch_unwind(AssertUnwindSafe(|| {
                        Box::new(render(&mut kept, &work.body, work.request))
                    }));
                    if done.send((number, view.ok())).is_err() {
                        return;
                    }
                }
            })
            .map_err(|error| StoreError::Io {
                cause: format!("thread: {error}"),
            })?;
        self.workers.push(Worker {
            work,
            busy: None,
            is_stuck: false,
        });
        Ok(number)
    }
}
