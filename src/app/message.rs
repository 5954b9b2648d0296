//! The message pane: which message is wanted, what has arrived of it, and its lines.

use crate::app::wrap::wrap;
use crate::channel::error::RemoteError;
use crate::channel::operation::Target;
use crate::channel::view::{AttachmentRow, MessageView};
use crate::command::verb::Verb;
use crate::mail::safe_text::SafeText;
use crate::mail::styled::{StyledLine, TextForm};

/// Columns of a header's name with the gap behind it.
pub const LABEL_COLUMNS: u16 = 9;
/// Columns of the title that say how far the message is read, with the gap before them.
pub const PROGRESS_COLUMNS: u16 = 7;
/// Text is not wrapped wider than this: longer lines are hard to read.
const MAX_TEXT_COLUMNS: u16 = 100;
/// Lines that one header may take.
const MAX_HEADER_LINES: usize = 4;

/// What is known of the wanted message's text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Text {
    /// Nothing was asked, or no answer came yet.
    #[default]
    Unknown,
    /// It is being fetched.
    Coming,
    /// It is not on this machine, and no server can be asked.
    Missing,
    /// It could not be fetched.
    Failed(RemoteError),
    /// It is here.
    Here(Box<MessageView>),
}

/// What another client did to the message that is open here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It is no longer in this folder; the text stays until the reader goes on.
    Gone,
    /// It is no longer in this folder, and in these.
    Moved(Vec<SafeText>),
}

/// What the message pane knows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MessagePane {
    /// The message that is to be shown; `None` while the list is empty.
    pub wanted: Option<Target>,
    /// What arrived of it.
    pub text: Text,
    /// The server's labels of it; empty where there are none.
    pub labels: SafeText,
    /// The last request, with its width and form.
    pub asked: Option<(Target, u16, TextForm)>,
    /// Counted up by every preview timer; an older one is void.
    pub preview: u64,
    /// The first line on the screen.
    pub scroll: usize,
    /// Whether quoted text is folded.
    pub quotes_folded: bool,
    /// Whether all headers are shown.
    pub shows_all_headers: bool,
    /// Which form of the text is wanted; for one message, the next begins anew.
    pub form: TextForm,
    /// Whether the timer of that number runs.
    pub rests: bool,
    /// The message for which the mark-read timer runs, or ran.
    pub armed: Option<Target>,
    /// The user marked the open message unread: no timer overrules that.
    pub kept_unread: bool,
    /// What another client did to the open message; `None` while it is as it was.
    pub fate: Option<Fate>,
    /// The command that waits for the text; `None` while none does, or the message is not open.
    pub waiting: Option<Verb>,
}

/// One line of the message pane, ready but for its colours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line<'a> {
    /// A header: its name on its first line, empty on the next ones.
    Header(SafeText, SafeText),
    /// A part that is not shown in the text.
    Attachment(&'a AttachmentRow),
    /// What became of the message meanwhile.
    Fate(SafeText),
    /// What was wrong with the message.
    Defect(SafeText),
    /// An empty line.
    Blank,
    /// The line between headers and text.
    Rule,
    /// A line of text.
    Text(&'a StyledLine),
    /// This many quoted lines are folded.
    Folded(usize),
}

/// The width for which text is wrapped in a pane of `columns`.
#[must_use]
pub const fn text_columns(columns: u16) -> u16 {
    let inner = columns.saturating_sub(2);
    if inner > MAX_TEXT_COLUMNS {
        MAX_TEXT_COLUMNS
    } else if inner == 0 {
        1
    } else {
        inner
    }
}

impl Fate {
    /// A line for the reader.
    #[must_use]
    pub fn words(&self) -> SafeText {
        match self {
            Self::Gone => {
                SafeText::own("Gone: it is no longer in this folder, another client removed it.")
            }
            Self::Moved(folders) => {
                let names: Vec<&str> = folders.iter().map(SafeText::as_str).collect();
                SafeText::line(&format!(
                    "Moved: another client took it out of this folder; it is in {}.",
                    names.join(", ")
                ))
            }
        }
    }
}

impl MessagePane {
    /// The rendered message; `None` until it is here.
    #[must_use]
    pub const fn view(&self) -> Option<&MessageView> {
        match &self.text {
            Text::Here(view) => Some(view),
            _ => None,
        }
    }

    /// Turns to another message: nothing of the old one stays.
    pub fn want(&mut self, target: Option<Target>) {
        *self = Self {
            wanted: target,
            preview: self.preview,
            quotes_folded: self.quotes_folded,
            shows_all_headers: self.shows_all_headers,
            ..Self::default()
        };
    }

    /// Lines above the text in a pane of `columns`; empty until the message is here.
    fn head(&self, columns: u16) -> Vec<Line<'_>> {
        let Some(view) = self.view() else {
            return Vec::new();
        };
        let mut lines = if self.shows_all_headers {
            view.all_headers.iter().map(Line::Text).collect()
        } else {
            self.header_lines(&view.headers, columns)
        };
        if let Some(fate) = &self.fate {
            lines.insert(0, Line::Fate(fate.words()));
        }
        if !view.defects.is_empty() || !view.attachments.is_empty() {
            lines.push(Line::Blank);
        }
        for defect in &view.defects {
            let room = usize::from(text_columns(columns)).saturating_sub(2);
            let pieces = wrap(defect, room, MAX_HEADER_LINES);
            lines.extend(pieces.into_iter().map(Line::Defect));
        }
        lines.extend(view.attachments.iter().map(Line::Attachment));
        lines.push(Line::Rule);
        lines
    }

    /// Headers wrapped under their names, the labels behind them.
    #[must_use]
    pub fn header_lines<'a>(
        &self,
        headers: &[(SafeText, SafeText)],
        columns: u16,
    ) -> Vec<Line<'a>> {
        let mut lines = header_lines(headers, columns);
        if !self.labels.as_str().is_empty() {
            let labels = (SafeText::line("Labels"), self.labels.clone());
            lines.extend(header_lines(&[labels], columns));
        }
        lines
    }

    /// The lines of the text, folded where the user wants it so. Lazy: a text may have 200,000 lines.
    fn body(&self) -> impl Iterator<Item = Line<'_>> {
        let mut text = self
            .view()
            .map(|view| view.lines.as_slice())
            .unwrap_or_default()
            .iter()
            .peekable();
        let folds = self.quotes_folded;
        std::iter::from_fn(move || {
            let line = text.next()?;
            if !folds || line.quote_depth == 0 {
                return Some(Line::Text(line));
            }
            let mut n_folded = 1;
            while text.next_if(|next| next.quote_depth > 0).is_some() {
                n_folded += 1;
            }
            Some(Line::Folded(n_folded))
        })
    }

    /// How many lines the message has in a pane of `columns`; 0 until it is here.
    #[must_use]
    pub fn n_lines(&self, columns: u16) -> usize {
        let n_text = match self.view() {
            Some(view) if !self.quotes_folded => view.lines.len(),
            _ => self.body().count(),
        };
        self.head(columns).len() + n_text
    }

    /// The lines on the screen, in a pane of `columns` and `height`.
    #[must_use]
    pub fn visible(&self, columns: u16, height: usize) -> Vec<Line<'_>> {
        let mut lines = self.head(columns);
        let n_head = lines.len();
        if self.scroll < n_head {
            lines.drain(..self.scroll);
        } else {
            lines.clear();
        }
        let room = height.saturating_sub(lines.len());
        let above = self.scroll.saturating_sub(n_head);
        lines.extend(self.body().skip(above).take(room));
        lines.truncate(height);
        lines
    }

    /// Scrolls by lines, as far as the message goes; false when it could not.
    pub fn scroll_by(&mut self, by: isize, columns: u16, height: usize) -> bool {
        let last = self.n_lines(columns).saturating_sub(height);
        let aim = self.scroll.saturating_add_signed(by).min(last);
        let moved = aim != self.scroll;
        self.scroll = aim;
        moved
    }
}

/// Whether a subject can be read whole in the pane's title, so that it need not be said twice.
fn fits_title(subject: &SafeText, columns: u16) -> bool {
    let room = usize::from(columns.saturating_sub(2).saturating_sub(PROGRESS_COLUMNS));
    wrap(subject, room, 2).len() == 1
}

fn header_lines<'a>(headers: &[(SafeText, SafeText)], columns: u16) -> Vec<Line<'a>> {
    let room = usize::from(columns.saturating_sub(2).saturating_sub(LABEL_COLUMNS));
    let mut lines = Vec::new();
    for (name, value) in headers {
        if name.as_str() == "Subject" && fits_title(value, columns) {
            continue;
        }
        let mut name = name.clone();
        for piece in wrap(value, room, MAX_HEADER_LINES) {
            lines.push(Line::Header(std::mem::take(&mut name), piece));
        }
    }
    lines
}
