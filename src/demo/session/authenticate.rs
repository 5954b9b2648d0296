//! LOGIN, AUTHENTICATE, LOGOUT, ENABLE, COMPRESS.

use std::io;
use std::sync::atomic::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::demo::dialect::oddity::Oddity;
use crate::demo::server::{PASSWORD, TOKEN, USER};
use crate::demo::session::{Reply, Session};
use crate::demo::token::Token;

impl Session {
    /// LOGIN. RFC 3501 §6.2.3.
    pub(super) fn login(&mut self, arguments: &[Token]) -> io::Result<Reply> {
        match arguments {
            [user, password] => self.admit(user.bytes(), password.bytes()),
            _ => Ok(Reply::bad("LOGIN takes a user and a password")),
        }
    }

    /// AUTHENTICATE PLAIN, XOAUTH2 and OAUTHBEARER, with or without an initial response. RFC 4616, RFC 7628, RFC 4959.
    pub(super) fn authenticate(&mut self, arguments: &[Token]) -> io::Result<Reply> {
        let mechanism = arguments.first().map(Token::upper).unwrap_or_default();
        let is_known = matches!(mechanism.as_str(), "PLAIN" | "XOAUTH2" | "OAUTHBEARER");
        if !is_known || !self.dialect.has(&format!("AUTH={mechanism}")) {
            return Ok(Reply::no("[CANNOT] That mechanism is not known here"));
        }
        let response = match arguments.get(1).and_then(Token::bytes) {
            Some(_) if !self.dialect.has("SASL-IR") => {
                return Ok(Reply::bad("SASL-IR is not offered"));
            }
            Some(initial) => initial.to_vec(),
            None => {
                self.output.line("+ ")?;
                self.reader.line(&mut self.output)?
            }
        };
        let Ok(decoded) = STANDARD.decode(response) else {
            return Ok(Reply::bad("That is not base64, or was cancelled"));
        };
        if mechanism != "PLAIN" {
            return self.admit_bearer(&mechanism, &decoded);
        }
        let mut fields = decoded.split(|byte| *byte == 0).skip(1);
        self.admit(fields.next(), fields.next())
    }

    /// A refused token is first explained in a challenge, to which the client must answer. RFC 7628 §3.2.3.
    fn admit_bearer(&mut self, mechanism: &str, response: &[u8]) -> io::Result<Reply> {
        let fields: Vec<&[u8]> = response.split(|byte| *byte == 1).collect();
        let (name, dummy): (_, &[u8]) = match mechanism {
            "XOAUTH2" => (format!("user={USER}"), b""),
            _ => (format!("n,a={USER},"), b"AQ=="),
        };
        let bearer = format!("auth=Bearer {TOKEN}");
        if fields.first() == Some(&name.as_bytes()) && fields.contains(&bearer.as_bytes()) {
            return self.admit(Some(USER.as_bytes()), Some(PASSWORD.as_bytes()));
        }
        let why = STANDARD.encode(r#"{"status":"401","schemes":"bearer","scope":"mail"}"#);
        self.output.line(&format!("+ {why}"))?;
        if self.reader.line(&mut self.output)? != dummy {
            return Ok(Reply::bad("That is not how a refusal is answered"));
        }
        Ok(Reply::no(
            "[AUTHENTICATIONFAILED] The token is wrong or old",
        ))
    }

    fn admit(&mut self, user: Option<&[u8]>, password: Option<&[u8]>) -> io::Result<Reply> {
        if self.authenticated {
            return Ok(Reply::bad("Already logged in"));
        }
        if user != Some(USER.as_bytes()) || password != Some(PASSWORD.as_bytes()) {
            return Ok(Reply::no(
                "[AUTHENTICATIONFAILED] The name or the password is wrong",
            ));
        }
        if !self.shared.let_in(&self.link) {
            return Ok(Reply::no("[LIMIT] Too many connections"));
        }
        self.authenticated = true;
        let (line, text) = self.dialect.welcome();
        if let Some(line) = line {
            self.output.line(&line)?;
        }
        Ok(Reply::ok(text))
    }

    /// LOGOUT. RFC 3501 §6.1.3. From now on there is room for another client.
    pub(super) fn logout(&mut self) -> io::Result<Reply> {
        self.leaving = true;
        self.link.is_inside.store(false, Ordering::Relaxed);
        self.output.line("* BYE Until next time")?;
        Ok(Reply::ok("Done"))
    }

    /// COMPRESS. RFC 4978 §3. What follows the answer is compressed.
    pub(super) fn compress(&mut self, arguments: &[Token]) -> Reply {
        match arguments {
            [name] if name.upper() == "DEFLATE" => {}
            _ => return Reply::bad("Only DEFLATE is known here"),
        }
        if std::mem::replace(&mut self.compressed, true) {
            return Reply::no("[COMPRESSIONACTIVE] Already on");
        }
        Reply::ok("From here on")
    }

    /// ENABLE. RFC 5161.
    pub(super) fn enable(&mut self, arguments: &[Token]) -> io::Result<Reply> {
        let mut enabled = String::new();
        for name in arguments.iter().map(Token::upper) {
            match name.as_str() {
                "CONDSTORE" if self.dialect.has("CONDSTORE") => self.condstore = true,
                "QRESYNC" if self.dialect.has("QRESYNC") => {
                    (self.condstore, self.qresync) = (true, true);
                }
                _ => continue,
            }
            enabled.push(' ');
            enabled.push_str(&name);
        }
        if !self.dialect.is_odd(Oddity::EnablesInSilence) {
            self.output.line(&format!("* ENABLED{enabled}"))?;
        }
        Ok(Reply::ok("Done"))
    }
}
