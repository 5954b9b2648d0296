//! To be written.

pub mod ui_settings;
