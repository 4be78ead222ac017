//! What both directions of a connection see, and the room that they work in.

use crate::flow::{Content, Direction, Opened, Time};
use std::collections::VecDeque;

/// Pings that wait for their pong.
const WAITING_PINGS: usize = 64;

/// Room to unmask and inflate in.
#[derive(Debug)]
pub struct Scratch {
    pub plain: Vec<u8>,
    pub out: Vec<u8>,
}

impl Scratch {
    /// Of each.
    pub const SIZE: usize = 64 * 1024;
}

impl Default for Scratch {
    fn default() -> Self {
        Self {
            plain: vec![0; Self::SIZE],
            out: vec![0; Self::SIZE],
        }
    }
}

/// A close frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Close {
    /// Its number.
    pub frame: u32,
    /// Its code, 1005 without one.
    pub code: u16,
}

/// A ping that waits for its pong.
#[derive(Debug)]
pub struct Ping {
    /// Its number.
    pub frame: u32,
    /// What the pong must repeat.
    pub payload: Box<[u8]>,
}

/// What both directions see.
#[derive(Debug)]
pub struct Shared {
    /// Number of the connection.
    pub connection: u32,
    /// The bytes are those of the wire, so that masking counts.
    pub wire: bool,
    /// Nothing was missed at the start.
    pub from_start: bool,
    /// When the last frame came.
    pub last_frame: Option<Time>,
    /// Which directions have bytes.
    pub heard: [bool; 2],
    waiting: [VecDeque<Ping>; 2],
    /// Pings and their pongs, in the order of the pongs.
    pub pairs: Vec<(u32, u32)>,
    /// How many pings each direction has sent.
    pub pings: [u32; 2],
}

impl Shared {
    /// Before the first byte.
    pub fn new(connection: u32, opened: &Opened) -> Self {
        Self {
            connection,
            wire: opened.content != Content::Messages,
            from_start: opened.from_start,
            last_frame: None,
            heard: [false; 2],
            waiting: Default::default(),
            pairs: Vec::new(),
            pings: [0; 2],
        }
    }

    /// A direction has sent a ping; the oldest that waits for its pong is forgotten when there
    /// are too many.
    pub fn ping(&mut self, direction: Direction, ping: Ping) {
        let waiting = &mut self.waiting[direction as usize];
        self.pings[direction as usize] += 1;
        if waiting.len() == WAITING_PINGS {
            waiting.pop_front();
        }
        waiting.push_back(ping);
    }

    /// Section 5.5.3: a pong repeats the payload of the ping that it answers; those before it
    /// may stay without an answer.
    pub fn pong(&mut self, direction: Direction, frame: u32, payload: &[u8]) -> bool {
        let waiting = &mut self.waiting[direction.opposite() as usize];
        let Some(index) = waiting.iter().rposition(|ping| *ping.payload == *payload) else {
            return false;
        };
        self.pairs.push((waiting[index].frame, frame));
        waiting.drain(..=index);
        true
    }

    /// Nothing that either side has sent was missed.
    pub fn hears_both(&self) -> bool {
        self.from_start && self.heard == [true; 2]
    }
}
