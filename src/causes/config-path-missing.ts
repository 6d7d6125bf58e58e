import { defineCause } from './cause.js';
import { FAILED_START } from './consequences.js';
import { missingFile } from './missing-file.js';
import { WORDS } from './words.js';

const HOW: Record<string, string> = {
  quotes: ' It contains quotation marks, which are part of the name here: there is no shell that removes them.',
  tilde: ' The ~ was not expanded: only a shell does that, and there is none.',
  placeholder: ' It contains a placeholder that nobody filled in.',
  relative: ' It is relative, and the client starts servers in a folder of its own, not in the project.',
  venv: ' It belongs to a Python virtual environment that was not created, or is elsewhere.',
  directory: ' It is a folder, not a program.',
  absent: '',
};

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
  uses: [...WORDS, 'launch'],
  explains: [...FAILED_START, 'launch-entry-point-missing'],

  match(given) {
    const missing = missingFile(given);
    if (!missing || missing.built) return null;
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
              to: how === 'quotes' ? JSON.stringify(path.replace(/^.*?["“]|["”']+$/g, '')) : '"<absolute path>"',
            },
          },
        ]),
    {
      say: 'See that it is there before you restart the client:',
      run: `ls -l ${path.includes('~') ? path.replace(/^.*~/, '~') : JSON.stringify(path.replaceAll('"', ''))}`,
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
