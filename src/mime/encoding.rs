//! Content-Transfer-Encodings, decoded leniently: one bad symbol never costs a part. RFC 2045 §6.

/// Decodes base64 and says whether it was clean: symbols outside the alphabet are skipped, padding may lack.
pub fn base64(encoded: &[u8]) -> (Vec<u8>, bool) {
    let mut out = Vec::with_capacity(encoded.len() / 4 * 3 + 3);
    let mut clean = true;
    let (mut bits, mut n_symbols) = (0_u32, 0_u8);
    let mut padded = false;
    for &byte in encoded {
        let Some(value) = symbol(byte) else {
            match byte {
                b'\r' | b'\n' | b' ' | b'\t' => {}
                // Padding in the middle: two encoded pieces were put behind one another.
                b'=' => {
                    flush(&mut out, bits, n_symbols);
                    (bits, n_symbols) = (0, 0);
                    padded = true;
                }
                _ => clean = false,
            }
            continue;
        };
        clean &= !padded;
        bits = bits << 6 | u32::from(value);
        n_symbols += 1;
        if n_symbols == 4 {
            let [_, a, b, c] = bits.to_be_bytes();
            out.extend([a, b, c]);
            (bits, n_symbols) = (0, 0);
        }
    }
    clean &= n_symbols == 0;
    flush(&mut out, bits, n_symbols);
    (out, clean)
}

/// Writes the one or two bytes of a group that is not full.
fn flush(out: &mut Vec<u8>, bits: u32, n_symbols: u8) {
    let missing = 4_u32.saturating_sub(u32::from(n_symbols));
    let [_, a, b, _] = (bits << (6 * missing)).to_be_bytes();
    match n_symbols {
        2 => out.push(a),
        3 => out.extend([a, b]),
        _ => {}
    }
}

const fn symbol(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

/// Decodes quoted-printable: a bad escape stays as it stands, 8-bit bytes pass.
pub fn quoted_printable(encoded: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(encoded.len());
    for line in encoded.split_inclusive(|byte| *byte == b'\n') {
        let body_len = line
            .iter()
            .rposition(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n'));
        // Blanks at the end of a line are not part of it. RFC 2045 §6.7 (3).
        let body = line
            .get(..body_len.map_or(0, |at| at + 1))
            .unwrap_or_default();
        let ending: &[u8] = if line.ends_with(b"\r\n") {
            b"\r\n"
        } else if line.ends_with(b"\n") {
            b"\n"
        } else {
            b""
        };
        if let Some(soft) = body.strip_suffix(b"=") {
            escapes(soft, &mut out);
        } else {
            escapes(body, &mut out);
            out.extend_from_slice(ending);
        }
    }
    out
}

/// Decodes the content of an encoded word of kind Q: `_` is a blank. RFC 2047 §4.2.
pub fn q_word(encoded: &[u8]) -> Vec<u8> {
    // A real underscore is written `=5F`, so this comes before the escapes.
    let blanked: Vec<u8> = encoded
        .iter()
        .map(|byte| if *byte == b'_' { b' ' } else { *byte })
        .collect();
    let mut out = Vec::with_capacity(encoded.len());
    escapes(&blanked, &mut out);
    out
}

fn escapes(encoded: &[u8], out: &mut Vec<u8>) {
    let mut rest = encoded;
    while let Some((&first, after)) = rest.split_first() {
        if first == b'='
            && let [high, low, tail @ ..] = after
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            out.push(high << 4 | low);
            rest = tail;
            continue;
        }
        out.push(first);
        rest = after;
    }
}

const fn hex(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// Decodes a body by the name of its transfer encoding; an unknown one leaves the bytes as they are.
pub fn decode(encoded: &[u8], name: &str) -> Vec<u8> {
    match name {
        "base64" => base64(encoded).0,
        "quoted-printable" => quoted_printable(encoded),
        "x-uuencode" | "uuencode" | "x-uue" => uu(encoded).unwrap_or_else(|| encoded.to_vec()),
        _ => encoded.to_vec(),
    }
}

/// Decodes the first file of a uuencoded body; `None` where there is none.
fn uu(encoded: &[u8]) -> Option<Vec<u8>> {
    let mut lines = encoded.split(|byte| *byte == b'\n');
    lines.find(|line| line.starts_with(b"begin "))?;
    let mut out = Vec::with_capacity(encoded.len() / 4 * 3);
    for line in lines {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let Some((&length, groups)) = line.split_first() else {
            continue;
        };
        if line == b"end" {
            break;
        }
        let length = usize::from(length.wrapping_sub(b' ') & 63);
        let start = out.len();
        for group in groups.chunks(4) {
            let bits = (0..4).fold(0_u32, |bits, at| {
                let byte = group.get(at).copied().unwrap_or(b' ');
                bits << 6 | u32::from(byte.wrapping_sub(b' ') & 63)
            });
            let [_, a, b, c] = bits.to_be_bytes();
            out.extend([a, b, c]);
        }
        out.truncate(start.saturating_add(length));
    }
    Some(out)
}

/// Whether a base64 body decodes without repair; looks at no more than its symbols.
pub fn is_clean_base64(encoded: &[u8]) -> bool {
    let mut n_symbols = 0_usize;
    let mut padded = false;
    for &byte in encoded {
        match byte {
            b'\r' | b'\n' | b' ' | b'\t' => {}
            b'=' => padded = true,
            _ if symbol(byte).is_some() && !padded => n_symbols += 1,
            _ => return false,
        }
    }
    n_symbols.is_multiple_of(4) || padded && n_symbols % 4 != 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_survives_bad_symbols_and_lengths() {
        let cases: [(&str, &str, bool); 8] = [
            ("aGVsbG8=", "hello", true),
            ("aGVs\r\nbG8=\r\n", "hello", true),
            ("aGVsbG8", "hello", false),
            ("aGV!sbG8=", "hello", false),
            ("aGVsbG8=aGVsbG8=", "hellohello", false),
            ("aGVsbG8gd29ybGQ=\n-- \nlist footer", "hello world", false),
            ("", "", true),
            ("=", "", true),
        ];
        for (encoded, decoded, clean) in cases {
            let (bytes, was_clean) = base64(encoded.as_bytes());
            assert!(bytes.starts_with(decoded.as_bytes()), "{encoded}");
            assert_eq!(was_clean, clean, "{encoded}");
        }
    }

    #[test]
    fn quoted_printable_survives_bad_escapes_and_raw_bytes() {
        let cases: [(&[u8], &[u8]); 8] = [
            (b"a=3Db", b"a=b"),
            (b"soft=\r\nbreak", b"softbreak"),
            (b"soft=  \nbreak", b"softbreak"),
            (b"trailing  \r\nx", b"trailing\r\nx"),
            (b"bad =XY =4", b"bad =XY =4"),
            (b"raw \xfc =fc", b"raw \xfc \xfc"),
            (b"end=", b"end"),
            (b"", b""),
        ];
        for (encoded, decoded) in cases {
            assert_eq!(quoted_printable(encoded), decoded);
        }
        assert_eq!(q_word(b"a_b=5Fc"), b"a b_c");
    }

    #[test]
    fn uuencoded_bodies_decode() {
        assert_eq!(
            decode(b"begin 644 x\n%:&5L;&\\\n`\nend\n", "x-uuencode"),
            b"hello"
        );
        assert_eq!(decode(b"nothing", "x-uuencode"), b"nothing");
    }
}
