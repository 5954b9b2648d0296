//! Messages and where they are: headers as they come, placements with their flags, threads, and what happens to them when a
//! mailbox changes under them. All of it is in `cache.db`.

pub mod addresses;
pub(super) mod arrangement;
pub(super) mod aside;
pub(super) mod headers;
pub(super) mod held;
pub(super) mod ids;
pub(super) mod labels;
pub(super) mod leaving;
pub(super) mod likeness;
pub(super) mod members;
pub(super) mod odd;
pub(super) mod packs;
pub(super) mod placements;
pub(super) mod previews;
pub(super) mod removal;
pub(super) mod renumbered;
pub(super) mod sync;
pub(super) mod threads;
pub(super) mod truth;
