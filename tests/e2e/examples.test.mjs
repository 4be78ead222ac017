// The examples, run as a reader would run them.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http2 from 'node:http2';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import WS from 'ws';
import { connect, connectHttp2 } from 'ws4wasm/node';

const folder = new URL('../../examples/', import.meta.url);

/**
 * Starts an example; gives what it prints first, its URL for the servers.
 * @param {import('node:test').TestContext} t
 * @param {string} name
 * @param {string[]} args
 */
async function start(t, name, ...args) {
  const child = spawn(process.execPath, [fileURLToPath(new URL(name, folder)), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, PORT: '0' },
  });
  t.after(() => child.kill());
  const [line] = await once(createInterface(child.stdout), 'line');
  return String(line);
}

test('echo.mjs and client.mjs', async (t) => {
  const url = await start(t, 'echo.mjs');
  assert.equal(await start(t, 'client.mjs', url, 'Grüße'), 'text Grüße');
});

test('upgrade.mjs: a site, one path, and its own pages only', async (t) => {
  const url = await start(t, 'upgrade.mjs');
  const site = url.replace('ws:', 'http:').replace('/shout', '/');
  assert.equal(await (await fetch(site)).text(), 'a website\n');
  const ws = await connect(url, { headers: { Origin: site.slice(0, -1) } });
  await ws.send('hello');
  for await (const message of ws) {
    assert.equal(message.data, 'HELLO');
    ws.close();
  }
  const foreign = connect(url, { headers: { Origin: 'https://elsewhere.example' } });
  await assert.rejects(foreign, { name: 'HandshakeError', status: 403 });
  await assert.rejects(connect(url.replace('shout', 'else')), { status: 404 });
});

test('http2.mjs: a site and two sockets on one connection', async (t) => {
  const url = await start(t, 'http2.mjs');
  const session = http2.connect(url);
  t.after(() => session.close());
  const page = session.request({ ':path': '/' });
  page.setEncoding('utf8');
  const [text] = await once(page, 'data');
  assert.equal(text, 'a website\n');
  const sockets = await Promise.all([1, 2].map(() => connectHttp2(session, url)));
  for (const [index, ws] of sockets.entries()) {
    await ws.send(`socket ${index}`);
    for await (const message of ws) {
      assert.equal(message.data, `socket ${index}`);
      ws.close();
    }
  }
});

test('metrics.mjs: counts that Prometheus can read', async (t) => {
  const [url] = /http:\S+/.exec(await start(t, 'metrics.mjs')) ?? [];
  assert.ok(url);
  const ws = await connect(url.replace('http:', 'ws:').replace('/metrics', ''));
  await ws.send('hello');
  for await (const message of ws) {
    assert.equal(message.data, 'hello');
    break;
  }
  const answer = await fetch(url);
  assert.match(answer.headers.get('content-type') ?? '', /^application\/openmetrics-text/);
  const text = await answer.text();
  // Each line is a type, a sample or the end, and each sample belongs to the type before it.
  const sample = /^([a-z0-9_]+?)(_total)?(\{reason="[a-z]+"\})? (\d+)$/;
  let type = ['', ''];
  const lines = text.trimEnd().split('\n');
  assert.equal(lines.pop(), '# EOF');
  for (const line of lines) {
    const [, name, kind] = /^# TYPE ([a-z0-9_]+) (counter|gauge)$/.exec(line) ?? [];
    if (name) type = [name, kind];
    else {
      const [, of, total] = sample.exec(line) ?? [];
      assert.deepEqual([of, total === '_total' ? 'counter' : 'gauge'], type, line);
    }
  }
  assert.match(text, /^ws4wasm_connections_open 1$/m);
  assert.match(text, /^ws4wasm_messages_received_total 1$/m);
  assert.match(text, /^ws4wasm_received_bytes_total 11$/m);
  assert.match(text, /^ws4wasm_refused_total\{reason="full"\} 0$/m);
  ws.close();
  await ws.run();
});

test('chat.mjs: what one says, all hear', async (t) => {
  const url = await start(t, 'chat.mjs');
  const members = Array.from({ length: 5 }, () => new WS(url));
  await Promise.all(members.map((ws) => once(ws, 'open')));
  const heard = members.map((ws) => once(ws, 'message'));
  members[2].send('hello all');
  for (const [data] of await Promise.all(heard)) assert.equal(String(data), 'hello all');
  for (const ws of members) ws.close();
});

test('stream-file.mjs: a large file as one message', async (t) => {
  const file = readFileSync(process.execPath);
  const hash = createHash('sha256').update(file).digest('hex');
  assert.equal(await start(t, 'stream-file.mjs'), `${file.length} bytes, sha256 ${hash}`);
});
