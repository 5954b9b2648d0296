//! How a mailbox is brought up to date: chosen by what the server can and by what is known.

use crate::mail::uid::{ModSeq, UidValidity};
use crate::remote::command::select::Resync;
use crate::store::sync_state::SyncState;

/// How a mailbox is brought up to date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// One flight tells changed flags and vanished messages. RFC 7162 §3.2.5.
    Qresync {
        /// The cached UIDVALIDITY.
        validity: UidValidity,
        /// The cached mod-sequence, not zero.
        mod_seq: ModSeq,
    },
    /// Changed flags by mod-sequence, vanished messages by arithmetic. RFC 7162 §3.1.
    Condstore {
        /// The cached mod-sequence; zero when there is none to start from.
        since: ModSeq,
    },
    /// No mod-sequences: all flags are asked for again, the newest first. RFC 4549 §4.3.
    Plain,
}

impl Mode {
    /// What SELECT asks for, where UIDs up to `max_uid` are known.
    #[must_use]
    pub const fn parameter(self, max_uid: u32) -> Resync {
        match self {
            Self::Qresync { validity, mod_seq } => Resync::QResync {
                validity,
                mod_seq,
                max_uid,
            },
            Self::Condstore { .. } => Resync::CondStore,
            Self::Plain => Resync::Plain,
        }
    }

    /// Chooses by what the server can and what the cache knows.
    #[must_use]
    pub const fn choose(has_qresync: bool, has_condstore: bool, known: &SyncState) -> Self {
        match known.validity {
            Some(validity) if has_qresync && known.mod_seq.get() > 0 => Self::Qresync {
                validity,
                mod_seq: known.mod_seq,
            },
            Some(_) if has_condstore => Self::Condstore {
                since: known.mod_seq,
            },
            None if has_condstore => Self::Condstore {
                since: ModSeq::new(0),
            },
            _ => Self::Plain,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(validity: u32, mod_seq: u64) -> SyncState {
        SyncState {
            validity: UidValidity::new(validity),
            mod_seq: ModSeq::new(mod_seq),
            ..SyncState::default()
        }
    }

    #[test]
    fn the_mode_follows_server_and_cache() {
        let fresh = Mode::Condstore {
            since: ModSeq::new(0),
        };
        let qresync = Mode::Qresync {
            validity: UidValidity::new(7).unwrap(),
            mod_seq: ModSeq::new(9),
        };
        for (has_qresync, has_condstore, cache, expected) in [
            (true, true, known(0, 0), fresh),
            (true, true, known(7, 9), qresync),
            (true, true, known(7, 0), fresh),
            (
                false,
                true,
                known(7, 9),
                Mode::Condstore {
                    since: ModSeq::new(9),
                },
            ),
            (false, false, known(7, 9), Mode::Plain),
            (false, false, known(0, 0), Mode::Plain),
        ] {
            assert_eq!(Mode::choose(has_qresync, has_condstore, &cache), expected);
        }
    }
}
