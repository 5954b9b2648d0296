//! The socket below a wire, with or without TLS, and the one place that waits for it.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::os::fd::BorrowedFd;
use std::time::Instant;

use native_tls::TlsStream;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::remote::wire::waker::Waker;

/// The socket, with or without TLS.
#[derive(Debug)]
pub(crate) enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    /// While TLS is being put on.
    Gone,
}

impl Stream {
    pub(crate) fn socket(&self) -> Option<&TcpStream> {
        match self {
            Self::Plain(socket) => Some(socket),
            Self::Tls(stream) => Some(stream.get_ref()),
            Self::Gone => None,
        }
    }

    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
            Self::Gone => Err(ErrorKind::NotConnected.into()),
        }
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.write(bytes),
            Self::Tls(stream) => stream.write(bytes),
            Self::Gone => Err(ErrorKind::NotConnected.into()),
        }
    }

    /// Whether decrypted bytes wait that a poll on the socket would not show.
    pub(crate) fn has_buffered(&self) -> bool {
        match self {
            Self::Tls(stream) => stream.buffered_read_size().is_ok_and(|n| n > 0),
            Self::Plain(_) | Self::Gone => false,
        }
    }
}

/// One poll over a socket and a waker.
pub(crate) fn wait(
    socket: BorrowedFd<'_>,
    waker: Option<&Waker>,
    wants_write: bool,
    until: Instant,
) -> io::Result<()> {
    let left = until.saturating_duration_since(Instant::now());
    let timeout = Timespec::try_from(left).ok();
    let mut flags = PollFlags::IN;
    if wants_write {
        flags |= PollFlags::OUT;
    }
    let result = if let Some(waker) = waker {
        let mut fds = [
            PollFd::new(&socket, flags),
            PollFd::new(waker, PollFlags::IN),
        ];
        poll(&mut fds, timeout.as_ref())
    } else {
        poll(&mut [PollFd::new(&socket, flags)], timeout.as_ref())
    };
    match result {
        // A signal: the caller looks again.
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
