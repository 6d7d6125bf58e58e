/** The fixed series, one entry per experiment: when it makes sense, and what it sends. */
import { setTimeout } from 'node:timers/promises';
import type { Evidence } from '../case/evidence.js';
import { EXPERIMENTS } from '../case/remote.js';
import { initializeParams } from '../wire/revisions.js';
import { carriesCredentials } from '../wire/streamable-http.js';
import type { Gate } from './authorization.js';
import type { Lab } from './lab.js';

export type Experiment = (typeof EXPERIMENTS)[number];

/** What the experiments are told of the target beside the lab. */
export interface Setting {
  network: Evidence['network'] | undefined;
  /** HTTP status of the answer to the first request, when the conversation was not opened. */
  refusedWith: number | undefined;
  /** Whoever holds the credentials of a sign-in. */
  gate?: Pick<Gate, 'otherAudience' | 'lifetimeS'>;
}

type Unfit = (lab: Lab, setting: Setting) => string | null;
type Run = (lab: Lab, experiment: Experiment, setting: Setting) => Promise<unknown>;

/** `unfit`: why it makes no sense here, or null. `always`: part of every run; the others are made with --full, and where MCP was refused. */
const spec = (unfit: Unfit, run: Run, always = false) => ({ unfit, run, always });

const FOREIGN = 'mcp-verdict.invalid';
const STREAM_MS = 2_000;
/** An open stream needs no byte: this is for those that speak at once. */
const LISTEN_MS = 25;

const noSession = ({ live }: Lab): string | null =>
  !live ? 'the conversation was never opened' : live.session === undefined ? 'the server gave no session id' : null;
const notLegacy = ({ live }: Lab): string | null =>
  !live ? 'the conversation was never opened' : live.era === 'discover' ? 'the server speaks 2026-07-28 only' : null;
const notModern = ({ live }: Lab): string | null => (live?.modern ? null : 'the server does not speak 2026-07-28');
/** For experiments that answer a question also where the conversation was refused. */
const refusedBut =
  (statuses: number[]) =>
  ({ live }: Lab, { refusedWith }: Setting): string | null => {
    if (live) return live.era === 'discover' ? 'the server speaks 2026-07-28 only' : null;
    return statuses.includes(refusedWith ?? 0) ? null : 'what the server answered has nothing to do with it';
  };

/** Tokens that live longer are not waited for. */
const MAX_WAIT_S = 20;

/** The bearer token that is sent. */
const tokenOf = ({ options: { headers } }: Lab): string | undefined =>
  /^Bearer\s+(\S+)$/i.exec(headers.authorization ?? '')?.[1];

const noCredentials: Unfit = (lab) =>
  !lab.live
    ? 'the conversation was never opened'
    : carriesCredentials(lab.options)
      ? null
      : 'there are no credentials that could be left out';
const noToken = (lab: Lab): string | null =>
  !lab.live ? 'the conversation was never opened' : tokenOf(lab) === undefined ? 'there is no bearer token' : null;

/** The harmless request of the open conversation, or initialize where none is open. */
const rpcOf = ({ live, options }: Lab) =>
  live ? { rpc: live.harmless } : { rpc: 'initialize', params: initializeParams(options.clientInfo) };

/** Initialize as a client of our own number, and end its session again. Returns what it was given. */
async function another(
  lab: Lab,
  experiment: Experiment,
  sessionNumber: number,
  http2 = false,
  use?: (id: string | null) => Promise<void>,
) {
  const params = initializeParams(lab.options.clientInfo);
  const opened = await lab.ask(experiment, { rpc: 'initialize', params, session: null, sessionNumber, http2 });
  const id = opened?.headers['mcp-session-id'] ?? null;
  if (opened && use && (opened.exchange.status ?? 0) < 300) await use(id);
  if (id !== null) await lab.ask(experiment, { method: 'DELETE', session: id, sessionNumber });
}

const variant = (set: Record<string, string | null>) => (lab: Lab, experiment: Experiment) =>
  lab.ask(experiment, { ...rpcOf(lab), set });

const modern =
  (set: Record<string, string | null>, rpc?: string, params?: Record<string, unknown>) =>
  (lab: Lab, experiment: Experiment) =>
    lab.ask(experiment, { rpc: rpc ?? 'server/discover', params, modern: true, set });

const TABLE: Partial<Record<Experiment, ReturnType<typeof spec>>> = {
  'get-stream': spec(
    notLegacy,
    (lab, name) =>
      lab.ask(name, {
        method: 'GET',
        timeoutMs: Math.min(STREAM_MS, lab.options.timeoutMs),
        listenMs: LISTEN_MS,
        onEvent: () => true,
      }),
    true,
  ),
  'session-unknown': spec(
    noSession,
    (lab, name) => lab.ask(name, { ...rpcOf(lab), session: '00000000-0000-4000-8000-00006d637076', sessionNumber: 0 }),
    true,
  ),
  'session-missing': spec(noSession, (lab, name) => lab.ask(name, { ...rpcOf(lab), session: null })),
  'second-client': spec(
    notLegacy,
    (lab, name) =>
      another(lab, name, 2, false, async (session) => {
        await lab.ask(name, { rpc: 'notifications/initialized', session, sessionNumber: 2 });
        await lab.ask(name, { ...rpcOf(lab), session, sessionNumber: 2 });
      }),
    true,
  ),
  'parallel-clients': spec(notLegacy, (lab, name) => Promise.all([another(lab, name, 3), another(lab, name, 4)])),
  'parallel-requests': spec(notLegacy, (lab, name) =>
    Promise.all(Array.from({ length: 3 }, () => lab.ask(name, rpcOf(lab)))),
  ),
  'fresh-connections': spec(
    noSession,
    async (lab, name) => {
      for (let i = 0; i < 4; i++) await lab.ask(name, { ...rpcOf(lab), fresh: true });
    },
    true,
  ),
  'accept-json': spec(refusedBut([406]), variant({ accept: 'application/json' })),
  'accept-stream': spec(refusedBut([406]), variant({ accept: 'text/event-stream' })),
  'accept-any': spec(refusedBut([406]), variant({ accept: '*/*' })),
  'content-type-wrong': spec(notLegacy, variant({ 'content-type': 'text/plain' })),
  'version-unknown': spec(notLegacy, variant({ 'mcp-protocol-version': '1999-01-01' })),
  'version-missing': spec(notLegacy, variant({ 'mcp-protocol-version': null })),
  'host-foreign': spec(refusedBut([400, 403, 404, 421]), (lab, name, { network }) => {
    const port = network?.port ?? 80;
    // Where the real name is refused, the name that DNS-rebinding protection allows by default is the proof.
    return lab.ask(name, { ...rpcOf(lab), set: { host: lab.live ? FOREIGN : `localhost:${port}` } });
  }),
  'origin-foreign': spec(notLegacy, variant({ origin: `https://${FOREIGN}` })),
  preflight: spec(
    ({ live }, { refusedWith }) => (live || refusedWith !== undefined ? null : 'nobody answered'),
    (lab, name) =>
      lab.ask(name, {
        method: 'OPTIONS',
        session: null,
        timeoutMs: Math.min(STREAM_MS, lab.options.timeoutMs),
        listenMs: LISTEN_MS,
        set: {
          origin: `https://${FOREIGN}`,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization, content-type, mcp-protocol-version, mcp-session-id',
        },
      }),
    true,
  ),
  'json-malformed': spec(notLegacy, (lab, name) => lab.ask(name, { body: '{"jsonrpc":"2.0","id":1,"method":' })),
  'method-unknown': spec(notLegacy, (lab, name) => lab.ask(name, { rpc: 'mcp-verdict/no-such-method' })),
  'body-large': spec(notLegacy, (lab, name) =>
    // _meta may hold anything (2024-11-05, basic/messages): nothing but the size is unusual.
    lab.ask(name, { ...rpcOf(lab), params: { _meta: { 'mcp-verdict.dev/padding': 'x'.repeat(256 * 1024) } } }),
  ),
  compression: spec(notLegacy, variant({ 'accept-encoding': 'gzip, deflate, br' })),
  resume: spec(notLegacy, async (lab, name) => {
    const [index] = lab.exchangesOf('get-stream');
    const own = lab.options.exchanges.findLast(({ session, stream }) => session === 1 && stream?.lastId !== undefined);
    const lastId =
      (index === undefined ? undefined : lab.options.exchanges[index]?.stream?.lastId) ?? own?.stream?.lastId;
    if (lastId === undefined) return 'no event of the server carries an id';
    return lab.ask(name, {
      method: 'GET',
      timeoutMs: Math.min(STREAM_MS, lab.options.timeoutMs),
      listenMs: LISTEN_MS,
      set: { 'last-event-id': lastId },
      onEvent: () => true,
    });
  }),
  http2: spec(
    ({ live }, { network }) =>
      live?.era === 'discover'
        ? 'the server speaks 2026-07-28 only'
        : network?.alpn === 'h2'
          ? null
          : network?.tls
            ? 'the server does not offer HTTP/2'
            : 'there is no TLS in which HTTP/2 could be agreed',
    (lab, name) => another(lab, name, 5, true),
    true,
  ),
  'modern-version-unknown': spec(notModern, modern({ 'mcp-protocol-version': '1999-01-01' })),
  'modern-version-mismatch': spec(notModern, modern({ 'mcp-protocol-version': '2025-11-25' })),
  'modern-method-missing': spec(notModern, modern({ 'mcp-method': null })),
  'modern-method-mismatch': spec(notModern, modern({ 'mcp-method': 'tools/call' })),
  'modern-method-unknown': spec(notModern, modern({}, 'mcp-verdict/no-such-method')),
  'without-credentials': spec(
    noCredentials,
    async (lab, name) => {
      const params = initializeParams(lab.options.clientInfo);
      const opened = await lab.ask(name, { rpc: 'initialize', params, session: null, bare: true });
      await lab.ask(name, { ...rpcOf(lab), session: null, bare: true });
      const id = opened?.headers['mcp-session-id'];
      if (id !== undefined) await lab.ask(name, { method: 'DELETE', session: id, bare: true });
      // Whether a browser client may read what it is told to do (Fetch, CORS-safelisted response headers).
      else
        await lab.ask(name, {
          rpc: 'initialize',
          params,
          session: null,
          bare: true,
          set: { origin: `https://${FOREIGN}` },
        });
    },
    true,
  ),
  'session-without-credentials': spec(
    (lab, setting) => noCredentials(lab, setting) ?? noSession(lab),
    (lab, name) => lab.ask(name, { ...rpcOf(lab), bare: true }),
    true,
  ),
  'token-made-up': spec(
    noToken,
    (lab, name) => lab.ask(name, { ...rpcOf(lab), set: { authorization: 'Bearer mcp-verdict-made-up-token' } }),
    true,
  ),
  'token-unsigned': spec(noToken, async (lab, name) => {
    const { unsigned } = await import('../oauth/token-facts.js');
    const forged = unsigned(tokenOf(lab) ?? '');
    if (forged === null) return 'the token is opaque: it has no claims to repeat';
    return lab.ask(name, { ...rpcOf(lab), set: { authorization: `Bearer ${forged}` } });
  }),
  'token-in-query': spec(noToken, (lab, name) => {
    const url = new URL(lab.options.url);
    url.searchParams.set('access_token', tokenOf(lab) ?? '');
    return lab.ask(name, { ...rpcOf(lab), url: url.href, bare: true });
  }),
  'token-other-audience': spec(
    (lab, setting) =>
      noToken(lab) ?? (setting.gate ? null : 'only a sign-in of our own can get a token for somebody else'),
    async (lab, name, { gate }) => {
      const other = await gate?.otherAudience();
      if (other === undefined) return 'the authorization server issues no token for another resource';
      const { tokenFacts } = await import('../oauth/token-facts.js');
      const { audience } = tokenFacts(other, 0);
      const own = tokenFacts(tokenOf(lab) ?? '', 0).audience;
      if (audience === undefined || audience.some((one) => own?.includes(one)))
        return 'the authorization server issues the same audience whatever it is asked for';
      return lab.ask(name, { ...rpcOf(lab), set: { authorization: `Bearer ${other}` } });
    },
  ),
  'token-expired': spec(
    (lab, { gate }) => {
      const lives = gate?.lifetimeS;
      if (noToken(lab) !== null || lives === undefined) return noToken(lab) ?? 'nobody says how long the token lives';
      return lives <= MAX_WAIT_S ? null : `the token lives for ${lives} s, longer than anybody waits here`;
    },
    async (lab, name, { gate }) => {
      await setTimeout(((gate?.lifetimeS ?? 0) + 1) * 1_000, undefined, { signal: lab.options.signal }).catch(() => {});
      // The session has ended by now.
      return lab.ask(name, { rpc: 'initialize', params: initializeParams(lab.options.clientInfo), session: null });
    },
  ),
  'session-ended': spec(
    noSession,
    async (lab, name) => {
      const ended = await lab.ask(name, { method: 'DELETE' });
      if ((ended?.exchange.status ?? 500) < 300) await lab.ask(name, rpcOf(lab));
    },
    true,
  ),
};

/** Behind everything else: the one that ends the session, then the one that waits for the token to expire. */
export const LAST: readonly Experiment[] = ['session-ended', 'token-expired'];

/** Every experiment that this file makes, in the order of the series. */
export const SERIES = EXPERIMENTS.flatMap((experiment) => {
  const entry = TABLE[experiment];
  return entry ? [{ experiment, ...entry }] : [];
}).sort((a, b) => LAST.indexOf(a.experiment) - LAST.indexOf(b.experiment));
