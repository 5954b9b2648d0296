//! The two databases as files: opened, migrated, judged, put aside, rescued.

pub(super) mod deflate;
pub(super) mod ended;
pub(super) mod files;
pub(super) mod notes;
pub(super) mod open;
pub mod opening;
pub mod parsing;
pub(super) mod purge;
pub mod rescue;
pub(super) mod salvage;
pub(super) mod schema;
pub(super) mod sql;
pub(super) mod wal;
