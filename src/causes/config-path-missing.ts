import type { Evidence } from '../case/evidence.js';
import { defineCause, type Match } from './cause.js';
import { FAILED_START } from './consequences.js';
import { isGraphical } from './missing-command.js';
import { missingFile, unexpanded } from './missing-file.js';
import { placesOf, saysNothing, wordsOfEntry } from './system.js';
import { WORDS, words } from './words.js';

const HOW: Record<string, string> = {
  quotes: ' It contains quotation marks, which are part of the name here: there is no shell that removes them.',
  tilde: ' The ~ was not expanded: only a shell does that, and there is none.',
  placeholder: ' It contains a placeholder that nobody filled in.',
  relative: ' It is relative, and the client starts servers in a folder of its own, not in the project.',
  venv: ' It belongs to a Python virtual environment that was not created, or is elsewhere.',
  backslash: ' Its backslashes were read as escapes: in JSON each has to be written twice, or as a forward slash.',
  directory: ' It is a folder, not a program.',
  absent: '',
};

/** Not a word of the reason, and a path in the entry that nobody expands, or that depends on the folder of the client. */
function unsaid(given: Partial<Evidence>): Match<{ path: string; where: string; how: string }> | null {
  const { launch, reported } = given;
  if (!launch || !saysNothing(given)) return null;
  const lines = words(given);
  const [command, ...others] = wordsOfEntry(given);
  const odd = [command, ...others].find((word) => word && unexpanded(word.text));
  const how = odd && unexpanded(odd.text);
  if (odd && how)
    return {
      certainty: lines.length === 0 ? 'possible' : 'likely',
      cites: placesOf(lines, odd.at),
      facts: { path: odd.text, where: odd === command ? 'command' : 'arg', how },
    };
  // A script without a folder is looked for where the client happens to stand.
  const script = others.find(({ text }) =>
    /^(?:\.{1,2}[\\/])?[\w-]+(?:[\\/][\w.-]+)*\.(?:py|[cm]?[jt]s|jar|sh|rb|php|dll)$/.test(text),
  );
  const runtime = /^(?:node|python[\d.]*|py|java|bun|deno|ruby|php|bash|sh|tsx|dotnet)(?:\.exe)?$/i.test(
    launch.command,
  );
  if (!script || !runtime || launch.cwd !== undefined || !isGraphical(reported?.client)) return null;
  return {
    certainty: 'possible',
    cites: placesOf(lines, script.at),
    facts: { path: script.text, where: 'arg', how: 'relative' },
  };
}

export default defineCause({
  id: 'config-path-missing',
  title: 'A path in the entry leads to nothing',
  culprit: 'config',
  severity: 'broken',
  seenAs: [
    'spawn /home/me/server/.venv/bin/python ENOENT',
    "Error: Cannot find module '/home/me/server/index.js'",
    "can't open file 'server.py': [Errno 2] No such file or directory",
    'MCP error -32000: Connection closed',
  ],
  needs: [],
  uses: [...WORDS, 'launch', 'http'],
  explains: [...FAILED_START, 'launch-entry-point-missing'],

  match(given) {
    const missing = missingFile(given);
    if (!missing) return unsaid(given);
    if (missing.built) return null;
    const { path, where, how, cites, looked, said } = missing;
    const evident =
      looked ||
      (said &&
        (how === 'quotes' || how === 'tilde') &&
        /[\\/]/.test(path) &&
        where !== 'cwd' &&
        !given.process?.spawnError);
    return { certainty: evident ? 'certain' : 'likely', cites, facts: { path, where, how } };
  },
  say: ({ path, where, how }) =>
    `${{ command: 'The program', arg: 'The file', cwd: 'The working directory' }[where as 'command' | 'arg' | 'cwd']} ${path} ${how === 'directory' ? 'cannot be run' : 'does not exist as it was passed'}.${HOW[how]}`,
  fix: ({ path, where, how }) => [
    ...(how === 'venv'
      ? [
          {
            say: 'Create the environment in the project folder (or correct the path), and install the server into it:',
            run: `python3 -m venv ${path.replace(/[\\/](?:bin|Scripts)[\\/].*$/i, '')}`,
          },
        ]
      : []),
    ...(how === 'venv'
      ? []
      : [
          {
            say:
              how === 'quotes'
                ? 'Write the path without inner quotation marks, also when it contains blanks:'
                : 'Write the absolute path, as it stands on the disk:',
            edit: {
              file: 'the client config',
              at: where === 'arg' ? 'args' : where,
              to:
                how === 'quotes'
                  ? JSON.stringify(path.replace(/^.*?["“]|["”']+$/g, ''))
                  : how === 'backslash'
                    ? '"C:/Users/me/server.js" or "C:\\\\Users\\\\me\\\\server.js"'
                    : '"<absolute path>"',
            },
          },
        ]),
    {
      say: 'See that it is there before you restart the client:',
      run: `${/^[A-Za-z]:/.test(path) ? 'dir' : 'ls -l'} ${path.includes('~') ? path.replace(/^.*~/, '~') : JSON.stringify(path.replaceAll('"', ''))}`,
    },
  ],
  why: 'A client passes command, args and cwd on as they are: it expands no ~ and no variable, strips no quotes, and resolves relative paths against its own folder. Node.js reports a missing working directory as "spawn <command> ENOENT" too.',
  refs: [
    'https://modelcontextprotocol.io/docs/tools/debugging',
    'https://nodejs.org/api/child_process.html#child_processspawncommand-args-options',
  ],
  examples: [
    {
      name: 'quotes inside an argument',
      finds: true,
      symptoms: {
        os: 'windows',
        stderr: String.raw`Error: Cannot find module 'C:\Users\me\AppData\Local\AnthropicClaude\app-0.9.2\"C:\Users\me\mcp\build\index.js"'`,
      },
    },
    {
      name: 'no virtual environment',
      finds: true,
      symptoms: { os: 'macos', clientError: 'spawn /Users/me/x/.venv/bin/python ENOENT' },
    },
    {
      name: 'a script that Python cannot open',
      finds: true,
      symptoms: {
        entry: { command: 'python', args: ['server.py'] },
        stderr: "python: can't open file '/server.py': [Errno 2] No such file or directory",
        exitCode: 2,
      },
    },
    {
      name: 'a working directory that is not there',
      finds: true,
      evidence: {
        launch: {
          command: 'node',
          args: [],
          cwd: '/gone',
          env: [],
          lookup: { found: '/usr/bin/node', path: ['/usr/bin'], elsewhere: [] },
          paths: [{ where: 'cwd', word: '/gone', resolved: '/gone', exists: false }],
        },
        process: {
          pid: null,
          spawnError: { code: 'ENOENT', message: 'spawn node ENOENT', path: 'node' },
          lifetimeMs: 0,
          pending: [],
        },
      },
    },
    {
      name: 'a tilde in the entry, and not a word of the reason',
      finds: true,
      symptoms: {
        os: 'macos',
        client: 'claude-code',
        entry: { command: 'python3', args: ['~/mcp/server.py'] },
        clientError: 'Failed to connect',
      },
    },
    {
      name: 'backslashes that JSON took for escapes',
      finds: true,
      symptoms: {
        os: 'windows',
        stderr: "Error: Cannot find module 'C:\\Windows\\System32\\C:Usersmemcpindex.js'",
        exitCode: 1,
      },
    },
    {
      name: 'a script without a folder in a desktop client',
      finds: true,
      symptoms: {
        os: 'windows',
        client: 'claude-desktop',
        entry: { command: 'python', args: ['server.py'] },
        clientError: 'Server disconnected',
      },
    },
    {
      name: 'a trace of which only the head was copied',
      finds: true,
      symptoms: {
        entry: { command: 'node', args: ['packages/server/index.js'] },
        stderr: 'node:internal/modules/cjs/loader:1433\n  throw err;',
      },
    },
    {
      name: 'an exception of Java about a path of the entry',
      finds: true,
      symptoms: {
        entry: { command: 'java', args: ['-jar', '/etc/mcp/server.jar'] },
        stderr: 'Exception in thread "main" java.nio.file.NoSuchFileException: /etc/mcp/server.jar',
      },
    },
    {
      name: 'uv, an interpreter that is gone',
      finds: true,
      symptoms: {
        stderr:
          'error: Failed to query Python interpreter at `/home/me/.venv/bin/python3`\n  Caused by: No such file or directory (os error 2)',
      },
    },
    {
      name: 'a folder that is no project',
      finds: true,
      symptoms: { stderr: 'Couldn\'t find a package.json file in "/home/me"' },
    },
    {
      name: 'a message that was wrapped',
      finds: true,
      symptoms: { stderr: "Error [ERR_MODULE_NOT_FOUND]: Cannot find module\n'/home/me/other/src/mcp-server.ts'" },
    },
    {
      name: 'a file that an installed package asks for',
      finds: false,
      symptoms: {
        stderr:
          "Error: Cannot find module '/home/ci/build/node_modules/acme/prebuilds/x.node'\nRequire stack:\n- /usr/lib/node_modules/acme-cli/cli.js",
      },
    },
    {
      name: 'a built file: the build is missing',
      finds: false,
      symptoms: { stderr: "Error: Cannot find module '/home/me/weather/dist/index.js'", exitCode: 1 },
    },
    {
      name: 'a folder that the server refuses',
      finds: false,
      symptoms: {
        stderr:
          "Error accessing directory /Users/me/Projects: Error: ENOENT: no such file or directory, stat '/Users/me/Projects'",
        exitCode: 1,
      },
    },
    {
      name: 'an import of an existing file',
      finds: false,
      symptoms: { stderr: "Cannot find module '/srv/app/tools.js' imported from /srv/app/index.js", exitCode: 1 },
    },
  ],
});
