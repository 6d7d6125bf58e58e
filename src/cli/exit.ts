/** Exit codes. Fixed: scripts rely on them. */
import type { Verdict } from '../verdict/verdict.js';

export const EXIT = {
  /** The target is healthy. */
  healthy: 0,
  /** Something is wrong with the target, and the report says what. */
  wrong: 1,
  /** Wrong use: a bad option, an unreadable file. */
  usage: 2,
  /** It could not be observed: no verdict. */
  inconclusive: 3,
  /** A defect in mcp-verdict itself (sysexits EX_SOFTWARE). */
  defect: 70,
} as const;

/** Wrong use. The message says what, where and what to write instead; it ends with a full stop and holds no secret. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** By name, because bundles that are loaded on demand carry a class of their own. */
export const isUsageError = (error: unknown): error is UsageError =>
  error instanceof Error && error.name === 'UsageError';

export type FailOn = 'broken' | 'degraded' | 'risky';

/** The exit code of a verdict. `failOn` moves the line between 0 and 1. */
export function exitCodeOf({ status, findings }: Pick<Verdict, 'status' | 'findings'>, failOn: FailOn): number {
  if (status === 'inconclusive') return EXIT.inconclusive;
  if (status === 'broken') return EXIT.wrong;
  if (status === 'healthy') return failOn === 'risky' && findings.length ? EXIT.wrong : EXIT.healthy;
  return failOn === 'broken' ? EXIT.healthy : EXIT.wrong;
}
