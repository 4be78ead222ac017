use super::tls::{MaybeTlsStream, open};
use super::{Error, Options, Result, Timeout, WebSocketStream};
use crate::handshake::{Address, Agreed, ClientHandshake, ClientOptions, Response};
use crate::stream::Role;
use ::tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use ::tokio::net::TcpStream;
use ::tokio::time::timeout;

/// Connects to a ws or wss URL with the default [`Options`], and offers permessage-deflate. Gives
/// the server's answer as well.
///
/// wss needs the feature `rustls`.
///
/// Cancellation: the connection is dropped.
///
/// # Errors
/// [`Error::Argument`] for the URL, [`Error::Io`], [`Error::Timeout`], [`Error::Refused`],
/// [`Error::Handshake`].
pub async fn connect(
    url: &str,
) -> Result<(WebSocketStream<MaybeTlsStream<TcpStream>>, Response)> {
    let address = Address::parse(url)?;
    let request = ClientOptions {
        #[cfg(feature = "deflate")]
        deflate: Some(crate::deflate::Parameters::default()),
        ..address.clone().into()
    };
    connect_with(&address, request, Options::default()).await
}

/// Connects to an address and asks there for what `request` says, which may have headers and
/// subprotocols.
///
/// ```no_run
/// use ws4wasm::handshake::{Address, ClientOptions};
/// use ws4wasm::tokio::{Options, connect_with};
/// # async fn example() -> ws4wasm::tokio::Result<()> {
/// let address = Address::parse("wss://example.com/chat")?;
/// let request = ClientOptions {
///     protocols: vec!["chat".into()],
///     headers: vec![("Cookie".into(), "a=b".into())],
///     ..address.clone().into()
/// };
/// let (ws, _response) = connect_with(&address, request, Options::default()).await?;
/// assert_eq!(ws.protocol(), Some("chat"));
/// # Ok(())
/// # }
/// ```
///
/// Cancellation: the connection is dropped.
///
/// # Errors
/// As [`connect`].
pub async fn connect_with(
    address: &Address,
    request: ClientOptions,
    options: Options,
) -> Result<(WebSocketStream<MaybeTlsStream<TcpStream>>, Response)> {
    let limit = options.handshake_timeout;
    let whole = async {
        let url = &address.url;
        let host = url.host.trim_start_matches('[').trim_end_matches(']');
        let socket = TcpStream::connect((host, url.port)).await?;
        socket.set_nodelay(true)?;
        let io = open(socket, url.secure, host, &options).await?;
        client(io, request, options).await
    };
    timeout(limit, whole)
        .await
        .map_err(|_| Error::Timeout(Timeout::Handshake))?
}

/// Opens the client's side of a WebSocket on a transport of your own.
///
/// Cancellation: the transport is dropped.
///
/// ```
/// use ws4wasm::handshake::ClientOptions;
/// use ws4wasm::tokio::{Message, Options, accept, client};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> ws4wasm::tokio::Result<()> {
/// let (one, other) = tokio::io::duplex(1024);
/// let server = tokio::spawn(async move { accept(one).await?.send("welcome").await });
/// let request = ClientOptions::new("localhost", "/");
/// let (mut ws, _response) = client(other, request, Options::default()).await?;
/// assert_eq!(ws.next().await.unwrap()?, Message::text("welcome"));
/// # server.await.expect("no panic")?;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`Error::Argument`], [`Error::Io`], [`Error::Timeout`], [`Error::Refused`],
/// [`Error::Handshake`].
pub async fn client<S: AsyncRead + AsyncWrite + Unpin>(
    mut io: S,
    request: ClientOptions,
    options: Options,
) -> Result<(WebSocketStream<S>, Response)> {
    let mut handshake = ClientHandshake::new(request)?;
    let response = timeout(options.handshake_timeout, ask(&mut io, &mut handshake))
        .await
        .map_err(|_| Error::Timeout(Timeout::Handshake))??;
    let ws = WebSocketStream::new(io, Role::Client, &Agreed::from(&response), options)
        .with_received(handshake.rest());
    Ok((ws, response))
}

async fn ask<S: AsyncRead + AsyncWrite + Unpin>(
    io: &mut S,
    handshake: &mut ClientHandshake,
) -> Result<Response> {
    io.write_all(handshake.request()).await?;
    io.flush().await?;
    let mut buffer = [0; 2048];
    loop {
        let length = io.read(&mut buffer).await?;
        if length == 0 {
            return Err(Error::Unfinished);
        }
        match handshake.receive(&buffer[..length]) {
            Ok(None) => {}
            Ok(Some(response)) => return Ok(response),
            Err(error) => {
                return Err(match handshake.refused() {
                    // A 101 that is wrong is no answer of the server's own choosing.
                    Some(head) if head.status != 101 => Error::Refused {
                        head: Box::new(head.clone()),
                        body: handshake.rest().to_vec(),
                    },
                    _ => Error::Handshake(error),
                });
            }
        }
    }
}
