// WebSockets over HTTP/2 (RFC 8441): extended CONNECT.
import { once } from 'node:events';
import * as check from '../arguments.js';
import { HandshakeError } from '../exceptions.js';
import { ClientHandshake, ServerHandshake, webSocketUrl, acceptKey } from '../handshake.js';
import { WebSocket } from '../websocket.js';
import { decide } from './verify.js';

const DEFAULT_HANDSHAKE_TIMEOUT = 10_000;

/** Any key will do where none is sent: RFC 8441 section 5 has no use for it. */
const KEY = 'AAAAAAAAAAAAAAAAAAAAAA==';

/** Header fields of HTTP/1.1's handshake that HTTP/2 does not carry (RFC 8441 section 5). */
const HTTP1_ONLY = new Set(['upgrade', 'connection', 'sec-websocket-accept', 'sec-websocket-key', 'host']);

/**
 * @param {import('node:http2').ServerHttp2Stream} stream
 * @param {import('node:http2').IncomingHttpHeaders} headers
 * @param {import('../node.js').UpgradeOptions} [options]
 * @returns {Promise<any>}
 */
export async function acceptConnect(stream, headers, options) {
  const given = /** @type {any} */ (check.options(options));
  stream.on('error', () => stream.destroy());
  const handshake = new ServerHandshake({ ...given, maxHeaderSize: 1 << 20, maxHeaders: 2000 });
  try {
    const request = handshake.readRequest(inHttp1(headers));
    if (!request) throw new HandshakeError('the request is not complete');
    const decision = await decide(request, given);
    if (stream.destroyed) return undefined;
    if (decision.status !== undefined) {
      respond(stream, ServerHandshake.reject(decision.status, decision));
      return undefined;
    }
    const { reply, protocol } = handshake.accept(request, decision);
    const { fields } = readReply(reply);
    stream.respond({ ':status': 200, ...fields });
    const { WebSocket: Kind = WebSocket } = given;
    const ws = new Kind(stream, {
      ...given,
      role: 'server',
      protocols: protocol === undefined ? [] : [protocol],
      extensions: [],
      environ: request,
    });
    given.onWebSocket?.(ws, request);
    void ws.run();
    return ws;
  } catch (error) {
    if (error instanceof HandshakeError && error.reply) {
      respond(stream, error.reply);
      return undefined;
    }
    respond(stream, ServerHandshake.reject(500, { body: 'The server failed to answer.' }));
    throw error;
  } finally {
    handshake.free();
  }
}

/**
 * The same request in HTTP/1.1's clothes, so that one place judges all handshakes.
 * @param {import('node:http2').IncomingHttpHeaders} headers
 */
function inHttp1(headers) {
  const connect = headers[':method'] === 'CONNECT' && headers[':protocol'] === 'websocket';
  const method = connect ? 'GET' : headers[':method'];
  let head = `${method} ${headers[':path'] ?? '/'} HTTP/1.1\r\nHost: ${headers[':authority'] ?? headers.host}\r\n`;
  if (connect) head += `Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${KEY}\r\n`;
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(':') || HTTP1_ONLY.has(name) || value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) head += `${name}: ${one}\r\n`;
  }
  return Buffer.from(`${head}\r\n`, 'latin1');
}

/**
 * An HTTP/1.1 answer taken apart again.
 * @param {Uint8Array} reply
 */
function readReply(reply) {
  const text = Buffer.from(reply).toString('latin1');
  const end = text.indexOf('\r\n\r\n');
  const [statusLine, ...lines] = text.slice(0, end).split('\r\n');
  /** @type {Record<string, string>} */
  const fields = Object.create(null);
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    if (!HTTP1_ONLY.has(name)) fields[name] = line.slice(colon + 1).trim();
  }
  return { status: Number(statusLine.split(' ')[1]), fields, body: reply.subarray(end + 4) };
}

/**
 * @param {import('node:http2').ServerHttp2Stream} stream
 * @param {Uint8Array} reply
 */
function respond(stream, reply) {
  if (stream.destroyed || stream.headersSent) return;
  const { status, fields, body } = readReply(reply);
  stream.respond({ ':status': status, ...fields });
  stream.end(body);
}

/**
 * @param {import('node:http2').ClientHttp2Session} session
 * @param {string | URL} url
 * @param {import('../node.js').ConnectHttp2Options} [options]
 * @returns {Promise<any>}
 */
export async function connectHttp2(session, url, options) {
  const given = /** @type {any} */ (check.options(options));
  const { signal, handshakeTimeout = DEFAULT_HANDSHAKE_TIMEOUT } = given;
  const target = webSocketUrl(url);
  const deadline = AbortSignal.timeout(check.integer(handshakeTimeout, 'handshakeTimeout', 1, check.MAX_DELAY));
  const until = signal ? AbortSignal.any([signal, deadline]) : deadline;
  if (session.connecting) await once(session, 'connect', { signal: until });
  // The server says in its settings that it takes extended CONNECT (RFC 8441 section 3).
  // They are the first thing it sends, so they have come when it has answered a ping.
  if (!session.remoteSettings?.enableConnectProtocol) await answered(session, until);
  if (!session.remoteSettings.enableConnectProtocol) {
    throw new HandshakeError('the server takes no extended CONNECT (SETTINGS_ENABLE_CONNECT_PROTOCOL)', { status: 0 });
  }
  const handshake = new ClientHandshake(target, given);
  try {
    const stream = session.request(fieldsOf(handshake.request, target), { signal: until });
    stream.on('error', () => stream.destroy());
    const [headers] = await once(stream, 'response', { signal: until });
    const result = handshake.receive(answerInHttp1(headers, handshake.request));
    if (!result) throw new HandshakeError('the answer is not complete', { status: 0 });
    const { WebSocket: Kind = WebSocket } = given;
    const { protocol } = result;
    const ws = new Kind(stream, {
      ...given,
      role: 'client',
      protocols: protocol === undefined ? [] : [protocol],
      extensions: [],
      environ: result.response,
    });
    void ws.run();
    return ws;
  } finally {
    handshake.free();
  }
}

/**
 * @param {import('node:http2').ClientHttp2Session} session
 * @param {AbortSignal} until
 * @returns {Promise<void>}
 */
function answered(session, until) {
  return new Promise((resolve, reject) => {
    until.addEventListener('abort', () => reject(until.reason), { once: true });
    session.ping((error) => (error ? reject(error) : resolve()));
  });
}

/**
 * The request's fields for HTTP/2.
 * @param {Uint8Array} request
 * @param {URL} target
 */
function fieldsOf(request, target) {
  const { fields } = readReply(request);
  return {
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':scheme': target.protocol === 'wss:' ? 'https' : 'http',
    ':path': target.pathname + target.search,
    ':authority': target.host,
    ...fields,
  };
}

/**
 * The answer in HTTP/1.1's clothes: 200 opens where 101 did, and what only HTTP/1.1 has is
 * filled in.
 * @param {import('node:http2').IncomingHttpHeaders & { ':status'?: number }} headers
 * @param {Uint8Array} request
 */
function answerInHttp1(headers, request) {
  const status = headers[':status'] === 200 ? 101 : headers[':status'];
  let head = `HTTP/1.1 ${status} \r\n`;
  if (status === 101) {
    const [, key] = /^sec-websocket-key: *(\S+)/im.exec(Buffer.from(request).toString('latin1')) ?? [];
    head += `Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptKey(key ?? '')}\r\n`;
  }
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(':') || HTTP1_ONLY.has(name) || value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) head += `${name}: ${one}\r\n`;
  }
  return Buffer.from(`${head}\r\n`, 'latin1');
}
