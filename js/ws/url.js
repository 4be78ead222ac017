// Where a URL leads, as ws has it: ws:, wss:, http: and https: for them, and ws+unix:.
import { unescape as unescaped } from 'node:querystring';

/**
 * @typedef {object} Place
 * @property {URL} url
 * @property {boolean} secure
 * @property {string} path the target of the request
 * @property {string} [host]
 * @property {string | number} [port]
 * @property {string} [socketPath] of a Unix socket, or a pipe of Windows
 * @property {string} [auth] the URL's credentials
 */

/**
 * @param {string | URL} address
 * @returns {Place}
 * @throws {SyntaxError} for one that leads nowhere
 */
export function placeOf(address) {
  const url = parsed(address);
  if (url.protocol === 'http:') url.protocol = 'ws:';
  if (url.protocol === 'https:') url.protocol = 'wss:';
  const { protocol, username, password } = url;
  const secure = protocol === 'wss:';
  const local = protocol === 'ws+unix:';
  if (!secure && !local && protocol !== 'ws:') {
    throw new SyntaxError(
      'The URL\'s protocol must be one of "ws:", "wss:", "http:", "https:", or "ws+unix:"',
    );
  }
  if (local && !url.pathname) throw new SyntaxError("The URL's pathname is empty");
  if (url.hash) throw new SyntaxError('The URL contains a fragment identifier');
  const auth =
    username || password ? `${unescaped(username)}:${unescaped(password)}` : undefined;
  const target = url.pathname + url.search;
  if (local) {
    const [socketPath, ...path] = target.split(':');
    return { url, secure, socketPath, path: path.join(':'), auth };
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return {
    url,
    secure,
    host,
    port: url.port || (secure ? 443 : 80),
    path: target,
    auth,
  };
}

/** @param {string | URL} address */
function parsed(address) {
  try {
    return new URL(address);
  } catch {
    throw new SyntaxError(`Invalid URL: ${address}`);
  }
}

/**
 * Whether two places are the same host.
 * @param {Place} one
 * @param {Place} other
 */
export const sameHost = (one, other) =>
  one.socketPath === other.socketPath && (one.socketPath || one.url.host === other.url.host);
