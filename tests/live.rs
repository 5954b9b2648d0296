//! Against a real server, which `tests/run` starts and describes in `STERNA_LIVE_*`. Not part of `cargo test`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::TcpStream;

/// Reads a variable of `tests/run`.
fn live(name: &str) -> String {
    let name = format!("STERNA_LIVE_{name}");
    std::env::var(&name)
        .unwrap_or_else(|_| panic!("{name} is not set: the live tests are started by tests/run"))
}

fn connect() -> native_tls::TlsStream<TcpStream> {
    let authority = std::fs::read(live("CA")).unwrap();
    let connector = native_tls::TlsConnector::builder()
        .min_protocol_version(Some(native_tls::Protocol::Tlsv12))
        .disable_built_in_roots(true)
        .add_root_certificate(native_tls::Certificate::from_pem(&authority).unwrap())
        .build()
        .unwrap();
    let port: u16 = live("PORT").parse().unwrap();
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    connector.connect(&live("HOST"), stream).unwrap()
}

fn line(stream: &mut BufReader<impl Read>) -> String {
    let mut line = String::new();
    stream.read_line(&mut line).unwrap();
    line
}

#[test]
fn the_server_greets_over_tls_and_knows_both_users() {
    for (user, password) in [("USER", "PASSWORD"), ("USER2", "PASSWORD2")] {
        let mut stream = BufReader::new(connect());
        let greeting = line(&mut stream);
        assert!(
            greeting.starts_with("* OK [CAPABILITY IMAP4rev1 "),
            "{greeting}"
        );
        write!(
            stream.get_mut(),
            "a LOGIN {} {}\r\n",
            live(user),
            live(password)
        )
        .unwrap();
        let answer = loop {
            let line = line(&mut stream);
            if !line.starts_with('*') {
                break line;
            }
        };
        assert!(answer.starts_with("a OK "), "{answer}");
        assert!(answer.contains("QRESYNC"), "{answer}");
    }
}

#[test]
fn the_certificate_is_not_trusted_without_its_authority() {
    let connector = native_tls::TlsConnector::new().unwrap();
    let port: u16 = live("PORT").parse().unwrap();
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    assert!(connector.connect(&live("HOST"), stream).is_err());
}

#[test]
fn the_plain_port_speaks_imap_too() {
    let port: u16 = live("PLAIN_PORT").parse().unwrap();
    let mut stream = BufReader::new(TcpStream::connect(("127.0.0.1", port)).unwrap());
    let greeting = line(&mut stream);
    assert!(greeting.starts_with("* OK "), "{greeting}");
    assert!(greeting.contains("STARTTLS"), "{greeting}");
}
