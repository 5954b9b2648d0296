//! Header blocks cut into fields, and the structured values the server must understand. Raw: nothing is decoded here.

/// One field: its name as written, its value unfolded and trimmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field<'a> {
    /// As written.
    pub name: &'a str,
    /// Unfolded: line ends gone, the white space that follows them kept.
    pub value: Vec<u8>,
    /// The field's own bytes, folding and line end included.
    pub raw: &'a [u8],
}

/// The fields of a header block, in order; lines that are no field are passed over.
pub fn fields(header: &[u8]) -> Vec<Field<'_>> {
    let mut fields: Vec<Field<'_>> = Vec::new();
    let mut at = 0;
    while let Some(rest) = header.get(at..).filter(|rest| !rest.is_empty()) {
        let length = field_length(rest);
        let (raw, _) = rest.split_at(length);
        at += length;
        let Some(colon) = raw.iter().position(|byte| *byte == b':') else {
            continue;
        };
        let (name, value) = raw.split_at(colon);
        let Ok(name) = std::str::from_utf8(name) else {
            continue;
        };
        let value = value.get(1..).unwrap_or_default();
        let value: Vec<u8> = value
            .iter()
            .copied()
            .filter(|byte| !matches!(byte, b'\r' | b'\n'))
            .collect();
        fields.push(Field {
            name: name.trim_end(),
            value: value.trim_ascii().to_vec(),
            raw,
        });
    }
    fields
}

/// Name and bytes of every field, nothing copied: the fast way for those who only pick.
pub fn raw_fields(header: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    let mut rest = header;
    std::iter::from_fn(move || {
        while !rest.is_empty() {
            let (raw, after) = rest.split_at(field_length(rest));
            rest = after;
            if let Some(colon) = raw.iter().position(|byte| *byte == b':') {
                let (name, _) = raw.split_at(colon);
                return Some((name.trim_ascii_end(), raw));
            }
        }
        None
    })
}

/// Bytes of the first field with its continuation lines.
fn field_length(bytes: &[u8]) -> usize {
    let mut at = 0;
    loop {
        let Some(end) = bytes
            .get(at..)
            .and_then(|rest| rest.iter().position(|byte| *byte == b'\n'))
        else {
            return bytes.len();
        };
        at += end + 1;
        if !matches!(bytes.get(at), Some(b' ' | b'\t')) {
            return at;
        }
    }
}

/// The value of the first field of that name.
pub fn value(fields: &[Field<'_>], name: &str) -> Option<Vec<u8>> {
    fields
        .iter()
        .find(|field| field.name.eq_ignore_ascii_case(name))
        .map(|field| field.value.clone())
}

/// A value with parameters: `text/plain; charset=utf-8`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parameterised {
    /// What stands before the first semicolon.
    pub value: String,
    /// Names as written, values unquoted.
    pub parameters: Vec<(String, String)>,
}

impl Parameterised {
    /// Reads a value; at most 64 parameters are kept.
    pub fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let mut pieces = split_outside_quotes(&text, ';').into_iter();
        let value = pieces.next().unwrap_or_default().trim().to_owned();
        let parameters = pieces
            .filter_map(|piece| {
                let (name, value) = piece.split_once('=')?;
                Some((name.trim().to_owned(), unquote(value.trim())))
            })
            .take(64)
            .collect();
        Self { value, parameters }
    }

    /// The value of a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.parameters
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// Cuts at a separator that stands outside of quoted strings and angle brackets.
pub fn split_outside_quotes(text: &str, separator: char) -> Vec<String> {
    let mut pieces = vec![String::new()];
    let (mut quoted, mut escaped) = (false, false);
    for letter in text.chars() {
        if letter == separator && !quoted {
            pieces.push(String::new());
            continue;
        }
        match letter {
            '"' if !escaped => quoted = !quoted,
            _ => {}
        }
        escaped = letter == '\\' && !escaped;
        if let Some(piece) = pieces.last_mut() {
            piece.push(letter);
        }
    }
    pieces
}

/// Takes quotes and backslashes off a quoted string; other text stays as it is.
pub fn unquote(text: &str) -> String {
    let Some(inner) = text
        .strip_prefix('"')
        .map(|text| text.strip_suffix('"').unwrap_or(text))
    else {
        return text.to_owned();
    };
    let mut result = String::new();
    let mut letters = inner.chars();
    while let Some(letter) = letters.next() {
        result.extend(if letter == '\\' {
            letters.next()
        } else {
            Some(letter)
        });
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folded_fields_are_one_and_keep_their_bytes() {
        let block = b"Subject: a\r\n b\r\nX: 1\r\n\r\n";
        let fields = fields(block);
        assert_eq!(fields.len(), 2);
        assert_eq!(fields[0].value, b"a b");
        assert_eq!(fields[0].raw, b"Subject: a\r\n b\r\n");
        assert_eq!(value(&fields, "x"), Some(b"1".to_vec()));
    }

    #[test]
    fn parameters_may_hold_semicolons_in_quotes() {
        let parsed = Parameterised::parse(b"text/plain; name=\"a;\\\"b\"; charset=utf-8;");
        assert_eq!(parsed.value, "text/plain");
        assert_eq!(parsed.get("NAME"), Some("a;\"b"));
        assert_eq!(parsed.get("charset"), Some("utf-8"));
    }
}
