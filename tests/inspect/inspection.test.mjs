// The API: live traffic, views, filters, details, statistics, exports, and wrong arguments.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { Stream } from 'ws4wasm';
import { FilterError, InputError, Inspection, rules } from 'ws4wasm/inspect';
import { allRows, bytes, frame, inspect } from './support.mjs';

const key = [0xbe, 0x04, 0xe6, 0x6a];
const client = { address: '192.0.2.1', port: 51000 };
const server = { address: '192.0.2.2', port: 8080 };

const request = `GET /chat?EIO=4 HTTP/1.1\r\nHost: example.com\r\nUpgrade: websocket\r
Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r
Sec-WebSocket-Protocol: chat, v2\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n`;
const answer = (accept = 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=', more = '') =>
  `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r
Sec-WebSocket-Accept: ${accept}\r\n${more}\r\n`;

/**
 * A conversation with a handshake, as live traffic.
 * @param {[import('ws4wasm/inspect').Direction, Uint8Array, number][]} events
 * @param {{ answer?: string, options?: import('ws4wasm/inspect').InspectionOptions }} [more]
 */
function conversation(events, { answer: head = answer(), options = {} } = {}) {
  const inspection = new Inspection(options);
  const number = inspection.openConnection({ client, server, time: 1e12 });
  inspection.data(number, 'c2s', bytes(request), 1e12);
  inspection.data(number, 's2c', bytes(head), 1e12 + 5);
  for (const [direction, data, time] of events) {
    inspection.data(number, direction, data, 1e12 + time);
  }
  return inspection;
}

describe('live traffic', () => {
  test('a handshake, messages, pings, and the end', () => {
    const inspection = conversation(
      [
        ['c2s', frame(0x81, 'hello world', key), 10],
        ['s2c', frame(0x89, 'are you there'), 20],
        ['c2s', frame(0x8a, 'are you there', [1, 2, 3, 4]), 32.5],
        ['s2c', bytes('x:8805 03e8 627965'), 40],
        ['c2s', frame(0x88, bytes('x:03e8'), key), 50],
      ],
      { answer: answer(undefined, 'Sec-WebSocket-Protocol: v2\r\n') },
    );
    inspection.end(0, 'c2s', 'fin', 1e12 + 60);
    inspection.end(0, 's2c', 'fin', 1e12 + 60);
    assert.deepEqual(inspection.violations(), []);
    const [connection] = inspection.connections();
    assert.equal(connection.verdict, 'ok');
    assert.equal(connection.transport, 'websocket');
    assert.equal(connection.url, 'ws://example.com/chat?EIO=4');
    assert.equal(connection.subprotocol, 'v2');
    assert.deepEqual(connection.frames, { c2s: 3, s2c: 2 });
    assert.deepEqual(connection.closeCode, { client: 1000, server: 1000 });
    assert.equal(connection.close.s2c?.reason, 'bye');
    const rows = allRows(inspection);
    assert.deepEqual(
      rows.map(({ opcode, direction, time, sinceLast, preview }) => [
        ...[opcode, direction, time, sinceLast, preview],
      ]),
      [
        ['text', 'c2s', 10, 0, 'hello world'],
        ['ping', 's2c', 20, 10, 'are you there'],
        ['pong', 'c2s', 32.5, 12.5, 'are you there'],
        ['close', 's2c', 40, 7.5, '1000 bye'],
        ['close', 'c2s', 50, 10, '1000'],
      ],
    );
    assert.deepEqual(inspection.frame(1)?.pair, { frame: 2, roundTrip: 12.5 });
    const { pings, c2s } = inspection.statistics();
    assert.equal(pings.s2c.roundTrip?.p50, 12.5);
    assert.deepEqual([c2s.frames, c2s.masks, c2s.payload], [3, 12, 26]);
    assert.equal(c2s.headers, 6);
    assert.equal(c2s.handshake, request.length);
  });

  test('a wrong accept is told of, at its header', () => {
    const inspection = conversation([], { answer: answer('AAAAAAAAAAAAAAAAAAAAAAAAAAA=') });
    const [found] = inspection.violations();
    assert.equal(found.rule, 'ResponseAccept');
    const handshake = inspection.handshake(0);
    assert.equal(handshake?.expectedAccept, 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
    const field = handshake?.response?.headers.find(({ name }) => /accept/i.test(name));
    assert.equal(field?.offset, found.offset);
    assert.deepEqual(
      field?.violations.map(({ rule }) => rule),
      ['ResponseAccept'],
    );
  });

  test('a refusal', () => {
    const inspection = conversation([], {
      answer: 'HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno',
    });
    const [connection] = inspection.connections();
    assert.equal(connection.verdict, 'refused');
    assert.equal(connection.status, 403);
    assert.equal(inspection.totals.frames, 0);
  });

  test('an extension that nobody offered, and a subprotocol', () => {
    const more = 'Sec-WebSocket-Extensions: x-gzip\r\nSec-WebSocket-Protocol: v3\r\n';
    const inspection = conversation([], { answer: answer(undefined, more) });
    assert.deepEqual(
      inspection.violations().map(({ rule }) => rule),
      ['ResponseExtensions', 'ResponseProtocol'],
    );
  });

  test('an end without a close frame', () => {
    const inspection = conversation([['s2c', frame(0x81, 'hi'), 10]]);
    inspection.end(0, 's2c', 'reset', 1e12 + 20);
    assert.deepEqual(
      inspection.violations().map(({ rule, frame }) => [rule, frame]),
      [['NoClose', 0]],
    );
    assert.deepEqual(inspection.connections()[0].closeCode, { client: 1006, server: 1006 });
    assert.equal(allRows(inspection, { filter: 'code:1006' }).length, 1);
  });

  test('bytes that were not seen', () => {
    const inspection = conversation([['s2c', bytes('x:820a', 'abcd'), 10]]);
    inspection.gap(0, 's2c', 3, 1e12 + 11);
    inspection.data(0, 's2c', bytes('hij', frame(0x81, 'next')), 1e12 + 12);
    assert.deepEqual(
      inspection.violations().map(({ rule }) => rule),
      ['Hole'],
    );
    assert.equal(inspection.frame(0)?.present, 6);
    assert.equal(allRows(inspection)[1].preview, 'next');
  });

  test('at the limit of memory the oldest connections go', () => {
    const inspection = new Inspection({ live: true, memoryLimit: 4 << 20 });
    const message = frame(0x82, new Uint8Array(60_000));
    const view = inspection.view();
    for (let i = 0; i < 200; i++) {
      const number = inspection.openConnection({ client, server, time: i });
      inspection.data(number, 's2c', message, i);
      inspection.end(number, 's2c', 'reset', i);
      assert.ok(inspection.totals.memory <= 4 << 20);
    }
    const { dropped, connections } = inspection.totals;
    assert.equal(connections, 200);
    assert.ok(dropped > 100 && dropped < 200);
    assert.equal(inspection.frame(0), undefined);
    assert.equal(inspection.connection(0), undefined);
    assert.equal(inspection.frame(199)?.row.length, 60_000);
    assert.equal(view.update(), 200 - dropped);
    assert.equal(view.rows(0, 1)[0].frame, dropped);
  });

  test('a file is read up to the limit of memory, and says so', () => {
    const input = bytes(
      frame(0x82, 'x'),
      ...Array(120).fill(frame(0x82, Buffer.alloc(60_000))),
    );
    const inspection = inspect(input, { memoryLimit: 4 << 20, sender: 'server' });
    assert.equal(inspection.totals.truncated, true);
    assert.equal(inspection.connections()[0].truncated, true);
    assert.ok(inspection.totals.memory <= 4 << 20);
    assert.ok(inspection.totals.frames > 10);
  });
});

describe('compression', () => {
  const deflate = { serverNoContextTakeover: false };
  const peer = new Stream({ role: 'server', deflate });
  const texts = ['the quick brown fox', 'the quick brown fox jumps', 'grün ✓ the quick'];
  const frames = texts.map((text) => peer.encode(text, { compress: true }));
  const head = answer(undefined, 'Sec-WebSocket-Extensions: permessage-deflate\r\n');
  const events = frames.map(
    (data, i) => /** @type {['s2c', Uint8Array, number]} */ (['s2c', data, 10 + i]),
  );

  test('messages are inflated with their context, in any order', () => {
    const inspection = conversation(events, { answer: head });
    assert.deepEqual(inspection.violations(), []);
    for (const frame of [2, 0, 1]) {
      const whole = inspection.bytes(frame, 'message');
      assert.equal(Buffer.from(whole?.bytes ?? []).toString(), texts[frame]);
      const part = inspection.bytes(frame, 'inflated', 4, 5);
      const slice = Buffer.from(texts[frame]).subarray(4, 9);
      assert.deepEqual(Buffer.from(part?.bytes ?? []), slice);
      // Runs tell without holes which wire bytes made which.
      let at = 0;
      const { runs, length } = whole ?? { runs: [], length: 0 };
      for (let i = 0; i < runs.length; i += 5) {
        assert.equal(runs[i], at);
        at += runs[i + 1];
        const detail = inspection.frame(frame);
        assert.ok(runs[i + 2] >= (detail?.offset ?? 0) + 2);
      }
      assert.equal(at, length);
    }
    const { compression } = inspection.statistics();
    assert.equal(compression.messages, 3);
    assert.equal(compression.inflated, Buffer.byteLength(texts.join('')));
    const wire = frames.reduce((sum, data) => sum + data.length - 2, 0);
    assert.equal(compression.wire, wire);
    assert.equal(compression.contexts[0].takeover, true);
  });

  test('a search looks into them', () => {
    const inspection = conversation(events, { answer: head });
    assert.deepEqual([...inspection.view({ filter: '"jumps"' }).frames()], [1]);
    assert.deepEqual([...inspection.view({ filter: '/GR.{2}n/i' }).frames()], [2]);
    assert.deepEqual([...inspection.view({ filter: 'hex:"e2 9c 93"' }).frames()], [2]);
    assert.equal(inspection.view({ filter: 'compressed' }).length, 3);
  });
});

describe('views', () => {
  const input = bytes(
    frame(0x01, 'one '),
    frame(0x89, 'p'),
    frame(0x00, 'two '),
    frame(0x80, 'three'),
    frame(0x82, 'x:00'),
  );

  test('a message unfolds into its fragments, control frames between them', () => {
    const inspection = inspect(input, { sender: 'server' });
    const view = inspection.view({ kind: 'messages' });
    const shape = () =>
      view
        .rows(0, 99)
        .map(({ kind, frame, depth }) => `${kind[0]}${frame}${'.'.repeat(depth)}`);
    assert.deepEqual(shape(), ['m0', 'f1.', 'm4']);
    view.unfold(0, true);
    assert.deepEqual(shape(), ['m0', 'f0.', 'f1.', 'f2.', 'f3.', 'm4']);
    assert.equal(view.indexOf(2), 3);
    assert.equal(view.rows(0, 1)[0].unfolded, true);
    view.unfold(0, false);
    assert.deepEqual(shape(), ['m0', 'f1.', 'm4']);
    assert.equal(view.indexOf(3), 0);
    const [row] = view.rows(0, 1);
    assert.equal(row.preview, 'one two three');
    assert.deepEqual([row.length, row.fragments, row.headerLength], [13, 3, 6]);
    const whole = inspection.bytes(3, 'message');
    assert.deepEqual([...(whole?.runs ?? [])], [0, 4, 2, 4, 0, 4, 4, 11, 4, 2, 8, 5, 17, 5, 3]);
  });

  test('frames that come later, and messages that end later', () => {
    const inspection = conversation([]);
    const all = inspection.view();
    const long = inspection.view({ kind: 'messages', filter: '"two"' });
    assert.deepEqual([all.length, long.length], [0, 0]);
    inspection.data(0, 's2c', frame(0x01, 'one '), 1e12 + 9);
    assert.deepEqual([all.update(), long.update()], [1, 0]);
    inspection.data(0, 's2c', frame(0x80, 'two'), 1e12 + 9);
    assert.deepEqual([all.update(), long.update()], [2, 1]);
  });

  test('from violation to violation', () => {
    const faulty = bytes(frame(0x81, 'a'), frame(0x83, ''), frame(0x81, 'b'), frame(0x84, ''));
    const inspection = inspect(faulty, { sender: 'server' });
    const view = inspection.view();
    assert.equal(view.findViolation(-1, 1), 1);
    assert.equal(view.findViolation(1, 1), 3);
    assert.equal(view.findViolation(3, 1), -1);
    assert.equal(view.findViolation(view.length, -1), 3);
    assert.equal(view.findViolation(1, -1), -1);
    assert.equal(inspection.frameAt(0, 's2c', 4), 1);
    assert.equal(inspection.frameAt(0, 's2c', 99), undefined);
  });
});

describe('filters', () => {
  const events = /** @type {['c2s' | 's2c', Uint8Array, number][]} */ ([
    ['c2s', frame(0x81, '42["chat","hi"]', key), 10],
    ['s2c', frame(0x81, '2'), 20],
    ['c2s', frame(0x81, '3', key), 500],
    ['s2c', frame(0x82, 'x'.repeat(200)), 510],
    ['s2c', frame(0x89, ''), 520],
    ['c2s', frame(0x8a, '', key), 530],
  ]);

  for (const [filter, frames] of /** @type {[string, number[]][]} */ ([
    ['', [0, 1, 2, 3, 4, 5]],
    ['dir:c2s', [0, 2, 5]],
    ['op:text,ping', [0, 1, 2, 4]],
    ['op:control', [4, 5]],
    ['not heartbeat', [0, 3]],
    ['heartbeat dir:s2c', [1, 4]],
    ['len>125', [3]],
    ['len:1..20 op:data', [0, 1, 2]],
    ['dt>=480ms', [2]],
    ['time<0.5s', [0, 1]],
    ['t<0.5s', [0, 1]],
    ['frame:2', [2]],
    ['mask:0', [1, 3, 4]],
    ['kind:socket.io or kind:engine.io', [0, 1, 2]],
    ['(dir:c2s or op:binary) not op:pong', [0, 2, 3]],
    ['"chat"', [0]],
    ['/^4[0-6]/', [0]],
    ['hex:7878 ', [3]],
    ['frame:2..3', [2, 3]],
    ['conn:1', []],
    ['err', []],
    ['op!=text', [3, 4, 5]],
    ['!dir:c2s && op:1 || op:9', [1, 4]],
  ])) {
    test(filter || 'none', () => {
      const inspection = conversation(events);
      assert.deepEqual([...inspection.view({ filter }).frames()], frames);
    });
  }

  test('faults are placed, and say what could stand there', () => {
    const inspection = new Inspection();
    for (const [filter, position, length, expected] of /** @type {const} */ ([
      ['op:txet', 3, 4, 'text'],
      ['len>', 4, 0, undefined],
      ['(dir:c2s', 8, 0, ')'],
      ['dir:c2s)', 7, 1, 'and'],
      ['"grün" /a', 7, 2, '/'],
      ['flag', 0, 4, 'fin'],
      ['len:abc', 4, 3, undefined],
      ['/(/', 0, 3, undefined],
      ['hex:4', 4, 1, undefined],
      ['dir>c2s', 3, 1, ':'],
      ['not', 3, 0, 'not'],
    ])) {
      const problem = inspection.checkFilter(filter);
      assert.ok(problem, filter);
      assert.deepEqual([problem.position, problem.length], [position, length], filter);
      if (expected) assert.ok(problem.expected.includes(expected), filter);
      assert.throws(() => inspection.view({ filter }), FilterError);
    }
    assert.equal(inspection.checkFilter('op:text "a b" not rsv1'), undefined);
    assert.ok(inspection.checkFilter('('.repeat(10_000)));
  });

  test('completion', () => {
    const inspection = new Inspection();
    const texts = (/** @type {string} */ text, position = text.length) =>
      inspection.completeFilter(text, position).map((completion) => completion.text);
    assert.deepEqual(texts('di'), ['dir:']);
    assert.deepEqual(texts('dir:'), ['c2s', 's2c']);
    assert.deepEqual(texts('op:text,pi'), ['ping']);
    assert.deepEqual(texts('op:pi and len>5', 5), ['ping']);
    assert.ok(texts('err:').includes('utf8'));
    assert.ok(texts('len>5 ').includes('or'));
    const [only] = inspection.completeFilter('"ü" di');
    assert.deepEqual([only.from, only.to], [4, 6]);
  });
});

describe('details', () => {
  test("the bits of ws4py's example", () => {
    const inspection = inspect(bytes('x:818bbe04e66ad6618a06d1249105cc6882'), {
      sender: 'client',
    });
    const detail = inspection.frame(0);
    assert.deepEqual(
      detail?.fields.map(({ name, bit, bits, value, section }) => [
        name,
        bit,
        bits,
        value,
        section,
      ]),
      [
        ['FIN', 0, 1, 1, '5.2'],
        ['RSV1', 1, 1, 0, '5.2'],
        ['RSV2', 2, 1, 0, '5.2'],
        ['RSV3', 3, 1, 0, '5.2'],
        ['opcode', 4, 4, 1, '5.2'],
        ['MASK', 8, 1, 1, '5.1'],
        ['Payload len', 9, 7, 11, '5.2'],
        ['Masking-key', 16, 32, 'be04e66a', '5.3'],
        ['Payload data', 48, 88, undefined, '5.2'],
      ],
    );
    assert.deepEqual([...(detail?.maskingKey ?? [])], key);
    assert.equal(
      Buffer.from(inspection.bytes(0, 'unmasked')?.bytes ?? []).toString(),
      'hello world',
    );
    assert.equal(inspection.bytes(0, 'wire', 6, 2)?.bytes.length, 2);
  });

  test('the first bad byte of a message in fragments', () => {
    const input = bytes(frame(0x01, 'ab'), frame(0x80, bytes('c', 0xff)));
    const inspection = inspect(input, { sender: 'server' });
    assert.equal(inspection.bytes(0, 'message')?.badByte, 3);
  });

  test('a header that is cut', () => {
    const inspection = inspect(bytes('x:82fe01'), { sender: 'client' });
    const detail = inspection.frame(0);
    assert.deepEqual([detail?.row.complete, detail?.headerLength], [false, 3]);
    assert.deepEqual(
      detail?.fields.map(({ name }) => name),
      ['FIN', 'RSV1', 'RSV2', 'RSV3', 'opcode', 'MASK', 'Payload len'],
    );
  });

  test('the timeline', () => {
    const inspection = conversation([
      ['c2s', frame(0x81, 'hello', key), 0],
      ['s2c', frame(0x81, 'x'.repeat(100)), 50],
      ['s2c', frame(0x89, ''), 100],
    ]);
    const { c2s, s2c, points, from, step } = inspection.timeline({ columns: 10 });
    assert.deepEqual([from, step], [5 - 5, 10]);
    assert.deepEqual([...c2s.frames], [1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    assert.deepEqual([...s2c.frames], [0, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
    assert.equal(s2c.control[9], 1);
    assert.equal(s2c.longest[5], 100);
    assert.deepEqual([...(points?.flags ?? [])], [0, 1, 3]);
    assert.equal(inspection.timeline({ points: 2 }).points, undefined);
  });
});

describe('exports', () => {
  const events = /** @type {['c2s' | 's2c', Uint8Array, number][]} */ ([
    ['c2s', frame(0x81, 'hello', key), 10],
    ['s2c', frame(0x02, bytes('x:0001')), 20],
    ['s2c', frame(0x80, bytes('x:ff')), 30],
  ]);
  const parse = (/** @type {Uint8Array} */ file) => JSON.parse(Buffer.from(file).toString());

  test('JSON has the names of tshark', () => {
    const inspection = conversation(events);
    const all = parse(inspection.export('json'));
    assert.deepEqual(all[0]._source.layers.websocket, {
      'websocket.fin': '1',
      'websocket.rsv': '0x00',
      'websocket.opcode': '1',
      'websocket.mask': '1',
      'websocket.payload_length': '5',
      'websocket.masking_key': 'be:04:e6:6a',
      'websocket.payload.text': 'hello',
      'websocket.payload': '68:65:6c:6c:6f',
    });
    assert.equal(parse(inspection.export('json', [1])).length, 1);
  });

  test('HAR is read again as the same messages', () => {
    const inspection = conversation(events);
    const again = inspect(inspection.export('har'));
    assert.equal(again.totals.format, 'har');
    const shown = (/** @type {Inspection} */ of) =>
      allRows(of, { kind: 'messages' }).map(({ opcode, direction, length, preview }) => ({
        ...{ opcode, direction, length, preview },
      }));
    assert.deepEqual(shown(again), shown(inspection));
    assert.equal(again.connections()[0].url, 'ws://example.com/chat?EIO=4');
  });

  test('pcapng of a view is read again', () => {
    const inspection = conversation(events);
    const view = inspection.view({ filter: 'dir:s2c' });
    const again = inspect(inspection.export('pcapng', view));
    assert.equal(again.totals.format, 'pcapng');
    assert.deepEqual(
      allRows(again).map(({ opcode }) => opcode),
      ['binary', 'continuation'],
    );
    assert.deepEqual(again.connections()[0].client, client);
    assert.deepEqual(again.violations({ severity: 'error' }), []);
  });

  test('a vector says what the engine makes of it', () => {
    const inspection = conversation(events);
    const [up, down] = parse(inspection.export('vector'));
    assert.deepEqual(up.events, [{ type: 'text', data: 'hello' }]);
    assert.deepEqual(up.role, 'server');
    assert.deepEqual(down.bytes, ['02020001', '8001ff']);
    assert.deepEqual(down.events, [{ type: 'binary', hex: '0001ff' }]);
    const faulty = inspect(bytes('x:8302abcd'), { sender: 'server' });
    const [vector] = parse(faulty.export('vector'));
    assert.deepEqual(vector.events, [
      {
        type: 'error',
        class: 'UnsupportedFrameTypeException',
        code: 1002,
        rule: 'ReservedOpcode',
      },
    ]);
  });
});

test('exports leave out passwords, cookies and tokens unless asked', () => {
  const head = [
    'GET /?token=t0ken HTTP/1.1',
    'Host: h',
    'Cookie: c00kie',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    '\r\n',
  ].join('\r\n');
  const inspection = new Inspection({ live: true });
  const client = { address: '127.0.0.1', port: 50_000 };
  const server = { address: '127.0.0.1', port: 80 };
  const connection = inspection.openConnection({ client, server, time: 0 });
  inspection.data(connection, 'c2s', Buffer.from(head), 1);
  const reply = [
    'HTTP/1.1 101 x',
    'Upgrade: websocket',
    'Connection: Upgrade',
    'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=',
    '\r\n',
  ];
  inspection.data(connection, 's2c', Buffer.from(reply.join('\r\n')), 2);
  inspection.data(connection, 's2c', Buffer.from('\x81\x02hi', 'latin1'), 3);
  assert.ok(inspection.holdsSecrets());
  for (const format of /** @type {const} */ (['har', 'pcapng'])) {
    const hidden = Buffer.from(inspection.export(format)).toString('latin1');
    const shown = Buffer.from(inspection.export(format, undefined, { secrets: true })).toString(
      'latin1',
    );
    for (const secret of ['t0ken', 'c00kie']) {
      assert.ok(!hidden.includes(secret), format);
      assert.ok(shown.includes(secret), format);
    }
    assert.ok(hidden.includes('token=*****'), format);
  }
});

describe('what is wrong with a call', () => {
  test('types and ranges are checked', () => {
    const inspection = new Inspection();
    const any = /** @type {any} */ (inspection);
    assert.throws(() => any.push('81 05'), TypeError);
    assert.throws(() => any.frame(-1), RangeError);
    assert.throws(() => any.frame('1'), TypeError);
    assert.throws(() => any.data(0, 'up', new Uint8Array(1), 0), TypeError);
    assert.throws(() => any.bytes(0, 'plain'), TypeError);
    assert.throws(() => any.view({ kind: 'packets' }), TypeError);
    assert.throws(() => any.export('pdf'), TypeError);
    assert.throws(() => any.export('har', undefined, { secrets: 1 }), TypeError);
    assert.throws(
      () => any.statistics([1.5]),
      (error) => error instanceof Error,
    );
    assert.throws(() => new Inspection({ memoryLimit: 1 }), RangeError);
    assert.throws(() => new Inspection(/** @type {any} */ ({ sender: 'me' })), TypeError);
    assert.throws(() => any.openConnection({ client, server }), TypeError);
    assert.equal(inspection.frame(0), undefined);
    assert.equal(inspection.bytes(0, 'wire'), undefined);
    assert.equal(inspection.connection(7), undefined);
    any.data(7, 'c2s', new Uint8Array(9), 0);
  });

  test('a file that nobody knows, and one that is damaged', () => {
    const empty = new Inspection();
    assert.throws(() => empty.finish(), InputError);
    const zip = new Inspection();
    assert.throws(() => zip.push(bytes('PK', 3, 4, 'abcdefgh')), /zip/);
  });

  test('freed', () => {
    const inspection = new Inspection();
    const view = inspection.view();
    inspection.free();
    inspection.free();
    assert.throws(() => inspection.totals, /freed/);
    assert.throws(() => view.update(), /freed/);
    view.free();
    view.free();
    assert.throws(() => view.length, /freed/);
  });
});

test('every rule is told of, with its section', () => {
  const all = rules();
  assert.ok(all.length > 40);
  const utf8 = all.find(({ rule }) => rule === 'Text');
  assert.deepEqual([utf8?.rfc, utf8?.section, utf8?.close], ['RFC 6455', '8.1', 1007]);
  const docs = readFileSync(new URL('../../docs/filter.md', import.meta.url), 'utf8');
  const inspection = new Inspection();
  for (const [, line] of docs.matchAll(/^ {4}(.+?) {2,}/gm)) {
    assert.equal(inspection.checkFilter(line), undefined, line);
  }
  for (const [, cell] of docs.matchAll(/^\| (`.*?) \|/gm)) {
    for (const [, filter] of cell.matchAll(/`([^`]+)`/g)) {
      if (filter !== 'text:"..."') {
        assert.equal(inspection.checkFilter(filter), undefined, filter);
      }
    }
  }
});
