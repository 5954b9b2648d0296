//! The render thread: reads a message from the store and has it taken apart and wrapped for the screen. Latest wins, and
//! a message that breaks the parser, or keeps it busy for ever, costs its own view, nothing else.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, unbounded};

use crate::channel::error::StoreError;
use crate::channel::event::Event;
use crate::channel::view::{AttachmentRow, MessageView};
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::mail::safe_text::SafeText;
use crate::mail::styled::{StyledLine, StyledSpan, TextForm, TextStyle};
use crate::mime::message::Message;
use crate::mime::render;
use crate::runtime::crew::{Crew, Outcome, Work};
use crate::runtime::lacking::Lacking;
use crate::store::Store;
use crate::store::bodies::StoredBody;
use crate::store::disk::opening::Opening;
use crate::store::reader::Reader;

/// A message to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    /// Which.
    pub message: MessageId,
    /// Opened from where.
    pub mailbox: MailboxId,
    /// Width to wrap for.
    pub columns: u16,
    /// The form of the text that is wanted where there are several.
    pub form: TextForm,
}

/// What became of a request.
#[derive(Debug)]
pub enum Answer {
    /// The view, or a failure of the store.
    Event(Event),
    /// The body is not on this machine.
    Missing(Request),
    /// A message that something is made of is not on this machine, or not all of it.
    NotHere(Box<Lacking>),
}

/// A message may take a worker so long; the largest that the caps allow takes a fraction of it.
pub const BUDGET: Duration = Duration::from_secs(5);

/// Why a message is shown as it came.
const UNREADABLE: &str = "This message could not be read; it is shown as it came.";
const TOO_LONG: &str =
    "Reading this message took too long, or Sterna ended over it; it is shown as it came.";

/// Starts the thread; it ends when the sender is dropped, and no worker that hangs keeps it from that.
///
/// # Errors
/// The store cannot be read, or no thread can be made.
pub fn start(
    store: &Store,
    answers: Sender<Answer>,
    crew: Crew,
) -> Result<(Sender<Request>, JoinHandle<()>), StoreError> {
    let (sender, requests) = unbounded();
    let desk = Desk {
        reader: store.reader()?,
        opening: store.opening()?,
        crew,
        answers,
        waiting: None,
    };
    let thread = std::thread::Builder::new()
        .name("render".to_owned())
        .spawn(move || desk.run(&requests))
        .map_err(|error| StoreError::Io {
            cause: format!("thread: {error}"),
        })?;
    Ok((sender, thread))
}

/// Takes requests, hands them to the crew and passes on what it made.
struct Desk {
    reader: Reader,
    opening: Opening,
    crew: Crew,
    answers: Sender<Answer>,
    /// The latest request, while all workers are busy.
    waiting: Option<Request>,
}

impl Desk {
    fn run(mut self, requests: &Receiver<Request>) {
        let done = self.crew.done().clone();
        let far = Duration::from_hours(1);
        loop {
            let deadline = self.crew.deadline();
            let patience = deadline.map_or(far, |at| at.saturating_duration_since(Instant::now()));
            crossbeam_channel::select! {
                recv(requests) -> request => match request {
                    Ok(first) => self.waiting = requests.try_iter().last().or(Some(first)),
                    Err(_) => return,
                },
                recv(done) -> done => if let Ok(done) = done {
                    let (worker, outcome) = self.crew.settle(done);
                    self.opening.note(worker, None);
                    match outcome {
                        Some(Outcome::View(view)) => self.answer(Event::Message(view)),
                        Some(Outcome::Panicked(work)) => self.show_raw(&work, UNREADABLE),
                        None => {}
                    }
                },
                default(patience) => {}
            }
            for work in self.crew.leave(Instant::now()) {
                tracing::warn!(
                    message = work.request.message.get(),
                    "a message takes too long to read"
                );
                self.opening.show_as_it_came(work.request.message);
                self.show_raw(&work, TOO_LONG);
            }
            if let Some(request) = self.waiting.take() {
                self.serve(request);
            }
        }
    }

    fn serve(&mut self, request: Request) {
        let body = match self.reader.body(request.message) {
            Ok(Some(body)) => Arc::new(body),
            Ok(None) => {
                let _ = self.answers.send(Answer::Missing(request));
                return;
            }
            Err(error) => return self.answer(Event::StoreFailed(error)),
        };
        let work = Work { request, body };
        if self.opening.is_shown_as_it_came(request.message) || self.crew.is_lost() {
            return self.show_raw(&work, TOO_LONG);
        }
        match self.crew.idle() {
            Ok(Some(worker)) => {
                // Before the worker has it: it may end the process.
                self.opening.note(worker, Some(request.message));
                self.crew.give(worker, work);
            }
            Ok(None) => self.waiting = Some(request),
            Err(error) => self.answer(Event::StoreFailed(error)),
        }
    }

    fn show_raw(&self, work: &Work, why: &str) {
        self.answer(Event::Message(Box::new(raw_view(
            &work.body,
            work.request,
            why,
        ))));
    }

    fn answer(&self, event: Event) {
        // The runtime may be gone; then nobody waits.
        let _ = self.answers.send(Answer::Event(event));
    }
}

/// Makes the view of a message at one width.
#[must_use]
pub fn view(message: &Message, request: Request) -> MessageView {
    MessageView {
        message: request.message,
        mailbox: request.mailbox,
        columns: request.columns,
        form: render::has_both_forms(message).then_some(request.form),
        headers: render::headers(message),
        all_headers: Arc::new(render::all_headers(message, request.columns)),
        lines: Arc::new(render::lines_in(message, request.columns, request.form)),
        attachments: render::attachments(message)
            .into_iter()
            .map(|info| AttachmentRow {
                name: SafeText::line(&info.name),
                content_type: SafeText::line(&info.content_type),
                size_bytes: info.size_bytes,
                path: info.path,
            })
            .collect(),
        defects: message
            .defects
            .iter()
            .map(|defect| SafeText::line(&defect.to_string()))
            .collect(),
    }
}

/// The bytes as lines, for a message that the parser could not bear.
fn raw_view(body: &StoredBody, request: Request, why: &str) -> MessageView {
    let bytes = match body {
        StoredBody::Whole(bytes) => bytes,
        StoredBody::Parts { header, .. } => header,
    };
    let text = String::from_utf8_lossy(bytes.get(..bytes.len().min(200_000)).unwrap_or_default())
        .into_owned();
    MessageView {
        message: request.message,
        mailbox: request.mailbox,
        columns: request.columns,
        form: None,
        headers: Vec::new(),
        all_headers: Arc::default(),
        lines: Arc::new(text.lines().map(plain_line).collect()),
        attachments: Vec::new(),
        defects: vec![SafeText::line(why)],
    }
}

fn plain_line(text: &str) -> StyledLine {
    let span = StyledSpan {
        text: SafeText::line(text),
        style: TextStyle::Plain,
    };
    StyledLine {
        spans: vec![span],
        quote_depth: 0,
    }
}
