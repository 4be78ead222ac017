// What the steps on JavaScript do.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { attempt, Failure, onCI, root, run } from '../lib.mjs';
import { rust } from '../tools/toolchain.mjs';
import { found } from './tools.mjs';

/** A file of scripts/, in a process of its own. @param {string} name @param {string[]} args */
export function script(name, ...args) {
  run(process.execPath, [join(root, 'scripts', name), ...args]);
}

/**
 * @param {string} path inside node_modules
 * @param {string[]} args
 */
export function npmTool(path, ...args) {
  run(process.execPath, [join(root, 'node_modules', path), ...args]);
}

/**
 * @typedef {object} TestOptions
 * @property {string} [node] the program
 * @property {number} [limit] for one file, in minutes: one that hangs is ended
 * @property {string} [browsers] those that tests/www opens, where not all
 */

/**
 * Node's test runner.
 * @param {string[]} folders of tests/
 * @param {TestOptions} [options]
 */
export function nodeTest(folders, { node = process.execPath, limit = 15, browsers } = {}) {
  const tests = folders.flatMap((folder) => {
    const path = join('tests', folder);
    return readdirSync(join(root, path), { recursive: true })
      .map((file) => join(path, String(file)))
      .filter((file) => file.endsWith('.test.mjs'))
      .sort();
  });
  const flags = ['--test-reporter=spec', `--test-timeout=${limit * 60_000}`];
  /** @type {import('../lib.mjs').RunOptions} */
  const options = {
    env: {
      ...(found.rust ? rust().env : {}),
      WS4WASM_CHROMIUM: found.chromium ?? '',
      WS4WASM_FIREFOX: found.firefox ?? '',
      WS4WASM_PYTHON: found.python ?? '',
      WS4WASM_TSHARK: found.tshark ?? '',
      ...(browsers ? { WS4WASM_BROWSERS: browsers } : {}),
    },
  };
  try {
    run(node, ['--test', ...flags, ...tests], options);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    // The whole command is some screens long.
    throw new Failure(
      `tests failed, of ${folders.map((folder) => `tests/${folder}`).join(', ')}`,
    );
  }
}

/** What does not depend on the machine's Node alone. */
const ON_EVERY_NODE = [
  'base',
  'engine',
  'entry',
  'core',
  'types',
  'connection',
  'node',
  'websocket',
  'advisories',
];

/** The same tests on another Node. @param {string} version */
export function onNode(version) {
  const node = found.nodes[version];
  run(node, ['--version']);
  nodeTest(ON_EVERY_NODE, { node });
}

/** After this many minutes CI begins nothing new: it has 90, and a section of the suite takes 8. */
const LAST_BEGINNING = 65;

/** People run a part of it; all is `npm run test:autobahn`. */
export function compressionCases() {
  if (!onCI) return script('test/autobahn.mjs', '--cases', '13.1.*');
  const passed = (Date.now() - Number(process.env.WS4WASM_STARTED)) / 60_000;
  const minutes = Math.max(0, LAST_BEGINNING - passed).toFixed(1);
  script('test/autobahn.mjs', '--cases', '1[23].*', '--minutes', minutes);
}

/**
 * Beside the commit before, in the same run: for whoever reads the log. It fails when somebody
 * receives or sends something wrong, and never because of how long that took.
 */
export function benchmark() {
  const previous = attempt('git', ['rev-parse', '--verify', '--quiet', 'HEAD~1']);
  const args = previous ? ['--against', previous] : ['--quick'];
  run(process.execPath, [join(root, 'benches/bench.mjs'), ...args]);
}
