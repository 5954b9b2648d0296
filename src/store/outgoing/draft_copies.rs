//! Where the server's copies of drafts are, and which are to be made or removed. A copy is noted before it may be on the
//! server, and the one before it is forgotten only when it is gone.

use openssl::sha::sha256;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::channel::draft::{DraftId, Revision, ServerCopy};
use crate::channel::error::StoreError;
use crate::mail::account::AccountId;
use crate::mail::composition::Composition;
use crate::mail::mailbox::MailboxId;
use crate::store::disk::sql::{Doing, now, small};
use crate::store::outgoing::drafts;
use crate::store::reader::Reader;

/// A draft is copied when nothing was typed for so long, and however much is typed after so long, in seconds; at once
/// where it was left. After an attempt in vain it waits as long as it rests, then twice as long each time, to half an hour.
const REST: i64 = 60;
const MOST: i64 = 300;

/// What is to be done for a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftWork {
    /// Which, and how often it was changed.
    pub seen: Revision,
    /// The copy on the server; `None` for none.
    pub copy: Option<ServerCopy>,
    /// What that copy was; `None` where another program made it.
    pub base: Option<Imprint>,
    /// The copy before it, which is to go; `None` for none.
    pub old: Option<ServerCopy>,
    /// A copy that may be there: nobody was told; `None` for none.
    pub pending: Option<Imprint>,
    /// What is to be copied; `None` where the copy is up to date, or the draft over.
    pub wanted: Option<Wanted>,
    /// The draft is over, and so is its copy.
    pub is_over: bool,
}

/// What a copy is, wherever it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imprint {
    /// Its Message-ID, without brackets.
    pub message_id: String,
    /// SHA-256 of its bytes.
    pub hash: Vec<u8>,
}

impl Imprint {
    /// Of bytes with this Message-ID.
    #[must_use]
    pub fn of(message_id: &str, bytes: &[u8]) -> Self {
        Self {
            message_id: message_id.to_owned(),
            hash: sha256(bytes).to_vec(),
        }
    }

    /// Whether these bytes are the copy to the letter. Of one that an older version noted, the Message-ID is all there is.
    #[must_use]
    pub fn is_of(&self, bytes: &[u8]) -> bool {
        self.hash.is_empty() || sha256(bytes).as_slice() == self.hash
    }
}

/// What is to be copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Everything as typed; `None` where it cannot be read.
    pub composition: Option<Composition>,
    /// How often it was changed.
    pub revision: i64,
}

/// How the copy of a draft fares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CopyNews {
    /// This one may be on the server from now on.
    Leaving(Imprint),
    /// It is there, of this revision (0: of an unknown one); the one before is to go.
    There(ServerCopy, i64),
    /// This revision stays on this machine: no copy can be made of it.
    Stays(i64),
    /// The one with the noted Message-ID is not there.
    NotThere,
    /// The one before is gone.
    Cleaned,
    /// The draft is over, and nothing of it is on the server any more.
    Gone,
}

/// What becomes of a draft that lies on the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// This draft on this machine goes on from it.
    Draft(DraftId),
    /// It is in the outbox, and may come back from there.
    Outbox,
    /// It was sent or thrown away, and goes.
    Over,
}

/// Who has a copy on the server, or had it last; `None` where nobody here knows it.
pub(super) fn holder_of(
    state: &Connection,
    copy: ServerCopy,
) -> Result<Option<Holder>, StoreError> {
    let found: Option<(i64, i64)> = state
        .prepare_cached(
            "SELECT id, outbox FROM draft WHERE (mailbox, uid_validity, uid) = (?1, ?2, ?3)
             OR (old_mailbox, old_validity, old_uid) = (?1, ?2, ?3) ORDER BY outbox <> 0, id DESC LIMIT 1",
        )
        .and_then(|mut statement| {
            let place = params![copy.mailbox.get(), copy.validity, copy.uid];
            let row = statement.query_row(place, |row| Ok((row.get(0)?, row.get(1)?)));
            row.optional()
        })
        .doing("look for the draft of a copy")?;
    Ok(found.map(|(id, outbox)| match outbox {
        0 => Holder::Draft(DraftId(id)),
        1.. => Holder::Outbox,
        _ => Holder::Over,
    }))
}

/// The rows that are due, or that will be.
const DUE: &str = "account = ?1 AND (outbox = -1 OR (outbox = 0 AND composition <> ''
                   AND (revision <> copied OR old_uid > 0 OR copy_id <> '')))";

/// When a row is due.
const MOMENT: &str =
    "max(CASE WHEN outbox = -1 OR is_left THEN 0 ELSE min(changed + ?2, max(copied_at, created) + ?3) END,
         CASE tried_at WHEN 0 THEN 0 ELSE tried_at + ?2 * (1 << min(tries, 6)) / 2 END)";

/// Notes how the copy of an account's draft fares; false where there is no such draft (any more), or it is another
/// account's now.
pub(super) fn note(
    state: &Connection,
    account: AccountId,
    draft: DraftId,
    news: &CopyNews,
) -> Result<bool, StoreError> {
    let (id, account) = (draft.0, account.get());
    let changed = match news {
        // What is over gets no copy any more.
        CopyNews::Leaving(copy) => state.execute(
            "UPDATE draft SET copy_id = ?3, copy_hash = ?4 WHERE id = ?1 AND account = ?2 AND outbox >= 0",
            params![id, account, copy.message_id, copy.hash],
        ),
        CopyNews::There(copy, revision) => state.execute(
            "UPDATE draft SET old_mailbox = mailbox, old_validity = uid_validity, old_uid = uid, mailbox = ?3,
             uid_validity = ?4, uid = ?5, copied = ?6, copied_at = ?7, base_id = copy_id, base_hash = copy_hash, copy_id = '',
             tries = 0 WHERE id = ?1 AND account = ?2",
            params![
                id,
                account,
                copy.mailbox.get(),
                copy.validity,
                copy.uid,
                revision,
                now()
            ],
        ),
        CopyNews::Stays(revision) => state.execute(
            "UPDATE draft SET copied = ?3, copied_at = ?4, tries = 0 WHERE id = ?1 AND account = ?2",
            params![id, account, revision, now()],
        ),
        CopyNews::NotThere => state.execute(
            "UPDATE draft SET copy_id = '' WHERE id = ?1 AND account = ?2",
            params![id, account],
        ),
        CopyNews::Cleaned => state.execute(
            "UPDATE draft SET old_mailbox = 0, old_validity = 0, old_uid = 0 WHERE id = ?1 AND account = ?2",
            params![id, account],
        ),
        CopyNews::Gone => state.execute(
            "DELETE FROM draft WHERE id = ?1 AND account = ?2 AND outbox = -1",
            params![id, account],
        ),
    };
    changed
        .map(|n_rows| n_rows > 0)
        .doing("note the copy of a draft")
}

/// Notes that these were tried: what is still to be done for them waits a while, but not what was written since.
pub(super) fn tried(
    state: &Connection,
    account: AccountId,
    drafts: &[Revision],
) -> Result<(), StoreError> {
    let sql = format!(
        "UPDATE draft SET tried_at = ?2, tries = tries + 1 WHERE id = ?3 AND revision = ?4 AND {DUE}"
    );
    for seen in drafts {
        state
            .execute(
                &sql,
                params![account.get(), now(), seen.draft.0, seen.number],
            )
            .doing("note that drafts were copied")?;
    }
    Ok(())
}

/// Ends every wait after attempts in vain.
pub(super) fn hurry(state: &Connection, account: AccountId) -> Result<(), StoreError> {
    state
        .execute(
            "UPDATE draft SET tried_at = 0 WHERE account = ?1 AND tries > 0",
            [account.get()],
        )
        .map(|_| ())
        .doing("hurry the copies of drafts")
}

fn copy(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<ServerCopy>> {
    let uid = small(row.get(at + 2)?);
    Ok((uid > 0).then_some(ServerCopy {
        mailbox: MailboxId::new(small(row.get(at)?)),
        validity: small(row.get(at + 1)?),
        uid,
    }))
}

fn imprint(row: &Row<'_>, id: usize, hash: usize) -> rusqlite::Result<Option<Imprint>> {
    let (message_id, hash): (String, Vec<u8>) = (row.get(id)?, row.get(hash)?);
    Ok((!message_id.is_empty()).then_some(Imprint { message_id, hash }))
}

impl Reader {
    /// Who has a copy on the server, or had it last; `None` where nobody here knows it.
    ///
    /// # Errors
    /// What the disk said.
    pub fn holder_of(&mut self, copy: ServerCopy) -> Result<Option<Holder>, StoreError> {
        holder_of(&self.state, copy)
    }

    /// The moment at which a draft of an account is to be copied, or a copy removed: seconds since the epoch. `None` for
    /// never.
    ///
    /// # Errors
    /// What the disk said.
    pub fn drafts_due(&mut self, account: AccountId) -> Result<Option<i64>, StoreError> {
        self.state
            .prepare_cached(&format!("SELECT min({MOMENT}) FROM draft WHERE {DUE}"))
            .and_then(|mut statement| {
                statement.query_row(params![account.get(), REST, MOST], |row| row.get(0))
            })
            .doing("look for drafts to be copied")
    }

    /// What is to be done now for the copies of an account's drafts; with `all` also what is not due yet.
    ///
    /// # Errors
    /// What the disk said.
    pub fn drafts_to_copy(
        &mut self,
        account: AccountId,
        all: bool,
    ) -> Result<Vec<DraftWork>, StoreError> {
        let mut statement = self
            .state
            .prepare_cached(&format!(
                "SELECT id, mailbox, uid_validity, uid, old_mailbox, old_validity, old_uid, copy_id, outbox, composition,
                 revision, copied, base_id, base_hash, copy_hash FROM draft WHERE {DUE} AND (?4 OR {MOMENT} <= ?5) ORDER BY id LIMIT 100"
            ))
            .doing("look for drafts to be copied")?;
        let mut rows = statement
            .query(params![account.get(), REST, MOST, all, now()])
            .doing("look for drafts to be copied")?;
        let mut work = Vec::new();
        while let Some(row) = rows.next().doing("look for drafts to be copied")? {
            let number = |at: usize| row.get::<_, i64>(at).doing("read a draft");
            let text = |at: usize| row.get::<_, String>(at).doing("read a draft");
            let is_over = number(8)? < 0;
            let revision = number(10)?;
            let is_wanted = !is_over && revision != number(11)?;
            let json = text(9)?;
            let wanted = is_wanted.then(|| Wanted {
                composition: drafts::parse(&json).ok(),
                revision,
            });
            work.push(DraftWork {
                seen: Revision {
                    draft: DraftId(number(0)?),
                    number: revision,
                },
                copy: copy(row, 1).doing("read a draft")?,
                base: imprint(row, 12, 13).doing("read a draft")?,
                old: copy(row, 4).doing("read a draft")?,
                pending: imprint(row, 7, 14).doing("read a draft")?,
                wanted,
                is_over,
            });
        }
        Ok(work)
    }
}
