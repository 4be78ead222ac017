// When what was sent counts as taken, on streams that take it in every way that Node allows.
import assert from 'node:assert/strict';
import { Duplex, duplexPair } from 'node:stream';
import { describe, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { StreamClosed } from 'ws4wasm';
import { connection, noLeaks, Recorder, until } from '../support/connections.mjs';
import { frame, parse } from '../support/wire.mjs';

noLeaks();

const long = Buffer.alloc(100_000, 'x');
const broken = new Error('broken pipe');

/** A stream whose writes are taken, or fail, when and as the test says. */
class Peer extends Duplex {
  /** @type {Buffer[]} */
  written = [];
  /** Those that wait. @type {((error?: Error) => void)[]} */
  waiting = [];
  /** @type {Error | undefined} */
  failure;
  prompt;

  /** @param {boolean} prompt whether all is taken at once */
  constructor(prompt) {
    super({ writableHighWaterMark: 16_384, emitClose: true });
    this.prompt = prompt;
  }

  _read() {}

  /** @param {{ chunk: Buffer }[]} chunks @param {(error?: Error) => void} done */
  _writev(chunks, done) {
    this.written.push(...chunks.map(({ chunk }) => chunk));
    if (this.prompt) done(this.failure);
    else this.waiting.push(done);
  }

  /** The oldest write is taken, or fails. @param {Error} [error] */
  took(error) {
    const done = this.waiting.shift();
    assert.ok(done, 'something waits');
    done(error);
  }

  /** Lengths of the messages that came. */
  get lengths() {
    return parse(Buffer.concat(this.written)).map(({ payload }) => payload.length);
  }
}

/**
 * @param {import('node:test').TestContext} t
 * @param {any} sock
 * @param {'server' | 'client'} role
 */
function over(t, sock, role) {
  const ws = new Recorder(sock, { role });
  t.after(() => sock.destroy());
  return ws;
}

/** @param {Promise<unknown>} promise what became of it by now, after a turn of the event loop */
async function state(promise) {
  let is = 'waits';
  promise.then(
    () => {
      is = 'kept';
    },
    () => {
      is = 'broken';
    },
  );
  await turn();
  await turn();
  return is;
}

/** @param {any} error what a send on a connection that was lost ends in */
const lost = (error) => error instanceof StreamClosed && error.cause === broken;

for (const role of /** @type {const} */ (['server', 'client'])) {
  describe(`as ${role}`, () => {
    test('taken at once: nothing is buffered when send returns', async (t) => {
      const peer = new Peer(true);
      const ws = over(t, peer, role);
      const sent = ws.send(long);
      assert.equal(ws.bufferedAmount, 0);
      assert.deepEqual(peer.lengths, [100_000]);
      await sent;
    });

    test('taken at once, behind short ones of the same turn', async (t) => {
      const peer = new Peer(true);
      const ws = over(t, peer, role);
      const short = ws.send('short');
      assert.ok(ws.bufferedAmount > 0);
      const sent = ws.send(long);
      assert.equal(ws.bufferedAmount, 0);
      const after = ws.send('after');
      assert.ok(ws.bufferedAmount > 0);
      await Promise.all([short, sent, after]);
      assert.equal(ws.bufferedAmount, 0);
      assert.deepEqual(peer.lengths, [5, 100_000, 5]);
    });

    test('taken later: buffered until then', async (t) => {
      const peer = new Peer(false);
      const ws = over(t, peer, role);
      const sent = ws.send(long);
      assert.ok(ws.bufferedAmount > 100_000);
      assert.equal(await state(sent), 'waits');
      peer.took();
      await sent;
      assert.equal(ws.bufferedAmount, 0);
    });

    test('taken later, with more behind it, again and again', async (t) => {
      const peer = new Peer(false);
      const ws = over(t, peer, role);
      const sent = [ws.send(long)];
      for (let i = 0; i < 5; i++) {
        sent.push(ws.send('short'), ws.send(long));
        await turn();
        peer.took();
        // There is always more, so the stream never says that it is empty.
        assert.equal(peer.waiting.length, 1);
        if (i > 0) await Promise.all(sent.slice(0, 2 * i - 1));
      }
      assert.equal(await state(sent[10]), 'waits');
      peer.took();
      await Promise.all(sent);
      assert.equal(ws.bufferedAmount, 0);
      assert.equal(peer.lengths.length, 11);
    });

    test('fails at once', async (t) => {
      const peer = new Peer(true);
      peer.failure = broken;
      const ws = over(t, peer, role);
      void ws.run();
      await assert.rejects(ws.send(long), lost);
      await until(() => ws.log.some((line) => line.startsWith('closed:1006')));
      assert.equal(ws.bufferedAmount, 0);
    });

    test('fails later, and what is behind it with it', async (t) => {
      const peer = new Peer(false);
      const ws = over(t, peer, role);
      void ws.run();
      const first = ws.send(long);
      const second = ws.send('short');
      await turn();
      peer.took(broken);
      await assert.rejects(first, lost);
      await assert.rejects(second, lost);
      await until(() => ws.log.some((line) => line.startsWith('closed:1006')));
    });

    test('the stream was destroyed, which was not told yet', async (t) => {
      const peer = new Peer(true);
      const ws = over(t, peer, role);
      void ws.run();
      peer.destroy();
      await assert.rejects(ws.send(long), StreamClosed);
      await until(() => ws.log.some((line) => line.startsWith('closed:1006')));
    });

    test('the stream is destroyed while it waits', async (t) => {
      const peer = new Peer(false);
      const ws = over(t, peer, role);
      void ws.run();
      const sent = ws.send(long);
      await turn();
      peer.destroy();
      await assert.rejects(sent, StreamClosed);
    });
  });
}

test('taken after the stream was ended', async (t) => {
  const peer = new Peer(false);
  const ws = over(t, peer, 'server');
  void ws.run();
  // One write with the close frame.
  const sent = ws.send(long.subarray(0, 50_000));
  ws.close();
  await turn();
  peer.push(frame({ opcode: 8, payload: Buffer.from([3, 232]), key: Buffer.from('abcd') }));
  await until(() => peer.writableEnded);
  assert.equal(peer.waiting.length, 1);
  assert.equal(await state(sent), 'waits');
  while (peer.waiting.length) peer.took();
  await sent;
});

test('what is no stream of Node’s, and calls back before write returns', async (t) => {
  /** @type {Uint8Array[]} */
  const written = [];
  const sock = {
    on() {},
    resume() {},
    pause() {},
    end() {},
    cork() {},
    uncork() {},
    destroy() {},
    destroyed: false,
    write(/** @type {Uint8Array} */ bytes, /** @type {(() => void) | undefined} */ done) {
      written.push(Uint8Array.from(bytes));
      done?.();
      return true;
    },
  };
  const ws = over(t, sock, 'server');
  for (const payload of ['short', long, 'short']) {
    const sent = ws.send(payload);
    await sent;
    assert.equal(ws.bufferedAmount, 0);
  }
  assert.deepEqual(
    parse(Buffer.concat(written)).map(({ payload }) => payload.length),
    [5, 100_000, 5],
  );
});

describe('short ones over TCP, one a turn, whose peer stops reading', () => {
  /**
   * Sends until one is not taken; gives the promises of all.
   * @param {any} ws
   */
  async function sendUntilStuck(ws) {
    const sent = [];
    do {
      sent.push(ws.send('x'.repeat(1000)));
      await turn();
    } while (ws.bufferedAmount === 0);
    // And some behind it.
    for (let i = 0; i < 3; i++) {
      sent.push(ws.send('y'.repeat(1000)));
      await turn();
    }
    return sent;
  }

  test('all are kept when it reads on, and it is as prompt as before', async (t) => {
    const { ws, peer, done } = await connection(t);
    peer.socket.pause();
    const sent = await sendUntilStuck(ws);
    assert.equal(await state(sent[0]), 'kept');
    for (const one of sent.slice(-4)) assert.equal(await state(one), 'waits');
    const before = ws.bufferedAmount;
    assert.ok(before > 3000 && before < 5000, `${before}`);
    peer.socket.resume();
    await Promise.all(sent);
    assert.equal(ws.bufferedAmount, 0);
    await peer.receive(sent.length);
    const last = ws.send('z');
    await turn();
    assert.equal(ws.bufferedAmount, 0);
    assert.equal(await state(last), 'kept');
    ws.closeConnection();
    await done;
  });

  test('those that were not taken fail with the connection', async (t) => {
    const { ws, peer, done } = await connection(t);
    peer.socket.pause();
    const sent = await sendUntilStuck(ws);
    peer.socket.resetAndDestroy();
    await done;
    for (const one of sent.slice(-4)) await assert.rejects(one, StreamClosed);
    assert.equal(ws.bufferedAmount, 0);
  });
});

test('an answer to what the peer says while this side is writing leaves in the next turn', async () => {
  const [a, b] = duplexPair();
  const near = new Recorder(a);
  const far = new Recorder(b, { role: 'client' });
  const done = Promise.all([near.run(), far.run()]);
  let left = 1000;
  for (const ws of [near, far]) {
    ws.onmessage = ({ data }) => {
      if (--left > 0) ws.send(data);
      else ws.close(1000);
    };
  }
  for (let i = 0; i < 3; i++) near.send(`${i}`);
  await done;
  assert.ok(left <= 0, `${left} are missing`);
});
