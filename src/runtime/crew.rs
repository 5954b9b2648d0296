//! The workers that take messages apart and wrap them for the screen. Whatever a message does to a worker, whoever waits
//! gets an answer: a panic is caught, and a worker over its budget is left alone with its message.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};

use crate::channel::error::StoreError;
use crate::channel::view::MessageView;
use crate::engine::opened::parsed;
use crate::mail::message_id::MessageId;
use crate::mime::message::Message;
use crate::mime::patience;
use crate::runtime::render::{Request, view};
use crate::store::background;
use crate::store::bodies::StoredBody;

/// Workers at the most. When two of them hang, the last one still works.
const WORKERS: usize = 3;

/// A worker that is left alone gives up by itself after this many budgets, where its parsers look at the clock.
const GIVES_UP: u32 = 2;

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
    /// Which thread it is, once it has begun.
    thread: Receiver<Option<background::Thread>>,
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
        let was_stuck = worker.is_stuck;
        let busy = worker.busy.take();
        let outcome = match (view, busy) {
            _ if was_stuck => None,
            (Some(view), _) => Some(Outcome::View(view)),
            (None, busy) => busy.map(|(work, _)| Outcome::Panicked(work)),
        };
        // It was put behind everybody else, for good: another one takes its place.
        if was_stuck
            && let Ok(fresh) = self.worker(number)
            && let Some(worker) = self.workers.get_mut(number)
        {
            *worker = fresh;
        }
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
                // It may go on for ever: then it takes what nobody else wants of the processor.
                if let Ok(Some(thread)) = worker.thread.try_recv() {
                    background::step_aside(thread);
                }
                left.push(work.clone());
            }
        }
        left
    }

    fn hire(&mut self) -> Result<usize, StoreError> {
        let number = self.workers.len();
        let worker = self.worker(number)?;
        self.workers.push(worker);
        Ok(number)
    }

    /// A fresh worker.
    fn worker(&self, number: usize) -> Result<Worker, StoreError> {
        let (work, wanted) = unbounded::<Work>();
        let (done, render) = (self.done.0.clone(), self.render);
        let patience = self.budget * GIVES_UP;
        let (tell_thread, thread) = bounded(1);
        std::thread::Builder::new()
            .name(format!("render {number}"))
            // Parsers of foreign nesting get room: their depth is capped, but not their frames.
            .stack_size(8 * 1024 * 1024)
            .spawn(move || {
                let mut kept = Kept::default();
                let _ = tell_thread.send(background::this_thread());
                while let Ok(work) = wanted.recv() {
                    let view = catch_unwind(AssertUnwindSafe(|| {
                        patience::within(patience, || {
                            Box::new(render(&mut kept, &work.body, work.request))
                        })
                    }));
                    if done.send((number, view.ok())).is_err() {
                        return;
                    }
                }
            })
            .map_err(|error| StoreError::Io {
                cause: format!("thread: {error}"),
            })?;
        Ok(Worker {
            work,
            thread,
            busy: None,
            is_stuck: false,
        })
    }
}
