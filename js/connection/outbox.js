// What waits to be written. All frames of one turn of the event loop leave in one write, unless
// they are many. Frames are bytes here, whatever is in them.

import { StreamClosed } from '../base/exceptions.js';
import { Block } from '../core/blocks.js';
import { Queue } from '../core/inbox.js';
import { BLOCK } from '../core/thresholds.js';
import { answersAgain, answersAlone, atEndOfTurn, forget, isHeard } from './turn.js';

/** Bytes that do not wait for the end of the turn: they would have left the caches by then. */
const MUCH = 256 * 1024;

/** Nor does one frame of this length: what it shared with others would be too little to gain. */
const LONG = 64 * 1024;

/** The same for the answers to what has just been received, which are all there. */
const LARGE = 32 * 1024;

/** When this much waits for the peer, frames lie alone: they would keep others alive for long. */
const SLOW = 256 * 1024;

/**
 * A promise with its two ends.
 * @template T
 */
export class Settled {
  constructor() {
    /** @type {Promise<T>} */
    this.promise = new Promise((resolve, reject) => {
      /** @type {(value?: any) => void} */
      this.resolve = resolve;
      /** @type {(error: unknown) => void} */
      this.reject = reject;
    });
  }
}

const kept = Promise.resolve();

/**
 * What a send comes to. Its promise, kept when the transport took all of it, is made when somebody asks.
 * @typedef {{ readonly promise: Promise<void> }} Sent
 */

/**
 * The frames of one turn, which are mostly written together.
 * @implements {Sent}
 */
class Batch {
  /** Writes that were not yet taken. */
  writes = 0;
  /** All was taken, or will never be. */
  done = false;
  /** @type {unknown} */
  error;
  /** Once somebody waits. @type {Settled<void> | undefined} */
  settled;

  /** Kept when all of it was taken. */
  get promise() {
    if (this.settled === undefined) {
      if (this.done && this.error === undefined) return kept;
      this.settled = new Settled();
      if (this.done) this.#fail(this.settled);
    }
    return this.settled.promise;
  }

  /** @param {unknown} [error] */
  end(error) {
    if (this.done) return;
    this.done = true;
    this.error = error;
    if (this.settled === undefined) return;
    if (error === undefined) this.settled.resolve();
    else this.#fail(this.settled);
  }

  /**
   * Only what fails is told that nobody need look: it costs as much as all else.
   * @param {Settled<void>} settled
   */
  #fail({ promise, reject }) {
    quiet(promise);
    reject(this.error);
  }
}

/** Of what was taken before its send had returned. */
const TAKEN = new Batch();
TAKEN.end();

/**
 * Of a send that was refused: nobody has to look.
 * @param {unknown} error
 * @returns {Sent}
 */
export function refused(error) {
  const batch = new Batch();
  batch.end(error);
  return batch;
}

/** @typedef {{ batch: Batch, length: number }} Write */

const ignore = () => {};

/**
 * A promise that may be ignored: nothing is reported when nobody waits for it.
 * @template T
 * @param {Promise<T>} promise
 */
export function quiet(promise) {
  promise.then(undefined, ignore);
  return promise;
}

/**
 * What a send ends in when the connection did. `cause` is the transport's own error.
 * @param {unknown} [cause]
 */
export function gone(cause) {
  return Object.assign(new StreamClosed('the connection is closed'), cause ? { cause } : {});
}

/**
 * Where more frames come from: `make` pushes them; `lost` is told why those that are here will not leave.
 * @typedef {object} Source
 * @property {number} length
 * @property {() => unknown} make
 * @property {() => void} drop
 * @property {(error: unknown) => void} lost
 */

/** @param {Uint8Array[]} pieces */
export function total(pieces) {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  return length;
}

/** What happened to bytes that have become none. */
export const TRANSFERRED =
  'payload was transferred to somebody else before it was sent: wait for what send() returns';

/** Of those that hold none, which are most. @type {Uint8Array[]} */
const NO_FRAMES = [];

/** @type {Source} */
const NO_SOURCE = { length: 0, make: ignore, drop: ignore, lost: ignore };

export class Outbox {
  #transport;
  #frames = NO_FRAMES;
  #framesLength = 0;
  /** The last of them, if they are copies that lie side by side. @type {Block | undefined} */
  #copies;
  /** What the sends of this turn share. @type {Batch | undefined} */
  #batch;
  /** What was written and not yet taken, in order. @type {Queue<Write> | undefined} */
  #flying;
  /** It is among those that wait for the end of the turn. */
  #waits = false;
  #written = 0;
  /** @type {(() => void) | undefined} */
  #onTaken;
  #broken = false;
  /** What is still to become frames. @type {Source} */
  source = NO_SOURCE;
  /** Bytes that were written so far. */
  total = 0;

  /** @param {import('./transports.js').Transport} transport */
  constructor(transport) {
    this.#transport = transport;
  }

  /** Bytes that were sent and that the transport has not taken yet. */
  get length() {
    return this.#unwritten + this.#written;
  }

  /** Whether what is pushed stays its owner's; else it is best pushed in one piece. */
  get borrows() {
    return this.#transport.borrows;
  }

  /** Whether nobody else gets to see what is written. */
  get system() {
    return this.#transport.system;
  }

  /** The length from which a user's bytes may be pushed as they are, without a frame made of them. */
  get direct() {
    return this.#transport.direct;
  }

  /** Whether frames wait for the end of the turn. */
  get gathers() {
    return this.#framesLength > 0;
  }

  /** Whether what is written is taken soon. */
  get prompt() {
    return this.#written < SLOW;
  }

  /** The part of it that was written in earlier turns: the peer is slower than this side. */
  get stuck() {
    return this.#written;
  }

  /** All that is sent in this turn. @returns {Sent} */
  get sent() {
    this.#batch ??= new Batch();
    this.#mayWaitForTurn();
    return this.#batch;
  }

  /**
   * Queues frames, or one that is in pieces.
   * @param {Uint8Array[]} pieces in an array that nobody else keeps
   * @param {number} length of them all
   * @returns {Sent}
   */
  push(pieces, length) {
    if (this.#goesAlone(length)) return this.#alone(pieces, length);
    if (this.#copies !== undefined) this.#endCopies();
    if (this.#frames.length === 0) this.#frames = pieces;
    else for (const piece of pieces) this.#frames.push(piece);
    return this.#pushed(length);
  }

  /**
   * The same for a frame that is a header and its owner's bytes: many of them need no array each.
   * @param {Uint8Array} header
   * @param {Uint8Array} payload
   * @param {number} length of both
   */
  pushBehind(header, payload, length) {
    if (this.#goesAlone(length)) return this.#alone([header, payload], length);
    if (this.#copies !== undefined) this.#endCopies();
    if (this.#frames.length === 0) this.#frames = [header, payload];
    else this.#frames.push(header, payload);
    return this.#pushed(length);
  }

  /**
   * The same for a short one, which is copied.
   * @param {number} header its bytes, the first one lowest
   * @param {Uint8Array} payload
   * @param {number} length of both
   */
  pushCopy(header, payload, length) {
    if (this.#copies === undefined) this.#copies = new Block();
    else if (this.#copies.room < length) {
      this.#endCopies();
      this.#copies = new Block(BLOCK);
    }
    this.#copies.addBehind(header, length - payload.length, payload);
    return this.#pushed(length);
  }

  /** They are a piece like others. */
  #endCopies() {
    const copies = /** @type {Block} */ (this.#copies).take();
    this.#copies = undefined;
    if (this.#frames.length === 0) this.#frames = [copies];
    else this.#frames.push(copies);
  }

  /** @param {number} length */
  #pushed(length) {
    this.#framesLength += length;
    const { sent } = this;
    this.#flushFrom(length >= LONG ? LONG : MUCH);
    return sent;
  }

  /** @param {number} length */
  #goesAlone(length) {
    return length >= LONG && this.#framesLength === 0 && this.#transport.borrows;
  }

  /**
   * A frame that shares nothing with others.
   * @param {Uint8Array[]} pieces
   * @param {number} length
   * @returns {Sent}
   */
  #alone(pieces, length) {
    const sent = this.#write(pieces, length);
    if (this.#batch !== undefined) this.#mayWaitForTurn();
    return sent;
  }

  /** Unless it is told before that what it has can leave. */
  #mayWaitForTurn() {
    if (!this.#waits && !isHeard(this.#transport)) this.#waitForTurn();
  }

  #waitForTurn() {
    if (this.#waits) return;
    this.#waits = true;
    atEndOfTurn(this);
  }

  /** The turn is over, and the stack is shallow. */
  turnOver() {
    this.flush();
    this.#waits = false;
    // A peer in the same process may have answered while that was written, and been answered.
    if (this.#unwritten > 0) this.#waitForTurn();
    else this.#batch = undefined;
  }

  /** Bytes that wait for the end of the turn. */
  get #unwritten() {
    return this.source.length + this.#framesLength;
  }

  /**
   * What was received is dealt with, and `hearing` still says so; answers leave that are large, or those
   * of nobody else.
   */
  answered() {
    const length = this.#unwritten;
    if (length > 0) {
      const { borrows } = this.#transport;
      if (borrows && answersAgain(this)) {
        this.flush();
      } else {
        this.#waitForTurn();
        const alone = answersAlone(this);
        if ((alone || length >= LARGE) && borrows) this.flush();
      }
    }
    // Sends of later turns are a batch of their own.
    if (this.#batch !== undefined) this.#waitForTurn();
  }

  /** @param {number} length */
  #flushFrom(length) {
    // A page of Chromium's crashed when a WebTransport stream that was being lost got it so.
    if (this.#framesLength >= length && this.#transport.borrows) this.#writeAll();
  }

  flush() {
    this.source.make();
    this.#writeAll();
  }

  /** What is in frames leaves. */
  #writeAll() {
    const length = this.#framesLength;
    if (length === 0) return;
    if (this.#copies !== undefined) this.#endCopies();
    const frames = this.#frames;
    this.#frames = NO_FRAMES;
    this.#framesLength = 0;
    if (total(frames) === length) this.#write(frames, length);
    else this.#spoilt();
  }

  /** Of a frame its payload is gone, and half a frame would be taken for what it is not. */
  #spoilt() {
    const error = new TypeError(TRANSFERRED);
    this.lose(error);
    this.source.lost(error);
  }

  /**
   * Gives the batch of what was written.
   * @param {Uint8Array[]} pieces
   * @param {number} length
   */
  #write(pieces, length) {
    if (this.#broken) return this.#loseBatch(gone());
    this.total += length;
    try {
      if (this.#transport.write(pieces, length, this)) {
        this.#progress(this.#batch);
        return TAKEN;
      }
    } catch (error) {
      return this.#loseBatch(gone(error));
    }
    this.#batch ??= new Batch();
    const batch = this.#batch;
    this.#written += length;
    batch.writes++;
    this.#flying ??= new Queue();
    this.#flying.push({ batch, length });
    return batch;
  }

  /**
   * What was sent in this turn will not be written.
   * @param {unknown} error why
   */
  lose(error) {
    return this.#loseBatch(error);
  }

  /** @param {unknown} error */
  #loseBatch(error) {
    const batch = this.#batch ?? new Batch();
    this.#batch = undefined;
    batch.end(error);
    return batch;
  }

  /**
   * The oldest write was taken, or failed.
   * @param {unknown} [error]
   */
  written(error) {
    const write = this.#flying?.shift();
    if (!write) return;
    const { batch, length } = write;
    this.#written -= length;
    batch.writes--;
    if (error) batch.end(gone(error));
    this.#progress(batch);
  }

  /**
   * Something was taken.
   * @param {Batch | undefined} batch
   */
  #progress(batch) {
    if (batch?.writes === 0) {
      const current = batch === this.#batch;
      // Perhaps more of this turn is still to be written.
      if (!current || this.#unwritten === 0) batch.end();
      if (current && batch.done) this.#batch = undefined;
    }
    const onTaken = this.#onTaken;
    if (onTaken === undefined) return;
    this.#onTaken = undefined;
    onTaken();
  }

  /**
   * Calls `f` when some of what is here has been taken; at most one waits.
   * @param {() => void} f
   */
  whenTaken(f) {
    this.#onTaken = f;
  }

  /** The transport is gone: what was not taken will not be. */
  break() {
    this.#broken = true;
    forget(this);
    if (this.source.length > 0) this.lose(gone());
    this.source.drop();
    this.#writeAll();
    const flying = this.#flying;
    for (let write = flying?.shift(); write; write = flying?.shift()) {
      write.batch.end(gone());
    }
    this.#written = 0;
    this.#onTaken = undefined;
  }
}
