// Rules of WebSockets in HTTP/2: RFC 8441.

const NOTE =
  'ws speaks HTTP/1.1 only: as a server it was sent the preface of HTTP/2. nginx was measured as a server of HTTP/2 without the setting.';

/** @type {import('./types.js').Family} */
export const http2 = {
  title: 'HTTP/2',
  rules: {
    ConnectNotEnabled: {
      quote:
        'Upon receipt of SETTINGS_ENABLE_CONNECT_PROTOCOL with a value of 1, a client MAY use the Extended CONNECT as defined in this document when creating new streams.',
      rfc: 'RFC 8441',
      section: '3',
      cause:
        'A client that does not wait for the server’s SETTINGS, or that goes by an earlier connection.',
      mend: 'Wait for the server’s first SETTINGS. Without the setting, open a connection of HTTP/1.1.',
      judge: 'both',
      note: NOTE,
    },
    ConnectSetting: {
      quote:
        'A sender MUST NOT send a SETTINGS_ENABLE_CONNECT_PROTOCOL parameter with the value of 0 after previously sending a value of 1.',
      rfc: 'RFC 8441',
      section: '3',
      cause:
        'A server that sends all its settings anew when one changes, with defaults in place of what it said first, or a proxy that joins those of several servers.',
      mend: 'Send the setting once, with the first SETTINGS, and leave it out of later ones.',
      judge: 'client',
      note: NOTE,
    },
    ConnectRequest: {
      quote:
        'The :protocol pseudo-header field MUST be included in the CONNECT request, and it MUST have a value of "websocket" to initiate a WebSocket connection on an HTTP/2 stream.',
      rfc: 'RFC 8441',
      section: '5',
      elsewhere:
        'section 4 has extended CONNECT at large; this is what a WebSocket needs of it',
      cause:
        'An HTTP/2 client that uses GET as in HTTP/1.1, or plain CONNECT without :scheme and :path.',
      mend: 'Send :method = CONNECT, :protocol = websocket, :scheme, :path and :authority.',
      judge: 'server',
      note: NOTE,
    },
    ConnectScheme: {
      quote:
        'The scheme of the target URI [...] MUST be "https" for "wss"-schemed WebSockets and "http" for "ws"-schemed WebSockets.',
      rfc: 'RFC 8441',
      section: '5',
      cause: 'The address was taken over as it is: wss or ws in :scheme.',
      mend: 'Write https for wss: and http for ws:.',
      judge: 'server',
      note: NOTE,
    },
    ConnectFields: {
      quote:
        '[RFC6455] requires the use of Connection and Upgrade header fields that are not part of HTTP/2. They MUST NOT be included in the CONNECT request defined here.',
      rfc: 'RFC 8441',
      section: '5',
      cause:
        'A head of HTTP/1.1 that was carried over to HTTP/2 by a client or a proxy: Connection, Upgrade, Host.',
      mend: 'Leave Connection and Upgrade out, and put the host into :authority.',
      judge: 'server',
      note: NOTE,
    },
    ConnectKey: {
      quote:
        'Implementations using this extended CONNECT to bootstrap WebSockets do not do the processing of the Sec-WebSocket-Key and Sec-WebSocket-Accept header fields of [RFC6455] as that functionality has been superseded by the :protocol pseudo-header field.',
      rfc: 'RFC 8441',
      section: '5',
      cause:
        'A proxy or a client that carries all headers of HTTP/1.1 over. It does no harm: nobody looks at it.',
      mend: 'Leave Sec-WebSocket-Key and Sec-WebSocket-Accept out. A proxy to HTTP/1.1 makes a key of its own.',
      judge: 'both',
      note: NOTE,
    },
    ConnectStatus: {
      quote:
        'Due to its multiplexing nature, HTTP/2 does not allow connection-wide header fields or status codes, such as the Upgrade and Connection request-header fields or the 101 (Switching Protocols) response code.',
      rfc: 'RFC 8441',
      section: '1',
      elsewhere: 'section 5 shows 200 in an example; this says why it is not 101',
      cause:
        'A server that answers CONNECT as any other method: 404 or 405 because its routes know GET only, 403 for a wrong Origin.',
      mend: 'Let the server’s route take CONNECT with :protocol, or switch the setting off so that clients come with HTTP/1.1.',
      judge: 'client',
      note: NOTE,
    },
  },
};
