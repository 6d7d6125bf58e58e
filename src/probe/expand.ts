/** Values of an entry, filled in as a client does it: only the forms that it knows, everything else stays as it was written. */

/** What the forms stand for. */
export interface Fillings {
  /** The value of a variable; undefined when it is not set. */
  variable(name: string): string | undefined;
  home: string;
  /** The folder that is open. */
  project: string;
  /** The separator of folders. */
  separator: string;
  /** The text of a file; undefined when it cannot be read. */
  file(path: string): string | undefined;
}

export interface Expanded {
  text: string;
  /** Variables, inputs and files that are named and have no value. */
  unset: string[];
  /** What was filled in, with the name it stood behind; a file has its path for a name. */
  values: { name: string; value: string; file?: true }[];
}

const NAME = '[A-Za-z_][A-Za-z0-9_]*';

const last = (path: string): string => path.split(/[\\/]/).filter(Boolean).at(-1) ?? '';

/** Forms with a fixed meaning, by the word in them. */
const FIXED: [RegExp, (fillings: Fillings) => string][] = [
  [/^userHome$/i, ({ home }) => home],
  [/^(?:workspaceFolder|workspaceRoot|projectRoot|project|cwd|PWD)$/, ({ project }) => project],
  [/^workspaceFolderBasename$/, ({ project }) => last(project)],
  [/^(?:\/|pathSeparator)$/, ({ separator }) => separator],
];

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');

interface Form {
  pattern: RegExp;
  /** What a match stands for: undefined when it has no value, with the name that has none. */
  value(match: string[], fillings: Fillings): { name: string; value: string | undefined; file?: true };
}

/** One form of a client, for example `${env:NAME}`, as what it finds and what that stands for. */
function formOf(form: string): Form {
  if (form === '~') return { pattern: /^~(?=[\\/]|$)/g, value: (_, { home }) => ({ name: '~', value: home }) };
  const word = /^\$\{([^}]*)\}$/.exec(form)?.[1] ?? '';
  const fixed = FIXED.find(([pattern]) => pattern.test(word));
  if (fixed)
    return {
      pattern: new RegExp(escaped(form), 'g'),
      value: (_, fillings) => ({ name: word, value: fixed[1](fillings) }),
    };
  // The default stands behind the name: ${NAME:-default}.
  const withDefault = /^([\s\S]*?)NAME:-[A-Za-z]+([\s\S]*)$/.exec(form);
  if (withDefault)
    return {
      pattern: new RegExp(`${escaped(withDefault[1] ?? '')}(${NAME}):-([^}]*)${escaped(withDefault[2] ?? '')}`, 'g'),
      value: ([, name = '', otherwise], { variable }) => ({ name, value: variable(name) || otherwise }),
    };
  const kind = /file/i.test(form) ? 'file' : /input|secret/i.test(form) ? 'asked' : 'variable';
  const inside = kind === 'file' ? '[^}]+' : kind === 'asked' ? '[\\w.-]+' : NAME;
  // The place of the name: NAME, or what an example has in its stead (`path`, `id`).
  const [before = '', after = ''] = form.split(/NAME|\b(?:path|PATH|id|name)\b(?=[^A-Za-z]*$)/);
  const bare = after === '' && before.endsWith('$');
  return {
    pattern: new RegExp(
      `${escaped(before).replace(/ /g, '\\s*')}(${inside})${escaped(after).replace(/ /g, '\\s*')}${bare ? '(?![\\w{])' : ''}`,
      'g',
    ),
    value: ([, name = ''], { variable, file }) => ({
      name,
      value: kind === 'file' ? file(name) : kind === 'asked' ? undefined : variable(name),
      ...(kind === 'file' && { file: true as const }),
    }),
  };
}

/**
 * Fill in `text` by `forms`, in the writing of `Variables.forms`. `unset` says what becomes of what has no value: null is taken for
 * "left".
 */
export function expand(
  text: string,
  forms: readonly string[],
  unset: 'fails' | 'empty' | 'left' | null,
  fillings: Fillings,
): Expanded {
  const without = new Set<string>();
  const values: Expanded['values'] = [];
  // The longer forms first, so that a default is not taken for a part of a name; one pass each, and no value is read twice.
  const pieces: { text: string; done: boolean }[] = [{ text, done: false }];
  for (const form of [...forms].sort((a, b) => b.length - a.length)) {
    const { pattern, value } = formOf(form);
    for (let i = 0; i < pieces.length; i++) {
      const piece = pieces[i];
      if (!piece || piece.done) continue;
      const parts: typeof pieces = [];
      let from = 0;
      for (const match of piece.text.matchAll(pattern)) {
        const found = value([...match], fillings);
        parts.push({ text: piece.text.slice(from, match.index), done: false });
        if (found.value === undefined) without.add(found.name);
        else values.push({ name: found.name, value: found.value, ...(found.file && { file: true as const }) });
        parts.push({ text: found.value ?? (unset === 'empty' ? '' : match[0]), done: true });
        from = match.index + match[0].length;
      }
      if (parts.length === 0) continue;
      parts.push({ text: piece.text.slice(from), done: false });
      pieces.splice(i, 1, ...parts);
      i += parts.length - 1;
    }
  }
  return { text: pieces.map((piece) => piece.text).join(''), unset: [...without], values };
}
