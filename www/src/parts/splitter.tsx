// A bar between two panes that makes one larger and the other smaller: the window splitter of
// ARIA, by mouse, touch and keys.
import type { Signal } from '@preact/signals';
import { useRef } from 'preact/hooks';

const STEP = 16;
const LEAP = 64;

interface SplitterProps {
  label: string;
  /** The element whose size it is. */
  controls: string;
  /** In pixels. */
  size: Signal<number>;
  limits: { least: number; most: number; initial: number };
  /** Panes beside each other have an upright bar. */
  upright: boolean;
  /** The pane is right of the bar, or below it: it grows as the bar moves to the left, or up. */
  after: boolean;
}

export function Splitter({ label, controls, size, limits, upright, after }: SplitterProps) {
  const { least, most, initial } = limits;
  const drag = useRef<{ at: number; size: number } | undefined>(undefined);
  const set = (pixels: number) => {
    size.value = Math.round(Math.min(most, Math.max(least, pixels)));
  };
  const place = (event: PointerEvent) => (upright ? event.clientX : event.clientY);
  /** What is seen, which may be less than what is wanted where there is no room. */
  const shown = () => {
    const box = document.getElementById(controls)?.getBoundingClientRect();
    return (upright ? box?.width : box?.height) ?? size.value;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const by = event.shiftKey ? LEAP : STEP;
    const sign = after ? -1 : 1;
    const to: Record<string, number> = {
      [upright ? 'ArrowRight' : 'ArrowDown']: shown() + sign * by,
      [upright ? 'ArrowLeft' : 'ArrowUp']: shown() - sign * by,
      Home: least,
      End: most,
      Enter: initial,
    };
    if (!(event.key in to)) return;
    event.preventDefault();
    event.stopPropagation();
    set(to[event.key]);
  };
  return (
    <div
      class={`splitter ${upright ? 'upright' : 'flat'}`}
      role="separator"
      tabIndex={0}
      aria-label={label}
      aria-controls={controls}
      aria-orientation={upright ? 'vertical' : 'horizontal'}
      aria-valuenow={size.value}
      aria-valuemin={least}
      aria-valuemax={most}
      title={`${label}: drag, or use the arrow keys; Enter or a double click sets it back`}
      onKeyDown={onKeyDown}
      onDblClick={() => set(initial)}
      onPointerDown={(event) => {
        event.preventDefault();
        event.currentTarget.focus();
        event.currentTarget.setPointerCapture(event.pointerId);
        drag.current = { at: place(event), size: shown() };
      }}
      onPointerMove={(event) => {
        if (!drag.current) return;
        const moved = place(event) - drag.current.at;
        set(drag.current.size + (after ? -moved : moved));
      }}
      onLostPointerCapture={() => {
        drag.current = undefined;
      }}
    />
  );
}
