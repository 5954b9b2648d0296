//! The whole screen: panes, rules, status, hints, and what lies over them.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::app::layout::Layout;
use crate::app::model::Model;
use crate::mail::safe_text::SafeText;
use crate::ui::paint::{joint, put, rect, rule};
use crate::ui::theme::Theme;
use crate::ui::{composer, folders, list, message, overlay, status};

/// Draws the model.
pub fn draw(model: &Model, frame: &mut Frame) {
    let theme = Theme::new(&model.settings.ui, model.settings.colours);
    let screen = frame.area();
    frame.buffer_mut().set_style(screen, theme.text);
    // A size that the model has not heard of yet would put panes outside of the cells.
    let current = model.columns == screen.width && model.rows == screen.height;
    let Some(layout) = model.layout().filter(|_| current) else {
        return too_small(frame, screen, &theme);
    };
    if let (Some(area), Some(text)) = (layout.banner, &model.settings.banner) {
        banner(frame, rect(area), text, &theme);
    }
    if let Some(area) = layout.tabs {
        composer::tabs(model, frame, rect(area), &theme);
    }
    if let Some(area) = layout.composer {
        composer::draw(model, frame, area, &theme);
    }
    if let Some(area) = layout.folders {
        folders::draw(model, frame, rect(area), &theme);
    }
    if let Some(area) = layout.list {
        list::draw(model, frame, rect(area), &theme);
    }
    if let Some(area) = layout.message {
        message::draw(model, frame, rect(area), &theme);
    }
    rules(frame, &layout, &theme);
    status::draw(model, frame, &layout, &theme);
    overlay::draw(model, frame, &layout, &theme);
}

fn too_small(frame: &mut Frame, screen: Rect, theme: &Theme) {
    put(
        frame,
        screen,
        0,
        &Line::from(Span::styled("too small", theme.text)),
    );
}

fn banner(frame: &mut Frame, area: Rect, text: &SafeText, theme: &Theme) {
    let text = crate::ui::fit::cut(text, usize::from(area.width).saturating_sub(2));
    let style = theme.accent.add_modifier(ratatui::style::Modifier::BOLD);
    put(
        frame,
        area,
        0,
        &Line::from(vec![Span::raw(" "), Span::styled(text, style)]),
    );
}

fn rules(frame: &mut Frame, layout: &Layout, theme: &Theme) {
    for area in [layout.folder_rule, layout.message_rule, layout.status_rule]
        .into_iter()
        .flatten()
    {
        rule(frame, rect(area), theme);
    }
    if let (Some(status), Some(folder)) = (layout.status_rule, layout.folder_rule) {
        joint(frame, folder.x, status.y, "┴", theme);
    }
    match (layout.message_rule, layout.folder_rule, layout.status_rule) {
        (Some(message), _, Some(status)) if message.columns == 1 => {
            joint(frame, message.x, status.y, "┴", theme);
        }
        (Some(message), Some(folder), _) if message.columns > 1 => {
            joint(frame, folder.x, message.y, "├", theme);
        }
        _ => {}
    }
}
