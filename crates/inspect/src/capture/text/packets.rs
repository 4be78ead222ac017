//! Packets as `tcpdump -X`, `tcpdump -XX`, `tshark -x` and Wireshark print them: hex dumps, each
//! from offset 0 on, with or without a line about the packet before it.

use super::dump;
use crate::flow::Time;

/// A packet that was printed.
#[derive(Debug, PartialEq, Eq)]
pub(in super::super) struct Printed {
    /// As far as it is told: the time of the day, or 0.
    pub time: Time,
    pub bytes: Vec<u8>,
}

/// The packets of a text; none if it has no dumps. Whether they are packets, their bytes tell.
pub(in super::super) fn read(text: &str) -> Vec<Printed> {
    let mut packets: Vec<Printed> = Vec::new();
    let mut time = 0;
    let mut next = 0;
    for line in text.lines() {
        let Some((offset, bytes)) = dump_line(line) else {
            time = told(line).unwrap_or(time);
            next = 0;
            continue;
        };
        match packets.last_mut() {
            Some(last) if offset > 0 && offset == next => last.bytes.extend(&bytes),
            _ if offset == 0 => packets.push(Printed {
                time,
                bytes: bytes.clone(),
            }),
            // A dump without its beginning, or with a hole in it.
            _ => return Vec::new(),
        }
        next = offset + bytes.len();
    }
    packets
}

/// A line of a dump with 16 bytes at most, in groups of one or two, and characters behind them.
fn dump_line(line: &str) -> Option<(usize, Vec<u8>)> {
    let (offset, body) = dump::offset(line)?;
    let offset = usize::from_str_radix(offset, 16).ok()?;
    let first = body.trim_start().split(' ').next()?;
    let (width, gap) = match first.len() {
        2 => (47, 1),
        4 => (39, 0),
        _ => return None,
    };
    let begin = body.len() - body.trim_start().len();
    // Between the two halves of a line there may be one space more.
    let halves = usize::from(gap == 1 && body.get(begin + 24..begin + 25) == Some(" "));
    let end = (begin + width + halves).min(body.len());
    let digits = body.get(begin..end)?;
    let mut bytes = Vec::with_capacity(16);
    for group in digits.split_ascii_whitespace() {
        match super::digits::hex(group) {
            Some(more) if group.len().is_multiple_of(2) && group.len() <= 4 => {
                bytes.extend(more)
            }
            _ => return None,
        }
    }
    (!bytes.is_empty() && bytes.len() <= 16).then_some((offset, bytes))
}

/// `20:11:34.198375 IP …`, also with a date before it (`-tttt`).
fn told(line: &str) -> Option<Time> {
    let mut words = line.split_ascii_whitespace();
    let first = words.next()?;
    let (days, clock) = match date(first) {
        Some(days) => (days, words.next()?),
        None => (0, first),
    };
    let mut parts = clock.split(':');
    let number = |text: Option<&str>| text?.parse::<u64>().ok();
    let (hours, minutes) = (number(parts.next())?, number(parts.next())?);
    let (seconds, fraction) = parts.next()?.split_once('.')?;
    let seconds = seconds.parse::<u64>().ok()?;
    if hours > 23 || minutes > 59 || seconds > 60 || fraction.len() > 9 {
        return None;
    }
    let nanoseconds = format!("{fraction:0<9}").parse::<u64>().ok()?;
    let seconds = ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
    Some(seconds * 1_000_000_000 + nanoseconds)
}

/// Days since 1970-01-01.
fn date(text: &str) -> Option<u64> {
    let mut parts = text.split('-').map(|part| part.parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    if !(1970..3000).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Years that begin in March have their leap day at the end.
    let (year, month) = if month < 3 {
        (year - 1, month + 9)
    } else {
        (year, month - 3)
    };
    let leaps = year / 4 - year / 100 + year / 400;
    let days = year * 365 + leaps + (month * 153 + 2) / 5 + day - 1;
    u64::try_from(days - 719_468).ok()
}

#[cfg(test)]
mod tests {
    use super::{date, dump_line, read, told};

    #[test]
    fn times() {
        assert_eq!(date("1970-01-01"), Some(0));
        assert_eq!(date("2000-03-01"), Some(11_017));
        assert_eq!(told("00:00:01.5 IP a > b"), Some(1_500_000_000));
        assert_eq!(
            told("2000-03-01 00:00:00.0 IP"),
            Some(11_017 * 86_400 * 1_000_000_000)
        );
        assert_eq!(told("Frame 1: 66 bytes"), None);
    }

    #[test]
    fn characters_that_look_like_digits_are_none() {
        let tcpdump = "\t0x0030:  abcd 62                                  ..";
        assert_eq!(dump_line(tcpdump), Some((0x30, vec![0xab, 0xcd, 0x62])));
        let short = "\t0x0000:  6162 6364 6566 6768 696a 6b6c 6d6e 6f70  abcd efab";
        assert_eq!(dump_line(short).map(|(_, bytes)| bytes.len()), Some(16));
        let tshark = "0000  61 62                                             ab";
        assert_eq!(dump_line(tshark), Some((0, vec![0x61, 0x62])));
        let wide = "00000000  61 62 63 64 65 66 67 68  69 6a 6b 6c 6d 6e 6f 70   abcdefgh ab";
        assert_eq!(dump_line(wide).map(|(_, bytes)| bytes.len()), Some(16));
        assert_eq!(dump_line("20:11:34.2 IP ca.fe > 1: x"), None);
    }

    #[test]
    fn packets_begin_at_0() {
        let text = "0000  01 02\n0002  03\n\n0000  04\n";
        let bytes: Vec<_> = read(text).into_iter().map(|packet| packet.bytes).collect();
        assert_eq!(bytes, [vec![1, 2, 3], vec![4]]);
        assert!(read("0010  01 02").is_empty());
    }
}
