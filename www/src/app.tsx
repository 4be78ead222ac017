// The page as a whole.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { plural, size } from './format.ts';
import { ActButton, ActPanel } from './parts/act.tsx';
import { Connections } from './parts/connections.tsx';
import { Detail, ExportMenu } from './parts/detail.tsx';
import { GotoDialog, HelpDialog, PasteDialog } from './parts/dialogs.tsx';
import { FilterBar } from './parts/filter-bar.tsx';
import { FindBar } from './parts/find-bar.tsx';
import { Frames } from './parts/frames.tsx';
import { Menu } from './parts/menu.tsx';
import { ReplayButton, ReplayPanel } from './parts/replay.tsx';
import { SiteLink } from './parts/site-link.tsx';
import { Splitter } from './parts/splitter.tsx';
import { Timeline } from './parts/timeline.tsx';
import {
  cancel,
  canWatch,
  openFiles,
  openLive,
  openSample,
  openText,
} from './state/actions.ts';
import {
  CONNECTIONS,
  connectionsWidth,
  DETAIL_HEIGHT,
  DETAIL_WIDTH,
  detailHeight,
  detailWidth,
  docked,
  hasColumn,
  hasTimeline,
} from './state/layout.ts';
import { samples } from './state/samples.ts';
import * as store from './state/store.ts';
import { shownTheme, switchTheme } from './state/theme.ts';

export function App() {
  const dropping = useDrop();
  usePaste();
  return (
    <>
      <Bar />
      {store.problem.value && (
        <div class="banner" role="alert">
          <span class="mark error">✖</span> {store.problem.value}
          <button
            type="button"
            class="small"
            aria-label="Dismiss"
            onClick={() => {
              store.problem.value = undefined;
            }}
          >
            ×
          </button>
        </div>
      )}
      {store.origin.value && <Notes />}
      <div class="room">
        {store.origin.value ? <Workbench /> : <Welcome />}
        <ActPanel />
        <ReplayPanel />
      </div>
      <Status />
      <PasteDialog />
      <GotoDialog />
      <HelpDialog />
      {dropping && <div class="drop">Drop it here</div>}
    </>
  );
}

function Workbench() {
  const where = docked.value;
  return (
    <main
      class={`workbench dock-${where}`}
      style={{
        '--connections': `${connectionsWidth.value}px`,
        '--detail-width': `${detailWidth.value}px`,
        '--detail-height': `${detailHeight.value}px`,
      }}
    >
      {hasColumn.value && (
        <>
          <Connections />
          <Splitter
            label="Width of the connections"
            controls="connections"
            size={connectionsWidth}
            limits={CONNECTIONS}
            upright
            after={false}
          />
        </>
      )}
      <div class="panes">
        <div class="table">
          <FilterBar />
          <FindBar />
          {hasTimeline.value && <Timeline />}
          <Frames />
        </div>
        {where !== 'drawer' && !store.waiting.value && (
          <Splitter
            key={where}
            label={where === 'right' ? 'Width of the details' : 'Height of the details'}
            controls="details"
            size={where === 'right' ? detailWidth : detailHeight}
            limits={where === 'right' ? DETAIL_WIDTH : DETAIL_HEIGHT}
            upright={where === 'right'}
            after
          />
        )}
        {!store.waiting.value && <Detail />}
      </div>
    </main>
  );
}

/** What the source could not read. */
function Notes() {
  const notes = store.totals.value?.notes ?? [];
  const dismissed = useSignal<unknown>(undefined);
  if (notes.length === 0 || dismissed.value === store.origin.value) return null;
  return (
    <div class="notes">
      <details>
        <summary>
          <span class="mark warning">▲</span> {plural(notes.length, 'note')} about the capture
          {notes.length === 1 && `: ${notes[0]}`}
        </summary>
        <ul>
          {notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      </details>
      <button
        type="button"
        class="small"
        aria-label="Dismiss the notes"
        onClick={() => {
          dismissed.value = store.origin.value;
        }}
      >
        ×
      </button>
    </div>
  );
}

function Bar() {
  return (
    <header class="bar">
      <h1>
        <svg viewBox="0 0 16 16" aria-hidden="true">
          <rect width="16" height="16" rx="4" />
          <path d="M3 5l2.5 6L8 6l2.5 5L13 5" />
        </svg>
        ws4wasm <span>inspector</span>
      </h1>
      <nav class="tools" aria-label="Open and save">
        <input
          id="file"
          type="file"
          multiple
          class="unseen"
          tabIndex={-1}
          aria-label="A capture, a browser's log, raw bytes, or a key log"
          onChange={(event) => {
            const input = event.currentTarget;
            void openFiles(input.files ?? []).then(() => {
              input.value = '';
            });
          }}
        />
        <button type="button" onClick={() => document.getElementById('file')?.click()}>
          Open…
        </button>
        <button
          type="button"
          onClick={() => {
            store.pasteOpen.value = true;
          }}
        >
          Paste…
        </button>
        <Menu
          title="Samples"
          label="Samples"
          items={samples.map(({ name, title, about }) => ({
            title,
            about,
            action: () => void openSample(name),
          }))}
        />
        {canWatch && (
          <button type="button" aria-pressed={store.live.value} onClick={() => void openLive()}>
            Live
          </button>
        )}
        {store.origin.value && <ExportMenu />}
        <ActButton />
        <ReplayButton />
        <SiteLink />
      </nav>
      <div class="tools end">
        <span
          class="privacy"
          title="What you open is read by this page alone. It can connect to nothing but the server it came from."
        >
          <svg viewBox="0 0 16 16" aria-hidden="true">
            <rect x="3" y="7" width="10" height="7" rx="1.5" />
            <path d="M5.2 7V5a2.8 2.8 0 0 1 5.6 0v2" />
          </svg>{' '}
          <span>Nothing leaves this page</span>
        </span>
        <button
          type="button"
          onClick={switchTheme}
          aria-label={shownTheme.value === 'dark' ? 'Light theme' : 'Dark theme'}
          title="Light or dark (l)"
        >
          {shownTheme.value === 'dark' ? '☀' : '☾'}
        </button>
        <button
          type="button"
          onClick={() => {
            store.helpOpen.value = true;
          }}
          aria-label="Help: keys and filters"
          title="Keys and filters (?)"
        >
          ?
        </button>
      </div>
    </header>
  );
}

function Welcome() {
  return (
    <main class="welcome">
      <h2>See every bit of a WebSocket conversation</h2>
      <p>
        Drop a capture here (pcap, pcapng, a net-log of Chrome, HAR, flows of mitmproxy, raw
        bytes; gzipped too), paste bytes, or take a sample. Every frame is shown bit by bit,
        with everything that is wrong with it. For <code>wss:</code> drop the key log as well (
        <code>SSLKEYLOGFILE</code>). Nothing leaves this page.
      </p>
      <div class="buttons">
        <button
          type="button"
          class="main"
          onClick={() => document.getElementById('file')?.click()}
        >
          Open a file
        </button>
        <button
          type="button"
          onClick={() => {
            store.pasteOpen.value = true;
          }}
        >
          Paste bytes
        </button>
        {canWatch && (
          <button type="button" onClick={() => void openLive()}>
            Watch this server live
          </button>
        )}
      </div>
      <h3>Samples</h3>
      <ul class="cards">
        {samples.map(({ name, title, about }) => (
          <li key={name}>
            <button type="button" onClick={() => void openSample(name)}>
              <b>{title}</b>
              <span>{about}</span>
            </button>
          </li>
        ))}
      </ul>
    </main>
  );
}

function Status() {
  const now = store.progress.value;
  const reading = store.reading.value;
  const origin = store.origin.value;
  return (
    <footer class="status">
      {origin && (
        <span class="source">
          {store.live.value && (
            <span class={`live ${reading ? 'on' : ''}`}>{reading ? '● live' : '○ ended'}</span>
          )}{' '}
          {origin.name}
          {now &&
            now.totals.format !== 'unknown' &&
            !store.live.value &&
            ` · ${now.totals.format}`}
        </span>
      )}
      {store.keyLogs.value.length > 0 && (
        <span title={`Keys of ${store.keyLogs.value.join(', ')}; a reload forgets them`}>
          {plural(store.keyLogs.value.length, 'key log')}
        </span>
      )}
      {now && (
        <span>
          {plural(now.totals.frames, 'frame')} · {size(now.totals.input)}
          {!store.live.value && ` · ${(now.elapsed / 1000).toFixed(2)} s`}
          {now.totals.truncated && ' · not all of it fits in memory'}
        </span>
      )}
      {reading && !store.live.value && now && now.size > 0 && (
        <progress max={now.size} value={now.read} aria-label="Read">
          {Math.round((100 * now.read) / now.size)} %
        </progress>
      )}
      {reading && (
        <button type="button" class="small" onClick={cancel}>
          {store.live.value ? 'Stop' : 'Cancel'}
        </button>
      )}
      <span class="notice" role="status">
        {store.notice.value}
      </span>
      <span class="quiet keys">
        <kbd>?</kbd> keys
      </span>
    </footer>
  );
}

/** Files can be dropped anywhere. */
function useDrop() {
  const dropping = useSignal(false);
  useEffect(() => {
    const over = (event: DragEvent) => {
      if (!event.dataTransfer?.types.some((type) => type === 'Files' || type === 'text/plain'))
        return;
      event.preventDefault();
      dropping.value = true;
    };
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) dropping.value = false;
    };
    const drop = (event: DragEvent) => {
      event.preventDefault();
      dropping.value = false;
      const { files } = event.dataTransfer ?? {};
      if (files?.length) void openFiles(files);
      else {
        const text = event.dataTransfer?.getData('text/plain');
        if (text) void openText(text);
      }
    };
    document.addEventListener('dragover', over);
    document.addEventListener('dragleave', leave);
    document.addEventListener('drop', drop);
    return () => {
      document.removeEventListener('dragover', over);
      document.removeEventListener('dragleave', leave);
      document.removeEventListener('drop', drop);
    };
  }, []);
  return dropping.value;
}

/** Ctrl+V anywhere but in a field. */
function usePaste() {
  useEffect(() => {
    const paste = (event: ClipboardEvent) => {
      const { target, clipboardData } = event;
      if (target instanceof HTMLElement && target.closest('input, textarea')) return;
      const files = clipboardData?.files;
      if (files?.length) void openFiles(files);
      else {
        const text = clipboardData?.getData('text/plain');
        if (text?.trim()) void openText(text);
      }
      event.preventDefault();
    };
    document.addEventListener('paste', paste);
    return () => document.removeEventListener('paste', paste);
  }, []);
}
