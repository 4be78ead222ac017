// Options that are about what is in a capture.
import { UsageError } from '../base/failure.js';
import { port } from '../base/options.js';

/** @param {string} text what --as has been given */
export function treat(text) {
  const [, what, number, as] =
    /^(port|connection)=(\d+)(?::(websocket|other))?$/.exec(text) ?? [];
  if (!what) {
    throw new UsageError(
      `--as is ${JSON.stringify(text)}; write port=8080, port=8080:other or connection=3.`,
    );
  }
  /** @type {'other' | 'websocket'} */
  const kind = as === 'other' ? 'other' : 'websocket';
  if (what === 'connection') return { connection: Number(number), as: kind };
  return { port: port(number, '--as port'), as: kind };
}

/**
 * @param {string} filter
 * @param {import('../../inspect/index.js').FilterProblem} problem
 */
export function filterProblem(filter, { message, position, length, expected }) {
  const mark = `${' '.repeat(position)}${'^'.repeat(Math.max(1, length))}`;
  return new UsageError(`--filter: ${message}`, [
    `  ${filter}`,
    `  ${mark}`,
    ...(expected.length ? [`There could stand: ${expected.slice(0, 12).join(', ')}`] : []),
  ]);
}
