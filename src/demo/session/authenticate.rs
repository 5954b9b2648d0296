//! LOGIN, AUTHENTICATE PLAIN, ENABLE, COMPRESS.

use std::io;

use base64::Engine;

use crate::demo::dialect::oddity::Oddity;
use crate::demo::server::{PASSWORD, USER};
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

    /// AUTHENTICATE PLAIN, with or without an initial response. RFC 4616, RFC 4959.
    pub(super) fn authenticate(&mut self, arguments: &[Token]) -> io::Result<Reply> {
        if arguments.first().map(Token::upper).as_deref() != Some("PLAIN")
            || !self.dialect.has("AUTH=PLAIN")
        {
            return Ok(Reply::no("[CANNOT] Only PLAIN is known here"));
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
        let Ok(decoded) = base64::engine::general_purpose::STANDARD.decode(response) else {
            return Ok(Reply::bad("That is not base64, or was cancelled"));
        };
        let mut fields = decoded.split(|byte| *byte == 0).skip(1);
        self.admit(fields.next(), fields.next())
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
        self.authenticated = true;
        let (line, text) = self.dialect.welcome();
        if let Some(line) = line {
            self.output.line(&line)?;
        }
        Ok(Reply::ok(text))
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
