// `node scripts/generate/rules.mjs`: writes docs/rules.md, each rule of the inspector explained,
// from what the page says of it. A test compares.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { families } from '../../www/src/rules/index.js';
import { peersOn, provenance } from '../../www/src/rules/words.js';
import { root, whenStarted } from '../lib.mjs';

const file = join(root, 'docs/rules.md');

/** @param {string} text */
const cell = (text) => text.replaceAll('|', '\\|');

/** The RFC's underscores and asterisks are no emphasis. @param {string} text */
const verbatim = (text) => text.replace(/[_*|]/g, '\\$&');

/** @param {string} rfc @param {string} section */
const link = (rfc, section) =>
  `[${rfc}, section ${section}](https://www.rfc-editor.org/rfc/rfc${rfc.slice(4)}.html#section-${section})`;

/** @param {string} rule @param {import('../../www/src/rules/types.js').Explanation} explanation */
function entry(rule, explanation) {
  const { quote, rfc, section, cause, mend, note } = explanation;
  const peers = peersOn(rule, explanation);
  const rows = peers.map(
    ({ peer, says, url }) =>
      `| ${peer} | ${cell(says)}${url ? ` ([its documentation](${url}))` : ''} |`,
  );
  const table = peers.length
    ? `\n| Peer | What it does |\n| --- | --- |\n${rows.join('\n')}\n${note ? `\n${note}\n` : ''}`
    : '';
  return `### ${rule}

> ${verbatim(quote)}
>
> ${link(rfc, section)}

**Cause.** ${cause}

**Mend.** ${mend}
${table}`;
}

export const render = () => `# The inspector's rules, explained

For whoever has an error before them: what the RFC says, the usual cause, what peers do on it, and how
to mend it. The [inspector](inspector.md) opens the same text at each error; \`ws4wasm dump --rules\` lists the rules in
short.

${provenance} “Sends Close” is what goes over the wire; “tells its application” is the code in the close event. ws
is measured as a server and as a client, the others as clients, nginx as the proxy of [operations.md](operations.md#nginx).

\`node scripts/generate/rules.mjs\` writes this file, and \`node tests/inspect/peers-on-rules.mjs\` measures anew. Tests
hold it to the list of rules, and ws to what is said of it.

${families
  .map(
    ({ title, rules }) =>
      `## ${title}\n\n${Object.entries(rules)
        .map(([rule, explanation]) => entry(rule, explanation))
        .join('\n')}`,
  )
  .join('\n')}`;

export const written = () => readFileSync(file, 'utf8');

whenStarted(import.meta.url, () => writeFileSync(file, render()));
