// The steps of `npm test`, in the order in which they would be wanted one after the other.
import { crateReference, packageReference } from '../build/docs.mjs';
import { onCI } from '../lib.mjs';
import { crate as keepsInterface } from '../release/semver.mjs';
import { NODES } from '../tools/runtimes.mjs';
import { target } from '../tools/toolchain.mjs';
import {
  benchmark,
  compressionCases,
  nodeTest,
  npmTool,
  onNode,
  script,
} from './javascript.mjs';
import {
  benchmarkPackages,
  cargo,
  checkOldest,
  checkPackage,
  sanitized,
  wasmPackTest,
  wasmPackTestChromium,
  wasmPackTestFirefox,
  wasmPackTestWebKit,
  webTransportServer,
} from './rust.mjs';

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {string[]} groups by which it can be asked for
 * @property {true | 'only'} [everyday] part of `npm test`; the others are left to
 *   `npm run test:all`, which has more in the place of those that are for every day only
 * @property {import('./schedule.mjs').Lane} lane
 * @property {string[]} needs tools; without these it is skipped
 * @property {string[]} [likes] tools; without these some of its tests are skipped
 * @property {string[]} [after] steps that make what it uses
 * @property {() => unknown} [work] throws a Failure, or a Skip
 * @property {string[]} [tests] in place of `work`: folders of tests/, for Node's test runner
 * @property {import('./javascript.mjs').TestOptions} [options] for these
 * @property {string} [remedy] what to do when it fails
 */

/** The engine is pkg/, which the first may replace for as long as the tests run. */
const PACKAGE = 'pkg/ is what the source gives';
const PAGE = "the inspector's page";

/** What is shipped. The other packages of the workspace measure it, fuzz it or show its use. */
const crates = ['-p', 'ws4wasm', '-p', 'ws4wasm-inspect'];

const deny = ['--', '-Dwarnings'];

/** What a program in Rust can ask for; the rest is on by default, or for JavaScript only. */
const crateFeatures = ['--features', 'bytes,http,idn,rustls,tokio'];

/** @type {Step[]} */
export const steps = [
  {
    name: 'cargo fmt',
    groups: ['rust'],
    everyday: true,
    lane: 'builds',
    needs: ['rust'],
    work: () => cargo(['fmt', '--all', '--check']),
    remedy: '`npm run fmt` formats everything',
  },
  {
    name: PACKAGE,
    groups: ['build'],
    everyday: true,
    lane: 'builds',
    needs: ['rust', 'wasmBindgen', 'nodeModules'],
    work: checkPackage,
  },
  {
    name: 'cargo clippy',
    groups: ['rust'],
    everyday: true,
    lane: 'builds',
    needs: ['rust'],
    work() {
      cargo(['clippy', ...crates, '--all-targets', '--', '-Dwarnings']);
      cargo(['clippy', '--lib', '--no-default-features', '--', '-Dwarnings']);
      const others = [...crateFeatures, '--all-targets'];
      cargo(['clippy', '-p', 'ws4wasm', ...others, ...deny]);
    },
  },
  {
    name: 'cargo clippy, wasm32',
    groups: ['rust'],
    everyday: true,
    lane: 'builds',
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
    everyday: true,
    lane: 'builds',
    needs: ['rust'],
    work: () => cargo(['test', ...crates]),
  },
  {
    name: 'cargo test, tokio and http',
    groups: ['rust'],
    everyday: true,
    lane: 'builds',
    needs: ['rust'],
    work() {
      cargo(['test', '-p', 'ws4wasm', ...crateFeatures, '--lib', '--test', 'tokio']);
      // docs/rust.md among them.
      cargo(['test', '-p', 'ws4wasm', ...crateFeatures, '--doc']);
    },
  },
  {
    // They must not need each other, nor what is on by default.
    name: 'cargo clippy, each feature alone',
    groups: ['rust'],
    lane: 'builds',
    needs: ['rust'],
    work() {
      for (const feature of ['bytes', 'http', 'idn', 'tokio', 'rustls']) {
        cargo(['clippy', '--lib', '--no-default-features', '--features', feature, ...deny]);
      }
    },
  },
  {
    name: 'wasm-pack test, Node',
    groups: ['wasm'],
    everyday: true,
    lane: 'builds',
    needs: ['rust', 'wasmBindgen', 'wasmPack'],
    work: () => wasmPackTest(['--node']),
  },
  {
    name: 'wasm-pack test, Chromium',
    groups: ['browser', 'wasm'],
    everyday: true,
    lane: 'builds',
    needs: ['rust', 'wasmBindgen', 'wasmPack', 'chromium', 'chromedriver'],
    work: wasmPackTestChromium,
  },
  {
    name: 'wasm-pack test, Firefox',
    groups: ['browser', 'wasm'],
    lane: 'builds',
    needs: ['rust', 'wasmBindgen', 'wasmPack', 'firefox', 'geckodriver'],
    work: wasmPackTestFirefox,
  },
  {
    name: 'wasm-pack test, WebKitGTK',
    groups: ['browser', 'wasm'],
    lane: 'builds',
    needs: ['rust', 'wasmBindgen', 'wasmPack', 'webkit'],
    work: wasmPackTestWebKit,
  },
  {
    name: 'the oldest Rust',
    groups: ['rust'],
    lane: 'builds',
    needs: ['oldestRust'],
    work: () =>
      checkOldest(['--lib'], ['--lib', '--no-default-features'], ['--lib', ...crateFeatures]),
  },
  {
    name: 'the crate keeps its interface',
    groups: ['rust'],
    lane: 'builds',
    needs: ['rust'],
    work: keepsInterface,
  },
  {
    // What is unsafe is so in wasm only; this looks at the code beside it, and at zlib-rs.
    name: 'cargo test, AddressSanitizer',
    groups: ['rust', 'sanitizer'],
    lane: 'builds',
    needs: ['rust'],
    work: sanitized,
  },
  {
    name: 'cargo doc',
    groups: ['rust'],
    lane: 'builds',
    needs: ['rust'],
    work: crateReference,
  },
  {
    name: 'WebTransport server',
    groups: ['rust', 'browser', 'e2e'],
    lane: 'builds',
    needs: ['rust'],
    work: webTransportServer,
    remedy: '`cargo clippy -p ws4wasm-webtransport`',
  },
  {
    name: 'benchmarks in Rust',
    groups: ['rust', 'bench'],
    lane: 'builds',
    needs: ['rust'],
    work: benchmarkPackages,
    remedy: '`cargo clippy -p ws4wasm-load -p ws4wasm-native-bench`',
  },
  {
    name: 'biome, format and lint',
    groups: ['js'],
    everyday: true,
    lane: 'runs',
    needs: ['nodeModules'],
    work: () =>
      npmTool('@biomejs/biome/bin/biome', onCI ? 'ci' : 'check', '--error-on-warnings'),
    remedy: '`npm run fmt` formats everything and mends some of the rest',
  },
  {
    name: 'tsc, types of JavaScript',
    groups: ['js'],
    everyday: true,
    lane: 'runs',
    needs: ['nodeModules'],
    work: () => npmTool('typescript/bin/tsc', '-p', 'tsconfig.json'),
  },
  {
    name: 'typedoc, the API reference',
    groups: ['js'],
    everyday: true,
    lane: 'runs',
    needs: ['nodeModules'],
    work: packageReference,
    remedy: 'everything that js/*.d.ts export has a comment that says what it is',
  },
  {
    name: PAGE,
    groups: ['www'],
    everyday: true,
    lane: 'runs',
    needs: ['nodeModules'],
    after: [PACKAGE],
    work() {
      npmTool('typescript/bin/tsc', '-p', 'www/tsconfig.json');
      script('build/www.mjs');
    },
    remedy: '`npx tsc -p www` and `npm run build:www`',
  },
  {
    name: 'engine and core tests',
    groups: ['js', 'node'],
    everyday: true,
    lane: 'runs',
    needs: ['nodeModules'],
    // The versions of TypeScript.
    likes: ['matrix'],
    after: [PACKAGE],
    tests: [
      'base',
      'engine',
      'entry',
      'core',
      'types',
      'cli',
      'matrix',
      'architecture',
      'scripts',
    ],
  },
  {
    name: 'connection tests',
    groups: ['js', 'node', 'connection'],
    everyday: true,
    lane: 'runs',
    needs: ['nodeModules'],
    likes: ['python'],
    after: [PACKAGE],
    tests: ['connection', 'node', 'websocket'],
  },
  {
    name: 'in place of ws',
    groups: ['js', 'node', 'connection'],
    everyday: true,
    lane: 'runs',
    needs: ['nodeModules'],
    after: [PACKAGE],
    tests: ['ws'],
  },
  {
    name: 'frameworks in place of ws',
    groups: ['js', 'frameworks'],
    lane: 'runs',
    needs: ['nodeModules', 'frameworks'],
    likes: ['proxies'],
    after: [PACKAGE],
    tests: ['frameworks'],
  },
  {
    name: 'faults of others',
    groups: ['js', 'node', 'conformance'],
    everyday: true,
    lane: 'runs',
    needs: ['nodeModules'],
    after: [PACKAGE],
    tests: ['advisories'],
  },
  {
    name: 'conformance table, unsafe code',
    groups: ['js', 'node', 'conformance'],
    everyday: true,
    lane: 'runs',
    needs: ['nodeModules'],
    after: [PACKAGE],
    tests: ['conformance'],
  },
  {
    name: 'differential tests',
    groups: ['js', 'node', 'conformance'],
    everyday: true,
    lane: 'runs',
    needs: ['nodeModules'],
    after: [PACKAGE],
    tests: ['differential'],
  },
  {
    name: 'inspector tests',
    groups: ['js', 'node', 'inspect'],
    everyday: true,
    lane: 'runs',
    needs: ['nodeModules'],
    likes: ['tshark', 'redis', 'python', 'chromium'],
    after: [PACKAGE],
    tests: ['inspect'],
  },
  {
    name: 'behind nginx, HAProxy and Apache',
    groups: ['js', 'node', 'operations'],
    everyday: true,
    lane: 'runs',
    needs: ['nodeModules'],
    likes: ['proxies', 'redis'],
    after: [PACKAGE],
    tests: ['operations'],
  },
  {
    name: 'the page in Chromium',
    groups: [],
    everyday: 'only',
    lane: 'runs',
    needs: ['nodeModules'],
    likes: ['chromium', 'certutil'],
    after: [PACKAGE, PAGE],
    tests: ['www'],
    options: { limit: 20, browsers: 'Chromium' },
  },
  {
    name: 'Autobahn TestSuite, sections 1-10',
    groups: ['conformance', 'autobahn'],
    everyday: true,
    lane: 'runs',
    needs: ['nodeModules', 'kosoku'],
    after: [PACKAGE],
    work: () => script('test/autobahn.mjs', '--no-compression'),
    remedy: 'the reports in target/autobahn say what was expected',
  },
  {
    name: 'Autobahn TestSuite, the crate on tokio',
    groups: ['conformance', 'autobahn'],
    lane: 'runs',
    needs: ['nodeModules', 'rust', 'kosoku'],
    after: [PACKAGE],
    // All of compression takes minutes; it is on record, and here a sample.
    work() {
      const sample = ['[1-9].*', '10.*', '13.1.*'].flatMap((cases) => ['--cases', cases]);
      script('test/autobahn.mjs', '--crate', ...sample);
    },
    remedy: 'the reports in target/autobahn say what was expected',
  },
  {
    name: 'the page in browsers',
    groups: ['browser', 'www'],
    lane: 'runs',
    needs: ['nodeModules'],
    likes: ['chromium', 'firefox', 'certutil'],
    after: [PACKAGE, PAGE],
    tests: ['www'],
    options: { limit: 20 },
  },
  {
    name: 'supply chain',
    groups: ['supply'],
    lane: 'runs',
    needs: ['rust', 'nodeModules', 'cargoDeny'],
    work: () => script('release/supply-chain.mjs'),
  },
  {
    name: 'end-to-end tests',
    groups: ['browser', 'e2e'],
    lane: 'runs',
    needs: ['nodeModules'],
    likes: ['chromium', 'firefox', 'python', 'rust', 'tshark'],
    // What they run of Rust's is built by then, and nobody holds cargo's lock for long.
    after: [PACKAGE, PAGE, 'cargo test', 'cargo test, tokio and http', 'WebTransport server'],
    tests: ['e2e'],
  },
  {
    // The longest, and so not the last. On a slow machine it begins too late, and says what it left.
    name: 'Autobahn TestSuite, sections 12 and 13',
    groups: ['conformance', 'autobahn'],
    lane: 'runs',
    needs: ['nodeModules', 'kosoku'],
    after: [PACKAGE],
    work: compressionCases,
    remedy: 'the reports in target/autobahn say what was expected',
  },
  ...NODES.map((version) => ({
    name: `JavaScript tests on Node ${version}`,
    groups: ['nodes'],
    lane: /** @type {const} */ ('runs'),
    needs: ['nodeModules', 'nodes'],
    likes: ['python'],
    after: [PACKAGE],
    work: () => onNode(version),
  })),
  {
    name: 'fuzz targets, 20 seconds each',
    groups: ['fuzz'],
    lane: 'runs',
    needs: ['rust', 'cargoFuzz'],
    work: () => script('test/fuzz.mjs'),
    remedy: 'the input that crashes is named above; `npm run test:fuzz -- --target NAME`',
  },
  {
    name: 'soak, a minute',
    groups: ['soak'],
    lane: 'runs',
    needs: ['nodeModules'],
    after: [PACKAGE],
    work: () => script('test/soak.mjs'),
  },
  {
    name: 'runtimes, bundlers, browsers',
    groups: ['matrix'],
    lane: 'runs',
    needs: ['nodeModules', 'matrix', 'chromium', 'firefox', 'webkit'],
    after: [PACKAGE, PAGE],
    work: () => script('test/matrix.mjs'),
  },
  {
    name: 'benchmark, a quick look',
    groups: ['bench'],
    lane: 'alone',
    needs: ['nodeModules'],
    after: [PACKAGE],
    work: benchmark,
  },
];

/** @param {Step} step */
export function work({ work: own, tests = [], options }) {
  return own ? own() : nodeTest(tests, options);
}

export const groups = [...new Set(steps.flatMap((step) => step.groups))];
