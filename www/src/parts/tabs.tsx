// Tabs as ARIA has them: arrows move between them, Tab goes on to the panel.
import type { ComponentChildren } from 'preact';
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
    <div class="tabs" role="tablist" aria-label={label} onKeyDown={onKeyDown}>
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
