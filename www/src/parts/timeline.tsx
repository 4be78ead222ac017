// Time by size: what the client sent above, what the server sent below. Drawing a range with
// the mouse, or by the keys, filters by time.
import { type Signal, useComputed, useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Timeline as Found } from 'ws4wasm/inspect';
import { duration, size } from '../format.ts';
import * as store from '../state/store.ts';
import { shownTheme } from '../state/theme.ts';
import { call } from '../worker/rpc.ts';

const HEIGHT = 96;
/** Time between two looks at traffic that grows, in milliseconds. */
const REFRESH = 500;
/** Rows come first: whoever types a filter has typed on before this, in milliseconds. */
const PAUSE = 120;

/** A length as a height: sizes range over nine orders of magnitude. */
const height = (length: number) => Math.log10(length + 1) + 0.35;

const colour = (name: string) =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

type Series = (number | null)[];

/** x, then c2s data, s2c data, control marks, errors; the server's lane is below zero. */
function dataOf(found: Found): uPlot.AlignedData {
  const x: number[] = [];
  const data: [Series, Series, Series, Series] = [[], [], [], []];
  const add = (time: number, side: 0 | 1, length: number, control: boolean, error: boolean) => {
    const y = side ? -height(length) : height(length);
    x.push(time / 1000);
    data[0].push(side === 0 && !control ? y : null);
    data[1].push(side === 1 && !control ? y : null);
    data[2].push(control ? y : null);
    data[3].push(error ? y : null);
  };
  if (found.points) {
    const { time, length, flags } = found.points;
    for (let i = 0; i < time.length; i++) {
      const flag = flags[i];
      add(time[i], (flag & 1) as 0 | 1, length[i], (flag & 2) !== 0, (flag & 4) !== 0);
    }
  } else {
    for (let i = 0; i < found.columns; i++) {
      const at = found.from + (i + 0.5) * found.step;
      for (const [side, lane] of [found.c2s, found.s2c].entries()) {
        if (!lane.frames[i]) continue;
        const onlyControl = lane.control[i] === lane.frames[i];
        add(at, side as 0 | 1, lane.longest[i], onlyControl, lane.errors[i] > 0);
      }
    }
  }
  return [x, ...data] as unknown as uPlot.AlignedData;
}

/** Marks differ by shape, not by colour alone: bars for data, rings for control, crosses for errors. */
const bars: uPlot.Series.Points.Show = () => false;

function draw(u: uPlot, series: number, shape: 'bar' | 'ring' | 'cross', paint: string) {
  const { ctx } = u;
  const ratio = devicePixelRatio;
  const zero = u.valToPos(0, 'y', true);
  const xs = u.data[0];
  const ys = u.data[series];
  const { min = 0, max = 0 } = u.scales.x;
  ctx.save();
  ctx.beginPath();
  ctx.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height);
  ctx.clip();
  ctx.strokeStyle = paint;
  ctx.lineWidth = (shape === 'bar' ? 1.5 : 1.6) * ratio;
  ctx.beginPath();
  for (let i = 0; i < xs.length; i++) {
    const value = ys[i];
    if (value === null || value === undefined || xs[i] < min || xs[i] > max) continue;
    const px = u.valToPos(xs[i], 'x', true);
    const py = u.valToPos(value, 'y', true);
    if (shape === 'bar') {
      ctx.moveTo(px, zero);
      ctx.lineTo(px, py);
    } else if (shape === 'ring') {
      const r = 2.6 * ratio;
      ctx.moveTo(px + r, py);
      ctx.arc(px, py, r, 0, 2 * Math.PI);
    } else {
      const r = 4 * ratio;
      ctx.moveTo(px - r, py - r);
      ctx.lineTo(px + r, py + r);
      ctx.moveTo(px + r, py - r);
      ctx.lineTo(px - r, py + r);
    }
  }
  ctx.stroke();
  ctx.restore();
}

/** A part of the time, in seconds; undefined: all of it. */
type Zoom = [from: number, to: number] | undefined;

/** By how much a turn of the wheel, or a button, zooms. */
const ZOOM_STEP = 1.35;
/** No part is shorter, in seconds. */
const SHORTEST = 1e-6;

/** '2.5 s', or '1:30' where there are minutes: all ticks alike. */
function tickOf(tick: number, ticks: number[]) {
  const step = ticks.length > 1 ? ticks[1] - ticks[0] : 1;
  const last = ticks.at(-1) ?? 0;
  if (last >= 60 && step >= 1) {
    return `${Math.floor(tick / 60)}:${String(Math.round(tick % 60)).padStart(2, '0')}`;
  }
  const [unit, scale] = last >= 1 ? ['s', 1] : last >= 1e-3 ? ['ms', 1e3] : ['µs', 1e6];
  const digits = Math.max(0, -Math.floor(Math.log10(step * scale) + 1e-9));
  return `${(tick * scale).toFixed(Math.min(6, digits))} ${unit}`;
}

function optionsFor(
  width: number,
  onSelect: (from: number, to: number) => void,
  zoom: Signal<Zoom>,
): uPlot.Options {
  const grid = { stroke: colour('line'), width: 1 };
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false } },
    scales: {
      x: {
        time: false,
        range: (_, min, max) => {
          if (zoom.peek()) return zoom.peek() as [number, number];
          const spread = Math.max(max - min, 1e-6);
          return [min - spread * 0.01, max + spread * 0.01];
        },
      },
      y: {
        range: (_, min, max) => {
          const most = Math.max(1, Math.abs(min), Math.abs(max)) * 1.1;
          return [-most, most];
        },
      },
    },
    axes: [
      {
        stroke: colour('quiet'),
        grid,
        ticks: grid,
        size: 26,
        space: 84,
        font: '11px system-ui, sans-serif',
        values: (_, ticks) => ticks.map((tick) => tickOf(tick, ticks)),
      },
      {
        stroke: colour('quiet'),
        grid,
        ticks: { show: false },
        size: 56,
        font: '11px system-ui, sans-serif',
        splits: (u) => {
          const most = Math.floor(u.scales.y.max ?? 1);
          const step = Math.max(1, Math.ceil(most / 2));
          const up = [];
          for (let n = step; n <= most; n += step) up.push(n + 0.35);
          return [...up.map((n) => -n).reverse(), 0, ...up];
        },
        values: (_, splits) =>
          splits.map((y) => (y === 0 ? '' : size(10 ** (Math.abs(y) - 0.35)))),
      },
    ],
    series: [{}, ...Array.from({ length: 4 }, () => ({ show: true, points: { show: bars } }))],
    hooks: {
      draw: [
        (u) => {
          draw(u, 1, 'bar', colour('c2s'));
          draw(u, 2, 'bar', colour('s2c'));
          draw(u, 3, 'ring', colour('quiet'));
          draw(u, 4, 'cross', colour('bad'));
          const frame = store.detail.peek();
          if (!frame) return;
          const x = u.valToPos(frame.row.time / 1000, 'x', true);
          u.ctx.save();
          u.ctx.strokeStyle = colour('text');
          u.ctx.setLineDash([4, 3]);
          u.ctx.beginPath();
          u.ctx.moveTo(x, u.bbox.top);
          u.ctx.lineTo(x, u.bbox.top + u.bbox.height);
          u.ctx.stroke();
          u.ctx.restore();
        },
      ],
      setSelect: [
        (u) => {
          const { left, width } = u.select;
          if (width < 3) return;
          onSelect(u.posToVal(left, 'x'), u.posToVal(left + width, 'x'));
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  };
}

const RANGE = /\btime:([\d.]+?)s\.\.([\d.]+)s/;

/** Steps of the sliders over all of the time. */
const STEPS = 200;

/** Replaces an earlier range, and keeps what else there is. */
function brush(from: number, to: number) {
  const range = `time:${Math.max(0, from).toFixed(6)}s..${Math.max(0, to).toFixed(6)}s`;
  const typed = store.filterText.peek().trim();
  if (RANGE.test(typed)) store.filterText.value = typed.replace(RANGE, range);
  else store.filterText.value = typed ? `(${typed}) and ${range}` : range;
}

export function Timeline() {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const found = useSignal<Found | undefined>(undefined);
  const busy = useRef(false);
  const again = useRef(false);
  const due = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  /** Bytes alone have no times. */
  const some = useComputed(() => {
    const { start = 0, end = 0 } = store.totals.value ?? {};
    return store.rows.value > 0 && (start > 0 || end > 0);
  });
  const zoom = useSignal<Zoom>(undefined);
  /** All of the time there is, in seconds, as it was before a part of it was chosen. */
  const whole = useSignal<[number, number]>([0, 0]);

  const look = () => {
    if (busy.current) {
      again.current = true;
      return;
    }
    busy.current = true;
    const columns = Math.max(100, Math.min(2000, (box.current?.clientWidth ?? 800) - 60));
    const part = zoom.peek();
    void call('timeline', columns, part && [part[0] * 1000, part[1] * 1000])
      .then((timeline) => {
        found.value = timeline;
        if (!part && !RANGE.test(store.filterText.peek())) {
          const { from, step, columns } = timeline;
          whole.value = [from / 1000, (from + step * columns) / 1000];
        }
      })
      .catch(() => {})
      .finally(() => {
        setTimeout(
          () => {
            busy.current = false;
            if (!again.current) return;
            again.current = false;
            look();
          },
          store.reading.peek() ? REFRESH : 0,
        );
      });
  };
  // What is opened next has another time.
  useSignalEffect(() => {
    void store.origin.value;
    zoom.value = undefined;
  });
  useSignalEffect(() => {
    void zoom.value;
    void store.progress.value?.revision;
    void store.viewVersion.value;
    void store.rows.value;
    // While much is read there is always something new, which must not put it off for ever.
    if (due.current && store.reading.peek()) return;
    clearTimeout(due.current);
    due.current = setTimeout(() => {
      due.current = undefined;
      look();
    }, PAUSE);
  });

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new ResizeObserver(() => {
      plot.current?.setSize({ width: element.clientWidth, height: HEIGHT });
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  // Colours are read when it is made: another theme, another plot.
  const theme = useRef('');
  useSignalEffect(() => {
    const now = found.value;
    const element = box.current;
    if (!element || !now) return;
    const data = dataOf(now);
    // So does one that had no data: it would keep the scales of nothing.
    if (theme.current !== shownTheme.value || data[0].length === 0) {
      plot.current?.destroy();
      plot.current = undefined;
    }
    theme.current = shownTheme.value;
    if (plot.current) plot.current.setData(data);
    else if (data[0].length) {
      plot.current = new uPlot(optionsFor(element.clientWidth, brush, zoom), data, element);
    }
  });

  useSignalEffect(() => {
    void store.detail.value;
    plot.current?.redraw(false);
  });

  /** Around a place of the time, in seconds; never beyond all of it. */
  const zoomBy = (factor: number, around?: number) => {
    const [from, to] = zoom.peek() ?? whole.peek();
    const middle = around ?? (from + to) / 2;
    const [first, last] = whole.peek();
    const low = Math.max(first, middle - (middle - from) / factor);
    const high = Math.min(last, middle + (to - middle) / factor);
    if (high - low < SHORTEST) return;
    zoom.value = low <= first && high >= last ? undefined : [low, high];
    plot.current?.setScale('x', { min: low, max: high });
  };
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    // Not passive: the page must not scroll as well.
    const onWheel = (event: WheelEvent) => {
      const u = plot.current;
      if (!u) return;
      event.preventDefault();
      const at = event.clientX - u.over.getBoundingClientRect().left;
      zoomBy(event.deltaY < 0 ? ZOOM_STEP : 1 / ZOOM_STEP, u.posToVal(at, 'x'));
    };
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => element.removeEventListener('wheel', onWheel);
  }, []);

  const brushed = RANGE.exec(store.filterText.value);
  const [start, end] = whole.value;
  const from = brushed ? Number(brushed[1]) : start;
  const to = brushed ? Number(brushed[2]) : end;
  /** By keys what dragging is by mouse: one end of the range. */
  const slider = (name: string, value: number, choose: (value: number) => void) => (
    <label>
      {name}
      <input
        type="range"
        min={start}
        max={end}
        step={(end - start) / STEPS || 1}
        value={value}
        disabled={end <= start}
        aria-label={`Time ${name}`}
        aria-valuetext={duration(value * 1000)}
        onInput={(event) => choose(Number(event.currentTarget.value))}
      />
    </label>
  );
  return (
    <section class="timeline" aria-label="Timeline" hidden={!some.value}>
      <div
        ref={box}
        role="img"
        aria-label={describe(found.value)}
        title="Drag to filter by time; the wheel zooms"
        onDblClick={() => zoomBy(0)}
      />
      <p class="timeline-note">
        <span>
          <span class="c2s">→ to the server</span> <span class="s2c">← to the client</span> ○
          control <span class="bad">✕ error</span>
        </span>
        <span class="zoom">
          <button
            type="button"
            class="small"
            aria-label="Zoom out"
            aria-disabled={!zoom.value}
            onClick={() => zoomBy(1 / ZOOM_STEP)}
          >
            −
          </button>
          <button
            type="button"
            class="small"
            aria-label="Zoom in"
            onClick={() => zoomBy(ZOOM_STEP)}
          >
            +
          </button>
        </span>
        {brushed ? (
          <button
            type="button"
            class="small all-time"
            onClick={() => {
              zoom.value = undefined;
              store.filterText.value = store.filterText.value
                .replace(new RegExp(`\\s*(and\\s+)?${RANGE.source}`), '')
                .replace(/^\((.*)\)$/, '$1')
                .trim();
            }}
          >
            All of the time
          </button>
        ) : null}
        <span class="range">
          {slider('from', from, (value) => brush(Math.min(value, to), to))}
          {slider('to', to, (value) => brush(from, Math.max(value, from)))}
        </span>
      </p>
    </section>
  );
}

function describe(found: Found | undefined) {
  if (!found) return 'Time by size';
  const sum = (lane: Found['c2s']) => lane.frames.reduce((a, b) => a + b, 0);
  const errors = [found.c2s, found.s2c].reduce(
    (a, lane) => a + lane.errors.reduce((x, y) => x + y, 0),
    0,
  );
  return `Time by size: ${sum(found.c2s)} frames to the server, ${sum(found.s2c)} to the client, ${errors} with errors, in ${duration(found.step * found.columns)}`;
}
