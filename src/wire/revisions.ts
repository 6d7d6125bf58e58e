/** The revisions of the Model Context Protocol and what opens a conversation in each era. */

/** Revisions of the `initialize` era, oldest first. https://modelcontextprotocol.io/specification */
export const LEGACY_REVISIONS = ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'] as const;
/** Revisions of the stateless era: no `initialize`, no session, `_meta` on every request. */
export const MODERN_REVISIONS = ['2026-07-28'] as const;

export const LATEST_LEGACY = '2025-11-25';
export const MODERN = '2026-07-28';

/** Draft that SDKs accept although the specification never documented it. */
const UNDOCUMENTED = '2024-10-07';

export const isKnownLegacy = (revision: string): boolean =>
  (LEGACY_REVISIONS as readonly string[]).includes(revision) || revision === UNDOCUMENTED;

export interface ClientInfo {
  name: string;
  version: string;
}

/** What a client offers the server to ask of it. */
export type ClientCapabilities = Record<string, object>;

/** `params` of `initialize` (2025-11-25, basic/lifecycle). Unless told otherwise no capability is declared, so that the server asks nothing back. */
export const initializeParams = (
  clientInfo: ClientInfo,
  revision: string = LATEST_LEGACY,
  capabilities: ClientCapabilities = {},
) => ({
  protocolVersion: revision,
  capabilities,
  clientInfo,
});

/** `_meta` that every request of the stateless era carries (2026-07-28, basic#meta). */
export const modernMeta = (clientInfo: ClientInfo, capabilities: ClientCapabilities = {}) => ({
  _meta: {
    'io.modelcontextprotocol/protocolVersion': MODERN,
    'io.modelcontextprotocol/clientCapabilities': capabilities,
    'io.modelcontextprotocol/clientInfo': clientInfo,
  },
});

/** Whether the revision has `ping` (removed in 2026-07-28). */
export const hasPing = (revision: string): boolean => !(MODERN_REVISIONS as readonly string[]).includes(revision);

/** The newest revision that a server names as supported and that we speak; undefined when there is none. */
export function supportedRevision(named: unknown): string | undefined {
  const known: readonly string[] = [...LEGACY_REVISIONS, ...MODERN_REVISIONS];
  return Array.isArray(named) ? known.filter((revision) => named.includes(revision)).at(-1) : undefined;
}
