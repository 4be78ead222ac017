//! The grammar of Sec-WebSocket-Extensions (RFC 6455 section 9.1): what is taken can be
//! written down, and means the same when it is read again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ws4wasm::handshake::Extension;

fuzz_target!(|value: &str| {
    let Ok(list) = Extension::parse_list(value) else {
        return;
    };
    assert!(!list.is_empty(), "a list has an element at least");
    for extension in &list {
        assert!(is_token(&extension.name));
        for (name, value) in &extension.params {
            assert!(is_token(name));
            assert!(value.as_deref().is_none_or(is_token));
        }
    }
    let written = Extension::format_list(&list);
    assert_eq!(Extension::parse_list(&written).as_ref(), Ok(&list));
    // Nothing is counted twice, nothing made up.
    assert!(written.len() <= 2 * value.len() + 2);
});

/// RFC 9110 section 5.6.2.
fn is_token(text: &str) -> bool {
    let mark = |b: u8| b"!#$%&'*+-.^_`|~".contains(&b);
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || mark(b))
}
