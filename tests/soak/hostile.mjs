// Clients that break rules, each in a way of its own, over plain sockets. They ask for nothing
// but an end: a connection that outlives its attack by much is a fault.
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { constants, deflateRawSync } from 'node:zlib';
import { connect as connectWebSocket } from 'ws4wasm/node';
import { frame } from '../support/wire.mjs';

/** @typedef {ReturnType<typeof import('../support/wire.mjs').random>} Random */
/** @typedef {import('node:net').Socket} Socket */

/** How long the server may take to be rid of somebody: its own times, and a slow machine. */
const PATIENCE = 90_000;

const REQUEST = [
  'GET / HTTP/1.1',
  'Host: localhost',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Extensions: permessage-deflate',
  '\r\n',
].join('\r\n');

const key = Buffer.alloc(4);

/** 20 MiB of zeros, compressed. */
const bomb = deflateRawSync(Buffer.alloc(20 << 20), { finishFlush: constants.Z_SYNC_FLUSH });

/** @param {number} port @returns {Promise<Socket>} */
async function dial(port) {
  const socket = connect(port, '127.0.0.1');
  // Being thrown out is what they are here for.
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/**
 * A socket behind its opening handshake.
 * @param {number} port
 * @param {boolean} [deflate]
 */
export async function open(port, deflate = true) {
  const socket = await dial(port);
  socket.write(deflate ? REQUEST : REQUEST.replace(/Sec-WebSocket-Extensions.*\r\n/, ''));
  await once(socket, 'data');
  return socket;
}

/**
 * Writes as fast as the server takes it, for some time at most.
 * @param {Socket} socket
 * @param {Buffer} bytes
 * @param {number} times
 */
async function flood(socket, bytes, times) {
  const until = Date.now() + 3000;
  for (let i = 0; i < times && !socket.destroyed && Date.now() < until; i++) {
    if (!socket.write(bytes)) await room(socket);
  }
}

/** Waits for room to write into, but not for ever. @param {Socket} socket */
function room(socket) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      socket.off('drain', done).off('close', done);
      resolve(undefined);
    };
    const timer = setTimeout(done, 500);
    socket.on('drain', done).on('close', done);
  });
}

/** Waits until the server has ended it. @param {Socket} socket */
export async function ended(socket) {
  socket.resume();
  if (!socket.destroyed) {
    // By a reset too, which `once` of Node's would take for a failure.
    const over = new Promise((resolve) => socket.once('close', () => resolve(true)));
    const late = pause(PATIENCE, false, { ref: false });
    if (!(await Promise.race([over, late]))) throw new Error('the server keeps it open');
  }
}

/** What a TLS client says first: a ClientHello's header and the beginning of its random bytes. */
const HELLO = Buffer.from('1603010200010001fc0303000102030405060708090a0b0c0d0e0f', 'hex');

/**
 * What each does to a server, which speaks TLS at its second port.
 * @type {Record<string, (port: number, chance: Random, securePort: number) => Promise<void>>}
 */
export const attacks = {
  async 'reset inside a frame'(port, { below, bytes }) {
    const socket = await open(port);
    socket.write(frame({ opcode: 2, payload: bytes(2000), key }).subarray(0, below(2000)));
    await pause(below(50));
    socket.resetAndDestroy();
  },
  async 'half-close'(port, { below, bytes }) {
    const socket = await open(port);
    socket.write(frame({ opcode: 2, payload: bytes(below(5000)), key }));
    if (below(2)) socket.write(frame({ fin: false, payload: 'begun', key }));
    socket.end();
    await ended(socket);
  },
  async 'slow reader'(port, { below, bytes }) {
    const socket = await open(port);
    socket.pause();
    // Nothing that the echo could compress.
    await flood(socket, frame({ opcode: 2, payload: bytes(50_000), key }), 400);
    if (below(2)) await ended(socket.end());
    else socket.resetAndDestroy();
  },
  async 'ping flood'(port, { below, bytes }) {
    const socket = await open(port);
    socket.pause();
    const ping = frame({ opcode: 9, payload: bytes(125), key });
    await flood(socket, Buffer.concat(Array(500).fill(ping)), 100 + below(200));
    socket.resetAndDestroy();
  },
  async 'tiny fragments'(port, { below }) {
    const socket = await open(port);
    const empty = below(2) === 0;
    socket.write(frame({ fin: false, payload: 'x', key }));
    const piece = frame({ opcode: 0, fin: false, payload: empty ? '' : 'x', key });
    // More than maxFragments: it ends with 1009.
    await flood(socket, Buffer.concat(Array(1000).fill(piece)), 140);
    await ended(socket);
  },
  async 'text byte by byte'(port, { below }) {
    const socket = await open(port);
    socket.setNoDelay(true);
    const text = frame({ payload: 'é'.repeat(600), key });
    for (const byte of text.subarray(0, below(text.length))) {
      if (socket.destroyed) break;
      socket.write(Buffer.of(byte));
      if (below(20) === 0) await pause(1);
    }
    socket.destroy();
  },
  async 'handshake drip'(port) {
    const socket = await dial(port);
    socket.resume();
    for (const byte of Buffer.from(`GET / HTTP/1.1\r\nX: ${'x'.repeat(1000)}`)) {
      if (socket.destroyed || socket.readableEnded) break;
      socket.write(Buffer.of(byte));
      await pause(20);
    }
    await ended(socket.end());
  },
  async 'no handshake at all'(port) {
    await ended(await dial(port));
  },
  async 'huge head'(port, { bytes }) {
    const socket = await dial(port);
    socket.write(`GET / HTTP/1.1\r\n${`X: ${bytes(20).toString('hex')}\r\n`.repeat(2000)}`);
    await ended(socket);
  },
  async 'another protocol'(port, { bytes }) {
    const socket = await dial(port);
    socket.write(bytes(300));
    await ended(socket);
  },
  async 'garbage for frames'(port, { below, bytes }) {
    const socket = await open(port);
    await flood(socket, bytes(1 + below(3000)), 50);
    // Garbage may happen to announce a long frame; then it waits like any other.
    socket.destroy();
  },
  async 'a violation behind a ping'(port, { below }) {
    const socket = await open(port);
    const ping = frame({ opcode: 9, payload: 'p', key });
    const text = frame({ payload: 'last words', key });
    const wrong = [
      frame({ opcode: 3, key }),
      frame({ rsv: 4, key }),
      frame({ payload: 'bare' }),
      frame({ payload: Buffer.of(0xff), key }),
      frame({ opcode: 8, payload: Buffer.of(3), key }),
      Buffer.of(0x82, 0xff, 0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0, 0),
    ];
    socket.write(Buffer.concat([ping, text, wrong[below(wrong.length)]]));
    await ended(socket);
  },
  async bomb(port, { below }) {
    const socket = await open(port);
    const opcode = 1 + below(2);
    const count = 1 + below(3);
    const share = Math.ceil(bomb.length / count);
    for (let i = 0; i < count; i++) {
      const payload = bomb.subarray(i * share, (i + 1) * share);
      const head = i ? { opcode: 0 } : { opcode, rsv: 4 };
      socket.write(frame({ ...head, payload, fin: i === count - 1, key }));
    }
    await ended(socket);
  },
  async 'what does not inflate'(port, { below, bytes }) {
    const socket = await open(port);
    socket.write(frame({ rsv: 4, payload: bytes(1 + below(3000)), key }));
    socket.write(frame({ rsv: 4, payload: bomb.subarray(0, 100), key }));
    // It may happen to be the beginning of something.
    await pause(100);
    socket.destroy();
  },
  async 'TLS that does not begin'(_port, { below }, securePort) {
    const socket = await dial(securePort);
    if (below(2)) socket.write(HELLO);
    await ended(socket);
  },
  async 'TLS that drips'(_port, _chance, securePort) {
    const socket = await dial(securePort);
    socket.resume();
    for (let at = 0; !socket.destroyed && !socket.readableEnded; at++) {
      // One after the other: nothing that would be taken for wrong.
      socket.write(Buffer.of(HELLO[at] ?? 0));
      await pause(100);
    }
    await ended(socket.end());
  },
  async 'TLS, and then silence'(_port, _chance, securePort) {
    const socket = connectTls({
      port: securePort,
      host: '127.0.0.1',
      rejectUnauthorized: false,
    });
    socket.on('error', () => {});
    await ended(socket);
  },
  // No attacks: they do what they are told, and are to leave nothing behind either.
  async refused(port) {
    const answer = await connectWebSocket(`ws://127.0.0.1:${port}/refused`).catch((e) => e);
    const { status, response } = answer;
    // 408 is for who had no time to ask, on a machine that has other things to do.
    if (status === 408) return;
    if (status !== 401 || `${response.body}` !== 'Who are you?') throw answer;
  },
  async redirected(port) {
    const url = `ws://127.0.0.1:${port}/moved`;
    const ws = await connectWebSocket(url, { maxRedirects: 1 }).catch((error) => {
      if (error.status === 408) return undefined;
      throw error;
    });
    if (!ws) return;
    await ws.send('hello');
    for await (const { data } of ws) {
      if (data !== 'hello') throw new Error(`${data} instead of hello`);
      ws.close();
    }
    await ws.run();
  },
  async 'never says goodbye'(port) {
    const socket = await open(port);
    // It answers neither pings nor, therefore, the close that follows.
    await ended(socket);
  },
};
