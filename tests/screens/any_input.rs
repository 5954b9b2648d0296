//! Any input.
