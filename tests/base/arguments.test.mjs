// Every check of an argument: a TypeError or RangeError that names it, and nothing changed.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { runInNewContext } from 'node:vm';
import {
  acceptKey,
  BinaryMessage,
  CloseControlMessage,
  Frame,
  Message,
  PingControlMessage,
  PongControlMessage,
  ServerHandshake,
  Stream,
  TextMessage,
  Utf8Validator,
} from 'ws4wasm';
import { hex, frame as wire } from '../support/wire.mjs';

/** @typedef {(value: any) => unknown} Taker */

/**
 * What is never bytes.
 * @type {Record<string, unknown>}
 */
const neverBytes = {
  'a number': 5,
  'a bigint': 5n,
  null: null,
  true: true,
  'an object': {},
  'an object with a length': { length: 2, 0: 1, 1: 2 },
  'an array': [1, 2],
  'a DataView': new DataView(new ArrayBuffer(2)),
  'a Uint16Array': new Uint16Array(2),
  'a Uint8ClampedArray': new Uint8ClampedArray(2),
  'an Int8Array': new Int8Array(2),
  'a SharedArrayBuffer': new SharedArrayBuffer(2),
  'a function': () => {},
  'a symbol': Symbol('bytes'),
  'a proxy': new Proxy({}, {}),
  'an object without a prototype': Object.create(null),
  'what says it is an ArrayBuffer': { [Symbol.toStringTag]: 'ArrayBuffer' },
  'what says it is a Uint8Array': { [Symbol.toStringTag]: 'Uint8Array' },
  'a Uint16Array of another realm': runInNewContext('new Uint16Array(2)'),
};

/**
 * What takes bytes, by the name of the argument, and whether a string or nothing will do too.
 * @type {{ what: string, name: string, take: Taker, strings?: boolean, optional?: boolean }[]}
 */
const takers = [
  { what: 'stream.receive', name: 'bytes', take: (v) => new Stream().receive(v) },
  { what: 'stream.parser.send', name: 'bytes', take: (v) => new Stream().parser.send(v) },
  {
    what: 'stream.receiver().next',
    name: 'bytes',
    optional: true,
    take: (v) => {
      const receiver = new Stream().receiver();
      receiver.next();
      receiver.next(v);
    },
  },
  {
    what: 'stream.binaryMessage',
    name: 'bytes',
    optional: true,
    take: (v) => new Stream().binaryMessage(v),
  },
  { what: 'stream.encode', name: 'data', strings: true, take: (v) => new Stream().encode(v) },
  {
    what: 'stream.encode with options',
    name: 'data',
    strings: true,
    take: (v) => new Stream().encode(v, { fin: false }),
  },
  { what: 'stream.prepare', name: 'data', strings: true, take: (v) => new Stream().prepare(v) },
  {
    what: 'stream.ping',
    name: 'data',
    strings: true,
    optional: true,
    take: (v) => new Stream().ping(v),
  },
  {
    what: 'stream.pong',
    name: 'data',
    strings: true,
    optional: true,
    take: (v) => new Stream().pong(v),
  },
  { what: 'BinaryMessage', name: 'bytes', optional: true, take: (v) => new BinaryMessage(v) },
  {
    what: 'Message(2)',
    name: 'bytes',
    strings: true,
    optional: true,
    take: (v) => new Message(2, v),
  },
  { what: 'binary.extend', name: 'data', take: (v) => new BinaryMessage().extend(v) },
  {
    what: 'text.extend',
    name: 'data',
    strings: true,
    take: (v) => new TextMessage('').extend(v),
  },
  {
    what: 'PingControlMessage',
    name: 'data',
    strings: true,
    optional: true,
    take: (v) => new PingControlMessage(v),
  },
  {
    what: 'PongControlMessage',
    name: 'data',
    strings: true,
    optional: true,
    take: (v) => new PongControlMessage(v),
  },
  {
    what: 'ping.extend',
    name: 'data',
    strings: true,
    take: (v) => new PingControlMessage().extend(v),
  },
  {
    what: 'Frame body',
    name: 'body',
    strings: true,
    optional: true,
    take: (v) => new Frame({ body: v }),
  },
  {
    what: 'frame.mask',
    name: 'data',
    take: (v) => new Frame({ maskingKey: Buffer.alloc(4) }).mask(v),
  },
  {
    what: 'frame.unmask',
    name: 'data',
    take: (v) => new Frame({ maskingKey: Buffer.alloc(4) }).unmask(v),
  },
  { what: 'validator.validate', name: 'bytes', take: (v) => new Utf8Validator().validate(v) },
  { what: 'handshake.receive', name: 'bytes', take: (v) => new ServerHandshake().receive(v) },
];

describe('bytes', () => {
  for (const { what, name, take, strings, optional } of takers) {
    test(`${what} refuses what is not bytes`, () => {
      /** @type {Record<string, unknown>} */
      const wrong = { ...neverBytes };
      if (!strings) wrong['a string'] = 'text';
      if (!optional) wrong.undefined = undefined;
      for (const [kind, value] of Object.entries(wrong)) {
        const message = new RegExp(`^${name} is .*; it must be .*Uint8Array`);
        assert.throws(() => take(value), { name: 'TypeError', message }, kind);
      }
    });

    test(`${what} takes all kinds of bytes`, () => {
      const odd = Buffer.from('xab\0').subarray(1, 3);
      for (const value of [
        new Uint8Array(0),
        Uint8Array.of(0x61, 0x62),
        Uint8Array.of(0x61, 0x62).buffer,
        Buffer.from('ab'),
        odd,
        runInNewContext('new Uint8Array([0x61, 0x62])'),
        runInNewContext('new Uint8Array([0x61, 0x62]).buffer'),
        new Uint8Array(new SharedArrayBuffer(2)),
        new (class Own extends Uint8Array {})(2),
      ]) {
        try {
          take(value);
        } catch (error) {
          // What the bytes are may be wrong, not that they are.
          assert.ok(!(error instanceof TypeError), `${what}: ${error}`);
        }
      }
    });
  }

  test('frame.parser.send takes a byte as a number too', () => {
    const { parser } = new Frame();
    for (const value of [null, undefined, {}, 'a', [1], new DataView(new ArrayBuffer(1))]) {
      const send = () => parser.send(/** @type {any} */ (value));
      assert.throws(send, { name: 'TypeError', message: /^bytes is / });
    }
    for (const value of [-1, 256, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
      assert.throws(() => parser.send(value), { name: 'RangeError', message: /^bytes is / });
    }
    assert.equal(parser.send(0x81), 1);
  });

  test('the same events from all kinds of bytes', () => {
    const bytes = wire({ payload: 'héllo', key: Buffer.from('1234') });
    const padded = Buffer.concat([Buffer.from('xyz'), bytes, Buffer.from('!')]);
    const copy = Uint8Array.from(bytes);
    const foreign = runInNewContext('new Uint8Array(list)', { list: [...bytes] });
    for (const value of [
      bytes,
      copy,
      copy.buffer,
      padded.subarray(3, 3 + bytes.length),
      new Uint8Array(padded.buffer, padded.byteOffset + 3, bytes.length),
      foreign,
      foreign.buffer,
    ]) {
      const [event] = new Stream().receive(value);
      assert.ok(event.type === 'text' && event.data === 'héllo');
    }
  });

  test('binary that is a view of the input, at odd offsets and of other realms', () => {
    const bytes = wire({ opcode: 2, payload: Buffer.from('payload') });
    const padded = Buffer.concat([Buffer.from('xyz'), bytes]);
    const foreign = runInNewContext('new Uint8Array(list)', { list: [...padded] });
    for (const input of [padded.subarray(3), foreign.subarray(3), foreign.buffer.slice(3)]) {
      const [event] = new Stream({ role: 'client' }).receive(input);
      assert.ok(event.type === 'binary');
      assert.ok(Buffer.isBuffer(event.data));
      assert.equal(String(event.data), 'payload');
    }
  });

  test('bytes that were transferred are told of, not taken for none', () => {
    const bytes = new Uint8Array(4);
    structuredClone(bytes, { transfer: [bytes.buffer] });
    assert.throws(() => new Stream().receive(bytes), {
      name: 'TypeError',
      message: 'bytes is detached: its memory was transferred to somebody else',
    });
    assert.deepEqual(new Stream().receive(new Uint8Array(0)), []);
  });
});

describe('ranges', () => {
  test('a key has 4 bytes', () => {
    for (const length of [0, 1, 3, 5, 8]) {
      const maskingKey = Buffer.alloc(length);
      const error = {
        name: 'RangeError',
        message: `maskingKey has ${length} bytes; it must have 4`,
      };
      assert.throws(() => new Frame({ maskingKey }), error);
      const frame = new Frame({ maskingKey: Buffer.from('abcd') });
      assert.throws(() => {
        frame.maskingKey = maskingKey;
      }, error);
      assert.equal(String(frame.maskingKey), 'abcd');
    }
    for (const maskingKey of /** @type {any[]} */ ([5, 'abcd', {}, [1, 2, 3, 4]])) {
      assert.throws(() => new Frame({ maskingKey }), {
        name: 'TypeError',
        message: /^maskingKey is /,
      });
    }
    assert.equal(new Frame({ maskingKey: null }).maskingKey, undefined);
  });

  // [RFC 6455 7.4.1-1, 7.4.1-2, 7.4.1-3]
  test('codes that may be sent', () => {
    const stream = new Stream();
    for (let code = 990; code < 5010; code++) {
      const right =
        (code >= 1000 && code <= 1003) ||
        (code >= 1007 && code <= 1014) ||
        (code >= 3000 && code <= 4999);
      if (right) {
        assert.equal(new CloseControlMessage(code).code, code);
      } else {
        const error = { name: 'RangeError', message: new RegExp(`^code is ${code}; `) };
        assert.throws(() => new CloseControlMessage(code), error);
        assert.throws(() => stream.close(code), error);
      }
    }
    for (const code of [0, -1, 1000.5, Number.NaN, 2 ** 16 + 1000, Number.POSITIVE_INFINITY]) {
      assert.throws(() => new CloseControlMessage(code), {
        name: 'RangeError',
        message: /^code is /,
      });
    }
    for (const code of /** @type {any[]} */ (['1000', {}, true, 1000n])) {
      assert.throws(() => new CloseControlMessage(code), {
        name: 'TypeError',
        message: /^code is /,
      });
    }
    // Refused calls have not closed it.
    assert.equal(stream.close(4000).code, 4000);
  });

  // [RFC 6455 5.5-1]
  test('a reason has at most 123 bytes', () => {
    for (const reason of [
      'x'.repeat(123),
      `${'é'.repeat(61)}x`,
      '漢'.repeat(41),
      '𝒳'.repeat(30),
    ]) {
      assert.ok(new CloseControlMessage(1000, reason).length <= 125);
    }
    for (const reason of [
      'x'.repeat(124),
      'é'.repeat(62),
      `${'漢'.repeat(41)}x`,
      '𝒳'.repeat(31),
    ]) {
      const error = {
        name: 'RangeError',
        message: /^reason has 124 bytes; it must be at most 123/,
      };
      assert.throws(() => new CloseControlMessage(1000, reason), error);
      assert.throws(() => new Stream().close(1000, reason), error);
      assert.throws(() => new CloseControlMessage(1000).extend(reason), error);
    }
    // A lone surrogate is three bytes, U+FFFD.
    assert.throws(() => new CloseControlMessage(1000, `${'\ud800'.repeat(41)}x`), RangeError);
    for (const reason of /** @type {any[]} */ ([5, null, {}, Buffer.from('a')])) {
      const error = { name: 'TypeError', message: /^reason is / };
      assert.throws(() => new CloseControlMessage(1000, reason), error);
    }
    assert.throws(() => new CloseControlMessage(null, 'why'), {
      name: 'RangeError',
      message: /^reason /,
    });
  });

  // [RFC 6455 5.5-1]
  test('a ping or pong has at most 125 bytes', () => {
    const stream = new Stream();
    for (const fits of [Buffer.alloc(125), 'x'.repeat(125), `${'漢'.repeat(41)}xx`]) {
      assert.equal(stream.ping(fits).length, 127);
      assert.equal(stream.pong(fits).length, 127);
    }
    for (const long of [Buffer.alloc(126), 'x'.repeat(126), '漢'.repeat(42)]) {
      const error = {
        name: 'RangeError',
        message: /^data has 126 bytes; it must be at most 125/,
      };
      assert.throws(() => new PingControlMessage(long), error);
      assert.throws(() => new PongControlMessage(long), error);
      assert.throws(() => stream.ping(long), error);
      assert.throws(() => stream.pong(long), error);
      assert.throws(() => new PingControlMessage().extend(long), error);
    }
  });

  test('opcodes and bits of a Frame', () => {
    for (const opcode of [-1, 16, 1.5, Number.NaN]) {
      assert.throws(() => new Frame({ opcode }), {
        name: 'RangeError',
        message: /^opcode is /,
      });
    }
    assert.throws(() => new Frame({ opcode: /** @type {any} */ ('1') }), {
      name: 'TypeError',
      message: /^opcode is "1"/,
    });
    for (const opcode of [3, 7, 11, 15]) {
      assert.throws(() => new Frame({ opcode }).build(), {
        name: 'RangeError',
        message: /^opcode is /,
      });
    }
    assert.throws(() => new Frame().build(), {
      name: 'TypeError',
      message: /^opcode is undefined/,
    });
    for (const bit of ['fin', 'rsv1', 'rsv2', 'rsv3']) {
      for (const value of [2, -1, '1', null]) {
        const message = new RegExp(`^${bit} is `);
        assert.throws(() => new Frame({ [bit]: value }), { name: 'TypeError', message });
      }
    }
  });

  test('a byte of the validator', () => {
    const validator = new Utf8Validator();
    for (const byte of [-1, 256, 0.5]) {
      assert.throws(() => validator.decode(byte), { name: 'RangeError', message: /^byte is / });
    }
    for (const byte of /** @type {any[]} */ (['a', null, undefined, Buffer.from('a')])) {
      assert.throws(() => validator.decode(byte), { name: 'TypeError', message: /^byte is / });
    }
  });
});

describe('options', () => {
  test('must be an object', () => {
    for (const value of /** @type {any[]} */ ([null, 5, 'server', true, () => {}])) {
      const error = { name: 'TypeError', message: /^options is / };
      assert.throws(() => new Stream(value), error);
      assert.throws(() => new Frame(value), error);
      assert.throws(() => new ServerHandshake(value), error);
      assert.throws(() => new Stream().encode('a', value), error);
      assert.throws(() => new TextMessage('a').fragment(value), error);
    }
  });

  test('of a Stream', () => {
    /** @type {[string, unknown, string][]} */
    const wrong = [
      ['role', 'proxy', 'RangeError'],
      ['role', 5, 'TypeError'],
      ['role', null, 'TypeError'],
      ...['alwaysMask', 'expectMasking', 'partial', 'frames'].flatMap((name) =>
        [0, 1, 'true', null].map(
          (value) => /** @type {[string, unknown, string]} */ ([name, value, 'TypeError']),
        ),
      ),
      ...['maxFrameSize', 'maxMessageSize', 'maxFragments'].flatMap((name) => [
        /** @type {[string, unknown, string]} */ ([name, '5', 'TypeError']),
        /** @type {[string, unknown, string]} */ ([name, 5n, 'TypeError']),
        /** @type {[string, unknown, string]} */ ([name, null, 'TypeError']),
        /** @type {[string, unknown, string]} */ ([name, -1, 'RangeError']),
        /** @type {[string, unknown, string]} */ ([name, 1.5, 'RangeError']),
        /** @type {[string, unknown, string]} */ ([name, Number.NaN, 'RangeError']),
        /** @type {[string, unknown, string]} */ ([name, -Infinity, 'RangeError']),
        /** @type {[string, unknown, string]} */ ([name, 2 ** 53, 'RangeError']),
      ]),
      ['maxFragments', 0, 'RangeError'],
    ];
    for (const [name, value, error] of wrong) {
      const message = new RegExp(`^${name} is .*; it must be `);
      assert.throws(() => new Stream({ [name]: value }), { name: error, message });
    }
    const limits = { maxFrameSize: 0, maxMessageSize: 0, maxFragments: 1 };
    assert.ok(new Stream(limits));
    for (const name of Object.keys(limits)) {
      for (const value of [
        1,
        2 ** 32,
        Number.MAX_SAFE_INTEGER,
        Number.POSITIVE_INFINITY,
        undefined,
      ]) {
        assert.ok(new Stream({ [name]: value }), name);
      }
    }
  });

  test('of the setters', () => {
    const stream = new Stream();
    for (const name of /** @type {const} */ (['alwaysMask', 'expectMasking'])) {
      for (const value of /** @type {any[]} */ ([0, 'true', null, undefined])) {
        const set = () => {
          stream[name] = value;
        };
        assert.throws(set, { name: 'TypeError', message: new RegExp(`^${name} is `) });
      }
    }
    assert.deepEqual([stream.alwaysMask, stream.expectMasking], [false, true]);
  });

  test('of encode, single and fragment', () => {
    for (const name of ['binary', 'fin', 'first']) {
      for (const value of [0, 1, 'true', null]) {
        const error = { name: 'TypeError', message: new RegExp(`^${name} is `) };
        assert.throws(() => new Stream().encode('a', { [name]: value }), error);
      }
    }
    for (const name of ['first', 'last', 'mask']) {
      for (const value of [0, 1, 'true', null]) {
        const error = { name: 'TypeError', message: new RegExp(`^${name} is `) };
        assert.throws(() => new TextMessage('a').fragment({ [name]: value }), error);
      }
    }
    const mask = /** @type {any} */ (1);
    assert.throws(() => new TextMessage('a').single(mask), {
      name: 'TypeError',
      message: /^mask is 1/,
    });
  });

  test('of a ServerHandshake', () => {
    /** @type {[string, unknown, RegExp, string][]} */
    const wrong = [
      ['protocols', 'chat', /^protocols is "chat"/, 'TypeError'],
      ['protocols', [5], /^protocols is 5/, 'TypeError'],
      ['protocols', null, /^protocols is null/, 'TypeError'],
      ['selectProtocol', 'chat', /^selectProtocol is "chat"/, 'TypeError'],
      ['headers', 'X: y', /^headers is /, 'TypeError'],
      ['headers', { 'X-A': 5 }, /header X-A is 5/, 'TypeError'],
      ['headers', [[5, 'a']], /header name is 5/, 'TypeError'],
      ['maxHeaderSize', 15, /^maxHeaderSize is 15/, 'RangeError'],
      ['maxHeaderSize', Number.POSITIVE_INFINITY, /^maxHeaderSize is Infinity/, 'RangeError'],
      ['maxHeaderSize', '16', /^maxHeaderSize is "16"/, 'TypeError'],
      ['maxHeaders', 0, /^maxHeaders is 0/, 'RangeError'],
    ];
    for (const [name, value, message, error] of wrong) {
      assert.throws(() => new ServerHandshake({ [name]: value }), { name: error, message });
    }
  });
});

describe('strings', () => {
  test('text', () => {
    for (const value of /** @type {any[]} */ ([5, null, {}, Buffer.from('a'), ['a']])) {
      const error = { name: 'TypeError', message: /^text is .*; it must be a string$/ };
      assert.throws(() => new TextMessage(value), error);
      assert.throws(() => new Stream().textMessage(value), error);
      assert.throws(() => new Message(1, value), error);
    }
  });

  test('the key of acceptKey', () => {
    for (const value of /** @type {any[]} */ ([5, null, undefined, Buffer.from('a')])) {
      assert.throws(() => acceptKey(value), { name: 'TypeError', message: /^key is / });
    }
  });

  test('a long or strange value is shown short', () => {
    assert.throws(() => acceptKey(/** @type {any} */ (Object.create(null))), TypeError);
    const role = /** @type {any} */ ('x'.repeat(1000));
    assert.throws(
      () => new Stream({ role }),
      (error) => String(error).length < 120,
    );
  });
});

test('a refused call changes nothing', () => {
  const stream = new Stream();
  const bad = /** @type {any} */ ({});
  stream.receive(Buffer.from('8182be04', 'hex'));
  assert.throws(() => stream.receive(bad), TypeError);
  assert.throws(() => stream.encode(bad), TypeError);
  assert.throws(() => stream.ping(Buffer.alloc(126)), RangeError);
  assert.throws(() => stream.close(1005), RangeError);
  const [event] = stream.receive(Buffer.from('e66ad66d', 'hex'));
  assert.ok(event.type === 'text' && event.data === 'hi');
  assert.equal(hex(stream.encode('a')), '810161');
});
