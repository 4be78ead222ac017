// What is not the same the next time: tokens, session numbers, names. `{{name}}` stands for it.
import { UsageError } from '../base/failure.js';

const NAME = /^[\w.-]+$/;
const MARK = /\{\{([\w.-]+)\}\}/g;

/** `name=value`, from an option. @param {string} text @param {string} option */
function pair(text, option) {
  const equals = text.indexOf('=');
  const name = text.slice(0, Math.max(0, equals));
  if (!NAME.test(name)) {
    throw new UsageError(
      `${option} is ${JSON.stringify(text)}; write name=value, the name of letters, digits, _, - and dots.`,
    );
  }
  return { name, value: text.slice(equals + 1) };
}

export class Variables {
  /** What they are now. @type {Map<string, string>} */
  #now = new Map();
  /** What they were in the capture. @type {Map<string, string>} */
  #then = new Map();
  /** @type {{ name: string, pattern: RegExp }[]} */
  #takes = [];

  /**
   * @param {object} given texts of options, `name=value` each
   * @param {string[]} [given.set]
   * @param {string[]} [given.was]
   * @param {string[]} [given.take] `name=/regex/`
   */
  constructor({ set = [], was = [], take = [] }) {
    for (const text of set) {
      const { name, value } = pair(text, '--set');
      this.#now.set(name, value);
    }
    for (const text of was) {
      const { name, value } = pair(text, '--was');
      if (value === '') throw new UsageError(`--was ${text}: it has no text to look for.`);
      this.#then.set(name, value);
    }
    for (const text of take) {
      const { name, value } = pair(text, '--take');
      this.#takes.push({ name, pattern: regex(value, `--take ${name}`) });
    }
    for (const name of this.#then.keys()) {
      const comes = this.#now.has(name) || this.#takes.some((one) => one.name === name);
      if (!comes) {
        throw new UsageError(`--was ${name}=… has no value to send instead: --set ${name}=….`);
      }
    }
  }

  /** Notes what an answer of the capture has of them. @param {string} text */
  learnThen(text) {
    this.#takeFrom(text, this.#then);
  }

  /** Notes what an answer of the server has of them. @param {string} text */
  learnNow(text) {
    this.#takeFrom(text, this.#now);
  }

  /**
   * A captured text with the values of now.
   * @param {string} text
   */
  fill(text) {
    let marked = text;
    for (const [name, value] of this.#then) {
      if (this.#now.has(name)) marked = marked.replaceAll(value, `{{${name}}}`);
    }
    return marked.replace(MARK, (mark, name) => this.#now.get(name) ?? mark);
  }

  /**
   * Names in a text that have no value and that nothing gives one.
   * @param {string} text
   */
  unknown(text) {
    return Array.from(text.matchAll(MARK), ([, name]) => name).filter(
      (name) => !this.#now.has(name) && !this.#takes.some((one) => one.name === name),
    );
  }

  /**
   * The first that matches gives the value.
   * @param {string} text
   * @param {Map<string, string>} into
   */
  #takeFrom(text, into) {
    for (const { name, pattern } of this.#takes) {
      const match = into === this.#then && into.has(name) ? undefined : pattern.exec(text);
      if (match && !(into === this.#now && this.#taken.has(name))) {
        into.set(name, match[1] ?? match[0]);
        if (into === this.#now) this.#taken.add(name);
      }
    }
  }

  /** @type {Set<string>} */
  #taken = new Set();
}

/**
 * `/pattern/flags`.
 * @param {string} text
 * @param {string} option
 */
export function regex(text, option) {
  const [, pattern, flags] = /^\/(.*)\/([a-z]*)$/s.exec(text) ?? [];
  try {
    if (pattern !== undefined) return new RegExp(pattern, flags.replace(/[gy]/g, ''));
  } catch (error) {
    throw new UsageError(`${option}: ${error instanceof Error ? error.message : error}`);
  }
  throw new UsageError(`${option} is ${JSON.stringify(text)}; write it as /pattern/flags.`);
}
