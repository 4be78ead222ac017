// Whoever asks for the page while it is being built gets it, however long that takes.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { mock, test } from 'node:test';
import { Guard } from '../../js/cli/page/guard.js';
import { Live } from '../../js/cli/page/live.js';
import { pageComes } from '../../js/cli/page/page.js';
import { Site } from '../../js/cli/page/site.js';
import { Destinations } from '../../js/cli/replay/destinations.js';
import { Connection } from '../../js/cli/serve/connection.js';
import { Settled } from '../../js/connection/outbox.js';

const quiet = /** @type {any} */ ({ note() {}, problem() {} });

test('the page, asked for while it is being built', async (t) => {
  /** @type {Settled<void>} */
  const asked = new Settled();
  /** @type {Settled<void>} */
  const built = new Settled();
  // Like a promise, and tells when the first one waits for it.
  const building = {
    catch() {
      asked.resolve();
      return built.promise;
    },
  };
  pageComes(/** @type {any} */ (building));
  t.after(() => pageComes(Promise.resolve()));

  // All deadlines of the server pass when the test says so.
  mock.timers.enable({ apis: ['setTimeout'] });
  t.after(() => mock.timers.reset());
  const guard = new Guard();
  const site = new Site(guard);
  const setting = { guard, site, live: new Live(), destinations: new Destinations([]) };
  const server = createServer((socket) => void new Connection(socket, setting, quiet));
  t.after(() => server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');

  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const client = connect(port, '127.0.0.1');
  const { host, pathname, search } = new URL(site.link(`127.0.0.1:${port}`));
  client.write(`GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  await asked.promise;
  mock.timers.tick(10 * 60_000);
  built.resolve();
  let answer = '';
  for await (const piece of client) answer += piece;
  assert.match(answer, /^HTTP\/1\.1 200 OK\r\n/);
  assert.match(answer, /<\/html>\s*$/);
});
