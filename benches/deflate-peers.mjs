// Who compresses and decompresses. Both sides keep their context from message to message; all
// as servers, with masked frames in and unmasked frames out.
import { constants, createDeflateRaw, createInflateRaw } from 'node:zlib';
import { Stream } from 'ws4wasm';
import { Tally } from './measure.js';
import { loadWs, Out } from './peers.mjs';
import { frame } from './workloads.js';

/** @typedef {import('./workloads.js').Message} Message */

/**
 * @typedef {object} Peer
 * @property {string} name
 * @property {(input: Input) => void | Promise<void>} run ends when the last message is there
 */

/**
 * @typedef {object} Input
 * @property {Message[]} messages
 * @property {string[]} texts of the messages
 * @property {Uint8Array[]} payloads compressed
 * @property {Uint8Array[]} chunks of masked frames
 */

/** The end of a flush, which is not sent (RFC 7692 section 7.2.1). */
const TRAILER = Buffer.from([0, 0, 0xff, 0xff]);
const RSV1 = 0x40;
const TEXT = 1;

const { PerMessageDeflate, Receiver, Sender } = loadWs(true);
const ours = /** @type {any} */ ({ role: 'server', deflate: true });

export function hasDeflate() {
  try {
    new Stream(ours).free();
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** What ws and its server would have agreed upon with default options. */
function extensions(isServer = true) {
  const extension = new PerMessageDeflate({ isServer, maxPayload: 100 * 1024 * 1024 });
  extension.accept([{}]);
  return { 'permessage-deflate': extension };
}

/** @typedef {Peer & { tally: Tally }} ReceivingPeer */
/** @typedef {Peer & { out: Out }} SendingPeer `out` is where frames go */

/** @returns {ReceivingPeer} */
export function wsReceiver(isServer = true) {
  const tally = new Tally();
  const receiver = new Receiver({ isServer, extensions: extensions(isServer) });
  /** @type {() => void} */
  let come = () => {};
  receiver.on('message', (/** @type {Buffer} */ data) => {
    tally.text(data.toString());
    come();
  });
  return {
    name: 'ws',
    tally,
    run: ({ chunks, messages }) =>
      new Promise((resolve) => {
        let missing = messages.length;
        come = () => {
          if (--missing === 0) resolve();
        };
        for (const chunk of chunks) receiver.write(chunk);
      }),
  };
}

/** @returns {ReceivingPeer} */
export function ownReceiver() {
  const tally = new Tally();
  const stream = new Stream(ours);
  return {
    name: 'ws4wasm',
    tally,
    run({ chunks }) {
      for (const chunk of chunks) {
        for (const event of stream.receive(chunk)) {
          if (event.type !== 'text') throw new Error(`unexpected ${event.type}`);
          tally.text(event.data);
        }
      }
    },
  };
}

/** No frames, one payload after the other. @returns {ReceivingPeer} */
export function zlibReceiver() {
  const tally = new Tally();
  const inflate = createInflateRaw();
  /** @type {Buffer[]} */
  let pieces = [];
  inflate.on('data', (piece) => pieces.push(piece));
  return {
    name: 'node:zlib alone',
    tally,
    async run({ payloads }) {
      for (const payload of payloads) {
        pieces = [];
        inflate.write(payload);
        inflate.write(TRAILER);
        await new Promise((resolve) => inflate.flush(() => resolve(undefined)));
        tally.text(
          pieces.length === 1 ? pieces[0].toString() : Buffer.concat(pieces).toString(),
        );
      }
    },
  };
}

/** A socket that tells when a frame was written. */
class Socket extends Out {
  /** @param {Uint8Array} chunk @param {() => void} [done] */
  write(chunk, done) {
    super.write(chunk);
    done?.();
    return true;
  }
}

/** @returns {SendingPeer} */
export function wsSender() {
  const out = new Socket();
  const sender = new Sender(out, extensions());
  const options = { binary: false, mask: false, compress: true, fin: true };
  return {
    name: 'ws',
    out,
    run: ({ texts }) =>
      new Promise((resolve) => {
        const last = texts.length - 1;
        // Nobody waits for one message before the next is sent.
        for (const [i, text] of texts.entries()) {
          sender.send(text, options, i === last ? resolve : undefined);
        }
      }),
  };
}

/** @returns {SendingPeer} */
export function ownSender() {
  const out = new Out();
  const stream = new Stream(ours);
  return {
    name: 'ws4wasm',
    out,
    run({ texts }) {
      for (const text of texts) out.write(stream.encode(text));
    },
  };
}

/** @returns {SendingPeer} */
export function zlibSender() {
  const out = new Out();
  const deflate = deflater();
  return {
    name: 'node:zlib alone',
    out,
    async run({ texts }) {
      for (const text of texts) out.write(await deflate(text));
    },
  };
}

/** Text to payloads, as ws makes them. */
export function deflater() {
  const deflate = createDeflateRaw();
  /** @type {Buffer[]} */
  let pieces = [];
  deflate.on('data', (piece) => pieces.push(piece));
  return async (/** @type {string} */ text) => {
    pieces = [];
    deflate.write(Buffer.from(text));
    await new Promise((resolve) => {
      deflate.flush(constants.Z_SYNC_FLUSH, () => resolve(undefined));
    });
    const all = pieces.length === 1 ? pieces[0] : Buffer.concat(pieces);
    return all.subarray(0, -TRAILER.length);
  };
}

/**
 * @param {Uint8Array} payload
 * @param {Uint8Array | null} key
 */
export const compressedFrame = (payload, key) =>
  frame({ opcode: TEXT | RSV1, fin: true, payload, key });

/**
 * What a client reads in what was sent: ws decides.
 * @param {Uint8Array} bytes
 * @param {Input} input
 */
export async function readByClient(bytes, input) {
  const receiver = wsReceiver(false);
  receiver.tally.kept = [];
  await receiver.run({ ...input, chunks: [Buffer.from(bytes)] });
  return receiver.tally.kept;
}
