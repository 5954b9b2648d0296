//! IDLE. RFC 2177.

use std::io;

use crate::demo::dialect::oddity::Oddity;
use crate::demo::fault::FaultKind;
use crate::demo::reader::Heard;
use crate::demo::session::{Reply, Session};
use crate::demo::shared::Service;

impl Session {
    /// Tells changes as they happen until the client says DONE.
    pub(super) fn idle(&mut self) -> io::Result<Reply> {
        self.output.line("+ idling")?;
        self.n_idles += 1;
        if self.n_idles.is_multiple_of(2) && self.dialect.is_odd(Oddity::GoodbyeInIdle) {
            self.output.line("* Goodbye : idle timeout expired")?;
            self.output.flush()?;
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        loop {
            self.tell_news(true)?;
            if self.leaving {
                return Ok(Reply::ok("Done"));
            }
            self.output.flush()?;
            match self.reader.hear(&mut self.output, true)? {
                Heard::Change => {}
                Heard::Line(line) => {
                    let done = line.eq_ignore_ascii_case(b"DONE");
                    self.note(if done { "DONE" } else { "?" }, &line);
                    if !done {
                        return Ok(Reply::bad("Expected DONE"));
                    }
                    let drops = self
                        .shared
                        .faults(Service::Imap)
                        .of_command(self.link.number, "DONE", |_| true)
                        .iter()
                        .any(|kind| matches!(kind, FaultKind::DropOn { .. }));
                    if drops {
                        self.link.cut();
                    }
                    return Ok(Reply::ok("Done"));
                }
            }
        }
    }
}
