// The answer to a plain HTTP request: the inspector's page, the page to talk to the server, and
// the files that they load.
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { pageFile } from '../../node/page.js';

const root = new URL('../../../', import.meta.url);
const TALK = '/examples/page/index.html';

/**
 * What may be asked for. No part of such a path begins with a dot or is encoded, so that it
 * cannot lead elsewhere.
 */
const SERVED = /^\/(js|pkg|examples\/page)(\/\w[\w.-]*)+$/;

/** @type {Map<string, string>} */
const TYPES = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.mjs', 'text/javascript; charset=utf-8'],
  ['.wasm', 'application/wasm'],
]);

/**
 * Undefined when the request is not one for a page; then the error's own reply is right.
 * @param {import('../../index.js').HandshakeError} error
 */
export async function answer({ request, status: refusal }) {
  if (!request || refusal === 400 || request.headers.has('upgrade')) return undefined;
  if (request.method !== 'GET' && request.method !== 'HEAD') return undefined;
  const [path] = request.url.split('?');
  const inspector = await pageFile(path, { live: true });
  // Where the inspector is not built, the other page takes its place.
  const file = inspector
    ? { status: '200 OK', ...inspector }
    : await load(path === '/talk' || path === '/' ? TALK : path);
  const { status, type, body } = file ?? {
    status: '404 Not Found',
    type: 'text/plain; charset=utf-8',
    body: Buffer.from('There is nothing here. The page is at /\n'),
  };
  const head = [
    `HTTP/1.1 ${status}`,
    `Content-Type: ${type}`,
    `Content-Length: ${body.length}`,
    'Cache-Control: no-cache',
    'X-Content-Type-Options: nosniff',
    'Connection: close',
  ];
  const bytes = Buffer.from(`${head.join('\r\n')}\r\n\r\n`);
  return { status, bytes: request.method === 'HEAD' ? bytes : Buffer.concat([bytes, body]) };
}

/** @param {string} path */
async function load(path) {
  const type = TYPES.get(extname(path));
  if (!type || !SERVED.test(path)) return undefined;
  try {
    return { status: '200 OK', type, body: await readFile(new URL(`.${path}`, root)) };
  } catch {
    return undefined;
  }
}
