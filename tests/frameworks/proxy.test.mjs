// Behind nginx, with the configuration of docs/operations.md.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { blocks, startProxy } from '../operations/proxies.mjs';
import { proxyProgram } from '../support/tools.mjs';
import { connect, echoes, frameworkTest, refused } from './support.mjs';

/**
 * @param {import('node:test').TestContext} t
 * @param {string} url of the server; gives that of the proxy
 */
async function behindNginx(t, url) {
  const nginx = proxyProgram(t, 'nginx');
  if (!nginx) return undefined;
  const { port } = await startProxy(
    t,
    nginx,
    'nginx',
    blocks('nginx')[0],
    Number(new URL(url).port),
  );
  return `ws://127.0.0.1:${port}`;
}

frameworkTest('Fastify behind nginx', async (t, { start }) => {
  const url = await behindNginx(t, await start('fastify'));
  if (!url) return;
  assert.equal(await refused(`${url}/echo`), 401);
  const headers = { authorization: 'Bearer secret' };
  await echoes(await connect(t, `${url}/echo`, { headers }));
});

frameworkTest('Socket.IO behind nginx', async (t, { start, load }) => {
  const url = await behindNginx(t, await start('socket.io'));
  if (!url) return;
  const { io } = await load('socket.io-client');
  const socket = io(url.replace('ws:', 'http:'), {
    transports: ['websocket'],
    reconnection: false,
    auth: { token: 'secret' },
  });
  t.after(() => socket.close());
  await once(socket, 'connect');
  const heard = once(socket, 'heard');
  socket.emit('shout', 'Grüße');
  assert.deepEqual(await heard, ['Grüße']);
});
