// What was sent in this turn of the event loop and is not in frames yet. `send` may be called from
// any depth of the stack, and the engine must not be left in the middle of a call, so frames are
// made later, from a shallow stack: when the turn's output is written, or before that when there is
// much of it.
//
// Here alone is decided how a message becomes a frame. Short ones are made by one call of the
// engine for many of them. Of long ones each is made by itself, in pieces; and where nothing of a
// long one has to be changed, it is the caller's own bytes behind a header.
import { FRAME_FIN, FRAME_FIRST } from '../../pkg/contract.js';
import { Block, recycle } from '../core/blocks.js';
import { addAlone, addBytes, addTexts, beginBatch, makeBatch } from '../engine/batch.js';
import {
  encodeFor,
  headerFor,
  lastHeader,
  piecesFor,
  shortHeader,
} from '../engine/encoding.js';
import { isShallow } from '../engine/instance.js';
import { keepFrame, lastFrame } from './last-frame.js';
import { TRANSFERRED, total } from './outbox.js';
import { release, stage } from './stage.js';

/**
 * Shorter bytes are copied when they are sent. From this length on they stay where they are, so
 * they must not be changed before the promise of their send is kept.
 */
export const BORROWED = 1024;

/** Of messages up to this length, in bytes or UTF-16 units, many become frames in one call. */
const SHORT = 4096;

/**
 * A message of this length does not wait for the end of the turn, if the stack is shallow enough, nor
 * do this many bytes or messages: what waits longer leaves the caches. Finding out about the stack
 * takes as long as some short messages do.
 */
const LONG = 64 * 1024;
const FULL = 4 * 1024 * 1024;
const MANY = 512;

/** How many messages there is room for at first. */
const FIRST_ENTRIES = 32;

/** What stands for bytes in the block. */
const STAGED = null;

/** The bytes of a frame that is there already. */
export const PREPARED = 256;

/** A message in one frame. */
const WHOLE = FRAME_FIRST | FRAME_FIN;

/** Messages in order. Their memory is used again, because new memory costs as much as filling it. */
class Messages {
  count = 0;
  /** A text, bytes, or STAGED. @type {(string | Uint8Array | null)[]} */
  data = [];
  /** Two words each: what it is for the engine, or PREPARED; how long it is, if it is staged. */
  entries = new Int32Array(2 * FIRST_ENTRIES);
  block = new Block();
  /** Those before it, which are full. @type {Block[]} */
  blocks = [];

  /**
   * @param {string | Uint8Array} data
   * @param {number} frame
   */
  hold(data, frame) {
    this.data[this.count] = data;
    this.#note(frame, 0);
  }

  /**
   * @param {Uint8Array} bytes that are copied
   * @param {number} frame
   */
  stage(bytes, frame) {
    if (bytes.length > this.block.room) {
      this.blocks.push(this.block);
      this.block = new Block();
    }
    this.block.addBehind(0, 0, bytes);
    this.data[this.count] = STAGED;
    this.#note(frame, bytes.length);
  }

  /**
   * @param {number} frame
   * @param {number} length
   */
  #note(frame, length) {
    const at = 2 * this.count++;
    if (at === this.entries.length) {
      const { entries } = this;
      this.entries = new Int32Array(2 * at);
      this.entries.set(entries);
    }
    this.entries[at] = frame;
    this.entries[at + 1] = length;
  }
}

/** Those that are not in use. @type {Messages[]} */
const spare = [];
const MOST_SPARE = 4;

/** @param {Messages} messages that are dealt with */
function giveBack(messages) {
  const { data, count, block, blocks } = messages;
  for (const { bytes } of blocks) recycle(bytes);
  if (spare.length === MOST_SPARE || count > 8 * MANY) {
    recycle(block.bytes);
    return;
  }
  data.fill(STAGED, 0, count);
  messages.count = 0;
  messages.blocks = [];
  block.length = 0;
  spare.push(messages);
}

export class Outgoing {
  #endpoint;
  #outbox;
  #host;
  /** The first, as long as it is the only one, and what the engine is told of it. @type {string | Uint8Array | undefined} */
  #only;
  #onlyFrame = 0;
  /** It is a copy that is to be released. */
  #onlyStaged = false;
  /** Once there are several. @type {Messages | undefined} */
  #messages;

  /** Bytes, frame headers with them; of texts that are not ASCII fewer than there will be. */
  length = 0;

  /**
   * @param {import('../core/endpoint.js').Endpoint} endpoint
   * @param {import('./outbox.js').Outbox} outbox
   * @param {{ lost(error: unknown): void }} host told why messages that were sent will not leave
   */
  constructor(endpoint, outbox, host) {
    this.#endpoint = endpoint;
    this.#outbox = outbox;
    this.#host = host;
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
   * @returns {import('./outbox.js').Sent}
   */
  add(data, frame, length) {
    if (this.#messages === undefined) {
      const header = this.#hasCompany(length) ? this.#knownHeader(data, frame) : undefined;
      if (header !== undefined && this.#letGo()) return this.#leave(header, data, length);
      if (this.#only === undefined && data.length > 0) return this.#first(data, frame, length);
    }
    const messages = this.#several();
    if (typeof data === 'string' || data.length >= BORROWED || frame === PREPARED) {
      messages.hold(data, frame);
    } else {
      messages.stage(data, frame);
    }
    this.length += length;
    const much = length >= LONG || this.length >= FULL || messages.count >= MANY;
    return (much && isShallow() && this.make()) || this.#outbox.sent;
  }

  /**
   * One that nothing stands before, and often nothing comes behind.
   * @param {string | Uint8Array} data
   * @param {number} frame
   * @param {number} length
   */
  #first(data, frame, length) {
    const copied = typeof data !== 'string' && data.length < BORROWED && frame !== PREPARED;
    const staged = copied ? stage(data) : undefined;
    this.#only = staged ?? (copied ? new Uint8Array(data) : data);
    this.#onlyStaged = staged !== undefined;
    this.#onlyFrame = frame;
    this.length = length;
    return (length >= LONG && isShallow() && this.make()) || this.#outbox.sent;
  }

  /**
   * The header of a message whose bytes become a frame as they are, if it is that of one before: then the
   * engine need not be asked, and the frame is there at once, from whatever depth of the stack. The engine
   * has to see each fragment, because it knows whether a message is unfinished.
   * @param {string | Uint8Array} data
   * @param {number} frame
   * @returns {Uint8Array | number | undefined} the header; its bytes in a number if the message is to be copied
   */
  #knownHeader(data, frame) {
    if ((frame & WHOLE) !== WHOLE || typeof data === 'string' || this.#changes)
      return undefined;
    if (data.length < BORROWED) return shortHeader(this.#endpoint, frame, data.length);
    return data.length < this.#outbox.direct ? undefined : lastHeader(frame, data.length);
  }

  /** Whether what a message is sent as is not what it is. */
  get #changes() {
    const { alwaysMask, deflate } = this.#endpoint;
    return alwaysMask || deflate !== undefined;
  }

  /**
   * @param {Uint8Array | number} header
   * @param {any} data
   * @param {number} length of both
   */
  #leave(header, data, length) {
    const outbox = this.#outbox;
    if (typeof header === 'number') return outbox.pushCopy(header, data, length);
    return outbox.pushBehind(header, data, length);
  }

  /**
   * Whether a message is not alone in this turn. One that is may be the same to many connections: see
   * `lastFrame`.
   * @param {number} length of the frame
   */
  #hasCompany(length) {
    return length >= LONG || this.#only !== undefined || this.#outbox.gathers;
  }

  /** Puts the only one into the outbox, if that needs no engine. Gives whether nothing is held then. */
  #letGo() {
    const only = this.#only;
    if (only === undefined) return true;
    const header = this.#knownHeader(only, this.#onlyFrame);
    if (header === undefined) return false;
    const { length } = this;
    // A copy that is released is good until the next one is made.
    this.drop();
    void this.#leave(header, only, length);
    return true;
  }

  #several() {
    this.#messages ??= spare.pop() ?? new Messages();
    const messages = this.#messages;
    const only = this.#only;
    if (only !== undefined) {
      if (this.#onlyStaged) messages.stage(/** @type {Uint8Array} */ (only), this.#onlyFrame);
      else messages.hold(only, this.#onlyFrame);
      this.#forgetOnly();
    }
    return messages;
  }

  #forgetOnly() {
    this.#only = undefined;
    if (this.#onlyStaged) release();
    this.#onlyStaged = false;
  }

  /** Nothing of it will be sent. */
  drop() {
    this.#forgetOnly();
    this.#messages = undefined;
    this.length = 0;
  }

  /** @param {unknown} error why messages that were sent will not leave */
  lost(error) {
    this.#host.lost(error);
  }

  /**
   * Makes frames of all that is here and puts them into the outbox.
   * @returns {import('./outbox.js').Sent | undefined} the last
   */
  make() {
    const messages = this.#messages;
    const only = this.#only;
    if (messages === undefined && only === undefined) return undefined;
    // A copy that is released is good until the next one is made.
    this.drop();
    try {
      if (only !== undefined) return this.#makeOnly(only, this.#onlyFrame);
      return messages && this.#make(messages);
    } catch (error) {
      const lost = this.#outbox.lose(error);
      this.lost(error);
      return lost;
    } finally {
      if (messages) giveBack(messages);
    }
  }

  /**
   * @param {string | Uint8Array} data
   * @param {number} frame
   */
  #makeOnly(data, frame) {
    const outbox = this.#outbox;
    if (this.#changes || frame === PREPARED || !outbox.system) {
      return this.#makeLong(data, frame);
    }
    const known = lastFrame(data, frame);
    if (known) return outbox.push([known], known.length);
    const pieces = this.#framed(data, frame);
    const length = total(pieces);
    return outbox.push(keepFrame(data, frame, pieces, length), length);
  }

  /** @param {Messages} messages */
  #make({ count, data, entries, block: newest, blocks: older }) {
    const blocks = [...older, newest];
    const outbox = this.#outbox;
    /** How far it is with what is staged: the block, and the place in it. */
    let block = 0;
    let at = 0;
    let sent;
    for (let i = 0; i < count; ) {
      if (!this.#isShort(data[i], entries[2 * i])) {
        sent = this.#makeLong(/** @type {string | Uint8Array} */ (data[i]), entries[2 * i]);
        i++;
        continue;
      }
      const begun = i;
      beginBatch();
      for (let before = -1; before !== i && i < count; ) {
        before = i;
        const next = data[i];
        if (next instanceof Uint8Array) {
          if (this.#isShort(next, entries[2 * i]) && addAlone(next, entries[2 * i])) i++;
          continue;
        }
        const end = runEnd(data, i, count);
        if (next !== STAGED) {
          i = addTexts(data, entries, i, end);
          continue;
        }
        if (at === blocks[block].length && entries[2 * i + 1] > 0) {
          block++;
          at = 0;
        }
        const { bytes, length } = blocks[block];
        i = addBytes(bytes, at, length, entries, i, end);
        for (let n = before; n < i; n++) at += entries[2 * n + 1];
      }
      if (i === begun) throw new Error('a short message has no room in a region');
      const made = makeBatch(this.#endpoint.live(), outbox.prompt);
      sent = outbox.push([made], made.length);
    }
    return sent;
  }

  /**
   * Whether a message is one of those that share a call of the engine: not if it leaves as it is.
   * @param {string | Uint8Array | null} data
   * @param {number} frame
   */
  #isShort(data, frame) {
    if (data === STAGED) return true;
    if (data.length > SHORT || frame === PREPARED) return false;
    return typeof data === 'string' || (data.length > 0 && !this.#isDirect(data));
  }

  /**
   * Whether bytes leave as they are, behind a header.
   * @param {string | Uint8Array} data
   */
  #isDirect(data) {
    return typeof data !== 'string' && data.length >= this.#outbox.direct && !this.#changes;
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
    const pieces = this.#framed(data, frame);
    return outbox.push(pieces, total(pieces));
  }

  /**
   * @param {string | Uint8Array} data
   * @param {number} frame
   */
  #framed(data, frame) {
    if (data.length === 0) throw new TypeError(TRANSFERRED);
    return this.#behindHeader(data, frame) ?? this.#pieces(data, frame);
  }

  /**
   * @param {string | Uint8Array} data
   * @param {number} frame
   */
  #pieces(data, frame) {
    const endpoint = this.#endpoint;
    const { borrows, prompt } = this.#outbox;
    if (!borrows) return [encodeFor(endpoint, frame, data)];
    return piecesFor(endpoint, frame, data, prompt);
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

/**
 * Where a run of messages ends that are all staged, or all short texts.
 * @param {(string | Uint8Array | null)[]} data
 * @param {number} from
 * @param {number} to
 */
function runEnd(data, from, to) {
  let end = from;
  if (data[from] === STAGED) {
    while (end < to && data[end] === STAGED) end++;
    return end;
  }
  for (; end < to; end++) {
    const text = data[end];
    if (typeof text !== 'string' || text.length > SHORT) break;
  }
  return end;
}
