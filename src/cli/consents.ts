/**
 * What the user said of entries that would be started: yes or no, by the hash of the entry. No name, path or value of an entry is kept,
 * so that the file tells nothing.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { type Home, ownFile, thisHome } from '../oauth/own-file.js';
import { UsageError } from './exit.js';

const FORMAT = 'mcp-verdict.consents/1';
/** The oldest answers are forgotten beyond that. */
const MAX_ANSWERS = 5_000;

const stored = z.object({
  format: z.literal(FORMAT),
  answers: z.record(z.string().regex(/^[0-9a-f]{64}$/), z.enum(['yes', 'never'])),
});

export type Answer = 'yes' | 'never';

/** What an entry would start or ask, with everything that decides what happens. */
export type Asked =
  | { kind: 'stdio'; command: string; args: readonly string[]; env: Readonly<Record<string, string>>; cwd?: string }
  | { kind: 'http'; url: string; headers: Readonly<Record<string, string>> };

const sorted = (record: Readonly<Record<string, string>>): [string, string][] =>
  Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));

/** SHA-256 of an entry, hexadecimal: another value of one variable is another entry. */
export function entryHash(asked: Asked): string {
  const words =
    asked.kind === 'stdio'
      ? ['stdio', asked.command, asked.args, sorted(asked.env), asked.cwd ?? null]
      : ['http', asked.url, sorted(asked.headers)];
  return createHash('sha256').update(JSON.stringify(words)).digest('hex');
}

export interface Consents {
  /** Where they are kept. */
  readonly path: string;
  /** Of each hash what was said; nothing was said of the others. @throws WrongUse when the file is not fit to be used. */
  read(): ReadonlyMap<string, Answer>;
  remember(answers: ReadonlyMap<string, Answer>): Promise<void>;
}

const WORDS = { one: 'answer', many: 'answers', afterLeak: 'Otherwise delete it: you are asked again.' };

function parse(path: string, text: string | undefined): [string, Answer][] {
  if (text === undefined) return [];
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const parsed = stored.safeParse(value);
  if (!parsed.success)
    throw new UsageError(
      `${path} is damaged, or written by another version of mcp-verdict, so no answer in it is used. Delete it: you are asked again.`,
    );
  return Object.entries(parsed.data.answers);
}

/** The answers of this user. */
export function openConsents(home: Home = thisHome()): Consents {
  const own = ownFile('consents.json', WORDS, home);
  return {
    path: own.path,
    read: () => new Map(parse(own.path, own.read())),
    async remember(answers) {
      if (answers.size === 0) return;
      await own.change((text) => {
        const before = parse(own.path, text).filter(([hash]) => !answers.has(hash));
        const all = [...before, ...answers].slice(-MAX_ANSWERS);
        return `${JSON.stringify({ format: FORMAT, answers: Object.fromEntries(all) }, null, 2)}\n`;
      });
    },
  };
}
