//! What the replay remembers of what it heard.

use super::*;

#[test]
fn only_what_was_asked_about_is_remembered() {
    let mut replay = Replay::default();
    let all = (1..=100_000).rev().step_by(2).filter_map(Uid::new);
    all.clone().for_each(|uid| replay.saw(uid));
    assert_eq!(replay.present.len(), 0, "nothing was asked");
    replay.asked = UidSet::from_range(7, 10);
    all.for_each(|uid| replay.saw(uid));
    let present: Vec<u32> = replay.present.iter().map(|uid| uid.get()).collect();
    assert_eq!(present, [8, 10]);
}
