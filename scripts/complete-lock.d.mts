export interface Lock {
  packages: Record<string, { optionalDependencies?: Record<string, string> }>;
}
export function missingOptional(lock: Lock): { name: string; version: string; path: string }[];
