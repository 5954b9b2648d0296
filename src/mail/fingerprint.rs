//! A SHA-256 by which people and programs tell certificates and keys apart.

use std::fmt;

/// The digits a person types to show that two fingerprints were compared.
pub const TYPED_DIGITS: usize = 8;

/// A SHA-256; shown as pairs of upper-case hexadecimal digits with colons between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// Wraps a digest.
    #[must_use]
    pub const fn new(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// Reads what [`fmt::Display`] shows; colons, blanks and the case of the digits do not matter.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits = digits(text)?;
        let mut digest = [0; 32];
        let (pairs, rest) = digits.as_chunks::<2>();
        if pairs.len() != digest.len() || !rest.is_empty() {
            return None;
        }
        for (byte, [high, low]) in digest.iter_mut().zip(pairs) {
            *byte = high * 16 + low;
        }
        Some(Self(digest))
    }

    /// Whether these are its first [`TYPED_DIGITS`] digits, or more of them.
    #[must_use]
    pub fn begins_with(&self, typed: &str) -> bool {
        let Some(typed) = digits(typed) else {
            return false;
        };
        let own = self.0.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        let n_own = 2 * self.0.len();
        (TYPED_DIGITS..=n_own).contains(&typed.len())
            && typed.iter().copied().eq(own.take(typed.len()))
    }
}

/// The values of hexadecimal digits; `None` where there is anything else but colons and blanks.
fn digits(text: &str) -> Option<Vec<u8>> {
    text.chars()
        .filter(|c| !matches!(c, ':' | ' ' | '\t'))
        .map(|c| u8::try_from(c.to_digit(16)?).ok())
        .collect()
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, byte) in self.0.iter().enumerate() {
            let colon = if at == 0 { "" } else { ":" };
            write!(f, "{colon}{byte:02X}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_can_be_read_and_its_first_digits_typed() {
        let mut digest = [0xAB; 32];
        (digest[0], digest[1], digest[31]) = (0x01, 0xF2, 0x0C);
        let fingerprint = Fingerprint::new(digest);
        let shown = fingerprint.to_string();
        assert!(
            shown.starts_with("01:F2:AB:AB:") && shown.ends_with(":0C"),
            "{shown}"
        );
        assert_eq!(Fingerprint::parse(&shown), Some(fingerprint));
        assert_eq!(
            Fingerprint::parse(&shown.to_lowercase().replace(':', "")),
            Some(fingerprint)
        );
        for typed in ["01f2abab", "01:F2:AB:AB", " 01F2 ABAB ab", &shown] {
            assert!(fingerprint.begins_with(typed), "{typed}");
        }
        for typed in ["", "01f2aba", "01f2abac", "01f2abag", &format!("{shown}00")] {
            assert!(!fingerprint.begins_with(typed), "{typed}");
            assert_eq!(Fingerprint::parse(typed), None);
        }
    }
}
