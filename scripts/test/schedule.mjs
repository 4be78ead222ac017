// In which order jobs run, and which of them run at the same time. It knows nothing of what they do.

/**
 * - `builds`: compiles, and uses every core it can get. One at a time.
 * - `runs`: runs programs that wait for each other more than they compute. One at a time, beside
 *   what builds; and two at a time once nothing is left to build.
 * - `alone`: measures, so nothing may run beside it. These come last.
 * @typedef {'builds' | 'runs' | 'alone'} Lane
 */

/**
 * @typedef {object} Job
 * @property {string} name
 * @property {Lane} lane
 * @property {string[]} [after] names of jobs that must have ended; those that are not in the list
 *   are not waited for
 */

const LANES = /** @type {const} */ (['builds', 'runs', 'alone']);

/**
 * Performs all jobs. Of those that can begin in a lane, the first in the list does.
 * @template {Job} T
 * @param {T[]} jobs
 * @param {(job: T) => Promise<void>} perform never rejects: a job that failed has ended, too
 */
export async function schedule(jobs, perform) {
  const waiting = new Set(jobs);
  /** Not ended: those that wait and those that run. */
  const open = new Set(jobs.map(({ name }) => name));
  /** @type {Map<Lane, Promise<void>>} */
  const running = new Map();

  /** @param {Lane} lane */
  const next = (lane) => {
    const ready = [...waiting].filter(
      ({ after = [] }) => !after.some((name) => open.has(name)),
    );
    const first = (/** @type {Lane} */ of) => ready.find((job) => job.lane === of);
    const left = (/** @type {Lane} */ of) => [...waiting].some((job) => job.lane === of);
    if (lane === 'alone')
      return running.size || left('builds') || left('runs') ? undefined : first(lane);
    if (running.has('alone')) return undefined;
    return first(lane) ?? (lane === 'builds' && !left('builds') ? first('runs') : undefined);
  };

  while (open.size) {
    for (const lane of LANES) {
      const job = running.has(lane) ? undefined : next(lane);
      if (!job) continue;
      waiting.delete(job);
      const end = () => {
        running.delete(lane);
        open.delete(job.name);
      };
      running.set(lane, perform(job).then(end));
    }
    if (!running.size) {
      throw new Error(`These wait for each other: ${[...open].join(', ')}`);
    }
    await Promise.race(running.values());
  }
}
