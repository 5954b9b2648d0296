//! `sterna send`: a message from a file or standard input, into the outbox and from there to the server.

use std::fs::File;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use crate::channel::draft::Base;
use crate::channel::error::RemoteError;
use crate::channel::outbox::{OutboxId, OutboxRow, OutboxState, Outgoing};
use crate::cli::args_mail::Send;
use crate::cli::exit::Exit;
use crate::cli::folders::json;
use crate::cli::outbox::row_json;
use crate::cli::run::{Context, Failure};
use crate::cli::server::Done;
use crate::cli::targets::PATIENCE;
use crate::cli::{moment, outbox};
use crate::compose::{given, parse};
use crate::mail::account::{AccountId, AccountSettings};
use crate::mail::composition::{Composition, Identity};
use crate::mail::outgoing::Built;
use crate::mail::safe_text::SafeText;
use crate::mime::header;

/// What is said of a mail that is a draft again.
const IN_DRAFTS: &str = "it is in the drafts now, to be mended and sent from there";
/// No server takes a larger mail.
const MOST_BYTES: u64 = 128 << 20;

/// Queues a message and sends it where that is possible now; prints `sent`, `queued`, `failed` or `uncertain`.
///
/// # Errors
/// No message, no such account (65), no submission server (78); what the store said. Nothing is queued then.
pub fn run(context: &mut Context<'_>, send: &Send, input: &mut dyn Read) -> Result<Exit, Failure> {
    let bytes = read(send, input)?;
    let (account, settings) = account(context, send, &bytes)?;
    if settings.smtp.is_none() {
        let text = format!(
            "[accounts.{0}] has no smtp server; smtp = {{ host = \"smtp.example.org\" }} names one",
            settings.name
        );
        return Err(Failure::new(Exit::Configuration, text));
    }
    let identity = Identity {
        name: settings.display_name.clone(),
        email: settings.email.clone(),
        signature: String::new(),
    };
    let built = parse::message(&bytes, &identity, &moment::now())
        .map_err(|error| Failure::new(Exit::Data, error.to_string()))?;
    let composition = draft_of(&built, account);
    let (id, _) = context.store.writer().queue_now(Outgoing {
        account,
        built,
        origin: None,
        base: Base::New,
        composition,
        hold_seconds: 0,
        not_before: None,
    })?;
    submit(context, account, id, send.output.json)
}

/// What a mail will be if it does not leave; `None` where that cannot be made: it leaves all the same.
fn draft_of(built: &Built, account: AccountId) -> Option<Composition> {
    let made = catch_unwind(AssertUnwindSafe(|| given::composition(built, account)));
    made.ok()?.ok()
}

/// Has the outbox of an account sent, and says what became of one mail.
///
/// # Errors
/// What the store said, or the output.
pub fn submit(
    context: &mut Context<'_>,
    account: AccountId,
    mail: OutboxId,
    is_json: bool,
) -> Result<Exit, Failure> {
    let done = context.servers.submit(account);
    match &done {
        Ok(Done::Elsewhere) => await_holder(context, mail)?,
        Ok(_) => {}
        // Nothing was tried where the password is missing: the outbox says that too.
        Err(error) => {
            let words = SafeText::line(&error.to_string());
            context.store.writer().put_off_mail(account, words, 0)?;
        }
    }
    let Some(row) = context.reader.outbox_row(mail)? else {
        return Err(outbox::nothing(mail.0));
    };
    let name = row.state.name();
    let printed = if is_json {
        json(&row_json(&row))?
    } else {
        format!("{name}\n")
    };
    context.print(&printed)?;
    Ok(said(context, &row, done))
}

/// Says why a mail is not sent.
fn said(context: &mut Context<'_>, row: &OutboxRow, done: Result<Done, RemoteError>) -> Exit {
    if !row.error.is_empty() {
        context.say(row.error.as_str());
        if row.is_in_drafts() {
            context.say(IN_DRAFTS);
        }
    } else if let (true, Err(error)) = (row.state.is_leaving(), &done) {
        context.say(&format!("not sent yet: {error}"));
    }
    match (row.state, done) {
        (OutboxState::Failed, _) => Exit::Data,
        (OutboxState::Uncertain, _) => Exit::Temporary,
        (state, Err(error)) if state.is_leaving() && Exit::of(&error) != Exit::Temporary => {
            Exit::of(&error)
        }
        _ => Exit::Done,
    }
}

/// Waits until the process that holds the account has dealt with a mail.
fn await_holder(context: &mut Context<'_>, mail: OutboxId) -> Result<(), Failure> {
    let until = Instant::now() + PATIENCE;
    loop {
        let row = context.reader.outbox_row(mail)?;
        let is_leaving = row.is_some_and(|row| row.state.is_leaving() && row.error.is_empty());
        let left = until.saturating_duration_since(Instant::now());
        if !is_leaving || left.is_zero() || !context.servers.hear(left) {
            return Ok(());
        }
    }
}

fn read(send: &Send, input: &mut dyn Read) -> Result<Vec<u8>, Failure> {
    let failed = |error: std::io::Error| {
        let name = send.file.as_ref().map(|file| file.display().to_string());
        let name = name.unwrap_or_else(|| "standard input".to_owned());
        Failure::new(Exit::Data, format!("{name}: {error}"))
    };
    let mut bytes = Vec::new();
    let n_read = match &send.file {
        Some(file) => {
            File::open(file).and_then(|file| file.take(MOST_BYTES).read_to_end(&mut bytes))
        }
        None => input.take(MOST_BYTES).read_to_end(&mut bytes),
    };
    if n_read.map_err(failed)? as u64 == MOST_BYTES {
        return Err(Failure::new(Exit::Data, "the message is too large"));
    }
    Ok(bytes)
}

/// The account that is named, or whose address wrote the message, or the first.
fn account<'a>(
    context: &Context<'a>,
    send: &Send,
    bytes: &[u8],
) -> Result<(AccountId, &'a AccountSettings), Failure> {
    let numbered = context.place.numbered(context.store);
    if let Some(wanted) = &send.account {
        let mut found = numbered.into_iter();
        return found
            .find(|(_, settings)| settings.name == *wanted)
            .ok_or_else(|| context.place.no_account(wanted));
    }
    let from = header::envelope(bytes).from;
    let is_own = |settings: &AccountSettings| {
        let own = std::iter::once(&settings.email).chain(&settings.aliases);
        own.into_iter().any(|own| {
            from.iter()
                .any(|address| address.addr.eq_ignore_ascii_case(own))
        })
    };
    let found = numbered.iter().find(|(_, settings)| is_own(settings));
    found
        .or(numbered.first())
        .copied()
        .ok_or_else(|| Failure::new(Exit::Configuration, "no account is configured"))
}
