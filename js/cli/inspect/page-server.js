// The inspector's page beside the proxy, at a port of its own: every path of the proxy's is the
// target's.
import { createServer } from 'node:http';
import { LIVE_PATH } from '../../node/live.js';
import { pageFile } from '../../node/page.js';
import { upgrade } from '../../node.js';

const NOT_BUILT = 'The page is not built: run `npm run build:www`.\n';

/** @param {import('../../node/live.js').Live} live */
export function pageServer(live) {
  const server = createServer(async ({ method, url = '/' }, response) => {
    const path = url.split('?')[0];
    if (method !== 'GET' && method !== 'HEAD') {
      response.writeHead(405, { Allow: 'GET, HEAD' }).end();
      return;
    }
    const file = await pageFile(path, { live: true });
    const { type, body } = file ?? {
      type: 'text/plain; charset=utf-8',
      body: Buffer.from(path === '/' ? NOT_BUILT : 'There is nothing here. The page is at /\n'),
    };
    response.writeHead(file ? 200 : 404, {
      'Content-Type': type,
      'Content-Length': body.length,
      'Cache-Control': 'no-cache',
      'X-Content-Type-Options': 'nosniff',
    });
    response.end(method === 'HEAD' ? undefined : body);
  });
  server.on('upgrade', (request, socket, head) => {
    if (request.url === LIVE_PATH) void upgrade(request, socket, head, live.options);
    else socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
  });
  return server;
}
