// The opening handshake without any I/O: bytes in, the reply's bytes out.
import { DEFAULT_MAX_HEADER_SIZE, DEFAULT_MAX_HEADERS } from '../../pkg/contract.js';
import * as check from '../base/arguments.js';
import { ownKind, utf8Bytes } from '../base/bytes.js';
import { HandshakeError } from '../base/exceptions.js';
import { create, current, refresh, trapped, wasm } from '../engine/instance.js';
import { deflateOption, deflateParameters } from './deflate.js';

const MAX_U32 = 0xffff_ffff;

/** @param {string} key */
export function acceptKey(key) {
  refresh();
  return wasm.acceptKey(check.string(key, 'key'));
}

/**
 * The request as users see it. `Headers` looks names up in any case and has no prototype
 * that a peer's header name could reach. A connection keeps its request, and most never look
 * at the headers again: one string holds them until somebody does.
 */
class Request {
  /** A line for each header; no value has a line feed in it. */
  #lines;
  /** @type {Headers | undefined} */
  #headers;

  /** @param {{ method: string, url: string, headers: [string, string][], protocols: string[] }} raw */
  constructor({ method, url, headers, protocols }) {
    this.method = method;
    this.url = url;
    this.protocols = protocols;
    this.#lines = headers.map((pair) => pair.join(':')).join('\n');
  }

  get headers() {
    this.#headers ??= headersOf(this.#lines);
    return this.#headers;
  }

  toJSON() {
    const { method, url, headers, protocols } = this;
    return { method, url, headers: Object.fromEntries(headers), protocols };
  }

  [Symbol.for('nodejs.util.inspect.custom')](
    /** @type {number} */ _depth,
    /** @type {object} */ options,
    /** @type {(value: unknown, options: object) => string} */ inspect,
  ) {
    return inspect(this.toJSON(), options);
  }
}

/** @param {string} lines */
function headersOf(lines) {
  const headers = new Headers();
  for (const line of lines ? lines.split('\n') : []) {
    const colon = line.indexOf(':');
    headers.append(line.slice(0, colon), line.slice(colon + 1));
  }
  return headers;
}

/**
 * Header pairs from a Headers, an iterable of pairs, or a plain object.
 * @param {unknown} headers
 * @returns {[string, string][]}
 */
function headerPairs(headers) {
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
  /** @type {import('../../pkg/glue.js').RawServerHandshake | undefined} */
  #raw;
  /** The engine that it is in. */
  #engine;
  #selectProtocol;
  #headers;
  #deflate;

  /** @param {import('../index.js').ServerHandshakeOptions} [options] */
  constructor(options) {
    const given = check.options(options);
    const { protocols, selectProtocol, headers } = given;
    this.#selectProtocol = protocolChooser(protocols, selectProtocol);
    this.#headers = headerPairs(headers);
    this.#deflate = deflateOption(given.deflate);
    const numbers = limits(given);
    this.#raw = create(() => argumentErrors(() => new wasm.RawServerHandshake(...numbers)));
    this.#engine = current;
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
    const raw = live(this.#raw, this.#engine);
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
    const raw = live(this.#raw, this.#engine);
    const given = check.options(options);
    try {
      const protocol =
        given.protocol === undefined
          ? this.#selectProtocol(request.protocols, request)
          : check.string(given.protocol, 'protocol');
      const headers = [...this.#headers, ...headerPairs(given.headers)].flat();
      const wanted = this.#deflate?.parameters;
      // The user's functions may have ended it.
      live(this.#raw, this.#engine);
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
   * @returns {Uint8Array}
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
    // A retired engine has nothing to give back to.
    if (this.#engine === current) this.#raw?.free();
    this.#raw = undefined;
  }

  [Symbol.dispose]() {
    this.free();
  }
}

/**
 * @template T
 * @param {T | undefined} raw
 * @param {typeof current} engine
 * @returns {T}
 */
function live(raw, engine) {
  if (raw && engine === current) return raw;
  if (engine?.stopped) throw engine.stopped;
  throw new TypeError('the handshake is over; further bytes belong to the stream');
}

/**
 * @param {Record<string, unknown>} options
 * @returns {[number, number]}
 */
function limits({ maxHeaderSize = DEFAULT_MAX_HEADER_SIZE, maxHeaders = DEFAULT_MAX_HEADERS }) {
  return [
    check.integer(maxHeaderSize, 'maxHeaderSize', 16, MAX_U32),
    check.integer(maxHeaders, 'maxHeaders', 1, 10_000),
  ];
}

/**
 * @param {unknown} protocols
 * @returns {string[]}
 */
function protocolList(protocols) {
  if (protocols === undefined) return [];
  const list = typeof protocols === 'string' ? [protocols] : protocols;
  if (!Array.isArray(list))
    throw check.wrongType('protocols', protocols, 'an array of strings');
  return list.map((name) => check.string(name, 'protocols'));
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
  /** @type {import('../../pkg/glue.js').RawClientHandshake | undefined} */
  #raw;
  /** The engine that it is in. */
  #engine;

  /**
   * @param {string | URL} url
   * @param {import('../index.js').ClientHandshakeOptions} [options]
   */
  constructor(url, options) {
    const given = check.options(options);
    const { host, pathname, search, username, password } = webSocketUrl(url);
    const headers = headerPairs(given.headers);
    const named = headers.some(([name]) => name.toLowerCase() === 'authorization');
    if ((username || password) && !named)
      headers.push(['Authorization', basic(username, password)]);
    const protocols = protocolList(given.protocols);
    const numbers = limits(given);
    const wanted = deflateOption(given.deflate)?.parameters;
    const raw = create(() =>
      argumentErrors(
        () =>
          new wasm.RawClientHandshake(
            host,
            pathname + search,
            protocols,
            headers.flat(),
            ...numbers,
            wanted,
          ),
      ),
    );
    this.#raw = raw;
    this.#engine = current;
    /** The bytes to send first. */
    this.request = ownKind(argumentErrors(() => raw.request()));
  }

  /**
   * @param {Uint8Array | ArrayBuffer} bytes
   * @returns {import('../index.js').ClientHandshakeResult | undefined}
   */
  receive(bytes) {
    const chunk = check.bytes(bytes, 'bytes');
    const raw = live(this.#raw, this.#engine);
    try {
      const received = raw.receive(chunk);
      if (received === undefined) return undefined;
      const { status, headers, protocol, extensions } = received;
      const response = { status, headers: new Headers(headers) };
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
    // A retired engine has nothing to give back to.
    if (this.#engine === current) this.#raw?.free();
    this.#raw = undefined;
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
      headers: new Headers(response.headers),
      body,
    },
  });
}

/**
 * @param {unknown} protocols
 * @param {unknown} selectProtocol
 * @returns {(offered: string[], request: object) => string | undefined}
 */
function protocolChooser(protocols, selectProtocol) {
  if (selectProtocol !== undefined) {
    if (typeof selectProtocol !== 'function')
      throw check.wrongType('selectProtocol', selectProtocol, 'a function');
    return (offered, request) => {
      const chosen = selectProtocol(offered, request);
      return chosen === undefined || chosen === null || chosen === false
        ? undefined
        : check.string(chosen, "selectProtocol's result");
    };
  }
  if (protocols === undefined) return () => undefined;
  if (!Array.isArray(protocols))
    throw check.wrongType('protocols', protocols, 'an array of strings');
  const supported = protocols.map((name) => check.string(name, 'protocols'));
  return (offered) => wasm.selectProtocol(offered, supported);
}
