use super::{Both, direction_name, opcode_name};
use crate::Inspection;
use crate::connection::Head;
use crate::flow::Direction;
use crate::store::{Frame, NONE};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap, HashSet};
use ws4wasm::Opcode;

/// Contexts of compression that are listed.
const LISTED: usize = 1000;

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Quantiles {
    pub count: usize,
    pub min: f64,
    pub p50: f64,
    pub p90: f64,
    pub p99: f64,
    pub max: f64,
    pub mean: f64,
}

impl Quantiles {
    /// Of values in any order.
    pub fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_unstable_by(f64::total_cmp);
        let (&min, &max) = values.first().zip(values.last())?;
        // The smallest value that at least this part of all values does not exceed.
        let at = |part: f64| {
            let rank = (values.len() as f64 * part).ceil() as usize;
            values[rank.clamp(1, values.len()) - 1]
        };
        Some(Self {
            count: values.len(),
            min,
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            max,
            mean: values.iter().sum::<f64>() / values.len() as f64,
        })
    }
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PerOpcode {
    pub opcode: &'static str,
    pub frames: u32,
    pub bytes: f64,
    pub least: f64,
    pub most: f64,
}

#[derive(Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DirectionStatistics {
    pub frames: u32,
    pub messages: u32,
    pub wire: f64,
    pub handshake: f64,
    pub headers: f64,
    pub masks: f64,
    pub payload: f64,
    pub data: f64,
    pub inflated: f64,
    pub per_opcode: Vec<PerOpcode>,
    pub gaps: Option<Quantiles>,
    pub lengths: Option<Quantiles>,
}

#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Fragments {
    pub up_to: u32,
    pub messages: u32,
}

#[derive(Debug, PartialEq, Serialize)]
pub struct ContextLine {
    pub connection: u32,
    pub direction: &'static str,
    pub messages: u32,
    pub wire: f64,
    pub inflated: f64,
    pub takeover: bool,
}

#[derive(Debug, Default, PartialEq, Serialize)]
pub struct Compression {
    pub messages: u32,
    pub uncompressed: u32,
    pub wire: f64,
    pub inflated: f64,
    pub ratio: Option<f64>,
    pub ratios: Option<Quantiles>,
    pub contexts: Vec<ContextLine>,
}

#[derive(Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Pings {
    pub sent: u32,
    pub answered: u32,
    pub round_trip: Option<Quantiles>,
}

#[derive(Debug, PartialEq, Serialize)]
pub struct RuleCount {
    pub rule: &'static str,
    pub count: u32,
}

#[derive(Debug, PartialEq, Serialize)]
pub struct Statistics {
    pub c2s: DirectionStatistics,
    pub s2c: DirectionStatistics,
    pub fragments: Vec<Fragments>,
    pub compression: Compression,
    pub pings: Both<Pings>,
    pub rules: Vec<RuleCount>,
}

#[derive(Default)]
struct Gathered {
    told: DirectionStatistics,
    gaps: Vec<f64>,
    lengths: Vec<f64>,
    opcodes: [Option<PerOpcode>; 16],
}

impl Inspection {
    /// Of all frames, or of these, which are in order and each there once.
    pub fn report_statistics(&self, of: Option<&[u32]>) -> Statistics {
        let mut both: Both<Gathered> = Both::default();
        let mut last: HashMap<(u32, Direction), u64> = HashMap::new();
        let mut fragments: BTreeMap<u32, u32> = BTreeMap::new();
        let mut compression = Compression::default();
        let mut ratios = Vec::new();
        let mut pings: Both<(u32, u32, Vec<f64>)> = Both::default();
        let mut connections = HashSet::new();
        let mut each = |number: u32, frame: &Frame| {
            if frame.is_hole() {
                return;
            }
            let direction = frame.direction();
            let gathered = both.get_mut(direction);
            gathered.frame(frame);
            if connections.len() < 1 << 16 || of.is_some() {
                connections.insert(frame.connection);
            }
            if let Some(before) = last.insert((frame.connection, direction), frame.time) {
                gathered
                    .gaps
                    .push(frame.time.saturating_sub(before) as f64 / 1e6);
            }
            if frame.head[0] & 15 == 9 {
                pings.get_mut(direction).0 += 1;
            }
            let Some(message) = self.store.messages.get(frame.message) else {
                return;
            };
            if message.first != number {
                return;
            }
            gathered.told.messages += 1;
            gathered.told.inflated += message.inflated as f64;
            *fragments
                .entry(message.frames.next_power_of_two())
                .or_default() += 1;
            if message.compressed && message.complete && !message.opaque {
                compression.messages += 1;
                compression.wire += message.length as f64;
                compression.inflated += message.inflated as f64;
                if message.inflated > 0 {
                    ratios.push(message.length as f64 / message.inflated as f64);
                }
            } else if !message.compressed {
                compression.uncompressed += 1;
            }
        };
        match of {
            Some(frames) => {
                for &number in frames {
                    let frame = self.store.frames.get(number);
                    if let Some(frame) = frame.filter(|frame| frame.connection != NONE) {
                        each(number, frame);
                    }
                }
            }
            None => {
                for (number, frame) in self.store.frames.iter_from(0) {
                    if frame.connection != NONE {
                        each(number, frame);
                    }
                }
            }
        }
        let chosen = of.map(|frames| frames.iter().copied().collect::<HashSet<u32>>());
        for (number, connection) in self.connections() {
            if of.is_some() && !connections.contains(&number) {
                continue;
            }
            for (direction, head) in [
                (Direction::ClientToServer, &connection.handshake.request),
                (Direction::ServerToClient, &connection.handshake.response),
            ] {
                let length = head.as_ref().map_or(0, |head: &Head| head.length);
                both.get_mut(direction).told.handshake += f64::from(length);
            }
            for &(ping, pong) in &connection.shared.pairs {
                if chosen
                    .as_ref()
                    .is_some_and(|chosen| !chosen.contains(&ping))
                {
                    continue;
                }
                let frames = self.store.frames.get(ping).zip(self.store.frames.get(pong));
                if let Some((ping, pong)) = frames {
                    let (_, answered, times) = pings.get_mut(ping.direction());
                    *answered += 1;
                    times.push(pong.time.saturating_sub(ping.time) as f64 / 1e6);
                }
            }
            for direction in Direction::BOTH {
                let frames = connection.frames(direction);
                let context = frames.and_then(|frames| frames.deflate.as_ref());
                let Some(context) = context.filter(|_| compression.contexts.len() < LISTED)
                else {
                    continue;
                };
                if context.messages > 0 {
                    compression.contexts.push(ContextLine {
                        connection: number,
                        direction: direction_name(direction),
                        messages: context.messages,
                        wire: context.wire as f64,
                        inflated: context.inflated as f64,
                        takeover: context.takeover(),
                    });
                }
            }
        }
        compression.ratio =
            (compression.inflated > 0.0).then(|| compression.wire / compression.inflated);
        compression.ratios = Quantiles::of(ratios);
        let Both { c2s, s2c } = both;
        Statistics {
            c2s: c2s.finish(),
            s2c: s2c.finish(),
            fragments: fragments
                .into_iter()
                .map(|(up_to, messages)| Fragments { up_to, messages })
                .collect(),
            compression,
            pings: Both {
                c2s: pings_of(pings.c2s),
                s2c: pings_of(pings.s2c),
            },
            rules: self.rule_counts(chosen.as_ref()),
        }
    }

    fn rule_counts(&self, chosen: Option<&HashSet<u32>>) -> Vec<RuleCount> {
        let mut counts: BTreeMap<_, u32> = BTreeMap::new();
        for (_, violation) in self.store.violations.iter_from(0) {
            let inside = chosen.is_none_or(|chosen| {
                violation.frame.is_some_and(|frame| chosen.contains(&frame))
            });
            if violation.connection != NONE && inside {
                *counts.entry(violation.rule).or_default() += 1;
            }
        }
        let line = |(rule, count): (crate::rules::Rule, u32)| RuleCount {
            rule: rule.describe().name,
            count,
        };
        counts.into_iter().map(line).collect()
    }
}

fn pings_of((sent, answered, times): (u32, u32, Vec<f64>)) -> Pings {
    Pings {
        sent,
        answered,
        round_trip: Quantiles::of(times),
    }
}

impl Gathered {
    fn frame(&mut self, frame: &Frame) {
        let length = frame.length as f64;
        self.told.frames += 1;
        self.told.masks += if frame.masked() { 4.0 } else { 0.0 };
        self.told.headers +=
            f64::from(frame.header_length) - if frame.masked() { 4.0 } else { 0.0 };
        self.told.payload += length;
        if !frame.is_control() {
            self.told.data += length;
        }
        self.lengths.push(length);
        let code = frame.head[0] & 15;
        let line = self.opcodes[usize::from(code)].get_or_insert(PerOpcode {
            opcode: opcode_name(Opcode::from_bits(code)),
            frames: 0,
            bytes: 0.0,
            least: f64::INFINITY,
            most: 0.0,
        });
        line.frames += 1;
        line.bytes += length;
        line.least = line.least.min(length);
        line.most = line.most.max(length);
    }

    fn finish(mut self) -> DirectionStatistics {
        let mut told = std::mem::take(&mut self.told);
        told.wire = told.handshake + told.headers + told.masks + told.payload;
        told.per_opcode = self.opcodes.into_iter().flatten().collect();
        told.gaps = Quantiles::of(self.gaps);
        told.lengths = Quantiles::of(self.lengths);
        told
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_by_nearest_rank() {
        let all = Quantiles::of((1..=100).map(f64::from).collect()).unwrap();
        assert_eq!(
            (all.min, all.p50, all.p90, all.p99, all.max),
            (1.0, 50.0, 90.0, 99.0, 100.0)
        );
        assert_eq!(all.mean, 50.5);
        assert_eq!(Quantiles::of(vec![7.0]).unwrap().p50, 7.0);
        assert_eq!(Quantiles::of(Vec::new()), None);
    }
}
