//! HAR 1.2 with `_webSocketMessages`, as browsers write it: data messages, inflated; text as it
//! is, binary in base64.

use super::{Secrets, by_connection};
use crate::Inspection;
use crate::bytes::Reader;
use crate::connection::{Field, Head};
use crate::flow::{Direction, Time};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

pub(super) fn write(inspection: &Inspection, frames: &[u32], secrets: Secrets) -> Vec<u8> {
    let mut reader = Reader::new(inspection);
    let mut entries = Vec::new();
    for (_, connection, frames) in by_connection(inspection, frames) {
        let mut messages = Vec::new();
        for (number, frame) in frames {
            let Some(message) = inspection.store.messages.get(frame.message) else {
                continue;
            };
            if message.first != number {
                continue;
            }
            let mut content = Vec::new();
            reader.content(frame, usize::MAX, &mut content);
            let data = match (message.text, String::from_utf8(content)) {
                (true, Ok(text)) => text,
                (false, Ok(text)) => STANDARD.encode(text),
                // Bad text, too: HAR has no other way to say it.
                (_, Err(bytes)) => STANDARD.encode(bytes.as_bytes()),
            };
            messages.push(json!({
                "type": match frame.direction() {
                    Direction::ClientToServer => "send",
                    Direction::ServerToClient => "receive",
                },
                "time": frame.time as f64 / 1e9,
                "opcode": if message.text { 1 } else { 2 },
                "data": data,
            }));
        }
        let request = connection.handshake.request.as_ref();
        let response = connection.handshake.response.as_ref();
        let host = request
            .and_then(|head| head.get("Host"))
            .unwrap_or("unknown");
        let target = request.map_or("/", Head::target);
        let url = connection
            .opened
            .url
            .clone()
            .unwrap_or_else(|| format!("ws://{host}{target}"));
        let duration = connection.last.saturating_sub(connection.opened.time) as f64 / 1e6;
        entries.push(json!({
            "startedDateTime": date(connection.opened.time),
            "time": duration,
            "request": {
                "method": "GET",
                "url": secrets.address(&url),
                "httpVersion": "HTTP/1.1",
                "cookies": [],
                "headers": headers(request, secrets),
                "queryString": [],
                "headersSize": request.map_or(-1, |head| i64::from(head.length)),
                "bodySize": 0,
            },
            "response": {
                "status": response.map_or(101, Head::status),
                "statusText": "Switching Protocols",
                "httpVersion": "HTTP/1.1",
                "cookies": [],
                "headers": headers(response, secrets),
                "content": { "size": 0, "mimeType": "x-unknown" },
                "redirectURL": "",
                "headersSize": response.map_or(-1, |head| i64::from(head.length)),
                "bodySize": 0,
            },
            "cache": {},
            "timings": { "send": 0, "wait": duration, "receive": 0 },
            "_resourceType": "websocket",
            "_webSocketMessages": messages,
        }));
    }
    let har = json!({ "log": {
        "version": "1.2",
        "creator": { "name": "ws4wasm", "version": env!("CARGO_PKG_VERSION") },
        "pages": [],
        "entries": entries,
    } });
    serde_json::to_vec_pretty(&har).unwrap_or_default()
}

fn headers(head: Option<&Head>, secrets: Secrets) -> Vec<Value> {
    let fields = head.map(|head| head.fields.as_slice()).unwrap_or_default();
    let one = |Field { name, value, .. }: &Field| json!({ "name": name, "value": secrets.value(name, value) });
    fields.iter().map(one).collect()
}

/// ISO 8601 in UTC. Days to a date by Howard Hinnant's algorithm `civil_from_days`.
fn date(time: Time) -> String {
    let milliseconds = time / 1_000_000;
    let (days, rest) = (milliseconds / 86_400_000, milliseconds % 86_400_000);
    // Days since 0000-03-01, in eras of 400 years.
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hour, minute) = (rest / 3_600_000, rest / 60_000 % 60);
    let (second, milli) = (rest / 1000 % 60, rest % 1000);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn dates() {
        assert_eq!(date(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(date(951_782_400_123_000_000), "2000-02-29T00:00:00.123Z");
        assert_eq!(date(1_700_000_000_000_000_000), "2023-11-14T22:13:20.000Z");
    }
}
