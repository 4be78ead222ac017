// Figures as text: lines while a benchmark runs, tables at its end and in results/README.md.

import { sizeName } from './workloads.js';

/** @typedef {import('./engines.js').Row} EngineRow */

/** @param {number} value */
export function count(value) {
  const units = /** @type {const} */ ([
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ]);
  const [size, unit] = units.find(([size]) => value >= size) ?? [1, ''];
  return `${Number((value / size).toPrecision(3))}${unit ? ` ${unit}` : ''}`;
}

/** @param {number} value */
export function times(value) {
  if (value < 0.1) return `${Number(value.toPrecision(2))}x`;
  return `${value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)}x`;
}

/**
 * @param {EngineRow} row
 * @returns {string}
 */
export function line({ part, workload, role, peers }) {
  const [[, reference], ...others] = Object.entries(peers);
  const figures = others.map(([name, { ratio }]) => `${name} ${times(ratio)}`);
  const which = masked(part, role) ? 'masked' : 'unmasked';
  const start = `${part} ${workload}, ${which}`.padEnd(48);
  return `  ${start} ${`${count(reference.rate)}/s`.padStart(10)}  ${figures.join('  ')}`;
}

/**
 * Whether the frames have masks: those that a server receives and a client sends.
 * @param {'receive' | 'send'} part
 * @param {import('./workloads.js').Role} role
 */
export const masked = (part, role) => (part === 'receive') === (role === 'server');

/**
 * A table in Markdown; columns of figures are set to the right.
 * @param {string[]} head
 * @param {string[][]} body
 */
export function table(head, body) {
  const widths = head.map((title, i) =>
    Math.max(3, title.length, ...body.map((row) => row[i].length)),
  );
  const format = (/** @type {string[]} */ cells) =>
    `| ${cells.map((cell, i) => (i ? cell.padStart(widths[i]) : cell.padEnd(widths[i]))).join(' | ')} |`;
  const rule = widths.map((width, i) => (i ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)));
  return [format(head), format(rule), ...body.map(format)].join('\n');
}

/**
 * Ratios to the reference, a row a workload.
 * @param {EngineRow[]} rows of one part
 */
export function engineTable(rows) {
  const names = [...new Set(rows.flatMap(({ peers }) => Object.keys(peers)))];
  const [reference, ...others] = names;
  const head = ['workload', 'frames', `${reference}, messages/s`, ...others];
  const body = rows.map(({ part, workload, role, peers }) => [
    workload,
    masked(part, role) ? 'masked' : 'unmasked',
    count(peers[reference].rate),
    ...others.map((name) => (peers[name] ? times(peers[name].ratio) : '')),
  ]);
  return table(head, body);
}

/** @param {import('./end-to-end.mjs').Row[]} rows */
export function endToEndTable(rows) {
  const servers = Object.keys(rows[0].servers);
  const [reference] = servers;
  const head = [
    'connections x in flight, bytes',
    `${reference}, messages/s`,
    ...servers.slice(1),
    'ws4wasm of TCP',
    'of Bun’s own',
    ...servers.map((name) => `p50 / p90 / p99 of ${name}, ms`),
  ];
  const body = rows.map(({ connections, inFlight, bytes, servers: all, ofTcp, ofBun }) => [
    `${connections} x ${inFlight}, ${sizeName(bytes)}`,
    count(all[reference].rate),
    ...servers.slice(1).map((name) => times(all[name].ratio)),
    times(ofTcp),
    times(ofBun),
    ...servers.map((name) => {
      const { p50, p90, p99 } = all[name].latency;
      return [p50, p90, p99].map((us) => Number((us / 1000).toPrecision(2))).join(' / ');
    }),
  ]);
  return table(head, body);
}

/** @param {import('./in-place.mjs').Row[]} rows */
export function inPlaceTable(rows) {
  const [reference, ours] = Object.keys(rows[0].peers);
  const head = [
    "the server's time for a message",
    `${reference}, us`,
    `${ours}, us`,
    'that many times less',
  ];
  const body = rows.map(({ workload, peers }) => [
    workload,
    String(peers[reference].microseconds),
    String(peers[ours].microseconds),
    times(peers[ours].ratio),
  ]);
  return table(head, body);
}

/** @param {Record<string, any>[]} rows the only one */
export function rollingTable([figures]) {
  const shown = (/** @type {unknown} */ value) =>
    value !== null && typeof value === 'object'
      ? Object.entries(value)
          .map(([name, one]) => (Array.isArray(value) ? one : `${name}: ${one}`))
          .join(', ') || 'none'
      : String(value);
  const words = (/** @type {string} */ name) =>
    name.replace(/[A-Z]/g, (c) => ` ${c.toLowerCase()}`);
  const body = Object.entries(figures).map(([name, value]) => [words(name), shown(value)]);
  return table(['', ''], body);
}

/** @param {import('./stats.mjs').Row[]} rows */
export function statsTable(rows) {
  const percent = (/** @type {number} */ share) => `${(share * 100).toFixed(1)} %`;
  const whole = (/** @type {number} */ value) => value.toFixed(0);
  const head = [
    "the server's time for a message",
    'over TCP, us',
    'from memory, us',
    'counting adds, ns',
    '95 %',
    'chance, 95 %',
    'of TCP',
    '95 %',
  ];
  const body = rows.map(({ workload, tcp, memory, added, chance, share }) => [
    workload,
    String(tcp),
    String(memory),
    whole(added.value),
    added.interval.map(whole).join(' to '),
    chance.interval.map(whole).join(' to '),
    percent(share.value),
    share.interval.map(percent).join(' to '),
  ]);
  return table(head, body);
}

/** @param {import('./deflate.mjs').Row[]} rows */
export function deflateTable(rows) {
  if (rows.length === 0) return 'No compression in this version.';
  const [reference, ...others] = Object.keys(rows[0].peers);
  const names = [reference, ...others];
  const head = [
    'workload',
    `${reference}, messages/s`,
    ...others,
    ...names.map((name) => `${name} makes it smaller by`),
  ];
  const body = rows.map(({ part, workload, peers }) => [
    `${workload}, ${part === 'receive' ? 'received' : 'sent'}`,
    count(peers[reference].rate),
    ...others.map((name) => times(peers[name].ratio)),
    ...names.map((name) => (peers[name].compression ? times(peers[name].compression) : '')),
  ]);
  return table(head, body);
}

/** @param {(import('./scaling.mjs').Point | import('./memory.mjs').Memory)[]} rows */
export function scalingTable(rows) {
  const points = rows.filter((row) => row.series !== 'memory');
  const names = Object.keys(points[0].peers);
  const times = points.map(({ series, x, peers }) => [
    series === 'streams' ? `text 125 B, ${x} open streams` : `${series} ${sizeName(x)}`,
    ...names.map((name) => duration(peers[name].nanoseconds)),
  ]);
  const memory = rows
    .filter((row) => row.series === 'memory')
    .map(({ peer, state, streams, heap, wasm }) => [
      `${peer}, ${state}, ${streams} streams`,
      `${heap} B`,
      `${wasm} B`,
      `${heap + wasm} B`,
    ]);
  return [
    table(['a masked message', ...names], times),
    table(['memory of an idle stream', 'JavaScript', 'wasm', 'together'], memory),
  ].join('\n\n');
}

/** @param {import('./idle.mjs').Idle[]} rows */
export function idleTable(rows) {
  const body = rows.map(({ peer, connections, held, resident }) => [
    `${peer}, ${connections} connections`,
    `${held} B`,
    `${resident} B`,
  ]);
  return table(['an idle connection, socket and all', 'held', 'resident'], body);
}

/** @param {number} nanoseconds */
export function duration(nanoseconds) {
  const units = /** @type {const} */ ([
    [1e9, 's'],
    [1e6, 'ms'],
    [1e3, 'us'],
  ]);
  const [size, unit] = units.find(([size]) => nanoseconds >= size) ?? [1, 'ns'];
  return `${Number((nanoseconds / size).toPrecision(3))} ${unit}`;
}

/** @param {{ workload: string, peers: Record<string, import('./measure.js').Figures> }[]} rows */
export function nativeTable(rows) {
  const [reference, ...others] = Object.keys(rows[0].peers);
  const body = rows.map(({ workload, peers }) => [
    workload,
    count(peers[reference].rate),
    ...others.map((name) => times(peers[name].ratio)),
  ]);
  return table(['masked', `${reference}, messages/s`, ...others], body);
}

/** @param {import('./simd-limit.mjs').Row[]} rows */
export function simdTable(rows) {
  const [reference, ...others] = Object.keys(rows[0].peers);
  const body = rows.map(({ workload, peers }) => [
    workload,
    `${peers[reference].gigabytes} GB/s`,
    ...others.map((name) => times(peers[name].ratio)),
  ]);
  return table(['32 KiB', reference, ...others], body);
}

/** @param {any[]} rows */
export function inspectorTable(rows) {
  const ms = (/** @type {number} */ value) => `${Math.round(value)} ms`;
  const percent = (/** @type {number} */ part) => `${Math.round(100 * part)} %`;
  const read = rows.map((row) => [
    `${row.input}, ${row.browser}`,
    ms(row.firstRows),
    ms(row.whole),
    ms(row.slowestNews),
  ]);
  const many = rows.filter(({ filters }) => filters);
  const filters = many.flatMap(({ browser, filters }) =>
    filters.map((/** @type {any} */ { filter, rows, engine, seen }) => [
      `\`${filter}\`, ${browser}`,
      count(rows),
      ms(engine),
      ms(seen),
    ]),
  );
  const scrolling = many.flatMap(({ browser, pictures }) =>
    Object.entries(pictures).map(([what, { p50, p99, late }]) => [
      `${what}, ${browser}`,
      `${p50} ms`,
      `${p99} ms`,
      percent(late),
    ]),
  );
  return [
    table(['opened', 'first rows', 'all of it', 'longest without news'], read),
    'A filter over a million frames: in the engine, and until the table shows it.',
    table(['filter', 'rows', 'engine', 'seen'], filters),
    'Times between pictures: at rest, while rows pass by, and at leaps of a hundredth of all.',
    table(['table', 'p50', 'p99', 'over 25 ms'], scrolling),
  ].join('\n\n');
}

/** @param {import('./record.mjs').Result} result */
export function caption({ date, commit, quick, runtime, machine, stolen = 0, versions }) {
  const name = (/** @type {string} */ key) => (key === 'rustc' ? '' : `${key} `);
  const all = Object.entries({ ...runtime, ...versions });
  const software = all.map(([key, value]) => name(key) + value).join(', ');
  const load =
    machine.loadBefore >= 1 ? `, load ${machine.loadBefore.toFixed(1)} beforehand` : '';
  const host =
    stolen >= 0.01 ? `, ${Math.round(stolen * 100)} % of its time taken by the host` : '';
  return [
    `${date.slice(0, 10)}, commit ${commit}${quick ? ', a quick run' : ''}`,
    `${machine.cpu}, ${machine.cores} cores${load}${host}`,
    software,
  ].join('; ');
}

/**
 * What the proxy adds to a message's way, beside a bare relay.
 * @param {{ way: string, length: number, p50: number, p99: number, p999: number }[]} rows
 */
export function proxyTable(rows) {
  const time = (/** @type {number} */ us) => `${us.toFixed(0)} µs`;
  return table(
    ['There and back', 'Message', 'p50', 'p99', 'p99.9', 'p99 over the relay'],
    rows.map(({ way, length, p50, p99, p999 }) => {
      const relay = rows.find((row) => row.way === 'TCP relay' && row.length === length);
      const over = way === 'ws4wasm inspect' && relay ? time(p99 - relay.p99) : '';
      return [way, `${length} B`, time(p50), time(p99), time(p999), over];
    }),
  );
}
