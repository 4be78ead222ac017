//! What the two ends have agreed on, and the server's part in it.

#[cfg(feature = "deflate")]
use super::Extension;
use super::{ArgumentError, Request, Response, ServerOptions, select_protocol};

/// What both ends will speak: all that a stream has to know of the opening handshake.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Agreed {
    /// The subprotocol.
    pub protocol: Option<String>,
    /// The parameters of permessage-deflate (RFC 7692).
    #[cfg(feature = "deflate")]
    pub deflate: Option<crate::deflate::Parameters>,
}

impl ServerOptions {
    /// What a server with these options agrees on with this client.
    ///
    /// ```
    /// use ws4wasm::handshake::{ClientHandshake, ClientOptions, ServerHandshake, ServerOptions};
    /// use ws4wasm::deflate::Parameters;
    ///
    /// let deflate = Some(Parameters::default());
    /// let protocols = vec!["chat".into()];
    /// let options = ServerOptions { deflate, protocols, ..ServerOptions::default() };
    /// let mut client = ClientHandshake::new(ClientOptions {
    ///     deflate,
    ///     protocols: vec!["news".into(), "chat".into()],
    ///     ..ClientOptions::new("localhost", "/")
    /// })
    /// .unwrap();
    /// let mut server = ServerHandshake::new(options.clone());
    /// let request = server.receive(client.request()).unwrap().expect("a whole request");
    ///
    /// let agreed = options.select(&request);
    /// let reply = request.answer(&agreed, &[]).unwrap();
    /// let response = client.receive(&reply).unwrap().expect("a whole response");
    /// assert_eq!(response.protocol.as_deref(), Some("chat"));
    /// assert_eq!(response.deflate, agreed.deflate);
    /// ```
    pub fn select(&self, request: &Request) -> Agreed {
        let spoken: Vec<_> = self.protocols.iter().map(String::as_str).collect();
        Agreed {
            protocol: select_protocol(&request.protocols, &spoken).map(str::to_owned),
            #[cfg(feature = "deflate")]
            deflate: self
                .deflate
                .and_then(|wanted| wanted.select(&request.extensions)),
        }
    }
}

impl Request {
    /// The answer that opens the WebSocket with what was agreed on, and with headers of the
    /// server's own; see [`accept`](Self::accept).
    ///
    /// # Errors
    /// What may not be in an answer to this request.
    pub fn answer(
        &self,
        agreed: &Agreed,
        headers: &[(String, String)],
    ) -> Result<Vec<u8>, ArgumentError> {
        let extensions = agreed.extensions();
        self.accept(agreed.protocol.as_deref(), headers, extensions.as_deref())
    }
}

impl Agreed {
    /// The value of Sec-WebSocket-Extensions.
    pub(crate) fn extensions(&self) -> Option<String> {
        #[cfg(feature = "deflate")]
        return self
            .deflate
            .map(|deflate| Extension::format_list(&[deflate.answer()]));
        #[cfg(not(feature = "deflate"))]
        None
    }
}

impl From<&Response> for Agreed {
    fn from(response: &Response) -> Self {
        Self {
            protocol: response.protocol.clone(),
            #[cfg(feature = "deflate")]
            deflate: response.deflate,
        }
    }
}
