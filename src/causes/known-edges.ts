/**
 * Proxies, CDNs, platforms and tunnels that stand before a server: their marks, the answers that are their own, and their
 * documented limits. Data alone; `edges.ts` asks it. Platforms stand before the CDNs and proxies they are built on.
 */
import { PLATFORMS } from './known-platforms.js';
import { PROXIES } from './known-proxies.js';

/** What an answer of an edge means for the one who waits for the origin. */
export type EdgeKind =
  /** The edge cannot get an answer from the origin. */
  | 'unreachable'
  /** The origin took the request and did not answer in time. */
  | 'slow'
  /** The origin is being deployed, or wakes up. */
  | 'starting'
  /** Nothing is deployed under this name, or no route leads from this path. */
  | 'absent'
  /** A rule refuses this client or this request. */
  | 'blocked'
  /** A page for people, which a program cannot get past: a warning, a challenge, the sign-in of the platform. */
  | 'browser-only'
  /** A quota of the edge is used up, or a size is exceeded. */
  | 'limit';

export interface Limits {
  /** Seconds without a byte after which an open stream is ended. Absent: not documented. Null: documented as none. */
  idleS?: number | null;
  /** Seconds that one request may take in all, or until its first byte when `untilFirstByte`. */
  requestS?: number | null;
  untilFirstByte?: true;
  /** Largest body of a request, bytes. */
  bodyBytes?: number;
  /** Whether an event stream is held back: `yes` by default, `no`, or `plan` (depends on how it is set up). */
  buffers: 'yes' | 'no' | 'plan';
  /** How to change it: a setting, a header, or null when it is fixed. */
  change: string | null;
  docs: string;
  /** Year and month of the page these numbers are from. */
  seen: string;
}

export interface Edge {
  name: string;
  /** A header that it adds to every answer, as `name: value`. */
  header?: RegExp;
  /** Host names behind which it stands. */
  host?: RegExp;
  /** Its own answers: words of the body, or a header. Both are specific enough to be known in a client's log. */
  own: { kind: EdgeKind; words?: RegExp; header?: RegExp; says: string }[];
  limits?: Limits;
}

export const EDGES: readonly Edge[] = [...PLATFORMS, ...PROXIES];
