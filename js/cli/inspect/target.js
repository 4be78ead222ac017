// The way to a target: a socket of its own for a WebSocket, and an agent whose sockets serve plain
// requests one after the other.
import { Agent } from 'node:http';
import { TLSSocket } from 'node:tls';
import { dial, discard } from '../../node/dial.js';
import { Limit, within } from '../../node/limit.js';
import { explained } from '../connect/errors.js';

/** Why there is no way to it, as a status for the client. */
export class Unreachable extends Error {
  /** @param {number} status @param {string} message */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/**
 * @typedef {object} Way how targets are reached
 * @property {number} timeout until there is a connection, in milliseconds
 * @property {import('node:tls').ConnectionOptions} tls
 */

export class Target {
  #way;
  /** For plain requests. */
  agent = new TargetAgent(this);

  /**
   * @param {import('./routes.js').Route} route
   * @param {Way} way
   */
  constructor(route, way) {
    this.route = route;
    this.url = route.url;
    this.#way = way;
  }

  /**
   * A connection; rejects with an Unreachable.
   * @param {AbortSignal} [signal] of those who want it
   * @returns {Promise<import('node:net').Socket>}
   */
  async socket(signal) {
    const { timeout, tls } = this.#way;
    const limit = new Limit({ handshakeTimeout: timeout, ...(signal && { signal }) });
    /** @type {any} */
    let socket;
    try {
      socket = await dial(this.url, { tls, net: { allowHalfOpen: true } }, limit.signal);
      await connected(socket, limit.signal);
      return socket.setNoDelay(true);
    } catch (error) {
      if (socket) discard(socket);
      throw limit.signal.aborted
        ? new Unreachable(504, `${this.url.host} did not answer in ${timeout / 1000} s.`)
        : new Unreachable(502, explained(error, this.url.href).message);
    } finally {
      limit.end();
    }
  }

  destroy() {
    this.agent.destroy();
  }
}

/**
 * @param {import('node:net').Socket} socket
 * @param {AbortSignal} until
 * @returns {Promise<void>}
 */
function connected(socket, until) {
  const secure = socket instanceof TLSSocket;
  if (!secure && !socket.connecting) return Promise.resolve();
  return within(until, (resolve, reject) => {
    const settled = (/** @type {unknown} */ error) => {
      socket.off('error', settled).off('close', settled);
      reject(error ?? new Error('the connection was closed'));
    };
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      socket.off('error', settled).off('close', settled);
      resolve();
    });
    socket.once('error', settled).once('close', settled);
  });
}

/** Of Node's agents, all but how they connect. */
class TargetAgent extends Agent {
  #target;

  /** @param {Target} target */
  constructor(target) {
    super({ keepAlive: true });
    this.#target = target;
  }

  /** @type {Agent['createConnection']} */
  createConnection(_, done) {
    const given = /** @type {(error: unknown, socket?: import('node:net').Socket) => void} */ (
      done
    );
    this.#target.socket().then((socket) => given(null, socket), given);
    return undefined;
  }
}
