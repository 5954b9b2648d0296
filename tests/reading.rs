//! Engine and store against the embedded server: what is on this disk equals what the server has, however the way there
//! went. No clock is asserted: waits end with what they wait for, the guards only catch what would hang.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    missing_docs
)]

#[path = "reading/alerts.rs"]
mod alerts;
#[path = "reading/bodies.rs"]
mod bodies;
#[path = "reading/compression.rs"]
mod compression;
#[path = "reading/cuts.rs"]
mod cuts;
#[path = "reading/detours.rs"]
mod detours;
#[path = "reading/endless.rs"]
mod endless;
#[path = "reading/equal.rs"]
mod equal;
#[path = "reading/failures.rs"]
mod failures;
#[path = "reading/first_sync.rs"]
mod first_sync;
#[path = "reading/flight.rs"]
mod flight;
#[path = "reading/held_back.rs"]
mod held_back;
#[path = "reading/hostile.rs"]
mod hostile;
#[path = "reading/journal.rs"]
mod journal;
#[path = "reading/keeping.rs"]
mod keeping;
#[path = "reading/listings.rs"]
mod listings;
#[path = "reading/literals.rs"]
mod literals;
#[path = "reading/metered.rs"]
mod metered;
#[path = "reading/moves.rs"]
mod moves;
#[path = "reading/moves_in_doubt.rs"]
mod moves_in_doubt;
#[path = "reading/moves_refused.rs"]
mod moves_refused;
#[path = "reading/parts.rs"]
mod parts;
#[path = "reading/peers.rs"]
mod peers;
#[path = "reading/place.rs"]
mod place;
#[path = "reading/policies.rs"]
mod policies;
#[path = "support/random.rs"]
mod random;
#[path = "reading/raving.rs"]
mod raving;
#[path = "reading/rearranging.rs"]
mod rearranging;
#[path = "reading/rights.rs"]
mod rights;
#[path = "reading/rivals.rs"]
mod rivals;
#[path = "reading/turns.rs"]
mod turns;
#[path = "reading/watching.rs"]
mod watching;
#[path = "reading/whole_actions.rs"]
mod whole_actions;
