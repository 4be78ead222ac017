//! Stands for permessage-deflate in a build without it: halves that cannot be made.

#[derive(Debug)]
pub(super) enum Inflater {}

pub(super) struct Fed {
    pub(super) used: usize,
    pub(super) made: usize,
    pub(super) corrupt: bool,
}

impl Inflater {
    pub(super) fn feed(&mut self, _: &[u8], _: &mut [u8]) -> Fed {
        match *self {}
    }

    pub(super) fn finish(&mut self) -> bool {
        match *self {}
    }

    pub(super) fn release(&self) {
        match *self {}
    }
}

#[derive(Debug)]
pub(super) enum Deflater {}

impl Deflater {
    pub(super) fn threshold(&self) -> u64 {
        match *self {}
    }

    pub(super) fn takeover(&self) -> bool {
        match *self {}
    }

    pub(super) fn compress(&mut self, _: &[u8], _: bool, _: &mut Vec<u8>) {
        match *self {}
    }

    pub(super) fn release(&self) {
        match *self {}
    }
}
