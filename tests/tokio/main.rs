//! Connections on tokio: over sockets, and over pairs of transports that do as badly as they may.

mod cancel;
mod conversation;
mod end;
mod keepalive;
mod opening;
mod pair;
#[cfg(feature = "rustls")]
mod tls;
mod transport;
