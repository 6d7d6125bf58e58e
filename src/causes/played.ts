/**
 * What a server does when it is started and asked as a certain client does it (evidence `client`), for the causes that are about a client's
 * own limits. Each is the `live` way of one cause.
 */
import type { Evidence } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import type { Client, Defect } from '../clients/client.js';
import { affects, clientOf } from '../clients/index.js';
import type { Facts, FixStep, Live, Match } from './cause.js';

type Played = Evidence['client'];
type PlayedFacts = Facts & { fault: string };

export const seconds = (ms: number): string => `${Math.round(ms / 100) / 10} s`;

/** How the client is called in sentences, with its version when one was named. */
export const played = ({ name, version }: Played): string => (version === undefined ? name : `${name} ${version}`);

const text = (value: Facts[string] | undefined): string => (typeof value === 'string' ? value : '');
const number = (value: Facts[string] | undefined): number => (typeof value === 'number' ? value : 0);

const VERIFY = (id: string): FixStep => ({
  say: 'Check it as the client runs it:',
  run: `mcp-verdict verify --as ${id} -- <command>`,
});

/** The field of an entry that raises the limit of the start, with a value that leaves room. */
function raise(client: Client | undefined, startMs: number): FixStep | null {
  const field = client?.entry.timeouts.find(({ limits }) => limits !== 'call');
  if (!client || !field) return null;
  const roomMs = Math.max(60_000, Math.ceil((startMs * 2) / 10_000) * 10_000);
  const value = field.unit === 's' ? roomMs / 1_000 : roomMs;
  const unit = field.unit === 's' ? 'seconds' : 'milliseconds';
  return {
    say: `Give the server more time in the entry (${unit}):`,
    edit: { file: client.file, at: 'the entry', to: `"${field.key}": ${value}` },
  };
}

/** A start that takes longer than the client waits. */
export const slowStart: Live = {
  match({ client, handshake }): Match<PlayedFacts> | null {
    const { startMs, startLimitMs } = client ?? {};
    if (!client || startMs === undefined || typeof startLimitMs !== 'number' || startMs <= startLimitMs) return null;
    return {
      certainty: 'certain',
      culprit: client.limitInEntry ? 'config' : 'server',
      cites: [
        at('client', 'startMs'),
        at('client', 'startLimitMs'),
        ...(handshake?.used ? [at('handshake', handshake.used)] : []),
      ],
      facts: {
        fault: 'start-limit',
        id: client.id,
        client: played(client),
        startMs,
        limitMs: startLimitMs,
        own: client.limitInEntry ?? false,
      },
    };
  },
  // A client whose limit is known, and that was answered within it: what others wait is no matter here.
  excludes: ({ client }) => client?.startMs !== undefined && typeof client.startLimitMs === 'number',
  say: ({ client, startMs, limitMs, own }) =>
    `The server answers initialize after ${seconds(number(startMs))}, and ${client} stops waiting after ${seconds(number(limitMs))}${own ? ', the time that the entry gives it' : ''}.`,
  fix: ({ id, startMs, own }) => {
    const step = raise(clientOf(text(id)), number(startMs));
    const server = {
      say: 'If the server is yours: connect the transport first, and load models, indexes and connections after the handshake.',
    };
    const steps = step ? [step, server] : [server];
    return [...(own ? steps : [...steps].reverse()), VERIFY(text(id))];
  },
};

/** Whether what the server said, if anything, is about this method or about methods that it does not know. */
function isAbout({ stderr }: Partial<Evidence>, method: string): boolean {
  const lines = stderr?.lines ?? [];
  return lines.length === 0 || lines.some(({ text }) => text.includes(method) || /\bmethod\b|-32601/i.test(text));
}

/** A server that does not live through a question which it never offered to answer. */
export const probesUnimplemented: Live = {
  match(given) {
    const { client, process } = given;
    const index = client?.probes.findIndex(({ outcome }) => outcome === 'closed' || outcome === 'unanswered') ?? -1;
    const probe = client?.probes[index];
    if (!client || !probe) return null;
    const died = probe.outcome === 'closed';
    return {
      // A server may end for a reason of its own while it is asked: its last words have to be about the question.
      certainty: died && (process?.exit?.by !== 'itself' || !isAbout(given, probe.method)) ? 'likely' : 'certain',
      culprit: 'server',
      severity: died ? 'broken' : 'degraded',
      cites: [at('client', 'probes', index), ...(died && process?.exit ? [at('process', 'exit')] : [])],
      facts: {
        fault: died ? 'probe-ends-it' : 'probe-unanswered',
        id: client.id,
        client: played(client),
        method: probe.method,
        exit: died ? (process?.exit?.code ?? process?.exit?.signal ?? null) : null,
      },
    };
  },
  // Whether the answers were right was seen; words are for reports.
  excludes: ({ client }) => client !== undefined,
  say: ({ fault, client, method, exit }) =>
    fault === 'probe-ends-it'
      ? `${client} asks for ${method} although the server does not declare it, and the server ends when it is asked${exit === null ? '' : ` (${typeof exit === 'number' ? `exit code ${exit}` : exit})`}. The right answer is the error -32601, "Method not found".`
      : `${client} asks for ${method} although the server does not declare it, and the server never answers. The right answer is the error -32601, "Method not found".`,
  fix: ({ method, id }) => [
    {
      say: `In the server, answer requests that it does not know with the JSON-RPC error -32601 in place of an exception (here: ${method}).`,
    },
    { say: 'Or declare the capability and answer with an empty list.' },
    VERIFY(text(id)),
  ],
};

/** A revision that the client does not take. */
export const versionDropped: Live = {
  match({ client, handshake }) {
    const { status, revision } = handshake?.initialize ?? {};
    if (!client || status !== 'answered' || revision === undefined || revision === client.revision) return null;
    const newer = revision > client.revision;
    if (client.exactRevision !== true && !newer) return null;
    const { handshake: known, doubts } = clientOf(client.id) ?? {};
    // What was asked for in the usual way tells nothing of what this client takes.
    if (known?.protocolVersion === null) return null;
    const doubtful = doubts?.['handshake.protocolVersion'] !== undefined;
    return {
      // Whoever asks for a revision as its newest does not know one that came later.
      certainty: client.exactRevision === true && !doubtful ? 'certain' : 'likely',
      ...(doubtful && { severity: 'risky' as const }),
      culprit: newer ? 'server' : 'client',
      cites: [at('handshake', 'initialize', 'revision'), at('client', 'revision')],
      facts: {
        fault: newer ? 'revision-newer' : 'revision-other',
        id: client.id,
        client: played(client),
        asked: client.revision,
        answered: revision,
      },
    };
  },
  excludes: () => false,
  say: ({ fault, client, asked, answered }) =>
    fault === 'revision-newer'
      ? `${client} asks for protocol version ${asked}, and the server insists on ${answered}, which is newer than what the client asks for.`
      : `${client} asks for protocol version ${asked} and drops a server that answers with another one; this server answers with ${answered}.`,
  fix: ({ client, id, asked }) => [
    {
      say: `In the server, answer initialize with the version that was asked for, where it is one that you support (here ${asked}).`,
    },
    { say: `Or update ${client}: newer versions may take the answer.` },
    VERIFY(text(id)),
  ],
};

/** Ranges that nobody reaches from outside. A translated or a benchmarking address may stand for one that everybody does. */
const INSIDE = /^(?:loopback|private|link-local|shared|unspecified)$/;

/** An address of this machine or network, and a client that connects from its vendor's cloud. */
export const hostedUnreachable: Live = {
  match({ client, network }) {
    if (client?.origin !== 'vendor-cloud' || !network || network.addresses.length === 0) return null;
    const inside = network.addresses.every(({ range }) => INSIDE.test(range ?? ''));
    if (!inside) return null;
    const own = network.addresses.every(({ range }) => range === 'loopback');
    return {
      // A name may lead to another address outside than it does in this network.
      certainty: own || network.addresses.some(({ address }) => network.host.includes(address)) ? 'certain' : 'likely',
      cites: [at('network', 'addresses', 0), at('client', 'origin')],
      facts: { fault: 'inside', id: client.id, client: played(client), address: network.addresses[0]?.address ?? '' },
    };
  },
  excludes: ({ client }) => client?.origin !== undefined,
  say: ({ client, address }) =>
    `${client} connects to addresses from the cloud of its vendor, and ${address} is reached from this machine or its network only.`,
  fix: ({ client }) => [
    {
      say: `Add the server to the configuration file of ${client} as a command, with a bridge that runs on this machine:`,
      run: 'npx -y mcp-remote <url>',
    },
    { say: 'Or give the server a public HTTPS address.' },
  ],
};

/** A 404 to the GET for the event stream, which the client takes for an error. */
export const getNot405: Live = {
  match({ client, http }) {
    if (client?.getMustBe405 !== true || client.getStatus !== 404) return null;
    const index = http?.exchanges.findLastIndex(({ purpose }) => purpose === 'listen') ?? -1;
    return {
      certainty: 'certain',
      cites: [...(index >= 0 ? [at('http', 'exchanges', index)] : []), at('client', 'getStatus')],
      facts: { fault: 'get-404', id: client.id, client: played(client) },
    };
  },
  excludes: () => false,
  say: ({ client }) =>
    `The server answers the GET for the event stream with 404. ${client} reports that as an error; a server without such a stream has to answer 405.`,
  fix: () => [
    {
      say: 'In the server, answer GET on the MCP endpoint with status 405 (Method Not Allowed) and the header "Allow: POST, DELETE".',
    },
  ],
};

/** Whether a defect can show with the server that was seen. */
const shows = (defect: Defect, http: boolean): boolean =>
  defect.phase !== 'configuration' && (defect.when === undefined || (defect.when === 'http') === http);

const PHASES: Defect['phase'][] = ['start', 'call', 'later'];

/** A sound server, and a version of the client that is known to fail with sound servers. */
export const knownDefect: Live = {
  match({ client, handshake, http }) {
    const { version, os } = client ?? {};
    if (!client || version === undefined || handshake?.used === undefined) return null;
    const known = (clientOf(client.id)?.defects ?? [])
      .filter((defect) => shows(defect, http !== undefined) && affects(defect, version, os) === true)
      .sort((a, b) => PHASES.indexOf(a.phase) - PHASES.indexOf(b.phase));
    const [defect] = known;
    if (!defect) return null;
    return {
      certainty: 'likely',
      severity: defect.phase === 'start' ? 'broken' : 'degraded',
      cites: [at('client', 'version')],
      facts: {
        fault: 'known-defect',
        client: client.name,
        version,
        effect: defect.effect,
        fixedIn: defect.fixedIn ?? null,
        refs: known.map(({ url }) => url),
        more: known.length - 1,
      },
    };
  },
  excludes: ({ client }) => client !== undefined,
  say: ({ client, version, effect, more }) =>
    `The server is in order. ${client} ${version} has a known defect: ${effect}.${number(more) > 0 ? ` ${more === 1 ? 'One more defect' : `${more} more defects`} of this version ${more === 1 ? 'is' : 'are'} known.` : ''}`,
  fix: ({ client, fixedIn, refs }) => [
    fixedIn === null
      ? { say: `Update ${client}, or go back to a version in which it worked.` }
      : { say: `Update ${client} to ${fixedIn} or later.` },
    ...(Array.isArray(refs) ? refs.slice(0, 3).map((url) => ({ say: `It is told at ${url}` })) : []),
  ],
};
