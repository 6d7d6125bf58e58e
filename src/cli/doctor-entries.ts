/**
 * From the files that were found to what `doctor` may start or ask: every entry once, with the part of its client, the launch it comes
 * to, and what is dangerous about it. Nothing is started here.
 */
import { type Redactor, redactArgs, redactor, secretArgs, secretUrl, secretValues } from '../case/redact.js';
import { shellLine } from '../case/shell-word.js';
import type { ServerEntry } from '../config/config.js';
import { type Danger, dangersOf } from '../config/danger.js';
import { positionOf } from '../config/position.js';
import { RULES } from '../config/rules.js';
import type { FoundFile } from '../probe/configs.js';
import { declaredOf, specOf } from '../probe/declared.js';
import type { InvestigateOptions, TargetSpec } from '../probe/investigate.js';
import { launchIn, launchKey, urlIn } from '../probe/part-launch.js';
import { urlKey } from '../probe/part-url.js';
import { type Part, partOf, type Surroundings } from '../probe/play.js';
import type { World } from '../probe/world.js';
import type { DoctorFault } from '../verdict/doctor.js';
import { type Asked, entryHash } from './consents.js';

type Declared = NonNullable<InvestigateOptions['declared']>;

/** One entry of one client. */
export interface Candidate {
  found: FoundFile;
  entry: ServerEntry;
  line: number;
  column: number;
  declared: Declared;
  spec: TargetSpec;
  part: Part;
  /** Command line or URL, free of secrets. */
  label: string;
  /** Values that must not be shown, of the entry as its client fills it in. */
  secrets: string[];
  /** What would be started or asked; null when the entry gives nothing to start. */
  launch: {
    /** Equal keys are one launch: what the server is given and asked is the same. */
    key: string;
    /** By which an answer of the user is remembered. */
    hash: string;
    dangers: Danger[];
  } | null;
  /** Why its client does not start it. */
  off?: string;
}

/** The files of clients that are there: one that another client writes is no sign of a client. */
export function ofPresentClients(files: readonly FoundFile[], named: boolean): FoundFile[] {
  const isThere = ({ state, place, notRead }: FoundFile) =>
    state !== 'absent' && place.shared === undefined && notRead === undefined;
  const present = new Set(files.filter(isThere).map(({ client, throughWsl }) => `${client.id} ${throughWsl ?? ''}`));
  return files.filter(
    ({ client, place, throughWsl }) =>
      named || place.shared === undefined || present.has(`${client.id} ${throughWsl ?? ''}`),
  );
}

/** Every entry once: a piece of a file may stand in several places of its client. */
export function entriesOf(files: readonly FoundFile[]): { found: FoundFile; entry: ServerEntry }[] {
  const seen = new Set<string>();
  return files.flatMap((found) =>
    found.entries.flatMap((entry) => {
      const key = JSON.stringify([found.client.id, found.path, entry.range.start]);
      if (seen.has(key)) return [];
      seen.add(key);
      return [{ found, entry }];
    }),
  );
}

const authorizationWords = (headers: Readonly<Record<string, string>>): string[] =>
  Object.values(headers).flatMap((value) => [value, value.replace(/^\S+\s+/, '')]);

/** Why the client of an entry leaves it alone; undefined when it starts it. */
function offOf({ faults, client, machine, notRead }: FoundFile, entry: ServerEntry): string | undefined {
  if (!entry.enabled) return `switched off in the file`;
  const waits = faults.some(({ rule, server }) => rule === 'approval-pending' && server === entry.name);
  if (waits) return `${client.name} waits for your approval`;
  // Asked of the system on which the client runs; what cannot be told there is not gone.
  const there = entry.project === undefined ? 'directory' : machine.look(entry.project);
  if (there !== undefined && there !== 'directory' && !notRead) return `for a folder that is gone: ${entry.project}`;
  return undefined;
}

/** The launch of an entry, its words as they are shown, and the secrets in them. */
function launchOf(spec: TargetSpec, part: Part, world: World): Pick<Candidate, 'launch' | 'label' | 'secrets'> {
  if (spec.kind === 'entry') return { launch: null, label: '', secrets: [] };
  if (spec.kind === 'http') {
    const { spec: made, secrets: filled } = urlIn(part, spec);
    const secrets = [
      ...filled,
      ...secretUrl(spec.url),
      ...secretUrl(made.url),
      ...secretValues(made.headers),
      ...authorizationWords(made.headers),
    ];
    const asked: Asked = { kind: 'http', url: made.url, headers: made.headers };
    const label = redactor(secrets)(spec.url).slice(0, 500);
    return { launch: { key: urlKey(part, spec), hash: entryHash(asked), dangers: [] }, label, secrets };
  }
  const { entry: made, secrets: filled } = launchIn(part, spec, world);
  const words = { command: made.command, args: made.args, env: made.env };
  const secrets = [
    ...filled,
    ...secretValues(spec.env),
    ...secretValues(made.env),
    ...secretArgs(spec.args),
    ...secretArgs(made.args),
  ];
  const redact: Redactor = redactor(secrets);
  return {
    launch: {
      key: launchKey(part, spec, world),
      hash: entryHash({ kind: 'stdio', ...words, ...(made.cwd !== undefined && { cwd: made.cwd }) }),
      dangers: dangersOf(words),
    },
    label: shellLine([redact(spec.command), ...redactArgs(spec.args, redact)], world.platform === 'win32').slice(
      0,
      500,
    ),
    secrets,
  };
}

/** Everything that is known of an entry before it is started. */
export async function candidateOf(
  { found, entry }: { found: FoundFile; entry: ServerEntry },
  world: World,
  { project, surroundings }: { project: string; surroundings: Surroundings },
): Promise<Candidate | null> {
  const declared = declaredOf(found, entry.name, entry);
  if (!declared || !found.config) return null;
  const spec = specOf(entry, found.client);
  const part = await partOf(found.client, world, {
    server: entry.name,
    entry,
    project: entry.project ?? found.project ?? project,
    surroundings,
  });
  const off = offOf(found, entry);
  return {
    ...{ found, entry, declared, spec, part },
    ...positionOf(found.config.text, entry.nameRange.start),
    ...launchOf(spec, part, world),
    ...(off !== undefined && { off }),
  };
}

/** The faults of a file and of one entry of it, for people. */
export function faultsFor({ faults, client, config }: FoundFile, server: string | null): DoctorFault[] {
  return faults
    .filter((fault) => fault.server === undefined || fault.server === server)
    .slice(0, 30)
    .map(({ rule, level, facts, range, edits }) => ({
      ...{ rule, level },
      cause: RULES[rule].cause,
      ...positionOf(config?.text ?? '', range.start),
      says: RULES[rule].says(facts, client),
      fixable: edits.length > 0,
    }));
}
