//! STARTTLS and trust with a real server.

use crate::home::Account;
use crate::rival::Rival;
use crate::server::Server;

#[test]
fn starttls_carries_an_account() {
    let server = Server::shared();
    let user = server.fresh_user();
    Rival::new(&server, &user).deliver("INBOX", "Behind STARTTLS");
    let home = Account::tls(&server, &user).starttls(&server).home();
    let run = home.run(&["sync"]);
    assert_eq!(run.code, 0, "{}{}", run.out, run.err);
    let run = home.run(&["--offline", "list"]);
    assert!(run.out.contains("Behind STARTTLS"), "{}", run.out);

    let home = Account::tls(&server, &user)
        .starttls(&server)
        .without_ca()
        .home();
    let run = home.run(&["sync"]);
    assert_eq!(run.code, 77, "{}{}", run.out, run.err);
    for part in ["ca-file = ", "sterna trust work", "SHA-256"] {
        assert!(run.out.contains(part), "{}", run.out);
    }
}
