// Bytes and strings as this platform gives them: Buffers in Node, where they are the fastest
// there is, else Uint8Arrays.
//
// Bytes are read and written by index, and all else goes through the functions here: V8's
// compiler leaves what a typed array inherits, but for `length`, to a slow look-up of 15 to 40 ns
// each time, as long as it works in the background, and users' classes may say anything.

/** Buffer, where there is one that makes strings. @type {any} */
const NodeBuffer =
  typeof (/** @type {any} */ (globalThis.Buffer)?.prototype.latin1Slice) === 'function'
    ? globalThis.Buffer
    : undefined;

/** Whether bytes are Buffers here. */
export const hasBuffers = NodeBuffer !== undefined;

const { node, deno, bun } = globalThis.process?.versions ?? {};

/**
 * Whether strings are made faster of UTF-8 than of the UTF-16 that the engine can make of it: in Bun,
 * and in Node from 24 on. Ten times as fast as Node 22 does it.
 */
export const takesUtf8 =
  hasBuffers && deno === undefined && (bun !== undefined || Number.parseInt(node, 10) >= 24);

/**
 * The class of the bytes that are given out. Buffer's own slices are made by what it names here:
 * they are Buffers, made twice as fast as by its methods.
 * @type {new (buffer: ArrayBufferLike, offset: number, length: number) => Uint8Array<ArrayBuffer>}
 */
export const OwnBytes = NodeBuffer?.[Symbol.species] ?? Uint8Array;

const TypedArray = Object.getPrototypeOf(Uint8Array.prototype);
/** @param {string} name */
const getter = (name) =>
  /** @type {() => any} */ (Object.getOwnPropertyDescriptor(TypedArray, name)?.get);
const bufferOf = getter('buffer');
const byteOffsetOf = getter('byteOffset');
const { set } = TypedArray;
/**
 * A method as a function of its object.
 * @param {Function} method
 * @returns {any}
 */
const uncurried = (method) => Function.prototype.call.bind(method);

// Written out: Firefox calls what is bound six times as slowly.

/**
 * Copies bytes into others, from `at` on.
 * @type {(into: Uint8Array, bytes: Uint8Array, at: number) => void}
 */
export const put = (into, bytes, at) => set.call(into, bytes, at);

/**
 * The memory that bytes lie in, and where in it.
 * @type {(bytes: Uint8Array) => ArrayBuffer}
 */
export const memoryOf = (bytes) => bufferOf.call(bytes);
/** @type {(bytes: Uint8Array) => number} */
export const startOf = (bytes) => byteOffsetOf.call(bytes);

/**
 * A part of bytes, without a copy.
 * @param {Uint8Array} bytes
 * @param {number} start
 * @param {number} end
 */
export function viewOf(bytes, start, end) {
  return new OwnBytes(memoryOf(bytes), startOf(bytes) + start, end - start);
}

/**
 * All of some memory.
 * @type {(memory: ArrayBuffer) => Uint8Array<ArrayBuffer>}
 */
export const bytesOf = NodeBuffer
  ? (memory) => NodeBuffer.from(memory)
  : (memory) => new Uint8Array(memory);

/**
 * Bytes as this platform's kind, without a copy.
 * @type {(bytes: Uint8Array) => Uint8Array<ArrayBuffer>}
 */
export const ownKind = NodeBuffer
  ? (bytes) =>
      bytes instanceof NodeBuffer ? /** @type {any} */ (bytes) : viewOf(bytes, 0, bytes.length)
  : (bytes) => /** @type {Uint8Array<ArrayBuffer>} */ (bytes);

/**
 * New bytes to be overwritten in full. They share their memory with nobody, while Node's pool is the
 * whole process's, and has 64 KiB from Node 24 on, which a few bytes would keep alive.
 * @type {(length: number) => Uint8Array<ArrayBuffer>}
 */
export const allocate = NodeBuffer
  ? (length) => NodeBuffer.allocUnsafeSlow(length)
  : (length) => new Uint8Array(length);

/**
 * New memory to be overwritten in full.
 * @type {(length: number) => ArrayBuffer}
 */
export const allocateMemory = NodeBuffer
  ? (length) => memoryOf(NodeBuffer.allocUnsafeSlow(length))
  : (length) => new ArrayBuffer(length);

/**
 * @param {Uint8Array[]} pieces
 * @param {(length: number) => Uint8Array<ArrayBuffer>} [make]
 */
export function joined(pieces, make = allocate) {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  const whole = make(length);
  let at = 0;
  for (const piece of pieces) {
    put(whole, piece, at);
    at += piece.length;
  }
  return whole;
}

export const encoder = new TextEncoder();
const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
const utf16le = new TextDecoder('utf-16le', { ignoreBOM: true });

/** Up to this length text is put together of letters: browsers' decoders take twice as long. */
const SHORT_TEXT = 32;

/**
 * Bytes that are ASCII, from `start` to `end`, as text. In Firefox a call takes 40 ns and joining
 * strings as much, however few letters there are: so sixteen at a time.
 * @param {Uint8Array} bytes
 * @param {number} start
 * @param {number} end
 */
function shortAscii(bytes, start, end) {
  const { fromCharCode } = String;
  let text = '';
  let i = start;
  for (; i + 16 <= end; i += 16) {
    text += fromCharCode(
      bytes[i],
      bytes[i + 1],
      bytes[i + 2],
      bytes[i + 3],
      bytes[i + 4],
      bytes[i + 5],
      bytes[i + 6],
      bytes[i + 7],
      bytes[i + 8],
      bytes[i + 9],
      bytes[i + 10],
      bytes[i + 11],
      bytes[i + 12],
      bytes[i + 13],
      bytes[i + 14],
      bytes[i + 15],
    );
  }
  for (; i + 4 <= end; i += 4) {
    text += fromCharCode(bytes[i], bytes[i + 1], bytes[i + 2], bytes[i + 3]);
  }
  for (; i < end; i++) text += fromCharCode(bytes[i]);
  return text;
}

/**
 * Bytes that are ASCII, from `start` to `end`, as text.
 * @type {(bytes: Uint8Array, start: number, end: number) => string}
 */
export const asciiText = NodeBuffer
  ? uncurried(NodeBuffer.prototype.latin1Slice)
  : (bytes, start, end) =>
      end - start > SHORT_TEXT
        ? utf8.decode(bytes.subarray(start, end))
        : shortAscii(bytes, start, end);

/**
 * Bytes that are UTF-16, little-endian, as text.
 * @type {(bytes: Uint8Array, start: number, end: number) => string}
 */
export const utf16Text = NodeBuffer
  ? uncurried(NodeBuffer.prototype.ucs2Slice)
  : (bytes, start, end) => utf16le.decode(bytes.subarray(start, end));

/**
 * Bytes that are known to be UTF-8, from `start` to `end`, as text.
 * @type {(bytes: Uint8Array, start: number, end: number) => string}
 */
export const utf8Part = NodeBuffer
  ? uncurried(NodeBuffer.prototype.utf8Slice)
  : (bytes, start, end) => utf8.decode(bytes.subarray(start, end));

/**
 * UTF-8 that is known to be right.
 * @param {Uint8Array} bytes
 */
export const utf8Text = (bytes) => utf8Part(bytes, 0, bytes.length);

/**
 * A string's UTF-8; lone surrogates become U+FFFD.
 * @type {(text: string) => Uint8Array<ArrayBuffer>}
 */
export const utf8Bytes = NodeBuffer
  ? (text) => {
      const bytes = encoder.encode(text);
      return viewOf(bytes, 0, bytes.length);
    }
  : (text) => encoder.encode(text);

/**
 * The length of a string's UTF-8.
 * @type {(text: string) => number}
 */
export const utf8Length = NodeBuffer
  ? (text) => NodeBuffer.byteLength(text, 'utf8')
  : (text) => encoder.encode(text).length;
