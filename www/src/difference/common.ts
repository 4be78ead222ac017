// What two lists have in common, in order.
import { diffArrays } from 'diff';

/** Insertions and deletions after which lists are not alike, and milliseconds that are spent. */
const BOUNDS = { maxEditLength: 2000, timeout: 500 };

/**
 * Pairs of places that hold the same, both rising: a longest common subsequence.
 * @returns undefined when the lists are too far apart for the time that there is
 */
export function commonPlaces(
  first: readonly string[],
  second: readonly string[],
): [number, number][] | undefined {
  // What only one side has is in no pair: without it, sides that share nothing are done at once.
  const [inFirst, inSecond] = [new Set(first), new Set(second)];
  const from = placesOf(first, inSecond);
  const to = placesOf(second, inFirst);
  const changes = diffArrays(
    from.map((at) => first[at]),
    to.map((at) => second[at]),
    BOUNDS,
  );
  if (!changes) return undefined;
  const pairs: [number, number][] = [];
  let [i, j] = [0, 0];
  for (const { added, removed, count } of changes) {
    if (!added && !removed) {
      for (let n = 0; n < count; n++) pairs.push([from[i + n], to[j + n]]);
    }
    if (!added) i += count;
    if (!removed) j += count;
  }
  return pairs;
}

const placesOf = (list: readonly string[], others: Set<string>) =>
  list.flatMap((one, at) => (others.has(one) ? [at] : []));

/** Lengths of what lies before, between and behind pairs, with where it begins. */
export function* gapsOf(pairs: [number, number][], lengths: [number, number]) {
  let [i, j] = [0, 0];
  for (const pair of [...pairs, undefined]) {
    const [to, end] = pair ?? lengths;
    yield { first: [i, to] as const, second: [j, end] as const, pair };
    [i, j] = [to + 1, end + 1];
  }
}
