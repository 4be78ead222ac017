// How connections end: every row of the table in js/connection/closing.js, on real sockets,
// with a peer that sees every byte.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Duplex } from 'node:stream';
import { after, describe, test } from 'node:test';
import { EchoWebSocket, StreamClosed, WebSocket } from 'ws4wasm';
import { CLOSING } from '../../js/connection/closing.js';
import { diagram, page } from '../../scripts/generate/closing-diagram.mjs';
import {
  connection,
  errorsOf,
  noLeaks,
  Recorder,
  turns,
  until,
} from '../support/connections.mjs';
import { frame } from '../support/wire.mjs';

noLeaks();

/** Rows of the table that this file has reached. @type {Set<string>} */
const reached = new Set();
const rows = Object.entries(CLOSING).flatMap(([state, events]) =>
  Object.keys(events).map((event) => /** @type {const} */ ([state, event])),
);
for (const [state, event] of rows) {
  const events = /** @type {any} */ (CLOSING)[state];
  const row = events[event];
  Object.defineProperty(events, event, {
    enumerable: true,
    get() {
      reached.add(`${state} ${event}`);
      return row;
    },
  });
}
after(() => {
  const missed = rows.map((row) => row.join(' ')).filter((row) => !reached.has(row));
  assert.deepEqual(missed, []);
});

/** A message in fragments that never ends. */
async function* endless() {
  yield 'begun';
  yield 'and';
  await new Promise(() => {});
}

for (const role of /** @type {const} */ (['server', 'client'])) {
  describe(`as ${role}`, () => {
    // [RFC 6455 5.5.1-5, 7.1.2-1]
    test('this side closes, the peer answers', async (t) => {
      const { ws, peer, done } = await connection(t, { role });
      ws.close(4001, 'enough');
      assert.equal(ws.readyState, WebSocket.CLOSING);
      assert.equal(ws.serverTerminated, true);
      assert.equal(ws.terminated, false);
      await peer.receive();
      peer.close(4001, 'enough');
      if (role === 'client') {
        // RFC 6455 section 7.1.1: the server ends the connection, the client waits for it.
        await until(() => ws.terminated);
        await turns();
        assert.equal(peer.ended, false);
        peer.socket.end();
      }
      assert.deepEqual(await peer.rest(), ['close:4001 enough']);
      peer.socket.end();
      await done;
      assert.deepEqual(ws.log, ['opened', 'closed:4001 enough']);
      assert.equal(ws.readyState, WebSocket.CLOSED);
      assert.equal(ws.terminated, true);
    });

    // [RFC 6455 5.5.1-4, 5.5.1-5, 5.5.1-6]
    test('the peer closes and is answered with its own code', async (t) => {
      const { ws, peer, done } = await connection(t, { role });
      peer.close(1001, 'going');
      await peer.receive();
      if (role === 'client') peer.socket.end();
      assert.deepEqual(await peer.rest(), ['close:1001 going']);
      peer.socket.end();
      await done;
      assert.deepEqual(ws.log, ['opened', 'closed:1001 going']);
    });

    // [RFC 6455 5.5.1-4, 7.4.1-1]
    test('an empty close is answered by an empty close', async (t) => {
      const { ws, peer, done } = await connection(t, { role });
      peer.close();
      await peer.receive();
      peer.socket.end();
      assert.deepEqual(await peer.rest(), ['close']);
      await done;
      assert.deepEqual(ws.log, ['opened', 'closed:1005']);
    });
  });
}

test('close(null) is an empty close', async (t) => {
  const { ws, peer, done } = await connection(t);
  ws.close(null);
  await peer.receive();
  peer.close();
  assert.deepEqual(await peer.rest(), ['close']);
  peer.socket.end();
  await done;
  assert.deepEqual(ws.log, ['opened', 'closed:1005']);
});

test('close is once; a wrong code is a mistake even after it', async (t) => {
  const { ws, peer, done } = await connection(t);
  assert.throws(() => ws.close(1005), RangeError);
  assert.throws(() => ws.close(1000, 'x'.repeat(124)), RangeError);
  assert.equal(ws.readyState, WebSocket.OPEN);
  ws.close(1000, 'first');
  ws.close(1001, 'second');
  assert.throws(() => ws.close(999), RangeError);
  await peer.receive();
  peer.close(1000);
  assert.deepEqual(await peer.rest(), ['close:1000 first']);
  peer.socket.end();
  await done;
  ws.close(1000);
  assert.throws(() => ws.close(2000), RangeError);
  assert.deepEqual(ws.log, ['opened', 'closed:1000']);
});

test('closes that cross', async (t) => {
  const { ws, peer, done } = await connection(t);
  ws.close(1000, 'mine');
  peer.close(1001, 'yours');
  assert.deepEqual(await peer.rest(), ['close:1000 mine']);
  peer.socket.end();
  await done;
  assert.deepEqual(ws.log, ['opened', 'closed:1001 yours']);
});

test('what comes after either close is not delivered', async (t) => {
  const { ws, peer, done } = await connection(t);
  peer.text('before');
  peer.close(1000);
  peer.text('after');
  peer.send({ opcode: 9, payload: 'ping' });
  peer.close(1002);
  assert.deepEqual(await peer.rest(), ['close:1000']);
  peer.socket.end();
  await done;
  assert.deepEqual(ws.log, ['opened', 'text:before', 'closed:1000']);

  const own = await connection(t);
  own.ws.close(1000);
  own.peer.text('late');
  own.peer.close(1000);
  await own.peer.rest();
  own.peer.socket.end();
  await own.done;
  assert.deepEqual(own.ws.log, ['opened', 'closed:1000']);
});

test('a close that is called in a handler drops the rest of the same bytes', async (t) => {
  class Once extends Recorder {
    /** @param {any} message */
    receivedMessage(message) {
      super.receivedMessage(message);
      this.close();
    }
  }
  const { ws, peer, done } = await connection(t, {}, Once);
  peer.socket.cork();
  peer.text('one');
  peer.text('two');
  peer.socket.uncork();
  await peer.receive();
  peer.close(1000);
  await peer.rest();
  peer.socket.end();
  await done;
  assert.deepEqual(ws.log, ['opened', 'text:one', 'closed:1000']);
});

describe('a peer that breaks a rule', () => {
  const violation = Buffer.from([0xc1, 0x80, 0, 0, 0, 0]);

  // [RFC 6455 7.1.7-2]
  test('is told which, and the reason is reported', async (t) => {
    const { ws, peer, done } = await connection(t);
    peer.write(violation);
    const [close, ...more] = await peer.rest();
    assert.match(close, /^close:1002 ./);
    assert.deepEqual(more, []);
    peer.socket.end();
    await done;
    assert.equal(ws.log.length, 2);
    assert.equal(`${ws.log[1]}`, close.replace('close:', 'closed:'));
  });
  test('what came before it, in the same bytes, is answered', async (t) => {
    const { peer } = await connection(t, {}, EchoWebSocket);
    const ping = frame({ opcode: 9, payload: 'ping', key: Buffer.from('abcd') });
    const text = frame({ payload: 'echo', key: Buffer.from('abcd') });
    peer.write(Buffer.concat([ping, text, violation]));
    const [pong, echo, close] = await peer.rest();
    assert.deepEqual([pong, echo], ['pong:ping', 'text:echo']);
    assert.match(close, /^close:1002 /);
    peer.socket.end();
  });

  test('bad UTF-8 is 1007, a message too large 1009', async (t) => {
    const text = await connection(t);
    text.peer.send({ opcode: 1, payload: Buffer.of(0xff) });
    assert.match((await text.peer.rest())[0], /^close:1007 /);
    text.peer.socket.end();
    await text.done;
    assert.match(text.ws.log[1], /^closed:1007 /);

    const large = await connection(t, { maxMessageSize: 10 });
    large.peer.text('eleven byte');
    assert.match((await large.peer.rest())[0], /^close:1009 /);
    large.peer.socket.end();
    await large.done;
    assert.match(large.ws.log[1], /^closed:1009 /);
  });

  // [RFC 6455 7.1.7-2]
  test('and does not end is dropped after the closing time', async (t) => {
    const { ws, peer, done } = await connection(t, { closeTimeout: 20 });
    peer.write(violation);
    await done;
    assert.match(ws.log[1], /^closed:1002 /);
    await until(() => peer.closed || peer.ended);
  });

  // [RFC 6455 7.1.7-1]
  test('as a client: it is told, and the connection is closed', async (t) => {
    const { ws, peer, done } = await connection(t, { role: 'client', closeTimeout: 20 });
    peer.write(Buffer.from([0xc1, 0]));
    assert.match((await peer.rest())[0], /^close:1002 ./);
    // The server does not end, and sends on: nobody reads it.
    peer.text('more');
    await done;
    assert.equal(ws.log.length, 2);
    assert.match(ws.log[1], /^closed:1002 /);
    await until(() => peer.closed || peer.ended);
  });

  test('after our close: no second close frame', async (t) => {
    const { ws, peer, done } = await connection(t);
    ws.close(1000);
    await peer.receive();
    peer.write(violation);
    assert.deepEqual(await peer.rest(), ['close:1000']);
    peer.socket.end();
    await done;
    assert.match(ws.log[1], /^closed:1002 /);
  });

  test('while earlier sends are on their way', async (t) => {
    const { ws, peer, done } = await connection(t);
    const sent = ws.send(endless());
    await peer.receive(2);
    ws.close(1000);
    peer.write(violation);
    const [first, second, close] = await peer.rest();
    assert.deepEqual([first, second], ['text+:begun', 'more+:and']);
    assert.match(close, /^close:1002 /);
    await assert.rejects(sent, StreamClosed);
    peer.socket.end();
    await done;
    assert.match(ws.log[1], /^closed:1002 /);
  });
});

describe('a peer that is gone', () => {
  test('ends its side without a close', async (t) => {
    const { ws, peer, done } = await connection(t);
    peer.socket.end();
    await done;
    assert.deepEqual(ws.log, ['opened', 'closed:1006']);
    await until(() => peer.closed || peer.ended);
    assert.deepEqual(await peer.rest(), []);
  });

  test('resets', async (t) => {
    const { ws, peer, done } = await connection(t);
    peer.socket.resetAndDestroy();
    await done;
    assert.equal(ws.log.length, 2);
    assert.match(ws.log[1], /^closed:1006 .*ECONNRESET/);
  });

  // [RFC 6455 7.2.1-2]
  for (const how of /** @type {const} */ (['end', 'resetAndDestroy'])) {
    test(`as a client whose server is lost: ${how}`, async (t) => {
      const { ws, peer, done } = await connection(t, { role: 'client' });
      peer.text('one');
      await until(() => ws.log.length === 2);
      peer.socket[how]();
      await done;
      assert.deepEqual(ws.log.slice(0, 2), ['opened', 'text:one']);
      assert.match(ws.log[2], /^closed:1006/);
      assert.equal(ws.readyState, Recorder.CLOSED);
    });
  }

  test('in the middle of a fragmented message', async (t) => {
    const { ws, peer, done } = await connection(t);
    peer.send({ opcode: 1, payload: 'half', fin: false });
    peer.close(1000, 'no time');
    assert.deepEqual(await peer.rest(), ['close:1000 no time']);
    peer.socket.end();
    await done;
    assert.deepEqual(ws.log, ['opened', 'closed:1000 no time']);
  });

  test('in the middle of a frame', async (t) => {
    const { ws, peer, done } = await connection(t);
    peer.write(Buffer.from([0x81, 0xfe, 0]));
    peer.socket.end();
    await done;
    assert.deepEqual(ws.log, ['opened', 'closed:1006']);
  });

  for (const how of /** @type {const} */ (['end', 'resetAndDestroy'])) {
    test(`after our close: ${how}`, async (t) => {
      const { ws, peer, done } = await connection(t);
      ws.close(1000);
      await peer.receive();
      peer.socket[how]();
      await done;
      assert.equal(ws.log.length, 2);
      assert.match(ws.log[1], /^closed:1006/);
    });

    test(`while a message is on its way out: ${how}`, async (t) => {
      const { ws, peer, done } = await connection(t, { closeTimeout: 20 });
      const sent = ws.send(endless());
      await peer.receive(1);
      ws.close(1000);
      peer.socket[how]();
      await assert.rejects(sent, StreamClosed);
      await done;
      assert.equal(ws.log.length, 2);
      assert.match(ws.log[1], /^closed:1006/);
    });
  }

  test('after the closing handshake', async (t) => {
    const { ws, peer, done } = await connection(t);
    peer.close(1000);
    await until(() => ws.terminated);
    peer.socket.resetAndDestroy();
    await done;
    assert.deepEqual(ws.log, ['opened', 'closed:1000']);
  });
});

/** Within this a peer answers on a busy machine, too, in milliseconds. */
const ENOUGH = 1000;

describe('the closing timer', () => {
  test('a peer that does not answer our close', async (t) => {
    const { ws, peer, done } = await connection(t, { closeTimeout: 20 });
    ws.close(4000);
    await done;
    assert.deepEqual(ws.log, ['opened', 'closed:1006']);
    assert.deepEqual(await peer.rest(), ['close:4000']);
  });

  test('a peer that answers and never ends', async (t) => {
    const { ws, peer, done } = await connection(t, { closeTimeout: ENOUGH });
    ws.close(4000);
    await peer.receive();
    peer.close(4000);
    await done;
    assert.deepEqual(ws.log, ['opened', 'closed:4000']);
  });

  test('a source that never ends: the close goes out all the same', async (t) => {
    const { ws, peer, done } = await connection(t, { closeTimeout: ENOUGH });
    const sent = ws.send(endless());
    const queued = ws.send('never sent');
    await peer.receive(1);
    ws.close(1000);
    await assert.rejects(sent, StreamClosed);
    await assert.rejects(queued, StreamClosed);
    await peer.receive(3);
    peer.close(1000);
    assert.deepEqual(await peer.rest(), ['text+:begun', 'more+:and', 'close:1000']);
    peer.socket.end();
    await done;
    assert.deepEqual(ws.log, ['opened', 'closed:1000']);
  });

  test('the peer closes while a message is on its way out', async (t) => {
    const { ws, peer, done } = await connection(t);
    const sent = ws.send(endless());
    await peer.receive(2);
    ws.close(4321);
    peer.close(1000);
    await assert.rejects(sent, StreamClosed);
    assert.deepEqual(await peer.rest(), ['text+:begun', 'more+:and', 'close:1000']);
    peer.socket.end();
    await done;
    assert.deepEqual(ws.log, ['opened', 'closed:1000']);
  });
});

describe('a peer that has ended its side may still be told', () => {
  test('it closes and ends at once', async (t) => {
    const { ws, peer, done } = await connection(t);
    peer.close(1000, 'bye');
    peer.socket.end();
    assert.deepEqual(await peer.rest(), ['close:1000 bye']);
    await done;
    assert.deepEqual(ws.log, ['opened', 'closed:1000 bye']);
  });

  test('a client that waits for the server to end is ended by its end', async (t) => {
    const { ws, peer, done } = await connection(t, { role: 'client' });
    peer.close(1000);
    peer.socket.end();
    assert.deepEqual(await peer.rest(), ['close:1000']);
    await done;
    assert.deepEqual(ws.log, ['opened', 'closed:1000']);
  });
});

describe('paused', () => {
  test('close() reads on, so that the answer is seen', async (t) => {
    const { ws, peer, done } = await connection(t);
    ws.pause();
    ws.close(1000);
    await peer.receive();
    peer.text('not for us');
    peer.close(1000);
    await peer.rest();
    peer.socket.end();
    await done;
    assert.deepEqual(ws.log, ['opened', 'closed:1000']);
  });

  test('with more waiting than anybody wants', async (t) => {
    const { ws, peer, done } = await connection(t, {}, WebSocket);
    for (let i = 0; i < 40; i++) peer.text('x'.repeat(10_000));
    await until(() => peer.socket.bytesWritten > 400_000);
    await turns();
    ws.close(1000);
    await peer.receive();
    peer.close(1000);
    await peer.rest();
    peer.socket.end();
    await done;
    assert.equal(ws.readyState, WebSocket.CLOSED);
  });
});

describe('a handler that fails', () => {
  const boom = new Error('boom');
  /** @type {[string, object][]} */
  const handlers = [
    [
      'throws',
      {
        receivedMessage: () => {
          throw boom;
        },
      },
    ],
    [
      'rejects',
      {
        receivedMessage: async () => {
          throw boom;
        },
      },
    ],
    [
      'is ponged and throws',
      {
        ponged: () => {
          throw boom;
        },
      },
    ],
    [
      'opens and throws',
      {
        opened: () => {
          throw boom;
        },
      },
    ],
    [
      'opens and rejects',
      {
        opened: async () => {
          throw boom;
        },
      },
    ],
  ];
  for (const [name, methods] of handlers) {
    test(`${name}: 1011, reported on the console`, async (t) => {
      const errors = errorsOf(t);
      class Faulty extends Recorder {}
      Object.assign(Faulty.prototype, methods);
      const { ws, peer, done } = await connection(t, {}, Faulty);
      peer.text('one');
      peer.send({ opcode: 10, payload: '' });
      assert.deepEqual((await peer.receive()).length, 1);
      peer.text('not delivered');
      peer.close(1000, 'as you like');
      assert.deepEqual(await peer.rest(), ['close:1011 internal error']);
      peer.socket.end();
      await done;
      // The fault is what ended it, not the peer's answer.
      assert.equal(ws.log.at(-1), 'closed:1011 internal error');
      assert.deepEqual(
        errors().map((args) => args.at(-1)),
        [boom],
      );
    });
  }

  test('listeners that throw and reject; an error listener gets the error', async (t) => {
    const errors = errorsOf(t);
    for (const listener of [
      () => {
        throw boom;
      },
      async () => {
        throw boom;
      },
    ]) {
      const { ws, peer, done } = await connection(t, {}, WebSocket);
      /** @type {any[]} */
      const seen = [];
      ws.addEventListener('message', listener);
      ws.onerror = ({ error }) => seen.push(error);
      ws.onclose = ({ code, wasClean }) => seen.push(code, wasClean);
      peer.text('one');
      await peer.receive();
      peer.close(1011);
      assert.deepEqual(await peer.rest(), ['close:1011 internal error']);
      peer.socket.end();
      await done;
      assert.deepEqual(seen, [boom, 1011, true]);
    }
    assert.deepEqual(errors(), []);
  });

  test('an error listener that fails itself is not told of that', async (t) => {
    const errors = errorsOf(t);
    const second = new Error('second');
    for (const listener of [
      () => {
        throw second;
      },
      async () => {
        throw second;
      },
    ]) {
      const { ws, peer, done } = await connection(t, {}, WebSocket);
      ws.onmessage = () => {
        throw boom;
      };
      ws.onerror = listener;
      peer.text('one');
      await peer.receive();
      peer.close(1011);
      await peer.rest();
      peer.socket.end();
      await done;
    }
    assert.deepEqual(
      errors().map((args) => args.at(-1)),
      [second, second],
    );
  });

  test('closed() that throws: the others hear of the end all the same', async (t) => {
    const errors = errorsOf(t);
    class Faulty extends WebSocket {
      closed() {
        throw boom;
      }
    }
    const { ws, peer, done } = await connection(t, {}, Faulty);
    /** @type {number[]} */
    const codes = [];
    ws.addEventListener('close', ({ code }) => void codes.push(code));
    peer.close(1000);
    peer.socket.end();
    await done;
    assert.deepEqual(codes, [1000]);
    assert.equal(errors().length, 1);
  });

  test('a peer that is gone before it hears: our fault is what is reported', async (t) => {
    errorsOf(t);
    class Faulty extends Recorder {
      receivedMessage() {
        throw boom;
      }
    }
    const { ws, peer, done } = await connection(t, {}, Faulty);
    peer.text('one');
    await peer.receive();
    peer.socket.resetAndDestroy();
    await done;
    assert.deepEqual(ws.log, ['opened', 'closed:1011 internal error']);
  });
});

describe('the transport fails', () => {
  test('a socket error during send: the send rejects, one closed()', async (t) => {
    const { ws, peer, done } = await connection(t);
    peer.socket.resetAndDestroy();
    const sent = ws.send('x'.repeat(1e7));
    await assert.rejects(sent, StreamClosed);
    await done;
    assert.equal(ws.log.length, 2);
    assert.match(ws.log[1], /^closed:1006/);
    await assert.rejects(ws.send('more'), StreamClosed);
    await assert.rejects(ws.ping(), StreamClosed);
    assert.equal(ws.bufferedAmount, 0);
  });

  test('a handler that awaits its send is not at fault', async (t) => {
    const errors = errorsOf(t);
    class Busy extends Recorder {
      receivedMessage() {
        return this.send('x'.repeat(1e7));
      }
    }
    const { ws, peer, done } = await connection(t, {}, Busy);
    peer.text();
    await until(() => ws.bufferedAmount > 0 || ws.log.length === 2);
    peer.socket.resetAndDestroy();
    await done;
    await turns();
    assert.match(ws.log[1], /^closed:1006/);
    assert.deepEqual(errors(), []);
  });

  test('sends that nobody awaits leave no trace', async (t) => {
    const { ws, peer, done } = await connection(t);
    for (let i = 0; i < 100; i++) void ws.send('x'.repeat(1e5));
    void ws.send(endless());
    void ws.send('behind it');
    void ws.ping();
    peer.socket.resetAndDestroy();
    await done;
    void ws.send('after');
    void ws.send(endless());
    await turns();
    assert.equal(ws.log.length, 2);
  });

  test('a write that never ends is given up with the connection', async () => {
    class Stuck extends Duplex {
      _read() {}
      _write() {}
    }
    const ws = new Recorder(new Stuck());
    const done = ws.run();
    const sent = ws.send('one');
    await turns(3);
    assert.equal(ws.bufferedAmount, 5);
    ws.closeConnection();
    await assert.rejects(sent, StreamClosed);
    await done;
    assert.equal(ws.bufferedAmount, 0);
    assert.deepEqual(ws.log, ['opened', 'closed:1006']);
  });

  test('a write that throws', async () => {
    class Broken extends Duplex {
      _read() {}
      _write() {
        throw new Error('broken');
      }
    }
    const ws = new Recorder(new Broken());
    void ws.run();
    const other = new Recorder(
      new Duplex({ read() {}, write: (_chunk, _encoding, taken) => taken() }),
    );
    const broken = ws.send('one');
    const sent = other.send('two');
    await assert.rejects(broken, StreamClosed);
    await sent;
    ws.closeConnection();
    other.closeConnection();
  });

  test('an error before run() and after the end is nobody’s', async () => {
    const sock = new Duplex({ read() {}, write: (_chunk, _encoding, taken) => taken() });
    const ws = new Recorder(sock);
    sock.destroy(new Error('early'));
    await turns(3);
    await ws.run();
    assert.deepEqual(ws.log, ['opened', 'closed:1006 early']);
    sock.emit('error', new Error('late'));
  });
});

describe('closeConnection()', () => {
  test('drops the transport at once, in every state, once', async (t) => {
    const { ws, peer, done } = await connection(t);
    ws.closeConnection();
    ws.closeConnection();
    assert.deepEqual(ws.log, ['opened', 'closed:1006']);
    await done;
    await until(() => peer.closed || peer.ended);

    const before = new Recorder(new Duplex({ read() {}, write() {} }));
    before.closeConnection();
    await before.run();
    assert.deepEqual(before.log, ['closed:1006']);

    class Shy extends Recorder {
      opened() {
        super.opened();
        this.closeConnection();
      }
    }
    const shy = await connection(t, {}, Shy);
    await shy.done;
    assert.deepEqual(shy.ws.log, ['opened', 'closed:1006']);
  });

  test('in the middle of received bytes: the rest is dropped', async (t) => {
    class Dropper extends Recorder {
      /** @param {any} message */
      receivedMessage(message) {
        super.receivedMessage(message);
        this.closeConnection();
      }
    }
    const { ws, peer, done } = await connection(t, {}, Dropper);
    peer.socket.cork();
    peer.text('one');
    peer.text('two');
    peer.socket.uncork();
    await done;
    assert.deepEqual(ws.log, ['opened', 'text:one', 'closed:1006']);
  });
});

test('docs/closing.md shows the table', () => {
  const written = readFileSync(new URL('../../docs/closing.md', import.meta.url), 'utf8');
  assert.equal(written, page());
  assert.match(diagram(), /^stateDiagram-v2\n/);
});
