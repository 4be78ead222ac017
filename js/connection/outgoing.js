// What was sent in this turn of the event loop and is not in frames yet. `send` may be called from
// any depth of the stack, and the engine must not be left in the middle of a call, so frames are
// made later, from a shallow stack: when the turn's output is written, or before that when there is
// much of it.
//
// Here alone is decided how a message becomes a frame. Short ones are made by one call of the
// engine for many of them. Of long ones each is made by itself, in pieces; and where nothing of a
// long one has to be changed, it is the caller's own bytes behind a header.
import { Block, recycle } from '../core/blocks.js';
import { addBytes, addTexts, beginBatch, makeBatch } from '../engine/batch.js';
import { encodeFor, headerFor, piecesFor } from '../engine/encoding.js';
import { isShallow } from '../engine/instance.js';

/**
 * Shorter bytes are copied when they are sent. From this length on they stay where they are, so
 * they must not be changed before the promise of their send is kept.
 */
const BORROWED = 1024;

/** Of messages up to this length, in bytes or UTF-16 units, many become frames in one call. */
const SHORT = 4096;

/** When this much waits, its frames are made before the caches have lost it. */
const FULL = 64 * 1024;

/** What stands for bytes in the block. */
const STAGED = null;

/** The bytes of a frame that is there already. */
export const PREPARED = 256;

export class Outgoing {
  #endpoint;
  #outbox;
  #failed;
  /** In order: a text, bytes, or STAGED. @type {(string | Uint8Array | null)[]} */
  #data = [];
  /** What each of them is for the engine, or PREPARED. @type {number[]} */
  #frames = [];
  /** Of what is staged, how long it is. @type {number[]} */
  #lengths = [];
  #block = new Block();

  /** Bytes, frame headers with them; of texts that are not ASCII fewer than there will be. */
  length = 0;

  /**
   * @param {import('../core/endpoint.js').Endpoint} endpoint
   * @param {import('./outbox.js').Outbox} outbox
   * @param {(error: unknown) => void} failed told why messages that were sent will not leave
   */
  constructor(endpoint, outbox, failed) {
    this.#endpoint = endpoint;
    this.#outbox = outbox;
    this.#failed = failed;
    outbox.source = this;
  }

  /**
   * How many bytes a frame with this payload will have.
   * @param {number} length
   */
  frameLength(length) {
    const header = length < 126 ? 2 : length < 65_536 ? 4 : 10;
    return length + header + (this.#endpoint.alwaysMask ? 4 : 0);
  }

  /**
   * @param {string | Uint8Array} data
   * @param {number} frame what the engine is told of it, or PREPARED
   * @param {number} length of the frame, as it is known
   * @returns {Promise<void>} kept when the transport took it
   */
  add(data, frame, length) {
    if (typeof data === 'string' || data.length >= BORROWED || frame === PREPARED) {
      this.#data.push(data);
    } else if (data.length <= this.#block.room) {
      this.#block.add(data);
      this.#data.push(STAGED);
      this.#lengths.push(data.length);
    } else {
      this.#data.push(new Uint8Array(data));
    }
    this.#frames.push(frame);
    this.length += length;
    const written = this.length >= FULL && isShallow() ? this.make() : undefined;
    return written ?? this.#outbox.promise;
  }

  /** Nothing of it will be sent. */
  drop() {
    this.#data = [];
    this.#frames = [];
    this.#lengths = [];
    this.#block = new Block();
    this.length = 0;
  }

  /**
   * Makes frames of all that is here and puts them into the outbox.
   * @returns {Promise<void> | undefined} of the last
   */
  make() {
    if (this.length === 0) return undefined;
    const [data, frames, lengths, block] = [
      this.#data,
      this.#frames,
      this.#lengths,
      this.#block,
    ];
    this.drop();
    try {
      return this.#make(data, frames, lengths, block.take());
    } catch (error) {
      const lost = this.#outbox.lose(error);
      this.#failed(error);
      return lost;
    } finally {
      recycle(block.bytes);
    }
  }

  /**
   * @param {(string | Uint8Array | null)[]} data
   * @param {number[]} frames
   * @param {number[]} lengths of what is staged
   * @param {Uint8Array} staged
   */
  #make(data, frames, lengths, staged) {
    const outbox = this.#outbox;
    /** How far it is with what is staged. */
    let piece = 0;
    let at = 0;
    let promise;
    for (let i = 0; i < data.length; ) {
      if (!isShort(data[i], frames[i])) {
        promise = this.#makeLong(/** @type {string | Uint8Array} */ (data[i]), frames[i]);
        i++;
        continue;
      }
      const begun = i;
      beginBatch();
      for (let before = -1; before !== i && i < data.length; ) {
        before = i;
        const end = runEnd(data, frames, i);
        if (data[i] !== STAGED) {
          i = addTexts(data, frames, i, end);
          continue;
        }
        i = addBytes(staged, at, lengths, piece, frames, i, end);
        for (let n = before; n < i; n++) at += lengths[piece++];
      }
      if (i === begun) throw new Error('a short message has no room in a region');
      const made = makeBatch(this.#endpoint.live(), outbox.prompt);
      promise = outbox.push([made], made.length);
    }
    return promise;
  }

  /**
   * @param {string | Uint8Array} data
   * @param {number} frame
   */
  #makeLong(data, frame) {
    const outbox = this.#outbox;
    if (frame === PREPARED) {
      return outbox.push([/** @type {Uint8Array} */ (data)], data.length);
    }
    if (data.length === 0) throw new TypeError(TRANSFERRED);
    const pieces = this.#behindHeader(data, frame) ?? this.#pieces(data, frame);
    let length = 0;
    for (const piece of pieces) length += piece.length;
    return outbox.push(pieces, length);
  }

  /**
   * @param {string | Uint8Array} data
   * @param {number} frame
   */
  #pieces(data, frame) {
    const stream = this.#endpoint.live();
    const { borrows, prompt } = this.#outbox;
    return borrows ? piecesFor(stream, frame, data, prompt) : [encodeFor(stream, frame, data)];
  }

  /**
   * Large bytes of a server leave as they are, behind their header: copying them would cost more
   * than all else.
   * @param {string | Uint8Array} data
   * @param {number} frame
   * @returns {Uint8Array[] | undefined}
   */
  #behindHeader(data, frame) {
    const endpoint = this.#endpoint;
    if (typeof data === 'string' || data.length < this.#outbox.direct || endpoint.alwaysMask) {
      return undefined;
    }
    const header = headerFor(endpoint.live(), frame, data.length);
    return header && [header, data];
  }
}

/** What happened to bytes that have become none. */
const TRANSFERRED =
  'payload was transferred to somebody else before it was sent: wait for what send() returns';

/**
 * Whether a message is one of those that share a call of the engine.
 * @param {string | Uint8Array | null} data
 * @param {number} frame
 */
const isShort = (data, frame) =>
  frame !== PREPARED && (data === STAGED || (typeof data === 'string' && data.length <= SHORT));

/**
 * Where a run of short messages ends that are all texts or all staged bytes.
 * @param {(string | Uint8Array | null)[]} data
 * @param {number[]} frames
 * @param {number} from
 */
function runEnd(data, frames, from) {
  const staged = data[from] === STAGED;
  let end = from;
  while (
    end < data.length &&
    (data[end] === STAGED) === staged &&
    isShort(data[end], frames[end])
  ) {
    end++;
  }
  return end;
}
