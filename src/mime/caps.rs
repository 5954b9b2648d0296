//! The limits of what is read of one message. They are the proof that no message can exhaust memory or time.

/// Nested parts.
pub const DEPTH: usize = 100;
/// Parts of a message.
pub const PARTS: usize = 1_000;
/// Bytes of one header field.
pub const FIELD_BYTES: usize = 1 << 20;
/// Bytes of all headers of a message together.
pub const HEADER_BYTES: usize = 10 << 20;
/// Header fields that are kept.
pub const FIELDS: usize = 10_000;
/// Parameters of one Content-Type or Content-Disposition.
pub const PARAMETERS: usize = 64;
/// Bytes of one Content-Type or Content-Disposition.
pub const PARAMETER_BYTES: usize = 64 << 10;
/// Addresses of one header field.
pub const ADDRESSES: usize = 10_000;
/// Bytes of References that are kept.
pub const REFERENCE_BYTES: usize = 10_000;
/// Bytes of a Message-ID or List-Id.
pub const ID_BYTES: usize = 998;
/// Lines of a rendered message.
pub const LINES: usize = 200_000;
/// Bytes of an HTML part that are rendered.
pub const HTML_BYTES: usize = 2 << 20;
/// Nested HTML elements.
pub const HTML_DEPTH: usize = 256;
/// Nodes of an HTML document.
pub const HTML_NODES: usize = 100_000;
