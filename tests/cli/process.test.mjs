// `npm start` as a process: its port, Ctrl-C, and clients that never get on with it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import WebSocket from 'ws';
import { root } from '../../scripts/lib.mjs';
import { launch } from '../e2e/chromium.mjs';
import { frame, openRaw } from '../e2e/raw.mjs';
import { startServer } from '../e2e/server.mjs';
import { listen } from '../support/connections.mjs';
import { startPython } from '../support/python.mjs';
import { python } from '../support/tools.mjs';

const AWAY = { code: 1001, reason: 'The server stops.' };

test('Ctrl-C closes every connection with 1001 and ends with 0', async (t) => {
  const program = python(t);
  const page = program && (await launch(t));
  if (!page) return;
  const server = await startServer();
  t.after(() => server.kill());

  const { next } = startPython(program, 'e2e/client.py', { task: 'wait', url: server.wsUrl });
  assert.equal(await next(), 'open');
  const client = new WebSocket(server.wsUrl);
  await once(client, 'open');
  const closed = once(client, 'close');
  await page.goto(server.at('/talk'));
  await page.getByRole('button', { name: 'Connect' }).click();
  await page.getByText('Connected to').waitFor();
  const waiting = await openRaw(server.port);
  waiting.write('GET / HT');

  assert.equal(await server.stop('SIGINT'), 0);
  const [code, reason] = await closed;
  assert.deepEqual({ code, reason: `${reason}` }, AWAY);
  assert.deepEqual(await next(), AWAY);
  await page.getByText('Closed with 1001 The server stops.').waitFor();
  assert.equal((await waiting.rest()).length, 0);
});

test('`npm start` does the same', async (t) => {
  const server = await startServer(['npm', 'start']);
  t.after(() => server.kill());
  const client = new WebSocket(server.wsUrl);
  await once(client, 'open');
  server.stop('SIGINT');
  const [code] = await once(client, 'close');
  assert.equal(code, AWAY.code);
  await server.printed(/Closing 1 connection\./);
  await assert.rejects(openRaw(server.port), { code: 'ECONNREFUSED' });
});

test('a client that answers no close is left behind after two seconds', async (t) => {
  const server = await startServer();
  t.after(() => server.kill());
  const client = await openRaw(server.port);
  await client.upgrade();
  client.socket.on('error', () => {});
  const started = Date.now();
  assert.equal(await server.stop('SIGTERM'), 0);
  const time = Date.now() - started;
  assert.ok(time > 1_500 && time < 6_000, `${time} ms`);
  assert.equal((await client.read(4)).readUInt16BE(2), AWAY.code);
});

test('after our close, messages are not answered and the close is awaited', async (t) => {
  const server = await startServer();
  t.after(() => server.kill());
  const client = await openRaw(server.port);
  await client.upgrade();
  const ended = server.stop('SIGINT');
  const close = await client.read(4 + AWAY.reason.length);
  assert.equal(close.readUInt16BE(2), AWAY.code);
  client.write(Buffer.concat([frame(0x81, 'on its way'), frame(0x88, close.subarray(2))]));
  assert.equal((await client.rest()).length, 0);
  assert.equal(await ended, 0);
});

/** @param {string} port */
async function startOn(port) {
  const child = spawn(process.execPath, ['js/cli/main.js', 'serve'], {
    cwd: root,
    env: { ...process.env, PORT: port },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let message = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    message += text;
  });
  const [code] = await once(child, 'close');
  return { code, message };
}

test('a port that is taken is said so, with what to do', async (t) => {
  const port = await listen(createServer(), t);
  const { code, message } = await startOn(`${port}`);
  assert.equal(code, 1);
  assert.match(message, new RegExp(`^Port ${port} is taken\\. .*PORT=\\d+ npm start\n$`));
});

test('a port that is none is said so', async () => {
  for (const port of ['abc', '65536', '-1', '80.5']) {
    const { code, message } = await startOn(port);
    assert.equal(code, 2);
    assert.match(message, /^PORT is ".*"; it must be a number from 0 to 65535\.\n/);
  }
});

test('a request that never ends is given ten seconds', async (t) => {
  const server = await startServer();
  t.after(() => server.kill());
  const client = await openRaw(server.port);
  const started = Date.now();
  // A byte now and then does not help.
  const drip = setInterval(() => client.write('x'), 900);
  client.socket.on('error', () => {});
  client.write('GET / HTTP/1.1\r\nX: ');
  await new Promise((resolve) => client.socket.once('end', resolve).once('close', resolve));
  clearInterval(drip);
  const time = Date.now() - started;
  assert.ok(time > 9_000 && time < 15_000, `${time} ms`);
  await server.printed(/✗ no whole request came in time/);
});
