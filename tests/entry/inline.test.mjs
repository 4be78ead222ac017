// 'ws4wasm/inline' and what `require` gives: everything for Node with the engine inside, one file in
// CommonJS. Each in a process of its own: an engine starts once.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import * as ws4wasm from 'ws4wasm';
import * as node from 'ws4wasm/node';
import * as websocket from 'ws4wasm/websocket';
import * as ws from 'ws4wasm/ws';
import { NAMESPACES, stale } from '../../scripts/build/inline.mjs';
import { pkg } from '../../scripts/build/pkg.mjs';
import { root } from '../../scripts/lib.mjs';

/**
 * What a program prints, line by line.
 * @param {string[]} args of Node
 * @param {string} [cwd]
 */
function lines(args, cwd = root) {
  const { stdout, stderr, status } = spawnSync(process.execPath, args, {
    cwd,
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  return stdout.trim().split('\n');
}

/** @param {string} code of an ES module */
const asModule = (code) => ['--input-type=module', '--eval', code];

/** An echo over TCP. */
const echo = `
  const server = createServer({ WebSocket: EchoWebSocket, deflate: true }).listen(0, '127.0.0.1');
  server.on('listening', async () => {
    const ws = await connect('ws://127.0.0.1:' + server.address().port);
    ws.send('Grüße');
    for await (const { data } of ws) {
      console.log(data);
      ws.close();
    }
    server.close();
  });
`;

test('pkg/ holds what js/ gives: else run `npm run build:inline`', async () => {
  assert.deepEqual(await stale(pkg), []);
});

test('it has all names of the package for Node, and the same classes', async () => {
  const inline = await import('ws4wasm/inline');
  assert.deepEqual({ ...inline }, { ...ws4wasm, ...node, websocket, ws });
});

test('what is required has all names, whichever of the faces was asked for', () => {
  const require = createRequire(import.meta.url);
  const required = /** @type {any} */ (require('ws4wasm'));
  assert.equal(require('ws4wasm/node'), required);
  assert.equal(require('ws4wasm/inline'), required);
  assert.deepEqual(
    Object.keys(required).sort(),
    [...Object.keys({ ...ws4wasm, ...node }), ...NAMESPACES].sort(),
  );
  for (const face of NAMESPACES) {
    assert.equal(require(`ws4wasm/${face}`), required[face].default ?? required[face]);
  }
});

test('the one file needs nothing else, wherever it lies', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'ws4wasm-alone-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  cpSync(join(pkg, 'ws4wasm.cjs'), join(folder, 'alone.cjs'));
  const code = `const { connect, createServer, EchoWebSocket } = require('./alone.cjs'); ${echo}`;
  assert.deepEqual(lines(['--eval', code], folder), ['Grüße']);
});

test("'ws4wasm/inline' reads no file, and neither does a face after it or after init", () => {
  const watched = `
    import { createRequire, syncBuiltinESMExports } from 'node:module';
    const fs = createRequire(import.meta.url)('node:fs');
    const bytes = fs.readFileSync('pkg/ws4wasm_bg.wasm');
    const read = fs.readFileSync;
    fs.readFileSync = (path, ...rest) => {
      if (/\\.wasm$/.test(String(path))) console.log('read', String(path));
      return read(path, ...rest);
    };
    syncBuiltinESMExports();
  `;
  const talk = `const { EchoWebSocket } = await import('ws4wasm');
    const { connect, createServer } = await import('ws4wasm/node'); ${echo}`;
  const inline = lines(asModule(`${watched} await import('ws4wasm/inline'); ${talk}`));
  assert.deepEqual(inline, ['Grüße']);
  const slim = `const { init } = await import('ws4wasm/slim'); await init(bytes);`;
  assert.deepEqual(lines(asModule(`${watched} ${slim} ${talk}`)), ['Grüße']);
  // That the file would be seen:
  assert.match(lines(asModule(`${watched} ${talk}`))[0], /^read .*ws4wasm_bg\.wasm$/);
});

test('imported and required in one process, each works and refuses the classes of the other', () => {
  const said = lines(
    asModule(`
      import { createRequire } from 'node:module';
      import { EchoWebSocket, Stream, TextMessage } from 'ws4wasm';
      import { createServer } from 'ws4wasm/node';
      const required = createRequire(import.meta.url)('ws4wasm');
      const { connect } = required;
      for (const mixed of [
        () => createServer({ WebSocket: required.WebSocket }),
        () => required.createServer({ WebSocket: EchoWebSocket }),
      ]) {
        try {
          mixed();
        } catch (error) {
          console.log(error.message);
        }
      }
      const [message] = new required.Stream({ role: 'client' }).receive(new Stream().prepare('frame'));
      console.log(message.data);
      ${echo}
    `),
  );
  const why =
    'WebSocket is a class of another copy of ws4wasm, which is installed twice, or is imported here and required there';
  assert.deepEqual(said, [why, why, 'frame', 'Grüße']);
});

test('a frame that one copy prepared is sent as it is by the other', () => {
  const said = lines(
    asModule(`
      import { createRequire } from 'node:module';
      import { Stream } from 'ws4wasm';
      import { createServer } from 'ws4wasm/node';
      const { connect } = createRequire(import.meta.url)('ws4wasm');
      const frame = new Stream().prepare('prepared');
      const required = createRequire(import.meta.url)('ws4wasm');
      const server = required.createServer((ws) => void ws.send(frame)).listen(0, '127.0.0.1');
      server.on('listening', async () => {
        const ws = await connect('ws://127.0.0.1:' + server.address().port);
        for await (const { data } of ws) {
          console.log(data);
          ws.close();
        }
        server.close();
      });
    `),
  );
  assert.deepEqual(said, ['prepared']);
});

test('an engine that is not there is an error that says what to do', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'ws4wasm-without-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const name of ['package.json', 'js', 'pkg']) {
    cpSync(join(root, name), join(folder, name), { recursive: true });
  }
  rmSync(join(folder, 'pkg/ws4wasm_bg.wasm'));
  const tell = "import('ws4wasm/node').catch(({ message }) => console.log(message))";
  const [said] = lines(['--eval', tell], folder);
  assert.match(said, /^ws4wasm cannot read its engine \(ENOENT at .*ws4wasm_bg\.wasm\)\. /);
  assert.match(said, /import 'ws4wasm\/inline', which has it inside/);
  assert.match(said, /or copy ws4wasm\/pkg\/ws4wasm_bg\.wasm beside it$/);
});

test('package.json names the one file for those who know no exports', () => {
  const { main, types, typesVersions } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  );
  assert.equal(main, './pkg/ws4wasm.cjs');
  assert.equal(types, './pkg/index.d.cts');
  assert.deepEqual(typesVersions['*'].node, ['./pkg/node.d.cts']);
});
