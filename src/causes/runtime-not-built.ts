import { defineCause } from './cause.js';
import { FAILED_START } from './consequences.js';
import { missingFile } from './missing-file.js';
import { find, WORDS, words } from './words.js';

/** A start script of the same project asks for the build: relative, so the project is in place. */
const FROM_WRAPPER =
  /Cannot find module ['"](?<path>(?:\.{1,2}[\\/]+(?:\.\.[\\/]+)*(?:dist|build|out|lib)[\\/]+[^'"]*|(?:dist|build|out)[\\/]+[^'"]*\.[cm]?js))['"]/;

/** The tool itself says it. */
const SAYS_SO =
  /\b(?<what>(?:dist|build|bundle|server|project|output|frontend|production build)\b[^.]{0,40}?) (?:has not been|is not|not yet|was not|isn't|hasn't been) (?:built|compiled)\b|\b[Dd]id you (?:forget to )?(?:run )?[`'"]?(?:(?:npm|pnpm|yarn|bun)(?: run)? )?(?:build|compile)\b|\b(?:[Rr]un|[Ee]xecute)(?: the)?:? [`'"]?(?:(?:npm|pnpm|yarn|bun)(?: run)? (?:build|compile)|cargo build|dotnet build|mvn package|\.\/gradlew build|make build)\b|Could not find a production build in (?:the )?['"](?<path>[^'"]+)['"]/i;

/** What builds a project, by what is missing. */
function buildCommand(path: string): string {
  if (/[\\/]target[\\/](?:release|debug)[\\/]/i.test(path)) return 'cargo build --release';
  if (/\.jar$|[\\/]target[\\/]/i.test(path)) return 'mvn package';
  if (/[\\/]build[\\/]libs[\\/]/i.test(path)) return './gradlew build';
  if (/\.dll$|[\\/]bin[\\/](?:debug|release)[\\/]/i.test(path)) return 'dotnet build -c Release';
  if (/\.build[\\/]/.test(path)) return 'swift build -c release';
  return 'npm install && npm run build';
}

export default defineCause({
  id: 'runtime-not-built',
  title: 'The compiled file that should be run does not exist: the build step was not run',
  culprit: 'server',
  severity: 'broken',
  seenAs: [
    "Error: Cannot find module '/home/me/server/dist/index.js'",
    'Unable to access jarfile target/server.jar',
    'MCP error -32000: Connection closed',
  ],
  needs: [],
  uses: [...WORDS, 'launch'],
  explains: [...FAILED_START, 'runtime-dependency-missing', 'launch-entry-point-missing'],

  match(given) {
    const missing = missingFile(given);
    // In a package of somebody else it is not for the user to build: install-package-broken.
    if (missing && (!missing.built || /[\\/]node_modules[\\/]/.test(missing.path))) return null;
    const lines = words(given);
    const installed = lines.some(({ text }) => /^\s*- .*[\\/](?:_npx|node_modules)[\\/]/.test(text));
    const hit = missing ? null : find(lines, ...(installed ? [] : [FROM_WRAPPER]), SAYS_SO);
    if (!missing && !hit) return null;
    const path = missing?.path ?? hit?.groups.path ?? '';
    return {
      certainty: 'likely',
      cites: missing?.cites ?? (hit ? [hit.line.at] : []),
      facts: {
        path,
        project: /[\\/]/.exec(path)
          ? path
              .replace(/[\\/](?:dist|build|out|lib|target|bin|\.build|compiled|publish)(?:-\w+)?[\\/].*$/i, '')
              .replace(/[\\/]+$/, '')
          : '',
        run: buildCommand(path),
      },
    };
  },
  say: ({ path }) =>
    path
      ? `${path} does not exist. A build makes it, and the build was not run in that project (or writes elsewhere).`
      : 'The server says that it was not built yet.',
  fix: ({ project, run }) => [
    {
      say: 'Build the project:',
      run: /^(?:[A-Za-z]:)?[\\/]/.test(project)
        ? `cd ${/^[A-Za-z]:/.test(project) ? '/d ' : ''}"${project}" && ${run}`
        : run,
    },
    {
      say: 'When the file is still not there, look up in package.json ("main", "bin") or in the README where the build writes, and put that path into the entry.',
    },
  ],
  why: 'Servers written in TypeScript, Rust, Java or C# are checked in as source, and the folder of the compiled files is not part of the repository. After a clone, and after each pull, the build has to be run before a client can start the result.',
  refs: [
    'https://modelcontextprotocol.io/docs/develop/build-server',
    'https://nodejs.org/api/errors.html#module_not_found',
  ],
  examples: [
    {
      name: 'a clone without a build',
      finds: true,
      symptoms: {
        stderr:
          "node:internal/modules/cjs/loader:1413\n  throw err;\n\nError: Cannot find module '/home/me/weather/dist/index.js'\n  code: 'MODULE_NOT_FOUND',\n  requireStack: []",
        exitCode: 1,
      },
    },
    {
      name: 'a Rust binary',
      finds: true,
      symptoms: { clientError: 'spawn /home/me/srv/target/release/srv-mcp ENOENT' },
    },
    {
      name: 'a jar',
      finds: true,
      symptoms: { stderr: 'Error: Unable to access jarfile /home/me/srv/target/srv-1.0.jar', exitCode: 1 },
    },
    {
      name: 'a start script in front of the build',
      finds: true,
      symptoms: {
        stderr: "Error: Cannot find module '../dist/index.js'\nRequire stack:\n- /home/me/srv/bin/cli.js",
        exitCode: 1,
      },
    },
    {
      name: 'a path whose beginning was left out',
      finds: true,
      symptoms: { stderr: "Error: Cannot find module '.../acme-mcp/2.0.1/build/index.js'\n  code: 'MODULE_NOT_FOUND'" },
    },
    {
      name: 'the head of a trace, and a compiled file in the entry',
      finds: true,
      symptoms: {
        entry: { command: 'node', args: ['/srv/acme/dist/index.js'] },
        stderr: 'node:internal/modules/cjs/loader:1215\n  throw err;\n  ^',
      },
    },
    {
      name: 'the server asks for it',
      finds: true,
      symptoms: { stderr: 'dist/ not found. Did you run `npm run build`?', exitCode: 1 },
    },
    {
      name: 'a package that is not installed',
      finds: false,
      symptoms: { stderr: "Error: Cannot find module 'express'\nRequire stack:\n- /srv/dist/index.js", exitCode: 1 },
    },
    {
      name: 'a relative path against the root of the disk',
      finds: false,
      symptoms: {
        entry: { command: 'node', args: ['dist/index.js'] },
        stderr: "Error: Cannot find module '/dist/index.js'",
        exitCode: 1,
      },
    },
  ],
});
