//! A capture for Wireshark, by the [`Recorder`]. Where frames were chosen, or the wire was not
//! seen, it is the frames behind a handshake: the one that was seen, or one that would have led
//! here.

use super::secrets::Covers;
use super::{Secrets, by_connection, wire};
use crate::Inspection;
use crate::connection::{Connection, Head, Stream, Transport};
use crate::flow::{Content, Direction, End, Time};
use crate::recorder::Recorder;
use crate::store::Frame;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use ws4wasm::deflate::Parameters;
use ws4wasm::handshake::{ClientHandshake, ClientOptions, ServerHandshake, ServerOptions};

/// These frames and their connections.
pub(super) fn write(inspection: &Inspection, frames: &[u32], secrets: Secrets) -> Vec<u8> {
    let all = by_connection(inspection, frames);
    let chosen = all.into_iter().map(|(number, connection, frames)| {
        around_frames(number, connection, &frames, secrets)
    });
    file(chosen.collect())
}

/// All connections of WebSockets, those too that came to no frame.
pub(super) fn write_all(inspection: &Inspection, frames: &[u32], secrets: Secrets) -> Vec<u8> {
    let with_frames = by_connection(inspection, frames).into_iter();
    let mut frames: BTreeMap<u32, _> = with_frames
        .map(|(number, _, frames)| (number, frames))
        .collect();
    let all = inspection
        .connections()
        .filter(|(_, connection)| connection.transport == Transport::WebSocket);
    let stories = all.map(|(number, connection)| {
        let frames = frames.remove(&number).unwrap_or_default();
        if frames.is_empty() || is_seen_whole(connection) {
            as_it_came(
                number,
                connection,
                &secrets.of(connection, !frames.is_empty()),
            )
        } else {
            around_frames(number, connection, &frames, secrets)
        }
    });
    file(stories.collect())
}

/// Whether the bytes of a connection say what its frames are without anything made up.
fn is_seen_whole(connection: &Connection) -> bool {
    connection.opened.content != Content::Messages
        && connection.streams.iter().all(Stream::is_whole)
        && seen(connection).is_some()
}

/// All bytes, holes and all, in the pieces in which they came.
fn as_it_came<'a>(number: u32, connection: &'a Connection, covers: &Covers) -> Story<'a> {
    let mut story = Story::new(number, connection);
    let mut at = [0; 2];
    loop {
        let next = Direction::BOTH.into_iter().filter_map(|direction| {
            let piece =
                connection.streams[direction as usize].next_piece(at[direction as usize]);
            piece.map(|piece| (direction, piece))
        });
        let first =
            next.min_by_key(|(_, (_, segment, _))| (segment.time, segment.source.packet));
        let Some((direction, (hole, segment, bytes))) = first else {
            break;
        };
        if hole > 0 {
            story.tell(segment.time, Event::Gap(direction, hole));
        }
        at[direction as usize] += hole;
        let shown = covers.over(direction, at[direction as usize], bytes);
        story.tell(segment.time, Event::Data(direction, shown));
        at[direction as usize] += bytes.len() as u64;
    }
    story.close(connection);
    story
}

fn around_frames<'a>(
    number: u32,
    connection: &'a Connection,
    frames: &[(u32, &'a Frame)],
    secrets: Secrets,
) -> Story<'a> {
    let mut story = Story::new(number, connection);
    let start = connection.opened.time;
    let (request, response) = seen(connection)
        .map(|(request, response)| (secrets.head(request), secrets.head(response)))
        .or_else(|| made_up(connection))
        .unwrap_or_default();
    let time = |head: &Option<Head>| head.as_ref().map_or(start, |head| head.time);
    story.tell(
        time(&connection.handshake.request),
        Event::Data(Direction::ClientToServer, request.into()),
    );
    story.tell(
        time(&connection.handshake.response),
        Event::Data(Direction::ServerToClient, response.into()),
    );
    for (_, frame) in frames {
        if let Some(bytes) = wire(connection, frame) {
            story.tell(frame.time, Event::Data(frame.direction(), bytes.into()));
        }
    }
    story.close(connection);
    story
}

/// The handshake that was seen.
fn seen(connection: &Connection) -> Option<(Vec<u8>, Vec<u8>)> {
    let seen = |head: &Option<Head>, d: usize| {
        // That of HTTP/2 is none that frames could follow here.
        let head = head.as_ref().filter(|head| !head.is_http2())?;
        let bytes = connection.streams[d]
            .read(head.offset, u64::from(head.length))
            .to_vec();
        (bytes.len() == head.length as usize).then_some(bytes)
    };
    let request = seen(&connection.handshake.request, 0);
    let response = seen(&connection.handshake.response, 1);
    request.zip(response)
}

fn made_up(connection: &Connection) -> Option<(Vec<u8>, Vec<u8>)> {
    let guessed = Direction::BOTH.into_iter().any(|direction| {
        let context = connection
            .frames(direction)
            .and_then(|frames| frames.deflate.as_ref());
        context.is_some()
    });
    let agreed = connection
        .handshake
        .deflate
        .or(guessed.then(Parameters::default));
    // In HTTP/2 the same was said in another way.
    let request = connection.handshake.request.as_ref();
    let response = connection.handshake.response.as_ref();
    let field =
        |head: Option<&Head>, name| head.and_then(|head| head.get(name)).map(str::to_owned);
    let protocol = field(response, "Sec-WebSocket-Protocol");
    let options = ClientOptions {
        deflate: agreed,
        protocols: protocol.iter().cloned().collect(),
        ..ClientOptions::new(
            field(request, ":authority").as_deref().unwrap_or("unknown"),
            field(request, ":path").as_deref().unwrap_or("/"),
        )
    };
    let client = ClientHandshake::with_key(options, *b"not seen by us..").ok()?;
    let mut server = ServerHandshake::new(ServerOptions::default());
    let request = server.receive(client.request()).ok()??;
    let extensions = agreed.map(|agreed| agreed.answer().to_string());
    let response = request
        .accept(protocol.as_deref(), &[], extensions.as_deref())
        .ok()?;
    Some((client.request().to_vec(), response))
}

/// What the recorder is to be told of a connection, in order.
struct Story<'a> {
    client: SocketAddr,
    server: SocketAddr,
    events: Vec<(Time, Event<'a>)>,
    time: Time,
}

enum Event<'a> {
    Open,
    Data(Direction, Cow<'a, [u8]>),
    Gap(Direction, u64),
    End(Direction, End),
}

impl<'a> Story<'a> {
    /// Packets need addresses and ports: those that are none are made up.
    fn new(number: u32, connection: &Connection) -> Self {
        let opened = &connection.opened;
        let (client, server) = opened.client.ip().zip(opened.server.ip()).unwrap_or((
            IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)),
            IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2)),
        ));
        let port = |port: u16, instead: u16| if port == 0 { instead } else { port };
        // Streams of HTTP/2 share their ends, and here each needs a pair of its own.
        let own = opened.client.port * u16::from(connection.carrier.is_none());
        let client_port = port(own, 49152 | number as u16 & 0x3fff);
        Self {
            client: SocketAddr::new(client, client_port),
            server: SocketAddr::new(server, port(opened.server.port, 80)),
            events: vec![(opened.time, Event::Open)],
            time: opened.time,
        }
    }

    fn tell(&mut self, time: Time, event: Event<'a>) {
        // Never back in time, or the order of packets would not be that of sequence numbers.
        self.time = self.time.max(time);
        self.events.push((self.time, event));
    }

    /// Each direction ends as it did, or not at all. One reset is enough for both.
    fn close(&mut self, connection: &Connection) {
        for how in [End::Fin, End::Reset] {
            for direction in Direction::BOTH {
                if connection.ended[direction as usize] == Some(how) {
                    self.tell(connection.last, Event::End(direction, how));
                }
            }
        }
    }
}

fn file(stories: Vec<Story>) -> Vec<u8> {
    let mut recorder = Recorder::new();
    let mut file = recorder.head();
    // Their numbers in the recorder, from their first event on.
    let mut flows = vec![0; stories.len()];
    let all = stories.iter().enumerate();
    let mut events: Vec<_> = all
        .flat_map(|(index, story)| story.events.iter().map(move |event| (index, event)))
        .collect();
    // Those of one connection are in order; a stable sort keeps them so.
    events.sort_by_key(|(_, (time, _))| *time);
    for (index, (time, event)) in events {
        let (time, flow) = (*time, flows[index]);
        let packets = match event {
            Event::Open => {
                let Story { client, server, .. } = stories[index];
                let (flow, packets) = recorder.open(client, server, time);
                flows[index] = flow;
                Ok(packets)
            }
            Event::Data(direction, bytes) => recorder.data(flow, *direction, time, bytes),
            Event::Gap(direction, length) => recorder.gap(flow, *direction, time, *length),
            Event::End(direction, how) => recorder.end(flow, *direction, time, *how),
        };
        // A story's connection is open and its ends come last: nothing is refused.
        file.extend(packets.unwrap_or_default());
    }
    file
}
