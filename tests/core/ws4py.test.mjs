// ws4py's vocabulary (its modules exc, framing, messaging, streaming and utf8validator), under
// its JavaScript names, and ws4py's own examples with their bytes.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import * as ws4wasm from 'ws4wasm';
import { hex, parse, random, frame as wire, xor } from '../support/wire.mjs';

const {
  BinaryMessage,
  CloseControlMessage,
  Frame,
  FrameTooLargeException,
  HandshakeError,
  InvalidBytesError,
  Message,
  OPCODE_BINARY,
  OPCODE_CLOSE,
  OPCODE_CONTINUATION,
  OPCODE_PING,
  OPCODE_PONG,
  OPCODE_TEXT,
  PingControlMessage,
  PongControlMessage,
  ProtocolException,
  Stream,
  StreamClosed,
  TextFrameEncodingException,
  TextMessage,
  UnsupportedFrameTypeException,
  UTF8_ACCEPT,
  UTF8_REJECT,
  UTF8VALIDATOR_DFA,
  Utf8Validator,
  WebSocketException,
} = ws4wasm;

const key = Buffer.from('be04e66a', 'hex');
const example = Buffer.from('818bbe04e66ad6618a06d1249105cc6882', 'hex');

describe('exc', () => {
  test('all but StreamClosed derive from WebSocketException, which is an Error', () => {
    for (const type of [
      FrameTooLargeException,
      ProtocolException,
      UnsupportedFrameTypeException,
      TextFrameEncodingException,
      HandshakeError,
      InvalidBytesError,
    ]) {
      assert.equal(Object.getPrototypeOf(type), WebSocketException, type.name);
      const error = new type('what was wrong');
      assert.ok(error instanceof Error);
      assert.equal(error.message, 'what was wrong');
      assert.equal(error.name, type.name);
      assert.equal(String(error), `${type.name}: what was wrong`);
      assert.ok(!Object.hasOwn(error, 'name'));
    }
    assert.equal(Object.getPrototypeOf(WebSocketException), Error);
    assert.equal(Object.getPrototypeOf(StreamClosed), Error);
  });

  test('each has the close code it stands for', () => {
    assert.equal(new WebSocketException().code, 1002);
    assert.equal(new ProtocolException().code, 1002);
    assert.equal(new UnsupportedFrameTypeException().code, 1002);
    assert.equal(new FrameTooLargeException().code, 1009);
    assert.equal(new FrameTooLargeException('', 1002).code, 1002);
    assert.equal(new TextFrameEncodingException('', 7).code, 1007);
    assert.equal(new TextFrameEncodingException('', 7).index, 7);
    assert.equal(new InvalidBytesError().code, 1007);
    assert.ok(!('code' in new StreamClosed()));
    assert.equal(new StreamClosed().name, 'StreamClosed');
  });

  test('a HandshakeError has the status of the answer', () => {
    assert.equal(new HandshakeError('no').status, 400);
    const reply = Buffer.from('HTTP/1.1 403 Forbidden\r\n\r\n');
    const error = new HandshakeError('no', { status: 403, reply });
    assert.equal(error.status, 403);
    assert.equal(error.reply, reply);
    assert.equal(error.request, undefined);
  });

  test('what goes wrong on a stream is of the class that fits', () => {
    const u64 = (/** @type {string} */ text) => Buffer.from(text, 'hex');
    /** @type {[string, Uint8Array, Function, number][]} */
    const cases = [
      ['a limit', u64('827f0000000100000000'), FrameTooLargeException, 1009],
      ['a long control frame', u64('897e007e'), FrameTooLargeException, 1002],
      ['a length with its top bit', u64('827f8000000000000000'), FrameTooLargeException, 1002],
      ['a reserved opcode', u64('8300'), UnsupportedFrameTypeException, 1002],
      ['text that is not UTF-8', u64('8101ff'), TextFrameEncodingException, 1007],
      ['a reason that is not UTF-8', u64('880303e8ff'), TextFrameEncodingException, 1007],
      ['a reserved bit', u64('c100'), ProtocolException, 1002],
      ['a stray continuation', u64('8000'), ProtocolException, 1002],
      ['a close code', u64('880203ed'), ProtocolException, 1002],
    ];
    for (const [name, bytes, type, code] of cases) {
      const [event, ...more] = new Stream({ role: 'client' }).receive(bytes);
      assert.ok(event.type === 'error', name);
      assert.equal(event.error.constructor, type, name);
      assert.equal(event.error.code, code, name);
      assert.equal(event.close.code, code, name);
      assert.deepEqual(more, [], name);
    }
  });
});

describe('framing', () => {
  test('opcodes', () => {
    assert.deepEqual(
      [OPCODE_CONTINUATION, OPCODE_TEXT, OPCODE_BINARY, OPCODE_CLOSE, OPCODE_PING, OPCODE_PONG],
      [0, 1, 2, 8, 9, 10],
    );
  });

  test("ws4py's example, built", () => {
    const frame = new Frame({
      opcode: OPCODE_TEXT,
      body: 'hello world',
      maskingKey: key,
      fin: 1,
    });
    assert.equal(hex(frame.build()), hex(example));
    assert.equal(frame.payloadLength, 11);
    assert.ok(Buffer.isBuffer(frame.build()));
  });

  test("ws4py's example, parsed byte by byte: wants 1, then 4", () => {
    const frame = new Frame();
    assert.equal(frame.parser.send(example.subarray(0, 1)), 1);
    assert.equal(frame.parser.send(example.subarray(1, 2)), 4);
    for (let i = 2; i < 5; i++)
      assert.equal(frame.parser.send(example.subarray(i, i + 1)), 6 - i - 1);
    assert.equal(frame.parser.send(example.subarray(5, 6)), 11);
    for (let i = 6; i < 16; i++) {
      assert.equal(frame.parser.send(example.subarray(i, i + 1)), 16 - i);
    }
    assert.equal(frame.parser.send(example.subarray(16)), undefined);
    assert.equal(frame.opcode, OPCODE_TEXT);
    assert.equal(frame.fin, 1);
    assert.equal(Buffer.from(frame.body).toString(), 'hello world');
    assert.deepEqual(frame.maskingKey, key);
    assert.equal(hex(frame.build()), hex(example));
  });

  test("ws4py's example, its bytes as numbers", () => {
    const frame = new Frame();
    assert.equal(frame.parser.send(example[0]), 1);
    assert.equal(frame.parser.send(example[1]), 4);
    for (const byte of example.subarray(2, 16)) assert.ok(frame.parser.send(byte));
    assert.equal(frame.parser.send(example[16]), undefined);
    assert.equal(Buffer.from(frame.body).toString(), 'hello world');
  });

  test('any frame, cut in two anywhere, with surplus bytes behind it', () => {
    const { bytes, pick, below } = random(1);
    for (const length of [0, 1, 125, 126, 127, 300]) {
      const payload = bytes(length);
      const mask = pick([undefined, bytes(4)]);
      const opcode = pick([0, 1, 2]);
      const fin = pick([true, false]);
      const frame = wire({ opcode, payload, fin, key: mask });
      const surplus = bytes(below(9) + 1);
      const all = Buffer.concat([frame, surplus]);
      for (let at = 0; at <= all.length; at++) {
        const parsed = new Frame();
        const wanted = parsed.parser.send(all.subarray(0, at));
        if (at < frame.length) {
          assert.ok(wanted && wanted >= 1 && wanted <= frame.length - at, `${at}: ${wanted}`);
        } else {
          assert.equal(wanted, undefined);
        }
        assert.equal(parsed.parser.send(all.subarray(at)), undefined);
        assert.equal(parsed.opcode, opcode);
        assert.equal(parsed.fin, fin ? 1 : 0);
        assert.deepEqual(parsed.maskingKey, mask);
        assert.equal(hex(parsed.body), hex(payload));
        assert.equal(hex(parsed.parser.rest), hex(surplus));
        assert.equal(parsed.payloadLength, length);
        assert.equal(hex(parsed.build()), hex(frame));
      }
    }
  });

  test('sending what it wants never takes a byte too many', () => {
    const { bytes } = random(2);
    for (const length of [0, 5, 125, 126, 70_000]) {
      const frame = wire({ opcode: 2, payload: bytes(length), key });
      const all = Buffer.concat([frame, Buffer.alloc(20)]);
      const parsed = new Frame();
      let at = 0;
      /** @type {number | undefined} */
      let wanted = 2;
      while (wanted !== undefined) {
        const piece = all.subarray(at, at + wanted);
        at += piece.length;
        wanted = parsed.parser.send(piece);
      }
      assert.equal(at, frame.length);
      assert.equal(parsed.parser.rest.length, 0);
    }
  });

  test('a body longer than the shared regions', () => {
    const { bytes } = random(3);
    const payload = bytes(300_001);
    const frame = new Frame({ opcode: 2, body: payload, maskingKey: key, fin: true });
    const built = frame.build();
    assert.ok(wire({ opcode: 2, payload, key }).equals(built));
    const parsed = new Frame();
    for (let at = 0; at < built.length; at += 50_000)
      parsed.parser.send(built.subarray(at, at + 50_000));
    assert.ok(payload.equals(parsed.body));
  });

  test('mask and unmask', () => {
    const frame = new Frame({ opcode: 1, maskingKey: key });
    const { bytes } = random(4);
    for (const length of [0, 1, 3, 4, 15, 16, 17, 63, 64, 65, 1000, 65_536, 65_537, 200_001]) {
      const plain = bytes(length);
      const masked = frame.mask(plain);
      assert.equal(hex(masked), hex(xor(plain, key)));
      assert.equal(hex(frame.unmask(masked)), hex(plain));
    }
    assert.throws(() => new Frame().mask(key), { name: 'TypeError', message: /maskingKey/ });
  });

  test('reserved bits are built', () => {
    assert.equal(hex(new Frame({ opcode: 1, rsv1: 1 }).build()), '4100');
    assert.equal(hex(new Frame({ opcode: 1, rsv2: true }).build()), '2100');
    assert.equal(hex(new Frame({ opcode: 1, rsv3: 1, fin: true }).build()), '9100');
  });

  test('a header that is not allowed is thrown, and again', () => {
    /** @type {[string, Function, number][]} */
    const cases = [
      ['8300', UnsupportedFrameTypeException, 1002],
      ['c100', ProtocolException, 1002],
      ['0900', ProtocolException, 1002],
      ['897e', FrameTooLargeException, 1002],
      ['827e007d', ProtocolException, 1002],
      ['827f8000000000000000', FrameTooLargeException, 1002],
    ];
    for (const [bytes, type, code] of cases) {
      const frame = new Frame();
      const send = () => frame.parser.send(Buffer.from(bytes, 'hex'));
      for (let i = 0; i < 2; i++) {
        assert.throws(
          send,
          (error) => error instanceof type && /** @type {any} */ (error).code === code,
        );
      }
    }
  });

  test('nothing is set aside for what is merely announced', () => {
    const frame = new Frame();
    const header = Buffer.from('827f0001000000000000', 'hex');
    assert.equal(frame.parser.send(header), 2 ** 48);
    assert.equal(frame.payloadLength, 2 ** 48);
    assert.equal(frame.parser.send(Buffer.alloc(10)), 2 ** 48 - 10);
  });
});

describe('messaging', () => {
  test('TextMessage', () => {
    const message = new TextMessage('Grüße');
    assert.deepEqual(
      [message.type, message.opcode, message.data, message.length, message.completed],
      ['text', 1, 'Grüße', 7, false],
    );
    assert.deepEqual([message.isText, message.isBinary], [true, false]);
    message.extend(' 𝒳');
    message.extend(Buffer.from('é'));
    assert.equal(message.data, 'Grüße 𝒳é');
    assert.equal(String(message), 'Grüße 𝒳é');
    assert.equal(message.length, 14);
    assert.throws(() => message.extend(Buffer.from([0xc3])), RangeError);
    assert.equal(new TextMessage().data, '');
    const json = JSON.stringify(new TextMessage('a'));
    assert.equal(json, '{"type":"text","data":"a"}');
  });

  test('BinaryMessage', () => {
    const message = new BinaryMessage(Uint8Array.of(1, 2));
    assert.deepEqual([message.type, message.opcode, message.length], ['binary', 2, 2]);
    assert.deepEqual([message.isText, message.isBinary], [false, true]);
    message.extend(Uint8Array.of(3).buffer);
    assert.equal(hex(message.data), '010203');
    assert.ok(Buffer.isBuffer(message.data));
    assert.equal(new BinaryMessage().length, 0);
  });

  test('CloseControlMessage', () => {
    const message = new CloseControlMessage();
    assert.deepEqual(
      [message.type, message.opcode, message.code, message.reason],
      ['close', 8, 1000, ''],
    );
    assert.equal(hex(message.data), '03e8');
    assert.equal(message.length, 2);
    const full = new CloseControlMessage(4999, 'até');
    assert.equal(hex(full.data), '1387617' + '4c3a9');
    full.extend('!');
    assert.equal(full.reason, 'até!');
    assert.equal(hex(full.single()), '8807138761' + '74c3a921');
    const absent = new CloseControlMessage(null);
    assert.deepEqual([absent.code, absent.reason, absent.length], [1005, '', 0]);
    assert.equal(hex(absent.single()), '8800');
    assert.throws(() => absent.extend('x'), RangeError);
    assert.deepEqual(JSON.parse(JSON.stringify(full)), {
      type: 'close',
      code: 4999,
      reason: 'até!',
    });
    assert.equal(String(full), 'até!');
  });

  test('PingControlMessage and PongControlMessage', () => {
    for (const [type, name, opcode] of /** @type {const} */ ([
      [PingControlMessage, 'ping', 9],
      [PongControlMessage, 'pong', 10],
    ])) {
      const message = new type('é');
      assert.deepEqual([message.type, message.opcode, message.length], [name, opcode, 2]);
      message.extend(Uint8Array.of(0));
      assert.equal(hex(message.data), 'c3a900');
      assert.equal(hex(message.single()), `8${opcode.toString(16)}03c3a900`);
      assert.equal(new type().length, 0);
      assert.throws(() => message.extend(Buffer.alloc(123)), RangeError);
      assert.equal(message.length, 3);
    }
  });

  test('Message(opcode, data) gives the class that fits', () => {
    assert.deepEqual(new Message(1, 'a'), new TextMessage('a'));
    assert.deepEqual(new Message(2, Buffer.from('a')), new BinaryMessage(Buffer.from('a')));
    assert.deepEqual(new Message(2, 'é').data, Buffer.from('é'));
    assert.deepEqual(new Message(8, 'bye'), new CloseControlMessage(1000, 'bye'));
    assert.deepEqual(new Message(9, 'a'), new PingControlMessage('a'));
    assert.deepEqual(new Message(10), new PongControlMessage());
    assert.ok(new Message(1, 'a') instanceof TextMessage);
    for (const opcode of [0, 3, 7, 11, 15, -1, 1.5, Number.NaN]) {
      assert.throws(() => new Message(opcode, 'a'), RangeError);
    }
  });

  const all = [
    new TextMessage('Hëllo'),
    new BinaryMessage(Buffer.from('Hëllo')),
    new CloseControlMessage(1001, 'Hëllo'),
    new PingControlMessage('Hëllo'),
    new PongControlMessage('Hëllo'),
  ];

  for (const message of all) {
    test(`${message.constructor.name}: single, masked and not`, () => {
      const payload = Buffer.from(message.data);
      const plain = { fin: true, rsv: 0, opcode: message.opcode, masked: false, payload };
      assert.deepEqual(parse(message.single()), [{ ...plain, key: Buffer.alloc(0) }]);
      assert.deepEqual(parse(message.single(false)), [{ ...plain, key: Buffer.alloc(0) }]);
      const [masked] = parse(message.single(true));
      assert.deepEqual(masked, { ...plain, masked: true, key: masked.key });
      assert.notDeepEqual(parse(message.single(true))[0].key, masked.key);
    });

    test(`${message.constructor.name}: fragment`, () => {
      for (const first of [true, false]) {
        for (const last of [true, false]) {
          const make = () => message.fragment({ first, last, mask: true });
          if (message.opcode >= 8 && !(first && last)) {
            assert.throws(make, RangeError);
            continue;
          }
          const [frame] = parse(make());
          assert.equal(frame.opcode, first ? message.opcode : OPCODE_CONTINUATION);
          assert.equal(frame.fin, last);
          assert.equal(frame.masked, true);
          assert.deepEqual(frame.payload, Buffer.from(message.data));
        }
      }
    });

    test(`${message.constructor.name}: completed once received`, () => {
      assert.equal(message.completed, false);
      const [received] = new Stream({ role: 'client' }).receive(message.single());
      assert.equal(received.constructor, message.constructor);
      assert.equal(/** @type {any} */ (received).completed, true);
    });
  }

  test('fragment without options is a continuation that does not end', () => {
    assert.equal(hex(new TextMessage('a').fragment()), '000161');
  });

  test('a message is shown by its class and content', async () => {
    const { inspect } = await import('node:util');
    assert.equal(inspect(new TextMessage('hi')), "TextMessage { data: 'hi' }");
    assert.equal(
      inspect(new CloseControlMessage(1001, 'x')),
      "CloseControlMessage { code: 1001, reason: 'x' }",
    );
  });
});

describe('streaming', () => {
  const masked = (/** @type {string} */ text, opcode = 1) =>
    wire({ opcode, payload: text, key });

  test("ws4py's example: no message, more bytes, a message", () => {
    const stream = new Stream();
    assert.equal(stream.hasMessage, false);
    assert.equal(stream.takeMessage(), null);
    stream.parser.send(example.subarray(0, 9));
    assert.equal(stream.hasMessage, false);
    stream.parser.send(example.subarray(9));
    assert.equal(stream.hasMessage, true);
    const { message } = stream;
    assert.ok(message instanceof TextMessage);
    assert.equal(message.data, 'hello world');
    stream.message = null;
    assert.deepEqual([stream.hasMessage, stream.message], [false, null]);
  });

  test('the parser says how many bytes it wants', () => {
    const stream = new Stream();
    const wanted = [...example].map((byte) => stream.parser.send(Uint8Array.of(byte)));
    assert.deepEqual(wanted, [1, 4, 3, 2, 1, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 2]);
    assert.equal(stream.takeMessage()?.data, 'hello world');
    // As in ws4py: a 16-bit or a 64-bit length, then the key, then the payload.
    const long = new Stream();
    assert.equal(long.parser.send(Buffer.from('82', 'hex')), 1);
    assert.equal(long.parser.send(Buffer.from('fe', 'hex')), 2);
    assert.equal(long.parser.send(Buffer.from('0100', 'hex')), 4);
    assert.equal(long.parser.send(Buffer.alloc(4)), 256);
    const longer = new Stream();
    assert.equal(longer.parser.send(Buffer.from('82ff', 'hex')), 8);
    assert.equal(longer.parser.send(Buffer.from('0000000000010000', 'hex')), 4);
    assert.equal(longer.parser.send(Buffer.alloc(4)), 65_536);
    const client = new Stream({ role: 'client' });
    assert.equal(client.parser.send(Buffer.from('827e', 'hex')), 2);
    assert.equal(client.parser.send(Buffer.from('0100', 'hex')), 256);
    assert.equal(client.parser.send(Buffer.alloc(0)), 256);
  });

  test('reading just what is wanted never takes a byte too many', () => {
    const { bytes, below } = random(5);
    const frames = [];
    for (let i = 0; i < 40; i++) {
      frames.push(
        wire({ opcode: i % 5 ? 2 : 9, payload: bytes(i % 5 ? below(400) : 5), key: bytes(4) }),
      );
    }
    const stream = new Stream();
    let wanted = stream.parser.send(Buffer.alloc(0));
    for (const frame of frames) {
      for (let at = 0; at < frame.length; ) {
        assert.ok(wanted >= 1 && wanted <= frame.length - at);
        const piece = frame.subarray(at, at + wanted);
        at += piece.length;
        wanted = stream.parser.send(piece);
      }
    }
    assert.equal(stream.pings.length, 8);
    for (let i = 0; i < 32; i++) assert.ok(stream.takeMessage());
    assert.equal(stream.takeMessage(), null);
  });

  test('messages are read oldest first', () => {
    const stream = new Stream();
    stream.parser.send(Buffer.concat([masked('a'), masked('b', 2), masked('c')]));
    const oldest = () => String(stream.message);
    assert.equal(oldest(), 'a');
    assert.equal(oldest(), 'a');
    assert.equal(stream.takeMessage()?.data, 'a');
    assert.ok(stream.message instanceof BinaryMessage);
    assert.equal(oldest(), 'b');
    stream.message = null;
    assert.equal(oldest(), 'c');
    stream.message = null;
    assert.equal(oldest(), 'null');
    stream.message = null;
    assert.equal(stream.takeMessage(), null);
    assert.throws(() => {
      stream.message = /** @type {any} */ ('x');
    }, TypeError);
  });

  test('pings, pongs, closing and errors', () => {
    const stream = new Stream();
    assert.deepEqual([stream.pings, stream.pongs, stream.errors], [[], [], []]);
    assert.deepEqual([stream.closing], [null]);
    const close = wire({ opcode: 8, payload: Buffer.from('03e9627965', 'hex'), key });
    stream.parser.send(Buffer.concat([masked('1', 9), masked('2', 10), masked('3', 9), close]));
    assert.deepEqual(stream.pings.map(String), ['1', '3']);
    assert.deepEqual(stream.pongs.map(String), ['2']);
    assert.ok(stream.pings.every((ping) => ping instanceof PingControlMessage));
    const { closing } = stream;
    assert.ok(closing instanceof CloseControlMessage);
    assert.deepEqual([closing.code, closing.reason], [1001, 'bye']);
    stream.pings = [];
    assert.deepEqual(stream.pings, []);
    stream.closing = null;
    assert.equal(stream.parser.send(masked('late')), 1);
    assert.equal(stream.hasMessage, false);

    const broken = new Stream();
    broken.parser.send(wire({ payload: 'not masked' }));
    assert.equal(broken.errors.length, 1);
    assert.ok(broken.errors[0] instanceof CloseControlMessage);
    assert.equal(broken.errors[0].code, 1002);
  });

  test('receiver() is the same as a generator', () => {
    const stream = new Stream();
    const receiver = stream.receiver();
    assert.deepEqual(receiver.next(), { value: 2, done: false });
    const wanted = [...example].map((byte) => receiver.next(Uint8Array.of(byte)).value);
    assert.deepEqual(wanted, [1, 4, 3, 2, 1, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 2]);
    assert.equal(stream.takeMessage()?.data, 'hello world');
    receiver.next(Buffer.concat([example, example]));
    assert.equal(stream.takeMessage()?.data, 'hello world');
    assert.equal(stream.takeMessage()?.data, 'hello world');
    assert.equal(receiver.return().done, true);
  });

  test('what makes messages and frames', () => {
    const stream = new Stream();
    assert.deepEqual(stream.textMessage('a'), new TextMessage('a'));
    assert.deepEqual(stream.binaryMessage(key), new BinaryMessage(key));
    assert.equal(hex(stream.ping('a')), '890161');
    assert.equal(hex(stream.pong()), '8a00');
    assert.equal(hex(stream.pong(key)), '8a04be04e66a');
    const close = stream.close();
    assert.ok(close instanceof CloseControlMessage);
    assert.deepEqual([close.code, close.reason], [1000, '']);
  });

  test('alwaysMask and expectMasking', () => {
    const server = new Stream();
    assert.deepEqual([server.alwaysMask, server.expectMasking], [false, true]);
    const client = new Stream({ role: 'client' });
    assert.deepEqual([client.alwaysMask, client.expectMasking], [true, false]);
    // ws4py's way to make a client of a stream.
    server.alwaysMask = true;
    server.expectMasking = false;
    assert.deepEqual([server.alwaysMask, server.expectMasking], [true, false]);
    const [ping] = parse(server.ping('a'));
    assert.ok(ping.masked);
    assert.equal(ping.payload.toString(), 'a');
    assert.equal(server.receive(wire({ payload: 'a' }))[0].type, 'text');
    assert.equal(client.receive(masked('a'))[0].type, 'error');
    const both = new Stream({ alwaysMask: true, expectMasking: true });
    assert.equal(both.receive(masked('a'))[0].type, 'text');
    assert.ok(parse(both.encode('a'))[0].masked);
  });

  test('the pull style needs whole messages', () => {
    assert.throws(() => new Stream({ partial: true }).parser.send(example), TypeError);
    const frames = new Stream({ frames: true });
    frames.parser.send(example);
    assert.equal(frames.takeMessage()?.data, 'hello world');
    assert.equal(frames.hasMessage, false);
  });
});

describe('utf8validator', () => {
  test('constants', () => {
    assert.deepEqual([UTF8_ACCEPT, UTF8_REJECT], [0, 1]);
    assert.deepEqual([Utf8Validator.UTF8_ACCEPT, Utf8Validator.UTF8_REJECT], [0, 1]);
    assert.equal(Utf8Validator.UTF8VALIDATOR_DFA, UTF8VALIDATOR_DFA);
  });

  test("the table is ws4py's", () => {
    assert.equal(UTF8VALIDATOR_DFA.length, 400);
    // Of the numbers in ../seed/ws4py-api.txt, one byte each.
    const ws4py = '11c20091de8065c2f36e1295fa51afdaf1088088b99aadd4b0c601659ad3bdb3';
    const table = Uint8Array.from(UTF8VALIDATOR_DFA);
    assert.equal(createHash('sha256').update(table).digest('hex'), ws4py);
  });

  test('decode walks the table and gives the code points', () => {
    const text = 'aé€𝒳\0\x7f\u0080\u07ff\u0800\uffff\u{10000}\u{10ffff}';
    const validator = new Utf8Validator();
    const points = [];
    let state = UTF8_ACCEPT;
    for (const byte of Buffer.from(text)) {
      state = /** @type {typeof state} */ (
        UTF8VALIDATOR_DFA[256 + state * 16 + UTF8VALIDATOR_DFA[byte]]
      );
      assert.equal(validator.decode(byte), state);
      if (state === UTF8_ACCEPT) points.push(validator.codepoint);
    }
    assert.deepEqual(
      points,
      Array.from(text, (c) => c.codePointAt(0)),
    );
  });

  test('decode rejects until reset', () => {
    const validator = new Utf8Validator();
    assert.equal(validator.decode(0xff), UTF8_REJECT);
    assert.equal(validator.decode(0x61), UTF8_REJECT);
    validator.reset();
    assert.equal(validator.decode(0x61), UTF8_ACCEPT);
    assert.equal(validator.codepoint, 0x61);
  });

  test('validate gives quads', () => {
    const validator = new Utf8Validator();
    assert.deepEqual(validator.validate(Buffer.from('abc')), [true, true, 3, 3]);
    assert.deepEqual(validator.validate(Buffer.from('€')), [true, true, 3, 6]);
    assert.deepEqual(validator.validate(Buffer.alloc(0)), [true, true, 0, 6]);
    // 𝒳 split over three chunks.
    assert.deepEqual(validator.validate(Uint8Array.of(0x61, 0xf0)), [true, false, 2, 8]);
    assert.deepEqual(validator.validate(Uint8Array.of(0x9d, 0x92)), [true, false, 2, 10]);
    assert.deepEqual(validator.validate(Uint8Array.of(0xb3, 0x62)), [true, true, 2, 12]);
    // A byte that cannot be right.
    assert.deepEqual(validator.validate(Uint8Array.of(0x61, 0xed, 0xa0, 0x80)), [
      false,
      false,
      2,
      14,
    ]);
    assert.deepEqual(validator.validate(Buffer.from('abc')), [false, false, 0, 14]);
    assert.deepEqual(validator.validate(Buffer.alloc(0)), [false, false, 0, 14]);
    validator.reset();
    assert.deepEqual(validator.validate(Buffer.from('abc')), [true, true, 3, 3]);
  });

  test('a sequence split over two chunks is rejected at its first impossible byte', () => {
    const validator = new Utf8Validator();
    assert.deepEqual(validator.validate(Uint8Array.of(0xe0)), [true, false, 1, 1]);
    assert.deepEqual(validator.validate(Uint8Array.of(0x9f, 0x80)), [false, false, 0, 1]);
  });

  test('decode and validate go on from each other', () => {
    const validator = new Utf8Validator();
    validator.decode(0xe2);
    assert.deepEqual(validator.validate(Uint8Array.of(0x82)), [true, false, 1, 2]);
    assert.equal(validator.decode(0xac), UTF8_ACCEPT);
    assert.deepEqual(validator.validate(Buffer.from('a')), [true, true, 1, 4]);
  });

  test('long input, over several regions, against TextDecoder', () => {
    const { below, pick } = random(6);
    const base = Buffer.from('Ærø 漢字 𝒳 plain ascii text that runs on. '.repeat(5000));
    for (let round = 0; round < 60; round++) {
      const length = base.length - below(200);
      const bytes = Buffer.from(base.subarray(0, length));
      const bad = pick([true, false]) ? below(length) : -1;
      if (bad >= 0) bytes[bad] = pick([0xff, 0x80, 0xc0, 0xed]);
      const validator = new Utf8Validator();
      const cut = below(length);
      const head = validator.validate(bytes.subarray(0, cut));
      const quad = head[0] ? validator.validate(bytes.subarray(cut)) : head;
      const [valid, ends, , total] = quad;
      let right = true;
      try {
        new TextDecoder('utf-8', { fatal: true }).decode(bytes);
      } catch {
        right = false;
      }
      assert.equal(valid && ends, right, `${round}`);
      assert.equal(total, valid ? length : firstBad(bytes));
    }
  });
});

/**
 * Where ws4py's table rejects.
 * @param {Uint8Array} bytes
 */
function firstBad(bytes) {
  let state = 0;
  return bytes.findIndex((byte) => {
    state = UTF8VALIDATOR_DFA[256 + state * 16 + UTF8VALIDATOR_DFA[byte]];
    return state === UTF8_REJECT;
  });
}
