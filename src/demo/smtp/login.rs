//! AUTH: PLAIN, LOGIN, XOAUTH2 and OAUTHBEARER. RFC 4954, RFC 4616, RFC 7628.

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::demo::server::{PASSWORD, TOKEN, USER};
use crate::demo::smtp::Session;

impl Session {
    /// AUTH, with or without the first words.
    pub(super) fn authenticate(&mut self, rest: &str) -> io::Result<()> {
        let (method, initial) = rest.split_once(' ').unwrap_or((rest, ""));
        let method = method.to_ascii_uppercase();
        if !self.manner.has_mechanism(&method) {
            return self.output.line("504 5.5.4 Unknown mechanism");
        }
        if self.authenticated {
            return self.output.line("503 5.5.1 Already logged in");
        }
        self.authenticated = match method.as_str() {
            "PLAIN" => self.plain(initial)?,
            "LOGIN" => {
                let user = self.answer_to("VXNlcm5hbWU6", initial)?;
                let password = self.answer_to("UGFzc3dvcmQ6", "")?;
                user == USER.as_bytes() && password == PASSWORD.as_bytes()
            }
            _ => self.bearer(&method, initial)?,
        };
        self.output.line(if self.authenticated {
            "235 2.7.0 Logged in"
        } else {
            "535 5.7.8 The name, the password or the token is wrong"
        })
    }

    fn plain(&mut self, initial: &str) -> io::Result<bool> {
        let answer = self.answer_to("", initial)?;
        let mut fields = answer.split(|byte| *byte == 0).skip(1);
        let (user, password) = (fields.next(), fields.next());
        Ok(user == Some(USER.as_bytes()) && password == Some(PASSWORD.as_bytes()))
    }

    /// A refused token is first explained in a challenge, to which the client must answer. RFC 7628 §3.2.3.
    fn bearer(&mut self, method: &str, initial: &str) -> io::Result<bool> {
        let answer = self.answer_to("", initial)?;
        let fields: Vec<&[u8]> = answer.split(|byte| *byte == 1).collect();
        let name = match method {
            "XOAUTH2" => format!("user={USER}"),
            _ => format!("n,a={USER},"),
        };
        let bearer = format!("auth=Bearer {TOKEN}");
        let is_known =
            fields.first() == Some(&name.as_bytes()) && fields.contains(&bearer.as_bytes());
        if !is_known {
            let why = STANDARD.encode(r#"{"status":"401","schemes":"bearer","scope":"mail"}"#);
            self.answer_to(&why, "")?;
        }
        Ok(is_known)
    }

    /// What the client says to a challenge, or said before it was asked.
    fn answer_to(&mut self, challenge: &str, initial: &str) -> io::Result<Vec<u8>> {
        let line = if initial.is_empty() {
            self.output.line(&format!("334 {challenge}"))?;
            self.reader.line(&mut self.output)?
        } else {
            initial.as_bytes().to_vec()
        };
        Ok(STANDARD.decode(line).unwrap_or_default())
    }
}
