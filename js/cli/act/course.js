// One direction of a connection through the proxy. As long as nothing acts on it, bytes pass as
// they come. Else messages are put together, and what becomes of each is decided before it goes
// on: in order, except that pings and pongs overtake what waits, so that no connection dies of it.
import { headEnd, MAX_HEAD } from '../inspect/request.js';
import { frameOf, OPCODES } from './frame-spec.js';
import { headerOf, isControl, Position, payloadOf } from './frames.js';

/** Longer messages pass as they are; no more than this waits, then the sender does. */
export const MAX_WAITING = 16 * 1024 * 1024;
const MAX_ENTRIES = 10_000;

/** @typedef {import('./judge.js').Direction} Direction */

/**
 * @typedef {object} Message
 * @property {Direction} direction
 * @property {number} opcode of its first frame
 * @property {boolean} masked
 * @property {boolean} compressed
 * @property {Buffer} bytes its frames
 * @property {Buffer} payload joined and unmasked
 * @property {string | undefined} text what its payload says, if it is a text that can be read
 */

/**
 * Something in its place in the order.
 * @typedef {object} Entry
 * @property {Buffer} bytes
 * @property {number} due when it may go on, by performance.now()
 * @property {boolean} held until somebody releases it
 * @property {boolean} part of a message that is too long to be kept
 */

/**
 * What decides about messages, and hears of what becomes of them.
 * @typedef {object} Decider
 * @property {() => boolean} active whether messages are to be looked at
 * @property {(course: Course, message: Message) => void} decide
 */

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export class Course {
  #direction;
  #decider;
  #note;
  #ready;
  #answered;
  #ended;
  /** @type {import('node:stream').Duplex | undefined} */
  #source;
  /** @type {import('node:stream').Duplex | undefined} */
  #sink;
  #position = new Position();
  /** Whether frames have begun; from a server, its answer comes first. */
  #framed;
  /** The answer so far; undefined when there will be no frames. @type {Buffer | undefined} */
  #head = Buffer.alloc(0);
  /** Whether the current message is put together. */
  #assembles = false;
  /** Pieces of the current frame. @type {Buffer[]} */
  #pieces = [];
  /** Frames of the current message. @type {Buffer[]} */
  #frames = [];
  #kept = 0;
  /** @type {Entry[]} */
  #queue = [];
  #waiting = 0;
  /** What is to be put in: as soon as a message has ended, or a frame, for control frames.
   * @type {{ bytes: Buffer, control: boolean, done: () => void, failed: (error: Error) => void }[]} */
  #injections = [];
  /** @type {NodeJS.Timeout | undefined} */
  #timer;
  /** The source is not read at the moment. */
  #paused = false;
  /** What is noted waits for the disk. */
  #behind = false;
  /** The source has ended. */
  #last = false;
  #over = false;

  /**
   * @param {Direction} direction
   * @param {object} with_
   * @param {Decider} with_.decider
   * @param {(bytes: Uint8Array) => void} with_.note what has gone on
   * @param {() => Promise<void> | undefined} with_.ready resolves when more may be noted; undefined
   *   at once
   * @param {(head: Buffer) => void} with_.answered from a server: its answer, which is 101
   * @param {() => void} with_.ended when all has gone on
   */
  constructor(direction, { decider, note, ready, answered, ended }) {
    this.#direction = direction;
    this.#decider = decider;
    this.#note = note;
    this.#ready = ready;
    this.#answered = answered;
    this.#ended = ended;
    this.#framed = direction === 'c2s';
  }

  /**
   * Begins.
   * @param {import('node:stream').Duplex} source
   * @param {import('node:stream').Duplex} sink
   * @param {Buffer} [first] what was read already
   */
  run(source, sink, first) {
    this.#source = source;
    this.#sink = sink;
    if (first?.length) this.#receive(first);
    source.on('data', (bytes) => this.#receive(bytes));
    // With nothing left to read, its end is told even to nobody.
    if (source.readableEnded) this.#finish();
    else source.on('end', () => this.#finish());
    sink.on('drain', () => this.#goOn());
    if (!this.#paused) source.resume();
  }

  /** @param {Buffer} bytes */
  #receive(bytes) {
    if (this.#over) return;
    const rest = this.#framed ? bytes : this.#answer(bytes);
    if (rest.length) this.#take(rest);
    const wait = this.#ready();
    if (wait) {
      this.#behind = true;
      wait.then(() => {
        this.#behind = false;
        this.#goOn();
      });
    }
    if (this.#full && !this.#paused) {
      this.#paused = true;
      this.#source?.pause();
    }
  }

  /** Whether the sender has to wait. */
  get #full() {
    return (
      this.#behind ||
      this.#sink?.writableNeedDrain ||
      this.#waiting > MAX_WAITING ||
      this.#queue.length > MAX_ENTRIES
    );
  }

  #goOn() {
    if (!this.#paused || this.#full || this.#over) return;
    this.#paused = false;
    this.#source?.resume();
  }

  #finish() {
    // What has no end passes without.
    this.#passPieces();
    this.#last = true;
    this.#pump();
  }

  destroy() {
    clearTimeout(this.#timer);
    this.#over = true;
    this.#queue = [];
    this.#fail();
  }

  #fail() {
    for (const { failed } of this.#injections) {
      failed(new Error('The connection has ended before it could be sent.'));
    }
    this.#injections = [];
  }

  /** Whether frames have begun, and not ended. */
  get open() {
    return this.#framed && !this.#last && !this.#over;
  }

  /**
   * Puts bytes between two messages, or two frames where they are a control frame's. Resolves
   * when they are on their way.
   * @param {Buffer} bytes
   * @param {boolean} control
   * @returns {Promise<void>}
   */
  inject(bytes, control) {
    return new Promise((done, failed) => {
      this.#injections.push({ bytes, control, done, failed });
      this.#putIn();
    });
  }

  /**
   * A message, or what has become of it, behind those that wait.
   * @param {Buffer} bytes
   * @param {object} [how]
   * @param {number} [how.delay] in milliseconds
   * @param {boolean} [how.held]
   * @returns {Entry}
   */
  enqueue(bytes, { delay = 0, held = false } = {}) {
    const entry = { bytes, due: performance.now() + delay, held, part: false };
    this.#push(entry);
    return entry;
  }

  /** Ahead of all that waits. @param {Buffer} bytes */
  overtake(bytes) {
    this.#emit(bytes);
  }

  /**
   * A held entry goes on, as these bytes; with none it is gone.
   * @param {Entry} entry
   * @param {Buffer} bytes
   * @param {number} [delay] in milliseconds
   */
  release(entry, bytes, delay = 0) {
    this.#waiting += bytes.length - entry.bytes.length;
    Object.assign(entry, { bytes, held: false, due: performance.now() + delay });
    this.#pump();
  }

  /**
   * Of a server's answer, what comes behind it.
   * @param {Buffer} bytes
   * @returns {Buffer}
   */
  #answer(bytes) {
    if (!this.#head) {
      this.#emit(bytes);
      return bytes.subarray(bytes.length);
    }
    const before = this.#head.length;
    this.#head = Buffer.concat([this.#head, bytes]);
    const end = headEnd(this.#head);
    const status = Number(
      /^HTTP\/1\.1 (\d{3})/.exec(this.#head.toString('latin1', 0, 12))?.[1],
    );
    if (end === undefined) {
      if (this.#head.length > MAX_HEAD) this.#head = undefined;
      this.#emit(bytes);
      return bytes.subarray(bytes.length);
    }
    const head = this.#head.subarray(0, end);
    this.#emit(bytes.subarray(0, end - before));
    const rest = bytes.subarray(end - before);
    if (status === 101) {
      this.#framed = true;
      this.#answered(head);
      this.#putIn();
      return rest;
    }
    // Behind an interim answer (RFC 9110 section 15.2) comes another.
    this.#head = status >= 100 && status < 200 ? Buffer.alloc(0) : undefined;
    return rest.length ? this.#answer(rest) : rest;
  }

  /** @param {Buffer} bytes */
  #take(bytes) {
    const { betweenMessages } = this.#position;
    if (betweenMessages) this.#assembles = this.#decider.active() || this.#queue.length > 0;
    if (!this.#assembles && !this.#decider.active() && this.#injections.length === 0) {
      for (let at = 0; at < bytes.length; ) at = this.#position.advance(bytes, at);
      this.#pass(bytes);
      return;
    }
    for (let at = 0; at < bytes.length; ) {
      if (this.#position.betweenMessages) {
        this.#assembles = this.#decider.active() || this.#queue.length > 0;
      }
      const end = this.#position.advance(bytes, at);
      const piece = bytes.subarray(at, end);
      at = end;
      if (this.#assembles) this.#assemble(piece);
      else this.#pass(piece);
      this.#putIn();
    }
  }

  /** @param {Buffer} piece of a frame */
  #assemble(piece) {
    this.#pieces.push(piece);
    this.#kept += piece.length;
    if (this.#kept > MAX_WAITING) {
      this.#passPieces();
      this.#assembles = false;
      return;
    }
    if (!this.#position.betweenFrames) return;
    const frame = this.#pieces.length === 1 ? piece : Buffer.concat(this.#pieces);
    this.#pieces = [];
    const header = headerOf(frame);
    if (header && isControl(header)) {
      this.#kept -= frame.length;
      this.#decide([frame]);
      return;
    }
    this.#frames.push(frame);
    if (!this.#position.betweenMessages) return;
    const frames = this.#frames;
    this.#frames = [];
    this.#kept = 0;
    this.#decide(frames);
  }

  /** @param {Buffer[]} frames */
  #decide(frames) {
    const headers = frames.map(headerOf).filter((header) => header !== undefined);
    const [{ opcode, masked, rsv1 }] = headers;
    const payload = Buffer.concat(frames.map((frame, i) => payloadOf(frame, headers[i])));
    this.#decider.decide(this, {
      direction: this.#direction,
      opcode,
      masked,
      compressed: rsv1,
      bytes: Buffer.concat(frames),
      payload,
      text: opcode === OPCODES.text && !rsv1 ? textOf(payload) : undefined,
    });
  }

  /** What was kept of an unfinished message goes on as it is. */
  #passPieces() {
    for (const bytes of [...this.#frames, ...this.#pieces]) this.#pass(bytes);
    this.#frames = [];
    this.#pieces = [];
    this.#kept = 0;
  }

  /** Bytes as they are, behind those that wait. @param {Buffer} bytes */
  #pass(bytes) {
    if (this.#queue.length === 0) this.#emit(bytes);
    else this.#push({ bytes, due: 0, held: false, part: true });
  }

  /** @param {Entry} entry */
  #push(entry) {
    this.#queue.push(entry);
    this.#waiting += entry.bytes.length;
    this.#pump();
  }

  #pump() {
    clearTimeout(this.#timer);
    for (let entry = this.#queue[0]; entry && !entry.held; entry = this.#queue[0]) {
      const early = entry.due - performance.now();
      if (early > 0) {
        this.#timer = setTimeout(() => this.#pump(), early);
        break;
      }
      this.#queue.shift();
      this.#waiting -= entry.bytes.length;
      this.#emit(entry.bytes);
    }
    this.#goOn();
    this.#putIn();
    if (this.#queue.length === 0 && this.#last && !this.#over) {
      this.#over = true;
      this.#fail();
      this.#ended();
      this.#sink?.end();
    }
  }

  #putIn() {
    if (this.#injections.length === 0 || !this.#framed) return;
    // A message that is put together has not left yet, not even its beginning.
    const whole = this.#assembles || this.#position.betweenMessages;
    const cut = this.#assembles || this.#position.betweenFrames;
    if (!cut || this.#queue.some(({ part }) => part)) return;
    const ready = whole ? this.#injections : this.#injections.filter(({ control }) => control);
    this.#injections = whole ? [] : this.#injections.filter(({ control }) => !control);
    for (const { bytes, done } of ready) {
      this.#emit(bytes);
      done();
    }
  }

  /** @param {Buffer} bytes */
  #emit(bytes) {
    if (bytes.length === 0 || this.#over) return;
    // First it goes on, so that nobody waits for what is made of it here.
    if (this.#sink?.writable) this.#sink.write(bytes);
    this.#note(bytes);
  }
}

/** @param {Buffer} payload */
function textOf(payload) {
  try {
    return utf8.decode(payload);
  } catch {
    return undefined;
  }
}

/**
 * A message in one frame, with another text in it.
 * @param {Message} message
 * @param {string | Buffer} payload
 */
export const rewritten = ({ opcode, masked }, payload) =>
  frameOf(opcode, Buffer.from(payload), masked);
