// Real clients (Node, Python, curl, Chromium) over ws: and wss:, recorded on their way, with the
// key log that each of them writes: what is shown is what went in, and what tshark prints.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { Inspection, withKeys } from 'ws4wasm/inspect';
import { which } from '../../scripts/lib.mjs';
import { launchChromium } from '../../scripts/tools/browsers.mjs';
import { makeCertificate } from '../support/certificate.mjs';
import { startPython } from '../support/python.mjs';
import { chromium, python } from '../support/tools.mjs';
import { relay } from './relay.mjs';
import { allRows, compareWithTshark, skipTshark, tsharkFrames } from './support.mjs';

/** @typedef {import('node:test').TestContext} TestContext */
/** @typedef {{ url: string, keyLog: string, certificate: string }} Task */

const { key, cert } = makeCertificate();

/** Echoes, pings, and says something of its own to whoever cannot say anything. */
async function startServer(/** @type {boolean} */ secure) {
  const server = secure ? createHttps({ key, cert }) : createHttp();
  const sockets = new WebSocketServer({ server, perMessageDeflate: { threshold: 0 } });
  sockets.on('connection', (ws, request) => {
    ws.ping('are you there?');
    ws.on('message', (data, binary) => ws.send(data, { binary }));
    if (request.url !== '/listen') return;
    ws.send('only said', { fin: false });
    ws.send(', never heard', { fin: true });
    ws.send(Buffer.alloc(70_000, 7));
    ws.close(1000, 'that was all');
    request.socket.end();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    port,
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

const texts = ['hello', 'grüße 👋', JSON.stringify({ a: [1, 2, 3] }), 'again '.repeat(5000)];

/**
 * Each talks to an echo server and gives the texts that it has sent; undefined where it is not here.
 * @type {Record<string, (t: TestContext, task: Task) => Promise<string[] | undefined>>}
 */
const clients = {
  async Node(_, { url, keyLog, certificate }) {
    /** @type {Buffer[]} */
    const keys = [];
    const ca = readFileSync(certificate);
    const ws = new WebSocket(url, { ca, perMessageDeflate: url.startsWith('ws:') });
    ws.once('upgrade', () => {});
    ws.on('open', () => {});
    const { _req: request } = /** @type {any} */ (ws);
    request.on('socket', (/** @type {import('node:tls').TLSSocket} */ socket) =>
      socket.on('keylog', (line) => keys.push(line)),
    );
    await once(ws, 'open');
    for (const text of texts) {
      ws.send(text);
      assert.equal(String((await once(ws, 'message'))[0]), text);
    }
    const middle = texts[3].length / 2;
    ws.send(texts[3].slice(0, middle), { fin: false });
    ws.ping('between');
    ws.send(texts[3].slice(middle), { fin: true });
    await once(ws, 'message');
    ws.send(Buffer.alloc(200_000, 1));
    await once(ws, 'message');
    ws.close(4000, 'até logo');
    await once(ws, 'close');
    writeFileSync(keyLog, Buffer.concat(keys));
    return [...texts, texts[3]];
  },

  async Python(t, { url, keyLog, certificate }) {
    const program = python(t);
    if (!program) return undefined;
    const env = { SSLKEYLOGFILE: keyLog, SSL_CERT_FILE: certificate };
    const payloads = texts.map((text, index) => ({ name: `${index}`, text }));
    const task = { task: 'converse', url, payloads, code: 4001, reason: 'adeus' };
    const { next } = startPython(program, 'e2e/client.py', task, env);
    assert.deepEqual(await next(), { wrong: [], code: 4001, reason: 'adeus' });
    // One by one, each in fragments, and all at once.
    return [...texts.flatMap((text) => [text, text]), ...texts];
  },

  async curl(t, { url, keyLog, certificate }) {
    const program = which('curl');
    if (!program) return void t.skip('there is no curl');
    // This of Debian has no WebSocket of its own; it asks as it is told to and hears what comes.
    const headers = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
    const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
    const args = [...headers, key].flatMap((header) => ['--header', header]);
    const http = url.replace(/^ws/, 'http');
    const child = spawn(
      program,
      [
        '--http1.1',
        '--no-buffer',
        '--silent',
        '--cacert',
        certificate,
        ...args,
        `${http}listen`,
      ],
      { env: { ...process.env, SSLKEYLOGFILE: keyLog }, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    child.stdout.resume();
    await once(child, 'close');
    return [];
  },

  async Chromium(t, { url, keyLog }) {
    const program = chromium(t);
    if (!program) return undefined;
    const browser = await launchChromium(program, [
      `--ssl-key-log-file=${keyLog}`,
      '--ignore-certificate-errors',
    ]);
    try {
      const page = await browser.newPage();
      const code = await page.evaluate(
        `new Promise((resolve, reject) => {
          const texts = ${JSON.stringify(texts)};
          const ws = new WebSocket(${JSON.stringify(url)});
          let next = 0;
          ws.onopen = () => ws.send(texts[0]);
          ws.onmessage = ({ data }) => {
            if (data !== texts[next]) reject(new Error('another text'));
            if (++next < texts.length) ws.send(texts[next]);
            else ws.close(4002, 'done');
          };
          ws.onclose = ({ code }) => resolve(code);
        })`,
      );
      assert.equal(code, 4002);
    } finally {
      await browser.close();
    }
    return texts;
  },
};

for (const [name, talk] of Object.entries(clients)) {
  for (const secure of [false, true]) {
    test(`${name}, ${secure ? 'wss' : 'ws'}`, async (t) => {
      const folder = mkdtempSync(join(tmpdir(), 'clients-'));
      t.after(() => rmSync(folder, { recursive: true }));
      const [keyLog, certificate] = [join(folder, 'keys.log'), join(folder, 'cert.pem')];
      writeFileSync(certificate, cert);
      const server = await startServer(secure);
      t.after(server.stop);
      const recorded = await relay(server.port, secure ? 443 : 80);
      t.after(recorded.stop);
      const url = `${secure ? 'wss' : 'ws'}://127.0.0.1:${recorded.port}/`;
      const sent = await talk(t, { url, keyLog, certificate });
      if (!sent) return;
      await recorded.ended();

      const [capture] = recorded.captures();
      const inspection = new Inspection();
      if (secure) {
        assert.ok(existsSync(keyLog), 'the client has written its keys');
        inspection.keys(readFileSync(keyLog));
      }
      inspection.push(capture);
      inspection.finish();
      const talks = inspection.connections().filter(({ frames }) => frames.s2c > 0);
      assert.equal(talks.length, 1);
      const [{ url: shown, evidence, errors, tls, closeCode }] = talks;
      assert.ok(shown?.startsWith(url), shown);
      assert.deepEqual(
        [evidence, errors, tls?.decrypted],
        ['handshake', 0, secure || undefined],
      );
      assert.notEqual(closeCode, undefined);
      const messages = allRows(inspection, { kind: 'messages', filter: 'dir:c2s op:text' });
      const heard = messages.map(({ frame }) =>
        Buffer.from(inspection.bytes(frame, 'message')?.bytes ?? []).toString(),
      );
      assert.deepEqual(heard, sent);

      if (skipTshark) return t.diagnostic(skipTshark);
      const file = join(folder, 'capture.pcapng');
      writeFileSync(file, secure ? withKeys(capture, inspection.export('keylog')) : capture);
      compareWithTshark(inspection, tsharkFrames(file));
      inspection.free();
    });
  }
}
