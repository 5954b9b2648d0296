//! Mail that is written: what comes back of it when others read it, what replies look like, and that nothing hostile
//! gets through.
//!
//! `STERNA_LETTERS` sets how many random mails are built and read, `STERNA_FIRST` with which seed to begin.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    missing_docs
)]

#[path = "compose/accounts.rs"]
mod accounts;
#[path = "compose/bounces.rs"]
mod bounces;
#[path = "compose/corpus.rs"]
mod corpus;
#[path = "compose/drafts.rs"]
mod drafts;
#[path = "compose/files.rs"]
mod files;
#[path = "compose/hostile.rs"]
mod hostile;
#[path = "compose/letters.rs"]
mod letters;
#[path = "support/random.rs"]
mod random;
#[path = "compose/replies.rs"]
mod replies;
#[path = "compose/round_trip.rs"]
mod round_trip;
#[path = "compose/shapes.rs"]
mod shapes;

use sterna::mail::account::AccountId;
use sterna::mail::composition::Identity;
use sterna::mail::outgoing::Moment;

/// The user's two addresses.
fn identities() -> [Identity; 2] {
    [
        Identity {
            name: "Anna Abel".to_owned(),
            email: "anna@example.org".to_owned(),
            signature: "Anna".to_owned(),
        },
        Identity {
            name: String::new(),
            email: "abel@work.example".to_owned(),
            signature: String::new(),
        },
    ]
}

/// Her account.
const HOME: AccountId = AccountId::new(1);

/// The same with the account, as the program has them.
fn numbered() -> Vec<(AccountId, Identity)> {
    let all = identities().into_iter();
    all.map(|identity| (HOME, identity)).collect()
}

/// Monday, 2 March 2026, 09:05 in a zone one hour east of UTC.
const NOW: Moment = Moment {
    seconds: 1_772_438_700,
    offset_minutes: 60,
    random: 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef,
};

/// What holds for all bytes that go over a wire.
fn assert_clean(wire: &[u8]) {
    assert!(!wire.contains(&0));
    assert!(wire.ends_with(b"\r\n"));
    for line in wire.split_inclusive(|byte| *byte == b'\n') {
        let text = line.strip_suffix(b"\r\n").expect("CR LF");
        assert!(!text.contains(&b'\r') && text.len() <= 998, "{text:?}");
    }
}

/// The names of the header fields, in order, lower case.
fn field_names(bytes: &[u8]) -> Vec<String> {
    let message = sterna::mime::parse::message(bytes);
    let names = message.headers.iter();
    names.map(|header| header.name.to_lowercase()).collect()
}
