import type { Evidence } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { SECRET_NAME } from '../case/redact.js';
import { type Certainty, defineCause, type Facts } from './cause.js';
import { FAILED_START } from './consequences.js';
import { isSessionVariable } from './system.js';
import { decidingVariables } from './two-worlds.js';
import { CAMEL, GIVEN, listed, NAMELESS, named, PROPERTY, SINGLE } from './variable-names.js';
import { failed, find, hinted, type Line, MILD, outdone, WORDS, words } from './words.js';

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

/** Keys and variables, however they are spoken of. */
const KEYS =
  /\b(?:api[ _-]?keys?|tokens?|credentials?|secrets?|env(?:ironment)?(?: ?var\w*)?|passwords?|authenticat\w+|unauthori[sz]ed|401|403)\b/i;

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
    const secret = overHttp || bridge ? null : (find(own, NAMELESS, CAMEL) ?? find(lines, PROPERTY));
    if (names.size === 0 && !secret) {
      const hint = unfilled(given, lines) ? null : hinted(given, KEYS);
      return hint
        ? {
            certainty: 'possible',
            cites: [hint.at],
            facts: { variables: [], inShell: [], empty: [], placeholders: [], said: hint.text.trim().slice(0, 160) },
          }
        : unfilled(given, lines);
    }
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
            windows: `mcp-verdict verify ${names.map((v) => `--env "${v}=$env:${v}"`).join(' ')} -- <command>`,
          },
    ];
  },
  why: "MCP clients start a server with a short list of variables and what the entry's env block adds. Variables from .bashrc, .zshrc or a .env file in another folder do not reach it.",
  refs: ['https://modelcontextprotocol.io/docs/develop/connect-local-servers'],
  examples: [
    {
      name: 'names in a list below a sentence',
      finds: true,
      symptoms: {
        transport: 'stdio',
        stderr:
          'ValueError: At least one API configuration is required. Please set\n  either:\n  - ACME_API_KEY for Acme models\n  - NOTES_API_KEY for the notes',
      },
    },
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
    {
      name: 'tokens of a parser',
      finds: false,
      symptoms: { stderr: 'JsonSyntaxException: Expected BEGIN_ARRAY but was NUMBER at line 1 column 2' },
    },
    {
      name: 'a time stamp below a heading',
      finds: false,
      symptoms: {
        stderr: 'the following environment settings:\n2026-01-02T030405 loaded\n2026-01-02T030406 ready',
      },
    },
  ],
});
