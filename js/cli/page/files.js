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

/** What is said in words. @param {string} said @returns {File} */
export const text = (said) => ({ type: PLAIN, body: Buffer.from(said) });

/** What is said where there is no file. */
export const nothing = () => text('There is nothing here. The page is at /\n');

/**
 * What an answer's content may do in a browser: load from this server, connect to it, and be in
 * no frame of another page, where its buttons could be clicked unseen.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "worker-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The header fields of an answer. @param {File} file */
export function fieldsOf({ type, body }) {
  return {
    'Content-Type': type,
    'Content-Length': body.length,
    'Content-Security-Policy': POLICY,
    'Cache-Control': 'no-cache',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
  };
}
