//! The folders as a screen and an engine see them: what is known of each, in the order of the folder pane.

use rusqlite::{Connection, OptionalExtension, Row};

use crate::channel::error::StoreError;
use crate::mail::account::AccountId;
use crate::mail::mailbox::{MailboxId, MailboxName, Namespace, Role};
use crate::mail::rights::Rights;
use crate::mail::uid::{ModSeq, UidValidity};
use crate::mail::uid_set::UidSet;
use crate::store::disk::sql::{Doing, small, unsigned};
use crate::store::folders::folder_tree::{self, Branch};
use crate::store::folders::{caught_up, gaps};
use crate::store::sync_state::{MailboxInfo, MailboxStatus, SyncState};

const COLUMNS: &str = "id, account, name, delimiter, role, selectable, read_only, status_messages, status_unseen,
    status_uid_next, status_uid_validity, status_mod_seq, uid_validity, uid_next, mod_seq, present, synced_at,
    n_server_headers, n_unseen, n_server_unseen, EXISTS (SELECT 1 FROM gap WHERE gap.mailbox = mailbox.id), namespace,
    prefix_bytes, rights, n_headers, n_whole, EXISTS (SELECT 1 FROM caught_up WHERE caught_up.mailbox = mailbox.id)";

/// The mailboxes of an account with their places in the folder pane; the gaps only where they are wanted.
pub(in crate::store) fn load(
    cache: &Connection,
    account: AccountId,
    with_gaps: bool,
) -> Result<Vec<Branch>, StoreError> {
    let mut statement = cache
        .prepare_cached(&format!("SELECT {COLUMNS} FROM mailbox WHERE account = ?1"))
        .doing("read the folders")?;
    let mut mailboxes: Vec<MailboxInfo> = statement
        .query_map([account.get()], read)
        .and_then(Iterator::collect)
        .doing("read the folders")?;
    if with_gaps {
        for mailbox in &mut mailboxes {
            mailbox.state.gap = gaps::load(cache, mailbox.id)?;
            mailbox.state.caught_up = caught_up::load(cache, mailbox.id)?;
        }
    }
    Ok(folder_tree::grow(mailboxes))
}

/// One mailbox.
pub(in crate::store) fn one(
    cache: &Connection,
    id: MailboxId,
) -> Result<Option<MailboxInfo>, StoreError> {
    let found = cache
        .prepare_cached(&format!("SELECT {COLUMNS} FROM mailbox WHERE id = ?1"))
        .and_then(|mut statement| statement.query_row([id.get()], read).optional())
        .doing("read a folder")?;
    let Some(mut mailbox) = found else {
        return Ok(None);
    };
    mailbox.state.gap = gaps::load(cache, id)?;
    mailbox.state.caught_up = caught_up::load(cache, id)?;
    Ok(Some(mailbox))
}

fn read(row: &Row<'_>) -> rusqlite::Result<MailboxInfo> {
    let known = |at: usize| row.get::<_, i64>(at).map(|value| u64::try_from(value).ok());
    let status = MailboxStatus {
        messages: known(7)?,
        unseen: known(8)?,
        uid_next: Some(small(row.get(9)?)).filter(|uid_next| *uid_next > 0),
        uid_validity: UidValidity::new(small(row.get(10)?)),
        highest_mod_seq: known(11)?.map(ModSeq::new),
    };
    let state = SyncState {
        validity: UidValidity::new(small(row.get(12)?)),
        uid_next: small(row.get(13)?),
        mod_seq: ModSeq::new(unsigned(row.get(14)?)),
        gap: UidSet::new(),
        caught_up: Vec::new(),
        n_headers: unsigned(row.get(17)?),
        exists: known(15)?,
    };
    let synced_at = Some(row.get::<_, i64>(16)?).filter(|seconds| *seconds > 0);
    let (unseen, server_unseen): (i64, i64) = (row.get(18)?, row.get(19)?);
    let has_all = state.validity.is_some() && synced_at.is_some() && !row.get::<_, bool>(20)?;
    let listed = unsigned(row.get(24)?);
    let (total, unread) = if has_all {
        (Some(listed), Some(unsigned(unseen)))
    } else {
        // What the open operations change comes on top of what the server counts.
        let with = |server: u64, more: i64| server.saturating_add_signed(more);
        let moved = listed.cast_signed() - state.n_headers.cast_signed();
        (
            status.messages.map(|server| with(server, moved)),
            status
                .unseen
                .map(|server| with(server, unseen - server_unseen)),
        )
    };
    Ok(MailboxInfo {
        id: MailboxId::new(small(row.get(0)?)),
        account: AccountId::new(small(row.get(1)?)),
        name: MailboxName::from_raw(&row.get::<_, Vec<u8>>(2)?),
        delimiter: u8::try_from(row.get::<_, i64>(3)?)
            .ok()
            .filter(|byte| *byte > 0),
        role: Role::from_name(row.get_ref(4)?.as_str()?),
        selectable: row.get(5)?,
        namespace: Namespace::from_name(row.get_ref(21)?.as_str()?),
        prefix_bytes: usize::try_from(row.get::<_, i64>(22)?).unwrap_or(0),
        read_only: row.get(6)?,
        rights: Some(row.get_ref(23)?.as_str()?)
            .filter(|letters| !letters.is_empty())
            .map(|letters| Rights::from_letters(letters.as_bytes())),
        status,
        state,
        n_listed: listed,
        is_complete: has_all && unsigned(row.get(25)?) >= listed,
        has_old_flags: row.get(26)?,
        synced_at,
        total,
        unread,
    })
}
