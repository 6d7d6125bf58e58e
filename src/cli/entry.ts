/** `mcp-verdict verify <client>:<server>`: the entry of a client, started or asked as that client does it. */

import { readClientLog } from '../probe/client-log.js';
import { declaredOf, entryNamed, type Named, NoSuchEntry, specOf } from '../probe/declared.js';
import type { InvestigateOptions, TargetSpec } from '../probe/investigate.js';
import { partOf } from '../probe/play.js';
import { realWorld, type World } from '../probe/world.js';
import { UsageError } from './exit.js';

/** Everything that `investigate` needs to look at an entry. */
export interface EntryTarget {
  named: Named;
  spec: TargetSpec;
  options: Pick<InvestigateOptions, 'declared' | 'as' | 'clientLog'>;
}

/** @throws UsageError when there is no such client or entry. */
export async function entryTarget(target: string, project?: string): Promise<EntryTarget> {
  const world = realWorld();
  let named: Named;
  try {
    named = entryNamed(target, world, { project });
  } catch (error) {
    if (error instanceof NoSuchEntry) throw new UsageError(error.message);
    throw error;
  }
  return lookedAt(named, world, project);
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
