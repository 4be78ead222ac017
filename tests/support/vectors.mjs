// The byte vectors of tests/vectors, ready to run. Their format:
// - `bytes` is hex, or a list of hex and of { hex, repeat };
// - `events` is what they must give: `data` of a text like `bytes` but with { text, repeat },
//   `hex` of the others; `repeat` stands for a number of the same;
// - `role` is that of the receiving stream; `rfc` the section of RFC 6455, `source` where bytes
//   come from that another program has made, or another RFC;
// - those in deflate.json have `deflate`, when it is more than `true`;
// - `incomplete` says that the bytes end inside a frame or a message.
import { readdirSync, readFileSync } from 'node:fs';

/**
 * @typedef {string | (string | { hex?: string, text?: string, repeat: number })[]} Pieces
 * @typedef {{
 *   type: 'text' | 'binary' | 'close' | 'ping' | 'pong' | 'error',
 *   data?: Pieces, hex?: Pieces, code?: number, reason?: string,
 *   class?: string, rule?: string, index?: number, repeat?: number,
 * }} Written
 * @typedef {{
 *   name: string, rfc?: string, source?: string, role: 'server' | 'client', options?: Limits,
 *   deflate?: import('ws4wasm').DeflateOptions,
 *   incomplete?: boolean, bytes: Pieces, events: Written[],
 * }} WrittenVector
 * @typedef {{
 *   maxFrameSize?: number, maxMessageSize?: number, maxFragments?: number,
 *   deflate?: boolean | import('ws4wasm').DeflateOptions,
 * }} Limits
 *
 * @typedef {(
 *   | { type: 'text', data: string }
 *   | { type: 'binary' | 'ping' | 'pong', hex: string }
 *   | { type: 'close', code: number, reason: string }
 *   | { type: 'error', class: string, code: number, index: number | undefined }
 * )} Expected
 * @typedef {{
 *   name: string, role: 'server' | 'client', options: Limits, incomplete: boolean,
 *   bytes: Uint8Array, events: Expected[], closed: boolean,
 * }} Vector
 */

const folder = new URL('../vectors/', import.meta.url);

/** @param {Pieces | undefined} pieces */
function join(pieces = '') {
  if (typeof pieces === 'string') return pieces;
  return pieces
    .map((piece) =>
      typeof piece === 'string' ? piece : (piece.hex ?? piece.text ?? '').repeat(piece.repeat),
    )
    .join('');
}

/**
 * @param {Written} written
 * @returns {Expected}
 */
function expectedOf(written) {
  const { type, code = 0, reason = '' } = written;
  if (type === 'text') return { type, data: join(written.data) };
  if (type === 'close') return { type, code, reason };
  if (type === 'error') return { type, class: written.class ?? '', code, index: written.index };
  return { type, hex: join(written.hex) };
}

/**
 * @param {WrittenVector} written
 * @param {Limits} more options
 * @returns {Vector}
 */
function vectorOf(written, more) {
  const { name, role, incomplete = false, bytes, events } = written;
  const options = { ...more, ...written.options };
  const expected = events.flatMap((event) => Array(event.repeat ?? 1).fill(expectedOf(event)));
  const closed = ['close', 'error'].includes(expected.at(-1)?.type);
  const octets = new Uint8Array(Buffer.from(join(bytes), 'hex'));
  return { name, role, options, incomplete, bytes: octets, events: expected, closed };
}

/**
 * All vectors, by theme.
 * @returns {Map<string, Vector[]>}
 */
export function loadVectors() {
  const themes = new Map();
  for (const file of readdirSync(folder).sort()) {
    /** @type {WrittenVector[]} */
    const written = JSON.parse(readFileSync(new URL(file, folder), 'utf8'));
    const theme = file.replace('.json', '');
    const vectors = written.map((vector) =>
      vectorOf(vector, theme === 'deflate' ? { deflate: vector.deflate ?? true } : {}),
    );
    themes.set(theme, vectors);
  }
  return themes;
}

/** One more frame: the text `next`, masked as the receiving role expects. */
export const next = {
  /** @type {Expected} */
  event: { type: 'text', data: 'next' },
  server: Uint8Array.of(0x81, 0x84, 0, 0, 0, 0, 0x6e, 0x65, 0x78, 0x74),
  client: Uint8Array.of(0x81, 0x04, 0x6e, 0x65, 0x78, 0x74),
};

/** Longer vectors are not cut at every byte. */
const LONG = 2048;

/**
 * Where to cut in two: everywhere, or around the frames and at some places between.
 * @param {Uint8Array} bytes
 * @param {number} most how many places in a long one
 * @returns {number[]}
 */
export function cuts(bytes, most) {
  const { length } = bytes;
  if (length <= LONG) return Array.from({ length: length + 1 }, (_, at) => at);
  let seed = length;
  const random = (/** @type {number} */ below) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  /** @type {Set<number>} */
  const near = new Set();
  for (const { offset } of walk(bytes)) {
    for (let at = offset - 20; at <= offset + 20; at++) near.add(at);
  }
  for (let at = length - 20; at <= length; at++) near.add(at);
  const places = [...near].filter((at) => at >= 0 && at <= length);
  while (places.length > most) places.splice(random(places.length), 1);
  for (let i = 0; i < most / 3; i++) places.push(random(length));
  return places;
}

/**
 * The bytes in chunks of `size`.
 * @param {Uint8Array} bytes
 * @param {number} size
 * @returns {Uint8Array[]}
 */
export function chunks(bytes, size) {
  const out = [];
  for (let at = 0; at < bytes.length; at += size) out.push(bytes.subarray(at, at + size));
  return out;
}

/**
 * Every frame whose header is complete, judged by nobody.
 * @param {Uint8Array} bytes
 */
export function* walk(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let offset = 0;
  while (offset + 2 <= bytes.length) {
    const short = bytes[offset + 1] & 127;
    const masked = bytes[offset + 1] > 127;
    const size = short === 126 ? 2 : short === 127 ? 8 : 0;
    const headerLength = 2 + size + (masked ? 4 : 0);
    if (offset + headerLength > bytes.length) return;
    let length = BigInt(short);
    if (size === 2) length = BigInt(view.getUint16(offset + 2));
    if (size === 8) length = view.getBigUint64(offset + 2);
    yield {
      offset,
      headerLength,
      fin: bytes[offset] > 127,
      rsv1: (bytes[offset] & 64) > 0,
      rsv2: (bytes[offset] & 32) > 0,
      rsv3: (bytes[offset] & 16) > 0,
      opcode: bytes[offset] & 15,
      masked,
      maskingKey: masked
        ? bytes.slice(offset + headerLength - 4, offset + headerLength)
        : undefined,
      payloadLength: Number(length),
    };
    offset += headerLength + Math.min(Number(length), bytes.length);
  }
}
