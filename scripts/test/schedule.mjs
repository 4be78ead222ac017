// In which order jobs run, and which of them run at the same time. It knows nothing of what they do.

/**
 * - `builds`: compiles, and uses every core it can get. One at a time.
 * - `runs`: runs programs that wait for each other more than they compute. One at a time, beside
 *   what builds; and several once nothing is left to build.
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

/** How many of those that run do so at a time. Two of them leave some of two cores idle. */
const BESIDE_BUILDS = 1;
const AFTER_BUILDS = 3;

/**
 * Performs all jobs. Of those that can begin in a lane, the first in the list does.
 * @template {Job} T
 * @param {T[]} jobs
 * @param {(job: T) => Promise<void>} perform never rejects: a job that failed has ended, too
 */
export async function schedule(jobs, perform) {
  const waiting = new Set(jobs);
  /** @type {Map<T, Promise<void>>} */
  const running = new Map();

  const next = () => {
    const open = [...waiting, ...running.keys()];
    const names = new Set(open.map(({ name }) => name));
    const left = (/** @type {Lane} */ lane) => open.some((job) => job.lane === lane);
    const count = (/** @type {Lane} */ lane) =>
      [...running.keys()].filter((job) => job.lane === lane).length;
    const first = (/** @type {Lane} */ lane) =>
      [...waiting].find(
        (job) => job.lane === lane && !job.after?.some((name) => names.has(name)),
      );

    if (count('alone')) return undefined;
    if (!left('builds') && !left('runs')) return first('alone');
    const build = count('builds') ? undefined : first('builds');
    const places = left('builds') ? BESIDE_BUILDS : AFTER_BUILDS;
    return build ?? (count('runs') < places ? first('runs') : undefined);
  };

  while (waiting.size || running.size) {
    for (let job = next(); job; job = next()) {
      const begun = job;
      waiting.delete(begun);
      running.set(
        begun,
        perform(begun).then(() => void running.delete(begun)),
      );
    }
    if (!running.size) {
      const names = Array.from(waiting, ({ name }) => name);
      throw new Error(`These wait for each other: ${names.join(', ')}`);
    }
    await Promise.race(running.values());
  }
}
