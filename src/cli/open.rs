//! `sterna open` as text: what is in an mbox, a Maildir or an .eml file. Needs no configuration, and changes nothing.

use std::collections::VecDeque;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::cli::args_transfer::Open;
use crate::cli::exit::Exit;
use crate::cli::folders::json;
use crate::cli::json::{ListRow, name_and_address, rfc3339, rfc3339_at};
use crate::cli::run::Failure;
use crate::cli::{show, text};
use crate::local::message::{LocalMessage, shown};
use crate::local::source::Source;
use crate::mail::address::Address;
use crate::mail::flag::SystemFlag;
use crate::mail::safe_text::SafeText;
use crate::mime::{header, parse};

/// Bytes of a message that are looked at for a list.
pub const HEADER_BYTES: usize = 256 * 1024;

/// Prints a message where there is one alone or one is chosen, else a list.
///
/// # Errors
/// Nothing there that could be read, or no such message (65, 69).
pub fn run(open: &Open, out: &mut dyn Write, err: &mut dyn Write) -> Result<Exit, Failure> {
    let mut source = Source::open(&open.path)?;
    let is_single = matches!(source, Source::Files { n_paths: 1, .. }) && !open.list;
    let wanted = open.message.or(is_single.then_some(1));
    let limit = usize::try_from(open.limit).unwrap_or(usize::MAX);
    let (mut rows, mut n, mut exit) = (VecDeque::new(), 0_u64, Exit::Done);
    while let Some(found) = source.next_message()? {
        n += 1;
        let message = match found {
            Ok(message) => message,
            Err(skipped) => {
                let why = SafeText::line(&skipped.to_string());
                let _ = writeln!(err, "sterna: message {n} cannot be read: {why}");
                exit = Exit::Data;
                continue;
            }
        };
        if wanted == Some(n) {
            return print_message(open, n, &message, out);
        }
        if wanted.is_none() {
            rows.push_back(row(open, n, &message));
            if rows.len() > limit {
                rows.pop_front();
            }
        }
    }
    if let Some(wanted) = wanted {
        let path = shown(&open.path);
        let text = format!("{path} has no message {wanted} that can be read");
        return Err(Failure::new(Exit::Data, text));
    }
    let rows: Vec<ListRow> = rows.into();
    let left_out = n.saturating_sub(rows.len() as u64);
    if left_out > 0 && exit == Exit::Done {
        let _ = writeln!(
            err,
            "sterna: {left_out} messages before these are not listed; --limit lists more"
        );
    }
    let printed = if open.output.json {
        json(&rows)?
    } else {
        text::list(&rows)
    };
    out.write_all(printed.as_bytes())?;
    Ok(exit)
}

fn print_message(
    open: &Open,
    n: u64,
    message: &LocalMessage,
    out: &mut dyn Write,
) -> Result<Exit, Failure> {
    let make = |parsed| show::show_json(&n.to_string(), &parsed);
    // What the parser cannot bear is taken as it came.
    let parsed = catch_unwind(AssertUnwindSafe(|| make(parse::message(&message.bytes))));
    let shown = parsed.unwrap_or_else(|_| make(parse::as_it_came(&message.bytes)));
    let printed = if open.output.json {
        json(&shown)?
    } else {
        text::show(&shown)
    };
    out.write_all(printed.as_bytes())?;
    Ok(Exit::Done)
}

fn row(open: &Open, n: u64, message: &LocalMessage) -> ListRow {
    let head = message.bytes.get(..message.bytes.len().min(HEADER_BYTES));
    let envelope = header::envelope(head.unwrap_or_default());
    let safe = |text: &str| SafeText::line(text).to_string();
    let people = |list: &[Address]| {
        let each = list
            .iter()
            .map(|one| name_and_address(&safe(&one.name), &safe(&one.addr)));
        each.collect::<Vec<_>>().join(", ")
    };
    ListRow {
        id: n.to_string(),
        account: String::new(),
        folder: shown(&open.path).to_string(),
        uid: None,
        date: envelope
            .date
            .and_then(|date| rfc3339_at(date, envelope.date_offset_minutes)),
        internal_date: message.internal_date.and_then(rfc3339),
        from: people(&envelope.from),
        to: people(&envelope.to),
        subject: safe(&envelope.subject),
        flags: message.flags.names().map(str::to_owned).collect(),
        size: message.bytes.len() as u64,
        thread_id: 0,
        has_attachment: envelope.has_attachment,
        unread: !message.flags.has(SystemFlag::Seen),
        server: false,
        labels: Vec::new(),
    }
}
