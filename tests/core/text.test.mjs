// Strings in and out: what comes is what was sent, however runs of ASCII are decoded at once.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Stream } from 'ws4wasm';
import { TEXT_RUN } from '../../js/engine/instance.js';
import { cut, parse, plain, random, receiveAll, frame as wire } from '../support/wire.mjs';

const REGION = 65_536;

/** @typedef {{ opcode: number, payload: Buffer }} Sent */

/**
 * What a stream must give for a frame.
 * @param {Sent} frame
 */
function expected({ opcode, payload }) {
  if (opcode === 1) return { type: 'text', data: payload.toString('utf8') };
  const type = opcode === 2 ? 'binary' : opcode === 9 ? 'ping' : 'pong';
  return { type, hex: payload.toString('hex') };
}

/**
 * Sends frames, masked and not, whole and cut, and compares all events.
 * @param {Sent[]} frames
 * @param {number[][]} cuts
 */
function check(frames, cuts = [[REGION]]) {
  const wanted = frames.map(expected);
  for (const key of [undefined, Buffer.from('be04e66a', 'hex')]) {
    const bytes = Buffer.concat(frames.map((frame) => wire({ ...frame, key })));
    for (const lengths of [[bytes.length || 1], ...cuts]) {
      const stream = new Stream({ role: key ? 'server' : 'client' });
      const events = receiveAll(stream, cut(bytes, lengths));
      stream.free();
      assert.deepEqual(events.map(plain), wanted);
      for (const [index, event] of events.entries()) {
        // Equal to the last unit, not just when printed.
        if (event.type === 'text')
          assert.equal(event.data.length, String(wanted[index].data).length);
      }
    }
  }
}

const text = (/** @type {string} */ payload) => ({ opcode: 1, payload: Buffer.from(payload) });
const other = (/** @type {number} */ opcode, /** @type {number} */ length) => ({
  opcode,
  payload: Buffer.alloc(length, 'bytes'),
});

/**
 * ASCII that is different everywhere.
 * @param {number} length
 * @param {number} from
 */
function ascii(length, from = 0) {
  let all = '';
  for (let i = from; all.length < length; i++) all += `${i.toString(36)} `;
  return all.slice(0, length);
}

describe('runs of ASCII texts', () => {
  test('of every length around the length of a run', () => {
    for (let length = TEXT_RUN - 20; length <= TEXT_RUN + 20; length++) {
      check([text(ascii(length)), text(ascii(length, 5)), text('end')]);
      check([text(ascii(length - 10)), text(ascii(10, 7)), text(ascii(length, 3))]);
    }
  });

  test('of every length from 0 to 300, one after the other', () => {
    const frames = [];
    for (let length = 0; length <= 300; length++) frames.push(text(ascii(length, length)));
    check(frames, [[REGION], [1000], [77, 1]]);
  });

  test('broken up by all other kinds of frames', () => {
    const between = [
      other(2, 5),
      other(9, 5),
      other(10, 0),
      other(9, 125),
      text(''),
      text('é'),
      other(2, 5000),
    ];
    for (const frame of between) {
      check(
        [text('before'), frame, text('after'), text('more'), frame, frame, text('end')],
        [[1], [3]],
      );
      check([
        text(ascii(TEXT_RUN - 3)),
        frame,
        text(ascii(TEXT_RUN + 1)),
        text('x'),
        frame,
        text('y'),
      ]);
    }
    check(
      between.flatMap((frame) => [text('a'), frame, text(ascii(13))]),
      [[1], [50], [1500]],
    );
  });

  test('interleaved control frames in fragments', () => {
    const stream = new Stream({ role: 'client' });
    const events = stream.receive(
      Buffer.concat([
        wire({ payload: 'one ' }),
        wire({ payload: 'ab', fin: false }),
        wire({ opcode: 9, payload: 'ping' }),
        wire({ opcode: 0, payload: 'cd', fin: false }),
        wire({ opcode: 10, payload: 'pong' }),
        wire({ opcode: 0, payload: 'ef' }),
        wire({ payload: ' two' }),
      ]),
    );
    assert.deepEqual(
      events.map((event) => String(event)),
      ['one ', 'ping', 'pong', 'abcdef', ' two'],
    );
  });

  test('two streams in turn do not mix', () => {
    const a = new Stream({ role: 'client' });
    const b = new Stream({ role: 'client' });
    const half = (/** @type {string} */ s) => wire({ payload: s });
    const first = half(ascii(50));
    const second = half(ascii(50, 40));
    a.receive(first.subarray(0, 20));
    b.receive(second.subarray(0, 30));
    assert.equal(String(a.receive(first.subarray(20))[0]), ascii(50));
    assert.equal(String(b.receive(second.subarray(30))[0]), ascii(50, 40));
  });
});

describe('characters that decoders treat in special ways', () => {
  const strings = {
    'a byte order mark at the start': '\ufefftext',
    'a byte order mark alone': '\ufeff',
    'two byte order marks': '\ufeff\ufeff',
    'a byte order mark at the end': 'text\ufeff',
    'the other byte order mark': '\ufffe',
    NUL: '\0',
    'NULs in text': 'a\0b\0\0',
    'U+FFFF and U+FFFD': '\uffff\ufffd',
    noncharacters: '\ufdd0\u{1fffe}\u{10ffff}',
    'DEL and C1 controls': '\x7f\x80\x9f\xa0',
    'line ends': '\r\n\u2028\u2029\n\r',
    astral: '𝒳😀\u{10000}',
    combining: 'e\u0301\u0323',
    'the limits of each length': '\x7f\x80\u07ff\u0800\ud7ff\ue000\uffff\u{10000}\u{10ffff}',
    'Latin-1 alone': 'ÀÿÀÿ',
  };
  for (const [name, value] of Object.entries(strings)) {
    test(name, () => {
      for (const all of [
        value,
        value.repeat(200),
        `${ascii(100)}${value}`,
        `${value}${ascii(600)}`,
        `${ascii(4096)}${value}${ascii(5000)}`,
      ]) {
        check([text(all), text(value), text(all)], [[1], [2, 3], [700]]);
        // In fragments that cut characters.
        const bytes = Buffer.from(all);
        const stream = new Stream({ role: 'client' });
        const events = [];
        for (let at = 0; at < bytes.length; at += 7) {
          const payload = bytes.subarray(at, at + 7);
          const fin = at + 7 >= bytes.length;
          events.push(...stream.receive(wire({ opcode: at ? 0 : 1, payload, fin })));
        }
        assert.deepEqual(events.map(plain), [{ type: 'text', data: all }]);
        // And on the way out.
        assert.equal(parse(stream.encode(all))[0].payload.toString(), all);
        stream.free();
      }
    });
  }

  test('lone surrogates go out as U+FFFD', () => {
    const stream = new Stream();
    const long = 'x'.repeat(30_000);
    for (const [given, sent] of [
      ['\ud800', '\ufffd'],
      ['a\udc00b', 'a\ufffdb'],
      ['\udc00\ud800', '\ufffd\ufffd'],
      ['\ud83d😀\ude00', '\ufffd😀\ufffd'],
      [`${long}\ud800`, `${long}\ufffd`],
    ]) {
      for (const bytes of [
        stream.encode(given),
        stream.encode(given, { binary: true }),
        stream.textMessage(given).single(),
        stream.textMessage(given).single(true),
        stream.prepare(given),
      ]) {
        const [frame] = parse(bytes);
        assert.equal(frame.payload.toString(), sent);
        const [message] = new Stream({ role: frame.masked ? 'server' : 'client' }).receive(
          bytes,
        );
        if (message.type === 'text') assert.equal(message.data, sent);
      }
    }
    assert.equal(stream.textMessage('\ud800').length, 3);
  });
});

describe('at random', () => {
  const alphabets = [
    'abc XYZ 09',
    'àéîõü ß',
    'Привет, мир ',
    '漢字かな交じり文',
    '😀𝒳🇳🇴\u{10ffff}',
    '\0\x7f\x80\ufeff\uffff\ufffd',
  ];

  test('against Buffer and TextDecoder', () => {
    const { below, pick, key } = random(20);
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    for (let round = 0; round < 250; round++) {
      const frames = [];
      for (let n = below(30); n >= 0; n--) {
        const kind = below(10);
        if (kind === 0) {
          frames.push(other(pick([2, 9, 10]), below(126)));
          continue;
        }
        const letters =
          kind < 6 ? alphabets[0] : pick(alphabets) + (kind > 8 ? alphabets[0] : '');
        const characters = Array.from(letters);
        let value = '';
        for (let i = pick([below(8), below(40), below(400), below(3000)]); i > 0; i--)
          value += pick(characters);
        const frame = text(value);
        assert.equal(decoder.decode(frame.payload), value);
        frames.push(frame);
      }
      const mask = pick([undefined, key()]);
      const pieces = frames.flatMap((frame) => fragments(frame, mask));
      const bytes = Buffer.concat(pieces);
      const stream = new Stream({ role: mask ? 'server' : 'client' });
      const lengths = pick([
        [1 << 20],
        [1460],
        [1 + below(50), 1 + below(2000)],
        [1 + below(5)],
      ]);
      const events = receiveAll(stream, cut(bytes, lengths));
      stream.free();
      assert.deepEqual(events.map(plain), frames.map(expected), `round ${round}`);
    }

    /**
     * @param {Sent} frame
     * @param {Buffer | undefined} mask
     */
    function fragments({ opcode, payload }, mask) {
      if (opcode > 2 || below(3)) return [wire({ opcode, payload, key: mask })];
      const parts = [];
      for (let at = 0; ; ) {
        const end = Math.min(payload.length, at + below(payload.length + 5));
        const fin = end === payload.length && below(2) === 0;
        parts.push(
          wire({
            opcode: parts.length ? 0 : opcode,
            payload: payload.subarray(at, end),
            fin,
            key: mask,
          }),
        );
        at = end;
        if (fin) return parts;
      }
    }
  });

  test('long texts, over several regions', () => {
    const { below, pick, key } = random(21);
    for (let round = 0; round < 12; round++) {
      const characters = Array.from(pick(alphabets) + alphabets[0].repeat(round % 3));
      let value = '';
      for (let i = 60_000 + below(80_000); i > 0; i--) value += pick(characters);
      const mask = pick([undefined, key()]);
      const bytes = wire({ payload: value, key: mask });
      for (const lengths of [
        [bytes.length],
        [65_536],
        [65_537, 3],
        [100_000],
        [1 + below(9000)],
      ]) {
        const stream = new Stream({ role: mask ? 'server' : 'client' });
        const events = receiveAll(stream, cut(bytes, lengths));
        stream.free();
        assert.equal(events.length, 1);
        const [event] = events;
        assert.ok(event.type === 'text' && event.data === value);
      }
    }
  });
});

test('one input of 1 MiB with 40,000 messages, more than any table or region holds', () => {
  /** @type {Sent[]} */
  const frames = [];
  for (let i = 0; i < 40_000; i++) {
    if (i % 1000 === 999) frames.push(other(9, 3));
    else if (i % 7 === 6) frames.push(text(`ü${i}`));
    else if (i % 11 === 10) frames.push({ opcode: 2, payload: Buffer.from(`bin ${i}`) });
    else frames.push(text(`message number ${i}`));
  }
  const pad = (/** @type {number} */ size) => {
    const used = frames.reduce((sum, frame) => sum + frame.payload.length + 6, 0);
    return Math.max(0, size - used - 8);
  };
  frames.push(text('p'.repeat(pad(1 << 20))));
  const key = Buffer.from('be04e66a', 'hex');
  for (const mask of [undefined, key]) {
    const bytes = Buffer.concat(frames.map((frame) => wire({ ...frame, key: mask })));
    const events = new Stream({ role: mask ? 'server' : 'client', frames: true }).receive(
      bytes,
    );
    const messages = events.filter((event) => event.type !== 'frame');
    assert.equal(events.length, 2 * messages.length);
    assert.deepEqual(messages.map(plain), frames.map(expected));
  }
});

test('40,000 empty frames in one input', () => {
  const one = wire({ payload: '' });
  const bytes = Buffer.concat(Array.from({ length: 40_000 }, () => one));
  const events = new Stream({ role: 'client' }).receive(bytes);
  assert.equal(events.length, 40_000);
  assert.ok(events.every((event) => event.type === 'text' && event.data === ''));
});

test('an error in the middle of a full table comes last', () => {
  const one = wire({ payload: 'a' });
  const good = Array.from({ length: 9_000 }, () => one);
  const bytes = Buffer.concat([...good, Buffer.from('8100ff00', 'hex'), one]);
  const events = new Stream({ role: 'client' }).receive(bytes);
  assert.equal(events.length, 9_002);
  const last = events.at(-1);
  assert.ok(last?.type === 'error');
});
