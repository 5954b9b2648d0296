//! Registers the configured accounts in `state.db`: a number for good for each login at a host.

use rusqlite::{Connection, OptionalExtension, params};

use crate::channel::error::StoreError;
use crate::mail::account::{AccountId, AccountSettings};
use crate::store::adoption;
use crate::store::disk::sql::{Doing, small, transaction};
use crate::store::journal::closing;

/// Why the operations of an account whose name points elsewhere are parked.
const ELSEWHERE: &str =
    "the account now points at another login or host; nothing of the old one is carried out there";

/// An account as this process knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Registered {
    /// Its number.
    pub id: AccountId,
    /// The name in the configuration.
    pub name: String,
    /// Upper bound for cached bodies, in bytes.
    pub cache_bytes: u64,
    /// Whether anything of it is kept from one run to the next.
    pub keeps: bool,
}

/// Numbers the accounts, in the order of the configuration; also returns accounts that went out of use.
pub(super) fn register(
    state: &Connection,
    settings: &[AccountSettings],
) -> Result<(Vec<Registered>, Vec<AccountId>), StoreError> {
    transaction(state, |state| {
        let mut registered = Vec::with_capacity(settings.len());
        let mut retired = Vec::new();
        for account in settings {
            let host = account.imap.host.to_ascii_lowercase();
            let active = find(state, &account.name)?;
            let id = match active {
                Some((id, login, known_host)) if login == account.user && known_host == host => id,
                other => {
                    if let Some((old, ..)) = other {
                        retire(state, old)?;
                        retired.push(AccountId::new(small(old)));
                    }
                    activate(state, account, &host)?
                }
            };
            adoption::adopt(state, &account.name, id)?;
            registered.push(Registered {
                id: AccountId::new(small(id)),
                name: account.name.clone(),
                cache_bytes: account.cache_bytes,
                keeps: !account.keeps_nothing(),
            });
        }
        Ok((registered, retired))
    })
}

fn find(state: &Connection, name: &str) -> Result<Option<(i64, String, String)>, StoreError> {
    state
        .query_row(
            "SELECT id, login, host FROM account WHERE name = ?1 AND active = 1",
            [name],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .optional()
        .doing("find an account")
}

fn retire(state: &Connection, id: i64) -> Result<(), StoreError> {
    closing::park_account(state, id, ELSEWHERE)?;
    state
        .execute("UPDATE account SET active = 0 WHERE id = ?1", [id])
        .map(|_| ())
        .doing("retire an account")
}

/// Takes an account into use: the one of the same login and host that was in use before, else a new one.
fn activate(state: &Connection, account: &AccountSettings, host: &str) -> Result<i64, StoreError> {
    let known: Option<i64> = state
        .query_row(
            "UPDATE account SET active = 1 WHERE id =
             (SELECT max(id) FROM account WHERE name = ?1 AND login = ?2 AND host = ?3) RETURNING id",
            params![account.name, account.user, host],
            |row| row.get(0),
        )
        .optional()
        .doing("take an account into use again")?;
    if let Some(id) = known {
        return Ok(id);
    }
    state
        .execute(
            "INSERT INTO account (name, login, host) VALUES (?1, ?2, ?3)",
            params![account.name, account.user, host],
        )
        .doing("register an account")?;
    Ok(state.last_insert_rowid())
}
