// Clients that keep to the rules in ways that few do. They want what they asked for, whole, and
// not to be dropped for how they are.
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { frame } from '../support/wire.mjs';
import { ended, open } from './hostile.mjs';

/** @typedef {ReturnType<typeof import('../support/wire.mjs').random>} Random */
/** @typedef {import('node:net').Socket} Socket */

const key = Buffer.alloc(4);

/** Two pings of the server's, and some. */
const LONG = 27_000;

/** Frames that came, taken apart as they come. */
class Frames {
  #rest = Buffer.alloc(0);
  /** Of messages. */
  bytes = 0;
  closed = false;

  /**
   * @param {Socket} socket
   * @param {(payload: Buffer) => void} [ping]
   */
  constructor(socket, ping) {
    socket.on('data', (bytes) => {
      this.#rest = Buffer.concat([this.#rest, bytes]);
      while (this.#take(ping));
    });
  }

  /** @param {((payload: Buffer) => void) | undefined} ping */
  #take(ping) {
    const rest = this.#rest;
    if (rest.length < 2) return false;
    const header = rest[1] === 127 ? 10 : rest[1] === 126 ? 4 : 2;
    if (rest.length < header) return false;
    const length =
      header === 10
        ? Number(rest.readBigUInt64BE(2))
        : header === 4
          ? rest.readUInt16BE(2)
          : rest[1];
    if (rest.length < header + length) return false;
    const opcode = rest[0] & 15;
    if (opcode < 8) this.bytes += length;
    if (opcode === 8) this.closed = true;
    if (opcode === 9) ping?.(rest.subarray(header, header + length));
    this.#rest = rest.subarray(header + length);
    return true;
  }
}

/**
 * Closes as one should, and is answered.
 * @param {Socket} socket
 * @param {Frames} frames
 * @param {number} wanted bytes of messages
 */
async function goodbye(socket, frames, wanted) {
  socket.write(frame({ opcode: 8, payload: Buffer.of(3, 232), key }));
  await ended(socket);
  if (!frames.closed) throw new Error('its close was not answered');
  if (frames.bytes !== wanted) throw new Error(`${frames.bytes} bytes of ${wanted} came back`);
}

/**
 * Talks now and then, so that it is not idle.
 * @param {Socket} socket
 * @returns {Promise<number>} how many bytes it sent
 */
async function talk(socket) {
  let sent = 0;
  for (const until = Date.now() + LONG; Date.now() < until; sent += 2) {
    if (socket.destroyed) throw new Error('it was dropped');
    socket.write(frame({ payload: 'hi', key }));
    await pause(9000);
  }
  return sent;
}

/** @type {Record<string, (port: number, chance: Random) => Promise<void>>} */
export const oddities = {
  async 'slow but honest reader'(port, { below, bytes }) {
    const socket = await open(port, false);
    const frames = new Frames(socket, (payload) => {
      socket.write(frame({ opcode: 10, payload, key }));
    });
    socket.on('data', ({ length }) => {
      socket.pause();
      setTimeout(() => socket.resume(), length / 400);
    });
    const size = 500_000 + below(400_000);
    const message = frame({ opcode: 2, payload: Buffer.alloc(size, bytes(1000)), key });
    for (let i = 0; i < 4; i++) if (!socket.write(message)) await once(socket, 'drain');
    while (frames.bytes < 4 * size) {
      if (socket.destroyed)
        throw new Error(`dropped after ${frames.bytes} of ${4 * size} bytes`);
      await pause(100);
    }
    await goodbye(socket, frames, 4 * size);
  },
  async 'half-closer that reads on'(port, { below }) {
    const socket = await open(port, false);
    const frames = new Frames(socket);
    const size = 100_000 + below(900_000);
    socket.end(frame({ opcode: 2, payload: Buffer.alloc(size), key }));
    await ended(socket);
    if (frames.bytes !== size) throw new Error(`${frames.bytes} bytes of ${size} came back`);
  },
  async 'answers with empty pongs'(port) {
    const socket = await open(port, false);
    const frames = new Frames(socket, () => socket.write(frame({ opcode: 10, key })));
    await goodbye(socket, frames, await talk(socket));
  },
  async 'talks and answers no ping'(port) {
    const socket = await open(port, false);
    const frames = new Frames(socket);
    await goodbye(socket, frames, await talk(socket));
  },
};
