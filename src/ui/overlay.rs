//! What lies over the panes: continuations of a key, palette, folder jump, completions, the password prompt.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use crate::app::input::Input;
use crate::app::layout::Layout;
use crate::app::model::Model;
use crate::app::overlay::{Attachments, Offer, Overlay, Password, TagLine};
use crate::app::present::hints::{continuations, pressed};
use crate::app::present::overlay::{
    Entry, addresses, aim_title, attach_title, attachments, commands, completions, dots, folders,
    login, offer, password, paths, tags,
};
use crate::app::present::status::{Tone, connections};
use crate::app::wrap::wrap;
use crate::mail::account::Protocol;
use crate::mail::safe_text::SafeText;
use crate::ui::fit::{columns, cut, fit, fit_right};
use crate::ui::paint::{put, tint, window};
use crate::ui::theme::Theme;
use crate::ui::{help, ledger, mails, question, status};

/// Columns of a window where the screen has them.
const COLUMNS: u16 = 76;

/// Draws the overlay, if there is one.
pub fn draw(model: &Model, frame: &mut Frame, layout: &Layout, theme: &Theme) {
    match &model.overlay {
        None => next_keys(model, frame, layout, theme),
        Some(Overlay::Help(open)) => help::draw(model, open, frame, theme),
        Some(Overlay::Palette(choice)) => {
            let entries = commands(model, &choice.found);
            choose(
                frame,
                theme,
                &SafeText::own("Commands"),
                &choice.input,
                &entries,
                choice.cursor,
            );
        }
        Some(Overlay::Folders(aim, choice)) => {
            let entries = folders(model, *aim, &choice.found);
            let title = aim_title(model, *aim);
            choose(frame, theme, &title, &choice.input, &entries, choice.cursor);
        }
        Some(Overlay::CommandLine(input)) => {
            let entries = completions(model, &input.text());
            let title = SafeText::own("Commands, Tab completes");
            candidates(frame, layout, theme, &title, (&entries, None));
        }
        Some(Overlay::Tags(line)) => known_tags(model, line, frame, layout, theme),
        Some(Overlay::Question(open)) => question::draw(model, open, frame, theme),
        Some(Overlay::Ledger(page)) => ledger::draw(model, page, frame, theme),
        Some(Overlay::Password(open)) => ask(model, open, frame, theme),
        Some(Overlay::Connections) => tell_connections(model, frame, theme),
        Some(Overlay::Store(open)) => ask_to_store(model, open, frame, theme),
        Some(Overlay::Attachments(open)) => pick(open, frame, theme),
        Some(Overlay::SendAnyway(open)) => mails::anyway(open, frame, theme),
        Some(Overlay::SendLater(open)) => mails::later(model, open, frame, layout, theme),
        Some(Overlay::AttachPath(open)) => {
            let title = attach_title(open);
            candidates(frame, layout, theme, &title, (&paths(open), open.cursor));
        }
        Some(Overlay::Bounce(open)) => {
            if let Some(offered) = &open.completion {
                let entries = addresses(offered);
                let cursor = Some(offered.cursor.unwrap_or(0));
                let title = SafeText::own("Tab takes it");
                candidates(frame, layout, theme, &title, (&entries, cursor));
            }
        }
        Some(Overlay::Drafts(open)) => mails::drafts(model, open, frame, theme),
        Some(Overlay::Outbox(page)) => mails::outbox(model, page, frame, theme),
        Some(
            Overlay::Limit(_)
            | Overlay::SaveTo(_)
            | Overlay::SelectWords(_)
            | Overlay::FolderName(_),
        ) => {}
    }
}

/// A window of at most that many columns and rows, in the upper middle.
#[must_use]
pub fn centred(screen: Rect, width: u16, height: u16) -> Rect {
    let width = width.min(screen.width.saturating_sub(2));
    let height = height.min(screen.height.saturating_sub(2));
    Rect {
        x: screen.x + (screen.width - width) / 2,
        y: screen.y + (screen.height - height) / 3,
        width,
        height,
    }
}

/// The window above the status line that says how the keys pressed can go on.
fn next_keys(model: &Model, frame: &mut Frame, layout: &Layout, theme: &Theme) {
    let next = continuations(model);
    if next.is_empty() {
        return;
    }
    let key_columns = next
        .iter()
        .map(|hint| columns(&hint.keys))
        .max()
        .unwrap_or(1);
    let text_columns = next
        .iter()
        .map(|hint| columns(&hint.text))
        .max()
        .unwrap_or(1);
    let width = u16::try_from(key_columns + text_columns + 6).unwrap_or(COLUMNS);
    let area = above_status(frame, layout, width, next.len());
    let inner = window(frame, area, theme, &pressed(model));
    let room = usize::from(inner.width).saturating_sub(key_columns + 2);
    for (row, hint) in next.iter().enumerate() {
        let line = Line::from(vec![
            Span::styled(fit(&hint.keys, key_columns), theme.accent),
            Span::raw("  "),
            Span::styled(cut(&hint.text, room), theme.text),
        ]);
        put(frame, inner, row, &line);
    }
}

/// A window for `n` lines that ends above the status line, at the right.
#[must_use]
pub fn above_status(frame: &Frame, layout: &Layout, width: u16, n: usize) -> Rect {
    let screen = frame.area();
    let bottom = layout.status_rule.map_or(layout.status.y, |rule| rule.y);
    let height = u16::try_from(n)
        .unwrap_or(u16::MAX)
        .saturating_add(2)
        .min(bottom);
    let width = width.min(screen.width);
    Rect {
        x: screen.width - width,
        y: bottom - height,
        width,
        height,
    }
}

/// The tags that the last word may become; while none is known, what can be typed.
fn known_tags(model: &Model, line: &TagLine, frame: &mut Frame, layout: &Layout, theme: &Theme) {
    let title = if line.takes_new {
        "Tags, Tab completes: +todo -later"
    } else {
        "Tags, Tab completes; new ones stay on this machine"
    };
    let title = SafeText::own(title);
    candidates(frame, layout, theme, &title, (&tags(model, line), None));
}

/// What the line that is typed may become, and which of it is chosen.
fn candidates(
    frame: &mut Frame,
    layout: &Layout,
    theme: &Theme,
    title: &SafeText,
    (entries, cursor): (&[Entry], Option<usize>),
) {
    if entries.is_empty() {
        return;
    }
    let n = entries.len().min(8);
    let screen = frame.area();
    let area = Rect {
        x: 0,
        ..above_status(frame, layout, COLUMNS.min(screen.width), n)
    };
    let inner = window(frame, area, theme, title);
    rows(frame, inner, entries, cursor, theme);
}

fn choose(
    frame: &mut Frame,
    theme: &Theme,
    name: &SafeText,
    input: &Input,
    entries: &[Entry],
    cursor: usize,
) {
    let n = u16::try_from(entries.len()).unwrap_or(u16::MAX);
    let area = centred(frame.area(), COLUMNS, n.clamp(1, 16).saturating_add(4));
    let inner = window(frame, area, theme, name);
    let field = Rect {
        x: inner.x.saturating_sub(1),
        width: inner.width.saturating_add(1),
        ..inner
    };
    status::typed(frame, field, 0, "› ", input, theme);
    let list = Rect {
        y: inner.y.saturating_add(2),
        height: inner.height.saturating_sub(2),
        ..inner
    };
    if entries.is_empty() {
        put(
            frame,
            list,
            0,
            &Line::from(Span::styled("Nothing matches.", theme.faint)),
        );
    }
    rows(frame, list, entries, Some(cursor), theme);
}

/// The entries around the cursor, and the cursor.
pub fn rows(
    frame: &mut Frame,
    list: Rect,
    entries: &[Entry],
    cursor: Option<usize>,
    theme: &Theme,
) {
    let height = usize::from(list.height);
    let top = cursor.map_or(0, |cursor| (cursor + 1).saturating_sub(height));
    for (row, entry) in entries.iter().skip(top).take(height).enumerate() {
        put(
            frame,
            list,
            row,
            &line(entry, usize::from(list.width), theme),
        );
        if Some(row + top) == cursor {
            tint(frame, list, row, theme.cursor);
        }
    }
}

/// The attachments, with the line under the cursor marked.
fn pick(open: &Attachments, frame: &mut Frame, theme: &Theme) {
    let entries = attachments(open);
    let n = u16::try_from(entries.len()).unwrap_or(u16::MAX);
    let area = centred(frame.area(), COLUMNS, n.clamp(1, 16).saturating_add(4));
    let inner = window(frame, area, theme, &SafeText::line("Attachments"));
    let list = Rect {
        height: inner.height.saturating_sub(2),
        ..inner
    };
    rows(frame, list, &entries, Some(open.cursor), theme);
    let hint = SafeText::line("Enter or a number saves, Esc closes");
    let hint = Span::styled(cut(&hint, usize::from(inner.width)), theme.faint);
    put(
        frame,
        inner,
        usize::from(inner.height.saturating_sub(1)),
        &Line::from(hint),
    );
}

fn line(entry: &Entry, width: usize, theme: &Theme) -> Line<'static> {
    let right = columns(&entry.right).min(12);
    // Where there is nothing to say about it, the name takes the line.
    let name = if entry.detail.as_str().is_empty() {
        width.saturating_sub(if right == 0 { 0 } else { right + 3 })
    } else {
        (width / 3).clamp(10, 18)
    };
    let detail = width.saturating_sub(name + right + 3);
    Line::from(vec![
        Span::styled(fit(&entry.name, name), theme.text),
        Span::raw(" "),
        Span::styled(fit(&entry.detail, detail), theme.faint),
        Span::raw("  "),
        Span::styled(fit_right(&entry.right, right), theme.accent),
    ])
}

/// Columns of a window that asks something.
pub const QUESTION: u16 = 60;

/// Lines that explain a question, and the height that they leave to it on a small screen.
#[must_use]
pub fn explained(text: &SafeText, frame: &Frame) -> Vec<SafeText> {
    let width = centred(frame.area(), QUESTION, 3).width.saturating_sub(4);
    let most = usize::from(frame.area().height).saturating_sub(8);
    wrap(text, usize::from(width), most.clamp(1, 5))
}

fn ask(model: &Model, open: &Password, frame: &mut Frame, theme: &Theme) {
    let (name, refusal) = password(model, open);
    let style = refusal.as_ref().map_or(theme.faint, |_| theme.alarm);
    let words = refusal.or_else(|| login(model, open).cloned());
    let lines = words.map_or_else(Vec::new, |text| explained(&text, frame));
    let height = u16::try_from(lines.len()).unwrap_or(5).saturating_add(6);
    let area = centred(frame.area(), QUESTION, height);
    let inner = window(frame, area, theme, &name);
    let width = usize::from(inner.width);
    for (row, piece) in lines.iter().enumerate() {
        let text = Span::styled(piece.as_str().to_owned(), style);
        put(frame, inner, row, &Line::from(text));
    }
    let row = lines.len();
    let n = dots(open).min(width.saturating_sub(2));
    let typed = vec![Span::styled("› ", theme.accent), Span::raw("•".repeat(n))];
    put(frame, inner, row + 1, &Line::from(typed));
    let x = inner.x.saturating_add(u16::try_from(n + 2).unwrap_or(0));
    let y = inner.y.saturating_add(u16::try_from(row + 1).unwrap_or(0));
    if x < inner.right() && y < inner.bottom() {
        frame.set_cursor_position((x, y));
    }
    let hint = match open.protocol {
        Protocol::Imap => "Enter sends it; Esc stays offline",
        Protocol::Smtp => "Enter sends it; Esc leaves the mail in the outbox",
    };
    let hint = cut(&SafeText::own(hint), width);
    put(
        frame,
        inner,
        row + 3,
        &Line::from(Span::styled(hint, theme.faint)),
    );
}

fn ask_to_store(model: &Model, open: &Offer, frame: &mut Frame, theme: &Theme) {
    let lines = explained(&open.place, frame);
    let height = u16::try_from(lines.len()).unwrap_or(5).saturating_add(4);
    let area = centred(frame.area(), QUESTION, height);
    let inner = window(frame, area, theme, &offer(model, open));
    for (row, piece) in lines.iter().enumerate() {
        let text = Span::styled(piece.as_str().to_owned(), theme.text);
        put(frame, inner, row, &Line::from(text));
    }
    let hint = SafeText::own("y stores it   n keeps it in memory only");
    let hint = cut(&hint, usize::from(inner.width));
    let row = usize::from(inner.height).saturating_sub(1);
    put(
        frame,
        inner,
        row,
        &Line::from(Span::styled(hint, theme.faint)),
    );
}

fn tell_connections(model: &Model, frame: &mut Frame, theme: &Theme) {
    let room = centred(frame.area(), COLUMNS, u16::MAX);
    let (width, most) = (room.width.saturating_sub(4), room.height.saturating_sub(3));
    let mut lines = Vec::new();
    for piece in connections(model) {
        let style = match piece.tone {
            Tone::Calm => theme.text,
            Tone::Busy => theme.accent,
            Tone::Alarm => theme.alarm,
        };
        let wrapped = wrap(&piece.text, usize::from(width), usize::from(most));
        lines.extend(wrapped.into_iter().map(|text| (text, style)));
    }
    lines.truncate(usize::from(most));
    let height = u16::try_from(lines.len()).unwrap_or(most).saturating_add(2);
    let area = centred(frame.area(), COLUMNS, height);
    let inner = window(frame, area, theme, &SafeText::own("Connections"));
    for (row, (text, style)) in lines.iter().enumerate() {
        let line = Line::from(Span::styled(text.as_str().to_owned(), *style));
        put(frame, inner, row, &line);
    }
}
