// What dump says of connections and sums, for people.

/** @typedef {import('../../inspect/index.js').Connection} Connection */

/** @param {import('../../inspect/index.js').Endpoint} end */
export function address({ address, port }) {
  if (!address && !port) return '';
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** @param {Connection} about */
export function ends({ client, server }) {
  return [address(client) || 'client', address(server) || 'server'].join(' → ');
}

/**
 * What the server has answered, or else what the bytes are.
 * @param {Connection} about
 */
export function status(about) {
  if (about.status !== undefined) return String(about.status);
  /** @type {Record<string, string>} */
  const others = {
    tls: about.tls?.decrypted ? 'TLS, decrypted' : 'TLS without keys',
    http: 'HTTP',
    http2: 'HTTP/2',
    unknown: 'no WebSocket',
  };
  if (about.transport in others) return others[about.transport];
  if (about.evidence === 'frames') return 'no handshake seen, WebSocket by its frames';
  return about.evidence === 'source' ? 'messages' : 'no answer seen';
}

/**
 * How it ended; a refused one is no open one.
 * @param {Connection} about
 */
export function ending({ verdict, closeCode, ended, transport }) {
  if (verdict === 'refused' || transport !== 'websocket') return '';
  if (closeCode) return `closed ${closeCode.client}`;
  const how = ended.c2s ?? ended.s2c;
  return how === undefined || how === 'cut' ? 'open' : 'ended';
}

/**
 * Why some of it is not shown, each sentence once, with the first connection that it is about.
 * @param {import('../../inspect/index.js').Inspection} inspection
 */
export function explanations(inspection) {
  /** @type {Map<string, number[]>} */
  const found = new Map();
  for (const { connection, explanation } of inspection.connections()) {
    if (!explanation) continue;
    const those = found.get(explanation) ?? [];
    those.push(connection);
    found.set(explanation, those);
  }
  return Array.from(found, ([text, [first, ...more]]) => {
    const others = more.length ? ` and ${more.length} more` : '';
    return `connection ${first}${others}: ${text}`;
  });
}

/** @param {number} count @param {string} one */
export const many = (count, one) => `${count} ${one}${count === 1 ? '' : 's'}`;

/** @param {import('../../inspect/index.js').Totals} totals */
export function summary({
  format,
  connections,
  frames,
  messages,
  errors,
  warnings,
  truncated,
}) {
  const parts = [
    many(connections, 'connection'),
    many(frames, 'frame'),
    many(messages, 'message'),
    many(errors, 'error'),
    many(warnings, 'warning'),
  ];
  const end = truncated ? '; memory was not enough for all of it' : '';
  return `${format}: ${parts.join(', ')}${end}`;
}

/**
 * A time of the inspection as RFC 3339 has it, with microseconds; undefined without a clock.
 * @param {number} start milliseconds since 1970
 * @param {number} time milliseconds since then
 */
export function rfc3339(start, time) {
  const at = start + time;
  // 1e9 ms: the twelfth of January 1970, when nothing was recorded.
  if (!(at > 1e9 && at < 8.64e15)) return undefined;
  const micros = Math.round(at * 1000);
  const seconds = new Date(Math.floor(micros / 1000)).toISOString().slice(0, 19);
  return `${seconds}.${String(micros % 1e6).padStart(6, '0')}Z`;
}
