// The programs that end-to-end tests talk to. `npm test` finds or installs them and passes
// their paths; a single test file started by hand looks for them itself, installing nothing.
import { onCI, which } from '../../scripts/lib.mjs';
import { findInstalled } from '../../scripts/tools/npm.mjs';
import {
  findChromium,
  findFirefox,
  findProxy,
  findPython,
} from '../../scripts/tools/peers.mjs';

/**
 * In milliseconds, how long tests wait for a state to come. It says that the state will never come,
 * and nothing of how fast a machine is: one that is busy elsewhere takes ten times as long.
 */
export const PATIENCE = 180_000;

/**
 * The path of Chromium. Without one: fails in CI; elsewhere skips the test and gives
 * undefined, upon which the test returns.
 * @param {import('node:test').TestContext} test
 */
export function chromium(test) {
  return process.env.WS4WASM_CHROMIUM || findChromium() || missing(test, 'Chromium');
}

/**
 * The path of Firefox; the same rules.
 * @param {import('node:test').TestContext} test
 */
export function firefox(test) {
  return process.env.WS4WASM_FIREFOX || findFirefox() || missing(test, 'Firefox');
}

/**
 * The path of a proxy; the same rules.
 * @param {import('node:test').TestContext} test
 * @param {'nginx' | 'haproxy' | 'apache2'} name
 */
export function proxyProgram(test, name) {
  return findProxy(name) || missing(test, name);
}

/**
 * The path of NSS's certutil; the same rules.
 * @param {import('node:test').TestContext} test
 */
export function certutil(test) {
  return which('certutil') || missing(test, 'certutil of NSS');
}

/**
 * The path of redis-server; the same rules.
 * @param {import('node:test').TestContext} test
 */
export function redisProgram(test) {
  return which('redis-server') || missing(test, 'redis-server');
}

/**
 * The path of cargo; the same rules.
 * @param {import('node:test').TestContext} test
 */
export function cargo(test) {
  return which('cargo') || missing(test, 'cargo');
}

/**
 * The path of a Python that has `websockets`; the same rules.
 * @param {import('node:test').TestContext} test
 */
export function python(test) {
  return process.env.WS4WASM_PYTHON || findPython() || missing(test, 'Python with websockets');
}

/**
 * The folder in which the packages of tests/frameworks are installed; the same rules.
 * @param {import('node:test').TestContext} test
 */
export function frameworks(test) {
  return (
    findInstalled('frameworks') || missing(test, 'What tests/frameworks/package.json names')
  );
}

/**
 * @param {import('node:test').TestContext} test
 * @param {string} name
 * @returns {undefined}
 */
function missing(test, name) {
  const reason = `${name} is not here: npm test tries to install it`;
  if (onCI) throw new Error(reason);
  test.skip(reason);
}
