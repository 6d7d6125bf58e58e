// A hand-written server of the stateless era (2026-07-28) alone: it refuses initialize and names the revisions it speaks.
import { createInterface } from 'node:readline';

const MODERN = '2026-07-28';
const fresh = { resultType: 'complete', ttlMs: 0, cacheScope: 'private' };
const answers = {
  'server/discover': {
    ...fresh,
    supportedVersions: [MODERN],
    capabilities: { tools: {} },
    _meta: { 'io.modelcontextprotocol/serverInfo': { name: 'modern-only', version: '1.0.0' } },
  },
  'tools/list': { ...fresh, tools: [{ name: 'now', inputSchema: { type: 'object' } }] },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params } = JSON.parse(line);
  if (id === undefined) continue;
  const modern = params?._meta?.['io.modelcontextprotocol/protocolVersion'] === MODERN;
  const reply = modern
    ? answers[method]
      ? { result: answers[method] }
      : { error: { code: -32601, message: 'Method not found' } }
    : { error: { code: -32022, message: 'Unsupported protocol version', data: { supported: [MODERN] } } };
  process.stdout.write(`${JSON.stringify({ jsonrpc: '2.0', id, ...reply })}\n`);
}
