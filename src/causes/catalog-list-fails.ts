import { at } from '../case/pointer.js';
import { defineCause } from './cause.js';
import { find, WORDS, words } from './words.js';

const METHOD = String.raw`(?<method>(?:tools|resources|resources/templates|prompts)/list)\b`;
const LISTING = String.raw`\b(?:(?:failed|unable|could not|error) (?:to )?(?:list(?:ing)?|fetch(?:ing)?|get(?:ting)?|load(?:ing)?|retriev(?:e|ing)|discover(?:ing)?)) (?:the |available |MCP |server )*(?<kind>tools|resources|prompts)\b`;
const SAID = [
  new RegExp(String.raw`${METHOD}.{0,80}?\b(?:fail\w*|error|invalid|exception|timed? ?out|-32\d{3})\b.{0,200}`, 'i'),
  new RegExp(String.raw`\b(?:fail\w*|error|invalid|exception|timed? ?out|-32\d{3})\b.{0,80}?${METHOD}.{0,200}`, 'i'),
  new RegExp(`${LISTING}.{0,200}`, 'i'),
  /validation errors? for List(?<kind>Tools|Resources|Prompts)Result\b.{0,200}/i,
  /"?path"?\s*:\s*\[\s*"(?<kind>tools|resources|prompts)",\s*\d+.{0,200}/i,
];
/** A list that was never declared may be missing, and a lost connection has a reason of its own. */
const NOT_OURS = /-32601\b|method not found|not implemented/i;
const LOST =
  /connection closed|-3200[01]\b|timed? ?out|disconnected|transport|session|unauthori[sz]ed|\b40[134]\b|\b5\d\d\b/i;

export default defineCause({
  id: 'catalog-list-fails',
  title: 'The server opens the connection, but a list of tools, resources or prompts cannot be read',
  culprit: 'server',
  severity: 'broken',
  seenAs: [
    'Failed to list tools',
    'MCP error -32603: Internal error',
    'No tools, prompts, or resources',
    '0 tools enabled',
  ],
  needs: [],
  uses: [...WORDS, 'catalog', 'http'],
  explains: [],

  match(given) {
    const { catalog, process } = given;
    if (catalog) {
      const bad = catalog.lists
        .map((list, index) => ({ list, index }))
        .filter(({ list }) => ['error', 'invalid', 'unanswered', 'closed'].includes(list.outcome))
        // Templates have no capability of their own, so a server without them may say "method not found".
        .filter(({ list }) => !(list.method === 'resources/templates/list' && list.error?.code === -32601));
      // Tools are what clients need most, and what the others often fail with.
      const { list, index } = bad.find((b) => b.list.method === 'tools/list') ?? bad[0] ?? { list: null, index: -1 };
      if (!list) return null;
      const lost = list.outcome === 'closed' || process?.exit?.by === 'itself';
      // Over HTTP a list without a JSON-RPC error failed below MCP, which a cause of that layer explains better.
      const rpc = list.error && list.error.code < 0;
      const below = given.http !== undefined && !rpc && list.outcome !== 'invalid';
      return {
        certainty: lost || below ? 'likely' : 'certain',
        severity: bad.some((b) => b.list.method === 'tools/list') ? 'broken' : 'degraded',
        cites: [
          at('catalog', 'lists', index),
          ...bad.filter((b) => b.index !== index).map((b) => at('catalog', 'lists', b.index)),
        ],
        facts: {
          method: list.method as string,
          outcome: list.outcome as string,
          code: rpc ? (list.error?.code ?? null) : null,
          detail: (list.error?.message ?? list.problems?.slice(0, 3).join('; ') ?? '').slice(0, 200),
          others: bad.filter((b) => b.index !== index).map((b): string => b.list.method),
        },
      };
    }
    const hit = find(
      words(given).filter(({ text }) => !NOT_OURS.test(text)),
      ...SAID,
    );
    if (!hit || given.http?.exchanges.some(({ status }) => (status ?? 0) >= 400)) return null;
    const { method, kind } = hit.groups;
    return {
      certainty: LOST.test(hit.line.text) ? 'possible' : 'likely',
      cites: [hit.line.at],
      facts: {
        method: (method ?? `${kind}/list`).toLowerCase(),
        outcome: /validation|invalid|"?path"?\s*:/i.test(hit.line.text) ? 'invalid' : 'error',
        code: Number(/-32\d{3}/.exec(hit.line.text)?.[0] ?? 0) || null,
        detail: hit.line.text.trim().slice(0, 200),
        others: [],
      },
    };
  },
  say: ({ method, outcome, code, detail, others }) => {
    const too = others.length ? ` The same goes for ${others.join(', ')}.` : '';
    const why = detail ? `: ${detail.replace(/[.\s]+$/, '')}` : '';
    if (outcome === 'closed')
      return `The server answered initialize, but the connection ended during ${method}${why}.${too}`;
    if (outcome === 'unanswered') return `The server answered initialize, but never ${method}${why}.${too}`;
    if (outcome === 'invalid') return `The server's answer to ${method} breaks the protocol${why}.${too}`;
    return `The server answered ${method} with an error${code === null ? '' : ` (${code})`}${why}.${too}`;
  },
  fix: ({ method, outcome, code }) => [
    code === -32601
      ? {
          say: `The server declares the capability behind ${method} without offering the method: register the handler, or leave the capability out of the answer to initialize.`,
        }
      : outcome === 'invalid'
        ? {
            say: 'In the server, mend the item that the message names: each tool needs a name and an inputSchema of type "object", each resource a uri and a name, each prompt a name.',
          }
        : outcome === 'error'
          ? {
              say: `The handler of ${method} fails inside the server. Mend what its stderr names at that moment, and let the list not depend on a backend that may be away.`,
            }
          : {
              say: `Find out in the server's log why ${method} does not come to its end: a backend that does not answer, an exception that nobody catches, or a list of pages without end.`,
            },
    { say: 'Ask for the lists again:', run: 'mcp-verdict verify --full -- <command>' },
  ],
  why: 'Clients read the lists directly after the handshake. When that fails they show the server as connected without tools, or as failed. A list is often the first moment at which a server touches its backend.',
  refs: ['https://modelcontextprotocol.io/specification/2025-11-25/server/tools#listing-tools'],
  examples: [
    {
      name: 'tools/list ends in an internal error',
      finds: true,
      evidence: {
        handshake: {
          initialize: { status: 'answered', revision: '2025-11-25', capabilities: ['tools'] },
          discover: { status: 'refused' },
          used: 'initialize',
        },
        catalog: {
          lists: [
            {
              method: 'tools/list',
              outcome: 'error',
              count: 0,
              pages: 0,
              names: [],
              error: { code: -32603, message: 'database is locked' },
            },
          ],
        },
      },
    },
    {
      name: 'a client that validates tools',
      finds: true,
      symptoms: {
        clientError:
          'Failed to fetch tools: [{"code":"invalid_type","path":["tools",0,"inputSchema","type"],"message":"Required"}]',
      },
    },
    {
      name: 'no resource templates',
      finds: false,
      evidence: {
        catalog: {
          lists: [
            {
              method: 'resources/templates/list',
              outcome: 'error',
              count: 0,
              pages: 0,
              names: [],
              error: { code: -32601, message: 'Method not found' },
            },
          ],
        },
      },
    },
    {
      name: 'a list that was never promised',
      finds: false,
      symptoms: { clientError: 'Error listing prompts: MCP error -32601: Method not found' },
    },
  ],
});
