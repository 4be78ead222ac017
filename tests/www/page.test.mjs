// The inspector as a person uses it, in Chromium and in Firefox.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { Inspection } from 'ws4wasm/inspect';
import { root } from '../../scripts/lib.mjs';
import { startServer } from '../e2e/server.mjs';
import { NAMES, openPage } from './pages.mjs';
import { recorded } from './recorded.mjs';

/** @type {import('../e2e/server.mjs').Server} */
let server;
before(async () => {
  server = await startServer();
});
after(() => server.kill());

const sample = (/** @type {string} */ name) =>
  readFileSync(join(root, 'www/samples', `${name}.pcapng`));

/** ws4py's example: key be04e66a, 'hello world'. */
const WS4PY = '81 8b be 04 e6 6a d6 61 8a 06 d1 24 91 05 cc 68 82';

for (const name of NAMES) {
  test(`${name}: drop a file, click a frame, hover a field and a byte`, async (t) => {
    const page = await openPage(t, name, `${server.url}#view=frames`);
    if (!page) return;
    await page.drop('dropped.pcapng', sample('fragments'));
    await page.read();
    await page.says('.status', /dropped\.pcapng · pcapng/);
    await page.click('.grid-row[data-index="0"]');
    await page.until(`document.querySelectorAll('.segment').length > 8`);
    await page.says('.frame-head h3', /^Frame 0 text client to server/);

    // The field lights its bytes.
    await page.hover('.segment.key');
    await page.until(`document.querySelectorAll('.b.lit').length === 4`);
    const at = await page.evaluate(
      `[...document.querySelectorAll('.b.lit')].map((b) => Number(b.dataset.i))`,
    );
    assert.deepEqual(at, [2, 3, 4, 5]);
    await page.says('.fields tr.lit', /Masking-key/);

    // The byte lights its fields.
    await page.hover('.b[data-i="1"]');
    await page.until(
      `[...document.querySelectorAll('.fields tr.lit th')].map((th) => th.innerText.trim()).join() === 'MASK,Payload len'`,
    );

    // Masking is explained for the byte at hand.
    await page.hover('.b[data-i="7"]');
    await page.until(`document.querySelector('.xor').innerText.startsWith('byte 1:')`);
    await page.says('.xor', /0x68 h$/);

    // Other forms of the bytes, mapped back.
    await page.click('#hex-tab-message');
    await page.until(
      `document.querySelector('.hex-characters').innerText.startsWith('The first piece')`,
    );
    await page.hover('.b[data-i="0"]');
    await page.until(`document.querySelectorAll('.segment.payload.lit').length > 0`);
  });

  test(`${name}: type a filter, take a completion, see what is wrong with one`, async (t) => {
    const page = await openPage(t, name, `${server.url}#sample=chat`);
    if (!page) return;
    await page.read();
    const all = await page.rows();
    await page.press('/');
    await page.type('op:pi');
    await page.until(
      `document.querySelector('#filter-options li')?.innerText.includes('ping')`,
    );
    await page.press('ArrowDown Enter');
    await page.until(`document.querySelector('#filter').value.startsWith('op:ping')`);
    // What was typed before the completion may have matched nothing.
    const count = `document.querySelector('.grid').getAttribute('aria-rowcount')`;
    await page.until(`${count} > 1 && ${count} < ${all + 1}`);
    const pings = await page.rows();
    assert.ok(pings > 0 && pings < all, `${pings} of ${all}`);
    await page.until(
      `[...new Set([...document.querySelectorAll('.grid-row .opcode')].map((o) => o.innerText))].join() === 'ping'`,
    );

    await page.type(' and (');
    await page.until(`document.querySelector('#filter-note.problem')`);
    await page.is(`document.querySelector('#filter').ariaInvalid`, 'true');
    await page.has('.filter-marks mark', 1);
    assert.equal(await page.rows(), pings);

    await page.press('Escape Escape');
    await page.until(`document.querySelector('#filter').value === ''`);
    await page.until(
      `document.querySelector('.grid').getAttribute('aria-rowcount') === '${all + 1}'`,
    );
    await page.evaluate(`document.querySelector('#filter').blur()`);
    await page.press('h');
    await page.until(
      `document.querySelector('.grid').getAttribute('aria-rowcount') < ${all + 1}`,
    );
  });

  test(`${name}: what is typed before the engine has answered is not lost`, async (t) => {
    // Each answer of the Worker comes late, as it does on a busy machine.
    const page = await openPage(t, name, `${server.url}#sample=chat`, {
      before: `{
        const { addEventListener } = Worker.prototype;
        Worker.prototype.addEventListener = function (type, listener, ...more) {
          const late = (event) => setTimeout(() => listener(event), 400);
          addEventListener.call(this, type, type === 'message' ? late : listener, ...more);
        };
      }`,
    });
    if (!page) return;
    await page.read();
    await page.press('/');
    await page.type('op:p');
    // The options of 'op:p' are seen, those of what is typed now are to come.
    await page.until(`document.querySelectorAll('#filter-options li').length === 2`);
    await page.type('o');
    await page.press('ArrowDown Enter');
    await page.until(`document.querySelector('#filter').value.startsWith('op:pong')`);

    // Closed and cleared is closed, whatever is still answered.
    await page.type(' and (');
    await page.press('Escape');
    if ((await page.evaluate(`document.querySelector('#filter').value`)) !== '') {
      await page.press('Escape');
    }
    await page.until(`document.querySelector('#filter-note.quiet')`);
    await page.is(`document.querySelector('#filter').value`, '');
    await page.is(`document.querySelector('.completions').hidden`, true);
  });

  test(`${name}: jump between errors, with the byte at fault marked`, async (t) => {
    const page = await openPage(t, name, `${server.url}#sample=wrong-text`);
    if (!page) return;
    await page.read();
    await page.press('n');
    await page.until(`document.querySelector('.violation')`);
    await page.says('.violation', /RFC 6455 section 8\.1/);
    await page.says('.violation', /1007/);
    // 'but caf' and the 0xe9, which waits for two more bytes: the space is not one of them.
    await page.is(`document.querySelector('.b.wrong').dataset.i`, '14');
    await page.press('2');
    await page.until(`document.querySelector('.bad-byte')`);
    await page.says('.bad-byte', '20');
    await page.says('.payload-view .problem', /begins with e9/);
    await page.press('4');
    await page.until(`document.querySelector('.errors .violation button')`);
    await page.click('.errors .violation button');
    await page.until(`document.querySelector('.frame-head')`);
    await page.press('p');
    await page.until(`document.querySelector('.notice').innerText.length > 0`);
  });

  test(`${name}: copy, in every form`, async (t) => {
    const page = await openPage(t, name, `${server.url}#view=frames`);
    if (!page) return;
    // Firefox lets no test read the clipboard: there, what is written is caught on its way.
    await page.evaluate(`(() => {
      window.copied = [];
      const write = navigator.clipboard.writeText.bind(navigator.clipboard);
      navigator.clipboard.writeText = (text) => { window.copied.push(text); return write(text); };
    })()`);
    await page.press('v');
    await page.type(WS4PY);
    await page.press('Control+Enter'.replace('+', '+')).catch(() => {});
    if (await page.evaluate(`document.querySelector('dialog[open]') !== null`)) {
      await page.click('dialog[open] button.main');
    }
    await page.read();
    await page.click('.grid-row[data-index="0"]');
    await page.until(`document.querySelector('.hex .b')`);
    const items = ['Hex', 'Base64', 'JavaScript', 'Rust', 'Text', 'JSON', 'Test vector'];
    for (const [i] of items.entries()) {
      await page.click('#copy');
      await page.until(`document.querySelector('[role=menuitem]') === document.activeElement`);
      for (let down = 0; down < i; down++) await page.press('ArrowDown');
      await page.press('Enter');
      await page.until(`window.copied.length === ${i + 1}`);
    }
    const [hex, base64, js, rust, text, json, vector] = await page.evaluate('window.copied');
    assert.equal(hex, WS4PY);
    assert.equal(base64, Buffer.from(WS4PY.replaceAll(' ', ''), 'hex').toString('base64'));
    assert.ok(js.startsWith('Uint8Array.of('));
    assert.equal(
      Buffer.from(await page.evaluate(`[...${js}]`)).toString('hex'),
      WS4PY.replaceAll(' ', ''),
    );
    assert.ok(rust.includes('0x81u8, 0x8b') && /^\[[\s\S]*\]$/.test(rust));
    assert.equal(text, 'hello world');
    assert.ok(json.includes('websocket.opcode'));
    assert.ok(JSON.stringify(JSON.parse(vector)).includes('818bbe04e66a'), vector);
    if (name === 'Chromium') {
      await page.is('navigator.clipboard.readText()', vector);
    }
  });

  test(`${name}: a link shows the same again`, async (t) => {
    const page = await openPage(t, name, `${server.url}#view=frames`);
    if (!page) return;
    await page.drop('small.pcapng', sample('fragments'));
    await page.read();
    await page.press('/');
    await page.type('dir:c2s');
    await page.until(`document.querySelector('#filter-note').innerText.includes(' of ')`);
    await page.press('Escape Escape');
    await page.type('');
    const wanted = `(() => {
      const fields = new URLSearchParams(location.hash.slice(1));
      return fields.get('data') && fields.get('frame') === '1' && fields.get('view') === 'messages';
    })()`;
    await page.evaluate(`document.querySelector('#filter').blur()`);
    await page.press('g');
    await page.type('1');
    await page.press('Enter');
    await page.until(
      `document.querySelector('.frame-head h3')?.innerText.startsWith('Frame 1 ')`,
    );
    await page.press('m');
    await page.until(wanted);
    await page.page.reload();
    await page.read();
    await page.until(
      `document.querySelector('.frame-head h3')?.innerText.startsWith('Frame 1 ')`,
    );
    await page.is(`document.querySelector('.grid').getAttribute('role')`, 'treegrid');
    await page.says('.status', /small\.pcapng/);
    await page.says('.banner', '');
  });

  test(`${name}: a link with a filter opens filtered`, async (t) => {
    const link = '#sample=subprotocols&filter=kind:mqtt&view=messages';
    const page = await openPage(t, name, `${server.url}${link}`);
    if (!page) return;
    await page.read();
    assert.equal(await page.rows(), 6);
    await page.says('#filter-note', /^6 of 35 frames/);
  });

  test(`${name}: the one file opens from disk`, async (t) => {
    const page = await openPage(
      t,
      name,
      `${pathToFileURL(join(root, 'www/dist/inspector.html'))}#sample=chat`,
    );
    if (!page) return;
    await page.read();
    assert.ok((await page.rows()) > 10);
    await page.is(
      `[...document.querySelectorAll('.bar button')].some((b) => b.innerText === 'Live')`,
      false,
    );
    await page.press('n');
    await page.press('?');
    await page.until(
      `document.querySelector('dialog[open]')?.innerText.includes('Nothing leaves this page')`,
    );
  });
}

for (const name of NAMES) {
  test(`${name}: everything by keyboard alone`, async (t) => {
    const page = await openPage(t, name, `${server.url}#view=frames`);
    if (!page) return;
    /** Tab, or Shift+Tab, until the focus is where it should be. @param {string} selector */
    const tabTo = async (selector, key = 'Tab') => {
      const there = `document.activeElement.matches(${JSON.stringify(selector)})`;
      for (let i = 0; i < 60 && !(await page.evaluate(there)); i++) {
        if (key === 'Tab') await page.press('Tab');
        else {
          await page.page.keyboard.down('Shift');
          await page.press('Tab');
          await page.page.keyboard.up('Shift');
        }
      }
      assert.ok(await page.evaluate(there), `the Tab key leads to ${selector}`);
    };
    const notice = (/** @type {RegExp} */ said) =>
      page.until(`${said}.test(document.querySelector('.notice').innerText)`);

    // To the samples, and the first of them.
    await tabTo('.tools .menu > button');
    await page.press('Enter Enter');
    await page.read();
    const all = await page.rows();

    // The table, the diagram, the bytes.
    await page.press('t');
    await page.press('ArrowDown End Home ArrowDown');
    await page.until(`document.activeElement.dataset.index === '1'`);
    await page.is(`document.activeElement.getAttribute('aria-selected')`, 'true');
    await page.until(
      `document.querySelector('.frame-head h3')?.innerText.startsWith('Frame 1 ')`,
    );
    await page.press('d');
    await page.until(`document.activeElement.classList.contains('segment')`);
    await page.press('ArrowRight');
    await page.until(`document.activeElement.innerText.startsWith('RSV1')`);
    await page.until(`document.querySelector('.b.lit')?.dataset.i === '0'`);
    await page.press('b');
    await page.press('ArrowRight ArrowDown End');
    await page.until(`document.activeElement.getAttribute('role') === 'gridcell'`);
    await page.press('m');
    await page.until(`document.querySelector('.grid').getAttribute('role') === 'treegrid'`);
    await page.press('m');
    await page.until(`document.querySelector('.grid').getAttribute('role') === 'grid'`);

    // Copying.
    await tabTo('#copy', 'Shift+Tab');
    await page.press('Enter');
    await page.until(`document.activeElement.getAttribute('role') === 'menuitem'`);
    await page.press('ArrowDown Enter');
    await notice(/^Copied: base64/);

    // The tabs, by numbers and by arrows.
    await page.press('2');
    await page.until(`document.querySelector('.payload-view h3')`);
    await tabTo('#detail-tab-payload', 'Shift+Tab');
    await page.press('ArrowRight');
    await page.until(`document.querySelector('.headers')`);
    await page.is('document.activeElement.id', 'detail-tab-handshake');
    await page.press('5');
    await page.until(`document.querySelector('.statistics table')`);

    // A filter, with a completion; away with it.
    await page.press('/');
    await page.type('op:pin');
    await page.until(
      `document.querySelector('#filter-options li')?.innerText.includes('ping')`,
    );
    await page.press('ArrowDown Enter');
    await page.until(`document.querySelector('#filter').value.startsWith('op:ping')`);
    await page.until(
      `document.querySelector('.grid').getAttribute('aria-rowcount') < ${all + 1}`,
    );
    for (
      let i = 0;
      i < 3 && (await page.evaluate(`document.querySelector('#filter').value`));
      i++
    ) {
      await page.press('Escape');
    }
    await page.until(
      `document.querySelector('.grid').getAttribute('aria-rowcount') === '${all + 1}'`,
    );
    await page.press('Escape');

    // A frame by its number.
    await page.press('g');
    await page.until(`document.activeElement.closest('dialog')`);
    await page.type('3');
    await page.press('Enter');
    await page.until(`!document.querySelector('dialog[open]')`);
    await page.press('1');
    await page.until(
      `document.querySelector('.frame-head h3')?.innerText.startsWith('Frame 3 ')`,
    );

    // A connection, by arrows.
    await tabTo('.connection', 'Shift+Tab');
    await page.press('ArrowDown');
    await page.until(`document.querySelector('#filter-note').innerText.includes(' of ')`);

    // Help; other bytes; their error.
    await page.press('?');
    await page.until(`document.querySelector('dialog[open]')`);
    await page.press('Escape');
    await page.until(`!document.querySelector('dialog[open]')`);
    await page.press('v');
    await page.until(`document.activeElement.matches('textarea')`);
    await page.type('81 02 c3 28');
    await page.press('Tab Enter');
    await page.until(`document.querySelector('.status .source').innerText.includes('pasted')`);
    await page.read();
    await page.press('n');
    await notice(/UTF-8/i);
    await page.until(`document.querySelector('.b.wrong')`);
  });
}

test('a message unfolds into its fragments, the ping between them indented', async (t) => {
  const page = await openPage(t, 'Chromium', `${server.url}#sample=fragments&view=messages`);
  if (!page) return;
  await page.read();
  await page.until(`document.querySelector('.grid').getAttribute('role') === 'treegrid'`);
  await page.until(`document.querySelector('.grid-row[aria-expanded="false"]')`);
  const before = await page.rows();
  await page.press('t Home ArrowRight');
  await page.until(`document.querySelector('.grid-row[aria-expanded="true"]')`);
  const after = await page.rows();
  assert.ok(after > before);
  const lines = await page.evaluate(
    `[...document.querySelectorAll('.grid-row')].map((r) => r.ariaLevel + ' ' + r.querySelector('.opcode').innerText).slice(0, 7)`,
  );
  assert.equal(lines[0], '1 text');
  assert.ok(lines.includes('2 ping'), lines.join());
  assert.ok(lines.includes('2 cont.'), lines.join());
  await page.press('ArrowLeft');
  await page.until(
    `document.querySelector('.grid').getAttribute('aria-rowcount') === '${before + 1}'`,
  );
});

for (const name of NAMES) {
  test(`${name}: what is selected last stays selected, whatever comes when`, async (t) => {
    const page = await openPage(t, name, `${server.url}#view=frames`, { late: 400 });
    if (!page) return;
    const said = Array.from(
      { length: 1000 },
      (_, i) => /** @type {import('./recorded.mjs').Said} */ ([10 + i, 'c2s', `message ${i}`]),
    );
    await page.drop('many.pcapng', recorded([{ said: [[5, 's2c', 1005], ...said] }]));
    await page.until(`document.querySelector('.source')?.innerText.includes('many.pcapng')`);
    await page.read();
    await page.press('4');
    await page.until(`document.querySelector('.violation button')`);
    // A row whose frame is not known yet, and then a frame that is.
    await page.evaluate(`(async () => {
      document.querySelector('.grid').scrollTop = 1e6;
      const row = () => document.querySelector('.grid-row[data-index="990"]');
      while (!row()) await new Promise(requestAnimationFrame);
      window.wasEmpty = !row().innerText.trim();
      row().dispatchEvent(new MouseEvent('mousedown', { bubbles: true }));
      document.querySelector('.violation button').click();
    })()`);
    await page.is('window.wasEmpty', true);
    await page.until(`document.querySelector('.b.wrong')`);
    await page.is(
      `document.querySelector('.grid-row[aria-selected=true]')?.dataset.index`,
      '0',
    );
  });
}

test('payloads of subprotocols are named and split', async (t) => {
  const page = await openPage(t, 'Chromium', `${server.url}#sample=subprotocols`);
  if (!page) return;
  await page.read();
  await page.press('2');
  const wanted = [
    /Engine\.IO ping/,
    /Socket\.IO event “join”/,
    /STOMP SEND/,
    /MQTT CONNECT/,
    /MQTT PUBLISH rooms/,
    /GraphQL subscribe 1/,
    /SignalR Invocation Send, SignalR Ping/,
    /MessagePack/,
    /CBOR/,
  ];
  const rows = await page.rows();
  const labels = [];
  await page.press('t Home');
  for (let i = 0; i < rows; i++) {
    await page.until(`(() => {
      const selected = document.querySelector('.grid-row[aria-selected=true]');
      const shown = document.querySelector('.payload-view').dataset.frame;
      return selected.dataset.index === '${i}' && parseInt(selected.innerText) === Number(shown);
    })()`);
    labels.push(await page.text('.payload-view'));
    await page.press('ArrowDown');
  }
  for (const label of wanted)
    assert.ok(
      labels.some((text) => label.test(text)),
      `${label} in ${labels.join('\n')}`,
    );
  assert.ok(
    labels.some((text) => text.includes('1180591620717411303424')),
    'a big number of CBOR',
  );
  assert.ok(
    labels.some((text) => text.includes("h'01 02 03'")),
    'bytes of MessagePack',
  );
});

test('the handshake that failed, and the connection that broke', async (t) => {
  const page = await openPage(t, 'Chromium', `${server.url}#sample=failed-handshake`);
  if (!page) return;
  await page.read();
  await page.press('3');
  await page.until(`document.querySelector('.headers')`);
  await page.says('.handshake', /426/);
  await page.says('.handshake', /Sec-WebSocket-Version/);
  await page.says('.connection.refused', /refused with 426/);
  await page.evaluate(`location.hash = '#sample=cut-off'`);
  await page.until(`document.querySelector('.source')?.innerText.includes('cut-off')`);
  await page.read();
  await page.press('4');
  await page.until(`/1006/.test(document.querySelector('.errors')?.innerText)`);
});

for (const name of NAMES) {
  for (const theme of /** @type {const} */ (['dark', 'light'])) {
    if (name === 'Firefox' && theme === 'light') continue; // The same rules: once is enough there.
    test(`${name}: axe finds nothing wrong, ${theme}`, async (t) => {
      const page = await openPage(t, name, `${server.url}#sample=wrong-text`, { theme });
      if (!page) return;
      await page.read();
      if (name === 'Chromium') {
        await page.is('document.documentElement.dataset.theme', theme);
      }
      const found = new Set();
      const look = async (/** @type {string} */ where) => {
        for (const problem of await page.axe()) found.add(`${where}: ${problem}`);
      };
      await page.press('n');
      await page.until(`document.querySelector('.segment')`);
      await look('frame');
      for (const [key, there] of [
        ['2', '.payload-view h3'],
        ['3', '.headers'],
        ['4', '.errors'],
        ['5', '.statistics table'],
      ]) {
        await page.press(key);
        await page.until(`document.querySelector('${there}')`);
        await look(there);
      }
      await page.press('m');
      await page.until(`document.querySelector('.grid').getAttribute('role') === 'treegrid'`);
      await look('messages');
      for (const key of ['?', 'v', 'g']) {
        await page.press(key);
        await page.until(`document.querySelector('dialog[open]')`);
        await look(`dialog ${key}`);
        await page.press('Escape');
        await page.until(`!document.querySelector('dialog[open]')`);
      }
      await page.press('/');
      await page.type('op:text and (');
      await page.until(`document.querySelector('#filter-note.problem')`);
      await look('filter');
      assert.deepEqual([...found], []);
    });
  }
}

for (const name of NAMES) {
  test(`${name}: keys right behind the one that closes a dialog are not the dialog's`, async (t) => {
    const page = await openPage(t, name, `${server.url}#sample=wrong-text`);
    if (!page) return;
    await page.read();
    await page.press('g');
    await page.until(`document.activeElement.closest('dialog[open]')`);
    // All keys come while the page is busy, and are then dealt with one right after the other.
    await page.evaluate(`setTimeout(() => {
      for (const end = Date.now() + 500; Date.now() < end; );
    })`);
    await Promise.all([page.press('Escape'), page.press('/'), page.type('op:text')]);
    await page.until(`document.activeElement.id === 'filter'`);
    await page.until(`document.getElementById('filter').value === 'op:text'`);
  });
}

test('axe finds nothing wrong with the welcome', async (t) => {
  const page = await openPage(
    t,
    'Chromium',
    pathToFileURL(join(root, 'www/dist/inspector.html')).href,
  );
  if (!page) return;
  await page.until(`document.querySelector('.cards button')`);
  assert.deepEqual(await page.axe(), []);
});

for (const width of [320, 768, 1100]) {
  test(`a window ${width} wide cuts nothing off`, async (t) => {
    const page = await openPage(t, 'Chromium', `${server.url}#sample=wrong-text&frame=1`, {
      width,
      height: 760,
    });
    if (!page) return;
    await page.read();
    for (const key of ['1', '2', '3', '4', '5']) {
      await page.press(key);
      await new Promise((resolve) => setTimeout(resolve, 150));
      const [content, window] = await page.evaluate(
        '[document.documentElement.scrollWidth, innerWidth]',
      );
      assert.ok(content <= window, `tab ${key}: ${content} > ${window}`);
    }
  });
}

test('pasted text in many forms is read; what is none is said', async (t) => {
  const page = await openPage(t, 'Chromium', `${server.url}#view=frames`);
  if (!page) return;
  const bytes = WS4PY.split(' ');
  const forms = [
    WS4PY.replaceAll(' ', ''),
    `00000000  ${bytes.slice(0, 8).join(' ')}  ${bytes.slice(8, 16).join(' ')}  |.....j.a....$..h|\n00000010  82`,
    Buffer.from(WS4PY.replaceAll(' ', ''), 'hex').toString('base64'),
    `let frame: [u8; 17] = [${bytes.map((b) => `0x${b}`).join(', ')}];`,
    `new Uint8Array([${bytes.map((b) => Number.parseInt(b, 16)).join(', ')}])`,
  ];
  for (const form of forms) {
    await page.press('v');
    await page.until(`document.activeElement.id === 'paste'`);
    await page.evaluate(`(() => {
      const field = document.querySelector('#paste');
      field.value = ${JSON.stringify(form)};
      field.dispatchEvent(new Event('input', { bubbles: true }));
    })()`);
    await page.until(`!document.querySelector('dialog button.main').disabled`);
    await page.click('dialog button.main');
    await page.until(`!document.querySelector('dialog[open]')`);
    await page.read();
    await page.until(`document.querySelector('.grid-row')?.innerText.includes('hello world')`);
    // What was open before may be in sight until this is read.
    await page.is(`document.querySelector('.grid').getAttribute('aria-rowcount')`, '2');
  }
});

test('a link that is damaged says so', async (t) => {
  const page = await openPage(t, 'Chromium', `${server.url}#data=AAAA`);
  if (!page) return;
  await page.until(`document.querySelector('.banner')`);
  await page.says('.banner', /damaged/);
});

test('the filters that the help shows are filters', async (t) => {
  const page = await openPage(t, 'Chromium', `${server.url}#sample=chat`);
  if (!page) return;
  await page.read();
  await page.press('?');
  await page.until(`document.querySelector('dialog[open]')`);
  /** @type {string[]} */
  const shown = await page.evaluate(
    `[...document.querySelectorAll('dialog[open] dt code')].map((code) => code.innerText)`,
  );
  assert.ok(shown.length > 5);
  const inspection = new Inspection();
  for (const filter of shown) assert.equal(inspection.checkFilter(filter), undefined, filter);
});
