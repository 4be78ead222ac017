//! Every future is dropped after every number of polls, and nothing is lost, doubled or torn.

use crate::pair::{Drip, deflated, polled};
use tokio::io::{DuplexStream, duplex};
use ws4wasm::handshake::{ClientOptions, ServerOptions};
use ws4wasm::tokio::{
    Error, Incoming, Message, Options, Role, WebSocketStream, accept, client,
};

type Dripping = WebSocketStream<Drip<DuplexStream>>;

fn dripping() -> (Dripping, Dripping) {
    let (one, other) = duplex(4);
    let end =
        |io, role| WebSocketStream::new(Drip::new(io), role, &deflated(), Options::default());
    (end(one, Role::Server), end(other, Role::Client))
}

fn texts() -> Vec<String> {
    let text = |i: usize| format!("text {i} {}", "again ".repeat(i * 10));
    (0..4).map(text).collect()
}

/// Reads data until the end.
async fn heard(ws: &mut Dripping) -> Vec<Message> {
    let mut all = Vec::new();
    while let Some(message) = ws.next().await {
        let message = message.unwrap();
        if message.is_data() {
            all.push(message);
        }
    }
    all
}

#[tokio::test]
async fn next_loses_nothing() {
    for polls in 1..12 {
        let (mut server, mut client) = dripping();
        let serving = tokio::spawn(async move {
            for text in texts() {
                server.send(&text).await.unwrap();
            }
            server.close(None).await.unwrap();
        });
        let mut all = Vec::new();
        loop {
            match polled(client.next(), polls) {
                Some(Some(message)) => all.push(message.unwrap()),
                Some(None) => break,
                None => tokio::task::yield_now().await,
            }
        }
        assert!(all.pop().unwrap().is_close());
        let expected: Vec<_> = texts().into_iter().map(Message::text).collect();
        assert_eq!(all, expected);
        serving.await.unwrap();
    }
}

/// What `start` does is dropped after some polls; then the rest of the conversation goes as usual.
/// Tells what the peer heard, and whether the future came to its end.
macro_rules! dropped {
    ($polls:expr, |$ws:ident| $start:expr) => {{
        let (mut server, mut $ws) = dripping();
        let hearing = tokio::spawn(async move { heard(&mut server).await });
        // Both sides have something behind them, and there is something in the buffers.
        $ws.send("before").await.unwrap();
        let done = {
            let mut future = std::pin::pin!($start);
            let mut done = None;
            for _ in 0..$polls {
                done = polled(future.as_mut(), 1);
                if done.is_some() {
                    break;
                }
                tokio::task::yield_now().await;
            }
            done
        };
        if !$ws.is_closed() {
            $ws.send("after").await.unwrap();
        }
        $ws.close(None).await.unwrap();
        (hearing.await.unwrap(), done.is_some())
    }};
}

#[tokio::test]
async fn send_and_feed_and_flush_send_whole_or_not_at_all() {
    let text = "a text that is not that short ".repeat(3);
    let whole = [
        Message::text("before"),
        Message::text(text.as_str()),
        Message::text("after"),
    ];
    for kind in ["send", "feed", "flush", "prepared"] {
        let mut polls = 0;
        loop {
            let text = &text;
            let (heard, done) = dropped!(polls, |ws| async {
                match kind {
                    "send" => ws.send(text).await,
                    "feed" => ws.feed(text).await,
                    "prepared" => {
                        let prepared = ws4wasm::tokio::Prepared::text(text);
                        ws.send_prepared(&prepared).await
                    }
                    _ => {
                        ws.feed(text).await?;
                        ws.flush().await
                    }
                }
            });
            if polls == 0 {
                assert_eq!(heard, [whole[0].clone(), whole[2].clone()], "{kind}");
            } else {
                assert_eq!(heard, whole, "{kind} after {polls} polls");
            }
            if done {
                break;
            }
            polls += 1;
            assert!(polls < 10_000, "{kind} does not end");
        }
    }
}

#[tokio::test]
async fn a_full_buffer_takes_nothing_from_who_does_not_wait() {
    let options = Options {
        write_buffer: 1,
        ..Options::default()
    };
    let (one, other) = duplex(4);
    let mut ws = WebSocketStream::new(one, Role::Server, &deflated(), options);
    let _other = other;
    assert!(polled(ws.send("taken"), 1).is_none());
    for _ in 0..1000 {
        assert!(polled(ws.send("not taken"), 3).is_none());
        assert!(polled(ws.feed("not taken"), 3).is_none());
    }
    let mut reader =
        WebSocketStream::new(_other, Role::Client, &deflated(), Options::default());
    let reading = tokio::spawn(async move {
        let mut all = Vec::new();
        while let Some(message) = reader.next().await {
            all.push(message.unwrap());
        }
        all
    });
    ws.send("at last").await.unwrap();
    ws.close(None).await.unwrap();
    let all = reading.await.unwrap();
    assert_eq!(all[..2], ["taken", "at last"].map(Message::text));
}

#[tokio::test]
async fn close_may_be_dropped_and_called_again() {
    let mut polls = 0;
    loop {
        let (heard, done) = dropped!(polls, |ws| ws.close(None));
        assert_eq!(heard[0], Message::text("before"));
        if done {
            break;
        }
        polls += 1;
        assert!(polls < 10_000, "close does not end");
    }
}

#[tokio::test]
async fn an_opening_handshake_that_is_dropped_takes_the_transport_along() {
    let request = || ClientOptions::new("localhost", "/");
    let mut polls = 0;
    // The server's side.
    loop {
        let (one, other) = duplex(16);
        let asking = tokio::spawn(client(other, request(), Options::default()));
        let mut done = None;
        {
            let mut future = Box::pin(accept(Drip::new(one)));
            for _ in 0..polls {
                done = polled(future.as_mut(), 1);
                if done.is_some() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        let opened = done.is_some();
        let asked = asking.await.unwrap();
        match asked {
            Ok(_) => {}
            Err(Error::Unfinished | Error::Io(_)) => assert!(!opened),
            Err(error) => panic!("{error}"),
        }
        if opened {
            break;
        }
        polls += 7;
        assert!(polls < 10_000, "accept does not end");
    }
    // The client's.
    let mut polls = 0;
    loop {
        let (one, other) = duplex(16);
        let answering = tokio::spawn(async move {
            let server = ServerOptions::default();
            Incoming::read(one, &server, Options::default())
                .await?
                .accept(&[])
                .await
        });
        let mut done = None;
        {
            let asking = client(Drip::new(other), request(), Options::default());
            let mut future = Box::pin(asking);
            for _ in 0..polls {
                done = polled(future.as_mut(), 1);
                if done.is_some() {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        let opened = done.is_some();
        match answering.await.unwrap() {
            Ok(_) => {}
            Err(Error::Unfinished | Error::Io(_)) => assert!(!opened),
            Err(error) => panic!("{error}"),
        }
        if opened {
            break;
        }
        polls += 7;
        assert!(polls < 10_000, "client does not end");
    }
}
