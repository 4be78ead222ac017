// Writes docs/closing.md: the picture of the table that connections end by. A test checks that
// the file is up to date.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CLOSING } from '../../js/connection/closing.js';
import { root, whenStarted } from '../lib.mjs';

export const path = join(root, 'docs/closing.md');

/** A Mermaid state diagram: each arrow is an event, then what is done. */
export function diagram() {
  const lines = ['stateDiagram-v2', '  [*] --> open'];
  for (const [state, events] of Object.entries(CLOSING)) {
    for (const [event, [next, ...actions]] of Object.entries(events)) {
      lines.push(`  ${state} --> ${next}: ${event} / ${actions.join(', ')}`);
    }
  }
  return `${lines.join('\n')}\n  closed --> [*]\n`;
}

export function page() {
  return `# How a connection ends

Which code a program is told when a connection is over, and what the two ends do until then.

## What \`closed(code, reason)\` reports

| end | code |
|---|---|
| the peer's close frame | its code; 1005 when it has none |
| the peer broke a rule | the code that told it: 1002, 1007 or 1009 |
| a handler or a source of this side failed | 1011, whatever the peer answers |
| no closing handshake: end, reset, time-out, \`closeConnection()\` | 1006, with the transport's error as the reason |

1005 and 1006 are never sent. \`ws.closeCode\` and \`ws.closeReason\` say the same once it is over,
for those who come late. After \`close()\`, as in browsers, messages that still come are not
delivered, unless \`deliverWhileClosing\` is set.

A peer that ends its side without a close frame may still read: what it asked for is answered. The
\`end\` of the table comes when handlers and loops that are under way have come to rest, or after
\`closeTimeout\`; then what was sent before leaves, and then the transport ends. While bytes are
taken, 256 a second at least, the closing timer begins anew in \`closeSent\` and \`ending\`: a slow
reader is not cut off.

Messages that came before the end are delivered before \`closed\`. When their handlers take long,
the connection is over meanwhile (\`readyState\` is 3); and when one takes longer than
\`closeTimeout\`, \`closed\` does not wait for it.

## The way there

An arrow reads \`event / actions\`, in the order in which they are done. The picture is drawn by
\`node scripts/generate/closing-diagram.mjs\` from the table in
[js/connection/closing.js](../js/connection/closing.js), which says what the states, events and
actions are, and whose \`Closing\` runs it.

\`\`\`mermaid
${diagram()}\`\`\`
`;
}

whenStarted(import.meta.url, async () => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, page());
});
