// The receive and send workloads in a browser: run by browsers.mjs in a page. The peer is the
// plain parser of this folder.
import * as engine from '../js/entry/web.js';
import { receive, send } from './engines.js';
import { plans } from './measure.js';
import { decoded, PlainParser, plainFrame } from './plain-parser.js';

/** @typedef {import('./engines.js').Peer} Peer */

/** @type {Peer} */
const plain = {
  name: 'plain JavaScript',
  roles: ['server', 'client'],
  receiver(role, tally) {
    const parser = new PlainParser(role === 'server', tally);
    return (chunk) => parser.receive(chunk);
  },
  sender(role, out) {
    return (data) => void out.write(plainFrame(data, role === 'client'));
  },
};

/** The same as in peers.mjs, which only Node can load. @type {Peer} */
const ws4wasm = {
  name: 'ws4wasm',
  roles: ['server', 'client'],
  receiver(role, tally) {
    const stream = new engine.Stream({ role });
    return (chunk) => {
      for (const event of stream.receive(chunk)) {
        if (event.type === 'text') tally.text(event.data);
        else if (event.type === 'binary' || event.type === 'ping') tally.bytes(event.data);
        else throw new Error(`unexpected ${event.type}`);
      }
    };
  },
  sender(role, out) {
    const stream = new engine.Stream({ role });
    return (data) => void out.write(stream.encode(data));
  },
};

class Out {
  bytes = 0;
  sum = 0;
  /** @type {Uint8Array[] | undefined} */
  kept = undefined;

  /** @param {Uint8Array} chunk */
  write(chunk) {
    this.bytes += chunk.length;
    this.sum = (this.sum + chunk[chunk.length >> 1]) | 0;
    if (this.kept) this.kept.push(chunk.slice());
    return true;
  }
}

/**
 * @param {boolean} quick
 * @param {(row: import('./engines.js').Row) => void} tell
 */
export async function run(quick, tell) {
  /** @type {import('./engines.js').Platform} */
  const platform = {
    peers: [plain, ws4wasm],
    copy: (bytes) => bytes.slice(),
    oneBuffer: false,
    out: () => new Out(),
    decoded,
    plan: quick ? plans.quick : plans.full,
    when: quick ? ['always'] : ['always', 'full'],
    tell,
  };
  return [...(await receive(platform)), ...(await send(platform))];
}
