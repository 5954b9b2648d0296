//! `sterna import`: messages from files into a folder on the server. A run that was cut or killed is gone on with by the
//! next one, and what was imported before is not imported twice.

use std::collections::HashMap;
use std::io::{self, Write};

use crate::cli::args_transfer::Import;
use crate::cli::exit::Exit;
use crate::cli::folder;
use crate::cli::folders::json;
use crate::cli::import_journal::{ImportJournal, Key};
use crate::cli::json::ImportJson;
use crate::cli::progress::Progress;
use crate::cli::run::{Context, Failure};
use crate::engine::once::Errands;
use crate::engine::once::append::{Doubt, Fate, Feed, Letter};
use crate::local::line_ends;
use crate::local::message::shown;
use crate::local::source::Source;
use crate::mail::safe_text::SafeText;
use crate::mail::uid::{Uid, UidValidity};
use crate::mime::header;

/// Messages in one batch, by number and by bytes.
const BATCH: usize = 32;
const BATCH_BYTES: usize = 4 << 20;
/// Lines about single messages before the rest is only counted.
const MOST_WORDS: u64 = 20;
/// Bytes of a message in which its Message-ID is looked for.
const HEADER_BYTES: usize = 256 * 1024;

/// Imports messages.
///
/// # Errors
/// Nothing that could be imported, or no such folder (65); what could not be done now (75), and the next run goes on.
pub fn run(context: &mut Context<'_>, import: &Import) -> Result<Exit, Failure> {
    let source = Source::open(&import.path)?;
    let folder = folder::named(context, import.account.as_deref(), &import.folder)?;
    let data = &context.place.paths.data;
    let journal = ImportJournal::open(data, folder.info.id.get(), &import.path, import.again);
    let journal = journal.map_err(|error| journal_failed(&error))?;
    let mut importing = Importing {
        source,
        journal,
        n_done: HashMap::new(),
        held: None,
        batch: Vec::new(),
        n_read: 0,
        report: ImportJson::default(),
        progress: Progress::new("imported"),
        failed: None,
        err: &mut *context.err,
    };
    let name = &folder.info.name;
    let done = context.servers.append(folder.account, name, &mut importing);
    let (report, failed) = (importing.report, importing.failed);
    // Where nothing was begun, the reason alone is worth a word.
    if done.is_ok() || report != ImportJson::default() {
        let printed = if import.output.json {
            json(&report)?
        } else {
            format!(
                "imported {}, there already {}, refused {}\n",
                report.imported, report.there, report.refused
            )
        };
        context.print(&printed)?;
    }
    if let Some(failure) = failed {
        return Err(failure);
    }
    done.map_err(|error| {
        let failure = Failure::from(error);
        let text = format!("{}; the next run goes on from here", failure.text);
        Failure { text, ..failure }
    })?;
    if report.imported == 0 && report.there > 0 && report.refused == 0 {
        let path = shown(&import.path);
        context.say(&format!(
            "all of {path} was imported before; --again imports it once more"
        ));
    }
    if report.imported > 0 {
        // So that the next listing shows them; the mail is safe on the server whatever this says.
        let newest = Errands::Newest(folder.info.id);
        let _ = context.servers.run(folder.account, &newest, None);
    }
    Ok(if report.refused > 0 {
        Exit::Data
    } else {
        Exit::Done
    })
}

fn journal_failed(error: &io::Error) -> Failure {
    let text = format!("the list of what was imported: {error}");
    Failure::new(Exit::Unavailable, text)
}

/// A message with what tells it from the others, and its number in the source.
type Next = (Key, u64, Letter);

struct Importing<'a> {
    source: Source,
    journal: ImportJournal,
    /// By Message-ID: messages that this import has added since its first run.
    n_done: HashMap<String, usize>,
    /// A message that has to wait for the next batch.
    held: Option<Next>,
    /// What is on its way, with its number and its Message-ID.
    batch: Vec<(Key, u64, String)>,
    /// Messages read from the source.
    n_read: u64,
    report: ImportJson,
    progress: Progress,
    failed: Option<Failure>,
    err: &'a mut dyn Write,
}

impl Feed for Importing<'_> {
    fn begin(&mut self, validity: Option<UidValidity>, uid_next: Option<Uid>) {
        let Some(validity) = validity else {
            return;
        };
        if let Err(error) = self.journal.begin(validity, uid_next) {
            self.failed = Some(journal_failed(&error));
        }
    }

    fn next_batch(&mut self) -> Vec<Letter> {
        if self.failed.is_some() {
            return Vec::new();
        }
        let (done, all) = self.source.progress();
        self.progress
            .tell(self.err, self.report.imported, done, all);
        self.try_batch().unwrap_or_else(|failure| {
            self.failed = Some(failure);
            Vec::new()
        })
    }

    fn ended(&mut self, position: usize, fate: Fate) {
        let Some((key, n, message_id)) = self.batch.get(position).cloned() else {
            return;
        };
        match fate {
            Fate::Added => self.report.imported += 1,
            Fate::There => self.report.there += 1,
            Fate::Refused(why) => return self.refused(n, why.as_str()),
        }
        *self.n_done.entry(message_id).or_default() += 1;
        if let Err(error) = self.journal.note_done(key) {
            self.failed = Some(journal_failed(&error));
        }
    }
}

impl Importing<'_> {
    fn try_batch(&mut self) -> Result<Vec<Letter>, Failure> {
        let mut letters: Vec<Letter> = Vec::new();
        self.batch.clear();
        let mut n_bytes = 0;
        while letters.len() < BATCH && n_bytes < BATCH_BYTES {
            let Some((key, n, mut letter)) = self.next_letter()? else {
                break;
            };
            // Of two with one Message-ID only the first one's fate says where the second one stands.
            let is_twin = |other: &Letter| {
                !letter.message_id.is_empty() && other.message_id == letter.message_id
            };
            if letters.iter().any(is_twin) {
                self.held = Some((key, n, letter));
                break;
            }
            if self.journal.is_doubtful(key) {
                let n_others = self.n_done.get(&letter.message_id).copied().unwrap_or(0);
                let from = self.journal.first();
                letter.doubt = from.map(|from| Doubt { from, n_others });
            }
            n_bytes += letter.bytes.len();
            self.batch.push((key, n, letter.message_id.clone()));
            letters.push(letter);
        }
        let keys: Vec<Key> = self.batch.iter().map(|(key, ..)| *key).collect();
        self.journal
            .note_sent(&keys)
            .map_err(|error| journal_failed(&error))?;
        Ok(letters)
    }

    /// The next message that the server may not have.
    fn next_letter(&mut self) -> Result<Option<Next>, Failure> {
        if let Some(held) = self.held.take() {
            return Ok(Some(held));
        }
        while let Some(found) = self.source.next_message()? {
            self.n_read += 1;
            let message = match found {
                Ok(message) => message,
                Err(skipped) => {
                    self.refused(self.n_read, &skipped.to_string());
                    continue;
                }
            };
            let key = self.journal.key(&message.bytes);
            let head = message.bytes.get(..message.bytes.len().min(HEADER_BYTES));
            let envelope = header::envelope(head.unwrap_or_default());
            if self.journal.is_done(key) {
                self.report.there += 1;
                *self.n_done.entry(envelope.message_id).or_default() += 1;
                continue;
            }
            let letter = Letter {
                bytes: line_ends::to_crlf(&message.bytes),
                flags: message.flags,
                internal_date: message.internal_date.or(envelope.date),
                message_id: envelope.message_id,
                is_resent: false,
                doubt: None,
            };
            return Ok(Some((key, self.n_read, letter)));
        }
        Ok(None)
    }

    fn refused(&mut self, n: u64, why: &str) {
        self.report.refused += 1;
        if self.report.refused <= MOST_WORDS {
            let why = SafeText::line(why);
            let _ = writeln!(self.err, "sterna: message {n} was not imported: {why}");
        }
    }
}
