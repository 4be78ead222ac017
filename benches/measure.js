// How things are measured, in Node and in browsers: all contenders in one process, in rounds,
// each against the reference of the same round, so that what slows the machine down slows all.

/**
 * @typedef {object} Contender
 * @property {string} name
 * @property {() => number | Promise<number>} pass does the work once and gives the milliseconds
 *   that it took, preparations left out
 */

/**
 * @typedef {object} Plan
 * @property {number} rounds
 * @property {number} budget milliseconds of measured work a contender and round
 * @property {number} warmUp milliseconds of work before the first round
 * @property {number} [limit] milliseconds on the clock after which no further round is begun,
 *   once there are three: on a busy machine a quick run must be quick all the same
 * @property {'minor' | 'major'} [gc] what is collected before each turn
 */

/**
 * @typedef {object} Figures of a contender
 * @property {number} rate median of passes a second
 * @property {number} ratio median of the rounds' ratios to the reference
 * @property {[number, number]} spread quartiles of these ratios
 * @property {number[]} ratios of every round
 * @property {number[]} rates of every round
 */

/** @type {Record<'full' | 'quick' | 'collected', Plan>} */
export const plans = {
  full: { rounds: 31, budget: 20, warmUp: 150 },
  quick: { rounds: 13, budget: 3, warmUp: 30, limit: 400 },
  /** As in a program that collects in full five times a second. */
  collected: { rounds: 7, budget: 200, warmUp: 150, gc: 'major' },
};

/** @param {number[]} values */
export const median = (values) => quantile(values, 0.5);

/**
 * @param {number[]} values
 * @param {number} share
 */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const low = sorted[Math.floor(at)];
  return low + (sorted[Math.ceil(at)] - low) * (at % 1);
}

/**
 * Measures all contenders in turn; the first is the reference.
 * @param {Contender[]} contenders
 * @param {Plan} plan
 * @returns {Promise<Record<string, Figures>>}
 */
export async function interleave(
  contenders,
  { rounds, budget, warmUp, limit = Infinity, gc = 'minor' },
) {
  for (const contender of contenders) if (warmUp) await rate(contender, warmUp, gc);
  /** @type {Map<Contender, number[]>} */
  const rates = new Map(contenders.map((contender) => [contender, []]));
  const begun = performance.now();
  for (let round = 0; round < rounds; round++) {
    if (round >= 3 && performance.now() - begun > limit) break;
    // Nobody is always the one who runs after the same other.
    for (const contender of turned(contenders, round)) {
      rates.get(contender)?.push(await rate(contender, budget, gc));
    }
  }
  const reference = rates.get(contenders[0]) ?? [];
  return Object.fromEntries(
    contenders.map(({ name }, i) => [name, figures(rates.get(contenders[i]) ?? [], reference)]),
  );
}

/**
 * @param {number[]} rates
 * @param {number[]} reference
 * @returns {Figures}
 */
export function figures(rates, reference) {
  const ratios = rates.map((rate, round) => rate / reference[round]);
  return {
    rate: median(rates),
    ratio: median(ratios),
    spread: [quantile(ratios, 0.25), quantile(ratios, 0.75)],
    ratios,
    rates,
  };
}

/**
 * Passes a second. Garbage of others is collected first, where that can be asked for; a
 * contender's own is part of its price. Only the young by default, which gives what no collection
 * gives. It matters: see README.md about full ones.
 * @param {Contender} contender
 * @param {number} budget
 * @param {'minor' | 'major'} type
 */
async function rate({ pass }, budget, type) {
  const { gc } = /** @type {{ gc?: (options?: object) => void }} */ (globalThis);
  // Node 20 takes any options for a minor collection, `type: 'major'` included.
  if (type === 'major') gc?.();
  else gc?.({ type });
  let time = 0;
  let passes = 0;
  do {
    const took = pass();
    time += typeof took === 'number' ? took : await took;
    passes++;
  } while (time < budget);
  // Node's streams put off some of their work, browsers their timers.
  await new Promise((resolve) => setTimeout(resolve, 0));
  return (passes * 1000) / time;
}

/**
 * The same, begun at another place.
 * @template T
 * @param {T[]} list
 * @param {number} by
 */
const turned = (list, by) => list.map((_, i) => list[(i + by) % list.length]);

/**
 * What every received message goes to, whoever received it: each text and each payload is
 * touched, so that no engine can put off or leave out making it. (A string that V8 has put
 * together lazily becomes a real one when a character of it is asked for.)
 */
export class Tally {
  count = 0;
  sum = 0;
  /** @type {unknown[] | undefined} All that came, while the contenders are being verified. */
  kept = undefined;

  /** @param {string} text */
  text(text) {
    this.count++;
    this.sum = (this.sum + text.length + text.charCodeAt(text.length >> 1)) | 0;
    if (this.kept) this.kept.push(text);
  }

  /** @param {Uint8Array} bytes */
  bytes(bytes) {
    this.count++;
    this.sum = (this.sum + bytes.length + bytes[bytes.length >> 1]) | 0;
    if (this.kept) this.kept.push(bytes);
  }

  clear() {
    this.count = 0;
    this.sum = 0;
  }
}

/**
 * A contender's figures in messages a second, to four digits: no more of them mean anything.
 * @param {Figures} figures
 * @param {number} messages of a pass
 * @returns {Figures}
 */
export function perMessage({ rate, ratio, spread, ratios, rates }, messages) {
  return {
    rate: digits(rate * messages),
    ratio: digits(ratio),
    spread: [digits(spread[0]), digits(spread[1])],
    ratios: ratios.map(digits),
    rates: rates.map((rate) => digits(rate * messages)),
  };
}

export const digits = (/** @type {number} */ value) => Number(value.toPrecision(4));

/**
 * What a contender would leave in its tally.
 * @param {import('./workloads.js').Message[]} messages
 */
export function expected(messages) {
  const tally = new Tally();
  for (const { data } of messages) {
    if (typeof data === 'string') tally.text(data);
    else tally.bytes(data);
  }
  return tally;
}

/**
 * Throws unless exactly these came.
 * @param {string} who
 * @param {unknown[]} came
 * @param {import('./workloads.js').Message[]} messages
 */
export function verify(who, came, messages) {
  if (came.length !== messages.length) {
    throw new Error(`${who}: ${came.length} messages, not ${messages.length}`);
  }
  for (const [i, { data }] of messages.entries()) {
    if (!same(came[i], data)) throw new Error(`${who}: message ${i} is not what was sent`);
  }
}

/**
 * @param {unknown} a
 * @param {string | Uint8Array} b
 */
function same(a, b) {
  if (typeof b === 'string') return a === b;
  if (!(a instanceof Uint8Array) || a.length !== b.length) return false;
  for (let i = 0; i < b.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
