// The two sides under test: our server, which the suite connects to, and our client, which
// connects to the suite. Both echo, with the options that users get when they give none.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { EchoWebSocket, Stream } from 'ws4wasm';
import { connect, createServer } from 'ws4wasm/node';
import { isCompression } from './verdicts.mjs';

/**
 * Runs cases and gives the suite's index file.
 * @typedef {(program: string, folder: string, cases: string[]) => Promise<import('./verdicts.mjs').Index>} Run
 */

const AGENT = 'ws4wasm';

/** A suite that hangs is a failure too; a case's own limit is 8 minutes. */
const TIMEOUT = 30 * 60_000;

/** Whether this build has permessage-deflate. */
export function canCompress() {
  try {
    new Stream({ deflate: /** @type {any} */ (true) }).free();
    return true;
  } catch {
    return false;
  }
}

/** @param {string[]} cases */
function optionsFor(cases) {
  const deflate = /** @type {any} */ (cases.some(isCompression));
  return { WebSocket: EchoWebSocket, ...(deflate && { deflate }) };
}

/** Cases at a time. Those on compression keep a processor busy. @param {string[]} cases */
export const atOnce = (cases) => (cases.some(isCompression) ? 2 : 8);

/** @type {{ server: Run, client: Run }} */
export const sides = {
  async server(program, folder, cases) {
    const server = createServer(optionsFor(cases)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
    const suite = start(program, folder, cases, [
      ...['-m', 'fuzzingclient', '-p', `${atOnce(cases)}`],
      `ws://127.0.0.1:${port}`,
    ]);
    await suite.ended;
    await new Promise((resolve) => server.close(resolve));
    return suite.index();
  },

  async client(program, folder, cases) {
    const suite = start(program, folder, cases, ['-m', 'fuzzingserver', '127.0.0.1:0']);
    const base = await address(suite);
    const options = optionsFor(cases);
    const agent = `agent=${AGENT}`;
    const count = await caseCount(`${base}/getCaseCount`);
    let next = 1;
    const converseOn = async () => {
      while (next <= count) await converse(`${base}/runCase?case=${next++}&${agent}`, options);
    };
    await Promise.all(Array.from({ length: atOnce(cases) }, converseOn));
    // Without the second parameter it would never end.
    await converse(`${base}/updateReports?${agent}&shutdownOnComplete=true`, {});
    await suite.ended;
    return suite.index();
  },
};

/** Where the fuzzing server is. @param {ReturnType<typeof start>} suite */
export async function address(suite) {
  /** @type {string | undefined} */
  let base;
  for await (const line of createInterface({ input: suite.stderr })) {
    base = line.match(/listening on (ws:\S+)/)?.[1];
    if (base) break;
  }
  if (!base) throw new Error('the fuzzing server did not start');
  // What else it says must be read, or it would wait for us.
  suite.stderr.resume();
  return base;
}

/** @param {string} url @param {import('ws4wasm/node').ConnectOptions} options */
async function converse(url, options) {
  const ws = await connect(url, options);
  await ws.run();
}

/** @param {string} url */
async function caseCount(url) {
  const ws = await connect(url);
  let count = Number.NaN;
  for await (const { data } of ws) count = Number(data);
  return count;
}

/**
 * @param {string} program
 * @param {string} folder
 * @param {string[]} cases
 * @param {string[]} args
 */
export function start(program, folder, cases, args) {
  const include = cases.flatMap((id) => ['-i', id]);
  const child = spawn(program, ['-o', folder, ...include, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: TIMEOUT,
  });
  let said = '';
  child.stderr.on('data', (text) => {
    said = (said + text).slice(-2000);
  });
  const ended = once(child, 'close');
  return {
    stderr: child.stderr,
    ended,
    /** @returns {import('./verdicts.mjs').Index} */
    index() {
      try {
        return JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8'));
      } catch {
        throw new Error(`the suite wrote no report; it said: ${said}`);
      }
    },
  };
}
