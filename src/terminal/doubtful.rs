//! Characters about whose width terminals disagree: flags, families, signs with a variation selector.
//!
//! Where a terminal gives one of them other columns than were reckoned with, cells beside it show what no frame put there,
//! and a cell that stays the same is not written. So a row with such a character is written whole with every frame, and
//! once more when it is gone.

use ratatui::buffer::{Buffer, CellDiffOption};

/// More bytes than any single character has.
const SEVERAL: usize = 5;

/// Has the rows of a frame that have such a character written whole.
pub fn write_whole(frame: &mut Buffer) {
    let width = usize::from(frame.area.width).max(1);
    for row in frame.content.chunks_mut(width) {
        if row.iter().any(|cell| cell.symbol().len() >= SEVERAL) {
            for cell in row {
                cell.set_diff_option(CellDiffOption::AlwaysUpdate);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ratatui::style::Style;

    use super::*;

    fn frame(line: &str) -> Buffer {
        let mut frame = Buffer::with_lines(["", "", "same"]);
        frame.resize(ratatui::layout::Rect::new(0, 0, 8, 3));
        frame.set_string(0, 1, line, Style::default());
        write_whole(&mut frame);
        frame
    }

    fn written(before: &Buffer, after: &Buffer) -> Vec<(u16, u16)> {
        let cells = before.diff(after).into_iter();
        cells.map(|(x, y, _)| (x, y)).collect()
    }

    #[test]
    fn a_row_with_such_a_character_is_written_whole_and_once_more_when_it_is_gone() {
        for sign in ["🇩🇪", "👨\u{200d}👩\u{200d}👧", "❤\u{fe0f}", "👩🏽"] {
            let (with, without) = (frame(&format!("{sign} x")), frame("abcd"));
            let row: Vec<_> = [0, 2, 3, 4, 5, 6, 7].map(|x| (x, 1)).to_vec();
            for before in [&with, &without] {
                let written = written(before, &with);
                assert!(
                    row.iter().all(|cell| written.contains(cell)),
                    "{sign}: {written:?}"
                );
                assert!(written.iter().all(|(_, y)| *y == 1), "{sign}: {written:?}");
            }
            assert_eq!(
                written(&with, &without).len(),
                8,
                "{sign}: what is left over goes"
            );
            assert!(written(&without, &without).is_empty());
        }
        let plain = frame("e\u{301} 海 🔥");
        assert!(written(&plain, &plain).is_empty(), "nobody doubts these");
    }
}
