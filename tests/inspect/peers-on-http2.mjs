// What peers do with what breaks a rule of RFC 8441: over TLS, since browsers speak HTTP/2 there only.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectHttp2, createSecureServer } from 'node:http2';
import { setTimeout as pause } from 'node:timers/promises';
import { listen } from '../../scripts/tools/serve.mjs';
import { makeCertificate } from '../support/certificate.mjs';

/** @typedef {import('../../www/src/rules/types.js').Outcome} Outcome */

/** In milliseconds: by then a browser has read the server's new settings. */
const SETTINGS_READ = 500;

/** Rules that a server can break, or that depend on what it says. */
export const BY_SERVERS = [
  'ConnectNotEnabled',
  'ConnectSetting',
  'ConnectKey',
  'ConnectStatus',
];

/**
 * What is different in a request that breaks a rule. Connection and Upgrade cannot be: Node's http2
 * refuses to send them.
 * @type {Record<string, Record<string, string>>}
 */
export const BY_CLIENTS = {
  ConnectNotEnabled: {},
  ConnectRequest: { ':method': 'GET' },
  ConnectScheme: { ':scheme': 'wss' },
  ConnectKey: { 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' },
};

/**
 * @typedef {object} Browser
 * @property {(url: string) => Promise<unknown>} [goto] opens a page, and with it a connection
 * @property {(url: string) => Promise<{ opened: boolean, code?: number }>} open a WebSocket
 */

/**
 * What a client does with a server that breaks a rule.
 * @param {Browser} browser
 * @param {string} rule
 * @returns {Promise<Outcome>}
 */
export async function http2ToClient(browser, rule) {
  const enabled = rule !== 'ConnectNotEnabled';
  const server = createSecureServer({
    ...makeCertificate(),
    allowHTTP1: true,
    settings: { enableConnectProtocol: enabled },
  });
  let http1 = false;
  /** @type {Set<import('node:http2').Http2Session>} */
  const sessions = new Set();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('error', () => {});
    session.on('close', () => sessions.delete(session));
  });
  server.on('sessionError', () => {});
  server.on('upgrade', (request, socket) => {
    http1 = true;
    const accept = createHash('sha1')
      .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
      .digest('base64');
    socket.on('error', () => {});
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    socket.end(Buffer.of(0x88, 2, 3, 0xe8));
  });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {});
    if (headers[':method'] !== 'CONNECT') {
      stream.respond({ ':status': 200, 'content-type': 'text/html' });
      stream.end('<!doctype html><title>a page</title>');
      return;
    }
    const status = rule === 'ConnectStatus' ? 403 : 200;
    stream.respond({
      ':status': status,
      ...(rule === 'ConnectKey'
        ? { 'sec-websocket-accept': 'AAAAAAAAAAAAAAAAAAAAAAAAAAA=' }
        : {}),
    });
    stream.end(status === 200 ? Buffer.of(0x88, 2, 3, 0xe8) : '');
  });
  const port = await listen(server);
  try {
    await browser.goto?.(`https://127.0.0.1:${port}/`);
    if (rule === 'ConnectSetting') {
      for (const session of sessions) session.settings({ enableConnectProtocol: false });
      await pause(SETTINGS_READ);
    }
    const { opened, code } = await browser.open(`wss://127.0.0.1:${port}/`);
    if (opened && http1) return { did: 'http1' };
    return opened ? { did: 'accepted' } : { did: 'refused', event: code };
  } finally {
    for (const session of sessions) session.destroy();
    server.close();
  }
}

/**
 * What a server with HTTP/2, and without the setting, does with a request for a WebSocket.
 * @param {number} port of HTTP/2 without TLS
 * @param {string} rule
 * @returns {Promise<Outcome>}
 */
export async function http2ToServer(port, rule) {
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  session.on('error', () => {});
  await once(session, 'remoteSettings');
  if (session.remoteSettings.enableConnectProtocol) throw new Error('it is enabled');
  const stream = session.request({
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':path': '/',
    ':scheme': 'http',
    ':authority': 'localhost',
    'sec-websocket-version': '13',
    ...BY_CLIENTS[rule],
  });
  /** @type {Promise<Outcome>} */
  const answered = once(stream, 'response').then(([headers]) => ({
    did: 'refused',
    status: Number(headers[':status']),
  }));
  /** @type {Promise<Outcome>} */
  const ended = once(stream, 'close').then(() => ({ did: 'ended' }));
  const outcome = await Promise.race([answered, ended]).catch(
    () => /** @type {Outcome} */ ({ did: 'ended' }),
  );
  session.destroy();
  return outcome;
}
