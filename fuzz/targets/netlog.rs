//! Net-logs: any events in any shape, with and without an end.

#![no_main]

use libfuzzer_sys::fuzz_target;
use ws4wasm_fuzz::told::same_however_cut;

/// The constants that give the numbers of a log's events their names.
const START: &[u8] = br#"{"constants":{"logEventTypes":{"SOCKET_ALIVE":1,"TCP_CONNECT":2,"SSL_CONNECT":3,"SOCKET_BYTES_SENT":4,"SOCKET_BYTES_RECEIVED":5,"SSL_SOCKET_BYTES_SENT":6,"SSL_SOCKET_BYTES_RECEIVED":7,"SOCKET_READ_ERROR":8,"URL_REQUEST_START_JOB":9,"HTTP_TRANSACTION_SEND_REQUEST_HEADERS":10,"HTTP_TRANSACTION_READ_RESPONSE_HEADERS":11,"WEBSOCKET_SENT_FRAME_HEADER":12,"WEBSOCKET_RECV_FRAME_HEADER":13},"timeTickOffset":1},"events":["#;

fuzz_target!(|data: &[u8]| {
    let [way, given, bytes @ ..] = data else {
        return;
    };
    // Half of them have a start that leads further than chance does.
    let bytes = match given & 1 {
        0 => bytes.to_vec(),
        _ => [START, bytes].concat(),
    };
    same_however_cut(&bytes, *way);
});
