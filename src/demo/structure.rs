//! ENVELOPE and BODYSTRUCTURE of a message. RFC 3501 §7.4.2.

use crate::demo::dialect::Dialect;
use crate::demo::dialect::oddity::Oddity;
use crate::demo::header_field::{self, Field, Parameterised, split_outside_quotes, unquote};
use crate::demo::part_tree::{Inside, Part};

/// Writes a string: NIL, quoted, or a literal where it has to be one.
fn string(out: &mut Vec<u8>, value: Option<&[u8]>) {
    match value {
        None => out.extend_from_slice(b"NIL"),
        Some(value)
            if value.len() > 900
                || value
                    .iter()
                    .any(|byte| *byte >= 0x80 || *byte < 0x20 || *byte == 0x7f) =>
        {
            out.extend_from_slice(format!("{{{}}}\r\n", value.len()).as_bytes());
            out.extend_from_slice(value);
        }
        Some(value) => {
            out.push(b'"');
            for byte in value {
                if matches!(byte, b'"' | b'\\') {
                    out.push(b'\\');
                }
                out.push(*byte);
            }
            out.push(b'"');
        }
    }
}

/// ENVELOPE of a header block.
pub fn envelope(header: &[u8], dialect: &Dialect) -> Vec<u8> {
    let fields = header_field::fields(header);
    let has_empty_lists = dialect.is_odd(Oddity::EmptyLists);
    let mut out = b"(".to_vec();
    string(&mut out, header_field::value(&fields, "Date").as_deref());
    out.push(b' ');
    string(&mut out, header_field::value(&fields, "Subject").as_deref());
    let n_names = if has_empty_lists { 1 } else { 2 };
    for names in [
        &["From"][..],
        &["Sender", "From"],
        &["Reply-To", "From"],
        &["To"],
        &["Cc"],
        &["Bcc"],
    ] {
        out.push(b' ');
        let start = out.len();
        addresses(&mut out, &fields, names.iter().take(n_names));
        if has_empty_lists && names == ["To"] && out.ends_with(b" NIL") {
            out.truncate(start);
            out.extend_from_slice(b"()");
        }
    }
    for name in ["In-Reply-To", "Message-ID"] {
        out.push(b' ');
        let value = header_field::value(&fields, name);
        match value.filter(|_| dialect.is_odd(Oddity::BareQuotes)) {
            Some(value) => {
                out.push(b'"');
                out.extend_from_slice(&value);
                out.push(b'"');
            }
            None => string(&mut out, header_field::value(&fields, name).as_deref()),
        }
    }
    out.push(b')');
    out
}

fn addresses<'a>(
    out: &mut Vec<u8>,
    fields: &[Field<'_>],
    mut names: impl Iterator<Item = &'a &'a str>,
) {
    let value = names.find_map(|name| header_field::value(fields, name));
    let text = String::from_utf8_lossy(&value.unwrap_or_default()).into_owned();
    let list: Vec<String> = split_outside_quotes(&text, ',')
        .into_iter()
        .filter(|one| !one.trim().is_empty())
        .collect();
    if list.is_empty() {
        out.extend_from_slice(b"NIL");
        return;
    }
    out.push(b'(');
    for one in list {
        let (name, address) = match one.rsplit_once('<') {
            Some((name, rest)) => (
                unquote(name.trim()),
                rest.split('>').next().unwrap_or_default().trim().to_owned(),
            ),
            None => (String::new(), one.trim().to_owned()),
        };
        let (local, domain) = address.rsplit_once('@').unwrap_or((address.as_str(), ""));
        out.push(b'(');
        string(out, (!name.is_empty()).then_some(name.as_bytes()));
        out.extend_from_slice(b" NIL ");
        string(out, Some(local.as_bytes()));
        out.push(b' ');
        string(out, Some(domain.as_bytes()));
        out.push(b')');
    }
    out.push(b')');
}

/// BODYSTRUCTURE (`extended`) or BODY of a part. The tree is shallow by construction, so recursion is bounded.
pub fn body_structure(bytes: &[u8], part: &Part, extended: bool, dialect: &Dialect) -> Vec<u8> {
    let mut out = Vec::new();
    write_part(&mut out, bytes, part, extended, dialect);
    out
}

fn write_part(out: &mut Vec<u8>, bytes: &[u8], part: &Part, extended: bool, dialect: &Dialect) {
    let header = bytes.get(part.header.clone()).unwrap_or_default();
    let fields = header_field::fields(header);
    let (main, sub) = kind(part);
    if dialect.is_odd(Oddity::ChildlessRelated) && is_attached_related(part, &fields) {
        out.extend_from_slice(b"(\"RELATED\" NIL (\"ATTACHMENT\" NIL) NIL)");
        return;
    }
    out.push(b'(');
    if let Inside::Multipart(parts) = &part.inside {
        for child in parts {
            write_part(out, bytes, child, extended, dialect);
        }
        out.push(b' ');
        string(out, Some(sub.to_ascii_uppercase().as_bytes()));
        if extended {
            out.push(b' ');
            let start = out.len();
            parameters(out, &part.content_type);
            if dialect.is_odd(Oddity::BoundaryNil) {
                out.truncate(start);
                out.extend_from_slice(b"(\"boundary\" NIL)");
            }
            extension(out, &fields);
        }
        out.push(b')');
        return;
    }
    let body = bytes.get(part.body.clone()).unwrap_or_default();
    basic_fields(out, part, &fields, dialect);
    out.extend_from_slice(format!(" {}", body.len()).as_bytes());
    let n_lines = body.split(|byte| *byte == b'\n').count() - 1;
    if let Inside::Message(message) = &part.inside {
        out.push(b' ');
        out.extend(envelope(
            bytes.get(message.header.clone()).unwrap_or_default(),
            dialect,
        ));
        out.push(b' ');
        write_part(out, bytes, message, extended, dialect);
        out.extend_from_slice(format!(" {n_lines}").as_bytes());
    } else if main == "text" {
        out.extend_from_slice(format!(" {n_lines}").as_bytes());
    }
    if extended {
        out.push(b' ');
        string(out, header_field::value(&fields, "Content-MD5").as_deref());
        extension(out, &fields);
    }
    out.push(b')');
}

/// Type, parameters, id, description and encoding.
fn basic_fields(out: &mut Vec<u8>, part: &Part, fields: &[Field<'_>], dialect: &Dialect) {
    let (main, sub) = kind(part);
    string(out, Some(main.to_ascii_uppercase().as_bytes()));
    out.push(b' ');
    string(out, Some(sub.to_ascii_uppercase().as_bytes()));
    out.push(b' ');
    parameters(out, &part.content_type);
    for name in ["Content-ID", "Content-Description"] {
        out.push(b' ');
        string(out, header_field::value(fields, name).as_deref());
    }
    out.push(b' ');
    let default = (!dialect.is_odd(Oddity::EncodingNil)).then(|| b"7bit".to_vec());
    let encoding = header_field::value(fields, "Content-Transfer-Encoding").or(default);
    string(
        out,
        encoding.map(|name| name.to_ascii_uppercase()).as_deref(),
    );
}

/// The two halves of a content type.
fn kind(part: &Part) -> (&str, &str) {
    let value = &part.content_type.value;
    value.split_once('/').unwrap_or(("text", "plain"))
}

fn is_attached_related(part: &Part, fields: &[Field<'_>]) -> bool {
    let disposition = header_field::value(fields, "Content-Disposition").unwrap_or_default();
    let disposition = Parameterised::parse(&disposition).value;
    part.content_type.value == "multipart/related" && disposition.eq_ignore_ascii_case("attachment")
}

fn parameters(out: &mut Vec<u8>, value: &Parameterised) {
    if value.parameters.is_empty() {
        out.extend_from_slice(b"NIL");
        return;
    }
    out.push(b'(');
    for (index, (name, value)) in value.parameters.iter().enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        string(out, Some(name.to_ascii_uppercase().as_bytes()));
        out.push(b' ');
        string(out, Some(value.as_bytes()));
    }
    out.push(b')');
}

/// Disposition, language, location.
fn extension(out: &mut Vec<u8>, fields: &[Field<'_>]) {
    out.push(b' ');
    match header_field::value(fields, "Content-Disposition") {
        None => out.extend_from_slice(b"NIL"),
        Some(value) => {
            let parsed = Parameterised::parse(&value);
            out.push(b'(');
            string(out, Some(parsed.value.to_ascii_uppercase().as_bytes()));
            out.push(b' ');
            parameters(out, &parsed);
            out.push(b')');
        }
    }
    for name in ["Content-Language", "Content-Location"] {
        out.push(b' ');
        string(out, header_field::value(fields, name).as_deref());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::part_tree;

    #[test]
    fn envelope_and_structure_follow_the_grammar() {
        let message = b"From: \"A, B\" <a@x.org>\r\nTo: c@y.org, D <d@z.org>\r\nSubject: say \"hi\"\r\n\
            Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\none\r\ntwo\r\n--b\r\n\
            Content-Type: image/png; name=x.png\r\nContent-Disposition: attachment; filename=x.png\r\n\
            Content-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--b--\r\n";
        assert_eq!(
            String::from_utf8(envelope(message, &Dialect::bare())).unwrap(),
            "(NIL \"say \\\"hi\\\"\" ((\"A, B\" NIL \"a\" \"x.org\")) ((\"A, B\" NIL \"a\" \"x.org\")) \
             ((\"A, B\" NIL \"a\" \"x.org\")) ((NIL NIL \"c\" \"y.org\")(\"D\" NIL \"d\" \"z.org\")) NIL NIL NIL NIL)"
        );
        let tree = part_tree::parse(message);
        assert_eq!(
            String::from_utf8(body_structure(message, &tree, true, &Dialect::bare())).unwrap(),
            "((\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 8 1 NIL NIL NIL NIL)\
             (\"IMAGE\" \"PNG\" (\"NAME\" \"x.png\") NIL NIL \"BASE64\" 4 NIL (\"ATTACHMENT\" (\"FILENAME\" \"x.png\")) NIL NIL) \
             \"MIXED\" (\"BOUNDARY\" \"b\") NIL NIL NIL)"
        );
    }
}
