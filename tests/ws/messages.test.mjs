// Messages of ws: what may be sent, what it comes as, callbacks, pings, pausing, closing.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { bothWays, closing, first, pair, serve } from './support.mjs';

bothWays('messages', (ws) => {
  const { WebSocket } = ws;

  /**
   * What arrives of some sends, as [text or hex, isBinary].
   * @param {import('node:test').TestContext} t
   * @param {(near: any) => void} send
   * @param {number} count
   */
  async function arrived(t, send, count) {
    const { near, far } = await pair(t, ws);
    /** @type {any[]} */
    const got = [];
    const all = new Promise((resolve) => {
      far.on('message', (/** @type {Buffer} */ data, /** @type {boolean} */ isBinary) => {
        assert.ok(Buffer.isBuffer(data));
        got.push([isBinary ? data.toString('hex') : data.toString(), isBinary]);
        if (got.length === count) resolve(undefined);
      });
    });
    send(near);
    await all;
    return got;
  }

  test('everything that Buffer.from takes can be sent', async (t) => {
    const bytes = Uint8Array.of(1, 2, 3);
    const got = await arrived(
      t,
      (near) => {
        near.send('häl\u{1f600}');
        near.send('');
        near.send(5);
        near.send(Buffer.from(bytes));
        near.send(bytes);
        near.send(bytes.buffer);
        near.send(new DataView(bytes.buffer, 1, 1));
        near.send(Uint16Array.of(0x0102));
        near.send([1, 2, 3]);
        near.send();
        near.send(null);
      },
      11,
    );
    assert.deepEqual(got, [
      ['häl\u{1f600}', false],
      ['', false],
      ['5', false],
      ['010203', true],
      ['010203', true],
      ['010203', true],
      ['02', true],
      ['0201', true],
      ['010203', true],
      ['', true],
      ['', true],
    ]);
  });

  test('a Blob can be sent, and keeps its place', async (t) => {
    const got = await arrived(
      t,
      (near) => {
        near.send('before');
        near.send(new Blob([Uint8Array.of(9)]));
        near.send('behind');
      },
      3,
    );
    assert.deepEqual(got, [
      ['before', false],
      ['09', true],
      ['behind', false],
    ]);
  });

  test('an object is a TypeError', async (t) => {
    const { near } = await pair(t, ws);
    for (const wrong of [{}, true, () => {}]) {
      assert.throws(() => near.send(/** @type {any} */ (wrong)), { name: 'TypeError' });
    }
  });

  test('binary says what it is', async (t) => {
    const got = await arrived(
      t,
      (near) => {
        near.send(Buffer.from('text'), { binary: false });
        near.send('bytes', { binary: true });
        near.send(Buffer.from('ü'.repeat(600)), { binary: false });
      },
      3,
    );
    assert.deepEqual(got, [
      ['text', false],
      ['6279746573', true],
      ['ü'.repeat(600), false],
    ]);
  });

  test('fin: false begins a message of several frames', async (t) => {
    const got = await arrived(
      t,
      (near) => {
        near.send('a', { fin: false });
        near.send('b', { fin: false });
        near.send('c', { fin: true });
        near.send(Buffer.from([1]), { fin: false });
        near.send(Buffer.from([2]));
        near.send('next');
      },
      3,
    );
    assert.deepEqual(got, [
      ['abc', false],
      ['0102', true],
      ['next', false],
    ]);
  });

  test('long messages arrive as they were sent', async (t) => {
    const { near, far } = await pair(t, ws);
    const data = Buffer.alloc(300_000, 'long');
    near.send(data);
    assert.ok(data.equals(await first(far, 'message')));
    far.send(data.toString());
    assert.equal(String(await first(near, 'message')), data.toString());
  });

  test('sends throw while it is connecting', async (t) => {
    const { url } = await serve(t, ws);
    const client = new WebSocket(url);
    for (const how of /** @type {const} */ (['send', 'ping', 'pong'])) {
      assert.throws(
        () => client[how]('x'),
        /^Error: WebSocket is not open: readyState 0 \(CONNECTING\)$/,
      );
    }
    await once(client, 'open');
    client.terminate();
  });

  test('callbacks are called when it left', async (t) => {
    const { near } = await pair(t, ws);
    /** @type {any[]} */
    const called = [];
    await new Promise((resolve) => {
      near.send('a', (error) => called.push(['send', error]));
      near.send('b', {}, (error) => called.push(['options', error]));
      near.ping('c', true, (error) => called.push(['ping', error]));
      near.pong((/** @type {any} */ error) => {
        called.push(['pong', error]);
        resolve(undefined);
      });
    });
    assert.deepEqual(
      called.map(([name, error]) => [name, error ?? undefined]),
      [
        ['send', undefined],
        ['options', undefined],
        ['ping', undefined],
        ['pong', undefined],
      ],
    );
  });

  test('sends after close are told of', async (t) => {
    const { near } = await pair(t, ws);
    near.close();
    const error = await new Promise((resolve) => near.send('late', resolve));
    assert.equal(error.message, 'WebSocket is not open: readyState 2 (CLOSING)');
    near.send('later');
    await closing(near);
    const closed = await new Promise((resolve) => near.ping('late', true, resolve));
    assert.equal(closed.message, 'WebSocket is not open: readyState 3 (CLOSED)');
  });

  test('bufferedAmount counts what cannot be sent any more', async (t) => {
    const { near } = await pair(t, ws);
    assert.equal(near.bufferedAmount, 0);
    near.terminate();
    near.send('1234');
    near.ping('56');
    assert.equal(near.bufferedAmount, 6);
  });

  test('bufferedAmount grows when the peer does not read', async (t) => {
    const { near, far } = await pair(t, ws);
    far.pause();
    const data = Buffer.alloc(1024 * 1024);
    for (let i = 0; i < 64 && near.bufferedAmount === 0; i++) near.send(data);
    assert.ok(near.bufferedAmount > 0);
    far.resume();
  });

  test('pings are answered, and told', async (t) => {
    const { near, far } = await pair(t, ws);
    const pinged = first(far, 'ping');
    near.ping('hi');
    assert.equal(String(await pinged), 'hi');
    assert.equal(String(await first(near, 'pong')), 'hi');
    near.ping(7);
    assert.equal(String(await first(near, 'pong')), '7');
    near.ping();
    assert.equal((await first(near, 'pong')).length, 0);
    assert.throws(
      () => near.ping(Buffer.alloc(126)),
      /^RangeError: The data size must not be greater than 125 bytes$/,
    );
  });

  test('pings are not answered with autoPong: false', async (t) => {
    const { near, far } = await pair(t, ws, { server: { autoPong: false } });
    near.on('pong', (data) => assert.equal(String(data), 'by hand'));
    far.on('ping', () => far.pong('by hand'));
    near.ping('hi');
    assert.equal(String(await first(near, 'pong')), 'by hand');
  });

  test('binaryType says what bytes come as', async (t) => {
    const { near, far } = await pair(t, ws);
    assert.equal(near.binaryType, 'nodebuffer');
    near.binaryType = /** @type {any} */ ('nothing');
    assert.equal(near.binaryType, 'nodebuffer');
    const of = async (/** @type {any} */ type) => {
      near.binaryType = type;
      far.send(Buffer.from('abc'));
      return first(near, 'message');
    };
    const buffer = await of('arraybuffer');
    assert.ok(buffer instanceof ArrayBuffer);
    assert.equal(Buffer.from(buffer).toString(), 'abc');
    const fragments = await of('fragments');
    assert.equal(Buffer.concat(fragments).toString(), 'abc');
    const blob = await of('blob');
    assert.ok(blob instanceof Blob);
    assert.equal(await blob.text(), 'abc');
    far.send('text');
    assert.ok(Buffer.isBuffer(await first(near, 'message')));
  });

  test('pause holds messages back', async (t) => {
    const { near, far } = await pair(t, ws);
    /** @type {string[]} */
    const got = [];
    near.on('message', (data) => got.push(String(data)));
    near.pause();
    assert.equal(near.isPaused, true);
    far.send('held');
    // The far end's echo of a ping shows that all this had the time to arrive.
    far.ping('sync');
    await new Promise((resolve) => setTimeout(resolve, 30));
    assert.deepEqual(got, []);
    near.resume();
    assert.equal(near.isPaused, false);
    await first(near, 'message');
    assert.deepEqual(got, ['held']);
  });

  test('allowSynchronousEvents: false leaves a task between messages', async (t) => {
    const { near, far } = await pair(t, ws, { client: { allowSynchronousEvents: false } });
    /** @type {string[]} */
    const got = [];
    near.on('message', (data) => {
      got.push(String(data));
      queueMicrotask(() => got.push('microtask'));
    });
    far.send('a');
    far.send('b');
    far.close();
    await closing(near);
    assert.deepEqual(got, ['a', 'microtask', 'b', 'microtask']);
  });

  test('messages that came are told after close was called', async (t) => {
    const { near, far } = await pair(t, ws);
    const got = first(near, 'message');
    far.send('on its way');
    near.close();
    assert.equal(String(await got), 'on its way');
    await closing(near);
  });

  test('a message without a listener is lost', async (t) => {
    const { near, far } = await pair(t, ws);
    far.send('nobody listens');
    far.ping();
    await once(near, 'ping');
    near.on('message', (data) => assert.equal(String(data), 'somebody does'));
    far.send('somebody does');
    await once(near, 'message');
  });

  test('close has a code and a reason', async (t) => {
    const { near, far } = await pair(t, ws);
    const [told, own] = [closing(far), closing(near)];
    near.close(4000, 'enough');
    assert.equal(near.readyState, WebSocket.CLOSING);
    near.close(4001, 'again');
    for (const closed of [await told, await own]) {
      assert.equal(closed[0], 4000);
      assert.ok(Buffer.isBuffer(closed[1]));
      assert.equal(String(closed[1]), 'enough');
    }
    assert.equal(near.readyState, WebSocket.CLOSED);
  });

  test('close without a code is 1005', async (t) => {
    const { near, far } = await pair(t, ws);
    const [told, own] = [closing(far), closing(near)];
    near.close();
    for (const closed of [await told, await own]) {
      assert.deepEqual([closed[0], String(closed[1])], [1005, '']);
    }
  });

  test('close looks at its arguments', async (t) => {
    const { near } = await pair(t, ws);
    for (const code of [1004, 1005, 1006, 999, 5000, '1000']) {
      assert.throws(
        () => near.close(/** @type {any} */ (code)),
        /^TypeError: First argument must be a valid error code number$/,
      );
    }
    assert.throws(
      () => near.close(1000, 'x'.repeat(124)),
      /^RangeError: The message must not be greater than 123 bytes$/,
    );
  });

  test('terminate is 1006 on both sides', async (t) => {
    const { near, far } = await pair(t, ws);
    const [told, own] = [closing(far), closing(near)];
    near.terminate();
    assert.equal(near.readyState, WebSocket.CLOSING);
    for (const closed of [await told, await own]) assert.equal(closed[0], 1006);
    near.terminate();
    near.close();
  });

  test('terminate overtakes a Blob, and what waits behind it', async (t) => {
    const { near } = await pair(t, ws);
    const told = Promise.all(
      [new Blob(['foo']), 'bar'].map(
        (data) => new Promise((resolve) => near.send(data, (error) => resolve(error?.message))),
      ),
    );
    near.terminate();
    const text = 'The socket was closed while the blob was being read';
    assert.deepEqual(await told, [text, text]);
  });

  test('terminate overtakes what is compressed', async (t) => {
    const perMessageDeflate = { threshold: 0 };
    const { near } = await pair(t, ws, {
      server: { perMessageDeflate },
      client: { perMessageDeflate },
    });
    const told = new Promise((resolve) => near.send('foo', resolve));
    near.terminate();
    const { message } = /** @type {Error} */ (await told);
    assert.equal(message, 'The socket was closed while data was being compressed');
  });

  test('closeTimeout ends what the peer does not', async (t) => {
    const { near, far } = await pair(t, ws, { client: { closeTimeout: 30 } });
    far._socket.pause();
    far.pause();
    near.close();
    assert.equal((await closing(near))[0], 1006);
    far.terminate();
  });

  test('what was sent before close arrives', async (t) => {
    const { near, far } = await pair(t, ws);
    let length = 0;
    far.on('message', (/** @type {Buffer} */ data) => {
      length += data.length;
    });
    for (let i = 0; i < 20; i++) near.send(Buffer.alloc(100_000));
    near.close();
    await closing(far);
    assert.equal(length, 2_000_000);
  });

  test('listeners of its socket hear after it', async (t) => {
    const { wss, url } = await serve(t, ws);
    wss.on('connection', (far) => far.send('hello'));
    const near = /** @type {any} */ (new WebSocket(url));
    /** @type {string[]} */
    const order = [];
    near.on('message', () => order.push('message'));
    near.on('open', () => near._socket.on('data', () => order.push('data')));
    await first(near, 'message');
    near.close();
    await closing(near);
    assert.equal(order[0], 'message');
  });
});
