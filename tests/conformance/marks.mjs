// A test says what it shows in a comment above it, such as `// [RFC 6455 5.1-1, 5.1-2]`; a vector
// of tests/vectors in its `rfc`, such as "5.1-2" (of RFC 6455) or "RFC 7692 6-2".
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

/**
 * @typedef {object} Mark
 * @property {string} id of a requirement
 * @property {string} file
 * @property {string | undefined} test its name, unless nothing that looks like a test follows
 */

const MARK = /^ *\/\/ \[(RFC \d+ [^\]]+)\]$/;
const TEST = /\bfn (\w+)|\b(?:test|describe)\(\s*(['"`])(.*?)\2/;

/** How far below its mark a test may begin: attributes, and calls over several lines. */
const NEAR = 4;

/**
 * The ids in a list, whose later ones may leave the number of the RFC out.
 * @param {string} list
 */
function idsOf(list) {
  let rfc = 'RFC 6455';
  return list.split(',').map((item) => {
    const [, said, id] = item.trim().match(/^(RFC \d+)? ?(.*)$/) ?? [];
    rfc = said ?? rfc;
    return `${rfc} ${id}`;
  });
}

/** @param {string} file @returns {Mark[]} */
function marksOfSource(file) {
  const lines = readFileSync(root + file, 'utf8').split('\n');
  return lines.flatMap((line, at) => {
    const list = line.match(MARK)?.[1];
    if (!list) return [];
    const [, rust, , js] =
      lines
        .slice(at + 1, at + 1 + NEAR)
        .join(' ')
        .match(TEST) ?? [];
    const test = rust ?? js?.replace(/\$\{.*?\}/g, '…');
    return idsOf(list).map((id) => ({ id, file, test }));
  });
}

/** @param {string} file @returns {Mark[]} */
function marksOfVectors(file) {
  /** @type {import('../support/vectors.mjs').WrittenVector[]} */
  const vectors = JSON.parse(readFileSync(root + file, 'utf8'));
  return vectors.flatMap(({ name, rfc = '' }) =>
    // A section alone says where the vector is from.
    idsOf(rfc)
      .filter((id) => /-\d+$/.test(id))
      .map((id) => ({ id, file, test: name })),
  );
}

/** All marks there are. */
export function findMarks() {
  const files = ['src', 'tests'].flatMap((folder) =>
    readdirSync(root + folder, { recursive: true, encoding: 'utf8' }).map(
      (file) => `${folder}/${file.replaceAll('\\', '/')}`,
    ),
  );
  return files.sort().flatMap((file) => {
    if (/^tests\/vectors\/.*\.json$/.test(file)) return marksOfVectors(file);
    return /\.(rs|mjs)$/.test(file) && !file.startsWith('tests/conformance/')
      ? marksOfSource(file)
      : [];
  });
}
