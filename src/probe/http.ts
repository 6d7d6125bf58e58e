/** A remote server: the way to it, a whole conversation in both eras, and where MCP answers when it does not answer here. */
import type { Era, Evidence, Exchange } from '../case/evidence.js';
import type { CaseDraft } from '../case/write.js';
import { rangeOf } from '../wire/address.js';
import { Connections } from '../wire/connections.js';
import { LegacySseChannel } from '../wire/legacy-sse.js';
import { type ClientInfo, MODERN } from '../wire/revisions.js';
import { type HttpOptions, StreamableHttpChannel } from '../wire/streamable-http.js';
import type { Turns } from '../wire/turns.js';
import type { AuthOptions, Gate } from './authorization.js';
import { type Talk as CatalogTalk, readCatalog } from './catalog.js';
import { answerOf, askHealth, isLegacySse, lookAround, postAt, titleOf } from './endpoint.js';
import type { Setting } from './experiments.js';
import { type Opening, openDiscover, openInitialize } from './handshake.js';
import { Lab, type LabOptions, type Live } from './lab.js';
import { answersTls, observeNetwork } from './network.js';
import { publishedBy } from './published.js';
import { followRedirects, targetOf } from './redirects.js';
import { runSeries } from './series.js';
import { watchStream } from './stream.js';
import { asksForCredentials, openInOrder, type Ways } from './ways.js';
import type { World } from './world.js';

/** A list that is read again and again must not be slow. */
const HARMLESS_MS = 1_000;
const MAX_EXCHANGES = 150;

export interface RemoteOptions extends HttpOptions {
  /** The transport to speak: Streamable HTTP, or HTTP+SSE when the user asks for it. */
  transport: 'streamable-http' | 'sse';
  clientInfo: ClientInfo;
  timeoutMs: number;
  connectTimeoutMs: number;
  /** The machine: the environment of the user's shell with its proxy variables, and the container engine on it. */
  world: World;
  /** `quick`: the conversation alone. `full`: the whole series of experiments. */
  depth: 'quick' | 'default' | 'full';
  /** The part of a client that is played: how it opens, which ways it goes, what it asks at the end. */
  opening?: Opening;
  ways?: Ways;
  beforeEnd?(talk: CatalogTalk, opened: Era): Promise<void>;
  /** Watch an event stream that nobody uses for so long, milliseconds. */
  watchMs?: number;
  /** Connect to public addresses only, also behind redirects. */
  publicOnly?: boolean;
  /** Values that go to the origin of the URL and to no other. */
  secrets: readonly string[];
  /** How the user wants to be let in, beside headers of their own. */
  auth?: AuthOptions;
  /** Told every secret that comes up on the way, before it can be noted. */
  learn(secret: string): void;
  /** Turns to ask, when several investigations share them. */
  turns?: Turns;
  /** Called once, as soon as it shows that no conversation opens. */
  onTrouble?(): void;
  progress(text: string): void;
}

/** One investigation of a URL on its way through this file. */
interface Look {
  draft: CaseDraft;
  options: RemoteOptions;
  lab: LabOptions;
  network: Promise<void>;
}

/** A conversation: what keeps it open, and how it is ended. Undefined when none was opened. */
type Talk = { live: Live; end(): Promise<void> } | undefined;

const notAsked = (why: string): Era => ({ status: 'not-asked', why });

const refuse = (address: string): string | null => {
  const range = rangeOf(address);
  return range === 'unicast'
    ? null
    : `its range is ${range}, and only public addresses are allowed here (--public-only)`;
};

/** Observe a URL and note `network`, `http`, `endpoint`, `handshake`, `catalog`, `series` and `stream`. Never throws for what the server does. */
export async function observeRemote(draft: CaseDraft, given: RemoteOptions): Promise<void> {
  // One object of headers for everything that follows: a sign-in puts its token there.
  const options = { ...given, headers: { ...given.headers } };
  const url = new URL(options.url);
  const { connectTimeoutMs, world, publicOnly } = options;
  const guard = publicOnly ? { refuse } : {};
  const home = { origin: url.origin, secrets: options.secrets };
  const connections = new Connections({ connectTimeoutMs, ...guard, home, turns: options.turns });
  const exchanges: Exchange[] = [];
  const startedAt = draft.now();
  const network = observeNetwork(url, { timeoutMs: connectTimeoutMs, env: world.env, ...guard }).then((value) =>
    draft.seen('network', value, draft.now() - startedAt),
  );
  const lab: LabOptions = { ...options, connections, exchanges, timeline: draft.timeline };
  const look: Look = { draft, options, lab, network };
  options.progress(`connecting to ${url.host}`);
  let gate: Gate | undefined;
  try {
    const first = await open(look);
    await network;
    gate = await gateOf(look);
    const talk = gate ? await passGate(look, gate, first) : first;
    await (talk ? lookInto(look, talk, gate) : lookAbout(look, gate));
  } finally {
    await network;
    await gate?.close();
    draft.seen(
      'http',
      { exchanges: exchanges.slice(0, MAX_EXCHANGES), omitted: Math.max(0, exchanges.length - MAX_EXCHANGES) },
      draft.now() - startedAt,
    );
    connections.close();
  }
}

const openBy = (look: Look): Promise<Talk> =>
  look.options.transport === 'sse' ? converseOverSse(look) : converse(look);

const open = (look: Look): Promise<Talk> => {
  const { draft, options, lab } = look;
  const { ways } = options;
  if (!ways) return openBy(look);
  return openInOrder(ways, draft, lab.exchanges, (transport) => {
    options.transport = transport;
    return openBy(look);
  });
};

/** Whoever looks after credentials, where the server asks for them or the user has some. */
async function gateOf({ draft, options, lab }: Look): Promise<Gate | undefined> {
  const { auth, headers, urlHasCredentials, url, connectTimeoutMs, publicOnly, depth, clientInfo, learn, world } =
    options;
  const { turns, secrets } = options;
  if (!auth && !urlHasCredentials && Object.keys(headers).length === 0 && !lab.exchanges.some(isUninviting)) {
    draft.skipped('authorization', 'the server asked for no credentials');
    return undefined;
  }
  const { Gate } = await import('./authorization.js');
  return new Gate(draft, {
    ...{ lab, auth, url, connectTimeoutMs, publicOnly, learn, turns, secrets },
    thorough: depth === 'full',
    clientName: clientInfo.name,
    wallClock: () => Date.parse(world.date()),
  });
}

/** An answer behind which there may be a sign-in, although it does not say so as it should. */
const isUninviting = (record: Exchange): boolean =>
  asksForCredentials(record) ||
  record.status === 403 ||
  (record.status !== undefined && record.status >= 300 && record.status < 400) ||
  (record.status === 200 && /^text\/html\b/i.test(record.contentType ?? ''));

/** Through the gate, as far as the user wants that: sign in, and have the conversation once more with the token. */
async function passGate(look: Look, gate: Gate, first: Talk): Promise<Talk> {
  const { lab, options } = look;
  let talk = first;
  let from = 0;
  if (gate.wasGiven) gate.noteAccess('given', 0);
  for (;;) {
    const refused = lab.exchanges.findIndex((record, i) => i >= from && asksForCredentials(record));
    if (refused < 0) return talk;
    options.progress('the server asks for credentials: looking how to sign in');
    const to = lab.exchanges.length;
    if (!(await gate.open(refused))) return talk;
    // From here on what came before is no part of the conversation.
    for (const record of lab.exchanges.slice(from, to))
      if (!record.purpose.startsWith('auth-')) record.purpose = 'auth-challenge';
    await talk?.end();
    from = lab.exchanges.length;
    options.progress('trying the token');
    talk = await open(look);
    gate.noteAccess(gate.how, from);
  }
}

/** Whether the refresh token gives another access token, and whether the server takes that. What follows uses it. */
async function renew({ lab, options }: Look, gate: Gate): Promise<void> {
  if (!(await gate.tryRefresh())) return;
  const from = lab.exchanges.length;
  await postAt(options.url, true, { options, ...lab }, 'auth-access');
  gate.noteAccess('refreshed', from);
}

/** Behind an open conversation: the series of experiments, and a stream watched when that was asked for. */
async function lookInto(look: Look, talk: NonNullable<Talk>, gate: Gate | undefined): Promise<void> {
  const { draft, options, lab } = look;
  const { transport, depth, watchMs, url, progress } = options;
  const sse = transport === 'sse';
  draft.seen('endpoint', { asked: { url, answer: sse ? 'legacy-sse' : 'streamable-http' }, others: [] });
  if (gate && depth !== 'quick') await renew(look, gate);
  if (watchMs !== undefined) {
    progress(`watching an event stream for ${watchMs / 1_000} s`);
    const via = sse ? 'open-sse-stream' : 'get-stream';
    const seen = await watchStream(lab, { via, watchMs, live: sse ? undefined : talk.live });
    if (seen) draft.seen('stream', seen, seen.aliveMs);
    else draft.failed('stream', 'the server opened no event stream that could be watched');
  } else draft.skipped('stream', 'only with --watch');
  if (depth === 'quick') draft.skipped('series', '--quick asks for the conversation alone');
  else if (sse) draft.skipped('series', 'the experiments are those of Streamable HTTP');
  else {
    progress('trying how the endpoint behaves: streams, sessions, headers');
    const setting = { ...settingOf(draft), ...(gate && { gate }) };
    draft.seen('series', await runSeries(new Lab(lab, talk.live), setting, depth));
    const unlet = lab.exchanges.findIndex(
      (record) => record.purpose === 'without-credentials' && asksForCredentials(record),
    );
    if (gate && !gate.looked && unlet >= 0) await gate.look(unlet);
  }
  await talk.end();
}

const settingOf = (draft: CaseDraft, refusedWith?: number): Setting => ({ network: draft.get('network'), refusedWith });

/** A port of this machine that took the connection and ended it without a byte: whoever published it may know why. */
const isCutAtHome = ({ addresses, tlsAnswers }: Evidence['network'], first: Exchange | undefined): boolean =>
  !tlsAnswers &&
  addresses.some(({ range }) => range === 'loopback') &&
  first?.error?.phase === 'headers' &&
  /^(?:UND_ERR_SOCKET|ECONNRESET|EPIPE)$/.test(first.error.code);

/** The URL gave no MCP conversation: say what it is, and where MCP is. */
async function lookAbout({ draft, options, lab }: Look, gate: Gate | undefined): Promise<void> {
  options.onTrouble?.();
  const network = draft.get('network');
  const first = lab.exchanges[0];
  const reached = network?.attempts.some(({ error }) => !error) ?? false;
  const answered = lab.exchanges.find(({ status }) => status !== undefined);
  // A port that speaks TLS answers plain HTTP with bytes that are no HTTP, with an end, or with a 400 that says so.
  const interrupted = options.signal?.aborted ?? false;
  if (
    network &&
    !network.tls &&
    reached &&
    !interrupted &&
    (first?.error?.phase === 'headers' || first?.status === 400)
  )
    network.tlsAnswers = await answersTls(network, options.connectTimeoutMs);
  if (network && !answered && options.depth !== 'quick' && isCutAtHome(network, first))
    network.published = await publishedBy(network.port, options.world);
  if ((first?.stopped && first.stopped !== 'endless') || lab.connections.givenUp) {
    // Who drowns us once would do so at every other address.
    draft.seen('endpoint', { asked: { url: options.url, answer: 'other' }, others: [] });
    draft.skipped('series', 'the answer had no bounds');
    return;
  }
  if (!reached || !answered) {
    // A stream of which nothing came says nothing of its host: a short request does.
    if (reached && options.transport === 'sse') await postAt(options.url, true, { options, ...lab });
    draft.seen('endpoint', { asked: { url: options.url, answer: 'no-answer' }, others: [] });
    return;
  }
  const wait = [429, 503].includes(answered.status ?? 0) ? answered.headers?.['retry-after'] : undefined;
  if (wait !== undefined) {
    draft.seen('endpoint', { asked: { url: options.url, answer: 'other' }, others: [] });
    draft.skipped('series', `the server asks to wait (HTTP ${answered.status}, Retry-After: ${wait})`);
    return;
  }
  if (gate && !gate.looked && isUninviting(answered)) await gate.look(lab.exchanges.indexOf(answered), true);
  if (gate?.pause !== undefined) {
    draft.seen('endpoint', {
      asked: {
        url: options.url,
        answer: answerOf({ exchange: first ?? answered, headers: {}, readings: readingsOf(draft) }),
      },
      others: [],
    });
    draft.skipped('series', gate.pause);
    return;
  }
  options.progress('this URL is no usable MCP endpoint, looking around on the host');
  await findEndpoint(draft, options, lab, answered);
  if (options.depth === 'quick') draft.skipped('series', '--quick asks for the conversation alone');
  else draft.seen('series', await runSeries(new Lab(lab, undefined), settingOf(draft, answered.status), options.depth));
}

async function converse({ draft, options, lab }: Look): Promise<Talk> {
  const { clientInfo, timeoutMs, progress } = options;
  const startedAt = draft.now();
  // Behind a sign-in there are exchanges already.
  const from = lab.exchanges.length;
  const channel = new StreamableHttpChannel(options, lab.connections, draft.timeline, lab.exchanges);
  const { opening } = options;
  const initialize = await openInitialize(channel, clientInfo, timeoutMs, opening?.revision, opening?.capabilities);
  // Whoever did not answer at all, or demands credentials, is not asked a second time.
  const first = lab.exchanges[from];
  const mute =
    first?.error !== undefined || [401, 403, 429].includes(first?.status ?? 0) || (first?.status ?? 0) >= 500;
  // A channel of its own: the stateless era knows no session.
  const modern = new StreamableHttpChannel(options, lab.connections, draft.timeline, lab.exchanges);
  const discover = mute
    ? notAsked('initialize was not answered by an MCP server')
    : opening && !opening.discovers
      ? notAsked('the client does not ask for the stateless era')
      : await openDiscover(modern, clientInfo, timeoutMs, opening?.capabilities);
  const used =
    initialize.status === 'answered' ? 'initialize' : discover.status === 'answered' ? 'discover' : undefined;
  draft.seen('handshake', { initialize, discover, used }, draft.now() - startedAt);
  if (!used) {
    draft.skipped('catalog', 'the conversation was never opened');
    return undefined;
  }
  progress('reading its tools, resources and prompts');
  const since = draft.now();
  const opened = used === 'initialize' ? initialize : discover;
  const { capabilities } = opening ?? {};
  const talk: CatalogTalk = {
    channel: used === 'initialize' ? channel : modern,
    era: used,
    clientInfo,
    timeoutMs,
    capabilities,
  };
  // Clients of the SDKs ask for the stream of the server's own accord as soon as the conversation is open.
  if (opening && used === 'initialize') await channel.listen(timeoutMs);
  const catalog = await readCatalog(talk, opened);
  draft.seen('catalog', catalog, draft.now() - since);
  await options.beforeEnd?.(talk, opened);
  // Servers allow one such stream for a session, and the experiments open their own.
  await channel.unlisten();
  const listed = catalog.lists.find(({ outcome, ms = 0 }) => outcome === 'listed' && ms < HARMLESS_MS)?.method;
  const live: Live = {
    era: used,
    session: channel.session,
    revision: channel.revision ?? MODERN,
    harmless: listed ?? (used === 'initialize' ? 'ping' : 'server/discover'),
    modern: discover.status === 'answered',
  };
  return { live, end: () => channel.end(timeoutMs) };
}

async function converseOverSse({ draft, options, lab }: Look): Promise<Talk> {
  const { clientInfo, timeoutMs } = options;
  const channel = new LegacySseChannel(options, lab.connections, draft.timeline, lab.exchanges);
  const startedAt = draft.now();
  const discover = notAsked('HTTP+SSE belongs to 2024-11-05');
  if (!(await channel.connect(timeoutMs))) {
    await channel.close();
    draft.seen('handshake', { initialize: notAsked('the event stream named no endpoint to post to'), discover });
    draft.skipped('catalog', 'the conversation was never opened');
    return undefined;
  }
  const { opening } = options;
  const initialize = await openInitialize(channel, clientInfo, timeoutMs, opening?.revision, opening?.capabilities);
  const used = initialize.status === 'answered' ? 'initialize' : undefined;
  draft.seen('handshake', { initialize, discover, used }, draft.now() - startedAt);
  if (!used) {
    draft.skipped('catalog', 'the conversation was never opened');
    await channel.close();
    return undefined;
  }
  const talk: CatalogTalk = { channel, era: used, clientInfo, timeoutMs };
  draft.seen('catalog', await readCatalog(talk, initialize));
  await options.beforeEnd?.(talk, initialize);
  const live: Live = { era: 'initialize', revision: initialize.revision ?? '', harmless: 'ping', modern: false };
  return { live, end: () => channel.close() };
}

/** The URL is reachable, but no MCP conversation opened: say what it is, and where MCP is. */
async function findEndpoint(draft: CaseDraft, options: RemoteOptions, lab: LabOptions, first: Exchange): Promise<void> {
  const asked = new URL(options.url);
  const search = { options, ...lab };
  let answer = answerOf({ exchange: first, headers: {}, readings: readingsOf(draft) });
  const redirectTo = answer === 'redirect' ? targetOf(first) : undefined;
  const hops = redirectTo === undefined ? {} : await followRedirects(first, search);
  if (['not-found', 'other', 'html'].includes(answer) && (await isLegacySse(options.url, true, search)))
    answer = 'legacy-sse';
  // Whoever asked for an event stream has not seen yet what a POST gets here.
  else if (options.transport === 'sse' && answer !== 'redirect') {
    const posted = answerOf(await postAt(options.url, true, search));
    if (posted === 'streamable-http' || posted === 'needs-credentials') answer = posted;
  }
  // Elsewhere is worth asking only where this place is plainly not the endpoint, or only the older one.
  const elsewhere = ['not-found', 'html', 'other', 'redirect', 'legacy-sse'].includes(answer);
  const others = elsewhere ? await lookAround(asked, redirectTo, search) : [];
  const mcp = others.some((other) => other.answer === 'streamable-http' || other.answer === 'legacy-sse');
  const dead = (first.status ?? 0) >= 500 || (elsewhere && !mcp && answer !== 'legacy-sse');
  const health = dead ? { health: await askHealth(asked, search) } : {};
  const title = titleOf(first);
  draft.seen('endpoint', { asked: { url: options.url, answer, redirectTo, title }, others, ...hops, ...health });
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
