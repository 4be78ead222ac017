// What a connection runs over, brought to one form: a Node Duplex, or a pair of Web Streams.
import * as check from '../base/arguments.js';
import { joined } from '../base/bytes.js';

/**
 * @typedef {object} Listener
 * @property {(bytes: Uint8Array) => void} bytes some bytes came
 * @property {() => void} end the peer will send no more
 * @property {(error?: unknown) => void} lost the transport is gone; called once, the last call
 */

/**
 * @typedef {object} Transport
 * @property {(listener: Listener) => void} start begins to read
 * @property {(pieces: Uint8Array[], length: number, taken: (error?: unknown) => void) => boolean} write
 *   writes pieces, `length` bytes in all, as one. Gives whether the transport has taken them; if
 *   not, `taken`, which is always the same, is called later, when it has or has failed
 * @property {boolean} borrows it only reads the bytes it is handed, so the same may go to
 *   others; a Web Stream may keep them, or transfer them
 * @property {boolean} system what it is handed goes to the operating system and to nobody else:
 *   no one can write to it, or transfer it
 * @property {number} direct bytes from which a piece is best written as it is
 * @property {number} taken how many bytes the system has taken so far, where that can be seen;
 *   else the transport
 * @property {number} [unread] bytes that were read in spite of `pause`, where that can happen
 * @property {() => void} pause
 * @property {() => void} resume
 * @property {() => void} ref it keeps the process alive, as it does from the beginning
 * @property {() => void} unref it does not
 * @property {() => void} end says that nothing more will be written
 * @property {() => void} destroy drops it
 */

/** Pieces are joined for one write up to this many bytes; more are written one by one. */
const JOIN = 256 * 1024;

/**
 * Pieces of this length are written as they are: they are worth a write of their own. To a stream
 * that takes many at once, shorter ones are, too.
 */
const DIRECT = 16 * 1024;
const DIRECT_OF_MANY = 1024;

/** How long a peer that no longer takes our bytes may go on sending, in milliseconds. */
const GRACE = 1000;

/** @param {Uint8Array[]} pieces */
const joinable = (pieces) => pieces.reduce((sum, piece) => sum + piece.length, 0) <= JOIN;

/**
 * Whether short pieces stand side by side.
 * @param {Uint8Array[]} pieces
 * @param {number} direct
 */
function crowded(pieces, direct) {
  for (let i = 1; i < pieces.length; i++) {
    if (pieces[i].length < direct && pieces[i - 1].length < direct) return true;
  }
  return false;
}

/**
 * Pieces to be written one after the other: the short ones between long ones joined.
 * @param {Uint8Array[]} pieces
 * @param {number} direct
 */
function gathered(pieces, direct) {
  if (!crowded(pieces, direct)) return pieces;
  /** @type {Uint8Array[]} */
  const out = [];
  /** The short ones since the last long one. @type {Uint8Array[]} */
  let run = [];
  for (const piece of pieces) {
    if (piece.length < direct) {
      run.push(piece);
      continue;
    }
    add(out, run);
    if (run.length) run = [];
    out.push(piece);
  }
  add(out, run);
  return out;
}

/**
 * Adds short pieces to the others, as one if they can be.
 * @param {Uint8Array[]} out
 * @param {Uint8Array[]} run
 */
function add(out, run) {
  if (run.length > 1 && joinable(run)) out.push(joined(run));
  else for (const piece of run) out.push(piece);
}

/**
 * Whether a stream is one that reads on while it is paused, into memory of its own: those of Deno's
 * TLS do.
 * @param {any} sock
 */
const readsOn = (sock) => 'Deno' in globalThis && sock.encrypted === true;

/** @implements {Transport} */
class DuplexTransport {
  borrows = true;
  system;
  direct;
  #sock;
  /** Bytes that fill it, so that it will say when it is empty. */
  #full;
  /** It has not said so yet of a write that nothing else tells of. */
  #filled = false;
  #writing = false;
  /** Bytes that were written. */
  #written = 0;
  /** @type {(error?: unknown) => void} */
  #taken = () => {};
  /** @type {unknown} */
  #failure;
  /** Of a stream that reads on: bytes that it has given. @type {number | undefined} */
  #given;

  /** @param {import('node:stream').Duplex} sock */
  constructor(sock) {
    this.#sock = sock;
    // TCP, TLS and pipes. Any other stream may hand the bytes on, as a pair in one process does.
    this.system = typeof (/** @type {any} */ (sock)._handle?.writeBuffer) === 'function';
    this.direct = typeof sock._writev === 'function' ? DIRECT_OF_MANY : DIRECT;
    this.#full = (!sock.writableObjectMode && sock.writableHighWaterMark) || Infinity;
    // From the beginning and for good: no error must bring the process down.
    sock.on('error', (error) => {
      this.#failure ??= error;
      this.#empty(error);
    });
    sock.on('drain', () => this.#empty());
  }

  /** @param {Listener} listener */
  start(listener) {
    const sock = this.#sock;
    let lost = false;
    const lose = () => {
      if (lost) return;
      lost = true;
      listener.lost(this.#failure);
    };
    sock.on('data', listener.bytes);
    if (readsOn(sock)) {
      this.#given = /** @type {any} */ (sock).bytesRead;
      sock.on('data', (bytes) => {
        this.#given += bytes.length;
      });
    }
    sock.on('end', listener.end);
    sock.on('close', lose);
    // After the peer's end what it asked for is still answered; the connection sees to the end.
    sock.allowHalfOpen = true;
    // A handshake may have left it paused.
    sock.resume();
    if (sock.destroyed) queueMicrotask(lose);
    else if (sock.readableEnded) queueMicrotask(listener.end);
  }

  /**
   * A callback costs Node more than a corked write itself. Where nothing waited it can be seen
   * whether all was taken at once, as it mostly is; if not, and if it was enough to fill the
   * stream, 'drain' tells.
   * @param {Uint8Array[]} pieces
   * @param {number} length
   * @param {(error?: unknown) => void} taken
   */
  write(pieces, length, taken) {
    const sock = this.#sock;
    const fills = length >= this.#full && sock.writableLength === 0;
    const parts = gathered(pieces, this.direct);
    const last = parts.length - 1;
    this.#taken = taken;
    this.#written += length;
    this.#writing = true;
    if (last > 0) sock.cork();
    for (let i = 0; i < last; i++) sock.write(parts[i]);
    sock.write(parts[last], fills ? undefined : this.#told);
    if (last > 0) sock.uncork();
    this.#writing = false;
    if (fills && sock.writableLength === 0 && sock.writable) return true;
    this.#filled ||= fills;
    return false;
  }

  /**
   * A write with a callback was taken, or failed, and so were those before it: where there is
   * always more, 'drain' would come late, or never.
   * @param {unknown} [error]
   */
  #told = (error) => {
    if (this.#writing) {
      queueMicrotask(() => this.#told(error));
      return;
    }
    this.#empty(error);
    this.#taken(error);
  };

  /** @param {unknown} [error] */
  #empty(error) {
    if (!this.#filled) return;
    this.#filled = false;
    this.#taken(error);
  }

  get taken() {
    // Node itself looks there (net.Socket's time-out): a long write is one to all the others.
    const handle = /** @type {any} */ (this.#sock)._handle;
    // TLS encrypts a write as a whole; how it leaves shows below it.
    const { bytesWritten, writeQueueSize } = handle?._parent ?? handle ?? {};
    if (bytesWritten >= 0 && writeQueueSize >= 0) return bytesWritten - writeQueueSize;
    return this.#written - this.#sock.writableLength;
  }

  ref() {
    /** @type {any} */ (this.#sock).ref?.();
  }

  unref() {
    /** @type {any} */ (this.#sock).unref?.();
  }

  get unread() {
    if (this.#given === undefined) return undefined;
    return /** @type {any} */ (this.#sock).bytesRead - this.#given;
  }

  pause() {
    this.#sock.pause();
  }

  resume() {
    this.#sock.resume();
  }

  end() {
    // A stream that ends does not say 'drain'.
    if (this.#filled) this.#sock.on('finish', () => this.#empty());
    this.#sock.end();
  }

  destroy() {
    this.#sock.destroy();
  }
}

/** Bytes that a Web Stream gets at a time: few enough to see how they leave. */
const STRIDE = 1024 * 1024;

/** @param {Uint8Array} piece */
function cutCopies(piece) {
  const copies = [];
  for (let at = 0; at < piece.length; at += STRIDE) {
    copies.push(new Uint8Array(piece.subarray(at, at + STRIDE)));
  }
  return copies;
}

/** @implements {Transport} */
class PairTransport {
  borrows = false;
  system = false;
  direct = Infinity;
  #reader;
  #writer;
  taken = 0;
  #paused = false;
  /** @type {(() => void) | undefined} */
  #wake;
  #readDone = false;
  #writeDone = false;
  /** @type {Listener | undefined} */
  #listener;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #graceTimer;

  /** @param {{ readable: ReadableStream<Uint8Array>, writable: WritableStream<Uint8Array> }} pair */
  constructor({ readable, writable }) {
    // A locked stream throws, and then the other one is not left locked.
    this.#writer = writable.getWriter();
    try {
      this.#reader = readable.getReader();
    } catch (error) {
      this.#writer.releaseLock();
      throw error;
    }
    this.#writer.closed.catch(() => {});
    this.#reader.closed.catch(() => {});
  }

  /** @param {Listener} listener */
  start(listener) {
    this.#listener = listener;
    this.#writer.closed.then(
      () => this.#wrote(),
      (error) => {
        // The peer may have said why, for example in a close frame, before it stopped
        // listening: what it sent is read first, for a while.
        this.#wrote(error);
        if (this.#listener) this.#graceTimer = setTimeout(() => this.#lose(error), GRACE);
      },
    );
    void this.#read();
  }

  async #read() {
    try {
      for (;;) {
        const { value, done } = await this.#reader.read();
        // What a read in progress gives is held back too.
        while (this.#paused) {
          await new Promise((/** @type {(value?: unknown) => void} */ resolve) => {
            this.#wake = resolve;
          });
        }
        if (done) break;
        this.#listener?.bytes(value);
      }
    } catch (error) {
      this.#lose(error);
      return;
    }
    this.#readDone = true;
    this.#listener?.end();
    if (this.#writeDone) this.#lose();
  }

  /** @param {unknown} [error] */
  #wrote(error) {
    this.#writeDone = true;
    if (this.#readDone) this.#lose(error);
  }

  /** @param {unknown} [error] */
  #lose(error) {
    clearTimeout(this.#graceTimer);
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.lost(error);
  }

  /**
   * @param {Uint8Array[]} pieces
   * @param {number} length
   * @param {(error?: unknown) => void} taken
   */
  write(pieces, length, taken) {
    // The stream may give away the memory that it is handed, and these bytes may have others
    // that use it: Node's pool, the other receivers of a prepared frame.
    const own = (/** @type {number} */ length) => new Uint8Array(length);
    const owned = length <= JOIN ? [joined(pieces, own)] : pieces.flatMap(cutCopies);
    /** @type {Promise<void> | undefined} */
    let last;
    for (const piece of owned) {
      const { length } = piece;
      last = this.#writer.write(piece);
      last.then(
        () => {
          this.taken += length;
        },
        () => {},
      );
    }
    // A stream may fail with undefined, which would look like success.
    last?.then(
      () => taken(),
      (error) => taken(error ?? new Error('the stream failed')),
    );
    return false;
  }

  pause() {
    this.#paused = true;
  }

  resume() {
    this.#paused = false;
    this.#wake?.();
    this.#wake = undefined;
  }

  // A Web Stream can say nothing about that; a Deno.Conn of the user's has ref() of its own.
  ref() {}
  unref() {}

  end() {
    this.#writer.close().catch(() => {});
  }

  destroy() {
    this.resume();
    this.#writer.abort().catch(() => {});
    this.#reader.cancel().catch(() => {});
    queueMicrotask(() => this.#lose());
  }
}

/**
 * @param {any} sock
 * @returns {Transport}
 */
export function transportOf(sock) {
  if (
    typeof sock?.readable?.getReader === 'function' &&
    typeof sock?.writable?.getWriter === 'function'
  ) {
    return new PairTransport(sock);
  }
  if (
    typeof sock?.on === 'function' &&
    typeof sock?.write === 'function' &&
    typeof sock?.destroy === 'function'
  ) {
    return new DuplexTransport(sock);
  }
  if (typeof sock === 'string' || sock instanceof URL) {
    throw new TypeError(
      `sock is ${String(sock)}; this class is a connection over a transport that is there already. ` +
        "For a URL: connect(url) of 'ws4wasm/node', or new WebSocket(url) of 'ws4wasm/websocket'",
    );
  }
  throw check.wrongType('sock', sock, 'a Node Duplex or { readable, writable } of Web Streams');
}
