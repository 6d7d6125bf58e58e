/** Programs that fetch a server before they start it, and how their words are read: which one speaks, and of what. */
import type { Evidence } from '../case/evidence.js';
import type { Line } from './words.js';

export type Installer =
  | 'npm'
  | 'pnpm'
  | 'yarn'
  | 'bun'
  | 'deno'
  | 'uv'
  | 'pip'
  | 'conda'
  | 'cargo'
  | 'go'
  | 'nuget'
  | 'gem'
  | 'composer'
  | 'maven'
  | 'git';

const SPOKEN: [Installer, RegExp][] = [
  ['pnpm', /ERR_PNPM_|\bpnpm\b/],
  ['yarn', /\byarn\b|yarnpkg|\bYN\d{4}\b/i],
  ['bun', /\bbunx?\b|downloading (?:package manifest|tarball)|\.bun[\\/]/i],
  [
    'uv',
    /\buvx?\b|archive-v0|UV_[A-Z]+|Failed to (?:fetch|download|prepare|lock|hardlink)\b.{0,4}[`:]|invalid peer certificate|package registry/,
  ],
  ['pip', /\bpip\b|\bpypi\b|pythonhosted|\/simple\/|HTTPSConnectionPool|\bpoetry\b|\bpipx\b|wheel\b|setuptools/i],
  ['conda', /\bconda\b|CondaHTTPError/i],
  [
    'npm',
    /\bnpm (?:error|ERR!|warn|WARN|http|verbose)|\bnpm\b|_npx|_cacache|npmjs|request to https?:\S+ failed, reason/,
  ],
  ['deno', /\bdeno\b|jsr\.io|DENO_DIR/i],
  ['cargo', /\bcargo\b|crates[.-]io|rustc/i],
  ['go', /proxy\.golang|GOPROXY|GOMODCACHE|GOCACHE|\bgo: |\bgo(?:\.mod| mod| install| run)\b/],
  ['nuget', /\bNU\d{4}\b|nuget|\bdnx\b|\bdotnet\b/i],
  ['gem', /rubygems|\bgem\b|bundler|\bGem::/i],
  ['composer', /packagist|composer/i],
  ['maven', /maven|gradle|\bjbang\b|\.m2\b/i],
  ['git', /\bgit\b|github\.com/i],
];

const STARTED: [Installer, RegExp][] = [
  ['pnpm', /^(?:pnpm|pnpx)$/i],
  ['yarn', /^yarn$/i],
  ['bun', /^bunx?$/i],
  ['deno', /^deno$/i],
  ['uv', /^uvx?$/i],
  ['pip', /^(?:pipx?|pip3|poetry|python[\d.]*|py)$/i],
  ['conda', /^(?:conda|mamba|pixi)$/i],
  ['npm', /^(?:np[mx]|node)$/i],
  ['cargo', /^cargo$/i],
  ['go', /^go$/i],
  ['nuget', /^(?:dnx|dotnet)$/i],
  ['gem', /^(?:gem|bundle|ruby)$/i],
  ['composer', /^(?:composer|php)$/i],
  ['maven', /^(?:jbang|java|mvn|gradle)$/i],
];

const nameOf = (command: string): string => (command.split(/[\\/]/).pop() ?? '').replace(/\.(?:exe|cmd|bat|ps1)$/i, '');

/** The words of the entry's own command line, without a shell or `cmd /c` in front. */
export function runWords(launch: Evidence['launch'] | undefined): string[] {
  if (!launch) return [];
  const words = [launch.command, ...launch.args];
  if (!/^(?:cmd|(?:ba|z|da)?sh|fish|powershell|pwsh|wsl|env)$/i.test(nameOf(launch.command))) {
    // "npx -y foo" in one text: config-command-joined says what is wrong with it, here only the words count.
    return /\s/.test(launch.command.trim()) ? words.flatMap((word) => word.trim().split(/\s+/)) : words;
  }
  const flat = launch.args.flatMap((word) => word.trim().split(/\s+/));
  const first = flat.findIndex((word) => !/^(?:[/-]\w+|&&|exec|\w+=.*)$/.test(word));
  return first < 0 ? [] : flat.slice(first).map((word) => word.replace(/^['"]|['"]$/g, ''));
}

/** The name of the program that the entry starts, without folder and extension. */
export const starterOf = (launch: Evidence['launch'] | undefined): string => nameOf(runWords(launch)[0] ?? '');

/** Which installer speaks: told by the line itself, then by the entry, then by everything that was said. */
export function installerOf(line: string, launch: Evidence['launch'] | undefined, all: Line[]): Installer | null {
  const starter = starterOf(launch);
  const spoken = (text: string) => SPOKEN.find(([, pattern]) => pattern.test(text))?.[0];
  return (
    spoken(line) ??
    STARTED.find(([, pattern]) => pattern.test(starter))?.[0] ??
    all.map(({ text }) => spoken(text)).find(Boolean) ??
    null
  );
}

/** How to see which index an installer asks, where it is configured, and the variables for the index and for a certificate. */
export const INDEX_OF: Record<Installer, { show: string; file: string; variable: string; ca: string }> =
  Object.fromEntries(
    (
      [
        ['npm', 'npm config get registry && npm ping', '.npmrc', 'npm_config_registry', 'NODE_EXTRA_CA_CERTS'],
        ['pnpm', 'pnpm config get registry', '.npmrc', 'npm_config_registry', 'NODE_EXTRA_CA_CERTS'],
        ['yarn', 'yarn config get npmRegistryServer', '.yarnrc.yml', 'YARN_NPM_REGISTRY_SERVER', 'NODE_EXTRA_CA_CERTS'],
        ['bun', 'bun pm view <package>', 'bunfig.toml or .npmrc', 'BUN_CONFIG_REGISTRY', 'NODE_EXTRA_CA_CERTS'],
        ['deno', 'deno info npm:<package>', '.npmrc', 'NPM_CONFIG_REGISTRY', 'DENO_CERT'],
        ['uv', 'uvx --verbose <package>', 'uv.toml', 'UV_DEFAULT_INDEX', 'UV_NATIVE_TLS'],
        ['pip', 'pip config list && pip index versions <package>', 'pip.conf', 'PIP_INDEX_URL', 'PIP_CERT'],
        ['conda', 'conda config --show channels', '.condarc', 'CONDA_CHANNELS', 'REQUESTS_CA_BUNDLE'],
        ['cargo', 'cargo search <package>', '~/.cargo/config.toml', 'CARGO_REGISTRY_DEFAULT', 'CARGO_HTTP_CAINFO'],
        ['go', 'go env GOPROXY GOPRIVATE', 'go env', 'GOPROXY', 'SSL_CERT_FILE'],
        ['nuget', 'dotnet nuget list source', 'NuGet.Config', 'RestoreSources', 'SSL_CERT_FILE'],
        ['gem', 'gem sources', '.gemrc', 'BUNDLE_MIRROR__ALL', 'SSL_CERT_FILE'],
        ['composer', 'composer diagnose', 'composer.json', 'COMPOSER_HOME', 'SSL_CERT_FILE'],
        ['maven', 'mvn help:effective-settings', '~/.m2/settings.xml', 'MAVEN_ARGS', 'SSL_CERT_FILE'],
        ['git', 'git ls-remote <repository>', '~/.gitconfig', 'GIT_CONFIG_GLOBAL', 'GIT_SSL_CAINFO'],
      ] as const
    ).map(([name, show, file, variable, ca]) => [name, { show, file, variable, ca }]),
  ) as Record<Installer, { show: string; file: string; variable: string; ca: string }>;

/** Where installers keep what they fetched: npm, npx, pnpm, yarn, Bun, Deno, uv, pip, pipx, NuGet, Cargo, Go, Maven, Gems. */
export const CACHE_PATH =
  /(?:_npx|_cacache|_logs|npm-cache|\.npm|\.pnpm-store|[\\/]dlx(?:-[^\\/\s]*)?|\.yarn|Yarn[\\/]Cache|yarn[\\/]berry|\.bun[\\/]install|deno[\\/]npm|archive-v0|[\\/]uv[\\/](?:cache|tools|python|data)|(?:\.cache|cache|Caches|Local|share)[\\/](?:uv|pip|pipx|deno|pnpm|yarn|go-build|npm)|pipx[\\/]|\.nuget|NuGet[\\/]|\.cargo[\\/](?:registry|git)|go[\\/]pkg[\\/]mod|\.m2[\\/]|\.gradle[\\/]|\.jbang|\.composer|sdists-v\d|wheels-v\d|builds-v\d|simple-v\d|interpreter-v\d)(?=[\\/\s'"`:)]|$)|(?:archive-v0|_npx|_cacache)[\\/]/i;

/** A line with those that follow it, for sentences that were wrapped. The place is that of the first. */
export const together = (lines: Line[], count: number): Line[] =>
  lines.map((line, i) => ({
    ...line,
    text: lines
      .slice(i, i + count)
      .filter(({ from }) => from === line.from)
      .map(({ text }) => text.trim())
      .join(' '),
  }));

/** Whether a line that matches stands at most `distance` lines from the line at this place, in the same text. */
export function near(lines: Line[], place: string, pattern: RegExp, distance: number): boolean {
  const i = lines.findIndex(({ at }) => at === place);
  const from = lines[i]?.from;
  return lines
    .slice(Math.max(0, i - distance), i + distance + 1)
    .some((line) => line.from === from && pattern.test(line.text));
}

/** An absolute path that an installed file asks for, outside its own installation: it was written into it on the machine of its author. */
export const writtenElsewhere = (lines: Line[], path: string): boolean => {
  const root = path.slice(0, path.indexOf('node_modules'));
  if (!/^(?:file:\/\/)?(?:[A-Za-z]:)?[\\/]/.test(root)) return false;
  return lines.some(({ text }) => {
    const asker = /^\s*- (?<file>.*[\\/]node_modules[\\/].*)/.exec(text)?.groups?.file;
    return asker !== undefined && !asker.startsWith(root);
  });
};
