//! `compose`: begins a mail on the screen, as another program asks by a `mailto:` address.

use crate::cli::exit::Exit;
use crate::cli::run::Failure;
use crate::compose::mailto::{self, Link};
use crate::mail::safe_text::SafeText;

/// A mail that is to be written, and what was left out of it.
pub type Begun = Link;

/// The mail that an argument asks for: what a `mailto:` address names (RFC 6068), one plain address, or an empty one.
///
/// # Errors
/// The argument is neither (64).
pub fn begun(argument: Option<&str>) -> Result<Begun, Failure> {
    let Some(argument) = argument else {
        return Ok(Begun::default());
    };
    let is_address = argument.contains('@') && !argument.contains([':', '?']);
    let url = if is_address {
        format!("mailto:{argument}")
    } else {
        argument.to_owned()
    };
    mailto::read(&url).ok_or_else(|| {
        let shown = SafeText::line_up_to(argument, 80);
        Failure::new(Exit::Usage, format!("{shown} is no mailto: address"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_as_good_as_a_mailto_address() {
        for (argument, to, subject) in [
            (None, "", ""),
            (Some("anna@example.org"), "anna@example.org", ""),
            (
                Some("mailto:anna@example.org?subject=Lunch%20today"),
                "anna@example.org",
                "Lunch today",
            ),
            (
                Some("mailto:a@b.example?attach=/etc/passwd&x-y=z"),
                "a@b.example",
                "",
            ),
        ] {
            let composition = begun(argument).unwrap().mail;
            assert_eq!(
                (composition.to.as_str(), composition.subject.as_str()),
                (to, subject)
            );
            assert!(composition.attachments.is_empty());
        }
        for argument in ["anna", "http://example.org", "file:/etc/passwd"] {
            assert_eq!(begun(Some(argument)).unwrap_err().exit, Exit::Usage);
        }
    }
}
