/** The environment an MCP client gives to a server: a short list of variables and what the entry adds. */
import { SDK_POSIX, SDK_WINDOWS } from '../clients/sdk.js';

/** The second generation of the SDK hands PATHEXT on as well: without it no script is found by its name. */
const WINDOWS = [...SDK_WINDOWS, 'PATHEXT'];

/** Names of variables that carry credentials or addresses of services: worth a word when only the shell has them. */
export const TELLING = /(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?|AUTH|_URL|_URI|_HOST|_DSN|_ID)$/i;

type Variables = Record<string, string | undefined>;

const defined = (entries: [string, string | undefined][]): Record<string, string> =>
  Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));

/** What the server gets: the client's list (or everything, when asked), with the entry's own variables on top. */
export function serverEnvironment(
  shell: Variables,
  entry: Record<string, string>,
  platform: NodeJS.Platform,
  inherit: boolean,
): Record<string, string> {
  if (inherit) return { ...defined(Object.entries(shell)), ...entry };
  const allowed = platform === 'win32' ? WINDOWS : SDK_POSIX;
  const given = allowed.flatMap((name): [string, string | undefined][] => {
    // Windows does not tell upper from lower case in names.
    const own = platform === 'win32' ? Object.keys(shell).find((key) => key.toUpperCase() === name) : name;
    const value = own === undefined ? undefined : shell[own];
    // A function exported by bash is no value.
    return value?.startsWith('()') ? [] : [[own ?? name, value]];
  });
  return { ...defined(given), ...entry };
}
