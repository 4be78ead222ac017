// The head of a request on its way through the proxy: only what it is, and where it goes.
import { isAmong } from '../page/token.js';
import { pathFor } from './routes.js';

/** More than this is no request for a WebSocket. */
export const MAX_HEAD = 64 * 1024;

const END = Buffer.from('\r\n\r\n');

/** @param {Buffer} bytes */
export const headEnd = (bytes) => {
  const at = bytes.indexOf(END);
  return at < 0 ? undefined : at + END.length;
};

/**
 * Whether it asks for a WebSocket, rightly or wrongly: what is wrong, the target has to say.
 * @param {string} head
 */
export const wantsWebSocket = (head) =>
  head.startsWith('GET ') && /^upgrade:.*websocket/im.test(head);

/**
 * The Origin that asks, and the Host it names; a field that is there twice is one that is not allowed.
 * @param {string} head
 * @returns {import('../page/guard.js').Claim}
 */
export function claimOf(head) {
  const field = (/** @type {string} */ name) =>
    [...head.matchAll(new RegExp(`^${name}[ \\t]*:[ \\t]*(.*?)[ \\t]*\\r?$`, 'gim'))]
      .map(([, value]) => value)
      .join(', ');
  return { host: addressed(urlIn(head)).host ?? field('host'), origin: field('origin') };
}

/** @param {string} head */
export const pathOf = (head) => addressed(urlIn(head)).path;

/** @param {string} head */
const urlIn = (head) => /^\S+ (\S*)/.exec(head)?.[1] ?? '';

/**
 * What a request asks for. Its URL may be a whole one, whose host then counts instead of Host
 * (RFC 9112 section 3.2.2).
 * @param {string} url
 * @returns {{ host?: string, path: string }}
 */
export function addressed(url) {
  const [, host, rest = ''] = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)(.*)$/i.exec(url) ?? [];
  if (host === undefined) return { path: url };
  return { host, path: rest.startsWith('/') ? rest : `/${rest}` };
}

/**
 * The same request to another server: its Host, and its path there. All other bytes stay as they are.
 * @param {string} head
 * @param {import('./routes.js').Route} route
 */
export function readdressed(head, route) {
  const to = pathFor(route, pathOf(head));
  return head
    .replace(/^(\S+ )\S*/, (_, method) => method + to)
    .replace(/(\r\nhost:)[^\r\n]*/i, (_, name) => `${name} ${route.url.host}`);
}

/**
 * The same request without the cookies in which browsers keep the token of our pages: cookies are
 * a host's, so those of 127.0.0.1 come here, too, and the target has no business with them.
 * @param {string} head
 */
export const withoutOwnCookies = (head) =>
  head.replace(/(\r\ncookie[ \t]*:[ \t]*)([^\r\n]*)/gi, (all, name, value) => {
    const rest = foreignCookies(value);
    return rest === value ? all : rest && name + rest;
  });

/** @param {string} value of a Cookie field */
export const foreignCookies = (value) =>
  isAmong(value)
    ? value
        .split(/; */)
        .filter((cookie) => !isAmong(cookie))
        .join('; ')
    : value;

/**
 * The same request without extensions: what is not compressed can be read, and edited.
 * @param {string} head
 */
export const withoutExtensions = (head) =>
  head.replace(/\r\nsec-websocket-extensions[ \t]*:[^\r\n]*/gi, '');
