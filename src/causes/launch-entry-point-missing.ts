import { LAUNCHER } from '../case/launchers.js';
import { defineCause } from './cause.js';
import { FAILED_START } from './consequences.js';
import { IN_CMD } from './missing-command.js';
import { find, WORDS, words } from './words.js';

/** What a launcher says when it has the package or project, but nothing of that name to run in it. `uv`: a script of a package. */
const SCRIPT = [
  /[Nn]o executables are provided by (?:package )?[`'"]?(?<package>[\w@/.-]+?)[`'"]?(?:;|$)|following executables are (?:available|provided)/,
  /[`'"](?<name>[\w.-]+)[`'"] is an entry point defined in .{0,40} not installed as a script|(?:^|poetry: |hatch: )[Cc]ommand not found: (?<poetry>[\w.-]+)$/,
  /['"](?<name>[\w.-]+)['"] not found in package\b|hatch: Unknown environment|`cargo run` could not determine which binary/,
  /(?:Hauptklasse|classe principale|clase principal|主类|メイン・?クラス|메인 클래스|главный класс) ?(?<name>[\w.$]+)?.{0,40}|Main method not found in class (?<class>[\w.$]+)/,
  /Cannot find a tool in the manifest file|to make the ["'](?<name>[^"']+)["'] command available|can't find gem \S+ .{0,30}with executable (?<gem>\S+)|Could not find command ["'](?<php>[^"']+)/,
  /error: Module not found ["'](?<name>(?!file:)[^"'\\/]+)["']|unknown command ["'](?<plugin>mcp|ai|model)["'] for ["']docker/,
  /executable named [`'"](?<name>[^`'"]+)[`'"] is not provided by package [`'"](?<package>[^`'"]+)/,
  /[Pp]ackage [`'"](?<package>[^`'"]+)[`'"] does not provide any executables|The executable [`'"](?<name>[^`'"]+)[`'"] was not found/,
  /\bFailed to spawn: (?:[`'"](?<name>[^`'"\\/]+)[`'"]|(?<bare>[\w.@-]+)$)/,
  /['"](?<name>[\w.-]+)['"] executable script not found in package ['"](?<package>[\w.-]+)/,
  /could not determine executable to run(?: for package (?<package>\S+))?/,
  /ERR_PNPM_DLX_(?:NO|MULTIPLE)_BINS?.*?(?: in (?<package>\S+))?$/,
  /\bCommand ["'](?<name>[\w:./@-]+)["'] (?:not found|is not defined)/,
  /npm (?:error|ERR!) [Mm]issing script: ["']?(?<name>[\w:.-]+)|\b[Mm]issing script: ["']?(?<missing>[\w:.-]+)|ERR_PNPM_NO_SCRIPT\s+Missing script: (?<pnpm>\S+)/,
  /Script not found ["'](?<name>[\w:.-]+)["']|Couldn't find a (?:script|binary) named ["'](?<yarn>[^"']+)|(?:Task|Script) not found:? (?<task>\S+)/,
  /bundler: command not found: (?<name>\S+)|can't find executable (?<gem>\S+) for gem|There are no commands defined in the ["'](?<php>[^"']+)/,
  /no bin target named [`'"](?<name>[^`'"]+)|a bin target must be available for `cargo run`|package (?<go>\S+) is not a main package/,
  /Could not find or load main class (?<name>\S+)|no main manifest attribute,? in (?<jar>\S+)/,
  /Could not execute because the (?:specified command or file was not found|application was not found)|No executable found matching command ["'](?<name>[^"']+)/,
  /docker: ['"](?<name>mcp|ai|model)['"] is not a docker command|unknown command: docker (?<plugin>mcp|ai|model)\b/,
  /error: no such command: [`'"](?<cargo>[\w-]+)|^(?:npm (?:ERR!|error) )?Unknown command: ["'](?<npm>[\w:-]+)["']\s*$|unknown command ["'](?<sub>[\w-]+)["'] for ["'](?:gh|kubectl|helm|docker|podman|terraform|supabase|doctl|flyctl|stripe)["']|(?:git|gh|docker): ['"](?<git>[\w-]+)['"] is not a (?:git|gh|docker) command|['"](?<az>[\w-]+)['"] is misspelled or not recognized by the system|gcloud\S*\) Invalid choice: ['"](?<gcloud>[\w-]+)|Unknown Syntax Error: Command not found|ERR_PNPM_RECURSIVE_EXEC_FIRST_FAIL/,
  /No server object found in (?<name>\S+)/,
];

/** `python -m`: said by the interpreter itself, without quotes; in quotes it would be an import of the program's own. */
const MODULE = [
  /Error while finding module specification for ['"](?<name>[^'"]+)/,
  /(?:python[\d.]*w?(?:\.exe)?|pypy\d?|(?:^|[\\/])py): No module named (?<name>[\w.-]+)/i,
  /No module named (?<name>[\w.]+)\.__main__; '[\w.]+' is a package and cannot be directly executed/,
];

/** A shell below a package runner looked for the package's script. */
const BELOW_RUNNER = [
  /\bsh: (?:(?:line )?\d+: )?(?<name>[\w.@-]+): (?:command )?not found|^command not found: (?<npx6>[\w.@-]+)$/,
  ...IN_CMD,
  /\bCommand failed with ENOENT: (?<pnpm>[\w.@-]+)|\bspawn (?<spawned>[\w.@-]+) ENOENT\b/,
];
const DEV_TOOL =
  /^(?:tsc|tsx|ts-node|tsup|tsdown|vite|esbuild|rollup|webpack|turbo|rimraf|shx|cross-env|nodemon|concurrently|husky|patch-package|nest|next)$/;
const RUNNER = /^(?:np[mx]|pn(?:pm|px)|yarn|bunx?|cmd|uvx?)(?:\.(?:exe|cmd))?$/i;

const nameIn = (match: RegExpExecArray | null): string => Object.values(match?.groups ?? {}).find(Boolean) ?? '';
/** Neither a program of the machine, nor a tool that only a build needs, nor a word of a program's text. */
const isScript = (name: string): boolean =>
  name !== '' &&
  !LAUNCHER.test(name) &&
  !DEV_TOOL.test(name) &&
  !/^(?:import|export|const|var|let|from|function|class|def)$/.test(name);

export default defineCause({
  id: 'launch-entry-point-missing',
  title: 'The script, module or class to run is not in the package or project that was found',
  culprit: 'config',
  severity: 'broken',
  seenAs: [
    'error: Failed to spawn: `my-server`',
    'npm error could not determine executable to run',
    'python: No module named my_server',
    'MCP error -32000: Connection closed',
  ],
  needs: [],
  uses: [...WORDS, 'launch'],
  explains: [...FAILED_START, 'runtime-dependency-missing'],

  match(given) {
    const lines = words(given);
    const refused = lines.some(({ text }) =>
      /Caused by: .*(?:[Pp]ermission denied|not permitted|Exec format|Access is denied|os error (?:1|5|8|13|193)\b)/.test(
        text,
      ),
    );
    const module = find(lines, ...MODULE);
    const script = refused ? null : find(lines, ...SCRIPT);
    const command = given.launch?.command.split(/[\\/]/).pop() ?? '';
    const known = RUNNER.test(command) || lines.some(({ text }) => /^npm (?:error|ERR!)/.test(text));
    // Without an entry only a shell's own sentence tells, not a name in quotes.
    const shells = known ? BELOW_RUNNER : given.launch ? [] : BELOW_RUNNER.slice(0, 2);
    const below =
      module || script
        ? null
        : find(
            lines.filter(({ text }) =>
              isScript(shells.map((pattern) => nameIn(pattern.exec(text))).find(Boolean) ?? ''),
            ),
            ...shells,
          );
    const hit = module ?? script ?? below;
    if (!hit) return null;
    const { package: pkg, ...named } = hit.groups;
    const name = Object.values(named).find(Boolean) ?? '';
    // The module is the program's own word for an import only when it is wrapped; unwrapped it is the interpreter's.
    // In a package that npm builds first, the script is the author's; a class with a separator is half of a path.
    const clear =
      !lines.some(({ text }) => /git dep preparation|\b(?:pre|post)?(?:install|pare) script/.test(text)) &&
      !/[\\/]/.test(name) &&
      (/not provided by package|[Mm]issing script|main class|executable script not found/.test(hit.line.text) ||
        (module && hit.line.text.includes(`: No module named ${name}`)));
    return {
      // At a platform it is the start command of the deployment that names it: deploy-wrong-start says so.
      certainty: clear && !/^(?:streamable-http|sse)$/.test(given.reported?.transport ?? '') ? 'certain' : 'likely',
      cites: [hit.line.at],
      facts: {
        name: name.replace(/[.;,'"]+$/, ''),
        package: pkg ?? '',
        kind: module
          ? 'module'
          : /main class|manifest attribute|Hauptklasse|classe principale|clase principal|主类|Main method/i.test(
                hit.line.text,
              )
            ? 'class'
            : /docker/.test(hit.line.text)
              ? 'plugin'
              : 'script',
        by: command,
      },
    };
  },
  say: ({ name, package: pkg, kind }) => {
    const from = pkg ? ` in the package ${pkg}` : '';
    if (kind === 'module')
      return `Python was told to run the module ${name} with -m, and cannot find it: it is neither installed in that interpreter's environment nor in its working directory.`;
    if (kind === 'class') return `Java found no main class to run${name ? ` (${name})` : ''}.`;
    if (kind === 'plugin')
      return `The docker command of this machine has no subcommand ${name}: that plugin (Docker Desktop's MCP Toolkit) is not installed or not enabled.`;
    return name
      ? `The launcher has no script or command called ${name}${from}.`
      : `The launcher found the package, but no single command to run${from}.`;
  },
  fix: ({ name, package: pkg, kind, by }) => {
    if (kind === 'module')
      return [
        {
          say: 'Name the interpreter of the environment in which the server is installed, by its absolute path:',
          edit: { file: 'the client config', at: 'command', to: '"command": "<project>/.venv/bin/python"' },
        },
        {
          say: 'See whether that interpreter finds the module:',
          run: `<project>/.venv/bin/python -c "import ${String(name).split('.')[0]}"`,
        },
        {
          say: 'When the module is a folder of your project, add the project to the path: "env": { "PYTHONPATH": "<project>" }, or start the file by its absolute path.',
        },
      ];
    if (kind === 'class')
      return [
        {
          say: 'Start the executable jar (the one with dependencies), or name the main class in full, with -cp for every jar.',
        },
      ];
    if (kind === 'plugin')
      return [
        { say: 'Update Docker Desktop, enable the MCP Toolkit in its settings, and check:', run: 'docker mcp --help' },
      ];
    if (/^uv/i.test(String(by)) || /^uv/.test(String(name)))
      return [
        {
          say: 'Name the command that the package really has. uv lists the commands of a package when it is installed:',
          run: `uvx --from ${pkg || '<package>'} <command>`,
        },
        {
          say: 'On Windows add .exe when the name contains a dot. In a project, use "uv --directory <project> run <command>", and declare it under [project.scripts].',
        },
      ];
    return [
      {
        say: 'Look up the commands of the package, and name the one you want (npx -p <package> <command>):',
        run: `npm view ${pkg || '<package>'} bin`,
      },
      {
        say: 'For a missing script of a project, start the client with the project as working directory, or add the script to package.json or pyproject.toml.',
      },
    ];
  },
  why: 'A package and the command in it are two names. Launchers guess the command from the package name, which fails when the package offers another one, several, or none; python -m looks only into the environment and folder of the interpreter that was started.',
  refs: [
    'https://docs.astral.sh/uv/guides/tools/',
    'https://docs.npmjs.com/cli/v11/commands/npx',
    'https://docs.python.org/3/using/cmdline.html#cmdoption-m',
  ],
  examples: [
    {
      name: 'uv',
      finds: true,
      symptoms: {
        os: 'windows',
        entry: { command: 'uvx', args: ['foo.bar-server'] },
        stderr:
          'Installed 53 packages in 2.55s\nerror: Failed to spawn: `foo.bar-server`\n  Caused by: program not found',
      },
    },
    {
      name: 'python -m',
      finds: true,
      symptoms: { stderr: '/usr/bin/python3: No module named my_server', exitCode: 1 },
    },
    {
      name: 'python -m of a folder that is not on the path',
      finds: true,
      symptoms: {
        stderr:
          "/usr/bin/python3: Error while finding module specification for 'a.b' (ModuleNotFoundError: No module named 'a')",
        exitCode: 1,
      },
    },
    {
      name: 'pnpm dlx with several commands',
      finds: true,
      symptoms: {
        stderr:
          ' ERR_PNPM_DLX_MULTIPLE_BINS  Could not determine executable to run. foo has multiple binaries: foo, foo-mcp',
        exitCode: 1,
      },
    },
    {
      name: 'a script that the package lacks',
      finds: true,
      symptoms: {
        entry: { command: 'npx', args: ['-y', 'foo-mcp'] },
        stderr: 'sh: 1: foo-mcp: not found',
        exitCode: 127,
      },
    },
    {
      name: 'a shell of Windows, and no entry',
      finds: true,
      symptoms: {
        client: 'vscode',
        os: 'windows',
        serverLog:
          "[server stderr] 'acme-mcp' is not recognized as an internal or external command,\n[server stderr] operable program or batch file.",
      },
    },
    {
      name: 'behind cmd /c npx',
      finds: true,
      symptoms: {
        os: 'windows',
        entry: { command: 'cmd', args: ['/c', 'npx', '-y', 'acme-mcp'] },
        stderr: "'acme-mcp' is not recognized as an internal or external command,\noperable program or batch file.",
      },
    },
    {
      name: 'npm knows no such command',
      finds: true,
      symptoms: {
        entry: { command: 'npm', args: ['mcp'] },
        stderr: 'Unknown command: "mcp"\n\nTo see a list of supported npm commands, run:\n  npm help',
      },
    },
    {
      name: 'pnpm, which starts the command itself',
      finds: true,
      symptoms: {
        entry: { command: 'pnpx', args: ['acme-mcp'] },
        stderr: ' ENOENT  Command failed with ENOENT: mcp-server\nspawn mcp-server ENOENT',
        exitCode: 1,
      },
    },
    {
      name: 'an import inside the program',
      finds: false,
      symptoms: { stderr: "ModuleNotFoundError: No module named 'httpx'", exitCode: 1 },
    },
    {
      name: 'uv may not execute it',
      finds: false,
      symptoms: { stderr: 'error: Failed to spawn: `run`\n  Caused by: Permission denied (os error 13)', exitCode: 2 },
    },
  ],
});
