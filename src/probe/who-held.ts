/**
 * Who wrote a stray line on stdout, as far as the first start tells: by the words, which only a launcher uses, or by who had
 * stdout open when the line came (Linux).
 */
import type { Evidence } from '../case/evidence.js';
import { LAUNCHERS, nameOf } from './patience.js';
import { ageOf, familyOf, nameOfProcess, stdoutOf } from './proc.js';

export type Stray = Evidence['stdout']['strays'][number];

/** Lines that launchers and package managers print before, or around, the program they start. */
const WORDS: [name: string, pattern: RegExp][] = [
  ['pnpm', /^(?:> .{1,200} (?:\/|[A-Z]:\\).{0,300}|Already up to date|Progress: resolved \d+|Lockfile is up to date)/],
  ['npm', /^> (?:@?[\w./~-]{1,120}@\d+\.\d+\S*)(?: \S{1,60})?$|^npm (?:warn|WARN|notice|info|ERR!|error)\b/],
  ['npm', /^(?:added|removed|changed|up to date)\b.{0,80}\b(?:packages?\b|audited).{0,60}\bin \d+m?s\b/],
  [
    'npm',
    /^(?:\d+ packages are looking for funding|found \d+ vulnerabilities|Need to install the following packages:)/,
  ],
  ['npm', /^> (?:node|tsx|ts-node|nodemon|cross-env|npm|npx|pnpm|bun|deno|python[\d.]*|uv|sh|bash)(?: |$)/],
  ['yarn', /^yarn (?:run|exec|dlx|install) v\d|^\$ \S{1,100}(?: .{0,300})?$|^Done in \d+\.\d+s\.|^➤ YN\d{4}/],
  ['bun', /^bun (?:run|install|add) v\d|^\d+ packages? installed \[\d/],
  [
    'dotnet',
    /^\s*Determining projects to restore|^\s*Restored .{1,300}\.csproj|^\s*\S.{0,200} -> .{1,300}\.dll$|^Build succeeded\.|^Using launch settings from .{1,300}launchSettings\.json|^Building\.\.\.$/,
  ],
  [
    'uv',
    /^(?:Resolved|Prepared|Installed|Audited|Uninstalled) \d+ packages? in \d|^Using CPython \d|^Creating virtual environment at:/,
  ],
  [
    'pip',
    /^(?:Collecting|Requirement already satisfied:|Installing collected packages:|Successfully installed) \S|^\s*Downloading \S+\.(?:whl|tar\.gz)\b/,
  ],
  ['poetry', /^(?:Creating virtualenv|Installing dependencies from lock file|Skipping virtualenv creation)\b/],
  [
    'Gradle',
    /^> Task :|^BUILD SUCCESSFUL in \d|^(?:Starting a Gradle Daemon|To honour the JVM settings|Welcome to Gradle)\b/,
  ],
  ['Maven', /^\[INFO\] (?:Scanning for projects|-{10,}|Building \S|BUILD SUCCESS|Total time)/],
  [
    'docker',
    /^[0-9a-f]{12}: (?:Pulling|Pull complete|Already exists|Verifying|Download)|^(?:Digest: sha256:|Status: (?:Downloaded|Image is up to date)|Unable to find image ')|^\S{1,100}: Pulling from \S/,
  ],
  ['cargo', /^\s+(?:Compiling|Finished|Running|Updating|Downloaded) (?:\S+ v\d|`|(?:dev|release|crates))/],
];

/** The launcher that prints lines like this one. */
export const launcherOf = (text: string): string | null => WORDS.find(([, pattern]) => pattern.test(text))?.[0] ?? null;

const SHELL = /^(?:ba|da|z|k|fi)?sh$/;
/** Runtimes need longer than this before a script of theirs can print. */
const BOOT_MS = 20;
const RUNTIME = /^(?:node|python[\d.]*)\b/;
/** A flood of strays needs no look at each. */
const LOOKS = 10;

/** A process that had stdout open, by pid and name: a launcher that becomes the server by exec keeps the pid only. */
interface Holder {
  pid: number;
  name: string;
  launcher: boolean;
}

export const isLauncher = (name: string): boolean => {
  const program = name.split(' ')[0] ?? name;
  return SHELL.test(program) || LAUNCHERS[nameOf(program)] !== undefined || program === 'env';
};

const keyOf = ({ pid, name }: Holder): string => `${pid} ${name}`;

/** Watches who has the stdout of one run open. */
export class StdoutHolders {
  readonly #root: number;
  #looks = 0;
  #alone: { stray: Stray; name: string; there: Set<string> }[] = [];

  constructor(root: number) {
    this.#root = root;
  }

  #holders(): Holder[] {
    const ours = stdoutOf(this.#root);
    if (ours === null) return [];
    return familyOf(this.#root)
      .filter((info) => info.alive && stdoutOf(info.pid) === ours)
      .flatMap((info) => {
        const name = nameOfProcess(info.pid);
        // A runtime that is only just there has printed nothing yet.
        const booting = name !== null && RUNTIME.test(name) && (ageOf(info) ?? BOOT_MS) < BOOT_MS;
        return name === null || booting ? [] : [{ pid: info.pid, name, launcher: isLauncher(name) }];
      });
  }

  /** A stray line has come: its words, or the processes that could have written it, may tell by whom. */
  look(stray: Stray): void {
    const launcher = launcherOf(stray.text);
    if (launcher) {
      stray.by = { who: 'launcher', name: launcher, how: `these are words of ${launcher}` };
      return;
    }
    if (this.#looks++ >= LOOKS) return;
    const holders = this.#holders();
    const last = holders.at(-1);
    if (!last || holders.some((holder) => !holder.launcher)) return;
    this.#alone.push({ stray, name: last.name, there: new Set(holders.map(keyOf)) });
  }

  /**
   * The conversation is over, and the server still there. A launcher that was alone when the line came has written it, if
   * the server came later: a shell script or a bundle of bun that stays alone is the server itself.
   */
  settle(): void {
    if (this.#alone.length === 0) return;
    const now = this.#holders();
    for (const { stray, name, there } of this.#alone) {
      const later = now.find((holder) => !holder.launcher && !there.has(keyOf(holder)));
      if (!later) continue;
      const how = `only ${name} had stdout open when the line came; ${later.name} was started later`;
      stray.by = { who: 'launcher', name: name.split(' ')[0] ?? name, how };
    }
    this.#alone = [];
  }
}
