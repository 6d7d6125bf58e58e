/** What a client asks beyond the declared, and the evidence of a part that was played. */

import type { Era, Evidence } from '../case/evidence.js';
import type { CaseDraft } from '../case/write.js';
import { modernMeta } from '../wire/revisions.js';
import type { Talk } from './catalog.js';
import type { Entry } from './command.js';
import { answerIn, environmentOf, launchIn, type PartLaunch } from './part-launch.js';
import type { Part } from './play.js';
import type { ProcessOptions } from './process.js';
import type { World } from './world.js';

type Probe = Evidence['client']['probes'][number];

/** Capabilities that announce a method whose name does not begin with theirs. */
const ANNOUNCED: Record<string, string> = { completion: 'completions' };

const capabilityFor = (method: string): string => {
  const first = method.split('/')[0] ?? method;
  return ANNOUNCED[first] ?? first;
};

/** Ask what the client calls although it was not declared; what was declared has been read already. Ends with the conversation. */
export async function askProbes(
  { channel, era, timeoutMs, clientInfo, capabilities }: Talk,
  methods: readonly string[],
  opened: Era,
): Promise<Probe[]> {
  const probes: Probe[] = [];
  for (const method of methods) {
    if (opened.capabilities?.includes(capabilityFor(method)) || !channel.open) continue;
    const params = era === 'discover' ? modernMeta(clientInfo, capabilities) : undefined;
    const outcome = await channel.request(method, params, { timeoutMs, era });
    switch (outcome.kind) {
      case 'result':
        probes.push({ method, outcome: 'answered' });
        break;
      case 'rpc-error':
        probes.push({ method, outcome: 'error', code: outcome.error.code });
        break;
      case 'http-status':
        probes.push({ method, outcome: 'error', code: outcome.status });
        break;
      case 'invalid':
        probes.push({ method, outcome: 'error' });
        break;
      case 'unanswered':
        probes.push({ method, outcome: 'unanswered' });
        break;
      default:
        probes.push({ method, outcome: 'closed' });
    }
  }
  return probes;
}

/** The longest silence that an entry's own limit earns a server, milliseconds. */
const MAX_IDLE_MS = 30_000;

/** How a process is started and opened in a part. `probes` fills while it talks. */
export function processOptionsIn(
  part: Part,
  { entry, env }: PartLaunch,
  probes: Probe[],
  world: World,
): Pick<ProcessOptions, 'entry' | 'env' | 'clientInfo' | 'opening' | 'idleMs' | 'beforeEnd'> {
  const { revision, capabilities, clientInfo } = part;
  const { handshake } = part.client;
  return {
    entry,
    env,
    clientInfo,
    opening: { revision, capabilities, discovers: handshake.discovers === 'always', answer: answerIn(part, world) },
    // Whoever raised the limit has said that the server is slow.
    ...(part.startFromEntry && typeof part.startMs === 'number' && { idleMs: Math.min(part.startMs, MAX_IDLE_MS) }),
    async beforeEnd(talk, opened) {
      probes.push(...(await askProbes(talk, handshake.probes, opened)));
    },
  };
}

const OS: Partial<Record<NodeJS.Platform, 'linux' | 'macos' | 'windows'>> = {
  linux: 'linux',
  darwin: 'macos',
  win32: 'windows',
};
const osOf = ({ platform }: World) => (OS[platform] ? { os: OS[platform] } : {});

/** What is the same for every transport. */
export const partEvidence = (part: Part, unset: readonly string[], world: World) => ({
  id: part.client.id,
  name: part.client.name,
  ...(part.version !== undefined && { version: part.version }),
  ...(part.server !== undefined && { server: part.server }),
  ...osOf(world),
  assumed: part.assumed,
  ...(unset.length > 0 && { unset: [...unset] }),
  ...(part.client.variables?.unset && { onUnset: part.client.variables.unset }),
  startLimitMs: part.startMs,
  callLimitMs: part.callMs,
  ...(part.startFromEntry && { limitInEntry: true }),
  revision: part.revision,
  exactRevision: part.client.handshake.exactRevision,
  capabilities: Object.keys(part.capabilities),
});

/** What of this launch is not known of the client: an entry that sets the PATH or the folder itself leaves nothing to guess there. */
function guessedOf(part: Part, launch: PartLaunch): Pick<Evidence['client'], 'guessed'> {
  const settled = { path: launch.path === 'entry', folder: launch.cwdGiven, environment: false, shell: false };
  const guessed = part.guessed.filter((one) => !settled[one]);
  return guessed.length > 0 ? { guessed } : {};
}

/** The evidence of one client, read as that of another whose launch is the same (`launchKey`). */
export function launchSeenBy(value: Evidence['client'], part: Part, entry: Entry, world: World): Evidence['client'] {
  const launch = launchIn(part, entry, world);
  return {
    ...partEvidence(part, launch.unset, world),
    assumed: [...part.assumedOfLaunch, ...part.assumed],
    ...guessedOf(part, launch),
    environment: environmentOf(part, launch, world),
    cwd: launch.entry.cwd,
    ...(value.startMs !== undefined && { startMs: value.startMs }),
    probes: value.probes,
  };
}

/** Note how a server was started in a part, and what came of it. */
export function notePart(draft: CaseDraft, part: Part, launch: PartLaunch, probes: Probe[], world: World): void {
  const handshake = draft.get('handshake');
  const opened = handshake?.[handshake.used ?? 'initialize'];
  draft.seen('client', {
    ...partEvidence(part, launch.unset, world),
    assumed: [...part.assumedOfLaunch, ...part.assumed],
    ...guessedOf(part, launch),
    environment: environmentOf(part, launch, world),
    cwd: launch.entry.cwd,
    ...(opened?.status === 'answered' && opened.ms !== undefined && { startMs: Math.round(opened.ms) }),
    probes,
  });
}
