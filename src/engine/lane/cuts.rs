//! Connections that end while a mailbox is read. Mostly that is the network; but there are servers whose process dies of
//! one damaged message, and each connection would end at the same place. Pure: what is known of one mailbox, and what is
//! to be done.

/// Connections in a row that brought nothing, before the mailbox is left alone.
const MOST_IN_VAIN: u32 = 5;
/// The same, those counted that brought something of a smaller question.
const MOST: u32 = 40;
/// Into so many pieces a command is cut that may have been fatal.
const PIECES: u64 = 16;

/// What is to be done about a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Try again; it may have been the network.
    Again,
    /// Do without the one message that was asked for.
    LeaveOut,
    /// Do without the mailbox.
    GiveUp,
}

/// The connections that ended while one mailbox was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cuts {
    n_all: u32,
    n_in_vain: u32,
    /// Headers of the mailbox that were here at the last one.
    n_headers: u64,
    at_once: Option<u64>,
}

impl Cuts {
    /// Notes that a connection has ended. So many headers are here, and the command that the server owed an answer to was
    /// about so many UIDs; `None` where that cannot be told.
    pub fn cut(&mut self, n_headers: u64, n_asked: Option<u64>) -> Verdict {
        let has_come = std::mem::replace(&mut self.n_headers, n_headers) != n_headers;
        if has_come {
            self.n_in_vain = 0;
        }
        // Many small questions went well, and they grew: it is the network, or another place.
        let small = self.at_once.filter(|_| has_come).zip(n_asked);
        if small.is_some_and(|(small, n)| n > small) {
            (self.at_once, self.n_all) = (None, 0);
        }
        if !has_come || self.at_once.is_some() {
            self.n_all = self.n_all.saturating_add(1);
        }
        self.n_in_vain = self.n_in_vain.saturating_add(1);
        let is_chance = self.n_in_vain == 1;
        match n_asked {
            _ if self.n_all > MOST => Verdict::GiveUp,
            Some(0 | 1) if !is_chance => {
                (self.n_in_vain, self.at_once) = (0, None);
                Verdict::LeaveOut
            }
            Some(n) if n > 1 && (self.at_once.is_some() || !is_chance) => {
                // A smaller question is another one.
                (self.n_in_vain, self.at_once) = (0, Some(n.div_ceil(PIECES)));
                Verdict::Again
            }
            _ if self.n_in_vain >= MOST_IN_VAIN => Verdict::GiveUp,
            _ => Verdict::Again,
        }
    }

    /// About how many UIDs one command may be at first; `None` for as many as usual.
    #[must_use]
    pub const fn at_once(&self) -> Option<u64> {
        self.at_once
    }

    /// The other lane has left the mailbox alone: one more time is enough.
    pub fn give_up(&mut self) {
        self.n_all = MOST;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_about_messages_is_given_up_after_a_few_times() {
        let mut cuts = Cuts::default();
        let verdicts = [(); 6].map(|()| cuts.cut(0, None));
        assert!(
            verdicts[..4]
                .iter()
                .all(|verdict| *verdict == Verdict::Again)
        );
        assert_eq!(verdicts[4..], [Verdict::GiveUp; 2]);
    }

    #[test]
    fn who_brings_something_each_time_is_the_network() {
        let mut cuts = Cuts::default();
        for n_headers in 1..=10 * u64::from(MOST) {
            assert_eq!(cuts.cut(n_headers, Some(500)), Verdict::Again);
            assert_eq!(cuts.at_once(), None);
        }
    }

    #[test]
    fn who_goes_on_behind_what_was_doubted_is_the_network_again() {
        let mut cuts = Cuts::default();
        let verdicts = [(); 2].map(|()| cuts.cut(0, Some(500)));
        assert_eq!((verdicts, cuts.at_once()), ([Verdict::Again; 2], Some(32)));
        for n_headers in 1..=10 * u64::from(MOST) {
            assert_eq!(cuts.cut(n_headers * 1_000, Some(500)), Verdict::Again);
        }
        assert_eq!(cuts.at_once(), None);
    }

    /// A server that dies of one message, asked for a gap of `n` of them from the newest end.
    #[test]
    fn one_message_is_found_in_a_few_connections() {
        for (n, bad) in [
            (1_u64, 1_u64),
            (2, 1),
            (2, 2),
            (500, 1),
            (500, 123),
            (500, 500),
        ] {
            let mut cuts = Cuts::default();
            let (mut high, mut n_cuts) = (n, 0);
            let left_out = loop {
                // What lies above the piece with the bad one comes each time.
                let width = cuts.at_once().unwrap_or(500);
                while high.saturating_sub(width) >= bad {
                    high -= width;
                }
                let n_asked = width.min(high);
                n_cuts += 1;
                match cuts.cut(n - high, Some(n_asked)) {
                    Verdict::Again => assert!(n_cuts < 12, "{bad} of {n}"),
                    Verdict::LeaveOut => break high,
                    Verdict::GiveUp => panic!("{bad} of {n} is given up"),
                }
            };
            assert_eq!(left_out, bad, "of {n}");
            assert!(n_cuts <= 8, "{bad} of {n}: {n_cuts}");
        }
    }

    #[test]
    fn there_is_an_end_of_it() {
        let mut cuts = Cuts::default();
        let n = (0..200).take_while(|_| cuts.cut(7, Some(500)) != Verdict::GiveUp);
        assert!(n.count() <= MOST as usize + 1);
        let mut cuts = Cuts::default();
        cuts.give_up();
        assert_eq!(cuts.cut(0, Some(500)), Verdict::GiveUp);
    }
}
