//! What an account says of writing: the signature, and the command that knows addresses.

use std::collections::BTreeMap;

use toml::Spanned;

use crate::config::checked::Surroundings;
use crate::config::error::Mistake;
use crate::config::raw::{Text, Texts};

/// The words of a command; none where it is not given.
#[must_use]
pub fn words(typed: Option<Texts>) -> Vec<String> {
    let words = typed.map_or_else(Vec::new, |typed| typed.into_inner().0);
    words.into_iter().map(Spanned::into_inner).collect()
}

/// The longest signature, in bytes.
const SIGNATURE_BYTES: usize = 4_096;

/// The text under a mail, as typed or from a file beside the configuration.
pub fn signature(
    typed: Option<Text>,
    file: Option<Text>,
    around: &Surroundings<'_>,
) -> Result<String, Mistake> {
    let (at, text) = match (typed, file) {
        (Some(_), Some(file)) => {
            let problem = "give signature or signature-file, not both".to_owned();
            return Err(Mistake::new(file.span().start, problem));
        }
        (Some(typed), None) => (typed.span().start, typed.into_inner()),
        (None, Some(file)) => {
            let path = around.existing(&file)?;
            let text = std::fs::read_to_string(&path).map_err(|error| {
                let problem = format!("{} cannot be read: {error}", path.display());
                Mistake::new(file.span().start, problem)
            })?;
            (file.span().start, text)
        }
        (None, None) => return Ok(String::new()),
    };
    checked(at, &text)
}

/// The texts under mail from single addresses, which are the account's own.
pub fn signatures(
    typed: BTreeMap<Spanned<String>, Text>,
    own: &[&str],
) -> Result<Vec<(String, String)>, Mistake> {
    let mut signatures = Vec::new();
    for (address, text) in typed {
        let is_it = |own: &&&str| own.eq_ignore_ascii_case(address.get_ref());
        let Some(own) = own.iter().find(is_it) else {
            let problem = format!(
                "\"{}\" is neither the email of this account nor one of its aliases",
                address.get_ref()
            );
            return Err(Mistake::new(address.span().start, problem));
        };
        let text = checked(text.span().start, text.get_ref())?;
        signatures.push(((*own).to_owned(), text));
    }
    Ok(signatures)
}

fn checked(at: usize, text: &str) -> Result<String, Mistake> {
    if text.len() > SIGNATURE_BYTES {
        let problem = format!("this signature is longer than {SIGNATURE_BYTES} bytes");
        return Err(Mistake::new(at, problem));
    }
    let text = text.trim_end();
    Ok(text.strip_prefix("-- \n").unwrap_or(text).to_owned())
}
