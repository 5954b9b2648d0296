//! The folder pane: the tree of all accounts with headings, and its cursor.

use crate::channel::rows::FolderRow;
use crate::mail::account::AccountId;
use crate::mail::mailbox::{MailboxId, Namespace, Role};
use crate::mail::quota::Quota;

/// What the folder pane knows.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FolderPane {
    /// The folders of all accounts, in the order of the screen.
    pub rows: Vec<FolderRow>,
    /// Index into `rows` of the folder under the cursor.
    pub cursor: usize,
    /// Index of the first line on the screen, headings counted.
    pub top: usize,
    /// Whether the folders have arrived yet.
    pub loaded: bool,
    /// The folder that the user has just made, by account and name: the cursor goes there once it is in the tree.
    pub made: Option<(AccountId, String)>,
    /// The room of the accounts whose servers tell it.
    pub quotas: Vec<(AccountId, Quota)>,
}

/// One line of the folder pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// An account's name.
    Heading(AccountId),
    /// Above the account's folders on this computer.
    OnThisComputer,
    /// A folder, by its index.
    Folder(usize),
}

impl FolderPane {
    /// The lines of the pane; headings where there are several accounts.
    #[must_use]
    pub fn lines(&self) -> Vec<Line> {
        let mut lines = Vec::with_capacity(self.rows.len() + 4);
        let several =
            self.rows.first().map(|row| row.account) != self.rows.last().map(|row| row.account);
        let (mut account, mut is_here) = (None, false);
        for (index, row) in self.rows.iter().enumerate() {
            if several && account != Some(row.account) {
                account = Some(row.account);
                lines.push(Line::Heading(row.account));
            }
            let was_here = std::mem::replace(&mut is_here, row.namespace == Namespace::Local);
            if is_here && !was_here {
                lines.push(Line::OnThisComputer);
            }
            lines.push(Line::Folder(index));
        }
        lines
    }

    /// The folder under the cursor.
    #[must_use]
    pub fn current(&self) -> Option<&FolderRow> {
        self.rows.get(self.cursor)
    }

    /// The row of a mailbox.
    #[must_use]
    pub fn of(&self, mailbox: MailboxId) -> Option<&FolderRow> {
        self.rows.iter().find(|row| row.mailbox == mailbox)
    }

    /// Whether older headers of a folder are still to come.
    #[must_use]
    pub fn lacks_headers(&self, mailbox: MailboxId) -> bool {
        let row = self.of(mailbox);
        row.is_some_and(|row| row.total.is_some_and(|total| row.n_headers < total))
    }

    /// Whether changes of flags in a folder are held back until the user wants them.
    #[must_use]
    pub fn has_old_flags(&self, mailbox: MailboxId) -> bool {
        self.of(mailbox).is_some_and(|row| row.has_old_flags)
    }

    /// The folder of a role, in the given account before any other. Those on this computer are another matter.
    #[must_use]
    pub fn with_role(&self, role: Role, account: Option<AccountId>) -> Option<&FolderRow> {
        let has_role = |row: &&FolderRow| {
            row.role == Some(role) && row.selectable && row.namespace != Namespace::Local
        };
        let own = |row: &&FolderRow| has_role(row) && Some(row.account) == account;
        self.rows
            .iter()
            .find(own)
            .or_else(|| self.rows.iter().find(has_role))
    }

    /// The folder of a role on this computer, beside the given account's.
    #[must_use]
    pub fn with_role_here(&self, role: Role, account: AccountId) -> Option<&FolderRow> {
        self.rows.iter().find(|row| {
            let is_here = row.account == account && row.namespace == Namespace::Local;
            is_here && row.role == Some(role) && row.selectable
        })
    }

    /// Whether a folder is on this computer.
    #[must_use]
    pub fn is_here(&self, mailbox: MailboxId) -> bool {
        let row = self.of(mailbox);
        row.is_some_and(|row| row.namespace == Namespace::Local)
    }

    /// Moves the cursor by folders, over those that cannot be opened.
    pub fn step(&mut self, by: isize) {
        let last = self.rows.len().saturating_sub(1);
        let aim = self.cursor.saturating_add_signed(by).min(last);
        let can_open = |index: &usize| self.rows.get(*index).is_some_and(|row| row.selectable);
        let found = if by >= 0 {
            (aim..=last)
                .find(can_open)
                .or_else(|| (0..aim).rev().find(can_open))
        } else {
            (0..=aim)
                .rev()
                .find(can_open)
                .or_else(|| (aim..=last).find(can_open))
        };
        self.cursor = found.unwrap_or(self.cursor);
    }

    /// The folder beside another one in the order of the screen, over those that cannot be opened.
    #[must_use]
    pub fn beside(&self, mailbox: MailboxId, down: bool) -> Option<&FolderRow> {
        let at = self.rows.iter().position(|row| row.mailbox == mailbox)?;
        if down {
            self.rows.iter().skip(at + 1).find(|row| row.selectable)
        } else {
            self.rows.iter().take(at).rfind(|row| row.selectable)
        }
    }

    /// Scrolls so that the cursor is on the screen, a heading above the first folder included.
    pub fn reveal(&mut self, height: usize) {
        let lines = self.lines();
        let at = lines
            .iter()
            .position(|line| *line == Line::Folder(self.cursor))
            .unwrap_or(0);
        let above = at.checked_sub(1).and_then(|above| lines.get(above));
        let under_heading = matches!(above, Some(Line::Heading(_) | Line::OnThisComputer));
        let highest = if under_heading { at - 1 } else { at };
        let lowest = (at + 1).saturating_sub(height);
        self.top = self
            .top
            .clamp(lowest.min(highest), highest)
            .min(lines.len().saturating_sub(height));
    }
}
