//! What real servers do against or beside the standards, one place for all of it, with the source of each.
//!
//! Oddities of the grammar (double spaces, `()` for NIL, bare codes) are tolerated by the tokenizer and the extractors
//! for every server; they stand in the table tests of those files.

use std::collections::BTreeSet;

/// Bytes of a command line for servers with CONDSTORE (RFC 7162 §4 asks them for 8192; a margin is kept).
pub const LINE_LIMIT_CONDSTORE: usize = 8000;

/// Bytes of a command line for all others: RFC 2683 §3.2.1.5 asks clients for 1000; K-9 keeps to 980.
pub const LINE_LIMIT: usize = 980;

/// Largest literal sent without waiting where LITERAL+ is offered: a refusal should be cheap (as mbsync does).
pub const LITERAL_PLUS_LIMIT: usize = 100_000;

/// Largest literal sent without waiting where only LITERAL- is offered. RFC 7888 §5.
pub const LITERAL_MINUS_LIMIT: usize = 4096;

/// Corrects a capability list.
///
/// Some Microsoft 365 tenants announce `IMAP4rev2` with a broken SEARCH (`MailKit` #2016): rev2 is never used, and nothing
/// is inferred from it. QRESYNC includes CONDSTORE (RFC 7162 §3.2.3), which some servers leave out of the list.
pub fn correct(names: &mut BTreeSet<String>) {
    names.remove("IMAP4REV2");
    if names.contains("QRESYNC") {
        names.insert("CONDSTORE".to_owned());
    }
}
