//! What an operation changes, as columns of `state.db`.

use rusqlite::{Row, ToSql};

use crate::channel::operation::{Change, FolderChange};
use crate::mail::flag::{Flags, Keyword, SystemFlag};
use crate::mail::mailbox::{MailboxId, MailboxName};
use crate::store::disk::sql::small;

/// The columns that [`Columns::read`] wants, in its order; of the table `o`.
pub(super) const COLUMNS: &str = "o.kind, o.flag, o.is_on, o.keyword, o.mailbox, o.name";

/// A change as the table `operation` keeps it. What a kind has no use for is 0 or empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Columns {
    pub kind: String,
    pub flag: i64,
    pub is_on: bool,
    pub keyword: String,
    /// The destination of a move or copy, or the folder itself.
    pub mailbox: u32,
    /// The new name of a folder.
    pub name: Vec<u8>,
}

impl Columns {
    /// The columns of a change. A folder that is to be created is not in them: it gets its number later.
    pub(super) fn of(change: &Change) -> Self {
        let mut columns = Self {
            kind: kind(change).to_owned(),
            flag: 0,
            is_on: false,
            keyword: String::new(),
            mailbox: 0,
            name: Vec::new(),
        };
        match change {
            Change::Flag { flag, on } => {
                (columns.flag, columns.is_on) = (i64::from(flag.bit()), *on);
            }
            Change::Keyword { keyword, on } => {
                (columns.keyword, columns.is_on) = (keyword.as_str().to_owned(), *on);
            }
            Change::Move { to } | Change::Copy { to } => columns.mailbox = to.get(),
            Change::Delete => {}
            Change::Folder(change) => match change {
                FolderChange::Create { name } => columns.name = name.raw().to_vec(),
                FolderChange::Rename { mailbox, to } => {
                    (columns.mailbox, columns.name) = (mailbox.get(), to.raw().to_vec());
                }
                FolderChange::Delete { mailbox } => columns.mailbox = mailbox.get(),
                FolderChange::Subscribe { mailbox, on } => {
                    (columns.mailbox, columns.is_on) = (mailbox.get(), *on);
                }
            },
        }
        columns
    }

    /// Reads [`COLUMNS`], which begin at `at`.
    pub(super) fn read(row: &Row<'_>, at: usize) -> rusqlite::Result<Self> {
        Ok(Self {
            kind: row.get(at)?,
            flag: row.get(at + 1)?,
            is_on: row.get::<_, i64>(at + 2)? != 0,
            keyword: row.get(at + 3)?,
            mailbox: small(row.get(at + 4)?),
            name: row.get(at + 5)?,
        })
    }

    /// The change; `None` for a kind that this program does not know.
    pub(super) fn change(&self) -> Option<Change> {
        let (mailbox, on) = (MailboxId::new(self.mailbox), self.is_on);
        let name = || MailboxName::from_raw(&self.name);
        Some(match self.kind.as_str() {
            "flag" => {
                let mut flags = SystemFlag::ALL.into_iter();
                let flag = flags.find(|known| i64::from(known.bit()) == self.flag)?;
                Change::Flag { flag, on }
            }
            "keyword" => Change::Keyword {
                keyword: Keyword::parse(&self.keyword)?,
                on,
            },
            "move" => Change::Move { to: mailbox },
            "copy" => Change::Copy { to: mailbox },
            "delete" => Change::Delete,
            "create" => Change::Folder(FolderChange::Create { name: name() }),
            "rename" => Change::Folder(FolderChange::Rename {
                mailbox,
                to: name(),
            }),
            "remove" => Change::Folder(FolderChange::Delete { mailbox }),
            "subscribe" => Change::Folder(FolderChange::Subscribe { mailbox, on }),
            _ => return None,
        })
    }

    /// The values for kind, flag, `is_on`, keyword, mailbox and name, in this order.
    pub(super) fn values(&self) -> [&dyn ToSql; 6] {
        [
            &self.kind,
            &self.flag,
            &self.is_on,
            &self.keyword,
            &self.mailbox,
            &self.name,
        ]
    }
}

const fn kind(change: &Change) -> &'static str {
    match change {
        Change::Flag { .. } => "flag",
        Change::Keyword { .. } => "keyword",
        Change::Move { .. } => "move",
        Change::Copy { .. } => "copy",
        Change::Delete => "delete",
        Change::Folder(FolderChange::Create { .. }) => "create",
        Change::Folder(FolderChange::Rename { .. }) => "rename",
        Change::Folder(FolderChange::Delete { .. }) => "remove",
        Change::Folder(FolderChange::Subscribe { .. }) => "subscribe",
    }
}

/// Makes a change on a set of flags; one that is not about flags does nothing.
pub(in crate::store) fn apply(change: &Change, flags: &mut Flags) {
    match change {
        Change::Flag { flag, on } => flags.set_system(*flag, *on),
        Change::Keyword { keyword, on } => flags.set(keyword.as_str(), *on),
        Change::Move { .. } | Change::Copy { .. } | Change::Delete | Change::Folder(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_change_survives_its_columns() {
        let mailbox = MailboxId::new(7);
        let name = || MailboxName::from_raw(b"Lists/rust");
        let mut all = vec![
            Change::Move { to: mailbox },
            Change::Copy { to: mailbox },
            Change::Delete,
            Change::Folder(FolderChange::Create { name: name() }),
            Change::Folder(FolderChange::Rename {
                mailbox,
                to: name(),
            }),
            Change::Folder(FolderChange::Delete { mailbox }),
        ];
        for on in [true, false] {
            all.extend(
                SystemFlag::ALL
                    .into_iter()
                    .map(|flag| Change::Flag { flag, on }),
            );
            let keyword = Keyword::parse("todo").unwrap();
            all.push(Change::Keyword { keyword, on });
            all.push(Change::Folder(FolderChange::Subscribe { mailbox, on }));
        }
        for change in all {
            assert_eq!(Columns::of(&change).change(), Some(change));
        }
        let mut unknown = Columns::of(&Change::Delete);
        unknown.kind = "levitate".to_owned();
        assert_eq!(unknown.change(), None);
        let mut unknown = Columns::of(&Change::Flag {
            flag: SystemFlag::Seen,
            on: true,
        });
        unknown.flag = 3;
        assert_eq!(unknown.change(), None);
    }
}
