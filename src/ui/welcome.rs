//! The screen for the first start, when there is no configuration yet. It has no model: the runtime shows it and takes
//! `d` for the demo and `q` for the end.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use crate::app::model::Colours;
use crate::app::wrap::wrap;
use crate::config::ui_settings::UiSettings;
use crate::mail::safe_text::SafeText;
use crate::ui::paint::put;
use crate::ui::theme::Theme;

/// What to write, as short as it can be.
const SAMPLE: [&str; 5] = [
    "[accounts.home]",
    "name  = \"Anna Abel\"",
    "email = \"anna@example.org\"",
    "imap  = { host = \"imap.example.org\", port = 993, security = \"tls\" }",
    "smtp  = { host = \"smtp.example.org\", port = 465, security = \"tls\" }",
];

/// Draws the welcome; `path` is where the configuration was looked for.
pub fn draw(path: &SafeText, colours: Colours, frame: &mut Frame) {
    let theme = Theme::new(&UiSettings::default(), colours);
    let screen = frame.area();
    if screen.width < 40 || screen.height < 10 {
        put(frame, screen, 0, &Line::from("too small: d demo, q quit"));
        return;
    }
    let width = screen.width.saturating_sub(4).min(76);
    let lines = lines(path, usize::from(width), screen.height, &theme);
    let height = u16::try_from(lines.len())
        .unwrap_or(screen.height)
        .min(screen.height);
    let place = Rect {
        x: screen.x + (screen.width - width) / 2,
        y: screen.y + (screen.height - height) / 3,
        width,
        height,
    };
    for (row, line) in lines.iter().enumerate() {
        put(frame, place, row, line);
    }
}

fn lines(path: &SafeText, width: usize, height: u16, theme: &Theme) -> Vec<Line<'static>> {
    let mut lines = vec![Line::from(Span::styled(
        "Sterna",
        theme.accent.add_modifier(Modifier::BOLD),
    ))];
    let roomy = height >= 22;
    let blank = |lines: &mut Vec<Line<'static>>| {
        if roomy {
            lines.push(Line::default());
        }
    };
    blank(&mut lines);
    text(
        &mut lines,
        "There is no configuration yet. It was looked for here:",
        width,
        theme.text,
    );
    text(&mut lines, path.as_str(), width, theme.unread);
    blank(&mut lines);
    lines.push(key(
        "d",
        "look around in the demo: sample mail, nothing leaves this machine",
        width,
        theme,
    ));
    lines.push(key("q", "quit", width, theme));
    blank(&mut lines);
    if height < 16 {
        let short =
            "To read your own mail, write this file (the README shows how) and start again.";
        text(&mut lines, short, width, theme.text);
        return lines;
    }
    let long = "To read your own mail, write this file with your servers, then start again:";
    text(&mut lines, long, width, theme.text);
    blank(&mut lines);
    for line in SAMPLE {
        let cut = crate::ui::fit::cut(&SafeText::line(line), width.saturating_sub(2));
        lines.push(Line::from(vec![
            Span::raw("  "),
            Span::styled(cut, theme.code),
        ]));
    }
    blank(&mut lines);
    let after = "Sterna asks for the password and keeps it in memory. With password-command = [\"pass\", \"show\", \"mail\"] it asks your password manager instead.";
    text(&mut lines, after, width, theme.faint);
    lines
}

fn text(lines: &mut Vec<Line<'static>>, words: &str, width: usize, style: Style) {
    for piece in wrap(&SafeText::line(words), width, 3) {
        lines.push(Line::from(Span::styled(piece.as_str().to_owned(), style)));
    }
}

fn key(key: &'static str, words: &'static str, width: usize, theme: &Theme) -> Line<'static> {
    let words = crate::ui::fit::cut(&SafeText::line(words), width.saturating_sub(5));
    Line::from(vec![
        Span::raw("  "),
        Span::styled(key, theme.accent.add_modifier(Modifier::BOLD)),
        Span::raw("  "),
        Span::styled(words, theme.text),
    ])
}
