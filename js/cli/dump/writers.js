// What dump writes: lines for people, or lines of JSON for programs.
import { painter } from '../base/painter.js';
import { jsonLine } from '../base/printable.js';
import { encoded, payload } from './payload.js';
import { address, ending, ends, rfc3339, status } from './words.js';

/**
 * @typedef {import('../../inspect/index.js').Inspection} Inspection
 * @typedef {import('../../inspect/index.js').Row} Row
 * @typedef {import('../../inspect/index.js').Violation} Violation
 * @typedef {import('../../inspect/index.js').Connection} Connection
 * @typedef {import('./payload.js').Encoding} Encoding
 */

/**
 * @typedef {object} Writer
 * @property {(row: Row) => string} row
 * @property {(violation: Violation) => string} violation
 * @property {(about: Connection) => string} connection
 */

/**
 * Each line stands for itself: it names its connection, and has its payload and its time.
 * @param {Inspection} inspection
 * @param {Encoding} [encoding] by default text for what is text, and base64 for all else
 * @returns {Writer}
 */
export function jsonWriter(inspection, encoding = 'text') {
  const { start } = inspection.totals;
  /** @type {Map<number, Connection | undefined>} */
  const known = new Map();
  const about = (/** @type {number} */ number) => {
    // The URL is known once there are frames, and how it ends is not told with them.
    if (!known.has(number)) known.set(number, inspection.connection(number));
    return known.get(number);
  };
  const clock = (/** @type {number} */ time) => rfc3339(inspection.totals.start || start, time);
  const where = (/** @type {Connection | undefined} */ of) => ({
    client: of && (address(of.client) || undefined),
    server: of && (address(of.server) || undefined),
    url: of?.url,
  });
  return {
    row: ({ time, ...row }) =>
      jsonLine({
        ...row,
        time: clock(time),
        elapsed: time,
        ...where(about(row.connection)),
        ...(row.kind !== 'hole' && encoded(payload(inspection, { time, ...row }), encoding)),
      }),
    violation: (violation) =>
      jsonLine({ kind: 'violation', ...violation, ...where(about(violation.connection)) }),
    connection: ({ opened, last, ...of }) =>
      jsonLine({
        kind: 'connection',
        ...of,
        ...where({ opened, last, ...of }),
        opened: clock(opened),
        last: clock(last),
      }),
  };
}

/**
 * @param {Inspection} inspection
 * @param {Encoding} [encoding] shows whole payloads below their rows
 * @returns {Writer}
 */
export function textWriter(inspection, encoding) {
  const { plain, bold, cyan, dim, green, red, yellow } = painter(process.stdout);
  const colours = { error: red, warning: yellow, hint: dim };
  const verdicts = { ok: green, warning: yellow, error: red, refused: yellow, other: dim };
  let connection = -1;

  const flagsOf = (/** @type {Row} */ row) =>
    ['fin', 'rsv1', 'rsv2', 'rsv3', 'masked']
      .filter((name) => row[/** @type {'fin'} */ (name)])
      .join(' ')
      .toUpperCase();

  /** @param {number} number */
  const title = (number) => {
    const about = inspection.connection(number);
    if (!about) return '';
    const text = [ends(about), about.url].filter(Boolean).join(' ');
    return `${bold(`connection ${number}`)} ${plain(text)}\n`;
  };

  /** @param {Row} row */
  const content = (row) => {
    const { payload: text, encoding: as } = encoded(
      payload(inspection, row),
      encoding ?? 'hex',
    );
    const lines = as === 'text' ? text.split('\n') : (text.match(/.{1,96}/g) ?? []);
    return lines.map((line) => `\n${' '.repeat(17)}${plain(line)}`).join('');
  };

  return {
    row(row) {
      const head = row.connection === connection ? '' : title(row.connection);
      connection = row.connection;
      const arrow = row.direction === 'c2s' ? cyan('→') : green('←');
      const time = dim(`${row.time.toFixed(3)} ms`.padStart(14));
      const mark = row.severity ? ` ${colours[row.severity](row.severity)}` : '';
      if (row.kind === 'hole') {
        return `${head}${time} ${' '.repeat(6)} ${arrow} ${yellow(row.preview)}`;
      }
      const flags = row.made ? '(no header)' : flagsOf(row);
      const length = `${row.inflated ?? row.length}`.padStart(8);
      const line = `${head}${time} ${`#${row.frame}`.padStart(6)} ${arrow} ${row.opcode.padEnd(12)} ${flags.padEnd(10)} ${length} B  ${dim(row.preview)}${mark}`;
      return line.trimEnd() + (encoding ? content(row) : '');
    },
    violation({ severity, rule, rfc, section, message, connection, direction, offset, frame }) {
      const where = `connection ${connection}, ${direction}, byte ${offset}${frame === undefined ? '' : `, frame #${frame}`}`;
      return `${colours[severity](severity)} ${bold(rule)} (${rfc} section ${section}) ${where}: ${plain(message)}`;
    },
    connection(about) {
      const name = about.url ?? about.tls?.serverName;
      const said = [ends(about), name, status(about), ending(about)].filter(Boolean);
      const verdict = verdicts[about.verdict](about.verdict);
      return `${bold(`connection ${about.connection}`)} ${plain(said.join('  '))}  ${verdict}`;
    },
  };
}
