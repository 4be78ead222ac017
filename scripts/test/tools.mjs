// What steps need and a work tree does not hold. Each is set up once, before the first step that
// needs it, and beside steps that do not.
import { frameworks } from '../tools/npm.mjs';
import {
  cargoDeny,
  cargoFuzz,
  certutil,
  chromedriver,
  chromium,
  firefox,
  kosoku,
  proxies,
  python,
  redis,
  tshark,
  webkit,
} from '../tools/peers.mjs';
import { matrix, nodes } from '../tools/runtimes.mjs';
import {
  geckodriver,
  nodeModules,
  oldestRust,
  rustLinters,
  wasmBindgen,
  wasmPack,
} from '../tools/toolchain.mjs';

/**
 * `find` makes sure of the tool, and throws or gives undefined where that is impossible. The lane
 * says whether it is compiled or fetched.
 * @type {Record<string, { lane: import('./schedule.mjs').Lane, find: () => unknown }>}
 */
export const tools = {
  nodeModules: { lane: 'runs', find: nodeModules },
  rust: { lane: 'builds', find: rustLinters },
  oldestRust: { lane: 'runs', find: oldestRust },
  wasmBindgen: { lane: 'builds', find: wasmBindgen },
  wasmPack: { lane: 'builds', find: wasmPack },
  geckodriver: { lane: 'builds', find: geckodriver },
  cargoFuzz: { lane: 'runs', find: cargoFuzz },
  cargoDeny: { lane: 'runs', find: cargoDeny },
  certutil: { lane: 'runs', find: certutil },
  chromium: { lane: 'runs', find: chromium },
  chromedriver: { lane: 'runs', find: chromedriver },
  firefox: { lane: 'runs', find: firefox },
  webkit: { lane: 'runs', find: webkit },
  python: { lane: 'runs', find: python },
  kosoku: { lane: 'runs', find: kosoku },
  proxies: { lane: 'runs', find: proxies },
  redis: { lane: 'runs', find: redis },
  tshark: { lane: 'runs', find: tshark },
  frameworks: { lane: 'runs', find: frameworks },
  nodes: { lane: 'runs', find: nodes },
  matrix: { lane: 'runs', find: matrix },
};

/**
 * What this run has found, in the processes of its steps; see `perform` in child.mjs.
 * @type {Record<string, any>}
 */
export const found = JSON.parse(process.env.WS4WASM_FOUND ?? '{}');
