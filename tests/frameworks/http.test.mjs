// Frameworks for websites, and what is asked before a connection is one.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { WebSocket as Undici } from 'undici';
import { closes, connect, echoes, frameworkTest, heard, refused } from './support.mjs';

const TOKEN = { headers: { authorization: 'Bearer secret' } };

/** What its website says. @param {string} url */
async function site(url) {
  const response = await fetch(url.replace(/^ws/, 'http'));
  return response.text();
}

frameworkTest('Express beside an upgrade of its own', async (t, { start }) => {
  const url = await start('express');
  assert.equal(await site(url), 'a website');
  await echoes(await connect(t, `${url}/echo?token=secret`));
  assert.equal(await refused(`${url}/echo?token=wrong`), 401);
  assert.equal(await refused(`${url}/elsewhere`), 404);
});

frameworkTest('express-ws', async (t, { start }) => {
  const url = await start('express-ws');
  assert.equal(await site(url), 'a website');
  const [ann, bob] = await Promise.all(
    [1, 2].map(() => connect(t, `${url}/room/tea?token=secret`)),
  );
  // The route listens when its turn has come; what came earlier is lost, with ws as well.
  await new Promise((resolve) => {
    const again = setInterval(() => ann.send('hello'), 50);
    bob.once('message', (data) => {
      clearInterval(again);
      assert.equal(String(data), 'tea: hello');
      resolve(undefined);
    });
  });
  await closes(ann);
  const stranger = await connect(t, `${url}/room/tea`);
  assert.deepEqual((await once(stranger, 'close')).map(String), ['4401', 'not authorized']);
});

frameworkTest('Fastify: hooks before the upgrade', async (t, { start }) => {
  const url = await start('fastify');
  assert.equal(await refused(`${url}/echo`), 401);
  assert.equal(await refused(`${url}/elsewhere`, TOKEN), 404);
  await echoes(await connect(t, `${url}/echo`, TOKEN));
});

frameworkTest('Fastify: injectWS', async (_t, { run }) => {
  const said = await run(`
    import websocket from '@fastify/websocket';
    import Fastify from 'fastify';
    const fastify = Fastify();
    await fastify.register(websocket);
    fastify.get('/', { websocket: true }, (ws) => {
      ws.on('message', (data) => ws.send('heard ' + data));
    });
    await fastify.ready();
    const ws = await fastify.injectWS('/', {}, { onInit: (ws) => ws.on('message', say) });
    ws.send('hello');
    function say(data) {
      console.log(String(data));
      ws.terminate();
      fastify.close();
    }`);
  assert.equal(said, 'heard hello\n');
});

frameworkTest('Hono: middleware before the upgrade', async (t, { start }) => {
  const url = await start('hono');
  assert.equal(await site(url), 'a website');
  assert.equal(await refused(`${url}/echo`), 401);
  await echoes(await connect(t, `${url}/echo`, TOKEN));
});

frameworkTest('Nest', async (t, { start }) => {
  const url = await start('nest');
  const ws = await connect(t, `${url}/echo`, TOKEN);
  const answer = heard(ws);
  ws.send(JSON.stringify({ event: 'echo', data: { greeting: 'Grüße' } }));
  assert.deepEqual(JSON.parse(await answer), { event: 'echo', data: { greeting: 'Grüße' } });
  await closes(ws);
  const stranger = await connect(t, `${url}/echo`);
  assert.deepEqual((await once(stranger, 'close')).map(String), ['4401', 'not authorized']);
});

frameworkTest('crossws: its own hook before the upgrade, and topics', async (t, { start }) => {
  const url = await start('crossws');
  assert.equal(await site(url), 'a website');
  assert.equal(await refused(url), 401);
  const [ann, bob] = await Promise.all([1, 2].map(() => connect(t, url, TOKEN)));
  const both = Promise.all([heard(ann), heard(bob)]);
  ann.send('hello');
  assert.deepEqual(await both, ['hello', 'somebody said hello']);
  await closes(ann);
});

frameworkTest('a session, a bearer token, a token as a subprotocol', async (t, { start }) => {
  const url = await start('authentication');
  const origin = url.replace(/^ws/, 'http');
  const login = await fetch(`${origin}/login`, { method: 'POST' });
  const [cookie] = login.headers.getSetCookie()[0].split(';');

  const bob = await connect(t, url, { origin, headers: { cookie } });
  bob.send('hello');
  assert.equal(await heard(bob), 'bob: hello');
  await closes(bob);
  // The same cookie from another site, a session without a user, one that was made up.
  const elsewhere = 'https://elsewhere.example';
  assert.equal(await refused(url, { origin: elsewhere, headers: { cookie } }), 401);
  assert.equal(await refused(url, { origin }), 401);
  assert.equal(await refused(url, { origin, headers: { cookie: `${cookie}x` } }), 401);

  const program = await connect(t, url, TOKEN);
  program.send('hello');
  assert.equal(await heard(program), 'ann: hello');
  assert.equal(await refused(url, { headers: { authorization: 'Bearer wrong' } }), 401);

  const page = new Undici(url, ['chat', 'bearer.secret']);
  await once(page, 'open');
  assert.equal(page.protocol, 'chat');
  page.send('hello');
  const [{ data }] = await once(page, 'message');
  assert.equal(data, 'ann: hello');
  page.close();
  await once(page, 'close');
  assert.equal(await refused(url, { protocols: ['chat', 'bearer.wrong'] }), 401);
});
