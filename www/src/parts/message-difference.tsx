// Two messages: what they are, and what differs, by paths, in text or in bytes.
import type {
  Difference,
  HexRow,
  MessageFacts,
  PathChange,
  Piece,
} from '../difference/types.ts';
import { byte, count, duration, plural, sides } from '../format.ts';

export function MessageDifference({ difference }: { difference: Difference }) {
  const { first, second, notes, form } = difference;
  return (
    <div class="message-difference">
      <table class="sides">
        <thead>
          <tr>
            <td />
            <th scope="col">Frame</th>
            <th scope="col">Type</th>
            <th scope="col">Bytes</th>
            <th scope="col">At</th>
            <th scope="col">Direction</th>
          </tr>
        </thead>
        <tbody>
          <Side name="First" facts={first} other={second} />
          <Side name="Second" facts={second} other={first} />
        </tbody>
      </table>
      <p class="verdict" role="status">
        {verdictOf(difference)}
      </p>
      <Notes notes={notes} />
      {form === 'values' && difference.changes.length > 0 && (
        <Paths changes={difference.changes} />
      )}
      {form === 'values' && difference.text && <Text pieces={difference.text} />}
      {form === 'text' && !difference.identical && (
        <Text pieces={difference.pieces} lines={difference.by === 'lines'} />
      )}
      {form === 'bytes' && !difference.identical && <Bytes rows={difference.rows} />}
    </div>
  );
}

export function Notes({ notes }: { notes: string[] }) {
  return (
    <>
      {notes.map((note) => (
        <p class="hint" key={note}>
          <span class="mark warning">▲</span> {note}
        </p>
      ))}
    </>
  );
}

function Side({
  name,
  facts,
  other,
}: {
  name: string;
  facts: MessageFacts;
  other: MessageFacts;
}) {
  const { frame, opcode, length, time, direction } = facts;
  const kind =
    opcode === facts.kind || facts.kind === 'binary' ? opcode : `${opcode}, ${facts.kind}`;
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{count(frame)}</td>
      <td class={opcode === other.opcode ? '' : 'warn'}>{kind}</td>
      <td>{count(length)}</td>
      <td>{duration(time)}</td>
      <td class={direction === other.direction ? '' : 'warn'}>{sides[direction]}</td>
    </tr>
  );
}

function verdictOf(difference: Difference) {
  const { first, second, same, form } = difference;
  const isCut = first.seen < first.length || second.seen < second.length;
  if (same) return isCut ? 'What was compared is the same.' : 'The same, byte for byte.';
  const changed = form === 'values' ? difference.changes.length : 0;
  if (changed) return changed === 1 ? '1 value differs.' : `${count(changed)} values differ.`;
  if (difference.identical) return 'The same bytes in another type of message.';
  if (form === 'values') return 'The same values, written differently.';
  return form === 'text' ? 'The text differs.' : 'The bytes differ.';
}

function Paths({ changes }: { changes: PathChange[] }) {
  return (
    <table class="paths">
      <thead>
        <tr>
          <th scope="col">Path</th>
          <th scope="col">First</th>
          <th scope="col">Second</th>
        </tr>
      </thead>
      <tbody>
        {changes.map(({ path, first, second }) => {
          const how =
            first === undefined ? 'added' : second === undefined ? 'removed' : 'changed';
          return (
            <tr key={path} class={how}>
              <th scope="row" class="mono">
                {path} <small>{how}</small>
              </th>
              <td class="mono">{first === undefined ? <Absent /> : <del>{first}</del>}</td>
              <td class="mono">{second === undefined ? <Absent /> : <ins>{second}</ins>}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

const Absent = () => <span class="quiet">none</span>;

function Text({ pieces, lines = false }: { pieces: Piece<string>[]; lines?: boolean }) {
  return (
    <pre class={`text-difference ${lines ? 'lines' : ''}`} tabIndex={0}>
      {pieces.map((piece, i) => {
        if ('skipped' in piece) {
          const what = lines ? 'line' : 'character';
          return (
            <span key={i} class="skipped">
              {' '}
              … {plural(piece.skipped, what)} the same …{lines ? '\n' : ' '}
            </span>
          );
        }
        if (piece.of === 'both') return <span key={i}>{piece.value}</span>;
        return piece.of === 'first' ? (
          <del key={i}>{piece.value}</del>
        ) : (
          <ins key={i}>{piece.value}</ins>
        );
      })}
    </pre>
  );
}

const MARKS = { both: ' ', first: '−', second: '+' } as const;

function Bytes({ rows }: { rows: Piece<HexRow>[] }) {
  return (
    <div class="hex-difference" tabIndex={0} role="region" aria-label="Bytes of both">
      <table>
        <tbody>
          {rows.map((row, i) =>
            'skipped' in row ? (
              <tr key={i}>
                <td colSpan={3} class="skipped">
                  … {plural(row.skipped, 'row')} of 8 bytes the same …
                </td>
              </tr>
            ) : (
              <tr key={i} class={row.of}>
                <td>
                  <span aria-hidden="true">{MARKS[row.of]}</span>
                  <span class="unseen">{row.of}</span>
                </td>
                <th scope="row">{row.value.offset.toString(16).padStart(6, '0')}</th>
                <td>
                  <HexBytes row={row.value} of={row.of} />
                </td>
              </tr>
            ),
          )}
        </tbody>
      </table>
    </div>
  );
}

function HexBytes({ row, of }: { row: HexRow; of: 'both' | 'first' | 'second' }) {
  return (
    <>
      {row.bytes.map((value, i) => {
        const text = value === undefined ? '··' : byte(value);
        const space = i ? ' ' : '';
        if (!row.differ[i] || value === undefined) return `${space}${text}`;
        return (
          <span key={i}>
            {space}
            {of === 'first' ? <del>{text}</del> : <ins>{text}</ins>}
          </span>
        );
      })}
    </>
  );
}
