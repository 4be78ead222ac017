// Options that servers and clients do not have, or that cannot be.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { connect as connectSession, createServer as createH2Server } from 'node:http2';
import { test } from 'node:test';
import { ClientHandshake, ServerHandshake } from 'ws4wasm';
import { acceptConnect, connect, connectHttp2, createServer, upgrade } from 'ws4wasm/node';
import { listen, noLeaks } from '../support/connections.mjs';

noLeaks();

/** What a call throws, or its promise rejects with. @param {() => unknown} call */
async function thrown(call) {
  try {
    await call();
  } catch (error) {
    return /** @type {Error} */ (error);
  }
  return undefined;
}

/** Each way to give options. @param {import('node:test').TestContext} t */
async function owners(t) {
  const http = createHttpServer();
  /** @type {any} */
  let upgrading;
  http.on('upgrade', (request, socket, head) => {
    upgrading(request, socket, head);
  });
  const port = await listen(http, t);
  const h2 = createH2Server({ settings: { enableConnectProtocol: true } });
  /** @type {any} */
  let accepting;
  h2.on('stream', (stream, headers) => accepting(stream, headers));
  const session = connectSession(
    `http://127.0.0.1:${await listen(/** @type {any} */ (h2), t)}`,
  );
  t.after(() => void session.destroy());
  await once(session, 'remoteSettings');
  /** @param {(done: (outcome: Promise<any>) => void) => Promise<any>} start */
  const served = async (start) => {
    const outcome = await new Promise((resolve) => {
      start((promise) =>
        resolve(
          promise.then(
            () => undefined,
            (error) => error,
          ),
        ),
      ).catch(() => {});
    });
    if (outcome) throw outcome;
  };
  /** @type {Record<string, (options: any) => unknown>} */
  const all = {
    createServer: (options) => createServer(options),
    upgrade: (options) =>
      served((done) => {
        upgrading = (/** @type {any[]} */ ...[request, socket, head]) =>
          done(upgrade(request, socket, head, options));
        return connect(`ws://127.0.0.1:${port}`);
      }),
    acceptConnect: (options) =>
      served((done) => {
        accepting = (/** @type {any[]} */ ...[stream, headers]) =>
          done(acceptConnect(stream, headers, options));
        return connectHttp2(session, 'ws://x');
      }),
    connect: (options) => connect('ws://127.0.0.1:1', options),
    connectHttp2: (options) => connectHttp2(session, 'ws://x', options),
    ServerHandshake: (options) => new ServerHandshake(options),
    ClientHandshake: (options) => new ClientHandshake('ws://x', options),
  };
  return all;
}

test('an unknown option throws, and names what to use instead', async (t) => {
  const servers = ['createServer', 'upgrade', 'acceptConnect'];
  const clients = ['connect', 'connectHttp2'];
  const every = await owners(t);
  for (const [names, option, advice] of /** @type {[string[], any, string][]} */ ([
    [Object.keys(every), { frobnicate: 1 }, 'there are '],
    [servers, { verifyClient: () => false }, "use 'verify'"],
    [servers, { path: '/x' }, "use 'verify'"],
    [servers, { port: 8080 }, 'use createServer(options).listen(port)'],
    [servers, { handleProtocols: () => false }, "use 'protocols'"],
    [[...servers, ...clients], { maxPayload: 1 }, "use 'maxMessageSize'"],
    [[...servers, ...clients], { perMessageDeflate: true }, "use 'deflate'"],
    [[...servers, ...clients], { handshaketimeout: 1 }, "use 'handshakeTimeout'"],
    [clients, { rejectUnauthorized: false }, "use 'tls': { rejectUnauthorized }"],
    [clients, { followRedirects: true }, "use 'maxRedirects'"],
    [clients, { origin: 'https://x' }, "use 'headers'"],
    // What the handshake decides is nobody's to give.
    [[...servers, ...clients], { role: 'client' }, 'there are '],
    [[...servers, ...clients], { head: Buffer.alloc(1) }, 'there are '],
    [clients, { verify: () => true }, 'there are '],
    [['connectHttp2'], { agent: {} }, 'there are '],
  ])) {
    for (const owner of names) {
      const error = await thrown(() => every[owner](option));
      const start = `${owner} has no option '${Object.keys(option)[0]}': ${advice}`;
      assert.equal(error?.name, 'TypeError', start);
      assert.equal(error?.message.slice(0, start.length), start);
    }
  }
});

test('a wrong value throws where it is written', async (t) => {
  const every = await owners(t);
  for (const option of [
    { pingInterval: -1 },
    { maxMessageSize: -1 },
    { closeTimeout: 'a' },
    { WebSocket: 5 },
    { handshakeTimeout: 0 },
    { handshakeTimeout: Infinity },
    { deflate: 'yes' },
    { deflate: { level: 99 } },
    { maxHeaders: 0 },
  ]) {
    const name = Object.keys(option)[0];
    for (const owner of [
      'createServer',
      'upgrade',
      'acceptConnect',
      'connect',
      'connectHttp2',
    ]) {
      const error = await thrown(() => every[owner](option));
      assert.match(error?.message ?? 'nothing', new RegExp(`^${name}(\\.level)? is `), owner);
    }
  }
  for (const option of [{ signal: {} }, { maxRedirects: 1.5 }, { tls: 'x' }, { net: 1 }]) {
    const error = await thrown(() => every.connect(option));
    assert.match(error?.message ?? 'nothing', new RegExp(`^${Object.keys(option)[0]} is `));
  }
});

test('undefined is not given', async (t) => {
  const port = await listen(
    createServer({
      verify: undefined,
      origins: undefined,
      protocols: undefined,
      key: undefined,
    }),
    t,
  );
  const none = { signal: undefined, agent: undefined, headers: undefined, deflate: undefined };
  const ws = await connect(`ws://127.0.0.1:${port}`, none);
  ws.close();
  await ws.run();
});
