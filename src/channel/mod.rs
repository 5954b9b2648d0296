//! What crosses a thread: data only, no behaviour. Everything here is `Clone`, most of it `PartialEq`, so that it can
//! be logged, compared and replayed.

pub mod certificate;
pub mod damage;
pub mod draft;
pub mod effect;
pub mod error;
pub mod event;
pub mod job;
pub mod kept;
pub mod key;
pub mod ledger;
pub mod mouse;
pub mod operation;
pub mod outbox;
pub mod rows;
pub mod save;
pub mod signal;
pub mod view;
