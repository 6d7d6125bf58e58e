/** Who ends a silent stream, or a wait, after so many seconds: edges by their documented limits, and everybody else on the way. */
import { edgeNamed, limitsOf } from './edges.js';
import { EDGES } from './known-edges.js';

interface Other {
  seconds: number;
  who: string;
  /** Marks by which a report names this layer. */
  mark: RegExp;
  /** How the limit is raised there. */
  raise: string;
}

/** Limits of layers that are no edge: clients, SDKs, application servers, the network. Vendors' documentation, November 2026. */
const OTHERS: Other[] = [
  {
    seconds: 60,
    who: 'the request limit of an MCP SDK (60 s)',
    mark: /-32001|request timed ?out/i,
    raise: 'TypeScript SDK: client.callTool(request, undefined, { timeout: 600_000, resetTimeoutOnProgress: true }).',
  },
  {
    seconds: 130,
    who: 'Kestrel of ASP.NET (keep-alive 130 s)',
    mark: /kestrel|asp\.?net|\.net\b|c#|csharp/i,
    raise: 'Kestrel: options.Limits.KeepAliveTimeout = TimeSpan.FromHours(1).',
  },
  {
    seconds: 240,
    who: 'a load balancer of Azure (4 minutes)',
    mark: /azure|\baks\b/i,
    raise: 'Azure load balancer: az network lb rule update --idle-timeout 30 (minutes).',
  },
  {
    seconds: 300,
    who: 'a client built on Node.js (bodyTimeout and headersTimeout of undici, 300 s)',
    mark: /body timeout|headers timeout|undici|UND_ERR|terminated|\bnode\b|cursor|cline|vscode|mcp-remote/i,
    raise:
      'Node.js client: new Agent({ bodyTimeout: 0, headersTimeout: 0 }) as dispatcher; whoever only uses the client needs keep-alive comments from the server.',
  },
  {
    seconds: 300,
    who: 'the Python SDK (sse_read_timeout 300 s)',
    mark: /python|httpx|httpcore|langchain|fastmcp/i,
    raise: 'Python client: sse_read_timeout=3600.',
  },
  {
    seconds: 350,
    who: 'a NAT gateway or network load balancer of AWS (350 s)',
    mark: /\bNAT\b|\bNLB\b|\baws\b/i,
    raise:
      'AWS: the 350 s of a NAT gateway are fixed, let TCP keep-alive (or a comment on the stream) come more often; network load balancer: tcp.idle_timeout.seconds=6000 of the listener.',
  },
  {
    seconds: 600,
    who: 'the firewall of Google Cloud (10 minutes)',
    mark: /google|\bgcp\b|\bgke\b/i,
    raise: 'Google Cloud: the 600 s are fixed, let something come every minute.',
  },
  {
    seconds: 900,
    who: 'AWS Lambda (15 minutes at most)',
    mark: /lambda/i,
    raise: 'AWS Lambda: 900 s is the maximum; end streams by yourself and let clients reconnect.',
  },
];

/** What was set is exceeded a little when it is measured, never undercut by much. */
const fits = (measured: number, limit: number): boolean =>
  measured >= limit - 1.5 && measured <= limit + Math.max(4, limit * 0.02);

export interface Layers {
  who: string[];
  raise: string[];
}

/**
 * The layers that cut after so many seconds. `edge` is the one known to stand before the server, `marks` everything that was said.
 * What is named comes alone; without a name everything that fits is named.
 */
export function layersAt(seconds: number, kind: 'silence' | 'answer', edge: string | null, marks: string): Layers {
  const limit = (name: string): number | null | undefined => {
    const { idleS, requestS } = limitsOf(name) ?? {};
    return kind === 'silence' ? (idleS ?? requestS) : requestS;
  };
  const known = edge ?? edgeNamed(marks);
  const at = known === null ? null : limit(known);
  const others = OTHERS.filter((other) => fits(seconds, other.seconds));
  if (known !== null && typeof at === 'number' && fits(seconds, at)) return asLayers([[known, at]], []);
  const named = others.filter(({ mark }) => mark.test(marks));
  if (named.length > 0) return asLayers([], named);
  const edges = EDGES.flatMap(({ name }): [string, number][] => {
    const own = limit(name);
    return typeof own === 'number' && fits(seconds, own) ? [[name, own]] : [];
  });
  // Where nobody names one, the proxies that people run themselves come before the platforms; they stand last in the table.
  return asLayers(edges.reverse(), others);
}

/** `edges`: each with its own limit in seconds. */
function asLayers(edges: [name: string, seconds: number][], others: Other[]): Layers {
  const changes = edges.flatMap(([name]) => {
    const change = limitsOf(name)?.change;
    return change ? [`${name}: ${change}`] : [`${name}: the limit is fixed, let something come more often.`];
  });
  return {
    who: [...edges.slice(0, 5).map(([name, seconds]) => `${name} (${seconds} s)`), ...others.map(({ who }) => who)],
    raise: [...changes.slice(0, 5), ...others.map(({ raise }) => raise)],
  };
}

/** "60 seconds", "~5m", "5 minutes", "2 h" in seconds. */
export function secondsOf(span: string): number | null {
  const { n, unit } = /(?<n>\d+(?:\.\d+)?)[ -]?(?<unit>ms|h|m|s)?/i.exec(span)?.groups ?? {};
  if (n === undefined) return null;
  const factor: Record<string, number> = { ms: 0.001, s: 1, m: 60, h: 3_600 };
  return Number(n) * (factor[(unit ?? 's').toLowerCase()] ?? 1);
}
