// The filter, with completion and its errors in place; presets, frames or messages, errors.
import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import type { Completion } from 'ws4wasm/inspect';
import { count, issues, plural } from '../format.ts';
import { nextError } from '../state/actions.ts';
import { removeFilter, savedFilters, saveFilter } from '../state/saved.ts';
import * as store from '../state/store.ts';
import { call } from '../worker/rpc.ts';
import { ConnectionPicker } from './connections.tsx';
import { Menu } from './menu.tsx';
import { ViewMenu } from './view-menu.tsx';

export function FilterBar() {
  return (
    <div class="filter-bar" role="search">
      <FilterInput />
      <SavedFilters />
      <div class="filter-tools">
        <ConnectionPicker />
        <FilterNote />
        <label class="switch">
          <input
            type="checkbox"
            checked={store.hideHeartbeats.value}
            onChange={(event) => {
              store.hideHeartbeats.value = event.currentTarget.checked;
            }}
          />
          Hide heartbeats
        </label>
        <fieldset class="segmented">
          <legend class="unseen">Rows</legend>
          {(['frames', 'messages'] as const).map((kind) => (
            <label key={kind}>
              <input
                type="radio"
                name="kind"
                value={kind}
                checked={store.kind.value === kind}
                onChange={() => {
                  store.kind.value = kind;
                }}
              />
              {kind === 'frames' ? 'Frames' : 'Messages'}
            </label>
          ))}
        </fieldset>
        <span class="error-steps">
          <button
            type="button"
            onClick={() => void nextError(-1)}
            aria-label="Previous issue"
            title="Previous error or warning (p)"
          >
            ↑
          </button>
          <IssueCounts />
          <button
            type="button"
            onClick={() => void nextError(1)}
            aria-label="Next issue"
            title="Next error or warning (n)"
          >
            ↓
          </button>
        </span>
        <ViewMenu />
      </div>
    </div>
  );
}

function IssueCounts() {
  const { errors = 0, warnings = 0 } = store.totals.value ?? {};
  const text = issues(errors, warnings);
  return (
    <span class="issue-counts" title={text}>
      <span class="unseen">{text}</span>
      <span aria-hidden="true" class={errors ? 'bad' : 'quiet'}>
        ✖ {count(errors)}
      </span>{' '}
      <span aria-hidden="true" class={warnings ? 'warn' : 'quiet'}>
        ▲ {count(warnings)}
      </span>
    </span>
  );
}

function SavedFilters() {
  const now = store.filterText.value.trim();
  const saved = savedFilters.value;
  const has = saved.includes(now);
  return (
    <Menu
      title={<span aria-hidden="true">★</span>}
      label="Saved filters"
      id="saved"
      atEnd
      items={[
        {
          title: has ? 'Forget this filter' : 'Save this filter',
          about: now || 'There is none now.',
          disabled: !now || store.filterProblem.value !== undefined,
          action: () => (has ? removeFilter(now) : saveFilter(now)),
        },
        ...saved.map((filter, i) => ({
          title: filter,
          begins: i === 0,
          action: () => {
            store.filterText.value = filter;
          },
        })),
      ]}
    />
  );
}

/** Whether the word before the end is one of those that could stand there, or none is begun. */
const isWhole = (value: string, found: Completion[]) =>
  found.every(({ text, from, to }) => {
    const word = value.slice(from, to);
    return word === '' || word === text.trim() || !text.startsWith(word);
  });

function FilterInput() {
  const input = useRef<HTMLInputElement>(null);
  const options = useSignal<Completion[]>([]);
  const active = useSignal(-1);
  const open = useSignal(false);
  const problem = store.filterProblem.value;
  const asked = useRef(0);
  /** Settled when the options are there: are they those of what stands in the field? */
  const completed = useRef(Promise.resolve(true));

  /** @param asks whether somebody wants to see them, whatever stands there */
  const complete = (asks = false) => {
    completed.current = (async () => {
      const element = input.current;
      if (!element) return false;
      const mine = ++asked.current;
      const { value } = element;
      const at = element.selectionStart ?? 0;
      const [found, wrong] = await Promise.all([
        call('completeFilter', value, at),
        call('checkFilter', value),
      ]);
      if (mine !== asked.current) return false;
      options.value = found.slice(0, 12);
      active.value = -1;
      // A query that is whole needs no more words: the arrow keys open them all the same.
      const whole =
        value !== '' && !wrong && at === value.length && !asks && isWhole(value, found);
      open.value = found.length > 0 && !whole && document.activeElement === element;
      return true;
    })();
  };

  const close = () => {
    // What is still to be answered would open it again.
    asked.current++;
    completed.current = Promise.resolve(true);
    open.value = false;
  };

  const take = ({ text, from, to }: Completion) => {
    const element = input.current;
    if (!element) return;
    const value = element.value.slice(0, from) + text + element.value.slice(to);
    store.filterText.value = value;
    element.value = value;
    element.focus();
    element.setSelectionRange(from + text.length, from + text.length);
    complete();
  };

  const step = (by: 1 | -1) => {
    if (!open.value) complete(true);
    else active.value = Math.max(-1, Math.min(active.value + by, options.value.length - 1));
  };

  const choose = () => {
    if (open.value && active.value >= 0) take(options.value[active.value]);
    else close();
  };

  const onKeyDown = (event: KeyboardEvent) => {
    // Who types fast is ahead of the options: keys that choose from them wait for them.
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      const by = event.key === 'ArrowDown' ? 1 : -1;
      void completed.current.then((fit) => fit && step(by));
    } else if (
      event.key === 'Enter' ||
      (event.key === 'Tab' && open.value && active.value >= 0)
    ) {
      event.preventDefault();
      void completed.current.then((fit) => fit && choose());
    } else if (event.key === 'Escape') {
      event.stopPropagation();
      const shut = !open.value;
      close();
      if (shut && store.filterText.value) store.filterText.value = '';
      else if (shut) input.current?.blur();
    }
  };

  return (
    <div class="filter">
      <label class="unseen" for="filter">
        Filter
      </label>
      <div class="filter-field">
        {/* The text once more, invisible, so that what is wrong can be underlined in place. */}
        <div class="filter-marks" aria-hidden="true">
          {problem && (
            <>
              {store.filterText.value.slice(0, problem.position)}
              <mark>
                {store.filterText.value.slice(
                  problem.position,
                  problem.position + Math.max(1, problem.length),
                ) || ' '}
              </mark>
            </>
          )}
        </div>
        <input
          id="filter"
          ref={input}
          type="text"
          role="combobox"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          placeholder="Filter:  op:text and len>125   err:utf8   /regex/"
          aria-autocomplete="list"
          aria-expanded={open.value}
          aria-controls="filter-options"
          aria-activedescendant={
            open.value && active.value >= 0 ? `filter-option-${active.value}` : undefined
          }
          aria-invalid={problem !== undefined}
          aria-describedby="filter-note"
          value={store.filterText.value}
          onInput={(event) => {
            store.filterText.value = event.currentTarget.value;
            complete();
          }}
          onFocus={() => complete()}
          onClick={() => complete()}
          onBlur={close}
          onKeyDown={onKeyDown}
          onScroll={(event) => {
            const marks = event.currentTarget.previousElementSibling;
            if (marks) marks.scrollLeft = event.currentTarget.scrollLeft;
          }}
        />
        {store.filterText.value && (
          <button
            type="button"
            class="clear"
            aria-label="Clear the filter"
            onClick={() => {
              store.filterText.value = '';
              input.current?.focus();
            }}
          >
            ×
          </button>
        )}
      </div>
      <div class="completions" hidden={!open.value}>
        {/* The note itself is below. */}
        {problem && (
          <p class="problem" aria-hidden="true">
            <span class="mark error">✖</span> {problem.message}
          </p>
        )}
        <ul id="filter-options" role="listbox" aria-label="Completions">
          {options.value.map((option, i) => (
            <li
              key={option.text}
              id={`filter-option-${i}`}
              role="option"
              aria-selected={i === active.value}
              onMouseDown={(event) => {
                event.preventDefault();
                take(option);
              }}
            >
              <code>{option.text}</code> <span>{option.detail}</span>
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}

function countOfRows() {
  const rows = store.rows.value;
  const frames = store.totals.value?.frames ?? 0;
  if (store.filter.value) {
    return `${count(rows)} of ${plural(frames, 'frame')}, ${store.filterTook.value.toFixed(0)} ms`;
  }
  const same = store.kind.value === 'frames' && rows === frames;
  return same ? plural(frames, 'frame') : `${plural(frames, 'frame')}, ${plural(rows, 'row')}`;
}

function FilterNote() {
  const problem = store.filterProblem.value;
  return (
    <p
      id="filter-note"
      class={problem ? 'problem' : `quiet ${store.filter.value ? '' : 'plain'}`}
      role="status"
      title={problem?.message}
    >
      {problem ? (
        <>
          <span class="mark error">✖</span> {problem.message}
          {problem.expected.length > 0 &&
            ` Expected: ${problem.expected.slice(0, 6).join(', ')}.`}
        </>
      ) : (
        countOfRows()
      )}
    </p>
  );
}
