//! Modified UTF-7, the encoding of mailbox names. RFC 3501 §5.1.3.
//!
//! Only for the eye and for names that a person types: a name that came from a server goes back as the bytes it came in.

/// Encodes a name for the wire.
#[must_use]
pub fn encode(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut run: Vec<u16> = Vec::new();
    for c in name.chars() {
        if matches!(c, ' '..='~') {
            flush(&mut out, &mut run);
            out.push(c);
            if c == '&' {
                out.push('-');
            }
        } else {
            run.extend_from_slice(c.encode_utf16(&mut [0; 2]));
        }
    }
    flush(&mut out, &mut run);
    out
}

/// Decodes a name for people; what cannot be decoded stays as it is, undecodable bytes are replaced.
#[must_use]
pub fn decode(raw: &[u8]) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.iter().position(|byte| *byte == b'&') {
        let (plain, shifted) = rest.split_at(at);
        out.push_str(&String::from_utf8_lossy(plain));
        let body = shifted.get(1..).unwrap_or_default();
        let end = body.iter().position(|byte| *byte == b'-');
        let decoded = end.and_then(|end| Some((decode_run(body.get(..end)?)?, end)));
        if let Some((text, end)) = decoded {
            out.push_str(&text);
            rest = body.get(end + 1..).unwrap_or_default();
        } else {
            // A lone ampersand, or a run that is none: shown as it came.
            out.push('&');
            rest = body;
        }
    }
    out.push_str(&String::from_utf8_lossy(rest));
    out
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

/// Writes the gathered UTF-16 units as one `&...-` run.
fn flush(out: &mut String, run: &mut Vec<u16>) {
    if run.is_empty() {
        return;
    }
    out.push('&');
    let (mut bits, mut n_bits) = (0_u32, 0_u32);
    for unit in run.drain(..) {
        bits = (bits << 16) | u32::from(unit);
        n_bits += 16;
        while n_bits >= 6 {
            n_bits -= 6;
            out.push(letter(bits >> n_bits));
        }
        bits &= (1 << n_bits) - 1;
    }
    if n_bits > 0 {
        out.push(letter(bits << (6 - n_bits)));
    }
    out.push('-');
}

fn letter(bits: u32) -> char {
    let at = usize::try_from(bits & 63).unwrap_or_default();
    char::from(ALPHABET.get(at).copied().unwrap_or(b'A'))
}

/// The text between `&` and `-`; `None` where it is not modified base64 of UTF-16.
fn decode_run(run: &[u8]) -> Option<String> {
    if run.is_empty() {
        return Some("&".to_owned());
    }
    let mut units = Vec::with_capacity(run.len() / 2);
    let (mut bits, mut n_bits) = (0_u32, 0_u32);
    for byte in run {
        let value = ALPHABET.iter().position(|letter| letter == byte)?;
        bits = (bits << 6) | u32::try_from(value).ok()?;
        n_bits += 6;
        if n_bits >= 16 {
            n_bits -= 16;
            units.push(u16::try_from(bits >> n_bits).ok()?);
            bits &= (1 << n_bits) - 1;
        }
    }
    // Left-over bits must be padding: fewer than a letter, and zero.
    if n_bits >= 6 || bits != 0 || units.is_empty() {
        return None;
    }
    String::from_utf16(&units).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_names_go_both_ways() {
        for (name, raw) in [
            ("INBOX", "INBOX"),
            ("Entwürfe", "Entw&APw-rfe"),
            ("Tom & Jerry", "Tom &- Jerry"),
            ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
            ("📬", "&2D3c7A-"),
            ("&", "&-"),
            ("", ""),
            ("\u{7f}", "&AH8-"),
        ] {
            assert_eq!(encode(name), raw);
            assert_eq!(decode(raw.as_bytes()), name);
        }
    }

    #[test]
    fn what_cannot_be_decoded_is_shown_as_it_came() {
        for (raw, shown) in [
            (&b"a&b"[..], "a&b"),
            (b"a&b-c", "a&b-c"),
            (b"&!!!-x", "&!!!-x"),
            // A lone high surrogate.
            (b"&2D0-", "&2D0-"),
            (b"&", "&"),
            // Raw UTF-8, as some servers send.
            ("Entwürfe".as_bytes(), "Entwürfe"),
            (b"\xff&-", "\u{fffd}&"),
            // A broken run does not swallow a good one behind it.
            (b"&x &APw-", "&x ü"),
        ] {
            assert_eq!(decode(raw), shown);
        }
    }

    proptest! {
        #[test]
        fn every_name_survives_the_round_trip(name in any::<String>()) {
            let raw = encode(&name);
            prop_assert!(raw.bytes().all(|byte| (b' '..=b'~').contains(&byte)));
            prop_assert_eq!(decode(raw.as_bytes()), name);
        }

        #[test]
        fn decoding_takes_any_bytes(raw in any::<Vec<u8>>()) {
            let _ = decode(&raw);
        }
    }
}
