//! One WebSocket connection in the server's role: bytes of a stream into the engine, what the
//! engine says back into the stream.

use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;
use ws4wasm::stream::{Event, Role, Stream};
use ws4wasm::{Message, close_code};
use wtransport::{RecvStream, SendStream};

/// How long the peer has to end its side once both have said what they had to.
const LINGER: Duration = Duration::from_secs(5);
const CHUNK: usize = 64 * 1024;
/// RFC 6455 section 7.4.1: "an endpoint is going away, such as a server going down".
const GOING_AWAY: u16 = 1001;

/// How a connection ended; [`close_code::ABNORMAL`] when nobody closed it.
pub struct Ended {
    pub code: u16,
    pub reason: String,
}

/// Echoes messages until one side closes.
pub async fn run(
    mut send: SendStream,
    mut recv: RecvStream,
    mut stopping: watch::Receiver<bool>,
) -> Ended {
    let mut stream = Stream::new(Role::Server);
    let mut input = vec![0; CHUNK];
    let ended = loop {
        let mut out = Vec::new();
        let mut ended = None;
        tokio::select! {
            read = recv.read(&mut input) => match read {
                Ok(Some(length)) => {
                    for event in stream.receive(&input[..length]) {
                        ended = answer(&mut stream, event, &mut out);
                    }
                }
                Ok(None) | Err(_) => ended = Some(lost("the stream ended without a close frame")),
            },
            // On it goes until the peer's close frame is there.
            Ok(()) = stopping.changed() => {
                let _ = stream.close(GOING_AWAY, "the server stops", &mut out);
            }
        }
        // While the peer does not read, this waits and nothing is read from it either, so that
        // nothing piles up here.
        if send.write_all(&out).await.is_err() {
            ended.get_or_insert_with(|| lost("the peer stopped reading"));
        }
        if let Some(ended) = ended {
            break ended;
        }
    };
    // To let go of the stream at once would ask the peer to stop sending, and it might take
    // that for the end before it has seen the close frame: wait until it ends its side.
    let _ = timeout(LINGER, async {
        let _ = send.finish().await;
        while let Ok(Some(_)) = recv.read(&mut input).await {}
    })
    .await;
    ended
}

/// Appends what an event is answered with. A close or an error, the last event that there is,
/// gives how the connection ended.
fn answer(stream: &mut Stream, event: Event, out: &mut Vec<u8>) -> Option<Ended> {
    // After our own close frame nothing else may be sent, and that is as it should be.
    match event {
        Event::Message(Message::Close { code, reason }) => {
            let _ = stream.close(code, &reason, out);
            Some(Ended { code, reason })
        }
        Event::Error { error, close } => {
            let _ = stream.send(&close, out);
            let (code, reason) = (error.close_code(), error.to_string());
            Some(Ended { code, reason })
        }
        Event::Message(Message::Ping(data)) => {
            let _ = stream.send(&Message::Pong(data), out);
            None
        }
        Event::Message(message @ (Message::Text(_) | Message::Binary(_))) => {
            let _ = stream.send(&message, out);
            None
        }
        // A pong answers nothing of ours; the other events were not asked for.
        _ => None,
    }
}

fn lost(reason: &str) -> Ended {
    Ended {
        code: close_code::ABNORMAL,
        reason: reason.to_owned(),
    }
}
