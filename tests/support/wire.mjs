// A second, plain implementation of the wire format to test against, and what random tests
// share.

/**
 * @typedef {object} WireFrame
 * @property {number} [opcode] default 1
 * @property {string | Uint8Array} [payload] default none
 * @property {boolean} [fin] default true
 * @property {number} [rsv] RSV1-3 as 4, 2 and 1
 * @property {Uint8Array | undefined} [key] default: not masked
 */

/**
 * The bytes of a frame.
 * @param {WireFrame} frame
 * @returns {Buffer}
 */
export function frame({ opcode = 1, payload = '', fin = true, rsv = 0, key }) {
  const body = Buffer.from(payload);
  const { length } = body;
  const extra = length < 126 ? 0 : length < 65_536 ? 2 : 8;
  const header = Buffer.alloc(2 + extra);
  header[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
  header[1] = (key ? 0x80 : 0) | (extra === 0 ? length : extra === 2 ? 126 : 127);
  if (extra === 2) header.writeUInt16BE(length, 2);
  if (extra === 8) header.writeBigUInt64BE(BigInt(length), 2);
  return key ? Buffer.concat([header, key, xor(body, key)]) : Buffer.concat([header, body]);
}

/**
 * @param {Uint8Array} bytes
 * @param {Uint8Array} key
 */
export function xor(bytes, key) {
  return Buffer.from(bytes.map((byte, index) => byte ^ key[index & 3]));
}

/**
 * Reads whole frames.
 * @param {Uint8Array} bytes
 */
export function parse(bytes) {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const frames = [];
  for (let at = 0; at < buffer.length; ) {
    const [b0, b1] = buffer.subarray(at, at + 2);
    let length = b1 & 127;
    at += 2;
    if (length === 126) {
      length = buffer.readUInt16BE(at);
      at += 2;
      if (length < 126) throw new Error('length is not minimal');
    } else if (length === 127) {
      length = Number(buffer.readBigUInt64BE(at));
      at += 8;
      if (length < 65_536) throw new Error('length is not minimal');
    }
    const masked = b1 >= 128;
    const key = buffer.subarray(at, at + (masked ? 4 : 0));
    at += key.length;
    const body = buffer.subarray(at, at + length);
    if (body.length < length) throw new Error('incomplete frame');
    at += length;
    const payload = masked ? xor(body, key) : body;
    const fin = b0 >= 128;
    frames.push({ fin, rsv: (b0 >> 4) & 7, opcode: b0 & 15, masked, key, payload });
  }
  return frames;
}

/**
 * A small random number generator that gives the same every time.
 * @param {number} seed
 */
export function random(seed) {
  let state = seed >>> 0;
  // mulberry32
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (/** @type {number} */ n) => Math.floor(next() * n);
  /** @type {<T>(list: ArrayLike<T>) => T} */
  const pick = (list) => list[below(list.length)];
  const bytes = (/** @type {number} */ length) => {
    const all = Buffer.alloc(length);
    for (let i = 0; i < length; i++) all[i] = below(256);
    return all;
  };
  /** @type {() => Buffer} */
  const key = () => bytes(4);
  return { below, pick, bytes, key };
}

/**
 * What an event says, comparable by deepEqual.
 * @param {import('ws4wasm').StreamEvent} event
 */
export function plain(event) {
  switch (event.type) {
    case 'text':
      return { type: event.type, data: event.data };
    case 'binary':
    case 'ping':
    case 'pong':
      return { type: event.type, hex: hex(event.data) };
    case 'close':
      return { type: event.type, code: event.code, reason: event.reason };
    case 'error':
      return { type: event.type, name: event.error.name, code: event.error.code };
    case 'fragment': {
      const data = event.kind === 'text' ? event.data : hex(event.data);
      return { type: event.type, kind: event.kind, data, first: event.first, last: event.last };
    }
    case 'frame': {
      const { maskingKey, ...rest } = event;
      return { ...rest, key: maskingKey && hex(maskingKey) };
    }
  }
}

/** @param {Uint8Array} bytes */
export function hex(bytes) {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}

/**
 * Cuts bytes into pieces of these lengths, over and over.
 * @param {Uint8Array} bytes
 * @param {number[]} lengths
 */
export function* cut(bytes, lengths) {
  for (let at = 0, n = 0; at < bytes.length; n++) {
    const end = at + lengths[n % lengths.length];
    yield bytes.subarray(at, end);
    at = end;
  }
}

/**
 * All events of a stream for these inputs.
 * @param {import('ws4wasm').Stream} stream
 * @param {Iterable<Uint8Array>} inputs
 */
export function receiveAll(stream, inputs) {
  /** @type {import('ws4wasm').StreamEvent[]} */
  const events = [];
  for (const input of inputs) {
    for (const event of stream.receive(input)) events.push(event);
  }
  return events;
}
