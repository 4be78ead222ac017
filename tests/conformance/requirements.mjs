// What RFC 6455 (sections 5 to 8) and RFC 7692 (section 7, and what of section 6 is about
// frames) demand with MUST and MUST NOT, each in a few words of our own. The number behind a
// section counts its demands. Tests carry them as marks: see marks.mjs.

/**
 * @typedef {object} Requirement
 * @property {string} id as in the marks
 * @property {string} level 'must' in small letters where the RFC writes it so
 * @property {string} text
 * @property {string} [not] why there is nothing here to test
 */

/** @type {(rfc: number, rows: [string, string, string, string?][]) => Requirement[]} */
const list = (rfc, rows) =>
  rows.map(([id, level, text, not]) => ({ id: `RFC ${rfc} ${id}`, level, text, not }));

const INTERMEDIARY = 'ws4wasm is an endpoint, not an intermediary.';

export const requirements = [
  ...list(6455, [
    ['5.1-1', 'MUST', 'A client masks every frame.'],
    ['5.1-2', 'MUST', 'A server closes the connection on a frame without a mask.'],
    ['5.1-3', 'MUST NOT', 'A server masks no frame.'],
    ['5.1-4', 'MUST', 'A client closes the connection on a masked frame.'],
    ['5.2-1', 'MUST', 'Reserved bits are sent as 0, but for a negotiated extension’s.'],
    ['5.2-2', 'MUST', 'A reserved bit that no extension defines fails the connection.'],
    ['5.2-3', 'MUST', 'An unknown opcode fails the connection.'],
    ['5.2-4', 'MUST', 'The top bit of a 64-bit length is 0.'],
    ['5.2-5', 'MUST', 'A length is written in its shortest form.'],
    [
      '5.2-6',
      'MUST',
      'An extension says how long its extension data is and how its use is negotiated.',
      'For authors of extensions. permessage-deflate has no extension data.',
    ],
    ['5.3-1', 'MUST', 'A masked frame has its mask bit set.'],
    ['5.3-2', 'MUST', 'Each masked frame has a fresh key.'],
    ['5.3-3', 'MUST', 'Keys come from a strong source of entropy.'],
    ['5.3-4', 'MUST NOT', 'A key does not help to predict the next.'],
    ['5.4-1', 'MUST NOT', 'Control frames are not fragmented.'],
    ['5.4-2', 'MUST', 'Fragments are delivered in the order they were sent.'],
    ['5.4-3', 'MUST NOT', 'Fragments of different messages are not interleaved.'],
    ['5.4-4', 'MUST', 'Control frames are handled inside a fragmented message.'],
    ['5.4-5', 'MUST', 'Messages are received in fragments and whole.'],
    [
      '5.4-6',
      'MUST NOT',
      'An intermediary leaves the fragmentation of control frames alone.',
      INTERMEDIARY,
    ],
    [
      '5.4-7',
      'MUST NOT',
      'An intermediary leaves messages alone whose reserved bits it does not know.',
      INTERMEDIARY,
    ],
    [
      '5.4-8',
      'MUST NOT',
      'An intermediary leaves messages alone when it does not know the extensions, or has not seen the handshake.',
      INTERMEDIARY,
    ],
    ['5.4-9', 'MUST', 'All fragments of a message are of the type of the first.'],
    ['5.5-1', 'MUST', 'A control frame has 125 bytes of payload at most.'],
    ['5.5-2', 'MUST NOT', 'A received control frame is not a fragment.'],
    ['5.5.1-1', 'MUST', 'The body of a close frame begins with a code of two bytes.'],
    [
      '5.5.1-2',
      'MUST NOT',
      'A client does not show the reason of a close to end users.',
      'For applications: the reason is given to their code, as data.',
    ],
    ['5.5.1-3', 'MUST NOT', 'After a close frame no data frames are sent.'],
    ['5.5.1-4', 'MUST', 'A close frame is answered by one, if none was sent before.'],
    ['5.5.1-5', 'MUST', 'When both have sent a close frame, the TCP connection is closed.'],
    ['5.5.1-6', 'MUST', 'A server does that at once.'],
    ['5.5.2-1', 'MUST', 'A ping is answered by a pong, unless a close frame was received.'],
    ['5.5.3-1', 'must', 'A pong has the data of the ping that it answers.'],
    ['5.6-1', 'MUST', 'A text message as a whole is valid UTF-8.'],
    ['5.8-1', 'MUST', 'Extensions are negotiated in the opening handshake.'],
    ['6.1-1', 'MUST', 'A message is sent only while the connection is open.'],
    ['6.1-2', 'MUST', 'Sending stops when the connection is no longer open.'],
    ['6.1-3', 'MUST', 'Data goes into frames of section 5.2.'],
    ['6.1-4', 'MUST', 'The first frame’s opcode says text or binary.'],
    ['6.1-5', 'MUST', 'The last frame has FIN set.'],
    ['6.1-6', 'MUST', 'A client’s data frames are masked.'],
    ['6.1-7', 'MUST', 'The frames are sent over the connection.'],
    ['6.2-1', 'MUST', 'What comes in is read as frames of section 5.2.'],
    ['6.2-2', 'MUST', 'Control frames are handled as section 5.5 says.'],
    ['6.2-3', 'MUST', 'The type of a message is that of its first frame’s opcode.'],
    ['6.2-4', 'MUST', 'Data frames after the last fragment begin a new message.'],
    ['6.2-5', 'MUST', 'A server removes the mask.'],
    ['7.1.2-1', 'MUST', 'To start closing, a close frame goes out with the code and reason.'],
    ['7.1.7-1', 'MUST', 'A client that fails the connection closes it.'],
    ['7.1.7-2', 'MUST', 'A server that fails the connection closes it.'],
    ['7.1.7-3', 'MUST NOT', 'After that nothing more that comes in is processed.'],
    ['7.2.1-1', 'MUST', 'A client whose opening handshake fails closes the connection.'],
    ['7.2.1-2', 'MUST', 'A client whose transport is lost fails the connection.'],
    ['7.2.2-1', 'MUST', 'A server that aborts in the opening handshake closes the connection.'],
    ['7.4.1-1', 'MUST NOT', '1005 is in no close frame.'],
    ['7.4.1-2', 'MUST NOT', '1006 is in no close frame.'],
    ['7.4.1-3', 'MUST NOT', '1015 is in no close frame.'],
    ['8.1-1', 'MUST', 'What should be UTF-8 and is not fails the connection.'],
    ['8.1-2', 'MUST', 'That holds for the opening handshake, too.'],
  ]),
  ...list(7692, [
    ['6-1', 'MUST NOT', 'RSV1 is set neither on control frames nor on later fragments.'],
    ['6-2', 'MUST', 'A frame with RSV1 where it may not be fails the connection.'],
    ['7-1', 'MUST', 'A server declines an offer with a parameter that is not defined.'],
    ['7-2', 'MUST', 'A server declines an offer with a value that is not valid.'],
    ['7-3', 'MUST', 'A server declines an offer with a parameter twice.'],
    ['7-4', 'MUST', 'A server declines an offer that it does not support.'],
    ['7-5', 'MUST', 'A client fails on an answer with a parameter that is not defined.'],
    ['7-6', 'MUST', 'A client fails on an answer with a value that is not valid.'],
    ['7-7', 'MUST', 'A client fails on an answer with a parameter twice.'],
    ['7-8', 'MUST', 'A client fails on an answer that it does not support.'],
    [
      '7.1.2.1-1',
      'MUST',
      'server_max_window_bits of an offer is 8 to 15, without a zero before it.',
    ],
    [
      '7.1.2.1-2',
      'MUST',
      'server_max_window_bits of an answer is 8 to 15, and not above the offer’s.',
    ],
    ['7.1.2.2-1', 'MUST', 'client_max_window_bits of an offer, if it has a value, is 8 to 15.'],
    ['7.1.2.2-2', 'MUST', 'client_max_window_bits of an answer is 8 to 15.'],
    ['7.1.2.2-3', 'MUST NOT', 'client_max_window_bits is in no answer to an offer without it.'],
    [
      '7.2.1-1',
      'MUST',
      'A final block that ends inside a byte is padded with zeros. (None is sent: zlib reads all messages as one run of blocks.)',
    ],
    ['7.2.1-2', 'MUST NOT', 'The tail 00 00 ff ff is taken off the last fragment only.'],
    ['7.2.1-3', 'MUST NOT', 'No window is longer than 32,768 bytes.'],
    [
      '7.2.1-4',
      'MUST',
      'With client_no_context_takeover a client begins each message with an empty window.',
    ],
    [
      '7.2.1-5',
      'MUST',
      'With server_no_context_takeover a server begins each message with an empty window.',
    ],
    ['7.2.1-6', 'MUST NOT', 'A client’s window is no longer than client_max_window_bits says.'],
    ['7.2.1-7', 'MUST NOT', 'A server’s window is no longer than server_max_window_bits says.'],
    [
      '7.2.2-1',
      'MUST',
      'A client keeps the window over messages, unless the server forgets it.',
    ],
    [
      '7.2.2-2',
      'MUST',
      'A server keeps the window over messages, unless the client forgets it.',
    ],
    ['7.2.2-3', 'MUST', 'Without server_max_window_bits a client inflates with 32,768 bytes.'],
    ['7.2.2-4', 'MUST', 'Without client_max_window_bits a server inflates with 32,768 bytes.'],
  ]),
];
