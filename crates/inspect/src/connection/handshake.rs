//! The opening handshake of a connection: which heads belong to it, and where it leads.

use super::http::{Asked, Finding, Head};
use super::{Connection, Evidence, Phase, Tools, Transport};
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
    pub(super) asked: Option<Asked>,
    /// Methods of requests that wait for their answer.
    waiting: VecDeque<String>,
}

impl Handshake {
    /// Request and answer are there, all of them, and agree on a WebSocket.
    pub fn is_whole(&self) -> bool {
        let whole = |head: &Option<Head>| head.as_ref().is_some_and(|head| !head.cut);
        let switches = self
            .response
            .as_ref()
            .is_some_and(|head| head.status() == 101);
        whole(&self.request) && whole(&self.response) && switches
    }

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
            return self.miss(d);
        }
        let head = match Head::read(&self.streams[d], at, direction) {
            Ok(Some(head)) => head,
            Err(()) => return self.other(Transport::Http),
            Ok(None) => {
                let behind = at + self.streams[d].from(at).len() as u64;
                let hole = self.streams[d].hole_at(behind);
                if hole == 0 {
                    return false;
                }
                let Some(head) = Head::read_cut(&self.streams[d], at, direction) else {
                    self.at[d] = behind;
                    return self.miss(d);
                };
                self.at[d] = behind + hole;
                self.shared.whole = false;
                return self.cut_head(head, tools);
            }
        };
        self.at[d] = head.end();
        match direction {
            Direction::ClientToServer => self.request(head, tools),
            Direction::ServerToClient => self.response(head, tools),
        }
        true
    }

    /// What stands here is missing: it takes more than the place to tell what comes next.
    fn miss(&mut self, d: usize) -> bool {
        self.phases[d] = Phase::Start;
        self.missed = true;
        true
    }

    /// A head that lacks its end, of which nothing is judged: what is not there may have been
    /// right.
    fn cut_head(&mut self, head: Head, tools: &mut Tools<'_>) -> bool {
        let d = head.direction as usize;
        let asks = head.asks_for_websocket();
        let told = Finding {
            rule: Rule::HandshakeUnseen,
            offset: head.offset,
            length: head.length,
            text: "The end of this head is missing in the capture.".into(),
        };
        match head.direction {
            Direction::ClientToServer if asks => {
                self.transport = Transport::WebSocket;
                self.tell(head.direction, vec![told], tools);
                self.handshake.request = Some(head);
                self.phases[d] = Phase::Await;
                if matches!(self.phases[1], Phase::Start) && self.streams[1].end() == 0 {
                    self.phases[1] = Phase::Head;
                }
            }
            Direction::ServerToClient if head.status() == 101 && self.may_switch(asks) => {
                self.transport = Transport::WebSocket;
                self.evidence = Some(Evidence::Part);
                self.tell(head.direction, vec![told], tools);
                self.handshake.response = Some(head);
                self.switch(tools);
            }
            _ => {
                self.keep(head);
                return self.miss(d);
            }
        }
        true
    }

    /// Whether the 101 of a head that is cut may be one of WebSocket: nothing that was seen
    /// says that it is not.
    fn may_switch(&self, asks: bool) -> bool {
        let seen = self.handshake.before.iter().rev();
        let mut requests = seen.filter(|head| head.direction == Direction::ClientToServer);
        let other = requests.next().is_some_and(|head| !head.cut);
        asks || self.handshake.request.is_some() || !other
    }

    /// The answer is not in the capture, and yet what follows it is.
    pub(super) fn answer_unseen(&mut self, tools: &mut Tools<'_>) {
        let offset = self.at[1].saturating_sub(1);
        let told = Finding {
            rule: Rule::HandshakeUnseen,
            offset,
            length: 1,
            text: "The server's answer is missing in the capture.".into(),
        };
        self.tell(Direction::ServerToClient, vec![told], tools);
        self.evidence = Some(Evidence::Part);
        self.switch(tools);
    }

    /// From here on both directions are frames; where the handshake of one was not seen to its
    /// end, wherever they begin.
    fn switch(&mut self, tools: &Tools<'_>) {
        for direction in Direction::BOTH {
            let d = direction as usize;
            let head = match direction {
                Direction::ClientToServer => &self.handshake.request,
                Direction::ServerToClient => &self.handshake.response,
            };
            let whole = head.as_ref().is_some_and(|head| !head.cut);
            self.phases[d] = match (&self.phases[d], whole) {
                (Phase::Frames(_), _) => continue,
                (_, true) => self.fresh_frames(direction, tools.options),
                (_, false) => self.unseen_frames(direction, tools.options),
            };
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
        if method.as_deref() == Some("CONNECT") && matches!(status, 200..=299) {
            // A tunnel to somewhere else begins here (RFC 9110 section 9.3.6).
            self.phases = [Phase::Start, Phase::Start];
            self.transport = Transport::Unknown;
            return self.keep(head);
        }
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
            self.handshake.response = Some(head);
            self.evidence = Some(match self.handshake.is_whole() {
                true => Evidence::Handshake,
                false => Evidence::Part,
            });
            return self.switch(tools);
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
    pub(super) fn watch_early(&mut self, response: &Head, tools: &mut Tools<'_>) {
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

    pub(super) fn tell(
        &self,
        direction: Direction,
        findings: Vec<Finding>,
        tools: &mut Tools<'_>,
    ) {
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
