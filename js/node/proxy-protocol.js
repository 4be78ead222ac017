// The PROXY protocol of HAProxy, versions 1 and 2: before anything else a proxy says whose
// connection this is (https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt).
import { isIP } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import * as check from '../base/arguments.js';
import { judged } from '../base/options.js';
import { answerAndEnd, drop, HTTP1 } from './answer.js';
import { networksOf } from './networks.js';
import { replyOf } from './refusals.js';

/** The longest line of version 1, its end with it (section 2.1). */
const MAX_V1 = 107;

/** Of version 2, what is before the addresses (section 2.2), and the most that may follow. */
const V2_HEAD = 16;
const MAX_V2 = 4096;

const V1_START = Buffer.from('PROXY ');
const V2_START = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');

/** @typedef {{ remoteAddress: string | undefined, remotePort: number | undefined }} Client */

/**
 * @typedef {object} Header
 * @property {number} length in bytes
 * @property {Client} [client] undefined when the proxy speaks for itself, as for its health checks
 */

class Malformed extends Error {}

/**
 * @param {Buffer} bytes that came first
 * @returns {Header | undefined} undefined while it is not complete
 * @throws {Malformed}
 */
export function readHeader(bytes) {
  if (startsAs(bytes, V2_START)) return bytes.length < V2_HEAD ? undefined : readV2(bytes);
  if (startsAs(bytes, V1_START)) return readV1(bytes);
  throw new Malformed('A PROXY header must come first.');
}

/** @param {Buffer} bytes @param {Buffer} start */
function startsAs(bytes, start) {
  const length = Math.min(bytes.length, start.length);
  return bytes.compare(start, 0, length, 0, length) === 0;
}

const V1 =
  /^PROXY (?:UNKNOWN(?: [^\r\n]*)?|TCP([46]) (\S+) (\S+) (0|[1-9]\d{0,4}) (0|[1-9]\d{0,4}))\r\n/;

/** @param {Buffer} bytes @returns {Header | undefined} */
function readV1(bytes) {
  const text = bytes.toString('latin1', 0, MAX_V1);
  const end = text.indexOf('\n');
  if (end < 0 && text.length < MAX_V1) return undefined;
  const [line, family, source, destination, port, ownPort] = V1.exec(text) ?? [];
  if (line === undefined) throw new Malformed('The PROXY header is not well-formed.');
  if (family === undefined) return { length: line.length };
  const addresses = isIP(source) === Number(family) && isIP(destination) === Number(family);
  if (!addresses || Number(port) > 65_535 || Number(ownPort) > 65_535) {
    throw new Malformed('The PROXY header has an address or a port that is none.');
  }
  return { length: line.length, client: { remoteAddress: source, remotePort: Number(port) } };
}

/** How long the addresses of a family and protocol are, where we know it: TCP over IP, and Unix. */
const V2_LENGTHS = new Map([
  [0x11, 12],
  [0x21, 36],
  [0x31, 216],
]);

/** @param {Buffer} bytes @returns {Header | undefined} */
function readV2(bytes) {
  const command = bytes[12];
  const kind = bytes[13];
  const length = V2_HEAD + bytes.readUInt16BE(14);
  if (command !== 0x20 && command !== 0x21) {
    throw new Malformed('The PROXY header has a version or a command that is none.');
  }
  if (length > MAX_V2) throw new Malformed('The PROXY header is too long.');
  if (bytes.length < length) return undefined;
  // LOCAL, and a proxy that does not know.
  if (command === 0x20 || kind === 0) return { length };
  const needed = V2_LENGTHS.get(kind);
  if (needed === undefined || length < V2_HEAD + needed) {
    throw new Malformed('The PROXY header has addresses that are none of TCP.');
  }
  return { length, client: v2Client(bytes.subarray(V2_HEAD, V2_HEAD + needed)) };
}

/** @param {Buffer} addresses @returns {Client} */
function v2Client(addresses) {
  if (addresses.length === 12) {
    const remoteAddress = addresses.subarray(0, 4).join('.');
    return { remoteAddress, remotePort: addresses.readUInt16BE(8) };
  }
  if (addresses.length > 36) return { remoteAddress: undefined, remotePort: undefined };
  const groups = [];
  for (let i = 0; i < 16; i += 2) groups.push(addresses.readUInt16BE(i).toString(16));
  // URL writes it as RFC 5952 wants it.
  const remoteAddress = new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
  return { remoteAddress, remotePort: addresses.readUInt16BE(32) };
}

/**
 * From here on a socket names the client where it named the proxy: whatever asks it, logs of
 * node:http too, learns the same.
 * @param {object} sock
 * @param {Client} client
 */
function rename(sock, { remoteAddress, remotePort }) {
  const remoteFamily = remoteAddress && (isIP(remoteAddress) === 6 ? 'IPv6' : 'IPv4');
  for (const [name, value] of Object.entries({ remoteAddress, remotePort, remoteFamily })) {
    Object.defineProperty(sock, name, { value, configurable: true });
  }
}

/**
 * A socket that has just been accepted, until its header is there.
 * @param {import('node:net').Socket} sock
 * @param {number} timeout in milliseconds
 * @param {(client: Client | undefined) => void} done
 * @param {(status: number, message: string) => void} failed
 */
function awaitHeader(sock, timeout, done, failed) {
  let bytes = Buffer.alloc(0);
  const stop = () => {
    clearTimeout(timer);
    sock.removeListener('readable', take);
    sock.removeListener('end', drop);
    sock.removeListener('close', stop);
  };
  const fail = (/** @type {number} */ status, /** @type {string} */ message) => {
    stop();
    failed(status, message);
  };
  const timer = setTimeout(() => fail(408, 'The PROXY header took too long.'), timeout);
  const take = () => {
    for (let more = sock.read(); more !== null; more = sock.read()) {
      bytes = Buffer.concat([bytes, more]);
    }
    let header;
    try {
      header = bytes.length ? readHeader(bytes) : undefined;
    } catch (error) {
      fail(400, /** @type {Error} */ (error).message);
      return;
    }
    if (!header) return;
    stop();
    const rest = bytes.subarray(header.length);
    if (rest.length) sock.unshift(rest);
    sock.removeListener('error', drop);
    done(header.client);
  };
  sock.on('error', drop);
  sock.on('readable', take);
  sock.on('end', drop);
  sock.on('close', stop);
}

/** @type {import('../base/options.js').Shape} */
const OPTIONS = {
  from: networksOf,
  timeout: (value, name) => check.integer(value, name, 1, check.MAX_DELAY),
};

const DEFAULT_TIMEOUT = 10_000;

/**
 * @template {import('node:net').Server} T
 * @param {T} server that does not listen yet
 * @param {import('../node.js').ProxyProtocolOptions} [options]
 * @returns {T}
 */
export function proxyProtocol(server, options) {
  const given = judged(options, OPTIONS, 'proxyProtocol');
  return behindProxies(server, /** @type {any} */ (given));
}

/**
 * Has a server's sockets begin with a PROXY header. Those whose sockets are read from the first
 * byte on, that is all servers of Node, see of each what comes after it.
 * @template {import('node:net').Server} T
 * @param {T} server
 * @param {object} how
 * @param {unknown} [how.from] who may say for whom it speaks
 * @param {number} [how.timeout]
 * @param {(proxy: Client, refusal: import('./refusals.js').Refusal) => void} [refused]
 * @returns {T}
 */
export function behindProxies(
  server,
  { from = 'loopback', timeout = DEFAULT_TIMEOUT },
  refused = () => {},
) {
  const trusted = networksOf(from, 'from');
  const secure = server instanceof TlsServer;
  const listeners = /** @type {Function[]} */ (server.listeners('connection'));
  server.removeAllListeners('connection');
  server.on('connection', (sock) => {
    const refuse = (/** @type {number} */ status, /** @type {string} */ body) => {
      /** @type {import('./refusals.js').Refusal} */
      const refusal = { status, body, reason: 'proxy' };
      const { remoteAddress, remotePort } = sock;
      // Who waits for TLS could not read an answer.
      if (secure) sock.destroy();
      else answerAndEnd(sock, replyOf(refusal), {}, HTTP1);
      refused({ remoteAddress, remotePort }, refusal);
    };
    if (!trusted(sock.remoteAddress)) {
      refuse(403, 'Connections come through a proxy here.');
      return;
    }
    awaitHeader(
      sock,
      timeout,
      (client) => {
        if (client) rename(sock, client);
        for (const listener of listeners) listener.call(server, sock);
      },
      refuse,
    );
  });
  if (secure) {
    server.prependListener('secureConnection', (sock) => {
      const raw = /** @type {any} */ (sock)._parent;
      // Nothing else of Node's tells whose TLS this is; and a wrong name is worse than none.
      if (raw === undefined) sock.destroy();
      else if (Object.hasOwn(raw, 'remoteAddress')) rename(sock, raw);
    });
  }
  return server;
}
