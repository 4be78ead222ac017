// Receiving and sending in Node: run by bench.mjs in a process of its own.
import { pathToFileURL } from 'node:url';
import { child } from './child.mjs';
import { receive, send } from './engines.js';
import { eventsAlone } from './events-alone.mjs';
import { plans } from './measure.js';
import * as peers from './peers.mjs';
import { decoded } from './plain-parser.js';
import { line } from './tables.mjs';

/**
 * @typedef {object} Options
 * @property {'receive' | 'send' | 'collected' | 'slow'} part received messages with full collections
 *   between them, and those that some peers need minutes for, are parts of their own
 * @property {boolean} quick
 * @property {string} [previous] where another version of the package is
 */

await child(async (/** @type {Options} */ { part, quick, previous }) => {
  const engine = await import('ws4wasm');
  // As connections over sockets have it: what a socket gave is nobody else's, and ws unmasks it
  // in place, too. Who feeds bytes that must stay as they are pays for a copy.
  const current = peers.ws4wasm('ws4wasm', engine, { ownsInput: true });
  const keeping = peers.ws4wasm('ws4wasm, input kept', engine);
  const wsFast = peers.ws('ws + bufferutil', true);
  const others = () => [peers.ws('ws', false), peers.undici(), peers.websocketDriver()];
  const all = part === 'receive' || part === 'send';
  const compared = previous
    ? [peers.ws4wasm('previous', await load(previous), { ownsInput: true }), current, wsFast]
    : [
        wsFast,
        current,
        ...(part === 'receive' ? [keeping] : []),
        ...(quick || !all ? [] : others()),
        ...(part === 'receive' && !quick ? [eventsAlone(engine)] : []),
      ];
  const rows = await (part === 'send' ? send : receive)({
    peers: compared,
    copy: (bytes) => Buffer.from(new Uint8Array(bytes).buffer),
    oneBuffer: true,
    out: (oneBuffer) => (oneBuffer ? new peers.OneBuffer() : new peers.Socket()),
    decoded,
    plan: part === 'collected' ? plans.collected : quick ? plans.quick : plans.full,
    when: part === 'slow' ? ['slow'] : quick || !all ? ['always'] : ['always', 'full'],
    tell: (row) => console.log(line(row)),
  });
  const versions = Object.fromEntries(
    compared.filter(({ version }) => version).map(({ name, version }) => [name, version]),
  );
  return { versions, rows };
});

/** @param {string} folder */
async function load(folder) {
  return import(pathToFileURL(`${folder}/js/entry/node.js`).href);
}
