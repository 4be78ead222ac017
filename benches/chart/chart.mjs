// Draws benches/results/*.json as SVG, beside them. A file has one colour for text, which
// follows the reader's light or dark scheme, and others that can be told apart on both.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { read, results } from '../record.mjs';
import { duration, masked } from '../tables.mjs';
import { sizeName } from '../workloads.js';

/** Types of what only this folder's own packages have are not at hand. */
const load = (/** @type {string} */ name) => import(name);
const Plot = await load('@observablehq/plot');
const { parseHTML } = await load('linkedom');
const { document } = parseHTML('<html></html>');

/** @type {Record<string, string>} */
const colours = {
  ws4wasm: '#f4681a',
  'ws4wasm, input kept': '#c79a00',
  'ws4wasm Decoder': '#f4681a',
  'ws4wasm Stream': '#c79a00',
  'ws + bufferutil': '#3b8fd6',
  ws: '#8a939b',
  tungstenite: '#3b8fd6',
  fastwebsockets: '#2c9c6a',
  undici: '#2c9c6a',
  'websocket-driver': '#a672cf',
  'plain JavaScript': '#3b8fd6',
  'bare TCP': '#2c9c6a',
  'Bun’s own': '#a672cf',
  'Deno’s own': '#c79a00',
  'events alone': '#d64570',
};

/** @typedef {{ where: string, what: string, who: string, ratio: number, low: number, high: number }} Dot */

const width = 860;
const top = 58;

/**
 * A plot with its title and what the colours mean above it.
 * @param {string} title
 * @param {string} subtitle
 * @param {string[]} names
 * @param {any} plot
 */
function framed(title, subtitle, names, plot) {
  const height = Number(plot.getAttribute('height'));
  plot.setAttribute('y', String(top));
  let at = 10;
  const legend = names.map((name) => {
    const item = `<circle cx="${at + 5}" cy="45" r="4.5" fill="${colours[name]}"/><text x="${at + 14}" y="49">${name}</text>`;
    at += 34 + 6.6 * name.length;
    return item;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height + top}" width="${width}" height="${height + top}" font-family="system-ui, sans-serif" font-size="12" fill="currentColor" role="img" aria-label="${title}">
<style>:root { color: #1f2328 } @media (prefers-color-scheme: dark) { :root { color: #d7dde3 } }</style>
<text x="10" y="17" font-size="15" font-weight="600">${title}</text><text x="10" y="33" opacity="0.75">${subtitle}</text>
${legend.join('')}
${plot.outerHTML}
</svg>
`;
}

/**
 * A dot for everybody, on a line for each workload, in columns.
 * @param {Dot[]} dots
 * @param {string} reference
 */
function dotPlot(dots, reference) {
  const lines = [...new Set(dots.map(({ what }) => what))];
  const columns = [...new Set(dots.map(({ where }) => where))];
  return Plot.plot({
    document,
    width,
    height: 76 + 21 * lines.length,
    marginBottom: 42,
    marginLeft: 215,
    marginTop: 34,
    style: { fontSize: '12px', background: 'none' },
    x: {
      type: 'log',
      grid: true,
      label: `times the throughput of ${reference}`,
      tickFormat: (/** @type {number} */ x) =>
        /^[125]/.test(`${x}`.replace(/^0\.0*/, '')) ? `${x}` : '',
    },
    y: { domain: lines, label: null, grid: true, tickSize: 0 },
    fx: { domain: columns, label: null },
    marks: [
      Plot.ruleX([1], { stroke: colours[reference], strokeWidth: 2 }),
      Plot.ruleY(dots, {
        fx: 'where',
        y: 'what',
        x1: 'low',
        x2: 'high',
        stroke: (/** @type {Dot} */ { who }) => colours[who],
        strokeWidth: 2,
      }),
      Plot.dot(dots, {
        fx: 'where',
        y: 'what',
        x: 'ratio',
        r: 4.5,
        fill: (/** @type {Dot} */ { who }) => colours[who],
      }),
    ],
  });
}

/**
 * All but the first, which is what they are compared with; ws4wasm last, so that none hides it.
 * @param {Record<string, { ratio: number, spread: [number, number] }>} figures
 */
const contenders = (figures) =>
  Object.entries(figures)
    .slice(1)
    .map(([who, { ratio, spread }]) => ({ who, ratio, low: spread[0], high: spread[1] }))
    .sort((a, b) => Number(a.who === 'ws4wasm') - Number(b.who === 'ws4wasm'));

/** @param {import('../engines.js').Row[]} rows @returns {Dot[]} */
const engineDots = (rows) =>
  rows.flatMap(({ part, workload, role, peers }) =>
    contenders(peers).map((dot) => ({
      where: masked(part, role) ? 'masked' : 'unmasked',
      what: workload,
      who: dot.who,
      // What is less does not fit the picture; the tables have it.
      ratio: Math.max(dot.ratio, 0.02),
      low: Math.max(dot.low, 0.02),
      high: Math.max(dot.high, 0.02),
    })),
  );

/** @param {import('../end-to-end.mjs').Row[]} rows @returns {Dot[]} */
const endToEndDots = (rows) =>
  rows.flatMap(({ connections, inFlight, bytes, servers }) =>
    contenders(servers).map((dot) => ({
      ...dot,
      where: inFlight === 1 ? 'ping-pong' : `${inFlight} in flight`,
      what: `${connections} x ${sizeName(bytes)}`,
    })),
  );

/** @param {any[]} rows @returns {Dot[]} */
const nativeDots = (rows) =>
  rows.flatMap(({ workload, peers }) =>
    contenders(peers).map((dot) => ({
      ...dot,
      where: 'masked',
      what: workload,
    })),
  );

/**
 * Time against size, and against open streams.
 * @param {import('../scaling.mjs').Point[]} points
 */
function scalingPlot(points) {
  const titles = {
    text: 'text, by bytes',
    binary: 'binary, by bytes',
    streams: 'text of 125 B, by open streams',
  };
  const flat = points.flatMap(({ series, x, peers }) =>
    Object.entries(peers).map(
      ([
        who,
        {
          nanoseconds,
          spread: [low, high],
        },
      ]) => ({
        where: titles[series],
        x,
        who,
        microseconds: nanoseconds / 1000,
        low: low / 1000,
        high: high / 1000,
      }),
    ),
  );
  const by = { fx: 'where', x: 'x', stroke: (/** @type {any} */ { who }) => colours[who] };
  return Plot.plot({
    document,
    width,
    height: 360,
    marginTop: 34,
    marginLeft: 56,
    style: { fontSize: '12px', background: 'none' },
    x: { type: 'log', grid: true, label: null, ticks: 5, tickFormat: '~s' },
    y: {
      type: 'log',
      grid: true,
      label: 'a message',
      tickFormat: (/** @type {number} */ ns) => (/^10*$/.test(`${ns}`) ? duration(ns) : ''),
    },
    fx: { domain: Object.values(titles), label: null },
    marks: [
      Plot.line(flat, { ...by, y: 'nanoseconds', z: 'who', strokeWidth: 2 }),
      Plot.ruleX(flat, { ...by, y1: 'low', y2: 'high' }),
      Plot.dot(flat, { ...by, y: 'nanoseconds', r: 2.5 }),
    ],
  });
}

/** @type {[RegExp, string, (rows: any[]) => any][]} */
const kinds = [
  [
    /^(receive|send)/,
    'in one process, without sockets',
    (rows) => dotPlot(engineDots(rows), Object.keys(rows[0].peers)[0]),
  ],
  [
    /^e2e/,
    'echo servers; connections x message',
    (rows) => dotPlot(endToEndDots(rows), 'ws + bufferutil'),
  ],
  [
    /^native/,
    'the crate, natively',
    (rows) => dotPlot(nativeDots(rows), Object.keys(rows[0].peers)[0]),
  ],
  [
    /^scaling/,
    'time of a received, masked message',
    (rows) => scalingPlot(rows.filter(({ series }) => series !== 'memory')),
  ],
];

for (const [name, { part, runtime, machine, date, rows }] of read()) {
  const where = Object.entries(runtime)
    .filter(([key]) => !['v8', 'zlib'].includes(key))
    .map(([key, value]) => (key === 'rustc' ? value : `${key} ${value}`));
  const browser = /^(chromium|firefox)$/.test(part);
  const drawn = browser
    ? ['receive', 'send'].map((half) => [
        `${half}-${name}`,
        rows.filter((row) => row.part === half),
      ])
    : [[name, rows]];
  for (const [file, some] of /** @type {[string, any[]][]} */ (drawn)) {
    const kind = kinds.find(([pattern]) => pattern.test(file));
    if (!kind || some.length === 0) continue;
    const [, what, draw] = kind;
    // Not everybody takes part in every workload.
    const took = some
      .filter(({ series }) => series !== 'memory')
      .flatMap((row) => Object.keys(row.peers ?? row.servers));
    const names = [...new Set(took)];
    const title = `${file.replace(/-.*/, '').replace('e2e', 'end to end')}: ${what}`;
    const subtitle = `${where.join(', ')}; ${machine.cpu}; ${date.slice(0, 10)}`;
    writeFileSync(join(results, `${file}.svg`), framed(title, subtitle, names, draw(some)));
    console.log(`  ${file}.svg`);
  }
}
