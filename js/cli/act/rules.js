// Rules for what passes through the proxy, as a file has them:
//
//     { "seed": 1, "rules": [
//       { "name": "slow", "from": "server", "filter": "op:text", "delay": 500 },
//       { "name": "bob", "from": "client", "replace": { "path": "$.user", "with": "bob" } },
//       { "name": "lossy", "opcode": "binary", "share": 0.1, "drop": true } ] }
//
// A rule says which messages it is about (from, filter, opcode, regex, share, times), and what is
// done with them (replace, delay, drop, duplicate, cut, hold). Rules apply in their order, each
// to what the one before has made of it.
import { parsePath, places } from '../base/json-path.js';
import { OPCODES } from './frame-spec.js';
import { filterProblem } from './judge.js';

const ABOUT = ['name', 'from', 'filter', 'opcode', 'regex', 'share', 'times'];
const ACTIONS = ['replace', 'delay', 'drop', 'duplicate', 'cut', 'hold'];
/** Milliseconds, a day: what is meant to wait longer is meant to be held. */
const MAX_DELAY = 86_400_000;
const MAX_COPIES = 1000;

/** Something is wrong with the rules: the message names the rule and the key. */
export class RuleError extends Error {}

/** @typedef {import('./judge.js').Direction} Direction */

/**
 * @typedef {object} Rule
 * @property {string} name
 * @property {Direction | undefined} direction
 * @property {string | undefined} filter
 * @property {number | undefined} opcode
 * @property {RegExp | undefined} regex
 * @property {number} share
 * @property {number} times how often it applies at most
 * @property {number} done how often it has
 * @property {((text: string) => string) | undefined} replace
 * @property {[number, number] | undefined} delay from, to, in milliseconds
 * @property {boolean} drop
 * @property {number} duplicate copies beside the message
 * @property {'reset' | 'end' | undefined} cut
 * @property {boolean} hold
 */

export class Rules {
  #random;
  /** @type {Rule[]} */
  all;

  /** @param {unknown} given as in the file; throws a RuleError */
  constructor(given) {
    const file = object(given, 'the file');
    onlyKeys(file, ['seed', 'rules'], 'the file');
    const seed =
      'seed' in file ? number(file.seed, 'the file', 'seed', 0, 2 ** 32 - 1, true) : undefined;
    this.#random = seed === undefined ? Math.random : randomFrom(seed);
    if (!Array.isArray(file.rules)) throw new RuleError('the file has no list "rules".');
    this.all = file.rules.map(ruleOf);
  }

  /** The filters that messages are to be tried against. */
  get filters() {
    return this.all.flatMap(({ filter }) => (filter === undefined ? [] : [filter]));
  }

  /**
   * Whether a rule applies now.
   * @param {Rule} rule
   * @param {import('./course.js').Message} message
   * @param {Set<string>} through the filters that let it through
   */
  applies(rule, message, through) {
    const { direction, filter, opcode, regex, share, times, done } = rule;
    if (done >= times) return false;
    if (direction !== undefined && direction !== message.direction) return false;
    if (opcode !== undefined && opcode !== message.opcode) return false;
    if (filter !== undefined && !through.has(filter)) return false;
    if (regex && (message.text === undefined || !regex.test(message.text))) return false;
    if (share < 1 && this.#random() >= share) return false;
    rule.done++;
    return true;
  }

  /** @param {[number, number]} range */
  delay([from, to]) {
    return from + (to - from) * this.#random();
  }
}

/** @param {unknown} given @param {number} index @returns {Rule} */
function ruleOf(given, index) {
  const number_ = `rule ${index + 1}`;
  const rule = object(given, number_);
  const name = rule.name === undefined ? number_ : text(rule.name, number_, 'name');
  const where = rule.name === undefined ? number_ : `${number_} (${JSON.stringify(name)})`;
  onlyKeys(rule, [...ABOUT, ...ACTIONS], where);
  if (!ACTIONS.some((key) => key in rule)) {
    throw new RuleError(`${where} does nothing: it needs one of ${ACTIONS.join(', ')}.`);
  }
  const from = choice(rule.from, where, 'from', ['client', 'server']);
  if (rule.filter !== undefined) {
    const problem = filterProblem(text(rule.filter, where, 'filter'));
    if (problem) throw new RuleError(`${where}, "filter": ${problem}.`);
  }
  const cut = rule.cut === true ? 'reset' : choice(rule.cut, where, 'cut', ['reset', 'end']);
  return {
    name,
    direction: from && (from === 'client' ? 'c2s' : 's2c'),
    filter: /** @type {string | undefined} */ (rule.filter),
    opcode: rule.opcode === undefined ? undefined : opcodeOf(rule.opcode, where),
    regex: rule.regex === undefined ? undefined : regexOf(rule.regex, where, 'regex'),
    share: number(rule.share ?? 1, where, 'share', 0, 1),
    times:
      rule.times === undefined
        ? Infinity
        : number(rule.times, where, 'times', 1, 2 ** 53, true),
    done: 0,
    replace: rule.replace === undefined ? undefined : replacement(rule.replace, where),
    delay: rule.delay === undefined ? undefined : delayOf(rule.delay, where),
    drop: flag(rule.drop ?? false, where, 'drop'),
    duplicate:
      rule.duplicate === true
        ? 1
        : number(rule.duplicate ?? 0, where, 'duplicate', 0, MAX_COPIES, true),
    cut,
    hold: flag(rule.hold ?? false, where, 'hold'),
  };
}

/**
 * @param {unknown} given
 * @param {string} where
 * @returns {(text: string) => string}
 */
function replacement(given, where) {
  const at = `${where}, "replace"`;
  const { regex, path, ...rest } = object(given, at);
  onlyKeys(rest, ['with'], at, ['regex', 'path', 'with']);
  if (!('with' in rest)) throw new RuleError(`${at} has no "with", what to put there.`);
  if ((regex === undefined) === (path === undefined)) {
    throw new RuleError(`${at} needs "regex" or "path", one of them.`);
  }
  if (regex !== undefined) {
    const pattern = regexOf(regex, at, 'regex');
    const by = text(rest.with, at, 'with');
    return (whole) => whole.replace(pattern, by);
  }
  /** @type {import('../base/json-path.js').Segment[]} */
  let segments;
  try {
    segments = parsePath(text(path, at, 'path'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new RuleError(`${at}, "path": ${error.message}.`);
  }
  return (whole) => {
    let value;
    try {
      value = JSON.parse(whole);
    } catch {
      return whole;
    }
    const { root, found } = places(value, segments);
    // Untouched, it keeps its spaces and the order of its names.
    if (found.length === 0) return whole;
    for (const { holder, key } of found) holder[key] = rest.with;
    return JSON.stringify(root.$);
  };
}

/** @param {unknown} given @param {string} where @returns {[number, number]} */
function delayOf(given, where) {
  const one = (/** @type {unknown} */ value) => number(value, where, 'delay', 0, MAX_DELAY);
  if (!Array.isArray(given)) return [one(given), one(given)];
  if (given.length !== 2) throw new RuleError(`${where}, "delay": write [from, to].`);
  const [from, to] = given.map(one);
  if (from > to) throw new RuleError(`${where}, "delay": ${from} is more than ${to}.`);
  return [from, to];
}

/** @param {unknown} given @param {string} where */
function opcodeOf(given, where) {
  if (typeof given === 'string' && Object.hasOwn(OPCODES, given)) return OPCODES[given];
  if (typeof given === 'number' && Number.isInteger(given) && given >= 0 && given < 16) {
    return given;
  }
  throw new RuleError(
    `${where}, "opcode" is ${JSON.stringify(given)}; it must be ${Object.keys(OPCODES).join(', ')}, or a number from 0 to 15.`,
  );
}

/** @param {unknown} given @param {string} where @param {string} key */
function regexOf(given, where, key) {
  const [, pattern, flags] = /^\/(.*)\/([a-z]*)$/s.exec(text(given, where, key)) ?? [];
  if (pattern === undefined) {
    throw new RuleError(`${where}, "${key}": write it as "/pattern/flags".`);
  }
  try {
    // One that is tried again and again must not go on from its last place.
    return new RegExp(
      pattern,
      key === 'regex' && !where.endsWith('"replace"') ? flags.replace(/[gy]/g, '') : flags,
    );
  } catch (error) {
    throw new RuleError(
      `${where}, "${key}": ${error instanceof Error ? error.message : error}.`,
    );
  }
}

/** @param {unknown} value @param {string} where @returns {Record<string, unknown>} */
function object(value, where) {
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
    return /** @type {Record<string, unknown>} */ (value);
  }
  throw new RuleError(`${where} is ${JSON.stringify(value)}; it must be an object.`);
}

/**
 * @param {Record<string, unknown>} value
 * @param {string[]} keys
 * @param {string} where
 * @param {string[]} [named]
 */
function onlyKeys(value, keys, where, named = keys) {
  for (const key of Object.keys(value)) {
    if (keys.includes(key)) continue;
    throw new RuleError(
      `${where} has no key ${JSON.stringify(key)}; there are ${named.join(', ')}.`,
    );
  }
}

/** @param {unknown} value @param {string} where @param {string} key */
function text(value, where, key) {
  if (typeof value === 'string') return value;
  throw new RuleError(`${where}, "${key}" is ${JSON.stringify(value)}; it must be a string.`);
}

/** @param {unknown} value @param {string} where @param {string} key */
function flag(value, where, key) {
  if (typeof value === 'boolean') return value;
  throw new RuleError(
    `${where}, "${key}" is ${JSON.stringify(value)}; it must be true or false.`,
  );
}

/**
 * @param {unknown} value
 * @param {string} where
 * @param {string} key
 * @param {number} least
 * @param {number} most
 */
function number(value, where, key, least, most, whole = false) {
  const fits = typeof value === 'number' && value >= least && value <= most;
  if (fits && (!whole || Number.isInteger(value))) return value;
  throw new RuleError(
    `${where}, "${key}" is ${JSON.stringify(value)}; it must be a ${whole ? 'whole ' : ''}number from ${least} to ${most}.`,
  );
}

/**
 * @template {string} T
 * @param {unknown} value
 * @param {string} where
 * @param {string} key
 * @param {T[]} words
 */
function choice(value, where, key, words) {
  const found = words.find((word) => word === value);
  if (value === undefined || found) return found;
  throw new RuleError(
    `${where}, "${key}" is ${JSON.stringify(value)}; it must be ${words.join(' or ')}.`,
  );
}

/** Numbers that come again with the same seed: a test that failed fails again. @param {number} seed */
function randomFrom(seed) {
  let state = seed >>> 0;
  // mulberry32
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
