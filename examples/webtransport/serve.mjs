// `node examples/webtransport/serve.mjs`: builds and starts the Rust server, and serves the
// page that talks to it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const HOST = '127.0.0.1';
const root = new URL('../../', import.meta.url);
const HOME = '/examples/webtransport/page/index.html';

/** What the page loads. No part of such a path begins with a dot or is encoded. */
const SERVED = /^\/(js|pkg|examples\/page|examples\/webtransport\/page)(\/\w[\w.-]*)+$/;

/** @type {Record<string, string>} */
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.wasm': 'application/wasm',
};

/** What the page has to know to open a session: the server's one line. */
let session = '';

/** @param {string} path */
async function load(path) {
  if (path === '/session.json') return { type: 'application/json', body: session };
  const type = TYPES[extname(path)];
  if (!type || !SERVED.test(path)) return undefined;
  const body = await readFile(new URL(`.${path}`, root)).catch(() => undefined);
  return body && { type, body };
}

const http = createServer(async ({ method, url = '/' }, response) => {
  const [path] = url.split('?');
  const file = await load(path === '/' ? HOME : path);
  if (method !== 'GET' && method !== 'HEAD') response.writeHead(405, { allow: 'GET, HEAD' });
  else if (!file) response.writeHead(404);
  else {
    const headers = { 'content-type': file.type, 'cache-control': 'no-cache' };
    response.writeHead(200, headers).end(method === 'GET' ? file.body : undefined);
  }
  response.end();
});

http.on('error', (error) => {
  console.error(`${error.message}. PORT chooses another one.`);
  process.exit(1);
});
http.listen(Number(process.env.PORT || 8081), HOST);
await once(http, 'listening');
const { port } = /** @type {import('node:net').AddressInfo} */ (http.address());
const origin = `http://${HOST}:${port}`;

const manifest = fileURLToPath(new URL('Cargo.toml', import.meta.url));
const server = spawn('cargo', ['run', '--locked', '--manifest-path', manifest, '--', origin], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
server.on('error', (error) => {
  console.error(`Cannot start cargo, which builds the server: ${error.message}`);
  process.exit(1);
});
server.on('exit', (code) => {
  http.close();
  http.closeAllConnections();
  process.exitCode = code ?? 1;
});

// The server stops at the end of its input: on Ctrl-C, and when this process is no more.
const stop = () => void server.stdin.end();
process.on('SIGINT', stop);
process.on('SIGTERM', stop);

for await (const line of createInterface(server.stdout)) {
  session = line;
  console.log(`The server listens on UDP port ${JSON.parse(line).port}.`);
  console.log(`Open ${origin}/ in Chromium or Firefox. Ctrl-C stops everything.`);
}
