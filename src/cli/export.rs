//! `sterna export`: a folder to an mbox or a Maildir, every message whole. A second run goes on where the first one ended.

use std::collections::VecDeque;
use std::io::Write;

use crate::channel::error::RemoteError;
use crate::channel::rows::{Anchor, MessageRow, WindowQuery};
use crate::cli::args_transfer::{Export, Format};
use crate::cli::exit::Exit;
use crate::cli::folder::{self, Folder};
use crate::cli::folders::json;
use crate::cli::json::ExportJson;
use crate::cli::progress::Progress;
use crate::cli::run::{Context, Failure};
use crate::engine::once::Errands;
use crate::engine::once::whole::Wanted;
use crate::local::export::Export as Sink;
use crate::local::message::{LocalError, LocalMessage};
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageKey;
use crate::mail::uid::{Uid, UidValidity};
use crate::mail::uid_set::UidSet;
use crate::store::bodies::StoredBody;
use crate::store::public_id::PublicId;
use crate::store::reader::Reader;

/// Rows read at once.
const WINDOW: usize = 500;
/// Messages in one batch, by number and by bytes.
const BATCH: usize = 200;
const BATCH_BYTES: u64 = 8 << 20;

impl From<LocalError> for Failure {
    fn from(error: LocalError) -> Self {
        let exit = match &error {
            LocalError::Io { .. } => Exit::Unavailable,
            LocalError::Foreign { .. } => Exit::Data,
        };
        Self::new(exit, error.to_string())
    }
}

/// Exports a folder, fetching what is not here.
///
/// # Errors
/// A path that is something else already, or no such folder (65); what could not be fetched now (75), after everything
/// else was written.
pub fn run(context: &mut Context<'_>, export: &Export) -> Result<Exit, Failure> {
    let folder = folder::named(context, export.account.as_deref(), &export.folder)?;
    let is_metered = context
        .place
        .metered(context.store)
        .contains(&folder.account);
    let fetches = !is_metered && !context.place.is_offline;
    if is_metered {
        context
            .say("metered: only what is on this machine is exported; --unmetered fetches the rest");
    }
    if fetches && folder.info.state.validity.is_none() {
        // Its epoch names the messages, so it has to be known first.
        let newest = Errands::Newest(folder.info.id);
        context.servers.run(folder.account, &newest, None)?;
    }
    let mut reader = context.store.reader()?;
    let validity = reader.sync_state(folder.info.id)?.validity;
    let Some(validity) = validity else {
        let text = "nothing of this folder is on this machine yet";
        return Err(Failure::new(Exit::Temporary, text));
    };
    let (sink, known) = open(export, &folder, validity)?;
    let mut exporting = Exporting {
        folder: &folder,
        validity,
        sink,
        rows: Rows::new(folder.info.id, known),
        reader,
        batch: Vec::new(),
        report: ExportJson::default(),
        progress: Progress::new("exported"),
        failed: None,
        err: &mut *context.err,
    };
    let done = if fetches {
        let mut next = || exporting.next();
        context
            .servers
            .whole(folder.account, folder.info.id, &mut next)
    } else {
        while !exporting.next().is_empty() {}
        Ok(())
    };
    let report = exporting.finish()?;
    if done.is_ok() || report != ExportJson::default() {
        print(context, export, &report)?;
    }
    end(done, &report)
}

/// How an export ends that could write what it had.
fn end(done: Result<(), RemoteError>, report: &ExportJson) -> Result<Exit, Failure> {
    done.map_err(|error| {
        let failure = Failure::from(error);
        let text = format!("{}; the next run goes on from here", failure.text);
        Failure { text, ..failure }
    })?;
    if report.missing > 0 {
        let text = format!(
            "{} messages are not on this machine and could not be fetched; the next run goes on",
            report.missing
        );
        return Err(Failure::new(Exit::Temporary, text));
    }
    Ok(Exit::Done)
}

fn print(context: &mut Context<'_>, export: &Export, report: &ExportJson) -> Result<(), Failure> {
    let printed = if export.output.json {
        json(report)?
    } else {
        format!(
            "exported {}, there already {}\n",
            report.exported, report.there
        )
    };
    context.print(&printed)
}

/// Opens the file or directory, and tells which messages are in it.
fn open(
    export: &Export,
    folder: &Folder,
    validity: UidValidity,
) -> Result<(Sink, UidSet), Failure> {
    let mut known = UidSet::new();
    let mut is_known = |id: &str| match PublicId::parse(id) {
        Some(PublicId::Server(key)) => {
            known.insert(key.uid);
            (key.account, key.mailbox, key.validity) == (folder.account, folder.info.id, validity)
        }
        _ => false,
    };
    let sink = match export.to {
        Format::Mbox => Sink::to_mbox(&export.path, &mut is_known)?,
        Format::Maildir => {
            let (account, mailbox) = (folder.account.get(), folder.info.id.get());
            let of = format!("{account}.{mailbox}.{}\n", validity.get());
            Sink::to_maildir(&export.path, &of, &mut is_known)?
        }
    };
    Ok((sink, known))
}

/// The rows of a folder from the oldest on, but for those that were exported.
struct Rows {
    mailbox: MailboxId,
    known: UidSet,
    waiting: VecDeque<MessageRow>,
    last: Option<MessageRow>,
    n_seen: u64,
    n_all: u64,
    n_there: u64,
}

impl Rows {
    fn new(mailbox: MailboxId, known: UidSet) -> Self {
        Self {
            mailbox,
            known,
            waiting: VecDeque::new(),
            last: None,
            n_seen: 0,
            n_all: 0,
            n_there: 0,
        }
    }

    fn next(&mut self, reader: &mut Reader) -> Result<Option<MessageRow>, Failure> {
        loop {
            while let Some(row) = self.waiting.pop_front() {
                self.n_seen += 1;
                match Uid::new(row.key.uid) {
                    Some(uid) if self.known.contains(uid) => self.n_there += 1,
                    // What has no UID yet is not on the server, and has an ID that does not last.
                    None => {}
                    Some(uid) => {
                        self.known.insert(uid);
                        return Ok(Some(row));
                    }
                }
            }
            if !self.load(reader)? {
                return Ok(None);
            }
        }
    }

    fn load(&mut self, reader: &mut Reader) -> Result<bool, Failure> {
        let last = self.last.as_ref().map(|row| row.key);
        let window = reader.window(&WindowQuery {
            mailbox: self.mailbox,
            limit: String::new(),
            anchor: last.map_or(Anchor::Oldest, Anchor::Around),
            n_rows: WINDOW,
            serial: 0,
        })?;
        self.n_all = window.n_matching;
        let newer = window.rows.into_iter().rev();
        self.waiting = newer
            .filter(|row| last.is_none_or(|last| row.key > last))
            .collect();
        if let Some(row) = self.waiting.back() {
            self.last = Some(row.clone());
        }
        Ok(!self.waiting.is_empty())
    }
}

struct Exporting<'a> {
    folder: &'a Folder,
    validity: UidValidity,
    sink: Sink,
    rows: Rows,
    reader: Reader,
    /// What is to be written next, in this order; without its bytes where they are being fetched.
    batch: Vec<(MessageRow, Option<Vec<u8>>)>,
    report: ExportJson,
    progress: Progress,
    failed: Option<Failure>,
    err: &'a mut dyn Write,
}

impl Exporting<'_> {
    /// Writes what was asked for the last time, and tells what is to be fetched now; nothing at the end, or after a
    /// failure.
    fn next(&mut self) -> Vec<Wanted> {
        let tried = self.try_next();
        tried.unwrap_or_else(|failure| {
            self.failed = Some(failure);
            self.batch.clear();
            Vec::new()
        })
    }

    fn try_next(&mut self) -> Result<Vec<Wanted>, Failure> {
        loop {
            self.write_batch()?;
            let mut wanted = Vec::new();
            let mut n_bytes = 0;
            while self.batch.len() < BATCH && n_bytes < BATCH_BYTES {
                let Some(row) = self.rows.next(&mut self.reader)? else {
                    break;
                };
                n_bytes += row.size_bytes;
                let bytes = whole(&mut self.reader, &row)?;
                if let (None, Some(uid)) = (&bytes, Uid::new(row.key.uid)) {
                    wanted.push(Wanted {
                        message: row.key.message,
                        uid,
                        size_bytes: row.size_bytes,
                    });
                }
                self.batch.push((row, bytes));
            }
            if self.batch.is_empty() || !wanted.is_empty() {
                return Ok(wanted);
            }
        }
    }

    fn write_batch(&mut self) -> Result<(), Failure> {
        for (row, bytes) in std::mem::take(&mut self.batch) {
            let bytes = match bytes {
                Some(bytes) => Some(bytes),
                None => whole(&mut self.reader, &row)?,
            };
            let (Some(bytes), Some(uid)) = (bytes, Uid::new(row.key.uid)) else {
                self.report.missing += 1;
                continue;
            };
            let id = PublicId::Server(MessageKey {
                account: self.folder.account,
                mailbox: self.folder.info.id,
                validity: self.validity,
                uid,
            });
            let message = LocalMessage {
                bytes,
                flags: row.flags,
                internal_date: Some(row.key.internal_date),
            };
            self.sink.add(&id.to_string(), &message)?;
            self.report.exported += 1;
        }
        let (n_seen, n_all) = (self.rows.n_seen, self.rows.n_all);
        self.progress
            .tell(self.err, self.report.exported, n_seen, n_all);
        Ok(())
    }

    /// Writes what came last, and has the disk keep it all.
    fn finish(mut self) -> Result<ExportJson, Failure> {
        if self.failed.is_none() {
            self.write_batch()?;
        }
        self.sink.finish()?;
        self.report.there = self.rows.n_there;
        self.failed.map_or(Ok(self.report), Err)
    }
}

fn whole(reader: &mut Reader, row: &MessageRow) -> Result<Option<Vec<u8>>, Failure> {
    Ok(match reader.body(row.key.message)? {
        Some(StoredBody::Whole(bytes)) => Some(bytes),
        _ => None,
    })
}
