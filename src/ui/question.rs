//! The question before something that cannot be taken back.

use ratatui::Frame;
use ratatui::text::{Line, Span};

use crate::app::model::Model;
use crate::app::overlay::Question;
use crate::app::present::overlay::{answers, question};
use crate::mail::safe_text::SafeText;
use crate::ui::fit::cut;
use crate::ui::overlay::{QUESTION, centred, explained};
use crate::ui::paint::{put, window};
use crate::ui::theme::Theme;

/// Draws the question and its two answers.
pub fn draw(model: &Model, open: &Question, frame: &mut Frame, theme: &Theme) {
    let (title, text) = question(model, open);
    let lines = explained(&text, frame);
    let height = u16::try_from(lines.len()).unwrap_or(5).saturating_add(4);
    let area = centred(frame.area(), QUESTION, height);
    let inner = window(frame, area, theme, &title);
    for (row, piece) in lines.iter().enumerate() {
        let text = Span::styled(piece.as_str().to_owned(), theme.alarm);
        put(frame, inner, row, &Line::from(text));
    }
    let hint = SafeText::own(answers(open));
    let hint = cut(&hint, usize::from(inner.width));
    let row = usize::from(inner.height).saturating_sub(1);
    let hint = Span::styled(hint, theme.faint);
    put(frame, inner, row, &Line::from(hint));
}
