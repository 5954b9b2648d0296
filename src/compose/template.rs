//! A mail as a text for an editor: some header lines, an empty line, the body. What is attached does not stand in it.

use crate::mail::composition::Composition;
use crate::mail::outgoing::{ComposeError, TemplateProblem};
use crate::mail::safe_text::SafeText;

/// The fields that can be edited, in their order.
const FIELDS: [&str; 6] = ["From", "To", "Cc", "Bcc", "Reply-To", "Subject"];

/// Writes it; lines end with LF.
#[must_use]
pub fn write(mail: &Composition) -> String {
    let mut copy = mail.clone();
    let mut out = String::new();
    for (name, value) in FIELDS.into_iter().zip(values(&mut copy)) {
        // Nobody misses a line that is hardly ever used.
        if name == "Reply-To" && value.is_empty() {
            continue;
        }
        let one_line = value.replace(['\r', '\n'], " ");
        out.push_str(format!("{name}: {one_line}").trim_end());
        out.push('\n');
    }
    out.push('\n');
    out.push_str(&mail.body);
    out
}

/// Reads it back into the mail from which it was written, and says what of its head could not be read: a line that is no
/// field, or one that cannot be edited here, or a second of its kind.
///
/// A field that was taken out is empty. Lines that cannot be read, and only those, stand on top of the text and in
/// `unread_head`. Where no line of the head can be read, all of it is text, and the fields are as they were.
#[must_use]
pub fn read(text: &str, before: &Composition) -> (Composition, Option<ComposeError>) {
    let text = text
        .strip_prefix('\u{feff}')
        .unwrap_or(text)
        .replace("\r\n", "\n")
        .replace('\r', "\n");
    let mut lines = text.split('\n').enumerate();
    let head = Head::read(
        lines
            .by_ref()
            .take_while(|(_, line)| !line.trim().is_empty()),
    );
    let mut mail = before.clone();
    let body: Vec<&str> = lines.map(|(_, line)| line).collect();
    mail.body = body.join("\n");
    if head.is_readable() {
        for (kept, read) in values(&mut mail).into_iter().zip(head.values) {
            *kept = read.unwrap_or_default();
        }
    }
    if !head.unread.is_empty() {
        mail.body = format!("{}\n{}", head.unread, mail.body);
        mail.unread_head = head.unread;
    }
    (mail, head.problem)
}

/// The head of a text.
#[derive(Default)]
struct Head {
    /// Of each field what it says; `None` where it does not stand there.
    values: [Option<String>; 6],
    /// The lines that could not be read, each with its end.
    unread: String,
    /// What is wrong with the first of them.
    problem: Option<ComposeError>,
}

impl Head {
    fn read<'a>(lines: impl Iterator<Item = (usize, &'a str)>) -> Self {
        let mut head = Self::default();
        // The field that a line without a name of its own goes on with; none behind one that could not be read.
        let mut current: Option<usize> = None;
        for (n, line) in lines {
            let value = match current {
                Some(_) if line.starts_with([' ', '\t']) => line.trim(),
                _ => match head.field(line) {
                    Ok((at, value)) => {
                        current = Some(at);
                        value
                    }
                    Err(problem) => {
                        current = None;
                        head.unread.push_str(line);
                        head.unread.push('\n');
                        let line = n + 1;
                        head.problem
                            .get_or_insert(ComposeError::Template { line, problem });
                        continue;
                    }
                },
            };
            if let Some(kept) = current.and_then(|at| head.values.get_mut(at)) {
                let kept = kept.get_or_insert_default();
                if !kept.is_empty() && !value.is_empty() {
                    kept.push(' ');
                }
                kept.push_str(value);
            }
        }
        head
    }

    /// Which field a line begins that did not stand there before, and what it says.
    fn field<'a>(&self, line: &'a str) -> Result<(usize, &'a str), TemplateProblem> {
        let (at, value) = field(line)?;
        if self.values.get(at).is_some_and(Option::is_some) {
            let name = FIELDS.get(at).copied().unwrap_or_default();
            return Err(TemplateProblem::Twice(name));
        }
        Ok((at, value))
    }

    /// Whether it is a head at all.
    fn is_readable(&self) -> bool {
        self.unread.is_empty() || self.values.iter().any(Option::is_some)
    }
}

/// Which field a line begins, and what it says.
fn field(line: &str) -> Result<(usize, &str), TemplateProblem> {
    let (name, value) = line.split_once(':').ok_or(TemplateProblem::NotAField)?;
    if name.starts_with([' ', '\t']) {
        return Err(TemplateProblem::NotAField);
    }
    let mut known = FIELDS.iter();
    let at = known.position(|field| field.eq_ignore_ascii_case(name.trim()));
    let unknown = || TemplateProblem::Unknown(SafeText::line_up_to(name, 80));
    Ok((at.ok_or_else(unknown)?, value.trim()))
}

/// The values in the order of the fields.
fn values(mail: &mut Composition) -> [&mut String; 6] {
    [
        &mut mail.from,
        &mut mail.to,
        &mut mail.cc,
        &mut mail.bcc,
        &mut mail.reply_to,
        &mut mail.subject,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn problem(text: &str) -> (usize, TemplateProblem) {
        match read(text, &Composition::default()).1 {
            Some(ComposeError::Template { line, problem }) => (line, problem),
            other => panic!("{text:?}: {other:?}"),
        }
    }

    #[test]
    fn the_head_is_read_strictly() {
        let text = "from: a@b\nTO: c@d,\n  e@f\nSubject:  x: y \n\nbody\n\nmore";
        let (mail, problem_of_it) = read(text, &Composition::default());
        assert_eq!(problem_of_it, None);
        assert_eq!((mail.from.as_str(), mail.to.as_str()), ("a@b", "c@d, e@f"));
        assert_eq!(
            (mail.subject.as_str(), mail.body.as_str()),
            ("x: y", "body\n\nmore")
        );
        assert_eq!(mail.unread_head, "");
        let unknown = TemplateProblem::Unknown(SafeText::own("X-Mailer"));
        assert_eq!(problem("To: a@b\nX-Mailer: y\n\n"), (2, unknown));
        assert_eq!(problem("Hello Anna,\n\n"), (1, TemplateProblem::NotAField));
        assert_eq!(problem(" To: a@b\n\n"), (1, TemplateProblem::NotAField));
        assert_eq!(
            problem("To: a@b\nCc: x\nto: c@d\n"),
            (3, TemplateProblem::Twice("To"))
        );
    }

    #[test]
    fn of_a_head_with_bad_lines_only_those_become_text() {
        let before = Composition {
            to: "alice@example.org".to_owned(),
            cc: "old@example.org".to_owned(),
            body: "Text\n".to_owned(),
            ..Composition::default()
        };
        let text = "X-Priority: 1\n folded\nTo: bob@example.org,\n  eve@example.org\nSubjct: Lunch\nto: zoe@example.org\n\
                    Bcc: secret@example.org\nHello\n\nText\n";
        let (mail, problem) = read(text, &before);
        assert_eq!(mail.to, "bob@example.org, eve@example.org");
        assert_eq!(
            (mail.cc.as_str(), mail.bcc.as_str()),
            ("", "secret@example.org")
        );
        let bad = "X-Priority: 1\n folded\nSubjct: Lunch\nto: zoe@example.org\nHello\n";
        assert_eq!(mail.unread_head, bad);
        assert_eq!(mail.body, format!("{bad}\nText\n"));
        assert!(matches!(
            problem,
            Some(ComposeError::Template { line: 1, .. })
        ));
        // Edited once more, they are the text's, and still said.
        assert_eq!(read(&write(&mail), &mail), (mail.clone(), None));
        // No head at all.
        let (mail, _) = read("Hello\nBob\n\nText\n", &before);
        assert_eq!((&mail.to, &mail.cc), (&before.to, &before.cc));
        assert_eq!(mail.body, "Hello\nBob\n\nText\n");
    }

    #[test]
    fn what_is_not_in_the_text_stays() {
        let before = Composition {
            cc: "x@y".to_owned(),
            in_reply_to: Some("a@b".to_owned()),
            ..Composition::default()
        };
        let (mail, _) = read("To: c@d\n\nbody", &before);
        assert_eq!(mail.cc, "");
        assert_eq!(mail.in_reply_to, before.in_reply_to);
    }

    proptest! {
        #[test]
        fn what_was_written_is_read_back(
            to in "[a-z@:,.\u{fc} ]{0,40}",
            subject in "[\\PC]{0,60}",
            body in "([\\PC]{0,20}\n?){0,8}",
        ) {
            let mail = Composition {
                to: to.trim().to_owned(),
                subject: subject.trim().to_owned(),
                body,
                ..Composition::default()
            };
            prop_assert_eq!(read(&write(&mail), &mail), (mail, None));
        }
    }
}
