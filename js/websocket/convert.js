// What callers pass, as WebIDL converts it, and what WHATWG's WebSocket refuses of it: with the
// DOMExceptions that it names (WebSockets section 3.1).
import { utf8Bytes } from '../base/bytes.js';

/** @param {string} name @param {string} message */
const exception = (name, message) => new DOMException(message, name);

/**
 * @param {unknown} url
 * @returns {URL}
 */
export function urlOf(url) {
  const text = url instanceof URL ? url.href : String(url);
  if (!URL.canParse(text)) throw exception('SyntaxError', `the URL ${text} is not absolute`);
  const parsed = new URL(text);
  if (parsed.protocol === 'http:') parsed.protocol = 'ws:';
  if (parsed.protocol === 'https:') parsed.protocol = 'wss:';
  if (parsed.protocol !== 'ws:' && parsed.protocol !== 'wss:') {
    throw exception('SyntaxError', `the URL ${text} has a scheme other than ws and wss`);
  }
  if (parsed.href.includes('#')) {
    throw exception('SyntaxError', `the URL ${text} has a fragment, which WebSockets have not`);
  }
  return parsed;
}

/** A token (RFC 9110 section 5.6.2). */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/**
 * @param {unknown} protocols a sequence, or what becomes a string
 * @returns {string[]}
 */
export function protocolsOf(protocols) {
  if (protocols === undefined) return [];
  const isSequence =
    typeof protocols === 'object' && protocols !== null && Symbol.iterator in protocols;
  const list = isSequence
    ? Array.from(/** @type {Iterable<unknown>} */ (protocols), String)
    : [String(protocols)];
  for (const protocol of list) {
    if (!TOKEN.test(protocol)) {
      throw exception('SyntaxError', `the subprotocol ${JSON.stringify(protocol)} is no token`);
    }
  }
  // As HTTP compares them: WebSockets asks for it so.
  if (new Set(list.map((protocol) => protocol.toLowerCase())).size < list.length) {
    throw exception('SyntaxError', `a subprotocol is named twice: ${list.join(', ')}`);
  }
  return list;
}

/** Codes that an application may send (section 3.1, "close"). */
const isOwnCode = (/** @type {number} */ code) =>
  code === 1000 || (code >= 3000 && code <= 4999);

/**
 * A [Clamp] unsigned short.
 * @param {unknown} code
 */
export function codeOf(code) {
  const number = Number(code);
  const clamped = Math.min(Math.max(Number.isNaN(number) ? 0 : number, 0), 65_535);
  const floor = Math.floor(clamped);
  // Halves go to the even one.
  const up = clamped - floor > 0.5 || (clamped - floor === 0.5 && floor % 2 === 1);
  const whole = up ? floor + 1 : floor;
  if (!isOwnCode(whole)) {
    throw exception(
      'InvalidAccessError',
      `the close code ${whole} is neither 1000 nor 3000 to 4999`,
    );
  }
  return whole;
}

/** In bytes (RFC 6455 section 5.5). */
const REASON_MAX = 123;

/** @param {unknown} reason */
export function reasonOf(reason) {
  const text = String(reason).toWellFormed();
  const { length } = utf8Bytes(text);
  if (length > REASON_MAX) {
    throw exception(
      'SyntaxError',
      `the reason has ${length} bytes; it must be at most ${REASON_MAX}`,
    );
  }
  return text;
}

/**
 * What is sent, and how many bytes that is. It is copied: the caller may change it at once.
 * @param {unknown} data
 * @returns {{ payload: string | Uint8Array | Blob, size: number }}
 */
export function payloadOf(data) {
  if (data instanceof Blob) return { payload: data, size: data.size };
  if (data instanceof ArrayBuffer || ArrayBuffer.isView(data)) {
    const view = ArrayBuffer.isView(data)
      ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      : new Uint8Array(data);
    return { payload: Uint8Array.from(view), size: view.length };
  }
  const text = String(data);
  return { payload: text, size: Buffer.byteLength(text) };
}

/**
 * An ArrayBuffer with nothing else in it: memory may be that of other messages as well.
 * @param {Uint8Array} bytes
 * @returns {ArrayBuffer}
 */
export function bufferOf({ buffer, byteOffset, byteLength }) {
  return /** @type {ArrayBuffer} */ (
    byteLength === buffer.byteLength
      ? buffer
      : buffer.slice(byteOffset, byteOffset + byteLength)
  );
}
