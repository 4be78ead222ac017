// The opening handshake without any I/O: bytes in, the reply's bytes out.
import { DEFAULT_MAX_HEADER_SIZE, DEFAULT_MAX_HEADERS } from '../../pkg/contract.js';
import * as check from '../base/arguments.js';
import { ownKind, utf8Bytes } from '../base/bytes.js';
import { HandshakeError } from '../base/exceptions.js';
import { judged } from '../base/options.js';
import { create, current, refresh, trapped, wasm } from '../engine/instance.js';
import { deflateOption, deflateParameters } from './deflate.js';
import { headersOf, pairsIn, Request } from './request.js';

const MAX_U32 = 0xffff_ffff;

/** Limits of the other side's head. */
const HEAD = {
  maxHeaderSize: (/** @type {unknown} */ value, /** @type {string} */ name) =>
    check.integer(value, name, 16, MAX_U32),
  maxHeaders: (/** @type {unknown} */ value, /** @type {string} */ name) =>
    check.integer(value, name, 1, 10_000),
};

/**
 * Of `ServerHandshake`.
 * @type {import('../base/options.js').Shape}
 */
export const SERVER_HANDSHAKE = {
  protocols: stringList,
  selectProtocol: check.callable,
  deflate: deflateOption,
  // Pairs may be of the kind that can be read once only: they are judged when they are.
  headers: check.options,
  ...HEAD,
};

/**
 * Of `ClientHandshake`.
 * @type {import('../base/options.js').Shape}
 */
export const CLIENT_HANDSHAKE = {
  protocols: protocolList,
  deflate: deflateOption,
  headers: check.options,
  ...HEAD,
};

/** @param {string} key */
export function acceptKey(key) {
  refresh();
  return wasm.acceptKey(check.string(key, 'key'));
}

/**
 * Header pairs from a Headers, an iterable of pairs, or a plain object.
 * @param {unknown} headers
 * @returns {[string, string][]}
 */
export function headerPairs(headers) {
  if (headers === undefined) return [];
  const object = check.options(headers, 'headers');
  const entries =
    Symbol.iterator in object
      ? /** @type {Iterable<[string, string]>} */ (/** @type {unknown} */ (object))
      : Object.entries(object);
  return Array.from(entries, ([name, value]) => [
    check.string(name, 'header name'),
    check.string(value, `header ${name}`),
  ]);
}

/**
 * Runs a call of the engine that throws a string for what may not be sent.
 * @template T
 * @param {() => T} call
 */
function argumentErrors(call) {
  try {
    return call();
  } catch (error) {
    throw typeof error === 'string' ? new RangeError(error) : trapped(error);
  }
}

export class ServerHandshake {
  /** The engine that it is in. */
  #engine;
  #selectProtocol;
  #headers;
  #deflate;

  /** @param {import('../index.js').ServerHandshakeOptions} [options] */
  constructor(options) {
    const given = judged(options, SERVER_HANDSHAKE, 'ServerHandshake');
    this.#selectProtocol = protocolChooser(given);
    const { headers } = given;
    this.#headers = headerPairs(headers);
    this.#deflate = deflateOption(given.deflate);
    const numbers = limits(given);
    this.#engine = holder(this, () => new wasm.RawServerHandshake(...numbers));
  }

  /**
   * @param {Uint8Array | ArrayBuffer} bytes
   * @returns {import('../index.js').ServerHandshakeResult | undefined}
   */
  receive(bytes) {
    const request = this.readRequest(bytes);
    return request && this.accept(request);
  }

  /**
   * @param {Uint8Array | ArrayBuffer} bytes
   * @returns {import('../index.js').HandshakeRequest | undefined}
   */
  readRequest(bytes) {
    const chunk = check.bytes(bytes, 'bytes');
    const raw = live(this, this.#engine);
    try {
      const received = raw.receive(chunk);
      return received && new Request(received);
    } catch (refusal) {
      this.free();
      throw handshakeError(refusal);
    }
  }

  /**
   * @param {import('../index.js').HandshakeRequest} request
   * @param {{ protocol?: string, headers?: import('../index.js').HandshakeHeaders }} [options]
   * @returns {import('../index.js').ServerHandshakeResult}
   */
  accept(request, options) {
    const raw = live(this, this.#engine);
    const given = check.options(options);
    try {
      const protocol =
        given.protocol === undefined
          ? this.#selectProtocol(request.protocols, request)
          : check.string(given.protocol, 'protocol');
      const headers = [...this.#headers, ...headerPairs(given.headers)].flat();
      const wanted = this.#deflate?.parameters;
      // The user's functions may have ended it.
      live(this, this.#engine);
      const reply = argumentErrors(() => raw.accept(protocol, headers, wanted));
      const extensions = raw.extensions();
      return {
        request,
        reply: ownKind(reply),
        protocol,
        extensions: extensions === undefined ? [] : [extensions],
        deflate: deflateParameters(raw.agreed()),
        rest: ownKind(raw.rest()),
      };
    } finally {
      this.free();
    }
  }

  /**
   * @param {number} status
   * @param {{ headers?: import('../index.js').HandshakeHeaders, body?: string | Uint8Array }} [options]
   * @returns {Uint8Array<ArrayBuffer>}
   */
  static reject(status, options) {
    const { headers, body = '' } = check.options(options);
    const bytes = typeof body === 'string' ? utf8Bytes(body) : check.bytes(body, 'body');
    const code = check.integer(status, 'status', 200, 599);
    refresh();
    return ownKind(
      argumentErrors(() => wasm.rejectReply(code, headerPairs(headers).flat(), bytes)),
    );
  }

  free() {
    release(this, this.#engine);
  }

  [Symbol.dispose]() {
    this.free();
  }
}

/**
 * Makes what an owner has in the engine; gives the engine, which holds it.
 * @param {object} owner
 * @param {() => any} make
 */
function holder(owner, make) {
  const raw = create(() => argumentErrors(make));
  current?.held.set(owner, raw);
  return current;
}

/**
 * @param {object} owner
 * @param {import('../engine/instance.js').Engine | undefined} engine
 */
function release(owner, engine) {
  const raw = engine?.held.get(owner);
  engine?.held.delete(owner);
  raw?.free();
}

/**
 * What an owner has in the engine, if it may still be used.
 * @param {object} owner
 * @param {import('../engine/instance.js').Engine | undefined} engine
 */
function live(owner, engine) {
  const raw = engine?.held.get(owner);
  if (raw) return raw;
  if (engine?.stopped) throw engine.stopped;
  throw new TypeError('the handshake is over; further bytes belong to the stream');
}

/**
 * @param {Record<string, unknown>} options
 * @returns {[number, number]}
 */
function limits({ maxHeaderSize = DEFAULT_MAX_HEADER_SIZE, maxHeaders = DEFAULT_MAX_HEADERS }) {
  return /** @type {[number, number]} */ ([maxHeaderSize, maxHeaders]);
}

/**
 * @param {unknown} value
 * @param {string} name
 * @returns {string[]}
 */
function stringList(value, name) {
  if (!Array.isArray(value)) throw check.wrongType(name, value, 'an array of strings');
  return value.map((one) => check.string(one, name));
}

/**
 * @param {unknown} protocols
 * @returns {string[]}
 */
function protocolList(protocols) {
  if (protocols === undefined) return [];
  return stringList(typeof protocols === 'string' ? [protocols] : protocols, 'protocols');
}

/**
 * A ws: or wss: URL; http: and https: stand for them (WHATWG).
 * @param {unknown} url
 */
export function webSocketUrl(url) {
  const text = url instanceof URL ? url.href : check.string(url, 'url');
  if (!URL.canParse(text)) throw check.outOfRange('url', text, 'an absolute ws: or wss: URL');
  const parsed = new URL(text);
  if (parsed.protocol === 'http:') parsed.protocol = 'ws:';
  if (parsed.protocol === 'https:') parsed.protocol = 'wss:';
  if (parsed.protocol !== 'ws:' && parsed.protocol !== 'wss:') {
    throw check.outOfRange('url', text, 'a ws: or wss: URL');
  }
  // RFC 6455 section 3: fragments must not be used.
  if (parsed.hash) throw check.outOfRange('url', text, 'without a fragment');
  return parsed;
}

export class ClientHandshake {
  /** The engine that it is in. */
  #engine;

  /**
   * @param {string | URL} url
   * @param {import('../index.js').ClientHandshakeOptions} [options]
   */
  constructor(url, options) {
    const given = judged(options, CLIENT_HANDSHAKE, 'ClientHandshake');
    const { host, pathname, search, username, password } = webSocketUrl(url);
    const headers = headerPairs(given.headers);
    const named = headers.some(([name]) => name.toLowerCase() === 'authorization');
    if ((username || password) && !named)
      headers.push(['Authorization', basic(username, password)]);
    const protocols = protocolList(given.protocols);
    const numbers = limits(given);
    const wanted = deflateOption(given.deflate)?.parameters;
    this.#engine = holder(
      this,
      () =>
        new wasm.RawClientHandshake(
          host,
          pathname + search,
          protocols,
          headers.flat(),
          ...numbers,
          wanted,
        ),
    );
    /** The bytes to send first. */
    this.request = ownKind(argumentErrors(() => live(this, this.#engine).request()));
  }

  /**
   * @param {Uint8Array | ArrayBuffer} bytes
   * @returns {import('../index.js').ClientHandshakeResult | undefined}
   */
  receive(bytes) {
    const chunk = check.bytes(bytes, 'bytes');
    const raw = live(this, this.#engine);
    try {
      const received = raw.receive(chunk);
      if (received === undefined) return undefined;
      const { status, headers, protocol, extensions } = received;
      const response = { status, headers: headersOf(pairsIn(headers)) };
      const rest = ownKind(raw.rest());
      this.free();
      return {
        response,
        protocol: protocol ?? undefined,
        extensions: extensions ? [extensions] : [],
        deflate: deflateParameters(received.deflate),
        rest,
      };
    } catch (refusal) {
      if (refusal instanceof Error) throw trapped(refusal);
      const rest = ownKind(raw.rest());
      this.free();
      throw handshakeError(refusal, rest);
    }
  }

  free() {
    release(this, this.#engine);
  }

  [Symbol.dispose]() {
    this.free();
  }
}

/**
 * Credentials of a URL (RFC 7617).
 * @param {string} username
 * @param {string} password
 */
function basic(username, password) {
  let credentials;
  try {
    credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  } catch {
    // They are secret, so the message does not show them.
    throw new RangeError('url has credentials that are not percent-encoded UTF-8');
  }
  const bytes = utf8Bytes(credentials);
  return `Basic ${btoa(String.fromCharCode(...bytes))}`;
}

/**
 * @param {any} refusal as the engine throws it
 * @param {Uint8Array} [body] what came of a response's body
 */
function handshakeError(refusal, body) {
  if (typeof refusal?.status !== 'number') return trapped(refusal);
  const { status, message, reply, request, response } = refusal;
  return new HandshakeError(message, {
    status,
    reply: reply && ownKind(reply),
    request: request && new Request(request),
    response: response && {
      status: response.status,
      headers: headersOf(pairsIn(response.headers)),
      body,
    },
  });
}

/**
 * @param {any} options
 * @returns {(offered: string[], request: object) => string | undefined}
 */
function protocolChooser({ protocols = [], selectProtocol }) {
  const supported = [...protocols];
  if (!selectProtocol) return (offered) => wasm.selectProtocol(offered, supported);
  return (offered, request) => {
    const chosen = selectProtocol(offered, request);
    return chosen === undefined || chosen === null || chosen === false
      ? undefined
      : check.string(chosen, "selectProtocol's result");
  };
}
