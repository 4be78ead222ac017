// Handlers one after the other, and what goes on meanwhile.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { runInNewContext } from 'node:vm';
import { EchoWebSocket, WebSocket } from 'ws4wasm';
import {
  connection,
  describe as describeFrame,
  errorsOf,
  noLeaks,
  Recorder,
  turns,
  until,
} from '../support/connections.mjs';
import { frame } from '../support/wire.mjs';

noLeaks();

/** A promise that is kept by hand. */
function gate() {
  let open = () => {};
  const promise = /** @type {Promise<void>} */ (
    new Promise((resolve) => {
      open = () => resolve(undefined);
    })
  );
  return { promise, open };
}

describe('a handler that takes its time', () => {
  test('the next message waits for it: method', async (t) => {
    class Sleeper extends WebSocket {
      /** @param {any} message */
      async receivedMessage({ data }) {
        await sleep(Number(data));
        await this.send(data);
      }
    }
    const { ws, peer } = await connection(t, {}, Sleeper);
    for (const delay of ['60', '5', '0']) peer.text(delay);
    const frames = await peer.receive(3);
    assert.deepEqual(frames.map(describeFrame), ['text:60', 'text:5', 'text:0']);
    ws.closeConnection();
  });

  test('listeners, objects and on*; all of them are waited for', async (t) => {
    const { ws, peer } = await connection(t, {}, WebSocket);
    /** @type {string[]} */
    const log = [];
    const slow = gate();
    ws.addEventListener('message', async ({ data }) => {
      log.push(`first ${data}`);
      await slow.promise;
      log.push(`first done ${data}`);
    });
    ws.addEventListener('message', {
      async handleEvent({ data }) {
        log.push(`second ${data}`);
      },
    });
    ws.onmessage = ({ data }) => void log.push(`third ${data}`);
    peer.text('a');
    peer.text('b');
    await until(() => log.length === 3);
    await turns();
    assert.deepEqual(log, ['first a', 'second a', 'third a']);
    slow.open();
    await until(() => log.length === 8);
    assert.deepEqual(log.slice(3, 7), ['first done a', 'first b', 'second b', 'third b']);
    ws.closeConnection();
  });

  test('fragments, too', async (t) => {
    /** @type {string[]} */
    const log = [];
    class Pieces extends WebSocket {
      /** @param {any} fragment */
      async receivedFragment({ data }) {
        log.push(data);
        if (data === 'a') await until(() => this.sock.bytesRead > 7);
        await sleep(5);
        log.push(`${data} done`);
      }
    }
    const { ws, peer } = await connection(t, { partial: true }, Pieces);
    peer.send({ opcode: 1, payload: 'a', fin: false });
    await until(() => log.length === 1);
    peer.send({ opcode: 0, payload: 'b' });
    await until(() => log.length === 4);
    assert.deepEqual(log, ['a', 'a done', 'b', 'b done']);
    ws.closeConnection();
  });

  test('concurrentHandlers: nothing waits', async (t) => {
    let running = 0;
    const { promise, open } = gate();
    class Many extends WebSocket {
      async receivedMessage() {
        running++;
        await promise;
      }
    }
    const { ws, peer } = await connection(t, { concurrentHandlers: true }, Many);
    for (let i = 0; i < 100; i++) peer.text('x');
    await until(() => running === 100);
    open();
    ws.closeConnection();
  });

  test('200 messages of 1 MiB: one handler at a time, a few messages held', async (t) => {
    const size = 2 ** 20;
    let running = 0;
    let most = 0;
    let handled = 0;
    class Slow extends WebSocket {
      async receivedMessage() {
        most = Math.max(most, ++running);
        await sleep(1);
        running--;
        handled++;
      }
    }
    const { ws, peer } = await connection(t, {}, Slow);
    const { sock } = ws;
    let held = 0;
    const bytes = frame({ opcode: 2, payload: Buffer.alloc(size), key: Buffer.from('abcd') });
    for (let i = 0; i < 200; i++) {
      await until(() => !peer.socket.writableNeedDrain);
      peer.write(bytes);
      held = Math.max(held, sock.bytesRead - handled * size);
    }
    await until(() => handled === 200);
    assert.equal(most, 1);
    // What is handled, what waits, what is under way; and what one read brings.
    assert.ok(held < 4 * size, `${held}`);
    ws.closeConnection();
  });

  test('meanwhile pings are answered, pongs heard, and a close is answered', async (t) => {
    const { promise, open } = gate();
    class Stuck extends Recorder {
      /** @param {any} message */
      receivedMessage(message) {
        super.receivedMessage(message);
        return promise;
      }
    }
    const { ws, peer, done } = await connection(t, {}, Stuck);
    peer.text('one');
    peer.text('two');
    peer.send({ opcode: 9, payload: 'p' });
    peer.send({ opcode: 10, payload: 'q' });
    await peer.receive(1);
    peer.close(1000, 'bye');
    assert.deepEqual((await peer.receive(2)).map(describeFrame), ['pong:p', 'close:1000 bye']);
    peer.socket.end();
    await until(() => ws.readyState === 3);
    // The end is told when what came before it was heard.
    assert.deepEqual(ws.log, ['opened', 'text:one', 'pong:q']);
    assert.equal(ws.closeCode, 1000);
    open();
    await done;
    assert.deepEqual(ws.log.slice(3), ['text:two', 'closed:1000 bye']);
  });

  test('a handler that never ends: the end is told after closeTimeout', async (t) => {
    class Stuck extends Recorder {
      /** @param {any} message */
      receivedMessage(message) {
        super.receivedMessage(message);
        return new Promise(() => {});
      }
    }
    const { ws, peer, done } = await connection(t, { closeTimeout: 50 }, Stuck);
    peer.text('one');
    peer.text('two');
    peer.close(1000);
    await done;
    assert.deepEqual(ws.log, ['opened', 'text:one', 'closed:1000']);
  });

  test('a dead peer is noticed', async (t) => {
    class Stuck extends Recorder {
      receivedMessage() {
        return new Promise(() => {});
      }
    }
    const { ws, peer, done } = await connection(t, { pingInterval: 20 }, Stuck);
    peer.text('one');
    await done;
    assert.deepEqual(ws.log, ['opened', 'closed:1006 no answer to a ping']);
  });

  test('after close() what waits is not delivered', async (t) => {
    const { promise, open } = gate();
    class Closer extends Recorder {
      /** @param {any} message */
      receivedMessage(message) {
        super.receivedMessage(message);
        return promise;
      }
    }
    const { ws, peer, done } = await connection(t, {}, Closer);
    for (const text of ['one', 'two', 'three']) peer.text(text);
    await until(() => ws.log.length === 2);
    ws.close();
    open();
    await peer.receive(1);
    peer.close();
    peer.socket.end();
    await done;
    assert.deepEqual(ws.log, ['opened', 'text:one', 'closed:1005']);
  });
});

describe('an echo', () => {
  test('that gives its own send is not waited for while the peer takes it', async (t) => {
    let most = 0;
    let inTurn = 0;
    class Echo extends WebSocket {
      /** @param {any} message */
      receivedMessage(message) {
        if (inTurn++ === 0) {
          setImmediate(() => {
            inTurn = 0;
          });
        }
        most = Math.max(most, inTurn);
        return this.send(message);
      }
    }
    const { ws, peer } = await connection(t, {}, Echo);
    peer.socket.cork();
    for (let i = 0; i < 100; i++) peer.text(`${i}`);
    peer.socket.uncork();
    const frames = await peer.receive(100);
    assert.deepEqual(
      frames.map(describeFrame),
      Array.from({ length: 100 }, (_, i) => `text:${i}`),
    );
    assert.ok(most > 1, `${most}`);
    ws.closeConnection();
  });

  test('holds back the next message when more than 1 MiB waits to be taken', async (t) => {
    const { ws, peer } = await connection(t, {}, EchoWebSocket);
    peer.socket.removeAllListeners('data');
    let taken = 0;
    peer.socket.on('data', ({ length }) => {
      taken += length;
    });
    peer.socket.pause();
    const size = 2 ** 18;
    const bytes = frame({ opcode: 2, payload: Buffer.alloc(size), key: Buffer.from('abcd') });
    for (let i = 0; i < 200; i++) peer.write(bytes);
    let last = -1;
    await until(() => {
      const read = ws.sock.bytesRead;
      const still = read === last && ws.bufferedAmount > 2 ** 20;
      last = read;
      return still;
    });
    // The high-water mark and the message that passed it.
    assert.ok(ws.bufferedAmount < 2 ** 20 + 2 * size, `${ws.bufferedAmount}`);
    peer.socket.resume();
    await until(() => taken >= 200 * size);
    ws.closeConnection();
  });

  test('async, with await: in order, and quickly', async (t) => {
    class Echo extends WebSocket {
      /** @param {any} message */
      async receivedMessage(message) {
        await this.send(message.data);
      }
    }
    const { ws, peer } = await connection(t, {}, Echo);
    peer.socket.cork();
    for (let i = 0; i < 500; i++) peer.text(`${i}`);
    peer.socket.uncork();
    const frames = await peer.receive(500);
    assert.deepEqual(
      frames.map(({ payload }) => Number(payload)),
      Array.from({ length: 500 }, (_, i) => i),
    );
    ws.closeConnection();
  });
});

describe('whose promise it is does not matter', () => {
  const boom = new Error('boom');
  for (const [name, make] of /** @type {[string, () => unknown][]} */ ([
    ["another realm's", () => runInNewContext('Promise.reject(boom)', { boom })],
    [
      'a thenable',
      () => ({
        /** @param {unknown} _kept @param {(error: unknown) => void} failed */
        // biome-ignore lint/suspicious/noThenProperty: that is what is tested
        then: (_kept, failed) => failed(boom),
      }),
    ],
    [
      'a thenable that throws',
      () => ({
        // biome-ignore lint/suspicious/noThenProperty: that is what is tested
        then() {
          throw boom;
        },
      }),
    ],
    [
      'a function with then',
      () =>
        Object.assign(() => {}, {
          /** @param {unknown} _kept @param {(error: unknown) => void} failed */
          // biome-ignore lint/suspicious/noThenProperty: that is what is tested
          then: (_kept, failed) => failed(boom),
        }),
    ],
  ])) {
    for (const how of ['method', 'listener']) {
      test(`${name}, from a ${how}: 1011, told once`, async (t) => {
        const errors = errorsOf(t);
        class Faulty extends WebSocket {
          receivedMessage() {
            return how === 'method' ? make() : undefined;
          }
        }
        const { ws, peer, done } = await connection(t, {}, Faulty);
        if (how === 'listener') ws.addEventListener('message', () => make());
        peer.text('one');
        assert.deepEqual((await peer.receive()).map(describeFrame), [
          'close:1011 internal error',
        ]);
        peer.close(1011);
        peer.socket.end();
        await done;
        assert.equal(ws.closeCode, 1011);
        assert.deepEqual(
          errors().map((args) => args.at(-1)),
          [boom],
        );
      });
    }
  }
});
