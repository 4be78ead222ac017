// Looks for a text in the payloads: Ctrl+F.
import { useLayoutEffect, useRef } from 'preact/hooks';
import { count } from '../format.ts';
import { findAt, findCount, findNext, findOpen, findText } from '../state/find.ts';

export function FindBar() {
  const input = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => {
    if (!findOpen.value) return;
    input.current?.focus();
    input.current?.select();
  }, [findOpen.value]);
  if (!findOpen.value) return null;
  const close = () => {
    findOpen.value = false;
    document.querySelector<HTMLElement>('.table .grid-row[tabindex="0"]')?.focus();
  };
  const found = findCount.value;
  return (
    <form
      class="find-bar"
      onSubmit={(event) => event.preventDefault()}
      onKeyDown={(event) => {
        if (event.key === 'Escape') close();
        else if (event.key === 'Enter' && event.target === input.current) {
          void findNext(event.shiftKey ? -1 : 1);
        } else return;
        event.preventDefault();
        event.stopPropagation();
      }}
    >
      <input
        ref={input}
        id="find"
        type="search"
        aria-label="Find in payloads"
        placeholder="Find in payloads"
        autocomplete="off"
        spellcheck={false}
        value={findText.value}
        onInput={(event) => {
          findText.value = event.currentTarget.value;
        }}
      />
      <button
        type="button"
        class="small"
        aria-label="Previous match"
        title="Previous match (Shift+Enter)"
        onClick={() => void findNext(-1)}
      >
        ↑
      </button>
      <button
        type="button"
        class="small"
        aria-label="Next match"
        title="Next match (Enter)"
        onClick={() => void findNext(1)}
      >
        ↓
      </button>
      <span role="status" class="quiet" id="find-note">
        {findText.value === '' || found === undefined
          ? ''
          : found === 0
            ? 'not found'
            : `${findAt.value ? `${count(findAt.value)} of ` : ''}${count(found)}`}
      </span>
      <button
        type="button"
        class="small"
        aria-label="Close the search"
        title="Close (Esc)"
        onClick={close}
      >
        ×
      </button>
    </form>
  );
}
