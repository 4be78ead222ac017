// Where a redirect leads, and what goes along.
import { HandshakeError } from '../base/exceptions.js';
import { webSocketUrl } from '../core/handshake.js';

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/**
 * Where an answer sends its client.
 * @param {unknown} error
 * @param {URL} base
 * @returns {URL | undefined} undefined for an answer that is a refusal and no more
 */
export function redirectOf(error, base) {
  if (!(error instanceof HandshakeError) || !REDIRECTS.has(error.status)) return undefined;
  const location = error.response?.headers.get('location');
  if (!location) return undefined;
  try {
    // A relative reference keeps the scheme; http and https stand for ws and wss.
    const next = new URL(location, base);
    next.hash = '';
    return webSocketUrl(next);
  } catch {
    // It leads nowhere: the answer is the refusal that it is.
    return undefined;
  }
}

/**
 * The same host: its name, and its port, which changes together with the scheme. A server behind
 * another port may be somebody else's; behind TLS it has shown that the name is its own.
 * @param {URL} from
 * @param {URL} to
 */
function sameHost(from, to) {
  const upgraded = from.protocol === 'ws:' && to.protocol === 'wss:';
  return from.hostname === to.hostname && (upgraded || from.port === to.port);
}

/**
 * What goes along from one URL to the next. Credentials are for the host that they were given
 * for: headers, the URL's own, a certificate, and subprotocols, which browsers' tokens travel in.
 * @param {{ url: URL, options: any }} from
 * @param {URL} url
 * @param {HandshakeError} redirect
 * @returns {{ url: URL, options: any }}
 */
export function followed({ url: from, options }, url, redirect) {
  if (from.protocol === 'wss:' && url.protocol === 'ws:') {
    throw new HandshakeError('The server redirects from wss: to ws:, out of encryption.', {
      status: redirect.status,
      response: redirect.response,
    });
  }
  if (sameHost(from, url)) {
    if (!url.username && !url.password) {
      url.username = from.username;
      url.password = from.password;
    }
    return { url, options };
  }
  const { headers, protocols, tls = {}, ...rest } = options;
  const { key, cert, pfx, passphrase, ...others } = tls;
  return { url, options: { ...rest, tls: others } };
}
