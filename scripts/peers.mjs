// The programs that tests talk to: Chromium with its WebDriver, Firefox, and Python's
// `websockets`.
// Each function gives a path, or undefined where the program neither is nor can be installed.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { aptInstall, hasApt } from './debian.mjs';
import { attempt, cache, Failure, isExecutable, quietly, root, step, which } from './lib.mjs';

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

const requirements = join(root, 'tests/e2e/requirements.txt');
const pythonFolder = join(cache, 'python');
const stamp = join(pythonFolder, 'installed.txt');

/** The Python of the cache folder, when it has what requirements.txt asks for. */
export function findPython() {
  const bin = process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python';
  const program = join(pythonFolder, bin);
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wantedPackages()) return undefined;
  // The Python that it was made from may be gone, and with it this one.
  return attempt(program, ['--version']) === undefined ? undefined : program;
}

const wantedPackages = () => readFileSync(requirements, 'utf8');

export function python() {
  const ready = findPython();
  if (ready) return ready;
  const canMake = (/** @type {string} */ name) =>
    attempt(name, ['-c', 'import venv, ensurepip']) !== undefined;
  const base = () => ['python3', 'python'].find(canMake);
  if (!base()) aptTry('python3', 'python3-venv');
  const program = base();
  if (!program) return undefined;
  step('Python with websockets', '15 seconds, once', () => {
    mkdirSync(cache, { recursive: true });
    quietly(program, ['-m', 'venv', '--clear', pythonFolder]);
    const folder = join(pythonFolder, process.platform === 'win32' ? 'Scripts' : 'bin');
    quietly(join(folder, 'python'), ['-m', 'pip', 'install', '--quiet', '-r', requirements]);
    writeFileSync(stamp, wantedPackages());
  });
  return findPython();
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
