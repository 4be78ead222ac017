// Attacks by the opening handshake, each known from another implementation. What index.test.mjs
// names elsewhere is not repeated here.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ClientHandshake, HandshakeError, ServerHandshake } from 'ws4wasm';
import { inChild } from '../support/child.mjs';

const request = [
  'GET / HTTP/1.1',
  'Host: example.com',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
];

/** @param {string[]} lines */
const head = (...lines) => Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');

/** The request with one more header. @param {string} line */
const with_ = (line) => head(...request, line);

/** @param {() => unknown} work @returns {any} */
function thrownBy(work) {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}

/** Names that objects have, and that nobody offered. */
const inherited = ['__proto__', 'constructor', 'hasOwnProperty', 'toString', 'valueOf'];

describe('CVE-2021-32640 (ws), CVE-2023-43669 (tungstenite): work on a head is linear', () => {
  test('a head that comes byte by byte is copied once', () => {
    const [once, twice] = inChild(async (gauge, lines) => {
      const counts = gauge.count();
      const { ServerHandshake } = await import('ws4wasm');
      return [4000, 8000].map((size) => {
        const handshake = new ServerHandshake();
        const bytes = Buffer.from(`${lines}\r\nX: ${'x'.repeat(size)}`);
        const { total, copied } = counts;
        for (let i = 0; i < bytes.length; i++) {
          if (handshake.receive(bytes.subarray(i, i + 1))) throw new Error('not yet');
        }
        handshake.free();
        const calls = counts.total - total;
        return { calls, copied: counts.copied - copied, bytes: bytes.length };
      });
    }, request.join('\r\n'));
    for (const { calls, copied, bytes } of [once, twice]) {
      // A call for the byte, and what the glue does for its memory.
      assert.ok(calls <= 4 * bytes + 16, `${calls} calls for ${bytes} bytes`);
      assert.ok(copied <= 4 * bytes, `${copied} bytes copied for ${bytes}`);
    }
  });

  // What regular expressions and naive loops go back and forth over.
  for (const [name, value] of Object.entries({
    spaces: ' '.repeat(15_000),
    tabs: `a${'\t'.repeat(15_000)}b`,
    commas: ','.repeat(15_000),
    'spaces and commas': ' , '.repeat(5000),
    semicolons: `a${';'.repeat(15_000)}`,
    'a quote that does not end': `a; b="${'\\"'.repeat(7000)}`,
    'one long token': 'a'.repeat(15_000),
    'many parameters': `a${'; b=1'.repeat(2500)}`,
  })) {
    test(`${name} in every header that is parsed`, () => {
      for (const field of [
        'Sec-WebSocket-Extensions',
        'Sec-WebSocket-Protocol',
        'Connection',
        'Upgrade',
      ]) {
        const bytes = with_(`${field}: ${value}`);
        const error = thrownBy(() => new ServerHandshake().receive(bytes));
        // Taken or refused, but decided; and the answer carries nothing of it.
        assert.ok(
          error === undefined || [400, 426].includes(error.status),
          `${field}: ${error}`,
        );
        assert.ok(!error || error.reply.length < 500);
      }
    });
  }

  test('more bytes and more headers than the limits are refused before they end', () => {
    const endless = Buffer.alloc(1 << 20, 'x');
    for (const bytes of [
      endless,
      Buffer.concat([Buffer.from('GET / HTTP/1.1\r\nX: '), endless]),
    ]) {
      const handshake = new ServerHandshake();
      const first = bytes.subarray(0, 16 * 1024);
      const error = thrownBy(() => {
        handshake.receive(first);
        handshake.receive(bytes.subarray(first.length, first.length + 1));
      });
      assert.ok(error instanceof HandshakeError);
      assert.ok([400, 431].includes(error.status));
    }
    const many = head(...request, ...Array.from({ length: 100 }, (_, i) => `X-${i}: y`));
    assert.equal(thrownBy(() => new ServerHandshake().receive(many)).status, 431);
  });
});

describe('CVE-2024-37890, GHSA-5v72 (ws): a header that is missing, or named like a prototype', () => {
  test('every header of a request may be absent', () => {
    for (const absent of request.slice(1)) {
      const bytes = head(...request.filter((line) => line !== absent));
      const error = thrownBy(() => new ServerHandshake().receive(bytes));
      assert.ok(error instanceof HandshakeError, absent);
      assert.ok(error.status === 400 || error.status === 426, `${absent}: ${error.status}`);
    }
    const error = thrownBy(() => new ServerHandshake().receive(head(request[0])));
    assert.equal(error.status, 400);
  });

  test('every header of an answer may be absent', () => {
    const client = new ClientHandshake('ws://a/');
    const { reply } = /** @type {any} */ (new ServerHandshake().receive(client.request));
    const lines = String(Buffer.from(reply)).trimEnd().split('\r\n');
    assert.equal(lines.length, 4);
    for (const absent of lines.slice(1)) {
      const bytes = head(...lines.filter((line) => line !== absent));
      const error = thrownBy(() => new ClientHandshake('ws://a/').receive(bytes));
      assert.ok(error instanceof HandshakeError, absent);
    }
  });

  test('names that every object has are nothing special, wherever a peer says them', () => {
    const extensions = inherited.map((name) => `${name}; ${name}=${name}`).join(', ');
    const bytes = head(
      ...request,
      ...inherited.map((name) => `${name}: mine`),
      `Sec-WebSocket-Protocol: ${inherited.join(', ')}`,
      `Sec-WebSocket-Extensions: ${extensions}`,
    );
    const outcome = /** @type {any} */ (
      new ServerHandshake({ protocols: ['chat'] }).receive(bytes)
    );
    assert.equal(outcome.protocol, undefined);
    assert.deepEqual(outcome.extensions, []);
    for (const name of inherited) assert.equal(outcome.request.headers.get(name), 'mine');
    assert.equal(outcome.request.headers.get('isPrototypeOf'), null);
    // And one that is offered and spoken is one like others.
    const spoken = /** @type {any} */ (
      new ServerHandshake({ protocols: ['__proto__'] }).receive(bytes)
    );
    assert.equal(spoken.protocol, '__proto__');
    // Even printed or copied, it reaches no prototype.
    assert.equal(Object.getPrototypeOf(outcome.request.toJSON()), Object.prototype);
    assert.equal(/** @type {any} */ ({}).mine, undefined);
  });
});

describe('CVE-2026-1527 (undici): no line break gets into what is sent', () => {
  const breaks = [
    '\r\nX-Evil: 1',
    '\nX-Evil: 1',
    '\rX-Evil: 1',
    '\0',
    '\r\n\r\nGET / HTTP/1.1',
  ];

  /**
   * Refused when it is written, or sent without a line of its own.
   * @param {(text: string) => Uint8Array} write
   * @param {number} lines how many there are in what is sent
   */
  function holds(write, lines) {
    let refused = 0;
    for (const text of breaks) {
      let bytes;
      try {
        bytes = write(`a${text}`);
      } catch (error) {
        assert.ok(error instanceof RangeError, `${error}`);
        refused++;
        continue;
      }
      const sent = Buffer.from(bytes).toString('latin1');
      assert.equal(sent.split(/\r\n|\r|\n/).length, lines, JSON.stringify(sent));
      assert.ok(!sent.includes('\0'));
    }
    return refused;
  }

  /** @param {any} [options] */
  const ask = (options, url = 'ws://a/') => new ClientHandshake(url, options).request;
  /** @param {any} options */
  const answer = (options) => {
    const offer = with_('Sec-WebSocket-Protocol: chat');
    return /** @type {any} */ (new ServerHandshake(options).receive(offer)).reply;
  };
  const lines = (/** @type {Uint8Array} */ bytes) =>
    String(Buffer.from(bytes)).split('\r\n').length;

  test('in a request', () => {
    const plain = lines(ask());
    const all = breaks.length;
    assert.equal(
      holds((text) => ask({ headers: { 'X-A': text } }), plain + 1),
      all,
    );
    assert.equal(
      holds((text) => ask({ headers: { [text]: 'a' } }), plain + 1),
      all,
    );
    assert.equal(
      holds((text) => ask({ protocols: [text] }), plain + 1),
      all,
    );
    // URLs are made harmless by the platform before they come here.
    holds((text) => ask({}, `ws://a/${text}`), plain);
    holds((text) => ask({}, `ws://a/?${text}`), plain);
    holds((text) => ask({}, `ws://${text}/`), plain);
    holds((text) => ask({}, `ws://${encodeURIComponent(text)}:b@a/`), plain + 1);
  });

  test('in an answer', () => {
    const plain = lines(answer({}));
    const all = breaks.length;
    assert.equal(
      holds((text) => answer({ headers: { 'X-A': text } }), plain + 1),
      all,
    );
    assert.equal(
      holds((text) => answer({ headers: { [text]: 'a' } }), plain + 1),
      all,
    );
    assert.equal(
      holds((text) => answer({ selectProtocol: () => text }), plain + 1),
      all,
    );
    const refuse = (/** @type {any} */ headers) => ServerHandshake.reject(403, { headers });
    assert.equal(
      holds((text) => refuse({ 'X-A': text }), 0),
      all,
    );
    assert.equal(
      holds((text) => refuse({ [text]: 'a' }), 0),
      all,
    );
  });
});
