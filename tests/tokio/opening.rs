//! The opening handshake, by our own HTTP.

use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use ws4wasm::deflate::Parameters;
use ws4wasm::handshake::{ClientOptions, ServerOptions};
use ws4wasm::tokio::{Error, Incoming, Message, Options, Timeout, accept, client, connect};

#[tokio::test]
async fn what_is_agreed_on_is_used() {
    let (one, other) = duplex(1000);
    let deflate = Some(Parameters::default());
    let server = ServerOptions {
        protocols: vec!["chat".into()],
        deflate,
        ..ServerOptions::default()
    };
    let serving = tokio::spawn(async move {
        let incoming = Incoming::read(one, &server, Options::default())
            .await
            .unwrap();
        assert_eq!(incoming.request().protocols, ["news", "chat"]);
        let headers = [("X-Served-By".into(), "us".into())];
        let mut ws = incoming.accept(&headers).await.unwrap();
        assert_eq!(ws.protocol(), Some("chat"));
        ws.send(&"again ".repeat(1000)).await.unwrap();
        ws
    });
    let asked = ClientOptions {
        protocols: vec!["news".into(), "chat".into()],
        deflate,
        ..ClientOptions::new("localhost", "/")
    };
    let (mut ws, response) = client(other, asked, Options::default()).await.unwrap();
    assert_eq!(response.head.headers.get("x-served-by"), Some("us"));
    assert_eq!(ws.protocol(), Some("chat"));
    let got = ws.next().await.unwrap().unwrap();
    assert_eq!(got.len(), 6000);
    serving.await.unwrap();
}

#[tokio::test]
async fn frames_right_behind_the_head_are_not_lost() {
    let (one, mut other) = duplex(1000);
    let mut request = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n\
        Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        .to_vec();
    request.extend(b"\x81\x82\0\0\0\0hi");
    other.write_all(&request).await.unwrap();
    let mut ws = accept(one).await.unwrap();
    assert_eq!(ws.next().await.unwrap().unwrap(), Message::text("hi"));
}

#[tokio::test]
async fn a_refusal_keeps_its_headers() {
    let (one, other) = duplex(1000);
    let serving = tokio::spawn(async move {
        let server = ServerOptions::default();
        let incoming = Incoming::read(one, &server, Options::default()).await?;
        let headers = [("WWW-Authenticate".into(), "Basic".into())];
        incoming.refuse(401, &headers, b"Who are you?").await
    });
    let asked = ClientOptions::new("localhost", "/");
    let error = client(other, asked, Options::default()).await.unwrap_err();
    let Error::Refused { head, body } = error else {
        panic!("{error}")
    };
    assert_eq!(head.status, 401);
    assert_eq!(head.headers.get("www-authenticate"), Some("Basic"));
    assert_eq!(body, b"Who are you?");
    let response = http::Response::from(&*head);
    assert_eq!(response.headers()["www-authenticate"], "Basic");
    serving.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_plain_request_is_told_what_this_is() {
    let (one, mut other) = duplex(1000);
    other
        .write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        .await
        .unwrap();
    let error = accept(one).await.unwrap_err();
    assert!(matches!(error, Error::Handshake(error) if error.status == 426));
    let mut reply = String::new();
    other.read_to_string(&mut reply).await.unwrap();
    assert!(reply.starts_with("HTTP/1.1 426 "), "{reply}");
}

#[tokio::test(start_paused = true)]
async fn a_handshake_does_not_take_forever() {
    let (one, mut other) = duplex(1000);
    other.write_all(b"GET / HT").await.unwrap();
    let error = accept(one).await.unwrap_err();
    assert!(matches!(error, Error::Timeout(Timeout::Handshake)));
    let mut reply = String::new();
    other.read_to_string(&mut reply).await.unwrap();
    assert!(reply.starts_with("HTTP/1.1 408 "), "{reply}");

    let (one, _silent) = duplex(1000);
    let asked = ClientOptions::new("localhost", "/");
    let error = client(one, asked, Options::default()).await.unwrap_err();
    assert!(matches!(error, Error::Timeout(Timeout::Handshake)));
}

#[tokio::test]
async fn urls_that_are_none() {
    for url in ["", "ftp://a/", "ws://a b/", "ws://a/#b"] {
        let error = connect(url).await.unwrap_err();
        assert!(matches!(error, Error::Argument(_)), "{error}");
    }
}
