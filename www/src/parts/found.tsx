// A text in which what is looked for is marked.
import { needle, pieces } from '../state/find.ts';

export function Found({ text }: { text: string }) {
  const all = pieces(text, needle.value);
  if (all.length === 1) return <>{text}</>;
  return (
    <>
      {all.map((piece, i) =>
        i % 2 ? (
          <mark class="found" key={i}>
            {piece}
          </mark>
        ) : (
          piece
        ),
      )}
    </>
  );
}
