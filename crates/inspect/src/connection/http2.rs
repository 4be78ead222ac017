//! WebSockets in HTTP/2 (RFC 8441): each stream that asks for one is a connection of its own,
//! carried by the one with the frames of HTTP/2. Its header fields stand at the start of its
//! streams as lines of text, so that they have offsets; what follows is DATA.

use super::http::{Field, Finding, Head};
use super::start::{context, in_order};
use super::{Connection, Evidence, Frames, Phase, Tools, Transport};
use crate::flow::{Direction, Opened};
use crate::http2::{self, At, Event, Http2};
use crate::rules::Rule;

impl Tools<'_> {
    /// A connection inside another.
    fn open(&mut self, opened: Opened) -> u32 {
        let number = self.connections.len() as u32;
        let connection = Box::new(Connection::new(number, opened));
        *self.held += connection.memory();
        self.connections.push(Some(connection));
        number
    }

    /// Lets it work, and keeps account of its memory.
    fn inside(&mut self, number: u32, work: impl FnOnce(&mut Connection, &mut Tools<'_>)) {
        let slot = self.connections.get_mut(number as usize);
        let Some(mut connection) = slot.and_then(Option::take) else {
            return;
        };
        let before = connection.memory();
        work(&mut connection, self);
        *self.held = *self.held + connection.memory() - before;
        self.connections[number as usize] = Some(connection);
    }

    fn has_room(&self, growth: usize) -> bool {
        *self.held + self.store.memory() + growth <= self.options.memory_limit
    }
}

impl Connection {
    /// The bytes are HTTP/2 from here on: what has come of them is taken over.
    pub(super) fn enter_http2(&mut self, direction: Direction, tools: &mut Tools<'_>) -> bool {
        let d = direction as usize;
        // A client's preface is text, a server's a frame.
        let client = self.streams[d].read(self.at[d], 1) == b"P";
        let sender = match client {
            true => Direction::ClientToServer,
            false => Direction::ServerToClient,
        };
        if self.turn(direction, sender) != sender {
            return self.other(Transport::Unknown);
        }
        self.transport = Transport::Http2;
        self.phases = [Phase::Http2, Phase::Http2];
        self.http2 = Some(Box::new(Http2::new(self.opened.from_start)));
        let streams = std::mem::take(&mut self.streams);
        for (direction, hole, segment, bytes) in in_order(&streams, self.at) {
            if hole > 0 {
                self.plain_gap(direction, segment.time, hole, tools);
            }
            self.plain_data(direction, segment.time, segment.source, bytes, tools);
        }
        false
    }

    pub(super) fn with_http2(
        &mut self,
        tools: &mut Tools<'_>,
        work: impl FnOnce(&mut Http2, &mut dyn FnMut(At, Event<'_>)),
    ) {
        if let Some(mut http2) = self.http2.take() {
            work(&mut http2, &mut |at, event| {
                self.in_stream(at, event, tools)
            });
            self.http2 = Some(http2);
        }
    }

    /// Something happens to a stream.
    fn in_stream(&mut self, at: At, event: Event<'_>, tools: &mut Tools<'_>) {
        let is_request = at.direction == Direction::ClientToServer;
        if let Event::Head(_) = &event
            && is_request
        {
            let number = tools.open(Opened {
                client: self.opened.client.clone(),
                server: self.opened.server.clone(),
                time: at.time,
                client_known: true,
                from_start: true,
                secure: self.is_secure(),
                ..Opened::default()
            });
            let carrier = self.shared.connection;
            tools.inside(number, |stream, _| {
                stream.carrier = Some((carrier, at.stream))
            });
            self.streams_of.insert(at.stream, number);
        }
        let Some(&number) = self.streams_of.get(&at.stream) else {
            return;
        };
        let is_end = matches!(event, Event::End(_));
        let mut is_over = false;
        tools.inside(number, |stream, tools| {
            stream.of_stream(at, event, tools);
            is_over = is_end && stream.is_over();
        });
        if is_over {
            self.streams_of.remove(&at.stream);
        }
    }

    /// The same, to the connection that the stream is.
    fn of_stream(&mut self, at: At, event: Event<'_>, tools: &mut Tools<'_>) {
        let direction = at.direction;
        match event {
            Event::Head(fields) if direction == Direction::ClientToServer => {
                let head = self.put_head(at, fields);
                self.stream_request(head, tools);
            }
            Event::Head(fields) => {
                let head = self.put_head(at, fields);
                self.stream_answer(head, tools);
            }
            Event::Data(bytes) => {
                if !tools.has_room(self.growth(direction, bytes.len())) {
                    self.truncate();
                }
                self.data(direction, at.time, at.source, bytes, tools);
            }
            Event::Gap(length) => self.gap(direction, at.time, length, tools),
            Event::End(how) => self.end(direction, at.time, how, tools),
            Event::NotEnabled => {
                let text = "The client uses :protocol although the server's SETTINGS, as far as it had seen them, do not have SETTINGS_ENABLE_CONNECT_PROTOCOL = 1.";
                self.tell_of_head(Rule::ConnectNotEnabled, ":protocol", text, tools);
            }
            Event::WrongSetting(what) => {
                let text =
                    format!("The server sends SETTINGS_ENABLE_CONNECT_PROTOCOL, and {what}.");
                self.tell_of_head(Rule::ConnectSetting, ":protocol", &text, tools);
            }
        }
    }

    fn tell_of_head(&self, rule: Rule, field: &str, text: &str, tools: &mut Tools<'_>) {
        if let Some(request) = &self.handshake.request {
            let finding = request.finding(rule, Some(field), text);
            self.tell(Direction::ClientToServer, vec![finding], tools);
        }
    }

    /// Puts fields at the end of a direction's bytes, a line each.
    fn put_head(&mut self, at: At, fields: Vec<http2::Field>) -> Head {
        let stream = &mut self.streams[at.direction as usize];
        let start = stream.end();
        let latin = |text: &str| text.chars().map(|c| c as u8).collect::<Vec<u8>>();
        let mut bytes = Vec::new();
        let mut lines = Vec::new();
        for (name, value) in fields {
            let offset = start + bytes.len() as u64;
            bytes.extend(latin(&name));
            bytes.extend_from_slice(b": ");
            bytes.extend(latin(&value));
            lines.push(Field {
                name,
                value,
                offset,
                length: (start + bytes.len() as u64 - offset) as u32,
            });
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"\r\n");
        stream.push(at.time, at.source, &bytes);
        let mut head = Head {
            direction: at.direction,
            offset: start,
            length: bytes.len() as u32,
            time: at.time,
            line: String::new(),
            fields: lines,
            cut: false,
        };
        let get = |name| head.get(name).unwrap_or_default();
        head.line = match at.direction {
            Direction::ClientToServer => {
                format!("{} {} HTTP/2", get(":method"), get(":path"))
            }
            Direction::ServerToClient => format!("HTTP/2 {}", get(":status")),
        };
        self.at[at.direction as usize] = head.end();
        head
    }

    fn stream_request(&mut self, head: Head, tools: &mut Tools<'_>) {
        self.transport = Transport::WebSocket;
        self.evidence = Some(Evidence::Part);
        let (findings, asked) = head.judge_connect();
        self.tell(Direction::ClientToServer, findings, tools);
        self.handshake.asked = Some(asked);
        self.handshake.request = Some(head);
        self.phases = [Phase::Await, Phase::Await];
    }

    fn stream_answer(&mut self, head: Head, tools: &mut Tools<'_>) {
        let (findings, deflate) = head.judge_connect_answer(self.handshake.asked.as_ref());
        self.tell(Direction::ServerToClient, findings, tools);
        if head.agrees() {
            self.handshake.deflate = deflate;
            self.evidence = Some(Evidence::Handshake);
            self.watch_early(&head, tools);
            for direction in Direction::BOTH {
                let context = deflate.map(|agreed| context(direction, &agreed, false));
                let frames = Frames::new(self.at[direction as usize], context, false, false);
                self.phases[direction as usize] = Phase::Frames(Box::new(frames));
                self.evidence = Some(Evidence::Handshake);
            }
        } else {
            self.phases = [Phase::Other, Phase::Other];
        }
        self.handshake.response = Some(head);
    }
}

/// Fields that a request must not have, because HTTP/2 says it in another way (RFC 8441
/// section 5, RFC 9113 section 8.2.2).
const OF_HTTP1: [&str; 3] = ["connection", "upgrade", "host"];

/// Fields that are of no use (RFC 8441 section 5).
const OF_NO_USE: [&str; 2] = ["sec-websocket-key", "sec-websocket-accept"];

impl Head {
    /// What only HTTP/2 knows about a request (RFC 8441 sections 4 and 5).
    pub(super) fn connect_findings(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let mut find =
            |rule, field, text: String| findings.push(self.finding(rule, field, text));
        let method = self.get(":method").unwrap_or_default();
        if method != "CONNECT" {
            let text = format!("The method is {method:?}, not CONNECT.");
            find(Rule::ConnectRequest, Some(":method"), text);
        }
        match self.get(":protocol") {
            Some("websocket") => {}
            Some(other) => {
                let text = format!(":protocol is {other:?}, not websocket.");
                find(Rule::ConnectRequest, Some(":protocol"), text);
            }
            None => find(Rule::ConnectRequest, None, "There is no :protocol.".into()),
        }
        for name in [":scheme", ":path", ":authority"] {
            if self.get(name).is_none_or(str::is_empty) {
                find(Rule::ConnectRequest, None, format!("There is no {name}."));
            }
        }
        if let Some(scheme) = self.get(":scheme")
            && !matches!(scheme, "https" | "http")
        {
            let text = format!(
                ":scheme is {scheme:?}; it is https for a wss: URL and http for a ws: one."
            );
            find(Rule::ConnectScheme, Some(":scheme"), text);
        }
        findings.extend(self.field_findings());
        findings
    }

    /// The same about an answer.
    pub(super) fn connect_answer_findings(&self) -> Vec<Finding> {
        let mut findings = self.field_findings();
        if !self.agrees() {
            let text = format!("The server answered {}, not 2xx.", self.status());
            findings.insert(0, self.finding(Rule::ConnectStatus, Some(":status"), text));
        }
        findings
    }

    /// Fields of HTTP/1.1 that have no place in a request or an answer.
    fn field_findings(&self) -> Vec<Finding> {
        let there = |name: &&str| self.get(name).is_some();
        let wrong = OF_HTTP1.into_iter().filter(there).map(|name| {
            let text = format!("{name} is not part of HTTP/2.");
            self.finding(Rule::ConnectFields, Some(name), text)
        });
        let useless = OF_NO_USE.into_iter().filter(there).map(|name| {
            let text = format!("{name} is not looked at in HTTP/2: :protocol has its part.");
            self.finding(Rule::ConnectKey, Some(name), text)
        });
        wrong.chain(useless).collect()
    }
}
