// Rules of the closing handshake: RFC 6455 sections 5.5.1, 7.1 and 7.4.

/** @type {import('./types.js').Family} */
export const closing = {
  title: 'Closing',
  rules: {
    AfterClose: {
      quote: 'The application MUST NOT send any more data frames after sending a Close frame.',
      rfc: 'RFC 6455',
      section: '5.5.1',
      cause:
        'A timer, a queue or another part of the program goes on sending after close() was called, and the library lets it.',
      mend: 'Stop what sends before you close, and look at the state before each send. What was sent behind a close is lost: peers stop reading there.',
      judge: 'both',
    },
    CloseBodyTooShort: {
      quote:
        'If there is a body, the first two bytes of the body MUST be a 2-byte unsigned integer (in network byte order) representing a status code with value /code/ defined in Section 7.4.',
      rfc: 'RFC 6455',
      section: '5.5.1',
      cause: 'A code written as one byte, or a body that was cut, by hand-made frames.',
      mend: 'Send an empty body, or two bytes of code and then the reason.',
      judge: 'both',
    },
    CloseCode: {
      quote:
        '1005 is a reserved value and MUST NOT be set as a status code in a Close control frame by an endpoint.',
      rfc: 'RFC 6455',
      section: '7.4.1',
      elsewhere:
        'the rule is about all codes, section 7.4; the sentence is that of one of them',
      cause:
        'The code of a close event is handed on as it is: 1005 and 1006 stand for the lack of a code and are for the application only. Or a code of HTTP, an exit code, or bytes in the wrong order.',
      mend: 'Send 1000, another code of section 7.4.1 that may be sent, or 3000 to 4999. Where a proxy passes on a close without a code, it has to send an empty body.',
      judge: 'both',
    },
    CloseReason: {
      quote:
        'Following the 2-byte integer, the body MAY contain UTF-8-encoded data with value /reason/, the interpretation of which is not defined by this specification.',
      rfc: 'RFC 6455',
      section: '5.5.1',
      cause:
        'A reason that was cut at 123 bytes inside a character, or is in another encoding than UTF-8.',
      mend: 'Encode the reason as UTF-8, then cut it between characters.',
      judge: 'both',
    },
    NoClose: {
      quote:
        'An endpoint SHOULD use a method that cleanly closes the TCP connection, as well as the TLS session, if applicable, discarding any trailing bytes that may have been received.',
      rfc: 'RFC 6455',
      section: '7.1.1',
      cause:
        'A proxy’s time-out (nginx: proxy_read_timeout, 60 s unless set), a process that was killed, a network that went away, a laptop that slept. Applications are told 1006.',
      mend: 'Send pings more often than the shortest time-out on the way. Let the server close with 1001 when it stops. Let clients connect again after 1006, with growing delays.',
      judge: 'both',
      cloudflare: {
        says: '“When Cloudflare releases new code to its global network, we may restart servers, which terminates WebSockets connections.”',
        url: 'https://developers.cloudflare.com/network/websockets/',
      },
    },
    EndInFrame: {
      quote:
        'If _The WebSocket Connection is Closed_ and no Close control frame was received by the endpoint (such as could occur if the underlying transport connection is lost), _The WebSocket Connection Close Code_ is considered to be 1006.',
      rfc: 'RFC 6455',
      section: '7.1.5',
      elsewhere: 'section 7.1.7 is about failing; this says what the application learns',
      cause:
        'The sender died or was cut off while it sent, a proxy ended the connection, or a length says more than was ever sent.',
      mend: 'Look at who ended TCP, and what it logged at that time. When it happens with one kind of message only, compare its length with its payload.',
      judge: 'both',
      cloudflare: {
        says: '“When Cloudflare releases new code to its global network, we may restart servers, which terminates WebSockets connections.”',
        url: 'https://developers.cloudflare.com/network/websockets/',
      },
    },
  },
};
