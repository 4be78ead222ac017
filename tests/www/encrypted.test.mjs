// On the page: key logs and what they open, holes, and what a connection is taken for.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { inflateRawSync } from 'node:zlib';
import { Inspection, Recorder, withKeys } from 'ws4wasm/inspect';
import { root } from '../../scripts/lib.mjs';
import { startServer } from '../e2e/server.mjs';
import { frame } from '../inspect/support.mjs';
import { NAMES, openPage } from './pages.mjs';

/** @type {import('../e2e/server.mjs').Server} */
let server;
/** TLS 1.3 with its keys inside, the same without, and the key log alone. */
let [inside, without, keyLog] = [Buffer.alloc(0), Buffer.alloc(0), Buffer.alloc(0)];
before(async () => {
  server = await startServer();
  const folder = mkdtempSync(join(tmpdir(), 'encrypted-'));
  const path = join(folder, 'tls.pcapng');
  const generator = join(root, 'tests/inspect/generate.mjs');
  spawnSync(process.execPath, [generator, 'tls', path, '100000']);
  inside = readFileSync(path);
  rmSync(folder, { recursive: true });
  // A section, an interface, the keys.
  const at = 28 + 20;
  without = Buffer.concat([
    inside.subarray(0, at),
    inside.subarray(at + inside.readUInt32LE(at + 4)),
  ]);
  const inspection = new Inspection();
  inspection.push(inside);
  inspection.finish();
  keyLog = Buffer.from(inspection.export('keylog'));
  inspection.free();
});
after(() => server.kill());

const FRAMES = `Number(/([\\d,]+) frames? ·/.exec(document.querySelector('.status').innerText)?.[1].replace(',', ''))`;

for (const name of NAMES) {
  test(`${name}: a key log after the capture opens it, and the next one at once`, async (t) => {
    const page = await openPage(t, name, `${server.url}#view=frames`);
    if (!page) return;
    await page.drop('tls.pcapng', without);
    await page.until(`${FRAMES} === 0`);
    await page.press('3');
    await page.until(
      `/its keys are not known/.test(document.querySelector('.facts').innerText)`,
    );
    assert.match(await page.text('.facts'), /SSLKEYLOGFILE.*chrome:\/\/net-export/s);

    await page.drop('keys.log', keyLog);
    await page.until(`${FRAMES} > 10`);
    const frames = await page.evaluate(FRAMES);
    assert.match(await page.text('.status'), /tls\.pcapng.*1 key log/s);
    await page.until(`/, decrypted/.test(document.querySelector('.facts').innerText)`);
    assert.match(await page.text('.facts'), /Certain: its opening handshake was seen/);

    await page.drop('again.pcapng', without);
    await page.until(
      `/again/.test(document.querySelector('.status').innerText) && ${FRAMES} === ${frames}`,
    );
    await page.evaluate(
      `Array.from(document.querySelectorAll('nav .menu button')).find((button) => /^Export/.test(button.innerText)).click()`,
    );
    await page.until(
      `/Encrypted, with keys/.test(document.querySelector('.menu-list').innerText)`,
    );
    assert.deepEqual(await page.axe(), []);
  });

  test(`${name}: a link holds no keys`, async (t) => {
    const page = await openPage(t, name, `${server.url}#view=frames`);
    if (!page) return;
    // Small enough for a link.
    const recorder = new Recorder();
    const ends = { client: { address: '::1', port: 1 }, server: { address: '::1', port: 80 } };
    const opened = recorder.openConnection({ ...ends, time: 1e12 });
    const hello = recorder.data(
      opened.connection,
      'c2s',
      frame(0x81, 'hi', [1, 2, 3, 4]),
      1e12,
    );
    const capture = Buffer.concat([recorder.head(), opened.bytes, hello]);
    const file = withKeys(capture, keyLog.subarray(0, keyLog.indexOf('\n')));
    recorder.free();
    await page.drop('small.pcapng', file);
    await page.until(`/name=small/.test(location.hash)`);
    const fields = new URLSearchParams((await page.evaluate('location.hash')).slice(1));
    const bytes = inflateRawSync(Buffer.from(fields.get('data') ?? '', 'base64url'));
    assert.ok(bytes.length > 0);
    assert.ok(!bytes.includes('TRAFFIC_SECRET') && !bytes.includes('KSLT'));
  });

  test(`${name}: a hole is a row that says what it is, and stays when one connection is chosen`, async (t) => {
    const page = await openPage(t, name, `${server.url}#view=frames`);
    if (!page) return;
    const inspected = new Recorder();
    const ends = { client: { address: '::1', port: 1 }, server: { address: '::1', port: 80 } };
    const { connection, bytes } = inspected.openConnection({ ...ends, time: 1e12 });
    const request =
      'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
    const answer = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n';
    const say = (/** @type {'c2s' | 's2c'} */ way, /** @type {string | Uint8Array} */ what) =>
      inspected.data(connection, way, Buffer.from(what), 1e12);
    const big = frame(0x82, new Uint8Array(2000));
    await page.drop(
      'holes.pcapng',
      Buffer.concat([
        inspected.head(),
        bytes,
        say('c2s', request),
        say('s2c', answer),
        say('s2c', big.subarray(0, 1000)),
        inspected.gap(connection, 's2c', 500, 1e12),
        say('s2c', big.subarray(1500)),
        say('s2c', frame(0x81, 'behind it')),
      ]),
    );
    await page.read();
    await page.click('.grid-row.hole');
    await page.until(`/^Hole/.test(document.querySelector('.frame-head')?.innerText)`);
    assert.match(await page.text('.frame-view'), /500 bytes are missing in the capture/);
    assert.deepEqual(await page.axe(), []);
    await page.click('.connection:not(:first-child)');
    await page.until(
      `document.querySelector('.connection:not(:first-child)').ariaSelected === 'true'`,
    );
    assert.equal(await page.count('.grid-row.hole'), 1);
    await page.evaluate(`document.querySelector('#filter').focus()`);
    await page.type('not hole');
    await page.until(`document.querySelectorAll('.grid-row.hole').length === 0`);
    assert.equal(await page.rows(), 2);
  });

  test(`${name}: somebody says what a connection is, and takes it back`, async (t) => {
    const page = await openPage(t, name, `${server.url}#view=frames`);
    if (!page) return;
    const recorder = new Recorder();
    const ends = { client: { address: '::1', port: 1 }, server: { address: '::1', port: 445 } };
    const { connection, bytes } = recorder.openConnection({ ...ends, time: 1e12 });
    const own = recorder.data(connection, 'c2s', frame(0x81, 'mine', [1, 2, 3, 4]), 1e12);
    await page.drop('own.pcapng', Buffer.concat([recorder.head(), bytes, own]));
    await page.until(`${FRAMES} === 0`);
    await page.press('3');
    await page.until(
      `/No WebSocket: no handshake/.test(document.querySelector('.facts').innerText)`,
    );
    const press = (/** @type {string} */ what) =>
      page.evaluate(
        `[...document.querySelectorAll('.treat button')].find((one) => one.innerText === '${what}').click()`,
      );
    await press('Treat as WebSocket');
    await page.until(`${FRAMES} === 1`);
    await page.until(`/Set by/.test(document.querySelector('.facts').innerText)`);
    assert.deepEqual(await page.axe(), []);
    await press('Detect automatically');
    await page.until(`${FRAMES} === 0`);
  });
}
