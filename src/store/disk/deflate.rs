//! Compression of what lies in the cache: raw DEFLATE, fast rather than small.

use std::cell::RefCell;
use std::io::{self, Read as _};

use flate2::read::DeflateDecoder;
use flate2::{Compress, Compression, FlushCompress, Status};

/// Upper bound of what is read: one block may be large, but not larger than a message's headers may be.
const MOST_BYTES: u64 = 64 * 1024 * 1024;

thread_local! {
    /// One for everything that a thread compresses: making its tables costs more than using them.
    static COMPRESS: RefCell<Compress> = RefCell::new(Compress::new(Compression::fast(), false));
}

/// Compresses into `out`, whose former contents go.
pub(in crate::store) fn deflate(data: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
    COMPRESS.with_borrow_mut(|compress| {
        compress.reset();
        out.clear();
        loop {
            // One call where the room is enough; it grows where it is not.
            out.reserve(data.len() / 2 + 1_024);
            let n_read = usize::try_from(compress.total_in()).unwrap_or(usize::MAX);
            let rest = data.get(n_read..).unwrap_or_default();
            if compress.compress_vec(rest, out, FlushCompress::Finish)? == Status::StreamEnd {
                return Ok(());
            }
        }
    })
}

/// Undoes [`deflate`]; `None` for damaged bytes.
pub(in crate::store) fn inflate(data: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(data.len().saturating_mul(3));
    let mut limited = DeflateDecoder::new(data).take(MOST_BYTES);
    limited.read_to_end(&mut out).ok()?;
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_compressed_comes_back_whole() {
        // What shrinks, what does not, and one after the other through the same tables.
        let noise: Vec<u8> = (0..200_000_u32)
            .map(|n| n.wrapping_mul(0x9e37_79b1).to_le_bytes()[3])
            .collect();
        let mut out = Vec::new();
        for data in [b"ab".repeat(100_000), noise, Vec::new(), b"x".to_vec()] {
            deflate(&data, &mut out).unwrap();
            assert_eq!(inflate(&out), Some(data));
        }
        assert_eq!(inflate(&[0xff; 9]), None);
    }
}
