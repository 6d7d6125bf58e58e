import type { EvidenceKind } from './evidence.js';

const escapeToken = (token: string | number): string => String(token).replaceAll('~', '~0').replaceAll('/', '~1');

/** JSON pointer (RFC 6901) from its tokens. */
export const pointer = (...tokens: (string | number)[]): string => tokens.map((t) => `/${escapeToken(t)}`).join('');

/** JSON pointer to a place in the value of one kind of evidence: `at('stderr', 'lines', 3, 'text')`. */
export const at = (kind: EvidenceKind, ...tokens: (string | number)[]): string =>
  pointer('evidence', kind, 'value', ...tokens);

/** The value at a JSON pointer, or undefined when the document has nothing there. */
export function resolve(document: unknown, path: string): unknown {
  let here = document;
  for (const raw of path.split('/').slice(1)) {
    if (here === null || typeof here !== 'object') return undefined;
    here = (here as Record<string, unknown>)[raw.replaceAll('~1', '/').replaceAll('~0', '~')];
  }
  return here;
}
