// Plain requests, for what is beside the WebSockets: a load balancer's question whether the server
// is well.
import * as check from '../base/arguments.js';
import { ServerHandshake } from '../core/handshake.js';

/**
 * @param {unknown} value
 * @param {string} name
 */
export function healthPath(value, name) {
  if (/^\/[^\s?#]*$/.test(check.string(value, name))) return;
  throw check.outOfRange(name, value, "a path without a query, such as '/healthz'");
}

/** The longest first line that is looked at. */
const MAX_LINE = 8192;

/** The first line of a request, which tells the version. */
export class FirstLine {
  #text = '';

  /** @param {Uint8Array} bytes */
  add(bytes) {
    if (this.#text.length > MAX_LINE || this.#text.includes('\n')) return;
    this.#text += Buffer.from(bytes.subarray(0, MAX_LINE)).toString('latin1');
  }

  /** It is HTTP/1.0, which has no Host header (RFC 9112 section 3.2). */
  get isOld() {
    return /^\S+ \S+ HTTP\/1\.0\r?\n/.test(this.#text);
  }
}

/**
 * Whether a request that is no handshake is a plain one of those that may be answered.
 * @param {import('../index.js').HandshakeRequest | undefined} request
 * @param {boolean} old
 * @returns {request is import('../index.js').HandshakeRequest}
 */
export function isPlain(request, old) {
  if (!request || (request.method !== 'GET' && request.method !== 'HEAD')) return false;
  const { headers } = request;
  return !headers.has('upgrade') && (old || headers.has('host'));
}

/**
 * What the user's hook, or the question for health, is answered with.
 * @param {import('../node.js').ServerRequest} request
 * @param {{ health?: string, request?: Function }} options
 * @returns {Promise<Uint8Array | undefined>} undefined when nobody wants to answer
 */
export async function plainAnswer(request, { health, request: hook }) {
  const [path] = request.url.split('?');
  if (health !== undefined && path === health) return bytesOf(request, { body: 'ok\n' });
  const answer = await hook?.(request);
  return answer === undefined ? undefined : bytesOf(request, answer);
}

/**
 * @param {{ method: string }} request
 * @param {unknown} answer
 */
function bytesOf({ method }, answer) {
  const given = check.options(answer, "what the function in 'request' gave");
  const { status = 200, headers, body } = /** @type {any} */ (given);
  const reply = ServerHandshake.reject(status, { headers, body });
  // RFC 9110 section 9.3.2: the same fields, and nothing of what they speak of.
  return method === 'HEAD'
    ? reply.subarray(0, Buffer.from(reply).indexOf('\r\n\r\n') + 4)
    : reply;
}
