//! Mail being written and mail on its way out, in `state.db`.

pub mod draft_copies;
pub(super) mod draft_requests;
pub(super) mod draft_sources;
pub(super) mod drafts;
pub mod given;
pub mod mail_requests;
pub(super) mod mail_writer;
pub(super) mod origins;
pub(super) mod outbox;
pub mod outbox_rows;
pub(super) mod outbox_state;
pub mod outbox_waits;
