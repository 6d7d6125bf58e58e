/** Paths of Windows that were cut at their first blank: read by the cause that says so, and left alone by its neighbours. */
import type { Line } from './words.js';

/** What stands before the blank of folders that everybody has. `Program` is never a folder of its own. */
const BEFORE_A_BLANK =
  /^(?:[A-Za-z]:[\\/]?|[\\/](?:[A-Za-z][\\/])?)(?:Program|PROGRAM|Archivos|Arquivos|Documents|My)$/;
/** The folder of a user: no program and no script is called so. */
const OF_A_USER = /^[A-Za-z]:[\\/]Users[\\/][^\\/.]+$|^\/[a-z]\/Users\/[^/.]+$/i;

/** A path that can only be the beginning of one. */
export const isBeginning = (path: string): boolean => BEFORE_A_BLANK.test(path);

/** The same, or the folder of a user, who may have two names. */
export const isCut = (path: string): boolean => isBeginning(path) || OF_A_USER.test(path);

const PATH = String.raw`(?:[A-Za-z]:(?:[\\/]|(?=Program))|/[a-z]/)[^"'<>|*?:;,()]{1,200}`;
/** Where a program or shell names what it did not find. In every language of cmd.exe the name stands in quotes. */
const NAMED = [
  new RegExp(String.raw`^(?:\S{1,20} ){0,2}["'„“«]{1,3}(?<cut>${PATH})["'“”»]{1,3}\s*(?:[^\s\\/.]|$)`),
  new RegExp(String.raw`["'](?<cut>${PATH})["']{1,2} is not recogni[sz]ed`),
  new RegExp(String.raw`(?:[Tt]he term|cmdlet).{0,40}["'](?<cut>${PATH})["']|["'](?<cut2>${PATH})["'].{0,40}cmdlet`),
  new RegExp(String.raw`\bspawn (?<cut>${PATH}) (?:ENOENT|UNKNOWN)`),
  new RegExp(
    String.raw`(?:Cannot find module|can't open file|No such file or directory:?|not found:|ENOENT.{0,80}|cannot find the (?:path|file).{0,20}|accessing directory|Cannot access) ["']?(?<cut>${PATH})["']?(?:$|[:,; ])`,
  ),
  new RegExp(String.raw`(?:^|[\s:])(?<cut>${PATH}): (?:No such file|command not found|not found|[Ii]s a directory)`),
];

/** The other half: npx of old gave what stood behind the blank to npm. */
const REST = /Could not install from ["'](?<cut>[^"':\\/]{1,60}\\[^"']{1,200})["'] as it does not contain/;

export interface Cut {
  cut: string;
  line: Line;
  /** The word of the entry of which it is the beginning. */
  word?: { text: string; at: string };
}

/** The path in a message that is only the beginning of one: known from the entry, or by its look. */
export function cutAtBlank(lines: Line[], entry: readonly { text: string; at: string }[]): Cut | null {
  const plain = (path: string) => path.replaceAll('\\\\', '\\').replace(/["']/g, '').trim();
  for (const line of lines) {
    const rest = REST.exec(line.text)?.groups?.cut;
    if (rest) return { cut: rest, line };
    for (const pattern of NAMED) {
      const groups = pattern.exec(line.text)?.groups;
      const cut = plain(groups?.cut ?? groups?.cut2 ?? '');
      if (!cut || / /.test(cut)) continue;
      const word = entry.find(({ text }) => plain(text).startsWith(`${cut} `) || plain(text).includes(` ${cut} `));
      if (word) return { cut, line, word };
      const shell = /is not recogni[sz]ed|entweder falsch|n'est pas reconnu|no se reconoce|command not found/.test(
        line.text,
      );
      // A folder, where cmd.exe looked for a program: no extension, and no folder of programs.
      const folder =
        shell &&
        !/\.\w{1,5}$|[\\/](?:bin|Scripts|sbin)[\\/]/i.test(cut) &&
        !entry.some(({ text }) => plain(text) === cut);
      if (isCut(cut) || folder) return { cut, line };
    }
  }
  return null;
}
