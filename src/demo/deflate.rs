//! Compression of a connection, as the server does it. RFC 4978.

use std::io;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress};

/// A way out: raw DEFLATE.
pub fn deflater() -> Compress {
    Compress::new(Compression::fast(), false)
}

/// A way in.
pub fn inflater() -> Decompress {
    Decompress::new(false)
}

/// Compresses all of it, so that the client can read it without what follows.
pub fn deflate(deflater: &mut Compress, bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() || out.len() == out.capacity() {
        out.reserve(rest.len() / 4 + 64);
        let before = deflater.total_in();
        deflater
            .compress_vec(rest, &mut out, FlushCompress::Sync)
            .map_err(io::Error::other)?;
        rest = behind(rest, deflater.total_in() - before);
    }
    Ok(out)
}

/// Inflates all of it. An error means that it was not compressed.
pub fn inflate(inflater: &mut Decompress, bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() || out.len() == out.capacity() {
        out.reserve(rest.len() * 2 + 64);
        let before = (inflater.total_in(), inflater.total_out());
        inflater
            .decompress_vec(rest, &mut out, FlushDecompress::None)
            .map_err(io::Error::other)?;
        rest = behind(rest, inflater.total_in() - before.0);
        if (inflater.total_in(), inflater.total_out()) == before {
            break; // The client has ended the stream.
        }
    }
    Ok(out)
}

fn behind(bytes: &[u8], n: u64) -> &[u8] {
    let n = usize::try_from(n).unwrap_or(usize::MAX);
    bytes.get(n..).unwrap_or_default()
}
