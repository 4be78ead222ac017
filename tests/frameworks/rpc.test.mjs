// Libraries with a protocol of their own above WebSocket, and their own clients.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import WS from 'ws';
import { connect, frameworkTest, heard, refused } from './support.mjs';

frameworkTest('Socket.IO', async (t, { start, load }) => {
  const url = (await start('socket.io')).replace(/^ws/, 'http');
  const { io } = await load('socket.io-client');
  const client = (/** @type {object} */ options) => {
    const socket = io(url, { transports: ['websocket'], reconnection: false, ...options });
    t.after(() => socket.close());
    return socket;
  };
  const stranger = client({ auth: { token: 'wrong' } });
  const [refusal] = await once(stranger, 'connect_error');
  assert.equal(refusal.message, 'not authorized');

  const [ann, bob] = [1, 2].map(() => client({ auth: { token: 'secret' } }));
  await Promise.all([once(ann, 'connect'), once(bob, 'connect')]);
  const bytes = Buffer.alloc(70_000, 3);
  const [greeting, back] = await new Promise((resolve) => {
    ann.emit('greet', 'Ann', bytes, (/** @type {any[]} */ ...all) => resolve(all));
  });
  assert.equal(greeting, 'hello Ann');
  assert.ok(bytes.equals(back));
  const heard = Promise.all([once(ann, 'heard'), once(bob, 'heard')]);
  bob.emit('shout', 'Grüße');
  assert.deepEqual(await heard, [['Grüße'], ['Grüße']]);
  const left = once(ann, 'disconnect');
  ann.disconnect();
  assert.equal((await left)[0], 'io client disconnect');

  const path = '/socket.io/?EIO=4&transport=websocket';
  assert.equal(
    await refused(url.replace(/^http/, 'ws') + path, { origin: 'https://evil.example' }),
    400,
  );
});

frameworkTest('graphql-ws', async (_t, { start, load }) => {
  const url = await start('graphql-ws');
  const { createClient } = await load('graphql-ws');
  const client = (/** @type {string} */ token) =>
    createClient({ url, webSocketImpl: WS, retryAttempts: 0, connectionParams: { token } });
  const own = client('secret');
  const greetings = [];
  for await (const { data } of own.iterate({ query: 'subscription { greetings }' })) {
    greetings.push(data.greetings);
  }
  assert.deepEqual(greetings, ['Hi', 'Hola', 'Grüße']);
  const { value } = await own.iterate({ query: '{ hello }' }).next();
  assert.deepEqual({ ...value.data }, { hello: 'world' });
  await own.dispose();
  await assert.rejects(client('wrong').iterate({ query: '{ hello }' }).next(), { code: 4403 });
  assert.equal(await refused(url.replace('/graphql', '/elsewhere')), 400);
});

frameworkTest('tRPC', async (t, { start, load }) => {
  const url = await start('trpc');
  const { createTRPCClient, createWSClient, wsLink } = await load('@trpc/client');
  const open = (/** @type {string} */ token) => {
    const client = createWSClient({ url, WebSocket: WS, connectionParams: { token } });
    t.after(() => client.close());
    return { client, api: createTRPCClient({ links: [wsLink({ client })] }) };
  };
  const { api } = open('secret');
  assert.equal(await api.hello.query('Grüße'), 'hello Grüße');
  const counted = await new Promise((resolve, reject) => {
    /** @type {number[]} */
    const left = [];
    api.countdown.subscribe(undefined, {
      onData: (/** @type {number} */ data) => left.push(data),
      onComplete: () => resolve(left),
      onError: reject,
    });
  });
  assert.deepEqual(counted, [3, 2, 1]);
  // tRPC answers and closes. What its client says of it depends on what it had sent by then, as it
  // does on ws itself; so that the reason is sent is seen beside it.
  await assert.rejects(open('wrong').api.hello.query('x'), { name: 'TRPCClientError' });
  const stranger = await connect(t, `${url}?connectionParams=1`);
  const closed = once(stranger, 'close');
  stranger.send(JSON.stringify({ method: 'connectionParams', data: { token: 'wrong' } }));
  assert.match(await heard(stranger), /"code":"UNAUTHORIZED"/);
  await closed;
});

frameworkTest('MQTT.js and aedes', async (t, { start, load }) => {
  const url = await start('mqtt');
  const { default: mqtt } = await load('mqtt');
  const stranger = mqtt.connect(url, {
    reconnectPeriod: 0,
    username: 'ann',
    password: 'wrong',
  });
  t.after(() => stranger.end(true));
  const [refusal] = await once(stranger, 'error');
  assert.equal(refusal.code, 5);

  const options = { reconnectPeriod: 0, username: 'ann', password: 'secret' };
  const client = await mqtt.connectAsync(url, options);
  t.after(() => client.end(true));
  await client.subscribeAsync('room/#', { qos: 1 });
  const large = Buffer.alloc(200_000, 5);
  const heard = once(client, 'message');
  await client.publishAsync('room/tea', large, { qos: 1 });
  const [topic, payload] = await heard;
  assert.equal(topic, 'room/tea');
  assert.ok(large.equals(payload));
  await client.endAsync();
});

frameworkTest('y-websocket', async (t, { start, load }) => {
  const url = await start('y-websocket');
  const Y = await load('yjs');
  const { WebsocketProvider } = await load('y-websocket');
  /** @param {string} token */
  const open = (token) => {
    const doc = new Y.Doc();
    const provider = new WebsocketProvider(url, 'room', doc, {
      WebSocketPolyfill: WS,
      disableBc: true,
      params: { token },
    });
    t.after(() => {
      provider.destroy();
      // With it ends the interval of its awareness.
      doc.destroy();
    });
    return { doc, provider };
  };
  const [ann, bob] = [open('secret'), open('secret')];
  const arrived = new Promise((resolve) => {
    const text = bob.doc.getText('t');
    text.observe(() => resolve(text.toString()));
  });
  ann.doc.getText('t').insert(0, 'Grüße');
  assert.equal(await arrived, 'Grüße');
  const stranger = open('wrong');
  await new Promise((resolve) => stranger.provider.once('connection-error', resolve));
});
