//! The bytes of a connection: the stream, compression on it where agreed, and how much went over the network.

use std::io::{self, ErrorKind};

use crate::remote::wire::deflate::Deflate;
use crate::remote::wire::stream::Stream;

/// Bytes that went over the wire, as compressed as they were; TLS's framing is not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// From the server.
    pub n_received: u64,
    /// To the server.
    pub n_sent: u64,
}

/// Raw reads at once that may inflate to nothing: a server that sends only such does not hold the thread.
const MOST_IN_VAIN: usize = 16;

/// A stream with or without compression. Never blocks.
pub(crate) struct Transport {
    /// What is below.
    pub(crate) stream: Stream,
    deflate: Option<Deflate>,
    counters: Counters,
}

impl Transport {
    pub(crate) fn new(stream: Stream) -> Self {
        Self {
            stream,
            deflate: None,
            counters: Counters::default(),
        }
    }

    pub(crate) const fn counters(&self) -> Counters {
        self.counters
    }

    /// Compresses from here on, both directions; `read` came already and is compressed.
    pub(crate) fn compress(&mut self, read: &[u8]) {
        let mut deflate = Deflate::new();
        deflate.feed(read);
        self.deflate = Some(deflate);
    }

    /// Reads bytes as the server meant them; zero for the end.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        for _ in 0..MOST_IN_VAIN {
            if let Some(deflate) = &mut self.deflate {
                let n = deflate.read(buffer)?;
                if n > 0 || deflate.is_ended() {
                    return Ok(n);
                }
            }
            let n = self.stream.read(buffer)?;
            self.counters.n_received += n as u64;
            match &mut self.deflate {
                Some(deflate) if n > 0 => deflate.feed(buffer.get(..n).unwrap_or_default()),
                _ => return Ok(n),
            }
        }
        Err(ErrorKind::WouldBlock.into())
    }

    /// Whether bytes wait that a poll on the socket would not show.
    pub(crate) fn has_buffered(&self) -> bool {
        self.stream.has_buffered() || self.deflate.as_ref().is_some_and(Deflate::is_ready)
    }

    /// Whether bytes were taken that the stream has not taken yet.
    pub(crate) fn has_unsent(&self) -> bool {
        let deflate = self.deflate.as_ref();
        deflate.is_some_and(|deflate| !deflate.unsent().is_empty())
    }

    /// Takes what fits; zero when nothing does. Compressed, a batch is taken only when the one before is gone, so that
    /// what is held here stays small; with no bytes, that one is sent on.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(mut deflate) = self.deflate.take() else {
            return self.send(bytes);
        };
        let result = self.write_compressed(&mut deflate, bytes);
        self.deflate = Some(deflate);
        result
    }

    fn write_compressed(&mut self, deflate: &mut Deflate, bytes: &[u8]) -> io::Result<usize> {
        self.drain(deflate)?;
        if bytes.is_empty() || !deflate.unsent().is_empty() {
            return Ok(0);
        }
        let n = deflate.write(bytes)?;
        self.drain(deflate)?;
        Ok(n)
    }

    fn drain(&mut self, deflate: &mut Deflate) -> io::Result<()> {
        while !deflate.unsent().is_empty() {
            match self.send(deflate.unsent())? {
                0 => break,
                n => deflate.sent(n),
            }
        }
        Ok(())
    }

    fn send(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.is_empty() {
            return Ok(0);
        }
        loop {
            match self.stream.write(bytes) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(n) => {
                    self.counters.n_sent += n as u64;
                    return Ok(n);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(0),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}
