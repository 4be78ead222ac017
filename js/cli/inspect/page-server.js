// The inspector's page beside the proxy, at a port of its own: every path of the proxy's is the
// target's.
import { createServer } from 'node:http';
import { upgrade } from '../../node.js';
import { CONTROL_SETTINGS, control, isControl } from '../act/control.js';
import { Site } from '../page/site.js';
import { isReplay, REPLAY_SETTINGS, replayChannel } from '../replay/channel.js';

/** @typedef {import('../../index.js').WebSocket} WebSocket */

/**
 * @param {Site} site
 * @param {import('../page/live.js').Live} live
 * @param {import('../act/acts.js').Acts} acts
 * @param {import('../replay/destinations.js').Destinations} destinations where a page may replay to
 * @param {(url: string) => import('node:tls').ConnectionOptions} tls whom to trust there
 */
export function pageServer(site, live, acts, destinations, tls) {
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
    const [settings, talk] = isControl(request.url ?? '')
      ? [CONTROL_SETTINGS, (/** @type {WebSocket} */ ws) => control(acts, ws)]
      : isReplay(request.url ?? '')
        ? [
            REPLAY_SETTINGS,
            (/** @type {WebSocket} */ ws) => replayChannel(ws, destinations, tls),
          ]
        : [live.connection, (/** @type {WebSocket} */ ws) => live.watch(ws)];
    void upgrade(request, socket, head, {
      ...settings,
      verify: (asked) =>
        [isControl, isReplay, Site.isFeed].some((is) => is(asked.url))
          ? site.mayWatch(asked)
          : { status: 404 },
      onWebSocket: talk,
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
