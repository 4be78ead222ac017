//! What is sent arrives: whole, in order, by any way of sending and receiving.

use crate::pair::{Drip, deflated, pair};
use futures_util::{SinkExt, StreamExt};
use tokio::io::duplex;
use tokio::net::{TcpListener, TcpStream};
use ws4wasm::MessageRef;
use ws4wasm::tokio::{
    MaybeTlsStream, Message, Options, Prepared, Role, WebSocketStream, accept, connect,
};

type Client = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Over sockets, with all that the two agree on by default.
async fn connected() -> (WebSocketStream<TcpStream>, Client) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (socket, _) = listener.accept().await.unwrap();
        accept(socket).await.unwrap()
    });
    let (client, response) = connect(&url).await.unwrap();
    assert!(response.deflate.is_some());
    (server.await.unwrap(), client)
}

#[tokio::test]
async fn an_echo_over_sockets() {
    let (mut server, mut client) = connected().await;
    let echo = tokio::spawn(async move {
        let mut count = 0;
        while let Some(message) = server.next().await {
            let message = message.unwrap();
            if message.is_data() {
                server.send(message).await.unwrap();
                count += 1;
            }
        }
        count
    });
    let long = "long ".repeat(100_000);
    let texts = ["", "hello", "Grüße 😀", &long];
    for text in texts {
        client.send(text).await.unwrap();
        let got = client.next().await.unwrap().unwrap();
        assert_eq!(got.to_text().unwrap(), text);
        client.send(text.as_bytes()).await.unwrap();
        let got = client.next().await.unwrap().unwrap();
        assert_eq!(got.into_data(), text.as_bytes());
    }
    client.send(MessageRef::Ping(b"there?")).await.unwrap();
    let pong = client.next().await.unwrap().unwrap();
    assert_eq!(pong, Message::Pong(b"there?"[..].into()));
    client.close(None).await.unwrap();
    assert_eq!(echo.await.unwrap(), 2 * texts.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn halves_in_tasks_of_their_own_with_compression() {
    let (server, client) = connected().await;
    let (mut to_server, mut from_server) = client.split();
    let (mut to_client, mut from_client) = server.split();
    const COUNT: usize = 2000;
    let text = |i: usize| format!("message {i} {}", "and on ".repeat(i % 50));
    let sending = |name: &'static str| move |i: usize| (name, text(i));
    let (up, down) = (sending("up"), sending("down"));
    let upward = tokio::spawn(async move {
        for i in 0..COUNT {
            to_server
                .send(format!("{:?}", up(i)).as_str())
                .await
                .unwrap();
        }
        to_server
    });
    let downward = tokio::spawn(async move {
        for i in 0..COUNT {
            to_client
                .send(format!("{:?}", down(i)).as_str())
                .await
                .unwrap();
        }
        to_client
    });
    let reader = tokio::spawn(async move {
        for i in 0..COUNT {
            let message = from_client.next().await.unwrap().unwrap();
            assert_eq!(message.to_text().unwrap(), format!("{:?}", up(i)));
        }
        from_client
    });
    for i in 0..COUNT {
        let message = from_server.next().await.unwrap().unwrap();
        assert_eq!(message.to_text().unwrap(), format!("{:?}", down(i)));
    }
    let (to_server, to_client) = (upward.await.unwrap(), downward.await.unwrap());
    let from_client = reader.await.unwrap();
    assert!(from_client.is_pair_of(&to_client));
    let mut client = WebSocketStream::reunite(to_server, from_server).unwrap();
    let mut server = WebSocketStream::reunite(to_client, from_client).unwrap();
    let serving = tokio::spawn(async move { server.next().await.unwrap().unwrap() });
    client.close(None).await.unwrap();
    assert!(serving.await.unwrap().is_close());
}

#[tokio::test]
async fn halves_of_others_are_not_reunited() {
    let (one, other) = pair(100, &Options::default());
    let (sender, _) = one.split();
    let (_, receiver) = other.split();
    assert!(WebSocketStream::reunite(sender, receiver).is_err());
}

#[tokio::test]
async fn as_a_stream_and_a_sink() {
    let (server, client) = pair(1000, &Options::default());
    let echo = tokio::spawn(async move {
        let (sink, stream) = StreamExt::split(server);
        let data = stream.filter(|message| {
            let data = message.as_ref().is_ok_and(Message::is_data);
            std::future::ready(data)
        });
        data.forward(sink).await
    });
    let (mut sink, mut stream) = StreamExt::split(client);
    let messages = ["a", "b", &"c".repeat(10_000)].map(Message::text);
    let sent = messages.clone();
    let sending = tokio::spawn(async move {
        for message in sent {
            SinkExt::feed(&mut sink, message).await.unwrap();
        }
        SinkExt::flush(&mut sink).await.unwrap();
        sink
    });
    for message in messages {
        assert_eq!(
            StreamExt::next(&mut stream).await.unwrap().unwrap(),
            message
        );
    }
    let mut sink = sending.await.unwrap();
    SinkExt::close(&mut sink).await.unwrap();
    let close = StreamExt::next(&mut stream).await.unwrap().unwrap();
    assert!(close.is_close());
    assert!(StreamExt::next(&mut stream).await.is_none());
    echo.await.unwrap().unwrap();
}

#[tokio::test]
async fn byte_by_byte() {
    let (one, other) = duplex(3);
    let end =
        |io, role| WebSocketStream::new(Drip::new(io), role, &deflated(), Options::default());
    let (mut server, mut client) = (end(one, Role::Server), end(other, Role::Client));
    let text = "Grüße und Küsse ".repeat(40);
    let expected = Message::text(text.as_str());
    let sending = tokio::spawn(async move {
        for _ in 0..5 {
            server.feed(&text).await.unwrap();
        }
        // The reader sends what was fed.
        while server.next().await.is_some() {}
    });
    for _ in 0..5 {
        assert_eq!(client.next().await.unwrap().unwrap(), expected);
    }
    client.close(None).await.unwrap();
    sending.await.unwrap();
}

#[tokio::test]
async fn a_prepared_message_reaches_all() {
    let news = Prepared::text(&"news for all ".repeat(100));
    for takeover in [true, false] {
        let mut agreed = deflated();
        if let Some(deflate) = &mut agreed.deflate {
            deflate.server_no_context_takeover = !takeover;
        }
        for agreed in [agreed, Default::default()] {
            let (one, other) = duplex(10_000);
            let end = |io, role| WebSocketStream::new(io, role, &agreed, Options::default());
            let (mut server, mut client) = (end(one, Role::Server), end(other, Role::Client));
            for _ in 0..3 {
                server.send_prepared(&news).await.unwrap();
                server.send("and something of its own").await.unwrap();
                let got = client.next().await.unwrap().unwrap();
                assert_eq!(got.into_data(), news.payload());
                let got = client.next().await.unwrap().unwrap();
                assert_eq!(got, Message::text("and something of its own"));
            }
            client.send_prepared(&news).await.unwrap();
            let got = server.next().await.unwrap().unwrap();
            assert_eq!(got.into_data(), news.payload());
        }
    }
}
