// WebSockets over HTTP/2 (RFC 8441): extended CONNECT.
import { constants } from 'node:http2';
import { judged, picked } from '../base/options.js';
import {
  acceptKey,
  CLIENT_HANDSHAKE,
  ClientHandshake,
  webSocketUrl,
} from '../core/handshake.js';
import { Arrival, judgedFor, takeOver } from './arrival.js';
import { opened } from './client.js';
import { failure, isRefusal, Limit, within } from './limit.js';
import { CONNECT_HTTP2, clientOptions, serverOptions, UPGRADE } from './options.js';
import { readBody } from './refusal.js';

/** Any key will do where none is sent: RFC 8441 section 5 has no use for it. */
const KEY = 'AAAAAAAAAAAAAAAAAAAAAA==';

/** Header fields of HTTP/1.1's handshake that HTTP/2 does not carry (RFC 8441 section 5). */
export const HTTP1_ONLY = new Set([
  'upgrade',
  'connection',
  'sec-websocket-accept',
  'sec-websocket-key',
  'host',
]);

/** Node's own limits of header fields have been kept already. */
const NODE_LIMITS = { maxHeaderSize: 1 << 20, maxHeaders: 2000 };

/**
 * RFC 9220 section 3 has it for HTTP/3, and RFC 8441 nothing.
 * @type {import('./refusals.js').Refusal}
 */
const OTHER_PROTOCOL = {
  status: 501,
  reason: 'protocol',
  body: 'CONNECT is for :protocol websocket only.',
};

/** @type {import('./answer.js').Wire} */
const HTTP2 = {
  accept: (stream, reply) => stream.respond({ ':status': 200, ...readReply(reply).fields }),
  refuse: (stream, reply) => {
    if (stream.destroyed || stream.headersSent) {
      stream.close();
      return;
    }
    const { status, fields, body } = readReply(reply);
    stream.respond({ ':status': status, ...fields }, { endStream: body.length === 0 });
    if (body.length) stream.end(body);
  },
};

/**
 * @param {import('node:http2').ServerHttp2Stream} stream
 * @param {import('node:http2').IncomingHttpHeaders} headers
 * @param {import('../node.js').UpgradeOptions} [options]
 * @returns {Promise<any>}
 */
export async function acceptConnect(stream, headers, options) {
  takeOver(stream, 'acceptConnect');
  const how = { wire: HTTP2, peer: stream.session?.socket, limits: NODE_LIMITS };
  const arrival = judgedFor(
    stream,
    HTTP2,
    () => new Arrival(stream, serverOptions(judged(options, UPGRADE, 'acceptConnect')), how),
  );
  if (headers[':method'] === 'CONNECT' && headers[':protocol'] !== 'websocket') {
    return arrival.refuse(OTHER_PROTOCOL);
  }
  const request = arrival.read(inHttp1(headers));
  return request ? arrival.open(request) : arrival.refuse();
}

/**
 * The same request in HTTP/1.1's clothes, so that one place judges all handshakes.
 * @param {import('node:http2').IncomingHttpHeaders} headers
 * @param {string} [key] for Sec-WebSocket-Key
 */
export function inHttp1(headers, key = KEY) {
  const connect = headers[':method'] === 'CONNECT' && headers[':protocol'] === 'websocket';
  const method = connect ? 'GET' : headers[':method'];
  const host = headers[':authority'] ?? headers.host;
  let head = `${method} ${headers[':path'] ?? '/'} HTTP/1.1\r\n`;
  if (host) head += `Host: ${host}\r\n`;
  if (connect)
    head += `Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${key}\r\n`;
  return Buffer.from(head + linesOf(headers), 'latin1');
}

/**
 * @param {import('node:http2').IncomingHttpHeaders} headers
 */
function linesOf(headers) {
  let lines = '';
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(':') || HTTP1_ONLY.has(name) || value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) lines += `${name}: ${one}\r\n`;
  }
  return `${lines}\r\n`;
}

/**
 * An HTTP/1.1 answer taken apart again.
 * @param {Uint8Array} reply
 */
function readReply(reply) {
  const text = Buffer.from(reply).toString('latin1');
  const end = text.indexOf('\r\n\r\n');
  const [statusLine, ...lines] = text.slice(0, end).split('\r\n');
  /** @type {Record<string, string[]>} */
  const fields = Object.create(null);
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    if (HTTP1_ONLY.has(name)) continue;
    fields[name] = [...(fields[name] ?? []), line.slice(colon + 1).trim()];
  }
  return { status: Number(statusLine.split(' ')[1]), fields, body: reply.subarray(end + 4) };
}

/**
 * @param {import('node:http2').ClientHttp2Session} session
 * @param {string | URL} url
 * @param {import('../node.js').ConnectHttp2Options} [options]
 * @returns {Promise<any>}
 */
export async function connectHttp2(session, url, options) {
  const given = clientOptions(judged(options, CONNECT_HTTP2, 'connectHttp2'));
  const target = webSocketUrl(url);
  const limit = new Limit(given);
  /** @type {ClientHandshake | undefined} */
  let handshake;
  /** @type {import('node:http2').ClientHttp2Stream | undefined} */
  let stream;
  try {
    handshake = new ClientHandshake(target, picked(given, CLIENT_HANDSHAKE));
    await extendedConnect(session, limit.signal);
    stream = session.request(fieldsOf(handshake.request, target), { endStream: false });
    const headers = await answerOf(stream, limit.signal);
    const result = await judgedAnswer(stream, handshake, headers, limit.signal);
    return opened(stream, result, given);
  } catch (error) {
    stream?.close(constants.NGHTTP2_CANCEL);
    given.signal?.throwIfAborted();
    throw error;
  } finally {
    limit.end();
    handshake?.free();
  }
}

/**
 * Waits until the server has said in its settings whether it takes extended CONNECT (RFC 8441
 * section 3). They are the first thing it sends, so they have come when it answers a ping.
 * @param {import('node:http2').ClientHttp2Session} session
 * @param {AbortSignal} until
 */
export async function extendedConnect(session, until) {
  if (session.connecting) {
    await within(until, (resolve, reject) => {
      session.once('connect', resolve);
      session.once('error', reject);
      session.once('close', () => reject(failure('the session is closed')));
    });
  }
  if (session.remoteSettings?.enableConnectProtocol) return;
  await within(until, (/** @type {(value?: unknown) => void} */ resolve, reject) => {
    session.ping((error) => (error ? reject(error) : resolve()));
  });
  if (!session.remoteSettings.enableConnectProtocol) {
    throw failure(
      'the server takes no extended CONNECT (SETTINGS_ENABLE_CONNECT_PROTOCOL is not set)',
    );
  }
}

/**
 * @param {import('node:http2').ClientHttp2Stream} stream
 * @param {AbortSignal} until
 * @returns {Promise<import('node:http2').IncomingHttpHeaders & { ':status'?: number }>}
 */
function answerOf(stream, until) {
  return within(until, (resolve, reject) => {
    stream.once('response', resolve);
    stream.on('error', reject);
    stream.once('close', () => reject(failure('the server closed the stream')));
  });
}

/**
 * The outcome of the handshake. A refusal is thrown once its body is there, too.
 * @param {import('node:http2').ClientHttp2Stream} stream
 * @param {ClientHandshake} handshake
 * @param {import('node:http2').IncomingHttpHeaders & { ':status'?: number }} headers
 * @param {AbortSignal} until
 * @returns {Promise<import('../index.js').ClientHandshakeResult>}
 */
async function judgedAnswer(stream, handshake, headers, until) {
  try {
    const result = handshake.receive(answerInHttp1(headers, handshake.request));
    if (!result) throw failure('the answer is not complete');
    return result;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    await readBody(error, stream, until);
    throw error;
  }
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
 * The answer in HTTP/1.1's clothes: any 2xx opens where 101 did (RFC 9110 section 9.3.6), and
 * what only HTTP/1.1 has is filled in.
 * @param {import('node:http2').IncomingHttpHeaders & { ':status'?: number }} headers
 * @param {Uint8Array} request
 */
export function answerInHttp1(headers, request) {
  const status = headers[':status'] ?? 0;
  const opens = status >= 200 && status < 300;
  let head = `HTTP/1.1 ${opens ? 101 : status} \r\n`;
  if (opens) {
    const [, key] =
      /^sec-websocket-key: *(\S+)/im.exec(Buffer.from(request).toString('latin1')) ?? [];
    head += `Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptKey(key ?? '')}\r\n`;
  }
  return Buffer.from(head + linesOf(headers), 'latin1');
}
