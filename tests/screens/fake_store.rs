//! What a store of plain vectors answers to the effects of the screen.

use sterna::channel::event::Event;
use sterna::channel::kept::{News, Subject, Weight, WeightQuery};
use sterna::channel::operation::{Action, Change, GroupId, OperationId, Target, Ticket};
use sterna::channel::rows::{
    Anchor, MessageRow, SelectionQuery, UnreadQuery, Wanted, Window, WindowQuery,
};
use sterna::channel::view::AttachmentRow;
use sterna::mail::flag::SystemFlag;
use sterna::mail::mailbox::MailboxId;
use sterna::mail::message_id::MessageId;
use sterna::mail::part::PartPath;
use sterna::mail::styled::TextForm;

use crate::fixtures::*;
use crate::harness::Screen;

impl Screen {
    pub fn window(&self, query: WindowQuery) -> Window {
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
    pub fn find_unread(&self, query: &UnreadQuery) -> Event {
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

    pub fn message(
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

    pub fn view(
        &self,
        row: &MessageRow,
        mailbox: MailboxId,
        columns: u16,
        form: TextForm,
    ) -> Event {
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
    pub fn record(&mut self, action: &Action) -> Vec<Event> {
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
    pub fn project(&mut self, action: &Action) -> Vec<MessageRow> {
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

    pub fn n_in_inbox(&self) -> u64 {
        self.rows.iter().filter(|row| row.mailbox == INBOX).count() as u64
    }

    /// Counts again after messages came or went by an action of the user.
    pub fn count_since(&mut self, n_before: u64) {
        let n = self.n_in_inbox();
        let total = self.folders[0].total.unwrap_or(n_before);
        self.folders[0].total = Some(total + n - n_before.min(total + n));
        self.count();
    }

    pub fn undo(&mut self, ticket: Ticket) -> Vec<Event> {
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

    pub fn redo(&mut self, ticket: Ticket) -> Vec<Event> {
        let Some((action, before)) = self.taken_back.pop() else {
            return vec![undone(ticket, "", &[], true)];
        };
        self.project(&action);
        let told = undone(ticket, &action.label, &before, true);
        self.done.push((action, before));
        vec![told, Event::RowsChanged(INBOX)]
    }

    pub fn whereabouts(&self, target: Target) -> Event {
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

    pub fn selection(&self, query: &SelectionQuery) -> Event {
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

    pub fn weigh(&self, query: &WeightQuery) -> Event {
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

    pub fn keep(&mut self, messages: Vec<MessageId>, on: bool) -> Vec<Event> {
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
}
