//! TLS of which bytes are lost or changed: there are holes, and no wrong frames. The fuzz target
//! `tls` does the same for longer.

#[path = "../../../../fuzz/src/tls.rs"]
#[allow(dead_code, reason = "the fuzz target needs more of it")]
mod tls;

use proptest::prelude::*;

#[test]
fn all_frames_are_found_in_what_is_whole() {
    assert_eq!(tls::damaged(&[3; 4 * 32]), 32);
}

#[test]
fn frames_are_found_again_behind_a_lost_record_and_behind_a_changed_one() {
    for what in [0, 1, 2] {
        let mut changes = [3; 4 * 32];
        changes[4 * 8] = what;
        let found = tls::damaged(&changes);
        assert!((24..32).contains(&found), "{what}: {found} of 32");
    }
}

proptest! {
    #[test]
    fn no_frame_is_wrong(changes in prop::collection::vec(any::<u8>(), 0..4 * 32)) {
        tls::damaged(&changes);
    }
}
