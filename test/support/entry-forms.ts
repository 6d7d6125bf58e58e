/** The same servers in the form of every client, as its own documentation writes them. */
import type { PLACES } from './doctor-home.js';

export interface PlainEntry {
  command: string;
  args: string[];
  env?: Record<string, string>;
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
const text = (value: unknown): string => JSON.stringify(value);

/** The file of a client that holds these servers. */
export function fileOf(client: keyof typeof PLACES, servers: Record<string, PlainEntry>): string {
  const each = <T>(form: (entry: PlainEntry) => T): Record<string, T> =>
    Object.fromEntries(Object.entries(servers).map(([name, entry]) => [name, form(entry)]));
  const plain = each(({ command, args, env }) => ({ command, args, ...(env && { env }) }));
  switch (client) {
    case 'vscode':
      return json({
        servers: each(({ command, args, env }) => ({ type: 'stdio', command, args, ...(env && { env }) })),
      });
    case 'zed':
      return json({ context_servers: plain });
    case 'opencode':
      return json({
        mcp: each(({ command, args, env }) => ({
          type: 'local',
          command: [command, ...args],
          enabled: true,
          ...(env && { environment: env }),
        })),
      });
    case 'codex':
      return Object.entries(servers)
        .map(([name, { command, args, env = {} }]) =>
          [
            `[mcp_servers.${name}]`,
            `command = ${text(command)}`,
            `args = [${args.map(text).join(', ')}]`,
            ...(Object.keys(env).length ? [`[mcp_servers.${name}.env]`] : []),
            ...Object.entries(env).map(([key, value]) => `${key} = ${text(value)}`),
          ].join('\n'),
        )
        .join('\n\n');
    case 'goose':
      return `extensions:\n${Object.entries(servers)
        .map(([name, { command, args, env = {} }]) =>
          [
            `  ${name}:`,
            `    name: ${name}`,
            '    type: stdio',
            '    enabled: true',
            `    cmd: ${text(command)}`,
            `    args: [${args.map(text).join(', ')}]`,
            ...(Object.keys(env).length ? ['    envs:'] : []),
            ...Object.entries(env).map(([key, value]) => `      ${key}: ${text(value)}`),
          ].join('\n'),
        )
        .join('\n')}\n`;
    default:
      return json({ mcpServers: plain });
  }
}
