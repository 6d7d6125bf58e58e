/** The fixed series, one entry per experiment: when it makes sense, and what it sends. */
import type { Evidence } from '../case/evidence.js';
import { EXPERIMENTS } from '../case/remote.js';
import { initializeParams } from '../wire/revisions.js';
import type { Lab } from './lab.js';

export type Experiment = (typeof EXPERIMENTS)[number];

/** What the experiments are told of the target beside the lab. */
export interface Setting {
  network: Evidence['network'] | undefined;
  /** HTTP status of the answer to the first request, when the conversation was not opened. */
  refusedWith: number | undefined;
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
  'session-ended': spec(
    noSession,
    async (lab, name) => {
      const ended = await lab.ask(name, { method: 'DELETE' });
      if ((ended?.exchange.status ?? 500) < 300) await lab.ask(name, rpcOf(lab));
    },
    true,
  ),
};

/** Every experiment that this file makes, in the order of the series. The one that ends the session comes last. */
export const SERIES = EXPERIMENTS.flatMap((experiment) => {
  const entry = TABLE[experiment];
  return entry ? [{ experiment, ...entry }] : [];
}).sort((a, b) => Number(a.experiment === 'session-ended') - Number(b.experiment === 'session-ended'));
