// What a replay is to do, from its options: those of the command line, which the page sends, too.
import { UsageError } from '../base/failure.js';
import { header, number } from '../base/options.js';
import { Ignored } from './compare.js';
import { Variables } from './variables.js';

const DAY = 86_400;
/** In seconds. */
const WAIT = 5;
const TIMEOUT = 10;

/**
 * Options as `parseArgs` gives them.
 * @typedef {object} Values
 * @property {string} [to]
 * @property {string} [connection]
 * @property {string} [side]
 * @property {string} [filter]
 * @property {string} [speed]
 * @property {boolean} [in-turn]
 * @property {boolean} [frames]
 * @property {string} [wait]
 * @property {string[]} [set]
 * @property {string[]} [was]
 * @property {string[]} [take]
 * @property {string[]} [ignore]
 * @property {boolean} [any-order]
 * @property {string} [expect]
 * @property {string[]} [header]
 * @property {boolean} [with-headers]
 * @property {string} [timeout]
 */

/** @typedef {ReturnType<typeof settingsOf>} Settings */

/** @param {Values} values @throws UsageError which names the option */
export function settingsOf(values) {
  const variables = new Variables(values);
  if (values.to === undefined) {
    throw new UsageError('Where to send it? Give --to URL, for example ws://127.0.0.1:8080.');
  }
  const side = oneOf(values.side ?? 'client', '--side', ['client', 'server']);
  return {
    variables,
    to: values.to,
    /** @type {'c2s' | 's2c'} */
    side: side === 'client' ? 'c2s' : 's2c',
    speed: speedOf(values.speed ?? '1'),
    expect: expectOf(values.expect ?? 'same'),
    ignored: new Ignored(values.ignore ?? []),
    headers: (values.header ?? []).map(header),
    wait: (number(values.wait, '--wait', 0, DAY) ?? WAIT) * 1000,
    connection: number(values.connection, '--connection', 0, 2 ** 32),
    handshakeTimeout: (number(values.timeout, '--timeout', 0.1, DAY) ?? TIMEOUT) * 1000,
    filter: values.filter ?? '',
    inTurn: values['in-turn'] ?? false,
    frames: values.frames ?? false,
    anyOrder: values['any-order'] ?? false,
    withHeaders: values['with-headers'] ?? false,
  };
}

/** @param {string} text */
function speedOf(text) {
  if (text === 'max') return Infinity;
  return number(text, '--speed', 0.001, 1e6) ?? 1;
}

/** @param {string} text */
function expectOf(text) {
  if (/^\d{4}$/.test(text)) return Number(text);
  return oneOf(text, '--expect', ['same', 'count', 'any'], ' or a close code');
}

/**
 * @template {string} T
 * @param {string} text
 * @param {string} option
 * @param {T[]} words
 * @param {string} [more]
 */
function oneOf(text, option, words, more = '') {
  const found = words.find((word) => word === text);
  if (found) return found;
  throw new UsageError(
    `${option} is ${JSON.stringify(text)}; it must be ${words.join(', ')}${more}.`,
  );
}
