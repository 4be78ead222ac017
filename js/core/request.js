// What came of a handshake as users see it: the request and its header fields.
import { INSPECT, shownHeaders, shownProtocol, withoutSecrets } from '../base/inspect.js';

/** A header's name (RFC 9110 section 5.1). */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * A `Headers` that can be read as Node's `request.headers`, too: `headers.cookie` is
 * `headers.get('cookie') ?? undefined`. Without it, code that comes from Node's servers would
 * find no cookie in any request and not notice. What `Headers` has itself goes first, so that no
 * peer's header can take the place of a method.
 *
 * Made when it is first needed: naming `Headers` makes Node load its HTTP client.
 */
function viewClass() {
  class HeadersView extends Headers {
    [INSPECT](
      /** @type {number} */ _depth,
      /** @type {object} */ options,
      /** @type {Function} */ inspect,
    ) {
      return `Headers ${inspect({ ...shownHeaders(this) }, options)}`;
    }
  }
  Object.setPrototypeOf(
    HeadersView.prototype,
    new Proxy(Headers.prototype, {
      get(target, name, headers) {
        if (typeof name === 'symbol' || name in target || !TOKEN.test(name)) {
          return Reflect.get(target, name, headers);
        }
        return headers instanceof HeadersView ? (headers.get(name) ?? undefined) : undefined;
      },
      // So that instanceof finds it.
      getPrototypeOf: () => Headers.prototype,
    }),
  );
  return HeadersView;
}

/** @type {ReturnType<typeof viewClass> | undefined} */
let HeadersView;

/**
 * @param {Iterable<[string, string]>} pairs
 * @returns {Headers}
 */
export function headersOf(pairs) {
  HeadersView ??= viewClass();
  const headers = new HeadersView();
  for (const [name, value] of pairs) headers.append(name, value);
  return headers;
}

/**
 * @param {string} lines a line for each header, as the engine gives them
 * @returns {[string, string][]}
 */
export const pairsIn = (lines) => (lines ? lines.split('\n').map(pairOf) : []);

/** @param {string} line @returns {[string, string]} */
function pairOf(line) {
  const colon = line.indexOf(':');
  return [line.slice(0, colon), line.slice(colon + 1)];
}

/**
 * A client's request. `Headers` looks names up in any case and has no prototype that a peer's
 * header name could reach. A connection keeps its request, and most never look at the headers
 * again: the engine's one string holds them until somebody does.
 */
export class Request {
  #lines;
  /** @type {Headers | undefined} */
  #headers;

  /** @param {{ method: string, url: string, headers: string, protocols: string[] }} raw */
  constructor({ method, url, headers, protocols }) {
    // The engine makes a string of each, and an array with room in it. Most are the same.
    this.method = method === 'GET' ? 'GET' : method;
    this.url = url;
    this.protocols = protocols.length === 0 ? [] : protocols;
    this.#lines = headers;
  }

  get headers() {
    this.#headers ??= headersOf(pairsIn(this.#lines));
    return this.#headers;
  }

  /** @returns {string | undefined} */
  get origin() {
    return this.headers.get('origin') ?? undefined;
  }

  /** @returns {string | undefined} */
  get host() {
    return this.headers.get('host') ?? undefined;
  }

  toJSON() {
    return { ...this, headers: Object.fromEntries(this.headers) };
  }

  /** Without what must not stand in a log. */
  [INSPECT](
    /** @type {number} */ _depth,
    /** @type {object} */ options,
    /** @type {Function} */ inspect,
  ) {
    const { url, headers, protocols } = this;
    const shown = {
      ...this,
      url: withoutSecrets(url),
      protocols: protocols.map(shownProtocol),
      headers: { ...shownHeaders(headers) },
    };
    return `${this.constructor.name} ${inspect(shown, options)}`;
  }
}
