use crate::stream::Config;
use core::time::Duration;

/// The rules of a connection.
///
/// ```
/// use std::time::Duration;
/// use ws4wasm::tokio::Options;
/// let options = Options {
///     ping_interval: Some(Duration::from_secs(30)),
///     ..Options::default()
/// };
/// ```
#[derive(Debug, Clone)]
pub struct Options {
    /// The limits on frames and messages. `expect_masking`, `partial` and `frames` count for
    /// nothing here: messages are whole, and the role decides about masking.
    pub limits: Config,
    /// How messages are compressed where that was agreed on.
    #[cfg(feature = "deflate")]
    pub compression: crate::deflate::Compression,
    /// How long the opening handshake may take, TLS and name resolution included. Default 10 s.
    pub handshake_timeout: Duration,
    /// How long the closing handshake may take from our close frame on, or from the peer's.
    /// Default 10 s.
    pub close_timeout: Duration,
    /// Pings a peer of which nothing has been heard for this long. Default never.
    pub ping_interval: Option<Duration>,
    /// How long after such a ping something must be heard, else the connection ends with
    /// [`Timeout::Ping`](super::Timeout::Ping). Default 10 s.
    pub ping_timeout: Duration,
    /// Closes the connection with 1001 when neither side has sent a text or binary message for
    /// this long. Default never.
    pub idle_timeout: Option<Duration>,
    /// Sending waits while this many bytes wait to be sent. Default 128 KiB.
    pub write_buffer: usize,
    /// For wss URLs; by default the certificates that the system trusts.
    #[cfg(feature = "rustls")]
    pub tls: Option<std::sync::Arc<tokio_rustls::rustls::ClientConfig>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            limits: Config::DEFAULT,
            #[cfg(feature = "deflate")]
            compression: crate::deflate::Compression::default(),
            handshake_timeout: Duration::from_secs(10),
            close_timeout: Duration::from_secs(10),
            ping_interval: None,
            ping_timeout: Duration::from_secs(10),
            idle_timeout: None,
            write_buffer: 128 * 1024,
            #[cfg(feature = "rustls")]
            tls: None,
        }
    }
}
