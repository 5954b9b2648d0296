//! The screen when `state.db` is damaged: what is the matter, what can be rescued, and a choice. It has no model: the
//! runtime shows it and takes `r` to start anew with what can be read, and `q` for the end.

use ratatui::Frame;

use crate::app::model::Colours;
use crate::channel::damage::Findings;
use crate::ui::page::{self, Page};

/// Draws the findings and the choice.
pub fn draw(findings: &Findings, colours: Colours, frame: &mut Frame) {
    let tiny = "state.db is damaged: r rescue, q quit";
    page::draw(colours, tiny, frame, |page| fill(page, findings));
}

fn fill(page: &mut Page, findings: &Findings) {
    let (text, strong, faint) = (page.theme.text, page.theme.unread, page.theme.faint);
    page.text("A file of Sterna is damaged, so nothing was started:", text);
    page.text(findings.file.as_str(), strong);
    page.text(findings.cause.as_str(), faint);
    page.gap();
    page.key(
        "r",
        "start anew with what can be read; the old file is kept",
    );
    page.key("q", "quit; nothing is touched");
    page.gap();
    let long = "It holds what only this machine knows. What can still be read of it:";
    page.text(long, text);
    for kind in &findings.kinds {
        let more = if kind.is_whole {
            ""
        } else {
            " (there may have been more)"
        };
        let number = format!("{:>5}", kind.n_readable);
        page.pair(&number, strong, &format!("{}{more}", kind.name), text);
    }
    page.gap();
    let after = "No server is told or asked anything before you choose. With r the mail list is read from the servers again. If you have a backup of the file, quit and put it back instead.";
    page.text(after, faint);
}
