//! Headless commands on the same store: what they are called with (`args`), what they print (`json`, `text`) and how
//! they end (`exit`). Never draws, never asks.

pub mod args;
pub mod exit;
pub mod json;
pub mod text;
