/** Which clients start or ask a target in one and the same way, and what one of them saw, read as another would. */
import type { CaseFile } from '../case/case-file.js';
import { launchSeenBy } from './as-client.js';
import type { TargetSpec } from './investigate.js';
import { launchKey } from './part-launch.js';
import { urlKey, urlSeenBy } from './part-url.js';
import type { Part } from './play.js';
import type { World } from './world.js';

/** Targets with the same key are started or asked in the same way: once is enough for all these clients. */
export const asKey = (part: Part, spec: TargetSpec, world: World): string =>
  spec.kind === 'http' ? urlKey(part, spec) : spec.kind === 'stdio' ? launchKey(part, spec, world) : part.client.id;

/** A case of one client, read as that of another with the same key. */
export function asSeenBy(file: CaseFile, part: Part, spec: TargetSpec, world: World): CaseFile {
  const { client } = file.evidence;
  if (client?.status !== 'seen' || spec.kind === 'entry') return file;
  const value =
    spec.kind === 'http' ? urlSeenBy(client.value, part, spec, world) : launchSeenBy(client.value, part, spec, world);
  return { ...file, evidence: { ...file.evidence, client: { ...client, value } } };
}
