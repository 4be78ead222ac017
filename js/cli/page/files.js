// This package's files as answers to plain HTTP requests.
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';

/** @typedef {{ type: string, body: Buffer }} File */

const root = new URL('../../../', import.meta.url);

/** No part of such a path begins with a dot or is encoded, so that it cannot lead elsewhere. */
const SAFE = /^(\/\w[\w.-]*)+$/;

const PLAIN = 'text/plain; charset=utf-8';
/** @type {Map<string, string>} */
const TYPES = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.mjs', 'text/javascript; charset=utf-8'],
  ['.wasm', 'application/wasm'],
  ['.pcapng', 'application/octet-stream'],
]);

/**
 * A file of the package; undefined when there is none, or none of a kind that pages load.
 * @param {string} path from the package's root, beginning with a slash
 * @returns {Promise<File | undefined>}
 */
export async function packageFile(path) {
  const type = TYPES.get(extname(path));
  if (!type || !SAFE.test(path)) return undefined;
  try {
    return { type, body: await readFile(new URL(`.${path}`, root)) };
  } catch {
    return undefined;
  }
}

/** What is said where there is no file. @returns {File} */
export function nothing(text = 'There is nothing here. The page is at /\n') {
  return { type: PLAIN, body: Buffer.from(text) };
}

/** The header fields of an answer. @param {File} file */
export function fieldsOf({ type, body }) {
  return {
    'Content-Type': type,
    'Content-Length': body.length,
    'Cache-Control': 'no-cache',
    'X-Content-Type-Options': 'nosniff',
  };
}
