// `node scripts/generate/samples.mjs [NAME...]`: records the inspector's samples, www/samples/, anew.
// Servers and clients are this library's own; a proxy between them notes what passes. They are
// committed, because every recording has other keys and other times.
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createConnection, createServer as createTcp } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { encode as msgpack } from '@msgpack/msgpack';
import { encode as cbor } from 'cbor2';
import { Frame, OPCODE_TEXT } from 'ws4wasm';
import { Inspection } from 'ws4wasm/inspect';
import { connect, createServer } from 'ws4wasm/node';
import { dim, Failure, root, whenStarted } from '../lib.mjs';
import { listen } from '../tools/serve.mjs';

/** @typedef {import('ws4wasm').WebSocket} WebSocket */

const HOST = '127.0.0.1';
const now = () => performance.timeOrigin + performance.now();

/**
 * Passes bytes between clients and a server on `port`, and tells `inspection` of them.
 * @param {Inspection} inspection
 * @param {number} port
 */
function proxy(inspection, port) {
  return createTcp({ allowHalfOpen: true }, (client) => {
    const server = createConnection({ port, host: HOST, allowHalfOpen: true });
    const connection = inspection.openConnection({
      client: { address: HOST, port: Number(client.remotePort) },
      server: { address: HOST, port },
      time: now(),
    });
    /** @type {[typeof client, typeof server, 'c2s' | 's2c'][]} */
    const ways = [
      [client, server, 'c2s'],
      [server, client, 's2c'],
    ];
    for (const [from, to, direction] of ways) {
      from.setNoDelay(true);
      from.on('data', (bytes) => {
        inspection.data(connection, direction, bytes, now());
        to.write(bytes);
      });
      from.on('end', () => {
        inspection.end(connection, direction, 'fin', now());
        to.end();
      });
      from.on('error', () => {
        inspection.end(connection, direction, 'reset', now());
        to.resetAndDestroy();
      });
    }
  });
}

/**
 * What the recorded programs are given.
 * @typedef {object} Stage
 * @property {string} url to connect to
 * @property {number} port the same, for clients that are no WebSockets
 */

/**
 * @param {import('ws4wasm/node').ServerOptions} options
 * @param {(ws: any) => void} onWebSocket
 * @param {(stage: Stage) => Promise<void>} act ends when everything has happened
 */
async function record(options, onWebSocket, act) {
  const inspection = new Inspection();
  const server = createServer(options, onWebSocket);
  const between = proxy(inspection, await listen(server));
  const port = await listen(between);
  await act({ url: `ws://${HOST}:${port}`, port });
  await pause(100);
  server.close();
  between.close();
  inspection.finish();
  return inspection.export('pcapng');
}

/** @param {WebSocket} ws @returns {Promise<unknown>} the content of the next message */
const next = (ws) =>
  new Promise((resolve) =>
    ws.addEventListener('message', (/** @type {any} */ event) => resolve(event.data), {
      once: true,
    }),
  );

/** @param {WebSocket} ws */
const closed = (ws) =>
  new Promise((resolve) => ws.addEventListener('close', resolve, { once: true }));

/** @param {number} port @returns {Promise<import('node:net').Socket>} */
const raw = (port) =>
  new Promise((resolve) => {
    const socket = createConnection({ port, host: HOST }, () => resolve(socket));
    socket.on('error', () => {});
    socket.resume();
  });

/** @param {string} path */
const request = (path, version = 13) =>
  [
    `GET ${path} HTTP/1.1`,
    'Host: example.com',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    `Sec-WebSocket-Version: ${version}`,
    '',
    '',
  ].join('\r\n');

/** @type {Record<string, () => Promise<Uint8Array>>} */
const samples = {
  chat: () => {
    /** @type {Set<WebSocket>} */
    const room = new Set();
    return record(
      { protocols: ['chat.v1'], pingInterval: 700 },
      (ws) => {
        room.add(ws);
        ws.addEventListener('message', (/** @type {any} */ { data }) => {
          for (const one of room) void one.send(data);
        });
        ws.addEventListener('close', () => room.delete(ws));
      },
      async ({ url }) => {
        const join = (/** @type {string} */ name) =>
          connect(`${url}/rooms/lobby?name=${name}`, {
            protocols: ['chat.v1'],
            deflate: false,
          });
        const [ada, bob] = [await join('ada'), await join('bob')];
        for (const ws of [ada, bob]) ws.addEventListener('message', () => {});
        const say = async (/** @type {WebSocket} */ ws, from = '', text = '') => {
          await ws.send(JSON.stringify({ type: 'message', from, text }));
          await pause(160);
        };
        await say(ada, 'ada', 'Hello, is anybody here?');
        await say(bob, 'bob', 'Hi Ada! 👋');
        await say(ada, 'ada', 'Did you see the new release?');
        await say(bob, 'bob', 'Not yet. Is it any good?');
        await say(ada, 'ada', `Very. ${'It reads every frame, bit by bit. '.repeat(6)}`);
        await say(bob, 'bob', 'Schön! Ça marche déjà? 世界 😀');
        await bob.send(Uint8Array.from({ length: 200 }, (_, i) => (i * 37) % 256));
        await pause(900);
        await say(ada, 'ada', 'See you.');
        ada.close(1000, 'good night');
        await closed(ada);
        await say(bob, 'bob', 'She left without me.');
        bob.close(1001, 'closing the tab');
        await closed(bob);
      },
    );
  },

  fragments: () =>
    record(
      {},
      (ws) => {
        ws.addEventListener('message', async () => {
          await ws.send(['One message ', 'in four ', 'fragments, ', 'and no ping.']);
        });
      },
      async ({ url }) => {
        const ws = await connect(`${url}/fragments`, { deflate: false });
        const answer = next(ws);
        // A piece leaves when the next one is known: only then it is known not to be the last.
        async function* pieces() {
          yield 'The first piece, ';
          yield 'then a ping goes by, ';
          await pause(40);
          void ws.ping('in between');
          yield 'and another one; ';
          await pause(40);
          void ws.ping('once more');
          yield 'this is ';
          yield 'the end. 😀';
        }
        await ws.send(pieces());
        await answer;
        ws.close(1000);
        await closed(ws);
      },
    ),

  compression: () =>
    record(
      { deflate: { threshold: 0 } },
      (ws) => {
        ws.addEventListener('message', (/** @type {any} */ { data }) => void ws.send(data));
      },
      async ({ url }) => {
        const ws = await connect(`${url}/prices`, { deflate: { threshold: 0 } });
        for (let i = 0; i < 12; i++) {
          const answer = next(ws);
          const price = (100 + Math.sin(i) * 3).toFixed(2);
          await ws.send(
            JSON.stringify({
              channel: 'prices',
              symbol: 'WASM',
              number: i,
              bid: price,
              ask: price,
            }),
          );
          await answer;
          await pause(30);
        }
        const answer = next(ws);
        await ws.send('the same words again and again '.repeat(120));
        await answer;
        ws.close(1000);
        await closed(ws);
      },
    ),

  subprotocols: () =>
    record(
      { selectProtocol: (offered) => offered[0] },
      (ws) => {
        ws.addEventListener('message', () => {});
      },
      async ({ url }) => {
        /** @type {(path: string, protocols: string[], messages: (string | Uint8Array)[]) => Promise<void>} */
        const speak = async (path, protocols, messages) => {
          const ws = await connect(`${url}/${path}`, { protocols, deflate: false });
          for (const message of messages) {
            await ws.send(message);
            await pause(15);
          }
          ws.close(1000);
          await closed(ws);
        };
        const bytes = (/** @type {number[]} */ ...values) => Uint8Array.from(values);
        const ascii = (/** @type {string} */ text) => [...Buffer.from(text)];
        await speak(
          'socket.io/?EIO=4&transport=websocket',
          [],
          ['2probe', '5', '40/chat,{"token":"123"}', '42/chat,7["join",{"room":"lobby"}]', '3'],
        );
        await speak(
          'stomp',
          ['v12.stomp'],
          [
            'CONNECT\naccept-version:1.2\nhost:example.com\n\n\0',
            'SUBSCRIBE\nid:0\ndestination:/queue/prices\nack:client\n\n\0',
            'SEND\ndestination:/queue/orders\ncontent-type:application/json\n\n{"buy":3}\0',
            '\n',
          ],
        );
        await speak(
          'mqtt',
          ['mqtt'],
          [
            bytes(0x10, 19, 0, 4, ...ascii('MQTT'), 4, 2, 0, 60, 0, 7, ...ascii('sensor1')),
            bytes(0x82, 10, 0, 1, 0, 5, ...ascii('rooms'), 0),
            bytes(0x30, 16, 0, 5, ...ascii('rooms'), ...ascii('{"t":21}'), 0x0a),
            bytes(0xc0, 0),
          ],
        );
        await speak(
          'graphql',
          ['graphql-transport-ws'],
          [
            '{"type":"connection_init"}',
            '{"id":"1","type":"subscribe","payload":{"query":"subscription { priceChanged { symbol bid } }"}}',
            '{"type":"ping"}',
            '{"id":"1","type":"complete"}',
          ],
        );
        await speak(
          'signalr?id=7',
          [],
          [
            '{"protocol":"json","version":1}\x1e',
            '{"type":1,"target":"Send","arguments":["ada","Hello"]}\x1e{"type":6}\x1e',
          ],
        );
        await speak(
          'messagepack',
          [],
          [
            msgpack({
              id: 7,
              tags: ['a', 'b'],
              at: new Date(0),
              blob: bytes(1, 2, 3),
              price: 1.5,
            }),
          ],
        );
        await speak(
          'cbor',
          [],
          [cbor({ id: 7, big: 2n ** 70n, when: new Date(0), raw: bytes(1, 2) })],
        );
      },
    ),

  'wrong-text': () =>
    record(
      {},
      (ws) => {
        ws.addEventListener('message', () => {});
      },
      async ({ port }) => {
        const socket = await raw(port);
        socket.write(request('/notes'));
        await pause(40);
        const send = (
          /** @type {Uint8Array} */ body,
          fin = true,
          opcode = /** @type {0 | 1} */ (OPCODE_TEXT),
        ) => socket.write(new Frame({ opcode, body, maskingKey: randomBytes(4), fin }).build());
        send(Buffer.from('This is fine: grüß dich, 世界.'));
        await pause(40);
        // Latin-1 instead of UTF-8, in the second fragment.
        send(Buffer.from('This begins well, '), false);
        send(Buffer.from('but caf\xe9 was written in Latin-1.', 'latin1'), true, 0);
        await pause(40);
        socket.end();
      },
    ),

  'failed-handshake': () =>
    record(
      {},
      () => {},
      async ({ port }) => {
        const socket = await raw(port);
        socket.write(request('/old-client', 8));
        await new Promise((resolve) => socket.once('data', resolve));
        socket.end();
      },
    ),

  'cut-off': () =>
    record(
      {},
      (ws) => {
        ws.addEventListener('message', (/** @type {any} */ { data }) => void ws.send(data));
      },
      async ({ port }) => {
        const socket = await raw(port);
        socket.write(request('/upload'));
        await pause(40);
        const frame = (/** @type {string} */ text) =>
          new Frame({
            opcode: OPCODE_TEXT,
            body: Buffer.from(text),
            maskingKey: randomBytes(4),
            fin: true,
          }).build();
        socket.write(frame('All is well so far.'));
        await pause(40);
        socket.write(
          frame('This message never arrives as a whole. '.repeat(8)).subarray(0, 120),
        );
        await pause(40);
        socket.resetAndDestroy();
      },
    ),
};

whenStarted(import.meta.url, async () => {
  const names = process.argv.slice(2);
  const unknown = names.filter((name) => !Object.hasOwn(samples, name));
  if (unknown.length) {
    throw new Failure(`No sample ${unknown}. Samples: ${Object.keys(samples).join(', ')}`);
  }
  for (const name of names.length ? names : Object.keys(samples)) {
    const bytes = await samples[name]();
    writeFileSync(join(root, 'www/samples', `${name}.pcapng`), bytes);
    console.log(dim(`  ${`${bytes.length}`.padStart(7)} bytes  www/samples/${name}.pcapng`));
  }
});
