// Connections that are counted, limited and ended together: those of a server, or of whatever
// calls `upgrade` and `acceptConnect`.
import { EventEmitter } from 'node:events';
import * as check from '../base/arguments.js';
import { judged } from '../base/options.js';
import { whenEnded } from '../connection/websocket.js';
import { publishRefused } from './channels.js';
import { drainOptions, Members } from './members.js';
import { DRAINING, FULL, Places } from './places.js';
import { Stats } from './stats.js';

/** @typedef {import('../connection/websocket.js').WebSocket} WebSocket */

/** @type {import('../base/options.js').Shape} */
export const GROUP = {
  maxConnections: (value, name) => check.limit(value, name, 1),
  maxConnectionsPerAddress: (value, name) => check.limit(value, name, 1),
};

/**
 * What a handshake asks of the group that it arrives at.
 * @typedef {object} Door
 * @property {(arrival: { turnAway: (refusal: import('./refusals.js').Refusal) => void }) => import('./refusals.js').Refusal | undefined} arrive
 *   it has begun; gives the refusal if it need not go on
 * @property {(arrival: object) => void} over
 * @property {Places['take']} takePlace
 * @property {Places['leave']} leavePlace
 * @property {(ws: WebSocket, place: import('./places.js').Place) => void} join it has led to a connection
 * @property {(details: import('../node.js').Refused) => void} refused it has led to none
 */

/** @type {(group: ConnectionGroup) => Door} */
export let doorOf;

export class ConnectionGroup extends EventEmitter {
  static {
    doorOf = (group) => group.#door;
  }

  /** @type {Members<WebSocket>} */
  connections = new Members();
  #stats = new Stats();
  #places;
  /** Handshakes that are under way. @type {Set<Parameters<Door['arrive']>[0]>} */
  #arriving = new Set();
  /** @type {Promise<void> | undefined} */
  #drained;

  /** @type {Door} */
  #door = {
    arrive: (arrival) => {
      this.#arriving.add(arrival);
      if (this.#drained) return DRAINING;
      return this.#places.overrun(this.#arriving.size) ? FULL : undefined;
    },
    over: (arrival) => void this.#arriving.delete(/** @type {any} */ (arrival)),
    takePlace: (address) => this.#places.take(address),
    leavePlace: (place) => this.#places.leave(place),
    join: (ws, place) => {
      this.connections.add(ws);
      this.#stats.opened();
      whenEnded(ws, this.#left, place);
    },
    refused: (details) => {
      this.#stats.refused(details.reason);
      this.emit('refused', details);
    },
  };

  /** @type {(ws: WebSocket, place: import('./places.js').Place) => void} */
  #left = (ws, place) => {
    this.#places.leave(place);
    this.#stats.ended(ws);
    this.connections.delete(ws);
  };

  /** @param {import('../node.js').ConnectionGroupOptions} [options] */
  constructor(options) {
    super();
    this.#places = new Places(judged(options, GROUP, 'ConnectionGroup'));
  }

  get draining() {
    return this.#drained !== undefined;
  }

  stats() {
    return {
      ...this.#stats.report(this.connections),
      arriving: this.#arriving.size,
      draining: this.draining,
    };
  }

  /**
   * @param {import('../node.js').DrainOptions} [options]
   * @returns {Promise<void>}
   */
  drain(options) {
    const given = drainOptions(options);
    if (!this.#drained) {
      this.#drained = this.connections.drain(given);
      for (const arrival of [...this.#arriving]) arrival.turnAway(DRAINING);
    }
    return this.#drained;
  }
}

/**
 * Tells of a refusal, whether somebody keeps account of them or not.
 * @param {Door | undefined} door
 * @param {() => import('../node.js').Refused} details
 */
export function tellRefused(door, details) {
  door?.refused(details());
  publishRefused(details);
}
