// A program that uses ws, and depends on what uses ws, gets ws4wasm instead by one line of its
// package.json, packed and installed as its users would.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { quietly, root } from '../../scripts/lib.mjs';

/** A server by `import`, and a client by `require` within a dependency. */
const PROGRAM = `
import { createRequire } from 'node:module';
import WebSocket, { WebSocketServer } from 'ws';
import chat from 'chat-client';
const version = createRequire(import.meta.url)('ws/package.json').name;
const wss = new WebSocketServer({ port: 0, host: '127.0.0.1' }, () => {
  chat('ws://127.0.0.1:' + wss.address().port, (text, Client) => {
    console.log(JSON.stringify([text, version, Client === WebSocket, WebSocket.OPEN]));
    wss.close();
  });
});
wss.on('connection', (ws, request) => {
  ws.on('message', (data, isBinary) => ws.send(request.url + data, { binary: isBinary }));
});
`;

const CLIENT = `
const WebSocket = require('ws');
module.exports = function chat(url, done) {
  const ws = new WebSocket(url + '/room/');
  ws.on('open', () => ws.send('hello'));
  ws.on('message', (data) => {
    ws.close();
    done(data.toString(), WebSocket);
  });
};
`;

/** @type {string} */
let folder;
/** @type {string} */
let engine;
/** @type {string} */
let place;
/** @type {string} */
let real;

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'ws4wasm-in-place-'));
  const pack = (/** @type {string} */ what) => {
    const args = ['pack', what, '--json', '--ignore-scripts', '--pack-destination', folder];
    const [{ filename }] = JSON.parse(quietly('npm', args, { cwd: root }));
    return `file:${join(folder, filename)}`;
  };
  engine = pack('.');
  place = pack('./packages/ws');
  real = pack(dirname(createRequire(import.meta.url).resolve('ws/package.json')));
});
after(() => rmSync(folder, { recursive: true, force: true }));

/**
 * Installs the program and runs it.
 * @param {string} name
 * @param {object} line of package.json
 */
function run(name, line) {
  const app = join(folder, name);
  mkdirSync(join(app, 'chat-client'), { recursive: true });
  writeFileSync(join(app, 'server.mjs'), PROGRAM);
  writeFileSync(join(app, 'chat-client/index.js'), CLIENT);
  const client = { name: 'chat-client', version: '1.0.0', dependencies: { ws: '^8.0.0' } };
  writeFileSync(join(app, 'chat-client/package.json'), JSON.stringify(client));
  const dependencies = { 'chat-client': 'file:./chat-client', ws: real };
  const manifest = { private: true, dependencies, ...line };
  writeFileSync(join(app, 'package.json'), JSON.stringify(manifest));
  const install = ['install', '--offline', '--no-audit', '--no-fund', '--install-links'];
  quietly('npm', install, { cwd: app });
  const { stdout, stderr } = spawnSync(process.execPath, ['server.mjs'], {
    cwd: app,
    encoding: 'utf8',
    timeout: 60_000,
  });
  assert.equal(stderr, '');
  return JSON.parse(stdout);
}

test('as it was', () => {
  assert.deepEqual(run('before', {}), ['/room/hello', 'ws', true, 1]);
});

test('an alias, with the engine by its own name', () => {
  const overrides = { ws4wasm: engine };
  const dependencies = { 'chat-client': 'file:./chat-client', ws: place };
  const [text, name, , open] = run('alias', { dependencies, overrides });
  assert.deepEqual([text, name, open], ['/room/hello', '@ws4wasm/ws', 1]);
});

test('overrides, for all that the program depends on', () => {
  const overrides = { ws: place, ws4wasm: engine };
  const dependencies = { 'chat-client': 'file:./chat-client', ws: place };
  assert.deepEqual(run('overrides', { dependencies, overrides }), [
    '/room/hello',
    '@ws4wasm/ws',
    true,
    1,
  ]);
});

test('the chat server of docs/migrating.md, unchanged', () => {
  const app = join(folder, 'overrides');
  cpSync(join(root, 'tests/e2e/migration/before.mjs'), join(app, 'chat.mjs'));
  const script = `
    import { spawn } from 'node:child_process';
    import WebSocket from 'ws';
    const server = spawn(process.execPath, ['chat.mjs'], { env: { ...process.env, PORT: '0' } });
    server.stdout.once('data', (line) => {
      const ws = new WebSocket(String(line).trim() + '?name=Ann', ['chat.v1']);
      ws.on('error', (error) => console.log(error.message));
      ws.on('message', (data) => {
        console.log(String(data));
        server.kill();
        ws.terminate();
      });
    });`;
  writeFileSync(join(app, 'talk.mjs'), script);
  const { stdout } = spawnSync(process.execPath, ['talk.mjs'], {
    cwd: app,
    encoding: 'utf8',
    timeout: 60_000,
  });
  assert.deepEqual(JSON.parse(stdout), { type: 'join', name: 'Ann' });
});
