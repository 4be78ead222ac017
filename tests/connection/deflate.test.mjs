// permessage-deflate (RFC 7692) with other people's: ws, undici, Python's websockets.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { connect as connectSession, createServer as createH2Server } from 'node:http2';
import { connect as connectNet, createServer as createNetServer } from 'node:net';
import { describe, test } from 'node:test';
import { WebSocket as UndiciWebSocket } from 'undici';
import { WebSocketServer, WebSocket as Ws } from 'ws';
import { acceptConnect, connect, connectHttp2, createServer, upgrade } from 'ws4wasm/node';
import { listen, noLeaks, until } from '../support/connections.mjs';
import {
  agreement,
  assertCompressed,
  converse,
  ours,
  parametersOf,
  takeovers,
  title,
  windows,
} from '../support/deflate.mjs';
import { startPython } from '../support/python.mjs';
import { python } from '../support/tools.mjs';

noLeaks();

/** @typedef {import('node:test').TestContext} TestContext */
/** @typedef {import('ws4wasm').DeflateParameters} DeflateParameters */
/** @typedef {Partial<DeflateParameters>} Wanted */

/**
 * The other end of a connection: what it knows of the agreement, and how to wait for its end.
 * @typedef {{ theirs: (ws: any) => Promise<DeflateParameters | undefined>, gone: () => Promise<unknown> }} Peer
 */

/**
 * @typedef {object} Abilities
 * @property {boolean} [commands] as `converse` has it
 * @property {boolean} [compresses] what it sends
 */

/**
 * A conversation over an open connection, and all there is to say about it.
 * @param {any} ws
 * @param {Peer} peer
 * @param {DeflateParameters | undefined} agreed
 * @param {Abilities & { brief?: boolean, role?: 'server' | 'client' }} [how] `role` is our own
 */
async function discuss(
  ws,
  { theirs, gone },
  agreed,
  { brief, commands = true, compresses = true, role = 'server' } = {},
) {
  assert.deepEqual(ours(ws), agreed);
  assert.deepEqual(await theirs(ws), agreed);
  const costs = await converse(ws, { brief, commands });
  assertCompressed(costs, role, 'sent', agreed);
  const other = role === 'server' ? 'client' : 'server';
  assertCompressed(costs, other, 'received', compresses ? agreed : undefined);
  const closed = once(ws, 'close');
  ws.close(1000);
  const [[{ code, wasClean }]] = await Promise.all([closed, gone()]);
  assert.deepEqual([code, wasClean], [1000, true]);
  return costs;
}

/**
 * Windows of 8 bits may be those of 9, as far as zlib looks back.
 * @param {any[]} costs the smallest window first
 * @param {'sent' | 'received'} way
 */
function assertWindows(costs, way) {
  const lengths = costs.map(({ letters }) => letters[way]);
  for (const [i, length] of lengths.entries()) assert.ok(i < 2 || length < lengths[i - 1]);
}

/** @type {{ wanted: Wanted, brief: boolean }[]} */
const rounds = [
  ...takeovers.map((wanted) => ({ wanted, brief: false })),
  ...windows.map((wanted) => ({ wanted, brief: true })),
];

/**
 * All rounds, one after the other.
 * @param {TestContext} t
 * @param {(wanted: Wanted) => Promise<{ ws: any, peer: Peer }>} open
 * @param {Abilities & { can?: (wanted: Wanted) => boolean, role?: 'server' | 'client' }} how
 */
async function all(t, open, { can = () => true, role = 'server', ...abilities }) {
  /** @type {any[]} */
  const costs = [];
  for (const { wanted, brief } of rounds.filter((round) => can(round.wanted))) {
    await t.test(title(wanted), async () => {
      const { ws, peer } = await open(wanted);
      const how = { brief, role, ...abilities };
      const cost = await discuss(ws, peer, agreement(wanted), how);
      if (brief) costs.push(cost);
    });
  }
  await t.test('a larger window finds more', () => {
    // Ordered by the server's windows; the client's go the other way.
    const [server, client] =
      role === 'server'
        ? /** @type {const} */ (['sent', 'received'])
        : /** @type {const} */ (['received', 'sent']);
    assertWindows(costs, server);
    if (abilities.compresses !== false) assertWindows(costs.reverse(), client);
  });
}

/**
 * One of our servers; `next` is its next connection.
 * @param {TestContext} t
 * @param {import('ws4wasm/node').UpgradeOptions['deflate']} deflate
 */
async function serve(t, deflate, http = false) {
  /** @type {any[]} */
  const arrived = [];
  const options = { deflate, onWebSocket: (/** @type {any} */ ws) => void arrived.push(ws) };
  const server = http ? createHttpServer() : createServer(options);
  if (http) {
    server.on('upgrade', (request, socket, head) => {
      void upgrade(request, socket, head, options);
    });
  }
  const url = `ws://127.0.0.1:${await listen(server, t)}`;
  const next = async () => {
    await until(() => arrived.length);
    return arrived.shift();
  };
  return { url, next };
}

/**
 * What a WebSocket of ws does as a peer.
 * @param {Ws} peer
 */
function answer(peer) {
  peer.on('message', (data, isBinary) => {
    switch (isBinary ? '' : `${data}`) {
      case 'fragments':
        peer.send('one ', { fin: false });
        peer.ping('in between');
        peer.send('two ', { fin: false });
        peer.send('three', { fin: true });
        break;
      case 'ping':
        peer.once('pong', () => peer.send('pong came'));
        peer.ping('from ws');
        break;
      default:
        peer.send(data, { binary: isBinary });
    }
  });
}

/**
 * Clients to come: `offer` is what they want, or undefined for no compression.
 * @typedef {(url: string, offer: Wanted | undefined) => Peer} Join
 */

/** @type {Join} */
function joinWs(url, offer) {
  const client = new Ws(url, { perMessageDeflate: offer ?? false });
  const closed = once(client, 'close');
  /** @type {import('node:http').IncomingMessage | undefined} */
  let response;
  client.on('upgrade', (head) => {
    response = head;
  });
  answer(client);
  return {
    theirs: async () => {
      await until(() => client.readyState === Ws.OPEN);
      const agreed = parametersOf(response?.headers['sec-websocket-extensions']);
      assert.equal(client.extensions, agreed ? 'permessage-deflate' : '');
      return agreed;
    },
    gone: () => closed,
  };
}

/** It always offers, cannot be told what, and compresses nothing itself. @type {Join} */
function joinUndici(url) {
  const client = new UndiciWebSocket(url);
  client.binaryType = 'arraybuffer';
  client.onmessage = ({ data }) => client.send(data);
  const closed = once(client, 'close');
  return {
    theirs: async () => {
      await until(() => client.readyState === UndiciWebSocket.OPEN);
      return parametersOf(client.extensions);
    },
    gone: () => closed,
  };
}

/** @param {Wanted} wanted */
const forPython = (wanted) =>
  Object.fromEntries(
    Object.entries(wanted).map(([name, value]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    ]),
  );

/** @type {Peer['theirs']} */
async function theirsInPython(ws) {
  const told = once(ws, 'message');
  await ws.send('parameters');
  const both = JSON.parse((await told)[0].data);
  if (!both) return undefined;
  const [[serverNoContextTakeover, serverMaxWindowBits], client] = both;
  const [clientNoContextTakeover, clientMaxWindowBits] = client;
  return {
    serverNoContextTakeover,
    clientNoContextTakeover,
    serverMaxWindowBits,
    clientMaxWindowBits,
  };
}

/**
 * @param {TestContext} t
 * @returns {Join | undefined} undefined when there is no Python
 */
function pythonJoins(t) {
  const program = python(t);
  if (!program) return undefined;
  const { say, next, end } = startPython(program, 'connection/peer.py', { task: 'join' });
  t.after(end);
  return (url, offer) => {
    say([url, offer ? forPython(offer) : null]);
    return {
      theirs: theirsInPython,
      gone: async () => assert.equal((await next()).code, 1000),
    };
  };
}

/** @type {Record<string, Abilities & { joins: (t: TestContext) => Join | undefined, offers?: boolean, least?: number }>} */
const clients = {
  ws: { joins: () => joinWs },
  undici: { joins: () => joinUndici, offers: false, commands: false, compresses: false },
  // Python's zlib has no window of 256 bytes to deflate with.
  "Python's websockets": { joins: pythonJoins, least: 9 },
};

for (const [name, { joins, offers = true, least = 8, ...abilities }] of Object.entries(
  clients,
)) {
  describe(`${name} as client`, () => {
    const can = (/** @type {Wanted} */ { clientMaxWindowBits = 15 }) =>
      clientMaxWindowBits >= least;

    test('the server decides', async (t) => {
      const join = joins(t);
      if (!join) return;
      const open = async (/** @type {Wanted} */ wanted) => {
        const { url, next } = await serve(t, wanted);
        const peer = join(url, {});
        return { ws: await next(), peer };
      };
      await all(t, open, { can, ...abilities });
    });

    if (offers) {
      test('the client decides', async (t) => {
        const join = joins(t);
        if (!join) return;
        const { url, next } = await serve(t, true);
        const open = async (/** @type {Wanted} */ wanted) => {
          const peer = join(url, wanted);
          return { ws: await next(), peer };
        };
        await all(t, open, { can, ...abilities });
      });
    }

    test('both want something, over upgrade', async (t) => {
      const join = joins(t);
      if (!join) return;
      const { url, next } = await serve(
        t,
        { clientNoContextTakeover: true, serverMaxWindowBits: 12, clientMaxWindowBits: 11 },
        true,
      );
      const offer = { serverMaxWindowBits: 10, clientMaxWindowBits: 13 };
      const peer = join(url, offer);
      const agreed = agreement({
        clientNoContextTakeover: true,
        serverMaxWindowBits: offers ? 10 : 12,
        clientMaxWindowBits: 11,
      });
      await discuss(await next(), peer, agreed, abilities);
    });

    // [RFC 6455 5.8-1]
    test('no compression unless both want it', async (t) => {
      const join = joins(t);
      if (!join) return;
      for (const http of [false, true]) {
        for (const deflate of [false, undefined]) {
          const { url, next } = await serve(t, deflate, http);
          const peer = join(url, {});
          await discuss(await next(), peer, undefined, abilities);
        }
        if (!offers) continue;
        const { url, next } = await serve(t, true, http);
        const peer = join(url, undefined);
        await discuss(await next(), peer, undefined, abilities);
      }
    });
  });
}

test("Python's websockets as client refuses a window of 256 bytes", async (t) => {
  const program = python(t);
  if (!program) return;
  const { say, next, end } = startPython(program, 'connection/peer.py', { task: 'join' });
  t.after(end);
  const server = await serve(t, { clientMaxWindowBits: 8 });
  say([server.url, {}]);
  assert.match((await next()).error, /'client_max_window_bits', '8'/);
  await (await server.next()).run();
});

/**
 * A server's side of a connection that is about to come; `configure` gives the URL of a server
 * that wants this.
 * @typedef {(wanted: Wanted | undefined) => Promise<{ url: string, peer: () => Peer }>} Configure
 */

/** @param {TestContext} t @returns {Configure} */
function wsServes(t) {
  return async (wanted) => {
    const server = new WebSocketServer({
      port: 0,
      host: '127.0.0.1',
      perMessageDeflate: wanted ?? false,
    });
    await once(server, 'listening');
    t.after(() => void server.close());
    /** @type {string[]} */
    let head = [];
    server.on('headers', (headers) => {
      head = headers;
    });
    const connected = once(server, 'connection');
    void connected.then(([peer]) => answer(peer));
    const { port } = /** @type {any} */ (server.address());
    const peer = () => ({
      theirs: async () => {
        const prefix = 'Sec-WebSocket-Extensions: ';
        const line = head.find((field) => field.startsWith(prefix));
        return parametersOf(line?.slice(prefix.length));
      },
      gone: async () => {
        const [peer] = await connected;
        await until(() => peer.readyState === Ws.CLOSED);
      },
    });
    return { url: `ws://127.0.0.1:${port}`, peer };
  };
}

/** @param {TestContext} t @returns {Configure | undefined} */
function pythonServes(t) {
  const program = python(t);
  if (!program) return undefined;
  // All servers are there from the beginning, in one process.
  const configurations = [undefined, ...rounds.map(({ wanted }) => wanted)].filter(
    (wanted) => (wanted?.serverMaxWindowBits ?? 15) > 8,
  );
  const { next, end } = startPython(program, 'connection/peer.py', {
    task: 'serve',
    deflate: configurations.map((wanted) => (wanted ? forPython(wanted) : null)),
  });
  t.after(end);
  const ports = (async () => {
    const list = [];
    for (const _ of configurations) list.push(await next());
    return list;
  })();
  const peer = () => ({
    theirs: theirsInPython,
    gone: async () => assert.equal((await next()).code, 1000),
  });
  return async (wanted) => {
    const index = configurations.findIndex(
      (other) => JSON.stringify(other) === JSON.stringify(wanted),
    );
    return { url: `ws://127.0.0.1:${(await ports)[index]}`, peer };
  };
}

/** @type {Record<string, { serves: (t: TestContext) => Configure | undefined, least?: number }>} */
const servers = {
  ws: { serves: wsServes },
  "Python's websockets": { serves: pythonServes, least: 9 },
};

/** peer.py speaks nothing without one. */
const protocols = ['b'];

for (const [name, { serves, least = 8 }] of Object.entries(servers)) {
  describe(`${name} as server for connect`, () => {
    const can = (/** @type {Wanted} */ { serverMaxWindowBits = 15 }) =>
      serverMaxWindowBits >= least;

    test('the server decides', async (t) => {
      const configure = serves(t);
      if (!configure) return;
      const open = async (/** @type {Wanted} */ wanted) => {
        const { url, peer } = await configure(wanted);
        return { ws: await connect(url, { protocols }), peer: peer() };
      };
      await all(t, open, { can, role: 'client' });
    });

    test('the client decides', async (t) => {
      const configure = serves(t);
      if (!configure) return;
      const open = async (/** @type {Wanted} */ wanted) => {
        const { url, peer } = await configure({});
        return { ws: await connect(url, { protocols, deflate: wanted }), peer: peer() };
      };
      await all(t, open, { can, role: 'client' });
    });

    test('no compression unless both want it', async (t) => {
      const configure = serves(t);
      if (!configure) return;
      const without = await configure(undefined);
      const ws = await connect(without.url, { protocols });
      await discuss(ws, without.peer(), undefined, { role: 'client' });
      const having = await configure({});
      const plain = await connect(having.url, { protocols, deflate: false });
      await discuss(plain, having.peer(), undefined, { role: 'client' });
    });
  });
}

test("Python's websockets as server declines a window of 256 bytes for itself", async (t) => {
  const configure = pythonServes(t);
  if (!configure) return;
  const { url, peer } = await configure({});
  const ws = await connect(url, { protocols, deflate: { serverMaxWindowBits: 8 } });
  await discuss(ws, peer(), undefined, { role: 'client' });
});

test('over HTTP/2', async (t) => {
  const settings = { enableConnectProtocol: true };
  for (const deflate of [undefined, false]) {
    /** @type {any[]} */
    const arrived = [];
    const server = createH2Server({ settings });
    server.on('stream', (stream, headers) => {
      void acceptConnect(stream, headers, {
        deflate: { serverMaxWindowBits: 12 },
        onWebSocket: (ws) => void arrived.push(ws),
      });
    });
    const port = await listen(/** @type {any} */ (server), t);
    // Its bytes are counted on the way, because they are not those of a socket.
    const bytes = { sent: 0, received: 0 };
    const way = createNetServer((near) => {
      const far = connectNet(port, '127.0.0.1');
      near.on('data', (chunk) => {
        bytes.sent += chunk.length;
      });
      far.on('data', (chunk) => {
        bytes.received += chunk.length;
      });
      near.pipe(far).pipe(near);
      near.on('error', () => {}).on('close', () => far.destroy());
      far.on('error', () => {}).on('close', () => near.destroy());
    });
    const url = `http://127.0.0.1:${await listen(way, t)}`;
    const session = connectSession(url);
    t.after(() => void session.destroy());
    const ws = await connectHttp2(session, url, { deflate });
    const [peer] = arrived;
    peer.onmessage = (/** @type {any} */ { data }) => peer.send(data);
    const agreed = deflate === false ? undefined : agreement({ serverMaxWindowBits: 12 });
    assert.deepEqual([ours(ws), ours(peer)], [agreed, agreed]);
    const costs = await converse(ws, { commands: false, count: () => ({ ...bytes }) });
    assertCompressed(costs, 'client', 'sent', agreed);
    assertCompressed(costs, 'server', 'received', agreed);
    ws.close();
    await Promise.all([ws.run(), peer.run()]);
  }
});
