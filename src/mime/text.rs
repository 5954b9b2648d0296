//! Plain text parts onto a page.

use crate::mail::styled::TextStyle;
use crate::mime::flowed::Paragraphs;
use crate::mime::message::TextLines;
use crate::mime::wrap::Page;

/// Writes a text, wrapped, with its quote depths. Empty lines at its end are left out by the page.
pub fn draw(text: &str, lines: TextLines, page: &mut Page) {
    for paragraph in Paragraphs::new(text, lines) {
        if page.is_full() {
            return;
        }
        page.paragraph(&paragraph.text, TextStyle::Plain, paragraph.depth);
    }
}
