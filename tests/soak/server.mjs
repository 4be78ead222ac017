// The server of the soak, in a process of its own. It echoes, and tells what it holds.
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { WebSocket } from 'ws4wasm';
import { createServer } from 'ws4wasm/node';
import { makeCertificate } from '../support/certificate.mjs';
import { collect, held, linearMemory } from '../support/gauge.mjs';

/**
 * Short times, so that every one of them runs out within a minute's run; but not so short that
 * honest clients on a busy machine look like others.
 */
const options = {
  handshakeTimeout: 8000,
  closeTimeout: 1000,
  pingInterval: 12_000,
  idleTimeout: 30_000,
  maxMessageSize: 1024 * 1024,
  maxBufferedAmount: 4 * 1024 * 1024,
  deflate: true,
  verify: (/** @type {import('ws4wasm/node').ServerRequest} */ { url }) => {
    if (url === '/refused') return { status: 401, body: 'Who are you?' };
    if (url === '/moved') return { status: 307, headers: { Location: '/' } };
    return true;
  },
};

/** @type {Set<WebSocket>} */
const open = new Set();
/** How connections ended. @type {Record<string, number>} */
const codes = {};

class Echo extends WebSocket {
  opened() {
    open.add(this);
  }

  /** @param {import('ws4wasm').TextMessage | import('ws4wasm').BinaryMessage} message */
  receivedMessage(message) {
    return this.send(message);
  }

  /** @param {number} code */
  closed(code) {
    open.delete(this);
    codes[code] = (codes[code] ?? 0) + 1;
  }
}

/** @param {object} more */
const serve = (more) =>
  createServer({ ...options, ...more, WebSocket: Echo }, (ws) => {
    // What a reader that is too slow loses is no news to this log.
    ws.onerror = () => {};
  }).listen(0, '127.0.0.1');

const servers = [serve({}), serve(makeCertificate())];
await Promise.all(servers.map((server) => once(server, 'listening')));
const [port, securePort] = servers.map(
  (server) => /** @type {import('node:net').AddressInfo} */ (server.address()).port,
);
process.send?.({ port, securePort });

/** @param {import('node:net').Server} server @returns {Promise<number>} */
const count = (server) =>
  new Promise((resolve, reject) =>
    server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );

async function connections() {
  const counts = await Promise.all(servers.map(count));
  return counts.reduce((sum, count) => sum + count, 0);
}

/** What is there now, as fast as can be told. */
async function glance() {
  return { open: open.size, connections: await connections(), rss: process.memoryUsage().rss };
}

/** What is there when everything is over, garbage collected. */
async function measure() {
  await collect();
  const files = '/proc/self/fd';
  return {
    ...(await glance()),
    codes,
    held: await held(),
    linear: await linearMemory(),
    descriptors: existsSync(files) ? readdirSync(files).length : undefined,
    resources: process.getActiveResourcesInfo().sort(),
  };
}

process.on('message', async (question) => {
  process.send?.(question === 'measure' ? await measure() : await glance());
});
process.on('disconnect', () => process.exit());
