// Who may talk to a server of this machine. Any page in a browser can send requests here, and so
// can one whose name was made to lead here (DNS rebinding), with what it finds sent home. Two
// header fields tell them apart, which browsers write and pages cannot: Origin (RFC 6454), the
// page that asks, and Host, the name by which it found us.
import { UsageError } from '../base/failure.js';

/** What a request says of itself. @typedef {{ host: string, origin: string }} Claim */

export class Guard {
  #any = false;
  /** @type {Set<string>} */
  #origins = new Set();
  /** @type {Set<string>} */
  #names = new Set();

  /**
   * @param {object} [options]
   * @param {string[]} [options.allowOrigin] origins of pages that may connect beside our own,
   *   and whose names may lead here; '*' for all
   * @param {string[]} [options.hosts] names and addresses of the server
   */
  constructor({ allowOrigin = [], hosts = [] } = {}) {
    for (const host of hosts) this.#names.add(host.toLowerCase());
    for (const text of allowOrigin) {
      if (text === '*') this.#any = true;
      else {
        const { origin, name } = parsed(text);
        this.#origins.add(origin);
        if (name) this.#names.add(name);
      }
    }
  }

  /**
   * Why a request for a WebSocket is refused; undefined when it is not. A program that is no
   * browser sends no Origin, and may connect.
   * @param {Claim} claim
   */
  refusesSocket({ host, origin }) {
    if (this.#any) return undefined;
    const foreign = this.refusesHost(host);
    if (foreign || origin === '' || isOwn(origin, host)) return foreign;
    if (this.#origins.has(origin.toLowerCase())) return undefined;
    return `Pages of ${origin} may not connect here. With --allow-origin ${origin} they may.`;
  }

  /**
   * Why a request by this name is refused; undefined when it is not.
   * @param {string} host
   */
  refusesHost(host) {
    if (this.#any || host === '') return undefined;
    const name = nameOf(host);
    if (name !== undefined && (isAddress(name) || this.#names.has(name))) return undefined;
    return `The name ${host} may not lead here. With --allow-origin http://${host} it may.`;
  }
}

/**
 * Whether a page of this origin came from this very server.
 * @param {string} origin
 * @param {string} host
 */
export const isOwn = (origin, host) =>
  host !== '' && (origin === `http://${host}` || origin === `https://${host}`);

/** @param {string} host with or without a port */
export function nameOf(host) {
  const whole = `http://${host}`;
  if (/[/?#@\s\\]/.test(host) || !URL.canParse(whole)) return undefined;
  return new URL(whole).hostname;
}

/**
 * Whether this is an address, or a name of this machine that nobody else can have: a page that
 * was found by it is no foreign one.
 * @param {string} name
 */
const isAddress = (name) =>
  name === 'localhost' ||
  name.endsWith('.localhost') ||
  name.startsWith('[') ||
  /^\d+\.\d+\.\d+\.\d+$/.test(name);

/**
 * @param {string} text
 * @returns {{ origin: string, name?: string }} as browsers write them
 */
function parsed(text) {
  if (text === 'null') return { origin: text };
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const bare = url && !url.username && url.pathname.length < 2 && !url.search && !url.hash;
  if (!bare || !url.host) {
    throw new UsageError(
      `--allow-origin is ${JSON.stringify(text)}; write it as browsers do, like http://localhost:3000, or * for all.`,
    );
  }
  // An extension's origin is opaque to URL.
  const origin = url.origin === 'null' ? `${url.protocol}//${url.host}` : url.origin;
  return { origin: origin.toLowerCase(), name: url.hostname };
}
