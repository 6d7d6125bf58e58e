/** Whether entries may be started that were never started before: what they are is said, and the user is asked once. */
import { createInterface } from 'node:readline';
import { isSevere } from '../config/danger.js';
import { cut, lines } from '../render/cells.js';
import { entryWord } from '../render/doctor.js';
import { escapeLine } from '../render/escape.js';
import type { Answer, Consents } from './consents.js';
import type { Candidate } from './doctor-entries.js';

export interface AskOptions {
  /** Yes to everything that is not marked as dangerous (--yes). */
  yes: boolean;
  /** Answers of earlier runs do not count (--ask-again). */
  again: boolean;
  consents: Consents;
  /** Null where nobody can be asked. */
  terminal: { input: NodeJS.ReadableStream; output: NodeJS.WritableStream; columns: number } | null;
}

/** Why an entry is not started, by its hash; what may be started has none. */
export type Refusals = ReadonlyMap<string, { why: string; unasked: boolean }>;

const REFUSED = {
  unasked: { why: 'not started: needs consent', unasked: true },
  severe: { why: 'not started: dangerous, and needs a yes of its own', unasked: true },
  no: { why: 'not started: you said no', unasked: true },
  never: { why: 'not started: you said never (doctor --ask-again)', unasked: false },
} as const;

const plain = (text: string, max = 2_000): string => escapeLine(text, max);

/** One entry as it is put before the user: where it stands, what would run, and what is dangerous about it. */
function described(candidates: readonly Candidate[], number: number, columns: number): string[] {
  const [first] = candidates;
  if (!first) return [];
  const { found, entry, line, label, launch, spec } = first;
  const others = candidates.length > 1 ? ` and ${candidates.length - 1} more` : '';
  const place = `${entryWord(found.client.id, entry.name)}  ${found.shown}:${line}${others}`;
  const dangers = launch?.dangers ?? [];
  const headers = spec.kind === 'http' ? Object.keys(spec.headers) : [];
  return [
    `  ${String(number).padStart(2)}  ${cut(plain(place, 400), columns - 6)}`,
    ...lines(plain(`${spec.kind === 'http' ? 'asks ' : ''}${label}`), columns - 10, 6).map((text) => `        ${text}`),
    ...(headers.length ? [`        with ${cut(plain(headers.join(', ')), columns - 14)}`] : []),
    ...dangers.map(({ level, says }) => `      ${level === 'severe' ? '!!' : ' !'} it ${plain(says, 200)}`),
  ];
}

/** One line of the user; undefined when there is no more. Ctrl-C stays what it is, since the terminal is left in its own mode. */
function lineReader(input: NodeJS.ReadableStream): { next(): Promise<string | undefined>; close(): void } {
  const reader = createInterface({ input, terminal: false });
  const waiting: ((line: string | undefined) => void)[] = [];
  const ready: string[] = [];
  let ended = false;
  reader.on('line', (line) => {
    const one = waiting.shift();
    if (one) one(line);
    else ready.push(line);
  });
  reader.on('close', () => {
    ended = true;
    for (const one of waiting.splice(0)) one(undefined);
  });
  return {
    next: () =>
      ready.length > 0 || ended
        ? Promise.resolve(ready.shift())
        : new Promise((resolve) => {
            waiting.push(resolve);
          }),
    close: () => reader.close(),
  };
}

/** Decide what may be started. Asks on the terminal where there is one, and remembers what was said. */
export async function decide(candidates: readonly Candidate[], options: AskOptions): Promise<Refusals> {
  const byHash = new Map<string, Candidate[]>();
  for (const candidate of candidates) {
    const { launch } = candidate;
    if (launch) byHash.set(launch.hash, [...(byHash.get(launch.hash) ?? []), candidate]);
  }
  const refusals = new Map<string, { why: string; unasked: boolean }>();
  const said = options.again ? new Map<string, Answer>() : options.consents.read();
  const open: { hash: string; of: Candidate[]; severe: boolean }[] = [];
  for (const [hash, of] of byHash) {
    const answer = said.get(hash);
    const severe = isSevere(of[0]?.launch?.dangers ?? []);
    if (answer === 'never') refusals.set(hash, REFUSED.never);
    else if (answer !== 'yes' && !(options.yes && !severe)) open.push({ hash, of, severe });
  }
  if (open.length === 0) return refusals;
  if (!options.terminal || options.yes) {
    for (const { hash, severe } of open) refusals.set(hash, severe ? REFUSED.severe : REFUSED.unasked);
    return refusals;
  }
  const answers = await askAll(open, options.terminal);
  for (const { hash } of open) {
    const answer = answers.get(hash);
    if (answer !== 'yes') refusals.set(hash, answer === 'never' ? REFUSED.never : REFUSED.no);
  }
  await options.consents.remember(answers);
  return refusals;
}

async function askAll(
  open: readonly { hash: string; of: Candidate[]; severe: boolean }[],
  { input, output, columns }: NonNullable<AskOptions['terminal']>,
): Promise<Map<string, Answer>> {
  const say = (text: string) => output.write(text);
  const one = open.length === 1;
  say(
    `${one ? 'One server has' : `${open.length} servers have`} not been started by mcp-verdict before. A server is a program that can do all that you can.\n\n`,
  );
  for (const [i, { of }] of open.entries()) say(`${described(of, i + 1, columns).join('\n')}\n\n`);
  const answers = new Map<string, Answer>();
  const reader = lineReader(input);
  let all = false;
  try {
    for (const [i, { hash, of, severe }] of open.entries()) {
      if (all && !severe) {
        answers.set(hash, 'yes');
        continue;
      }
      const name = cut(plain(of[0]?.entry.name ?? '', 100), 30);
      say(
        severe
          ? `${i + 1}  ${name} is marked as dangerous (!!). Start it?  [yes in full / n / never] `
          : `${i + 1}  Start ${name}?  [y / n / all that are not marked !! / never] `,
      );
      const line = await reader.next();
      if (line === undefined) {
        say('\n');
        break;
      }
      const word = line.trim().toLowerCase();
      if (word === 'never') answers.set(hash, 'never');
      else if (severe ? word === 'yes' : /^(?:y|yes|a|all)$/.test(word)) answers.set(hash, 'yes');
      if (!severe && /^(?:a|all)$/.test(word)) all = true;
    }
  } finally {
    reader.close();
  }
  say('\n');
  return answers;
}
