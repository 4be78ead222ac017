// Numbers about everything, or about what the filter lets through.
import { useSignal, useSignalEffect } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import type { DirectionStatistics, Statistics as Found, Quantiles } from 'ws4wasm/inspect';
import { count, duration, plural, size } from '../format.ts';
import { filterFor } from '../state/actions.ts';
import * as store from '../state/store.ts';
import { call } from '../worker/rpc.ts';

const percent = (part: number, whole: number) =>
  whole ? `${((100 * part) / whole).toFixed(1)} %` : '–';

export function Statistics() {
  const found = useSignal<Found | undefined>(undefined);
  const problem = useSignal('');
  useSignalEffect(() => {
    void store.progress.value?.revision;
    void store.viewVersion.value;
    void call('statistics', store.filter.peek() ? 'view' : 'all')
      .then((statistics) => {
        found.value = statistics;
      })
      .catch((error: Error) => {
        problem.value = error.message;
      });
  });
  const s = found.value;
  if (!s) return <p class="hint">{problem.value || 'Counting…'}</p>;
  return (
    <div class="statistics">
      <p>{store.filter.value ? 'Frames that match the filter.' : 'All frames.'}</p>
      <Block title="Bytes on the wire">
        <thead>
          <tr>
            <th scope="col">
              <span class="unseen">What</span>
            </th>
            <th scope="col">→ client to server</th>
            <th scope="col">← server to client</th>
          </tr>
        </thead>
        <tbody>
          {directionRows(s.c2s, s.s2c).map(([name, c2s, s2c]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{c2s}</td>
              <td>{s2c}</td>
            </tr>
          ))}
        </tbody>
      </Block>
      <Block title="Opcodes">
        <thead>
          <tr>
            <th scope="col">Opcode</th>
            <th scope="col">→ frames</th>
            <th scope="col">→ bytes</th>
            <th scope="col">← frames</th>
            <th scope="col">← bytes</th>
          </tr>
        </thead>
        <tbody>
          {opcodes(s).map(({ opcode, c2s, s2c }) => (
            <tr key={opcode}>
              <th scope="row">{opcode}</th>
              <td>{count(c2s?.frames ?? 0)}</td>
              <td>{size(c2s?.bytes ?? 0)}</td>
              <td>{count(s2c?.frames ?? 0)}</td>
              <td>{size(s2c?.bytes ?? 0)}</td>
            </tr>
          ))}
        </tbody>
      </Block>
      <Block title="Distribution">
        <thead>
          <tr>
            <th scope="col">
              <span class="unseen">What</span>
            </th>
            {['min', 'p50', 'p90', 'p99', 'max'].map((name) => (
              <th scope="col" key={name}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <Distribution name="→ gap between frames" of={s.c2s.gaps} as={duration} />
          <Distribution name="← gap between frames" of={s.s2c.gaps} as={duration} />
          <Distribution name="→ payload" of={s.c2s.lengths} as={size} />
          <Distribution name="← payload" of={s.s2c.lengths} as={size} />
          <Distribution name="→ ping round trip" of={s.pings.c2s.roundTrip} as={duration} />
          <Distribution name="← ping round trip" of={s.pings.s2c.roundTrip} as={duration} />
          <Distribution
            name="compressed size"
            of={s.compression.ratios}
            as={(x) => `${(100 * x).toFixed(1)} %`}
          />
        </tbody>
      </Block>
      <p>
        Pings: → {s.pings.c2s.answered} of {s.pings.c2s.sent} answered, ← {s.pings.s2c.answered}{' '}
        of {s.pings.s2c.sent}.
      </p>
      <Fragments fragments={s.fragments} />
      <Compression compression={s.compression} />
      {s.rules.length > 0 && (
        <Block title="Violations by rule">
          <tbody>
            {s.rules.map(({ rule, count: n }) => (
              <tr key={rule}>
                <th scope="row">{rule}</th>
                <td>{count(n)}</td>
                <td>
                  <button type="button" class="small" onClick={() => filterFor(`err:${rule}`)}>
                    Filter
                  </button>
                </td>
              </tr>
            ))}
          </tbody>
        </Block>
      )}
    </div>
  );
}

function Block({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section class="part">
      <h3>{title}</h3>
      <div class="table-scroll" tabIndex={0} role="region" aria-label={title}>
        <table class="numbers">{children}</table>
      </div>
    </section>
  );
}

function directionRows(c2s: DirectionStatistics, s2c: DirectionStatistics) {
  const row = (
    name: string,
    of: (d: DirectionStatistics) => string,
  ): [string, string, string] => [name, of(c2s), of(s2c)];
  return [
    row('frames', (d) => count(d.frames)),
    row('messages', (d) => count(d.messages)),
    row('total', (d) => size(d.wire)),
    row('handshake', (d) => size(d.handshake)),
    row('payload', (d) => size(d.payload)),
    row('headers', (d) => `${size(d.headers)}, ${percent(d.headers, d.wire - d.handshake)}`),
    row('masking keys', (d) => `${size(d.masks)}, ${percent(d.masks, d.wire - d.handshake)}`),
  ];
}

function opcodes({ c2s, s2c }: Found) {
  const names = new Set([...c2s.perOpcode, ...s2c.perOpcode].map(({ opcode }) => opcode));
  return [...names].map((opcode) => ({
    opcode,
    c2s: c2s.perOpcode.find((one) => one.opcode === opcode),
    s2c: s2c.perOpcode.find((one) => one.opcode === opcode),
  }));
}

function Distribution({
  name,
  of,
  as,
}: {
  name: string;
  of: Quantiles | undefined;
  as: (value: number) => string;
}) {
  if (!of) return null;
  return (
    <tr>
      <th scope="row">{name}</th>
      {[of.min, of.p50, of.p90, of.p99, of.max].map((value, i) => (
        <td key={i}>{as(value)}</td>
      ))}
    </tr>
  );
}

function Fragments({ fragments }: { fragments: Found['fragments'] }) {
  const most = Math.max(0, ...fragments.map(({ messages }) => messages));
  if (most === 0) return null;
  return (
    <section class="part">
      <h3>Fragments of a message</h3>
      <ul class="bars">
        {fragments.map(({ upTo, messages }, i) => {
          const from = i ? fragments[i - 1].upTo + 1 : 1;
          return (
            <li key={upTo}>
              <span>{from === upTo ? upTo : `${count(from)} to ${count(upTo)}`}</span>
              <span class="bar-of" style={{ '--part': messages / most }} />
              <span>{plural(messages, 'message')}</span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function Compression({ compression: c }: { compression: Found['compression'] }) {
  if (c.messages === 0) return null;
  return (
    <Block title="Compression">
      <tbody>
        <tr>
          <th scope="row">total, {plural(c.messages, 'message')}</th>
          <td>
            {size(c.inflated)} as {size(c.wire)}
          </td>
          <td>{percent(c.wire, c.inflated)}</td>
        </tr>
        {c.contexts.slice(0, 100).map((context) => (
          <tr key={`${context.connection} ${context.direction}`}>
            <th scope="row">
              connection {context.connection} {context.direction === 'c2s' ? '→' : '←'},{' '}
              {context.takeover ? 'context takeover' : 'no context takeover'}
            </th>
            <td>
              {size(context.inflated)} as {size(context.wire)}
            </td>
            <td>{percent(context.wire, context.inflated)}</td>
          </tr>
        ))}
      </tbody>
    </Block>
  );
}
