// Tabs as ARIA has them: arrows move between them, Tab goes on to the panel.
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { notice } from '../state/store.ts';

interface TabsProps {
  label: string;
  id: string;
  /** `unfit`: why one has nothing to show now. */
  tabs: { name: string; title: ComponentChildren; unfit?: string | undefined }[];
  active: string;
  onChange: (name: string) => void;
}

export function Tabs({ label, id, tabs, active, onChange }: TabsProps) {
  const list = useRef<HTMLDivElement>(null);
  // Where they have no room for all, keys and menus choose one that is out of sight. Only the list
  // is scrolled: scrollIntoView would move all that is around it, too.
  useLayoutEffect(() => {
    const tab = list.current?.querySelector<HTMLElement>('[aria-selected=true]');
    if (!list.current || !tab) return;
    const [outer, inner] = [list.current, tab].map((one) => one.getBoundingClientRect());
    if (inner.left < outer.left) list.current.scrollLeft -= outer.left - inner.left;
    if (inner.right > outer.right) list.current.scrollLeft += inner.right - outer.right;
  }, [active]);
  const usable = tabs.filter((tab) => !tab.unfit);
  const onKeyDown = (event: KeyboardEvent) => {
    const at = usable.findIndex(({ name }) => name === active);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: usable.length - 1 }[
      event.key
    ];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const next = usable[(to + usable.length) % usable.length];
    onChange(next.name);
    document.getElementById(`${id}-tab-${next.name}`)?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label={label} onKeyDown={onKeyDown} ref={list}>
      {tabs.map(({ name, title, unfit }) => (
        <button
          type="button"
          key={name}
          role="tab"
          id={`${id}-tab-${name}`}
          aria-selected={name === active}
          aria-controls={name === active ? `${id}-panel` : undefined}
          tabIndex={name === active ? 0 : -1}
          aria-disabled={unfit !== undefined}
          title={unfit}
          onClick={() => {
            if (unfit) notice.value = unfit;
            else onChange(name);
          }}
        >
          {title}
        </button>
      ))}
    </div>
  );
}
