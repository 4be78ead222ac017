//! What a transport takes in part, holds back, or gives in pieces: large messages go to it and come
//! from it without a copy, and nothing of that may be seen.

use crate::pair::pair;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf, duplex};
use ws4wasm::stream::{self, Event, SendHalf};
use ws4wasm::tokio::{Agreed, Message, Options, Role, WebSocketStream};
use ws4wasm::{DataKind, MessageRef};

fn payload(length: usize) -> Vec<u8> {
    (0..length).map(|i| (i * 7 % 251) as u8).collect()
}

fn plain<S: AsyncRead + AsyncWrite + Unpin>(io: S, role: Role) -> WebSocketStream<S> {
    WebSocketStream::new(io, role, &Agreed::default(), Options::default())
}

/// Sizes around those from which payload is not copied any more.
const SIZES: [usize; 9] = [
    0, 1, 4095, 16_383, 32_767, 32_768, 65_536, 300_000, 2_000_000,
];

#[tokio::test]
async fn messages_of_any_size_through_pipes_of_any_size() {
    for pipe in [100, 1000, 65_536, 1 << 20] {
        let (one, other) = duplex(pipe);
        let (mut server, mut client) = (plain(one, Role::Server), plain(other, Role::Client));
        let sizes = if pipe == 100 { &SIZES[..7] } else { &SIZES };
        let echo = tokio::spawn(async move {
            while let Some(message) = server.next().await {
                let message = message.unwrap();
                if message.is_data() {
                    // What is small waits in front of what is large.
                    server.feed("next:").await.unwrap();
                    server.feed(message).await.unwrap();
                }
            }
        });
        for &size in sizes {
            let bytes = payload(size);
            client.send(&bytes).await.unwrap();
            assert_eq!(
                client.next().await.unwrap().unwrap(),
                Message::text("next:")
            );
            let back = client.next().await.unwrap().unwrap();
            assert!(back == Message::binary(bytes), "{size} bytes over {pipe}");
            let text = "Grüße 😀 ".repeat(size / 14);
            client.send(&text).await.unwrap();
            client.next().await.unwrap().unwrap();
            assert_eq!(client.next().await.unwrap().unwrap(), Message::text(text));
        }
        client.close(None).await.unwrap();
        echo.await.unwrap();
    }
}

#[tokio::test]
async fn a_large_message_in_frames_with_pings_between() {
    for role in [Role::Server, Role::Client] {
        let (one, mut other) = duplex(1 << 17);
        let sender = match role {
            Role::Server => Role::Client,
            Role::Client => Role::Server,
        };
        let mut half = SendHalf::new(sender);
        let mut wire = Vec::new();
        let bytes = payload(500_000);
        let (head, rest) = bytes.split_at(150_000);
        let (middle, tail) = rest.split_at(340_000);
        let mut send = |part: &[u8], first, last| {
            let binary = DataKind::Binary;
            half.send_fragment(binary, part, first, last, None, &mut wire)
                .unwrap();
            half.send(MessageRef::Ping(b"between"), &mut wire).unwrap();
        };
        send(head, true, false);
        send(&[], false, false);
        send(middle, false, false);
        send(tail, false, true);
        half.send("behind", &mut wire).unwrap();
        let writing = tokio::spawn(async move {
            tokio::io::AsyncWriteExt::write_all(&mut other, &wire)
                .await
                .unwrap();
            other
        });
        let mut ws = plain(one, role);
        let mut heard = Vec::new();
        while heard.len() < 6 {
            heard.push(ws.next().await.unwrap().unwrap());
        }
        assert_eq!(heard.iter().filter(|message| message.is_ping()).count(), 4);
        assert!(heard[3] == Message::binary(bytes));
        assert_eq!(heard[5], Message::text("behind"));
        drop(writing.await.unwrap());
    }
}

#[tokio::test]
async fn the_end_in_the_middle_of_a_large_message_is_one() {
    let (one, mut other) = duplex(1 << 17);
    let mut wire = Vec::new();
    SendHalf::new(Role::Client)
        .send(&payload(200_000), &mut wire)
        .unwrap();
    wire.truncate(150_000);
    let writing = tokio::spawn(async move {
        tokio::io::AsyncWriteExt::write_all(&mut other, &wire)
            .await
            .unwrap();
    });
    let mut ws = plain(one, Role::Server);
    let error = ws.next().await.unwrap().unwrap_err();
    assert!(
        matches!(error, ws4wasm::tokio::Error::Unfinished),
        "{error:?}"
    );
    assert!(ws.next().await.is_none());
    writing.await.unwrap();
}

/// Takes what it is given at once, and passes it on when it is flushed, at the second try.
struct Holding {
    io: DuplexStream,
    held: Vec<u8>,
    tried: bool,
}

impl AsyncRead for Holding {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Holding {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let before = self.held.len();
        for slice in slices {
            self.held.extend_from_slice(slice);
        }
        Poll::Ready(Ok(self.held.len() - before))
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { io, held, tried } = &mut *self;
        if !held.is_empty() && !std::mem::replace(tried, true) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        while !held.is_empty() {
            let length = ready!(Pin::new(&mut *io).poll_write(cx, held))?;
            held.drain(..length);
        }
        *tried = false;
        Pin::new(io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

#[tokio::test]
async fn what_the_transport_holds_back_is_flushed() {
    let (io, other) = duplex(1 << 20);
    let holding = Holding {
        io,
        held: Vec::new(),
        tried: false,
    };
    let mut ws = plain(holding, Role::Server);
    let mut peer = plain(other, Role::Client);
    for size in [5, 100_000] {
        let bytes = payload(size);
        ws.send(&bytes).await.unwrap();
        assert!(
            ws.with_io(|io| io.held.is_empty()),
            "{size} bytes are held back"
        );
        assert!(peer.next().await.unwrap().unwrap() == Message::binary(bytes));
    }
}

#[tokio::test]
async fn a_message_that_came_with_others_outlives_them() {
    let (mut server, mut client) = pair(1 << 20, &Options::default());
    for i in 0..5000 {
        client.feed(format!("message {i}")).await.unwrap();
    }
    client.flush().await.unwrap();
    let mut kept = Vec::new();
    for i in 0..5000 {
        let message = server.next().await.unwrap().unwrap();
        if i % 100 == 0 {
            kept.push((i, message));
        }
    }
    for (i, message) in kept {
        assert_eq!(message, Message::text(format!("message {i}")));
    }
}

/// However the bytes are cut, what is owned, shared and borrowed is what was sent.
#[test]
fn all_ways_to_receive_give_the_same_messages() {
    let mut half = SendHalf::new(Role::Client);
    let mut wire = Vec::new();
    let mut sent = Vec::new();
    let mut send = |message: Message| {
        half.send(&message, &mut wire).unwrap();
        sent.push(message);
    };
    for i in 0..1400 {
        match i % 5 {
            0 if i % 200 == 0 => send(Message::Binary(payload(30_000 + i * 100).into())),
            0 if i < 400 => send(Message::Binary(payload(i * 3).into())),
            1 if i < 900 => send(Message::text("Grüße")),
            2 => send(Message::Ping("there?".into())),
            3 => send(Message::text("")),
            // Only texts from 400 on, of ASCII only from 900 on.
            _ => send(Message::text("ASCII as most of it is")),
        }
    }
    for cut in [1, 7, 1000, 50_000, wire.len()] {
        let [mut owning, mut sharing, mut borrowing] =
            [(); 3].map(|()| stream::Stream::new(Role::Server));
        let mut heard = [(); 3].map(|()| Vec::new());
        let [owned, shared, borrowed] = &mut heard;
        for piece in wire.chunks(cut) {
            for event in owning.receive(piece) {
                match event {
                    Event::Message(message) => owned.push(message.into()),
                    other => panic!("{other:?}"),
                }
            }
            sharing.receive_shared(piece, |event| match event {
                Event::Message(message) => shared.push(message),
                other => panic!("{other:?}"),
            });
            borrowing.receive_ref(piece, |event| {
                borrowed.push(match event {
                    Event::Message(MessageRef::Text(text)) => Message::text(text),
                    Event::Message(MessageRef::Binary(bytes)) => {
                        Message::binary(bytes.to_vec())
                    }
                    Event::Message(MessageRef::Ping(bytes)) => {
                        Message::Ping(bytes.to_vec().into())
                    }
                    other => panic!("{other:?}"),
                });
            });
        }
        for heard in heard {
            assert!(heard == sent, "cut to {cut}");
        }
    }
}
