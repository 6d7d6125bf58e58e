/** The opening of an MCP conversation, in either era, judged by the schema of the revision. */
import type { Era, RpcError } from '../case/evidence.js';
import type { Answer, Channel, Outcome } from '../wire/channel.js';
import type { ErrorObject, Request } from '../wire/json-rpc.js';
import {
  type ClientCapabilities,
  type ClientInfo,
  initializeParams,
  isKnownLegacy,
  LATEST_LEGACY,
  MODERN,
  modernMeta,
} from '../wire/revisions.js';

/** An error object as evidence: its data as text, cut. */
export const rpcErrorOf = ({ code, message, data }: ErrorObject): RpcError => ({
  code,
  message: message.slice(0, 2_000),
  data: data === undefined ? undefined : JSON.stringify(data).slice(0, 1_000),
});

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What an outcome that is no result means for the era. */
function withoutResult(
  outcome: Exclude<Outcome, { kind: 'result' }>,
): Pick<Era, 'status' | 'error' | 'problems' | 'why'> {
  switch (outcome.kind) {
    case 'rpc-error':
      return { status: 'refused', error: rpcErrorOf(outcome.error) };
    case 'invalid':
      return { status: 'invalid', problems: outcome.problems };
    case 'unanswered':
      return { status: 'unanswered' };
    case 'closed':
      return { status: 'closed' };
    case 'http-status':
      return { status: 'refused', why: `HTTP ${outcome.status}` };
    case 'network-error':
      return { status: 'closed', why: outcome.error.code };
  }
}

function serverOf(info: unknown): Era['server'] {
  if (!isObject(info)) return undefined;
  return { name: String(info.name ?? '').slice(0, 200), version: String(info.version ?? '').slice(0, 100) };
}

const capabilitiesOf = (value: unknown): string[] | undefined =>
  isObject(value) ? Object.keys(value).slice(0, 50) : undefined;

/** Rules of InitializeResult (2024-11-05 to 2025-11-25, schema). */
function initializeProblems(result: Record<string, unknown>): string[] {
  const { protocolVersion, capabilities, serverInfo } = result;
  const problems: string[] = [];
  if (typeof protocolVersion !== 'string') problems.push('"protocolVersion" is missing or no string');
  else if (!isKnownLegacy(protocolVersion))
    problems.push(
      `the server answers with protocol version ${JSON.stringify(protocolVersion.slice(0, 40))}, which no client knows`,
    );
  if (!isObject(capabilities)) problems.push('"capabilities" is missing or no object');
  if (!isObject(serverInfo)) problems.push('"serverInfo" is missing or no object');
  else {
    if (typeof serverInfo.name !== 'string') problems.push('"serverInfo.name" is missing or no string');
    if (typeof serverInfo.version !== 'string') problems.push('"serverInfo.version" is missing or no string');
  }
  return problems;
}

/** `initialize`, and `notifications/initialized` when it was answered properly. */
export async function openInitialize(
  channel: Channel,
  clientInfo: ClientInfo,
  timeoutMs: number,
  revision: string = LATEST_LEGACY,
  capabilities: ClientCapabilities = {},
): Promise<Era> {
  const outcome = await channel.request('initialize', initializeParams(clientInfo, revision, capabilities), {
    timeoutMs,
    era: 'initialize',
  });
  const base = { ms: outcome.ms, requested: revision };
  if (outcome.kind !== 'result') return { ...base, ...withoutResult(outcome) };
  const { result } = outcome;
  const problems = initializeProblems(result);
  const told = {
    revision: typeof result.protocolVersion === 'string' ? result.protocolVersion.slice(0, 40) : undefined,
    server: serverOf(result.serverInfo),
    capabilities: capabilitiesOf(result.capabilities),
  };
  if (problems.length) return { ...base, ...told, status: 'invalid', problems };
  channel.agreed(told.revision ?? revision);
  await channel.notify('notifications/initialized', undefined, { timeoutMs, era: 'initialize' });
  return { ...base, ...told, status: 'answered' };
}

/** Rules of DiscoverResult (2026-07-28, server/discover). */
function discoverProblems({ supportedVersions, capabilities }: Record<string, unknown>): string[] {
  const problems: string[] = [];
  if (
    !Array.isArray(supportedVersions) ||
    supportedVersions.length === 0 ||
    supportedVersions.some((v) => typeof v !== 'string')
  )
    problems.push('"supportedVersions" is no list of strings');
  if (!isObject(capabilities)) problems.push('"capabilities" is missing or no object');
  return problems;
}

/** `server/discover`, the opening of the stateless era. */
export async function openDiscover(
  channel: Channel,
  clientInfo: ClientInfo,
  timeoutMs: number,
  capabilities: ClientCapabilities = {},
): Promise<Era> {
  const outcome = await channel.request('server/discover', modernMeta(clientInfo, capabilities), {
    timeoutMs,
    era: 'discover',
  });
  const base = { ms: outcome.ms, requested: MODERN };
  if (outcome.kind !== 'result') return { ...base, ...withoutResult(outcome) };
  const { result } = outcome;
  const problems = discoverProblems(result);
  const meta = isObject(result._meta) ? result._meta : {};
  const told = {
    revisions: Array.isArray(result.supportedVersions)
      ? result.supportedVersions.slice(0, 20).map((v) => String(v).slice(0, 40))
      : undefined,
    revision: MODERN,
    server: serverOf(meta['io.modelcontextprotocol/serverInfo']),
    capabilities: capabilitiesOf(result.capabilities),
  };
  return {
    ...base,
    ...told,
    status: problems.length ? 'invalid' : 'answered',
    problems: problems.length ? problems : undefined,
  };
}

/** How a conversation is opened in place of our own way: as a certain client does it. */
export interface Opening {
  revision: string;
  capabilities: ClientCapabilities;
  /** `server/discover` is the first message. */
  discovers: boolean;
  /** Answers what the server asks of the client. */
  answer(request: Request): Promise<Answer>;
}
