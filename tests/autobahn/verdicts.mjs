// What the TestSuite's verdicts mean. Its own exit code is not enough: it is 0 for NON-STRICT
// and for a client that ran only some of the cases.

/**
 * The index file of a report.
 * @typedef {Record<string, Record<string, { behavior: string, behaviorClose: string }>>} Index
 */

/**
 * @typedef {object} Tally
 * @property {Record<string, number>} behavior cases by verdict on what was said
 * @property {Record<string, number>} close cases by verdict on how it ended
 * @property {Record<string, number>} row both in one, as the table has it
 */

/** Cases that ask how a peer behaves where the RFC leaves it open, and can be nothing else. */
const informational = new Set(['7.1.6', '7.13.1', '7.13.2']);

/** @param {string} id */
export const isCompression = (id) => /^1[23]\./.test(id);

/**
 * Cases by section; those on compression by subsection, because each of these takes as long as
 * all the others together and the suite reports at its end only.
 * @param {string[]} cases
 */
export function sections(cases) {
  /** @type {Map<string, string[]>} */
  const found = new Map();
  for (const id of cases) {
    const section = id
      .split('.')
      .slice(0, isCompression(id) ? 2 : 1)
      .join('.');
    const list = found.get(section);
    if (list) list.push(id);
    else found.set(section, [id]);
  }
  return found;
}

/** @param {Index} index */
function entries(index) {
  const agents = Object.values(index);
  return agents.length === 1 ? agents[0] : {};
}

/**
 * What is not as good as it can be, a line each; cases without a verdict too.
 * @param {Index} index
 * @param {string[]} cases those that were to run
 */
export function faultsOf(index, cases) {
  const agents = Object.keys(index);
  if (agents.length !== 1) return [`${cases[0]}...: ${agents.length} agents in the index`];
  const found = entries(index);
  const faults = cases.flatMap((id) => {
    const entry = found[id];
    if (!entry) return [`${id}: not run`];
    const wanted = informational.has(id) ? ['OK', 'INFORMATIONAL'] : ['OK'];
    const { behavior, behaviorClose } = entry;
    return wanted.includes(behavior) && wanted.includes(behaviorClose)
      ? []
      : [`${id}: behaviour ${behavior}, close ${behaviorClose}`];
  });
  const unknown = Object.keys(found).filter((id) => !cases.includes(id));
  return [...faults, ...unknown.map((id) => `${id}: nobody asked for it`)];
}

/**
 * @param {Index} index
 * @returns {Tally}
 */
export function tally(index) {
  /** @type {Tally} */
  const sums = { behavior: {}, close: {}, row: { cases: 0 } };
  const add = (/** @type {Record<string, number>} */ to, /** @type {string} */ name) => {
    to[name] = (to[name] ?? 0) + 1;
  };
  for (const { behavior, behaviorClose } of Object.values(entries(index))) {
    add(sums.behavior, behavior);
    add(sums.close, behaviorClose);
    add(sums.row, 'cases');
    add(sums.row, inOne(behavior, behaviorClose));
  }
  return sums;
}

/** @param {string} behavior @param {string} close */
function inOne(behavior, close) {
  const known = ['OK', 'INFORMATIONAL', 'NON-STRICT'];
  const worst = Math.max(known.indexOf(behavior), known.indexOf(close));
  return known.includes(behavior) && known.includes(close) ? known[worst] : 'other';
}
