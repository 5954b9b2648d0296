//! Reading the outbox: rows for lists, counts, what is due, and the mail itself for who sends it.

use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::channel::draft::DraftId;
use crate::channel::error::StoreError;
use crate::channel::outbox::{OutboxId, OutboxRow, OutboxState};
use crate::mail::account::AccountId;
use crate::mail::safe_text::SafeText;
use crate::store::disk::sql::{Doing, now, small, unsigned};
use crate::store::outgoing::outbox_waits;
use crate::store::reader::Reader;

/// Rows in a list at the most.
const MOST_ROWS: i64 = 1_000;

const COLUMNS: &str = "o.id, o.account, o.message_id, o.sender, o.recipients, o.subject, o.state, o.attempts, o.error, \
                       o.not_before, o.created, o.draft";

/// Whether a mail was bounced: it has no draft, and what a bounce adds stands on top of it.
const IS_RESENT: &str = "draft = 0 AND substr(raw, 1, 12) = CAST('Resent-From:' AS BLOB)";

/// A mail as it is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Its number.
    pub id: OutboxId,
    /// Which attempt this is, from 1; what is told of an earlier one is not believed.
    pub attempt: u32,
    /// For MAIL FROM.
    pub sender: String,
    /// For RCPT TO.
    pub recipients: Vec<String>,
    /// For DATA.
    pub wire: Vec<u8>,
    /// It needs SMTPUTF8.
    pub needs_smtputf8: bool,
}

/// A mail that the server has, for the Sent folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentMail {
    /// Its number.
    pub id: OutboxId,
    /// Without brackets.
    pub message_id: String,
    /// That is its Resent-Message-ID: it was bounced.
    pub is_resent: bool,
    /// Its bytes.
    pub copy: Vec<u8>,
    /// UIDVALIDITY and UIDNEXT of the Sent folder, at most, before the mail was first sent; `None` for unknown.
    pub floor: Option<(u32, u32)>,
    /// When the server took it, seconds since the epoch.
    pub sent: i64,
}

/// A sent mail whose copy is to be filed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unfiled {
    /// Its number.
    pub id: OutboxId,
    /// When the server took it, seconds since the epoch.
    pub sent: i64,
}

/// UIDVALIDITY and UIDNEXT of the folders in which a mail may turn up, as known before it was first sent; 0 for unknown.
/// What lies below is another mail, whatever its Message-ID.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Floors {
    /// Of the Sent folder.
    pub sent: (u32, u32),
    /// Of INBOX.
    pub inbox: (u32, u32),
}

/// A mail whose end nobody knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uncertain {
    /// Its number.
    pub id: OutboxId,
    /// Without brackets.
    pub message_id: String,
    /// That is its Resent-Message-ID: it was bounced.
    pub is_resent: bool,
    /// Why nobody knows.
    pub words: SafeText,
    /// Since when, seconds since the epoch.
    pub since: i64,
    /// From where on it may be found.
    pub floors: Floors,
    /// When it was put into the outbox, seconds since the epoch, where its Message-ID came with it; `None` where it was made
    /// here, so that no other mail can have it.
    pub foreign_since: Option<i64>,
}

/// The name of a state in the database.
pub(super) const fn code(state: OutboxState) -> &'static str {
    match state {
        OutboxState::Held => "held",
        OutboxState::Scheduled => "scheduled",
        OutboxState::Queued => "queued",
        OutboxState::Sending => "sending",
        OutboxState::Committing => "committing",
        OutboxState::Accepted => "accepted",
        OutboxState::Sent => "sent-copy",
        OutboxState::Failed => "failed",
        OutboxState::Uncertain => "uncertain",
    }
}

/// The state of a name in the database. What no version wrote is uncertain: it is shown, and not sent.
pub(super) fn state_of(name: &str) -> OutboxState {
    let found = OutboxState::ALL
        .into_iter()
        .find(|state| code(*state) == name);
    found.unwrap_or(OutboxState::Uncertain)
}

fn read(row: &Row<'_>) -> rusqlite::Result<OutboxRow> {
    let text = |at: usize| Ok::<_, rusqlite::Error>(SafeText::line(row.get_ref(at)?.as_str()?));
    let (not_before, draft): (i64, i64) = (row.get(9)?, row.get(11)?);
    let state = state_of(row.get_ref(6)?.as_str()?);
    Ok(OutboxRow {
        id: OutboxId(row.get(0)?),
        account: AccountId::new(small(row.get(1)?)),
        message_id: row.get(2)?,
        from: text(3)?,
        to: row
            .get_ref(4)?
            .as_str()?
            .lines()
            .map(SafeText::line)
            .collect(),
        subject: text(5)?,
        state,
        attempts: small(row.get(7)?),
        error: text(8)?,
        not_before: Some(not_before).filter(|at| *at > 0 && state.is_leaving()),
        created: row.get(10)?,
        draft: Some(DraftId(draft)).filter(|draft| draft.0 > 0),
    })
}

/// One row; `None` where it is not in the outbox.
pub(super) fn one(state: &Connection, id: OutboxId) -> Result<Option<OutboxRow>, StoreError> {
    state
        .prepare_cached(&format!("SELECT {COLUMNS} FROM outbox o WHERE o.id = ?1"))
        .and_then(|mut statement| statement.query_row([id.0], read).optional())
        .doing("read a mail of the outbox")
}

/// The outbox of the accounts in use.
pub(super) fn all(state: &Connection) -> Result<Vec<OutboxRow>, StoreError> {
    let mut statement = state
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM outbox o JOIN account a ON a.id = o.account WHERE a.active = 1
             AND o.id IN (SELECT id FROM outbox ORDER BY state = 'sent-copy', id DESC LIMIT ?1) ORDER BY o.id"
        ))
        .doing("read the outbox")?;
    statement
        .query_map([MOST_ROWS], read)
        .and_then(Iterator::collect)
        .doing("read the outbox")
}

/// Whether the copy of a mail is to be filed at the moment `?2`.
const IS_UNFILED: &str =
    "account = ?1 AND state = 'accepted' AND NOT (changed <= ?2 AND ?2 < not_before)";

/// The oldest mail of an account whose copy is to be filed now.
pub(super) fn unfiled(
    state: &Connection,
    account: AccountId,
) -> Result<Option<SentMail>, StoreError> {
    state
        .prepare_cached(
            &format!("SELECT id, message_id, CASE WHEN copy = x'' THEN raw ELSE copy END, copy_validity, copy_uid_next,
             changed, {IS_RESENT} FROM outbox WHERE {IS_UNFILED} ORDER BY id LIMIT 1"),
        )
        .and_then(|mut statement| {
            statement
                .query_row(params![account.get(), now()], |row| {
                    let floor: (u32, u32) = (small(row.get(3)?), small(row.get(4)?));
                    Ok(SentMail {
                        id: OutboxId(row.get(0)?),
                        message_id: row.get(1)?,
                        copy: row.get(2)?,
                        floor: Some(floor).filter(|(validity, _)| *validity > 0),
                        sent: row.get(5)?,
                        is_resent: row.get(6)?,
                    })
                })
                .optional()
        })
        .doing("look for copies to be filed")
}

impl Reader {
    /// The outbox of the accounts in use, oldest first, what is sent included for as long as it is kept.
    ///
    /// # Errors
    /// What the disk said.
    pub fn outbox(&mut self) -> Result<Vec<OutboxRow>, StoreError> {
        all(&self.state)
    }

    /// A mail of the outbox; `None` where there is none of that number.
    ///
    /// # Errors
    /// What the disk said.
    pub fn outbox_row(&mut self, id: OutboxId) -> Result<Option<OutboxRow>, StoreError> {
        one(&self.state, id)
    }

    /// Mail of an account (`None`: of all in use) that waits to be sent or is being sent, and mail whose end nobody knows.
    ///
    /// # Errors
    /// What the disk said.
    pub fn n_outbox(&mut self, account: Option<AccountId>) -> Result<(u64, u64), StoreError> {
        let account = account.map_or(0, AccountId::get);
        self.state
            .prepare_cached(
                "SELECT coalesce(sum(o.state IN ('held', 'scheduled', 'queued', 'sending', 'committing')), 0),
                 coalesce(sum(o.state = 'uncertain'), 0) FROM outbox o JOIN account a ON a.id = o.account
                 WHERE a.active = 1 AND (?1 = 0 OR o.account = ?1)",
            )
            .and_then(|mut statement| {
                statement.query_row([account], |row| {
                    Ok((unsigned(row.get(0)?), unsigned(row.get(1)?)))
                })
            })
            .doing("count the outbox")
    }

    /// The moment at which a mail of an account is to be sent next, seconds since the epoch; one that has passed is now, and
    /// so is one that an engine left behind which is gone. `None` where no mail waits.
    ///
    /// # Errors
    /// What the disk said.
    pub fn mail_due(&mut self, account: AccountId) -> Result<Option<i64>, StoreError> {
        let states = "state IN ('held', 'scheduled', 'queued', 'sending', 'committing')";
        self.due_in(account, states)
    }

    /// The same for what is asked of the mail server once a mail has left: a copy to be filed, an uncertain mail to be
    /// looked for.
    ///
    /// # Errors
    /// What the disk said.
    pub fn copies_due(&mut self, account: AccountId) -> Result<Option<i64>, StoreError> {
        let states = "(state = 'accepted' OR state = 'uncertain' AND not_before > 0)";
        self.due_in(account, states)
    }

    fn due_in(&self, account: AccountId, states: &str) -> Result<Option<i64>, StoreError> {
        self.state
            .prepare_cached(&format!(
                "SELECT min(CASE WHEN state = 'scheduled' OR changed <= ?2 THEN not_before ELSE 0 END) FROM outbox
                 WHERE account = ?1 AND {states}",
            ))
            .and_then(|mut statement| {
                statement.query_row(params![account.get(), now()], |row| row.get(0))
            })
            .doing("look for mail to be sent")
    }

    /// Whether an account has a mail that may go now.
    ///
    /// # Errors
    /// What the disk said.
    pub fn has_mail_due(&mut self, account: AccountId) -> Result<bool, StoreError> {
        outbox_waits::due(&self.state, account).map(|mail| mail.is_some())
    }

    /// A claimed mail; `None` where it is not in the outbox.
    ///
    /// # Errors
    /// What the disk said.
    pub fn outgoing(&mut self, id: OutboxId) -> Result<Option<Mail>, StoreError> {
        self.state
            .prepare_cached(
                "SELECT attempts, sender, recipients, raw, needs_smtputf8 FROM outbox WHERE id = ?1",
            )
            .and_then(|mut statement| {
                statement
                    .query_row([id.0], |row| {
                        let recipients = row.get_ref(2)?.as_str()?;
                        Ok(Mail {
                            id,
                            attempt: small(row.get(0)?),
                            sender: row.get(1)?,
                            recipients: recipients.lines().map(str::to_owned).collect(),
                            wire: row.get(3)?,
                            needs_smtputf8: row.get(4)?,
                        })
                    })
                    .optional()
            })
            .doing("read a mail of the outbox")
    }

    /// The oldest mail of an account whose copy is to be filed now.
    ///
    /// # Errors
    /// What the disk said.
    pub fn unfiled(&mut self, account: AccountId) -> Result<Option<SentMail>, StoreError> {
        unfiled(&self.state, account)
    }

    /// All mails of an account whose copies are to be filed now, oldest first.
    ///
    /// # Errors
    /// What the disk said.
    pub fn to_be_filed(&mut self, account: AccountId) -> Result<Vec<Unfiled>, StoreError> {
        let sql = format!("SELECT id, changed FROM outbox WHERE {IS_UNFILED} ORDER BY id");
        let read = |row: &Row<'_>| {
            Ok(Unfiled {
                id: OutboxId(row.get(0)?),
                sent: row.get(1)?,
            })
        };
        self.state
            .prepare_cached(&sql)
            .and_then(|mut statement| {
                let found = statement.query_map(params![account.get(), now()], read)?;
                found.collect()
            })
            .doing("look for copies to be filed")
    }

    /// Mail of an account whose end nobody knows and that is to be looked for now. Where the outbox has another one with
    /// its Message-ID, no floor tells the two apart.
    ///
    /// # Errors
    /// What the disk said.
    pub fn to_be_found(&mut self, account: AccountId) -> Result<Vec<Uncertain>, StoreError> {
        let mut statement = self
            .state
            .prepare_cached(
                &format!("SELECT id, message_id, error, changed, copy_validity, copy_uid_next, inbox_validity, inbox_uid_next,
                 EXISTS (SELECT 1 FROM outbox o WHERE o.account = ?1 AND o.message_id = outbox.message_id AND o.id <> outbox.id),
                 {IS_RESENT}, CASE WHEN is_given THEN created END
                 FROM outbox WHERE account = ?1 AND state = 'uncertain' AND not_before > 0
                 AND NOT (changed <= ?2 AND ?2 < not_before) ORDER BY id"),
            )
            .doing("look for uncertain mail")?;
        statement
            .query_map(params![account.get(), now()], |row| {
                let floors = Floors {
                    sent: (small(row.get(4)?), small(row.get(5)?)),
                    inbox: (small(row.get(6)?), small(row.get(7)?)),
                };
                let has_twin: bool = row.get(8)?;
                Ok(Uncertain {
                    id: OutboxId(row.get(0)?),
                    message_id: row.get(1)?,
                    is_resent: row.get(9)?,
                    words: SafeText::line(row.get_ref(2)?.as_str()?),
                    since: row.get(3)?,
                    floors: if has_twin { Floors::default() } else { floors },
                    foreign_since: row.get(10)?,
                })
            })
            .and_then(Iterator::collect)
            .doing("look for uncertain mail")
    }
}
