// Rules of the answer: RFC 6455 sections 4.1 and 4.2.2, RFC 7692 section 7.

/** @type {import('./types.js').Family} */
export const answer = {
  title: 'The answer',
  rules: {
    ResponseMalformed: {
      quote:
        'If the server chooses to accept the incoming connection, it MUST reply with a valid HTTP response indicating the following.',
      rfc: 'RFC 6455',
      section: '4.2.2',
      cause:
        'A head that was written by hand, a debug output on the socket before it, or a port that speaks something else.',
      mend: 'Let the library write the head, and nothing else before the handshake is over. Check the port, and ws: against wss:.',
      judge: 'client',
    },
    ResponseStatus: {
      quote:
        'If the status code received from the server is not 101, the client handles the response per HTTP [RFC2616] procedures.',
      rfc: 'RFC 6455',
      section: '4.1',
      cause:
        '200: a web server that knows no WebSocket at this address, often the page of a single-page application. 301: http to https. 400: a proxy dropped Upgrade. 401, 403: no login or a wrong Origin. 404: a wrong path. 502, 504: the server behind the proxy is down.',
      mend: 'Look at the body and the Server header: who answers? Then at the path, the proxy’s route, and the Origin. Browsers do not show the status to scripts.',
      judge: 'client',
      note: 'Measured with 200. Of the status a browser tells its console only.',
    },
    ResponseVersion: {
      quote:
        'A Status-Line with a 101 response code as per RFC 2616 [RFC2616]. Such a response could look like "HTTP/1.1 101 Switching Protocols".',
      rfc: 'RFC 6455',
      section: '4.2.2',
      cause: 'A hand-made server or an old proxy that answers with HTTP/1.0.',
      mend: 'Answer with HTTP/1.1. 101 does not exist in HTTP/1.0.',
      judge: 'client',
    },
    ResponseUpgrade: {
      quote: 'An |Upgrade| header field with value "websocket" as per RFC 2616 [RFC2616].',
      rfc: 'RFC 6455',
      section: '4.2.2',
      cause: 'A proxy that removes Upgrade from answers, or a server that upgrades to h2c.',
      mend: 'Compare the answer before and behind the proxy. Let it pass Upgrade on in both directions.',
      judge: 'client',
    },
    ResponseConnection: {
      quote: 'A |Connection| header field with value "Upgrade".',
      rfc: 'RFC 6455',
      section: '4.2.2',
      cause: 'A proxy that sets Connection itself, to close or keep-alive, also on 101.',
      mend: 'Compare the answer before and behind the proxy.',
      judge: 'client',
    },
    ResponseAccept: {
      quote:
        'The value of this header field is constructed by concatenating /key/, defined above in step 4 in Section 4.2.2, with the string "258EAFA5-E914-47DA-95CA-C5AB0DC85B11", taking the SHA-1 hash of this concatenated value to obtain a 20-byte value and base64-encoding (see Section 4 of [RFC4648]) this 20-byte hash.',
      rfc: 'RFC 6455',
      section: '4.2.2',
      cause:
        'A server that decodes the key before it hashes it, writes the hash in hex, has a typing error in the GUID, or gives an answer from a cache.',
      mend: 'Hash the 24 characters as they came and the GUID. The example of the RFC: dGhlIHNhbXBsZSBub25jZQ== gives s3pPLMBiTxaQ9kYGzzhZRbK+xOo=. The Handshake tab computes it for this key.',
      judge: 'client',
    },
    ResponseExtensions: {
      quote: 'Extensions not listed by the client MUST NOT be listed.',
      rfc: 'RFC 6455',
      section: '4.2.2',
      cause:
        'A server that always answers permessage-deflate, also to those that did not offer it, or a proxy that removes the offer from the request only.',
      mend: 'Answer with what was offered, once. Remove the header in both directions or in none.',
      judge: 'client',
    },
    ResponseProtocol: {
      quote:
        "The value chosen MUST be derived from the client's handshake, specifically by selecting one of the values from the |Sec-WebSocket-Protocol| field that the server is willing to use for this connection (if any).",
      rfc: 'RFC 6455',
      section: '4.2.2',
      cause:
        'A server with a fixed subprotocol, one that echoes the whole list, or one that differs in upper and lower case.',
      mend: 'Answer with one name from the list, letter by letter, or leave the header out.',
      judge: 'client',
    },
    DeflateAnswer: {
      quote:
        'A client MUST _Fail the WebSocket Connection_ if the peer server accepted an extension negotiation offer for this extension with an extension negotiation response meeting any of the following conditions:',
      rfc: 'RFC 7692',
      section: '7',
      elsewhere: 'the sentence stands right before section 7.1, which has the parameters',
      cause:
        'client_max_window_bits in the answer to an offer without it, window bits outside 8 to 15 or above those offered, or a parameter twice.',
      mend: 'Take one offer and answer with its parameters; client_max_window_bits only where it was offered.',
      judge: 'client',
    },
  },
};
