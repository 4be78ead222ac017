// The libraries that are compared, each in the way its own WebSocket class uses it.
import { createRequire } from 'node:module';
import { Duplex } from 'node:stream';

/** @typedef {import('./workloads.js').Role} Role */
/** @typedef {import('./measure.js').Tally} Tally */

/**
 * @typedef {object} Peer
 * @property {string} name
 * @property {string} version
 * @property {Role[]} roles
 * @property {(role: Role, tally: Tally) => (chunk: Buffer) => void} receiver what to call with
 *   what a socket gave; every message goes to the tally
 * @property {(role: Role, out: Out | Socket) => (data: string | Buffer) => void} sender what to call with
 *   a message; its bytes are written to `out`
 */

const require = createRequire(import.meta.url);
/** What is in a package's files has no types. @type {(name: string) => any} */
export const load = require;
/** @type {(name: string) => string} */
export const versionOf = (name) => load(`${name}/package.json`).version;

/** Stands for a socket whose peer takes everything at once. */
export class Socket extends Duplex {
  bytes = 0;
  sum = 0;
  /** @type {Uint8Array[] | undefined} All that came, while the senders are being verified. */
  kept = undefined;
  #target = Infinity;
  #reached = () => {};

  /** @param {number} bytes @returns {Promise<void>} */
  reached(bytes) {
    this.#target = bytes;
    return new Promise((resolve) => {
      this.#reached = resolve;
    });
  }

  /** @param {Uint8Array} piece */
  #take(piece) {
    this.bytes += piece.length;
    this.sum = (this.sum + piece[piece.length >> 1]) | 0;
    if (this.kept) this.kept.push(Uint8Array.from(piece));
    if (this.bytes < this.#target) return;
    this.#target = Infinity;
    this.#reached();
  }

  _read() {}

  /** @param {Buffer} chunk @param {string} _encoding @param {() => void} callback */
  _write(chunk, _encoding, callback) {
    this.#take(chunk);
    callback();
  }

  /** @param {{ chunk: Buffer }[]} chunks @param {() => void} callback */
  _writev(chunks, callback) {
    for (const { chunk } of chunks) this.#take(chunk);
    callback();
  }
}

/** Takes what an engine alone makes of a message. */
export class Out {
  bytes = 0;
  sum = 0;
  /** @type {Uint8Array[] | undefined} */
  kept = undefined;

  /** @param {Uint8Array | string} chunk */
  write(chunk) {
    const piece = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
    this.bytes += piece.length;
    this.sum = (this.sum + piece[piece.length >> 1]) | 0;
    if (this.kept) this.kept.push(Uint8Array.from(piece));
    return true;
  }

  cork() {}
  uncork() {}
}

/** The same, with all that is written of a message in one buffer. */
export class OneBuffer extends Out {
  /** @type {Uint8Array[] | undefined} */
  #corked;

  /** @param {Uint8Array | string} chunk */
  write(chunk) {
    if (!this.#corked) return super.write(chunk);
    this.#corked.push(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
    return true;
  }

  cork() {
    this.#corked = [];
  }

  uncork() {
    const pieces = this.#corked ?? [];
    this.#corked = undefined;
    super.write(Buffer.concat(pieces));
  }
}

/**
 * @param {string} name
 * @param {Pick<typeof import('ws4wasm'), 'Stream' | 'WebSocket'>} engine
 * @param {import('ws4wasm').StreamOptions} [options]
 * @returns {Peer}
 */
export function ws4wasm(name, { Stream, WebSocket }, options) {
  return {
    name,
    version: versionOf('ws4wasm'),
    roles: ['server', 'client'],
    receiver(role, tally) {
      const stream = new Stream({ role, ...options });
      return (chunk) => {
        for (const event of stream.receive(chunk)) {
          if (event.type === 'text') tally.text(event.data);
          else if (event.type === 'binary' || event.type === 'ping') tally.bytes(event.data);
          else throw new Error(`unexpected ${event.type}`);
        }
      };
    },
    sender(role, out) {
      if (out instanceof Socket) {
        // ws has no limit either.
        const connection = new WebSocket(out, { role, maxBufferedAmount: Infinity });
        return (data) => void connection.send(data);
      }
      const stream = new Stream({ role });
      return (data) => void out.write(stream.encode(data));
    },
  };
}

/**
 * A copy of ws of its own, because whether it uses bufferutil is decided when it is loaded.
 * @param {string} name
 * @param {boolean} bufferutil
 * @returns {Peer}
 */
export function ws(name, bufferutil) {
  const { Receiver, Sender, WebSocket } = loadWs(bufferutil);
  return {
    name,
    version: versionOf('ws') + (bufferutil ? `, bufferutil ${versionOf('bufferutil')}` : ''),
    roles: ['server', 'client'],
    receiver(role, tally) {
      // The limits are WebSocketServer's, except that it refuses a MiB in 1-byte chunks.
      const limits = { maxPayload: 100 * 1024 * 1024, maxFragments: 16 * 1024 };
      const receiver = new Receiver({ isServer: role === 'server', ...limits });
      receiver.on('message', (/** @type {Buffer} */ data, /** @type {boolean} */ isBinary) => {
        if (isBinary) tally.bytes(data);
        else tally.text(data.toString());
      });
      receiver.on('ping', (/** @type {Buffer} */ data) => tally.bytes(data));
      receiver.on('error', fail);
      return (chunk) => void receiver.write(chunk);
    },
    sender(role, out) {
      const mask = role === 'client';
      if (out instanceof Socket) {
        const connection = new WebSocket(null, undefined, {});
        connection._isServer = !mask;
        connection.setSocket(out, Buffer.alloc(0), {});
        return (data) => connection.send(data);
      }
      const sender = new Sender(out, {});
      // What WebSocket.prototype.send passes.
      return (data) =>
        sender.send(data, {
          binary: typeof data !== 'string',
          mask,
          compress: false,
          fin: true,
        });
    },
  };
}

/** @param {boolean} bufferutil */
export function loadWs(bufferutil) {
  const forget = () => {
    for (const file of Object.keys(require.cache)) {
      if (/[\\/]node_modules[\\/]ws[\\/]/.test(file)) delete require.cache[file];
    }
  };
  forget();
  if (bufferutil) delete process.env.WS_NO_BUFFER_UTIL;
  else process.env.WS_NO_BUFFER_UTIL = '1';
  const loaded = load('ws');
  // Read again when this copy is complete: `ws` may be loaded once more.
  forget();
  delete process.env.WS_NO_BUFFER_UTIL;
  return loaded;
}

/**
 * What is behind undici's (and thus Node's own) WebSocket. A client only.
 * @returns {Peer}
 */
export function undici() {
  const folder = 'undici/lib/web/websocket';
  const { ByteParser } = load(`${folder}/receiver.js`);
  const { SendQueue } = load(`${folder}/sender.js`);
  const { utf8Decode } = load(`${folder}/util.js`);
  const { opcodes, sendHints } = load(`${folder}/constants.js`);
  return {
    name: 'undici',
    version: versionOf('undici'),
    roles: ['client'],
    receiver(_role, tally) {
      // It answers pings by itself; the answers go nowhere.
      const socket = { writableNeedDrain: false, write() {} };
      const handler = {
        socket,
        closeState: new Set(),
        readyState: 1,
        controller: { abort: () => fail(new Error('undici failed the connection')) },
        onMessage(/** @type {number} */ type, /** @type {Buffer} */ data) {
          if (type === opcodes.TEXT) tally.text(utf8Decode(data));
          else tally.bytes(data);
        },
        onPing: (/** @type {Buffer} */ body) => tally.bytes(body),
        onPong() {},
      };
      const parser = new ByteParser(handler, null, { maxPayloadSize: 128 * 1024 * 1024 });
      return (chunk) => void parser.write(chunk);
    },
    sender(_role, out) {
      const queue = new SendQueue(out);
      // As WebSocket.prototype.send does.
      return (data) => {
        if (typeof data === 'string') queue.add(Buffer.from(data), undefined, sendHints.text);
        else queue.add(data, undefined, sendHints.typedArray);
      };
    },
  };
}

/** @returns {Peer} */
export function websocketDriver() {
  const library = load('websocket-driver');
  /** @param {Role} role @param {Out | Socket} out */
  const open = (role, out) => {
    const driver = role === 'server' ? serverDriver(library) : clientDriver(library);
    driver.on('error', fail);
    driver.io.on('data', (/** @type {Buffer} */ bytes) => out.write(bytes));
    return driver;
  };
  return {
    name: 'websocket-driver',
    version: versionOf('websocket-driver'),
    roles: ['server', 'client'],
    receiver(role, tally) {
      // It answers pings by itself; the answers go nowhere.
      const driver = open(role, new Out());
      driver.on('message', (/** @type {{ data: string | Buffer }} */ { data }) => {
        if (typeof data === 'string') tally.text(data);
        else tally.bytes(data);
      });
      driver.on('ping', (/** @type {{ data: string }} */ { data }) => {
        tally.bytes(Buffer.from(data));
      });
      return (chunk) => driver.parse(chunk);
    },
    sender(role, out) {
      const driver = open(role, out);
      return (data) => {
        if (typeof data === 'string') driver.text(data);
        else driver.binary(data);
      };
    },
  };
}

const key = 'dGhlIHNhbXBsZSBub25jZQ==';

/** @param {any} library */
function serverDriver(library) {
  const headers = {
    host: 'localhost',
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': key,
  };
  const driver = library.http({ method: 'GET', url: '/', headers, connection: {} });
  driver.start();
  return driver;
}

/** @param {any} library */
function clientDriver(library) {
  const { generateAccept } = load('websocket-driver/lib/websocket/driver/hybi');
  const driver = library.client('ws://localhost/');
  driver.start();
  const reply = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${generateAccept(driver._key)}`,
  ];
  driver.parse(Buffer.from(`${reply.join('\r\n')}\r\n\r\n`));
  return driver;
}

/** @param {Error} error */
function fail(error) {
  throw error;
}
