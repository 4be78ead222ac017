// A button that opens a list of actions (the ARIA menu button).
import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

interface Item {
  title: string;
  about?: string;
  disabled?: boolean;
  /** Something that is on or off: the list stays open. One of several, with `one`. */
  checked?: boolean;
  one?: boolean;
  /** A line above it. */
  begins?: boolean;
  action: () => void;
}

const roleOf = ({ checked, one }: Item) =>
  checked === undefined ? 'menuitem' : one ? 'menuitemradio' : 'menuitemcheckbox';

export function Menu({
  title,
  label,
  items,
  id,
  atEnd = false,
}: {
  title: ComponentChildren;
  label: string;
  items: Item[];
  id?: string;
  /** The list ends where the button ends. */
  atEnd?: boolean;
}) {
  const open = useSignal(false);
  const box = useRef<HTMLDivElement>(null);
  const list = () => [
    ...(box.current?.querySelectorAll<HTMLElement>(
      '[role^=menuitem]:not([aria-disabled=true])',
    ) ?? []),
  ];

  // Before the next key is pressed: it is meant for the list.
  useLayoutEffect(() => {
    if (!open.value) return;
    list()[0]?.focus();
    const away = (event: Event) => {
      if (!box.current?.contains(event.target as Node)) open.value = false;
    };
    document.addEventListener('pointerdown', away);
    return () => document.removeEventListener('pointerdown', away);
  }, [open.value]);

  const close = () => {
    open.value = false;
    box.current?.querySelector<HTMLElement>('button')?.focus();
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (!open.value) {
      if (event.key === 'ArrowDown' && event.target instanceof HTMLButtonElement) {
        event.preventDefault();
        open.value = true;
      }
      return;
    }
    const all = list();
    const at = all.indexOf(document.activeElement as HTMLElement);
    if (event.key === 'Escape') close();
    else if (event.key === 'ArrowDown') all[(at + 1) % all.length]?.focus();
    else if (event.key === 'ArrowUp') all[(at - 1 + all.length) % all.length]?.focus();
    else if (event.key === 'Home') all[0]?.focus();
    else if (event.key === 'End') all.at(-1)?.focus();
    else if (event.key === 'Tab') {
      open.value = false;
      return;
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div class="menu" ref={box} onKeyDown={onKeyDown}>
      <button
        type="button"
        id={id}
        aria-haspopup="menu"
        aria-label={typeof title === 'string' ? undefined : label}
        title={typeof title === 'string' ? undefined : label}
        aria-expanded={open.value}
        onClick={() => {
          open.value = !open.value;
        }}
      >
        {title} <span aria-hidden="true">▾</span>
      </button>
      {open.value && (
        <div class={`menu-list ${atEnd ? 'at-end' : ''}`} role="menu" aria-label={label}>
          {items.map((item) => (
            // biome-ignore lint/a11y/useAriaPropsSupportedByRole: its role has it where it is set
            <button
              type="button"
              key={item.title}
              role={roleOf(item)}
              tabIndex={-1}
              class={item.begins ? 'begins' : ''}
              aria-disabled={item.disabled}
              aria-checked={item.checked}
              onClick={() => {
                if (item.disabled) return;
                if (item.checked === undefined) close();
                item.action();
              }}
            >
              {item.checked !== undefined && (
                <span class="check" aria-hidden="true">
                  {item.checked ? (item.one ? '●' : '✓') : ''}
                </span>
              )}
              {item.title}
              {item.about && <small>{item.about}</small>}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
