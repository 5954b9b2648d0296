//! How long a message may keep its reader busy. Loops whose length a message decides call [`check`]; over its time, the
//! work is given up from wherever it is, by unwinding to whoever set the time.
//!
//! The caps bound all work anyway; this is for what they forget. Without a time set, as in a sync, nothing is given up.

use std::cell::Cell;
use std::panic::resume_unwind;
use std::time::{Duration, Instant};

/// Looks between two looks at the clock.
const STRIDE: u32 = 64;

thread_local! {
    static UNTIL: Cell<Option<Instant>> = const { Cell::new(None) };
    static N_LOOKS: Cell<u32> = const { Cell::new(0) };
}

/// What unwinds when the time is over.
#[derive(Debug)]
pub struct TooLong;

/// Puts back what was set before, however the work ends.
struct Before(Option<Instant>);

impl Drop for Before {
    fn drop(&mut self) {
        UNTIL.set(self.0);
    }
}

/// Does work that may take so long, or as long as the work around it may still take. Unwinds with [`TooLong`] beyond that;
/// to be called inside of `catch_unwind`.
pub fn within<T>(time: Duration, work: impl FnOnce() -> T) -> T {
    let before = Before(UNTIL.get());
    let until = Instant::now() + time;
    UNTIL.set(Some(before.0.map_or(until, |outer| outer.min(until))));
    work()
}

/// Gives the work up if its time is over. Cheap: most calls only count.
pub fn check() {
    let n_looks = N_LOOKS.get().wrapping_add(1);
    N_LOOKS.set(n_looks);
    if n_looks.is_multiple_of(STRIDE) && UNTIL.get().is_some_and(|until| Instant::now() >= until) {
        resume_unwind(Box::new(TooLong));
    }
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    const SHORT: Duration = Duration::from_millis(20);
    const LONG: Duration = Duration::from_hours(1);

    fn for_ever() {
        loop {
            check();
        }
    }

    #[test]
    fn work_over_its_time_is_given_up() {
        let ended = catch_unwind(|| within(SHORT, for_ever));
        assert!(ended.unwrap_err().is::<TooLong>());
        // The inner time is that of the outer one, and ends with its work.
        let ended = catch_unwind(|| within(SHORT, || within(LONG, for_ever)));
        assert!(ended.unwrap_err().is::<TooLong>());
        within(LONG, || {
            assert!(catch_unwind(|| within(SHORT, for_ever)).is_err());
            (0..STRIDE * 3).for_each(|_| check());
        });
        assert_eq!(UNTIL.get(), None);
        (0..STRIDE * 3).for_each(|_| check());
    }
}
