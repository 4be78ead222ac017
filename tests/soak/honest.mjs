// Clients that keep to the rules, ours and ws's, compressing or not. Each numbers its messages, wants every
// one back once and in order, and says goodbye properly.
import { once } from 'node:events';
import { WebSocket as TheirWebSocket } from 'ws';
import { connect } from 'ws4wasm/node';

/** Messages on their way at a time. */
const WINDOW = 8;

/** @typedef {ReturnType<typeof import('../support/wire.mjs').random>} Random */

/**
 * What each kind of client can do.
 * @typedef {object} Line
 * @property {(data: string | Uint8Array) => void} send
 * @property {() => void} close
 * @property {(listen: (data: string | Uint8Array) => void) => void} onMessage
 * @property {Promise<number>} closed the code
 */

/** @param {number} port @param {boolean} deflate @returns {Promise<Line>} */
async function ours(port, deflate) {
  const ws = await connect(`ws://127.0.0.1:${port}`, { deflate });
  return {
    send: (data) => void ws.send(data),
    close: () => ws.close(1000),
    onMessage: (listen) => {
      ws.onmessage = ({ data }) => listen(data);
    },
    closed: new Promise((resolve) => {
      ws.onclose = ({ code }) => resolve(code);
    }),
  };
}

/** @param {number} port @param {boolean} deflate @returns {Promise<Line>} */
async function theirs(port, deflate) {
  const ws = new TheirWebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: deflate });
  await once(ws, 'open');
  const closed = once(ws, 'close').then(([code]) => code);
  return {
    send: (data) => ws.send(data),
    close: () => ws.close(1000),
    onMessage: (listen) => {
      ws.on('message', (data, isBinary) => {
        listen(isBinary ? /** @type {Buffer} */ (data) : String(data));
      });
    },
    closed,
  };
}

/** @param {Random} chance @param {string} head */
function message({ below, pick, bytes }, head) {
  const length = pick([0, 5, 100, 130, 1000, 5000, 70_000, below(200_000)]);
  if (below(2)) return head + pick(['x', 'é', '😀', 'grüße ']).repeat(length >> 3);
  const block = bytes(Math.min(length, 500));
  return Buffer.concat([Buffer.from(head), Buffer.alloc(length, block.length ? block : 0)]);
}

/** @param {string | Uint8Array} a @param {string | Uint8Array} b */
const same = (a, b) =>
  typeof a === 'string' || typeof b === 'string' ? a === b : Buffer.compare(a, b) === 0;

/**
 * A client that had no time to speak, on a machine that has other things to do, is answered 408
 * and tries again.
 * @param {number} port
 * @param {Random} chance
 * @param {{ late: number }} tally
 * @returns {Promise<Line>}
 */
async function open(port, chance, tally) {
  const dial = chance.below(2) ? ours : theirs;
  try {
    return await dial(port, chance.below(2) === 0);
  } catch (error) {
    const { status, message } = /** @type {any} */ (error);
    if (status !== 408 && !/ 408$/.test(message)) throw error;
    tally.late++;
    return open(port, chance, tally);
  }
}

/**
 * One conversation.
 * @param {number} port
 * @param {Random} chance
 * @param {{ stopped: boolean, messages: number, late: number, faults: string[] }} tally
 */
export async function converse(port, chance, tally) {
  const name = `${chance.below(1e9)}`;
  const line = await open(port, chance, tally);
  const count = 10 + chance.below(60);
  /** @type {(string | Uint8Array)[]} */
  const awaited = [];
  let sent = 0;
  const more = () => {
    while (awaited.length < WINDOW && sent < count && !tally.stopped) {
      const next = message(chance, `${name}:${sent++}:`);
      awaited.push(next);
      line.send(next);
    }
    if (!awaited.length) line.close();
  };
  line.onMessage((data) => {
    const expected = awaited.shift();
    if (expected === undefined || !same(data, expected)) {
      tally.faults.push(`${name}: ${String(data).slice(0, 40)} is not what was next`);
    }
    tally.messages++;
    more();
  });
  more();
  const code = await line.closed;
  if (awaited.length) tally.faults.push(`${name}: ${awaited.length} messages did not come`);
  if (code !== 1000) tally.faults.push(`${name}: closed with ${code}`);
}
