//! The opening handshake, both sides: every vector whole, byte by byte, at
//! every two-way split and with trailing bytes.

use proptest::collection::{btree_set, vec};
use proptest::prelude::*;
use ws4wasm::handshake::*;

/// RFC 6455 section 1.3.
const REQUEST: &str = "GET /chat HTTP/1.1\r\n\
    Host: server.example.com\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Origin: http://example.com\r\n\
    Sec-WebSocket-Protocol: chat, superchat\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";
const REPLY: &str = "HTTP/1.1 101 Switching Protocols\r\n\
    Upgrade: websocket\r\n\
    Connection: Upgrade\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\
    Sec-WebSocket-Protocol: chat\r\n\r\n";

/// What a handshake comes to: its outcome, the head if refused, the rest.
type Outcome<T, H> = (Result<Option<T>, HandshakeError>, Option<H>, Vec<u8>);

/// A handshake of either side under test.
trait Machine {
    type Opened: PartialEq + std::fmt::Debug;
    type Head: PartialEq + std::fmt::Debug;
    fn feed(&mut self, bytes: &[u8]) -> Result<Option<Self::Opened>, HandshakeError>;
    fn end(&self) -> (Option<Self::Head>, Vec<u8>);
}

impl Machine for ServerHandshake {
    type Opened = Request;
    type Head = RequestHead;
    fn feed(&mut self, bytes: &[u8]) -> Result<Option<Request>, HandshakeError> {
        self.receive(bytes)
    }
    fn end(&self) -> (Option<RequestHead>, Vec<u8>) {
        (self.refused().cloned(), self.rest().to_vec())
    }
}

impl Machine for ClientHandshake {
    type Opened = Response;
    type Head = ResponseHead;
    fn feed(&mut self, bytes: &[u8]) -> Result<Option<Response>, HandshakeError> {
        self.receive(bytes)
    }
    fn end(&self) -> (Option<ResponseHead>, Vec<u8>) {
        (self.refused().cloned(), self.rest().to_vec())
    }
}

fn run<'a, M: Machine>(
    mut machine: M,
    chunks: impl IntoIterator<Item = &'a [u8]>,
) -> Outcome<M::Opened, M::Head> {
    let mut outcome = Ok(None);
    for chunk in chunks {
        let next = machine.feed(chunk);
        match &outcome {
            Ok(None) => outcome = next,
            Ok(Some(_)) => assert_eq!(next, Ok(None), "what follows is only kept"),
            Err(_) => assert_eq!(next, outcome, "an error stays"),
        }
    }
    let (head, rest) = machine.end();
    (outcome, head, rest)
}

/// The same outcome? After an error only what came with the head is kept.
fn assert_same<T: PartialEq + std::fmt::Debug, H: PartialEq + std::fmt::Debug>(
    a: &Outcome<T, H>,
    b: &Outcome<T, H>,
) {
    assert_eq!((&a.0, &a.1), (&b.0, &b.1));
    let same = if a.0.is_ok() {
        a.2 == b.2
    } else {
        a.2.starts_with(&b.2)
    };
    assert!(same, "{:?} {:?}", a.2, b.2);
}

/// Runs the bytes in every way and gives the one outcome.
fn every_way<M: Machine>(new: impl Fn() -> M, bytes: &[u8]) -> Outcome<M::Opened, M::Head> {
    let whole = run(new(), [bytes]);
    assert_same(&whole, &run(new(), bytes.chunks(1)));
    for cut in 0..=bytes.len() {
        let (first, second) = bytes.split_at(cut);
        assert_same(&whole, &run(new(), [first, second]));
    }
    if !matches!(whole.0, Ok(None)) {
        let trailing = b"\x81\x80mask\r\n\r\n\0";
        let longer = [bytes, trailing].concat();
        for (outcome, head, rest) in [
            run(new(), [&longer[..]]),
            run(new(), [bytes, &trailing[..]]),
        ] {
            assert_eq!((&outcome, &head), (&whole.0, &whole.1));
            if outcome.is_ok() {
                assert_eq!(rest, [&whole.2[..], trailing].concat());
            }
        }
    }
    whole
}

/// The rows of a table: cells between bars, `\n` for CRLF.
fn rows<const N: usize>(table: &str) -> impl Iterator<Item = [String; N]> {
    table.trim().lines().map(|line| {
        let cells: Vec<_> = line
            .split('|')
            .map(|cell| cell.trim().replace("\\n", "\r\n"))
            .collect();
        cells.try_into().expect(line)
    })
}

/// The sample with its first `from` replaced.
fn edit(sample: &str, from: &str, to: &str) -> String {
    assert!(sample.contains(from), "{from:?}");
    sample.replacen(from, to, 1)
}

fn new_server() -> ServerHandshake {
    ServerHandshake::new(ServerOptions::default())
}

fn accepted(request: &str) -> Request {
    let (outcome, refused, rest) = every_way(new_server, request.as_bytes());
    assert_eq!((refused, rest.len()), (None, 0));
    outcome.unwrap().expect("a whole request")
}

/// The error, and whether the head was kept.
fn refused(request: impl AsRef<[u8]>) -> (HandshakeError, Option<RequestHead>) {
    let (outcome, head, _) = every_way(new_server, request.as_ref());
    let error = outcome.expect_err(&String::from_utf8_lossy(request.as_ref()));
    let reply = String::from_utf8(error.reply()).unwrap();
    assert!(error.message.is_ascii() && !error.message.contains(char::is_control));
    let (reason, fields, connection) = match error.status {
        400 => ("Bad Request", "", "close"),
        405 => ("Method Not Allowed", "Allow: GET\r\n", "close"),
        426 => (
            "Upgrade Required",
            "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
            "close, Upgrade",
        ),
        431 => ("Request Header Fields Too Large", "", "close"),
        status => panic!("{status}"),
    };
    let expected = format!(
        "HTTP/1.1 {} {reason}\r\nContent-Type: text/plain; charset=utf-8\r\n\
         Content-Length: {}\r\n{fields}Connection: {connection}\r\n\r\n{}",
        error.status,
        error.message.len(),
        // RFC 9110 section 9.3.2.
        if request.as_ref().starts_with(b"HEAD ") {
            ""
        } else {
            &error.message
        }
    );
    assert_eq!(reply, expected);
    (error, head)
}

fn client_options() -> ClientOptions {
    ClientOptions {
        protocols: vec!["chat".into(), "superchat".into()],
        headers: vec![("Origin".into(), "http://example.com".into())],
        ..ClientOptions::from_url("ws://server.example.com/chat").unwrap()
    }
}

fn new_client() -> ClientHandshake {
    let options = ClientOptions {
        extensions: Some("a; b, a, c".into()),
        ..client_options()
    };
    ClientHandshake::with_key(options, *b"the sample nonce").unwrap()
}

fn client_error(reply: &str) -> (u16, String, Option<ResponseHead>) {
    let (outcome, head, _) = every_way(new_client, reply.as_bytes());
    let error = outcome.expect_err(reply);
    (error.status, error.message, head)
}

#[test]
fn the_rfc_sample_byte_for_byte() {
    let client = ClientHandshake::with_key(client_options(), *b"the sample nonce").unwrap();
    assert_eq!(String::from_utf8_lossy(client.request()), REQUEST);
    let request = accepted(REQUEST);
    assert_eq!(request.head.method, "GET");
    assert_eq!(request.head.target, "/chat");
    assert_eq!(request.head.minor_version, 1);
    assert_eq!(request.head.headers.len(), 7);
    assert_eq!(request.resource, "/chat");
    assert_eq!(request.host, "server.example.com");
    assert_eq!(request.origin.as_deref(), Some("http://example.com"));
    assert_eq!(request.protocols, ["chat", "superchat"]);
    assert_eq!(request.extensions, []);
    let reply = request.accept(Some("chat"), &[], None).unwrap();
    assert_eq!(String::from_utf8_lossy(&reply), REPLY);
    let (outcome, _, rest) = every_way(new_client, &reply);
    let response = outcome.unwrap().unwrap();
    assert_eq!(response.protocol.as_deref(), Some("chat"));
    assert_eq!(response.extensions, []);
    assert_eq!(rest, b"");
}

#[test]
fn each_header_may_be_missing_or_empty() {
    for (name, missing, empty) in [
        ("Host", 400, 400),
        ("Upgrade", 426, 426),
        ("Connection", 400, 400),
        ("Sec-WebSocket-Key", 400, 400),
        ("Origin", 101, 101),
        ("Sec-WebSocket-Protocol", 101, 400),
        ("Sec-WebSocket-Version", 426, 426),
    ] {
        let start = REQUEST.find(&format!("{name}: ")).unwrap();
        let line = REQUEST[start..].split_inclusive("\r\n").next().unwrap();
        for (instead, status) in [("", missing), (&format!("{name}:\r\n"), empty)] {
            let request = REQUEST.replace(line, instead);
            match status {
                101 => drop(accepted(&request)),
                _ => assert_eq!(refused(&request).0.status, status, "{name}"),
            }
        }
    }
    // Nothing but the request line; names that objects inherit; plain HTTP.
    for (headers, status) in [
        ("", 400),
        ("Host: a\r\n__proto__: b\r\nconstructor: c\r\n", 426),
        ("Host: a\r\nAccept: text/html\r\n", 426),
    ] {
        let (error, head) = refused(format!("GET /page HTTP/1.1\r\n{headers}\r\n"));
        assert_eq!(error.status, status);
        assert_eq!(head.expect("the head is kept").target, "/page");
    }
}

#[test]
fn variants_that_are_as_good() {
    let table = r"
        Upgrade: websocket | uPGRADE:WebSocket
        Upgrade: websocket | Upgrade: h2c, WEBSOCKET
        Upgrade: websocket | Upgrade: h2c\nupgrade: ,websocket,
        Connection: Upgrade | CONNECTION:   keep-alive, upgrade
        Connection: Upgrade | Connection: keep-alive\nConnection: UPGRADE ,
        Host: server.example.com | host:   server.example.com  \nX: y
        Version: 13 | Version:13  \nX: y
        Protocol: chat, superchat | Protocol: ,chat\nSEC-WEBSOCKET-PROTOCOL: superchat
        GET /chat | \n\nGET /chat
        GET /chat | GET http://server.example.com/chat
        Origin: | Content-Length: 0\nOrigin:
        Origin: | X: café ☃\nOrigin:
        dGhlIHNhbXBsZSBub25jZQ== | AQIDBAUGBwgJCgsMDQ4PEC==
    "; // the last key, with bits left over, is that of RFC 6455 section 4.1
    for [from, to] in rows(table) {
        let request = accepted(&edit(REQUEST, &from, &to));
        assert_eq!(request.host, "server.example.com");
        assert_eq!(request.resource, "/chat");
        assert_eq!(request.protocols, ["chat", "superchat"]);
        assert!(request.accept(Some("superchat"), &[], None).is_ok());
    }
    let absolute = accepted(&REQUEST.replace("/chat", "WS://[::1]:81?a"));
    assert_eq!(
        (absolute.host.as_str(), absolute.resource.as_str()),
        ("[::1]:81", "/?a")
    );
}

#[test]
fn refusals_with_a_head() {
    let table = r"
        405 | GET | POST
        405 | GET | get
        405 | GET | HEAD
        400 | HTTP/1.1 | HTTP/1.0
        400 | /chat | *
        400 | /chat | server.example.com:80
        400 | /chat | ftp://a/
        400 | /chat | http://user@a/
        400 | /chat | http:///
        400 | Host: server.example.com | Host: a\nHost: a
        400 | server.example.com | a b
        400 | server.example.com | a/b
        400 | server.example.com | u@a
        400 | server.example.com | a:99999
        400 | server.example.com | [::1
        426 | Upgrade: websocket | Upgrade: websockets
        426 | Upgrade: websocket | Upgrade: h2c
        400 | Connection: Upgrade | Connection: keep-alive
        400 | Connection: Upgrade | Connection: Upgraded
        400 | Origin | Content-Length: 1\nOrigin
        400 | Origin | Content-Length: 0\nContent-Length: 5\nOrigin
        400 | Origin | Content-Length: x\nOrigin
        400 | Origin | Transfer-Encoding: chunked\nOrigin
        400 | Origin | Origin: http://example.com\nOrigin
        426 | Version: 13 | Version: 8
        426 | Version: 13 | Version: 8, 13
        426 | Version: 13 | Version: 013
        400 | Version: 13 | Version: 13\nSec-WebSocket-Version: 13
        400 | ZQ== | ZQ
        400 | ZQ== | ZQ==\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
        400 | ZQ== | ZWU=
        400 | ZQ== | Z===
        400 | ZQ== | -Q==
        400 | ZQ== | Q==
        400 | ZQ== | ZZQ==
        400 | ZQ== | ZQ== x
        400 | chat, superchat | chat, chat
        400 | chat, superchat | chat\nSec-WebSocket-Protocol: chat
        400 | chat, superchat | chat/1
        400 | chat, superchat | a b
        400 | chat, superchat | é
        400 | chat, superchat | , ,
        400 | Origin | Sec-WebSocket-Extensions: a;\nOrigin
        400 | Origin | Sec-WebSocket-Extensions: a\nSec-WebSocket-Extensions: =\nOrigin
        400 | Origin | Sec-WebSocket-Extensions:\nOrigin
    ";
    for [status, from, to] in rows(table) {
        let request = edit(REQUEST, &from, &to);
        let (error, head) = refused(&request);
        assert_eq!(error.status.to_string(), status, "{request}");
        assert!(
            head.is_some_and(|head| !head.headers.is_empty()),
            "{request}"
        );
    }
}

// [RFC 6455 8.1-2]
#[test]
fn malformed_bytes_fail_at_once() {
    // What is taken, and the bytes of which the first is one too many.
    let cases: [[&[u8]; 2]; 16] = [
        [b"", b"\x16\x03\x01\x02\0"], // TLS ClientHello
        [b"", b"\0"],
        [b"", b"\n"],
        [b"", b" GET"],
        [b"", b"{}"],
        [b"", b"\x81\x85"],
        [b"\r", b"\r"],
        [b"GET", b"\r\n"],
        [b"GE", b"\xffT"],
        [b"GET / HTTP/1.1", b"\n"],
        [b"GET / HTTP/1.1\r", b"X"],
        [b"GET / HTTP/1.1\r\n", b"\n"],
        [b"GET / HTTP/1.1\r\nA: b", b"\nB: c"],
        [b"GET / HTTP/1.1\r\nA: b", b"\0"],
        [b"GET / HTTP/1.1\r\nA: b", b"\x7f"],
        [b"GET / HTTP/1.1\r\nA: b\r\n", b"\x1b[0m"],
    ];
    for [taken, bytes] in cases {
        let mut server = new_server();
        assert_eq!(server.receive(taken), Ok(None));
        assert_eq!(server.receive(&bytes[..1]).unwrap_err().status, 400);
        let (error, head) = refused([taken, bytes].concat());
        assert_eq!((error.status, head), (400, None));
    }
    let table = r"
        GET /chat HTTP/1.1 | GET /chat HTTP/2.0
        GET /chat HTTP/1.1 | GET /chat HTTP/0.9
        GET /chat HTTP/1.1 | GET /chat
        GET /chat HTTP/1.1 | GET  /chat HTTP/1.1
        GET /chat HTTP/1.1\n | GET /chat HTTP/1.1 \n
        /chat | /ch at
        /chat | /chat#fragment
        /chat | /chét
        Origin: http://example.com | Origin : a
        Origin: http://example.com | Or igin: a
        Origin: http://example.com | : a
        Origin: http://example.com | Origin
        Origin: http://example.com | é: a
        Origin: http://example.com | X: a\n folded
    ";
    for [from, to] in rows(table) {
        let request = edit(REQUEST, &from, &to);
        let (error, head) = refused(&request);
        assert_eq!((error.status, head), (400, None), "{request}");
    }
}

// [RFC 6455 7.2.1-1, RFC 7692 7-8]
#[test]
fn what_a_client_refuses() {
    let table = r"
        403 | answered 403 | 101 Switching Protocols | 403
        200 | answered 200 | 101 | 200
        0 | invalid status | 101 | 099
        0 | invalid status | 101 | 600
        0 | HTTP version | HTTP/1.1 | HTTP/1.0
        0 | well-formed | HTTP/1.1 | HTTP/2
        0 | well-formed | HTTP/1.1 | http/1.1
        0 | well-formed | HTTP/1.1 | \nHTTP/1.1
        0 | well-formed | HTTP/1.1 | GET / HTTP/1.1
        0 | well-formed | Upgrade: | Up grade:
        0 | Upgrade | Upgrade: websocket | X: y
        0 | Upgrade | Upgrade: websocket | Upgrade: h2c
        0 | Upgrade | Upgrade: websocket | Upgrade: websocket\nUpgrade: websocket
        0 | Connection | Connection: Upgrade | X: y
        0 | Connection | Connection: Upgrade | Connection: close
        0 | Accept | Sec-WebSocket-Accept | X
        0 | Accept | s3pP | S3pP
        0 | Accept | xOo= | xOo=, x
        0 | Accept | xOo= | xOo=\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=
        0 | Protocol | chat | other
        0 | Protocol | chat | Chat
        0 | Protocol | chat | chat, superchat
        0 | Protocol | chat | chat\nSec-WebSocket-Protocol: chat
        0 | Protocol | chat | é
        0 | not offered | Protocol: chat | Extensions: d
        0 | twice | Protocol: chat | Extensions: a, c; x, a
        0 | grammar | Protocol: chat | Extensions: a;
    ";
    for [status, says, from, to] in rows(table) {
        let reply = edit(REPLY, &from, &to);
        let (code, message, head) = client_error(&reply);
        assert!(message.contains(&says), "{message}\n{reply}");
        assert_eq!(code.to_string(), status);
        let formed = says != "well-formed" && says != "invalid status";
        assert_eq!(head.is_some(), formed, "{reply}");
    }
    let many: String = (0..101).map(|n| format!("X-{n}: y\r\n")).collect();
    let (status, message, _) =
        client_error(&REPLY.replace("Upgrade: ", &format!("{many}Upgrade: ")));
    let limit = "The head of the response is over the limit of 100 headers.";
    assert_eq!((status, message.as_str()), (0, limit));
}

#[test]
fn what_a_client_accepts() {
    let table = r"
        HTTP/1.1 101 Switching Protocols | HTTP/1.1 101
        Upgrade: websocket | UPGRADE:WebSocket
        Connection: Upgrade | connection: keep-alive, upgrade
        Sec-WebSocket-Protocol: | X:
        Protocol: chat | Extensions: c\nsec-websocket-extensions: a; b
        HTTP/1.1 | HTTP/1.1 100 Continue\n\nHTTP/1.1 103\nLink: a\n\nHTTP/1.1
    ";
    for [from, to] in rows(table) {
        let (outcome, _, _) = every_way(new_client, edit(REPLY, &from, &to).as_bytes());
        let response = outcome.unwrap().unwrap();
        assert_eq!(response.protocol.is_some(), !from.contains("Protocol:"));
        let extensions = if to.starts_with("Extensions") {
            "c, a; b"
        } else {
            ""
        };
        assert_eq!(Extension::format_list(&response.extensions), extensions);
    }
    // Interim answers end, and each has the limits to itself.
    let early = format!(
        "HTTP/1.1 103 Early Hints\r\n{}\r\n",
        "Link: a\r\n".repeat(90)
    );
    let interim = |count| early.repeat(count) + REPLY;
    assert!(
        run(new_client(), [interim(16).as_bytes()])
            .0
            .unwrap()
            .is_some()
    );
    let error = run(new_client(), [interim(17).as_bytes()]).0.unwrap_err();
    assert_eq!(error.message, "The server sent too many interim answers.");
    assert!(ClientOptions::from_url("ftp://a/").is_err());
    // Keys are random.
    let client = || ClientHandshake::new(client_options()).unwrap();
    assert_ne!(client().request(), client().request());
}

/// Cuts bytes at these places.
fn cut<'a>(bytes: &'a [u8], at: &[prop::sample::Index]) -> Vec<&'a [u8]> {
    let mut cuts: Vec<_> = at
        .iter()
        .map(|index| index.index(bytes.len() + 1))
        .collect();
    cuts.extend([0, bytes.len()]);
    cuts.sort_unstable();
    cuts.windows(2)
        .map(|pair| &bytes[pair[0]..pair[1]])
        .collect()
}

/// Arbitrary bytes, or a sample with some of its bytes replaced.
fn bytes(sample: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let edits = vec(
        (
            0..sample.len(),
            prop_oneof![any::<u8>(), Just(b'\r'), Just(b',')],
        ),
        0..4,
    );
    let edited = edits.prop_map(move |edits| {
        let mut bytes = sample.as_bytes().to_vec();
        edits
            .into_iter()
            .for_each(|(index, byte)| bytes[index] = byte);
        bytes
    });
    prop_oneof![vec(any::<u8>(), 0..300), edited]
}

proptest! {
    #[test]
    fn any_bytes_in_any_pieces(
        to_server in bytes(REQUEST),
        to_client in bytes(REPLY),
        at in vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let whole = run(new_server(), [&to_server[..]]);
        assert_same(&whole, &run(new_server(), cut(&to_server, &at)));
        if let Err(error) = &whole.0 {
            prop_assert!([400, 405, 426, 431].contains(&error.status));
            prop_assert!(error.reply().ends_with(error.message.as_bytes()));
        }
        let whole = run(new_client(), [&to_client[..]]);
        assert_same(&whole, &run(new_client(), cut(&to_client, &at)));
    }

    #[test]
    fn any_extension_list_reads_as_it_prints(value in "[ab;=,\" \\\\\t\u{e9}]{0,20}") {
        if let Ok(list) = Extension::parse_list(&value) {
            prop_assert_eq!(Extension::parse_list(&Extension::format_list(&list)), Ok(list));
        }
    }

    #[test]
    fn both_sides_agree(
        key in any::<[u8; 16]>(),
        target in "/[!-\"$-~]{0,20}",
        host in "([a-z0-9.-]{1,20}|\\[::1\\])(:[1-9][0-9]{0,3})?",
        protocols in btree_set("[!#-'*+.0-9A-Z^-z|~-]{1,8}", 0..4),
        headers in vec(("X-[a-zA-Z]{1,8}", "([!-~\u{80}-\u{ff}]([ \t!-~\u{80}-\u{ff}]{0,8}[!-~])?)?"), 0..4),
        names in btree_set("[a-z]{1,8}", 0..4),
        tail in vec(any::<u8>(), 0..20),
        at in vec(any::<prop::sample::Index>(), 0..4),
    ) {
        let extensions: Vec<_> = names.iter().map(|name| format!("{name}; p=\"1\"; q")).collect();
        let options = ClientOptions {
            protocols: protocols.iter().cloned().collect(),
            headers: headers.clone(),
            extensions: (!names.is_empty()).then(|| extensions.join(", ")),
            ..ClientOptions::new(host.clone(), target.clone())
        };
        let mut client = ClientHandshake::with_key(options.clone(), key).unwrap();
        let bytes = [client.request(), &tail].concat();
        let (outcome, _, rest) = run(new_server(), cut(&bytes, &at));
        let request = outcome.unwrap().unwrap();
        prop_assert_eq!(&rest, &tail);
        prop_assert_eq!((&request.host, &request.resource), (&host, &target));
        prop_assert_eq!(&request.protocols, &options.protocols);
        prop_assert_eq!(request.extensions.len(), names.len());
        for (name, value) in &headers {
            prop_assert!(request.head.headers.get_all(name).any(|received| received == value));
        }
        let protocol = request.protocols.last().map(String::as_str);
        let agreed = request.extensions.last().map(Extension::to_string);
        let reply = request.accept(protocol, &headers, agreed.as_deref()).unwrap();
        let mut response = None;
        for chunk in cut(&[&reply[..], &tail].concat(), &at) {
            response = client.receive(chunk).unwrap().or(response);
        }
        let response = response.unwrap();
        prop_assert_eq!(response.protocol.as_deref(), protocol);
        prop_assert_eq!(response.extensions.last(), request.extensions.last());
        prop_assert_eq!(client.rest(), &tail);
    }
}
