//! The loop: receive everything that waits, update, carry out, draw once. A key is drawn at once; news from behind are
//! drawn at most every frame.

use std::path::Path;
use std::process::ExitStatus;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crossbeam_channel::{Receiver, Sender, never, unbounded};

use crate::app::model::Model;
use crate::app::update;
use crate::channel::event::Event;
use crate::channel::operation::Ticket;
use crate::channel::signal::Signal;
use crate::cli::compose::Begun;
use crate::cli::exit::Exit;
use crate::cli::place::Place;
use crate::cli::run::Failure;
use crate::engine::peers::{Message, Peers};
use crate::mail::safe_text::SafeText;
use crate::runtime::editor::{self, Edited, Loan, Running};
use crate::runtime::effects::{Deed, Hands, News};
use crate::runtime::quitting;
use crate::runtime::recovery;
use crate::runtime::render::Answer;
use crate::runtime::settings::settings;
use crate::runtime::telling;
use crate::runtime::zone::Zone;
use crate::terminal::input::Input;
use crate::terminal::screen::Screen;
use crate::terminal::signals::{self, END_LIMIT, SignalThread};
use crate::ui;

/// Draws for news alone are at least this far apart: one frame of a 60 Hz screen.
const FRAME: Duration = Duration::from_millis(16);
/// Events taken before a draw; a flood must not keep the screen from moving.
const MOST_AT_ONCE: usize = 256;

/// Where everything that happens arrives.
struct Sources {
    events: Receiver<Event>,
    answers: Receiver<Answer>,
    messages: Receiver<Message>,
}

struct Loop<'a> {
    model: Model,
    hands: Hands,
    screen: &'a mut Screen,
    /// Where keys are read; `None` while another program reads them.
    input: Option<Input>,
    /// The mail that the user's own editor has, and the terminal with it.
    lent: Option<(Ticket, Running)>,
    events: Sender<Event>,
    signals: (Sender<Signal>, Receiver<Signal>),
    data: &'a Path,
    told_second: i64,
    zone: Zone,
    drawn_at: Instant,
    is_dirty: bool,
    is_urgent: bool,
}

/// Whether the loop goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    On,
    End,
}

/// Says why the screen cannot open here, in one line.
///
/// # Errors
/// There is no terminal, or one that cannot place its cursor.
pub fn check() -> Result<(), String> {
    crate::terminal::check()
}

/// Runs the screen until the user quits or the terminal goes; with a mail that is to be written, where there is one.
///
/// # Errors
/// A sentence for the user and the exit code: the store or the terminal failed.
pub fn run(place: &Place, begun: Option<Begun>) -> Result<(), Failure> {
    let (events, received) = unbounded();
    let (answers, answered) = unbounded();
    let (heard, messages) = unbounded();
    let (signals, asked) = unbounded();
    let store = recovery::open_store(place, &events)?;
    let peers = Peers::open(&place.paths.runtime).ok();
    if let Some(listener) = peers.as_ref().and_then(|peers| peers.listener().ok()) {
        telling::listen(listener, heard);
    }
    let model = Model::new(settings(place, &store));
    let hands = Hands::new(place, store, &events, answers, peers)?;
    crate::terminal::panics::install();
    let mut screen = Screen::enter(place.ui.mouse).map_err(no_terminal)?;
    let _signals =
        SignalThread::start(signals.clone(), events.clone(), END_LIMIT).map_err(no_terminal)?;
    let input = Input::start(events.clone(), signals.clone()).map_err(no_terminal)?;
    let (columns, rows) = screen.size().map_err(no_terminal)?;
    let sources = Sources {
        events: received,
        answers: answered,
        messages,
    };
    let mut running = Loop {
        model,
        hands,
        screen: &mut screen,
        input: Some(input),
        lent: None,
        events,
        signals: (signals, asked),
        data: &place.paths.data,
        told_second: 0,
        zone: Zone::default(),
        drawn_at: Instant::now(),
        is_dirty: true,
        is_urgent: true,
    };
    let ended = running
        .begin(columns, rows, begun)
        .and_then(|()| running.turn_until_end(&sources));
    let Loop {
        model,
        hands,
        input,
        ..
    } = running;
    // The terminal is given back first: whoever quits need not look at a screen that no longer answers.
    drop((input, screen));
    quitting::end(place, model, hands, &sources.events);
    ended.map_err(unavailable)
}

const fn unavailable(problem: String) -> Failure {
    Failure {
        text: problem,
        exit: Exit::Unavailable,
    }
}

fn no_terminal(error: std::io::Error) -> Failure {
    unavailable(terminal_failed(error))
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the signature that map_err wants"
)]
fn terminal_failed(error: std::io::Error) -> String {
    format!("the terminal failed: {error}")
}

impl Loop<'_> {
    fn begin(&mut self, columns: u16, rows: u16, begun: Option<Begun>) -> Result<(), String> {
        self.tell_time()?;
        self.update(Event::Resize { columns, rows })?;
        for effect in update::start(&mut self.model) {
            self.hands.carry_out(effect);
        }
        self.hands.recover(self.data);
        if let Some(begun) = begun {
            self.update(Event::Compose {
                composition: Box::new(begun.mail),
                left_out: begun.left_out,
            })?;
        }
        Ok(())
    }

    fn turn_until_end(&mut self, sources: &Sources) -> Result<(), String> {
        loop {
            if self.is_to_draw() && (self.is_urgent || self.drawn_at.elapsed() >= FRAME) {
                self.draw()?;
            }
            let lent = self.lent.as_ref();
            let ended = lent.map_or_else(never, |(_, running)| running.ended().clone());
            let patience = self.wake_at().saturating_duration_since(Instant::now());
            let mut happened = Vec::new();
            crossbeam_channel::select! {
                recv(sources.events) -> event => happened.extend(event.ok().map(News::Own)),
                recv(sources.answers) -> answer => {
                    happened.extend(answer.ok().map(News::Answer));
                }
                recv(sources.messages) -> message => {
                    happened.extend(message.ok().map(News::Heard));
                }
                recv(ended) -> status => {
                    let lost = |_| Err(std::io::Error::other("nobody heard of it"));
                    if self.given_back(status.unwrap_or_else(lost))? == Flow::End {
                        return Ok(());
                    }
                }
                recv(self.signals.1) -> signal => match signal {
                    Ok(Signal::Resumed) => {
                        if self.lent.is_none() {
                            self.screen.reenter().map_err(terminal_failed)?;
                        }
                        self.hands.resumed();
                    }
                    Ok(Signal::Quit | Signal::TerminalGone) | Err(_) => return Ok(()),
                },
                default(patience) => {}
            }
            let waiting = sources.events.try_iter().take(MOST_AT_ONCE);
            let rung = self.hands.timers.rung(Instant::now()).into_iter();
            happened.extend(waiting.chain(rung.map(Event::Timer)).map(News::Own));
            for news in happened {
                if self.happened(news)? == Flow::End {
                    return Ok(());
                }
            }
        }
    }

    const fn is_to_draw(&self) -> bool {
        self.is_dirty && self.lent.is_none()
    }

    /// When the loop must look again although nothing comes.
    fn wake_at(&self) -> Instant {
        let far = Instant::now() + Duration::from_hours(1);
        let timer = self.hands.timers.next().unwrap_or(far);
        if self.is_to_draw() {
            timer.min(self.drawn_at + FRAME)
        } else {
            timer
        }
    }

    fn happened(&mut self, news: News) -> Result<Flow, String> {
        self.tell_time()?;
        self.is_urgent |= matches!(
            news,
            News::Own(Event::Key(_) | Event::Resize { .. } | Event::Mouse(_) | Event::Paste(_))
        );
        match self.hands.take_in(news) {
            Some(event) => self.update(event),
            None => Ok(Flow::On),
        }
    }

    fn update(&mut self, event: Event) -> Result<Flow, String> {
        self.is_dirty = true;
        let mut flow = Flow::On;
        for effect in update::update(&mut self.model, event) {
            match self.hands.carry_out(effect) {
                Some(Deed::Title(title)) => {
                    self.screen.set_title(&title).map_err(terminal_failed)?;
                }
                Some(Deed::Repaint) => self.screen.repaint().map_err(terminal_failed)?,
                Some(Deed::Suspend) => self.screen.suspend().map_err(terminal_failed)?,
                Some(Deed::Edit(ticket, loan)) => {
                    flow = self.lend(ticket, *loan)?;
                }
                Some(Deed::Quit) => flow = Flow::End,
                None => {}
            }
        }
        Ok(flow)
    }

    /// Lends the terminal to the user's own editor. Everything but the screen and the keys goes on meanwhile.
    fn lend(&mut self, ticket: Ticket, loan: Loan) -> Result<Flow, String> {
        if self.lent.is_some() {
            let remark = SafeText::own("not edited: the editor has another mail");
            return self.edited(
                ticket,
                Edited {
                    composition: None,
                    saved: None,
                    remark,
                },
            );
        }
        if let Some(input) = self.input.take() {
            input.stop();
        }
        self.screen.leave();
        signals::lend(true);
        match editor::start(self.data, loan) {
            Ok(running) => {
                self.lent = Some((ticket, running));
                Ok(Flow::On)
            }
            Err(edited) => {
                self.take_terminal()?;
                self.edited(ticket, edited)
            }
        }
    }

    /// The editor ended, and gives the terminal back.
    fn given_back(&mut self, status: std::io::Result<ExitStatus>) -> Result<Flow, String> {
        let Some((ticket, running)) = self.lent.take() else {
            return Ok(Flow::On);
        };
        let edited = running.finish(status, &self.hands.store);
        self.take_terminal()?;
        self.edited(ticket, edited)
    }

    fn edited(&mut self, ticket: Ticket, edited: Edited) -> Result<Flow, String> {
        self.is_urgent = true;
        self.update(Event::Edited {
            ticket,
            composition: edited.composition,
            saved: edited.saved,
            remark: edited.remark,
        })
    }

    /// Takes the terminal over again that another program had.
    fn take_terminal(&mut self) -> Result<(), String> {
        signals::lend(false);
        self.screen.reenter().map_err(terminal_failed)?;
        let (columns, rows) = self.screen.size().map_err(terminal_failed)?;
        let input = Input::start(self.events.clone(), self.signals.0.clone());
        self.input = Some(input.map_err(terminal_failed)?);
        self.update(Event::Resize { columns, rows })?;
        Ok(())
    }

    /// The model knows no clock: it is told when a second has passed since it was last told.
    fn tell_time(&mut self) -> Result<(), String> {
        let seconds = now();
        if seconds != self.told_second {
            self.told_second = seconds;
            let offset = self.zone.offset_at(seconds);
            self.update(Event::Now { seconds, offset })?;
        }
        Ok(())
    }

    fn draw(&mut self) -> Result<(), String> {
        let model = &self.model;
        self.screen
            .draw(|frame| ui::screen::draw(model, frame))
            .map_err(terminal_failed)?;
        self.drawn_at = Instant::now();
        (self.is_dirty, self.is_urgent) = (false, false);
        Ok(())
    }
}

/// Seconds since the epoch.
#[must_use]
pub fn now() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |now| i64::try_from(now.as_secs()).unwrap_or(i64::MAX))
}
