// Tabs as ARIA has them: arrows move between them, Tab goes on to the panel.
import type { ComponentChildren } from 'preact';

interface TabsProps {
  label: string;
  id: string;
  tabs: { name: string; title: ComponentChildren; disabled?: boolean }[];
  active: string;
  onChange: (name: string) => void;
}

export function Tabs({ label, id, tabs, active, onChange }: TabsProps) {
  const usable = tabs.filter((tab) => !tab.disabled);
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
      {tabs.map(({ name, title, disabled }) => (
        <button
          type="button"
          key={name}
          role="tab"
          id={`${id}-tab-${name}`}
          aria-selected={name === active}
          aria-controls={name === active ? `${id}-panel` : undefined}
          tabIndex={name === active ? 0 : -1}
          disabled={disabled}
          onClick={() => onChange(name)}
        >
          {title}
        </button>
      ))}
    </div>
  );
}
