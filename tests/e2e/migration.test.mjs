// The chat server with ws and the same moved by docs/migrating.md do the same.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import WS from 'ws';

/** @param {WS} ws @returns {() => Promise<any>} the next message, each time */
function reader(ws) {
  const messages = /** @type {AsyncIterator<any>} */ (on(ws));
  return async () => JSON.parse(`${(await messages.next()).value}`);
}

/** @param {WS} ws */
async function* on(ws) {
  /** @type {unknown[]} */
  const waiting = [];
  ws.on('message', (data) => waiting.push(data));
  for (;;) {
    while (waiting.length) yield waiting.shift();
    await once(ws, 'message');
  }
}

for (const name of ['before', 'after']) {
  test(`${name}.mjs: joining, talking, leaving, and what is refused`, async (t) => {
    const program = fileURLToPath(new URL(`migration/${name}.mjs`, import.meta.url));
    const child = spawn(process.execPath, [program], {
      env: { ...process.env, PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    t.after(() => child.kill('SIGKILL'));
    const [url] = await once(createInterface(child.stdout), 'line');
    /** @param {string} who */
    const join = async (who) => {
      const ws = new WS(`${url}?name=${who}`, ['other', 'chat.v1'], {
        perMessageDeflate: { threshold: 0 },
      });
      const next = reader(ws);
      const first = next();
      await once(ws, 'open');
      assert.equal(ws.protocol, 'chat.v1');
      assert.equal(ws.extensions, 'permessage-deflate');
      assert.deepEqual(await first, { type: 'join', name: who });
      return { ws, next };
    };
    const ann = await join('Ann');
    const bob = await join('Bob');
    assert.deepEqual(await ann.next(), { type: 'join', name: 'Bob' });

    bob.ws.send(JSON.stringify({ text: 'Grüße '.repeat(100) }));
    for (const { next } of [ann, bob]) {
      assert.deepEqual(await next(), { type: 'say', name: 'Bob', text: 'Grüße '.repeat(100) });
    }
    bob.ws.send('not JSON');
    assert.deepEqual(await bob.next(), { type: 'error', text: 'that is no JSON' });
    ann.ws.ping('x');
    assert.equal(`${(await once(ann.ws, 'pong'))[0]}`, 'x');

    bob.ws.send(Buffer.of(1));
    const [code, reason] = await once(bob.ws, 'close');
    assert.deepEqual([code, `${reason}`], [1003, 'text only']);
    assert.deepEqual(await ann.next(), {
      type: 'leave',
      name: 'Bob',
      code: 1003,
      reason: 'text only',
    });

    ann.ws.send('x'.repeat(64 * 1024 + 1));
    assert.equal((await once(ann.ws, 'close'))[0], 1009);

    const site = url.replace('ws:', 'http:');
    assert.equal(await (await fetch(site)).text(), 'a chat\n');
    for (const [wrong, status] of /** @type {const} */ ([
      ['/else?name=Ann', 404],
      ['/chat', 401],
    ])) {
      const refused = new WS(new URL(wrong, url));
      const [, response] = await once(refused, 'unexpected-response');
      assert.equal(response.statusCode, status);
      response.resume();
    }

    const cid = await join('Cid');
    child.kill('SIGTERM');
    const [last, why] = await once(cid.ws, 'close');
    assert.deepEqual([last, `${why}`], [1001, 'the server stops']);
    assert.equal((await once(child, 'close'))[0], 0);
  });
}
