//! The question before something that cannot be taken back, or is dear.

use ratatui::Frame;
use ratatui::text::{Line, Span};

use crate::app::model::Model;
use crate::app::overlay::Question;
use crate::app::present::question::asked;
use crate::ui::fit::cut;
use crate::ui::overlay::{QUESTION, centred, explained};
use crate::ui::paint::{put, window};
use crate::ui::theme::Theme;

/// Draws the question and its answers.
pub fn draw(model: &Model, open: &Question, frame: &mut Frame, theme: &Theme) {
    let asked = asked(model, open);
    let lines = explained(&asked.text, frame);
    let height = u16::try_from(lines.len()).unwrap_or(5).saturating_add(4);
    let area = centred(frame.area(), QUESTION, height);
    let inner = window(frame, area, theme, &asked.title);
    let style = if asked.is_final {
        theme.alarm
    } else {
        theme.text
    };
    for (row, piece) in lines.iter().enumerate() {
        let text = Span::styled(piece.as_str().to_owned(), style);
        put(frame, inner, row, &Line::from(text));
    }
    let answers = cut(&asked.answers, usize::from(inner.width));
    let row = usize::from(inner.height).saturating_sub(1);
    let answers = Span::styled(answers, theme.faint);
    put(frame, inner, row, &Line::from(answers));
}
