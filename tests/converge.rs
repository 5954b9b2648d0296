//! Both sides agree in the end, whatever happens on the way: local actions, rivals, cuts, lost caches and restarts in any
//! order. The embedded server is the model; every run is repeated by its seed.
//!
//! `STERNA_ORDERS` sets how many seeds there are, `STERNA_FIRST` with which to begin.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    missing_docs
)]

#[path = "converge/acts.rs"]
mod acts;
#[path = "converge/any_order.rs"]
mod any_order;
#[allow(dead_code)]
#[path = "reading/equal.rs"]
mod equal;
#[path = "converge/kills.rs"]
mod kills;
#[path = "converge/pairs.rs"]
mod pairs;
#[allow(dead_code)]
#[path = "reading/place.rs"]
mod place;
#[path = "support/random.rs"]
mod random;
#[path = "converge/taking_back.rs"]
mod taking_back;
#[path = "converge/undo.rs"]
mod undo;
#[path = "converge/view.rs"]
mod view;
#[path = "converge/world.rs"]
mod world;
