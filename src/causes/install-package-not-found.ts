import { defineCause } from './cause.js';
import { FAILED_START } from './consequences.js';
import { findAll, WORDS, words } from './words.js';

/** The registry knows no package of that name. Each names the package, perhaps with a version behind it. */
const NO_PACKAGE = [
  // Registries of MCP servers: Smithery and its like.
  /\b(?:Server|Package) ["'`](?<server>@?[\w.-]+\/[\w./-]+)["'`] (?:was )?not found\b/,
  // npm 6 to 11, pnpm, yarn 1 and berry, Bun, Deno, JSR.
  /['"](?<name>@?[^'"\s]+)['"] is not in (?:this|the npm) registry/,
  /^(?<name>@?[\w./-]+) is not in the npm registry|requested resource ['"](?<asked>@?[^'"\s]+)['"] could not be found/,
  /404\s+Not Found - (?:GET|PUT) https?:\/\/[^/\s]+\/(?<name>\S+?)(?: - |$)/,
  /ERR_PNPM_FETCH_404\s+GET https?:\/\/[^/\s]+\/(?<name>\S+?):/,
  /Couldn't find package ["'](?<name>[^"']+)["'].*registry|["']https?:\/\/registry[^/\s]*\/(?<yarn>[^"':]+): Not found/,
  /(?:^|\s)(?<name>@?[\w./-]+)@\S+: (?:Package not found|No candidates found)|YN00(?:35|82)[^@]*\s(?<berry>@?[\w./-]+)@/,
  /GET https?:\/\/[^/\s]+\/(?<name>\S+) - 404|(?:npm|JSR) package ["'](?<deno>[^"']+)["'] (?:does not exist|not found)|JSR package not found: (?<jsr>\S+)|package ["'](?<bun>[^"']+)["'] not found/,
  // uv, pip, poetry.
  /Because (?<name>[\w.\-[\]]+) was not found in the package registry/,
  /No matching distribution found for (?<name>[^\s(]+)/,
  /Could not find a version that satisfies the requirement (?<name>\S+) \(from versions: none\)/,
  /Unable to find installation candidates for (?<name>\S+)|Could not find a matching version of package (?<name2>\S+)/,
  // NuGet, crates.io, RubyGems, Packagist, Maven, Go.
  /NU1101: Unable to find package (?<name>[\w.-]+?)\.?(?: |$)|(?:^|[\s"'])(?<nuget>[\w.-]{2,80})["']? (?:is|was|could) not (?:be )?found in (?:NuGet|the following)/,
  /could not find [`'"](?<name>[^`'"]+)[`'"] in registry/,
  /Could not find a valid gem ['"](?<name>[^'"]+)|Could not find package (?<php>[\w./-]+)/,
  /Could not find artifact (?<name>\S+)|reading https:\/\/proxy\.golang\.org\/(?<go>[^@:]+)\/@v\S*: 404/,
  // A package that is a repository.
  /(?:remote|ERROR|fatal): [Rr]epository (?:['"`]?(?<name>https?:[^\s'"`]+)['"`]? )?not found/,
];

/** The package is known, the version is not. */
const NO_VERSION = [
  /No versions available for (?<name>@?[\w./-]+)/,
  /No matching version found for (?<name>@?[^@\s]+@\S+?)\.?(?:$|\s)/,
  /ERR_PNPM_NO_MATCHING_VERSION\s+No matching version found for (?<name>\S+)/,
  /Couldn't find any versions for ["'](?<name>[^"']+)["']|No version matching ["'][^"']+["'] found for specifier ["'](?<bun>[^"']+)["']/,
  /\bonly (?<only>[\w.-]+)(?:[<>=!~][^\s,]*)? (?:is|are) available\b|there (?:is|are) no versions? of (?<name>[\w.\-=<>!~[\]]+)/,
  /Could not find a version that satisfies the requirement (?<name>\S+) \(from versions: (?!none)/,
  /Version \S+ of package (?<name>\S+) is not found|NU1102: Unable to find package (?<nuget>\S+) with version/,
  /failed to select a version for the requirement [`'"](?<name>[^`'"]+)|unknown revision (?<go>\S+)|does not contain package (?<gopkg>\S+)/,
];

/** No name in the line, but the code is of no other failure. */
const CODE = [/\bnpm (?:error|ERR!) code (?<code>E404|ETARGET)\b/, /(?<code>No solution found) when resolving/];

/** The index was not asked, or the package exists but not for this Python: other causes. */
const OTHER_REASON =
  /network was disabled|offline|does not satisfy Python|Requires-Python|require a different python|requires a different Python|Python version \(|no wheels with a matching/i;

/** Not the address of a private index, nor of one on this machine. */
const PUBLIC =
  /^(?!.*https?:\/\/(?:[^\s/]*(?:artifactory|jfrog|nexus|codeartifact|azure|pkg\.github|gitlab|corp|intern|local)|127\.|10\.|192\.168\.))/i;

/** Without a version, as the entry may write it: "@scope/name@1.2" and "name==1.2" are both "name". */
const plain = (name: string): string =>
  decodeURIComponent(name.replace(/%(?!2[fF]|40)/g, ''))
    .replace(/(?<!^)@.*$|[=<>!~[].*$/, '')
    .replace(/\/-\/.*$/, '')
    .toLowerCase();

export default defineCause({
  id: 'install-package-not-found',
  title: 'The package or version that the entry asks for does not exist in the registry in use',
  culprit: 'config',
  severity: 'broken',
  seenAs: [
    "npm error 404 'my-server@*' is not in this registry.",
    'npm error notarget No matching version found',
    'No solution found when resolving tool dependencies',
    'MCP error -32000: Connection closed',
  ],
  needs: [],
  uses: [...WORDS, 'launch'],
  explains: [...FAILED_START, 'launch-entry-point-missing', 'http-endpoint-wrong', 'deploy-not-found'],

  match(given) {
    const all = words(given);
    if (all.some(({ text }) => OTHER_REASON.test(text))) return null;
    // Warnings about old packages name versions too.
    const lines = all.filter(({ text }) => !/^npm (?:warn|WARN)\b/.test(text));
    const version = NO_VERSION.flatMap((pattern) => findAll(lines, pattern));
    const hits = [
      ...version,
      ...NO_PACKAGE.flatMap((pattern) => findAll(lines, pattern)),
      ...CODE.flatMap((pattern) => findAll(lines, pattern)),
    ];
    const [hit] = hits;
    if (!hit) return null;
    const { code, ...named } = hit.groups;
    const name = code ? '' : (Object.values(named).find(Boolean) ?? '').replace(/[.,;'"]+$/, '').replace(/@\*$/, '');
    const wanted =
      name !== '' &&
      (given.launch?.args ?? []).some(
        (arg) => plain(arg.replace(/^(?:--(?:from|package|with)=|-p=|npm:)/, '')) === plain(name),
      );
    return {
      // A dependency that is not there may as well be a fault of the package: install-package-broken.
      // Asked of a private index, the index may be the wrong one: install-registry-unreachable.
      certainty: wanted && given.handshake && PUBLIC.test(hit.line.text) ? 'certain' : 'likely',
      cites: [...new Set(hits.slice(0, 3).map(({ line }) => line.at))],
      facts: {
        package: code ? '' : decodeURIComponent(name.replace(/%(?!2[fF]|40)/g, '')),
        lacks: version.length ? 'version' : 'package',
        wanted,
        python: all.some(({ text }) =>
          /\bpip\b|No solution found|PyPI|matching distribution|package registry/i.test(text),
        ),
      },
    };
  },
  say: ({ package: pkg, lacks, wanted }) => {
    const what = pkg
      ? lacks === 'version'
        ? `no version ${pkg}`
        : `no package ${pkg}`
      : 'no package or version of the name it was asked for';
    return `The package registry in use has ${what}${pkg && !wanted ? ' (perhaps a dependency of what the entry names)' : ''}, so nothing was installed and nothing was started.`;
  },
  fix: ({ package: pkg, lacks, python }) => {
    const name = pkg ? plain(String(pkg)) : '<package>';
    return [
      lacks === 'version'
        ? {
            say: 'Ask for a version that exists (or for none, to get the latest). The versions there are:',
            run: python ? `pip index versions ${name}` : `npm view ${name} versions`,
          }
        : {
            say: "Copy the package's exact name, with its @scope, from the README of the server, and correct the entry. See whether the registry knows it:",
            run: python ? `pip index versions ${name}` : `npm view ${name}`,
          },
      {
        say: 'A private package answers 404 without a login, and a company registry may not carry what the public one has. The registry in use:',
        run: python ? 'pip config list' : 'npm config get registry',
      },
    ];
  },
  why: 'npx, uvx and their like fetch the package by name at each start. A name that was guessed, renamed, never published or withdrawn answers 404, and the launcher ends before any server exists; the client only sees a closed connection.',
  refs: ['https://docs.npmjs.com/common-errors', 'https://docs.astral.sh/uv/reference/troubleshooting/'],
  examples: [
    {
      name: 'npm',
      finds: true,
      symptoms: {
        entry: { command: 'npx', args: ['-y', 'foo-mcp-server'] },
        stderr:
          "npm error code E404\nnpm error 404 Not Found - GET https://npm.registry.example/foo-mcp-server - Not found\nnpm error 404  'foo-mcp-server@*' is not in this registry.",
        exitCode: 1,
      },
    },
    {
      name: 'a version that does not exist',
      finds: true,
      symptoms: {
        stderr:
          'npm error code ETARGET\nnpm error notarget No matching version found for @modelcontextprotocol/sdk@9.9.9.',
        exitCode: 1,
      },
    },
    {
      name: 'uv',
      finds: true,
      symptoms: {
        stderr:
          '  × No solution found when resolving tool dependencies:\n  ╰─▶ Because foo-mcp was not found in the package registry and you require foo-mcp, we can conclude that your requirements are unsatisfiable.',
        exitCode: 1,
      },
    },
    {
      name: 'pip',
      finds: true,
      symptoms: {
        stderr:
          'ERROR: Could not find a version that satisfies the requirement foo-mcp (from versions: none)\nERROR: No matching distribution found for foo-mcp',
        exitCode: 1,
      },
    },
    {
      name: 'pnpm',
      finds: true,
      symptoms: {
        stderr: ' ERR_PNPM_FETCH_404  GET https://npm.registry.example/foo-mcp: Not Found - 404',
        exitCode: 1,
      },
    },
    {
      name: 'the package is there, the Python is too old',
      finds: false,
      symptoms: {
        stderr:
          'No solution found when resolving tool dependencies:\nBecause the current Python version (3.8.10) does not satisfy Python>=3.10 and foo==1.0 depends on Python>=3.10, we can conclude that foo cannot be used.',
        exitCode: 1,
      },
    },
    {
      name: 'a 404 of the backend',
      finds: false,
      symptoms: { stderr: 'Request failed with status code 404', exitCode: 1 },
    },
  ],
});
