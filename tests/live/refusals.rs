//! What a server must refuse, and what must be refused of a server.

use crate::home::Account;
use crate::rival::connect;
use crate::server::Server;

#[test]
fn a_wrong_password_is_refused_in_the_servers_words() {
    let server = Server::shared();
    let user = server.fresh_user();
    let home = Account::tls(&server, &user).password("wrong").home();
    let run = home.run(&["sync"]);
    assert_eq!(run.code, 77, "{}{}", run.out, run.err);
    assert!(run.out.contains("Authentication failed"), "{}", run.out);
    let run = home.run(&["sync", "--json"]);
    assert_eq!(run.code, 77);
    assert!(run.out.contains("Authentication failed"), "{}", run.out);
}

#[test]
fn the_screen_asks_for_another_password_and_goes_on_with_it() {
    let server = Server::shared();
    let user = server.fresh_user();
    crate::rival::Rival::new(&server, &user).deliver("INBOX", "Behind the password");
    let home = Account::tls(&server, &user).password("wrong").home();
    let mut screen = home.screen(120, 30);
    screen.wait_for("Authentication failed");
    screen.keys("secret\r");
    screen.wait_for("Behind the password");
    screen.wait_for("online");
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
}

#[test]
fn an_unknown_authority_is_refused_and_the_mend_is_named() {
    let server = Server::shared();
    let user = server.fresh_user();
    let home = Account::tls(&server, &user).without_ca().home();
    let run = home.run(&["sync"]);
    assert_eq!(run.code, 77, "{}{}", run.out, run.err);
    assert!(run.out.contains("certificate"), "{}", run.out);
    assert!(run.out.contains("ca-file"), "{}", run.out);
    // The refusal is not of the test's making.
    let _ = connect(&server);
}
