//! The render thread: reads a message from the store, parses it and wraps it for the screen. Latest wins, and a
//! message that breaks the parser costs its own view, nothing else.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, unbounded};

use crate::channel::error::StoreError;
use crate::channel::event::Event;
use crate::channel::view::{AttachmentRow, MessageView};
use crate::cli::message::parsed;
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::mail::safe_text::SafeText;
use crate::mail::styled::{StyledLine, StyledSpan, TextForm, TextStyle};
use crate::mime::render;
use crate::store::Store;
use crate::store::bodies::StoredBody;
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
}

/// Starts the thread; it ends when the sender is dropped.
///
/// # Errors
/// The store cannot be read, or no thread can be made.
pub fn start(
    store: &Store,
    answers: Sender<Answer>,
) -> Result<(Sender<Request>, JoinHandle<()>), StoreError> {
    let (sender, requests) = unbounded();
    let reader = store.reader()?;
    let thread = std::thread::Builder::new()
        .name("render".to_owned())
        // Parsers of foreign nesting get room: their depth is capped, but not their frames.
        .stack_size(8 * 1024 * 1024)
        .spawn(move || run(reader, &requests, &answers))
        .map_err(|error| StoreError::Io {
            cause: format!("thread: {error}"),
        })?;
    Ok((sender, thread))
}

fn run(mut reader: Reader, requests: &Receiver<Request>, answers: &Sender<Answer>) {
    while let Ok(first) = requests.recv() {
        let request = requests.try_iter().last().unwrap_or(first);
        let answer = match reader.body(request.message) {
            Ok(Some(body)) => {
                let rendered = catch_unwind(AssertUnwindSafe(|| view(&body, request)));
                let view = rendered.unwrap_or_else(|_| raw_view(&body, request));
                Answer::Event(Event::Message(Box::new(view)))
            }
            Ok(None) => Answer::Missing(request),
            Err(error) => Answer::Event(Event::StoreFailed(error)),
        };
        if answers.send(answer).is_err() {
            return;
        }
    }
}

/// Makes the view of a message at one width.
#[must_use]
pub fn view(body: &StoredBody, request: Request) -> MessageView {
    let message = parsed(body);
    MessageView {
        message: request.message,
        mailbox: request.mailbox,
        columns: request.columns,
        form: render::has_both_forms(&message).then_some(request.form),
        headers: render::headers(&message),
        all_headers: Arc::new(render::all_headers(&message, request.columns)),
        lines: Arc::new(render::lines_in(&message, request.columns, request.form)),
        attachments: render::attachments(&message)
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
fn raw_view(body: &StoredBody, request: Request) -> MessageView {
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
        defects: vec![SafeText::line(
            "This message could not be read; it is shown as it came.",
        )],
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
