//! The folders of an account as a tree: what lies in what, in which order, and under which label.
//!
//! A folder with a role stands at the top, by the order of the roles; its children under it. Every other one lies in the
//! nearest level above it that the server lists, and its label says what is left of the name. Names are cut on their
//! bytes, each by its own delimiter, and only then decoded.

use std::cmp::Reverse;
use std::collections::HashMap;

use crate::channel::rows::FolderRow;
use crate::mail::mailbox::{MailboxName, Namespace, Role};
use crate::mail::safe_text::SafeText;
use crate::store::sync_state::MailboxInfo;

/// The pane shows no deeper tree than this; names may be deeper.
const MAX_DEPTH: usize = 32;

/// A mailbox at its place in the tree.
#[derive(Debug)]
pub(in crate::store) struct Branch {
    /// The mailbox.
    pub mailbox: MailboxInfo,
    /// How deep; 0 for the top.
    depth: u8,
    /// What its name says beyond the folder it lies in.
    label: String,
}

impl Branch {
    /// The row of the folder pane.
    pub(in crate::store) fn into_row(self) -> FolderRow {
        let mailbox = self.mailbox;
        FolderRow {
            account: mailbox.account,
            mailbox: mailbox.id,
            name: SafeText::line(&mailbox.name.display()),
            label: SafeText::line(&self.label),
            depth: self.depth,
            role: mailbox.role,
            namespace: mailbox.namespace,
            selectable: mailbox.selectable,
            read_only: mailbox.read_only,
            rights: mailbox.rights,
            total: mailbox.total,
            unread: mailbox.unread,
            n_headers: mailbox.n_listed,
            synced_at: mailbox.synced_at,
            is_complete: mailbox.is_complete,
            has_old_flags: mailbox.has_old_flags,
            plan: None,
        }
    }
}

/// The levels of a name, outermost first.
type Levels = Vec<Vec<u8>>;

/// Puts mailboxes in the order of the folder pane.
pub(super) fn grow(mailboxes: Vec<MailboxInfo>) -> Vec<Branch> {
    let levels: Vec<Levels> = mailboxes.iter().map(levels).collect();
    let mut by_levels: HashMap<(Namespace, &[Vec<u8>]), usize> = HashMap::new();
    for (at, (mailbox, levels)) in mailboxes.iter().zip(&levels).enumerate() {
        by_levels.entry((mailbox.namespace, levels)).or_insert(at);
    }
    // The place that each lies in, and how many of its levels that place has.
    let parents: Vec<Option<(usize, usize)>> = mailboxes
        .iter()
        .zip(&levels)
        .map(|(mailbox, levels)| {
            let place = |n: usize| {
                by_levels
                    .get(&(mailbox.namespace, levels.get(..n)?))
                    .copied()
            };
            let mut above = (1..levels.len()).rev().filter(|_| mailbox.role.is_none());
            above.find_map(|n| Some((place(n)?, n)))
        })
        .collect();
    let labels: Vec<String> = mailboxes
        .iter()
        .zip(&levels)
        .zip(&parents)
        .map(|((mailbox, levels), parent)| label(mailbox, levels, *parent))
        .collect();
    let order = order(&mailboxes, &labels, &parents);
    let mut waiting: Vec<Option<(MailboxInfo, String)>> =
        mailboxes.into_iter().zip(labels).map(Some).collect();
    order
        .into_iter()
        .filter_map(|(at, depth)| {
            let (mailbox, label) = waiting.get_mut(at)?.take()?;
            Some(Branch {
                mailbox,
                depth,
                label,
            })
        })
        .collect()
}

/// The places in `mailboxes` in the order of the pane, each with its depth.
fn order(
    mailboxes: &[MailboxInfo],
    labels: &[String],
    parents: &[Option<(usize, usize)>],
) -> Vec<(usize, u8)> {
    let mut children: HashMap<Option<usize>, Vec<usize>> = HashMap::new();
    for (at, parent) in parents.iter().enumerate() {
        children
            .entry(parent.map(|(at, _)| at))
            .or_default()
            .push(at);
    }
    let keys: Vec<_> = mailboxes
        .iter()
        .zip(labels)
        .map(|(mailbox, label)| {
            let rank = mailbox
                .role
                .and_then(|role| Role::ALL.iter().position(|known| *known == role));
            let rank = rank.unwrap_or(usize::MAX);
            // Those on this computer stand together below all of the server's.
            let is_here = mailbox.namespace == Namespace::Local;
            (
                is_here,
                rank,
                mailbox.namespace,
                label.to_lowercase(),
                mailbox.id,
            )
        })
        .collect();
    for siblings in children.values_mut() {
        // The last is taken first.
        siblings.sort_by_key(|at| Reverse(keys.get(*at)));
    }
    walk(children)
}

/// Every mailbox behind the one it lies in, with its depth.
fn walk(mut children: HashMap<Option<usize>, Vec<usize>>) -> Vec<(usize, u8)> {
    let mut order = Vec::new();
    let roots = children.remove(&None).unwrap_or_default();
    let mut open: Vec<(usize, u8)> = roots.into_iter().map(|at| (at, 0)).collect();
    while let Some((at, depth)) = open.pop() {
        order.push((at, depth));
        let below = children.remove(&Some(at)).unwrap_or_default();
        open.extend(below.into_iter().map(|at| (at, depth.saturating_add(1))));
    }
    order
}

/// The levels of a name behind the prefix that is not shown. A delimiter at the end (`Lists/`) makes no further level.
fn levels(mailbox: &MailboxInfo) -> Levels {
    let raw = mailbox.name.raw();
    let shown = raw
        .get(mailbox.prefix_bytes..)
        .filter(|rest| !rest.is_empty());
    let shown = shown.unwrap_or(raw);
    let Some(delimiter) = mailbox.delimiter else {
        return vec![shown.to_vec()];
    };
    let end = shown.iter().rposition(|byte| *byte != delimiter);
    let shown = end.and_then(|end| shown.get(..=end)).unwrap_or(shown);
    shown
        .splitn(MAX_DEPTH, |byte| *byte == delimiter)
        .map(<[u8]>::to_vec)
        .collect()
}

/// What a name says beyond the place it lies in; of a folder with a role the last level says enough.
fn label(mailbox: &MailboxInfo, levels: &Levels, parent: Option<(usize, usize)>) -> String {
    let from = match (mailbox.role, parent) {
        (Some(_), _) => levels.len().saturating_sub(1),
        (None, Some((_, n_levels))) => n_levels,
        (None, None) => 0,
    };
    let delimiter = mailbox.delimiter.map(char::from).map(String::from);
    let rest: Vec<String> = levels
        .iter()
        .skip(from)
        .map(|level| MailboxName::from_raw(level).display())
        .collect();
    rest.join(&delimiter.unwrap_or_default())
}
