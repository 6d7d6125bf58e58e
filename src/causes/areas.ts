/**
 * The areas of failure in life-cycle order: what must work first stands first. The area of a cause is the first word of
 * its id. The order decides between findings of equal certainty, and is the order of the decision tree.
 */
export const AREAS = [
  'config',
  'launch',
  'install',
  'runtime',
  'container',
  'deploy',
  'process',
  'network',
  'edge',
  'http',
  'transport',
  'session',
  'auth',
  'stdio',
  'handshake',
  'catalog',
  'call',
  'lifetime',
  'client',
] as const;

export type Area = (typeof AREAS)[number];
