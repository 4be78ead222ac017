//! The opening handshake of a connection: which heads belong to it, and where it leads.

use super::frames::Frames;
use super::http::{Asked, Finding, Head};
use super::start::context;
use super::{Connection, Phase, Tools, Transport};
use crate::flow::{Content, Direction};
use crate::rules::{Rule, Violation};
use std::collections::VecDeque;
use ws4wasm::deflate::Parameters;

/// Heads that are kept of what came before the handshake.
const KEPT_HEADS: usize = 16;

/// The opening handshake, as far as it was seen.
#[derive(Debug, Default)]
pub struct Handshake {
    /// The request that asks for a WebSocket.
    pub request: Option<Head>,
    /// The answer to it.
    pub response: Option<Head>,
    /// What was agreed on.
    pub deflate: Option<Parameters>,
    /// Other messages of HTTP before it: the last of them.
    pub before: VecDeque<Head>,
    asked: Option<Asked>,
    /// Methods of requests that wait for their answer.
    waiting: VecDeque<String>,
}

impl Handshake {
    /// Sec-WebSocket-Accept as the request's key asks for it.
    pub fn accept(&self) -> Option<&str> {
        self.asked.as_ref()?.accept.as_deref()
    }
}

impl Connection {
    pub(super) fn head(&mut self, direction: Direction, tools: &mut Tools<'_>) -> bool {
        let d = direction as usize;
        let at = self.at[d];
        if self.streams[d].hole_at(at) > 0 {
            return self.other(Transport::Http);
        }
        match Head::read(&self.streams[d], at, direction) {
            Ok(None) => {
                let behind = at + self.streams[d].from(at).len() as u64;
                if self.streams[d].hole_at(behind) > 0 {
                    self.other(Transport::Http);
                }
                false
            }
            Err(()) => self.other(Transport::Http),
            Ok(Some(head)) => {
                self.at[d] = head.end();
                match direction {
                    Direction::ClientToServer => self.request(head, tools),
                    Direction::ServerToClient => self.response(head, tools),
                }
                true
            }
        }
    }

    fn request(&mut self, head: Head, tools: &mut Tools<'_>) {
        let d = Direction::ClientToServer as usize;
        if matches!(self.phases[1 - d], Phase::Start) && self.streams[1 - d].end() == 0 {
            self.phases[1 - d] = Phase::Head;
        }
        self.handshake.waiting.push_back(head.method().to_owned());
        if self.handshake.waiting.len() > KEPT_HEADS {
            self.handshake.waiting.pop_front();
        }
        if !head.asks_for_websocket() {
            self.phases[d] = Phase::Body(head.body(None));
            self.keep(head);
            return;
        }
        if let Some(earlier) = self.handshake.request.take() {
            self.keep(earlier);
        }
        self.transport = Transport::WebSocket;
        let (findings, asked) = head.judge_request(&self.streams[d]);
        self.tell(Direction::ClientToServer, findings, tools);
        self.handshake.asked = Some(asked);
        self.handshake.request = Some(head);
        self.phases[d] = Phase::Await;
    }

    fn response(&mut self, head: Head, tools: &mut Tools<'_>) {
        let d = Direction::ServerToClient as usize;
        let status = head.status();
        if matches!(status, 100 | 102..=199) {
            self.keep(head);
            return;
        }
        let method = self.handshake.waiting.pop_front();
        let for_websocket = self.handshake.request.is_some()
            && self.handshake.response.is_none()
            && self.handshake.waiting.is_empty();
        let opens = status == 101 && (head.asks_for_websocket() || for_websocket);
        if !for_websocket && !opens && head.get("Sec-WebSocket-Accept").is_none() {
            self.phases[d] = Phase::Body(head.body(method.as_deref()));
            self.keep(head);
            return;
        }
        self.transport = Transport::WebSocket;
        let asked = self.handshake.asked.as_ref();
        let (findings, deflate) = head.judge_response(&self.streams[d], asked);
        self.tell(Direction::ServerToClient, findings, tools);
        if status == 101 {
            self.handshake.deflate = deflate;
            self.watch_early(&head, tools);
            for direction in Direction::BOTH {
                let d = direction as usize;
                if matches!(self.phases[d], Phase::Frames(_)) {
                    continue;
                }
                let at = self.at[d];
                let context = deflate.map(|agreed| context(direction, &agreed, false));
                let frames = Frames::new(at, context, false, false);
                self.phases[d] = Phase::Frames(Box::new(frames));
            }
        } else {
            // The client may ask again.
            self.phases[d] = Phase::Body(head.body(method.as_deref()));
            if matches!(self.phases[0], Phase::Await) {
                self.phases[0] = Phase::Head;
            }
        }
        self.handshake.response = Some(head);
    }

    /// Section 4.1: the client waits for the answer.
    fn watch_early(&mut self, response: &Head, tools: &mut Tools<'_>) {
        let Some(request) = &self.handshake.request else {
            return;
        };
        let end = request.end();
        let sent = self.streams[0]
            .segment(end)
            .filter(|_| self.streams[0].end() > end);
        let early = sent.is_some_and(|segment| segment.time < response.time);
        if early && self.opened.content != Content::Messages {
            let finding = Finding {
                rule: Rule::EarlyData,
                offset: end,
                length: 1,
                text: "The client has sent frames before the answer came.".into(),
            };
            self.tell(Direction::ClientToServer, vec![finding], tools);
        }
    }

    fn keep(&mut self, head: Head) {
        if self.handshake.before.len() == KEPT_HEADS {
            self.handshake.before.pop_front();
        }
        self.handshake.before.push_back(head);
    }

    fn tell(&self, direction: Direction, findings: Vec<Finding>, tools: &mut Tools<'_>) {
        for Finding {
            rule,
            offset,
            length,
            text,
        } in findings
        {
            tools.store.violate(Violation {
                rule,
                connection: self.shared.connection,
                direction,
                offset,
                length,
                bits: (0, 8),
                seen: offset + u64::from(length.max(1)) - 1,
                frame: None,
                message: None,
                error: None,
                text: Some(text.into()),
                hint: None,
            });
        }
    }
}
