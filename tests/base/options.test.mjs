// Options that mean nothing, or not what they were meant to.
import assert from 'node:assert/strict';
import { duplexPair } from 'node:stream';
import { test } from 'node:test';
import { Stream, WebSocket } from 'ws4wasm';
import { CONNECTION, judged, picked, STREAM } from '../../js/base/options.js';

/** @param {any} options */
const make = (options) => () => new WebSocket(duplexPair()[0], options);

test('an unknown option is a TypeError that names it and what there is', () => {
  for (const build of [make, (/** @type {any} */ options) => () => new Stream(options)]) {
    assert.throws(build({ frobnicate: 1 }), {
      name: 'TypeError',
      message: /^(WebSocket|Stream) has no option 'frobnicate': there are role, alwaysMask/,
    });
  }
  assert.throws(
    make({ maxmessagesize: 1 }),
    /has no option 'maxmessagesize': use 'maxMessageSize'/,
  );
  assert.throws(
    () => new Stream(/** @type {any} */ ({ pingInterval: 1 })),
    /Stream has no option 'pingInterval'/,
  );
});

test("other libraries' options are answered with what to use", () => {
  for (const [name, advice] of [
    ['maxPayload', "use 'maxMessageSize'"],
    ['perMessageDeflate', "use 'deflate'"],
    ['skipUTF8Validation', 'text is always checked: leave it out'],
    ['maxPayloadLength', "use 'maxMessageSize'"],
    ['keepaliveInterval', "use 'pingInterval'"],
  ]) {
    assert.throws(make({ [name]: false }), {
      name: 'TypeError',
      message: `WebSocket has no option '${name}': ${advice}`,
    });
  }
});

test('within deflate, too', () => {
  for (const [name, advice] of [
    ['levle', 'there are serverNoContextTakeover, clientNoContextTakeover, '],
    ['memlevel', "use 'memLevel'"],
    ['zlibDeflateOptions', "use 'level' and 'memLevel'"],
    ['concurrencyLimit', 'compression does not wait: leave it out'],
    ['server_max_window_bits', "use 'serverMaxWindowBits'"],
  ]) {
    assert.throws(make({ deflate: { [name]: 1 } }), ({ message }) =>
      message.startsWith(`deflate has no option '${name}': ${advice}`),
    );
  }
});

test('a wrong value is told where it is written, whatever it is', () => {
  for (const [option, error] of /** @type {[any, string][]} */ ([
    [{ pingInterval: -1 }, 'RangeError'],
    [{ pingTimeout: 1.5 }, 'RangeError'],
    [{ idleTimeout: '5' }, 'TypeError'],
    [{ closeTimeout: 'a' }, 'TypeError'],
    [{ closeTimeout: 2 ** 31 }, 'RangeError'],
    [{ maxMessageSize: -1 }, 'RangeError'],
    [{ maxFragments: 0 }, 'RangeError'],
    [{ maxBufferedAmount: null }, 'TypeError'],
    [{ role: 'peer' }, 'RangeError'],
    [{ role: 5 }, 'TypeError'],
    [{ partial: 'yes' }, 'TypeError'],
    [{ protocols: 'chat' }, 'TypeError'],
    [{ extensions: 5 }, 'TypeError'],
    [{ head: 'text' }, 'TypeError'],
    [{ deflate: { serverMaxWindowBits: 99 } }, 'RangeError'],
  ])) {
    const [name] = Object.keys(option);
    const names = name === 'deflate' ? 'serverMaxWindowBits' : name;
    assert.throws(make(option), { name: error, message: new RegExp(`${names} is `) });
    assert.throws(() => {
      judged(option, CONNECTION, 'WebSocket');
      new Stream(picked(option, STREAM));
    });
  }
});

test('undefined is not given, and no options are none', () => {
  for (const options of [undefined, {}, { nothing: undefined, pingInterval: undefined }]) {
    make(/** @type {any} */ (options))().closeConnection();
    new Stream(/** @type {any} */ (options)).free();
  }
  assert.throws(make(null), TypeError);
  assert.throws(make(5), TypeError);
});

test('picked takes what a shape has, and nothing inherited by name', () => {
  const given = { partial: true, pingInterval: 5, toString: 1, head: undefined };
  assert.deepEqual(picked(given, STREAM), { partial: true });
  assert.deepEqual(picked(given, CONNECTION), { partial: true, pingInterval: 5 });
  assert.throws(() => judged({ constructor: 1 }, STREAM, 'Stream'), /no option 'constructor'/);
});
