// `ws4wasm dump FILE`: what a capture holds, as text for people or as lines of JSON for programs.
import { once } from 'node:events';
import { createReadStream, statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { InputError, Inspection, rules } from '../../inspect/node.js';
import { Failure, UsageError } from '../base/failure.js';
import { painter } from '../base/painter.js';
import { jsonLine, printable } from '../base/printable.js';

export const help = `Usage: ws4wasm dump [options] [FILE]

Shows the WebSocket frames in a capture, and everything that is wrong with them. FILE is pcap or
pcapng (gzipped, too), HAR, the raw bytes of one side, or text that spells bytes in hex or
base64; without FILE, or with -, it is read from stdin.

  -f, --filter FILTER   only the frames that a filter of the inspector lets through
  -m, --messages        whole messages instead of frames
      --json            a line of JSON for each frame, and for each violation
      --violations      only what is wrong
      --rules           lists the rules that are checked, and ends

Exit codes: 0 nothing is wrong, 1 the file cannot be read, 2 wrong usage, 3 a peer broke a rule.

Examples:
  ws4wasm dump session.pcapng
  ws4wasm dump --violations session.pcapng
  ws4wasm dump --json --filter op:text session.pcapng | jq .preview
  tcpdump -w - port 8080 | ws4wasm dump
  echo '818bbe04e66ad6618a06d1249105cc6882' | ws4wasm dump
`;

/** Rows that are asked for at a time. */
const ROWS = 1000;
/** Milliseconds until progress is shown, and between two such times. */
const PATIENCE = 500;

/**
 * @param {string[]} args
 * @returns {Promise<number>} the exit code
 */
export async function run(args) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      filter: { type: 'string', short: 'f', default: '' },
      messages: { type: 'boolean', short: 'm', default: false },
      json: { type: 'boolean', default: false },
      violations: { type: 'boolean', default: false },
      rules: { type: 'boolean', default: false },
    },
  });
  if (values.rules) return listRules(values.json);
  if (positionals.length > 1) {
    throw new UsageError(`One file is expected, not ${positionals.length}.`);
  }
  const inspection = new Inspection();
  const problem = inspection.checkFilter(values.filter);
  if (problem) throw filterProblem(values.filter, problem);
  await read(inspection, positionals[0] ?? '-');
  const write = values.json ? jsonWriter(inspection) : textWriter(inspection);
  if (!values.violations) {
    const kind = values.messages ? 'messages' : 'frames';
    const view = inspection.view({ kind, filter: values.filter });
    for (let from = 0; from < view.length; from += ROWS) {
      for (const row of view.rows(from, ROWS)) await say(write.row(row));
    }
  }
  let violations = 0;
  for (;;) {
    const found = inspection.violations({ from: violations, count: ROWS });
    for (const violation of found) await say(write.violation(violation));
    violations += found.length;
    if (found.length < ROWS) break;
  }
  const { totals } = inspection;
  if (!values.json) console.error(printable(summary(totals)));
  for (const note of totals.notes) console.error(printable(note));
  return totals.errors ? 3 : 0;
}

/** Waits for a reader that is slow. @param {string} line */
async function say(line) {
  if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain');
}

/**
 * @param {Inspection} inspection
 * @param {string} file
 */
async function read(inspection, file) {
  const whole = file === '-' ? 0 : sizeOf(file);
  const source =
    file === '-' ? process.stdin : createReadStream(file, { highWaterMark: 1 << 20 });
  const progress = process.stderr.isTTY ? bar(whole) : () => {};
  let done = 0;
  try {
    for await (const chunk of source) {
      inspection.push(chunk);
      done += chunk.length;
      progress(done);
    }
    inspection.finish();
  } catch (error) {
    if (error instanceof InputError) throw new Failure(`${file}: ${error.message}`);
    throw error;
  } finally {
    progress(undefined);
  }
}

/** @param {string} file */
function sizeOf(file) {
  try {
    const found = statSync(file);
    if (found.isDirectory()) throw new Failure(`${file} is a folder. Give a capture file.`);
    return found.size;
  } catch (error) {
    if (error instanceof Failure) throw error;
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
    throw new Failure(code === 'ENOENT' ? `There is no file ${file}.` : message);
  }
}

/**
 * @param {number} whole 0 when it is not known
 * @returns {(done: number | undefined) => void} undefined takes it away
 */
function bar(whole) {
  let last = performance.now();
  let shown = false;
  return (done) => {
    if (done === undefined) {
      if (shown) process.stderr.write('\r\x1b[K');
    } else if (performance.now() - last > PATIENCE) {
      last = performance.now();
      shown = true;
      const part = whole
        ? ` of ${megabytes(whole)}, ${Math.floor((100 * done) / whole)} %`
        : '';
      process.stderr.write(`\r\x1b[Kreading: ${megabytes(done)}${part}`);
    }
  };
}

const megabytes = (/** @type {number} */ bytes) => `${(bytes / 1e6).toFixed(0)} MB`;

/**
 * @param {string} filter
 * @param {import('../../inspect/index.js').FilterProblem} problem
 */
function filterProblem(filter, { message, position, length, expected }) {
  const mark = `${' '.repeat(position)}${'^'.repeat(Math.max(1, length))}`;
  return new UsageError(`--filter: ${message}`, [
    `  ${filter}`,
    `  ${mark}`,
    ...(expected.length ? [`There could stand: ${expected.slice(0, 12).join(', ')}`] : []),
  ]);
}

/** @param {import('../../inspect/index.js').Totals} totals */
function summary({ format, connections, frames, messages, errors, warnings, truncated }) {
  const end = truncated ? '; memory was not enough for all of it' : '';
  return (
    `${format}: ${connections} connections, ${frames} frames, ${messages} messages, ` +
    `${errors} errors, ${warnings} warnings${end}`
  );
}

/** @param {Inspection} _ */
function jsonWriter(_) {
  return {
    /** @param {import('../../inspect/index.js').Row} row */
    row: (row) => jsonLine(row),
    /** @param {import('../../inspect/index.js').Violation} violation */
    violation: (violation) => jsonLine({ kind: 'violation', ...violation }),
  };
}

/** @param {Inspection} inspection */
function textWriter(inspection) {
  const { plain, bold, cyan, dim, green, red, yellow } = painter(process.stdout);
  const colours = { error: red, warning: yellow, hint: dim };
  let connection = -1;
  return {
    /** @param {import('../../inspect/index.js').Row} row */
    row(row) {
      const head = row.connection === connection ? '' : title(row.connection);
      connection = row.connection;
      const arrow = row.direction === 'c2s' ? cyan('→') : green('←');
      const flags = ['fin', 'rsv1', 'rsv2', 'rsv3', 'masked']
        .filter((name) => row[/** @type {'fin'} */ (name)])
        .join(' ')
        .toUpperCase();
      const time = `${row.time.toFixed(3)} ms`.padStart(14);
      const mark = row.severity ? ` ${colours[row.severity](row.severity)}` : '';
      const length = `${row.inflated ?? row.length}`.padStart(8);
      return `${head}${dim(time)} ${`#${row.frame}`.padStart(6)} ${arrow} ${row.opcode.padEnd(12)} ${flags.padEnd(10)} ${length} B  ${dim(row.preview)}${mark}`.trimEnd();
    },
    /** @param {import('../../inspect/index.js').Violation} violation */
    violation({ severity, rule, rfc, section, message, connection, direction, offset, frame }) {
      const where = `connection ${connection}, ${direction}, byte ${offset}${frame === undefined ? '' : `, frame #${frame}`}`;
      return `${colours[severity](severity)} ${bold(rule)} (${rfc} section ${section}) ${where}: ${plain(message)}`;
    },
  };

  /** @param {number} number */
  function title(number) {
    const about = inspection.connection(number);
    if (!about) return '';
    const end = (/** @type {import('../../inspect/index.js').Endpoint} */ { address, port }) =>
      `${address}:${port}`;
    const ends = `${end(about.client)} → ${end(about.server)}`;
    return `${bold(`connection ${number}`)} ${plain(about.url ? `${ends} ${about.url}` : ends)}\n`;
  }
}

/** @param {boolean} json */
async function listRules(json) {
  for (const rule of rules()) {
    const { severity, rfc, section, summary } = rule;
    await say(
      json
        ? jsonLine(rule)
        : `${rule.rule.padEnd(28)} ${severity.padEnd(8)} ${rfc} ${section.padEnd(8)} ${summary}`,
    );
  }
  return 0;
}
