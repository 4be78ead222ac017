//! The grammar of Sec-WebSocket-Extensions (RFC 6455 section 9.1): what is taken can be
//! written down, and means the same when it is read again. As an offer and as an answer it
//! leads to nothing that was not wanted (RFC 7692 section 7.1).

#![no_main]

use libfuzzer_sys::fuzz_target;
use ws4wasm::deflate::Parameters;
use ws4wasm::handshake::Extension;
use ws4wasm_fuzz::parameters;

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
    for choice in [[7, 7], [15, 15], [3, 10], [12, 1]] {
        let wanted = parameters(choice);
        if let Some(agreed) = wanted.select(&list) {
            // Section 7.1.2.2: a client that has not said that it can is not to be limited.
            let wanted_of_it = Parameters {
                client_max_window_bits: if list.iter().any(cannot_be_limited)
                    && agreed.client_max_window_bits == 15
                {
                    15
                } else {
                    wanted.client_max_window_bits
                },
                ..wanted
            };
            assert!(no_more(&agreed, &wanted_of_it));
            // What is answered is read as what it was; a second look finds the same.
            let answer = [agreed.answer()];
            assert_eq!(agreed.agreed(&answer), Ok(Some(agreed)));
            assert_eq!(agreed.select(&list), Some(agreed));
        }
        if let Ok(Some(agreed)) = wanted.agreed(&list) {
            assert!(no_more(&agreed, &wanted));
        }
    }
});

/// Whether this offer leaves the client's window as it is.
fn cannot_be_limited(offer: &Extension) -> bool {
    let names = |(name, _): &(String, _)| name == "client_max_window_bits";
    offer.name == "permessage-deflate" && !offer.params.iter().any(names)
}

/// Windows are no larger than wanted, and lawful; contexts that were not wanted are not kept.
fn no_more(agreed: &Parameters, wanted: &Parameters) -> bool {
    let windows = [
        (agreed.server_max_window_bits, wanted.server_max_window_bits),
        (agreed.client_max_window_bits, wanted.client_max_window_bits),
    ];
    windows.iter().all(|(is, most)| (8..=*most).contains(is))
        && agreed.server_no_context_takeover >= wanted.server_no_context_takeover
        && agreed.client_no_context_takeover >= wanted.client_no_context_takeover
}

/// RFC 9110 section 5.6.2.
fn is_token(text: &str) -> bool {
    let mark = |b: u8| b"!#$%&'*+-.^_`|~".contains(&b);
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || mark(b))
}
