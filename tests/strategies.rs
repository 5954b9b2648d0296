//! What the engine does with what a server offers, and without it: each strategy against the embedded server, chosen by
//! capability, switched off by `disable`, and healed where the server breaks its word.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    missing_docs,
    // Shared with other tests, which use more of it.
    dead_code
)]

#[path = "strategies/closed.rs"]
mod closed;
#[path = "strategies/company.rs"]
mod company;
#[path = "strategies/counts.rs"]
mod counts;
#[path = "strategies/disable.rs"]
mod disable;
#[path = "strategies/ending.rs"]
mod ending;
#[path = "strategies/ending_bodies.rs"]
mod ending_bodies;
#[path = "reading/equal.rs"]
mod equal;
#[path = "strategies/far.rs"]
mod far;
#[path = "strategies/gaps.rs"]
mod gaps;
#[path = "strategies/gmail.rs"]
mod gmail;
#[path = "strategies/healing.rs"]
mod healing;
#[path = "strategies/lasting.rs"]
mod lasting;
#[path = "strategies/left_out.rs"]
mod left_out;
#[path = "strategies/limits.rs"]
mod limits;
#[path = "strategies/lists.rs"]
mod lists;
#[path = "strategies/names.rs"]
mod names;
#[path = "strategies/namespaces.rs"]
mod namespaces;
#[path = "strategies/notify.rs"]
mod notify;
#[path = "strategies/objects.rs"]
mod objects;
#[path = "strategies/overlap.rs"]
mod overlap;
#[path = "strategies/parts.rs"]
mod parts;
#[path = "reading/place.rs"]
mod place;
