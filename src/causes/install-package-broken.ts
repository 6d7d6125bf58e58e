import { defineCause } from './cause.js';
import { FAILED_START } from './consequences.js';
import { installerOf, near, runWords, starterOf, together, writtenElsewhere } from './installers.js';
import { find, type Hit, mended, WORDS, words } from './words.js';

type Fault = 'no-command' | 'dependency' | 'module-format' | 'build' | 'file-missing' | 'undeclared';

/** The package has no command that the runner could start. */
const NO_COMMAND =
  /could not determine executable to run(?: for package (?<package>\S+))?|ERR_PNPM_DLX_NO_BIN|there is nothing to install in [`'"](?<crate>[^`'"]+)[`'"], because it has no binaries|DotnetToolSettings|settings file in the tool's NuGet package is invalid|NU1212\b|is not a \.NET tool|command not found: no bin|npm (?:error|ERR!) code ENOBIN/;
/** What the package depends on exists nowhere but in its author's workspace, or does not fit together. */
const DEPENDENCY = [
  /EUNSUPPORTEDPROTOCOL|Unsupported URL Type "?(?<protocol>[\w-]+:)|ERR_PNPM_(?:WORKSPACE_PKG_NOT_FOUND|NO_MATCHING_VERSION_INSIDE_WORKSPACE|CATALOG_ENTRY\w*|SPEC_NOT_SUPPORTED\w*)|Workspace dependency "(?<ws>[^"]+)" not found|(?:workspace|catalog|link|portal):\S* (?:(?:is not|isn't) supported|failed to resolve)/,
  /npm (?:error|ERR!) code (?:ERESOLVE|EOVERRIDE)|unable to resolve dependency tree|Conflicting peer dependency/,
  /\b(?:Because|And because) .{1,120}\bdepends on\b.{1,160}\b(?:incompatible|conflict|unsatisfiable)|ResolutionImpossible|conflicting dependencies|has requirement .{1,60}, but you have/,
  /module declares its path as: \S+|must not contain directives that would cause it to be interpreted differently|version constraints conflict|NU1107\b|NU1605\b|failed to select a version for [`'"]/,
];
/** CommonJS and ES modules, and the doors of packages. The MCP SDK's own belong to runtime-sdk-incompatible. */
const FORMAT = [
  /ERR_REQUIRE_(?:ESM|ASYNC_MODULE|CYCLE_MODULE)|require\(\) of ES Module|require\(\) cannot be used on an ESM graph|Must use import to load ES Module/,
  /Named export ['"](?<name>[^'"]+)['"] not found\. The requested module|requested module ['"](?<module>(?!node:|fs\b|util\b|crypto\b)[^'"]+)['"] does not provide an export named|is a CommonJS module, which may not support all module\.exports/,
  /ERR_PACKAGE_PATH_NOT_EXPORTED|Package subpath ['"][^'"]+['"] is not defined by|No \\?"exports\\?" main defined|ERR_INVALID_PACKAGE_(?:TARGET|CONFIG)|ERR_UNSUPPORTED_DIR_IMPORT|Directory import ['"][^'"]+['"] is not supported/,
  /(?:require|exports|module|__dirname|__filename) is not defined in ES module scope|Cannot use import statement outside a module|Unexpected token ['"]?export['"]?$|ReferenceError: (?:__dirname|__filename|require|exports|module) is not defined\b/,
  /ERR_UNKNOWN_FILE_EXTENSION|Unknown file extension ["']\.|ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING|ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX|Stripping types is currently unsupported/,
  // Written for an older Node.js: import assertions were replaced by attributes.
  /ERR_IMPORT_(?:ATTRIBUTE|ASSERTION)_(?:TYPE_)?(?:MISSING|INCOMPATIBLE|UNSUPPORTED)|needs an import (?:attribute|assertion) of|SyntaxError: Unexpected identifier ['"]?assert['"]?/,
  /Dynamic require of ["'][^"']+["'] is not supported|Could not resolve ["'][^"']+["'] imported by/,
];
/** Installing runs code of the package, and that code failed. */
const BUILD = [
  /gyp (?:ERR!|error)|node-gyp|node-pre-gyp|prebuild-install (?:ERR!|error|warn)|npm (?:error|ERR!) .*\b(?:(?:pre|post)install|install (?:script|hook))\b.{0,40}(?:fail|error|exit)|\b(?:pre|post)install: .*(?:fail|error)|npm (?:error|ERR!) command [^:]{0,120}(?:\b(?:pre|post)install\b|node \S*install\S*|node-gyp|prebuild|husky|patch-package)|ERR_PNPM_LIFECYCLE|lifecycle script .{0,40}fail|error: (?:pre|post)?install script from/i,
  /Failed (?:building wheel|to build(?: installable wheels)?)\b|metadata-generation-failed|subprocess-exited-with-error|Failed to (?:download and build|build [`'"])|build backend returned an error|Call to `[\w.]+` failed|Preparing metadata \(pyproject\.toml\)[\s.]*error|Getting requirements to build wheel[\s.]*error|Could not build wheels|legacy-install-failure|egg_info did not run|Multiple top-level (?:packages|modules) discovered|Failed to resolve requirements from `?build-system|PyO3's maximum supported version|build_meta\.build_(?:wheel|editable)|Unable to determine which files to ship/,
  /has no (?:usable )?(?:wheels?|source distribution)\b|no wheels with a matching|Wheels are (?:available|required) for|only has wheels for the following|doesn't have a (?:source distribution or )?wheel for the current platform|no (?:usable|compatible) wheels/,
  /error: could not compile [`'"]|failed to compile [`'"]|Failed to build gem native extension|error: failed to run custom build command|Gem::Ext::BuildError|could not compile dependency/,
];
/** A module of the runner's own environment that a package forgot to ask for. */
const UNDECLARED = [
  /Cannot find (?:package|module) ['"](?<name>(?![./~\\]|[A-Za-z]:|file:|node:)[^'"]+)['"]/,
  /ModuleNotFoundError: No module named ['"](?<name>[\w.]+)['"](?!; )/,
];
const RUNNER =
  /[\\/](?:_npx|dlx(?:-[^\\/]*)?|\.bun[\\/]install|bunx-[^\\/]*|archive-v0|uv[\\/]tools|pipx[\\/]venvs)[\\/]/;
/** A file of its own that the package was published without. */
const OWN_FILE =
  /Cannot find (?:module|package) ['"](?<path>(?:file:\/\/)?[^'"]*[\\/]node_modules[\\/][^'"]*)['"](?: imported from (?<from>\S*))?/;
const RELATIVE = /Cannot find module ['"](?<path>\.{1,2}[\\/][^'"]*)['"]/;
/** The console script of a Python package names a function that is not there. */
const NO_MAIN =
  /(?:cannot import name|module ['"][\w.]+['"] has no attribute) ['"](?:main|cli|app|run|serve|server|__main__|entry\w*)['"](?: from ['"](?!mcp\b|fastmcp\b)[\w.]+['"])?/;
const FROM_PACKAGE =
  /cannot import name ['"](?<name>\w+)['"] from ['"](?<module>(?!mcp\b|fastmcp\b|typing\b|pydantic\b|partially|enum\b|collections\b|asyncio\b)[\w.]+)['"] \([^)]*(?:site-packages|archive-v0|uv[\\/]tools)/;

/** The MCP SDK and its schema library: runtime-sdk-incompatible. */
const SDK = /@modelcontextprotocol[\\/]|zod[\\/]|['"]zod|\bmcp\.(?:server|client|types|shared)|fastmcp/;
/** An engine or machine of another kind: runtime-too-old, launch-binary-incompatible. */
const OTHER =
  /EBADENGINE|EBADPLATFORM|Requires-Python|does not satisfy Python|NODE_MODULE_VERSION|requires? (?:a different )?Python ?[><=3]/;

const packageIn = (path: string): string =>
  /.*[\\/]node_modules[\\/](?<name>@[^\\/]+[\\/][^\\/]+|[^\\/]+)/.exec(path)?.groups?.name?.replace('\\', '/') ?? '';

/** The package among the words of a runner: the first that is no option and no subcommand. */
const packageOf = (words: string[]): string =>
  words
    .slice(1)
    .find(
      (word) =>
        !/^(?:-|tool$|run$|dlx$|exec$|x$|install$|add$)/.test(word) &&
        /^@?[\w.-]+(?:\/[\w.-]+)?(?:@\S+|==\S+)?$/.test(word),
    ) ?? '';

const SAYS: Record<Fault, string> = {
  'no-command': 'offers no command that the launcher could start',
  dependency: 'depends on something that cannot be installed (unpublished, or in conflict with another dependency)',
  'module-format': 'mixes CommonJS and ES modules in a way that this runtime cannot load',
  build: 'has to be built when it is installed, and the build failed',
  'file-missing': 'was published without a file that it needs',
  undeclared: 'uses a library that it does not declare',
};

export default defineCause({
  id: 'install-package-broken',
  title: 'The published package cannot start as it was shipped',
  culprit: 'server',
  severity: 'broken',
  seenAs: [
    'npm error could not determine executable to run',
    'Error [ERR_REQUIRE_ESM]: require() of ES Module',
    'npm error code EUNSUPPORTEDPROTOCOL',
    'Failed building wheel',
    'MCP error -32000: Connection closed',
  ],
  needs: [],
  uses: [...WORDS, 'launch'],
  explains: [...FAILED_START, 'launch-entry-point-missing', 'runtime-dependency-missing'],

  match(given) {
    const said = mended(words(given));
    const lines = said.filter(({ text }) => !/^npm (?:warn|WARN)\b|DeprecationWarning|ExperimentalWarning/.test(text));
    if (lines.some(({ text }) => OTHER.test(text))) return null;
    const args = runWords(given.launch);
    const wide = together(lines, 3);
    const runner = /^(?:npx|pnpx|bunx|uvx|uv|pipx|dnx|pnpm|yarn|bun|npm)$/i.test(starterOf(given.launch));
    const result = (hit: Hit, fault: Fault, sure: 'likely' | 'possible', name = '') => ({
      certainty: sure,
      cites: [hit.line.at],
      facts: {
        fault,
        name: name || (Object.values(hit.groups).find(Boolean) ?? ''),
        package: runner ? packageOf(args) : '',
        python: /^(?:uv|pip)$/.test(installerOf(hit.line.text, given.launch, said) ?? ''),
        require: /REQUIRE_|require\(\)/.test(hit.line.text),
      },
    });

    const command = find(lines, NO_COMMAND);
    if (command) return result(command, 'no-command', 'likely');
    const dependency = find(wide, ...DEPENDENCY);
    // What is not there at all belongs to install-package-not-found.
    const absent = wide.some(({ text }) =>
      /was not found in the|no versions? of|\bonly \S+ (?:is|are) available/.test(text),
    );
    if (dependency) return result(dependency, 'dependency', absent ? 'possible' : 'likely');
    const format = find(
      lines.filter(({ text }) => !SDK.test(text)),
      ...FORMAT,
    );
    // A trace through the SDK or its schema library is theirs, unless a CommonJS file asks for a module of another format.
    if (format) {
      const own = !runner && !/[\\/]node_modules[\\/]|[\\/]_npx[\\/]/.test(wide.map(({ text }) => text).join(' '));
      const wrong = /outside a module|Unexpected token|is not defined/.test(format.line.text);
      return result(
        format,
        'module-format',
        own && wrong && near(lines, format.line.at, /internal\/modules\/cjs\/loader\.js/, 12) ? 'possible' : 'likely',
      );
    }
    const build = find(lines, ...BUILD);
    if (build) return result(build, 'build', 'likely');
    const main = find(lines, NO_MAIN) ?? find(lines, FROM_PACKAGE);
    if (main) return result(main, 'undeclared', 'likely');

    const own = find(lines, OWN_FILE);
    if (own && !SDK.test(own.groups.path ?? '')) {
      const { path = '', from = '' } = own.groups;
      const name = packageIn(path);
      const named = args.some((arg) => name !== '' && (arg === name || arg.startsWith(`${name}@`)));
      const self = named || (from !== '' && packageIn(from) === name);
      // An import without an extension cannot have been left out of a download: it was compiled so.
      const bare = self && from !== '' && !/\.[a-z]+$/i.test(path);
      return result(
        own,
        'file-missing',
        bare || writtenElsewhere(lines, path) || (runner && !RUNNER.test(path)) ? 'likely' : 'possible',
        path,
      );
    }
    const relative = find(lines, RELATIVE);
    if (relative && lines.some(({ text }) => RUNNER.test(text) || /^\s*- .*[\\/]node_modules[\\/]/.test(text)))
      return result(relative, 'file-missing', 'likely');
    const undeclared = find(lines, ...UNDECLARED);
    if (undeclared && !/^(?:mcp|fastmcp)\b.*\.|^@modelcontextprotocol\/sdk\/./.test(undeclared.groups.name ?? '')) {
      const inRunner = lines.some(({ text }) => RUNNER.test(text));
      if (inRunner) return result(undeclared, 'undeclared', 'likely');
      if (runner && /^(?:npx|pnpx|bunx|uvx|pipx)$/i.test(starterOf(given.launch)))
        return result(undeclared, 'undeclared', 'possible');
    }
    return null;
  },
  say: ({ fault, name, package: package_ }) =>
    `${package_ ? `The package ${package_}` : 'The package'} ${SAYS[fault]}${name && fault !== 'build' ? ` (${name})` : ''}. It fails in this way on every machine with the same versions, whatever the configuration.`,
  fix: ({ fault, package: package_, python, require: required }) => {
    const name = String(package_).replace(/(?<=.)@[^/]*$|==.*$/, '') || '<package>';
    const pin = {
      say: 'Use another release: look up which there are, and name one that works in the entry:',
      run: python ? `pip index versions ${name}` : `npm view ${name} versions bin`,
      edit: { file: 'the client config', at: 'args', to: python ? `"${name}==<version>"` : `"${name}@<version>"` },
    };
    const tell = { say: 'Tell the authors of the package: only a new release mends it for everybody.' };
    if (fault === 'no-command')
      return [
        {
          say: 'Look up which commands the package has, and name the one to run:',
          run: `npm view ${name} bin`,
          edit: { file: 'the client config', at: 'args', to: `"args": ["-y", "-p", "${name}", "<command>"]` },
        },
        {
          say: 'When it lists none, the package cannot be started with npx: install it and start its file with node, or use another release.',
        },
        tell,
      ];
    if (fault === 'module-format' && required)
      return [
        {
          say: 'Run it with Node.js 20.19, 22.12 or newer, where require() of ES modules works:',
          run: 'node --version',
        },
        pin,
        tell,
      ];
    if (fault === 'build')
      return [
        python
          ? {
              say: 'Let a Python run it for which the dependency has a ready wheel (the newest Python often has none yet):',
              edit: { file: 'the client config', at: 'args', to: '"--python", "3.12"' },
            }
          : {
              say: 'Run it with a Node.js for which the dependency has a ready binary (an LTS release), or install a compiler and Python for node-gyp.',
            },
        pin,
        tell,
      ];
    if (fault === 'undeclared')
      return [
        python
          ? {
              say: 'Add what is missing to the run:',
              edit: { file: 'the client config', at: 'args', to: '"--with", "<library>"' },
            }
          : {
              say: 'Add what is missing to the run:',
              edit: { file: 'the client config', at: 'args', to: `"-p", "${name}", "-p", "<library>", "<command>"` },
            },
        pin,
        tell,
      ];
    return [pin, tell];
  },
  why: 'A package works on the machine of its author, where the workspace, the build folder and the versions of a year ago are in place. Package runners install it freshly, with the newest dependencies, and then what was not declared, not published or not compatible is missing.',
  refs: [
    'https://docs.npmjs.com/cli/v11/configuring-npm/package-json#bin',
    'https://nodejs.org/api/errors.html#err_require_esm',
    'https://docs.astral.sh/uv/reference/troubleshooting/build-failures/',
  ],
  examples: [
    {
      name: 'CommonJS that requires an ES module',
      finds: true,
      symptoms: {
        entry: { command: 'npx', args: ['-y', 'foo-mcp'] },
        stderr:
          "Error [ERR_REQUIRE_ESM]: require() of ES Module /x/node_modules/ky/index.js from /x/client.js not supported.\n  code: 'ERR_REQUIRE_ESM'\nNode.js v18.20.8",
        exitCode: 1,
      },
    },
    {
      name: 'a package without a command',
      finds: true,
      symptoms: {
        entry: { command: 'npx', args: ['-y', 'foo-mcp'] },
        stderr: 'npm error could not determine executable to run',
        exitCode: 1,
      },
    },
    {
      name: 'a dependency of the workspace',
      finds: true,
      symptoms: {
        stderr: 'npm error code EUNSUPPORTEDPROTOCOL\nnpm error Unsupported URL Type "workspace:": workspace:*',
        exitCode: 1,
      },
    },
    {
      name: 'a wheel that cannot be built',
      finds: true,
      symptoms: {
        entry: { command: 'uvx', args: ['foo-mcp'] },
        stderr:
          '  × Failed to build `foo==1.0.0`\n  ├─▶ The build backend returned an error\n  ╰─▶ Call to `setuptools.build_meta.build_wheel` failed (exit status: 1)',
        exitCode: 1,
      },
    },
    {
      name: 'an import without an extension',
      finds: true,
      symptoms: {
        entry: { command: 'npx', args: ['-y', 'foo-mcp'] },
        stderr:
          "Error [ERR_MODULE_NOT_FOUND]: Cannot find module '/home/me/.npm/_npx/6dd/node_modules/foo-mcp/dist/server' imported from /home/me/.npm/_npx/6dd/node_modules/foo-mcp/dist/index.js",
        exitCode: 1,
      },
    },
    {
      name: 'a module that a Python package forgot',
      finds: true,
      symptoms: {
        entry: { command: 'uvx', args: ['foo-mcp'] },
        stderr:
          'Traceback (most recent call last):\n  File "/home/me/.cache/uv/archive-v0/x1/lib/python3.12/site-packages/foo_mcp/server.py", line 3, in <module>\n    import requests\nModuleNotFoundError: No module named \'requests\'',
        exitCode: 1,
      },
    },
    {
      name: 'an export that a dependency dropped',
      finds: true,
      symptoms: {
        stderr:
          "SyntaxError: The requested module 'lodash-es' does not provide an export named 'foo'\n    at ModuleJob._instantiate (node:internal/modules/esm/module_job:180:21)",
        exitCode: 1,
      },
    },
    {
      name: 'a path of the machine of the author',
      finds: true,
      symptoms: {
        stderr:
          "Error: Cannot find module '/home/ci/build/node_modules/acme/prebuilds/x.node'\nRequire stack:\n- /usr/lib/node_modules/acme-cli/cli.js",
      },
    },
    {
      name: 'an install script that was not published',
      finds: true,
      symptoms: {
        entry: { command: 'npx', args: ['-y', 'acme-mcp'] },
        stderr:
          "npm error command sh -c node scripts/postinstall.mjs\nnpm error Error: Cannot find module '/root/.npm/_npx/1a/node_modules/acme-mcp/scripts/postinstall.mjs'",
      },
    },
    {
      name: 'a library that the project did not install',
      finds: false,
      symptoms: { stderr: "Error: Cannot find module 'express'\nRequire stack:\n- /srv/dist/index.js", exitCode: 1 },
    },
    {
      name: 'a package that is not there',
      finds: false,
      symptoms: { stderr: "npm error code E404\nnpm error 404  'foo@*' is not in this registry.", exitCode: 1 },
    },
  ],
});
