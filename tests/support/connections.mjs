// What the tests of connections share: real sockets, raw peers that see every byte, and a
// WebSocket that notes what happens to it.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { Duplex } from 'node:stream';
import { after, before } from 'node:test';
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import { WebSocket } from 'ws4wasm';
import { listen as listenOn } from '../../scripts/tools/serve.mjs';
import { frame, xor } from './wire.mjs';

/** @typedef {import('node:test').TestContext} TestContext */

/**
 * Waits until something holds; the test's own time limit is the only one.
 * @param {() => unknown} holds
 */
export async function until(holds) {
  while (!holds()) await pause(2);
}

/** The same for a fixed number of turns, for what must not happen. */
export async function turns(count = 20) {
  for (let i = 0; i < count; i++) await turn();
}

/**
 * @param {import('node:net').Server} server
 * @param {TestContext} t
 * @param {string} [host]
 */
export async function listen(server, t, host) {
  const port = await listenOn(server, host);
  // Not waited for: hooks run in order, and later ones end the connections.
  t.after(() => void server.close());
  return port;
}

/**
 * Two ends of a TCP connection. Both stay open for writing when the other has ended.
 * @param {TestContext} t
 */
export async function tcpPair(t) {
  const server = createServer({ allowHalfOpen: true, noDelay: true });
  const port = await listen(server, t);
  const near = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  const [far] = await once(server, 'connection');
  await until(() => !near.connecting);
  t.after(() => {
    near.destroy();
    far.destroy();
  });
  return [near, /** @type {import('node:net').Socket} */ (far)];
}

/** The other end of a connection, byte for byte. */
export class RawPeer {
  bytes = Buffer.alloc(0);
  ended = false;
  closed = false;

  /** @param {import('node:net').Socket} socket */
  constructor(socket, masks = true) {
    this.socket = socket;
    this.masks = masks;
    socket.on('data', (bytes) => {
      this.bytes = Buffer.concat([this.bytes, bytes]);
    });
    socket.on('end', () => {
      this.ended = true;
    });
    socket.on('close', () => {
      this.closed = true;
    });
    socket.on('error', () => {});
  }

  /** @param {Uint8Array | string} bytes */
  write(bytes) {
    this.socket.write(bytes);
  }

  /** @param {import('./wire.mjs').WireFrame} wire */
  send(wire) {
    this.write(frame({ ...wire, key: this.masks ? Buffer.from('abcd') : undefined }));
  }

  text(payload = '') {
    this.send({ opcode: 1, payload });
  }

  /** @param {number} [code] */
  close(code, reason = '') {
    this.send({ opcode: 8, payload: closeBody(code, reason) });
  }

  /** All frames that came whole. */
  get frames() {
    return parseSome(this.bytes);
  }

  /** Waits for this many frames. */
  async receive(count = 1) {
    await until(() => this.ended || this.closed || this.frames.length >= count);
    return this.frames;
  }

  /** Waits for the end and gives all that came, as `kind:payload`. */
  async rest() {
    await until(() => this.ended || this.closed);
    return this.frames.map(describe);
  }
}

/** @param {number} [code] */
function closeBody(code, reason = '') {
  if (code === undefined) return Buffer.alloc(0);
  return Buffer.concat([Buffer.of(code >> 8, code & 255), Buffer.from(reason)]);
}

/** @param {Buffer} bytes */
function parseSome(bytes) {
  const frames = [];
  for (let at = 0; at + 2 <= bytes.length; ) {
    let length = bytes[at + 1] & 127;
    let body = at + 2;
    if (length === 126) {
      if (body + 2 > bytes.length) break;
      length = bytes.readUInt16BE(body);
      body += 2;
    } else if (length === 127) {
      if (body + 8 > bytes.length) break;
      length = Number(bytes.readBigUInt64BE(body));
      body += 8;
    }
    const masked = bytes[at + 1] >= 128;
    const key = bytes.subarray(body, body + (masked ? 4 : 0));
    body += key.length;
    if (body + length > bytes.length) break;
    const data = bytes.subarray(body, body + length);
    const payload = masked ? xor(data, key) : data;
    frames.push({ fin: bytes[at] >= 128, opcode: bytes[at] & 15, masked, payload });
    at = body + length;
  }
  return frames;
}

const names = new Map([
  [0, 'more'],
  [1, 'text'],
  [2, 'binary'],
  [8, 'close'],
  [9, 'ping'],
  [10, 'pong'],
]);

/**
 * A frame in a few words: `text:hello`, `close:1000 bye`; a `+` says that more follows.
 * @param {{ fin: boolean, opcode: number, payload: Buffer }} frame
 */
export function describe({ fin, opcode, payload }) {
  const name = `${names.get(opcode)}${fin ? '' : '+'}`;
  if (opcode !== 8) return `${name}:${payload}`;
  if (payload.length === 0) return 'close';
  return `close:${payload.readUInt16BE(0)} ${payload.subarray(2)}`.trimEnd();
}

/** Notes what its overridable methods are called with. */
export class Recorder extends WebSocket {
  /** @type {string[]} */
  log = [];

  opened() {
    this.log.push('opened');
  }

  /** @param {import('ws4wasm').TextMessage | import('ws4wasm').BinaryMessage} message */
  receivedMessage(message) {
    this.log.push(`${message.type}:${message}`);
  }

  /** @param {import('ws4wasm').PongControlMessage} pong */
  ponged(pong) {
    this.log.push(`pong:${pong}`);
  }

  /** @param {number} code @param {string} [reason] */
  closed(code, reason) {
    this.log.push(`closed:${code} ${reason}`.trimEnd());
  }
}

/**
 * A connection on a real socket and a raw peer at the other end.
 * @template {typeof WebSocket} [T=typeof Recorder]
 * @param {TestContext} t
 * @param {import('ws4wasm').WebSocketOptions} [options]
 * @param {T} [Kind]
 * @returns {Promise<{ ws: InstanceType<T>, peer: RawPeer, done: Promise<void> }>}
 */
export async function connection(t, options, Kind) {
  const [near, far] = await tcpPair(t);
  const peer = new RawPeer(far, options?.role !== 'client');
  const ws = /** @type {any} */ (new (Kind ?? Recorder)(near, options));
  const done = ws.run();
  return { ws, peer, done };
}

/**
 * A connection on a Duplex that notes each write.
 * @param {import('ws4wasm').WebSocketOptions} [options]
 */
export function counted(options) {
  /** @type {Buffer[]} */
  const writes = [];
  const sock = new Duplex({
    read() {},
    write(chunk, _encoding, taken) {
      writes.push(chunk);
      setImmediate(taken);
    },
  });
  return { ws: new WebSocket(sock, options), writes };
}

/** Sockets, servers and timers that keep this process alive. */
function resources() {
  const kinds = new Set(['TCPSocketWrap', 'TCPServerWrap', 'PipeWrap', 'TLSWrap', 'Timeout']);
  return process.getActiveResourcesInfo().filter((kind) => kinds.has(kind));
}

/**
 * At the end of the file all sockets and timers are gone. (What rejects unseen or is thrown
 * where nobody catches it fails a test by itself.)
 */
export function noLeaks() {
  /** @type {string[]} */
  let atFirst;
  before(() => {
    atFirst = resources();
  });
  after(async () => {
    for (let i = 0; i < 500 && resources().length > atFirst.length; i++) await pause(10);
    assert.deepEqual(resources(), atFirst);
  });
}

/**
 * What a piece of code prints with console.error.
 * @param {TestContext} t
 */
export function errorsOf(t) {
  const { mock } = t.mock.method(console, 'error', () => {});
  return () => mock.calls.map(({ arguments: args }) => args);
}
