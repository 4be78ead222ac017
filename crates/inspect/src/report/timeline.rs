use super::Both;
use crate::Inspection;
use crate::store::{Frame, NONE, flag};

/// Most columns of a plot.
const COLUMNS: usize = 100_000;

/// Columns for one direction.
#[derive(Debug, Default, PartialEq)]
pub struct Lane {
    pub frames: Vec<u32>,
    pub bytes: Vec<f64>,
    pub longest: Vec<f64>,
    pub control: Vec<u32>,
    pub errors: Vec<u32>,
}

/// Frames by themselves.
#[derive(Debug, Default, PartialEq)]
pub struct Points {
    pub frame: Vec<u32>,
    pub time: Vec<f64>,
    pub length: Vec<f64>,
    pub flags: Vec<u8>,
}

/// Columns for a plot.
#[derive(Debug, PartialEq)]
pub struct Timeline {
    pub from: f64,
    pub step: f64,
    pub columns: usize,
    pub lanes: Both<Lane>,
    pub points: Option<Points>,
}

impl Lane {
    fn new(columns: usize) -> Self {
        Self {
            frames: vec![0; columns],
            bytes: vec![0.0; columns],
            longest: vec![f64::NAN; columns],
            control: vec![0; columns],
            errors: vec![0; columns],
        }
    }

    fn add(&mut self, column: usize, frame: &Frame) {
        let length = frame.length as f64;
        self.frames[column] += 1;
        self.bytes[column] += length;
        self.longest[column] = self.longest[column].max(length);
        self.control[column] += u32::from(frame.is_control());
        self.errors[column] += u32::from(frame.flags & flag::ERROR != 0);
    }
}

impl Inspection {
    /// Of all frames, or of these. `from` and `to` are milliseconds since the first event, by
    /// default those of the first and the last frame.
    pub fn report_timeline(
        &self,
        of: Option<&[u32]>,
        from: Option<f64>,
        to: Option<f64>,
        columns: usize,
        points: usize,
    ) -> Timeline {
        let frames = || -> Box<dyn Iterator<Item = (u32, &Frame)>> {
            match of {
                Some(numbers) => Box::new(
                    numbers
                        .iter()
                        .filter_map(|&n| Some((n, self.store.frames.get(n)?))),
                ),
                None => Box::new(self.store.frames.iter_from(0)),
            }
        };
        let alive = |(_, frame): &(u32, &Frame)| frame.connection != NONE;
        let (mut first, mut last) = (f64::INFINITY, f64::NEG_INFINITY);
        for (_, frame) in frames().filter(alive) {
            let time = self.since_start(frame.time);
            first = first.min(time);
            last = last.max(time);
        }
        if first > last {
            (first, last) = (0.0, 0.0);
        }
        let from = from.filter(|from| from.is_finite()).unwrap_or(first);
        let to = to.filter(|to| *to > from).unwrap_or(last.max(from));
        let columns = columns.clamp(1, COLUMNS);
        let step = ((to - from) / columns as f64).max(1e-6);
        let mut lanes = Both {
            c2s: Lane::new(columns),
            s2c: Lane::new(columns),
        };
        let mut single = Some(Points::default());
        for (number, frame) in frames().filter(alive) {
            let time = self.since_start(frame.time);
            if time < from || time > to {
                continue;
            }
            let column = (((time - from) / step) as usize).min(columns - 1);
            lanes.get_mut(frame.direction()).add(column, frame);
            if let Some(list) = &mut single {
                if list.frame.len() == points {
                    single = None;
                    continue;
                }
                list.frame.push(number);
                list.time.push(time);
                list.length.push(frame.length as f64);
                let bit = |flag: u16, bit: u8| if frame.flags & flag != 0 { bit } else { 0 };
                let control = if frame.is_control() { 2 } else { 0 };
                list.flags.push(
                    bit(flag::S2C, 1) | control | bit(flag::ERROR, 4) | bit(flag::WARNING, 8),
                );
            }
        }
        Timeline {
            from,
            step,
            columns,
            lanes,
            points: single,
        }
    }
}
