// The inspector's page beside the proxy, at a port of its own: every path of the proxy's is the
// target's.
import { createServer } from 'node:http';
import { upgrade } from '../../node.js';
import { Site } from '../page/site.js';

/**
 * @param {Site} site
 * @param {import('../page/live.js').Live} live
 */
export function pageServer(site, live) {
  const server = createServer(async (request, response) => {
    const { method = '', url = '/' } = request;
    const { status, fields, body } = await site.answer({
      method,
      url,
      headers: fieldsOf(request),
    });
    response.writeHead(status, fields).end(method === 'HEAD' ? undefined : body);
  });
  server.on('upgrade', (request, socket, head) => {
    void upgrade(request, socket, head, {
      ...live.connection,
      verify: (asked) => (Site.isFeed(asked.url) ? site.mayWatch(asked) : { status: 404 }),
      onWebSocket: (ws) => live.watch(ws),
    });
  });
  return server;
}

/** @param {import('node:http').IncomingMessage} request */
function fieldsOf({ rawHeaders }) {
  const fields = new Headers();
  for (let i = 0; i < rawHeaders.length; i += 2) {
    fields.append(rawHeaders[i], rawHeaders[i + 1]);
  }
  return fields;
}
