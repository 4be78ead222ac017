// A panel beside the workbench, or over a narrow one, and the button in the bar that opens it.
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { closePanel, PANEL_WIDTH, panel, panelBeside } from '../state/layout.ts';

type Id = NonNullable<typeof panel.value>;

/** @param unfit why it cannot be opened */
export function PanelButton({
  id,
  unfit,
  about,
  children,
}: {
  id: Id;
  unfit: string | undefined;
  about: string;
  children: ComponentChildren;
}) {
  return (
    <button
      type="button"
      class={`${id}-button`}
      disabled={unfit !== undefined}
      aria-expanded={panel.value === id}
      title={unfit ?? about}
      onClick={() => {
        panel.value = panel.value === id ? undefined : id;
      }}
    >
      {children}
    </button>
  );
}

/** @param join connects with what the panel shows, if it is not yet */
export function Panel({
  id,
  title,
  join,
  children,
}: {
  id: Id;
  title: string;
  join: () => void;
  children: ComponentChildren;
}) {
  const open = panel.value === id;
  const element = useRef<HTMLElement>(null);
  // Before the next key is pressed: it is meant for the panel.
  useLayoutEffect(() => {
    if (!open) return;
    join();
    element.current?.focus();
  }, [open]);
  if (!open) return null;
  return (
    <aside
      class={`panel ${id} ${panelBeside.value ? '' : 'over'}`}
      style={{ width: `${PANEL_WIDTH}px` }}
      aria-label={title}
      ref={element}
      tabIndex={-1}
      onKeyDown={(event) => {
        // Keys of the page are not meant where one writes.
        event.stopPropagation();
        if (event.key === 'Escape') closePanel();
      }}
    >
      <header>
        <h2>{title}</h2>
        <button type="button" class="small" aria-label="Close the panel" onClick={closePanel}>
          ×
        </button>
      </header>
      {children}
    </aside>
  );
}
