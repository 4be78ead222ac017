// What peers do, in words: as it was measured, as it is documented, or that it is not known.
import { measured } from './measured.js';

/** @typedef {import('./types.js').Explanation} Explanation */
/** @typedef {import('./types.js').Outcome} Outcome */

/**
 * @typedef {object} Said
 * @property {string} peer
 * @property {string} says
 * @property {string} [url] the document that says so
 */

const CLIENTS = /** @type {const} */ ([
  ['chrome', 'Chrome'],
  ['firefox', 'Firefox'],
  ['undici', 'Node (undici)'],
]);

/**
 * What each peer does with what breaks a rule; nothing for rules about a capture.
 * @param {string} rule
 * @param {Explanation} explanation
 * @returns {Said[]}
 */
export function peersOn(rule, { judge, cloudflare }) {
  if (judge === 'none') return [];
  const found = measured.rules[rule] ?? {};
  const server = judge === 'server';
  /** @type {Said[]} */
  const said = CLIENTS.map(([peer, name]) => ({
    peer: name,
    says: server ? 'does not judge it: it is a client' : words(found[peer]),
  }));
  said.push({ peer: 'ws', says: ofWs(found.wsServer, found.ws, judge) });
  said.push({ peer: 'nginx', says: words(found.nginx) });
  said.push({
    peer: 'Cloudflare',
    ...(cloudflare ? { says: cloudflare.says, url: cloudflare.url } : { says: NOT_KNOWN }),
  });
  return said;
}

const NOT_KNOWN = 'not known';

/**
 * ws is both, and mostly does the same.
 * @param {Outcome | undefined} server
 * @param {Outcome | undefined} client
 * @param {Explanation['judge']} judge
 */
function ofWs(server, client, judge) {
  if (judge === 'server') return words(server);
  if (judge === 'client') return words(client);
  // A server's application is not looked into.
  const bare = client && words({ did: client.did, close: client.close });
  const first = words(server);
  return first === bare
    ? words(client)
    : `as a server: ${first}; as a client: ${words(client)}`;
}

/** @param {Outcome | undefined} outcome */
function words(outcome) {
  if (!outcome) return NOT_KNOWN;
  const { did, close, status, event, messages } = outcome;
  const told = event === undefined ? '' : `, and tells its application ${event}`;
  const read = messages ? ', having delivered what came before' : '';
  switch (did) {
    case 'closed':
      return close === 1005
        ? `answers with a Close frame without a code${told}`
        : `sends Close ${close}${told}`;
    case 'ended':
      return `ends TCP without a Close frame${told}${read}`;
    case 'accepted':
      return messages ? 'accepts it, and delivers the message' : 'accepts it';
    case 'waits':
      return 'waits for more, and says nothing';
    case 'refused':
      return status === undefined ? `fails the connection${told}` : `answers ${status}`;
    case 'passed':
      return 'passes it on';
    case 'http1':
      return 'opens it over HTTP/1.1';
  }
}

/** What was measured, and when. */
export const provenance = `Measured on ${measured.date} with ${Object.values(measured.versions).join(', ')}. Of Cloudflare only what its documentation says.`;
