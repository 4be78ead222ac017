// How the page replays: the channel of `inspect` and `serve`, and where it may lead.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import WS from 'ws';
import { Inspection } from 'ws4wasm/inspect';
import { Destinations } from '../../js/cli/replay/destinations.js';
import { until } from '../support/connections.mjs';
import { echo, serveWs } from '../support/ws.mjs';
import { capture } from './captures.mjs';
import { ask, inspect, serve, UPGRADE } from './support.mjs';

/** @typedef {import('node:test').TestContext} TestContext */

/**
 * The channel, as the page has it.
 * @param {TestContext} t
 * @param {{ port: number, token: string }} at
 */
async function channel(t, { port, token }) {
  const ws = new WS(`ws://127.0.0.1:${port}/replay`, {
    headers: { authorization: `Bearer ${token}` },
  });
  t.after(() => ws.terminate());
  /** @type {any[]} */
  const events = [];
  /** @type {Buffer[]} */
  const recorded = [];
  ws.on('message', (data, binary) => {
    if (binary) recorded.push(/** @type {Buffer} */ (data));
    else events.push(JSON.parse(`${data}`));
  });
  await once(ws, 'open');
  await until(() => events.length > 0);
  return {
    ws,
    events,
    recorded,
    /**
     * @param {Buffer | undefined} bytes
     * @param {object | string} options
     * @returns {Promise<any>} what it ends with
     */
    replay: async (bytes, options) => {
      const before = events.length;
      if (bytes) ws.send(bytes);
      ws.send(typeof options === 'string' ? options : JSON.stringify(options));
      const end = () =>
        events.slice(before).find(({ event }) => event === 'result' || event === 'failed');
      await until(() => end() !== undefined);
      return end();
    },
  };
}

const file = () => readFileSync(capture([['> one', '< one', '> {"user":"ada"}', '< other']]));

/** @param {TestContext} t */
const echoing = async (t) => `ws://${await serveWs(t, echo)}`;

describe('a replay from the page', () => {
  test('of inspect: to its target, with progress, the differences, and what passed', async (t) => {
    const target = await echoing(t);
    const proxy = await inspect(t, target);
    const { events, recorded, replay } = await channel(t, { ...proxy, port: proxy.pagePort });
    assert.deepEqual(events[0], {
      event: 'ready',
      targets: [target, proxy.address.replace(/\/$/, '')],
    });
    const end = await replay(file(), {
      to: target,
      speed: 'max',
      set: ['user=bob'],
      was: ['user=ada'],
    });
    assert.equal(end.event, 'result', JSON.stringify(end));
    assert.equal(end.why, '1 difference.');
    assert.deepEqual(end.result.sent, 2);
    assert.deepEqual(
      end.differences.map((/** @type {any} */ { kind }) => kind),
      ['changed'],
    );
    const opened = events.find(({ event }) => event === 'opened');
    assert.deepEqual([opened.url, opened.steps], [`${target}/room?x=…`, 2]);
    assert.ok(events.some(({ event, sent }) => event === 'progress' && sent === 1));
    await until(() => recorded.length === 1);
    const inspection = new Inspection();
    inspection.push(recorded[0]);
    inspection.finish();
    const [connection] = inspection.connections();
    assert.equal(connection.url, `${target}/room?x=1`);
    const texts = inspection
      .view({ filter: 'op:text' })
      .rows(0, 10)
      .map(({ direction, preview }) => `${direction} ${preview}`);
    assert.deepEqual(texts.sort(), [
      'c2s one',
      'c2s {"user":"bob"}',
      's2c one',
      's2c {"user":"bob"}',
    ]);
    assert.equal(inspection.violations().length, 0);

    const again = await replay(undefined, { to: target, speed: 'max', expect: 'count' });
    assert.equal(again.why, undefined, 'the capture is still there');
    const wrong = await replay(undefined, { to: target, speed: 'fast' });
    assert.match(wrong.error, /^--speed is "fast"; it must be a number/);
  });

  test('of serve: to itself', async (t) => {
    const server = await serve(t);
    const { events, replay } = await channel(t, server);
    assert.deepEqual(events[0].targets, [`ws://${server.host}`]);
    const bytes = readFileSync(capture([['> one', '< one']]));
    const end = await replay(bytes, { to: `ws://${server.host}`, speed: 'max' });
    assert.deepEqual([end.event, end.why, end.result?.same], ['result', undefined, 1]);
  });

  test('elsewhere only where that was allowed', async (t) => {
    const other = await echoing(t);
    const proxy = await inspect(t, await echoing(t));
    const closed = await channel(t, { ...proxy, port: proxy.pagePort });
    const refused = await closed.replay(file(), { to: other });
    assert.match(
      refused.error,
      /goes to ws:.* and nowhere else\. Start it with --replay-to ws:/,
    );
    for (const allowed of [other, '*']) {
      const open = await inspect(t, await echoing(t), '--replay-to', allowed);
      const { replay } = await channel(t, { ...open, port: open.pagePort });
      const end = await replay(file(), { to: other, speed: 'max', expect: 'any' });
      assert.equal(end.event, 'result', JSON.stringify(end));
    }
  });

  test('only who has the token may, and pages of others may not', async (t) => {
    for (const { port, host, token } of [
      await inspect(t, 'ws://127.0.0.1:1').then((p) => ({
        ...p,
        port: p.pagePort,
        host: p.pageHost,
      })),
      await serve(t),
    ]) {
      const status = async (/** @type {Record<string, string>} */ fields) =>
        (await ask(port, '/replay', { Host: host, ...UPGRADE, ...fields })).status;
      assert.equal(await status({}), 403);
      assert.equal(await status({ Authorization: 'Bearer x' }), 403);
      const bearer = { Authorization: `Bearer ${token}` };
      assert.equal(await status({ ...bearer, Origin: 'http://evil.example' }), 403);
      assert.equal(await status({ ...bearer, Host: 'evil.example' }), 403);
      assert.equal(await status(bearer), 101);
    }
  });

  test('what is wrong is said, and files of this machine are out of reach', async (t) => {
    const server = await serve(t);
    const { replay } = await channel(t, server);
    const to = `ws://${server.host}`;
    for (const [bytes, options, said] of /** @type {const} */ ([
      [undefined, { to }, /^The capture comes first/],
      [Buffer.from('nothing'), { to }, /^There is nothing in it to send/],
      [file(), '[]', /one JSON object/],
      [file(), { to, ca: '/etc/passwd' }, /^A replay has no option "ca"; it has to, /],
      [file(), { to, keylog: 'x' }, /no option "keylog"/],
      [file(), { to, insecure: true }, /no option "insecure"/],
      [file(), { to, set: 'a=b' }, /^set is "a=b", of the wrong type/],
      [file(), {}, /^Where to send it\?/],
      [file(), { to: 'http://x' }, /^--to is "http:\/\/x"; write it like/],
      [file(), { to, filter: 'nonsense:' }, /nonsense/],
      [file(), { to, was: ['user=ada'] }, /^--was user=… has no value/],
      [readFileSync(capture([['> a'], ['> b']])), { to }, /has 2 WebSockets\. Which one\?/],
    ])) {
      const end = await replay(bytes, options);
      assert.equal(end.event, 'failed', JSON.stringify(end));
      assert.match(end.error, said);
    }
  });

  test('the end of the channel is the end of the replay', async (t) => {
    /** @type {string[]} */
    const heard = [];
    let over = false;
    const at = await serveWs(t, (ws) => {
      ws.on('message', (data) => heard.push(`${data}`));
      ws.on('close', () => {
        over = true;
      });
    });
    const proxy = await inspect(t, `ws://${at}`);
    const { ws, events } = await channel(t, { ...proxy, port: proxy.pagePort });
    ws.send(readFileSync(capture([['> one', { pause: 3_600_000 }, '> two']])));
    ws.send(JSON.stringify({ to: `ws://${at}` }));
    await until(() => heard.length === 1);
    ws.send(JSON.stringify({ to: `ws://${at}` }));
    await until(() => events.some(({ error }) => error === 'A replay is under way.'));
    ws.terminate();
    await until(() => over);
    assert.deepEqual(heard, ['one']);
    assert.ok(proxy.alive());
  });

  test('an address of --replay-to', () => {
    assert.deepEqual(new Destinations(['ws://a:80/x'], ['b:9000', 'wss://c:443']).list, [
      'ws://a',
      'ws://b:9000',
      'wss://c',
    ]);
    for (const wrong of ['http://a', 'ws://user:secret@a', '']) {
      assert.throws(() => new Destinations([], [wrong]), /^Error: --replay-to is (?!.*secret)/);
    }
  });
});
