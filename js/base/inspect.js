// How objects look when they are printed: the hook of Node's util.inspect, which Deno and Bun have
// too.
import { withoutSecrets } from './secrets.js';

export const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** Header fields that let whoever reads a log act for somebody else. */
const SECRET = /^(proxy-)?authorization$|^(set-)?cookie$|token|secret|api-?key|password/i;

/**
 * A subprotocol is shown as long as it is a short name: pages, which can set no header, send tokens
 * there.
 * @param {string} protocol
 */
export const shownProtocol = (protocol) => (protocol.length > 40 ? '…' : protocol);

/**
 * Header fields as they may be shown.
 * @param {Iterable<[string, string]>} headers
 */
export function shownHeaders(headers) {
  /** @type {Record<string, string>} */
  const shown = Object.create(null);
  for (const [name, value] of headers) {
    const offer = name === 'sec-websocket-protocol';
    const safe = offer ? value.split(', ').map(shownProtocol).join(', ') : value;
    shown[name] = SECRET.test(name) ? '…' : safe;
  }
  return shown;
}

export { withoutSecrets };

/** @param {number} count @param {string} noun */
export const counted = (count, noun) => `${count} ${noun}${count === 1 ? '' : 's'}`;
