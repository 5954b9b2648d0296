//! The lock of the account: who has it serves.

use crossbeam_channel::bounded;

use crate::channel::event::Connection;
use crate::engine::lane::Lane;
use crate::engine::link::finish::protocol;
use crate::engine::lock::{self, Lock};

impl Lane<'_> {
    /// Takes the account's lock, or waits for it; `None` for the end.
    pub(super) fn take_lock(&mut self) -> Option<Lock> {
        match lock::try_take(&self.setup.locks, self.setup.account) {
            Ok(Some(lock)) => return Some(lock),
            Ok(None) => self.tell_state(Connection::Elsewhere),
            Err(error) => self.tell_lock_failed(&error),
        }
        let (sender, taken) = bounded(1);
        let (directory, account) = (self.setup.locks.clone(), self.setup.account);
        // Waiting in the kernel: no wake-ups, and the lock is ours the moment its holder dies.
        let waiter = std::thread::Builder::new()
            .name("lock".to_owned())
            .spawn(move || {
                let _ = sender.send(lock::wait_for(&directory, account));
            });
        waiter.ok()?;
        loop {
            crossbeam_channel::select! {
                recv(taken) -> lock => match lock.ok()? {
                    Ok(lock) => return Some(lock),
                    Err(error) => self.tell_lock_failed(&error),
                },
                recv(self.orders) -> order => if !self.note(order.ok()?) { return None },
            }
        }
    }

    fn tell_lock_failed(&self, error: &std::io::Error) {
        self.tell_state(Connection::Offline {
            error: protocol(&format!("the lock file: {error}")),
            retry_seconds: None,
        });
    }
}
