//! The screen for the first start, when there is no account yet. It has no model: the runtime shows it and takes
//! `d` for the demo and `q` for the end.

use ratatui::Frame;
use ratatui::text::{Line, Span};

use crate::app::model::Colours;
use crate::mail::safe_text::SafeText;
use crate::ui::page::{self, Page};

/// What to write, as short as it can be.
pub const SAMPLE: [&str; 5] = [
    "[accounts.home]",
    "name  = \"Anna Abel\"",
    "email = \"anna@example.org\"",
    "imap  = { host = \"imap.example.org\", port = 993, security = \"tls\" }",
    "smtp  = { host = \"smtp.example.org\", port = 465, security = \"tls\" }",
];

/// Draws the welcome; `path` is where the configuration was looked for, `is_there` whether a file without accounts is.
pub fn draw(path: &SafeText, is_there: bool, colours: Colours, frame: &mut Frame) {
    page::draw(colours, "too small: d demo, q quit", frame, |page| {
        fill(page, path, is_there);
    });
}

fn fill(page: &mut Page, path: &SafeText, is_there: bool) {
    let (text, strong, faint, code) = (
        page.theme.text,
        page.theme.unread,
        page.theme.faint,
        page.theme.code,
    );
    let missing = if is_there {
        "There is no account in the configuration yet. This is the file:"
    } else {
        "There is no configuration yet. It was looked for here:"
    };
    page.text(missing, text);
    page.text(path.as_str(), strong);
    page.gap();
    page.key(
        "d",
        "look around in the demo: sample mail, nothing leaves this machine",
    );
    page.key("q", "quit");
    page.gap();
    if page.height < 16 {
        let short =
            "To read your own mail, write this file (the README shows how) and start again.";
        page.text(short, text);
        return;
    }
    let long = "To read your own mail, write this file with your servers, then start again:";
    page.text(long, text);
    page.gap();
    for line in SAMPLE {
        let cut = crate::ui::fit::cut(&SafeText::line(line), page.width.saturating_sub(2));
        page.line(Line::from(vec![Span::raw("  "), Span::styled(cut, code)]));
    }
    page.gap();
    let after = "Sterna asks for the password and offers to store it. With password-command = [\"pass\", \"show\", \"mail\"] it asks your password manager instead.";
    page.text(after, faint);
}
