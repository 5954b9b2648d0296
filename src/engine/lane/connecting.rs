//! How a lane comes to its connection, and what it is when that ends.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{RecvError, SendError, bounded};

use crate::channel::error::RemoteError;
use crate::channel::event::Connection;
use crate::engine::lane::{End, Kind, Lane, defect};
use crate::engine::link::finish::protocol;
use crate::engine::places::Seat;
use crate::engine::{Order, opening};
use crate::mail::secret::Secret;
use crate::remote::session::Session;

/// A connection that held this long makes the next failure start from the shortest delay.
const HELD: Duration = Duration::from_secs(10);

/// A session, and the place that it has.
type Opened = (Session, Arc<Seat>);

impl Lane<'_> {
    /// Connects in a place of the account, and serves until the connection ends.
    pub(super) fn connect_and_serve(&mut self, seat: Arc<Seat>) -> Result<End, RemoteError> {
        let Some(secret) = self.secret.clone() else {
            return Ok(End::Superfluous);
        };
        if self.kind == Kind::Interactive {
            self.tell_state(Connection::Connecting);
        }
        self.standstill.look(None);
        self.is_shut_out = true;
        let (mut session, seat) = match self.open(&secret, seat)? {
            Ok(opened) => opened,
            Err(end) => return Ok(end),
        };
        (self.is_shut_out, self.is_shut_out_told) = (false, false);
        if self.standstill.look(None).is_some() {
            return Ok(End::Slept);
        }
        session.patience().set_clock(&self.setup.clock);
        session.patience().set_silence(self.setup.pace.silence);
        if self.kind == Kind::Interactive {
            self.other.send(Order::Accepted(secret));
        } else if self.other.is_serving() {
            self.room.note_scarce(false);
        }
        if !std::mem::take(&mut self.is_back) {
            self.submitter.inspect(|submitter| submitter.let_in());
        }
        let started = self.setup.clock.now();
        self.post.note_serving(true);
        let served = catch_unwind(AssertUnwindSafe(|| self.serve(session)))
            .unwrap_or_else(|_| Err(defect()));
        self.post.note_serving(false);
        drop(seat);
        if self.setup.clock.now() >= started + HELD {
            self.backoff.held();
        }
        served
    }

    /// Connects and logs in on a thread of its own, so that the lane hears orders meanwhile: whoever ends, or wants to be
    /// offline, does not wait for a server. An attempt that was given up ends by its own deadlines, and hangs up; until then
    /// it has its place.
    fn open(
        &mut self,
        secret: &Secret,
        seat: Arc<Seat>,
    ) -> Result<Result<Opened, End>, RemoteError> {
        let (sender, opened) = bounded(0);
        let (setup, secret) = (self.setup.clone(), secret.clone());
        std::thread::Builder::new()
            .name("opening".to_owned())
            .spawn(move || {
                let memory = setup.memory();
                let (settings, data) = (&setup.settings, &setup.locks);
                let spool = Some(setup.store.spool());
                let opened = opening::open(settings, data, spool, &secret, &memory, &mut |_| {});
                let unheard = sender.send(opened.map(|session| (session, seat))).err();
                if let Some(Ok((session, seat))) = unheard.map(SendError::into_inner) {
                    session.logout();
                    drop(seat);
                }
            })
            .map_err(|error| protocol(&format!("no thread for the connection: {error}")))?;
        loop {
            crossbeam_channel::select! {
                // A defect in a parser costs this connection, never the account: nothing is sent then.
                recv(opened) -> opened => return opened.unwrap_or_else(|_| Err(defect())).map(Ok),
                recv(self.orders) -> order => {
                    if self.is_wanted_elsewhere(order.as_ref()) {
                        return Ok(Err(End::Superfluous));
                    }
                    if !order.is_ok_and(|order| self.note(order)) {
                        return Ok(Err(End::Stop));
                    }
                    if !self.is_online {
                        return Ok(Err(End::Offline));
                    }
                }
            }
        }
    }

    /// Whether the bulk lane goes for an order while it is still on its way to the server.
    fn is_wanted_elsewhere(&self, order: Result<&Order, &RecvError>) -> bool {
        let is_asked = order == Ok(&Order::Lend) && self.kind == Kind::Bulk;
        is_asked && self.room.places().is_wanted(self.kind.place())
    }
}
