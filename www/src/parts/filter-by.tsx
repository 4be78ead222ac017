// A value that filters by itself.
import type { ComponentChildren } from 'preact';
import { filterFor } from '../state/actions.ts';

export function FilterBy({
  condition,
  children,
}: {
  condition: string;
  children: ComponentChildren;
}) {
  return (
    <button
      type="button"
      class="filter-by"
      title={`Filter by it: ${condition}`}
      onClick={(event) => {
        event.stopPropagation();
        filterFor(condition);
      }}
    >
      {children}
    </button>
  );
}
