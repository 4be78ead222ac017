// What counting and hooks cost: echo servers of this package, one as it is, with everything on that
// tells what goes on, and one whose counting was taken out of its code; the server's processor time for
// a message. Run by bench.mjs in a process of its own, which is the client.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure, root } from '../scripts/lib.mjs';
import { child } from './child.mjs';
import { Crowd, Server, title } from './crowd.mjs';
import { digits, figures } from './measure.js';
import { versionOf } from './peers.mjs';

/** @typedef {{ workload: string, without: number, with: number, more: number, mores: number[] }} Row microseconds, and shares */

/** @type {import('./crowd.mjs').Workload[]} */
const workloads = [
  { name: 'pipelined', connections: 1, bytes: 16, atOnce: 256, kind: 'echo' },
  { name: 'pipelined', connections: 50, bytes: 125, atOnce: 32, kind: 'echo' },
  { name: 'one at a time', connections: 1, bytes: 16, atOnce: 1, kind: 'echo' },
  { name: 'one at a time', connections: 50, bytes: 125, atOnce: 1, kind: 'echo' },
];

/** A statement that counts, where connections count messages, pings and bytes. */
const COUNTING =
  /\bthis\.#?(?:messages\+\+|pings\+\+|total \+= length|received \+= bytes\.byteLength);/g;

/** This many there are; fewer, and this would measure nothing. */
const COUNTED = 8;

/** The package in a folder of its own, without counting. @param {string} folder */
function takeOut(folder) {
  for (const name of ['package.json', 'js', 'pkg']) {
    cpSync(join(root, name), join(folder, name), { recursive: true });
  }
  let found = 0;
  for (const name of ['connection', 'sender', 'outbox']) {
    const file = join(folder, 'js/connection', `${name}.js`);
    const source = readFileSync(file, 'utf8');
    const uncounted = source.replaceAll(COUNTING, () => {
      found++;
      return ';';
    });
    writeFileSync(file, uncounted);
  }
  if (found !== COUNTED) {
    throw new Failure(
      `js/connection counts in ${found} places, not in ${COUNTED}: see COUNTING`,
    );
  }
}

/** @param {Row} row */
const line = (row) =>
  `  ${row.workload.padEnd(44)} ${row.without} and ${row.with} us  ${(row.more * 100).toFixed(1)} %`;

await child(async (/** @type {{ quick: boolean }} */ { quick }) => {
  const { rounds, messages } = quick
    ? { rounds: 5, messages: 10_000 }
    : { rounds: 31, messages: 30_000 };
  const folder = mkdtempSync(join(tmpdir(), 'ws4wasm-uncounted-'));
  try {
    takeOut(folder);
    const servers = await Promise.all([
      Server.start('stats-server.mjs', folder, 'without'),
      Server.start('stats-server.mjs', root, 'with'),
    ]);
    const rows = [];
    for (const workload of workloads) {
      /** @type {number[][]} messages in a microsecond of the server's processor */
      const rates = servers.map(() => []);
      const crowds = await Promise.all(servers.map((server) => Crowd.open(server, workload)));
      for (let round = -3; round < rounds; round++) {
        // Nobody is always the one after the other.
        const order = round % 2 ? [0, 1] : [1, 0];
        for (const i of order) {
          const rate = await crowds[i].measure(messages);
          // The first are for the compilers.
          if (round >= 0) rates[i].push(rate);
        }
      }
      for (const crowd of crowds) crowd.close();
      const [without, counted] = rates.map((all) => figures(all, rates[0]));
      const share = (/** @type {number} */ ratio) => Number((1 / ratio - 1).toFixed(4));
      rows.push({
        workload: title(workload),
        without: digits(1 / without.rate),
        with: digits(1 / counted.rate),
        more: share(counted.ratio),
        mores: counted.spread.map(share),
      });
      console.log(line(rows[rows.length - 1]));
    }
    for (const server of servers) server.end();
    return { versions: { ws4wasm: versionOf('ws4wasm') }, rows };
  } finally {
    rmSync(folder, { recursive: true });
  }
});
