/** Whose configuration a text is, by the name of its file and by the key under which its servers stand. */
import type { Client, ConfigFormat, ConfigPlace } from '../clients/client.js';
import { CLIENTS } from '../clients/index.js';
import unknown from '../clients/unknown.js';

export interface Guess {
  client: Client;
  place: ConfigPlace;
}

/** The end of a place as a pattern: what stands before it on one machine or another is left open. */
function ending({ path }: ConfigPlace): RegExp {
  const tail = path.replace(/^(?:~|<project>|%\w+%)\/(?:Library\/Application Support\/|\.config\/)?/, '');
  const pattern = tail.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('/', '[\\\\/]'));
  return new RegExp(`(?:^|[\\\\/])${pattern.join('[^\\\\/]*')}$`, 'i');
}

const ROOTS: [RegExp, ConfigFormat][] = [
  [/^\s*\[\s*"?mcp[_-]?servers?"?\s*[.\]]/im, 'toml'],
  [/^(?:extensions|mcpServers|mcp_servers)\s*:\s*(?:#.*)?$/m, 'yaml'],
  [
    /^[\s\uFEFF]*(?:\/\/[^\n]*\n\s*|\/\*[\s\S]*?\*\/\s*)*\{[\s\S]{0,200000}?["“']?(?:mcpServers?|context_servers|servers|mcp)["”']?\s*:\s*[[{]/,
    'json',
  ],
];

/** Whether the root of a place is what the text begins its servers with. */
const named = (text: string, { root }: ConfigPlace): boolean =>
  root.every((key) => key === '*' || text.includes(key)) && root[0] !== undefined;

/**
 * The client and the place of a configuration. `file` is its path or name as far as it is known, `id` the client when it is named.
 * Null when the text is no configuration of servers.
 */
export function guessConfig(text: string, file: string, id?: string): Guess | null {
  const format = ROOTS.find(([pattern]) => pattern.test(text))?.[1];
  const own = CLIENTS.filter((client) => id === undefined || client.id === id);
  const places = own.flatMap((client) => client.places.map((place) => ({ client, place })));
  const byFile = places.filter(({ place }) => ending(place).test(file));
  const exact =
    byFile.find(({ place }) => named(text, place) && !place.shared) ?? byFile.find(({ place }) => !place.shared);
  if (exact && (format || /\.(?:jsonc?|toml|ya?ml)$/i.test(file))) return exact;
  if (!format) return null;
  const fits = places.filter(
    ({ place }) => (place.format === format || (format === 'json' && place.format === 'jsonc')) && named(text, place),
  );
  if (id !== undefined) return fits[0] ?? places[0] ?? null;
  // The key of most clients says nothing of which it is; what only one client has does.
  const telling = fits.filter(({ place }) => place.root[0] !== 'mcpServers' && place.scope !== 'legacy');
  const clients = new Set(telling.map(({ client }) => client.id));
  if (telling[0] && clients.size <= 3) return telling[0];
  const [place] = unknown.places;
  return place && format === 'json' ? { client: unknown, place } : (fits[0] ?? null);
}
