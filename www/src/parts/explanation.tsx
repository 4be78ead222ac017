// A rule explained: what the RFC says, why it is broken, what peers do then, how to mend it.
import { useSignal } from '@preact/signals';
import { useId } from 'preact/hooks';
import { sectionUrl } from '../format.ts';
import { explanations } from '../rules/index.js';
import { peersOn, provenance } from '../rules/words.js';

/** A button, and what it opens. */
export function Explain({ rule }: { rule: string }) {
  const open = useSignal(false);
  const id = useId();
  if (!explanations.has(rule)) return null;
  return (
    <div class="explain">
      <button
        type="button"
        class="small"
        aria-expanded={open.value}
        aria-controls={id}
        onClick={() => {
          open.value = !open.value;
        }}
      >
        <span aria-hidden="true">{open.value ? '▾' : '▸'}</span> Explain {rule}
      </button>
      <div id={id} class="explanation" hidden={!open.value}>
        {open.value && <Explanation rule={rule} />}
      </div>
    </div>
  );
}

function Explanation({ rule }: { rule: string }) {
  const explanation = explanations.get(rule);
  if (!explanation) return null;
  const { quote, rfc, section, cause, mend, note } = explanation;
  const peers = peersOn(rule, explanation);
  const url = sectionUrl(rfc, section);
  return (
    <>
      <blockquote cite={url}>
        <p>{quote}</p>
        <footer>
          <a href={url} target="_blank" rel="noreferrer">
            {rfc}, section {section}
          </a>
        </footer>
      </blockquote>
      <dl>
        <dt>The usual cause</dt>
        <dd>{cause}</dd>
        <dt>How to mend it</dt>
        <dd>{mend}</dd>
      </dl>
      {peers.length > 0 && (
        <>
          <table>
            <caption>What peers do</caption>
            <tbody>
              {peers.map(({ peer, says, url: source }) => (
                <tr key={peer}>
                  <th scope="row">{peer}</th>
                  <td>
                    {says}
                    {source && (
                      <>
                        {' '}
                        <a href={source} target="_blank" rel="noreferrer">
                          Its documentation
                        </a>
                      </>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          <p class="hint">
            {note && `${note} `}
            {provenance}
          </p>
        </>
      )}
    </>
  );
}
