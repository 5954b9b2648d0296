//! Which commands are on their way, and what may be written now. Pure: no socket, no clock.
//!
//! Three things make those behind wait: a literal that the server must first ask for, IDLE, and COMPRESS.

use std::collections::VecDeque;

use crate::remote::command::{Command, Hold, Piece, Tag};
use crate::remote::strategy::capability::Capabilities;
use crate::remote::strategy::quirks;

/// What holds back the commands in the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Barrier {
    /// Nothing.
    None,
    /// The server must ask (`+`) before these pieces follow.
    Literal { tag: Tag, rest: VecDeque<Piece> },
    /// IDLE is written, its `+` has not come; `end` when it is to be ended at once.
    IdleAsked { tag: Tag, end: bool },
    /// IDLE is on.
    Idling { tag: Tag },
    /// COMPRESS is written; its answer decides how what follows is sent.
    Compress { tag: Tag },
}

/// A command on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Flight {
    tag: Tag,
    is_idle: bool,
}

/// Queue, flight and output of one connection.
#[derive(Debug)]
pub(crate) struct Pipeline {
    n_tags: u32,
    queue: VecDeque<(Tag, Command)>,
    flight: Vec<Flight>,
    barrier: Barrier,
    /// IDLE commands still in the queue that are to be ended as soon as they begin.
    end_when_begun: Option<Tag>,
    out: Vec<u8>,
    n_written: usize,
}

/// Bytes of output that are enough; the queue waits for the socket.
const ENOUGH: usize = 64 * 1024;

impl Pipeline {
    pub(crate) const fn new() -> Self {
        Self {
            n_tags: 0,
            queue: VecDeque::new(),
            flight: Vec::new(),
            barrier: Barrier::None,
            end_when_begun: None,
            out: Vec::new(),
            n_written: 0,
        }
    }

    /// Queues a command and names it.
    pub(crate) fn send(&mut self, command: Command) -> Tag {
        self.n_tags = self.n_tags.wrapping_add(1);
        let tag = Tag::new(self.n_tags);
        self.queue.push_back((tag, command));
        tag
    }

    /// Commands without an answer, those in the queue included.
    pub(crate) fn in_flight(&self) -> usize {
        self.flight.len() + self.queue.len()
    }

    /// Whether an answer is due: something other than a running IDLE is on its way.
    pub(crate) fn awaits_answer(&self) -> bool {
        let is_idling = matches!(self.barrier, Barrier::Idling { .. });
        self.flight
            .iter()
            .any(|flight| !(flight.is_idle && is_idling))
    }

    /// Ends IDLE: the running one, or the one that was asked for or queued last. Nothing without one.
    pub(crate) fn end_idle(&mut self) {
        match &mut self.barrier {
            Barrier::Idling { .. } => self.done(),
            Barrier::IdleAsked { end, .. } => *end = true,
            Barrier::None | Barrier::Literal { .. } | Barrier::Compress { .. } => {
                let queued = self
                    .queue
                    .iter()
                    .rev()
                    .find(|(_, command)| command.hold() == Hold::Idle);
                self.end_when_begun = queued.map(|(tag, _)| *tag);
            }
        }
    }

    /// Writes DONE; what waits behind may go in the same write, since the server reads lines in order.
    fn done(&mut self) {
        self.out.extend_from_slice(b"DONE\r\n");
        self.barrier = Barrier::None;
    }

    /// Moves from the queue to the output what may go, and gives what is to be written; `on_sent` sees each command.
    pub(crate) fn output(
        &mut self,
        capabilities: &Capabilities,
        mut on_sent: impl FnMut(Tag, &Command),
    ) -> &[u8] {
        while self.barrier == Barrier::None && self.out.len() - self.n_written < ENOUGH {
            let Some((tag, command)) = self.queue.pop_front() else {
                break;
            };
            on_sent(tag, &command);
            let hold = command.hold();
            let is_idle = hold == Hold::Idle;
            self.flight.push(Flight { tag, is_idle });
            self.out.extend_from_slice(format!("{tag} ").as_bytes());
            self.write(tag, command.into_pieces().into(), capabilities);
            match hold {
                Hold::None => {}
                Hold::Idle => {
                    let end = self.end_when_begun == Some(tag);
                    self.barrier = Barrier::IdleAsked { tag, end };
                }
                Hold::Compress => self.barrier = Barrier::Compress { tag },
            }
        }
        self.out.get(self.n_written..).unwrap_or_default()
    }

    fn write(&mut self, tag: Tag, mut pieces: VecDeque<Piece>, capabilities: &Capabilities) {
        while let Some(piece) = pieces.pop_front() {
            match piece {
                Piece::Line(bytes) => self.out.extend_from_slice(&bytes),
                Piece::Literal(bytes) => {
                    if may_follow_at_once(bytes.len(), capabilities) {
                        self.out
                            .extend_from_slice(format!("{{{}+}}\r\n", bytes.len()).as_bytes());
                        self.out.extend_from_slice(&bytes);
                    } else {
                        self.out
                            .extend_from_slice(format!("{{{}}}\r\n", bytes.len()).as_bytes());
                        // Behind the `+` the literal is bytes like any other.
                        pieces.push_front(Piece::Line(bytes));
                        self.barrier = Barrier::Literal { tag, rest: pieces };
                        return;
                    }
                }
            }
        }
        self.out.extend_from_slice(b"\r\n");
    }

    /// So many bytes of the output are written.
    pub(crate) fn written(&mut self, n: usize) {
        self.n_written += n;
        if self.n_written >= self.out.len() {
            self.out.clear();
            self.n_written = 0;
        }
    }

    /// Whether bytes wait for the socket.
    pub(crate) fn has_output(&self) -> bool {
        self.n_written < self.out.len()
    }

    /// Whether nothing is on its way and nothing waits.
    pub(crate) fn is_quiet(&self) -> bool {
        self.in_flight() == 0 && !self.has_output() && self.barrier == Barrier::None
    }

    /// The server said `+`: true when it means that IDLE has begun.
    pub(crate) fn on_continue(&mut self, capabilities: &Capabilities) -> bool {
        match std::mem::replace(&mut self.barrier, Barrier::None) {
            Barrier::Literal { tag, rest } => {
                self.write(tag, rest, capabilities);
                false
            }
            Barrier::IdleAsked { tag, end } => {
                if end {
                    self.done();
                } else {
                    self.barrier = Barrier::Idling { tag };
                }
                true
            }
            // A stray `+` means nothing.
            other => {
                self.barrier = other;
                false
            }
        }
    }

    /// A command has ended: false when none of that tag is on its way.
    pub(crate) fn on_done(&mut self, tag: Tag) -> bool {
        let Some(at) = self.flight.iter().position(|flight| flight.tag == tag) else {
            return false;
        };
        self.flight.remove(at);
        let is_barrier = match &self.barrier {
            Barrier::Literal { tag: held, .. }
            | Barrier::IdleAsked { tag: held, .. }
            | Barrier::Idling { tag: held }
            | Barrier::Compress { tag: held } => *held == tag,
            Barrier::None => false,
        };
        if is_barrier {
            // Refused before its end: what was held back of it is not sent.
            self.barrier = Barrier::None;
        }
        true
    }
}

fn may_follow_at_once(n_bytes: usize, capabilities: &Capabilities) -> bool {
    (capabilities.has("LITERAL+") && n_bytes <= quirks::LITERAL_PLUS_LIMIT)
        || (capabilities.has("LITERAL-") && n_bytes <= quirks::LITERAL_MINUS_LIMIT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::command::{idle, select};
    use crate::remote::wire::deflate;

    fn capabilities(names: &[&str], disable: &[&str]) -> Capabilities {
        let owned = |names: &[&str]| {
            names
                .iter()
                .map(|&name| name.to_owned())
                .collect::<Vec<_>>()
        };
        Capabilities::new(&owned(names), &owned(disable))
    }

    /// What may be written now; literals as their length.
    fn output(pipeline: &mut Pipeline, capabilities: &Capabilities) -> String {
        let bytes = pipeline.output(capabilities, |_, _| {}).to_vec();
        pipeline.written(bytes.len());
        let text = String::from_utf8(bytes).unwrap();
        let mut parts: Vec<String> = Vec::new();
        for part in text.split("\r\n") {
            let letters = part.chars().take_while(|c| *c == 'x').count();
            parts.push(match letters {
                0 => part.to_owned(),
                n => format!("<{n}>{}", &part[n..]),
            });
        }
        parts.join("|")
    }

    fn literal(n: usize) -> Command {
        Command::new("X").literal(vec![b'x'; n]).unwrap().text(" Y")
    }

    #[test]
    fn a_literal_goes_with_what_is_behind_it_where_the_server_takes_it_unasked() {
        let (plus, minus) = (
            capabilities(&["LITERAL+"], &[]),
            capabilities(&["LITERAL-"], &[]),
        );
        let both = capabilities(&["LITERAL-", "LITERAL+"], &[]);
        let none = capabilities(&[], &[]);
        let off = capabilities(&["LITERAL-", "LITERAL+"], &["LITERAL+", "LITERAL-"]);
        for (n, capabilities, goes) in [
            (4096, &plus, true),
            (100_000, &plus, true),
            (100_001, &plus, false),
            (4096, &minus, true),
            (4097, &minus, false),
            (4097, &both, true),
            (1, &none, false),
            (1, &off, false),
        ] {
            let mut pipeline = Pipeline::new();
            pipeline.send(literal(n));
            pipeline.send(select::noop());
            if goes {
                let expected = format!("S1 X {{{n}+}}|<{n}> Y|S2 NOOP|");
                let mut all = output(&mut pipeline, capabilities);
                if all.ends_with("Y|") {
                    all += &output(&mut pipeline, capabilities); // Enough was written for once.
                }
                assert_eq!(all, expected, "{n} {capabilities:?}");
                assert!(
                    !pipeline.on_continue(capabilities),
                    "a stray + changes nothing"
                );
                assert_eq!(output(&mut pipeline, capabilities), "");
            } else {
                assert_eq!(
                    output(&mut pipeline, capabilities),
                    format!("S1 X {{{n}}}|")
                );
                assert_eq!(output(&mut pipeline, capabilities), "");
                assert!(!pipeline.on_continue(capabilities));
                let mut all = output(&mut pipeline, capabilities);
                if all.ends_with("Y|") {
                    all += &output(&mut pipeline, capabilities);
                }
                assert_eq!(all, format!("<{n}> Y|S2 NOOP|"), "{n} {capabilities:?}");
            }
            assert_eq!(pipeline.in_flight(), 2);
        }
    }

    #[test]
    fn each_literal_of_a_command_is_asked_for_and_a_refusal_ends_it() {
        let none = capabilities(&[], &[]);
        let two = || literal(3).literal(b"xx".to_vec()).unwrap();
        let mut pipeline = Pipeline::new();
        pipeline.send(two());
        let refused = pipeline.send(two());
        pipeline.send(select::noop());
        assert_eq!(output(&mut pipeline, &none), "S1 X {3}|");
        pipeline.on_continue(&none);
        assert_eq!(output(&mut pipeline, &none), "<3> Y {2}|");
        pipeline.on_continue(&none);
        assert_eq!(output(&mut pipeline, &none), "<2>|S2 X {3}|");
        pipeline.on_continue(&none);
        assert_eq!(output(&mut pipeline, &none), "<3> Y {2}|");
        assert!(pipeline.on_done(refused));
        assert_eq!(output(&mut pipeline, &none), "S3 NOOP|");
        assert_eq!(pipeline.in_flight(), 2);
    }

    #[test]
    fn idle_and_compress_hold_back_what_is_behind_them() {
        let none = capabilities(&[], &[]);
        let mut pipeline = Pipeline::new();
        let compress = pipeline.send(deflate::compress());
        pipeline.send(idle::idle());
        pipeline.send(literal(1));
        assert_eq!(output(&mut pipeline, &none), "S1 COMPRESS DEFLATE|");
        assert!(!pipeline.on_continue(&none));
        assert_eq!(output(&mut pipeline, &none), "");
        assert!(pipeline.on_done(compress));
        assert_eq!(output(&mut pipeline, &none), "S2 IDLE|");
        assert!(pipeline.awaits_answer());
        assert!(pipeline.on_continue(&none), "IDLE has begun");
        assert!(!pipeline.awaits_answer());
        pipeline.end_idle();
        assert_eq!(output(&mut pipeline, &none), "DONE|S3 X {1}|");
    }
}
