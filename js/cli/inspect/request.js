// The head of a request on its way through the proxy: only what it is, and where it goes.

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
  return { host: field('host'), origin: field('origin') };
}

/** @param {string} head */
export const pathOf = (head) => /^\S+ (\S*)/.exec(head)?.[1] ?? '';

/**
 * The same request to another server: its Host, and its path behind the target's; a client that
 * asks for / gets the target's own. All other bytes stay as they are.
 * @param {string} head
 * @param {URL} target
 */
export function readdressed(head, target) {
  const path = pathOf(head);
  const base = target.pathname.replace(/\/$/, '');
  const to =
    path === '/' ? target.pathname + target.search : path.startsWith('/') ? base + path : path;
  return head
    .replace(/^(\S+ )\S*/, (_, method) => method + to)
    .replace(/(\r\nhost:)[^\r\n]*/i, (_, name) => `${name} ${target.host}`);
}

/**
 * The same request without extensions: what is not compressed can be read, and edited.
 * @param {string} head
 */
export const withoutExtensions = (head) =>
  head.replace(/\r\nsec-websocket-extensions[ \t]*:[^\r\n]*/gi, '');
