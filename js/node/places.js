// How many may be there: in all, and from each address. What is counted is bounded by what is
// there.
import { isIP } from 'node:net';
import { plainAddress } from './networks.js';

/** Seconds after which those who found no place may come again. */
const RETRY_AFTER = { 'Retry-After': '10' };

/** @type {import('./refusals.js').Refusal} */
export const FULL = {
  status: 503,
  reason: 'full',
  headers: RETRY_AFTER,
  body: 'The server has as many connections as it may have.',
};

/** @type {import('./refusals.js').Refusal} */
export const DRAINING = {
  status: 503,
  reason: 'draining',
  headers: RETRY_AFTER,
  body: 'The server is about to stop.',
};

/** @type {import('./refusals.js').Refusal} */
const CROWDED = {
  status: 429,
  reason: 'address',
  headers: RETRY_AFTER,
  body: 'This address has as many connections as it may have.',
};

/**
 * Whose an address is. In IPv6 everybody has a network of at least this many bits (RFC 6177), and
 * could come from any address of it.
 * @param {string | undefined} address
 */
function ownerOf(address) {
  if (address === undefined) return '';
  const plain = plainAddress(address);
  if (isIP(plain) !== 6) return plain;
  // URL writes the groups that are left out.
  const [start, end = ''] = plain.split('::');
  const groups = start ? start.split(':') : [];
  const missing = plain.includes('::') ? 8 - groups.length - end.split(':').length : 0;
  return [...groups, ...Array(Math.max(0, missing)).fill('0'), ...end.split(':')]
    .slice(0, 4)
    .map((group) => Number.parseInt(group || '0', 16).toString(16))
    .join(':');
}

/** One of those that an owner has: they are alike, so that one object is enough. */
export class Place {
  taken = 0;

  /** @param {string} owner */
  constructor(owner) {
    this.owner = owner;
  }
}

export class Places {
  #max;
  #maxPerAddress;
  #taken = 0;
  /** Of those that have any. @type {Map<string, Place>} */
  #owners = new Map();

  /** @param {{ maxConnections?: number, maxConnectionsPerAddress?: number }} options */
  constructor({ maxConnections = Infinity, maxConnectionsPerAddress = Infinity }) {
    this.#max = maxConnections;
    this.#maxPerAddress = maxConnectionsPerAddress;
  }

  /**
   * Whether this many handshakes under way are more than could ever find a place.
   * @param {number} arriving
   */
  overrun(arriving) {
    return arriving > this.#max;
  }

  /**
   * @param {string | undefined} address all who have none count as one
   * @returns {Place | import('./refusals.js').Refusal}
   */
  take(address) {
    if (this.#taken >= this.#max) return FULL;
    const owner = this.#maxPerAddress === Infinity ? '' : ownerOf(address);
    const place = this.#owners.get(owner) ?? new Place(owner);
    if (place.taken >= this.#maxPerAddress) return CROWDED;
    this.#taken++;
    place.taken++;
    this.#owners.set(owner, place);
    return place;
  }

  /** @param {Place} place that was taken */
  leave(place) {
    this.#taken--;
    place.taken--;
    if (place.taken === 0) this.#owners.delete(place.owner);
  }
}
