// The opening handshake without any I/O: bytes in, the reply's bytes out.
import * as check from './arguments.js';
import { ownKind, wasm } from './engine.js';
import { HandshakeError } from './exceptions.js';

const DEFAULT_MAX_HEADER_SIZE = 16 * 1024;
const DEFAULT_MAX_HEADERS = 100;
const MAX_U32 = 0xffff_ffff;

/** @param {string} key */
export function acceptKey(key) {
  return wasm.acceptKey(check.string(key, 'key'));
}

/**
 * The request as users see it. `Headers` looks names up in any case and has no prototype
 * that a peer's header name could reach.
 * @param {{ method: string, url: string, headers: [string, string][], protocols: string[] }} raw
 */
function requestOf({ method, url, headers, protocols }) {
  return { method, url, headers: new Headers(headers), protocols };
}

/**
 * Header pairs from a Headers, an iterable of pairs, or a plain object.
 * @param {unknown} headers
 * @returns {[string, string][]}
 */
export function headerPairs(headers) {
  if (headers === undefined) return [];
  const object = check.options(headers, 'headers');
  const entries = Symbol.iterator in object ? /** @type {Iterable<[string, string]>} */ (/** @type {unknown} */ (object)) : Object.entries(object);
  return Array.from(entries, ([name, value]) => [check.string(name, 'header name'), check.string(value, `header ${name}`)]);
}

/**
 * Runs a call of the engine that throws a string for what may not be sent.
 * @template T
 * @param {() => T} call
 */
export function argumentErrors(call) {
  try {
    return call();
  } catch (error) {
    throw typeof error === 'string' ? new RangeError(error) : error;
  }
}

export class ServerHandshake {
  /** @type {import('../pkg/ws4wasm.js').RawServerHandshake | undefined} */
  #raw;
  #selectProtocol;
  #headers;
  /** @type {any} */
  #outcome;

  /** @param {import('./index.js').ServerHandshakeOptions} [options] */
  constructor(options) {
    const given = check.options(options);
    const { protocols, selectProtocol, headers } = given;
    const { maxHeaderSize = DEFAULT_MAX_HEADER_SIZE, maxHeaders = DEFAULT_MAX_HEADERS } = given;
    this.#selectProtocol = protocolChooser(protocols, selectProtocol);
    this.#headers = headerPairs(headers);
    this.#raw = new wasm.RawServerHandshake(
      check.integer(maxHeaderSize, 'maxHeaderSize', 16, MAX_U32),
      check.integer(maxHeaders, 'maxHeaders', 1, 10_000),
    );
  }

  /**
   * @param {Uint8Array | ArrayBuffer} bytes
   * @returns {import('./index.js').ServerHandshakeResult | undefined}
   */
  receive(bytes) {
    const chunk = check.bytes(bytes, 'bytes');
    const raw = this.#raw;
    if (!raw) throw new TypeError('the handshake is over; further bytes belong to the stream');
    let request;
    try {
      const received = raw.receive(chunk);
      if (received === undefined) return undefined;
      request = requestOf(received);
    } catch (refusal) {
      this.free();
      throw handshakeError(refusal);
    }
    try {
      const protocol = this.#selectProtocol(request.protocols, request);
      const reply = argumentErrors(() => raw.accept(protocol, this.#headers.flat(), undefined));
      return { request, reply: ownKind(reply), protocol, extensions: [], rest: ownKind(raw.rest()) };
    } finally {
      this.free();
    }
  }

  free() {
    this.#raw?.free();
    this.#raw = undefined;
  }

  [Symbol.dispose]() {
    this.free();
  }
}

/**
 * @param {any} refusal as the engine throws it
 */
function handshakeError(refusal) {
  if (typeof refusal?.status !== 'number') return refusal;
  const { status, message, reply, request } = refusal;
  return new HandshakeError(message, {
    status,
    reply: ownKind(reply),
    request: request && requestOf(request),
  });
}

/**
 * @param {unknown} protocols
 * @param {unknown} selectProtocol
 * @returns {(offered: string[], request: object) => string | undefined}
 */
function protocolChooser(protocols, selectProtocol) {
  if (selectProtocol !== undefined) {
    if (typeof selectProtocol !== 'function') throw check.wrongType('selectProtocol', selectProtocol, 'a function');
    return (offered, request) => {
      const chosen = selectProtocol(offered, request);
      return chosen === undefined || chosen === null || chosen === false ? undefined : check.string(chosen, "selectProtocol's result");
    };
  }
  if (protocols === undefined) return () => undefined;
  if (!Array.isArray(protocols)) throw check.wrongType('protocols', protocols, 'an array of strings');
  const supported = protocols.map((name) => check.string(name, 'protocols'));
  return (offered) => wasm.selectProtocol(offered, supported);
}
