// `npm run test:ws`: our tests of ws's documentation, against ws4wasm/ws and against the real ws, and
// how many passed. With `--suite FOLDER`, a checkout of ws's repository, ws's own tests of what it
// documents are counted as well. Nothing of them is kept here.
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { run } from 'node:test';
import { parseArgs } from 'node:util';
import { Failure, green, red, root, whenStarted, yellow } from '../lib.mjs';

/** Those of its files that are about what its documentation names. */
const SUITE = ['websocket', 'websocket-server', 'create-websocket-stream', 'event-target'];

/** Fields of ws's objects that are its inside, and nothing to be tested from without. */
const PRIVATE = /\._(receiver|sender|redirects|closeTimer|state|writableState|readableState)\b/;

/** In milliseconds; one of its tests waits for two seconds. */
const PATIENCE = 6000;

/**
 * What passed and what did not, of each engine or file.
 * @param {string[]} files
 * @param {(suite: string, file: string) => string} nameOf of a test's outermost suite
 */
async function count(files, nameOf) {
  /** @type {Map<string, { passed: number, failed: string[] }>} */
  const counts = new Map();
  // A suite is told of behind the tests in it.
  let own = { passed: 0, failed: /** @type {string[]} */ ([]) };
  const ended = (
    /** @type {any} */ { name, nesting, details, file },
    /** @type {boolean} */ ok,
  ) => {
    if (details.type !== 'suite') {
      if (ok) own.passed++;
      else
        own.failed.push(`${name}: ${details.error?.cause?.message ?? details.error?.message}`);
    } else if (nesting === 0) {
      const key = nameOf(name, file);
      const all = counts.get(key) ?? { passed: 0, failed: [] };
      all.passed += own.passed;
      all.failed.push(...own.failed);
      counts.set(key, all);
      own = { passed: 0, failed: [] };
    }
  };
  const stream = run({ files, concurrency: true, timeout: 15 * 60_000, forceExit: true });
  stream.on('test:pass', (data) => ended(data, true));
  stream.on('test:fail', (data) => ended(data, false));
  stream.resume();
  await new Promise((done) => stream.once('end', done));
  return counts;
}

/**
 * @param {string} what
 * @param {{ passed: number, failed: string[] }} counted
 */
function tell(what, { passed, failed }) {
  const text = `${what}: ${passed} of ${passed + failed.length}`;
  console.log(failed.length ? yellow(text) : green(text));
  for (const line of failed) console.log(red(`  ${line.replaceAll('\n', ' ').slice(0, 160)}`));
}

/**
 * A test of ws's without what it asserts of private fields.
 * @param {string} text
 */
function withoutPrivate(text) {
  let out = '';
  let from = 0;
  for (const { index } of text.matchAll(/^[ \t]*assert(\.\w+)?\(/gm)) {
    const end = endOfCall(text, index);
    if (index < from || !PRIVATE.test(text.slice(index, end))) continue;
    out += text.slice(from, index);
    from = end;
  }
  return out + text.slice(from);
}

/** @param {string} text @param {number} at */
function endOfCall(text, at) {
  let depth = 0;
  for (let i = at; i < text.length; i++) {
    if ('([{'.includes(text[i])) depth++;
    else if (')]}'.includes(text[i]) && --depth === 0)
      return text[i + 1] === ';' ? i + 2 : i + 1;
  }
  throw new Failure('A call without an end: this is not the test file that was expected');
}

/**
 * What its tests load of ws's own files, by the names these have there.
 * @param {string} engine 'ws4wasm/ws' or 'ws'
 */
function modules(engine) {
  if (engine === 'ws') return {};
  const js = (/** @type {string} */ file) => JSON.stringify(join(root, 'js', file));
  return {
    'event-target': `module.exports = require(${js('ws/events.js')});`,
    stream: `module.exports = require(${js('ws/stream.js')}).createWebSocketStream;`,
    constants: `module.exports = { ...require('../lib/constants'), kListener: require(${js('ws/events.js')}).LISTENER };`,
    index: `module.exports = require(${js('ws.js')}).WebSocket;`,
  };
}

/** Mocha's `describe` and `it`, over Node's runner. */
const MOCHA = `
const nodeTest = require('node:test');
// Where its fixtures are looked for from.
process.chdir(__dirname);
const context = (t) => ({ skip: () => t.skip(), timeout: () => {}, retries: () => {} });
const options = { timeout: ${PATIENCE} };
globalThis.describe = nodeTest.describe;
globalThis.it = (name, f) => {
  nodeTest.it(name, options, f.length ? (t, done) => f.call(context(t), done) : (t) => f.call(context(t)));
  return { timeout() {} };
};
for (const hook of ['before', 'after', 'beforeEach', 'afterEach']) globalThis[hook] = nodeTest[hook];
`;

/**
 * Its tests in a folder of their own.
 * @param {string} checkout
 * @param {string} folder
 * @param {string} engine
 */
function furnish(checkout, folder, engine) {
  for (const part of ['lib', 'test', 'index.js', 'package.json']) {
    cpSync(join(checkout, part), join(folder, part), { recursive: true });
  }
  mkdirSync(join(folder, 'engine'));
  const own = modules(engine);
  for (const [name, code] of Object.entries(own)) {
    writeFileSync(join(folder, 'engine', `${name}.js`), code);
  }
  writeFileSync(join(folder, 'mocha.js'), MOCHA);
  return SUITE.map((name) => {
    const file = join(folder, 'test', `${name}.test.js`);
    const text = withoutPrivate(readFileSync(file, 'utf8'))
      // Another engine has an empty Buffer of its own.
      .replaceAll(
        /assert\.strictEqual\(([^;]*?),\s*EMPTY_BUFFER\s*\)/g,
        'assert.deepStrictEqual($1, EMPTY_BUFFER)',
      )
      .replaceAll(/require\('\.\.\/lib\/([\w-]+)'\)/g, (whole, module) =>
        module in own ? `require('../engine/${module}')` : whole,
      )
      .replaceAll(
        "require('..')",
        'index' in own ? "require('../engine/index')" : "require('..')",
      );
    writeFileSync(file, `require('../mocha.js');${text}`);
    return file;
  });
}

/** @param {string} checkout */
async function suite(checkout) {
  const { version } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8'));
  for (const engine of ['ws4wasm/ws', 'ws']) {
    const folder = mkdtempSync(join(tmpdir(), 'ws4wasm-suite-'));
    try {
      const counts = [
        ...(await count(furnish(checkout, folder, engine), () => engine)).values(),
      ];
      tell(
        `The tests of ws ${version}, ${engine}`,
        counts[0] ?? { passed: 0, failed: ['none ran'] },
      );
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}

whenStarted(import.meta.url, async () => {
  const { values } = parseArgs({ options: { suite: { type: 'string' } } });
  const files = readdirSync(join(root, 'tests/ws')).filter((name) =>
    name.endsWith('.test.mjs'),
  );
  const paths = files.map((name) => join(root, 'tests/ws', name));
  const counts = await count(paths, (name) => /** @type {string} */ (name.split(', ').pop()));
  for (const [engine, counted] of counts) {
    tell(`Our tests of ws's documentation, ${engine}`, counted);
    if (counted.failed.length) process.exitCode = 1;
  }
  if (counts.size !== 2) throw new Failure('The tests did not run against both');
  if (values.suite) await suite(resolve(values.suite));
});
