//! What the clock does.

use crate::pair::pair;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};
use ws4wasm::tokio::{Error, Message, Options, Timeout};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn a_peer_that_answers_lives_on() {
    let options = Options {
        ping_interval: Some(30 * SECOND),
        ..Options::default()
    };
    let (mut server, mut client) = pair(1000, &options);
    let answering = tokio::spawn(async move {
        let mut pings = 0;
        while let Some(Ok(message)) = client.next().await {
            pings += usize::from(message.is_ping());
        }
        pings
    });
    // Nothing but pongs comes.
    let reading = async {
        loop {
            let message = server.next().await.unwrap().unwrap();
            assert!(message.is_pong() || message.is_ping());
        }
    };
    assert!(timeout(600 * SECOND, reading).await.is_err());
    drop(server);
    let pings = answering.await.unwrap();
    assert!((10..=20).contains(&pings), "{pings} pings");
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_is_gone_is_given_up() {
    let options = Options {
        ping_interval: Some(30 * SECOND),
        ping_timeout: 5 * SECOND,
        ..Options::default()
    };
    let (mut server, _gone) = pair(1000, &options);
    let begun = Instant::now();
    let error = server.next().await.unwrap().unwrap_err();
    assert!(matches!(error, Error::Timeout(Timeout::Ping)), "{error}");
    assert_eq!(begun.elapsed().as_secs(), 35);
    assert!(server.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn who_says_nothing_is_sent_away() {
    let options = Options {
        idle_timeout: Some(60 * SECOND),
        ..Options::default()
    };
    let (mut server, mut client) = pair(1000, &Options::default());
    drop((server, client));
    let (one, other) = tokio::io::duplex(1000);
    use ws4wasm::tokio::{Role, WebSocketStream};
    server = WebSocketStream::new(one, Role::Server, &Default::default(), options);
    client = WebSocketStream::new(other, Role::Client, &Default::default(), Options::default());
    let begun = Instant::now();
    let serving = tokio::spawn(async move {
        while let Some(message) = server.next().await {
            message.unwrap();
        }
    });
    // Messages of either side count.
    sleep(50 * SECOND).await;
    client.send("still here").await.unwrap();
    let got = client.next().await.unwrap().unwrap();
    let Message::Close(Some(frame)) = got else {
        panic!("{got:?}")
    };
    assert_eq!((frame.code, &frame.reason[..]), (1001, "idle"));
    assert_eq!(begun.elapsed().as_secs(), 110);
    assert!(client.next().await.is_none());
    serving.await.unwrap();
}
