// The echo server and clients that do what WebSocket libraries do not.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { closing, frame, openRaw, UPGRADE } from './raw.mjs';
import { startServer } from './server.mjs';

/** @type {import('./server.mjs').Server} */
let server;
before(async () => {
  server = await startServer();
});
after(() => server.kill());

async function open() {
  const client = await openRaw(server.port);
  await client.upgrade();
  return client;
}

/** @param {Buffer} bytes of one unmasked close frame */
function readClose(bytes) {
  assert.equal(bytes[0], 0x88);
  assert.equal(bytes[1], bytes.length - 2, 'one frame and nothing after it');
  return {
    code: bytes.length > 2 ? bytes.readUInt16BE(2) : 1005,
    reason: `${bytes.subarray(4)}`,
  };
}

const TEXT = 0x81;
const CLOSE = 0x88;

test('the handshake is that of RFC 6455 section 1.3, and takes a frame along', async () => {
  const client = await openRaw(server.port);
  const head = await client.upgrade(frame(TEXT, 'early'));
  assert.match(head, /^HTTP\/1\.1 101 /);
  assert.match(head, /\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\n/i);
  assert.equal((await client.read(7)).toString('latin1'), '\x81\x05early');
  client.socket.destroy();
});

test('everything one byte at a time', async () => {
  const client = await openRaw(server.port);
  client.socket.setNoDelay(true);
  for (const byte of Buffer.concat([Buffer.from(UPGRADE), frame(TEXT, 'é😀')])) {
    client.write(Uint8Array.of(byte));
    await new Promise(setImmediate);
  }
  assert.match(`${await client.read(10)}`, /^HTTP\/1\.1 /);
  client.write(frame(CLOSE));
  const bytes = await client.rest();
  assert.deepEqual(bytes.subarray(-10), Buffer.from('8106c3a9f09f98808800', 'hex'));
});

test('fragments with a ping between them', async () => {
  const client = await open();
  client.write(Buffer.concat([frame(0x01, [0xc3]), frame(0x89, 'p'), frame(0x80, [0xa9])]));
  assert.deepEqual(await client.read(7), Buffer.from('8a01708102c3a9', 'hex'));
  client.socket.destroy();
});

test('an empty close is answered by an empty close', async () => {
  const client = await open();
  client.write(frame(CLOSE));
  assert.deepEqual(await client.rest(), Buffer.of(CLOSE, 0));
});

test('a close is answered with its code and reason', async () => {
  const client = await open();
  client.write(frame(CLOSE, closing(3999, 'até logo')));
  assert.deepEqual(readClose(await client.rest()), { code: 3999, reason: 'até logo' });
});

test('what comes after a close is not read', async () => {
  const client = await open();
  client.write(Buffer.concat([frame(CLOSE, closing(1000)), frame(TEXT, 'late'), frame(0x89)]));
  await pause(50);
  client.write(frame(TEXT, 'later'));
  assert.deepEqual(readClose(await client.rest()), { code: 1000, reason: '' });
});

/** @type {[string, Uint8Array, number][]} */
const violations = [
  ['a frame that is not masked', Buffer.of(TEXT, 1, 65), 1002],
  ['an unmasked frame, as soon as its second byte says so', Buffer.of(TEXT, 5), 1002],
  ['a reserved opcode', frame(0x83), 1002],
  ['a reserved bit', frame(0xc1, 'x'), 1002],
  ['a continuation of nothing', frame(0x80, 'x'), 1002],
  ['a fragmented ping', frame(0x09), 1002],
  ['a length that is not the shortest', Buffer.of(TEXT, 0xfe, 0, 5, 0, 0, 0, 0), 1002],
  ['a close with half a code', frame(CLOSE, [3]), 1002],
  ['a close with a code that is never sent', frame(CLOSE, closing(1005)), 1002],
  ['a close whose reason is not UTF-8', frame(CLOSE, [3, 0xe8, 0xff]), 1007],
  ['text that is not UTF-8', frame(TEXT, [0xc3, 0x28]), 1007],
  ['text that ends inside a character', frame(TEXT, [0xf0, 0x9f]), 1007],
  ['text that went wrong before its message is whole', frame(0x01, [0xed, 0xa0]), 1007],
  [
    'a message over the limit, by its header',
    Buffer.from('82ff000000000100000100000000', 'hex'),
    1009,
  ],
];

for (const [name, bytes, code] of violations) {
  test(`${code} and the end: ${name}`, async () => {
    const client = await open();
    client.write(bytes);
    const close = readClose(await client.rest());
    assert.equal(close.code, code);
    assert.notEqual(close.reason, '');
  });
}

test('a client that ends without a close is let go', async () => {
  const client = await open();
  client.socket.end();
  assert.equal((await client.rest()).length, 0);
});

test('a reset harms nobody else', async () => {
  const witness = await open();
  for (let i = 0; i < 5; i++) {
    const client = await open();
    client.write(frame(TEXT, 'x'));
    client.socket.resetAndDestroy();
  }
  witness.write(frame(TEXT, 'still here'));
  assert.equal(`${(await witness.read(12)).subarray(2)}`, 'still here');
  witness.socket.destroy();
});

test('a client that does not read is not read', async () => {
  const client = await open();
  const payload = Buffer.alloc(65_535, 'x');
  // Masked with zeros.
  const big = Buffer.concat([Buffer.from('82feffff00000000', 'hex'), payload]);
  const count = 1024;
  client.socket.pause();
  for (let i = 0; i < count; i++) client.socket.write(big);
  // Until the kernel takes no more, because the server does not.
  for (let taken = -1; taken !== client.socket.bytesWritten - client.socket.writableLength; ) {
    taken = client.socket.bytesWritten - client.socket.writableLength;
    await pause(300);
  }
  assert.ok(client.socket.writableLength > (count * big.length) / 2, 'most of it is held back');

  let echoed = 0;
  client.socket.removeAllListeners('data');
  client.socket.on('data', (bytes) => {
    echoed += bytes.length;
  });
  client.socket.resume();
  const expected = count * (4 + payload.length);
  while (echoed < expected) await once(client.socket, 'data');
  assert.equal(echoed, expected);
  client.socket.destroy();
});

test('each frame and message has its line, and no control characters reach the terminal', async () => {
  const client = await open();
  client.write(Buffer.concat([frame(0x01, 'log\x1b[31m'), frame(0x80, 'ged \u202e')]));
  await client.read(14);
  client.write(frame(0x82, [0xde, 0xad]));
  await client.read(4);
  client.socket.destroy();
  await server.printed(/#\d+ ← frame {3}text +MASKED +8 B\n/);
  await server.printed(/#\d+ ← frame {3}continuation +FIN MASKED +7 B\n/);
  await server.printed(/#\d+ ← message text +15 B {2}"log\\u\{1b\}\[31mged \\u\{202e\}"\n/);
  await server.printed(/#\d+ → frame {3}binary +FIN +2 B {2}de ad\n/);
});
