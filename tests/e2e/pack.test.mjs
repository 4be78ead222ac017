// The package as its users get it: packed, installed in an empty folder, imported by name.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { quietly, root } from '../../scripts/lib.mjs';
import { serveFolder } from '../../scripts/tools/serve.mjs';
import { launch } from './chromium.mjs';

/** @type {string} */
let folder;
/** @type {string[]} */
let packed;
/** @type {string} the tarball */
let tarball;

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'ws4wasm-pack-'));
  const report = quietly('npm', ['pack', '--json', '--pack-destination', folder]);
  const [{ filename, files }] = JSON.parse(report);
  packed = files.map((/** @type {{ path: string }} */ { path }) => path);
  tarball = join(folder, filename);
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  // Nothing but the tarball is needed, so no network either.
  quietly('npm', ['install', '--offline', '--no-audit', '--no-fund', `./${filename}`], {
    cwd: folder,
  });
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** Two streams talk; the same in Node and in a browser. */
const conversation = `
import { Frame, Stream, TextMessage } from 'ws4wasm';
const [server, client] = [new Stream(), new Stream({ role: 'client' })];
const text = 'Hello, 世界 😀';
const [message] = server.receive(client.encode(text));
const [echo] = client.receive(message.single());
const [ping] = server.receive(client.ping('?'));
const [close] = server.receive(client.close(3000, 'done').single(true));
const maskingKey = Uint8Array.of(0xbe, 0x04, 0xe6, 0x6a);
const body = new TextEncoder().encode('hello world');
const frame = new Frame({ opcode: 1, body, maskingKey, fin: 1 === 1 }).build();
const result = [
  message instanceof TextMessage,
  echo.data === text,
  ping.type + ping.length,
  close.code + close.reason,
  Array.from(frame, (byte) => byte.toString(16).padStart(2, '0')).join(''),
];
`;
const expected = [true, true, 'ping1', '3000done', '818bbe04e66ad6618a06d1249105cc6882'];

test('the tarball has what it should, all of it, and nothing else', () => {
  const { scripts, files, ...manifest } = JSON.parse(
    readFileSync(join(root, 'package.json'), 'utf8'),
  );
  const own = (/** @type {string} */ name) =>
    readdirSync(join(root, name), { recursive: true, encoding: 'utf8' }).map(
      (file) => `${name}/${file.replaceAll('\\', '/')}`,
    );
  const isFile = (/** @type {string} */ path) =>
    /\.(c?js|mjs|d\.c?ts|wasm|json|html|css|pcapng)$/.test(path);
  // The page's engine is pkg/inspect; its other form is one file for those who have no server.
  const elsewhere = /^www\/dist\/(assets\/.*\.wasm|inspector\.html)$/;
  const licences = ['LICENSE-APACHE', 'LICENSE-MIT', 'docs/LICENSE-THIRD-PARTY.md'];
  // npm takes a README along out of each folder.
  const readmes = ['README.md', 'docs/README.md'];
  const texts = ['CHANGELOG.md', ...licences, ...readmes, 'package.json'];
  assert.deepEqual(
    packed.sort(),
    [...texts, ...own('js'), ...own('pkg'), ...own('examples/page'), ...own('www/dist')]
      .filter((path) => texts.includes(path) || (isFile(path) && !elsewhere.test(path)))
      .sort(),
  );
  /** @type {(entry: string | object) => string[]} */
  const filesOf = (entry) =>
    typeof entry === 'string' ? [entry] : Object.values(entry).flatMap(filesOf);
  const { exports, imports, typesVersions, main, types, bin } = manifest;
  for (const target of filesOf({ exports, imports, typesVersions, main, types, bin })) {
    assert.ok(packed.includes(target.replace('./', '')), target);
  }
});

test('publint and Are The Types Wrong have nothing to say', () => {
  const tool = (/** @type {string} */ path, /** @type {string[]} */ ...args) =>
    quietly(process.execPath, [join(root, 'node_modules', path), ...args]);
  assert.match(tool('publint/src/cli.js', 'run', tarball, '--strict'), /All good!/);
  const attw = (/** @type {string[]} */ ...args) =>
    tool('@arethetypeswrong/cli/dist/index.js', tarball, ...args);
  // These are ES modules only, which Node requires as well.
  const modules = ['slim', 'inspect', 'engine.wasm'];
  attw('--profile=strict', '--exclude-entrypoints', ...modules);
  attw('--profile=strict', '--ignore-rules=cjs-resolves-to-esm', '--entrypoints', ...modules);
});

test('nothing else is installed, and no script runs at installation', () => {
  const installed = readdirSync(join(folder, 'node_modules'));
  assert.deepEqual(
    installed.filter((name) => !name.startsWith('.')),
    ['ws4wasm'],
  );
  const text = readFileSync(join(folder, 'node_modules/ws4wasm/package.json'), 'utf8');
  const { dependencies, optionalDependencies, scripts, ...peers } = JSON.parse(text);
  assert.deepEqual({ ...dependencies, ...optionalDependencies }, {});
  // What is used where the user has it, and asked for by nobody.
  for (const name of Object.keys(peers.peerDependencies)) {
    assert.equal(peers.peerDependenciesMeta[name]?.optional, true, name);
  }
  for (const name of ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish']) {
    assert.ok(!(name in scripts), name);
  }
});

test('Node imports it by name', () => {
  writeFileSync(
    join(folder, 'talk.js'),
    `${conversation} console.log(JSON.stringify(result));`,
  );
  const printed = quietly(process.execPath, ['talk.js'], { cwd: folder });
  assert.deepEqual(JSON.parse(printed), expected);
});

test('a static page imports it by name, without a bundler', async (t) => {
  const page = await launch(t);
  if (!page) return;
  writeFileSync(
    join(folder, 'index.html'),
    `<!doctype html>
    <link rel="icon" href="data:,">
    <script type="importmap">
      { "imports": { "ws4wasm": "./node_modules/ws4wasm/js/entry/web.js" } }
    </script>
    <script type="module">${conversation} globalThis.result = result;</script>`,
  );
  const { url, close } = await serveFolder(folder);
  t.after(close);
  await page.goto(`${url}/index.html`);
  const handle = await page.waitForFunction('globalThis.result');
  assert.deepEqual(await handle.jsonValue(), expected);
});
