import type { TargetSpec } from '../../src/probe/investigate.js';

export interface Target {
  id: string;
  label: string;
  /** The root cause that has to be named; null for a sound server. */
  cause: string | null;
  start(): Promise<{ spec: TargetSpec; stop(): Promise<void> }>;
}

export const TARGETS: Target[];
