/** Parts of a client of which no source says anything: the same words for the same gap, in whatever client it is. */
import type { Client } from './client.js';

/** An entry with the keys of most clients, and nothing known beyond them. */
export const PLAIN_ENTRY = {
  command: { key: 'command', holds: 'program' },
  args: 'args',
  env: 'env',
  cwd: null,
  url: ['url'],
  headers: null,
  type: { key: 'type', needed: 'no', stdio: null, http: null, sse: null, words: null },
  urlWithoutType: null,
  both: null,
  timeouts: [],
  off: null,
  others: null,
  unknownKey: null,
  name: null,
} as const satisfies Client['entry'];

export const UNKNOWN_LAUNCH = {
  environment: null,
  shell: null,
  windows: null,
  cwd: null,
  startMs: null,
  callMs: null,
} as const satisfies Omit<Client['launch'], 'kind'>;

export const UNKNOWN_HANDSHAKE = {
  name: null,
  protocolVersion: null,
  capabilities: null,
  probes: [],
  exactRevision: null,
} as const satisfies Client['handshake'];

export const UNKNOWN_HTTP = {
  order: null,
  fallsBack: null,
  origin: null,
  getMustBe405: null,
  oauth: null,
} as const satisfies Client['http'];

export const UNKNOWN_LIMITS = {
  tools: null,
  toolName: null,
  description: null,
  schema: null,
} as const satisfies Client['limits'];
