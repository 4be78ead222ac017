// The types as a package's users compile them: each TypeScript, each way to find modules, with
// `skipLibCheck: false`, with Node's types and no DOM, and the other way round.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { onCI, root } from '../../scripts/lib.mjs';
import { folder as tools } from '../../scripts/tools/runtimes.mjs';

/** By their names in tests/matrix/package.json. */
const VERSIONS = ['typescript57', 'typescript58', 'typescript59', 'typescript', 'typescript7'];

/** The bytes that come out go where the platform takes bytes. */
const bytes = `
const stream = new Stream();
export const blob = new Blob([stream.encode('x'), stream.ping('y')]);
export const digest = crypto.subtle.digest('SHA-256', stream.encode('x'));
export const response = fetch('http://localhost/', { method: 'POST', body: new TextMessage('x').single() });
export const buffer: ArrayBuffer = stream.prepare('x').buffer;
for (const event of stream.receive(new Uint8Array(2))) {
  if (event.type === 'binary') void new Response(event.data);
}
`;

const sockets = `
const server = createServer({ verify: ({ headers }) => headers.get('cookie') === 'a' }, (ws) => {
  ws.addEventListener('message', ({ data }) => ws.send(data), { once: true });
});
export const port: number = (server.address() as import('node:net').AddressInfo).port;
export const connection: Promise<WebSocket> = connect('ws://localhost/');
export const same: typeof Inlined = Stream;
new Platform('ws://localhost').onmessage = ({ data }) => console.log(data);
new WebSocketServer({ port: 0 }).on('connection', (ws) => ws.on('message', (data) => ws.send(String(data))));
new Replaced('ws://localhost').on('open', () => console.log(Replaced.OPEN));
`;

/** @type {Record<string, string>} */
const PROGRAMS = {
  'imports.ts': `
import { Stream, TextMessage, type WebSocket } from 'ws4wasm';
import { Stream as Inlined } from 'ws4wasm/inline';
import { connect, createServer } from 'ws4wasm/node';
import { init } from 'ws4wasm/slim';
import { WebSocket as Platform } from 'ws4wasm/websocket';
import Replaced, { WebSocketServer } from 'ws4wasm/ws';
void init(new Uint8Array(0));
${bytes}${sockets}`,
  'requires.ts': `
import ws4wasm = require('ws4wasm');
import inline = require('ws4wasm/inline');
import node = require('ws4wasm/node');
const { Stream, TextMessage } = ws4wasm;
const { connect, createServer } = node;
type WebSocket = ws4wasm.WebSocket;
const { Stream: Inlined } = inline;
import websocket = require('ws4wasm/websocket');
const { WebSocket: Platform } = websocket;
import Replaced = require('ws4wasm/ws');
const { WebSocketServer } = Replaced;
export const raw = (data: Replaced.RawData): Replaced.RawData => data;
${bytes}${sockets}`,
  'page.ts': `
import { Stream, TextMessage } from 'ws4wasm';
import { init } from 'ws4wasm/slim';
declare const channel: RTCDataChannel;
channel.send(new Stream().encode('x'));
export const started: Promise<void> = init(fetch('engine.wasm'));
export const compiled: Promise<void> = init(new WebAssembly.Module(new Uint8Array(8)));
${bytes}`,
};

const ofNode = { lib: ['es2022'], types: ['node'] };
const ofPages = { lib: ['es2022', 'dom', 'dom.iterable'], types: [] };

/**
 * @typedef {object} Way
 * @property {'module' | 'commonjs'} type of the package that uses this one
 * @property {string} program
 * @property {object} options
 * @property {(version: string) => boolean} [in] which versions have it
 */

/** @type {Record<string, Way>} */
const WAYS = {
  nodenext: {
    type: 'module',
    program: 'imports.ts',
    options: { module: 'nodenext', ...ofNode },
  },
  'nodenext, required': {
    type: 'commonjs',
    program: 'requires.ts',
    options: { module: 'nodenext', ...ofNode },
  },
  node16: { type: 'module', program: 'imports.ts', options: { module: 'node16', ...ofNode } },
  'node16, required': {
    type: 'commonjs',
    program: 'requires.ts',
    options: { module: 'node16', ...ofNode },
  },
  bundler: {
    type: 'module',
    program: 'imports.ts',
    options: { module: 'esnext', moduleResolution: 'bundler', ...ofNode },
  },
  'bundler, a page': {
    type: 'module',
    program: 'page.ts',
    options: { module: 'esnext', moduleResolution: 'bundler', ...ofPages },
  },
  node10: {
    type: 'commonjs',
    program: 'requires.ts',
    options: { module: 'commonjs', moduleResolution: 'node10', ...ofNode },
    // TypeScript 7 has no such resolution any more, and 6 wants to hear that one knows.
    in: (version) => version !== 'typescript7',
  },
};

/** @type {string} */
let project;

before(() => {
  project = mkdtempSync(join(tmpdir(), 'ws4wasm-types-'));
  const installed = join(project, 'node_modules/ws4wasm');
  mkdirSync(installed, { recursive: true });
  for (const name of ['package.json', 'js', 'pkg']) {
    cpSync(join(root, name), join(installed, name), { recursive: true });
  }
  for (const name of ['@types/node', 'undici-types']) {
    const from = join(root, 'node_modules', name);
    cpSync(from, join(project, 'node_modules', name), { recursive: true });
  }
});
after(() => rmSync(project, { recursive: true, force: true }));

for (const version of VERSIONS) {
  const compiler = [tools, root]
    .map((folder) => join(folder, 'node_modules', version, 'bin/tsc'))
    .find(existsSync);
  const skip = compiler || onCI ? false : `npm run test:matrix installs ${version}`;
  describe(version, { skip }, () => {
    for (const [name, { type, program, options, in: has = () => true }] of Object.entries(
      WAYS,
    )) {
      if (!has(version)) continue;
      test(name, () => {
        const folder = mkdtempSync(join(project, 'of-'));
        writeFileSync(join(folder, 'package.json'), JSON.stringify({ type }));
        writeFileSync(join(folder, program), PROGRAMS[program]);
        const silenced = version === 'typescript' && { ignoreDeprecations: '6.0' };
        const compilerOptions = {
          target: 'es2022',
          strict: true,
          exactOptionalPropertyTypes: true,
          skipLibCheck: false,
          noEmit: true,
          ...silenced,
          ...options,
        };
        const config = { compilerOptions, files: [program] };
        writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
        const ran = spawnSync(process.execPath, [String(compiler), '-p', folder], {
          encoding: 'utf8',
        });
        assert.equal(ran.stdout + ran.stderr, '');
        assert.equal(ran.status, 0);
      });
    }
  });
}
