// `npm test`: everything, in order, with a table at the end. `npm test -- js browser` runs
// the steps of these groups only.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { check } from './build.mjs';
import { crateReference, packageReference } from './docs.mjs';
import {
  attempt,
  bold,
  dim,
  Failure,
  green,
  onCI,
  red,
  root,
  run,
  seconds,
  whenStarted,
  withPath,
  yellow,
} from './lib.mjs';
import {
  cargoDeny,
  chromedriver,
  chromium,
  chromiumArgs,
  firefox,
  kosoku,
  python,
  tshark,
  webkit,
} from './peers.mjs';
import { replaceForNow, restore } from './pkg.mjs';
import { crate as keepsInterface } from './semver.mjs';
import {
  cargoFuzz,
  geckodriver,
  hasSanitizer,
  nodeModules,
  oldestRust,
  rust,
  rustLinters,
  target,
  wasmBindgen,
  wasmPack,
} from './toolchain.mjs';

/** Thrown by a step that cannot run on this machine. */
class Skip extends Error {}

/**
 * What steps need. Each function makes sure of its tool, and throws or gives undefined where
 * that is impossible.
 * @type {Record<string, () => unknown>}
 */
const tools = {
  rust: () => rustLinters(),
  oldestRust,
  wasmBindgen,
  wasmPack,
  nodeModules,
  chromium,
  chromedriver,
  firefox,
  geckodriver,
  webkit,
  python,
  kosoku,
  cargoDeny,
  cargoFuzz,
  tshark,
};

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {string[]} groups
 * @property {(keyof typeof tools)[]} needs without these the step is skipped
 * @property {(keyof typeof tools)[]} [likes] without these some of its tests are skipped
 * @property {() => void} work
 * @property {string} [remedy] what to do when it fails
 */

/** What is shipped. The other packages of the workspace measure it, fuzz it or show its use. */
const crates = ['-p', 'ws4wasm', '-p', 'ws4wasm-inspect'];

/** @type {Step[]} */
const steps = [
  {
    name: 'cargo fmt',
    groups: ['rust'],
    needs: ['rust'],
    work: () => cargo(['fmt', '--all', '--check']),
    remedy: '`npm run fmt` formats everything',
  },
  {
    name: 'cargo clippy',
    groups: ['rust'],
    needs: ['rust'],
    work() {
      cargo(['clippy', ...crates, '--all-targets', '--', '-Dwarnings']);
      cargo(['clippy', '--lib', '--no-default-features', '--', '-Dwarnings']);
    },
  },
  {
    name: 'cargo clippy, wasm32',
    groups: ['rust'],
    needs: ['rust'],
    work() {
      const lint = ['clippy', '--lib', '--features', 'js', '--target', target];
      cargo([...lint, '--', '-Dwarnings']);
      cargo([...lint, '-p', 'ws4wasm-inspect', '--', '-Dwarnings']);
    },
  },
  {
    name: 'cargo test',
    groups: ['rust'],
    needs: ['rust'],
    work: () => cargo(['test', ...crates]),
  },
  {
    name: 'the oldest Rust',
    groups: ['rust'],
    needs: ['oldestRust'],
    work() {
      // With dependencies of its own, so that neither build spoils the other's.
      const args = [
        `+${oldestRust()}`,
        'check',
        '--locked',
        '--lib',
        '--target-dir',
        'target/msrv',
      ];
      run('cargo', args);
      run('cargo', [...args, '--no-default-features']);
    },
  },
  {
    name: 'the crate keeps its interface',
    groups: ['rust'],
    needs: ['rust'],
    work: keepsInterface,
  },
  {
    // What is unsafe is so in wasm only; this looks at the code beside it, and at zlib-rs.
    name: 'cargo test, AddressSanitizer',
    groups: ['rust', 'sanitizer'],
    needs: ['rust'],
    work: sanitized,
  },
  {
    name: 'cargo doc',
    groups: ['rust'],
    needs: ['rust'],
    work: crateReference,
  },
  {
    name: 'pkg/ is what the source gives',
    groups: ['build'],
    needs: ['rust', 'wasmBindgen', 'nodeModules'],
    work: checkPackage,
  },
  {
    name: 'biome, format and lint',
    groups: ['js'],
    needs: ['nodeModules'],
    work: () =>
      npmTool('@biomejs/biome/bin/biome', [onCI ? 'ci' : 'check', '--error-on-warnings']),
    remedy: '`npm run fmt` formats everything and mends some of the rest',
  },
  {
    name: 'tsc, types of JavaScript',
    groups: ['js'],
    needs: ['nodeModules'],
    work: () => npmTool('typescript/bin/tsc', ['-p', 'tsconfig.json']),
  },
  {
    name: 'typedoc, the API reference',
    groups: ['js'],
    needs: ['nodeModules'],
    work: packageReference,
    remedy: 'everything that js/*.d.ts export has a comment that says what it is',
  },
  {
    name: 'engine and core tests',
    groups: ['js', 'node'],
    needs: ['nodeModules'],
    work: () => nodeTest(['base', 'engine', 'entry', 'core', 'types', 'matrix']),
  },
  {
    name: 'connection tests',
    groups: ['js', 'node', 'connection'],
    needs: ['nodeModules'],
    likes: ['python'],
    work: () => nodeTest(['connection', 'node']),
  },
  {
    name: 'faults of others',
    groups: ['js', 'node', 'conformance'],
    needs: ['nodeModules'],
    work: () => nodeTest(['advisories']),
  },
  {
    name: 'conformance table, unsafe code',
    groups: ['js', 'node', 'conformance'],
    needs: ['nodeModules'],
    work: () => nodeTest(['conformance']),
  },
  {
    name: 'supply chain',
    groups: ['supply'],
    needs: ['rust', 'nodeModules', 'cargoDeny'],
    work: () => script('supply-chain.mjs', []),
  },
  {
    name: 'differential tests',
    groups: ['js', 'node', 'conformance'],
    needs: ['nodeModules'],
    work: () => nodeTest(['differential']),
  },
  {
    name: 'inspector tests',
    groups: ['js', 'node', 'inspect'],
    needs: ['nodeModules'],
    likes: ['tshark'],
    work: () => nodeTest(['inspect']),
  },
  {
    name: 'wasm-pack test, Node',
    groups: ['wasm'],
    needs: ['rust', 'wasmBindgen', 'wasmPack'],
    work: () => wasmPackTest(['--node']),
  },
  {
    name: 'wasm-pack test, Chromium',
    groups: ['browser', 'wasm'],
    needs: ['rust', 'wasmBindgen', 'wasmPack', 'chromium', 'chromedriver'],
    work: () =>
      wasmPackTest(['--headless', '--chrome', '--chromedriver', String(chromedriver())], {
        'goog:chromeOptions': { binary: chromium(), args: chromiumArgs },
      }),
  },
  {
    name: 'wasm-pack test, Firefox',
    groups: ['browser', 'wasm'],
    needs: ['rust', 'wasmBindgen', 'wasmPack', 'firefox', 'geckodriver'],
    work: () =>
      wasmPackTest(
        ['--headless', '--firefox', '--geckodriver', join(geckodriver().bin, 'geckodriver')],
        { 'moz:firefoxOptions': { binary: firefox() } },
      ),
  },
  {
    name: 'wasm-pack test, WebKitGTK',
    groups: ['browser', 'wasm'],
    needs: ['rust', 'wasmBindgen', 'wasmPack', 'webkit'],
    work: wasmPackTestWebKit,
  },
  {
    name: 'WebTransport server',
    groups: ['rust', 'browser', 'e2e'],
    needs: ['rust'],
    work: webTransportServer,
    remedy: '`cargo clippy -p ws4wasm-webtransport`',
  },
  {
    name: 'end-to-end tests',
    groups: ['browser', 'e2e'],
    needs: ['nodeModules'],
    likes: ['chromium', 'firefox', 'python', 'rust', 'tshark'],
    work: () => nodeTest(['cli', 'e2e'], ['--test-timeout=300000']),
  },
  {
    name: "the inspector's page",
    groups: ['www'],
    needs: ['nodeModules'],
    work: () => {
      npmTool('typescript/bin/tsc', ['-p', 'www/tsconfig.json']);
      script('www.mjs', []);
    },
    remedy: '`npx tsc -p www` and `npm run build:www`',
  },
  {
    name: 'the page in browsers',
    groups: ['browser', 'www'],
    needs: ['nodeModules'],
    likes: ['chromium', 'firefox'],
    // One at a time: each has a browser or four, and waits for what they show.
    work: () => nodeTest(['www'], ['--test-timeout=1200000', '--test-concurrency=1']),
  },
  {
    name: 'Autobahn TestSuite, sections 1-10',
    groups: ['conformance', 'autobahn'],
    needs: ['nodeModules', 'kosoku'],
    work: () => script('autobahn.mjs', ['--no-compression']),
    remedy: 'the reports in target/autobahn say what was expected',
  },
  {
    name: 'fuzz targets, 20 seconds each',
    groups: ['fuzz'],
    needs: ['rust', 'cargoFuzz'],
    work: () => script('fuzz.mjs', []),
    remedy: 'the input that crashes is named above; `npm run test:fuzz -- --target NAME`',
  },
  {
    name: 'soak, a minute',
    groups: ['soak'],
    needs: ['nodeModules'],
    work: () => script('soak.mjs', []),
  },
  {
    name: 'runtimes, bundlers, browsers',
    groups: ['matrix'],
    needs: ['nodeModules', 'chromium', 'firefox', 'webkit'],
    work: () => run(process.execPath, [join(root, 'scripts/matrix.mjs')]),
  },
  {
    name: 'benchmarks in Rust',
    groups: ['rust', 'bench'],
    needs: ['rust'],
    work: benchmarkPackages,
    remedy: '`cargo clippy -p ws4wasm-load -p ws4wasm-native-bench`',
  },
  {
    name: 'benchmark, a quick look',
    groups: ['bench'],
    needs: ['nodeModules'],
    work: benchmark,
  },
  {
    // Last, because it takes what time there is.
    name: 'Autobahn TestSuite, sections 12 and 13',
    groups: ['conformance', 'autobahn'],
    needs: ['nodeModules', 'kosoku'],
    work: compressionCases,
    remedy: 'the reports in target/autobahn say what was expected',
  },
];

const groups = [...new Set(steps.flatMap((step) => step.groups))];

/**
 * What became of each tool: what its function gave, or why it is not here.
 * @type {Map<string, { value?: unknown, problem?: string }>}
 */
const found = new Map();

/** @param {string} name */
function setUp(name) {
  try {
    const value = tools[name]();
    found.set(name, value === undefined ? { problem: `no ${name} here` } : { value });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    found.set(name, { problem: error.message });
    console.log(red(error.message));
  }
}

/**
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 */
function cargo(args, env = {}) {
  run('cargo', args, { env: { ...rust().env, ...env } });
}

/** A script of this folder, in a process of its own. @param {string} name @param {string[]} args */
function script(name, args) {
  run(process.execPath, [join(root, 'scripts', name), ...args]);
}

/** The unit tests, of masking and UTF-8 among others, and frames: all would take minutes. */
function sanitized() {
  if (!hasSanitizer()) throw new Skip('this Rust toolchain has no AddressSanitizer');
  const kinds = ['--lib', '--test', 'frame'];
  // In a folder of its own, so that nothing else is built anew.
  const where = ['--target', rust().host, '--target-dir', join(root, 'target/sanitizer')];
  cargo(['test', '--quiet', ...where, ...kinds], {
    RUSTC_BOOTSTRAP: '1',
    RUSTFLAGS: '-Zsanitizer=address',
  });
}

/**
 * @param {string} script inside node_modules
 * @param {string[]} args
 */
function npmTool(script, args) {
  run(process.execPath, [join(root, 'node_modules', script), ...args]);
}

/**
 * @param {string[]} folders of tests/
 * @param {string[]} [flags]
 */
function nodeTest(folders, flags = []) {
  const tests = folders.flatMap((folder) => {
    const path = join('tests', folder);
    return readdirSync(join(root, path), { recursive: true })
      .map((file) => join(path, String(file)))
      .filter((file) => file.endsWith('.test.mjs'))
      .sort();
  });
  const program = (/** @type {string} */ name) => String(found.get(name)?.value ?? '');
  // A file that hangs is ended: whoever runs this has other things to wait for.
  const limit = flags.length ? [] : ['--test-timeout=900000'];
  run(process.execPath, ['--test', '--test-reporter=spec', ...limit, ...flags, ...tests], {
    env: {
      ...(found.get('rust')?.value ? rust().env : {}),
      WS4WASM_CHROMIUM: program('chromium'),
      WS4WASM_FIREFOX: program('firefox'),
      WS4WASM_PYTHON: program('python'),
      WS4WASM_TSHARK: program('tshark'),
    },
  });
}

/** What this builds is what its end-to-end test runs. */
function webTransportServer() {
  const release = ['--release', '--locked', '--quiet', '-p', 'ws4wasm-webtransport'];
  cargo(['build', ...release]);
  cargo(['clippy', ...release, '--', '-Dwarnings']);
}

/** So many minutes after the start CI begins nothing new: it has 90, and a section takes 8. */
const LAST_BEGINNING = 65;

/** All of it takes half an hour and more, which people can ask for: `npm run test:autobahn`. */
function compressionCases() {
  const minutes = Math.max(0, LAST_BEGINNING - performance.now() / 60_000);
  const some = onCI ? ['--minutes', minutes.toFixed(1)] : [];
  script('autobahn.mjs', ['--cases', onCI ? '1[23].*' : '13.1.*', ...some]);
}

/** Those who read figures build them; here they are only checked. */
function benchmarkPackages() {
  const packages = ['-p', 'ws4wasm-load', '-p', 'ws4wasm-native-bench'];
  cargo(['clippy', '--locked', '--quiet', '--all-targets', ...packages, '--', '-Dwarnings']);
}

/**
 * Beside the commit before, in the same run: for whoever reads the log. It fails when somebody
 * receives or sends something wrong, and never because of how long that took.
 */
function benchmark() {
  const previous = attempt('git', ['rev-parse', '--verify', '--quiet', 'HEAD~1']);
  const args = previous ? ['--against', previous] : ['--quick'];
  run(process.execPath, [join(root, 'benches/bench.mjs'), ...args]);
}

/**
 * tests/wasm.rs in Node or a browser.
 * @param {string[]} where
 * @param {object} [capabilities] of WebDriver
 * @param {string[]} [prefix] a command to run it by
 */
function wasmPackTest(where, capabilities = {}, prefix = []) {
  const { bin: bindgen } = wasmBindgen();
  const { bin: pack } = wasmPack();
  const webdriver = join(root, 'target/webdriver.json');
  mkdirSync(join(root, 'target'), { recursive: true });
  writeFileSync(webdriver, JSON.stringify(capabilities));
  // no-install: wasm-pack takes wasm-bindgen from the PATH and adds nothing to the machine.
  // release: optimised, as what is shipped. JavaScriptCore (WebKitGTK 2.50) computes wrong now and
  // then in unoptimised code with SIMD while it compiles in another thread, and never without that
  // thread: 8 runs of 60 failed, and none of 150 optimised.
  const args = ['test', ...where, '--release', '--mode', 'no-install', '--', '--test', 'wasm'];
  const [command, ...rest] = [...prefix, join(pack, 'wasm-pack'), ...args];
  run(command, rest, {
    env: {
      ...withPath(rust().bin, bindgen),
      WASM_BINDGEN_TEST_WEBDRIVER_JSON: webdriver,
      // With the checks of an unoptimised build.
      CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS: 'true',
      CARGO_PROFILE_RELEASE_OVERFLOW_CHECKS: 'true',
      // In seconds. Its own 20 are too few on a busy machine.
      WASM_BINDGEN_TEST_TIMEOUT: '300',
      ...(where.includes('--headless') ? { WASM_BINDGEN_USE_BROWSER: '1' } : {}),
    },
  });
}

/** By the flags for Safari: they stand for a WebDriver that wasm-pack does not know. */
function wasmPackTestWebKit() {
  const found = webkit();
  if (!found) throw new Skip('no WebKitGTK');
  const options = { binary: found.browser, args: ['--automation'] };
  wasmPackTest(
    ['--headless', '--safari', '--safaridriver', found.driver],
    { browserName: 'MiniBrowser', 'webkitgtk:browserOptions': options },
    [found.display, '-a'],
  );
}

/**
 * Compares pkg/ with a fresh build. Where the toolchain differs from the one on record, the
 * fresh build takes the place of pkg/ until all tests have run.
 */
function checkPackage() {
  const folder = check();
  if (!folder) return;
  console.log(yellow('  the tests below run against the one built here'));
  process.once('exit', restore);
  replaceForNow(folder);
}

/** @typedef {{ name: string, result: 'ok' | 'FAILED' | 'skipped', why?: string, time: string }} Row */

/**
 * @param {Step} step
 * @returns {Row}
 */
function perform(step) {
  const started = Date.now();
  console.log(`\n${bold(`== ${step.name}`)}`);
  const problems = step.needs.map((name) => found.get(name)?.problem).filter(Boolean);
  if (onCI)
    problems.push(...(step.likes ?? []).map((n) => found.get(n)?.problem).filter(Boolean));
  /** @type {(result: Row['result'], why?: string) => Row} */
  const end = (result, why) => ({ name: step.name, result, why, time: seconds(started) });
  try {
    if (problems.length) throw new Skip(problems.join('; '));
    step.work();
    return end('ok');
  } catch (error) {
    if (error instanceof Skip && !onCI) return end('skipped', error.message);
    if (!(error instanceof Failure || error instanceof Skip)) throw error;
    console.log(red(error.message));
    return end('FAILED', step.remedy ?? error.message.split('\n')[0].replaceAll(root, '.'));
  }
}

/** @param {Row[]} rows */
function printTable(rows) {
  const colour = { ok: green, FAILED: red, skipped: yellow };
  console.log(`\n${bold('== summary')}`);
  for (const { name, result, time, why } of rows) {
    const note = why ? dim(`  ${why}`) : '';
    console.log(
      `${colour[result](result.padEnd(8))} ${name.padEnd(32)} ${time.padStart(8)}${note}`,
    );
  }
}

const help = `npm test                    everything
npm test -- GROUP GROUP     some groups: ${groups.join(', ')}`;

whenStarted(import.meta.url, async () => {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { help: { type: 'boolean', default: false } },
  });
  if (values.help) return void console.log(help);
  const unknown = positionals.filter((name) => !groups.includes(name));
  if (unknown.length) {
    throw new Failure(`No group ${unknown.join(', ')}. Groups: ${groups.join(', ')}`);
  }
  const chosen = steps.filter(
    (step) => !positionals.length || step.groups.some((name) => positionals.includes(name)),
  );
  restore();
  // With a listener Ctrl-C ends the command that runs, and this script still tidies up.
  process.on('SIGINT', () => process.exit(130));

  const started = Date.now();
  console.log(bold('== set-up'));
  for (const name of new Set(chosen.flatMap(({ needs, likes = [] }) => [...needs, ...likes]))) {
    setUp(name);
  }
  /** @type {Row[]} */
  const rows = [{ name: 'set-up', result: 'ok', time: seconds(started) }];
  for (const step of chosen) {
    rows.push(perform(step));
    // Signals are delivered between turns of the event loop only.
    await pause(20);
  }
  printTable(rows);
  console.log(`${' '.repeat(9)}${'all'.padEnd(32)} ${seconds(started).padStart(8)}`);
  if (rows.some(({ result }) => result === 'FAILED')) process.exitCode = 1;
});
