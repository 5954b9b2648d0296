//! A page without a model: a few lines in the middle of the screen, with keys that decide how it goes on.

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

/// Lines being put together for a page of a certain size.
pub struct Page {
    /// The colours.
    pub theme: Theme,
    /// Columns that a line may take.
    pub width: usize,
    /// Rows of the screen.
    pub height: u16,
    lines: Vec<Line<'static>>,
}

impl Page {
    /// Words, wrapped into at most three lines.
    pub fn text(&mut self, words: &str, style: Style) {
        for piece in wrap(&SafeText::line(words), self.width, 3) {
            let span = Span::styled(piece.as_str().to_owned(), style);
            self.lines.push(Line::from(span));
        }
    }

    /// A key and what it does, in one line.
    pub fn key(&mut self, key: &'static str, words: &str) {
        let style = self.theme.accent.add_modifier(Modifier::BOLD);
        let text = self.theme.text;
        self.pair(key, style, words, text);
    }

    /// A short word and what it stands for, in one line.
    pub fn pair(&mut self, head: &str, head_style: Style, words: &str, style: Style) {
        let room = self.width.saturating_sub(4 + head.len());
        let words = crate::ui::fit::cut(&SafeText::line(words), room);
        self.lines.push(Line::from(vec![
            Span::raw("  "),
            Span::styled(head.to_owned(), head_style),
            Span::raw("  "),
            Span::styled(words, style),
        ]));
    }

    /// A line as it is.
    pub fn line(&mut self, line: Line<'static>) {
        self.lines.push(line);
    }

    /// An empty line, where there is room for it.
    pub fn gap(&mut self) {
        if self.height >= 22 {
            self.lines.push(Line::default());
        }
    }
}

/// Draws a page under the program's name; `tiny` stands for it on a screen that is too small.
pub fn draw(colours: Colours, tiny: &'static str, frame: &mut Frame, fill: impl FnOnce(&mut Page)) {
    let screen = frame.area();
    if screen.width < 40 || screen.height < 10 {
        put(frame, screen, 0, &Line::from(tiny));
        return;
    }
    let width = screen.width.saturating_sub(4).min(76);
    let theme = Theme::new(&UiSettings::default(), colours);
    let title = Span::styled("Sterna", theme.accent.add_modifier(Modifier::BOLD));
    let mut page = Page {
        theme,
        width: usize::from(width),
        height: screen.height,
        lines: vec![Line::from(title)],
    };
    page.gap();
    fill(&mut page);
    let height = u16::try_from(page.lines.len())
        .unwrap_or(screen.height)
        .min(screen.height);
    let place = Rect {
        x: screen.x + (screen.width - width) / 2,
        y: screen.y + (screen.height - height) / 3,
        width,
        height,
    };
    for (row, line) in page.lines.iter().take(usize::from(height)).enumerate() {
        put(frame, place, row, line);
    }
}
