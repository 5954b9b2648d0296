//! The loop: receive everything that waits, update, carry out, draw once. A key is drawn at once; news from behind are
//! drawn at most every frame.

use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crossbeam_channel::{Receiver, Sender, unbounded};

use crate::app::model::{Colours, Model, Settings};
use crate::app::update;
use crate::channel::draft::DraftId;
use crate::channel::event::Event;
use crate::channel::operation::Ticket;
use crate::channel::signal::Signal;
use crate::cli::exit::Exit;
use crate::cli::place::Place;
use crate::cli::run::Failure;
use crate::engine::peers::{Message, Peers};
use crate::mail::composition::Composition;
use crate::mail::safe_text::SafeText;
use crate::runtime::editor::{self, Ended};
use crate::runtime::effects::{Deed, Hands, News};
use crate::runtime::quitting;
use crate::runtime::recovery;
use crate::runtime::render::Answer;
use crate::runtime::telling;
use crate::runtime::writing::identities;
use crate::runtime::zone::Zone;
use crate::store::Store;
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
pub fn run(place: &Place, begun: Option<Composition>) -> Result<(), Failure> {
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
        mut model,
        mut hands,
        input,
        ..
    } = running;
    // The terminal is given back first: whoever quits need not look at a screen that no longer answers.
    drop((input, screen));
    let until = Instant::now() + quitting::PATIENCE;
    quitting::keep(&mut model, &mut hands, &sources.events, until);
    let n_left = quitting::drain(&mut hands, &sources.events, until);
    let mails = quitting::mails(&hands);
    let store = hands.finish(until);
    place.purge(&store);
    store.close();
    if !place.is_demo {
        quitting::tell(n_left, mails); // What the demo holds goes with it.
    }
    ended.map_err(unavailable)
}

const fn unavailable(problem: String) -> Failure {
    Failure {
        text: problem,
        exit: Exit::Unavailable,
    }
}

/// What the model is built from.
#[must_use]
pub fn settings(place: &Place, store: &Store) -> Settings {
    let accounts = place.accounts.iter().filter_map(|settings| {
        let account = store.account(&settings.name)?;
        Some((account, SafeText::line(&settings.name)))
    });
    Settings {
        accounts: accounts.collect(),
        ui: place.ui.clone(),
        banner: place
            .is_demo
            .then(|| SafeText::line("Demo: nothing leaves this machine")),
        colours: colours(),
        offline: place.is_offline,
        downloads: place.downloads(),
        metered: place.metered(store),
        identities: place
            .numbered(store)
            .into_iter()
            .flat_map(|(account, settings)| {
                let own = identities(settings).into_iter();
                own.map(move |identity| (account, identity))
            })
            .collect(),
        online_only: place.online_only(store),
    }
}

/// What the environment says of colours: none by <https://no-color.org>, all where `COLORTERM` promises them.
#[must_use]
pub fn colours() -> Colours {
    if std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) {
        return Colours::None;
    }
    match std::env::var("COLORTERM").as_deref() {
        Ok("truecolor" | "24bit") => Colours::True,
        _ => Colours::Palette,
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
    fn begin(&mut self, columns: u16, rows: u16, begun: Option<Composition>) -> Result<(), String> {
        self.tell_time()?;
        self.update(Event::Resize { columns, rows })?;
        for effect in update::start(&mut self.model) {
            self.hands.carry_out(effect);
        }
        self.hands.recover(self.data);
        if let Some(composition) = begun {
            self.update(Event::Compose(Box::new(composition)))?;
        }
        Ok(())
    }

    fn turn_until_end(&mut self, sources: &Sources) -> Result<(), String> {
        loop {
            if self.is_dirty && (self.is_urgent || self.drawn_at.elapsed() >= FRAME) {
                self.draw()?;
            }
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
                recv(self.signals.1) -> signal => match signal {
                    Ok(Signal::Resumed) => {
                        self.screen.reenter().map_err(terminal_failed)?;
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

    /// When the loop must look again although nothing comes.
    fn wake_at(&self) -> Instant {
        let far = Instant::now() + Duration::from_hours(1);
        let timer = self.hands.timers.next().unwrap_or(far);
        if self.is_dirty {
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
                Some(Deed::Edit(ticket, draft, composition)) => {
                    let edited = self.lend(ticket, draft, &composition)?;
                    flow = edited.map_or(Ok(Flow::End), |event| self.update(event))?;
                }
                Some(Deed::Quit) => flow = Flow::End,
                None => {}
            }
        }
        Ok(flow)
    }

    /// Lends the terminal to the user's own editor; what became of the mail, `None` where the end came first.
    fn lend(
        &mut self,
        ticket: Ticket,
        draft: Option<DraftId>,
        composition: &Composition,
    ) -> Result<Option<Event>, String> {
        if let Some(input) = self.input.take() {
            input.stop();
        }
        self.screen.leave();
        signals::lend(true);
        let ended = editor::edit(
            self.data,
            &self.hands.store,
            draft,
            composition,
            &self.signals.1,
        );
        signals::lend(false);
        let Ended::Edited {
            composition,
            remark,
        } = ended
        else {
            return Ok(None);
        };
        self.screen.reenter().map_err(terminal_failed)?;
        let (columns, rows) = self.screen.size().map_err(terminal_failed)?;
        let input = Input::start(self.events.clone(), self.signals.0.clone());
        self.input = Some(input.map_err(terminal_failed)?);
        self.update(Event::Resize { columns, rows })?;
        Ok(Some(Event::Edited {
            ticket,
            composition,
            remark,
        }))
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
