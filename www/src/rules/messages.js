// Rules of messages: fragments, text, compression. RFC 6455 sections 5.4 and 8.1, RFC 7692.

/** @type {import('./types.js').Family} */
export const messages = {
  title: 'Messages',
  rules: {
    UnexpectedContinuation: {
      quote:
        'A fragmented message consists of a single frame with the FIN bit clear and an opcode other than 0, followed by zero or more frames with the FIN bit clear and the opcode set to 0, and terminated by a single frame with the FIN bit set and an opcode of 0.',
      rfc: 'RFC 6455',
      section: '5.4',
      cause:
        'FIN was set on the first fragment, so that the message was over, or two parts of a program write to one connection at the same time.',
      mend: 'Clear FIN on all fragments but the last. Let one queue write to a connection.',
      judge: 'both',
    },
    ExpectedContinuation: {
      quote:
        'The fragments of one message MUST NOT be interleaved between the fragments of another message unless an extension has been negotiated that can interpret the interleaving.',
      rfc: 'RFC 6455',
      section: '5.4',
      cause:
        'A second message was sent while the first was still streamed, or the later fragments repeat the opcode in place of 0.',
      mend: 'Let a message wait for the end of the one before. Fragments after the first have opcode 0.',
      judge: 'both',
    },
    Text: {
      quote:
        'When an endpoint is to interpret a byte stream as UTF-8 but finds that the byte stream is not, in fact, a valid UTF-8 stream, that endpoint MUST _Fail the WebSocket Connection_.',
      rfc: 'RFC 6455',
      section: '8.1',
      cause:
        'Binary data was sent as text, text in Latin-1 or another encoding, or text that was cut at a number of bytes and so inside a character.',
      mend: 'Send bytes as binary. Encode text as UTF-8, whole, before it is cut into fragments; a fragment may end inside a character, a message may not.',
      judge: 'both',
    },
    Rsv1NotFirst: {
      quote:
        'An endpoint MUST NOT set the "Per-Message Compressed" bit of control frames and non-first fragments of a data message.',
      rfc: 'RFC 7692',
      section: '6',
      cause:
        'A sender that marks each frame of a compressed message, or compresses pings, as extensions before RFC 7692 did.',
      mend: 'Set RSV1 on the first frame of a compressed message and on no other. Control frames are not compressed.',
      judge: 'both',
    },
    Inflate: {
      quote:
        'Append 4 octets of 0x00 0x00 0xff 0xff to the tail end of the payload of the message.',
      rfc: 'RFC 7692',
      section: '7.2.2',
      cause:
        'The two ends disagree about the window: one starts anew with each message while the other refers back to those before. Or zlib or gzip was used in place of raw DEFLATE, or RSV1 stands on what is not compressed.',
      mend: 'Compare server_no_context_takeover, client_no_context_takeover and the window bits with what was agreed on. Compress raw, flush, and cut the last four bytes.',
      judge: 'both',
    },
  },
};
