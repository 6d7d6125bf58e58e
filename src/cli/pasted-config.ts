/** A client's config, pasted where an error was expected: its entry, or why no client can read it. */
import type { Symptoms } from '../case/symptoms.js';
import { UsageError } from './exit.js';

/** Root keys under which clients keep their servers. */
const ROOT = /^\s*\{[\s\S]{0,20000}?"(?<key>mcpServers|context_servers|servers|mcp)"\s*:\s*\{/;

/** Line and column of a character, both from 1. */
function placeOf(text: string, position: number): string {
  const before = text.slice(0, position).split('\n');
  return `line ${before.length} column ${(before.at(-1)?.length ?? 0) + 1}`;
}

/** Comments and trailing commas, which VS Code, Zed and opencode accept and the others do not. */
const isJsonc = (text: string): boolean => /^\s*\/\/|\/\*|,\s*[}\]]/m.test(text);

/**
 * Symptoms of a pasted config; null when the text is none.
 * @throws UsageError when it holds several servers and none was named.
 */
export function configSymptoms(text: string, where: string, server: string | undefined): Symptoms | null {
  const key = ROOT.exec(text)?.groups?.key;
  if (key === undefined) return null;
  let config: Record<string, Record<string, unknown>>;
  try {
    config = JSON.parse(text) as typeof config;
  } catch (error) {
    const message = (error as Error).message;
    const position = /position (\d+)/.exec(message)?.[1];
    const place = position === undefined ? '' : ` (${placeOf(text, Number(position))})`;
    const name = /[\w.-]+\.jsonc?$/.exec(where)?.[0] ?? 'the client config';
    return {
      clientError: `Error reading or parsing ${name}: SyntaxError: ${message.replace(/ \(line .*/, '')}${place}${isJsonc(text) ? '; comments or trailing commas are in it' : ''}`,
    };
  }
  const servers = Object.entries(config[key] ?? {});
  const names = servers.map(([name]) => name);
  const chosen = server ?? (servers.length === 1 ? names[0] : undefined);
  if (chosen === undefined || !names.includes(chosen))
    throw new UsageError(
      `${where} is a config with ${names.length} servers (${names.slice(0, 10).join(', ')}). Name the one in question: --server ${names[0] ?? '<name>'}`,
    );
  const entry = config[key]?.[chosen];
  if (typeof entry !== 'object' || entry === null) return { clientError: `The entry ${chosen} is no object` };
  return { transport: 'url' in entry ? undefined : 'stdio', entry: entry as Record<string, unknown> };
}
