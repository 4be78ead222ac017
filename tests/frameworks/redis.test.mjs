// Socket.IO's Redis adapter between processes, with a real Redis, over `ws4wasm/ws`.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from '../operations/chat.mjs';
import { PATIENCE, redisProgram } from '../support/tools.mjs';
import { frameworkTest } from './support.mjs';

/** A server with the adapter, in a process of its own. */
const SERVER = `
import { createServer } from 'node:http';
import { createAdapter } from '@socket.io/redis-adapter';
import { createClient } from 'redis';
import { Server } from 'socket.io';
import { WebSocketServer } from 'ws4wasm/ws';

const publisher = createClient({ url: process.env.REDIS });
const subscriber = publisher.duplicate();
// Redis may end before this process does.
for (const client of [publisher, subscriber]) client.on('error', () => {});
await Promise.all([publisher.connect(), subscriber.connect()]);
const http = createServer();
const io = new Server(http, {
  adapter: createAdapter(publisher, subscriber),
  wsEngine: WebSocketServer,
});
io.on('connection', (socket) => {
  socket.on('join', async (room, done) => {
    await socket.join(room);
    done();
  });
  socket.on('say', (room, text, bytes) => io.to(room).emit('heard', text, bytes));
  socket.on('who', async (room, done) => done((await io.in(room).fetchSockets()).length));
  socket.on('process', (done) => done(process.pid));
});
http.listen(0, '127.0.0.1', () => console.log('http://127.0.0.1:' + http.address().port));
`;

frameworkTest("Socket.IO's Redis adapter, in two processes", async (t, { serve, load }) => {
  const program = redisProgram(t);
  if (!program) return;
  const redis = await Redis.start(t, program);
  const servers = [
    await serve(SERVER, { REDIS: redis.url }),
    await serve(SERVER, { REDIS: redis.url }),
  ];
  const { io } = await load('socket.io-client');
  /** @param {{ url: string }} server @param {string} room */
  const member = async ({ url }, room) => {
    const options = { transports: ['websocket'], reconnection: false, forceNew: true };
    const socket = io(url.replace(/^ws/, 'http'), options);
    t.after(() => socket.close());
    await once(socket, 'connect');
    await socket.emitWithAck('join', room);
    return socket;
  };
  const [ann, bob, eve] = [
    await member(servers[0], 'tea'),
    await member(servers[1], 'tea'),
    await member(servers[1], 'coffee'),
  ];
  assert.notEqual(await ann.emitWithAck('process'), await bob.emitWithAck('process'));
  // Each of them asks the other one; their subscriptions may take a moment.
  const late = Date.now() + PATIENCE;
  for (const one of [ann, bob]) {
    while ((await one.emitWithAck('who', 'tea')) !== 2) {
      assert.ok(Date.now() < late, 'one process does not know of the members of the other');
      await pause(20);
    }
  }
  /** @type {string[]} */
  const overheard = [];
  eve.on('heard', (/** @type {string} */ text) => overheard.push(text));
  const bytes = Buffer.alloc(70_000, 3);
  for (const [from, text] of [
    [ann, 'Grüße'],
    [bob, 'back'],
  ]) {
    const heard = Promise.all([once(ann, 'heard'), once(bob, 'heard')]);
    from.emit('say', 'tea', text, bytes);
    for (const [said, copy] of await heard) {
      assert.equal(said, text);
      assert.ok(bytes.equals(copy));
    }
  }
  // Behind all that was said in the other room.
  const last = once(eve, 'heard');
  bob.emit('say', 'coffee', 'only here', bytes);
  await last;
  assert.deepEqual(overheard, ['only here']);

  const gone = once(bob, 'disconnect');
  servers[1].child.kill('SIGKILL');
  await gone;
  const alone = once(ann, 'heard');
  ann.emit('say', 'tea', 'still here', bytes);
  assert.equal((await alone)[0], 'still here');
});
