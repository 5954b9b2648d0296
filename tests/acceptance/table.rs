//! The table: a row for each server, a column for each check.

/// Makes a module of tests for each server; the expression opens a fresh site on it.
macro_rules! rows {
    ($($row:ident: $open:expr),+ $(,)?) => {
        $(mod $row {
            use super::*;
            columns! {
                $open;
                first_sync_equals_the_server
                newest_messages_come_first
                a_message_is_read
                the_text_of_a_large_message_is_read
                what_others_do_shows_while_looking_on
                reopening_brings_what_others_did
                read_marks_made_offline_reach_the_server
                another_uidvalidity_heals
                a_cut_connection_loses_nothing
                folders_follow_the_server
                a_draft_is_copied_to_a_folder_that_is_made_for_it
            }
        })+
    };
}

/// The tests of one row.
macro_rules! columns {
    ($open:expr; $($check:ident)+) => {
        $(#[test]
        fn $check() {
            crate::checks::$check(&mut $open);
        })+
    };
}
