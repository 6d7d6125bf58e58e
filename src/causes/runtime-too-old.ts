import type { Evidence } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { defineCause } from './cause.js';
import { FAILED_START } from './consequences.js';
import {
  FOUND,
  IMPORT_JOINED,
  IMPORT_LINE,
  IMPORT_STRING,
  IN_COMMAND,
  NPX_6,
  OLD_LOADER,
  OLD_NPX,
  OWN_CODE,
  PYTHON_STATEMENT,
  REQUIRE,
  RESOLVER,
  RUNS,
  ran,
  reaches,
  STATED,
  STATEMENT_JOINED,
  STUMBLES,
  SYNTAX,
  SYNTAX_BARE,
  unbroken,
  WARNED,
} from './too-old.js';
import { entryPath, olderRuntime } from './two-worlds.js';
import { failed, find, WORDS, words } from './words.js';

const NODE = { command: 'node', args: ['/srv/server.js'], env: [], paths: [] };
const tried = (folder: string, provides: string): Evidence['worlds'] => ({
  client: { outcome: 'ended', ms: 80, exitCode: 1 },
  shell: { outcome: 'answered', ms: 120 },
  deciding: { kind: 'path-entry', names: [folder], provides },
  starts: 3,
});

export default defineCause({
  id: 'runtime-too-old',
  title: 'The Node.js, npm, Python, Java or .NET that runs the server is older, or newer, than the server supports',
  culprit: 'runtime',
  severity: 'broken',
  seenAs: [
    "SyntaxError: Unexpected token '??='",
    'npm error engine Unsupported engine',
    'UnsupportedClassVersionError',
    'ReferenceError: File is not defined',
    'MCP error -32000: Connection closed',
  ],
  needs: [],
  uses: [...WORDS, 'launch', 'worlds'],
  explains: [
    ...FAILED_START,
    'install-package-not-found',
    'install-package-broken',
    'process-config-rejected',
    'runtime-sdk-incompatible',
    'runtime-dependency-missing',
  ],

  match(given) {
    const lines = words(given);
    // The package is for another system: launch-binary-incompatible.
    if (lines.some(({ text }) => /EBADPLATFORM|Unsupported platform/.test(text))) return null;
    const errors = lines.filter(
      ({ text }) =>
        !/^npm (?:warn|WARN)\b|DeprecationWarning|FutureWarning|(?<!Rejection)warning:|no longer support|will require/i.test(
          text,
        ),
    );
    const stated = find(errors, ...STATED) ?? find(unbroken(errors), ...RESOLVER);
    const stumbles = find(errors, ...STUMBLES);
    const syntax = find(errors, SYNTAX);
    const old = lines.some(({ text }) => OLD_LOADER.test(text));
    const oldNpx = lines.some(({ text }) => OLD_NPX.test(text)) ? find(errors, SYNTAX_BARE) : null;
    const imported = errors.some(({ text }) => /\bassert ?\{|'assert'/.test(text))
      ? null
      : errors.some(({ text }) => IMPORT_LINE.test(text))
        ? find(errors, IMPORT_STRING)
        : find(errors, IMPORT_JOINED);
    const npx = find(errors, NPX_6);
    const statement = errors.some(({ text }) => text.includes('SyntaxError: invalid syntax'))
      ? (find(errors, PYTHON_STATEMENT) ?? find(errors, STATEMENT_JOINED))
      : null;
    const warned = find(lines, WARNED);
    const required = find(errors, REQUIRE);
    const hit =
      stated ?? stumbles ?? (old ? syntax : null) ?? oldNpx ?? imported ?? npx ?? statement ?? required ?? warned;
    const { runtime, requires, command = '' } = given.launch ?? {};
    const windows = given.reported?.os === 'windows' || lines.some(({ text }) => /\b[A-Z]:\\/.test(text));
    const unmet = requires?.satisfied === false && failed(given);
    const looked = olderRuntime(given);
    if (!hit && looked.runtime && failed(given)) {
      const { name, version } = looked.runtime;
      // A package may ask for more than it needs: alone it is a likely reason only when the code itself was not understood.
      const alone = find(errors, OWN_CODE) ? 'likely' : 'possible';
      return {
        certainty: looked.newer ? (looked.short ? 'certain' : 'likely') : alone,
        cites: [at('launch', 'runtime'), ...looked.cites],
        facts: { runtime: name, has: version, needs: looked.needs, lacks: '', over: false, windows, ...looked.facts },
      };
    }
    // Nothing was said of a version. The one in the path of the command may tell all the same.
    const told = Number(IN_COMMAND.exec(command)?.groups?.node ?? Number.NaN);
    const silent = !lines.some(({ text }) => /Error\b|Exception\b|npm (?:error|ERR!)|ENOENT|EACCES/.test(text));
    if (!hit && told < 20 && silent && !given.handshake)
      return {
        certainty: told >= 18 ? 'possible' : 'likely',
        cites: [at('launch', 'command')],
        facts: { runtime: 'Node.js', has: String(told), needs: '', lacks: '', over: false, windows, ...looked.facts },
      };
    if (!hit) return null;
    const { name, fw, sdk, target, any } = hit.groups;
    const needs = hit.groups.needs ?? hit.groups.dep;
    const i = errors.findIndex((line) => line.at === hit.line.at);
    const around = [hit.line.text.replace(hit.match[0], ' '), errors[i + 1]?.text ?? '', errors[i - 1]?.text ?? ''];
    const found =
      hit === stated && hit.groups.needs
        ? around.map((text, k) => ((k === 0 ? FOUND : RUNS).exec(text) ?? RUNS.exec(text))?.groups?.has).find(Boolean)
        : undefined;
    const has = hit.groups.has ?? found;
    // An upper bound that is reached: the runtime is too new.
    const bound = /<=? ?v?(?<top>\d[\d.]*)/.exec(needs ?? '')?.groups?.top;
    const over = bound !== undefined && has !== undefined && reaches(has, bound);
    // A server may well tell what it needs, and what it has, when all is well.
    if (found && !over && reaches(found, needs ?? '')) return null;
    const other =
      hit.groups.py ?? hit.groups.go ?? hit.groups.php ?? ((fw ?? sdk ?? target ?? any) ? '.NET' : undefined);
    const python =
      /python|No module named|cannot import name|asyncio|subscriptable|operand|slots|kw_only|invalid syntax/i.test(
        hit.line.text,
      ) || hit === statement;
    const version = (has ?? (ran(lines) || runtime?.version || '')).replace(/\.$/, '');
    // A warning about engines is common beside other failures: it counts only when nothing else was said.
    const asSaid =
      hit === required
        ? 'possible'
        : hit === warned
          ? /npm (?:error|ERR!)/.test(hit.line.text)
            ? 'certain'
            : 'possible'
          : (unmet && given.handshake && (hit === stated || hit === stumbles)) ||
              (hit === stated &&
                (hit.groups.has || /UnsupportedClassVersion|more recent version/.test(hit.line.text))) ||
              (hit === stumbles && !python && /^\d+\./.test(version) && Number.parseInt(version, 10) < 20)
            ? 'certain'
            : 'likely';
    return {
      certainty: looked.newer && (looked.short || hit !== warned) ? 'certain' : over ? 'likely' : asSaid,
      cites: [hit.line.at, ...(runtime && !has ? [at('launch', 'runtime')] : []), ...looked.cites],
      facts: {
        runtime:
          name ??
          other ??
          (npx && hit === npx
            ? 'npm'
            : /[Jj]ava|VM option/.test(hit.line.text)
              ? 'Java'
              : python
                ? 'Python'
                : (runtime?.name ?? 'Node.js')),
        has: version,
        needs: (needs ?? looked.needs).trim().replace(/[.,]+$/, ''),
        lacks: hit.groups.api ?? hit.groups.mod ?? '',
        over,
        windows,
        ...looked.facts,
      },
    };
  },
  say: ({ runtime, has, needs, lacks, over, newer, folder, via }) =>
    `The server was started with ${has ? `${runtime} ${has}, which` : `a version of ${runtime} that`} is too ${over ? 'new' : 'old'} for it${needs ? `: the server needs ${needs}` : lacks ? `: it lacks ${lacks}` : ''}. ${newer ? `Your shell finds ${runtime} ${newer} first${via ? `, through ${via}` : ''}, in ${folder}.` : 'It is the one that the client found first, not necessarily the one of your terminal.'}`,
  fix: ({ runtime, needs, over, windows, folder, path }) => {
    const name = String(runtime).toLowerCase();
    const version = (over ? />=? ?(3\.\d+)/.exec(String(needs))?.[1] : /3\.\d+/.exec(String(needs))?.[0]) ?? '3.12';
    const edit = (at: string, to: string) => ({ file: 'the client config', at, to });
    if (folder)
      return [
        {
          say: `Put the folder of the newer ${runtime} first on the PATH of the entry, so that the server and what it starts use it:`,
          edit: { file: 'the client config', at: 'env', to: entryPath([folder, ...path]) },
        },
        { say: 'Restart the client.' },
      ];
    if (/python/.test(name))
      return [
        {
          say: `Start the server with ${over ? 'an older' : 'a newer'} Python, by an absolute path as "command", or let uv choose one:`,
          run: `uv python install ${version}`,
        },
        { say: 'With uvx, add to "args", in front of the package:', edit: edit('args', `"--python", "${version}"`) },
      ];
    if (over)
      return [{ say: `Run the server with ${runtime} ${needs}, or take a release of it that supports newer ones.` }];
    if (/node|npm/.test(name))
      return [
        {
          say: 'Install a current Node.js, and remove the old ones from the version manager (desktop clients take the first they find):',
          run: windows ? 'winget install OpenJS.NodeJS.LTS' : 'nvm install --lts && nvm alias default "lts/*"',
        },
        {
          say: 'Put its folder first on the PATH of the entry, so that npx and its children use it:',
          edit: edit(
            'env',
            windows
              ? '"env": { "PATH": "C:\\\\Program Files\\\\nodejs;C:\\\\Windows\\\\System32" }'
              : '"env": { "PATH": "<folder of the new node>:/usr/bin:/bin" }',
          ),
        },
      ];
    if (/java|jdk/.test(name))
      return [
        { say: 'Install a newer JDK, and name its java by an absolute path as "command":', run: 'java -version' },
      ];
    return [{ say: `Install ${runtime}${needs ? ` ${needs}` : ' in a current version'}, and make the entry use it.` }];
  },
  why: 'A client started by the window system picks the first runtime on its own PATH, which may be a forgotten version of nvm or of the operating system. An old runtime cannot read new syntax or lacks a built-in, and dies before the server can say a word.',
  refs: [
    'https://nodejs.org/en/about/previous-releases',
    'https://docs.npmjs.com/cli/v11/configuring-npm/package-json#engines',
    'https://devguide.python.org/versions/',
  ],
  examples: [
    {
      name: 'found by trying: the shell has a newer one, and the package asks for it',
      finds: true,
      symptoms: { stderr: 'Error: Cannot start', exitCode: 1 },
      evidence: {
        launch: {
          ...NODE,
          runtime: { name: 'node', version: '18.20.4' },
          requires: { file: '/srv/package.json', range: '>=20', satisfied: false },
        },
        worlds: tried('/home/me/.nvm/versions/node/v22.11.0/bin', 'node 22.11.0 (nvm)'),
      },
    },
    {
      name: 'the shell has an older one, which works',
      finds: false,
      symptoms: { stderr: 'Error: Cannot start', exitCode: 1 },
      evidence: {
        launch: { ...NODE, runtime: { name: 'node', version: '24.1.0' } },
        worlds: tried('/opt/node20/bin', 'node 20.19.0'),
      },
    },
    {
      name: 'npm on an old Node.js',
      finds: true,
      symptoms: {
        stderr: "ERROR: npm v11.4.2 is known not to run on Node.js v14.21.3.\nSyntaxError: Unexpected token '&&='",
        exitCode: 1,
      },
    },
    {
      name: 'a global that came later',
      finds: true,
      symptoms: { stderr: 'ReferenceError: File is not defined\n  Node.js v18.15.0', exitCode: 1 },
    },
    {
      name: 'the usage text of npx 6',
      finds: true,
      symptoms: {
        entry: { command: 'npx', args: ['-y', '@x/y'] },
        stderr: 'ERROR: You must supply a command.\n\nExecute binaries from npm packages.',
      },
    },
    {
      name: 'an npx that came with an old Node.js',
      finds: true,
      symptoms: { serverLog: "npx: installed 4 in 0.633s\nUnexpected token '('" },
    },
    {
      name: 'a loader before modules',
      finds: true,
      symptoms: {
        stderr:
          'import { McpServer } from "x";\n       ^\nSyntaxError: Unexpected token {\n    at Object.Module._extensions..js (internal/modules/cjs/loader.js:789:10)',
        exitCode: 1,
      },
    },
    {
      name: 'Java',
      finds: true,
      symptoms: {
        stderr:
          'Exception in thread "main" java.lang.UnsupportedClassVersionError: io/x/Main has been compiled by a more recent version of the Java Runtime (class file version 65.0)',
        exitCode: 1,
      },
    },
    {
      name: 'uv, over several lines',
      finds: true,
      symptoms: {
        stderr:
          '  × No solution found when resolving tool dependencies:\n  ╰─▶ Because the current Python version (3.10.4) does not\n      satisfy Python>=3.12 and acme-mcp==2.0.0 depends on\n      Python>=3.12, we can conclude that acme-mcp==2.0.0 cannot be used.',
        exitCode: 1,
      },
    },
    {
      name: 'too new',
      finds: true,
      symptoms: {
        stderr: "ERROR: Package 'acme-mcp' requires a different Python: 3.14.0 not in '<3.14,>=3.10'",
        exitCode: 1,
      },
    },
    {
      name: 'uv, about the lowest version of a project',
      finds: true,
      symptoms: {
        stderr:
          "  × No solution found when resolving dependencies for split (python_full_version == '3.9.*'):\n  ╰─▶ Because the requested Python version (>=3.9) does not satisfy Python>=3.10 and your project depends on mcp[cli],\n      we can conclude that your project's requirements are unsatisfiable.",
      },
    },
    {
      name: 'a client that leaves out the kind of the error',
      finds: true,
      symptoms: { client: 'claude-desktop', clientError: "MCP acme: Unexpected token '??='" },
    },
    {
      name: 'import assertions, which newer releases dropped',
      finds: false,
      symptoms: {
        stderr:
          "import pkg from './package.json' assert { type: 'json' };\n                                   ^^^^^^\nSyntaxError: Unexpected identifier 'assert'",
        exitCode: 1,
      },
    },
    {
      name: "a server's own words",
      finds: true,
      symptoms: { stderr: 'acme-mcp: Node.js 22 or newer is required, found v18.19.1', exitCode: 1 },
    },
    {
      name: '.NET without the framework',
      finds: true,
      symptoms: { stderr: 'You must install or update .NET to run this application.', exitCode: 150 },
    },
    {
      name: 'the version in the path of the command',
      finds: true,
      symptoms: {
        entry: { command: '/Users/me/.nvm/versions/node/v16.20.0/bin/npx', args: ['-y', 'acme-mcp'] },
        clientError: 'MCP error -32000: Connection closed',
      },
    },
    {
      name: 'what the package declares is not met',
      finds: true,
      symptoms: { transport: 'stdio', clientError: 'MCP error -32000: Connection closed' },
      evidence: {
        launch: {
          command: 'node',
          args: [],
          env: [],
          paths: [],
          runtime: { name: 'node', version: '18.20.4' },
          requires: { file: '/srv/package.json', range: '>=22', satisfied: false },
        },
      },
    },
    {
      name: 'a current version in the path of the command',
      finds: false,
      symptoms: {
        entry: { command: '/Users/me/.nvm/versions/node/v22.4.0/bin/npx', args: ['-y', 'acme-mcp'] },
        clientError: 'MCP error -32000: Connection closed',
      },
    },
    {
      name: 'a version that suffices',
      finds: false,
      symptoms: { stderr: 'acme-mcp requires Node.js >= 20, running v22.4.0\nError: boom', exitCode: 1 },
    },
    {
      name: 'an ES module in the wrong place',
      finds: false,
      symptoms: { stderr: 'SyntaxError: Cannot use import statement outside a module\nNode.js v22.1.0', exitCode: 1 },
    },
    {
      name: 'a package for another system',
      finds: false,
      symptoms: {
        stderr:
          'npm error code EBADPLATFORM\nnpm error notsup Unsupported platform for foo@1.0.0: wanted {"os":"darwin"}',
        exitCode: 1,
      },
    },
  ],
});
