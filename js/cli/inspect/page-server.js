// The inspector's page beside the proxy, at a port of its own: every path of the proxy's is the
// target's.
import { createServer } from 'node:http';
import { upgrade } from '../../node.js';
import { fieldsOf, nothing } from '../page/files.js';
import { LIVE_PATH } from '../page/live.js';
import { pageFile } from '../page/page.js';

const NOT_BUILT = 'The page is not built: run `npm run build:www`.\n';

/** @param {import('../page/live.js').Live} live */
export function pageServer(live) {
  const server = createServer(async ({ method, url = '/' }, response) => {
    const path = url.split('?')[0];
    if (method !== 'GET' && method !== 'HEAD') {
      response.writeHead(405, { Allow: 'GET, HEAD' }).end();
      return;
    }
    const file = await pageFile(path, { live: true });
    const answer = file ?? nothing(path === '/' ? NOT_BUILT : undefined);
    response.writeHead(file ? 200 : 404, fieldsOf(answer));
    response.end(method === 'HEAD' ? undefined : answer.body);
  });
  server.on('upgrade', (request, socket, head) => {
    if (request.url === LIVE_PATH) void upgrade(request, socket, head, live.options);
    else socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
  });
  return server;
}
