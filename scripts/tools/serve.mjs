// Servers of this machine for tests and benchmarks, at ports that the system chooses.
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer as createHttp } from 'node:http';
import { createServer } from 'node:net';
import { extname, join } from 'node:path';

/**
 * Has a server listen.
 * @param {import('node:net').Server} server
 * @returns {Promise<number>} its port
 */
export async function listen(server, host = '127.0.0.1') {
  server.listen(0, host);
  await once(server, 'listening');
  return /** @type {import('node:net').AddressInfo} */ (server.address()).port;
}

/** A port at which nobody listens. */
export async function freePort() {
  const server = createServer();
  const port = await listen(server);
  server.close();
  await once(server, 'close');
  return port;
}

/** @type {Record<string, string>} */
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.wasm': 'application/wasm',
};

/** The content type of a file. @param {string} path */
export const typeOf = (path) => TYPES[extname(path)] ?? 'text/plain';

/**
 * Serves a folder as plain static files, as any web server would.
 * @param {string} folder
 * @param {Record<string, string>} [headers] of every answer
 */
export async function serveFolder(folder, headers = {}) {
  const server = createHttp(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    try {
      const body = await readFile(join(folder, pathname));
      response.writeHead(200, { ...headers, 'Content-Type': typeOf(pathname) }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  return {
    url: `http://127.0.0.1:${await listen(server)}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
