// The way to a target: a socket of its own for a WebSocket, and an agent whose sockets serve plain
// requests one after the other.
import { Agent } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { TLSSocket } from 'node:tls';
import { dial, discard } from '../../node/dial.js';
import { extendedConnect } from '../../node/http2.js';
import { Limit, within } from '../../node/limit.js';
import { proxyFor } from '../../node/proxy.js';
import { explained } from '../connect/errors.js';
import { TargetStream } from './streams.js';

const NO_HTTP2 = 'does not speak HTTP/2. Without --http2 it is asked in HTTP/1.1.';
const NO_WEBSOCKETS =
  'takes no WebSockets over HTTP/2 (RFC 8441). Without --http2 it is asked in HTTP/1.1.';

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
 * @property {{ proxy?: string | true, agent?: any }} through a proxy, if any
 * @property {boolean} http2 whether they are spoken to in HTTP/2
 */

export class Target {
  #way;
  /** @type {Promise<import('node:http2').ClientHttp2Session> | undefined} */
  #session;
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

  get http2() {
    return this.#way.http2;
  }

  /**
   * A socket, or what is like one, on which a WebSocket's request may be written; rejects with an
   * Unreachable.
   * @param {AbortSignal} signal of those who want it
   * @returns {Promise<import('node:net').Socket>}
   */
  webSocket(signal) {
    return this.#within(signal, async (until) => {
      if (!this.http2) {
        const socket = await this.#socket(until, ['http/1.1']);
        // One direction may end before the other, as it may without a proxy.
        socket.allowHalfOpen = true;
        return socket;
      }
      const session = await this.#shared(until);
      await extendedConnect(session, until).catch(() => {
        throw new Unreachable(502, `${this.url.host} ${NO_WEBSOCKETS}`);
      });
      return /** @type {any} */ (new TargetStream(session, this.url));
    });
  }

  /** A socket for plain requests in HTTP/1.1. */
  socket() {
    return this.#within(undefined, (until) => this.#socket(until, ['http/1.1']));
  }

  /** The session for requests in HTTP/2. */
  session() {
    return this.#within(undefined, (until) => this.#shared(until));
  }

  /**
   * @template T
   * @param {AbortSignal | undefined} signal
   * @param {(until: AbortSignal) => Promise<T>} reach
   * @returns {Promise<T>}
   */
  async #within(signal, reach) {
    const { timeout } = this.#way;
    const limit = new Limit({ handshakeTimeout: timeout, ...(signal && { signal }) });
    try {
      return await reach(limit.signal);
    } catch (error) {
      if (error instanceof Unreachable) throw error;
      throw limit.signal.aborted
        ? new Unreachable(504, `${this.url.host} did not answer in ${timeout / 1000} s.`)
        : new Unreachable(502, explained(error, this.url.href).message);
    } finally {
      limit.end();
    }
  }

  /**
   * A socket that closes when the target has ended it. One that stayed half open would be taken for
   * another request, of which nothing would ever be heard.
   * @param {AbortSignal} until
   * @param {string[]} ALPNProtocols
   */
  async #socket(until, ALPNProtocols) {
    const { tls, through } = this.#way;
    const options = { tls: { ...tls, ALPNProtocols }, ...through };
    /** @type {any} */
    const socket = await dial(this.url, options, until).catch((error) => {
      const proxy = through.agent ?? proxyFor(this.url, through.proxy);
      if (!proxy || until.aborted) throw error;
      throw new Unreachable(502, `No way through the proxy: ${error.message}`);
    });
    socket.allowHalfOpen = false;
    try {
      await connected(socket, until);
    } catch (error) {
      discard(socket);
      throw error;
    }
    return socket.setNoDelay(true);
  }

  /** @param {AbortSignal} until */
  async #shared(until) {
    const there = this.#session && (await this.#session.catch(() => undefined));
    if (there && !there.closed && !there.destroyed) return there;
    this.#session = this.#begin(until);
    return this.#session;
  }

  /** @param {AbortSignal} until */
  async #begin(until) {
    const socket = await this.#socket(until, ['h2']);
    if (socket instanceof TLSSocket && socket.alpnProtocol !== 'h2') {
      discard(socket);
      throw new Unreachable(502, `${this.url.host} ${NO_HTTP2}`);
    }
    const session = connectHttp2(`http://${this.url.host}`, { createConnection: () => socket });
    session.on('error', () => {});
    await within(until, (/** @type {(value?: unknown) => void} */ resolve, reject) => {
      session.once('remoteSettings', resolve);
      session.once('close', () => reject(new Unreachable(502, `${this.url.host} ${NO_HTTP2}`)));
    }).catch((error) => {
      session.destroy();
      throw error;
    });
    return session;
  }

  destroy() {
    this.agent.destroy();
    this.#session?.then(
      (session) => session.destroy(),
      () => {},
    );
  }
}

/**
 * @param {import('node:net').Socket} socket
 * @param {AbortSignal} until
 * @returns {Promise<void>}
 */
function connected(socket, until) {
  const secure = /** @type {any} */ (socket).secureConnecting;
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
