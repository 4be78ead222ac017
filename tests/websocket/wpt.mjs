// The tests of the Web Platform Tests for WebSocket that need no page, written anew by their names
// (websockets/ of web-platform-tests), for any implementation. Left out are those of documents,
// workers and frames, of mixed content and blocked ports, and of WebSocketStream.
import assert from 'node:assert/strict';
import { once } from 'node:events';

/**
 * @typedef {object} Setting
 * @property {any} WebSocket
 * @property {string} url of a server that sends back what it gets, a close with its code too; below
 *   it, `/protocol` takes the first subprotocol, `/closes` closes with 3001 'bye' at once, `/empty`
 *   without a code, `/drops` drops, `/authorization` and `/origin` send that header, `/refuses`
 *   answers 404, `/never` does not answer, `/masked` breaks a rule, `/ordered` sends a message and
 *   closes at once
 */

/**
 * The next event of a type; a close in its place is a failure.
 * @param {any} ws
 * @param {string} type
 * @returns {Promise<any>}
 */
export async function next(ws, type) {
  const ended = new AbortController();
  const { signal } = ended;
  try {
    const [event] = await Promise.race([
      once(ws, type, { signal }),
      ...(type === 'close' ? [] : [once(ws, 'close', { signal })]),
    ]);
    assert.equal(event.type, type);
    return event;
  } finally {
    ended.abort();
  }
}

/**
 * The data of the next messages; several may come at once.
 * @param {any} ws
 * @param {number} count
 * @returns {Promise<any[]>}
 */
function messages(ws, count) {
  return new Promise((resolve, reject) => {
    /** @type {any[]} */
    const data = [];
    ws.addEventListener('close', () =>
      reject(new Error(`${data.length} of ${count} messages`)),
    );
    ws.addEventListener('message', (/** @type {any} */ event) => {
      data.push(event.data);
      if (data.length === count) resolve(data);
    });
  });
}

/** @param {any} ws @param {number} [code] @param {string} [reason] */
async function closed(ws, code, reason) {
  ws.close(code, reason);
  return next(ws, 'close');
}

/** @param {string} name @param {() => unknown} work */
const throwsDom = (name, work) =>
  assert.throws(work, (/** @type {any} */ error) => {
    assert.ok(error instanceof DOMException, String(error));
    assert.equal(error.name, name);
    return true;
  });

/** A view's bytes. @param {ArrayBuffer} buffer */
const octets = (buffer) => Array.from(new Uint8Array(buffer));

/**
 * @param {(ws: any, setting: Setting) => unknown} work with a connection that is open, and is closed
 *   afterwards
 * @returns {(setting: Setting) => Promise<void>}
 */
const open = (work) => async (setting) => {
  const ws = new setting.WebSocket(setting.url);
  await next(ws, 'open');
  await work(ws, setting);
  if (ws.readyState === 3) return;
  ws.close();
  await next(ws, 'close');
};

/**
 * @param {() => any} make
 * @param {(answer: any) => unknown} look
 * @param {'blob' | 'arraybuffer'} [type]
 */
const echoes = (make, look, type = 'arraybuffer') =>
  open(async (ws) => {
    ws.binaryType = type;
    const data = make();
    ws.send(data);
    const { data: answer } = await next(ws, 'message');
    await look(answer);
  });

/** @param {any} data */
const text = (data) =>
  echoes(
    () => data,
    (answer) => assert.equal(answer, String(data).toWellFormed()),
  );

/** @param {() => ArrayBufferView} make */
const view = (make) => {
  const made = make();
  const { buffer, byteOffset, byteLength } = made;
  return echoes(
    () => made,
    (answer) => {
      assert.ok(answer instanceof ArrayBuffer);
      assert.deepEqual(
        octets(answer),
        Array.from(new Uint8Array(buffer, byteOffset, byteLength)),
      );
    },
  );
};

/** @param {any} url */
const refusesUrl =
  (url) =>
  /** @param {Setting} setting */
  ({ WebSocket }) =>
    throwsDom('SyntaxError', () => new WebSocket(url));

/** @param {any} protocols */
const refusesProtocols =
  (protocols) =>
  /** @param {Setting} setting */
  ({ WebSocket, url }) =>
    throwsDom('SyntaxError', () => new WebSocket(url, protocols));

/** @param {any} code @param {string} [reason] */
const refusesClose = (code, reason) =>
  open((ws) => throwsDom('InvalidAccessError', () => ws.close(code, reason)));

/** @param {number | undefined} code @param {string | undefined} reason @param {number} seen */
const closes = (code, reason, seen) =>
  open(async (ws) => {
    const event = await closed(ws, code, reason);
    assert.equal(event.code, seen);
    assert.equal(event.reason, reason ?? '');
    assert.equal(event.wasClean, true);
    assert.equal(ws.readyState, 3);
  });

/** @param {string} path @param {any} [protocols] */
const at =
  (path, protocols) =>
  (/** @type {Setting} */ { WebSocket, url }) =>
    new WebSocket(`${url}${path}`, protocols);

/** @type {Record<string, (setting: Setting) => unknown>} */
export const wpt = {
  // Creating
  'Create-asciiSep-protocol-string': async (setting) => {
    for (const separator of '()<>@,;:\\"/[]?={} \t') {
      refusesProtocols(`a${separator}b`)(setting);
    }
  },
  'Create-nonAscii-protocol-string': refusesProtocols('ä'),
  'Create-protocol-with-space': refusesProtocols('ec ho'),
  'Create-protocols-repeated': refusesProtocols(['echo', 'echo']),
  'Create-protocols-repeated-case-insensitive': refusesProtocols(['echo', 'eCho']),
  'Create-valid-url-protocol-empty': refusesProtocols(''),
  'Create-extensions-empty': open((ws) => assert.equal(typeof ws.extensions, 'string')),
  'Create-http-urls': ({ WebSocket, url }) => {
    const ws = new WebSocket(url.replace('ws:', 'http:'));
    assert.equal(ws.url, `${url}/`);
    ws.close();
  },
  'Create-invalid-urls': async (setting) => {
    for (const url of ['ws://foo bar.com/', '/test', 'ws://', 'mailto:example@example.org']) {
      refusesUrl(url)(setting);
    }
  },
  'Create-wrong-scheme': refusesUrl('ftp://localhost'),
  'Create-url-with-fragment': ({ WebSocket, url }) => {
    throwsDom('SyntaxError', () => new WebSocket(`${url}/#test`));
    throwsDom('SyntaxError', () => new WebSocket(`${url}/#`));
  },
  'Create-url-with-space': refusesUrl('ws://local host/'),
  'Create-valid-url': open((ws) => assert.equal(ws.readyState, 1)),
  'Create-valid-url-array-protocols': async (setting) => {
    const ws = at('/protocol', ['echo', 'chat'])(setting);
    await next(ws, 'open');
    assert.equal(ws.protocol, 'echo');
    await closed(ws);
  },
  'Create-valid-url-protocol-string': async (setting) => {
    const ws = at('/protocol', 'echo')(setting);
    await next(ws, 'open');
    assert.equal(ws.protocol, 'echo');
    await closed(ws);
  },
  'Create-valid-url-protocol-setCorrectly': open((ws) => assert.equal(ws.protocol, '')),
  'Create-valid-url-binaryType-blob': open((ws) => assert.equal(ws.binaryType, 'blob')),
  'Create-null-protocol': async (setting) => {
    const ws = at('/protocol', null)(setting);
    await next(ws, 'open');
    assert.equal(ws.protocol, 'null');
    await closed(ws);
  },
  'Create-undefined-protocol': async (setting) => {
    const ws = at('/', undefined)(setting);
    await next(ws, 'open');
    await closed(ws);
  },
  'basic-auth': async (setting) => {
    const { WebSocket, url } = setting;
    const ws = new WebSocket(`${url.replace('ws://', 'ws://foo:bar@')}/authorization`);
    const { data } = await next(ws, 'message');
    assert.equal(data, `Basic ${btoa('foo:bar')}`);
    await closed(ws);
  },

  // The constructor and the interface
  constructor: (/** @type {Setting} */ { WebSocket }) => {
    assert.throws(() => new WebSocket(), TypeError);
    assert.throws(() => WebSocket('ws://localhost'), TypeError);
    assert.equal(WebSocket.length, 1);
    assert.equal(WebSocket.name, 'WebSocket');
  },
  'interfaces/WebSocket/constants': ({ WebSocket }) => {
    for (const [value, name] of ['CONNECTING', 'OPEN', 'CLOSING', 'CLOSED'].entries()) {
      for (const on of [WebSocket, WebSocket.prototype]) {
        assert.deepEqual(Object.getOwnPropertyDescriptor(on, name), {
          value,
          writable: false,
          enumerable: true,
          configurable: false,
        });
      }
    }
  },
  idlharness: ({ WebSocket, url }) => {
    assert.ok(WebSocket.prototype instanceof EventTarget);
    const ws = new WebSocket(url);
    assert.equal(Object.prototype.toString.call(ws), '[object WebSocket]');
    const members = new Set();
    for (const name in ws) members.add(name);
    const attributes = ['url', 'readyState', 'bufferedAmount', 'extensions', 'protocol'];
    const handlers = ['onopen', 'onerror', 'onclose', 'onmessage'];
    for (const name of [...attributes, ...handlers, 'binaryType', 'send', 'close']) {
      assert.ok(members.has(name), name);
    }
    for (const name of attributes) {
      assert.equal(Object.getOwnPropertyDescriptor(WebSocket.prototype, name)?.set, undefined);
      assert.throws(() => WebSocket.prototype[name], TypeError);
    }
    assert.throws(() => ws.send(), TypeError);
    ws.close();
  },
  'interfaces/WebSocket/url/001': ({ WebSocket, url }) => {
    const ws = new WebSocket(`${url.toUpperCase().replace('WS:', 'ws:')}/a b?c`);
    assert.equal(ws.url, `${url}/a%20b?c`);
    ws.close();
  },
  'interfaces/WebSocket/url/resolve': ({ WebSocket, url }) => {
    const ws = new WebSocket(new URL(`${url}/x/../y`));
    assert.equal(ws.url, `${url}/y`);
    ws.close();
  },
  'interfaces/WebSocket/readyState/001': ({ WebSocket, url }) => {
    const ws = new WebSocket(url);
    assert.equal(ws.readyState, 0);
    ws.close();
    assert.equal(ws.readyState, 2);
  },
  'interfaces/WebSocket/readyState/003': open(async (ws) => {
    const event = next(ws, 'close');
    ws.close();
    assert.equal(ws.readyState, 2);
    await event;
    assert.equal(ws.readyState, 3);
  }),
  eventhandlers: ({ WebSocket, url }) => {
    const ws = new WebSocket(url);
    for (const name of ['onopen', 'onerror', 'onclose', 'onmessage']) {
      assert.equal(ws[name], null);
      const handler = () => {};
      ws[name] = handler;
      assert.equal(ws[name], handler);
      for (const nothing of [undefined, null, 1, 'a']) {
        ws[name] = handler;
        ws[name] = nothing;
        assert.equal(ws[name], null);
      }
    }
    ws.close();
  },
  'interfaces/WebSocket/events/001': open(async (ws) => {
    /** @type {any[]} */
    const called = [];
    ws.onmessage = function (/** @type {any} */ event) {
      called.push(this === ws, event.target === ws, event.data);
    };
    ws.send('a');
    await next(ws, 'message');
    assert.deepEqual(called, [true, true, 'a']);
  }),
  'interfaces/WebSocket/events/019': open(async (ws, { url }) => {
    ws.send('a');
    const event = await next(ws, 'message');
    assert.ok(event instanceof Event);
    assert.equal(event.constructor.name, 'MessageEvent');
    assert.equal(/** @type {any} */ (event).origin, new URL(url).origin);
    assert.equal(event.bubbles, false);
    assert.equal(event.cancelable, false);
  }),

  // Sending
  'Send-before-open': ({ WebSocket, url }) => {
    const ws = new WebSocket(url);
    throwsDom('InvalidStateError', () => ws.send('a'));
    throwsDom('InvalidStateError', () => ws.send(new Uint8Array(1)));
    ws.close();
  },
  'Send-0byte-data': text(''),
  'Send-data': text('Message to send'),
  'Send-65K-data': text('c'.repeat(65_000)),
  'Send-null': text(null),
  'Send-number': text(1.5),
  'Send-object': text({}),
  'Send-paired-surrogates': text('\ud801\udc07'),
  'Send-unicode-data': text('¥¥¥¥¥¥'),
  'Send-unpaired-surrogates': text('\ud807'),
  'Send-binary-arraybuffer': echoes(
    () => Uint8Array.of(1, 2, 3).buffer,
    (answer) => assert.deepEqual(octets(answer), [1, 2, 3]),
  ),
  'Send-binary-65K-arraybuffer': echoes(
    () => new Uint8Array(65_000).fill(7).buffer,
    (answer) => assert.deepEqual(octets(answer), Array(65_000).fill(7)),
  ),
  'Send-binary-arraybufferview-float32': view(() => Float32Array.of(0.5, -2, 1e10)),
  'Send-binary-arraybufferview-float64': view(() => Float64Array.of(0.5, -2, 1e100)),
  'Send-binary-arraybufferview-int16-offset': view(
    () => new Int16Array(Uint8Array.of(0, 1, 2, 3, 4, 5).buffer, 2),
  ),
  'Send-binary-arraybufferview-int32': view(() => Int32Array.of(-1, 70_000)),
  'Send-binary-arraybufferview-int8': view(() => Int8Array.of(-1, 7)),
  'Send-binary-arraybufferview-uint16-offset-length': view(
    () => new Uint16Array(Uint8Array.of(0, 1, 2, 3, 4, 5).buffer, 2, 1),
  ),
  'Send-binary-arraybufferview-uint32-offset': view(
    () => new Uint32Array(Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7).buffer, 4),
  ),
  'Send-binary-arraybufferview-uint8-offset': view(
    () => new Uint8Array(Uint8Array.of(0, 1, 2).buffer, 1),
  ),
  'Send-binary-arraybufferview-uint8-offset-length': view(
    () => new Uint8Array(Uint8Array.of(0, 1, 2, 3).buffer, 1, 2),
  ),
  'Send-binary-blob': echoes(
    () => new Blob(['blob ', Uint8Array.of(49)]),
    async (answer) => {
      assert.ok(answer instanceof Blob);
      assert.equal(await answer.text(), 'blob 1');
    },
    'blob',
  ),
  'Send-several-in-order': open(async (ws) => {
    ws.binaryType = 'arraybuffer';
    ws.send(new Blob(['1']));
    ws.send('2');
    ws.send(Uint8Array.of(51));
    const heard = await messages(ws, 3);
    const texts = heard.map((data) =>
      typeof data === 'string' ? data : Buffer.from(data).toString(),
    );
    assert.deepEqual(texts, ['1', '2', '3']);
  }),
  'interfaces/WebSocket/send/buffer-changed-after': open(async (ws) => {
    ws.binaryType = 'arraybuffer';
    const bytes = new Uint8Array(5000).fill(1);
    ws.send(bytes);
    bytes.fill(2);
    const { data } = await next(ws, 'message');
    assert.deepEqual(octets(data), Array(5000).fill(1));
  }),
  'interfaces/WebSocket/send/after-close': open(async (ws) => {
    ws.close();
    ws.send('äb');
    assert.equal(ws.bufferedAmount, 3);
    await next(ws, 'close');
    ws.send(new ArrayBuffer(4));
    assert.equal(ws.bufferedAmount, 7);
  }),
  'extended-payload-length': open(async (ws) => {
    for (const length of [125, 126, 127, 65_535, 65_536]) {
      ws.send('a'.repeat(length));
      const { data } = await next(ws, 'message');
      assert.equal(data.length, length);
    }
  }),
  'binaryType-wrong-value': open((ws) => {
    for (const type of ['', true, 'BLOB', 'nodebuffer', undefined]) {
      ws.binaryType = type;
      assert.equal(ws.binaryType, 'blob');
    }
    ws.binaryType = 'arraybuffer';
    assert.equal(ws.binaryType, 'arraybuffer');
  }),
  'interfaces/WebSocket/bufferedAmount/bufferedAmount-getting': open(async (ws) => {
    assert.equal(ws.bufferedAmount, 0);
    ws.send('aä');
    assert.equal(ws.bufferedAmount, 3);
    ws.send(new ArrayBuffer(10));
    ws.send(new Blob(['blob']));
    assert.equal(ws.bufferedAmount, 17);
    await messages(ws, 3);
    assert.equal(ws.bufferedAmount, 0);
  }),

  // Closing
  'Close-0': refusesClose(0),
  'Close-2999-reason': refusesClose(2999, 'reason'),
  'close-invalid': async (setting) => {
    for (const code of [500, 1001, 1005, 1015, 5000, NaN, null, 'a', -1, 65_536 + 1000]) {
      await refusesClose(code)(setting);
    }
  },
  'Close-onlyReason': refusesClose('Close with only reason'),
  'Close-1000': closes(1000, undefined, 1000),
  'Close-1000-reason': closes(1000, 'Clean Close', 1000),
  'Close-1000-clamped': open(async (ws) => {
    const { code } = await closed(ws, 3000.5);
    assert.equal(code, 3000);
  }),
  'Close-3000-reason': closes(3000, 'Clean Close with code - 3000', 3000),
  'Close-4999-reason': closes(4999, 'Clean Close with code - 4999', 4999),
  'Close-Reason-123Bytes': closes(1000, 'ä'.repeat(61), 1000),
  'Close-Reason-124Bytes': open((ws) =>
    throwsDom('SyntaxError', () => ws.close(1000, 'ä'.repeat(62))),
  ),
  'Close-reason-unpaired-surrogates': open(async (ws) => {
    const { reason } = await closed(ws, 1000, '\ud807');
    assert.equal(reason, '\ufffd');
  }),
  'Close-undefined': closes(undefined, undefined, 1005),
  'Close-readyState-Closing': open((ws) => {
    ws.close();
    assert.equal(ws.readyState, 2);
  }),
  'Close-readyState-Closed': open(async (ws) => {
    await closed(ws);
    ws.close();
    assert.equal(ws.readyState, 3);
  }),
  'Close-server-initiated-close': async (setting) => {
    const ws = at('/closes')(setting);
    const { code, reason, wasClean } = await next(ws, 'close');
    assert.deepEqual([code, reason, wasClean], [3001, 'bye', true]);
    assert.equal(ws.readyState, 3);
  },
  'Close-1005-verify-code': async (setting) => {
    const { code, wasClean } = await next(at('/empty')(setting), 'close');
    assert.deepEqual([code, wasClean], [1005, true]);
  },
  'interfaces/WebSocket/close/close-connecting': async ({ WebSocket, url }) => {
    const ws = new WebSocket(`${url}/never`);
    /** @type {string[]} */
    const seen = [];
    for (const type of ['open', 'error', 'close']) {
      ws.addEventListener(type, () => seen.push(`${type} ${ws.readyState}`));
    }
    ws.close();
    assert.equal(ws.readyState, 2);
    const { code, wasClean } = await next(ws, 'close');
    assert.deepEqual(seen, ['error 3', 'close 3']);
    assert.deepEqual([code, wasClean], [1006, false]);
  },
  'interfaces/WebSocket/close/close-nested': open(async (ws) => {
    let count = 0;
    ws.onclose = () => {
      count++;
      ws.close();
    };
    await closed(ws);
    assert.equal(count, 1);
  }),
  'closing-handshake/003': open(async (ws) => {
    // What was sent before arrives before the close.
    ws.send('a');
    const event = next(ws, 'close');
    ws.close(1000);
    assert.equal((await event).wasClean, true);
  }),
  'interfaces/CloseEvent/clean-close': open(async (ws) => {
    const event = await closed(ws, 1000, 'r');
    assert.equal(event.constructor.name, 'CloseEvent');
    assert.equal(event.target, ws);
  }),
  'interfaces/WebSocket/messages-before-close': async (setting) => {
    const ws = at('/ordered')(setting);
    /** @type {string[]} */
    const seen = [];
    for (const type of ['open', 'message', 'error', 'close']) {
      ws.addEventListener(type, () => seen.push(type));
    }
    await once(ws, 'close');
    assert.deepEqual(seen, ['open', 'message', 'close']);
  },

  // Failing
  'opening-handshake/002': async (setting) => {
    const ws = at('/refuses')(setting);
    /** @type {string[]} */
    const seen = [];
    for (const type of ['open', 'error', 'close']) {
      ws.addEventListener(type, () => seen.push(`${type} ${ws.readyState}`));
    }
    const { code, reason, wasClean } = await next(ws, 'close');
    assert.deepEqual(seen, ['error 3', 'close 3']);
    assert.deepEqual([code, reason, wasClean], [1006, '', false]);
  },
  'Close-dropped': async (setting) => {
    const { code, reason, wasClean } = await next(at('/drops')(setting), 'close');
    assert.deepEqual([code, reason, wasClean], [1006, '', false]);
  },
  'frame-masked-by-server': async (setting) => {
    const ws = at('/masked')(setting);
    let errors = 0;
    ws.onerror = () => {
      errors++;
    };
    await next(ws, 'open');
    const { wasClean } = await next(ws, 'close');
    assert.equal(errors, 1);
    assert.equal(wasClean, false);
  },
};
