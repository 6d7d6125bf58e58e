/** What becomes of the tools of a server in a client: which it leaves out, cuts, renames, and which fall together. Pure. */
import type { Client } from './client.js';

export interface ListedTool {
  name: string;
  /** UTF-8; 0 when there is no description. */
  descriptionBytes: number;
  /** Keywords of JSON Schema in its input schema. */
  keywords: readonly string[];
}

/** How sure the fact about the client is. `high`: documented, or read in its source. */
export type Confidence = 'high' | 'medium' | 'low';

export type LimitKind = 'count' | 'name' | 'length' | 'same-name' | 'description' | 'schema';

/**
 * What becomes of a tool. `left-out`: the model never sees it. `error`: the client refuses the whole list. `renamed` and `cut`: it works
 * under another name, or with less of a description. `unknown`: it is beyond the limit, and what the client does then is not known.
 */
export type Outcome = 'left-out' | 'error' | 'renamed' | 'cut' | 'unknown';

/** One limit of the client that tools of the server are beyond. */
export interface Misfit {
  limit: LimitKind;
  outcome: Outcome;
  /** The tools, in the order of the server; for `count` those behind the limit: which the client keeps is its own choice. */
  tools: string[];
  /** The limit as a number (tools, characters, bytes), as a pattern, or as the keywords that the client refuses. */
  bound: string;
  confidence: Confidence;
}

/** What is lost weighs more than what is named or described otherwise. */
const WEIGHT: Outcome[] = ['error', 'left-out', 'unknown', 'renamed', 'cut'];

/** How many tools are beyond the limit; the list of a server may be longer than what was kept of it. */
export const beyondOf = ({ limit, bound, tools }: Misfit, listed: number): number =>
  limit === 'count' ? listed - Number(bound) : tools.length;

/** The heaviest first. */
const worstFirst = (misfits: Misfit[], listed: number): Misfit[] =>
  [...misfits].sort(
    (a, b) => WEIGHT.indexOf(a.outcome) - WEIGHT.indexOf(b.outcome) || beyondOf(b, listed) - beyondOf(a, listed),
  );

export interface Fit {
  /** Tools that the server lists. */
  listed: number;
  /** Tools that reach the model; null when that is not known. */
  reach: number | null;
  /** The heaviest first. */
  misfits: Misfit[];
}

/** What stands for the server's name where nobody gave it one: every real name is as long at least. */
const SHORTEST = 's';

const fill = (form: string, server: string, tool: string): string =>
  form.replaceAll('<server>', server).replaceAll('<tool>', tool);

const OUTCOMES: Record<string, Outcome> = {
  'left-out': 'left-out',
  error: 'error',
  cut: 'renamed',
  hashed: 'renamed',
  replaced: 'renamed',
  unknown: 'unknown',
};

function nameMisfits({ limits: { toolName } }: Client, server: string, tools: readonly ListedTool[]): Misfit[] {
  if (!toolName) return [];
  const { form, own, pattern, max, beyond, confidence = 'high' } = toolName;
  const outcome = OUTCOMES[beyond] ?? 'unknown';
  const names = (misfits: (tool: ListedTool) => boolean) => tools.filter(misfits).map(({ name }) => name);
  const full = ({ name }: ListedTool) => fill(form, server, name);
  const illFormed =
    own === undefined && pattern === undefined
      ? []
      : names(
          (tool) =>
            (own !== undefined && !new RegExp(own).test(tool.name)) ||
            // A pattern may hold a length as well: that is the business of `max`.
            (pattern !== undefined &&
              !new RegExp(pattern).test(full(tool)) &&
              !(max !== undefined && full(tool).length > max)),
        );
  const tooLong = max === undefined ? [] : names((tool) => full(tool).length > max);
  const replaced = beyond === 'replaced' ? (tool: ListedTool) => full(tool).replace(/[^\w-]/g, '_') : full;
  const seen = new Map<string, string>();
  const same = tools.flatMap((tool) => {
    const first = seen.get(replaced(tool));
    if (first === undefined) seen.set(replaced(tool), tool.name);
    return first === undefined ? [] : [tool.name];
  });
  return [
    { limit: 'name' as const, outcome, tools: illFormed, bound: own ?? pattern ?? '', confidence },
    { limit: 'length' as const, outcome, tools: tooLong, bound: String(max ?? ''), confidence },
    { limit: 'same-name' as const, outcome: 'left-out' as const, tools: same, bound: form, confidence },
  ];
}

function countMisfits({ limits: { tools: limit } }: Client, tools: readonly ListedTool[]): Misfit[] {
  if (!limit) return [];
  const { max, beyond, confidence = 'high' } = limit;
  const beyondIt = tools.slice(max).map(({ name }) => name);
  return [{ limit: 'count', outcome: beyond, tools: beyondIt, bound: String(max), confidence }];
}

function contentMisfits({ limits: { description, schema } }: Client, tools: readonly ListedTool[]): Misfit[] {
  const misfits: Misfit[] = [];
  const { maxBytes, needed, beyond = 'unknown' } = description ?? {};
  const names = (picked: readonly ListedTool[]) => picked.map(({ name }) => name);
  if (maxBytes !== undefined) {
    const long = tools.filter(({ descriptionBytes }) => descriptionBytes > maxBytes);
    misfits.push({
      limit: 'description',
      outcome: beyond,
      tools: names(long),
      bound: String(maxBytes),
      confidence: 'high',
    });
  }
  if (needed) {
    const without = tools.filter(({ descriptionBytes }) => descriptionBytes === 0);
    misfits.push({ limit: 'description', outcome: 'left-out', tools: names(without), bound: '1', confidence: 'high' });
  }
  const refused = schema?.refuses ?? [];
  const hit = tools.filter(({ keywords }) => keywords.some((keyword) => refused.includes(keyword)));
  const used = refused.filter((keyword) => hit.some(({ keywords }) => keywords.includes(keyword)));
  misfits.push({ limit: 'schema', outcome: 'left-out', tools: names(hit), bound: used.join(', '), confidence: 'high' });
  return misfits;
}

/**
 * What becomes of these tools in the client, under this name of the server; without a name the shortest is taken, so that what is found
 * holds for every name. `listed` counts all tools of the server, where `tools` holds only the first of them.
 */
export function fitOf(
  client: Client,
  server: string | undefined,
  tools: readonly ListedTool[],
  listed = tools.length,
): Fit {
  const misfits = [
    ...countMisfits(client, tools),
    ...nameMisfits(client, server || SHORTEST, tools),
    ...contentMisfits(client, tools),
  ].filter((misfit) => misfit.tools.length > 0);
  const refused = misfits.some(({ outcome }) => outcome === 'error');
  const unknown = misfits.some(({ outcome }) => outcome === 'unknown');
  const leftOut = new Set(
    misfits.flatMap(({ outcome, limit, tools: out }) => (outcome === 'left-out' && limit !== 'count' ? out : [])),
  );
  const max = client.limits.tools?.beyond === 'left-out' ? client.limits.tools.max : Number.POSITIVE_INFINITY;
  return {
    listed,
    reach: refused ? 0 : unknown ? null : Math.min(listed - leftOut.size, max),
    misfits: worstFirst(misfits, listed),
  };
}
