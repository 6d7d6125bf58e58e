/** Keys that were meant to be others. */
import type { EntryForm } from '../clients/client.js';

/** Evident slips, with the key that was meant. `env` and addresses have rules of their own. */
const SLIPS: [RegExp, (form: EntryForm) => string | null][] = [
  [/^(?:arguments?|arg|params|parameters|argv)$/i, ({ args }) => args],
  [/^(?:commands?|com+and|comm?nad|comand|executable|program)$/i, ({ command }) => command.key],
  [/^(?:headres|header|haeders|heders|httpheaders|http_headers|requestheaders)$/i, ({ headers }) => headers ?? null],
  [/^(?:disable|disabeld|dissabled)$/i, ({ off }) => off?.find(({ key }) => key === 'disabled')?.key ?? null],
  [/^(?:enable|enabeld|isenabled)$/i, ({ off }) => off?.find(({ key }) => key === 'enabled')?.key ?? null],
  [/^(?:typ|tpye|transporttype)$/i, ({ type }) => type.key],
  [/^(?:workingdir(?:ectory)?|working_directory|workdir)$/i, ({ cwd }) => cwd],
];

/** Steps from one word to another: letters put in, taken out, exchanged, or swapped with their neighbour. */
function distance(a: string, b: string): number {
  const rows: number[][] = Array.from({ length: a.length + 1 }, (_, i) => [i]);
  const at = (i: number, j: number): number => rows[i]?.[j] ?? Number.POSITIVE_INFINITY;
  for (let j = 0; j <= b.length; j++) (rows[0] as number[])[j] = j;
  for (let i = 1; i <= a.length; i++)
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      const swap = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(i - 2, j - 2) + 1 : Number.POSITIVE_INFINITY;
      (rows[i] as number[])[j] = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + same, swap);
    }
  return at(a.length, b.length);
}

/** Longer keys are no slip of another one, and would cost time. */
const MAX_KEY = 40;

/** The key that was meant, or null. */
export function meantBy(key: string, known: Set<string>, form: EntryForm): string | null {
  if (key.length > MAX_KEY) return null;
  const slip = SLIPS.find(([pattern]) => pattern.test(key))?.[1](form);
  if (slip) return slip.includes('.') ? null : slip;
  const keys = [...known].filter((candidate) => !candidate.includes('.'));
  const cased = keys.find((candidate) => candidate.toLowerCase() === key.toLowerCase());
  if (cased) return cased;
  // Of short words a single letter makes another word.
  const near = keys.filter(
    (candidate) =>
      candidate.length >= 4 && distance(candidate.toLowerCase(), key.toLowerCase()) <= (candidate.length >= 7 ? 2 : 1),
  );
  return near.length === 1 ? (near[0] ?? null) : null;
}
