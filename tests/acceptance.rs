//! One table: what must hold with every server, in every dialect of the embedded one. The same checks run against live
//! servers, see `tests/live.rs`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    missing_docs
)]

#[macro_use]
#[path = "acceptance/table.rs"]
mod table;

#[path = "acceptance/checks.rs"]
mod checks;
#[path = "acceptance/cut.rs"]
mod cut;
#[allow(dead_code)]
#[path = "reading/place.rs"]
mod place;
#[path = "support/plain_rival.rs"]
mod plain_rival;
#[path = "acceptance/site.rs"]
mod site;

use sterna::demo::dialect::Dialect;
use sterna::demo::server::{Options, PASSWORD, Server, USER};

use crate::site::Site;

/// A server that speaks like another.
fn speaking(dialect: Dialect) -> Site<Server> {
    let options = Options {
        dialect,
        ..Options::default()
    };
    let server = Server::start(options).unwrap();
    Site::new(server.imap_addr().port(), USER, PASSWORD, server)
}

rows! {
    qresync: speaking(Dialect::full()),
    condstore: speaking(Dialect::condstore_only()),
    bare: speaking(Dialect::bare()),
    gmail: speaking(Dialect::gmail()),
    microsoft: speaking(Dialect::microsoft()),
    courier: speaking(Dialect::courier()),
    icloud: speaking(Dialect::icloud()),
    qq: speaking(Dialect::qq()),
    netease: speaking(Dialect::netease()),
    mail_ru: speaking(Dialect::mail_ru()),
    mailo: speaking(Dialect::mailo()),
    yahoo: speaking(Dialect::yahoo()),
    strato: speaking(Dialect::full().leaving_inbox_out()),
    cyrus_front_end: speaking(Dialect::full().returning_nothing()),
}
