// The client's socket: TCP, TLS, a Unix socket, a proxy's tunnel, or one that the user makes.
import { ClientRequest } from 'node:http';
import { connect as connectNet, isIP } from 'node:net';
import { connect as connectTls } from 'node:tls';
import * as check from '../base/arguments.js';
import { failure, within } from './limit.js';
import { bare, proxyFor, tunnel } from './proxy.js';

/** @typedef {import('node:stream').Duplex} Duplex */

/**
 * @param {URL} url
 * @param {any} options
 * @param {AbortSignal} until
 * @returns {Promise<Duplex>} a socket that may still be connecting
 */
export async function dial(url, options, until) {
  const { socketPath, tls, net, createConnection, agent, proxy } = options;
  const secure = url.protocol === 'wss:';
  const host = bare(url.hostname);
  const address = { host, port: Number(url.port) || (secure ? 443 : 80) };
  if (createConnection) {
    const where = socketPath ? { path: socketPath } : address;
    return made(createConnection({ ...where, secure }), until);
  }
  // Names go into SNI, addresses do not (RFC 6066 section 3).
  const secrets = {
    ...(isIP(host) ? {} : { servername: host }),
    ALPNProtocols: ['http/1.1'],
    ...net,
    ...tls,
  };
  if (agent)
    return ofAgent(agent, url, { ...net, ...(secure ? secrets : {}), ...address }, until);
  const through = socketPath ? undefined : proxyFor(url, proxy);
  if (through) {
    const socket = await tunnel(through, address, { ...net }, until);
    socket.setNoDelay(net?.noDelay ?? true);
    return secure ? connectTls({ ...secrets, socket }) : socket;
  }
  const where = socketPath ? { path: socketPath } : address;
  if (!secure) return connectNet({ noDelay: true, ...net, ...where });
  return connectTls({ ...secrets, ...where }).setNoDelay(net?.noDelay ?? true);
}

/**
 * The socket that the user's function makes, now or later. One that comes too late is closed.
 * @param {unknown} given
 * @param {AbortSignal} until
 * @returns {Promise<Duplex>}
 */
function made(given, until) {
  return within(until, (resolve, reject) => {
    Promise.resolve(given).then((sock) => {
      if (!isDuplex(sock)) {
        reject(
          check.wrongType(
            "what 'createConnection' gave",
            sock,
            'a socket, or a promise of one',
          ),
        );
        return;
      }
      if (until.aborted) discard(sock);
      resolve(sock);
    }, reject);
  });
}

/**
 * @param {any} value
 * @returns {value is Duplex}
 */
const isDuplex = (value) =>
  typeof value?.on === 'function' &&
  typeof value?.write === 'function' &&
  typeof value?.destroy === 'function';

/** Errors between two phases, and of a socket that nobody wants any more, are nobody's. */
export function ignored() {}

/** @param {Duplex} sock */
export function discard(sock) {
  sock.on('error', ignored);
  sock.destroy();
}

/** What agents hand sockets to. Node's own would go on to write its request. */
class SocketRequest extends ClientRequest {
  /** @type {(socket: Duplex) => void} */
  use = discard;

  /**
   * @param {any} socket
   * @param {unknown} [error]
   */
  onSocket(socket, error) {
    // An agent may do so within the constructor.
    queueMicrotask(() => {
      if (error) {
        this.emit('error', error);
        return;
      }
      this.use(socket);
      // Some agents wait for this to hand over a proxy's refusal; by then it can be received.
      setImmediate(() => this.emit('socket', socket));
    });
  }
}

/**
 * The socket that an agent of Node's http gives, such as those for proxies.
 * @param {any} agent
 * @param {URL} url
 * @param {object} options
 * @param {AbortSignal} until
 * @returns {Promise<Duplex>}
 */
async function ofAgent(agent, url, options, until) {
  const secure = url.protocol === 'wss:';
  const request = new SocketRequest(
    /** @type {any} */ ({
      ...options,
      agent,
      protocol: agent.protocol,
      // What agents that can do both go by.
      secureEndpoint: secure,
      headers: { Host: url.host },
    }),
  );
  try {
    /** @type {any} */
    const socket = await within(until, (resolve, reject) => {
      request.use = resolve;
      request.on('error', reject);
    });
    // It is no longer the agent's, as after an upgrade of Node's own.
    socket.emit('agentRemove');
    // One that cannot be written to has a proxy's refusal to tell, and takes no secrets.
    if (secure && socket.writable && !socket.encrypted) {
      discard(socket);
      throw failure('the agent gave a socket without TLS for a wss: URL');
    }
    return socket;
  } catch (error) {
    request.use = discard;
    request.on('error', () => {});
    request.destroy();
    throw error;
  }
}
