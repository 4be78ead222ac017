// Where the page may send a replay: to the servers that were named where its server was started,
// and nowhere else. Whoever has the page's address must not reach through it into a network.
import { withoutSecrets } from '../../base/secrets.js';
import { Failure, UsageError } from '../base/failure.js';
import { url as urlOf } from '../base/options.js';

export class Destinations {
  /** @type {string[]} origins, as ws://host:port */
  #origins;
  #any;

  /**
   * @param {string[]} own what the command is about: the target of a proxy, the server itself
   * @param {string[]} [more] of `--replay-to`; * for any
   */
  constructor(own, more = []) {
    this.#any = more.includes('*');
    const named = more.filter((text) => text !== '*').map(parsed);
    this.#origins = [...new Set([...own.map(originOf), ...named])];
  }

  /** To choose from. */
  get list() {
    return this.#origins;
  }

  /** One more of our own, which listens since now. @param {string} url */
  add(url) {
    this.#origins.push(originOf(url));
  }

  /** Throws a Failure where a replay may not go. @param {string} url */
  check(url) {
    if (this.#any || this.#origins.includes(originOf(url))) return;
    const { protocol, host } = new URL(url);
    throw new Failure(
      `A replay from the page goes to ${this.#origins.join(', ')} and nowhere else. Start it with --replay-to ${protocol}//${host} to allow this one.`,
    );
  }
}

/** A default port is not written. @param {string} url */
function originOf(url) {
  const { protocol, host } = new URL(url);
  return `${protocol}//${host}`;
}

/** @param {string} text */
function parsed(text) {
  const url = urlOf(text);
  if (url && ['ws:', 'wss:'].includes(url.protocol) && !url.username) return originOf(url.href);
  throw new UsageError(
    `--replay-to is ${JSON.stringify(withoutSecrets(text))}; write it like ws://127.0.0.1:8080 or wss://example.com, or * for any server.`,
  );
}
