/**
 * What a client built on the MCP TypeScript SDK v1 shows for a target: the message its user reads.
 * Also runs by itself: `npx tsx test/support/sdk-view.ts <url>` or `... -- <command> [args]`.
 */
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

export type Entry =
  | { command: string; args?: string[]; env?: Record<string, string>; cwd?: string }
  | { url: string; transport?: 'streamable-http' | 'sse' };

/** The error message of connect + tools/list, or "connects". `timeoutMs` is the limit of one request. */
export async function sdkView(entry: Entry, timeoutMs = 2_000): Promise<string> {
  const client = new Client({ name: 'sdk-view', version: '1.0.0' });
  const transport =
    'url' in entry
      ? new (entry.transport === 'sse' ? SSEClientTransport : StreamableHTTPClientTransport)(new URL(entry.url))
      : new StdioClientTransport({ ...entry, stderr: 'ignore' });
  // Errors that the client survives: it would only log them.
  client.onerror = () => {};
  try {
    await client.connect(transport, { timeout: timeoutMs });
    if (client.getServerCapabilities()?.tools) await client.listTools(undefined, { timeout: timeoutMs });
    return 'connects';
  } catch (error) {
    const { message, cause } = error as Error & { cause?: { code?: string } };
    return cause?.code ? `${message} (${cause.code})` : message;
  } finally {
    const pid = 'pid' in transport ? transport.pid : null;
    await client.close().catch(() => {});
    await transport.close().catch(() => {});
    if (typeof pid === 'number') {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // Gone already.
      }
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [first = '', ...rest] = process.argv.slice(2).filter((word, i) => !(i === 0 && word === '--'));
  const entry = /^https?:/.test(first) ? { url: first } : { command: first, args: rest };
  process.stdout.write(`${await sdkView(entry)}\n`);
}
