/** Variables in the values of an entry: in which form each is written, and whether the client fills that form in. */
import { wordsOf } from '../case/command-line.js';
import type { Client } from '../clients/client.js';
import { programOf, TAKES_LINES } from './command.js';
import type { Range, ServerEntry } from './config.js';

/** Where a value stands, in words that do not depend on the client. */
export type Field = 'command' | 'args' | 'env' | 'cwd' | 'url' | 'headers';

export interface Value {
  field: Field;
  /** Of a variable or a header. */
  name?: string;
  /** Of an argument. */
  index?: number;
  text: string;
  range: Range;
}

/** Every value of an entry in which a variable may stand. */
export const valuesOf = (entry: ServerEntry): Value[] => [
  ...(entry.command ? [{ field: 'command' as const, text: entry.command.value, range: entry.command.range }] : []),
  ...entry.args.map(({ value, range }, index) => ({ field: 'args' as const, index, text: value, range })),
  ...(entry.cwd ? [{ field: 'cwd' as const, text: entry.cwd.value, range: entry.cwd.range }] : []),
  ...(entry.url ? [{ field: 'url' as const, text: entry.url.value, range: entry.url.range }] : []),
  ...(['env', 'headers'] as const).flatMap((field) =>
    entry[field].flatMap(({ name, value, range }) => (value === null ? [] : [{ field, name, text: value, range }])),
  ),
];

export interface Reference {
  /** As data about clients writes it: `${env:NAME}`, `$NAME`, `${workspaceFolder}`. */
  form: string;
  /** Name of the variable of the environment; null when it is something else: an input, a file, a folder. */
  name: string | null;
  /** It comes with a value for the case that it is not set. */
  fallback: boolean;
  /** As it is written. */
  text: string;
}

const NAME = '[A-Za-z_][A-Za-z0-9_]*';
/** Values that an editor knows by itself. */
const EDITOR =
  /^(?:workspaceFolder(?:Basename)?|workspaceRoot|workspace_root|userHome|pathSeparator|file|fileDirname|fileBasename|relativeFile|cwd|execPath|projectRoot|\/)$/;

const DOLLAR_BRACE = /\$\{(?<inner>[^{}$\n]{1,200})\}/g;
const OTHERS: [RegExp, string][] = [
  [new RegExp(String.raw`\$\{\{\s*(?:secrets|inputs|env)\.(?<name>${NAME})\s*\}\}`, 'g'), '${{ secrets.NAME }}'],
  [new RegExp(String.raw`(?<!\$)\{env:(?<name>${NAME})\}`, 'g'), '{env:NAME}'],
  [/(?<!\$)\{file:[^{}\n]{1,200}\}/g, '{file:NAME}'],
  [new RegExp(String.raw`\$env:(?<name>${NAME})`, 'g'), '$env:NAME'],
];
/** Names that are written in capitals: a password may hold a dollar sign. */
const BARE = /(?<=^|[:;=\s])\$(?<name>[A-Z_][A-Z0-9_]{2,})(?=$|[:;/\\])/g;
const PERCENT = /%(?<name>[A-Za-z_][A-Za-z0-9_()]{2,})%/g;

/** The form of what stands in `${...}`. */
function braced(text: string, inner: string): Reference | null {
  if (EDITOR.test(inner) || /^workspaceFolder:/.test(inner))
    return { form: `\${${inner.split(':')[0]}}`, name: null, fallback: false, text };
  const kind = /^(?<kind>env|input|file|config|command|secret|secrets)[:.](?<name>.+)$/.exec(inner)?.groups;
  if (kind) {
    const [name = '', other] = (kind.name ?? '').split(/:-?(.*)/s);
    const env = kind.kind === 'env';
    return { form: `\${${kind.kind}:NAME}`, name: env ? name : null, fallback: env && other !== undefined, text };
  }
  const plain = new RegExp(`^(?<name>${NAME})(?<other>:?[-=?].*)?$`, 's').exec(inner)?.groups;
  if (!plain) return null;
  const fallback = plain.other !== undefined;
  return { form: fallback ? '${NAME:-default}' : '${NAME}', name: plain.name ?? '', fallback, text };
}

/** Variables in a text, in whatever form. `loose`: a name behind a dollar sign counts in any place. */
export function referencesIn(text: string, loose = false): Reference[] {
  if (!/[$%{]/.test(text)) return [];
  const found: Reference[] = [];
  for (const match of text.matchAll(DOLLAR_BRACE)) {
    const reference = braced(match[0], match.groups?.inner ?? '');
    if (reference) found.push(reference);
  }
  for (const [pattern, form] of OTHERS)
    for (const match of text.matchAll(pattern)) {
      const env = /env/.test(form);
      found.push({ form, name: env ? (match.groups?.name ?? null) : null, fallback: false, text: match[0] });
    }
  const bare = loose ? /\$(?<name>[A-Za-z_][A-Za-z0-9_]*)/g : BARE;
  for (const match of text.matchAll(bare))
    if (!/^\$env:/.test(text.slice(match.index)))
      found.push({ form: '$NAME', name: match.groups?.name ?? '', fallback: false, text: match[0] });
  // Three letters between percent signs may be escapes of an address.
  for (const match of text.matchAll(PERCENT))
    if (!/^[0-9A-Fa-f]{2}/.test(match.groups?.name ?? '') || /_/.test(match[0]))
      found.push({ form: '%NAME%', name: match.groups?.name ?? '', fallback: false, text: match[0] });
  return found;
}

const EDITORS_OWN = /^\$\{(?!NAME\b|env:|input:|file:)[^}]+\}$/;

/** The same form, however the data names what stands in it: `{file:path}` and `{file:NAME}`. */
const shapeOf = (form: string): string => form.replace(/(?<=(?:file|input|config|command|secrets?)[:.])[\w.]+/, 'NAME');

/** Whether the client fills a form in at that place; null when nobody knows. */
export function fillsIn({ variables, entry }: Client, { form }: Pick<Reference, 'form'>, field: Field): boolean | null {
  if (variables === null) return null;
  const forms = variables.forms.map(shapeOf);
  if (!forms.includes(shapeOf(form))) {
    // An editor that knows one of its own words knows others, whether its documentation lists them or not.
    if (EDITORS_OWN.test(form) && forms.some((own) => EDITORS_OWN.test(own))) return null;
    // The plain form with a value for the other case: some take it, and do not say so.
    return form === '${NAME:-default}' && forms.includes('${NAME}') ? null : false;
  }
  const own: Record<Field, (string | null | undefined)[]> = {
    command: [entry.command.key],
    args: [entry.args],
    env: [entry.env],
    cwd: [entry.cwd],
    url: [...entry.url],
    headers: [entry.headers],
  };
  const { fields, only } = variables;
  const alone = only?.[form];
  if (alone) return own[field].some((key) => !!key && alone.includes(key));
  return fields === null || fields.includes(field) || own[field].some((key) => !!key && fields.includes(key));
}

/** How the client writes a variable of the environment; null when it has no form for one, or none is known. */
export function envForm({ variables }: Client, field?: Field, client?: Client): string | null {
  const forms = variables?.forms ?? [];
  const found = ['${env:NAME}', '${NAME}', '{env:NAME}', '$NAME', '%NAME%'].find(
    (form) => forms.includes(form) && (!field || !client || fillsIn(client, { form }, field)),
  );
  return found ?? null;
}

/** Programs that fill in variables of their arguments by themselves. */
export function fillsInItself(entry: ServerEntry, { field, text }: Value): boolean {
  if (field !== 'args') return false;
  if (entry.command && TAKES_LINES.test(programOf(entry.command.value))) return true;
  // mcp-remote does so in its headers.
  const remote = [entry.command?.value ?? '', ...entry.args.map(({ value }) => value)];
  return remote.some((word) => /(?:^|\/)mcp-remote(?:@[\w.-]+)?$/.test(word)) && wordsOf(text).length > 0;
}
