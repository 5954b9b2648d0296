//! The screen without its surroundings: a store of plain vectors answers the effects, timers ring when a test says so.

use std::collections::{BTreeSet, VecDeque};

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};
use sterna::app::model::{Model, Settings};
use sterna::app::update::{start, update};
use sterna::channel::effect::Effect;
use sterna::channel::error::RemoteError;
use sterna::channel::event::{Connection, Event, Timer};
use sterna::channel::job::Job;
use sterna::channel::key::Key;
use sterna::channel::ledger::Ledger;
use sterna::channel::operation::Action;
use sterna::channel::rows::{FolderRow, MessageRow};
use sterna::command::keys::parse_sequence;
use sterna::config::ui_settings::UiSettings;
use sterna::mail::flag::SystemFlag;
use sterna::mail::message_id::MessageId;
use sterna::ui::screen::draw;

// A test of the screen finds what it needs in one place.
pub use crate::fixtures::*;
use crate::post::{Post, identities};

/// The screen with a fake store behind it.
pub struct Screen {
    pub model: Model,
    pub folders: Vec<FolderRow>,
    pub rows: Vec<MessageRow>,
    /// Whether the store can record.
    pub records: bool,
    /// Whether bodies are there.
    pub has_bodies: bool,
    /// Attachments of the messages that have some.
    pub n_attachments: u32,
    /// Whether windows and messages are answered at once.
    pub answers: bool,
    /// Effects that the fake store does not answer, and those it has answered.
    pub effects: Vec<Effect>,
    pub timers: Vec<(u64, Timer)>,
    /// What the ledger would show.
    pub ledger: Ledger,
    /// Drafts and the outbox.
    pub post: Post,
    /// What was done, with the rows as they were, for undo; and what was taken back, for redo.
    pub done: Vec<(Action, Vec<MessageRow>)>,
    pub taken_back: Vec<(Action, Vec<MessageRow>)>,
    pub n_operations: i64,
    /// Messages that are kept on this machine.
    pub kept: BTreeSet<MessageId>,
    /// Messages whose bodies are here whole.
    pub whole: BTreeSet<MessageId>,
}

impl Screen {
    pub fn new(rows: Vec<MessageRow>) -> Self {
        Self::with(Settings::default(), rows)
    }

    pub fn with(mut settings: Settings, rows: Vec<MessageRow>) -> Self {
        if settings.accounts.is_empty() {
            settings.accounts = vec![(HOME, safe("home"))];
        }
        if settings.identities.is_empty() {
            settings.identities = identities();
        }
        Self {
            model: Model::new(settings),
            folders: folders(),
            rows,
            records: true,
            has_bodies: true,
            n_attachments: 1,
            answers: true,
            effects: Vec::new(),
            timers: Vec::new(),
            ledger: Ledger::default(),
            post: Post::default(),
            done: Vec::new(),
            taken_back: Vec::new(),
            n_operations: 0,
            kept: BTreeSet::new(),
            whole: BTreeSet::new(),
        }
    }

    /// Starts it at a size, online, with the preview of the first message loaded.
    pub fn at(mut self, columns: u16, rows: u16) -> Self {
        self.count();
        let effects = start(&mut self.model);
        self.send(Event::Now {
            seconds: NOW,
            offset: 0,
        });
        self.send(Event::Resize { columns, rows });
        self.carry_out(effects);
        let accounts: Vec<_> = self
            .model
            .accounts
            .iter()
            .map(|account| account.id)
            .collect();
        for account in accounts {
            self.send(Event::Connection {
                account,
                state: Connection::Online,
            });
        }
        self.ring_previews();
        self
    }

    /// Counts the rows of the inbox, as the store would.
    pub fn count(&mut self) {
        let inbox_rows = || self.rows.iter().filter(|row| row.mailbox == INBOX);
        let n = inbox_rows().count() as u64;
        let unread = inbox_rows()
            .filter(|row| !row.flags.has(SystemFlag::Seen))
            .count();
        let inbox = &mut self.folders[0];
        inbox.total = inbox.total.max(Some(n));
        inbox.unread = Some(unread as u64);
        inbox.n_headers = n;
        self.rows.sort_by_key(|row| std::cmp::Reverse(row.key));
    }

    pub fn send(&mut self, event: Event) {
        let effects = update(&mut self.model, event);
        self.carry_out(effects);
    }

    /// Presses keys, written with blanks between them; a word of single letters is a sequence.
    pub fn press(&mut self, keys: &str) -> &mut Self {
        for key in parse_all(keys) {
            self.send(Event::Key(key));
        }
        self
    }

    /// Types text, letter by letter.
    pub fn type_text(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            self.send(Event::Key(Key::plain(sterna::channel::key::KeyCode::Char(
                c,
            ))));
        }
        self
    }

    /// New mail, or changes by another client: the store has them and says so.
    pub fn rows_changed(&mut self) {
        self.count();
        self.folders[0].total = Some(self.rows.len() as u64);
        self.send(Event::RowsChanged(INBOX));
        self.send(Event::FoldersChanged);
        self.ring_previews();
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        let mut queue = VecDeque::from(effects);
        while let Some(effect) = queue.pop_front() {
            self.effects.push(effect.clone());
            let answers = match effect {
                Effect::LoadFolders => vec![Event::Folders(self.folders.clone())],
                Effect::LoadWindow(query) if self.answers => vec![Event::Rows(self.window(query))],
                Effect::FindUnread(query) if self.answers => vec![self.find_unread(&query)],
                Effect::LoadSelection(query) if self.answers => vec![self.selection(&query)],
                Effect::LoadLedger if self.answers => vec![Event::Ledger(self.ledger.clone())],
                Effect::LoadWhereabouts(target) => vec![self.whereabouts(target)],
                Effect::LoadKeywords(mailbox) => vec![Event::Keywords(keywords(mailbox))],
                Effect::Undo(ticket) => self.undo(ticket),
                Effect::Redo(ticket) => self.redo(ticket),
                Effect::LoadMessage {
                    message,
                    mailbox,
                    columns,
                    form,
                } if self.answers => vec![self.message(message, mailbox, columns, form)],
                Effect::Record(action) => self.record(&action),
                Effect::Weigh(query) => vec![self.weigh(&query)],
                Effect::Keep(messages, on) => self.keep(messages, on),
                Effect::After {
                    milliseconds,
                    timer,
                } => {
                    self.timers.push((milliseconds, timer));
                    Vec::new()
                }
                effect if self.answers => self.post.answer(effect),
                _ => Vec::new(),
            };
            for event in answers {
                queue.extend(update(&mut self.model, event));
            }
        }
    }

    pub fn ring_previews(&mut self) {
        self.ring(|timer| matches!(timer, Timer::Preview(_)));
    }

    /// Rings the timers that a test means; the others go on running.
    pub fn ring(&mut self, which: impl Fn(&Timer) -> bool) {
        let (due, rest): (Vec<_>, Vec<_>) =
            self.timers.drain(..).partition(|(_, timer)| which(timer));
        self.timers = rest;
        for (_, timer) in due {
            self.send(Event::Timer(timer));
        }
    }

    pub fn jobs(&self) -> Vec<&Job> {
        self.effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::Job(_, job) | Effect::JobForAll(job) => Some(job),
                _ => None,
            })
            .collect()
    }

    pub fn operations(&self) -> Vec<&Action> {
        self.effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::Record(action) => Some(action),
                _ => None,
            })
            .collect()
    }

    pub fn subject(&self) -> &str {
        self.model
            .list
            .current()
            .map_or("", |row| row.subject.as_str())
    }

    pub fn is_seen(&self) -> bool {
        self.model
            .list
            .current()
            .unwrap()
            .flags
            .has(SystemFlag::Seen)
    }

    pub fn buffer(&self) -> Buffer {
        let backend = TestBackend::new(self.model.columns, self.model.rows);
        let mut terminal = Terminal::new(backend).unwrap();
        terminal.draw(|frame| draw(&self.model, frame)).unwrap();
        terminal.backend().buffer().clone()
    }

    /// Where the terminal's cursor is: column and row.
    pub fn cursor(&self) -> (u16, u16) {
        let backend = TestBackend::new(self.model.columns, self.model.rows);
        let mut terminal = Terminal::new(backend).unwrap();
        terminal.draw(|frame| draw(&self.model, frame)).unwrap();
        let place = terminal.get_cursor_position().unwrap();
        (place.x, place.y)
    }

    /// The screen as text, blanks at the ends of lines cut.
    pub fn text(&self) -> String {
        text(&self.buffer())
    }

    /// The line of the screen that contains the words.
    pub fn line_with(&self, words: &str) -> Option<String> {
        self.text()
            .lines()
            .find(|line| line.contains(words))
            .map(str::to_owned)
    }

    pub fn shows(&self, words: &str) -> bool {
        self.line_with(words).is_some()
    }
}

/// Keys with blanks between them.
pub fn parse_all(keys: &str) -> Vec<Key> {
    keys.split_whitespace()
        .flat_map(|word| parse_sequence(word).unwrap_or_else(|| panic!("{word}")))
        .collect()
}

/// The cells as text; the second cell of a wide character is none of its own.
pub fn text(buffer: &Buffer) -> String {
    let area = *buffer.area();
    let mut lines = String::new();
    for y in 0..area.height {
        let mut line = String::new();
        let mut skip = 0;
        for x in 0..area.width {
            if skip > 0 {
                skip -= 1;
                continue;
            }
            let symbol = buffer[(x, y)].symbol();
            skip = unicode_width::UnicodeWidthStr::width(symbol).saturating_sub(1);
            line.push_str(symbol);
        }
        lines.push_str(line.trim_end());
        lines.push('\n');
    }
    lines
}

/// The styles as text: one letter for each cell, and what the letters mean.
pub fn styles(buffer: &Buffer) -> String {
    let area = *buffer.area();
    let mut seen: Vec<String> = Vec::new();
    let mut lines = String::new();
    for y in 0..area.height {
        let mut line = String::new();
        for x in 0..area.width {
            let cell = &buffer[(x, y)];
            let style = describe(cell.fg, cell.bg, cell.modifier);
            let known = seen.iter().position(|other| *other == style);
            let index = known.unwrap_or_else(|| {
                seen.push(style);
                seen.len() - 1
            });
            line.push(if index == 0 {
                '.'
            } else {
                char::from(b'a' + u8::try_from(index - 1).unwrap())
            });
        }
        lines.push_str(line.trim_end_matches('.'));
        lines.push('\n');
    }
    for (index, style) in seen.iter().enumerate() {
        let letter = if index == 0 {
            '.'
        } else {
            char::from(b'a' + u8::try_from(index - 1).unwrap())
        };
        lines.push_str(&format!("{letter} {style}\n"));
    }
    lines
}

fn describe(fg: Color, bg: Color, modifier: Modifier) -> String {
    format!("{fg} on {bg} {modifier:?}").to_lowercase()
}

pub fn wide() -> Screen {
    Screen::new(inbox()).at(160, 45)
}

pub fn narrow() -> Screen {
    Screen::new(inbox()).at(80, 24)
}

pub fn with_ui(ui: UiSettings) -> Screen {
    Screen::with(
        Settings {
            ui,
            ..Settings::default()
        },
        inbox(),
    )
    .at(80, 24)
}

pub fn is_mark_read(timer: &Timer) -> bool {
    matches!(timer, Timer::MarkRead(_))
}

pub fn offline(cause: &str, retry_seconds: Option<u64>) -> Event {
    let error = RemoteError::Offline { cause: safe(cause) };
    Event::Connection {
        account: HOME,
        state: Connection::Offline {
            error,
            retry_seconds,
        },
    }
}
