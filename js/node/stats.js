// What happened since the beginning. Each connection counts for itself, where it costs nothing;
// what has ended is added up, and what is open is asked when somebody wants to know.
import { countsOf } from '../connection/websocket.js';
import { retirements } from '../core/endpoint.js';
import { REASONS } from './refusals.js';

const NOTHING = Object.freeze({
  messagesReceived: 0,
  messagesSent: 0,
  bytesReceived: 0,
  bytesSent: 0,
  pingsReceived: 0,
  pingsSent: 0,
});

/** @typedef {import('../node.js').ConnectionCounts} Counts */

/** @param {Counts} sum @param {Counts} more */
function add(sum, more) {
  for (const name of /** @type {(keyof Counts)[]} */ (Object.keys(sum)))
    sum[name] += more[name];
}

export class Stats {
  #opened = 0;
  #ended = { ...NOTHING };
  #refused = /** @type {Record<import('./refusals.js').Reason, number>} */ (
    Object.fromEntries(REASONS.map((reason) => [reason, 0]))
  );

  opened() {
    this.#opened++;
  }

  /** @param {import('../connection/websocket.js').WebSocket} ws */
  ended(ws) {
    add(this.#ended, countsOf(ws));
  }

  /** @param {import('./refusals.js').Reason} reason */
  refused(reason) {
    this.#refused[reason]++;
  }

  /**
   * @param {Iterable<import('../connection/websocket.js').WebSocket>} connections that are open
   * @returns {Omit<import('../node.js').ServerStats, 'arriving' | 'draining'>}
   */
  report(connections) {
    const counts = { ...this.#ended };
    let open = 0;
    let buffered = 0;
    for (const ws of connections) {
      open++;
      buffered += ws.bufferedAmount;
      add(counts, countsOf(ws));
    }
    return {
      open,
      opened: this.#opened,
      refused: { ...this.#refused },
      ...counts,
      buffered,
      enginesRetired: retirements,
    };
  }
}
