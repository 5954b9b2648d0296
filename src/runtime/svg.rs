//! A screen as an SVG image, for the README: cells in the colours of a common dark terminal. Pure.

use std::fmt::Write as _;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use unicode_width::UnicodeWidthStr;

/// Pixels of a cell.
const WIDTH: f32 = 8.4;
const HEIGHT: f32 = 18.0;
/// Pixels around the screen.
const MARGIN: f32 = 12.0;
const INK: &str = "#d8dee9";
const PAPER: &str = "#1d2129";
/// The sixteen colours, in the order of their numbers.
const COLOURS: [&str; 16] = [
    "#3b4252", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#d8dee9",
    "#7b8496", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#d49af0", "#56b6c2", "#ffffff",
];

/// Cells of one look, side by side.
struct Run {
    column: u16,
    n_columns: u16,
    text: String,
    ink: String,
    paper: Option<String>,
    modifier: Modifier,
}

/// Draws a screen.
#[must_use]
pub fn image(buffer: &Buffer) -> String {
    let (width, height) = (
        f32::from(buffer.area.width) * WIDTH,
        f32::from(buffer.area.height) * HEIGHT,
    );
    let (all_width, all_height) = (width + 2.0 * MARGIN, height + 2.0 * MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {all_width:.0} {all_height:.0}\" \
         font-family=\"'DejaVu Sans Mono','Menlo','Consolas',monospace\" font-size=\"14\">\n\
         <rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{PAPER}\"/>\n"
    );
    for y in buffer.area.top()..buffer.area.bottom() {
        for run in runs(buffer, y) {
            write_run(&mut svg, &run, y - buffer.area.top());
        }
    }
    svg.push_str("</svg>\n");
    svg
}

fn runs(buffer: &Buffer, y: u16) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut x = buffer.area.left();
    while x < buffer.area.right() {
        let Some(cell) = buffer.cell((x, y)) else {
            break;
        };
        let n_columns = u16::try_from(cell.symbol().width()).unwrap_or(1).max(1);
        let (ink, paper) = colours(cell);
        let column = x - buffer.area.left();
        match runs.last_mut() {
            // A wide character stands alone: fonts disagree about its width.
            Some(run)
                if run.ink == ink
                    && run.paper == paper
                    && run.modifier == cell.modifier
                    && n_columns == 1 =>
            {
                run.text.push_str(cell.symbol());
                run.n_columns += 1;
            }
            _ => runs.push(Run {
                column,
                n_columns,
                text: cell.symbol().to_owned(),
                ink,
                paper,
                modifier: cell.modifier,
            }),
        }
        x += n_columns;
    }
    runs
}

fn colours(cell: &Cell) -> (String, Option<String>) {
    let (ink, paper) = (colour(cell.fg), colour(cell.bg));
    if cell.modifier.contains(Modifier::REVERSED) {
        return (
            paper.unwrap_or_else(|| PAPER.to_owned()),
            Some(ink.unwrap_or_else(|| INK.to_owned())),
        );
    }
    (ink.unwrap_or_else(|| INK.to_owned()), paper)
}

/// The colour's code; `None` for the terminal's own.
fn colour(colour: Color) -> Option<String> {
    let number = match colour {
        Color::Rgb(red, green, blue) => return Some(format!("#{red:02x}{green:02x}{blue:02x}")),
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 8,
        Color::LightRed => 9,
        Color::LightGreen => 10,
        Color::LightYellow => 11,
        Color::LightBlue => 12,
        Color::LightMagenta => 13,
        Color::LightCyan => 14,
        Color::White => 15,
        Color::Indexed(number) => usize::from(number),
        Color::Reset => return None,
    };
    COLOURS.get(number).map(|code| (*code).to_owned())
}

fn write_run(svg: &mut String, run: &Run, row: u16) {
    let x = MARGIN + f32::from(run.column) * WIDTH;
    let top = MARGIN + f32::from(row) * HEIGHT;
    let width = f32::from(run.n_columns) * WIDTH;
    if let Some(paper) = &run.paper {
        let _ = writeln!(
            svg,
            "<rect x=\"{x:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{HEIGHT}\" fill=\"{paper}\"/>"
        );
    }
    if run.text.trim().is_empty() {
        return;
    }
    let mut style = String::new();
    if run.modifier.contains(Modifier::BOLD) {
        style.push_str(" font-weight=\"bold\"");
    }
    if run.modifier.contains(Modifier::ITALIC) {
        style.push_str(" font-style=\"italic\"");
    }
    if run.modifier.contains(Modifier::DIM) {
        style.push_str(" opacity=\"0.6\"");
    }
    if run.modifier.contains(Modifier::UNDERLINED) {
        style.push_str(" text-decoration=\"underline\"");
    }
    let baseline = top + 13.5;
    let _ = writeln!(
        svg,
        "<text x=\"{x:.1}\" y=\"{baseline:.1}\" textLength=\"{width:.1}\" lengthAdjust=\"spacingAndGlyphs\" \
         xml:space=\"preserve\" fill=\"{}\"{style}>{}</text>",
        run.ink,
        escaped(&run.text)
    );
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    #[test]
    fn cells_become_runs_and_text_is_escaped() {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 8, 1));
        buffer.set_string(0, 0, "a<b", Style::new());
        buffer.set_string(3, 0, "日", Style::new().add_modifier(Modifier::REVERSED));
        let svg = image(&buffer);
        assert!(svg.contains(">a&lt;b</text>"), "{svg}");
        assert!(
            svg.contains(&format!("fill=\"{INK}\"/>")),
            "reversed cells have a background: {svg}"
        );
        assert!(svg.ends_with("</svg>\n"));
    }
}
