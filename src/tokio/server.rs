use super::{Error, Options, Result, Timeout, WebSocketStream};
use crate::handshake::{Agreed, Request, ServerHandshake, ServerOptions, reject};
use crate::stream::Role;
use ::tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use ::tokio::time::timeout;

/// Opens the server's side of a WebSocket on a new transport, with the default [`Options`] and
/// permessage-deflate where the client offers it. Who wants to look at the request first uses
/// [`Incoming`].
///
/// Cancellation: the transport is dropped.
///
/// # Errors
/// [`Error::Handshake`] when the request is none for a WebSocket, which it was told by then.
pub async fn accept<S: AsyncRead + AsyncWrite + Unpin>(io: S) -> Result<WebSocketStream<S>> {
    let server = ServerOptions {
        #[cfg(feature = "deflate")]
        deflate: Some(crate::deflate::Parameters::default()),
        ..ServerOptions::default()
    };
    Incoming::read(io, &server, Options::default())
        .await?
        .accept(&[])
        .await
}

/// A client's request that has not been answered.
///
/// ```
/// use ws4wasm::handshake::ServerOptions;
/// use ws4wasm::tokio::{Incoming, Options, Result, WebSocketStream};
/// use tokio::net::TcpStream;
///
/// async fn open(socket: TcpStream) -> Result<Option<WebSocketStream<TcpStream>>> {
///     let server = ServerOptions { protocols: vec!["chat".into()], ..ServerOptions::default() };
///     let incoming = Incoming::read(socket, &server, Options::default()).await?;
///     if incoming.request().origin.as_deref() != Some("https://example.com") {
///         incoming.refuse(403, &[], b"Not from that origin.").await?;
///         return Ok(None);
///     }
///     incoming.accept(&[("X-Served-By".into(), "us".into())]).await.map(Some)
/// }
/// ```
#[derive(Debug)]
pub struct Incoming<S> {
    io: S,
    request: Request,
    agreed: Agreed,
    rest: Vec<u8>,
    options: Options,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Incoming<S> {
    /// Reads the request. One that is wrong is answered as it should be, and an error here.
    ///
    /// Cancellation: the transport is dropped.
    ///
    /// # Errors
    /// [`Error::Handshake`], [`Error::Timeout`] after
    /// [`handshake_timeout`](Options::handshake_timeout), [`Error::Unfinished`], [`Error::Io`].
    pub async fn read(mut io: S, server: &ServerOptions, options: Options) -> Result<Self> {
        let mut handshake = ServerHandshake::new(server.clone());
        let limit = options.handshake_timeout;
        let request = match timeout(limit, request(&mut io, &mut handshake)).await {
            Ok(request) => request?,
            Err(_) => {
                // Who does not listen either is not waited for.
                let late = reject(408, &[], b"The handshake took too long.")?;
                let _ = timeout(limit, answer(&mut io, &late)).await;
                return Err(Error::Timeout(Timeout::Handshake));
            }
        };
        Ok(Self {
            agreed: server.select(&request),
            rest: handshake.rest().to_vec(),
            io,
            request,
            options,
        })
    }

    /// What the client asks for.
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// What the connection will speak when it is accepted: by the server's options, unless it is
    /// changed here.
    pub fn agreed_mut(&mut self) -> &mut Agreed {
        &mut self.agreed
    }

    /// Opens the WebSocket, with headers of the server's own in the answer.
    ///
    /// Cancellation: the transport is dropped.
    ///
    /// # Errors
    /// [`Error::Argument`] for a header that may not be there, [`Error::Io`],
    /// [`Error::Timeout`].
    pub async fn accept(mut self, headers: &[(String, String)]) -> Result<WebSocketStream<S>> {
        let reply = self.request.answer(&self.agreed, headers)?;
        let limit = self.options.handshake_timeout;
        timeout(limit, answer(&mut self.io, &reply))
            .await
            .map_err(|_| Error::Timeout(Timeout::Handshake))??;
        let Self {
            io,
            agreed,
            rest,
            options,
            ..
        } = self;
        Ok(WebSocketStream::new(io, Role::Server, &agreed, options).with_received(&rest))
    }

    /// Answers by something else than a WebSocket and hangs up; see
    /// [`reject`](crate::handshake::reject).
    ///
    /// Cancellation: the transport is dropped.
    ///
    /// # Errors
    /// [`Error::Argument`] for what may not be in an answer, [`Error::Io`], [`Error::Timeout`].
    pub async fn refuse(
        mut self,
        status: u16,
        headers: &[(String, String)],
        body: &[u8],
    ) -> Result<()> {
        let reply = reject(status, headers, body)?;
        let limit = self.options.handshake_timeout;
        let said = async {
            answer(&mut self.io, &reply).await?;
            self.io.shutdown().await.map_err(Error::Io)
        };
        timeout(limit, said)
            .await
            .map_err(|_| Error::Timeout(Timeout::Handshake))?
    }
}

async fn request<S: AsyncRead + AsyncWrite + Unpin>(
    io: &mut S,
    handshake: &mut ServerHandshake,
) -> Result<Request> {
    let mut buffer = [0; 2048];
    loop {
        let length = io.read(&mut buffer).await?;
        if length == 0 {
            return Err(Error::Unfinished);
        }
        match handshake.receive(&buffer[..length]) {
            Ok(None) => {}
            Ok(Some(request)) => return Ok(request),
            Err(error) => {
                answer(io, &error.reply()).await?;
                io.shutdown().await?;
                return Err(Error::Handshake(error));
            }
        }
    }
}

async fn answer<S: AsyncWrite + Unpin>(io: &mut S, reply: &[u8]) -> Result<()> {
    io.write_all(reply).await?;
    Ok(io.flush().await?)
}
