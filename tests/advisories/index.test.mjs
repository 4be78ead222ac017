// Each known fault of other implementations has a test here. This says which, and sees to it
// that the test is still there.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const tests = new URL('../', import.meta.url);

/** @type {Record<string, [file: string, name: string][]>} */
const faults = {
  'tiny fragments or chunks carry overhead objects (ws CVE-2026-48779, -62389)': [
    ['node/memory.test.mjs', 'a message that is not complete holds less than twice its bytes'],
    ['node/memory.test.mjs', 'work is linear'],
    ['stream/work.rs', 'fn one_message_in_frames_of_one_byte_is_linear'],
  ],
  'unlimited empty fragments (undici CVE-2026-12151)': [
    ['advisories/receiving.test.mjs', 'empty fragments count, and hold nothing'],
    ['stream/work.rs', 'fn empty_fragments_leave_nothing_behind'],
  ],
  '64-bit length overflow (undici CVE-2026-1528, gorilla CVE-2020-27813, NATS CVE-2026-27889, Tomcat CVE-2020-13935)':
    [
      [
        'advisories/receiving.test.mjs',
        'a length that is short in its low 32 bits is still long',
      ],
      ['advisories/receiving.test.mjs', 'the lengths of fragments do not wrap around together'],
      ['vectors/lengths.json', 'top bit'],
    ],
  'unbounded inflation (undici CVE-2026-1526, websocket-driver CVE-2026-54490, python-websockets CVE-2018-1000518, uws CVE-2016-10544)':
    [
      ['advisories/deflate.test.mjs', 'a bomb holds no more than is allowed'],
      ['node/deflate.test.mjs', 'are refused at maxMessageSize'],
      ['stream/deflate.rs', 'fn a_bomb_is_refused_at_the_limit'],
    ],
  'window bits out of range throw late (undici CVE-2026-2229)': [
    ['advisories/deflate.test.mjs', 'window sizes are judged by the handshake'],
  ],
  'RSV1 on control and continuation frames (undici)': [
    ['advisories/deflate.test.mjs', 'RSV1 on control and continuation frames'],
    ['vectors/deflate.json', 'RSV1 on a continuation'],
  ],
  'windows that disagree (sockudo-ws)': [
    ['advisories/deflate.test.mjs', 'is still in both windows'],
  ],
  'allocation from the declared length (websocket crate CVE-2022-35922)': [
    ['node/memory.test.mjs', 'a declared length sets nothing aside'],
    ['stream/work.rs', 'fn a_long_announced_length_takes_no_memory'],
  ],
  'uninitialised memory sent (ws CVE-2026-45736, GHSA-2mhh)': [
    ['advisories/sending.test.mjs', 'no memory goes out that nobody wrote'],
  ],
  'quadratic or backtracking header parsing (ws CVE-2021-32640, tungstenite CVE-2023-43669)': [
    ['advisories/handshake.test.mjs', 'work on a head is linear'],
  ],
  'missing or prototype-named header (ws CVE-2024-37890, GHSA-5v72)': [
    ['advisories/handshake.test.mjs', 'a header that is missing, or named like a prototype'],
    [
      'connection/refusals.test.mjs',
      'header names that a prototype has are headers like others',
    ],
  ],
  'CR/LF injection (undici CVE-2026-1527)': [
    ['advisories/handshake.test.mjs', 'no line break gets into what is sent'],
  ],
  'ping flood grows the output (ws, undici, tokio-websockets)': [
    [
      'connection/backpressure.test.mjs',
      'a flood of pings from a peer that does not read: the newest is answered',
    ],
  ],
  'unbounded outgoing buffer (ws crate CVE-2020-35896)': [
    ['connection/backpressure.test.mjs', 'and sends that are not: they fail'],
    ['connection/sending.test.mjs', 'maxBufferedAmount: loudly'],
  ],
  'no close timeout (Tomcat CVE-2024-23672)': [
    ['connection/closing.test.mjs', 'the closing timer'],
  ],
  'predictable masks': [
    ['advisories/sending.test.mjs', 'keys are bytes of the CSPRNG, each used once'],
  ],
};

for (const [fault, shown] of Object.entries(faults)) {
  test(fault, () => {
    for (const [file, name] of shown) {
      const url = new URL(file, tests);
      assert.ok(existsSync(url), file);
      assert.ok(readFileSync(url, 'utf8').includes(name), `${file} has a test '${name}'`);
    }
  });
}
