//! Wakes a thread that waits in `poll`: another thread does so, or the machine when it has slept.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::time::Instant;

use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, timerfd_create, timerfd_settime,
};

/// Interrupts a wait, from another thread or because the machine's clock was set. Clones wake the same waiter.
#[derive(Debug, Clone)]
pub struct Waker(Arc<Descriptors>);

#[derive(Debug)]
struct Descriptors {
    /// Is readable as soon as one of the others is.
    all: OwnedFd,
    event: OwnedFd,
    /// Rings when the clock on the wall is set, as it is after a suspend: waits do not go on while a machine sleeps, and
    /// five minutes of IDLE would not be over for that much longer. `None` where the system has no such timer.
    clock_set: Option<OwnedFd>,
}

impl Waker {
    /// Makes a waker.
    ///
    /// # Errors
    /// The process has no descriptor left.
    pub fn new() -> io::Result<Self> {
        let all = epoll::create(CreateFlags::CLOEXEC)?;
        let event = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        epoll::add(&all, &event, EventData::new_u64(0), EventFlags::IN)?;
        let clock_set = clock_set().ok();
        if let Some(timer) = &clock_set {
            epoll::add(&all, timer, EventData::new_u64(1), EventFlags::IN)?;
        }
        Ok(Self(Arc::new(Descriptors {
            all,
            event,
            clock_set,
        })))
    }

    /// Wakes the waiter, now or at its next wait. Never blocks.
    pub fn wake(&self) {
        // A full counter means that a wake-up is already pending.
        let _ = rustix::io::write(&self.0.event, &1_u64.to_ne_bytes());
    }

    /// Forgets the wake-ups so far; called by the waiter before it looks at what there is to do.
    pub fn drain(&self) {
        let _ = rustix::io::read(&self.0.event, &mut [0_u8; 8]);
        if let Some(timer) = &self.0.clock_set {
            // It says ECANCELED, once for each time that the clock was set.
            let _ = rustix::io::read(timer, &mut [0_u8; 8]);
        }
    }

    /// Waits until it is rung, at most until then; `None` waits for ever.
    ///
    /// # Errors
    /// The system cannot wait.
    pub fn wait(&self, until: Option<Instant>) -> io::Result<()> {
        let left = until.map(|until| until.saturating_duration_since(Instant::now()));
        let timeout = left.and_then(|left| Timespec::try_from(left).ok());
        match poll(&mut [PollFd::new(self, PollFlags::IN)], timeout.as_ref()) {
            // A signal: the caller looks again.
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl AsFd for Waker {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.all.as_fd()
    }
}

/// A timer that never rings by itself.
fn clock_set() -> io::Result<OwnedFd> {
    let flags = TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK;
    let timer = timerfd_create(TimerfdClockId::Realtime, flags)?;
    let never = Itimerspec {
        it_interval: Timespec::default(),
        it_value: Timespec {
            tv_sec: i64::MAX / 1_000_000_000,
            tv_nsec: 0,
        },
    };
    timerfd_settime(
        &timer,
        TimerfdTimerFlags::ABSTIME | TimerfdTimerFlags::CANCEL_ON_SET,
        &never,
    )?;
    Ok(timer)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_waker_that_was_rung_ends_the_next_wait_and_a_drained_one_waits_its_time() {
        let waker = Waker::new().unwrap();
        assert!(waker.0.clock_set.is_some());
        waker.clone().wake();
        waker.wake();
        waker.wait(None).unwrap();
        waker.drain();
        let until = Instant::now() + Duration::from_millis(20);
        while Instant::now() < until {
            waker.wait(Some(until)).unwrap();
            let is_rung = poll(
                &mut [PollFd::new(&waker, PollFlags::IN)],
                Some(&Timespec::default()),
            );
            assert_eq!(is_rung, Ok(0), "nobody rang");
        }
    }
}
