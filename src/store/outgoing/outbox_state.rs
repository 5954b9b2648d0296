//! The way of a mail through the outbox, as one table: what may follow what. Pure; every transition in the database asks
//! here first.

use crate::channel::outbox::OutboxState;

/// What moves a mail on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Cause {
    /// The engine begins to send it.
    Claim,
    /// The end of the mail is about to leave.
    Commit,
    /// The server has taken it.
    Accept,
    /// The server did not take it now, or was not reached: it surely does not have it.
    Defer,
    /// The server does not want it: it surely does not have it.
    Refuse,
    /// The connection broke where the server may have it.
    Lose,
    /// Its engine is gone.
    Abandon,
    /// Its copy lies in the Sent folder, or belongs in none.
    File,
    /// The user wants it back.
    TakeBack,
    /// The user wants it sent now, or once more.
    Retry,
    /// The user knows that it arrived, or it was found.
    Settle,
    /// The user gives it up.
    Drop,
    /// Its account means another login or host now: the user is to say whether it goes from there.
    Withhold,
}

/// What becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Next {
    /// It is in this state now.
    State(OutboxState),
    /// It leaves the outbox and is a draft again.
    Draft,
    /// It leaves the outbox for good.
    Gone,
}

/// What a cause makes of a mail; `None` where it cannot be.
pub(super) const fn next(state: OutboxState, cause: Cause) -> Option<Next> {
    use OutboxState::{
        Accepted, Committing, Failed, Held, Queued, Scheduled, Sending, Sent, Uncertain,
    };
    Some(Next::State(match (cause, state) {
        (Cause::Claim, Held | Scheduled | Queued) => Sending,
        (Cause::Commit, Sending) => Committing,
        // Uncertain: another process took its sender for dead, and then the answer came.
        (Cause::Accept, Committing | Uncertain) | (Cause::Settle, Uncertain) => Accepted,
        (Cause::Defer, Sending | Committing)
        | (Cause::Abandon, Sending)
        | (Cause::Retry, Held | Scheduled | Queued | Failed | Uncertain) => Queued,
        (Cause::Refuse, Sending | Committing) | (Cause::Withhold, Held | Scheduled | Queued) => {
            Failed
        }
        (Cause::Lose | Cause::Abandon, Committing) => Uncertain,
        // An accepted mail that is given up is one whose copy nobody wants.
        (Cause::File | Cause::Drop, Accepted) => Sent,
        (Cause::TakeBack, Held | Scheduled | Queued | Failed) => return Some(Next::Draft),
        (Cause::Drop, Held | Scheduled | Queued | Failed | Uncertain | Sent) => {
            return Some(Next::Gone);
        }
        _ => return None,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One line for each cause, one letter for each state in the order of `OutboxState::ALL`: where it leads, `d` to a
    /// draft, `x` out, `.` nowhere.
    #[test]
    fn every_cause_in_every_state_leads_where_the_table_says() {
        let letters = "hsqcCaSfu"; // held scheduled queued sending(c) committing(C) accepted sent failed uncertain
        let table = [
            (Cause::Claim, "ccc......"),
            (Cause::Commit, "...C....."),
            (Cause::Accept, "....a...a"),
            (Cause::Defer, "...qq...."),
            (Cause::Refuse, "...ff...."),
            (Cause::Lose, "....u...."),
            (Cause::Abandon, "...qu...."),
            (Cause::File, ".....S..."),
            (Cause::TakeBack, "ddd....d."),
            (Cause::Retry, "qqq....qq"),
            (Cause::Settle, "........a"),
            (Cause::Drop, "xxx..Sxxx"),
            (Cause::Withhold, "fff......"),
        ];
        for (cause, line) in table {
            for (state, expected) in OutboxState::ALL.into_iter().zip(line.chars()) {
                let found = match next(state, cause) {
                    None => '.',
                    Some(Next::Draft) => 'd',
                    Some(Next::Gone) => 'x',
                    Some(Next::State(next)) => {
                        let at = OutboxState::ALL.iter().position(|known| *known == next);
                        letters.chars().nth(at.unwrap()).unwrap()
                    }
                };
                assert_eq!(found, expected, "{cause:?} of {state:?}");
            }
        }
    }

    /// From `committing` and `uncertain` nothing but the server's own word, or the user's, leads to where it is sent again.
    #[test]
    fn what_the_server_may_have_is_never_sent_again_by_itself() {
        use OutboxState::{Committing, Queued, Sending, Uncertain};
        let by_itself = [Cause::Claim, Cause::Lose, Cause::Abandon, Cause::Commit];
        for cause in by_itself {
            for state in [Committing, Uncertain] {
                let is_sent_again =
                    matches!(next(state, cause), Some(Next::State(Queued | Sending)));
                assert!(!is_sent_again, "{cause:?} of {state:?}");
            }
        }
    }
}
