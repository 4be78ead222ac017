// What ws calls the faults of a peer's.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { bothWays, closing, http, KEY, serve } from './support.mjs';

const KEYED = '00000000';

/**
 * Frames that a client sends, masked with zeros, what ws says, and the close code on the wire.
 * @type {[name: string, hex: string, code: string | undefined, message: RegExp, status: number, options?: object][]}
 */
const FAULTS = [
  ['RSV1', `c180${KEYED}`, 'WS_ERR_UNEXPECTED_RSV_1', /RSV1 must be clear$/, 1002],
  ['RSV2', `a180${KEYED}`, 'WS_ERR_UNEXPECTED_RSV_2_3', /RSV2 and RSV3 must be clear$/, 1002],
  ['RSV3', `9180${KEYED}`, 'WS_ERR_UNEXPECTED_RSV_2_3', /RSV2 and RSV3 must be clear$/, 1002],
  ['opcode 3', `8380${KEYED}`, 'WS_ERR_INVALID_OPCODE', /invalid opcode 3$/, 1002],
  ['a stray continuation', `8080${KEYED}`, 'WS_ERR_INVALID_OPCODE', /invalid opcode 0$/, 1002],
  [
    'a message inside another',
    `0180${KEYED}8180${KEYED}`,
    'WS_ERR_INVALID_OPCODE',
    /invalid opcode/,
    1002,
  ],
  ['a ping in pieces', `0980${KEYED}`, 'WS_ERR_EXPECTED_FIN', /FIN must be set$/, 1002],
  [
    'a long ping',
    '89fe007e',
    'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH',
    /invalid payload length/,
    1002,
  ],
  [
    'a close of one byte',
    `8881${KEYED}00`,
    'WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH',
    /invalid payload length 1$/,
    1002,
  ],
  [
    'close code 1005',
    `8882${KEYED}03ed`,
    'WS_ERR_INVALID_CLOSE_CODE',
    /invalid status code 1005$/,
    1002,
  ],
  [
    'a reason that is not UTF-8',
    `8883${KEYED}03e8ff`,
    'WS_ERR_INVALID_UTF8',
    /invalid UTF-8 sequence$/,
    1007,
  ],
  ['no mask', '8100', 'WS_ERR_EXPECTED_MASK', /MASK must be set$/, 1002],
  [
    'text that is not UTF-8',
    `8181${KEYED}ff`,
    'WS_ERR_INVALID_UTF8',
    /^Invalid WebSocket frame: invalid UTF-8 sequence$/,
    1007,
  ],
  [
    'a length beyond all',
    `82ffffffffffffffffff${KEYED}`,
    'WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH',
    /^Unsupported WebSocket frame: payload length > 2\^53 - 1$/,
    0,
  ],
  [
    'more than maxPayload',
    `8285${KEYED}0000000000`,
    'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH',
    /^Max payload size exceeded$/,
    1009,
    { maxPayload: 4 },
  ],
  [
    'more than maxPayload in pieces',
    `0283${KEYED}0000008083${KEYED}000000`,
    'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH',
    /^Max payload size exceeded$/,
    1009,
    { maxPayload: 4 },
  ],
  [
    'more than maxFragments',
    `0281${KEYED}000081${KEYED}008081${KEYED}00`,
    'WS_ERR_TOO_MANY_BUFFERED_PARTS',
    /^Too many message fragments$/,
    1008,
    { maxFragments: 2 },
  ],
  [
    'what does not inflate',
    `c184${KEYED}22faec78`,
    'Z_DATA_ERROR',
    /./,
    1007,
    { perMessageDeflate: true },
  ],
];

bothWays('errors', (ws) => {
  for (const [name, hex, code, message, status, options] of FAULTS) {
    test(name, async (t) => {
      const { wss, port } = await serve(t, ws, options);
      const socket = connect(port, '127.0.0.1');
      const extension = options ? 'Sec-WebSocket-Extensions: permessage-deflate\r\n' : '';
      socket.write(
        `GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${KEY}\r\nSec-WebSocket-Version: 13\r\n${extension}\r\n`,
      );
      const [far] = await once(wss, 'connection');
      /** @type {any[]} */
      const errors = [];
      far.on('error', (/** @type {any} */ error) => {
        errors.push(error);
        assert.equal(far.readyState, ws.WebSocket.CLOSING);
      });
      far.on('message', () => assert.fail('a message came of it'));
      const closed = closing(far);
      socket.write(Buffer.from(hex, 'hex'));
      let reply = Buffer.alloc(0);
      for await (const chunk of socket) reply = Buffer.concat([reply, chunk]);
      assert.equal((await closed)[0], 1006);
      assert.equal(errors.length, 1);
      assert.equal(errors[0].code, code);
      assert.match(errors[0].message, message);
      const frames = reply.subarray(reply.indexOf('\r\n\r\n') + 4);
      // A code, and no reason.
      assert.equal(frames.subarray(0, 2).toString('hex'), '8802');
      if (status) assert.equal(frames.readUInt16BE(2), status);
    });
  }

  test('a masked frame of a server', async (t) => {
    const { url } = await http(t, {
      upgrade({ headers }, socket) {
        import('ws4wasm').then(({ acceptKey }) => {
          const accept = acceptKey(headers['sec-websocket-key']);
          socket.write(
            `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
          );
          socket.write(Buffer.from(`8180${KEYED}`, 'hex'));
          socket.on('data', () => socket.end());
        });
      },
    });
    const client = new ws.WebSocket(url);
    const [error] = await once(client, 'error');
    assert.equal(error.code, 'WS_ERR_UNEXPECTED_MASK');
    assert.equal(error.message, 'Invalid WebSocket frame: MASK must be clear');
    assert.equal((await closing(client))[0], 1006);
  });

  test("a lost connection is no 'error', and 1006", async (t) => {
    const { wss, url } = await serve(t, ws);
    const connected = once(wss, 'connection');
    const near = /** @type {any} */ (new ws.WebSocket(url));
    const [far] = await connected;
    far.on('error', () => assert.fail('there was an error'));
    const closed = closing(far);
    near.on('error', () => {});
    near._socket?.resetAndDestroy();
    if (!near._socket) {
      await once(near, 'open');
      near._socket.resetAndDestroy();
    }
    assert.deepEqual([(await closed)[0], String((await closed)[1])], [1006, '']);
  });
});
