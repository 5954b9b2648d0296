//! The last resort for HTML: drops tags and keeps words. Linear, no tree, cannot fail.

use crate::mime::patience;

/// Elements whose content is not text.
const SILENT: [&str; 4] = ["script", "style", "title", "template"];

/// Elements that start a line.
const BLOCKS: [&str; 18] = [
    "address",
    "article",
    "blockquote",
    "br",
    "dd",
    "div",
    "dt",
    "h1",
    "h2",
    "h3",
    "h4",
    "hr",
    "li",
    "p",
    "pre",
    "table",
    "tr",
    "ul",
];

/// The text of an HTML document, one paragraph a line.
pub fn text(html: &str) -> String {
    let mut out = String::with_capacity(html.len() / 2);
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        patience::check();
        push_text(&mut out, before);
        if let Some(comment) = after.strip_prefix("!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
            continue;
        }
        let name_end = after.bytes().take_while(u8::is_ascii_alphanumeric).count();
        let slash = usize::from(after.starts_with('/'));
        let is_tag = name_end > 0 || slash == 1 || after.starts_with(['!', '?']);
        if !is_tag {
            out.push('<');
            rest = after;
            continue;
        }
        let name_end = name_end.max(
            slash
                + after
                    .bytes()
                    .skip(slash)
                    .take_while(u8::is_ascii_alphanumeric)
                    .count(),
        );
        let name = after
            .get(slash..name_end)
            .unwrap_or_default()
            .to_ascii_lowercase();
        rest = after.split_once('>').map_or("", |(_, after)| after);
        if BLOCKS.contains(&name.as_str()) {
            out.push('\n');
        } else if matches!(name.as_str(), "td" | "th") {
            out.push(' ');
        }
        if slash == 0 && SILENT.contains(&name.as_str()) {
            rest = after_end_tag(rest, &name);
        }
    }
    push_text(&mut out, rest);
    tidy(&out)
}

/// What follows `</name`. Each `</` is looked at once.
fn after_end_tag<'a>(html: &'a str, name: &str) -> &'a str {
    let mut rest = html;
    while let Some((_, after)) = rest.split_once("</") {
        if after
            .get(..name.len())
            .is_some_and(|found| found.eq_ignore_ascii_case(name))
        {
            return after.split_once('>').map_or("", |(_, after)| after);
        }
        rest = after;
    }
    ""
}

fn push_text(out: &mut String, text: &str) {
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let end = after.bytes().take(12).position(|byte| byte == b';');
        let decoded = end.and_then(|end| entity(after.get(..end)?).map(|c| (c, end)));
        if let Some((c, end)) = decoded {
            out.push(c);
            rest = after.get(end + 1..).unwrap_or_default();
        } else {
            out.push('&');
            rest = after;
        }
    }
    out.push_str(rest);
}

fn entity(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code);
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        "copy" => '©',
        "euro" => '€',
        "hellip" => '…',
        "ndash" => '–',
        "mdash" => '—',
        "auml" => 'ä',
        "ouml" => 'ö',
        "uuml" => 'ü',
        "szlig" => 'ß',
        _ => return None,
    })
}

/// Blanks and empty lines to at most one.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        let before = out.len();
        for word in line.split_whitespace() {
            if out.len() > before {
                out.push(' ');
            }
            out.push_str(word);
        }
        if out.len() > before || !out.ends_with("\n\n") && !out.is_empty() {
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_and_tags_go() {
        let cases = [
            ("<p>Hello <b>you</b></p><p>there", "Hello you\n\nthere\n"),
            (
                "a < b &amp; c &#228;&#xe4; &unknown; &",
                "a < b & c ää &unknown; &\n",
            ),
            ("<style>p{}</style><script>x<y</script>text", "text\n"),
            ("<!-- no <b> -->yes", "yes\n"),
            ("<p", ""),
            ("<a href='x'>link</a>", "link\n"),
        ];
        for (html, expected) in cases {
            assert_eq!(text(html).trim_start_matches('\n'), expected, "{html}");
        }
    }

    #[test]
    fn floods_are_linear() {
        for flood in ["<", "<p>", "&", "</", "<script>", "<!--", "&#"] {
            let _ = text(&flood.repeat(300_000));
        }
    }
}
