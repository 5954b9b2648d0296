//! The sample mail.
