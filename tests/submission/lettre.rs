//! Why lettre's own connection does not carry the mail, neither behind STARTTLS nor inside TLS from the first byte. Each of
//! these fails on the day lettre mends it; once all do, `remote::submission` may shrink.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::time::Duration;

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{Certificate, SmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use sterna::demo::server::{PASSWORD, USER};

use crate::certificates::Identity;
use crate::home::authority;
use crate::rig::{LETTER, server};
use crate::script::GUARD;
use crate::tls_front::{Before, Front, Words};

fn tls(root: &Identity) -> TlsParameters {
    TlsParameters::builder("localhost".to_owned())
        .add_root_certificate(Certificate::from_pem(&root.pem()).unwrap())
        .build()
        .unwrap()
}

fn connect(
    port: u16,
    tls: Option<&TlsParameters>,
) -> Result<SmtpConnection, lettre::transport::smtp::Error> {
    let (address, hello) = (("localhost", port), ClientId::default());
    SmtpConnection::connect(address, Some(GUARD), &hello, tls, None)
}

#[test]
fn it_takes_words_from_before_tls_for_words_inside_it() {
    let (root, good) = authority();
    let server = server();
    let words = Words {
        behind_answer: b"250-forged\r\n250 AUTH XOAUTH2\r\n".to_vec(),
        ..Words::smtp()
    };
    let front = Front::start(server.smtp_addr(), &good, Before::StartTls(words));
    let mut connection = connect(front.port, None).unwrap();
    connection
        .starttls(&tls(&root), &ClientId::default())
        .unwrap();
    assert!(connection.is_encrypted());
    assert!(
        connection
            .server_info()
            .supports_auth_mechanism(Mechanism::Xoauth2),
        "lettre has mended its STARTTLS: what came before TLS is forgotten"
    );
    assert_eq!(connection.server_info().name(), "forged");
}

#[test]
fn it_speaks_before_its_certificate_can_be_judged() {
    let (root, _) = authority();
    // A common name stands for nothing, but OpenSSL's own check has it stand for a host.
    let leaf = root.issue_by_common_name();
    let front = Front::start(server().smtp_addr(), &leaf, Before::Nothing);
    let connection = connect(front.port, Some(&tls(&root)));
    assert!(
        connection.is_err() || front.n_secret() > 0,
        "lettre lets its caller judge a certificate before EHLO"
    );
}

#[test]
fn it_adds_a_line_to_every_mail() {
    let server = server();
    let mut connection = connect(server.smtp_addr().port(), None).unwrap();
    let credentials = Credentials::new(USER.to_owned(), PASSWORD.to_owned());
    connection.auth(&[Mechanism::Plain], &credentials).unwrap();
    let anna = "anna@example.org".parse().unwrap();
    connection
        .command(Mail::new(Some(anna), Vec::new()))
        .unwrap();
    let bela = "bela@example.org".parse().unwrap();
    connection.command(Rcpt::new(bela, Vec::new())).unwrap();
    connection.command(Data).unwrap();
    connection.message(LETTER).unwrap();
    assert_eq!(
        server.submissions()[0].data,
        [LETTER, b"\r\n"].concat(),
        "lettre hands a mail over byte by byte"
    );
}

#[test]
fn it_keeps_a_line_that_does_not_end() {
    const N_BYTES: usize = 32 << 20;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        socket.set_write_timeout(Some(GUARD)).unwrap();
        let block = vec![b'2'; 1 << 16];
        let n_written = (0..N_BYTES / block.len())
            .take_while(|_| socket.write_all(&block).is_ok())
            .count();
        let _ = socket.write_all(b"\r\n");
        let _ = socket.set_read_timeout(Some(Duration::from_mins(1)));
        let _ = socket.read(&mut [0]);
        n_written * block.len()
    });
    assert!(connect(port, None).is_err());
    assert_eq!(
        server.join().unwrap(),
        N_BYTES,
        "lettre leaves a line that does not end"
    );
}
