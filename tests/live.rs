//! Against a real server, which `tests/run` starts and describes in `STERNA_LIVE_*`. Not part of `cargo test`.
//!
//! The tests of `acceptance` run against any server, all others against Dovecot; those of `sending` need the mail transfer
//! agent before it, and are left out by `tests/run`, which says so, where there is none.
//!
//! The program itself runs here, each time in a home directory of its own, for a user of its own; beside it works a
//! rival client. Tests that stop their server have one of their own. What a command cost is counted by a proxy before the
//! plain port, since the bytes themselves are the only witness that cannot be wrong.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    missing_docs
)]

#[macro_use]
#[path = "acceptance/table.rs"]
mod table;

#[path = "live/bodies.rs"]
mod bodies;
#[path = "support/chaos.rs"]
mod chaos;
#[path = "acceptance/checks.rs"]
mod checks;
#[path = "live/compression.rs"]
mod compression;
#[path = "live/cost.rs"]
mod cost;
#[path = "acceptance/cut.rs"]
mod cut;
#[path = "live/cuts.rs"]
mod cuts;
#[path = "live/first_start.rs"]
mod first_start;
#[path = "live/home.rs"]
mod home;
#[path = "live/kills.rs"]
mod kills;
#[path = "live/listing.rs"]
mod listing;
#[path = "live/metered.rs"]
mod metered;
#[path = "live/mixed.rs"]
mod mixed;
#[path = "live/moving.rs"]
mod moving;
#[path = "live/offline.rs"]
mod offline;
#[allow(dead_code)]
#[path = "reading/place.rs"]
mod place;
#[path = "support/plain_rival.rs"]
mod plain_rival;
#[path = "live/processes.rs"]
mod processes;
#[path = "live/proxy.rs"]
mod proxy;
#[path = "support/pty.rs"]
mod pty;
#[path = "support/random.rs"]
mod random;
#[path = "live/refusals.rs"]
mod refusals;
#[path = "live/resync.rs"]
mod resync;
#[path = "live/rival.rs"]
mod rival;
#[path = "kills/screen.rs"]
mod screen;
#[path = "live/secure.rs"]
mod secure;
#[path = "live/sending.rs"]
mod sending;
#[path = "live/server.rs"]
mod server;
#[path = "support/shell.rs"]
mod shell;
#[path = "acceptance/site.rs"]
mod site;
#[path = "live/taking_back.rs"]
mod taking_back;
#[path = "live/transfer.rs"]
mod transfer;
#[allow(dead_code)]
#[path = "converge/view.rs"]
mod view;
#[path = "live/watching.rs"]
mod watching;

/// A fresh user on the server that was started.
fn live_site() -> site::Site<()> {
    let server = server::Server::shared();
    let user = server.fresh_user();
    site::Site::new(server.plain_port, &user.name, &user.password, ())
}

rows! { acceptance: live_site() }
