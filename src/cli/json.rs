//! The rows of `--json`: one document on standard output, `snake_case` keys, RFC 3339 times. Other people's scripts rely
//! on every name here, so keys are only ever added. Pure: rows in, text out.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use serde::Serialize;

use crate::channel::rows::{FolderRow, MessageRow};
use crate::mail::account::Offline;
use crate::mail::flag::SystemFlag;
use crate::mail::mailbox::Role;
use crate::mail::quota::Quota;
use crate::mail::rights::Rights;

/// A row of `list`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ListRow {
    /// Opaque, `[a-z0-9.-]+`.
    pub id: String,
    /// The account's name in the configuration.
    pub account: String,
    /// The decoded folder name.
    pub folder: String,
    /// `null` while the server does not know the message.
    pub uid: Option<u32>,
    /// What the sender says.
    pub date: Option<String>,
    /// When the server got it.
    pub internal_date: Option<String>,
    /// The sender, `Anna Abel <anna@example.org>`.
    pub from: String,
    /// The recipients, in the same form.
    pub to: String,
    /// Decoded; empty when there is none.
    pub subject: String,
    /// Wire names: `\Seen`, `$Junk`.
    pub flags: Vec<String>,
    /// In bytes, as the server says.
    pub size: u64,
    /// Equal for the messages of a thread.
    pub thread_id: u64,
    /// `null` while unknown.
    pub has_attachment: Option<bool>,
    /// Whether `\Seen` is missing.
    pub unread: bool,
    /// Whether only a search on the server found it. Always false so far: what is listed was found on this machine.
    pub server: bool,
    /// The server's labels (Gmail): `\Inbox`, `Work`.
    pub labels: Vec<String>,
}

impl ListRow {
    /// Makes a row of what the store gives for a list; `id` is the message's public ID.
    #[must_use]
    pub fn new(id: String, account: &str, folder: &str, row: &MessageRow) -> Self {
        Self {
            id,
            account: account.to_owned(),
            folder: folder.to_owned(),
            uid: Some(row.key.uid).filter(|uid| *uid > 0),
            date: rfc3339(row.date),
            internal_date: rfc3339(row.key.internal_date),
            from: name_and_address(row.from.as_str(), row.from_addr.as_str()),
            to: row.to.as_str().to_owned(),
            subject: row.subject.as_str().to_owned(),
            flags: row.flags.names().map(str::to_owned).collect(),
            size: row.size_bytes,
            thread_id: row.thread,
            has_attachment: row.has_attachment,
            unread: !row.flags.has(SystemFlag::Seen),
            server: false,
            labels: row.labels.iter().map(ToString::to_string).collect(),
        }
    }
}

/// A row of `folders`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FolderJson {
    /// The account's name in the configuration.
    pub account: String,
    /// The whole decoded name.
    pub name: String,
    /// `inbox`, `sent`, `drafts`, `trash`, `archive`, `junk`, `all`, `flagged`, `important`; `null` for an ordinary folder.
    pub role: Option<&'static str>,
    /// Messages; `null` while unknown.
    pub total: Option<u64>,
    /// Unread messages; `null` while unknown.
    pub unread: Option<u64>,
    /// `null` while unknown.
    pub uid_validity: Option<u32>,
    /// `null` for never.
    pub synced_at: Option<String>,
    /// What is fetched of it without being opened, by the configuration: `none`, `headers`, `recent`, `all`.
    pub offline: &'static str,
    /// Whether all of it is on this machine now: every header and every body.
    pub complete: bool,
    /// Whether the server opened it read-only the last time.
    pub read_only: bool,
    /// What the user may do, as letters of RFC 4314; `null` where the server does not tell.
    pub rights: Option<String>,
    /// The room of the whole account; `null` where the server does not tell.
    pub quota: Option<QuotaJson>,
}

/// The room of an account, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct QuotaJson {
    /// In use.
    pub used: u64,
    /// What there is.
    pub limit: u64,
}

impl From<Quota> for QuotaJson {
    fn from(quota: Quota) -> Self {
        Self {
            used: quota.used_bytes,
            limit: quota.limit_bytes,
        }
    }
}

impl FolderJson {
    /// Makes a row of what the store gives for the folder pane.
    #[must_use]
    pub fn new(
        account: &str,
        row: &FolderRow,
        uid_validity: Option<u32>,
        offline: Offline,
    ) -> Self {
        Self {
            account: account.to_owned(),
            name: row.name.as_str().to_owned(),
            role: row.role.map(Role::name),
            total: row.total,
            unread: row.unread,
            uid_validity,
            synced_at: row.synced_at.and_then(rfc3339),
            offline: offline_name(offline),
            complete: row.is_complete,
            read_only: row.read_only,
            rights: row.rights.map(Rights::letters),
            quota: None,
        }
    }
}

/// `show`: one object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShowJson {
    /// As asked.
    pub id: String,
    /// All header fields in order, decoded: name and value.
    pub headers: Vec<(String, String)>,
    /// As in a list.
    pub from: String,
    /// In the same form.
    pub to: String,
    /// In the same form; empty when there is none.
    pub cc: String,
    /// What the sender says, in the sender's zone; `null` when missing or unreadable.
    pub date: Option<String>,
    /// Decoded; empty when there is none.
    pub subject: String,
    /// The text as the screen shows it, unwrapped where it may be.
    pub text: String,
    /// All leaf parts.
    pub parts: Vec<PartJson>,
    /// What is wrong with the message, one sentence each.
    pub defects: Vec<String>,
}

/// A part of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PartJson {
    /// Its address, for `show --part`.
    pub part: String,
    /// Media type.
    #[serde(rename = "type")]
    pub content_type: String,
    /// File name; empty when there is none.
    pub name: String,
    /// In bytes, as transferred.
    pub size: u64,
}

/// A row of `status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatusJson {
    /// The account's name in the configuration.
    pub account: String,
    /// `online`, `syncing` or `offline`.
    pub state: ConnectionState,
    /// Unread messages in the INBOX; `null` while unknown.
    pub unread: Option<u64>,
    /// Operations that the server has not been told.
    pub pending: u64,
    /// Mails to be sent.
    pub outbox: u64,
    /// Mails of which nobody knows whether they were sent.
    pub uncertain: u64,
    /// When the next connection is tried; `null` when none is planned.
    pub next_attempt: Option<String>,
}

/// A row of `outbox`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OutboxJson {
    /// The number, for `outbox retry` and the like.
    pub id: i64,
    /// Without brackets.
    pub message_id: String,
    /// The sender's address.
    pub from: String,
    /// The recipients' addresses.
    pub to: Vec<String>,
    /// The subject.
    pub subject: String,
    /// `queued`, `sending`, `sent`, `failed` or `uncertain`.
    pub state: &'static str,
    /// How often it was begun to be sent.
    pub attempts: u32,
    /// What went wrong last; `null` where nothing did.
    pub error: Option<String>,
    /// Not sent earlier; `null` for at once.
    pub not_before: Option<String>,
    /// When it was handed over.
    pub created: Option<String>,
    /// It is refused, and a draft again.
    pub in_drafts: bool,
}

/// Whether an account reaches its server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionState {
    /// Connected and up to date.
    Online,
    /// Connected and reading.
    Syncing,
    /// Not connected.
    Offline,
}

impl ConnectionState {
    /// The word for text and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Syncing => "syncing",
            Self::Offline => "offline",
        }
    }
}

/// A row of `sync`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SyncJson {
    /// The account's name in the configuration.
    pub account: String,
    /// Folders looked at.
    pub folders: u64,
    /// Messages that were not here before.
    pub new: u64,
    /// Messages whose flags changed.
    pub changed: u64,
    /// Messages that went.
    pub gone: u64,
    /// From the server, TLS not counted.
    pub bytes_received: u64,
    /// How long it took.
    pub seconds: f64,
    /// `null` when all went well.
    pub error: Option<String>,
}

/// `export`: one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct ExportJson {
    /// Messages written by this run.
    pub exported: u64,
    /// Messages that an earlier run had written.
    pub there: u64,
    /// Messages whose bytes could not be had.
    pub missing: u64,
}

/// `import`: one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct ImportJson {
    /// Messages added by this run.
    pub imported: u64,
    /// Messages that an earlier run had added.
    pub there: u64,
    /// Messages that could not be read, or that the server refused.
    pub refused: u64,
}

/// A row of `pending`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PendingJson {
    /// The number in the journal.
    pub id: i64,
    /// The account's name in the configuration.
    pub account: String,
    /// The decoded folder name.
    pub folder: String,
    /// What is to be done: `flag`.
    pub kind: String,
    /// On so many messages.
    pub count: u64,
    /// How far it is: `queued`, `running`, `parked`, `done`, `undone`.
    pub state: &'static str,
    /// So many times it was tried.
    pub attempts: u32,
    /// Why it is parked; `null` when it is not.
    pub error: Option<String>,
    /// When it was recorded.
    pub created: Option<String>,
    /// What the user did; several operations may have one name.
    pub label: String,
    /// The keyword or the new name of a folder; empty for others.
    pub detail: String,
    /// Where a move or copy goes; `null` for others.
    pub to: Option<String>,
    /// Not sent before; `null` for at once.
    pub not_before: Option<String>,
}

/// The stable word for what is kept on this machine.
#[must_use]
pub const fn offline_name(offline: Offline) -> &'static str {
    match offline {
        Offline::None => "none",
        Offline::Headers => "headers",
        Offline::Recent => "recent",
        Offline::All => "all",
    }
}

/// Writes seconds since the epoch as an RFC 3339 time in UTC; `None` beyond the years that the format has.
#[must_use]
pub fn rfc3339(seconds: i64) -> Option<String> {
    rfc3339_at(seconds, 0)
}

/// Writes seconds since the epoch as an RFC 3339 time in a zone, given in minutes east of UTC.
#[must_use]
pub fn rfc3339_at(seconds: i64, offset_minutes: i32) -> Option<String> {
    let time = Timestamp::from_second(seconds).ok()?;
    // RFC 3339 §5.6 has four digits for the year.
    let year = time.to_zoned(TimeZone::UTC).year();
    if !(0..=9999).contains(&year) {
        return None;
    }
    if offset_minutes == 0 {
        return Some(time.to_string());
    }
    let offset = Offset::from_seconds(offset_minutes.checked_mul(60)?).ok()?;
    Some(time.display_with_offset(offset).to_string())
}

/// Writes a sender as `Anna Abel <anna@example.org>`; one of the two alone where the other is missing or the same.
#[must_use]
pub fn name_and_address(name: &str, address: &str) -> String {
    if address.is_empty() || name == address {
        name.to_owned()
    } else if name.is_empty() {
        address.to_owned()
    } else {
        format!("{name} <{address}>")
    }
}

/// One JSON document with a line feed at its end.
///
/// # Errors
/// Never for the rows of this module; serde's words else.
pub fn document<T: Serialize + ?Sized>(rows: &T) -> Result<String, String> {
    serde_json::to_string_pretty(rows)
        .map(|text| text + "\n")
        .map_err(|error| error.to_string())
}

#[cfg(test)]
pub(crate) mod tests;
