//! An address as it stands in a header: a decoded display name and an RFC 5322 addr-spec.

/// The longest address that a server must take, in bytes: a path less its brackets. RFC 5321 §4.5.3.1.3.
pub const MAX_BYTES: usize = 254;

/// One mailbox of an address list. RFC 5322 §3.4.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Address {
    /// The decoded display name; empty when there is none. Not sanitised.
    pub name: String,
    /// `local@domain`; empty when the address could not be parsed, then `name` holds the raw text.
    pub addr: String,
}
