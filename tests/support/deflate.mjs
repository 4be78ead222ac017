// A conversation that goes through permessage-deflate, and what it takes on the wire. The
// other end is an echo, whoever's it is: what it says is compressed by its own means.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { random } from './wire.mjs';

/** @typedef {import('ws4wasm').DeflateOptions} DeflateOptions */
/** @typedef {import('ws4wasm').DeflateParameters} DeflateParameters */
/** @typedef {{ sent: number, received: number }} Bytes */

const { below, pick, bytes } = random(7692);

const words = Array.from({ length: 2000 }, () =>
  Array.from({ length: 3 + below(9) }, () => pick('abcdefghijklmnopqrstuvwxyz')).join(''),
);

/** Words that come again after any distance, so that the window's size is felt. */
function letters(length = 70_000) {
  let text = '';
  while (text.length < length) text += `${words[below(below(words.length) + 1)]} `;
  return text.slice(0, length);
}

function records(length = 2_000_000) {
  const all = Buffer.alloc(length, 'record');
  for (let at = 0; at + 4 <= length; at += 40) all.writeUInt32LE(at, at);
  return all;
}

const payloads = {
  empty: '',
  nothing: Buffer.alloc(0),
  short: 'hello',
  multilingual: 'naïve Ελληνικά Привет עברית العربية हिन्दी ไทย 漢字 한국어 😀👩‍👩‍👧𝒳 '.repeat(
    20,
  ),
  letters: letters(),
  records: records(),
  noise: bytes(200_000),
};

/** @type {(keyof typeof payloads)[]} */
const all = ['empty', 'nothing', 'short', 'multilingual', 'letters', 'records', 'noise'];
/** @type {(keyof typeof payloads)[]} */
const some = ['short', 'multilingual', 'letters'];

/** 50 messages that have much in common with each other, and little with themselves. */
const trades = Array.from({ length: 50 }, (_, i) =>
  JSON.stringify({
    type: 'trade',
    id: `${918_273 + 17 * i}-${below(1e6)}`,
    market: { base: 'EUR', quote: 'USD', venue: 'Xetra', segment: 'forward-3M' },
    bid: 1.08 + below(1000) / 1e5,
    ask: 1.09 + below(1000) / 1e5,
    volume: below(1e6),
    time: new Date(1_760_000_000_000 + 1037 * i).toISOString(),
    conditions: ['regular', 'cleared', 'late-report'],
    settlement: { currency: 'USD', account: 'omnibus', cycle: 'T+1', netting: true },
    counterparty: `desk-${below(500)}`,
  }),
);

/** @type {Record<string, number>} */
const sizes = { trades: trades.join('').length };
for (const [name, payload] of Object.entries(payloads)) {
  sizes[name] = Buffer.byteLength(payload);
}

/** @param {any} ws @returns {Bytes} */
const onSocket = ({ sock }) => ({ sent: sock.bytesWritten, received: sock.bytesRead });

/**
 * Says everything and hears it again.
 * @param {any} ws
 * @param {object} [how]
 * @param {boolean} [how.brief] leaves out what is long
 * @param {boolean} [how.commands] the peer knows more than to echo: `ping` and `fragments`
 * @param {(ws: any) => Bytes} [how.count]
 * @returns {Promise<Record<string, Bytes>>} what it took
 */
export async function converse(ws, { brief = false, commands = true, count = onSocket } = {}) {
  const messages = ws[Symbol.asyncIterator]();
  const hears = async (/** @type {string | Buffer} */ payload) => {
    const { data } = (await messages.next()).value;
    assert.ok(typeof payload === 'string' ? data === payload : payload.equals(data));
  };
  /** @param {() => Promise<void>} say */
  const cost = async (say) => {
    const before = count(ws);
    await say();
    const { sent, received } = count(ws);
    return { sent: sent - before.sent, received: received - before.received };
  };
  const pinged = async (/** @type {string} */ data) => {
    const pong = once(ws, 'pong');
    await ws.ping(data);
    assert.equal(`${(await pong)[0].data}`, data);
  };

  /** @type {Record<string, Bytes>} */
  const costs = {};
  const names = brief ? some : all;
  for (const name of names) {
    costs[name] = await cost(async () => {
      await ws.send(payloads[name]);
      await hears(payloads[name]);
    });
  }
  await pinged('before');
  costs.trades = await cost(async () => {
    for (const trade of trades) {
      void ws.send(trade);
      await hears(trade);
    }
  });
  // All at once, so that many frames are in one read.
  for (const trade of trades) void ws.send(trade);
  for (const name of names) void ws.send(payloads[name]);
  for (const trade of trades) await hears(trade);
  for (const name of names) await hears(payloads[name]);

  await ws.send(['in ', '', 'three ', 'pieces']);
  await hears('in three pieces');
  const text = Buffer.from(payloads.multilingual);
  async function* pieces() {
    // Cut inside of characters.
    for (let at = 0; at < text.length; at += 301) {
      if (at % 7 === 0) await pinged(`at ${at}`);
      yield text.subarray(at, at + 301);
    }
  }
  await ws.send(pieces(), false);
  await hears(payloads.multilingual);
  if (!brief) {
    const { records } = payloads;
    const cuts = [0, 0, 1, 100_000, 100_001, records.length];
    costs['records in pieces'] = await cost(async () => {
      await ws.send(cuts.map((end, i) => records.subarray(cuts[i - 1] ?? 0, end)));
      await hears(records);
    });
    sizes['records in pieces'] = records.length;
  }
  // One that is not compressed leaves the window as it is.
  await ws.send(trades[0], undefined, { compress: false });
  await hears(trades[0]);
  await ws.send(trades[1]);
  await hears(trades[1]);
  if (commands) {
    await ws.send('fragments');
    await hears('one two three');
    await ws.send('ping');
    await hears('pong came');
  }
  void messages.return?.();
  return costs;
}

/**
 * Whether what went one way was compressed, and as agreed on. Without `agreed`: nothing was.
 * @param {Record<string, Bytes>} costs
 * @param {'server' | 'client'} from
 * @param {keyof Bytes} way
 * @param {DeflateParameters} [agreed]
 */
export function assertCompressed(costs, from, way, agreed) {
  const share = (/** @type {string} */ name) => costs[name][way] / sizes[name];
  const between = (
    /** @type {string} */ name,
    /** @type {number} */ least,
    most = Infinity,
  ) => {
    const found = share(name);
    const what = `${name} by the ${from}: ${found.toFixed(3)} of its length`;
    assert.ok(found >= least && found <= most, what);
  };
  for (const name of Object.keys(costs)) if (!agreed && sizes[name]) between(name, 1);
  if (!agreed) return;
  between('letters', 0.1, 0.75);
  between('multilingual', 0.05, 0.75);
  for (const name of ['records', 'records in pieces']) if (costs[name]) between(name, 0, 0.2);
  if (costs.noise) between('noise', 0.99, 1.02);
  const alone = agreed[`${from}NoContextTakeover`];
  // A window of a message's length sees too little of the one before it.
  if (alone) between('trades', 0.5);
  else if (agreed[`${from}MaxWindowBits`] > 9) between('trades', 0.05, 0.3);
}

/** @type {DeflateParameters} */
const defaults = {
  serverNoContextTakeover: false,
  clientNoContextTakeover: false,
  serverMaxWindowBits: 15,
  clientMaxWindowBits: 15,
};

/**
 * What both sides agree on when one of them wants this.
 * @param {Partial<DeflateParameters>} wanted
 * @returns {DeflateParameters}
 */
export const agreement = (wanted) => ({ ...defaults, ...wanted });

/** Context takeover or none, each way. @type {Partial<DeflateParameters>[]} */
export const takeovers = [
  {},
  { serverNoContextTakeover: true },
  { clientNoContextTakeover: true },
  { serverNoContextTakeover: true, clientNoContextTakeover: true },
];

/** All window sizes, each way. @type {Partial<DeflateParameters>[]} */
export const windows = [8, 9, 10, 11, 12, 13, 14, 15].map((bits) => ({
  serverMaxWindowBits: bits,
  clientMaxWindowBits: 23 - bits,
}));

/** @param {Partial<DeflateParameters>} wanted */
export const title = (wanted) =>
  Object.entries(wanted)
    .map(([name, value]) => (value === true ? name : `${name} ${value}`))
    .join(', ') || 'nothing special';

/**
 * What a Sec-WebSocket-Extensions header of an answer says.
 * @param {string | undefined | null} header
 * @returns {DeflateParameters | undefined}
 */
export function parametersOf(header) {
  if (!header) return undefined;
  const [name, ...parameters] = header.split(/\s*;\s*/);
  assert.equal(name, 'permessage-deflate');
  return agreement(
    Object.fromEntries(
      parameters.map((parameter) => {
        const [snake, value] = parameter.split('=');
        const camel = snake.replace(/_(.)/g, (_, letter) => letter.toUpperCase());
        assert.ok(camel in defaults, parameter);
        return [camel, value === undefined ? true : Number(value)];
      }),
    ),
  );
}

/**
 * What our side says of a connection, in two ways that must be one.
 * @param {any} ws
 * @returns {DeflateParameters | undefined}
 */
export function ours({ stream, extensions }) {
  assert.deepEqual(parametersOf(extensions.join(', ')), stream.deflate);
  return stream.deflate;
}
