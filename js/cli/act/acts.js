// What acts on the connections of a proxy: rules, a hold (a breakpoint), and what is sent into them.
import { rewritten } from './course.js';
import { frameBytes, framesBytes, OPCODES } from './frame-spec.js';
import { headerOf, isControl } from './frames.js';
import { filterProblem, judge, Matcher } from './judge.js';
import { Rules } from './rules.js';

/** How long a message is held, in milliseconds, if nothing else is said. */
const HOLD = 30_000;
const MAX_HOLD = 86_400_000;
const MAX_DELAY = 86_400_000;
const MAX_COPIES = 1000;
/** Bytes of a message that whoever decides about it is shown. */
const SHOWN = 1024 * 1024;
/** Frames whose bytes are shown before they are sent. */
const SHOWN_FRAMES = 1000;

/** Something is wrong with what was asked for: the message says what. */
export class ActError extends Error {}

/** @typedef {import('./judge.js').Direction} Direction */
/** @typedef {import('./course.js').Course} Course */
/** @typedef {import('./course.js').Message} Message */

/**
 * A connection, as it can be acted on.
 * @typedef {object} Subject
 * @property {number} number
 * @property {string} client 'address:port'
 * @property {string} path
 * @property {{ c2s: Uint8Array, s2c?: Uint8Array }} heads the handshake
 * @property {{ c2s: Course, s2c: Course }} courses
 * @property {(how: 'reset' | 'end') => void} cut
 * @property {(text: string) => void} note
 * @property {Matcher} [matcher]
 */

/**
 * @typedef {object} Held
 * @property {number} held its number
 * @property {Subject} subject
 * @property {Course} course
 * @property {Message} message
 * @property {import('./course.js').Entry} entry
 * @property {number} until by Date.now()
 * @property {NodeJS.Timeout} timer
 */

/** @typedef {{ filter: string, direction: Direction | undefined, timeout: number, onTimeout: 'release' | 'drop' }} Hold */

export class Acts {
  /** @type {Rules | undefined} */
  rules;
  /** @type {Hold | undefined} */
  hold;
  /** @type {Map<number, Subject>} */
  #subjects = new Map();
  /** @type {Map<number, Held>} */
  #held = new Map();
  #count = 0;
  /** Those that hear of what happens, and can release. @type {Set<(event: object) => void>} */
  #controllers = new Set();

  /** Whether messages of new connections are looked at: they are not to be compressed. */
  get active() {
    return this.rules !== undefined || this.#holds;
  }

  /** Where nobody could release it, nothing is held. */
  get #holds() {
    return this.hold !== undefined && this.#controllers.size > 0;
  }

  /** @param {Subject} subject */
  add(subject) {
    this.#subjects.set(subject.number, subject);
    this.#tell({ event: 'open', ...about(subject) });
  }

  /** @param {Subject} subject whose connection is over */
  delete(subject) {
    if (!this.#subjects.delete(subject.number)) return;
    for (const one of this.#held.values()) {
      if (one.subject === subject) this.#settle(one, 'gone');
    }
    subject.matcher?.free();
    this.#tell({ event: 'closed', connection: subject.number });
  }

  /**
   * @param {(event: object) => void} hear
   * @returns {() => void} it leaves; what is held is until its time
   */
  join(hear) {
    this.#controllers.add(hear);
    return () => this.#controllers.delete(hear);
  }

  /** @param {Subject} subject @returns {import('./course.js').Decider} */
  deciderFor(subject) {
    return {
      active: () => this.active && subject.heads.s2c !== undefined,
      decide: (course, message) => this.#decide(subject, course, message),
    };
  }

  /**
   * @param {Subject} subject
   * @param {Course} course
   * @param {Message} message
   */
  #decide(subject, course, message) {
    const { heads } = subject;
    if (!heads.s2c) return course.overtake(message.bytes);
    const hold = this.#holds ? this.hold : undefined;
    const filters = [...(this.rules?.filters ?? []), ...(hold ? [hold.filter] : [])];
    subject.matcher ??= new Matcher({ c2s: heads.c2s, s2c: heads.s2c });
    const through = subject.matcher.through(message.direction, message.bytes, filters);
    const fate = this.#fate(subject, message, through);
    if (!fate) return undefined;
    const { now, delay, copies, changed } = fate;
    const caught =
      hold !== undefined &&
      through.has(hold.filter) &&
      (hold.direction === undefined || hold.direction === message.direction);
    const held = caught || (fate.hold && this.#controllers.size > 0);
    const urgent = message.opcode === OPCODES.ping || message.opcode === OPCODES.pong;
    if (urgent && !held && delay === 0) {
      for (let i = 0; i < copies; i++) course.overtake(now.bytes);
      return undefined;
    }
    const entry = course.enqueue(now.bytes, { delay, held });
    if (held) this.#catch(subject, course, now, entry);
    for (let i = 1; i < copies; i++) course.enqueue(now.bytes, { delay });
    if (changed) this.#tell({ event: 'changed', connection: subject.number });
    return undefined;
  }

  /**
   * What the rules make of a message; undefined when nothing is left of it.
   * @param {Subject} subject
   * @param {Message} message
   * @param {Set<string>} through
   */
  #fate(subject, message, through) {
    const fate = { now: message, delay: 0, copies: 1, hold: false, changed: false };
    const { rules } = this;
    if (!rules) return fate;
    for (const rule of rules.all) {
      if (!rules.applies(rule, fate.now, through)) continue;
      const say = (/** @type {string} */ what) => subject.note(`rule ${rule.name}: ${what}`);
      if (rule.replace && fate.now.text !== undefined) {
        const text = rule.replace(fate.now.text);
        if (text !== fate.now.text) {
          fate.now = {
            ...fate.now,
            text,
            payload: Buffer.from(text),
            bytes: rewritten(message, text),
          };
          fate.changed = true;
          say('replaced');
        }
      }
      if (rule.delay) {
        const delay = rules.delay(rule.delay);
        fate.delay += delay;
        say(`delayed by ${Math.round(delay)} ms`);
      }
      if (rule.duplicate) {
        fate.copies += rule.duplicate;
        say('duplicated');
      }
      if (rule.hold) fate.hold = true;
      if (rule.cut) {
        say('cut');
        subject.cut(rule.cut);
        return undefined;
      }
      if (rule.drop) {
        say('dropped');
        return undefined;
      }
    }
    return fate;
  }

  /**
   * @param {Subject} subject
   * @param {Course} course
   * @param {Message} message
   * @param {import('./course.js').Entry} entry
   */
  #catch(subject, course, message, entry) {
    const { timeout, onTimeout } = this.hold ?? { timeout: HOLD, onTimeout: 'release' };
    const held = ++this.#count;
    const timer = setTimeout(() => {
      const one = this.#held.get(held);
      if (!one) return;
      const gone = onTimeout === 'drop';
      this.#settle(one, gone ? 'timeout, dropped' : 'timeout, released');
      course.release(entry, gone ? NOTHING : entry.bytes);
    }, timeout);
    /** @type {Held} */
    const one = { held, subject, course, message, entry, until: Date.now() + timeout, timer };
    this.#held.set(held, one);
    this.#tell({ event: 'held', ...shown(one) });
  }

  /** @param {Held} one @param {string} how */
  #settle(one, how) {
    clearTimeout(one.timer);
    this.#held.delete(one.held);
    this.#tell({ event: 'settled', held: one.held, how });
  }

  /** @param {object} event */
  #tell(event) {
    for (const hear of this.#controllers) hear(event);
  }

  // What controllers ask for. Each throws an ActError, TypeError, RangeError or RuleError.

  list() {
    return {
      connections: [...this.#subjects.values()].map(about),
      held: [...this.#held.values()].map(shown),
      hold: this.hold ? holdInWords(this.hold) : null,
      rules: this.rules?.all.map(({ name, done }) => ({ name, applied: done })) ?? [],
    };
  }

  /**
   * @param {object} asked
   * @param {unknown} [asked.filter] '' for every message
   * @param {unknown} [asked.from] 'client' or 'server'; default both
   * @param {unknown} [asked.timeout] in seconds
   * @param {unknown} [asked.onTimeout] what a timeout does: 'release' (default) or 'drop'
   */
  setHold({ filter = '', from, timeout = HOLD / 1000, onTimeout = 'release' }) {
    if (typeof filter !== 'string') throw new ActError('filter must be a string.');
    const problem = filterProblem(filter);
    if (problem) throw new ActError(`filter: ${problem}`);
    if (from !== undefined && from !== 'client' && from !== 'server') {
      throw new ActError(`from is ${JSON.stringify(from)}; it must be client or server.`);
    }
    if (onTimeout !== 'release' && onTimeout !== 'drop') {
      throw new ActError(
        `onTimeout is ${JSON.stringify(onTimeout)}; it must be release or drop.`,
      );
    }
    const time = within(timeout, 'timeout', 0.1, MAX_HOLD / 1000) * 1000;
    const direction = from && (from === 'client' ? 'c2s' : 's2c');
    this.hold = { filter, direction, timeout: time, onTimeout };
    this.#tell({ event: 'hold', hold: holdInWords(this.hold) });
    return { hold: holdInWords(this.hold) };
  }

  /** Holds nothing any more; what is held goes on, or stays for its time. */
  endHold({ release = true } = {}) {
    this.hold = undefined;
    this.#tell({ event: 'hold', hold: null });
    const all = [...this.#held.values()];
    if (release) for (const { held } of all) this.release({ held });
    return { released: release ? all.length : 0 };
  }

  /**
   * @param {object} asked
   * @param {unknown} asked.held
   * @param {unknown} [asked.text] instead of what it says
   * @param {unknown} [asked.hex] the same in hex
   * @param {unknown} [asked.frames] or frames in its place, see frame-spec.js
   * @param {unknown} [asked.copies] how often it is sent; default 1
   * @param {unknown} [asked.delay] in milliseconds
   */
  release({ held, text, hex, frames, copies = 1, delay = 0 }) {
    const one = this.#heldOne(held);
    const times = whole(copies, 'copies', 1, MAX_COPIES);
    const later = within(delay, 'delay', 0, MAX_DELAY);
    const { message, entry, course } = one;
    let { bytes } = entry;
    if (text !== undefined || hex !== undefined) {
      const { opcode, masked } = message;
      bytes = frameBytes({ opcode, masked, text, hex }, message.direction);
    } else if (frames !== undefined) {
      bytes = Buffer.concat(framesOf(frames, message.direction));
    }
    const edited = bytes !== entry.bytes;
    if (bytes.length * times > SHOWN * 64)
      throw new ActError('Those are too many bytes at once.');
    this.#settle(one, edited ? 'edited' : 'released');
    course.release(entry, times === 1 ? bytes : Buffer.concat(Array(times).fill(bytes)), later);
    return {};
  }

  /** @param {{ held: unknown }} asked */
  drop({ held }) {
    const one = this.#heldOne(held);
    this.#settle(one, 'dropped');
    one.course.release(one.entry, NOTHING);
    return {};
  }

  /** @param {{ rules: unknown }} asked as in a file; null for none */
  setRules({ rules }) {
    this.rules = rules === null ? undefined : new Rules(rules);
    this.#tell({ event: 'rules', rules: this.list().rules });
    return { rules: this.list().rules };
  }

  /** @param {{ connection: unknown, how?: unknown }} asked */
  cut({ connection, how = 'reset' }) {
    if (how !== 'reset' && how !== 'end') throw new ActError('how must be reset or end.');
    this.#subject(connection).cut(how);
    return {};
  }

  /**
   * What frames would do, and their bytes.
   * @param {{ connection: unknown, to: unknown, frames: unknown }} asked
   */
  judge({ connection, to, frames }) {
    const { heads, direction, bytes } = this.#aimed({ connection, to, frames });
    return {
      ...judge(heads, direction, bytes),
      bytes: bytes.slice(0, SHOWN_FRAMES).map((each) => each.toString('hex')),
    };
  }

  /** @param {{ connection: unknown, to: unknown, frames: unknown }} asked */
  async send({ connection, to, frames }) {
    const { subject, heads, direction, bytes } = this.#aimed({ connection, to, frames });
    const course = subject.courses[direction];
    if (!course.open)
      throw new ActError(`The ${direction === 'c2s' ? 'client' : 'server'}'s side has ended.`);
    const judged = judge(heads, direction, bytes);
    const control = bytes.every((each) => {
      const header = headerOf(each);
      return header !== undefined && isControl(header);
    });
    await course.inject(Buffer.concat(bytes), control);
    return judged;
  }

  /** @param {{ connection: unknown, to: unknown, frames: unknown }} asked */
  #aimed({ connection, to, frames }) {
    const subject = this.#subject(connection);
    const { c2s, s2c } = subject.heads;
    if (!s2c) throw new ActError(`Connection ${connection} is not open yet.`);
    if (to !== 'client' && to !== 'server') {
      throw new ActError(`to is ${JSON.stringify(to)}; it must be client or server.`);
    }
    /** @type {Direction} */
    const direction = to === 'server' ? 'c2s' : 's2c';
    return { subject, heads: { c2s, s2c }, direction, bytes: framesOf(frames, direction) };
  }

  /** @param {unknown} number */
  #subject(number) {
    const subject = this.#subjects.get(Number(number));
    if (subject) return subject;
    const there = [...this.#subjects.keys()].slice(0, 20).join(', ') || 'none';
    throw new ActError(`There is no connection ${number} now. Open: ${there}.`);
  }

  /** @param {unknown} number */
  #heldOne(number) {
    const one = this.#held.get(Number(number));
    if (one) return one;
    throw new ActError(`No message ${number} is held: it went on, or its time was over.`);
  }
}

const NOTHING = Buffer.alloc(0);

/**
 * @param {unknown} frames
 * @param {Direction} direction
 */
function framesOf(frames, direction) {
  if (!Array.isArray(frames) || frames.length === 0 || frames.length > 1000) {
    throw new ActError('frames must be a list of 1 to 1000 frames.');
  }
  return framesBytes(frames, direction);
}

/** @param {Subject} subject */
const about = ({ number, client, path, heads, courses }) => ({
  connection: number,
  client,
  path,
  open: heads.s2c !== undefined && courses.c2s.open && courses.s2c.open,
  compressed: /^sec-websocket-extensions:.*permessage-deflate/im.test(
    Buffer.from(heads.s2c ?? []).toString('latin1'),
  ),
});

/** @param {Held} one */
function shown({ held, subject, message, until }) {
  const { direction, opcode, payload, text, compressed } = message;
  const cut = payload.length > SHOWN;
  return {
    held,
    connection: subject.number,
    client: subject.client,
    from: direction === 'c2s' ? 'client' : 'server',
    opcode,
    compressed,
    length: payload.length,
    // What is cut cannot be edited: its rest would be lost.
    ...(cut ? { cut } : {}),
    ...(text === undefined
      ? { hex: payload.toString('hex', 0, SHOWN) }
      : { text: cut ? text.slice(0, SHOWN) : text }),
    until,
  };
}

/** @param {Hold} hold */
const holdInWords = ({ filter, direction, timeout, onTimeout }) => ({
  filter,
  from: direction && (direction === 'c2s' ? 'client' : 'server'),
  timeout: timeout / 1000,
  onTimeout,
});

/** @param {unknown} value @param {string} name @param {number} least @param {number} most */
function within(value, name, least, most) {
  if (typeof value === 'number' && value >= least && value <= most) return value;
  throw new ActError(
    `${name} is ${JSON.stringify(value)}; it must be a number from ${least} to ${most}.`,
  );
}

/** @param {unknown} value @param {string} name @param {number} least @param {number} most */
function whole(value, name, least, most) {
  if (Number.isInteger(value)) return within(value, name, least, most);
  throw new ActError(`${name} is ${JSON.stringify(value)}; it must be a whole number.`);
}
