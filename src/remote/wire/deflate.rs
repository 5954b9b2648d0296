//! COMPRESS=DEFLATE: what stands between the stream and the framer once both sides have agreed on it. RFC 4978.
//!
//! Pure: bytes in, bytes out. Raw DEFLATE without a zlib header; what is written ends in a sync flush, so that the server
//! can read all of it at once. Inflated bytes are handed out in the portions that are asked for, never all at once.

use std::io::{self, ErrorKind};

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use crate::remote::command::Command;

/// Inflated bytes that may come before their ratio is looked at.
pub const GRACE: u64 = 1024 * 1024;
/// Mail headers, the most repetitive thing a server has to say, come to about 10:1. DEFLATE itself ends at 1032:1.
pub const MOST_RATIO: u64 = 200;
/// Bytes compressed at once: what cannot be sent yet stays within about this size.
const BATCH: usize = 64 * 1024;

/// Asks for compression in both directions. Nothing may follow until its answer, so it goes last in a flight.
#[must_use]
pub fn compress() -> Command {
    Command::new_compress()
}

/// The compression of one connection, both directions.
pub struct Deflate {
    inflater: Decompress,
    deflater: Compress,
    /// Bytes of the server that are not inflated yet.
    unread: Vec<u8>,
    n_read: usize,
    /// The inflater may hold bytes although it has taken all of `unread`: it gave some when it was asked last.
    may_hold: bool,
    /// The server has ended its side.
    is_ended: bool,
    /// What was wrong with what the server sent; nothing is read after that.
    failed: Option<&'static str>,
    /// Compressed bytes that the stream has not taken yet.
    unsent: Vec<u8>,
    n_sent: usize,
}

impl Default for Deflate {
    fn default() -> Self {
        Self::new()
    }
}

impl Deflate {
    /// The state behind the tagged OK.
    #[must_use]
    pub fn new() -> Self {
        Self {
            inflater: Decompress::new(false),
            deflater: Compress::new(Compression::default(), false),
            unread: Vec::new(),
            n_read: 0,
            may_hold: false,
            is_ended: false,
            failed: None,
            unsent: Vec::new(),
            n_sent: 0,
        }
    }

    /// Takes bytes that came over the stream.
    pub fn feed(&mut self, bytes: &[u8]) {
        if self.n_read == self.unread.len() {
            self.unread.clear();
            self.n_read = 0;
        }
        self.unread.extend_from_slice(bytes);
    }

    /// Whether there is something to tell although the stream is empty: bytes, the end, or what was wrong.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.is_ended || self.may_hold || self.failed.is_some() || self.n_read < self.unread.len()
    }

    /// Whether the server has ended its side: nothing more can come.
    #[must_use]
    pub const fn is_ended(&self) -> bool {
        self.is_ended
    }

    /// Inflates into `out`; 0 when it takes more bytes of the stream.
    ///
    /// # Errors
    /// `InvalidData` for what is no compressed data, or swells too much; it comes again at the next call.
    pub fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if let Some(what) = self.failed {
            return Err(bad(what));
        }
        if self.is_ended || !self.is_ready() {
            return Ok(0);
        }
        let before = (self.inflater.total_in(), self.inflater.total_out());
        let unread = self.unread.get(self.n_read..).unwrap_or_default();
        let status = self
            .inflater
            .decompress(unread, out, FlushDecompress::None)
            .map_err(|_| self.fail("compressed data that cannot be read"))?;
        let n_taken = self.inflater.total_in() - before.0;
        let n_given = self.inflater.total_out() - before.1;
        self.n_read += usize::try_from(n_taken).unwrap_or(usize::MAX);
        self.is_ended = status == Status::StreamEnd;
        self.may_hold = n_given > 0;
        let (n_in, n_out) = (self.inflater.total_in(), self.inflater.total_out());
        if n_out > GRACE && n_out > n_in.saturating_mul(MOST_RATIO) {
            return Err(self.fail("compressed data that swells too much"));
        }
        Ok(usize::try_from(n_given).unwrap_or(usize::MAX))
    }

    fn fail(&mut self, what: &'static str) -> io::Error {
        self.failed = Some(what);
        bad(what)
    }

    /// Compresses bytes for the server, ready to be sent; gives how many were taken. Only when nothing is unsent.
    ///
    /// # Errors
    /// None that is known: the compressor takes any bytes.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let batch = bytes.get(..BATCH).unwrap_or(bytes);
        let mut rest = batch;
        loop {
            self.unsent.reserve(rest.len() / 2 + 64);
            let before = self.deflater.total_in();
            self.deflater
                .compress_vec(rest, &mut self.unsent, FlushCompress::Sync)
                .map_err(io::Error::other)?;
            let n_taken = usize::try_from(self.deflater.total_in() - before).unwrap_or(usize::MAX);
            rest = rest.get(n_taken..).unwrap_or_default();
            // Room that is left says that the flush is complete.
            if rest.is_empty() && self.unsent.len() < self.unsent.capacity() {
                return Ok(batch.len());
            }
        }
    }

    /// What the stream has not taken yet.
    #[must_use]
    pub fn unsent(&self) -> &[u8] {
        self.unsent.get(self.n_sent..).unwrap_or_default()
    }

    /// The stream has taken so many bytes of [`Deflate::unsent`].
    pub fn sent(&mut self, n: usize) {
        self.n_sent += n;
        if self.n_sent >= self.unsent.len() {
            self.unsent.clear();
            self.n_sent = 0;
        }
    }
}

fn bad(what: &'static str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The server's side: everything in one flushed piece.
    fn deflated(bytes: &[u8]) -> Vec<u8> {
        let mut other = Deflate::new();
        let mut rest = bytes;
        while !rest.is_empty() {
            let n = other.write(rest).unwrap();
            rest = &rest[n..];
        }
        other.unsent().to_vec()
    }

    fn inflated(deflate: &mut Deflate, portion: usize) -> io::Result<Vec<u8>> {
        let (mut all, mut buffer) = (Vec::new(), vec![0; portion]);
        loop {
            match deflate.read(&mut buffer)? {
                0 => return Ok(all),
                n => all.extend_from_slice(&buffer[..n]),
            }
        }
    }

    #[test]
    fn what_goes_in_comes_out_however_it_is_cut() {
        let text: Vec<u8> = (0..3000_u32)
            .flat_map(|n| format!("* {n} FETCH (UID {})\r\n", n * 7).into_bytes())
            .collect();
        let wire = deflated(&text);
        assert!(wire.len() * 3 < text.len());
        for (piece, portion) in [
            (1, 16 * 1024),
            (7, 1),
            (wire.len(), 100),
            (wire.len(), 1 << 20),
        ] {
            let mut deflate = Deflate::new();
            let mut all = Vec::new();
            for bytes in wire.chunks(piece) {
                deflate.feed(bytes);
                all.extend(inflated(&mut deflate, portion).unwrap());
                assert!(!deflate.is_ready());
            }
            assert_eq!(all, text, "pieces of {piece}, portions of {portion}");
        }
    }

    #[test]
    fn a_portion_that_is_just_full_leaves_nothing_behind() {
        let mut deflate = Deflate::new();
        deflate.feed(&deflated(b"0123456789"));
        assert_eq!(deflate.read(&mut [0; 10]).unwrap(), 10);
        assert!(deflate.is_ready());
        assert_eq!(deflate.read(&mut [0; 10]).unwrap(), 0);
        assert!(!deflate.is_ready());
    }

    #[test]
    fn what_came_before_a_cut_is_given_whole_however_much_is_asked_for() {
        let wire = deflated(&vec![0; 1 << 20]);
        for n in 1..wire.len() {
            let read = |portion| {
                let mut deflate = Deflate::new();
                deflate.feed(&wire[..n]);
                inflated(&mut deflate, portion).ok().map(|all| all.len())
            };
            assert_eq!(read(16 * 1024 + 1), read(64), "{n} of {}", wire.len());
        }
    }

    #[test]
    fn each_write_can_be_read_without_the_next() {
        let (mut here, mut there) = (Deflate::new(), Deflate::new());
        for line in [&b"S1 NOOP\r\n"[..], b"S2 NOOP\r\n", &vec![b'x'; BATCH]] {
            assert_eq!(here.write(line).unwrap(), line.len());
            there.feed(here.unsent());
            here.sent(here.unsent().len());
            assert_eq!(inflated(&mut there, 64).unwrap(), line);
        }
        assert_eq!(here.write(&vec![0; BATCH + 1]).unwrap(), BATCH);
    }

    #[test]
    fn a_bomb_and_garbage_are_errors_that_stay() {
        let mut deflate = Deflate::new();
        deflate.feed(&deflated(&vec![0; 4 << 20]));
        let error = inflated(&mut deflate, 16 * 1024).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidData);
        assert!(deflate.read(&mut [0; 16]).is_err());
        // Too much, and nothing behind it.
        let mut deflate = Deflate::new();
        deflate.feed(&deflated(&vec![0; 2 << 20]));
        let mut whole = vec![0; 4 << 20];
        assert!(deflate.read(&mut whole).is_err());
        assert!(deflate.is_ready() && deflate.read(&mut whole).is_err());
        let mut deflate = Deflate::new();
        deflate.feed(b"gibberish\r\n");
        assert!(inflated(&mut deflate, 64).is_err());
        assert!(deflate.read(&mut [0; 16]).is_err());
    }

    #[test]
    fn the_end_of_the_stream_is_an_end() {
        let mut deflater = Compress::new(Compression::default(), false);
        let mut wire = Vec::with_capacity(100);
        deflater
            .compress_vec(b"* BYE\r\n", &mut wire, FlushCompress::Finish)
            .unwrap();
        wire.extend_from_slice(b"and more");
        let mut deflate = Deflate::new();
        deflate.feed(&wire);
        assert_eq!(inflated(&mut deflate, 64).unwrap(), b"* BYE\r\n");
        assert!(deflate.is_ended() && deflate.is_ready());
        assert_eq!(deflate.read(&mut [0; 64]).unwrap(), 0);
    }
}
