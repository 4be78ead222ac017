// Places in JSON, written as JSONPath (RFC 9535) has them. Of that language there are the names,
// indices, wildcards and descendants; filters and slices are not needed to name a place.

/**
 * One step: `key` is a name, an index, or '*' for all; `deep` takes all that is below, too.
 * @typedef {{ key: string | number, any: boolean, deep: boolean }} Segment
 */

const SEGMENT =
  /(\.\.|\.)?(?:([A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)|(\*)|\[(?:(-?\d+)|(\*)|'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\])/y;

/**
 * @param {string} text such as `$.user.id`, `$.items[*].time`, `$..token`
 * @returns {Segment[]} throws a SyntaxError that says where it is wrong
 */
export function parsePath(text) {
  if (!text.startsWith('$')) {
    throw new SyntaxError(`a JSON path begins with $, as $.user.id does; this is ${text}`);
  }
  /** @type {Segment[]} */
  const segments = [];
  for (let at = 1; at < text.length; ) {
    SEGMENT.lastIndex = at;
    const match = SEGMENT.exec(text);
    const [whole = '', dots = '', name, star, index, all, single, double] = match ?? [];
    const bracket = name === undefined && star === undefined;
    // A name needs its dot, and a bracket has none but those of a descendant.
    if (!match || (bracket ? dots === '.' : dots === '')) {
      throw new SyntaxError(
        `at character ${at + 1} of the JSON path ${text}: expected .name, ..name, [0], [*] or ['name']`,
      );
    }
    const any = star !== undefined || all !== undefined;
    const quoted = (single ?? double)?.replace(/\\(.)/g, '$1');
    segments.push({
      key: any ? '*' : index !== undefined ? Number(index) : (quoted ?? name),
      any,
      deep: dots === '..',
    });
    at += whole.length;
  }
  return segments;
}

/**
 * The places in a value that a path names: `holder[key]` each.
 * @param {unknown} value in an object of your own, so that the whole of it has a holder, too
 * @param {Segment[]} path
 */
export function places(value, path) {
  const root = { $: value };
  /** @type {{ holder: any, key: string | number }[]} */
  let found = [{ holder: root, key: '$' }];
  for (const segment of path) {
    const from = segment.deep ? found.flatMap((place) => [...below(place)]) : found;
    found = from.flatMap(({ holder, key }) => children(holder[key], segment));
  }
  return { root, found };
}

/**
 * @param {unknown} value
 * @param {Segment} segment
 * @returns {{ holder: any, key: string | number }[]}
 */
function children(value, { key, any }) {
  if (value === null || typeof value !== 'object') return [];
  if (any) return Object.keys(value).map((each) => ({ holder: value, key: each }));
  if (Array.isArray(value)) {
    if (typeof key !== 'number') return [];
    const index = key < 0 ? value.length + key : key;
    return index in value ? [{ holder: value, key: index }] : [];
  }
  return Object.hasOwn(value, key) ? [{ holder: value, key }] : [];
}

/**
 * A place and all that are in it. Without recursion: what peers send may be nested deeply.
 * @param {{ holder: any, key: string | number }} place
 */
function* below(place) {
  const left = [place];
  for (let next = left.pop(); next; next = left.pop()) {
    yield next;
    const value = next.holder[next.key];
    if (value === null || typeof value !== 'object') continue;
    for (const key of Object.keys(value).reverse()) left.push({ holder: value, key });
  }
}
