//! A small client that shows what it receives, until something ends it.

use std::io::Write as _;
use std::time::Duration;

use crossbeam_channel::{never, select, unbounded};
use sterna::channel::event::Event;
use sterna::channel::signal::Signal;
use sterna::mail::safe_text::SafeText;
use sterna::terminal::input::Input;
use sterna::terminal::panics;
use sterna::terminal::screen::Screen;
use sterna::terminal::signals::{self, SignalThread};

/// Shows what it receives until something ends it; says what that was.
pub fn play(part: &str) -> &'static str {
    let (events, incoming) = unbounded();
    let (told, turns) = unbounded();
    panics::install();
    // `deaf` stands for a process that nobody tells of the end: only the input thread can notice.
    let limit = match part {
        "stuck" => Duration::from_millis(300),
        _ => signals::END_LIMIT,
    };
    let listener =
        (part != "deaf").then(|| SignalThread::start(told.clone(), events.clone(), limit).unwrap());
    let turns = if part == "stuck" { never() } else { turns };
    let mut screen = Screen::enter(true).unwrap();
    let mut input = Input::start(events.clone(), told.clone()).unwrap();
    let (mut n, mut lines) = (0, vec!["ready".to_owned()]);
    let why = loop {
        let drawn = screen.draw(|frame| {
            let text = lines.join("\n");
            frame.render_widget(ratatui::widgets::Paragraph::new(text), frame.area());
        });
        // The deaf one may be at it still when its terminal dies; here the input thread has to tell.
        if drawn.is_err() && part != "deaf" {
            break "drawing failed";
        }
        select! {
            recv(turns) -> turn => match turn.unwrap() {
                Signal::Quit => break "asked to quit",
                Signal::TerminalGone => break "terminal gone",
                // Of a terminal that dies SIGCONT may be told before SIGHUP: it cannot be entered any more.
                Signal::Resumed if screen.reenter().is_err() => break "drawing failed",
                Signal::Resumed => lines.push("resumed".to_owned()),
            },
            recv(incoming) -> event => {
                n += 1;
                let event = event.unwrap();
                match key(&event).as_str() {
                    "q" => break "q",
                    "P" => panic!("planted"),
                    "ctrl-z" => screen.suspend().unwrap(),
                    "t" => screen.set_title(&SafeText::line("a\u{1b}\\b")).unwrap(),
                    "w" => drop(std::thread::spawn(|| panic!("in a worker")).join()),
                    "e" => {
                        input.stop();
                        lines.push(read_outside(&mut screen));
                        input = Input::start(events.clone(), told.clone()).unwrap();
                    }
                    _ => {}
                }
                lines.push(format!("{n} {}", named(&event)));
                if lines.len() > 8 { lines.remove(0); }
            }
        }
    };
    drop(screen);
    drop(listener);
    why
}

fn key(event: &Event) -> String {
    match event {
        Event::Key(key) => key.to_string(),
        _ => String::new(),
    }
}

fn named(event: &Event) -> String {
    match event {
        Event::Key(key) => format!("key {key}"),
        Event::Paste(text) => format!("paste {} {}", text.len(), text.lines().count()),
        Event::Resize { columns, rows } => format!("size {columns} {rows}"),
        other => format!("{other:?}"),
    }
}

/// A line typed while the terminal is given back.
fn read_outside(screen: &mut Screen) -> String {
    screen.leave();
    print!("outside");
    std::io::stdout().flush().unwrap();
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    screen.reenter().unwrap();
    format!("read {}", line.trim())
}
