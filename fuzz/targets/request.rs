//! A client's request, whole and in pieces: the same verdict, an answer that is lawful HTTP,
//! and what follows the head untouched.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ws4wasm::handshake::{ServerHandshake, ServerOptions, accept_key};
use ws4wasm_fuzz::cut;

fuzz_target!(|data: &[u8]| {
    let [way, bytes @ ..] = data else { return };
    let mut whole = ServerHandshake::new(ServerOptions::default());
    let verdict = whole.receive(bytes);
    let mut pieces = ServerHandshake::new(ServerOptions::default());
    let mut later = Ok(None);
    for piece in cut(bytes, *way) {
        match pieces.receive(piece) {
            Ok(None) => {}
            verdict if later == Ok(None) => later = verdict,
            // After the head, bytes are kept; after a refusal, it stands.
            verdict => assert!(verdict == Ok(None) || verdict == later),
        }
    }
    assert_eq!(later, verdict);
    assert!(bytes.ends_with(whole.rest()));
    // After a refusal only what came along with the head is kept.
    assert!(whole.rest().starts_with(pieces.rest()));
    assert!(verdict.is_err() || pieces.rest() == whole.rest());

    match verdict {
        Ok(None) => assert!(bytes.len() < 16 * 1024 + 1, "the head has a limit"),
        Ok(Some(request)) => {
            let protocol = request.protocols.first().map(String::as_str);
            let reply = request
                .accept(protocol, &[], None)
                .expect("what was asked for");
            let (status, headers) = parse(&reply);
            assert_eq!(status, 101);
            assert_eq!(headers.len(), if protocol.is_some() { 4 } else { 3 });
            assert_eq!(headers[2].1, accept_key(&request.key));
            assert!(request.head.headers.len() <= 100);
        }
        Err(error) => {
            let (status, _) = parse(&error.reply());
            assert_eq!(status, error.status);
            assert!((400..500).contains(&status) || status == 501 || status == 505);
        }
    }
});

/// By a parser that is not ours.
fn parse(reply: &[u8]) -> (u16, Vec<(String, String)>) {
    let mut fields = [httparse::EMPTY_HEADER; 16];
    let mut response = httparse::Response::new(&mut fields);
    let parsed = response.parse(reply).expect("lawful HTTP");
    assert!(parsed.is_complete());
    let text = |value: &[u8]| String::from_utf8(value.to_vec()).expect("ASCII");
    let headers = response
        .headers
        .iter()
        .map(|h| (h.name.to_owned(), text(h.value)));
    (response.code.expect("a status"), headers.collect())
}
