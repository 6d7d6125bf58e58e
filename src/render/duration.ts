/** A time in milliseconds, for people: "40 ms", "12.3 s". */
export const duration = (ms: number): string => (ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`);
