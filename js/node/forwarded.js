// Whom a proxy speaks for: X-Forwarded-For and X-Forwarded-Host, and Forwarded (RFC 7239). Each
// proxy adds to the right of what it was given, and what stands left of the trusted ones' own
// entries may be anybody's invention.
import { isIP } from 'node:net';
import * as check from '../base/arguments.js';
import { HandshakeError } from '../base/exceptions.js';
import { judged, oneOf } from '../base/options.js';
import { NETWORKS, networksOf } from './networks.js';

/** More proxies than anybody has. */
const MAX_HOPS = 32;

/**
 * Where a request came from.
 * @typedef {object} Origin
 * @property {string | undefined} remoteAddress
 * @property {number | undefined} remotePort
 * @property {string | undefined} host that the client asked for
 */

/**
 * @typedef {Pick<import('../node.js').ServerRequest, 'headers' | 'remoteAddress' | 'remotePort' | 'host'>} Told
 * what the nearest proxy says, and who that is
 * @typedef {(request: Told) => Origin} TrustRule
 */

/** @typedef {{ address: string | undefined, port: number | undefined }} Hop */

const ALLOWED = `a number of proxies from 1 to ${MAX_HOPS}, ${NETWORKS}, or { hops or networks, header }`;

const TRUST = {
  hops: (/** @type {unknown} */ value, /** @type {string} */ name) =>
    check.integer(value, `trustProxy.${name}`, 1, MAX_HOPS),
  networks: (/** @type {unknown} */ value, /** @type {string} */ name) =>
    networksOf(value, `trustProxy.${name}`),
  header: (/** @type {unknown} */ value, /** @type {string} */ name) =>
    oneOf('x-forwarded-for', 'forwarded')(value, `trustProxy.${name}`),
};

/** @param {string} message */
const forged = (message) => new HandshakeError(message, { status: 400 });

/**
 * Makes the rule that the option `trustProxy` stands for.
 * @param {unknown} value
 * @param {string} [name]
 * @returns {TrustRule}
 */
export function trustRule(value, name = 'trustProxy') {
  if (value === true) {
    // Whoever connects would be whoever it says.
    throw check.wrongType(name, value, ALLOWED);
  }
  if (typeof value === 'number')
    return ruleOf({ hops: check.integer(value, name, 1, MAX_HOPS) });
  const plain = typeof value === 'object' && value !== null;
  if (!plain || Array.isArray(value) || Object.getPrototypeOf(value) !== Object.prototype) {
    return ruleOf({ networks: networksOf(value, name) });
  }
  const { hops, networks, header } = /** @type {any} */ (judged(value, TRUST, name));
  if ((hops === undefined) === (networks === undefined)) {
    throw new TypeError(`${name} must have either 'hops' or 'networks'`);
  }
  return ruleOf({
    hops,
    networks: networks === undefined ? undefined : networksOf(networks, `${name}.networks`),
    header,
  });
}

/**
 * @param {object} trust
 * @param {number} [trust.hops]
 * @param {import('./networks.js').Networks} [trust.networks]
 * @param {'x-forwarded-for' | 'forwarded'} [trust.header] the only one to be read
 * @returns {TrustRule}
 */
function ruleOf({ hops, networks, header }) {
  return (peer) => {
    const { headers } = peer;
    if (networks && !networks(peer.remoteAddress)) return originOf(hopOf(peer), peer.host);
    const walk = (/** @type {(() => Hop)[]} */ chain) =>
      hops === undefined
        ? walkNetworks(chain, peer, /** @type {any} */ (networks))
        : walkHops(chain, peer, hops);
    const read = [];
    if (header !== 'forwarded') read.push(readXForwarded(headers, peer, walk));
    if (header !== 'x-forwarded-for') read.push(readForwarded(headers, peer, walk));
    const found = read.filter((one) => one !== undefined);
    return found.length ? found.reduce(agreed) : originOf(hopOf(peer), peer.host);
  };
}

/**
 * A proxy sets one of the two headers and lets the client's own other one pass, so that they may
 * not say different things.
 * @param {Origin} one
 * @param {Origin} other
 */
function agreed(one, other) {
  if (one.remoteAddress !== other.remoteAddress) {
    throw forged('X-Forwarded-For and Forwarded name different clients.');
  }
  if (one.host !== other.host) {
    throw forged('X-Forwarded-Host and Forwarded name different hosts.');
  }
  return one;
}

/**
 * @typedef {object} Walked
 * @property {Hop} hop the client, as far as those who are trusted tell
 * @property {number} depth how many proxies are trusted
 */

/**
 * @param {(() => Hop)[]} chain from the client to the nearest proxy but one
 * @param {Told} peer the nearest proxy
 * @param {number} hops
 * @returns {Walked}
 */
function walkHops(chain, peer, hops) {
  const depth = Math.min(hops, chain.length);
  const hop = depth ? chain[chain.length - depth]() : hopOf(peer);
  return { hop, depth: hops };
}

/**
 * @param {(() => Hop)[]} chain
 * @param {Told} peer
 * @param {import('./networks.js').Networks} trusted
 * @returns {Walked}
 */
function walkNetworks(chain, peer, trusted) {
  let hop = hopOf(peer);
  let depth = 0;
  // Only the peer may lack an address and be trusted: it came over a Unix socket.
  while (depth < chain.length && (depth === 0 || (hop.address && trusted(hop.address)))) {
    depth++;
    hop = chain[chain.length - depth]();
  }
  return { hop, depth: Math.max(1, depth) };
}

/** @param {Told} peer @returns {Hop} */
const hopOf = ({ remoteAddress, remotePort }) => ({ address: remoteAddress, port: remotePort });

/** @param {Hop} hop @param {string | undefined} host @returns {Origin} */
const originOf = ({ address, port }, host) => ({
  remoteAddress: address,
  remotePort: port,
  host,
});

/**
 * @param {Headers} headers
 * @param {Told} peer
 * @param {(chain: (() => Hop)[]) => Walked} walk
 * @returns {Origin | undefined} undefined when the headers say nothing
 */
function readXForwarded(headers, peer, walk) {
  const addresses = headers.get('x-forwarded-for');
  const hosts = headers.get('x-forwarded-host');
  if (addresses === null && hosts === null) return undefined;
  const chain = addresses === null ? [] : addresses.split(',').map((one) => () => xHop(one));
  const { hop, depth } = walk(chain);
  const list = hosts?.split(',') ?? [];
  const host = list.length ? hostOf(list[Math.max(0, list.length - depth)].trim()) : peer.host;
  return originOf(hop, host);
}

/** @param {string} entry of X-Forwarded-For; some proxies add the port */
function xHop(entry) {
  const hop = nodeOf(entry.trim());
  if (hop?.address === undefined)
    throw forged('X-Forwarded-For has an entry that is no address.');
  return hop;
}

/**
 * @param {Headers} headers
 * @param {Told} peer
 * @param {(chain: (() => Hop)[]) => Walked} walk
 * @returns {Origin | undefined}
 */
function readForwarded(headers, peer, walk) {
  const value = headers.get('forwarded');
  if (value === null) return undefined;
  const elements = elementsOf(value);
  const { hop, depth } = walk(elements.map((element) => () => forHop(element)));
  const host = elements[Math.max(0, elements.length - depth)]?.get('host');
  return originOf(hop, host === undefined ? peer.host : hostOf(host));
}

/** @param {Map<string, string>} element */
function forHop(element) {
  const hop = nodeOf(element.get('for') ?? 'unknown');
  if (!hop) throw forged("Forwarded has a 'for' that is no address.");
  return hop;
}

/** A pair of RFC 7239 section 4, and what follows it. */
const PAIR =
  /[ \t]*([!#$%&'*+.^_`|~\w-]+)=(?:([!#$%&'*+.^_`|~\w-]+)|"((?:[^"\\]|\\.)*)")[ \t]*([;,]|$)/y;

/**
 * @param {string} value of the header
 * @returns {Map<string, string>[]} each proxy's
 */
function elementsOf(value) {
  const elements = [new Map()];
  PAIR.lastIndex = 0;
  while (PAIR.lastIndex < value.length) {
    const [, name, token, quoted, end] = PAIR.exec(value) ?? [];
    const element = elements[elements.length - 1];
    const key = name?.toLowerCase();
    // Section 4: each parameter at most once for each proxy.
    if (key === undefined || element.has(key)) throw forged('Forwarded is not well-formed.');
    element.set(key, token ?? quoted.replace(/\\(.)/g, '$1'));
    if (end === ',') elements.push(new Map());
    if (end === '') return elements;
  }
  throw forged('Forwarded is not well-formed.');
}

/**
 * An address with or without a port (RFC 7239 section 6). Who is not to be known is `unknown` or a
 * name that begins with `_`.
 * @param {string} text
 * @returns {Hop | undefined} undefined for what is none of it
 */
function nodeOf(text) {
  if (/^(unknown|_[\w.-]+)(:(\d{1,5}|_[\w.-]+))?$/i.test(text)) {
    return { address: undefined, port: undefined };
  }
  if (isIP(text)) return { address: text, port: undefined };
  const [, six, four, port] =
    /^(?:\[([^\]]+)\]|([\d.]+))(?::(\d{1,5}|_[\w.-]+))?$/.exec(text) ?? [];
  const address = six ?? four;
  const number = Number(port);
  if (address === undefined || isIP(address) !== (six ? 6 : 4) || number > 65_535)
    return undefined;
  return { address, port: Number.isNaN(number) ? undefined : number };
}

/** @param {string} host */
function hostOf(host) {
  const url = `http://${host}/`;
  const { username = '', pathname = '' } = URL.canParse(url) ? new URL(url) : {};
  if (pathname !== '/' || username || /[/?#@\\\s]/.test(host)) {
    throw forged('The host that a proxy names is none.');
  }
  return host;
}
