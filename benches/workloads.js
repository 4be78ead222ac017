// What is received and what is sent. No platform's own API is used: browsers run this as well.

/** @typedef {'server' | 'client'} Role a server receives masked frames, a client unmasked ones */

/**
 * @typedef {object} Message
 * @property {'text' | 'binary' | 'ping'} type
 * @property {string | Uint8Array} data
 */

/**
 * @typedef {object} Workload
 * @property {string} name
 * @property {number | 'message'} chunk how the bytes are cut: this many each, or one message each
 * @property {number} fragments frames of a data message
 * @property {() => Message[]} messages of one pass
 * @property {boolean} oneBuffer when sent: by the engine alone, a frame in one piece of memory
 * @property {'always' | 'full' | 'slow'} when it is run: some peers need half a second for a
 *   pass of 'full', and minutes for one of 'slow'
 */

const KiB = 1024;
const MiB = 1024 * KiB;

/** What one read of a busy socket gives in Node. */
const CHUNK = 64 * KiB;

/** Payload of a pass, enough that a timer's resolution does not matter. */
const PASS = MiB;

/**
 * A small random number generator that gives the same every time (xorshift32).
 * @param {number} seed
 * @returns {(below: number) => number}
 */
export function random(seed) {
  let state = seed | 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const english =
  '{"user":"alice","text":"The quick brown fox jumps over the lazy dog","id":4711,"ok":true} ';

/** Two, three and four bytes a character, between stretches of ASCII, as chats have it. */
const mixed =
  'Zażółć gęślą jaźń. Съешь ещё этих мягких французских булок. Ξεσκεπάζω την ψυχοφθόρα. ' +
  'いろはにほへと ちりぬるを。 我能吞下玻璃而不伤身体。 نص حكيم له سر قاطع. हिन्दी में लिखा। ' +
  'Any ASCII too, of course 😀🎉👍. ';

/**
 * Text of exactly `size` bytes of UTF-8, begun at a place of its own.
 * @param {string} source
 * @param {number} size
 * @param {number} start
 */
function text(source, size, start) {
  const begun = source.slice(start) + source.slice(0, start);
  const bytes = encoder.encode(begun.repeat(Math.ceil(size / begun.length)));
  let end = size;
  while ((bytes[end] & 0xc0) === 0x80) end--;
  return decoder.decode(bytes.subarray(0, end)) + '.'.repeat(size - end);
}

/**
 * Where a text may begin: not inside a surrogate pair.
 * @param {string} source
 */
function starts(source) {
  const all = Array.from(source, (_, at) => at);
  return all.filter((at) => !/[\udc00-\udfff]/.test(source[at]));
}

/** @type {(size: number, source?: string) => (index: number) => Message} */
const texts = (size, source = english) => {
  const places = starts(source);
  return (index) => ({ type: 'text', data: text(source, size, places[index % places.length]) });
};

/** @type {(size: number) => (index: number) => Message} */
const binaries = (size) => (index) => ({ type: 'binary', data: noise(size, index) });

/** @type {(index: number) => Message} */
const ping = (index) => ({ type: 'ping', data: encoder.encode(`ping ${index}`) });

/**
 * @param {number} size
 * @param {number} seed
 */
function noise(size, seed) {
  const next = random(seed + 1);
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i++) bytes[i] = next(256);
  return bytes;
}

/**
 * As many messages as make a pass.
 * @param {number} size
 * @param {(index: number) => Message} make
 * @param {number} [least]
 */
function pass(size, make, least = 1) {
  return () => {
    const count = Math.max(least, Math.floor(PASS / (size + 6)));
    // Thousands of different messages would be a benchmark of the cache.
    const different = Math.min(count, Math.max(4, Math.min(64, PASS / size)));
    const some = Array.from({ length: different }, (_, index) => make(index));
    return Array.from({ length: count }, (_, index) => some[index % some.length]);
  };
}

/** @type {(name: string, messages: () => Message[], more?: Partial<Workload>) => Workload} */
const workload = (name, messages, more) => ({
  name,
  messages,
  chunk: CHUNK,
  fragments: 1,
  when: 'always',
  oneBuffer: false,
  ...more,
});

/** @type {Workload[]} */
export const receiving = [
  workload('text 16 B', pass(16, texts(16))),
  workload('text 125 B', pass(125, texts(125))),
  workload('text 1 KiB', pass(KiB, texts(KiB))),
  workload('text 1 KiB, multilingual', pass(KiB, texts(KiB, mixed))),
  workload('binary 125 B', pass(125, binaries(125))),
  workload('binary 16 KiB', pass(16 * KiB, binaries(16 * KiB))),
  workload('text 32 B, one a chunk', pass(256, texts(32)), { chunk: 'message' }),
  workload('text 1 KiB, one a chunk', pass(KiB, texts(KiB)), { chunk: 'message' }),
  workload('binary 1 MiB', pass(MiB, binaries(MiB), 4)),
  workload('text 1 MiB', pass(MiB, texts(MiB), 4)),
  workload('text 1 MiB, multilingual', pass(MiB, texts(MiB, mixed), 4)),
  workload('text 1 KiB in 8 fragments', pass(KiB, texts(KiB)), { fragments: 8 }),
  workload('binary 64 KiB in 1-byte chunks', () => [binaries(64 * KiB)(0)], {
    chunk: 1,
    when: 'full',
  }),
  workload('binary 1 MiB in 1-byte chunks', pass(MiB, binaries(MiB)), {
    chunk: 1,
    when: 'slow',
  }),
  workload('text 125 B and ping in turn', () => {
    const text = texts(125);
    return pass(70, (index) => (index % 2 ? ping : text)(index))();
  }),
];

/**
 * A receive workload of messages of one size.
 * @param {'text' | 'multilingual' | 'binary'} kind
 * @param {number} size
 */
export function ofSize(kind, size) {
  const make =
    kind === 'binary' ? binaries(size) : texts(size, kind === 'text' ? english : mixed);
  return workload(`${kind} ${sizeName(size)}`, pass(size, make));
}

const sizes = [16, 125, KiB, 16 * KiB, 64 * KiB, MiB];

/** @param {number} bytes */
export function sizeName(bytes) {
  if (bytes >= MiB) return `${bytes / MiB} MiB`;
  return bytes >= KiB ? `${bytes / KiB} KiB` : `${bytes} B`;
}

/**
 * Sent one by one; nothing of a chunk or a fragment counts.
 *
 * What counts is the work from send() until the socket was handed all bytes, by the libraries'
 * own connections over a stream of Node's that takes everything at once. For who has another
 * transport and needs a frame in one piece of memory, the last workloads are of the engines
 * alone.
 * @type {Workload[]}
 */
export const sending = [
  ...sizes.flatMap((size) => [
    workload(`text ${sizeName(size)}`, pass(size, texts(size), 16)),
    workload(`binary ${sizeName(size)}`, pass(size, binaries(size), 16)),
  ]),
  ...sizes.flatMap((size) => [
    workload(`text ${sizeName(size)}, one buffer`, pass(size, texts(size), 16), {
      oneBuffer: true,
    }),
    workload(`binary ${sizeName(size)}, one buffer`, pass(size, binaries(size), 16), {
      oneBuffer: true,
    }),
  ]),
];

const OPCODES = { text: 1, binary: 2, ping: 9 };

/**
 * The bytes of a pass, cut into chunks as the workload says.
 * @param {Workload} workload
 * @param {Message[]} messages
 * @param {Role} role of the receiver
 * @returns {Uint8Array[]}
 */
export function chunksOf({ chunk, fragments }, messages, role) {
  const next = random(42);
  const wire = messages.map((message) => {
    const payload =
      typeof message.data === 'string' ? encoder.encode(message.data) : message.data;
    const count = message.type === 'ping' ? 1 : fragments;
    const size = Math.ceil(payload.length / count);
    return join(
      Array.from({ length: count }, (_, i) =>
        frame({
          opcode: i === 0 ? OPCODES[message.type] : 0,
          fin: i === count - 1,
          payload: payload.subarray(i * size, (i + 1) * size),
          // No byte of a key is 0, which some would skip.
          key: role === 'server' ? Uint8Array.from({ length: 4 }, () => 1 + next(255)) : null,
        }),
      ),
    );
  });
  if (chunk === 'message') return wire;
  const bytes = join(wire);
  return Array.from({ length: Math.ceil(bytes.length / chunk) }, (_, i) =>
    bytes.subarray(i * chunk, (i + 1) * chunk),
  );
}

/**
 * The bytes of a frame.
 * @param {{ opcode: number, fin: boolean, payload: Uint8Array, key: Uint8Array | null }} frame
 */
export function frame({ opcode, fin, payload, key }) {
  const { length } = payload;
  const extra = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const start = 2 + extra + (key ? 4 : 0);
  const bytes = new Uint8Array(start + length);
  const view = new DataView(bytes.buffer);
  bytes[0] = (fin ? 0x80 : 0) | opcode;
  bytes[1] = (key ? 0x80 : 0) | (extra === 0 ? length : extra === 2 ? 126 : 127);
  if (extra === 2) view.setUint16(2, length);
  if (extra === 8) view.setBigUint64(2, BigInt(length));
  bytes.set(payload, start);
  if (key) {
    bytes.set(key, start - 4);
    for (let i = 0; i < length; i++) bytes[start + i] ^= key[i & 3];
  }
  return bytes;
}

/** @param {Uint8Array[]} pieces */
export function join(pieces) {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
