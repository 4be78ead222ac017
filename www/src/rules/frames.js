// Rules of a frame's header: RFC 6455 sections 5.1, 5.2 and 5.5.

/** @type {import('./types.js').Family} */
export const frames = {
  title: 'Frames',
  rules: {
    ReservedBits: {
      quote:
        'MUST be 0 unless an extension is negotiated that defines meanings for non-zero values.',
      rfc: 'RFC 6455',
      section: '5.2',
      cause:
        'One end compresses although permessage-deflate was not agreed on: a proxy removed Sec-WebSocket-Extensions from one of the two heads, or the sender compresses without looking at the answer. Else the stream is out of step, and this is no header at all.',
      mend: 'Compare Sec-WebSocket-Extensions in the request and in the answer at both ends of each proxy. Switch compression off to see whether it is that.',
      judge: 'both',
    },
    ReservedOpcode: {
      quote:
        'If an unknown opcode is received, the receiving endpoint MUST _Fail the WebSocket Connection_.',
      rfc: 'RFC 6455',
      section: '5.2',
      cause:
        'The stream is out of step: the frame before has a length that is not that of its payload, or something other than frames was written to the socket. Rarely an opcode of one’s own.',
      mend: 'Look at the frame before: does its payload end where its length says? A kind of message of your own belongs into the payload.',
      judge: 'both',
    },
    FragmentedControl: {
      quote:
        'All control frames MUST have a payload length of 125 bytes or less and MUST NOT be fragmented.',
      rfc: 'RFC 6455',
      section: '5.5',
      cause:
        'A sender that splits every frame the same way, pings and closes too, or that forgets FIN on frames it makes by hand.',
      mend: 'Set FIN on close, ping and pong. Between the fragments of a message they may stand whole.',
      judge: 'both',
    },
    ControlTooLong: {
      quote:
        'All control frames MUST have a payload length of 125 bytes or less and MUST NOT be fragmented.',
      rfc: 'RFC 6455',
      section: '5.5',
      cause:
        'A close reason that is an error message or a stack trace, over 123 bytes with its UTF-8, or data of an application in a ping.',
      mend: 'Cut a reason to 123 bytes, between two characters. Send data as a message, then close.',
      judge: 'both',
    },
    NonMinimalLength: {
      quote:
        'Note that in all cases, the minimal number of bytes MUST be used to encode the length',
      rfc: 'RFC 6455',
      section: '5.2',
      cause:
        'A sender that always writes 16 or 64 bits of length: because it reserves the room before it knows the length, or because it saves a branch.',
      mend: 'Write up to 125 in 7 bits, up to 65535 in 16, and only what is more in 64. That it works with lenient receivers proves nothing: see the table.',
      judge: 'both',
    },
    LengthTopBit: {
      quote:
        'If 127, the following 8 bytes interpreted as a 64-bit unsigned integer (the most significant bit MUST be 0) are the payload length.',
      rfc: 'RFC 6455',
      section: '5.2',
      cause:
        'A length that was negative when it was written as 64 bits, bytes in the wrong order, or a stream that is out of step.',
      mend: 'Write lengths unsigned and in network byte order. Look at the frame before for one that is out of step.',
      judge: 'both',
    },
    MaskMissing: {
      quote: 'The server MUST close the connection upon receiving a frame that is not masked.',
      rfc: 'RFC 6455',
      section: '5.1',
      cause:
        'A client that was made from the code of a server, or a proxy or test tool that takes frames apart and writes them anew without a mask.',
      mend: 'Mask every frame that goes to a server, empty ones and control frames too, over TLS as well.',
      judge: 'server',
    },
    MaskForbidden: {
      quote: 'A server MUST NOT mask any frames that it sends to the client.',
      rfc: 'RFC 6455',
      section: '5.1',
      cause:
        'A server that was made from the code of a client, or one that sends back the bytes of a frame as they came.',
      mend: 'Unmask what comes, and write answers with the MASK bit 0 and without a key.',
      judge: 'client',
    },
  },
};
