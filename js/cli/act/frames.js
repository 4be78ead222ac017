// Frames as bytes, right or wrong. The engine refuses what breaks a rule, and here it has to pass:
// where a frame ends is all that a proxy may not be mistaken in (RFC 6455 section 5.2).

const CONTROL = 8;

/**
 * @typedef {object} Header
 * @property {boolean} fin
 * @property {boolean} rsv1
 * @property {number} opcode
 * @property {boolean} masked
 * @property {number} length of the header
 * @property {number} payload how long the payload is said to be
 */

/**
 * A frame's header; undefined as long as some of it is missing.
 * @param {Uint8Array} bytes from its first byte on
 * @returns {Header | undefined}
 */
export function headerOf(bytes) {
  if (bytes.length < 2) return undefined;
  const [first, second] = bytes;
  const short = second & 127;
  const extended = short === 126 ? 2 : short === 127 ? 8 : 0;
  const masked = second > 127;
  const length = 2 + extended + (masked ? 4 : 0);
  if (bytes.length < length) return undefined;
  let payload = short;
  if (extended) {
    payload = 0;
    for (let i = 2; i < 2 + extended; i++) payload = payload * 256 + bytes[i];
  }
  return {
    fin: first > 127,
    rsv1: (first & 64) !== 0,
    opcode: first & 15,
    masked,
    length,
    payload,
  };
}

/** @param {{ opcode: number }} header */
export const isControl = ({ opcode }) => opcode >= CONTROL;

/**
 * The payload of a whole frame, unmasked: a copy.
 * @param {Uint8Array} frame
 * @param {Header} header its own
 */
export function payloadOf(frame, { length, masked }) {
  const payload = Buffer.from(frame.subarray(length));
  if (masked) {
    for (let i = 0; i < payload.length; i++) payload[i] ^= frame[length - 4 + (i & 3)];
  }
  return payload;
}

/** Follows one direction of a connection, so that it is known where a frame may be put in. */
export class Position {
  #header = Buffer.alloc(14);
  #known = 0;
  /** Bytes of the current frame's payload that are still to come. */
  #left = 0;
  #fin = true;
  #control = false;
  /** Within a message: of it, more frames will come. */
  #open = false;

  /** No frame has begun that has not ended. */
  get betweenFrames() {
    return this.#known === 0 && this.#left === 0;
  }

  /** No message has, either. */
  get betweenMessages() {
    return this.betweenFrames && !this.#open;
  }

  /**
   * Takes bytes up to the end of a frame.
   * @param {Uint8Array} bytes
   * @param {number} [from]
   * @returns {number} where that is, or how many bytes there are
   */
  advance(bytes, from = 0) {
    let at = from;
    while (this.#left === 0 && at < bytes.length) {
      this.#header[this.#known++] = bytes[at++];
      const header = headerOf(this.#header.subarray(0, this.#known));
      if (!header) continue;
      this.#known = 0;
      this.#left = header.payload;
      this.#fin = header.fin;
      this.#control = isControl(header);
      if (!this.#control) this.#open = true;
      if (this.#left === 0) {
        this.#end();
        return at;
      }
    }
    const taken = Math.min(this.#left, bytes.length - at);
    this.#left -= taken;
    if (taken > 0 && this.#left === 0) this.#end();
    return at + taken;
  }

  #end() {
    if (!this.#control && this.#fin) this.#open = false;
  }
}
