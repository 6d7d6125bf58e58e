/** A URL in the part of a client: its transports in their order, when one failure leads to the next, and the evidence of it. */
import type { Evidence, Exchange } from '../case/evidence.js';
import type { CaseDraft } from '../case/write.js';
import { askProbes, partEvidence } from './as-client.js';
import type { RemoteOptions } from './http.js';
import type { TargetSpec } from './investigate.js';
import { answerIn, urlIn } from './part-launch.js';
import type { Part } from './play.js';
import type { Ways } from './ways.js';
import type { World } from './world.js';

type UrlSpec = Extract<TargetSpec, { kind: 'http' }>;
type Transport = Ways['order'][number];

/** A URL as a client asks for it. */
export interface PartUrl {
  spec: UrlSpec;
  unset: string[];
  secrets: string[];
  ways: Ways;
}

const BEST: Transport[] = ['streamable-http', 'sse'];
const NAMES: Record<Transport, string> = { 'streamable-http': 'Streamable HTTP', sse: 'HTTP+SSE' };

/** What is not known of the client's way to a URL: sentences. */
function assumedOf({ client: { name, http } }: Part, asked: Transport | undefined): string[] {
  const { order, fallsBack, origin, getMustBe405 } = http;
  return [
    ...(order === null && asked === undefined
      ? [`Which transports ${name} tries is not known; Streamable HTTP was spoken.`]
      : []),
    ...(fallsBack === null && asked === undefined && (order?.length ?? 0) > 1
      ? [`Whether ${name} goes on to ${NAMES[order?.[1] ?? 'sse']} after a failure is not known; it was taken to.`]
      : []),
    ...(origin === null ? [`Whether ${name} connects from this machine is not known; it was asked from here.`] : []),
    ...(getMustBe405 === null
      ? [`What ${name} makes of a 404 to the GET of the event stream is not known; it was taken to go on.`]
      : []),
  ];
}

/** What a client makes of an address. */
export function urlPart(part: Part, given: UrlSpec): PartUrl {
  const { order, fallsBack, notOn = [] } = part.client.http;
  const { spec, unset, secrets } = urlIn(part, given);
  const asked = spec.transport;
  const known: readonly Transport[] = order ?? ['streamable-http'];
  // Where the entry names a transport, the client tries no other.
  const wanted = asked === undefined ? known : order === null || order.includes(asked) ? [asked] : [];
  // Where the entry has to name the transport, whoever writes it names the one that the server speaks.
  const chosen = asked === undefined && fallsBack === false && wanted.length > 1;
  return {
    spec: { ...spec, transport: wanted[0] ?? asked },
    unset,
    secrets,
    ways: {
      order: chosen ? [...wanted].sort((a, b) => BEST.indexOf(a) - BEST.indexOf(b)) : wanted,
      leadsOn: (status) => chosen || (fallsBack !== false && !(status !== undefined && notOn.includes(status))),
      tried: [],
    },
  };
}

/** Options of `observeRemote` for a part. `probes` fills while it talks. */
export function remoteOptionsIn(
  part: Part,
  { ways }: PartUrl,
  probes: Evidence['client']['probes'],
  world: World,
): Pick<RemoteOptions, 'clientInfo' | 'opening' | 'ways' | 'beforeEnd' | 'answer'> {
  const { revision, capabilities, clientInfo } = part;
  const { handshake } = part.client;
  const answer = answerIn(part, world);
  return {
    clientInfo,
    opening: { revision, capabilities, discovers: handshake.discovers !== undefined, answer },
    answer,
    ways,
    async beforeEnd(talk, opened) {
      probes.push(...(await askProbes(talk, handshake.probes, opened)));
    },
  };
}

/** What the GET for the event stream was answered, on the way that was taken. */
const getOf = (exchanges: readonly Exchange[]): Exchange | undefined =>
  exchanges.findLast(({ purpose }) => purpose === 'listen');

/** What of the evidence was seen, and is the same for every client that asks in this way. */
type Seen = Pick<Evidence['client'], 'startMs' | 'probes' | 'getStatus'> & { tried: Ways['tried'] };

function urlEvidence(
  part: Part,
  { ways, unset }: PartUrl,
  asked: Transport | undefined,
  seen: Seen,
  world: World,
): Evidence['client'] {
  const { startMs, probes, getStatus, tried } = seen;
  const { origin, getMustBe405 } = part.client.http;
  const untried = ways.order.slice(tried.length);
  return {
    ...partEvidence(part, unset, world),
    assumed: [...part.assumed, ...assumedOf(part, asked)],
    ...(startMs !== undefined && { startMs }),
    probes,
    transports: [
      ...tried,
      ...untried.map((transport) => ({ transport, outcome: 'not-tried' as const })),
      ...(ways.order.length === 0 && asked !== undefined
        ? [
            {
              transport: asked,
              outcome: 'not-tried' as const,
              why: `${part.client.name} does not speak ${NAMES[asked]}`,
            },
          ]
        : []),
    ],
    ...(origin !== null && { origin }),
    ...(getMustBe405 !== null && { getMustBe405 }),
    ...(getStatus !== undefined && { getStatus }),
  };
}

/** Note what the client would do with the URL, and what came of it. */
export function noteUrlPart(
  draft: CaseDraft,
  part: Part,
  url: PartUrl,
  asked: Transport | undefined,
  probes: Evidence['client']['probes'],
  world: World,
): void {
  const handshake = draft.get('handshake');
  const opened = handshake?.[handshake.used ?? 'initialize'];
  const get = getOf(draft.get('http')?.exchanges ?? []);
  const seen: Seen = {
    startMs: opened?.status === 'answered' && opened.ms !== undefined ? Math.round(opened.ms) : undefined,
    probes,
    getStatus: get?.status,
    tried: url.ways.tried,
  };
  draft.seen('client', urlEvidence(part, url, asked, seen, world));
}

/** A URL is asked in the same way by clients with the same key. */
export function urlKey(part: Part, given: UrlSpec): string {
  const { spec, ways } = urlPart(part, given);
  const { fallsBack, notOn = [] } = part.client.http;
  const { probes, discovers } = part.client.handshake;
  const inOrder = (record: object) => Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([
    ...[spec.url, inOrder(spec.headers), ways.order, ways.order.length > 1 && [fallsBack, notOn]],
    ...[part.revision, inOrder(part.capabilities), [...probes].sort(), discovers !== undefined],
  ]);
}

/** The evidence of one client, read as that of another that asks in the same way. */
export function urlSeenBy(value: Evidence['client'], part: Part, given: UrlSpec, world: World): Evidence['client'] {
  const tried = (value.transports ?? []).flatMap(({ transport, outcome, why }) =>
    outcome === 'not-tried' ? [] : [{ transport, outcome, ...(why !== undefined && { why }) }],
  );
  return urlEvidence(part, urlPart(part, given), given.transport, { ...value, tried }, world);
}
