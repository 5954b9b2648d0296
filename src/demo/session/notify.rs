//! NOTIFY: changes in other mailboxes, told without being asked for. RFC 5465.

use std::collections::BTreeMap;
use std::io;

use crate::demo::mailbox::Mailbox;
use crate::demo::namespace::delimiter;
use crate::demo::session::list::quoted;
use crate::demo::session::{Reply, Session};
use crate::demo::state::State;
use crate::demo::token::Token;

/// The events that can be asked for.
const EVENTS: [&str; 5] = [
    "MESSAGENEW",
    "MESSAGEEXPUNGE",
    "FLAGCHANGE",
    "MAILBOXNAME",
    "SUBSCRIPTIONCHANGE",
];

/// What STATUS tells of a mailbox that changed.
const ITEMS: [&str; 5] = [
    "MESSAGES",
    "UIDNEXT",
    "UIDVALIDITY",
    "UNSEEN",
    "HIGHESTMODSEQ",
];

/// What a client asked to be told.
#[derive(Default)]
pub struct Notify {
    /// Changes of the selected mailbox.
    selected: bool,
    /// Changes of the user's own mailboxes.
    personal: bool,
    /// Changes of mailboxes at and below these.
    subtrees: Vec<String>,
    /// The server's count of overflows when this was asked for.
    n_overflows: u32,
    /// What the client knows: by name, the mailbox's own number and how far it was told.
    known: BTreeMap<String, Seen>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Seen {
    id: u32,
    validity: u32,
    mod_seq: u64,
    n_unseen: usize,
}

impl Seen {
    fn of(mailbox: &Mailbox) -> Self {
        Self {
            id: mailbox.id,
            validity: mailbox.validity,
            mod_seq: mailbox.highest_mod_seq,
            n_unseen: mailbox.n_unseen(),
        }
    }
}

impl Notify {
    /// Whether changes of this mailbox are told while it is not selected.
    fn wants(&self, state: &State, name: &str) -> bool {
        let is_below = |root: &String| {
            let rest = name.strip_prefix(root.as_str());
            rest.is_some_and(|rest| {
                rest.is_empty() || rest.chars().next() == state.namespaces.delimiter(name)
            })
        };
        (self.personal && state.namespaces.is_personal(name)) || self.subtrees.iter().any(is_below)
    }
}

fn snapshot(state: &State, notify: &Notify) -> BTreeMap<String, Seen> {
    state
        .mailboxes
        .iter()
        .filter(|(name, _)| notify.wants(state, name))
        .map(|(name, mailbox)| (name.clone(), Seen::of(mailbox)))
        .collect()
}

impl Session {
    /// NOTIFY SET and NOTIFY NONE.
    pub(super) fn set_notify(&mut self, arguments: &[Token]) -> io::Result<Reply> {
        let mut arguments = arguments.iter().peekable();
        match arguments.next().map(Token::upper).as_deref() {
            Some("NONE") => {
                self.notify = Some(Notify::default());
                return Ok(Reply::ok("Done"));
            }
            Some("SET") => {}
            _ => return Ok(Reply::bad("NOTIFY takes SET or NONE")),
        }
        let wants_status = arguments
            .next_if(|token| token.upper() == "STATUS")
            .is_some();
        let mut notify = Notify::default();
        for group in arguments {
            let [filter, events @ ..] = group.members() else {
                return Ok(Reply::bad("An event group is a list"));
            };
            let mut events = events;
            if filter.upper() == "SUBTREE" {
                let Some((roots, rest)) = events.split_first() else {
                    return Ok(Reply::bad("SUBTREE takes names"));
                };
                let roots = roots.members().iter().map(Token::text);
                notify.subtrees.extend(roots);
                events = rest;
            }
            let events = events.iter().flat_map(Token::members);
            // What follows MessageNew in parentheses is a list of FETCH items, and empty here.
            let unknown = events
                .map(Token::upper)
                .any(|event| !event.is_empty() && !EVENTS.contains(&event.as_str()));
            if unknown {
                return Ok(Reply::no(format!(
                    "[BADEVENT ({})] Not that",
                    EVENTS.join(" ")
                )));
            }
            match filter.upper().as_str() {
                "SELECTED" | "SELECTED-DELAYED" => notify.selected = true,
                "PERSONAL" => notify.personal = true,
                "SUBTREE" => {}
                _ => return Ok(Reply::no("Only selected, personal and subtree here")),
            }
        }
        let lines = {
            let state = self.shared.state();
            notify.n_overflows = state.n_overflows;
            notify.known = snapshot(&state, &notify);
            let names = notify.known.keys().filter(|_| wants_status);
            names
                .filter_map(|name| self.status_of(&state, name))
                .collect::<Vec<_>>()
        };
        self.notify = Some(notify);
        for line in lines {
            self.output.line(&line)?;
        }
        Ok(Reply::ok("Done"))
    }

    /// Tells what happened in the selected mailbox and elsewhere, as far as the client wants to hear it.
    pub(super) fn tell_news(&mut self, may_expunge: bool) -> io::Result<()> {
        if self.notify.as_ref().is_none_or(|notify| notify.selected) {
            self.report_changes(may_expunge)?;
        }
        let Some(mut notify) = self.notify.take() else {
            return Ok(());
        };
        let (lines, is_overflow) = {
            let state = self.shared.state();
            let is_overflow = notify.personal && state.n_overflows != notify.n_overflows;
            (self.news_elsewhere(&state, &mut notify), is_overflow)
        };
        if is_overflow {
            self.notify = Some(Notify::default());
            return self
                .output
                .line("* OK [NOTIFICATIONOVERFLOW] Too much is going on");
        }
        self.notify = Some(notify);
        for line in &lines {
            self.output.line(line)?;
        }
        Ok(())
    }

    fn news_elsewhere(&self, state: &State, notify: &mut Notify) -> Vec<String> {
        let now = snapshot(state, notify);
        let before = std::mem::take(&mut notify.known);
        let mut lines = Vec::new();
        for (name, gone) in before.iter().filter(|(name, _)| !now.contains_key(*name)) {
            if now.values().all(|seen| seen.id != gone.id) {
                let letter = delimiter(state.namespaces.delimiter(name));
                lines.push(format!("* LIST (\\NonExistent) {letter} {}", quoted(name)));
            }
        }
        let selected = self
            .selected
            .as_ref()
            .map(|selected| selected.name.as_str());
        for (name, seen) in &now {
            if before.get(name) == Some(seen) || selected == Some(name.as_str()) {
                continue;
            }
            if !before.contains_key(name) {
                let letter = delimiter(state.namespaces.delimiter(name));
                let old = before.iter().find(|(_, known)| known.id == seen.id);
                let old = old.map(|(old, _)| format!(" (\"OLDNAME\" ({}))", quoted(old)));
                lines.push(format!(
                    "* LIST () {letter} {}{}",
                    quoted(name),
                    old.unwrap_or_default()
                ));
            }
            lines.extend(self.status_of(state, name));
        }
        notify.known = now;
        lines
    }

    /// What is told of a mailbox that the client may open; nothing of the selected one.
    fn status_of(&self, state: &State, name: &str) -> Option<String> {
        let is_selected = self
            .selected
            .as_ref()
            .is_some_and(|selected| selected.name == name);
        let mailbox = state.get(name).filter(|_| !is_selected)?;
        Some(self.status_line(name, mailbox, &ITEMS.map(str::to_owned)))
    }
}
