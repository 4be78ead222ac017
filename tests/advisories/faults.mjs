// The known faults of other implementations, and what is done about each.

/**
 * What is known from elsewhere, the bound that holds here, and the tests of it.
 * @type {Record<string, { bound: string, shown: [file: string, name: string][] }>}
 */
export const faults = {
  'tiny fragments or chunks carry overhead objects (ws CVE-2026-48779, -62389)': {
    bound:
      'held: twice the bytes of the message and 64 KiB, however it is cut; work: linear in the bytes',
    shown: [
      [
        'engine/memory.test.mjs',
        'a message that is not complete holds less than twice its bytes',
      ],
      ['engine/memory.test.mjs', 'work is linear'],
      ['stream/work.rs', 'fn one_message_in_frames_of_one_byte_is_linear'],
    ],
  },
  'unlimited empty fragments (undici CVE-2026-12151)': {
    bound: '131,072 fragments a message (`maxFragments`); 64 KiB held until then',
    shown: [
      ['advisories/receiving.test.mjs', 'empty fragments count, and hold nothing'],
      ['stream/work.rs', 'fn empty_fragments_leave_nothing_behind'],
    ],
  },
  '64-bit length overflow (undici CVE-2026-1528, gorilla CVE-2020-27813, NATS CVE-2026-27889, Tomcat CVE-2020-13935)':
    {
      bound: 'lengths are compared as 64-bit numbers; the top bit is refused at its byte',
      shown: [
        [
          'advisories/receiving.test.mjs',
          'a length that is short in its low 32 bits is still long',
        ],
        [
          'advisories/receiving.test.mjs',
          'the lengths of fragments do not wrap around together',
        ],
        ['vectors/lengths.json', 'top bit'],
      ],
    },
  'unbounded inflation (undici CVE-2026-1526, websocket-driver CVE-2026-54490, python-websockets CVE-2018-1000518, uws CVE-2016-10544)':
    {
      bound:
        'output: `maxMessageSize` and not a byte more; held: twice that and 128 KiB after 10 GB of zeros; 1 MiB of the engine’s memory',
      shown: [
        ['advisories/deflate.test.mjs', 'a bomb holds no more than is allowed'],
        ['core/deflate.test.mjs', 'are refused at maxMessageSize'],
        ['stream/deflate.rs', 'fn a_bomb_is_refused_at_the_limit'],
      ],
    },
  'window bits out of range throw late (undici CVE-2026-2229)': {
    bound: '8 to 15, judged by the handshake on either side',
    shown: [['advisories/deflate.test.mjs', 'window sizes are judged by the handshake']],
  },
  'RSV1 on control and continuation frames (undici)': {
    bound: '1002 at the first byte',
    shown: [
      ['advisories/deflate.test.mjs', 'RSV1 on control and continuation frames'],
      ['vectors/deflate.json', 'RSV1 on a continuation'],
    ],
  },
  'windows that disagree (sockudo-ws)': {
    bound: 'both windows are equal after what was not shortened',
    shown: [['advisories/deflate.test.mjs', 'is still in both windows']],
  },
  'allocation from the declared length (websocket crate CVE-2022-35922)': {
    bound: '4 KiB a stream, whatever is announced',
    shown: [
      ['engine/memory.test.mjs', 'a declared length sets nothing aside'],
      ['stream/work.rs', 'fn a_long_announced_length_takes_no_memory'],
    ],
  },
  'uninitialised memory sent (ws CVE-2026-45736, GHSA-2mhh)': {
    bound: 'only bytes that the caller has given go out',
    shown: [['advisories/sending.test.mjs', 'no memory goes out that nobody wrote']],
  },
  'quadratic or backtracking header parsing (ws CVE-2021-32640, tungstenite CVE-2023-43669)': {
    bound:
      'work: 4 bytes copied and 4 calls for each byte; 16 KiB and 100 fields at most; replies under 500 bytes',
    shown: [['advisories/handshake.test.mjs', 'work on a head is linear']],
  },
  'missing or prototype-named header (ws CVE-2024-37890, GHSA-5v72)': {
    bound: 'every field may be absent, or named like a prototype',
    shown: [
      ['advisories/handshake.test.mjs', 'a header that is missing, or named like a prototype'],
      ['node/refusals.test.mjs', 'header names that a prototype has are headers like others'],
    ],
  },
  'CR/LF injection (undici CVE-2026-1527)': {
    bound: 'refused in every header, path and protocol that goes out',
    shown: [['advisories/handshake.test.mjs', 'no line break gets into what is sent']],
  },
  'ping flood grows the output (ws, undici, tokio-websockets)': {
    bound: 'one pong waits, that of the newest ping: 1 KiB after 100,000 pings',
    shown: [
      [
        'connection/backpressure.test.mjs',
        'a flood of pings from a peer that does not read: the newest is answered',
      ],
    ],
  },
  'unbounded outgoing buffer (ws crate CVE-2020-35896)': {
    bound: '`maxBufferedAmount` and 4 MiB, of 1 GB that was sent',
    shown: [
      ['connection/backpressure.test.mjs', 'and sends that are not: they fail'],
      ['connection/sending.test.mjs', 'maxBufferedAmount: what came before'],
    ],
  },
  'no close timeout (Tomcat CVE-2024-23672)': {
    bound: '`closeTimeout`, then the transport is destroyed',
    shown: [['connection/closing.test.mjs', 'the closing timer']],
  },
  'predictable masks': {
    bound: 'each key is fresh bytes of the system’s CSPRNG',
    shown: [['advisories/sending.test.mjs', 'keys are bytes of the CSPRNG, each used once']],
  },
};
