//! WebSocket connections on tokio: servers and clients over any
//! [`AsyncRead`](::tokio::io::AsyncRead) and [`AsyncWrite`](::tokio::io::AsyncWrite).
//!
//! With the feature `tokio`; `rustls` adds wss URLs to [`connect`]. This is a thin layer over
//! [`crate::stream`] and [`crate::handshake`]: it reads, writes and watches the clock.
//!
//! ```
//! use ws4wasm::tokio::{Message, accept, connect};
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
//! let url = format!("ws://{}/chat", listener.local_addr()?);
//! let server = tokio::spawn(async move {
//!     let (socket, _) = listener.accept().await?;
//!     let mut ws = accept(socket).await?;
//!     while let Some(message) = ws.next().await {
//!         let message = message?;
//!         if message.is_data() {
//!             ws.send(message).await?;
//!         }
//!     }
//!     Ok::<_, ws4wasm::tokio::Error>(())
//! });
//!
//! let (mut ws, response) = connect(&url).await?;
//! assert_eq!(response.head.status, 101);
//! ws.send("Grüße").await?;
//! assert_eq!(ws.next().await.unwrap()?, Message::text("Grüße"));
//! ws.close(None).await?;
//! server.await??;
//! # Ok(())
//! # }
//! ```
//!
//! # What happens by itself
//!
//! - Pings are answered, with the last one only when they come faster than answers leave. A close
//!   is answered. Both need that somebody reads: [`next`](WebSocketStream::next) is what drives a
//!   connection. Pings, pongs and the peer's close are given to the reader as well.
//! - A peer that breaks a rule gets the close code that is due, and the reader an
//!   [`Error::Protocol`].
//! - What was [fed](WebSocketStream::feed) and not flushed leaves when the reader waits.
//! - At most [`Options::write_buffer`] bytes wait to be sent, and one message more: sending waits
//!   until the peer takes some.
//! - The clock is needed for the opening handshake, for the closing one, and where [`Options`] ask
//!   for it: build the runtime with `enable_all` or `enable_time`.
//!
//! # Cancellation
//!
//! Any future of this module may be dropped at any `await`, in `select!` for instance. What that
//! means is said at each: no message is lost by it, none is sent twice, and none in half. The
//! futures of the opening handshake take the socket along when they are dropped.

mod client;
mod clock;
mod error;
mod link;
mod options;
mod receiver;
mod sender;
mod server;
mod stream;
mod tls;

pub use self::client::{client, connect, connect_with};
pub use self::error::{Error, Result, Timeout};
pub use self::options::Options;
pub use self::receiver::WebSocketReceiver;
pub use self::sender::WebSocketSender;
pub use self::server::{Incoming, accept};
pub use self::stream::WebSocketStream;
pub use self::tls::MaybeTlsStream;
pub use crate::handshake::{Agreed, Response};
pub use crate::shared::{CloseFrame, Message, Utf8Bytes};
pub use crate::stream::{Prepared, Role};
