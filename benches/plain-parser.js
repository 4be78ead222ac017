// The peer to compare with in browsers, which have no library for this: a WebSocket parser as
// one would write it in plain JavaScript, with DataView and TextDecoder. It does what the others
// do (masks, fragments, control frames, UTF-8, the rules of RFC 6455 section 5) and no more.

const CONTINUATION = 0;
const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const PONG = 10;

/**
 * @typedef {object} Sink
 * @property {(text: string) => void} text
 * @property {(bytes: Uint8Array) => void} bytes of a binary message or a control frame
 */

export class PlainParser {
  #masked;
  #sink;
  #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  /** Bytes that have come and are not used; the pieces are joined once a frame is whole. */
  #pieces = /** @type {Uint8Array[]} */ ([]);
  #held = 0;
  #needed = 2;
  /** The message in fragments. */
  #opcode = CONTINUATION;
  #fragments = /** @type {Uint8Array[]} */ ([]);

  /**
   * @param {boolean} masked whether frames must be masked
   * @param {Sink} sink
   */
  constructor(masked, sink) {
    this.#masked = masked;
    this.#sink = sink;
  }

  /** @param {Uint8Array} chunk */
  receive(chunk) {
    this.#pieces.push(chunk);
    this.#held += chunk.length;
    if (this.#held < this.#needed) return;
    const bytes = this.#pieces.length === 1 ? chunk : concat(this.#pieces, this.#held);
    const used = this.#frames(bytes);
    this.#pieces = used < bytes.length ? [bytes.subarray(used)] : [];
    this.#held = bytes.length - used;
  }

  /**
   * Reads whole frames and returns where the first incomplete one begins.
   * @param {Uint8Array} bytes
   */
  #frames(bytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let at = 0;
    for (;;) {
      const left = bytes.length - at;
      this.#needed = 2;
      if (left < 2) return at;
      const b0 = bytes[at];
      const b1 = bytes[at + 1];
      const masked = b1 > 127;
      let length = b1 & 127;
      let start = 2 + (length === 126 ? 2 : length === 127 ? 8 : 0) + (masked ? 4 : 0);
      this.#needed = start;
      if (left < start) return at;
      if (length === 126) length = view.getUint16(at + 2);
      else if (length === 127) length = Number(view.getBigUint64(at + 2));
      this.#needed = start + length;
      if (left < start + length) return at;
      if (masked !== this.#masked || b0 & 0x70) throw new Error('1002');
      start += at;
      const payload = bytes.slice(start, start + length);
      if (masked) unmask(payload, bytes.subarray(start - 4, start));
      this.#frame(b0 & 15, b0 > 127, payload);
      at = start + length;
    }
  }

  /**
   * @param {number} opcode
   * @param {boolean} fin
   * @param {Uint8Array} payload
   */
  #frame(opcode, fin, payload) {
    if (opcode >= CLOSE && opcode <= PONG) {
      if (!fin || payload.length > 125) throw new Error('1002');
      this.#sink.bytes(payload);
    } else if (opcode === TEXT || opcode === BINARY) {
      if (this.#opcode !== CONTINUATION) throw new Error('1002');
      if (fin) {
        this.#message(opcode, payload);
      } else {
        this.#opcode = opcode;
        this.#fragments = [payload];
      }
    } else if (opcode === CONTINUATION && this.#opcode !== CONTINUATION) {
      this.#fragments.push(payload);
      if (!fin) return;
      const length = this.#fragments.reduce((sum, fragment) => sum + fragment.length, 0);
      this.#message(this.#opcode, concat(this.#fragments, length));
      this.#opcode = CONTINUATION;
      this.#fragments = [];
    } else {
      throw new Error('1002');
    }
  }

  /**
   * @param {number} opcode
   * @param {Uint8Array} payload
   */
  #message(opcode, payload) {
    if (opcode === TEXT) this.#sink.text(this.#decoder.decode(payload));
    else this.#sink.bytes(payload);
  }
}

/**
 * @param {Uint8Array} payload
 * @param {Uint8Array} key
 */
function unmask(payload, key) {
  for (let i = 0; i < payload.length; i++) payload[i] ^= key[i & 3];
}

/**
 * @param {Uint8Array[]} pieces
 * @param {number} length
 */
function concat(pieces, length) {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

const encoder = new TextEncoder();
const pool = new Uint8Array(4096);
let poolAt = pool.length;

/**
 * A message as one frame.
 * @param {string | Uint8Array} data
 * @param {boolean} masked
 */
export function plainFrame(data, masked) {
  const isText = typeof data === 'string';
  const payload = isText ? encoder.encode(data) : data;
  const { length } = payload;
  const extra = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const start = 2 + extra + (masked ? 4 : 0);
  const bytes = new Uint8Array(start + length);
  const view = new DataView(bytes.buffer);
  bytes[0] = 0x80 | (isText ? TEXT : BINARY);
  bytes[1] = (masked ? 0x80 : 0) | (extra === 0 ? length : extra === 2 ? 126 : 127);
  if (extra === 2) view.setUint16(2, length);
  if (extra === 8) view.setBigUint64(2, BigInt(length));
  bytes.set(payload, start);
  if (masked) {
    if (poolAt === pool.length) {
      crypto.getRandomValues(pool);
      poolAt = 0;
    }
    bytes.set(pool.subarray(poolAt, poolAt + 4), start - 4);
    poolAt += 4;
    unmask(bytes.subarray(start), bytes.subarray(start - 4, start));
  }
  return bytes;
}

/**
 * The messages in what a sender wrote.
 * @param {Uint8Array[]} written
 * @param {'server' | 'client'} role of the sender
 */
export function decoded(written, role) {
  /** @type {unknown[]} */
  const messages = [];
  const keep = (/** @type {unknown} */ message) => void messages.push(message);
  const parser = new PlainParser(role === 'client', { text: keep, bytes: keep });
  for (const bytes of written) parser.receive(bytes);
  return messages;
}
