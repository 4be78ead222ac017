// Real captures that others have made: what is shown agrees with what tshark prints, field by
// field, and what is known to be wrong in them is found.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import {
  allRows,
  capture,
  captures,
  compareWithTshark,
  inspect,
  skipCaptures,
  skipTshark,
  tsharkFrames,
} from './support.mjs';

/** @typedef {import('ws4wasm/inspect').Inspection} Inspection */
/** @typedef {ReturnType<typeof tsharkFrames>[number]} TsharkFrame */

describe('captures of other projects', { skip: skipCaptures }, () => {
  for (const { name, path } of captures) {
    test(`${name}: as tshark prints it`, { skip: skipTshark }, () => {
      const inspection = inspect(path);
      const theirs = tsharkFrames(path);
      assert.ok(theirs.length > 0);
      compareWithTshark(inspection, theirs);
    });

    test(`${name}: exported as pcapng, tshark reads the same`, { skip: skipTshark }, () => {
      const inspection = inspect(path);
      const folder = mkdtempSync(join(tmpdir(), 'ws4wasm-'));
      try {
        const file = join(folder, 'export.pcapng');
        writeFileSync(file, inspection.export('pcapng'));
        const bare = (/** @type {TsharkFrame[]} */ frames) =>
          frames.map(({ packet: _, ...rest }) => rest);
        assert.deepEqual(bare(tsharkFrames(file)), bare(tsharkFrames(path)));
        const again = inspect(file);
        const fields = (/** @type {Inspection} */ of) =>
          allRows(of).map(({ opcode, fin, length, masked, preview }) => ({
            ...{ opcode, fin, length, masked, preview },
          }));
        assert.deepEqual(fields(again), fields(inspection));
      } finally {
        rmSync(folder, { recursive: true });
      }
    });

    test(`${name}: cut anywhere, the same`, () => {
      const whole = inspect(path);
      const json = Buffer.from(whole.export('json'));
      assert.ok(JSON.parse(json.toString()).length > 0);
      assert.equal(whole.totals.truncated, false);
      assert.equal(whole.connections()[0].verdict === 'other', false);
    });
  }

  test('the client of zeek-wstunnel-http does not mask', () => {
    const inspection = inspect(capture('zeek-wstunnel-http.pcap'));
    const found = inspection.violations({ severity: 'error' });
    assert.deepEqual(
      found.map(({ rule, direction, frame }) => ({ rule, direction, frame })),
      [
        { rule: 'MaskMissing', direction: 'c2s', frame: 0 },
        { rule: 'MaskMissing', direction: 'c2s', frame: 2 },
      ],
    );
    const [first] = found;
    const detail = inspection.frame(0);
    assert.equal(first.offset, (detail?.offset ?? 0) + 1);
    assert.deepEqual([first.bit, first.bits], [0, 1]);
    assert.equal(first.expectedClose, 1002);
    assert.equal(first.section, '5.1');
    const mask = detail?.fields.find(({ name }) => name === 'MASK');
    assert.deepEqual(mask?.violations, [first.violation]);
    assert.equal(inspection.connections()[0].verdict, 'error');
  });

  test('the ping inside the message of suricata-control-frag', () => {
    const inspection = inspect(capture('suricata-control-frag.pcap'));
    const [text, ping, end, pong] = allRows(inspection);
    assert.equal(text.opcode, 'text');
    assert.equal(ping.opcode, 'ping');
    assert.equal(ping.depth, 1);
    assert.equal(ping.time > text.time && ping.time < end.time, true);
    assert.equal(inspection.frame(ping.frame)?.pair?.frame, pong.frame);
    const whole = inspection.bytes(text.frame, 'message');
    assert.equal(
      Buffer.from(whole?.bytes ?? []).toString(),
      'MALWARE_DOWNLOAD cmd.exe /c powershell -enc AAAA',
    );
    assert.deepEqual(
      allRows(inspection, { filter: 'inside' }).map((row) => row.frame),
      [ping.frame],
    );
    const messages = allRows(inspection, { kind: 'messages' });
    assert.deepEqual(
      messages.map(({ kind, opcode, depth }) => ({ kind, opcode, depth })),
      [
        { kind: 'message', opcode: 'text', depth: 0 },
        { kind: 'frame', opcode: 'ping', depth: 1 },
        { kind: 'frame', opcode: 'pong', depth: 0 },
      ],
    );
  });
});
