import { at } from '../case/pointer.js';
import { clientOf, formsIn } from '../clients/index.js';
import { ANSWERS, answers } from './answers.js';
import { defineCause, type Match } from './cause.js';
import { refusedCredentials } from './oauth-example.js';
import { fromWalk } from './oauth-walk.js';
import { isOwnSignIn } from './sign-in.js';
import { targetOf } from './way.js';
import { find, words } from './words.js';

/** How configurations name a variable. `<token>` and `YOUR_TOKEN` are what reporters write in place of a secret. */
const FORM = String.raw`\$\{(?:env:|input:)?(?:[\w.:-]|<[\w -]{1,30}>){2,60}\}|\$env:\w{2,60}|\$[A-Z_][A-Z0-9_]{2,60}\b|\{env:\w{2,60}\}|\$?\{\{\s?[\w.]{2,60}\s?\}\}|%[A-Z_][A-Z0-9_]{2,60}%`;
const VARIABLE = new RegExp(FORM);
const CARRIER = new RegExp(
  String.raw`"(?<key>(?:proxy-)?authorization|x-[\w-]{1,40}|[\w-]{0,40}(?:api[-_]?key|token|secret|bearer|auth)|bearer_token|key|headers?)"\s*:\s*"(?<value>[^"]{0,200}?(?<name>${FORM})[^"]{0,100})"`,
  'i',
);
/** A request, or what the client was about to send, with the name of a variable where its value belongs. */
const SENT = new RegExp(
  String.raw`\b(?:authorization|bearer|x-[\w-]{1,30}|api[-_]?key|header|token)\b["'\s:=]{1,6}(?:Bearer |Basic |Token )?["']?(?<name>${FORM})|\b(?:header|api[-_]?key|token|authorization)\b.{0,20}\b(?:value|is|was|contains|got|received|sent)\b["'\s:=]{1,6}(?:Bearer )?["']?(?<name2>${FORM})|\bBearer (?<empty>undefined|null|None|\[object Object\])(?:\W|$)`,
  'i',
);
/** A client, or whoever debugged it, says so. */
const TOLD =
  /\b(?:does|do|did|is|are|will|would|can|never)(?:n't| not)?\b.{0,30}(?<!not being )(?<=n't |not |never )(?:\w+ )?(?:expand|interpolat|resolv|substitut|fill|replac)\w*.{0,40}(?:\$\{|\{env|\{\{|%[A-Z_]{3,}%|\bvariables?\b|\bplaceholders?\b|\benv\b)|(?:\$\{[\w:.-]+\}|\{env:\w+\}|\{\{[^}]{2,60}\}\}).{0,80}\b(?:raw|literal\w*|verbatim|unexpanded|unresolved|as[- ]is)\b|\b(?:raw|literal|unexpanded|unresolved)\b.{0,60}(?:\$\{[\w:.-]+\}|\{env:\w+\}|\{\{[^}]{2,60}\}\})|(?:\b(?:placeholder|variable|env(?:ironment)? var\w*|template|reference|value|input|secret|interpolation|substitution|expansion)s?\b|\$\{[\w:.]+\}).{0,60}\b(?:not|never|isn't|aren't|without being) (?:being )?(?:expanded|interpolated|resolved|substituted|replaced)|\b(?:sent|sends|passed|passes|forwarded|treated)\b.{0,30}\b(?:literally|verbatim|as (?:a )?literal|as[- ]is|unexpanded|unresolved)\b|\b(?:Invalid|illegal) header value\b.{0,30}(?:\{\{|\$\{|\$[A-Z])|\bliteral (?:string|placeholder|text)\b.{0,20}(?:\$|\{env|%)|\bMissing environment variables?: (?<name>[A-Z_][A-Z0-9_]+)|\bheader\b.{0,60}\bunset environment variable/i;

const DENIED =
  /\b40[13]\b|unauthori[sz]ed|forbidden|invalid[_ ](?:bearer |access )?token|invalid api key|needs auth|auth\w* (?:failed|error|required)|\b(?:no|missing|without)\b.{0,20}\bheaders?\b|\bheaders?\b.{0,30}\b(?:not|n't|never)\b.{0,12}\b(?:sent|included|passed|forwarded|applied)\b/i;

/** A bridge, which is no client with a file of its own. */
const BRIDGE = {
  is: /mcp-remote/i,
  fills: /\$\{\w+\}/,
  advice: '--header "Authorization:${AUTH_HEADER}", with "env": { "AUTH_HEADER": "Bearer <token>" } in the same entry',
};

/** Whether the client fills a variable of this form into a header. */
function fillsIn(client: string, form: string): boolean {
  if (BRIDGE.is.test(client)) return BRIDGE.fills.test(form);
  const known = clientOf(client);
  return ((known && formsIn(known, 'headers')) ?? []).some((one) => {
    const [before = '', after = ''] = one.split('NAME').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
    return one.includes('NAME') && new RegExp(`^${before}[A-Za-z_][\\w-]*${after}$`).test(form);
  });
}

/** How this client takes a token that does not stand in its file; undefined when that is not known. */
function formFor(client: string): string | undefined {
  if (BRIDGE.is.test(client)) return BRIDGE.advice;
  const known = clientOf(client);
  if (!known) return undefined;
  if (known.entry.tokenVariable) return `${known.entry.tokenVariable} = "TOKEN" in ${known.file}`;
  const form = formsIn(known, 'headers')?.find((one) => one.includes('NAME'));
  if (form === undefined) return undefined;
  if (form.includes('input:'))
    return `"Bearer ${form.replace('NAME', () => 'token')}", with an entry of that id under "inputs"`;
  const where = known.cli ? `, with TOKEN exported in the shell that starts ${known.cli}` : '';
  return `"Bearer ${form.replace('NAME', () => 'TOKEN')}"${where}`;
}

export default defineCause({
  id: 'auth-placeholder-unexpanded',
  title: 'The name of a variable is sent as the credential, because nothing filled it in',
  culprit: 'config',
  severity: 'broken',
  seenAs: [
    '401 Unauthorized',
    'Error POSTing to endpoint (HTTP 401)',
    'SSE error: Non-200 status code (401)',
    'invalid_token',
  ],
  needs: [],
  uses: [...ANSWERS, 'endpoint', 'launch', 'authorization'],
  explains: ['auth-credentials-rejected', 'auth-credentials-missing', 'auth-metadata-missing', 'handshake-refused'],
  live: fromWalk('auth-placeholder-unexpanded'),

  match(given): Match<{ url: string | null; name: string | null; client: string | null; empty: string | null }> | null {
    if (isOwnSignIn(given)) return null;
    const { reported, launch } = given;
    const url = given.endpoint?.asked.url ?? targetOf(given) ?? null;
    const client = reported?.client ?? null;
    const facts = { url, client, empty: null };
    const lines = words(given);
    const denied =
      answers(given).some(({ exchange: { status } }) => status === 401 || status === 403) ||
      lines.some(({ text }) => DENIED.test(text));
    for (const [i, { requestHeaders = {} }] of (given.http?.exchanges ?? []).entries()) {
      const header = Object.entries(requestHeaders).find(([, value]) => VARIABLE.test(value));
      // What was told as the header of the request is what went over the wire.
      if (header)
        return {
          certainty: 'likely',
          cites: [at('http', 'exchanges', i, 'requestHeaders', header[0])],
          facts: { ...facts, name: VARIABLE.exec(header[1])?.[0] ?? null },
        };
    }
    const told = find(lines, SENT, TOLD);
    const inEntry = CARRIER.exec(reported?.entry ?? '')?.groups;
    if (told)
      return {
        certainty: denied || inEntry || told.groups.empty !== undefined ? 'likely' : 'possible',
        cites: [told.line.at],
        facts: {
          ...facts,
          name: inEntry?.name ?? VARIABLE.exec(told.line.text)?.[0] ?? told.groups.name ?? null,
          empty: told.groups.empty ?? null,
        },
      };
    if (inEntry) {
      const filled = client !== null && fillsIn(client, inEntry.name ?? '');
      // Many write a variable there which their client does fill in: alone it says little.
      if (!denied && (filled || client === null)) return null;
      return {
        certainty: denied ? 'likely' : 'possible',
        cites: [at('reported', 'entry')],
        facts: { ...facts, name: inEntry.name ?? null },
      };
    }
    // Bridges fill in ${NAME} from the variables of their entry.
    const word =
      launch?.args.findIndex((arg) => /^(?:authorization|x-[\w-]+)\s*:/i.test(arg) && VARIABLE.test(arg)) ?? -1;
    const name = VARIABLE.exec(launch?.args[word] ?? '')?.[0] ?? null;
    const has =
      name !== null && launch?.env.some((variable) => name.includes(variable.name) && variable.state === 'set');
    return name !== null && denied && !has
      ? {
          certainty: 'likely',
          cites: [at('launch', 'args', word)],
          facts: { ...facts, name, client: client ?? 'mcp-remote' },
        }
      : null;
  },
  say: ({ url, name, client, empty }) =>
    empty !== null
      ? `The request to ${url ?? 'the server'} carries "Bearer ${empty}": the variable that should hold the token has no value where ${client ?? 'the client'} runs.`
      : `${client ?? 'The client'} sends ${name === null ? 'the name of a variable' : `the text ${name}`} in place of the token${url ? ` to ${url}` : ''}: it does not fill in variables written in this form, at this place.`,
  fix: ({ client, name, url }) => {
    const form = client === null ? undefined : formFor(client);
    return [
      {
        say: form
          ? `Write the variable in the form that ${client} fills in: ${form}.`
          : 'Write the variable in the form that the client fills in (its documentation names it), or the whole header, with "Bearer ", in one variable.',
      },
      {
        say: `Or put the value itself into the entry, in a file that is not shared${name === null ? '' : `, in place of ${name}`}:`,
        edit: { file: 'the client config', at: 'headers', to: '"headers": { "Authorization": "Bearer <your token>" }' },
      },
      {
        say: 'See that the value is accepted, with the token in the environment variable TOKEN:',
        run: `mcp-verdict verify --bearer-env TOKEN ${url ?? '<url>'}`,
      },
    ];
  },
  why: 'Every client has its own form for a variable: ${NAME}, ${env:NAME}, {env:NAME}, $NAME or none at all, and some fill it in only when it is the whole value, or only in commands. Anything else goes over the wire as it is written, and the server can only answer that this is no valid token.',
  refs: [
    'https://code.claude.com/docs/en/mcp#environment-variable-expansion-in-mcp-json',
    'https://opencode.ai/docs/config/#variables',
    'https://github.com/anomalyco/opencode/issues/23664',
  ],
  examples: [
    {
      name: 'as it went over the wire',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        url: 'https://acme.dev/mcp',
        clientError: '401 Unauthorized',
        http: { status: 401, headers: { authorization: 'Bearer {env:MY_TOKEN}' } },
      },
    },
    {
      name: 'in the entry',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        entry: { url: 'https://acme.dev/mcp', headers: { Authorization: 'Bearer $GITHUB_TOKEN' } },
        clientError: 'HTTP 401',
      },
    },
    {
      name: 'under a key of its own',
      finds: true,
      symptoms: {
        entry: { url: 'https://acme.dev/mcp', auth: 'bearer', bearerToken: '${POSTHOG_BEARER_TOKEN}' },
        clientError: 'SSE error: Non-200 status code (401)',
      },
    },
    {
      name: 'in the log of the server',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        serverLog: 'auth: rejected, got header Authorization: Bearer ${ZTOKEN}\n"POST /mcp HTTP/1.1" 401',
      },
    },
    {
      name: 'a variable that has no value',
      finds: true,
      symptoms: { transport: 'streamable-http', serverLog: 'Authorization: Bearer undefined -> 401 Unauthorized' },
    },
    {
      name: 'a form that the client fills in, and another failure',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        client: 'claude-code',
        entry: { type: 'http', url: 'https://acme.dev/mcp', headers: { Authorization: 'Bearer ${TOKEN}' } },
        clientError: 'fetch failed: getaddrinfo ENOTFOUND acme.dev',
      },
    },
    {
      name: 'a secret that the reporter took out',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        entry: { url: 'https://acme.dev/mcp', headers: { Authorization: 'Bearer <token>' } },
        clientError: 'HTTP 401: invalid_token',
      },
    },
    {
      name: 'a variable of a stdio server',
      finds: false,
      symptoms: {
        transport: 'stdio',
        entry: { command: 'npx', args: ['-y', 'notes-mcp'], env: { NOTES_TOKEN: '${NOTES_TOKEN}' } },
        stderr: 'Error: invalid token format',
        exitCode: 1,
      },
    },
    {
      name: 'a walk: as it was sent',
      finds: true,
      evidence: refusedCredentials({
        how: 'bearer',
        name: 'authorization',
        scheme: 'Bearer',
        placeholder: '${API_KEY}',
      }),
    },
    {
      name: 'a walk: a value that is refused',
      finds: false,
      evidence: refusedCredentials({ how: 'bearer', name: 'authorization', scheme: 'Bearer' }),
    },
  ],
});
