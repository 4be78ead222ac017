// What is different between the answers that were captured and those that came.

import { UsageError } from '../base/failure.js';
import { parsePath, places } from '../base/json-path.js';
import { regex } from './variables.js';

/** Pairs that are looked at to find which answers belong together; beyond that, by number. */
const MAX_PAIRS = 4_000_000;
/** Differences that are told of one pair of messages. */
const TOLD = 20;
/** Characters that are told of a text. */
const SHOWN = 60;

/** @typedef {import('./script.js').Said} Said */

/**
 * `expected` and `actual` count from 0. A change has both, what is missing only the first, what
 * is new only the second.
 * @typedef {object} Difference
 * @property {'changed' | 'missing' | 'new'} kind
 * @property {number} [expected]
 * @property {number} [actual]
 * @property {string[]} details one line each
 */

/** What is not compared: `--ignore` of JSON paths and regular expressions. */
export class Ignored {
  #paths;
  #patterns;

  /** @param {string[]} given */
  constructor(given) {
    const isPattern = (/** @type {string} */ text) => text.startsWith('/');
    this.#patterns = given
      .filter(isPattern)
      .map((text) => new RegExp(regex(text, '--ignore'), `${regex(text, '--ignore').flags}g`));
    this.#paths = given.filter((text) => !isPattern(text)).map(path);
  }

  /**
   * What is left of a message, to be compared: JSON as a value, other text as text.
   * @param {Said} said
   * @returns {{ json: unknown } | { text: string } | { bytes: Buffer }}
   */
  rest({ type, data }) {
    if (type === 'binary') return { bytes: Buffer.from(data) };
    const text = `${data}`;
    const value = jsonOf(text);
    if (value === undefined) return { text: this.#without(text) };
    const { root } = places(value, []);
    for (const path of this.#paths) {
      for (const { holder, key } of places(root.$, path).found) delete holder[key];
    }
    if (this.#patterns.length === 0) return { json: root.$ };
    const left = this.#without(JSON.stringify(root.$, sorted));
    // What is blanked out may leave no JSON.
    const json = jsonOf(left);
    return json === undefined ? { text: left } : { json };
  }

  /** @param {string} text */
  #without(text) {
    return this.#patterns.reduce((left, pattern) => left.replace(pattern, '…'), text);
  }
}

/** @param {string} text */
function path(text) {
  try {
    return parsePath(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : error;
    throw new UsageError(`--ignore: ${why}. Or write /a regular expression/.`);
  }
}

/**
 * The value of text that is a JSON object or array, and not so deep that it could not be written
 * again; else undefined.
 * @param {string} text
 */
function jsonOf(text) {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    const value = JSON.parse(text);
    JSON.stringify(value, sorted);
    return value;
  } catch {
    return undefined;
  }
}

/**
 * @param {Said[]} expected
 * @param {Said[]} actual
 * @param {{ ignored?: Ignored, anyOrder?: boolean }} [options]
 * @returns {{ same: number, differences: Difference[] }}
 */
export function compare(
  expected,
  actual,
  { ignored = new Ignored([]), anyOrder = false } = {},
) {
  const rest = (/** @type {Said} */ said) => ignored.rest(said);
  const [ours, theirs] = [expected.map(rest), actual.map(rest)];
  const keys = [ours.map(keyOf), theirs.map(keyOf)];
  const pairs = anyOrder ? byContent(keys[0], keys[1]) : aligned(keys[0], keys[1]);
  /** @type {Difference[]} */
  const differences = [];
  let [i, j] = [0, 0];
  /** @param {number} untilI @param {number} untilJ what lies before the next pair */
  const close = (untilI, untilJ) => {
    for (; i < untilI || j < untilJ; ) {
      if (i < untilI && j < untilJ) {
        const details = told(ours[i], theirs[j]);
        differences.push({ kind: 'changed', expected: i++, actual: j++, details });
      } else if (i < untilI) {
        differences.push({ kind: 'missing', expected: i, details: [shown(ours[i++])] });
      } else differences.push({ kind: 'new', actual: j, details: [shown(theirs[j++])] });
    }
  };
  if (anyOrder) {
    const [takenI, takenJ] = [new Set(pairs.map(([a]) => a)), new Set(pairs.map(([, b]) => b))];
    const left = (/** @type {unknown[]} */ all, /** @type {Set<number>} */ taken) =>
      [...all.keys()].filter((n) => !taken.has(n));
    for (const n of left(ours, takenI)) {
      differences.push({ kind: 'missing', expected: n, details: [shown(ours[n])] });
    }
    for (const n of left(theirs, takenJ)) {
      differences.push({ kind: 'new', actual: n, details: [shown(theirs[n])] });
    }
  } else {
    for (const [a, b] of pairs) {
      close(a, b);
      [i, j] = [a + 1, b + 1];
    }
    close(ours.length, theirs.length);
  }
  return { same: pairs.length, differences };
}

/** @param {ReturnType<Ignored['rest']>} rest */
function keyOf(rest) {
  if ('bytes' in rest) return `b${rest.bytes.toString('latin1')}`;
  if ('text' in rest) return `t${rest.text}`;
  return `j${JSON.stringify(rest.json, sorted)}`;
}

/** The order of names is not part of a JSON object. @param {string} _ @param {unknown} value */
function sorted(_, value) {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/**
 * Pairs of equal ones in any order.
 * @param {string[]} a
 * @param {string[]} b
 */
function byContent(a, b) {
  /** @type {Map<string, number[]>} */
  const left = new Map();
  b.forEach((key, j) => {
    const those = left.get(key);
    if (those) those.push(j);
    else left.set(key, [j]);
  });
  /** @type {[number, number][]} */
  const pairs = [];
  a.forEach((key, i) => {
    const j = left.get(key)?.shift();
    if (j !== undefined) pairs.push([i, j]);
  });
  return pairs;
}

/**
 * The longest common subsequence.
 * @param {string[]} a
 * @param {string[]} b
 * @returns {[number, number][]}
 */
function aligned(a, b) {
  /** @type {[number, number][]} */
  const head = [];
  while (head.length < Math.min(a.length, b.length) && a[head.length] === b[head.length]) {
    head.push([head.length, head.length]);
  }
  const from = head.length;
  /** @type {[number, number][]} */
  const tail = [];
  let [m, n] = [a.length, b.length];
  while (m > from && n > from && a[m - 1] === b[n - 1]) tail.unshift([--m, --n]);
  if ((m - from) * (n - from) > MAX_PAIRS) {
    for (let i = from; i < Math.min(m, n); i++) if (a[i] === b[i]) head.push([i, i]);
    return [...head, ...tail];
  }
  const width = n - from + 1;
  // lengths[i][j]: the longest of what begins there.
  const lengths = new Uint32Array((m - from + 1) * width);
  for (let i = m - from - 1; i >= 0; i--) {
    for (let j = n - from - 1; j >= 0; j--) {
      lengths[i * width + j] =
        a[from + i] === b[from + j]
          ? lengths[(i + 1) * width + j + 1] + 1
          : Math.max(lengths[(i + 1) * width + j], lengths[i * width + j + 1]);
    }
  }
  for (let i = 0, j = 0; i < m - from && j < n - from; ) {
    if (a[from + i] === b[from + j]) head.push([from + i++, from + j++]);
    else if (lengths[(i + 1) * width + j] >= lengths[i * width + j + 1]) i++;
    else j++;
  }
  return [...head, ...tail];
}

/**
 * @param {ReturnType<Ignored['rest']>} a
 * @param {ReturnType<Ignored['rest']>} b
 */
function told(a, b) {
  if ('json' in a && 'json' in b) {
    /** @type {string[]} */
    const lines = [];
    jsonDifferences(a.json, b.json, lines);
    if (lines.length <= TOLD) return lines;
    return [...lines.slice(0, TOLD), `and ${lines.length - TOLD} more`];
  }
  if ('bytes' in a && 'bytes' in b) {
    const at = firstDifference(a.bytes, b.bytes);
    const part = (/** @type {Buffer} */ bytes) =>
      bytes.toString('hex', at, at + 8) || 'its end';
    return [
      `at byte ${at}: ${part(a.bytes)} → ${part(b.bytes)} (${a.bytes.length} → ${b.bytes.length} B)`,
    ];
  }
  if ('text' in a && 'text' in b) {
    const at = firstDifference(a.text, b.text);
    const from = Math.max(0, at - 10);
    const part = (/** @type {string} */ text) => JSON.stringify(text.slice(from, from + SHOWN));
    return [`from character ${at} on: ${part(a.text)} → ${part(b.text)}`];
  }
  return [`${shown(a)} → ${shown(b)}`];
}

/** @param {ArrayLike<unknown>} a @param {ArrayLike<unknown>} b */
function firstDifference(a, b) {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return at;
}

/**
 * Without recursion: what peers send may be nested deeply.
 * @param {unknown} a
 * @param {unknown} b
 * @param {string[]} lines
 */
function jsonDifferences(a, b, lines) {
  /** @type {[string, any, any][]} */
  const left = [['$', a, b]];
  for (let next = left.pop(); next; next = left.pop()) {
    const [at, x, y] = next;
    const isObject = (/** @type {unknown} */ v) => v !== null && typeof v === 'object';
    if (!isObject(x) || !isObject(y) || Array.isArray(x) !== Array.isArray(y)) {
      if (x !== y) lines.push(`${at}: ${literal(x)} → ${literal(y)}`);
      continue;
    }
    const names = new Set([...Object.keys(x), ...Object.keys(y)]);
    for (const name of [...names].reverse()) {
      const place = Array.isArray(x)
        ? `[${name}]`
        : /^[A-Za-z_]\w*$/.test(name)
          ? `.${name}`
          : `[${JSON.stringify(name)}]`;
      left.push([at + place, own(x, name), own(y, name)]);
    }
  }
}

/** @param {any} value @param {string} name */
const own = (value, name) => (Object.hasOwn(value, name) ? value[name] : undefined);

/** @param {unknown} value */
const literal = (value) => (value === undefined ? 'nothing' : short(JSON.stringify(value)));

/** @param {string} text */
const short = (text) => (text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text);

/** @param {ReturnType<Ignored['rest']>} rest */
function shown(rest) {
  if ('json' in rest) return short(JSON.stringify(rest.json));
  if ('text' in rest) return short(JSON.stringify(rest.text));
  return short(`${rest.bytes.length} B ${rest.bytes.toString('hex', 0, SHOWN)}`);
}
