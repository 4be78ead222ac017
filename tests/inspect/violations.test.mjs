// What is wrong with hostile streams is found, at the byte where it is, whatever way they come.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Inspection } from 'ws4wasm/inspect';
import { bytes, frame, inspect } from './support.mjs';

const key = [0x11, 0x22, 0x33, 0x44];

/** @type {{ name: string, sender: 'client' | 'server', bytes: Uint8Array, rule: string, at: number, bit?: number, close?: number, index?: number }[]} */
const faults = [
  {
    name: 'bad UTF-8 in the second of two messages',
    sender: 'server',
    bytes: bytes(frame(0x81, 'fine'), frame(0x81, bytes('ok', 0xff, 'x'))),
    ...{ rule: 'Text', at: 10, close: 1007, index: 2 },
  },
  {
    name: 'bad UTF-8, masked',
    sender: 'client',
    bytes: bytes(frame(0x81, bytes('abc', 0xc3, 0x28), key)),
    ...{ rule: 'Text', at: 10, close: 1007, index: 4 },
  },
  {
    name: 'a client that does not mask',
    sender: 'client',
    bytes: bytes(frame(0x82, 'x:00')),
    ...{ rule: 'MaskMissing', at: 1, bit: 0, close: 1002 },
  },
  {
    name: 'a server that masks',
    sender: 'server',
    bytes: bytes(frame(0x82, 'abc', key)),
    ...{ rule: 'MaskForbidden', at: 1, bit: 0, close: 1002 },
  },
  {
    name: 'RSV2',
    sender: 'server',
    bytes: bytes(frame(0xa2, 'abc')),
    ...{ rule: 'ReservedBits', at: 0, bit: 2, close: 1002 },
  },
  {
    name: 'a reserved opcode',
    sender: 'server',
    bytes: bytes(frame(0x82, 'abc'), frame(0x83, 'abc')),
    ...{ rule: 'ReservedOpcode', at: 5, bit: 4, close: 1002 },
  },
  {
    name: 'a ping without FIN',
    sender: 'server',
    bytes: bytes(0x09, 0x00),
    ...{ rule: 'FragmentedControl', at: 0, bit: 0, close: 1002 },
  },
  {
    name: 'a ping of 126 bytes',
    sender: 'server',
    bytes: bytes(frame(0x89, 'x'.repeat(126))),
    ...{ rule: 'ControlTooLong', at: 1, bit: 1, close: 1002 },
  },
  {
    name: 'a length in more bytes than it needs',
    sender: 'server',
    bytes: bytes('x:827e0003616263'),
    ...{ rule: 'NonMinimalLength', at: 2, close: 1002 },
  },
  {
    name: 'the top bit of a length',
    sender: 'server',
    bytes: bytes('x:827f8000000000000000'),
    ...{ rule: 'LengthTopBit', at: 2, bit: 0, close: 1002 },
  },
  {
    name: 'a continuation of nothing',
    sender: 'server',
    bytes: bytes(frame(0x80, 'abc')),
    ...{ rule: 'UnexpectedContinuation', at: 0, bit: 4, close: 1002 },
  },
  {
    name: 'a message inside another',
    sender: 'server',
    bytes: bytes(frame(0x01, 'a'), frame(0x81, 'b')),
    ...{ rule: 'ExpectedContinuation', at: 3, bit: 4, close: 1002 },
  },
  {
    name: 'a close code that there is not',
    sender: 'server',
    bytes: bytes('x:880203ed'),
    ...{ rule: 'CloseCode', at: 2, close: 1002 },
  },
  {
    name: 'a close reason that is not UTF-8',
    sender: 'server',
    bytes: bytes('x:880403e861ff'),
    ...{ rule: 'CloseReason', at: 5, close: 1007 },
  },
  {
    name: 'a frame behind a close frame',
    sender: 'server',
    bytes: bytes('x:880203e8', frame(0x81, 'late')),
    ...{ rule: 'AfterClose', at: 4 },
  },
];

describe('one fault each', () => {
  for (const { name, sender, bytes: input, rule, at, bit = 0, close, index } of faults) {
    test(name, () => {
      const inspection = inspect(input, { sender });
      const [found, ...more] = inspection.violations({ severity: 'error' });
      assert.deepEqual(more, []);
      assert.equal(found.rule, rule);
      assert.equal(found.offset, at);
      assert.equal(found.bit, bit);
      assert.equal(found.expectedClose, close);
      if (index !== undefined) assert.equal(found.index, index);
      const last = inspection.totals.frames - 1;
      assert.equal(found.frame, last);
      assert.equal(inspection.frame(last)?.row.severity, 'error');
      const errors = inspection.view({ filter: `err:${rule}` });
      assert.deepEqual([...errors.frames()], [last]);
    });
  }

  test('with limits: what a receiver would refuse as too large', () => {
    const limits = { maxMessageSize: 4 };
    const inspection = inspect(bytes(frame(0x02, 'abc'), frame(0x80, 'de')), {
      sender: 'server',
      limits,
    });
    const [found] = inspection.violations();
    assert.equal(found.rule, 'MessageTooLarge');
    assert.equal(found.expectedClose, 1009);
  });
});

describe('it goes on after a fault', () => {
  test('each frame of a client that masks none is told of, and its text is read', () => {
    const input = bytes(frame(0x81, 'one'), frame(0x81, bytes(0xff)), frame(0x81, 'three'));
    const inspection = inspect(input, { sender: 'client' });
    assert.deepEqual(
      inspection.violations().map(({ rule, offset }) => [rule, offset]),
      [
        ['MaskMissing', 1],
        ['MaskMissing', 6],
        ['Text', 7],
        ['MaskMissing', 9],
      ],
    );
    assert.deepEqual(
      inspection
        .view()
        .rows(0, 9)
        .map((row) => row.preview),
      ['one', '[ff]', 'three'],
    );
  });

  test('what follows a close code that there is not', () => {
    const inspection = new Inspection();
    const client = { address: '10.0.0.1', port: 1234 };
    const server = { address: '10.0.0.2', port: 80 };
    const number = inspection.openConnection({ client, server, time: 1000 });
    inspection.data(number, 'c2s', frame(0x81, bytes(0xff), key), 1001);
    inspection.data(number, 's2c', bytes('x:880203eb'), 1002);
    const [found] = inspection.violations({ severity: 'error' });
    assert.equal(found.expectedClose, 1007);
    assert.equal(found.actualClose, 1003);
  });
});

describe('bytes that are no frames', () => {
  for (const [name, input, hint] of /** @type {[string, Uint8Array, RegExp][]} */ ([
    ['TLS', bytes(frame(0x82, 'abc'), 'x:160301020001000001fc0303'), /TLS/],
    ['an answer of HTTP', bytes(frame(0x82, 'abc'), 'HTTP/1.1 400 Bad\r\n\r\n'), /HTTP resp/],
    ['a request of HTTP', bytes(frame(0x82, 'abc'), 'GET / HTTP/1.1\r\n\r\n'), /HTTP requ/],
    ['JSON', bytes(frame(0x82, 'abc'), '{"op": "subscribe"}'), /plain text/],
  ])) {
    test(name, () => {
      const inspection = inspect(input, { sender: 'server' });
      const found = inspection.violations();
      assert.equal(found[0].offset, 5);
      assert.match(found.map((violation) => violation.hint).join(), hint);
      assert.equal(found.at(-1)?.rule, 'FramingLost');
      assert.equal(inspection.totals.frames, 2);
    });
  }

  test('a compressed message that was not agreed on', () => {
    const hello = bytes('x:c107f248cdc9c90700');
    const inspection = inspect(hello, { sender: 'server', deflate: false });
    const [found] = inspection.violations();
    assert.equal(found.rule, 'ReservedBits');
    assert.match(String(found.hint), /inflates/);
    const guessed = inspect(hello, { sender: 'server' });
    assert.deepEqual(guessed.violations(), []);
    assert.equal(guessed.connections()[0].deflate?.guessed, true);
    assert.equal(guessed.frame(0)?.row.preview, 'Hello');
  });

  test('noise does not fill the memory', () => {
    const inspection = inspect(new Uint8Array(8 << 20), { sender: 'server' });
    assert.ok(inspection.totals.frames < 100);
    assert.equal(inspection.violations().at(-1)?.rule, 'FramingLost');
  });
});
