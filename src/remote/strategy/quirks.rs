//! What real servers do against or beside the standards, one place for all of it, with the source of each.
//!
//! Oddities of the grammar (double spaces, `()` for NIL, bare codes) are tolerated by the tokenizer and the extractors
//! for every server; they stand in the table tests of those files. So are these, which need no switch:
//!
//! | server | oddity | source | met by |
//! |---|---|---|---|
//! | Microsoft 365 | RFC822.SIZE is an estimate | its setting `EnableExactRFC822Size`, off by default | no buffer and no end of a read depends on a size |
//! | Microsoft 365 | CAPABILITY must be asked for after login | its answers carry no code | `Session` asks where it was not told |
//! | Gmail, Microsoft 365 | sent mail is filed by the server | their help pages | nothing is appended there (`files_sent_mail`) |
//! | Gmail | at most 15 connections, Dovecot 10 for a user and address | imapsync #61; `mail_max_userip_connections` | two, and one where two are too many |
//! | Dovecot, Outlook | UID 0 | duesee's list of defects in IMAP servers | no UID is zero (`mail::uid`) |
//! | Dovecot | `n:*` gives the last message though its UID is below n | RFC 3501 §6.4.8 | asked for without `*`; lower ones are dropped |
//! | Dovecot | answers and untagged data out of the order of commands | seen on 2.3.19 | nothing is attributed by position |
//! | iCloud | ENABLE is obeyed, and no `* ENABLED` says so | nextcloud/mail #3401, `MailKit` #1871 | its OK counts; a SELECT that is BAD for QRESYNC is asked again without |
//! | some | `SEARCH RETURN ()` comes back empty | `MailKit` #1177 | a RETURN item is always named |
//! | some | old expunges are forgotten, or told nobody | neomutt `imap_verify_qresync`, interimap `sample` | the count is compared with EXISTS |
//! | some | FETCH of an empty mailbox is refused | mscdex/node-imap #554, Enough-Software/enough\_mail #267 | what is refused there is no trouble (`engine::link`) |
//! | Courier | folders beside one's own come only to a LIST that names their prefix | seen on 5.0.13 by the acceptance tests | the prefixes are asked for by themselves (`engine::link::namespaces`) |
//! | Strato | `LIST … RETURN (SUBSCRIBED …)` leaves INBOX out | `MailKit` #1957 | a list without INBOX is asked for once more, plainly, and then always on this connection (`engine::link::relisting`) |
//! | Cyrus before 3.0, a front end of several | the same LIST is accepted and has no line | cyrus-imapd #41, #1500 | the same |
//! | some | the same LIST names subscribed folders alone | `MailKit` #1639 | the same for a list that does not name what is known, or on a first start nothing else |
//! | some | names in raw UTF-8, or in broken modified UTF-7 | duesee's list, #46 | a name goes back as the bytes it came in |

use std::collections::BTreeSet;

use crate::remote::strategy::capability::{Capabilities, Offer};

/// Bytes of a command line for servers with CONDSTORE (RFC 7162 §4 asks them for 8192; a margin is kept).
pub const LINE_LIMIT_CONDSTORE: usize = 8000;

/// Bytes of a command line for all others: RFC 2683 §3.2.1.5 asks clients for 1000; K-9 keeps to 980.
pub const LINE_LIMIT: usize = 980;

/// Largest literal sent without waiting where LITERAL+ is offered: a refusal should be cheap (as mbsync does).
pub const LITERAL_PLUS_LIMIT: usize = 100_000;

/// Largest literal sent without waiting where only LITERAL- is offered. RFC 7888 §5.
pub const LITERAL_MINUS_LIMIT: usize = 4096;

/// What `IMAP4rev2` contains and a server of that revision alone need not name again. RFC 9051 appendix E. Not
/// SPECIAL-USE: its attributes come unasked, and the RETURN option is no part of the revision.
const SECOND_REVISION: [&str; 12] = [
    "CHILDREN",
    "ENABLE",
    "ESEARCH",
    "IDLE",
    "LIST-EXTENDED",
    "LIST-STATUS",
    "LITERAL-",
    "MOVE",
    "NAMESPACE",
    "SASL-IR",
    "UIDPLUS",
    "UNSELECT",
];

/// Corrects a capability list.
///
/// Some Microsoft 365 tenants announce `IMAP4rev2` beside `IMAP4rev1`, with a broken SEARCH (`MailKit` #2016). So it is
/// never enabled, and where both revisions are there nothing is inferred from the second: by RFC 9051 §6.3.1 such a
/// server speaks the first until it is told otherwise. A server that names the second revision alone speaks it from the
/// beginning, and need not name what the revision contains.
///
/// QRESYNC includes CONDSTORE (RFC 7162 §3.2.3), which some servers leave out of the list.
///
/// LIST-STATUS is an option of the extended LIST (RFC 5819 §2). iCloud (nextcloud/mail #3401) and mail.ru
/// (jakartaee/mail-api #214) offer it without LIST-EXTENDED; they are asked by STATUS, mailbox by mailbox.
pub fn correct(names: &mut BTreeSet<String>) {
    let has_second = names.remove("IMAP4REV2");
    if has_second && !names.contains("IMAP4REV1") {
        names.extend(SECOND_REVISION.map(str::to_owned));
    }
    if names.contains("QRESYNC") {
        names.insert("CONDSTORE".to_owned());
    }
    if !names.contains("LIST-EXTENDED") {
        names.remove("LIST-STATUS");
    }
}

/// What is distrusted where asking by STATUS for the ids of mailboxes ends connections: those of messages are told apart.
pub const MAILBOX_IDS: &str = "MAILBOXID";

/// Whether STATUS can be asked for MAILBOXID. Cyrus 3.6 answers with bytes of memory that is in use for something else
/// (seen on 3.6.1 by the acceptance tests): ids that change with every question, and often a line that cannot be read, so
/// that the numbers in it are lost. Cyrus is known by a capability that only it has.
#[must_use]
pub fn tells_mailbox_ids(capabilities: &Capabilities) -> bool {
    capabilities.has("OBJECTID")
        && !capabilities.is_distrusted(MAILBOX_IDS)
        && capabilities.offer("X-REPLICATION") == Offer::Missing
}

/// Mail providers of `NetEase`, by the end of their host names.
const NETEASE: [&str; 5] = [
    ".163.com",
    ".126.com",
    ".yeah.net",
    ".188.com",
    ".netease.com",
];

/// Whether SELECT is refused ("Unsafe Login") unless ID came before it: `NetEase` (isync-netease-fix on GitHub).
#[must_use]
pub fn wants_id_before_select(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    NETEASE.iter().any(|domain| host.ends_with(domain))
}

/// Providers that put what was sent through their client submission into the Sent folder of the same account themselves:
/// the hosts of their mailboxes, and those of the submission. Sources: Gmail's help page on other mail clients ("do not
/// save sent messages on the server"), Microsoft's on SMTP client submission, which "saves a copy to the Sent Items folder".
/// Their relays (`smtp-relay.gmail.com`, `*.mail.protection.outlook.com`) belong to no mailbox.
const FILING: [(&[&str], &[&str]); 2] = [
    (
        &["imap.gmail.com", "imap.googlemail.com"],
        &["smtp.gmail.com", "smtp.googlemail.com"],
    ),
    (
        &[
            "outlook.office365.com",
            "outlook.office.com",
            "imap-mail.outlook.com",
            "imap.outlook.com",
        ],
        &[
            "smtp.office365.com",
            "smtp-legacy.office365.com",
            "smtp-mail.outlook.com",
            "smtp.outlook.com",
        ],
    ),
];

/// Whether what is sent through this submission server is filed in these mailboxes by the provider, so that a copy of ours
/// would be a second one. In doubt it is not: a copy is looked for before one is added.
#[must_use]
pub fn files_sent_mail(imap_host: &str, smtp_host: &str) -> bool {
    let is_one = |hosts: &[&str], host: &str| {
        let host = host.strip_suffix('.').unwrap_or(host);
        hosts.iter().any(|known| known.eq_ignore_ascii_case(host))
    };
    FILING
        .iter()
        .any(|(imap, smtp)| is_one(imap, imap_host) && is_one(smtp, smtp_host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sent_mail_is_filed_where_mailboxes_and_submission_are_of_one_provider() {
        for (imap, smtp, expected) in [
            ("imap.gmail.com", "smtp.gmail.com", true),
            ("imap.googlemail.com", "SMTP.Gmail.com.", true),
            ("Outlook.Office365.com", "smtp.office365.com", true),
            ("imap-mail.outlook.com", "smtp-mail.outlook.com", true),
            // It files in its own Sent folder, not in this one.
            ("imap.example.org", "smtp.gmail.com", false),
            ("imap.gmail.com", "smtp.office365.com", false),
            ("imap.gmail.com", "smtp.example.org", false),
            // Relays file nothing.
            ("imap.gmail.com", "smtp-relay.gmail.com", false),
            (
                "outlook.office365.com",
                "example-org.mail.protection.outlook.com",
                false,
            ),
            ("imap.notgmail.com", "smtp.notgmail.com", false),
        ] {
            assert_eq!(files_sent_mail(imap, smtp), expected, "{imap} {smtp}");
        }
    }

    #[test]
    fn cyrus_is_not_asked_for_mailbox_ids_by_status() {
        let offering = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            Capabilities::new(&names, &[])
        };
        assert!(tells_mailbox_ids(&offering(&["OBJECTID"])));
        assert!(!tells_mailbox_ids(&offering(&[
            "OBJECTID",
            "X-REPLICATION"
        ])));
        assert!(!tells_mailbox_ids(&offering(&[])));
    }

    #[test]
    fn list_status_counts_with_list_extended_only() {
        let corrected = |names: &[&str]| {
            let mut names = names.iter().map(|name| (*name).to_owned()).collect();
            correct(&mut names);
            names.contains("LIST-STATUS")
        };
        assert!(corrected(&["IMAP4REV1", "LIST-EXTENDED", "LIST-STATUS"]));
        assert!(!corrected(&["IMAP4REV1", "LIST-STATUS"]));
    }

    #[test]
    fn netease_is_known_by_its_hosts() {
        for (host, expected) in [
            ("imap.163.com", true),
            ("IMAP.126.com", true),
            ("imap.qiye.163.com", true),
            ("imap.example163.com", false),
            ("163.com.example.org", false),
        ] {
            assert_eq!(wants_id_before_select(host), expected, "{host}");
        }
    }
}
