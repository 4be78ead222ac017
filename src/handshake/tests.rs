//! The limits, and what callers may and may not send. The vectors of both sides
//! are in tests/handshake.rs.

use super::fields::OWN_HEADERS;
use super::*;

const REQUEST: &str = "GET /chat HTTP/1.1\r\n\
    Host: server.example.com\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Origin: http://example.com\r\n\
    Sec-WebSocket-Protocol: chat, superchat\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";

fn new_server() -> ServerHandshake {
    ServerHandshake::new(ServerOptions::default())
}

fn accepted(request: &str) -> Result<Request, HandshakeError> {
    let request = new_server().receive(request.as_bytes())?;
    Ok(request.expect("a whole request"))
}

fn client_options() -> ClientOptions {
    let protocols = vec!["chat".into()];
    ClientOptions {
        protocols,
        ..ClientOptions::new("server.example.com", "/chat")
    }
}

#[test]
fn limits_hold_to_the_byte() {
    let padded = |size: usize| {
        let pad = "x".repeat(size - REQUEST.len() - "Pad: \r\n".len());
        REQUEST.replace("Origin", &format!("Pad: {pad}\r\nOrigin"))
    };
    let drip = |bytes: &[u8]| {
        let mut server = new_server();
        let taken = bytes
            .iter()
            .take_while(|byte| server.receive(&[**byte]) == Ok(None))
            .count();
        (
            taken,
            server.receive(b"").map_err(|error| error.status).err(),
        )
    };
    assert_eq!(drip(padded(16384).as_bytes()), (16383, None));
    assert_eq!(drip(padded(16385).as_bytes()), (16384, Some(431)));
    // However it is fed, and although the head does not end.
    let endless = "\r\n".repeat(9000);
    assert_eq!(drip(endless.as_bytes()), (16384, Some(431)));
    for bytes in [padded(16385), padded(40000), endless, "x".repeat(16385)] {
        let mut server = new_server();
        let error = server.receive(bytes.as_bytes()).unwrap_err();
        let message = "The head of the request is over the limit of 16384 bytes.";
        assert_eq!((error.status, error.message.as_str()), (431, message));
        assert_eq!(server.receive(REQUEST.as_bytes()), Err(error));
        assert_eq!((server.rest(), server.refused()), (&b""[..], None));
    }
    // The 101st header fails with its first byte.
    let many = |count: usize| {
        let more: String = (7..count).map(|n| format!("X-{n}: y\r\n")).collect();
        REQUEST.replace("Origin", &format!("{more}Origin"))
    };
    assert_eq!(accepted(&many(100)).unwrap().head.headers.len(), 100);
    assert_eq!(accepted(&many(101)).unwrap_err().status, 431);
    let last = many(101).len() - "Sec-WebSocket-Version: 13\r\n\r\n".len();
    assert_eq!(drip(many(101).as_bytes()), (last, Some(431)));
    // Small and huge limits alike.
    let server = |max_header_size, max_headers| {
        let options = ServerOptions {
            max_header_size,
            max_headers,
            ..ServerOptions::default()
        };
        ServerHandshake::new(options)
            .receive(REQUEST.as_bytes())
            .map_err(|e| e.status)
    };
    assert_eq!(server(0, 0), Err(431));
    assert_eq!(server(1000, 6), Err(431));
    assert_eq!(server(REQUEST.len() - 1, 7), Err(431));
    assert!(server(REQUEST.len(), 7).is_ok_and(|request| request.is_some()));
    assert!(server(usize::MAX, usize::MAX).is_ok_and(|request| request.is_some()));
}

#[test]
fn a_thousand_extensions() {
    let request = |name: &str| {
        let offers: Vec<_> = (0..1000).map(|n| format!("{name}{n}; a=1")).collect();
        let field = format!("Sec-WebSocket-Extensions: {}\r\nOrigin", offers.join(","));
        REQUEST.replace("Origin", &field)
    };
    let extensions = accepted(&request("x")).unwrap().extensions;
    assert_eq!(extensions.len(), 1000);
    assert_eq!(extensions[999].to_string(), "x999; a=1");
    assert_eq!(accepted(&request("extension")).unwrap_err().status, 431);
}

#[test]
fn nothing_is_injected() {
    let split = "x\r\nSet-Cookie: a=b";
    let offer = "Sec-WebSocket-Extensions: x;y\r\nOrigin";
    let request = accepted(&REQUEST.replace("Origin", offer)).unwrap();
    let field = |name: &str, value: &str| [(name.to_owned(), value.to_owned())];
    for protocol in [split, "", "other", "CHAT", "chat, superchat"] {
        assert!(request.accept(Some(protocol), &[], None).is_err());
    }
    for extensions in [split, "", "y", "x, x", "x; =", "x; y\r\n"] {
        assert!(
            request.accept(None, &[], Some(extensions)).is_err(),
            "{extensions:?}"
        );
    }
    let others = [
        "A\r\nB",
        "A:",
        "A B",
        "",
        "é",
        "UPGRADE",
        "content-length",
        "Transfer-Encoding",
    ];
    for name in OWN_HEADERS.into_iter().chain(others) {
        let error = request
            .accept(None, &field(name, "x"), None)
            .unwrap_err()
            .to_string();
        assert!(error.contains(&format!("{name:?}")), "{error}");
        let headers = field(name, "x").to_vec();
        let options = ClientOptions {
            headers,
            ..client_options()
        };
        assert!(ClientHandshake::new(options).is_err());
    }
    for name in [
        "Connection",
        "content-length",
        "Transfer-Encoding",
        "A\r\nB",
    ] {
        assert!(reject(401, &field(name, "x"), b"").is_err());
    }
    for value in [split, "\r", "\n", "\0", "\x1b", "\x7f", "\u{10d}\u{10a}"] {
        let headers = field("Name", value);
        let error = request
            .accept(None, &headers, None)
            .unwrap_err()
            .to_string();
        assert!(error.contains("\"Name\""), "{error}");
        assert!(reject(401, &headers, b"").is_err());
        let options = ClientOptions {
            headers: headers.to_vec(),
            ..client_options()
        };
        assert!(ClientHandshake::new(options).is_err());
    }
    type Edit = fn(&mut ClientOptions, String);
    let edits: [(Edit, &[&str]); 4] = [
        (
            |o, v| o.target = v,
            &["/\r\nX: y", "/ HTTP/1.1", "/#a", "/é", "*", "", "a"],
        ),
        (
            |o, v| o.host = v,
            &["a\r\nX: y", "a/b", "", "a b", "u@a", "é"],
        ),
        (
            |o, v| o.protocols.push(v),
            &["a\r\nX: y", "a,b", "", "chat", "é"],
        ),
        (|o, v| o.extensions = Some(v), &["a\r\nX: y", "", "a;", "é"]),
    ];
    for (edit, values) in edits {
        for value in values {
            let mut options = client_options();
            edit(&mut options, value.to_string());
            assert!(ClientHandshake::new(options).is_err(), "{value:?}");
        }
    }
    // What is allowed comes through.
    let reply = request.accept(None, &field("Set-Cookie", "a=\u{e9}"), Some("x; y=\"1\""));
    let end = b"xOo=\r\nSec-WebSocket-Extensions: x; y=1\r\nSet-Cookie: a=\xe9\r\n\r\n";
    assert!(reply.unwrap().ends_with(end));
}

#[test]
fn answers_other_than_101() {
    let html = [("content-type".to_owned(), "text/html".to_owned())];
    let page = String::from_utf8(reject(200, &html, b"<p>").unwrap()).unwrap();
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n";
    assert_eq!(page, format!("{head}content-type: text/html\r\n\r\n<p>"));
    let empty = reject(204, &[], b"").unwrap();
    assert_eq!(
        empty,
        b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"
    );
    assert!(
        reject(599, &[], b"")
            .unwrap()
            .starts_with(b"HTTP/1.1 599 \r\n")
    );
    for (status, body) in [
        (0, ""),
        (101, ""),
        (199, ""),
        (600, ""),
        (204, "x"),
        (304, "x"),
    ] {
        assert!(reject(status, &[], body.as_bytes()).is_err());
    }
    // The client shows them: status, headers, what came of the body.
    let away = [("Location".to_owned(), "/new".to_owned())];
    let reply = reject(302, &away, b"over there").unwrap();
    let mut client = ClientHandshake::new(client_options()).unwrap();
    let error = client.receive(&reply).unwrap_err();
    assert_eq!((error.status, error.reply()), (302, vec![]));
    assert_eq!(error.to_string(), "The server answered 302, not 101.");
    assert_eq!(
        client.refused().unwrap().headers.get("location"),
        Some("/new")
    );
    assert_eq!(client.rest(), b"over there");
}

/// RFC 9110 section 9.3.2.
#[test]
fn a_head_request_is_answered_without_a_body() {
    let answer = |method| {
        let request = REQUEST.replacen("GET", method, 1);
        accepted(&request).unwrap_err().reply()
    };
    let (head, post) = (answer("HEAD"), answer("POST"));
    assert!(head.ends_with(b"\r\n\r\n"));
    assert!(post.starts_with(&head) && post.len() > head.len());
}

#[test]
fn the_first_offered_protocol_that_is_supported() {
    let offered = ["a", "b", "c"].map(String::from);
    assert_eq!(select_protocol(&offered, &["c", "b"]), Some("b"));
    assert_eq!(select_protocol(&offered, &["B", "d"]), None);
    assert_eq!(select_protocol(&[], &["a"]), None);
}
