const { writeFileSync } = require('node:fs');
const { connect, createServer } = require('ws4wasm/node');
const { EchoWebSocket } = require('ws4wasm');

test('an echo', async () => {
  const server = createServer({ WebSocket: EchoWebSocket, deflate: true });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const ws = await connect(`ws://127.0.0.1:${server.address().port}/`);
  const texts = JSON.parse(process.env.TEXTS);
  const heard = [];
  for (const text of texts) ws.send(text);
  for await (const message of ws) {
    heard.push(message.data);
    if (heard.length === texts.length) ws.close();
  }
  server.close();
  writeFileSync(process.env.HEARD, JSON.stringify(heard));
  expect(heard).toEqual(texts);
});
