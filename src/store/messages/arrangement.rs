//! Where a message is shown and what of it is hidden: the server's truth with the open operations over it, in their order.
//! Pure; `projection` reads and writes the tables.

use std::collections::BTreeMap;

use crate::channel::operation::{Change, OperationId, Target};
use crate::mail::flag::SystemFlag;
use crate::mail::mailbox::MailboxId;
use crate::mail::uid::ModSeq;
use crate::store::journal::changes::apply;
use crate::store::journal::pending::Layer;
use crate::store::messages::placements::Placement;

/// One message, by mailbox.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::store) struct Arrangement {
    /// What the lists show.
    pub shown: BTreeMap<MailboxId, Placement>,
    /// Truth that is hidden.
    pub leaving: BTreeMap<MailboxId, Placement>,
}

impl Arrangement {
    /// Lays the open operations on a message, in their order, over what the server says of it.
    pub(in crate::store) fn of<'a>(
        truth: impl IntoIterator<Item = Placement>,
        layers: impl IntoIterator<Item = &'a Layer>,
    ) -> Self {
        let mut now = Self::default();
        for mut placement in truth {
            placement.operation = OperationId(0);
            placement.effective = placement.server.clone();
            now.shown.insert(placement.target.mailbox, placement);
        }
        for layer in layers {
            now.lay(layer);
        }
        // What the server expunged is there only for the sake of an operation.
        now.shown.retain(|_, placement| !placement.is_gone);
        now
    }

    fn lay(&mut self, layer: &Layer) {
        match layer.change {
            Change::Flag { .. } | Change::Keyword { .. } if layer.is_local => {
                // It stays on this machine and goes with the message.
                for placement in self.shown.values_mut() {
                    apply(&layer.change, &mut placement.effective);
                }
            }
            Change::Flag { .. } | Change::Keyword { .. } => {
                if let Some(placement) = self.shown.get_mut(&layer.mailbox) {
                    apply(&layer.change, &mut placement.effective);
                }
            }
            Change::Move { .. } | Change::Delete if layer.is_marked => {
                let mark = SystemFlag::Deleted;
                let original = self.shown.get(&layer.mailbox);
                if original.is_some_and(|row| row.operation.0 == 0 && row.server.has(mark)) {
                    // Where the server has expunged it, nothing is left to hide.
                    self.hide(layer);
                    self.leaving
                        .retain(|_, row| !row.is_gone || row.operation != layer.operation);
                }
            }
            Change::Move { to } if to != layer.mailbox => {
                if let Some(placement) = self.hide(layer) {
                    self.show(placement, to, layer.operation);
                }
            }
            Change::Copy { to } => {
                if let Some(placement) = self.shown.get(&layer.mailbox).cloned() {
                    self.show(placement, to, layer.operation);
                }
            }
            Change::Delete => drop(self.hide(layer)),
            Change::Move { .. } | Change::Folder(_) => {}
        }
    }

    /// Takes the message out of a list. Only truth is worth keeping.
    fn hide(&mut self, layer: &Layer) -> Option<Placement> {
        let placement = self.shown.remove(&layer.mailbox)?;
        if placement.operation == OperationId(0) {
            let hidden = Placement {
                operation: layer.operation,
                ..placement.clone()
            };
            self.leaving.insert(layer.mailbox, hidden);
        }
        Some(placement)
    }

    /// Shows the message in another list, unless it is there already.
    fn show(&mut self, from: Placement, to: MailboxId, operation: OperationId) {
        let message = from.target.message;
        self.shown.entry(to).or_insert_with(|| Placement {
            target: Target {
                message,
                mailbox: to,
            },
            validity: 0,
            uid: 0,
            mod_seq: ModSeq::new(0),
            operation,
            is_gone: false,
            ..from
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::flag::{Flags, Keyword};
    use crate::mail::message_id::MessageId;

    fn at(mailbox: u32) -> Placement {
        Placement {
            target: Target {
                message: MessageId::new(5).unwrap(),
                mailbox: MailboxId::new(mailbox),
            },
            validity: 9,
            uid: 70 + mailbox,
            server: Flags::default(),
            effective: Flags::default(),
            mod_seq: ModSeq::new(3),
            internal_date: 1_000,
            operation: OperationId(0),
            is_gone: false,
        }
    }

    fn layer(operation: i64, mailbox: u32, change: Change) -> Layer {
        Layer {
            operation: OperationId(operation),
            mailbox: MailboxId::new(mailbox),
            change,
            validity: 9,
            uid: 0,
            is_local: false,
            is_marked: false,
            floor: None,
        }
    }

    fn to(mailbox: u32) -> Change {
        Change::Move {
            to: MailboxId::new(mailbox),
        }
    }

    /// Mailbox and operation of what is shown and of what is leaving.
    fn places(now: &Arrangement) -> [Vec<(u32, i64)>; 2] {
        [&now.shown, &now.leaving].map(|rows| {
            let rows = rows.iter();
            rows.map(|(mailbox, row)| (mailbox.get(), row.operation.0))
                .collect()
        })
    }

    #[test]
    fn a_chain_of_moves_hides_the_truth_once_and_shows_the_end() {
        let layers = [layer(1, 1, to(2)), layer(2, 2, to(3))];
        let now = Arrangement::of([at(1)], &layers);
        assert_eq!(places(&now), [vec![(3, 2)], vec![(1, 1)]]);
        assert_eq!(now.shown[&MailboxId::new(3)].uid, 0);
        // And back again: shown where it was, without an address, and still leaving by its old one.
        let layers = [layer(1, 1, to(2)), layer(2, 2, to(1))];
        let now = Arrangement::of([at(1)], &layers);
        assert_eq!(places(&now), [vec![(1, 2)], vec![(1, 1)]]);
        assert_eq!(now.leaving[&MailboxId::new(1)].uid, 71);
    }

    #[test]
    fn flags_go_along_in_the_order_of_the_operations() {
        let seen = |on| Change::Flag {
            flag: SystemFlag::Seen,
            on,
        };
        let layers = [
            layer(1, 1, seen(true)),
            layer(2, 1, to(2)),
            layer(3, 1, seen(false)),
        ];
        let now = Arrangement::of([at(1)], &layers);
        assert!(
            now.shown[&MailboxId::new(2)]
                .effective
                .has(SystemFlag::Seen)
        );
        assert!(!now.shown[&MailboxId::new(2)].server.has(SystemFlag::Seen));
        let mut local = layer(
            1,
            1,
            Change::Keyword {
                keyword: Keyword::parse("todo").unwrap(),
                on: true,
            },
        );
        local.is_local = true;
        let now = Arrangement::of([at(2)], [&local]);
        let effective = &now.shown[&MailboxId::new(2)].effective;
        assert!(
            effective.keywords().contains("todo"),
            "wherever the message is"
        );
    }

    #[test]
    fn copies_deletions_and_what_the_server_expunged() {
        let copy = |to| Change::Copy {
            to: MailboxId::new(to),
        };
        let layers = [
            layer(1, 1, copy(2)),
            layer(2, 1, copy(3)),
            layer(3, 1, Change::Delete),
        ];
        let now = Arrangement::of([at(1), at(3)], &layers);
        assert_eq!(places(&now), [vec![(2, 1), (3, 0)], vec![(1, 3)]]);
        let mut gone = at(1);
        gone.is_gone = true;
        let now = Arrangement::of([gone.clone()], &[layer(1, 1, to(2))]);
        assert_eq!(places(&now), [vec![(2, 1)], vec![(1, 1)]]);
        assert_eq!(places(&Arrangement::of([gone], &[])), [vec![], vec![]]);
        // A move to where it is already changes nothing.
        let now = Arrangement::of([at(1)], &[layer(1, 1, to(1))]);
        assert_eq!(places(&now), [vec![(1, 0)], vec![]]);
    }
}
