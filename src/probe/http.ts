/** A remote server: the way to it, a whole conversation in both eras, and where MCP answers when it does not answer here. */
import type { Era, Evidence, Exchange } from '../case/evidence.js';
import type { CaseDraft } from '../case/write.js';
import { Connections } from '../wire/connections.js';
import { LegacySseChannel } from '../wire/legacy-sse.js';
import type { ClientInfo } from '../wire/revisions.js';
import { type HttpOptions, StreamableHttpChannel } from '../wire/streamable-http.js';
import { readCatalog } from './catalog.js';
import { answerOf, isLegacySse, lookAround } from './endpoint.js';
import { openDiscover, openInitialize } from './handshake.js';
import { observeNetwork } from './network.js';

const MAX_EXCHANGES = 80;

export interface RemoteOptions extends HttpOptions {
  /** The transport to speak: Streamable HTTP, or HTTP+SSE when the user asks for it. */
  transport: 'streamable-http' | 'sse';
  clientInfo: ClientInfo;
  timeoutMs: number;
  connectTimeoutMs: number;
  signal?: AbortSignal;
  progress(text: string): void;
}

const notAsked = (why: string): Era => ({ status: 'not-asked', why });

/** Observe a URL and note `network`, `http`, `endpoint`, `handshake` and `catalog`. Never throws for what the server does. */
export async function observeRemote(draft: CaseDraft, options: RemoteOptions): Promise<void> {
  const url = new URL(options.url);
  const connections = new Connections({ connectTimeoutMs: options.connectTimeoutMs });
  const exchanges: Exchange[] = [];
  const startedAt = draft.now();
  const network = observeNetwork(url, options.connectTimeoutMs).then((value) =>
    draft.seen('network', value, draft.now() - startedAt),
  );
  options.progress(`connecting to ${url.host}`);
  try {
    if (options.transport === 'sse') await converseOverSse(draft, options, connections, exchanges);
    else await converse(draft, options, connections, exchanges);
    await network;
    const reached = draft.get('network')?.attempts.some(({ error }) => !error) ?? false;
    const opened = draft.get('handshake')?.used !== undefined;
    if (!opened && reached && exchanges.some(({ status }) => status !== undefined)) {
      options.progress('this URL is no usable MCP endpoint, looking around on the host');
      await findEndpoint(draft, options, connections, exchanges);
    } else if (opened) {
      const answer = options.transport === 'sse' ? 'legacy-sse' : 'streamable-http';
      draft.seen('endpoint', { asked: { url: options.url, answer }, others: [] });
    } else draft.seen('endpoint', { asked: { url: options.url, answer: 'no-answer' }, others: [] });
  } finally {
    await network;
    draft.seen(
      'http',
      { exchanges: exchanges.slice(0, MAX_EXCHANGES), omitted: Math.max(0, exchanges.length - MAX_EXCHANGES) },
      draft.now() - startedAt,
    );
    connections.close();
  }
}

async function converse(
  draft: CaseDraft,
  options: RemoteOptions,
  connections: Connections,
  exchanges: Exchange[],
): Promise<void> {
  const { clientInfo, timeoutMs, progress } = options;
  const startedAt = draft.now();
  const channel = new StreamableHttpChannel(options, connections, draft.timeline, exchanges);
  const initialize = await openInitialize(channel, clientInfo, timeoutMs);
  // Whoever did not answer at all, or demands credentials, is not asked a second time.
  const first = exchanges[0];
  const mute =
    first?.error !== undefined || first?.status === 401 || first?.status === 403 || (first?.status ?? 0) >= 500;
  // A channel of its own: the stateless era knows no session.
  const modern = new StreamableHttpChannel(options, connections, draft.timeline, exchanges);
  const discover = mute
    ? notAsked('initialize was not answered by an MCP server')
    : await openDiscover(modern, clientInfo, timeoutMs);
  const used =
    initialize.status === 'answered' ? 'initialize' : discover.status === 'answered' ? 'discover' : undefined;
  draft.seen('handshake', { initialize, discover, used }, draft.now() - startedAt);
  if (!used) {
    draft.skipped('catalog', 'the conversation was never opened');
    return;
  }
  progress('reading its tools, resources and prompts');
  const from = draft.now();
  const talk = { channel: used === 'initialize' ? channel : modern, era: used, clientInfo, timeoutMs } as const;
  draft.seen('catalog', await readCatalog(talk, used === 'initialize' ? initialize : discover), draft.now() - from);
  await channel.end(timeoutMs);
}

async function converseOverSse(
  draft: CaseDraft,
  options: RemoteOptions,
  connections: Connections,
  exchanges: Exchange[],
): Promise<void> {
  const { clientInfo, timeoutMs } = options;
  const channel = new LegacySseChannel(options, connections, draft.timeline, exchanges);
  const startedAt = draft.now();
  const discover = notAsked('HTTP+SSE belongs to 2024-11-05');
  try {
    if (!(await channel.connect(timeoutMs))) {
      channel.close();
      // The exchange of the stream is noted when it has ended.
      await new Promise((resolve) => setTimeout(resolve, 10));
      draft.seen('handshake', { initialize: notAsked('the event stream named no endpoint to post to'), discover });
      draft.skipped('catalog', 'the conversation was never opened');
      return;
    }
    const initialize = await openInitialize(channel, clientInfo, timeoutMs);
    const used = initialize.status === 'answered' ? 'initialize' : undefined;
    draft.seen('handshake', { initialize, discover, used }, draft.now() - startedAt);
    if (used) draft.seen('catalog', await readCatalog({ channel, era: used, clientInfo, timeoutMs }, initialize));
    else draft.skipped('catalog', 'the conversation was never opened');
  } finally {
    channel.close();
  }
}

/** The URL is reachable, but no MCP conversation opened: say what it is, and where MCP is. */
async function findEndpoint(
  draft: CaseDraft,
  options: RemoteOptions,
  connections: Connections,
  exchanges: Exchange[],
): Promise<void> {
  const asked = new URL(options.url);
  const first = exchanges.find(({ status }) => status !== undefined);
  if (!first) return;
  const search = { options, connections, timeline: draft.timeline, exchanges, signal: options.signal };
  let answer = answerOf({ exchange: first, headers: {}, readings: readingsOf(draft) });
  const location = first.headers?.location;
  const redirectTo =
    answer === 'redirect' && location && URL.canParse(location, asked.href) ? new URL(location, asked).href : undefined;
  if (['not-found', 'other', 'html'].includes(answer) && (await isLegacySse(options.url, true, search)))
    answer = 'legacy-sse';
  // Elsewhere is worth asking only where this place is plainly not the endpoint.
  const elsewhere = ['not-found', 'html', 'other', 'redirect'].includes(answer);
  const others = elsewhere ? await lookAround(asked, redirectTo, search) : [];
  draft.seen('endpoint', { asked: { url: options.url, answer, redirectTo }, others });
}

/** A refused or invalid initialize was answered in JSON-RPC: an MCP server, though an unwilling one. */
function readingsOf(draft: CaseDraft): Parameters<typeof answerOf>[0]['readings'] {
  const initialize: Evidence['handshake']['initialize'] | undefined = draft.get('handshake')?.initialize;
  if (initialize?.status === 'refused' && initialize.error)
    return [
      {
        type: 'response',
        message: { jsonrpc: '2.0', id: 1, error: { code: initialize.error.code, message: initialize.error.message } },
      },
    ];
  return [];
}
