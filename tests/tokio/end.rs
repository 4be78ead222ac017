//! How connections end.

use crate::pair::{deflated, pair, polled};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use ws4wasm::stream::{Config, SendError};
use ws4wasm::tokio::{CloseFrame, Error, Message, Options, Role, Timeout, WebSocketStream};
use ws4wasm::{MessageRef, close_code};

#[tokio::test]
async fn a_close_is_answered_with_its_code() {
    let (mut server, mut client) = pair(1000, &Options::default());
    let frame = CloseFrame::new(4000, "done").unwrap();
    let closing = tokio::spawn(async move { client.close(Some(frame)).await });
    let got = server.next().await.unwrap().unwrap();
    let Message::Close(Some(frame)) = got else {
        panic!("{got:?}")
    };
    assert_eq!((frame.code, &frame.reason[..]), (4000, "done"));
    assert!(server.is_closed());
    assert!(matches!(
        server.send("late").await,
        Err(Error::Send(SendError::Closed))
    ));
    assert!(server.next().await.is_none());
    assert!(server.next().await.is_none());
    closing.await.unwrap().unwrap();
}

#[tokio::test]
async fn both_close_at_once() {
    let (mut server, mut client) = pair(1000, &Options::default());
    let (one, other) = tokio::join!(server.close(None), client.close(None));
    one.unwrap();
    other.unwrap();
}

#[tokio::test]
async fn messages_before_the_answer_to_a_close_can_still_be_read() {
    let (mut server, client) = pair(1000, &Options::default());
    let (mut sender, mut receiver) = client.split();
    server.send("one").await.unwrap();
    sender.close(None).await.unwrap();
    sender.close(None).await.unwrap();
    assert!(sender.send("late").await.is_err());
    server.send("two").await.unwrap();
    let serving = tokio::spawn(async move { server.next().await.unwrap().unwrap() });
    for text in ["one", "two"] {
        let got = receiver.next().await.unwrap().unwrap();
        assert_eq!(got, Message::text(text));
    }
    assert!(receiver.next().await.unwrap().unwrap().is_close());
    assert!(receiver.next().await.is_none());
    serving.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_does_not_answer_a_close_is_not_waited_for() {
    let (_silent, mut client) = pair(1000, &Options::default());
    let begun = tokio::time::Instant::now();
    let error = client.close(None).await.unwrap_err();
    assert!(matches!(error, Error::Timeout(Timeout::Close)), "{error}");
    assert_eq!(begun.elapsed().as_secs(), 10);
    assert!(client.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_close_in_another_task_sets_the_clock_of_a_reader_that_waits() {
    let (_silent, client) = pair(1000, &Options::default());
    let (mut sender, mut receiver) = client.split();
    let reading = tokio::spawn(async move { receiver.next().await.unwrap() });
    tokio::time::sleep(Duration::from_secs(100)).await;
    sender.close(None).await.unwrap();
    let error = reading.await.unwrap().unwrap_err();
    assert!(matches!(error, Error::Timeout(Timeout::Close)), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_hang_up_is_not_waited_for() {
    let (mut server, mut client) = pair(1000, &Options::default());
    let closing = tokio::spawn(async move {
        let result = client.close(None).await;
        (result, client)
    });
    // Its close frame, and no end of the transport.
    assert!(server.next().await.unwrap().unwrap().is_close());
    let (result, _client) = closing.await.unwrap();
    result.unwrap();
    drop(server);
}

#[tokio::test]
async fn a_fault_is_told_to_both() {
    let (one, mut other) = duplex(1000);
    let mut server =
        WebSocketStream::new(one, Role::Server, &Default::default(), Options::default());
    // A good message, and one that is not masked.
    other
        .write_all(b"\x81\x82\0\0\0\0hi\x81\x02hi")
        .await
        .unwrap();
    assert_eq!(server.next().await.unwrap().unwrap(), Message::text("hi"));
    let error = server.next().await.unwrap().unwrap_err();
    assert!(
        matches!(error, Error::Protocol(error) if error.close_code() == close_code::PROTOCOL_ERROR)
    );
    let reading = tokio::spawn(async move {
        let mut all = Vec::new();
        // It still says much, and hears the server's close.
        other.write_all(&[0; 100_000]).await.unwrap();
        other.read_to_end(&mut all).await.unwrap();
        all
    });
    assert!(server.next().await.is_none());
    drop(server);
    let heard = reading.await.unwrap();
    assert_eq!((heard[0], &heard[2..4]), (0x88, &1002u16.to_be_bytes()[..]));
}

#[tokio::test]
async fn a_transport_that_just_ends() {
    let (server, mut client) = pair(1000, &Options::default());
    drop(server);
    let error = client.next().await.unwrap().unwrap_err();
    assert!(matches!(error, Error::Unfinished), "{error}");
    assert!(client.next().await.is_none());
    let error = client.send("x").await.unwrap_err();
    assert!(matches!(error, Error::Io(_)), "{error}");
    assert!(client.is_closed());
}

#[tokio::test]
async fn what_was_said_before_the_end_is_heard() {
    let (mut server, mut client) = pair(1000, &Options::default());
    server.send("last words").await.unwrap();
    drop(server);
    client.feed("into the void").await.unwrap();
    let got = client.next().await.unwrap().unwrap();
    assert_eq!(got, Message::text("last words"));
    assert!(client.next().await.unwrap().is_err());
}

#[tokio::test]
async fn limits_hold() {
    let options = Options {
        limits: Config {
            max_message_size: 1000,
            ..Config::default()
        },
        ..Options::default()
    };
    let (mut server, mut client) = pair(100_000, &options);
    client.send(&"x".repeat(1001)).await.unwrap();
    let error = server.next().await.unwrap().unwrap_err();
    assert!(
        matches!(error, Error::Protocol(error) if error.close_code() == close_code::TOO_LARGE),
        "{error}"
    );
    let got = client.next().await.unwrap().unwrap();
    assert!(matches!(got, Message::Close(Some(frame)) if frame.code == 1009));
}

#[tokio::test]
async fn what_may_not_be_sent_is_refused_and_nothing_else_is_hurt() {
    let (mut server, mut client) = pair(1000, &Options::default());
    let error = client.send(MessageRef::Ping(&[0; 126])).await.unwrap_err();
    assert!(matches!(error, Error::Send(SendError::Message(_))));
    let close = MessageRef::Close {
        code: 1005,
        reason: "x",
    };
    assert!(client.send(close).await.is_err());
    client.send("fine").await.unwrap();
    let got = server.next().await.unwrap().unwrap();
    assert_eq!(got, Message::text("fine"));
}

/// Pings come faster than pongs leave: the last is answered, and nothing grows.
#[tokio::test]
async fn a_flood_of_pings_is_answered_by_the_last() {
    let (one, mut other) = duplex(64);
    let mut server = WebSocketStream::new(one, Role::Server, &deflated(), Options::default());
    let flooding = tokio::spawn(async move {
        for i in 0..10_000u32 {
            let mut ping = b"\x89\x84\0\0\0\0".to_vec();
            ping.extend(i.to_be_bytes());
            other.write_all(&ping).await.unwrap();
        }
        other
    });
    let mut last = None;
    for _ in 0..10_000 {
        last = Some(server.next().await.unwrap().unwrap());
    }
    assert_eq!(last.unwrap().into_data(), 9999u32.to_be_bytes()[..]);
    let mut other = flooding.await.unwrap();
    let mut heard = Vec::new();
    while !heard.ends_with(&9999u32.to_be_bytes()) {
        let mut buffer = [0; 100];
        assert!(polled(server.next(), 1).is_none());
        let length = other.read(&mut buffer).await.unwrap();
        heard.extend_from_slice(&buffer[..length]);
    }
    assert!(heard.len() < 1000, "{} bytes of pongs", heard.len());
}

/// The time counts however much the peer has to say.
#[tokio::test]
async fn a_peer_that_never_stops_is_not_listened_to_for_longer() {
    let options = Options {
        close_timeout: Duration::from_millis(200),
        ..Options::default()
    };
    let (server, mut client) = pair(10_000, &options);
    let (mut sender, _receiver) = server.split();
    let flooding = tokio::spawn(async move { while sender.send("and on").await.is_ok() {} });
    let error = client.close(None).await.unwrap_err();
    assert!(matches!(error, Error::Timeout(Timeout::Close)), "{error}");
    drop(client);
    flooding.await.unwrap();

    // And after a fault.
    let (one, mut other) = duplex(1000);
    let mut server = WebSocketStream::new(one, Role::Server, &deflated(), options);
    let flooding =
        tokio::spawn(async move { while other.write_all(&[0; 100]).await.is_ok() {} });
    assert!(server.next().await.unwrap().is_err());
    assert!(server.next().await.is_none());
    drop(server);
    flooding.await.unwrap();
}
