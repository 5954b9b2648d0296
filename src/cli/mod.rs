//! The command line: the same store and engine as the screen, without one.

pub mod args;
pub mod debug_report;
pub mod doctor;
pub mod exit;
pub mod flag;
pub mod folders;
pub mod json;
pub mod list;
pub mod log_tail;
pub mod mask;
pub mod message;
pub mod pending;
pub mod place;
pub mod run;
pub mod save;
pub mod server;
pub mod show;
pub mod status;
pub mod sync;
pub mod text;
pub mod trust;
