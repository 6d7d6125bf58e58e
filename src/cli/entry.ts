/** `mcp-verdict verify <client>:<server>`: the entry of a client, started or asked as that client does it. */

import { shellWord } from '../case/shell-word.js';
import { dangersOf } from '../config/danger.js';
import { readClientLog } from '../probe/client-log.js';
import { declaredOf, entryNamed, type Named, NoSuchEntry, specOf } from '../probe/declared.js';
import type { InvestigateOptions, TargetSpec } from '../probe/investigate.js';
import { launchIn } from '../probe/part-launch.js';
import { partOf } from '../probe/play.js';
import { realWorld, type World } from '../probe/world.js';
import { entryHash, openConsents } from './consents.js';
import { UsageError } from './exit.js';

/** Everything that `investigate` needs to look at an entry. */
export interface EntryTarget {
  named: Named;
  spec: TargetSpec;
  options: Pick<InvestigateOptions, 'declared' | 'as' | 'clientLog'>;
}

/** @throws UsageError when there is no such client or entry, or when it does harm and nobody said yes to it. */
export async function entryTarget(target: string, project?: string): Promise<EntryTarget> {
  const world = realWorld();
  let named: Named;
  try {
    named = entryNamed(target, world, { project });
  } catch (error) {
    if (error instanceof NoSuchEntry) throw new UsageError(error.message);
    throw error;
  }
  const looked = await lookedAt(named, world, project);
  const why = reluctance(looked, world);
  if (why !== null) throw new UsageError(why);
  return looked;
}

/** The same of an entry that was found already, or would stand in a file after a fix. */
export async function lookedAt(named: Named, world: World, project?: string): Promise<EntryTarget> {
  const { client, found, entry, server } = named;
  const declared = declaredOf(found, server, entry) ?? undefined;
  const clientLog = await readClientLog(client, server, world, {
    configChangedMs: found.mtimeMs,
    project: entry?.project ?? found.project ?? project,
  });
  // What runs on Windows is not started in Linux: another system, other files, other variables.
  if (!entry || found.throughWsl) return { named, spec: { kind: 'entry' }, options: { declared, clientLog } };
  const part = await partOf(client, world, { server, entry, project: entry.project ?? found.project ?? project });
  return { named, spec: specOf(entry, client), options: { declared, as: part, clientLog } };
}

/**
 * Why a server is not started although it was named: it does harm, or the user said "never", and no yes of theirs is known. Else null.
 * What an entry is answered for in `doctor` counts here.
 */
export function reluctance(
  { named: { client, server }, spec, options: { as: part } }: EntryTarget,
  world: World,
): string | null {
  if (spec.kind !== 'stdio' || !part) return null;
  const { command, args, env, cwd } = launchIn(part, spec, world).entry;
  const words = { command, args, env };
  const said = openConsents()
    .read()
    .get(entryHash({ kind: 'stdio', ...words, ...(cwd !== undefined && { cwd }) }));
  const severe = dangersOf(words).find(({ level }) => level === 'severe');
  const ask = `mcp-verdict doctor --client ${client.id} --server ${shellWord(server, world.platform === 'win32')}`;
  if (said === 'never')
    return `Not started: you answered "never" for this entry. To be asked again: ${ask} --ask-again`;
  if (!severe || said === 'yes') return null;
  return `Not started: it ${severe.says}. A yes of its own is asked for, in a terminal, by: ${ask}`;
}
