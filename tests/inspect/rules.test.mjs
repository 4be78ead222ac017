// Each rule is explained, docs/rules.md says what the page says, what breaks a rule for peers breaks
// that rule, and ws does what is written of it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { Inspection } from 'ws4wasm/inspect';
import { render, written } from '../../scripts/generate/rules.mjs';
import { cache, root } from '../../scripts/lib.mjs';
import { explanations } from '../../www/src/rules/index.js';
import { measured } from '../../www/src/rules/measured.js';
import { peersOn } from '../../www/src/rules/words.js';
import { ANSWERS, FRAMES, head, REQUEST, REQUESTS } from './peers-cases.mjs';
import {
  answerTo,
  answerToClient,
  bytesOf,
  DEFLATE,
  framesToClient,
  framesToServer,
  HTTP2,
  prefaceToServer,
  requestToServer,
  wsClient,
  wsServer,
} from './peers-on-rules.mjs';

/** @type {{ rule: string, rfc: string, section: string }[]} */
const listed = spawnSync(
  process.execPath,
  [join(root, 'js/cli/main.js'), 'dump', '--rules', '--json'],
  { encoding: 'utf8' },
)
  .stdout.trim()
  .split('\n')
  .map((line) => JSON.parse(line));

test('each rule is explained, and nothing else', () => {
  assert.ok(listed.length > 50);
  const names = (/** @type {Iterable<string>} */ all) => [...all].sort();
  assert.deepEqual(names(explanations.keys()), names(listed.map(({ rule }) => rule)));
});

test('the words stand in the section that the rule names, or it is said why not', () => {
  const wrong = listed.filter(({ rule, rfc, section }) => {
    const given = explanations.get(rule);
    const same = given?.rfc === rfc && given.section === section;
    return same === (given?.elsewhere !== undefined);
  });
  assert.deepEqual(wrong, []);
});

test('nothing is empty, and quotes are as the RFC prints them', () => {
  for (const [rule, { quote, cause, mend }] of explanations) {
    for (const text of [quote, cause, mend]) assert.ok(text.length > 20, rule);
    // The RFC is in ASCII, and what is left out would be marked.
    assert.match(quote, /^[\x20-\x7e]+$/, rule);
    assert.ok(quote.length < 420, `${rule}: a sentence, not a page`);
    assert.match(`${cause}\n${mend}`, /^[^\n]+\.\n[^\n]+\.$/, rule);
  }
});

/** Section and text, as an RFC in plain text has them, without its page breaks. @param {string} rfc */
function sectionsOf(rfc) {
  const lines = rfc
    .split('\n')
    .filter((line) => !/^(\f|RFC \d+ .*\d{4}$|\S.*\[Page \d+\]$)/.test(line));
  /** @type {Map<string, string>} */
  const sections = new Map();
  let section = '';
  for (const line of lines) {
    // A heading begins its line; the table of contents does not.
    section = /^(\d+(?:\.\d+)*)\.? {1,2}\S/.exec(line)?.[1] ?? section;
    sections.set(section, `${sections.get(section) ?? ''} ${line}`);
  }
  return sections;
}

const flat = (/** @type {string} */ text) =>
  text.replace(/- *\n? +/g, '-').replace(/\s+/g, ' ');

describe('quotes stand in the RFC, in the section that is named', () => {
  // The RFCs are not ours to hand on: who has them puts them there.
  for (const number of ['6455', '7692', '8441']) {
    test(`RFC ${number}`, (t) => {
      const file = join(cache, 'rfc', `rfc${number}.txt`);
      if (!existsSync(file)) return t.skip(`${file} is not there`);
      const sections = sectionsOf(readFileSync(file, 'utf8'));
      for (const [rule, { quote, rfc, section }] of explanations) {
        if (rfc !== `RFC ${number}`) continue;
        const own = [...sections].filter(([n]) => n === section || n.startsWith(`${section}.`));
        const text = flat(own.map(([, part]) => part).join(' '));
        for (const part of quote.split(/ ?\[\.\.\.\] ?/)) {
          assert.ok(text.includes(flat(part)), `${rule}, section ${section}: ${part}`);
        }
      }
      return undefined;
    });
  }
});

test('what is measured is of rules that there are, and has a word', () => {
  for (const rule of Object.keys(measured.rules)) assert.ok(explanations.has(rule), rule);
  for (const [rule, explanation] of explanations) {
    const peers = peersOn(rule, explanation);
    assert.equal(peers.length, explanation.judge === 'none' ? 0 : 6, rule);
    for (const { says } of peers) assert.doesNotMatch(says, /undefined/, rule);
  }
});

test('docs/rules.md is what the page says', () => {
  assert.equal(written(), render(), 'node scripts/generate/rules.mjs writes it anew');
});

/**
 * The first rule that a connection breaks.
 * @param {{ request?: Buffer, response?: Buffer, client?: Buffer, server?: Buffer, end?: boolean }} said
 * @param {import('ws4wasm/inspect').InspectionOptions} [options]
 */
function broken({ request = head(REQUEST, {}), response, client, server, end }, options) {
  const inspection = new Inspection(options);
  const number = inspection.openConnection({
    client: { address: '192.0.2.1', port: 50_000 },
    server: { address: '192.0.2.2', port: 80 },
    time: 0,
  });
  inspection.data(number, 'c2s', request, 1);
  inspection.data(number, 's2c', response ?? head(answerTo(`${request}`), {}), 2);
  if (client) inspection.data(number, 'c2s', client, 3);
  if (server) inspection.data(number, 's2c', server, 3);
  if (end) inspection.end(number, client ? 'c2s' : 's2c', 'fin', 4);
  if (end) inspection.end(number, client ? 's2c' : 'c2s', 'fin', 5);
  return inspection.violations().map(({ rule }) => rule)[0];
}

/** What a receiver has to say for itself. */
const LIMITS = { maxFrameSize: 2 ** 31, maxMessageSize: 2 ** 31, maxFragments: 16_384 };

describe('the inspector finds in a case what it is made for', () => {
  for (const given of FRAMES) {
    const { rule, to, deflate = false, end = false } = given;
    for (const [direction, sender] of /** @type {const} */ ([
      ['c2s', 'client'],
      ['s2c', 'server'],
    ])) {
      if (to !== 'both' && (to === 'server') !== (sender === 'client')) continue;
      test(`${rule}, from the ${sender}`, () => {
        const extension = deflate ? { 'Sec-WebSocket-Extensions': DEFLATE } : {};
        const request = head(REQUEST, extension);
        const response = head(answerTo(`${request}`), extension);
        const limits = {
          ...LIMITS,
          ...(rule === 'MessageTooLarge' ? { maxFrameSize: 2 ** 50 } : {}),
        };
        const found = broken(
          { request, response, [sender]: bytesOf(given, direction), end },
          { limits },
        );
        // What is no frame breaks one of several rules, whichever is first.
        if (rule === 'FramingLost') assert.ok(found);
        else assert.equal(found, rule);
      });
    }
  }
  for (const [rule, change] of Object.entries(REQUESTS)) {
    test(rule, () => assert.equal(broken({ request: head(REQUEST, change) }), rule));
  }
  for (const [rule, change] of Object.entries(ANSWERS)) {
    test(rule, () => {
      const request = head(REQUEST, { 'Sec-WebSocket-Extensions': 'permessage-deflate' });
      const offer = rule === 'DeflateAnswer' ? request : head(REQUEST, {});
      const response = head(answerTo(`${offer}`), change);
      assert.equal(broken({ request: offer, response }), rule);
    });
  }
});

describe('ws does what is written of it', () => {
  const manifest = createRequire(import.meta.url)('ws/package.json');
  test('and it is this ws', () => {
    assert.equal(
      measured.versions.ws,
      `ws ${manifest.version}`,
      'another ws: node tests/inspect/peers-on-rules.mjs measures anew',
    );
  });
  for (const given of FRAMES) {
    const { rule, to } = given;
    if (to !== 'server') {
      test(`${rule}: as a client`, async () => {
        assert.deepEqual(await framesToClient(wsClient, given), measured.rules[rule].ws);
      });
    }
    if (to !== 'client') {
      test(`${rule}: as a server`, async () => {
        const server = await wsServer();
        const outcome = await framesToServer(server.port, given).finally(server.close);
        assert.deepEqual(outcome, measured.rules[rule].wsServer);
      });
    }
  }
  for (const rule of Object.keys(REQUESTS)) {
    test(rule, async () => {
      const server = await wsServer();
      const outcome = await requestToServer(server.port, rule).finally(server.close);
      assert.deepEqual(outcome, measured.rules[rule].wsServer);
    });
  }
  for (const rule of HTTP2) {
    test(`${rule}: as a server`, async () => {
      const server = await wsServer();
      const outcome = await prefaceToServer(server.port).finally(server.close);
      assert.deepEqual(outcome, measured.rules[rule].wsServer);
    });
  }
  for (const rule of Object.keys(ANSWERS)) {
    test(rule, async () => {
      assert.deepEqual(await answerToClient(wsClient, rule), measured.rules[rule].ws);
    });
  }
});
