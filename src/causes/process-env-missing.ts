import type { Evidence } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { SECRET_NAME } from '../case/redact.js';
import { type Certainty, defineCause, type Facts } from './cause.js';
import { FAILED_START } from './consequences.js';
import { isSessionVariable } from './system.js';
import { decidingVariables } from './two-worlds.js';
import { failed, find, type Line, MILD, outdone, unlogged, WORDS, words } from './words.js';

/** A variable as programs write it: capitals with an underscore. A single word in capitals needs a line that says so. */
const NAME = String.raw`[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+`;
const LIST = new RegExp(
  String.raw`\b${NAME}\b(?:['"\`]?(?:\s*[,;/|&+]\s*(?:and |or )?|\s+(?:and|or)\s+)['"\`]?${NAME}\b)*`,
  'g',
);
/** Capitals that are error codes, versions of libraries, or hints for a trace. */
const NOT_A_VARIABLE =
  /^(?:ERR|ERROR|E|UND_ERR|HTTP|HTTPS|NO|SSL|TLS|MODULE|NODE|PYTHON|RUST|JAVA|UV|NPM|PIP|GLIBC\w*|CXXABI|YOUR|MY|LOG|JSON|UTF|SQL)_|_(?:NOT_FOUND|ERROR|FAILED|EXCEPTION|DENIED|REFUSED|REQUIRED|INVALID|TIMEOUT|UNAVAILABLE)$|^(?:PRIMARY|FOREIGN)_KEY$|^NOT_/;
/** Names that a server is given from outside. Weak wordings ("set X", "X not found") count only for these. */
const GIVEN =
  /(?:KEYS?|TOKENS?|SECRETS?|PASS(?:WORD|WD)?|PAT|CREDENTIALS|UR[LI]|HOST(?:NAME)?|DSN|ENDPOINT|USER(?:NAME)?|EMAIL|ID|DOMAIN|COOKIE|DATABASE|ACCOUNT|STRING)$/;
const ENV = /\benv(?:ironment)?(?: var(?:iable)?s?)?\b|process\.env|os\.environ|\.env\b|\bconfig(?:uration)?\b/i;

const VERB = '(?:set|defined|provided|specified|configured|supplied|present|given|exported|available)';
const AFTER = new RegExp(
  String.raw`^['"\`)\]}]{0,3}(?: ?\([^)]{0,60}\))?\s{0,2}[:=,-]?\s*(?:(?:as an? )?(?:env(?:ironment)?[ -]?(?:var(?:iable)?s?)?|variables?|settings?|keys?|values?|secrets?)(?:\(s\))?\s*)?(?:(?:is|are|was|were|has|have|been|be|must|should|both|all|but|either)\s+){0,3}` +
    String.raw`(?:missing|required|mandatory|unset|undefined|empty|blank|not (?:been |yet )?(?:be )?(?:${VERB}|empty|blank)|cannot be (?:empty|blank|null|undefined|none)|(?:(?:must|should|needs? to|ha(?:s|ve) to) )?be (?:non-?empty|${VERB})|None\b|\[{1,2}\s?['"]Required)`,
  'i',
);
const BEFORE =
  /\b(?:missing|requires?|required|requiring|undefined|unset|must (?:set|provide|define|specify|supply|export|have)|please (?:set|provide|export|define|specify|add|configure)|you need(?: to (?:set|provide))?|expected)\b[^.!?]{0,70}$/i;
const WEAK_BEFORE =
  /\b(?:set|provide|export|define|specify|supply|no|without|need|pass|via|(?:not|n't) (?:find|found|set|read|load|get))\b[^.!?]{0,70}$/i;
const WEAK_AFTER = /^['"`)]{0,2}:? (?:environment variable |env var )?(?:is |was )?(?:not found|could not be found)\b/i;

/** Lines whose shape says that it is a variable, whatever its letters. */
const EXACT = [
  /\bKeyError: ['"](?<name>[A-Z][A-Z0-9]*_[A-Z0-9_]+)['"]|\bkey not found: "(?<ruby>[A-Z][A-Z0-9_]+)"|[Uu]ndefined (?:array key|index):? "?(?<php>[A-Z][A-Z0-9]*_[A-Z0-9_]+)/,
  /[Cc]ould not resolve placeholder '(?<spring>[\w.:-]+?)'|config property (?<mp>\S+) is required but|\brequired key (?<go>[A-Z][A-Z0-9_]*) missing value|\b(?<sh>[A-Z]\w*): (?:unbound variable|parameter (?:null or )?not set)/,
  /\b(?:[Nn]ot found|[Mm]issing|[Uu]nset|[Rr]equired|[Uu]ndefined|could not fetch)\b[^.]{0,20} [Ee]nv(?:ironment)?[ _-]?[Vv]ar(?:iable)?s?(?: named)?:? ['"`$]*(?<a>[A-Z][A-Z0-9_]{2,}(?:, ?[A-Z][A-Z0-9_]{2,})*|(?<=['"`])\w+)/,
  /\b[Ee]nv(?:ironment)?[ _-]?[Vv]ar(?:iable)?s?(?: not found| missing)?:? (?:['"`$]+(?<q>\w+)['"`]+|(?<b>[A-Z][A-Z0-9_]{2,})) ?(?:is |was |must |cannot |has )?(?:$|not |missing|required|unset|undefined|empty|be )|\b[Ee]nvironment variable not found: (?<rust>\w+)/,
  /\b(?<c>[A-Z][A-Z0-9]{2,})['"`]? env(?:ironment)?[ -]?var(?:iable)?s?(?: (?:is|was|must be))? (?:not |missing|required|unset|undefined|empty|set|provided)|\b(?:[Mm]issing|[Rr]equired?s?|[Ss]et(?: the)?|[Nn]o) ['"`$]?(?<d>[A-Z][A-Z0-9]{2,})['"`]? env(?:ironment)? var/,
  // Written as a variable, any name is one: $HOME, %APPDATA%, ENV['TOKEN'].
  /\$\{?(?<dollar>[A-Z][A-Z0-9_]*)\}?['"`)]{0,2}:? (?:(?:env(?:ironment)? )?var(?:iable)? )?(?:(?:is|are|was|must|has|be|been) ){0,3}(?:not (?:been )?(?:set|defined|found|provided|exported)|unset|undefined|missing|empty|required|(?<=(?:must|should|needs to|has to) be )set\b)|%(?<percent>[A-Z][A-Z0-9_]*)% (?:is|are|was) (?:not (?:set|defined)|empty|undefined)|\bENV\[['"](?<env>\w+)['"]\]\W{0,3}(?:is |was )?(?:nil|not |missing|empty|required)|[Gg]etenv\(['"](?<getenv>\w+)['"]\)\W{0,3}(?:is |was |returned )?(?:null|nil|not |missing|empty)/,
  /\b[Ee]nv(?:ironment)? ?var(?:iable)?s? ['"`$]*(?<f>[A-Z][A-Z0-9_]*)['"`]*: (?:not (?:found|present|set|defined)|missing|undefined|unset)|\brequired variable (?<compose>\w+) is missing a value|variable '\$(?:env:)?(?<ps>\w+)' cannot be retrieved|\b[Vv]ariable ['"`]?(?<fish>[A-Z][A-Z0-9_]*)['"`]? (?:is|was) (?:not set|unset|undefined)/,
  /\b(?<own>HOME|USERPROFILE|APPDATA|LOCALAPPDATA|PROGRAMDATA|TMPDIR|JAVA_HOME|GOPATH|GOCACHE|DISPLAY|SYSTEMROOT)['"`]?(?: env(?:ironment)?(?: var(?:iable)?)?)? (?:(?:is|was|must|be|has|been) ){0,3}(?:not (?:set|defined|found)|unset|undefined|missing|empty|required|(?<=(?:must|should|needs to|has to) be )set\b)/,
  /\bKeyError: ['"](?<home>HOME|USER|USERPROFILE|APPDATA|PATH|PORT|TOKEN)['"]|\b(?<single>[A-Z][A-Z0-9]{2,})['"`]? env(?:ironment)? (?:is |was )?(?:not |missing|required|unset|undefined)/,
  /(?:process\.env|os\.environ|import\.meta\.env)\W{1,3}(?<e>[A-Z][A-Z0-9_]{2,})\W{1,3}(?:is |was )?(?:not |missing|required|undefined|empty)/,
];
/** Localised programs: the word for "environment variable" or "not set" beside a name in capitals. */
const LOCAL =
  /环境变量|環境変数|Umgebungsvariable|variable d[’']environnement|variable de entorno|vari[áa]vel de ambiente|переменн\S+ (?:окружения|среды)|환경 ?변수|未设置|未配置|缺少|设置されていません|nicht gesetzt|fehlt|non définie|no está definida/;
/** Several lines: a heading with names below it (envalid, dotenv-safe, t3-env), an issue of zod, a field of pydantic. */
const HEADING =
  /^.*\b(?:(?:missing|required|unset|undefined|(?<invalid>invalid)|following)\b[^:\n]{0,40}\b(?:env(?:ironment)?|variables?|config(?:uration)?|settings)\b[^:\n]{0,70}:?\s*[[{]?|not present in the environment:?|variables? (?:is|are) (?:missing|required|not set)[^:\n]{0,30}:[ \t]*)(?<list>(?:\n[ \t\p{P}\p{S}\d]*[A-Z][A-Z0-9_]{2,}.*){1,12})/gimu;
const ITEM = /^[ \t\p{P}\p{S}\d]*(?<names>[A-Z][A-Z0-9_]{2,}(?:, ?[A-Z][A-Z0-9_]{2,})*)\b(?<rest>.*)$/u;
const ISSUE =
  /["']?path["']?:\s*\[\s*["'](?<zod>[A-Z][A-Z0-9_]{2,})["']\s*\],?\s*["']?message["']?:\s*["'](?:Required|[^"'\n]*received undefined)|received undefined\s+→ at (?<pretty>[A-Z][A-Z0-9_]{2,})|Required at ["'](?<at>[A-Z][A-Z0-9_]{2,})|^(?<field>[A-Za-z]\w*)\n\s+[Ff]ield required/gm;
/** A key or token that is absent, or refused at start, without the variable's name. */
const SECRET = String.raw`(?:api[ _-]?(?:key|token)|access[ _-]?(?:key|token)|auth(?:entication)?[ _-]?(?:token|key)|(?:bot|bearer|personal access|refresh) token|client[ _-]?(?:id|secret)|credentials?|secret key|token)`;
const NAMELESS = new RegExp(
  String.raw`\b(?:no|missing|empty|invalid|incorrect|without)(?: (?!module|such)[\w-]+){0,3} ${SECRET}s?\b(?! (?:or|[<'"]))|\b${SECRET}s? (?:(?:is|are|was|were|must) )?(?:missing|required|mandatory|not (?:set|provided|found|configured|specified|supplied)|be (?:set|provided)|was not)\b|\b(?:provide|specify|supply|set)(?: [\w-]+){0,3} ${SECRET}\b|unable to locate credentials|could not (?:automatically determine|load)[^.]{0,30} credentials|default credentials were not found|NoCredentialProviders|could not resolve authentication method|neither apiKey nor|empty token!|--(?:api-?key|token|key|secret)\b[^.]{0,30} (?:is )?required|required: --(?:api-?key|token|secret)|\bNotPresent\b|\benvironment variable not found$`,
  'i',
);

/** Options of libraries, written as in source code: "supabaseUrl is required". */
const CAMEL =
  /(?:^|[\s'"`(:])(?<camel>[a-z]{2,30}(?:[A-Z][a-z]{1,20}){0,3}(?:Url|URL|Uri|Key|Token|Secret|Id|ID|Host|Password|Username|Endpoint|Credentials))['"`]? (?:is|are|was|were|must be) (?:required|missing|not (?:set|provided|defined|configured|specified)|undefined|empty|set|provided)\b/;
/** A single word in capitals that is said not to be set: seldom anything else, but it may be. */
const SINGLE =
  /(?:^|[\s'"`(:])(?<name>(?!API\b|URL\b|TTL\b|NOT\b|AND\b|DEBUG\b|SSL\b|TLS\b|HTTPS?\b|JSON\b|MCP\b|OAUTH\b|INFO\b|ERROR\b|KEY\b)[A-Z][A-Z0-9]{2,})['"`]? (?:is |was )?(?:not set|unset|not exported)\b/;

const usable = (name: string) => !NOT_A_VARIABLE.test(name);

/** Names that one line says are absent. */
function named({ text }: Line): string[] {
  const names = EXACT.flatMap((pattern) =>
    Object.values(pattern.exec(text)?.groups ?? {}).flatMap((hit) => hit?.split(/, ?/) ?? []),
  );
  for (const { 0: list, index } of text.matchAll(LIST)) {
    const before = text.slice(Math.max(0, index - 90), index);
    const after = text.slice(index + list.length, index + list.length + 120);
    // `LOG_LEVEL=debug` is a hint, `API_KEY=<your key>` a request.
    if (/^=['"]?[a-z0-9]/.test(after) && !/^=['"]?(?:your|xxx)/i.test(after)) continue;
    const weak = WEAK_BEFORE.test(before) || WEAK_AFTER.test(after);
    const each = list.match(new RegExp(NAME, 'g')) ?? [];
    if (
      AFTER.test(after) ||
      BEFORE.test(before) ||
      LOCAL.test(text) ||
      (weak && (ENV.test(text) || each.every((n) => GIVEN.test(n))))
    )
      names.push(...each);
  }
  return names.filter(usable);
}

/** Names that several lines together say are absent. `sure` is false when the name is derived. */
function listed(lines: Line[]): { name: string; line: Line | undefined; sure: boolean }[] {
  // A logger's name in front of each line would hide the list.
  const text = lines.map((line) => unlogged(line.text)).join('\n');
  const lineOf = (index: number) => lines[text.slice(0, index).split('\n').length - 1];
  const below = [...text.matchAll(HEADING)].flatMap(({ index, groups }) => {
    const { invalid, list = '' } = groups ?? {};
    const first = lines.indexOf(lineOf(index) as Line);
    return list.split('\n').flatMap((item, k) => {
      const { names, rest } = ITEM.exec(item)?.groups ?? {};
      const absent = !invalid || /required|undefined|missing|not set/i.test(rest ?? '');
      return names && absent ? names.split(/, ?/).map((name) => ({ name, line: lines[first + k], sure: true })) : [];
    });
  });
  const settings = /validation errors? for \w*(?:settings|config|env)/i.test(text);
  const issues = [...text.matchAll(ISSUE)].flatMap(({ index, groups, 0: whole }) => {
    const { zod, pretty, at, field } = groups ?? {};
    const name = zod ?? pretty ?? at ?? field ?? '';
    // A field in lower case counts only when it sounds like something given: models of libraries miss fields as well.
    if (field && (!settings || !GIVEN.test(name.toUpperCase()))) return [];
    return [
      { name: name.toUpperCase(), line: lineOf(index + whole.indexOf(name)), sure: !field || /[A-Z]_/.test(field) },
    ];
  });
  return [...below, ...issues].filter(({ name }) => usable(name));
}

const ABOUT_SETTINGS =
  /\b(?:env(?:ironment)?|variables?|config\w*|settings?|credentials?|api.?keys?|tokens?|secrets?|required|missing|not set|validation)\b|SystemExit|KeyError|ValidationError/i;

/** A refusal that a missing key explains. */
const REFUSED =
  /\b(?:401|403)\b|\bunauthori[sz]ed\b|\b(?:not|un)[- ]?(?:authenticated|logged in|configured)\b|\bauthenticat\w+\b.{0,30}\b(?:failed|required|error)\b|\bforbidden\b|\binvalid (?:api[ _-]?)?(?:key|token|credentials)\b|\b(?:log|sign)[- ]?in\b/i;
const UNFILLED =
  /"(?<name>[A-Za-z_]\w{1,60})":"(?<value>\$\{(?:env:|user_config\.|input:)?[\w.:-]+\}|\$[A-Z_]\w*|\{env:\w+\}|%\w+%|<(?!set>|redacted)[\w .-]+>|[Yy][Oo][Uu][Rr][-_ ][\w -]*)"/g;

/**
 * Nothing was said of a variable, but the entry has one that is empty, or still holds the placeholder of a README. It is
 * where to look first, not more: the client may fill a placeholder in.
 */
function unfilled(
  given: Partial<Pick<Evidence, 'launch' | 'reported' | 'process' | 'handshake' | 'http'>>,
  lines: Line[],
): { certainty: Certainty; cites: string[]; facts: EnvFacts } | null {
  const { launch, reported, http } = given;
  if (!launch || http || reported?.url || !failed(given) || given.process?.spawnError) return null;
  const empty = launch.env.flatMap(({ name, state }, i) =>
    state === 'empty' && GIVEN.test(name.toUpperCase()) ? [{ name, at: at('launch', 'env', i, 'name') }] : [],
  );
  const placeholders = [...(reported?.entry ?? '').matchAll(UNFILLED)].flatMap(({ groups }) =>
    groups?.name && launch.env.some(({ name }) => name === groups.name)
      ? [{ name: groups.name, at: at('reported', 'entry') }]
      : [],
  );
  const named = [...empty, ...placeholders];
  const refused = find(lines, REFUSED)?.line;
  if (named.length === 0 || (!refused && lines.some(({ from }) => from !== 'client'))) return null;
  return {
    certainty: refused ? 'likely' : 'possible',
    cites: [...new Set([...(refused ? [refused.at] : []), ...named.map((one) => one.at)])],
    facts: {
      variables: named.map(({ name }) => name),
      inShell: [],
      empty: empty.map(({ name }) => name),
      placeholders: placeholders.map(({ name }) => name),
      said: null,
    },
  };
}

interface EnvFacts extends Facts {
  variables: string[];
  inShell: string[];
  empty: string[];
  placeholders: string[];
  said: string | null;
}

export default defineCause({
  id: 'process-env-missing',
  title: 'A required environment variable is not set',
  culprit: 'config',
  severity: 'broken',
  seenAs: ['MCP error -32000: Connection closed', 'Server disconnected', 'Missing API_KEY environment variable'],
  needs: [],
  uses: [...WORDS, 'launch', 'http', 'worlds'],
  explains: [
    'process-config-rejected',
    'deploy-crashed',
    'container-exited',
    'container-restarting',
    'edge-bad-gateway',
    ...FAILED_START,
  ],

  match(given): { certainty: Certainty; cites: string[]; facts: EnvFacts } | null {
    const lines = words(given);
    const names = new Map<string, { at: string; sure: boolean; mild: boolean; weak: boolean }>();
    const note = (name: string, line: Line, sure: boolean, weak = false) => {
      if (names.has(name)) return;
      const mild = MILD.test(line.text);
      const remark = outdone(lines, line, (text) => text.includes(name) || ABOUT_SETTINGS.test(text));
      if (!names.has(name))
        names.set(name, { at: line.at, sure: sure && !mild && !remark, mild, weak: weak || remark });
    };
    for (const line of lines) for (const name of named(line)) note(name, line, true);
    for (const line of lines) {
      const name = SINGLE.exec(line.text)?.groups?.name;
      if (name) note(name, line, false, true);
    }
    for (const { name, line, sure } of listed(lines)) if (line) note(name, line, sure);
    const tried = decidingVariables(given).filter(
      // What is no credential, and what the server does not name, is told by launch-env-not-inherited.
      (name) => names.has(name) || SECRET_NAME.test(name) || /(?:^|_)KEYS?$/i.test(name),
    );
    if (tried.length) {
      // Found by trying: no other is missing, whatever else the text names.
      for (const name of [...names.keys()]) if (!tried.includes(name)) names.delete(name);
      for (const name of tried)
        names.set(name, { at: names.get(name)?.at ?? at('worlds', 'deciding'), sure: true, mild: false, weak: false });
    }
    const died = given.process?.exit?.by === 'itself' && given.handshake?.initialize.status !== 'answered';
    const overHttp = given.http || given.reported?.url || /http|sse/.test(given.reported?.transport ?? '');
    // Over HTTP, or through a bridge to it, "no API key" may be said of the client's request; a token of source text is no key.
    const bridge = /mcp-remote|mcp-proxy|supergateway/.test(
      [given.reported?.client, given.launch?.command, ...(given.launch?.args ?? [])].join(' '),
    );
    const own = lines.filter(
      ({ text, from }) =>
        (from !== 'client' || given.reported?.transport === 'stdio') &&
        !/SyntaxError|JSON|unexpected token/i.test(text),
    );
    const secret = overHttp || bridge ? null : find(own, NAMELESS, CAMEL);
    if (names.size === 0 && !secret) return unfilled(given, lines);
    const found = [...names.values()];
    const missing = [...names.keys()];
    return {
      certainty:
        // What every terminal has was not passed on: launch-env-not-inherited.
        tried.length || (died && found.some(({ sure }) => sure) && !missing.every(isSessionVariable))
          ? 'certain'
          : found.length && found.every(({ mild, weak }) => mild || (weak && !died))
            ? 'possible'
            : 'likely',
      cites: found.length
        ? [
            ...new Set([
              ...found.map((f) => f.at),
              ...(tried.length ? [at('worlds', 'deciding'), at('worlds', 'client')] : []),
            ]),
          ]
        : [secret?.line.at ?? ''],
      facts: {
        variables: missing,
        inShell: missing.filter((name) => tried.includes(name) || given.launch?.shellOnlyEnv?.includes(name)),
        empty: missing.filter((name) => given.launch?.env.some((v) => v.name === name && v.state === 'empty')),
        placeholders: [],
        said: found.length ? null : (secret?.match[0].trim() ?? null),
      },
    };
  },
  say: ({ variables, inShell, empty, placeholders, said }) => {
    if (said)
      return `The server has no usable key or token: it says "${said}", without the name of a variable, and does not serve.`;
    const subject =
      variables.length === 1
        ? `The environment variable ${variables[0]} is`
        : `The environment variables ${variables.join(', ')} are`;
    if (placeholders.length)
      return `The entry sets ${placeholders.join(', ')} to a placeholder, not to a value: unless the client fills it in, the server has no usable key.`;
    const state = empty.length === variables.length ? 'set to an empty value' : 'not set';
    const shell = inShell.length
      ? ` Your shell has ${inShell.join(', ')}, but MCP clients do not pass the shell's variables on.`
      : '';
    return `${subject} ${state} in the server process, so the server stopped.${shell}`;
  },
  fix: ({ variables, said }) => {
    const names = said ? ['<NAME_FROM_THE_README>'] : variables;
    return [
      {
        say: said
          ? "Look up in the server's README which variable carries the key, and add it to the server's entry:"
          : "Add to the server's entry in the client's config:",
        edit: {
          file: 'the client config',
          at: 'env',
          to: `"env": { ${names.map((v) => `"${v}": "<your value>"`).join(', ')} }`,
        },
      },
      said
        ? {
            say: 'If the entry has the key already, make a new one at its provider: the old one is wrong, expired or revoked.',
          }
        : {
            say: 'Check again with the value from your shell:',
            run: `mcp-verdict verify ${names.map((v) => `--env ${v}="$${v}"`).join(' ')} -- <command>`,
          },
    ];
  },
  why: "MCP clients start a server with a short list of variables and what the entry's env block adds. Variables from .bashrc, .zshrc or a .env file in another folder do not reach it.",
  refs: ['https://modelcontextprotocol.io/docs/develop/connect-local-servers'],
  examples: [
    {
      name: 'found by trying, of a server that does not say which',
      finds: true,
      symptoms: { stderr: 'fatal: cannot continue', exitCode: 1 },
      evidence: {
        worlds: {
          client: { outcome: 'ended', ms: 70, exitCode: 1, said: 'fatal: cannot continue' },
          shell: { outcome: 'answered', ms: 90 },
          deciding: { kind: 'variable', names: ['ACME_API_KEY'] },
          starts: 7,
        },
      },
    },
    {
      name: 'a variable of the entry that has another value in the shell',
      finds: false,
      symptoms: {
        entry: { command: 'node', args: ['server.js'], env: { ACME_API_KEY: 'x' } },
        stderr: 'fatal: cannot continue',
        exitCode: 1,
      },
      evidence: {
        worlds: {
          client: { outcome: 'ended', ms: 70, exitCode: 1 },
          shell: { outcome: 'answered', ms: 90 },
          deciding: { kind: 'variable', names: ['ACME_API_KEY'] },
          starts: 7,
        },
      },
    },
    {
      name: 'a sentence that names the variable',
      finds: true,
      symptoms: { stderr: 'Missing API_KEY environment variable', exitCode: 1 },
    },
    { name: 'a Python KeyError', finds: true, symptoms: { stderr: "KeyError: 'NOTION_API_TOKEN'", exitCode: 1 } },
    {
      name: 'a zod issue of several lines',
      finds: true,
      symptoms: {
        stderr:
          'ZodError: [\n  {\n    "code": "invalid_type",\n    "expected": "string",\n    "received": "undefined",\n    "path": [\n      "SLACK_BOT_TOKEN"\n    ],\n    "message": "Required"\n  }\n]\n    at main (file:///srv/index.js:3:9)',
        exitCode: 1,
      },
    },
    {
      name: 'a heading and a list',
      finds: true,
      symptoms: {
        stderr:
          '================================\n Missing environment variables:\n    DATABASE_URL: Postgres address\n================================',
        exitCode: 1,
      },
    },
    {
      name: 'the runner was refused for want of a key',
      finds: true,
      symptoms: {
        transport: 'stdio',
        stderr: '[Runner] Error: Failed to fetch server connection: status 401: Invalid API key',
      },
    },
    {
      name: 'written as a shell does',
      finds: true,
      symptoms: { transport: 'stdio', stderr: 'cannot locate the cache folder: $ACME is not defined', exitCode: 1 },
    },
    {
      name: 'a single word behind the word variable',
      finds: true,
      symptoms: { stderr: 'Error: environment variable TOKEN: not found', exitCode: 1 },
    },
    {
      name: 'dash, of an unset parameter',
      finds: true,
      symptoms: { stderr: './start.sh: 4: TENANT: parameter not set', exitCode: 2 },
    },
    {
      name: 'an option in the words of a library',
      finds: true,
      symptoms: {
        transport: 'stdio',
        stderr: 'Error: supabaseUrl is required.\n    at validate (/srv/lib/main.js:10:11)',
        exitCode: 1,
      },
    },
    {
      name: 'the placeholder of a README',
      finds: true,
      symptoms: {
        transport: 'stdio',
        entry: { command: 'npx', args: ['-y', 'acme-mcp'], env: { ACME_TOKEN: '${user_config.acme_token}' } },
        stderr: 'Not authenticated',
      },
    },
    {
      name: 'a word in capitals that is no variable',
      finds: false,
      symptoms: { stderr: 'TTL is not set for this record, and the API was not found', exitCode: 1 },
    },
    {
      name: 'a missing module is no variable',
      finds: false,
      symptoms: { stderr: "code: 'MODULE_NOT_FOUND'", exitCode: 1 },
    },
    {
      name: 'a version of the C library is no variable',
      finds: false,
      symptoms: { stderr: "libc.so.6: version `GLIBC_2.38' not found (required by server)", exitCode: 1 },
    },
    {
      name: 'a hint about a variable',
      finds: false,
      symptoms: {
        stderr:
          'note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace. Set LOG_LEVEL=debug for more.',
        exitCode: 101,
      },
    },
  ],
});
