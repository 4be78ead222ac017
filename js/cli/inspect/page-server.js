// The inspector's page beside the proxy, at a port of its own: every path of the proxy's is the
// target's.
import { createServer } from 'node:http';
import { upgrade } from '../../node.js';
import { CONTROL_SETTINGS, control, isControl } from '../act/control.js';
import { Site } from '../page/site.js';

/**
 * @param {Site} site
 * @param {import('../page/live.js').Live} live
 * @param {import('../act/acts.js').Acts} acts
 */
export function pageServer(site, live, acts) {
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
    // Who may see what passes may act on it: both ask for the token.
    const acting = isControl(request.url ?? '');
    void upgrade(request, socket, head, {
      ...(acting ? CONTROL_SETTINGS : live.connection),
      verify: (asked) =>
        acting || Site.isFeed(asked.url) ? site.mayWatch(asked) : { status: 404 },
      onWebSocket: (ws) => (acting ? control(acts, ws) : live.watch(ws)),
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
