//! `--picture`: one screen as text, after everything that was on its way has arrived. The picture in the README is made
//! of it.

use std::io::Write;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, unbounded};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;

use crate::app::model::Model;
use crate::app::update;
use crate::channel::event::{Connection, Event};
use crate::cli::args::Picture;
use crate::cli::exit::Exit;
use crate::cli::place::Place;
use crate::cli::run::Failure;
use crate::runtime::effects::{Hands, News};
use crate::runtime::quitting;
use crate::runtime::render::Answer;
use crate::runtime::screen::now;
use crate::runtime::settings::settings;
use crate::runtime::svg;
use crate::runtime::zone::Zone;
use crate::ui;

/// The screen counts as settled when nothing has come for this long after the account went online.
const QUIET: Duration = Duration::from_millis(300);
/// A screen that never settles is drawn all the same.
const PATIENCE: Duration = Duration::from_secs(20);

/// Draws one screen and prints it.
///
/// # Errors
/// A sentence and the exit code: the store failed, or the output is closed.
pub fn run(place: &Place, size: Picture, is_svg: bool, out: &mut dyn Write) -> Result<(), Failure> {
    let (events, received) = unbounded();
    let (answers, answered) = unbounded();
    let store = place.open_store(events.clone())?;
    let model = Model::new(settings(place, &store));
    let hands = Hands::new(place, store, &events, answers, None)?;
    let mut sitting = Sitting { model, hands };
    sitting.begin(size);
    sitting.settle(&received, &answered, place.is_offline);
    let buffer =
        draw(&sitting.model, size).map_err(|problem| Failure::new(Exit::Unavailable, problem))?;
    let text = if is_svg {
        svg::image(&buffer)
    } else {
        text(&buffer)
    };
    let store = sitting.hands.finish(Instant::now() + quitting::PATIENCE);
    place.purge(&store);
    store.close();
    Ok(out.write_all(text.as_bytes())?)
}

/// A model at work without a terminal.
struct Sitting {
    model: Model,
    hands: Hands,
}

impl Sitting {
    fn begin(&mut self, size: Picture) {
        let seconds = now();
        self.take(Event::Now {
            seconds,
            offset: Zone::default().offset_at(seconds),
        });
        self.take(Event::Resize {
            columns: size.columns,
            rows: size.rows,
        });
        for effect in update::start(&mut self.model) {
            self.hands.carry_out(effect);
        }
    }

    fn take(&mut self, event: Event) {
        for effect in update::update(&mut self.model, event) {
            self.hands.carry_out(effect);
        }
    }

    fn settle(
        &mut self,
        events: &Receiver<Event>,
        answers: &Receiver<Answer>,
        mut is_online: bool,
    ) {
        let (until, mut heard_at) = (Instant::now() + PATIENCE, Instant::now());
        while Instant::now() < until && !(is_online && heard_at.elapsed() >= QUIET) {
            let news = crossbeam_channel::select! {
                recv(events) -> event => event.ok().map(News::Own),
                recv(answers) -> answer => answer.ok().map(News::Answer),
                default(Duration::from_millis(20)) => None,
            };
            for timer in self.hands.timers.rung(Instant::now()) {
                self.take(Event::Timer(timer));
            }
            let Some(news) = news else { continue };
            heard_at = Instant::now();
            is_online |= matches!(
                news,
                News::Own(Event::Connection {
                    state: Connection::Online,
                    ..
                })
            );
            if let Some(event) = self.hands.take_in(news) {
                self.take(event);
            }
        }
    }
}

fn draw(model: &Model, size: Picture) -> Result<Buffer, String> {
    let backend = TestBackend::new(size.columns, size.rows);
    let mut terminal = Terminal::new(backend).map_err(|error| error.to_string())?;
    terminal
        .draw(|frame| ui::screen::draw(model, frame))
        .map_err(|error| error.to_string())?;
    Ok(terminal.backend().buffer().clone())
}

/// The cells as lines of text, without trailing blanks.
fn text(buffer: &Buffer) -> String {
    let mut text = String::new();
    for y in buffer.area.top()..buffer.area.bottom() {
        let mut line = String::new();
        let mut covered = 0_u16;
        for x in buffer.area.left()..buffer.area.right() {
            if covered > 0 {
                covered -= 1; // The second column of a wide character.
                continue;
            }
            let symbol = buffer.cell((x, y)).map_or(" ", |cell| cell.symbol());
            covered = u16::try_from(unicode_width::UnicodeWidthStr::width(symbol))
                .unwrap_or(1)
                .saturating_sub(1);
            line.push_str(symbol);
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
