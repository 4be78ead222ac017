// Checks of what users pass in. Each error names the argument, the value, and what is allowed.
import { allocate, memoryOf, put } from './bytes.js';

/**
 * A short, safe picture of a value for an error message.
 * @param {unknown} value
 */
function show(value) {
  if (typeof value === 'string')
    return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'symbol') return value.toString();
  if (typeof value !== 'object' || value === null) return String(value);
  return Array.isArray(value)
    ? 'an array'
    : `a ${value.constructor?.name ?? 'null-prototype object'}`;
}

/**
 * @param {string} name
 * @param {unknown} value
 * @param {string} allowed
 */
export function wrongType(name, value, allowed) {
  return new TypeError(`${name} is ${show(value)}; it must be ${allowed}`);
}

/**
 * @param {string} name
 * @param {unknown} value
 * @param {string} allowed
 */
export function outOfRange(name, value, allowed) {
  return new RangeError(`${name} is ${show(value)}; it must be ${allowed}`);
}

// What a value is, whatever its realm and whatever it says about itself.
const kindOfView = /** @type {(this: unknown) => string | undefined} */ (
  Object.getOwnPropertyDescriptor(
    Object.getPrototypeOf(Uint8Array.prototype),
    Symbol.toStringTag,
  )?.get
);
const lengthOfView = /** @type {(this: unknown) => number} */ (
  Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), 'length')?.get
);
const sizeOfBuffer = /** @type {(this: unknown) => number} */ (
  Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'byteLength')?.get
);

/**
 * Whether a value is what `bytes` takes.
 * @param {unknown} value
 * @returns {value is Uint8Array | ArrayBuffer}
 */
export function isBytes(value) {
  return (
    value instanceof Uint8Array ||
    isArrayBuffer(value) ||
    (ArrayBuffer.isView(value) && kindOfView.call(value) === 'Uint8Array')
  );
}

/**
 * A time in milliseconds, or undefined or 0 for none.
 * @param {unknown} value
 * @param {string} name
 * @returns {number | undefined}
 */
export function delay(value, name) {
  return value === undefined ? undefined : integer(value, name, 0, MAX_DELAY) || undefined;
}

/** The longest delay that timers can do, in milliseconds. */
export const MAX_DELAY = 2 ** 31 - 1;

/**
 * Bytes as a Uint8Array that can be read now.
 * @param {unknown} value
 * @param {string} name
 * @returns {Uint8Array}
 */
export function bytes(value, name) {
  return isPlain(value) ? value : bytesOfAnyKind(value, name);
}

/**
 * Whether a value is what most are: bytes of this realm whose length is what it says.
 * @param {any} value
 * @returns {value is Uint8Array}
 */
export function isPlain(value) {
  if (!(value instanceof Uint8Array) || kindOfView.call(value) !== 'Uint8Array') return false;
  const length = lengthOfView.call(value);
  return length > 0 && length === value.length;
}

/**
 * @param {unknown} value
 * @param {string} name
 */
function bytesOfAnyKind(value, name) {
  if (value instanceof Uint8Array) {
    // What a class or an object says about its length is nothing to rely on, and what only
    // looks like bytes has none.
    const length = trueLength(value);
    if (length === 0 && isDetached(value)) {
      throw new TypeError(`${name} is detached: its memory was transferred to somebody else`);
    }
    if (length >= 0) {
      const honest = length === value.length;
      return honest ? value : new Uint8Array(value.buffer, value.byteOffset, length);
    }
  }
  if (isArrayBuffer(value)) return new Uint8Array(value);
  // A Uint8Array of another realm, such as a frame's or a vm context's.
  if (ArrayBuffer.isView(value) && kindOfView.call(value) === 'Uint8Array') {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  throw wrongType(name, value, 'a Uint8Array or an ArrayBuffer');
}

/**
 * Whether a value has bytes that can be sent: any view, any buffer.
 * @param {unknown} value
 */
export function isBinary(value) {
  return ArrayBuffer.isView(value) || isArrayBuffer(value) || isShared(value);
}

/**
 * The bytes of any view or buffer. What somebody else can change or resize meanwhile is copied.
 * @param {unknown} value
 * @param {string} name
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function binary(value, name) {
  if (isPlain(value)) {
    /** @type {any} */
    const memory = memoryOf(value);
    if (memory instanceof ArrayBuffer && !(/** @type {any} */ (memory).resizable)) {
      return /** @type {any} */ (value);
    }
  }
  return binaryOfAnyKind(value, name);
}

/**
 * @param {unknown} value
 * @param {string} name
 * @returns {Uint8Array<ArrayBuffer>}
 */
function binaryOfAnyKind(value, name) {
  const view =
    value instanceof Uint8Array || isArrayBuffer(value)
      ? bytes(value, name)
      : viewed(value, name);
  const own = unshared(view);
  return /** @type {any} */ (own.buffer).resizable === true ? new Uint8Array(own) : own;
}

/**
 * The same bytes, or a copy of them where others of a SharedArrayBuffer could change them.
 * @param {Uint8Array} view
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function unshared(view) {
  const memory = memoryOf(view);
  // The usual kind is told first: asking the others throws, which takes longer than all else.
  if (memory instanceof ArrayBuffer || isArrayBuffer(memory)) return /** @type {any} */ (view);
  const own = allocate(view.length);
  put(own, view, 0);
  return own;
}

/**
 * @param {any} value
 * @param {string} name
 */
function viewed(value, name) {
  if (isShared(value)) return new Uint8Array(/** @type {any} */ (value));
  if (!ArrayBuffer.isView(value)) throw wrongType(name, value, 'bytes');
  try {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  } catch {
    throw new TypeError(`${name} is detached: its memory was transferred to somebody else`);
  }
}

/** There is none on pages that are not isolated. */
const sizeOfShared = /** @type {((this: unknown) => number) | undefined} */ (
  typeof SharedArrayBuffer === 'function'
    ? Object.getOwnPropertyDescriptor(SharedArrayBuffer.prototype, 'byteLength')?.get
    : undefined
);

/** @param {unknown} value */
function isShared(value) {
  if (typeof value !== 'object' || value === null || !sizeOfShared) return false;
  // The usual kind is not asked, because its answer is an error, which costs microseconds.
  if (value instanceof ArrayBuffer) return false;
  try {
    sizeOfShared.call(value);
    return true;
  } catch {
    return false;
  }
}

/** @param {Uint8Array} value that has no length */
function isDetached({ buffer }) {
  try {
    new Uint8Array(buffer);
    return false;
  } catch {
    return true;
  }
}

/** @param {Uint8Array} value */
function trueLength(value) {
  try {
    return lengthOfView.call(value);
  } catch {
    return -1;
  }
}

/**
 * @param {unknown} value
 * @returns {value is ArrayBuffer}
 */
function isArrayBuffer(value) {
  if (typeof value !== 'object' || value === null) return false;
  try {
    sizeOfBuffer.call(value);
    return true;
  } catch {
    return false;
  }
}

/**
 * @param {unknown} value
 * @param {string} name
 * @returns {boolean}
 */
export function flag(value, name) {
  if (typeof value !== 'boolean') throw wrongType(name, value, 'true or false');
  return value;
}

/**
 * @param {unknown} value
 * @param {string} name
 * @returns {string}
 */
export function string(value, name) {
  if (typeof value !== 'string') throw wrongType(name, value, 'a string');
  return value;
}

/**
 * @param {unknown} value
 * @param {string} name
 * @returns {Function}
 */
export function callable(value, name) {
  if (typeof value !== 'function') throw wrongType(name, value, 'a function');
  return value;
}

/**
 * An integer from `min` to `max`.
 * @param {unknown} value
 * @param {string} name
 * @param {number} min
 * @param {number} max
 * @returns {number}
 */
export function integer(value, name, min, max) {
  const allowed = `an integer from ${min} to ${max}`;
  if (typeof value !== 'number') throw wrongType(name, value, allowed);
  if (!Number.isInteger(value) || value < min || value > max)
    throw outOfRange(name, value, allowed);
  return value;
}

/**
 * A limit: an integer from `min`, or Infinity for none.
 * @param {unknown} value
 * @param {string} name
 * @param {number} min
 * @returns {number}
 */
export function limit(value, name, min) {
  const allowed = `an integer from ${min}, or Infinity`;
  if (typeof value !== 'number') throw wrongType(name, value, allowed);
  if (value !== Infinity && (!Number.isSafeInteger(value) || value < min)) {
    throw outOfRange(name, value, allowed);
  }
  return value;
}

/**
 * @param {unknown} value
 * @param {string} name
 * @returns {Record<string, unknown>}
 */
export function options(value, name = 'options') {
  if (value === undefined) return {};
  if (typeof value !== 'object' || value === null) throw wrongType(name, value, 'an object');
  return /** @type {Record<string, unknown>} */ (value);
}
