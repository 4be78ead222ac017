use super::{Options, Result};
use ::tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use core::pin::Pin;
use core::task::{Context, Poll};
use std::io;

/// A transport with or without TLS: what [`connect`](super::connect) gives.
///
/// See [the module](super) for an example.
#[derive(Debug)]
#[non_exhaustive]
pub enum MaybeTlsStream<S> {
    /// For ws URLs.
    Plain(S),
    /// For wss URLs.
    #[cfg(feature = "rustls")]
    Rustls(Box<tokio_rustls::client::TlsStream<S>>),
}

#[cfg(not(feature = "rustls"))]
pub(super) async fn open<S>(
    socket: S,
    secure: bool,
    _host: &str,
    _options: &Options,
) -> Result<MaybeTlsStream<S>> {
    if secure {
        let error = "wss needs the feature \"rustls\" of ws4wasm";
        return Err(crate::handshake::ArgumentError::new(error).into());
    }
    Ok(MaybeTlsStream::Plain(socket))
}

#[cfg(feature = "rustls")]
pub(super) async fn open<S: AsyncRead + AsyncWrite + Unpin>(
    socket: S,
    secure: bool,
    host: &str,
    options: &Options,
) -> Result<MaybeTlsStream<S>> {
    use tokio_rustls::{TlsConnector, rustls::pki_types::ServerName};
    if !secure {
        return Ok(MaybeTlsStream::Plain(socket));
    }
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    let config = match &options.tls {
        Some(config) => std::sync::Arc::clone(config),
        None => system()?,
    };
    let stream = TlsConnector::from(config).connect(name, socket).await?;
    Ok(MaybeTlsStream::Rustls(Box::new(stream)))
}

/// With the certificates that the system trusts, which are read once.
#[cfg(feature = "rustls")]
fn system() -> io::Result<std::sync::Arc<tokio_rustls::rustls::ClientConfig>> {
    use std::sync::{Arc, OnceLock};
    use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto::ring};
    static CONFIG: OnceLock<Arc<ClientConfig>> = OnceLock::new();
    if let Some(config) = CONFIG.get() {
        return Ok(Arc::clone(config));
    }
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    let (used, _) = roots.add_parsable_certificates(found.certs);
    if used == 0 {
        return Err(io::Error::other(
            "the system has no certificates to trust: set Options::tls",
        ));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::clone(CONFIG.get_or_init(|| Arc::new(config))))
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for MaybeTlsStream<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_read(cx, buffer),
            #[cfg(feature = "rustls")]
            Self::Rustls(io) => Pin::new(io).poll_read(cx, buffer),
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for MaybeTlsStream<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_write(cx, bytes),
            #[cfg(feature = "rustls")]
            Self::Rustls(io) => Pin::new(io).poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_flush(cx),
            #[cfg(feature = "rustls")]
            Self::Rustls(io) => Pin::new(io).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(io) => Pin::new(io).poll_shutdown(cx),
            #[cfg(feature = "rustls")]
            Self::Rustls(io) => Pin::new(io).poll_shutdown(cx),
        }
    }
}
