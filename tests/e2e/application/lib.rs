use wasm_bindgen::prelude::*;
use ws4wasm::stream::{Role, Stream};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console)]
    fn error(text: &str);
}

#[wasm_bindgen(start)]
fn begin() {
    std::panic::set_hook(Box::new(|panic| error(&panic.to_string())));
}

#[wasm_bindgen]
pub fn events(bytes: &[u8]) -> String {
    let events = Stream::new(Role::Server).receive(bytes);
    assert!(!events.is_empty(), "the application's own words");
    format!("{events:?}")
}
