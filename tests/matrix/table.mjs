// The results as README and docs/runtimes.md show them. What is in it comes from results.json alone, so that a test
// can tell whether they are what was last seen.

/**
 * @typedef {object} Results
 * @property {Record<string, { version: string, cells: Record<string, string> }>} runtimes
 * @property {Record<string, { version: string, result: string }>} programs with an echo, as bundlers
 *   and test runners for Node leave them
 * @property {Record<string, string>} browsers their versions
 * @property {Record<string, Record<string, Record<string, string>>>} pages by build, browser and
 *   place; a cell is 'ok' or why it is not
 */

export const begin = '<!-- matrix: written by npm run test:matrix -- --write -->';
export const end = '<!-- /matrix -->';

const short = (/** @type {string} */ version) => version.split('.').slice(0, 2).join('.');

/** @param {Pick<Results, 'runtimes' | 'browsers' | 'pages'>} results */
export function render({ runtimes, browsers, pages }) {
  /** @type {string[]} */
  const notes = [];
  const mark = (/** @type {string} */ cell) => {
    if (cell === 'ok') return 'yes';
    if (!notes.includes(cell)) notes.push(cell);
    return `no [${notes.indexOf(cell) + 1}]`;
  };
  /** @param {string[]} cells */
  const row = (...cells) => `| ${cells.join(' | ')} |`;

  const columns = [
    ...new Set(Object.values(runtimes).flatMap(({ cells }) => Object.keys(cells))),
  ];
  const lines = [row('Runtime', ...columns), row('---', ...columns.map(() => '---'))];
  for (const [name, { version, cells }] of Object.entries(runtimes)) {
    const title = name.startsWith('Node') ? `Node ${version}` : `${name} ${version}`;
    lines.push(
      row(title, ...columns.map((column) => (cells[column] ? mark(cells[column]) : ''))),
    );
  }

  const names = Object.entries(browsers).map(([name, version]) => `${name} ${short(version)}`);
  lines.push('', row('Pages', ...names), row('---', ...names.map(() => '---')));
  for (const [build, byBrowser] of Object.entries(pages)) {
    const cells = Object.keys(browsers).map((browser) => {
      const places = Object.entries(byBrowser[browser] ?? {});
      const works = places.filter(([, cell]) => cell === 'ok').map(([place]) => place);
      const fails = places.filter(([, cell]) => cell !== 'ok');
      return [...works, ...fails.map(([place, cell]) => `${place}: ${mark(cell)}`)].join(', ');
    });
    lines.push(row(build, ...cells));
  }
  if (notes.length) lines.push('', ...notes.map((note, index) => `[${index + 1}] ${note}`));
  return lines.join('\n');
}

/** @param {Pick<Results, 'programs'>} results */
export function renderPrograms({ programs }) {
  const lines = Object.entries(programs).map(
    ([name, { version, result }]) =>
      `| ${name} | ${version} | ${result === 'ok' ? 'yes' : `no: ${result.split('\n')[0]}`} |`,
  );
  return [
    '| Programs for Node | Version | Echo over TCP |',
    '| --- | --- | --- |',
    ...lines,
  ].join('\n');
}

/**
 * A text with the table between the marks made anew.
 * @param {string} text
 * @param {string} table
 */
export function withTable(text, table) {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the text lacks ${begin} or ${end}`);
  return `${text.slice(0, from)}${begin}\n${table}\n${text.slice(to)}`;
}
