// Node's Duplex streams as transports: sockets, TLS, pipes, streams of HTTP/2, and whatever else is one.
import { joined } from '../base/bytes.js';
import { Queue } from '../core/inbox.js';

/**
 * @typedef {import('./transports.js').Listener} Listener
 * @typedef {import('./transports.js').Transport} Transport
 * @typedef {import('./transports.js').Writer} Writer
 */

/** Pieces are joined for one write up to this many bytes; more are written one by one. */
export const JOIN = 256 * 1024;

/**
 * Pieces of this length are written as they are: they are worth a write of their own. To a stream
 * that takes many at once, shorter ones are, too.
 */
const DIRECT = 16 * 1024;
const DIRECT_OF_MANY = 1024;

const NOTHING = new Uint8Array(0);

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

/**
 * The transport over a stream, in the stream itself: what listens to it is then the same functions
 * for all, where closures would take 300 bytes a connection.
 */
const OWNER = Symbol('ws4wasm transport');

/** @typedef {{ readonly [OWNER]: DuplexTransport }} Owned */

/** @this {Owned} @param {Uint8Array} bytes */
function onData(bytes) {
  this[OWNER].came(bytes);
}

/** @this {Owned} */
function onEnd() {
  this[OWNER].ended();
}

/** @this {Owned} */
function onClose() {
  this[OWNER].closed();
}

/** @this {Owned} @param {unknown} error */
function onError(error) {
  this[OWNER].failed(error);
}

/** @this {Owned} */
function onDrain() {
  this[OWNER].drained();
}

/** @implements {Transport} */
class DuplexTransport {
  system;
  direct;
  #sock;
  /** From the start to the end. @type {Listener | undefined} */
  #listener;
  /** Bytes that fill it, so that it will say when it is empty. */
  #full;
  /** It has not said so yet of a write that nothing else tells of. */
  #filled = false;
  /** Whether the system takes what is written to it at once, as TCP mostly does and TLS never. */
  #prompt;
  #writing = false;
  /** Bytes that were written. */
  #written = 0;
  /** Once there was a write. @type {Writer | undefined} */
  #writer;
  /** What the stream calls, once there was a write that needs it. @type {((error?: unknown) => void) | undefined} */
  #told;
  /** @type {unknown} */
  #failure;
  /** Of a stream that reads on: bytes that it has given. @type {number | undefined} */
  #given;

  /** @param {import('node:stream').Duplex} sock */
  constructor(sock) {
    this.#sock = sock;
    // TCP, TLS and pipes. Any other stream may hand the bytes on, as a pair in one process does.
    this.system = typeof (/** @type {any} */ (sock)._handle?.writeBuffer) === 'function';
    this.#prompt = this.system;
    this.direct = typeof sock._writev === 'function' ? DIRECT_OF_MANY : DIRECT;
    this.#full = (!sock.writableObjectMode && sock.writableHighWaterMark) || Infinity;
    /** @type {any} */ (sock)[OWNER] = this;
    // From the beginning and for good: no error must bring the process down.
    sock.on('error', onError);
  }

  get borrows() {
    return true;
  }

  /** @param {Listener} listener */
  start(listener) {
    const sock = this.#sock;
    this.#listener = listener;
    sock.on('data', onData);
    if (readsOn(sock)) {
      this.#given = /** @type {any} */ (sock).bytesRead;
      sock.on('data', (bytes) => {
        this.#given += bytes.length;
      });
    }
    sock.on('end', onEnd);
    sock.on('close', onClose);
    // After the peer's end what it asked for is still answered; the connection sees to the end.
    sock.allowHalfOpen = true;
    // A handshake may have left it paused.
    sock.resume();
    if (sock.destroyed) queueMicrotask(() => this.closed());
    else if (sock.readableEnded) queueMicrotask(() => listener.end());
  }

  /** @param {Uint8Array} bytes */
  came(bytes) {
    this.#listener?.bytes(bytes);
  }

  ended() {
    this.#listener?.end();
  }

  /** @param {unknown} error */
  failed(error) {
    this.#failure ??= error;
    this.#empty(error);
  }

  closed() {
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.lost(this.#failure);
  }

  /**
   * A callback costs Node more than a corked write itself. Where nothing waited it can be seen
   * whether all was taken at once, as it mostly is; if not, and if it was enough to fill the
   * stream, 'drain' tells; else a write of nothing behind it has the callback.
   * @param {Uint8Array[]} pieces
   * @param {number} length
   * @param {Writer} writer
   */
  write(pieces, length, writer) {
    const sock = this.#sock;
    const free = sock.writableLength === 0;
    const fills = free && length >= this.#full;
    const bare = fills || (free && this.#prompt);
    const parts = gathered(pieces, this.direct);
    const last = parts.length - 1;
    this.#writer = writer;
    this.#written += length;
    this.#writing = true;
    if (last > 0) sock.cork();
    for (let i = 0; i < last; i++) sock.write(parts[i]);
    sock.write(parts[last], bare ? undefined : this.#callback);
    if (last > 0) sock.uncork();
    const taken = free && sock.writableLength === 0 && sock.writable;
    this.#prompt = taken && this.system;
    if (bare && !taken) {
      // Of what failed, 'error' tells.
      if (fills || !sock.writable) this.#fill();
      else sock.write(NOTHING, this.#callback);
    }
    this.#writing = false;
    return bare && taken;
  }

  #fill() {
    this.#filled = true;
    this.#sock.once('drain', onDrain);
  }

  get #callback() {
    this.#told ??= (error) => this.#tell(error);
    return this.#told;
  }

  drained() {
    this.#empty();
  }

  /**
   * A write with a callback was taken, or failed, and so were those before it: where there is
   * always more, 'drain' would come late, or never.
   * @param {unknown} [error]
   */
  #tell(error) {
    if (this.#writing) {
      queueMicrotask(() => this.#tell(error));
      return;
    }
    this.#empty(error);
    this.#writer?.written(error);
  }

  /** @param {unknown} [error] */
  #empty(error) {
    if (!this.#filled) return;
    this.#filled = false;
    this.#writer?.written(error);
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

/** Bytes that a stream of HTTP/2 gets at a time: few enough to see how they leave. */
const STRETCH = 64 * 1024;

/** Enough to keep it busy; more would be one again, in its `_writev`. */
const STRETCHES_AT_ONCE = 2;

/**
 * Whether it is a stream of HTTP/2: these have flow control of their own (RFC 9113 section 5.2), and
 * nothing shows how far a long write is.
 * @param {any} sock
 */
const isHttp2 = (sock) => sock.session !== undefined;

/**
 * Pieces, cut and grouped.
 * @param {Uint8Array[]} pieces
 */
function* stretchesOf(pieces) {
  /** @type {Uint8Array[]} */
  let group = [];
  let length = 0;
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; ) {
      const part = piece.subarray(at, at + STRETCH - length);
      group.push(part);
      at += part.length;
      length += part.length;
      if (length < STRETCH) continue;
      yield { pieces: group, length };
      group = [];
      length = 0;
    }
  }
  if (length > 0) yield { pieces: group, length };
}

/** A long write in stretches. */
class StretchedTransport extends DuplexTransport {
  /** What is still to be written. @type {Queue<{ pieces: Uint8Array[], length: number }>} */
  #stretches = new Queue();
  /** Of each write, how many bytes are not yet taken. @type {Queue<{ left: number }>} */
  #writes = new Queue();
  /** Once there was a write. @type {Writer | undefined} */
  #writer;
  /** Lengths of what was handed on and is not yet taken. @type {Queue<number>} */
  #flying = new Queue();
  #ending = false;

  /**
   * @param {Uint8Array[]} pieces
   * @param {number} length
   * @param {Writer} writer
   */
  write(pieces, length, writer) {
    this.#writer = writer;
    if (length <= STRETCH && this.#writes.length === 0) {
      if (super.write(pieces, length, this)) return true;
      this.#flying.push(length);
    } else for (const stretch of stretchesOf(pieces)) this.#stretches.push(stretch);
    this.#writes.push({ left: length });
    this.#proceed();
    return false;
  }

  #proceed() {
    while (this.#flying.length < STRETCHES_AT_ONCE) {
      const stretch = this.#stretches.shift();
      if (stretch === null) break;
      const { pieces, length } = stretch;
      this.#flying.push(length);
      if (super.write(pieces, length, this)) queueMicrotask(() => this.written());
    }
    if (!this.#ending || this.#stretches.length > 0) return;
    this.#ending = false;
    super.end();
  }

  /**
   * The oldest of what was handed on was taken, or failed, and all after it will.
   * @param {unknown} [error]
   */
  written(error) {
    let length = this.#flying.shift() ?? 0;
    if (error) {
      length = Infinity;
      this.#stretches = new Queue();
    }
    for (let write = this.#writes.peek(); write && length > 0; write = this.#writes.peek()) {
      const part = Math.min(length, write.left);
      write.left -= part;
      length -= part;
      if (write.left > 0) break;
      this.#writes.shift();
      this.#writer?.written(error);
    }
    this.#proceed();
  }

  end() {
    this.#ending = true;
    this.#proceed();
  }
}

/**
 * @param {import('node:stream').Duplex} sock
 * @returns {Transport}
 */
export function overDuplex(sock) {
  return isHttp2(sock) ? new StretchedTransport(sock) : new DuplexTransport(sock);
}
