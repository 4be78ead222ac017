// Limits of the receiver: RFC 6455 sections 7.4.1 and 10.4.

/** @type {import('./types.js').Documented} */
const WORKERS = {
  says: 'Workers: “WebSocket messages received by a Worker have a size limit of 32 MiB (33,554,432 bytes). If a larger message is sent, the WebSocket will be automatically closed with a 1009 "Message is too large" response.”',
  url: 'https://developers.cloudflare.com/workers/runtime-apis/websockets/',
};

const TOO_BIG =
  '1009 indicates that an endpoint is terminating the connection because it has received a message that is too big for it to process.';

/** @type {import('./types.js').Family} */
export const limits = {
  title: 'Limits',
  rules: {
    FrameTooLarge: {
      quote: TOO_BIG,
      rfc: 'RFC 6455',
      section: '7.4.1',
      cause:
        'A file or a whole state sent as one message, a limit that is lower than both sides think, or a stream that is out of step whose “length” is other data.',
      mend: 'Raise the receiver’s limit, if such messages are meant (ws: maxPayload), or send in parts that the application puts together. When the length is absurd, look at the frame before.',
      judge: 'both',
      cloudflare: WORKERS,
      note: 'Measured with a frame that announces 2 TiB.',
    },
    MessageTooLarge: {
      quote: TOO_BIG,
      rfc: 'RFC 6455',
      section: '7.4.1',
      cause:
        'The fragments of a message, or what a compressed one inflates to, are more than the receiver takes. Compression hides how large a message is.',
      mend: 'Raise the limit, or send smaller messages. The limit counts what was inflated; so should your estimate.',
      judge: 'both',
      cloudflare: WORKERS,
      note: 'Measured with a second fragment that announces 1 TiB.',
    },
    TooManyFragments: {
      quote:
        'Implementations that have implementation- and/or platform-specific limitations regarding the frame size or total message size after reassembly from multiple frames MUST protect themselves against exceeding those limits.',
      rfc: 'RFC 6455',
      section: '10.4',
      elsewhere: 'section 7.4.1 has the close code; this is what the limit is for',
      cause:
        'A sender that writes a frame for each small chunk of a stream, or an attack on receivers that keep each fragment.',
      mend: 'Collect chunks to some kilobytes before a fragment is sent.',
      judge: 'both',
      note: 'Measured with 140 000 fragments of one byte. ws as a server takes 16 384 unless maxFragments says otherwise.',
    },
  },
};
