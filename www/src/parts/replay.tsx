// Replay: what one side of a connection sent goes to a server again. What differs is told here in
// short, and in the tab “Difference” message by message.
import { plural } from '../format.ts';
import { peerNames, shownConnection } from '../state/names.ts';
import * as replay from '../state/replay.ts';
import * as store from '../state/store.ts';
import { Panel, PanelButton } from './panel.tsx';

/** Differences that are shown. */
const SHOWN = 50;

export function ReplayButton() {
  const unfit = !replay.canReplay
    ? 'Needs a server of yours to send from: npx ws4wasm serve, or inspect --target ws://…'
    : !store.origin.value
      ? 'Open a capture first, or watch live traffic'
      : undefined;
  return (
    <PanelButton
      id="replay"
      unfit={unfit}
      about="Send again to a server what a side of a connection sent"
    >
      Replay
    </PanelButton>
  );
}

export function ReplayPanel() {
  return (
    <Panel id="replay" title="Replay" join={replay.join}>
      <Form />
      <Outcome />
    </Panel>
  );
}

/** What a line of the variables begins with. */
const WORDS = ['set', 'was', 'take', 'ignore'];

/** @throws Error with the line that is wrong */
function linesOf(text: string) {
  const lists: Record<string, string[]> = {};
  for (const line of text.split('\n').map((one) => one.trim())) {
    if (line === '') continue;
    const [, word = '', rest = ''] = /^(\S+)\s+(.+)$/.exec(line) ?? [];
    if (!WORDS.includes(word)) {
      throw new Error(`“${line}” begins with none of ${WORDS.join(', ')}.`);
    }
    lists[word] = [...(lists[word] ?? []), rest];
  }
  return lists;
}

function Form() {
  const { connection, side, to, speed, expect, filter, lines } = replay.form;
  const { inTurn, frames, withHeaders } = replay.form;

  const all = store.connections.value.filter((one) => one.frames.c2s + one.frames.s2c > 0);
  const wanted = connection.value ?? shownConnection.value?.connection;
  const chosen = (all.find((one) => one.connection === wanted) ?? all[0])?.connection;
  const target = to.value ?? replay.targets.value[0] ?? '';
  const running = replay.running.value;

  const begin = () => {
    if (chosen === undefined) return;
    try {
      void replay.start(chosen, {
        to: target,
        side: side.value,
        speed: speed.value,
        expect: expect.value,
        filter: filter.value,
        'in-turn': inTurn.value,
        frames: frames.value,
        'with-headers': withHeaders.value,
        ...linesOf(lines.value),
      });
    } catch (error) {
      replay.problem.value = (error as Error).message;
    }
  };

  return (
    <form
      class="replay-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (running) replay.stop();
        else begin();
      }}
    >
      {all.length === 0 && <p class="quiet">There is no connection with frames yet.</p>}
      <label>
        Connection{' '}
        <select
          class="which"
          value={chosen}
          onChange={(event) => {
            connection.value = Number(event.currentTarget.value);
          }}
        >
          {all.map((one) => (
            <option key={one.connection} value={one.connection}>
              {one.connection}: {peerNames.value.get(one.connection)?.place}{' '}
              {peerNames.value.get(one.connection)?.client},{' '}
              {plural(one.messages.c2s + one.messages.s2c, 'message')}
            </option>
          ))}
        </select>
      </label>
      <Choice
        title="Messages of"
        value={side}
        options={{ client: 'the client', server: 'the server' }}
      />
      <label class="wide">
        To{' '}
        <input
          class="target"
          list="replay-targets"
          spellcheck={false}
          value={target}
          placeholder="ws://127.0.0.1:8080"
          onInput={(event) => {
            to.value = event.currentTarget.value;
          }}
        />
        <datalist id="replay-targets">
          {replay.targets.value.map((one) => (
            <option key={one} value={one} />
          ))}
        </datalist>
      </label>
      <Choice
        title="Timing"
        value={speed}
        options={{
          1: 'as captured',
          10: '10 times as fast',
          100: '100 times as fast',
          max: 'as fast as it goes',
        }}
      />
      <Choice
        title="Expect"
        value={expect}
        options={{ same: 'the same answers', count: 'as many answers', any: 'a connection' }}
      />
      <label>
        Filter{' '}
        <input
          class="replay-filter"
          spellcheck={false}
          placeholder="all messages; such as op:text"
          value={filter.value}
          onInput={(event) => {
            filter.value = event.currentTarget.value;
          }}
        />
      </label>
      <label class="wide">
        Variables, and what is not compared, one a line
        <textarea
          class="variables"
          rows={3}
          spellcheck={false}
          placeholder={
            'set user=bob\nwas user=ada\ntake id=/"session":"(\\w+)"/\nignore $..time'
          }
          value={lines.value}
          onInput={(event) => {
            lines.value = event.currentTarget.value;
          }}
        />
      </label>
      <Check title="Each message waits for the answers before it" value={inTurn} />
      <Check title="Frames as they were, bit for bit" value={frames} />
      <Check title="With the captured headers, cookies among them" value={withHeaders} />
      <button
        type="submit"
        class={`begin ${running ? '' : 'main'}`}
        disabled={chosen === undefined}
      >
        {running ? 'Stop' : 'Replay'}
      </button>
      {running && (
        <progress
          aria-label="Sent"
          max={Math.max(1, replay.progress.value.steps)}
          value={replay.progress.value.sent}
        />
      )}
    </form>
  );
}

function Choice({
  title,
  value,
  options,
}: {
  title: string;
  value: { value: string };
  options: Record<string, string>;
}) {
  return (
    <label>
      {title}{' '}
      <select
        class={title.toLowerCase().replace(' ', '-')}
        value={value.value}
        onChange={(event) => {
          value.value = event.currentTarget.value;
        }}
      >
        {Object.entries(options).map(([name, said]) => (
          <option key={name} value={name}>
            {said}
          </option>
        ))}
      </select>
    </label>
  );
}

function Check({ title, value }: { title: string; value: { value: boolean } }) {
  return (
    <label class="tick wide">
      <input
        type="checkbox"
        checked={value.value}
        onChange={(event) => {
          value.value = event.currentTarget.checked;
        }}
      />{' '}
      {title}
    </label>
  );
}

const SIGNS = { changed: '≠', missing: '−', new: '+' } as const;

function inWords({ kind, expected = 0, actual = 0 }: replay.Told) {
  if (kind === 'changed') {
    return `answer ${actual + 1} differs from the captured ${expected + 1}`;
  }
  return kind === 'missing'
    ? `the captured answer ${expected + 1} did not come`
    : `answer ${actual + 1} is not in the capture`;
}

function Outcome() {
  const { problem, running, progress, outcome, recording, skipped } = replay;
  const { sent, steps, answers } = progress.value;
  const found = outcome.value;
  return (
    <section class="replay-outcome" aria-label="Result">
      <p role="status" class={found && (found.why ? 'problem' : 'fine')}>
        {running.value && `${sent} of ${steps} sent, ${plural(answers, 'answer')}`}
        {found && (found.why ? `Not as expected: ${found.why}` : 'As expected.')}
      </p>
      {problem.value && (
        <p class="problem" role="alert">
          {problem.value}
        </p>
      )}
      {skipped.value.map((line) => (
        <p class="quiet" key={line}>
          {line}
        </p>
      ))}
      {found && (
        <>
          <p class="quiet">
            {sent} of {steps} sent to {found.url}, {plural(found.result.answers, 'answer')},{' '}
            {found.result.same} of {found.result.expected} as captured
            {found.result.closed && `; closed with ${found.result.closed.code}`}
            {!found.recorded && '; not all that passed was kept'}
          </p>
          <ul class="told">
            {found.differences.slice(0, SHOWN).map((one) => (
              <li key={`${one.kind} ${one.expected} ${one.actual}`}>
                {SIGNS[one.kind]} {inWords(one)}
                {one.details.map((line) => (
                  <code key={line}>{line}</code>
                ))}
              </li>
            ))}
          </ul>
          {found.differences.length + found.untold > SHOWN && (
            <p class="quiet">
              And {plural(found.differences.length + found.untold - SHOWN, 'difference')} more.
            </p>
          )}
          {recording.value && (
            <div class="buttons">
              <button type="button" class="small compare" onClick={replay.toDifference}>
                Compare message by message
              </button>
              <button type="button" class="small" onClick={replay.openRecording}>
                Open the replay as a capture
              </button>
            </div>
          )}
        </>
      )}
    </section>
  );
}
