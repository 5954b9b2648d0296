//! The screen without its surroundings: a store of plain vectors answers the effects, timers ring when a test says so.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};
use sterna::app::model::{Model, Settings};
use sterna::app::update::{start, update};
use sterna::channel::effect::Effect;
use sterna::channel::event::{Connection, Event, Timer};
use sterna::channel::job::Job;
use sterna::channel::kept::{News, Subject, Weight, WeightQuery};
use sterna::channel::key::Key;
use sterna::channel::ledger::Ledger;
use sterna::channel::operation::{Action, Change, GroupId, OperationId, Target, Ticket};
use sterna::channel::rows::{
    Anchor, FolderRow, Keywords, MessageRow, RowKey, SelectionQuery, UnreadQuery, Wanted, Window,
    WindowQuery,
};
use sterna::channel::view::{AttachmentRow, MessageView};
use sterna::command::keys::parse_sequence;
use sterna::mail::account::AccountId;
use sterna::mail::flag::{Flags, Keyword, SystemFlag};
use sterna::mail::mailbox::{MailboxId, Namespace, Role};
use sterna::mail::message_id::MessageId;
use sterna::mail::part::PartPath;
use sterna::mail::safe_text::SafeText;
use sterna::mail::styled::{StyledLine, StyledSpan, TextForm, TextStyle};
use sterna::ui::screen::draw;

use crate::post::{Post, identities};

/// 2026-03-18 (a Wednesday) 15:00 UTC.
pub const NOW: i64 = 1_773_846_000;
pub const HOUR: i64 = 3_600;
pub const DAY: i64 = 86_400;

pub fn safe(text: &str) -> SafeText {
    SafeText::line(text)
}

pub fn id(number: u64) -> MessageId {
    MessageId::new(number).unwrap()
}

/// A message of the fake store; `number` is its UID too.
pub fn row(number: u32, age: i64, from: &str, subject: &str, flags: &[&str]) -> MessageRow {
    MessageRow {
        key: RowKey {
            internal_date: NOW - age,
            uid: number,
            message: id(u64::from(number)),
        },
        mailbox: INBOX,
        from: safe(from),
        from_addr: safe(&format!(
            "{}@example.org",
            from.to_lowercase().split(' ').next().unwrap()
        )),
        sender_suspect: false,
        to: safe("Anna Abel"),
        subject: safe(subject),
        preview: SafeText::default(),
        labels: Vec::new(),
        date: NOW - age,
        flags: Flags::from_names(flags.iter().copied()),
        kept_here: Vec::new(),
        size_bytes: 4_000,
        thread: u64::from(number),
        has_attachment: Some(false),
    }
}

pub const HOME: AccountId = AccountId::new(1);
pub const WORK: AccountId = AccountId::new(2);
pub const INBOX: MailboxId = MailboxId::new(1);
pub const ARCHIVE: MailboxId = MailboxId::new(4);

pub fn folder(number: u32, name: &str, depth: u8, role: Option<Role>) -> FolderRow {
    FolderRow {
        account: HOME,
        mailbox: MailboxId::new(number),
        name: safe(name),
        label: safe(name.rsplit('/').next().unwrap()),
        depth,
        role,
        namespace: Namespace::Personal,
        selectable: true,
        read_only: false,
        rights: None,
        total: Some(0),
        unread: Some(0),
        n_headers: 0,
        synced_at: Some(NOW),
        is_complete: false,
        plan: None,
    }
}

pub fn folders() -> Vec<FolderRow> {
    let mut folders = vec![
        folder(1, "INBOX", 0, Some(Role::Inbox)),
        folder(2, "Drafts", 0, Some(Role::Drafts)),
        folder(3, "Sent", 0, Some(Role::Sent)),
        folder(4, "Archive", 0, Some(Role::Archive)),
        folder(5, "Trash", 0, Some(Role::Trash)),
        folder(6, "Lists", 0, None),
        folder(7, "Lists/rust", 1, None),
        folder(8, "Lists/日本語", 1, None),
        folder(9, "Travel", 0, None),
    ];
    folders[5].selectable = false;
    folders[6].unread = Some(12_345);
    folders[6].total = Some(200_000);
    folders
}

/// What a store that cannot record says.
pub fn disk_full() -> sterna::channel::error::StoreError {
    sterna::channel::error::StoreError::Io {
        cause: "disk full".to_owned(),
    }
}

pub fn target(row: &MessageRow) -> Target {
    Target {
        message: row.key.message,
        mailbox: row.mailbox,
    }
}

fn keywords(mailbox: MailboxId) -> Keywords {
    let names = ["todo", "today", "work"].into_iter();
    Keywords {
        mailbox,
        names: names.map(|name| Keyword::parse(name).unwrap()).collect(),
        takes_new: true,
    }
}

fn undone(ticket: Ticket, label: &str, rows: &[MessageRow], redo: bool) -> Event {
    Event::Undone {
        ticket,
        label: label.to_owned(),
        n_restored: rows.len(),
        n_skipped: 0,
        cursor: rows.first().map(target),
        stands: None,
        redo,
        n_pending: 0,
    }
}

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
    done: Vec<(Action, Vec<MessageRow>)>,
    taken_back: Vec<(Action, Vec<MessageRow>)>,
    n_operations: i64,
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

    fn window(&self, query: WindowQuery) -> Window {
        let words: Vec<String> = query
            .limit
            .to_lowercase()
            .split_whitespace()
            .map(str::to_owned)
            .collect();
        let matching: Vec<MessageRow> = self
            .rows
            .iter()
            .filter(|row| row.mailbox == query.mailbox)
            .filter(|row| {
                let text = format!("{} {}", row.from, row.subject).to_lowercase();
                words
                    .iter()
                    .all(|word| text.split_whitespace().any(|own| own.starts_with(word)))
            })
            .cloned()
            .collect();
        let first = match query.anchor {
            Anchor::Newest => 0,
            Anchor::Oldest => matching.len().saturating_sub(query.n_rows),
            Anchor::Around(key) => matching
                .partition_point(|row| row.key > key)
                .saturating_sub(query.n_rows / 2),
            Anchor::Message(message, key) => {
                let own = matching.iter().find(|row| row.key.message == message);
                let place = own.map_or(key, |row| row.key);
                matching
                    .partition_point(|row| row.key > place)
                    .saturating_sub(query.n_rows / 2)
            }
        };
        let rows: Vec<_> = matching
            .iter()
            .skip(first)
            .take(query.n_rows)
            .cloned()
            .collect();
        Window {
            more_above: first > 0,
            more_below: first + rows.len() < matching.len(),
            n_matching: matching.len() as u64,
            rows,
            query,
        }
    }

    /// As the store looks: beyond the place in the first list, from the end on in the others.
    fn find_unread(&self, query: &UnreadQuery) -> Event {
        let mut found = None;
        for (index, mailbox) in query.mailboxes.iter().enumerate() {
            let after = query.after.filter(|_| index == 0);
            let is_beyond = |row: &&MessageRow| {
                row.mailbox == *mailbox
                    && !row.flags.has(SystemFlag::Seen)
                    && after.is_none_or(|after| {
                        if query.down {
                            row.key < after
                        } else {
                            row.key > after
                        }
                    })
            };
            let mut unread = self.rows.iter().filter(is_beyond);
            let next = if query.down {
                unread.next()
            } else {
                unread.next_back()
            };
            found = found.or(next.map(|row| (*mailbox, row.key)));
        }
        let serial = query.serial;
        Event::UnreadFound { serial, found }
    }

    fn message(
        &self,
        message: MessageId,
        mailbox: MailboxId,
        columns: u16,
        form: TextForm,
    ) -> Event {
        let row = self.rows.iter().find(|row| row.key.message == message);
        match row {
            Some(row) if self.has_bodies => self.view(row, mailbox, columns, form),
            _ => Event::MessageMissing {
                message,
                coming: false,
            },
        }
    }

    fn view(&self, row: &MessageRow, mailbox: MailboxId, columns: u16, form: TextForm) -> Event {
        let mut view = view(row, mailbox, columns, form);
        if let Some(first) = view.attachments.first().cloned() {
            view.attachments
                .extend((2..=self.n_attachments).map(|n| AttachmentRow {
                    path: PartPath::new(vec![n + 1]),
                    name: safe(&format!("menu-{n}.pdf")),
                    ..first.clone()
                }));
        }
        Event::Message(Box::new(view))
    }

    /// As the journal does: durable first, then shown by the store.
    fn record(&mut self, action: &Action) -> Vec<Event> {
        if !self.answers {
            return Vec::new();
        }
        if !self.records {
            return vec![Event::RecordFailed {
                ticket: action.ticket,
                error: disk_full(),
            }];
        }
        let before = self.project(action);
        self.done.push((action.clone(), before));
        let first = self.n_operations + 1;
        self.n_operations += i64::try_from(action.changes.len()).unwrap();
        let recorded = Event::Recorded {
            ticket: action.ticket,
            group: GroupId(first),
            operations: (first..=self.n_operations).map(OperationId).collect(),
            n_targets: action.targets.len(),
            created: None,
            n_pending: u64::try_from(self.n_operations).unwrap(),
        };
        let mut events = vec![recorded];
        events.extend(
            action
                .targets
                .first()
                .map(|target| Event::RowsChanged(target.mailbox)),
        );
        events
    }

    /// Changes the rows; how those were that it changed.
    fn project(&mut self, action: &Action) -> Vec<MessageRow> {
        let is_target = |row: &MessageRow| {
            let mut targets = action.targets.iter();
            targets.any(|target| target.message == row.key.message && target.mailbox == row.mailbox)
        };
        let before: Vec<_> = self
            .rows
            .iter()
            .filter(|row| is_target(row))
            .cloned()
            .collect();
        let n_before = self.n_in_inbox();
        for row in self.rows.iter_mut().filter(|row| is_target(row)) {
            for change in &action.changes {
                match change {
                    Change::Flag { flag, on } => row.flags.set_system(*flag, *on),
                    Change::Keyword { keyword, on } => row.flags.set(keyword.as_str(), *on),
                    Change::Move { to } => row.mailbox = *to,
                    Change::Delete => row.mailbox = MailboxId::new(999),
                    Change::Copy { .. } | Change::Folder(_) => {}
                }
            }
        }
        self.count_since(n_before);
        before
    }

    fn n_in_inbox(&self) -> u64 {
        self.rows.iter().filter(|row| row.mailbox == INBOX).count() as u64
    }

    /// Counts again after messages came or went by an action of the user.
    fn count_since(&mut self, n_before: u64) {
        let n = self.n_in_inbox();
        let total = self.folders[0].total.unwrap_or(n_before);
        self.folders[0].total = Some(total + n - n_before.min(total + n));
        self.count();
    }

    fn undo(&mut self, ticket: Ticket) -> Vec<Event> {
        let found = self
            .done
            .iter()
            .rposition(|(action, _)| !action.label.is_empty());
        let Some((action, before)) = found.map(|index| self.done.remove(index)) else {
            return vec![undone(ticket, "", &[], false)];
        };
        let n_before = self.n_in_inbox();
        for row in &before {
            self.rows
                .retain(|other| other.key.message != row.key.message);
            self.rows.push(row.clone());
        }
        self.count_since(n_before);
        let told = undone(ticket, &action.label, &before, false);
        self.taken_back.push((action, before));
        vec![told, Event::RowsChanged(INBOX)]
    }

    fn redo(&mut self, ticket: Ticket) -> Vec<Event> {
        let Some((action, before)) = self.taken_back.pop() else {
            return vec![undone(ticket, "", &[], true)];
        };
        self.project(&action);
        let told = undone(ticket, &action.label, &before, true);
        self.done.push((action, before));
        vec![told, Event::RowsChanged(INBOX)]
    }

    fn whereabouts(&self, target: Target) -> Event {
        let is_other =
            |row: &&MessageRow| row.key.message == target.message && row.mailbox != target.mailbox;
        let others = self
            .rows
            .iter()
            .filter(is_other)
            .map(|row| row.mailbox)
            .collect();
        Event::Whereabouts { target, others }
    }

    fn selection(&self, query: &SelectionQuery) -> Event {
        let all = WindowQuery {
            mailbox: query.mailbox,
            limit: query.limit.clone(),
            anchor: Anchor::Newest,
            n_rows: usize::MAX,
            serial: 0,
        };
        let is_wanted = |row: &&MessageRow| match query.wanted {
            Wanted::All => true,
            Wanted::Thread(thread) => row.thread == thread,
            Wanted::Unread => !row.flags.has(SystemFlag::Seen),
            Wanted::Between(a, b) => (a.min(b)..=a.max(b)).contains(&row.key),
        };
        let rows = self.window(all).rows;
        let targets: Vec<Target> = rows.iter().filter(is_wanted).map(target).collect();
        Event::Selection {
            serial: query.serial,
            n_matching: targets.len() as u64,
            targets,
        }
    }

    fn weigh(&self, query: &WeightQuery) -> Event {
        let (targets, n_matching) = match &query.subject {
            Subject::Messages(targets) => (targets.clone(), targets.len() as u64),
            Subject::List(list) => match self.selection(list) {
                Event::Selection {
                    targets,
                    n_matching,
                    ..
                } => (targets, n_matching),
                other => panic!("{other:?}"),
            },
        };
        let mut weight = Weight {
            n_matching,
            ..Weight::default()
        };
        for target in targets {
            let row = self
                .rows
                .iter()
                .find(|row| row.key.message == target.message);
            let bytes = row.unwrap().size_bytes;
            weight.n_kept += u64::from(self.kept.contains(&target.message));
            weight.bytes += bytes;
            if !self.whole.contains(&target.message) {
                weight.bytes_missing += bytes;
            }
            weight.messages.push(target.message);
        }
        let serial = query.serial;
        Event::Keeping(News::Weighed { serial, weight })
    }

    fn keep(&mut self, messages: Vec<MessageId>, on: bool) -> Vec<Event> {
        let before = self.kept.len();
        for message in messages {
            if on {
                self.kept.insert(message);
            } else {
                self.kept.remove(&message);
            }
        }
        let n_changed = before.abs_diff(self.kept.len()) as u64;
        let accounts = vec![HOME];
        vec![Event::Keeping(News::Changed {
            accounts,
            n_changed,
            on,
        })]
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

/// A rendered message for a row.
pub fn view(row: &MessageRow, mailbox: MailboxId, columns: u16, form: TextForm) -> MessageView {
    let plain = |text: &str| line(text, TextStyle::Plain, 0);
    let mut lines = vec![
        plain("Hello Anna,"),
        plain(""),
        plain("shall we have lunch on Friday? The new place by the"),
        plain("harbour opens at noon."),
        plain(""),
        line("> How about this week?", TextStyle::Plain, 1),
        line("> Anna", TextStyle::Plain, 1),
        plain(""),
        line("https://example.org/menu", TextStyle::Link, 0),
    ];
    if form == TextForm::Html {
        lines[0] = line("Hello Anna, in HTML,", TextStyle::Strong, 0);
    }
    let all_headers = (1..=30)
        .map(|n| plain(&format!("X-Header-{n}: value {n}")))
        .collect();
    lines.extend((1..=60).map(|n| plain(&format!("Line {n} of the rest."))));
    let mut headers = vec![(
        safe("From"),
        safe(&format!("{} <{}>", row.from, row.from_addr)),
    )];
    headers.push((safe("To"), row.to.clone()));
    headers.push((safe("Date"), safe("Wed, 18 Mar 2026 14:32:00 +0000")));
    headers.push((safe("Subject"), row.subject.clone()));
    let attachments = if row.has_attachment == Some(true) {
        vec![AttachmentRow {
            path: PartPath::new(vec![2]),
            name: safe("menu.pdf"),
            content_type: safe("application/pdf"),
            size_bytes: 1_250_000,
        }]
    } else {
        Vec::new()
    };
    MessageView {
        message: row.key.message,
        mailbox,
        columns,
        form: Some(form).filter(|_| row.subject.as_str().contains("Lunch")),
        headers,
        all_headers: Arc::new(all_headers),
        lines: Arc::new(lines),
        attachments,
        defects: Vec::new(),
    }
}

fn line(text: &str, style: TextStyle, quote_depth: u8) -> StyledLine {
    StyledLine {
        spans: vec![StyledSpan {
            text: safe(text),
            style,
        }],
        quote_depth,
    }
}

/// A handsome inbox: several scripts, every mark, old and new mail.
pub fn inbox() -> Vec<MessageRow> {
    let mut rows = vec![
        row(20, HOUR / 2, "Anna Abel", "Lunch on Friday?", &[]),
        row(
            19,
            HOUR,
            "Bob Brown",
            "Re: Invoice 2026-031",
            &["\\Seen", "\\Answered"],
        ),
        row(
            18,
            3 * HOUR,
            "山田太郎",
            "東京の会議の議事録を送ります",
            &[],
        ),
        row(
            17,
            5 * HOUR,
            "Clara Çelik",
            "Photos of the 🎉 party 👩‍👩‍👧 and more",
            &["\\Seen", "\\Flagged"],
        ),
        row(
            16,
            DAY,
            "support@bank.example",
            "Your account needs attention",
            &[],
        ),
        row(
            15,
            2 * DAY,
            "Отдел кадров",
            "Отпуск: график на лето",
            &["\\Seen"],
        ),
        row(
            14,
            4 * DAY,
            "Rust Weekly",
            "This week: a very long subject that goes on and on until no screen can hold it, not even a wide one",
            &["\\Seen"],
        ),
        row(13, 15 * DAY, "Dan Dvořák", "", &["\\Seen"]),
        row(12, 40 * DAY, "مريم", "مرحبا بكم", &["\\Flagged"]),
        row(11, 800 * DAY, "Old Friend", "Long time no see", &["\\Seen"]),
    ];
    rows[0].has_attachment = Some(true);
    rows[4].sender_suspect = true;
    rows[4].from_addr = safe("x9@phish.example");
    rows
}

/// So many read messages, newest first, an hour apart.
pub fn many(n: u32) -> Vec<MessageRow> {
    (1..=n)
        .rev()
        .map(|number| {
            row(
                number,
                i64::from(n - number) * HOUR,
                "Ann",
                &format!("Message {number}"),
                &["\\Seen"],
            )
        })
        .collect()
}
