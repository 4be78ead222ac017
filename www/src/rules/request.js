// Rules of the request: RFC 6455 sections 4.1, 4.2.1 and 9.1, RFC 7692 section 7.

/** @type {import('./types.js').Family} */
export const request = {
  title: 'The request',
  rules: {
    EarlyData: {
      quote:
        "Once the client's opening handshake has been sent, the client MUST wait for a response from the server before sending any further data.",
      rfc: 'RFC 6455',
      section: '4.1',
      cause:
        'A client that writes its first message right behind the request to save a round trip. A server that refuses, or a proxy, takes the bytes for a second HTTP request.',
      mend: 'Send after the open event, and keep in a queue what comes before.',
      judge: 'server',
    },
    RequestMalformed: {
      quote: 'The handshake MUST be a valid HTTP request as specified by [RFC2616].',
      rfc: 'RFC 6455',
      section: '4.1',
      cause:
        'Heads put together by hand: a line without a colon, LF in place of CR LF, a space before the colon, a value with a line break in it.',
      mend: 'Let an HTTP library write the head. Never put what users typed into a header without a look at it.',
      judge: 'server',
    },
    RequestMethod: {
      quote:
        'The method of the request MUST be GET, and the HTTP version MUST be at least 1.1.',
      rfc: 'RFC 6455',
      section: '4.1',
      cause: 'A POST or HEAD to the address of a WebSocket: a health check, fetch(), a form.',
      mend: 'Use GET. Give health checks an address of their own.',
      judge: 'server',
    },
    RequestVersion: {
      quote:
        'The method of the request MUST be GET, and the HTTP version MUST be at least 1.1.',
      rfc: 'RFC 6455',
      section: '4.1',
      cause:
        'A proxy that speaks HTTP/1.0 to its upstream, as nginx 1.22 does unless it is told otherwise.',
      mend: 'nginx: proxy_http_version 1.1. Others: switch HTTP/1.1 on towards the server.',
      judge: 'server',
    },
    RequestTarget: {
      quote:
        'The "Request-URI" part of the request MUST match the /resource name/ defined in Section 3 (a relative URI) or be an absolute http/https URI that, when parsed, has a /resource name/, /host/, and /port/ that match the corresponding ws/wss URI.',
      rfc: 'RFC 6455',
      section: '4.1',
      cause:
        'A path without its first slash, a ws: address in place of an http: one, or a fragment (#) that was not cut off.',
      mend: 'Send path and query, beginning with a slash.',
      judge: 'server',
    },
    RequestHost: {
      quote:
        'The request MUST contain a |Host| header field whose value contains /host/ plus optionally ":" followed by /port/ (when not using the default port).',
      rfc: 'RFC 6455',
      section: '4.1',
      cause: 'A hand-made client without Host, or a proxy that adds a second one.',
      mend: 'Send exactly one Host. A proxy replaces it or leaves it.',
      judge: 'server',
    },
    RequestUpgrade: {
      quote:
        'The request MUST contain an |Upgrade| header field whose value MUST include the "websocket" keyword.',
      rfc: 'RFC 6455',
      section: '4.1',
      cause:
        'A proxy that does not pass Upgrade on: it is a hop-by-hop header, and proxies drop those unless told otherwise. Or a browser opened the address as a page.',
      mend: 'nginx: proxy_set_header Upgrade $http_upgrade; with the same for Connection. Load balancers: switch WebSockets on for this route.',
      judge: 'server',
    },
    RequestConnection: {
      quote:
        'The request MUST contain a |Connection| header field whose value MUST include the "Upgrade" token.',
      rfc: 'RFC 6455',
      section: '4.1',
      cause:
        'A proxy that sets Connection itself, to close or keep-alive, while it passes Upgrade on.',
      mend: 'nginx: proxy_set_header Connection $connection_upgrade; with the map of the guide on proxies.',
      judge: 'server',
    },
    RequestBody: {
      quote: 'The handshake MUST be a valid HTTP request as specified by [RFC2616].',
      rfc: 'RFC 6455',
      section: '4.1',
      cause:
        'A client that sends Content-Length or chunks with its GET. Whatever follows the head would be taken for frames, or the frames for the body.',
      mend: 'Send no Content-Length and no Transfer-Encoding, not even for 0 bytes.',
      judge: 'server',
    },
    RequestWsVersion: {
      quote:
        'The request MUST include a header field with the name |Sec-WebSocket-Version|. The value of this header field MUST be 13.',
      rfc: 'RFC 6455',
      section: '4.1',
      cause: 'A client of 2010 or 2011 (8, or none), or a check that was made by hand.',
      mend: 'Send 13. A server that cannot answers 426 and says which versions it speaks.',
      judge: 'server',
    },
    RequestKey: {
      quote:
        'The value of this header field MUST be a nonce consisting of a randomly selected 16-byte value that has been base64-encoded (see Section 4 of [RFC4648]).',
      rfc: 'RFC 6455',
      section: '4.1',
      cause:
        'A key that is plain text, hex, or of another length than 16 bytes: hand-made clients, and curl commands from memory.',
      mend: 'Encode 16 random bytes in base64: 24 characters that end with ==. On a shell: openssl rand -base64 16.',
      judge: 'server',
    },
    RequestOrigin: {
      quote:
        'The value of this header field is the ASCII serialization of origin of the context in which the code establishing the connection is running.',
      rfc: 'RFC 6455',
      section: '4.1',
      cause:
        'A proxy or a client that adds Origin to one that is there already. A server that looks at one of them may let the other one in.',
      mend: 'Set Origin in place of adding it. Servers refuse two.',
      judge: 'server',
    },
    RequestProtocols: {
      quote:
        'The elements that comprise this value MUST be non-empty strings with characters in the range U+0021 to U+007E not including separator characters as defined in [RFC2616] and MUST all be unique strings.',
      rfc: 'RFC 6455',
      section: '4.1',
      cause:
        'A list that was put together from several sources, so that a name is there twice, an empty name, or a token with characters such as = or /, as those that carry a password there send.',
      mend: 'List each name once. Encode what else you carry there in base64url without =.',
      judge: 'server',
    },
    RequestExtensions: {
      quote:
        'If a value is received by either the client or the server during negotiation that does not conform to the ABNF below, the recipient of such malformed data MUST immediately _Fail the WebSocket Connection_.',
      rfc: 'RFC 6455',
      section: '9.1',
      cause: 'A header put together by hand: a parameter without a name, a comma too many.',
      mend: 'Names are tokens, separated by commas, their parameters by semicolons, values after =.',
      judge: 'server',
    },
    DeflateOffer: {
      quote:
        'A server MUST decline an extension negotiation offer for this extension if any of the following conditions are met:',
      rfc: 'RFC 7692',
      section: '7',
      elsewhere: 'the sentence stands right before section 7.1, which has the parameters',
      cause:
        'window bits outside 8 to 15, a parameter twice, or one that does not exist. Some servers then open the connection without compression, and traffic grows without an error; others refuse the request.',
      mend: 'Offer “permessage-deflate; client_max_window_bits”, as Chrome does.',
      judge: 'server',
    },
  },
};
