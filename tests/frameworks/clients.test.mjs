// The other direction: clients of these libraries that are on @ws4wasm/ws, or on a constructor of
// this package that they are given, in a process of their own.
import assert from 'node:assert/strict';
import { frameworkTest } from './support.mjs';

frameworkTest(
  'socket.io-client, overridden, from polling to WebSocket',
  async (_t, { run }) => {
    const said = await run(`
    import { createServer } from 'node:http';
    import { Server } from 'socket.io';
    import { io } from 'socket.io-client';
    import { WebSocketServer } from 'ws4wasm/ws';
    const http = createServer();
    const server = new Server(http, { wsEngine: WebSocketServer });
    server.on('connection', (socket) => socket.on('greet', (name, answer) => answer('hello ' + name)));
    http.listen(0, '127.0.0.1', () => {
      const socket = io('http://127.0.0.1:' + http.address().port);
      socket.on('connect', () => {
        socket.io.engine.on('upgrade', async ({ name }) => {
          console.log(name, await socket.emitWithAck('greet', 'Ann'));
          socket.close();
          server.close();
        });
      });
    });`);
    assert.equal(said, 'websocket hello Ann\n');
  },
);

frameworkTest('MQTT.js, overridden', async (_t, { start, run }) => {
  const url = await start('mqtt');
  const said = await run(`
    import { once } from 'node:events';
    import mqtt from 'mqtt';
    const client = await mqtt.connectAsync('${url}', { username: 'ann', password: 'secret' });
    await client.subscribeAsync('room/tea');
    const heard = once(client, 'message');
    await client.publishAsync('room/tea', 'Grüße');
    const [topic, payload] = await heard;
    console.log(topic, String(payload));
    await client.endAsync();`);
  assert.equal(said, 'room/tea Grüße\n');
});

for (const entry of ['ws4wasm/websocket', 'ws4wasm/ws']) {
  frameworkTest(`graphql-ws with the class of ${entry}`, async (_t, { start, run }) => {
    const url = await start('graphql-ws');
    const said = await run(`
      import { createClient } from 'graphql-ws';
      import { WebSocket } from '${entry}';
      const client = createClient({
        url: '${url}',
        webSocketImpl: WebSocket,
        connectionParams: { token: 'secret' },
      });
      for await (const { data } of client.iterate({ query: 'subscription { greetings }' })) {
        console.log(data.greetings);
      }
      await client.dispose();`);
    assert.equal(said, 'Hi\nHola\nGrüße\n');
  });

  frameworkTest(`tRPC with the class of ${entry}`, async (_t, { start, run }) => {
    const url = await start('trpc');
    const said = await run(`
      import { createTRPCClient, createWSClient, wsLink } from '@trpc/client';
      import { WebSocket } from '${entry}';
      const connectionParams = { token: 'secret' };
      const client = createWSClient({ url: '${url}', WebSocket, connectionParams });
      const api = createTRPCClient({ links: [wsLink({ client })] });
      console.log(await api.hello.query('Ann'));
      await client.close();`);
    assert.equal(said, 'hello Ann\n');
  });

  frameworkTest(`y-websocket with the class of ${entry}`, async (_t, { start, run }) => {
    const url = await start('y-websocket');
    const said = await run(`
      import { WebsocketProvider } from 'y-websocket';
      import { WebSocket as WebSocketPolyfill } from '${entry}';
      import * as Y from 'yjs';
      const docs = [new Y.Doc(), new Y.Doc()];
      const providers = docs.map((doc) => new WebsocketProvider('${url}', 'room', doc, {
        WebSocketPolyfill, disableBc: true, params: { token: 'secret' },
      }));
      docs[1].getText('t').observe(() => {
        console.log(String(docs[1].getText('t')));
        for (const provider of providers) provider.destroy();
        process.exit();
      });
      docs[0].getText('t').insert(0, 'Grüße');`);
    assert.equal(said, 'Grüße\n');
  });
}
