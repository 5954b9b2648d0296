//! The target of COMPRESS: a stream that claims to be compressed, in pieces of any size.

use sterna::remote::wire::deflate::{Deflate, GRACE, MOST_RATIO};

/// What is asked for at once where it does not matter, more than any other portion.
const PORTION: usize = 16 * 1024 + 1;

/// Compressed beginnings: what servers say, nothing, and what swells.
pub fn seeds(lines: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let swelling = [vec![0; 3 << 20], b"* 1 EXISTS\r\n".repeat(9_000)];
    let plain = lines.iter().chain(&swelling).map(|bytes| deflated(bytes));
    plain.chain([Vec::new(), b"* OK\r\n".to_vec()]).collect()
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    let (mut deflate, mut rest, mut wire) = (Deflate::new(), bytes, Vec::new());
    while !rest.is_empty() {
        let n = deflate.write(rest).unwrap();
        rest = &rest[n..];
        let unsent = deflate.unsent();
        wire.extend_from_slice(unsent);
        let n = unsent.len();
        deflate.sent(n);
    }
    wire
}

/// Bytes and how the stream ended: with an error, by itself, or not yet.
type End = (Vec<u8>, Option<std::io::ErrorKind>, bool);

/// Inflates what comes in pieces into portions.
fn inflated(wire: &[u8], piece: usize, portion: usize) -> End {
    let (mut deflate, mut all, mut buffer) = (Deflate::new(), Vec::new(), vec![0; portion]);
    for bytes in wire.chunks(piece) {
        deflate.feed(bytes);
        loop {
            match deflate.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => all.extend_from_slice(&buffer[..n]),
                Err(error) => {
                    assert!(deflate.read(&mut buffer).is_err(), "an error goes away");
                    return (all, Some(error.kind()), false);
                }
            }
        }
        // Nothing is kept back that was to be had.
        assert!(deflate.is_ended() || !deflate.is_ready());
    }
    (all, None, deflate.is_ended())
}

/// How a stream is split does not matter; it never swells beyond its cap; what is written can be read again.
pub fn stream(bytes: &[u8]) {
    let piece = usize::from(bytes.first().copied().unwrap_or(1) % 9) + 1;
    let portion = usize::from(bytes.last().copied().unwrap_or(1)) * 64 + 1;
    let whole = inflated(bytes, usize::MAX, PORTION);
    let pieces = inflated(bytes, piece, portion);
    // Where it fails, one may have got a portion further than the other.
    let n = whole.0.len().min(pieces.0.len());
    assert_eq!(
        whole.0[..n],
        pieces.0[..n],
        "in pieces of {piece}, portions of {portion}"
    );
    let swells = |end: &End| end.0.len() as u64 + PORTION as u64 > GRACE;
    if !swells(&whole) && !swells(&pieces) {
        assert_eq!((whole.1, whole.2), (pieces.1, pieces.2));
        assert!(whole.1.is_some() || whole.0 == pieces.0);
    }
    let cap = GRACE.max(bytes.len() as u64 * MOST_RATIO) + PORTION as u64;
    assert!(whole.0.len().max(pieces.0.len()) as u64 <= cap);
    assert_eq!(inflated(&deflated(bytes), piece, portion).0, bytes);
}
