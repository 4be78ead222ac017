// What is allowed or is about the capture, but worth knowing.

/** @type {import('./types.js').Family} */
export const remarks = {
  title: 'Remarks, and limits of a capture',
  rules: {
    PongUnmatched: {
      quote: 'A Pong frame MAY be sent unsolicited. This serves as a unidirectional heartbeat.',
      rfc: 'RFC 6455',
      section: '5.5.3',
      cause:
        'A heartbeat in one direction, as some clients send it; a pong whose payload was changed; or the ping is not in the capture.',
      mend: 'Nothing, if it is a heartbeat. An answer to a ping repeats its payload byte for byte.',
      judge: 'both',
    },
    MaskRepeated: {
      quote:
        'When preparing a masked frame, the client MUST pick a fresh masking key from the set of allowed 32-bit values.',
      rfc: 'RFC 6455',
      section: '5.3',
      cause:
        'A client with a fixed key, often 0 to save the work, or with a generator that starts the same each time.',
      mend: 'Take four bytes from the system’s source of randomness for each frame. No server can insist on it, but proxies are what the mask protects.',
      judge: 'server',
    },
    FramingLost: {
      quote:
        'An endpoint MUST NOT continue to attempt to process data (including a responding Close frame) from the remote endpoint after being instructed to _Fail the WebSocket Connection_.',
      rfc: 'RFC 6455',
      section: '7.1.7',
      elsewhere:
        'section 5.2 has the header that cannot be read; this says what a receiver then does',
      cause:
        'A length that lies, bytes missing in the capture, or something other than frames on the socket: an HTTP error page of a proxy, a log line, a second protocol.',
      mend: 'Look at the first bytes from here in the hex view: text there tells where it comes from. Then at the last frame before.',
      judge: 'both',
      note: 'Measured with an HTTP answer in place of a frame.',
    },
    HandshakeUnseen: {
      quote:
        'To prove that the handshake was received, the server has to take two pieces of information and combine them to form a response.',
      rfc: 'RFC 6455',
      section: '1.3',
      cause: 'The capture began after the connection did, or its source leaves out one head.',
      mend: 'Start the capture before the client connects. If that cannot be, say in the Handshake tab whether the connection is a WebSocket.',
      judge: 'none',
    },
    Hole: {
      quote:
        'The length of the "Payload data", in bytes: if 0-125, that is the payload length.',
      rfc: 'RFC 6455',
      section: '5.2',
      cause:
        'Packets that the capture lost, with a buffer too small for the rate, or that were cut by a snapshot length. Frames are found by their lengths alone, so one hole can hide all that follows.',
      mend: 'Capture with a larger buffer (tcpdump -B 16384) and whole packets (-s 0), or in a proxy, which loses none.',
      judge: 'none',
    },
    NotInflated: {
      quote:
        'Otherwise, the client MUST decompress each new message using the LZ77 sliding window used to process the last compressed message.',
      rfc: 'RFC 7692',
      section: '7.2.2',
      cause:
        'The message refers to bytes of messages before the capture began or inside a hole, or inflates to more than the inspector holds.',
      mend: 'Capture from the start of the connection, or agree on server_no_context_takeover and client_no_context_takeover while you look for a fault.',
      judge: 'none',
    },
  },
};
