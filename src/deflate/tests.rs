//! The parts: what a stream keeps, what all share, and that the two are enough.

use super::history::History;
use super::pool::{Owner, Pool};
use super::*;
use proptest::prelude::*;

fn inflated(inflater: &mut Inflater, mut payload: &[u8]) -> Option<Vec<u8>> {
    let mut all = Vec::new();
    let mut out = [0; 777];
    loop {
        let fed = inflater.feed(payload, &mut out);
        all.extend_from_slice(&out[..fed.made]);
        payload = &payload[fed.used..];
        if fed.corrupt {
            return None;
        }
        if fed.made < out.len() && payload.is_empty() {
            return inflater.finish().then_some(all);
        }
    }
}

fn both(window: Window, compression: Compression) -> (Deflater, Inflater) {
    let inflater = Inflater::new(window);
    let inflater = match compression.dedicated {
        true => inflater.dedicated(),
        false => inflater,
    };
    (Deflater::new(window, &compression), inflater)
}

#[test]
fn the_tail_is_cut_off_and_an_empty_message_has_its_block() {
    let (mut deflater, mut inflater) = both(Window::new(15, false), Compression::default());
    for (piece, payload) in [("", "\0"), ("Hello", ""), ("", "\0"), ("Hello", "")] {
        let mut out = Vec::new();
        deflater.compress(piece.as_bytes(), true, &mut out);
        assert!(!out.ends_with(&TAIL));
        if !payload.is_empty() {
            assert_eq!(out, payload.as_bytes());
        }
        assert_eq!(
            inflated(&mut inflater, &out).as_deref(),
            Some(piece.as_bytes())
        );
    }
}

#[test]
fn without_takeover_nothing_looks_back_whatever_the_last_piece_was() {
    for dedicated in [false, true] {
        let compression = Compression {
            dedicated,
            ..Compression::default()
        };
        let (mut deflater, mut inflater) = both(Window::new(15, true), compression);
        for _ in 0..3 {
            let mut out = Vec::new();
            deflater.compress(b"Hello, hello, hello", false, &mut out);
            deflater.compress(b"", true, &mut out);
            assert_eq!(
                inflated(&mut inflater, &out).as_deref(),
                Some(&b"Hello, hello, hello"[..]),
                "dedicated: {dedicated}"
            );
        }
    }
}

#[test]
fn every_level_memory_and_window() {
    let text: Vec<u8> = (0..3000u32)
        .flat_map(|i| {
            (i.wrapping_mul(2_654_435_761) >> 20)
                .to_string()
                .into_bytes()
        })
        .collect();
    for bits in MIN_WINDOW_BITS..=MAX_WINDOW_BITS {
        for level in 0..=9 {
            let compression = Compression {
                level: Some(level),
                mem_level: level.max(1),
                threshold: None,
                dedicated: level % 2 == 0,
            };
            for no_takeover in [false, true] {
                let (mut deflater, mut inflater) =
                    both(Window::new(bits, no_takeover), compression);
                for piece in text.chunks(1500) {
                    let mut out = Vec::new();
                    deflater.compress(piece, true, &mut out);
                    assert_eq!(inflated(&mut inflater, &out).as_deref(), Some(piece));
                }
            }
        }
    }
}

#[test]
fn a_state_made_anew_goes_on_with_the_window() {
    let window = Window::new(15, false);
    let (mut deflater, mut inflater) = both(window, Compression::default());
    let text = "a sentence that is said once and then again, word for word, and again";
    let mut lengths = Vec::new();
    for _ in 0..4 {
        let mut out = Vec::new();
        deflater.compress(text.as_bytes(), true, &mut out);
        lengths.push(out.len());
        assert_eq!(
            inflated(&mut inflater, &out).as_deref(),
            Some(text.as_bytes())
        );
        deflater.release();
        inflater.release();
    }
    assert!(
        lengths[1..].iter().all(|length| length * 3 < lengths[0]),
        "{lengths:?}"
    );
}

#[test]
fn of_those_that_are_nobodys_the_one_used_last_is_taken() {
    let pool = Pool::of(3);
    for index in 0..3 {
        pool.put(None, index);
    }
    assert_eq!(pool.spare(|_| true), Some(2));
    pool.put(None, 2);
    assert_eq!(pool.spare(|_| true), Some(2));
}

#[test]
fn a_pool_is_bounded_and_gives_nobody_what_is_anothers() {
    let pool = Pool::of(3);
    let owners: Vec<_> = (0..5).map(|_| Owner::new()).collect();
    for (index, owner) in owners.iter().enumerate() {
        assert_eq!(pool.take(*owner), None);
        pool.put(Some(*owner), index);
    }
    assert_eq!(pool.len(), 3);
    // Those that were used last are still there.
    assert_eq!(pool.take(owners[0]), None);
    assert_eq!(pool.take(owners[4]), Some(4));
    assert_eq!(pool.take(owners[4]), None);
    // There is room, and nothing that is nobody's.
    assert_eq!(pool.spare(|_| true), None);
    pool.forget(owners[3]);
    assert_eq!(pool.spare(|context| *context == 2), None);
    assert_eq!(pool.spare(|_| true), Some(3));
    pool.put(None, 3);
    pool.put(Some(owners[4]), 4);
    // Full: what is nobody's goes first, then what was used last.
    assert_eq!(pool.spare(|_| true), Some(3));
    pool.put(Some(owners[0]), 0);
    assert_eq!(pool.spare(|_| true), Some(0));
    assert_eq!(pool.spare(|_| true), None);
    // An owner that has gone on is another one.
    let mut later = owners[4];
    later.advance();
    assert_eq!(pool.take(later), None);
}

/// Each owner works on `rounds` messages in turn. Gives how many found their own state.
fn turns(pool: &Pool<usize>, owners: &mut [Owner], rounds: usize) -> usize {
    let mut found = 0;
    for _ in 0..rounds {
        for owner in &mut *owners {
            let own = pool.take(*owner);
            found += usize::from(own.is_some());
            let state = own.or_else(|| pool.spare(|_| true)).unwrap_or_default();
            owner.advance();
            pool.put(Some(*owner), state);
        }
    }
    found
}

#[test]
fn more_owners_than_states_in_turns_find_some_of_their_own() {
    let pool = Pool::of(8);
    let mut owners: Vec<_> = (0..32).map(|_| Owner::new()).collect();
    let found = turns(&pool, &mut owners, 100);
    // A quarter has one; if the oldest went every time, nobody would.
    assert!(found > 32 * 100 / 8, "{found} of 3200");
    assert_eq!(pool.len(), 8);
}

#[test]
fn states_of_idle_owners_become_those_of_busy_ones() {
    let pool = Pool::of(8);
    let mut idle: Vec<_> = (0..8).map(|_| Owner::new()).collect();
    assert_eq!(turns(&pool, &mut idle, 2), 8);
    let mut busy: Vec<_> = (0..6).map(|_| Owner::new()).collect();
    turns(&pool, &mut busy, 100);
    assert_eq!(turns(&pool, &mut busy, 10), 60);
}

proptest! {
    #[test]
    fn a_history_is_the_last_of_what_was_written(
        bits in 0..6usize,
        pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..80), 0..20),
    ) {
        let limit = 1 << bits;
        let mut history = History::new(limit);
        let mut all = Vec::new();
        for piece in pieces {
            history.push(&piece);
            all.extend(piece);
            let kept = history.parts().concat();
            prop_assert_eq!(&kept[..], &all[all.len() - all.len().min(limit)..]);
        }
        history.clear();
        prop_assert!(history.parts().concat().is_empty());
    }
}
