// What the recording proxy (`ws4wasm inspect`) adds to a message's way there and back, beside a
// relay of bare TCP in Node, both in processes of their own, before the same echo server.
//
//     npm run bench -- --only proxy
//
// One message after the other, the three ways in turn, so that what else the machine does falls on
// all of them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { root } from '../scripts/lib.mjs';
import { listen } from '../scripts/tools/serve.mjs';
import { child } from './child.mjs';
import { quantile } from './measure.js';

const HEAD =
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n';
const REQUEST =
  'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

/** The relay, as short as one can be. */
const RELAY = `
  const { connect, createServer } = require('node:net');
  const server = createServer({ noDelay: true }, (client) => {
    const to = connect({ port: Number(process.argv[1]), host: '127.0.0.1', noDelay: true });
    client.pipe(to).pipe(client);
    client.on('error', () => {});
    to.on('error', () => {});
  }).listen(0, '127.0.0.1', () => console.log('at ' + server.address().port + ' '));
`;

/** Sends back what comes behind the handshake. */
function echo() {
  return createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      socket.write(HEAD);
      socket.on('data', (bytes) => socket.write(bytes));
    });
  });
}

/**
 * @param {string[]} args
 * @param {RegExp} pattern of its output, with a port
 */
async function program(args, pattern) {
  const one = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  for await (const text of one.stdout
    .setEncoding('utf8')
    .iterator({ destroyOnReturn: false })) {
    said += text;
    const port = pattern.exec(said)?.[1];
    if (port) {
      one.stdout.resume();
      return { port: Number(port), stop: () => one.kill() };
    }
  }
  throw new Error(`it did not start: ${said}`);
}

/** A connection that has its handshake behind it. @param {number} port */
async function opened(port) {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.write(REQUEST);
  await once(socket, 'data');
  return socket;
}

/**
 * Microseconds from a message to its echo.
 * @param {import('node:net').Socket} socket
 * @param {Buffer} message
 */
function roundTrip(socket, message) {
  return /** @type {Promise<number>} */ (
    new Promise((resolve) => {
      let left = message.length;
      const began = performance.now();
      const take = (/** @type {Buffer} */ bytes) => {
        left -= bytes.length;
        if (left > 0) return;
        socket.off('data', take);
        resolve((performance.now() - began) * 1000);
      };
      socket.on('data', take);
      socket.write(message);
    })
  );
}

/** A masked text of this length. @param {number} length */
function frame(length) {
  const head =
    length < 126 ? [0x81, 0x80 | length] : [0x81, 0x80 | 126, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([...head, 1, 2, 3, 4]), Buffer.alloc(length, 0x61)]);
}

child(async (/** @type {{ quick: boolean }} */ { quick }) => {
  const server = echo();
  const target = await listen(server);
  const relay = await program(['-e', RELAY, `${target}`], /at (\d+) /);
  const main = join(root, 'js/cli/main.js');
  const args = [main, 'inspect', '--listen', '0', '--target', `ws://127.0.0.1:${target}`];
  const proxy = await program(args, /Connect to ws:\/\/127\.0\.0\.1:(\d+)\/ /);
  const ways = { direct: target, 'TCP relay': relay.port, 'ws4wasm inspect': proxy.port };
  const rows = [];
  for (const length of [125, 16_384]) {
    const sockets = await Promise.all(
      Object.entries(ways).map(async ([way, port]) => ({
        way,
        socket: await opened(port),
        /** @type {number[]} */
        times: [],
      })),
    );
    const message = frame(length);
    const count = quick ? 3_000 : 20_000;
    for (let n = 0; n < count; n++) {
      for (const { socket, times } of sockets) {
        const time = await roundTrip(socket, message);
        // What is compiled on the way is not what is measured.
        if (n >= 500) times.push(time);
      }
    }
    for (const { way, socket, times } of sockets) {
      rows.push({
        way,
        length,
        count: times.length,
        p50: quantile(times, 0.5),
        p99: quantile(times, 0.99),
        p999: quantile(times, 0.999),
      });
      socket.destroy();
    }
  }
  relay.stop();
  proxy.stop();
  server.close();
  return { versions: {}, rows };
});
