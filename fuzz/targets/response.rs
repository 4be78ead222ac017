//! A server's answer, whole and in pieces: the same verdict, and nothing agreed on that was
//! not offered.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ws4wasm::handshake::{ClientHandshake, ClientOptions};
use ws4wasm_fuzz::cut;

fn client() -> ClientHandshake {
    let mut options = ClientOptions::new("localhost", "/");
    options.protocols = vec!["chat".into(), "superchat".into()];
    options.extensions = Some("permessage-deflate; client_max_window_bits".into());
    ClientHandshake::with_key(options, *b"the sample nonce").expect("lawful options")
}

fuzz_target!(|data: &[u8]| {
    let [way, bytes @ ..] = data else { return };
    let mut whole = client();
    let verdict = whole.receive(bytes);
    let mut pieces = client();
    let mut later = Ok(None);
    for piece in cut(bytes, *way) {
        match pieces.receive(piece) {
            Ok(None) => {}
            verdict if later == Ok(None) => later = verdict,
            verdict => assert!(verdict == Ok(None) || verdict == later),
        }
    }
    assert_eq!(later, verdict);
    assert!(bytes.ends_with(whole.rest()));
    // After a refusal only what came along with the head is kept.
    assert!(whole.rest().starts_with(pieces.rest()));
    assert!(verdict.is_err() || pieces.rest() == whole.rest());
    if let Ok(Some(response)) = verdict {
        assert_eq!(response.head.status, 101);
        let accept = ws4wasm::handshake::accept_key("dGhlIHNhbXBsZSBub25jZQ==");
        assert_eq!(
            response.head.headers.get("sec-websocket-accept"),
            Some(&*accept)
        );
        assert!(matches!(
            response.protocol.as_deref(),
            None | Some("chat" | "superchat")
        ));
        assert!(response.extensions.len() <= 1, "one was offered");
        assert!(
            response
                .extensions
                .iter()
                .all(|e| e.name == "permessage-deflate")
        );
    }
});
