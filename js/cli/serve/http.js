// The answer to a plain HTTP request: the inspector's page, the page to talk to the server, and
// the files that they load.
import { fieldsOf, nothing, packageFile } from '../page/files.js';
import { pageFile } from '../page/page.js';

const TALK = '/examples/page/index.html';
/** What the page to talk loads. */
const LOADED = /^\/(js|pkg|examples\/page)\//;

/**
 * Undefined when the request is not one for a page; then the error's own reply is right.
 * @param {import('../../index.js').HandshakeError} error
 */
export async function answer({ request, status: refusal }) {
  if (!request || refusal === 400 || request.headers.has('upgrade')) return undefined;
  if (request.method !== 'GET' && request.method !== 'HEAD') return undefined;
  const [path] = request.url.split('?');
  const found = (await pageFile(path, { live: true })) ?? (await talkFile(path));
  const status = found ? '200 OK' : '404 Not Found';
  const file = found ?? nothing();
  const head = [
    `HTTP/1.1 ${status}`,
    ...Object.entries(fieldsOf(file)).map(([name, value]) => `${name}: ${value}`),
    'Connection: close',
  ];
  const bytes = Buffer.from(`${head.join('\r\n')}\r\n\r\n`);
  return {
    status,
    bytes: request.method === 'HEAD' ? bytes : Buffer.concat([bytes, file.body]),
  };
}

/**
 * Where the inspector is not built, the page to talk takes its place.
 * @param {string} path
 */
async function talkFile(path) {
  if (path === '/talk' || path === '/') return packageFile(TALK);
  return LOADED.test(path) ? packageFile(path) : undefined;
}
