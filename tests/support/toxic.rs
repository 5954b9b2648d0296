//! What a network does to bytes and connections, as numbers, so that a seed gives the same weather again.

use std::time::Duration;

use crate::random::Random;

/// A server that can everything has let its user in before it has said so many bytes. Silence before that is waited for by
/// another clock than silence behind it, and longer.
pub const AFTER_LOGIN: u64 = 600;

/// What happens to the bytes of one direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Toxic {
    /// Every piece comes so much later.
    Latency(Duration),
    /// No more than so many bytes a second.
    Bandwidth(u32),
    /// Pieces of at most so many bytes.
    Slicer(usize),
    /// After so many bytes nothing comes any more, and nothing is closed.
    Stall(u64),
    /// After so many bytes both ends hear that the connection is reset.
    Reset(u64),
    /// After so many bytes the receiver hears the end; the other direction goes on.
    HalfClose(u64),
    /// After so many bytes the connection is closed.
    Cut(u64),
    /// The end of the stream comes so much later.
    SlowClose(Duration),
}

/// The names of all kinds, for a test of each.
pub const KINDS: [&str; 8] = [
    "latency",
    "bandwidth",
    "slicer",
    "stall",
    "reset",
    "half-close",
    "cut",
    "slow-close",
];

impl Toxic {
    /// One of a kind, as chance has it.
    pub fn of(kind: &str, random: &mut Random) -> Self {
        let least = if kind == "stall" { AFTER_LOGIN } else { 0 };
        let at = random.between(least, 4_000);
        match kind {
            "latency" => Self::Latency(Duration::from_millis(random.between(1, 8))),
            "bandwidth" => Self::Bandwidth(u32::try_from(random.between(20_000, 200_000)).unwrap()),
            "slicer" => Self::Slicer(random.below(40) + 1),
            "stall" => Self::Stall(at),
            "reset" => Self::Reset(at),
            "half-close" => Self::HalfClose(at),
            "cut" => Self::Cut(at),
            "slow-close" => Self::SlowClose(Duration::from_millis(random.between(1, 100))),
            other => panic!("no toxic {other}"),
        }
    }

    /// After how many bytes it strikes; `None` for one that acts on every piece.
    pub const fn strikes_at(self) -> Option<u64> {
        match self {
            Self::Stall(at) | Self::Reset(at) | Self::HalfClose(at) | Self::Cut(at) => Some(at),
            _ => None,
        }
    }
}

/// What happens in both directions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Weather {
    /// To the server.
    pub up: Vec<Toxic>,
    /// To the client.
    pub down: Vec<Toxic>,
}

impl Weather {
    /// One kind of trouble, in one direction or both, sometimes with fragments.
    pub fn of(kind: &str, random: &mut Random) -> Self {
        let mut weather = Self::default();
        let which = random.below(3);
        if which != 0 {
            weather.down.push(Toxic::of(kind, random));
        }
        if which != 1 {
            weather.up.push(Toxic::of(kind, random));
        }
        if random.below(3) == 0 {
            weather.down.push(Toxic::Slicer(random.below(200) + 1));
        }
        weather
    }
}
