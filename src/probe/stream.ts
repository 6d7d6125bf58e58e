/** An event stream left alone: how long it lives when nobody says anything, and who ends it. */
import type { Evidence } from '../case/evidence.js';
import { exchange } from '../wire/http-exchange.js';
import { carriesCredentials } from '../wire/streamable-http.js';
import type { LabOptions, Live } from './lab.js';

export interface WatchOptions {
  via: Evidence['stream']['via'];
  watchMs: number;
  live: Live | undefined;
}

/** A second stream on one session may be refused as long as the first is not forgotten. */
const AGAIN_MS = 500;

/** Open the stream, say nothing, and watch it for `watchMs`. Null when no stream opened. */
export async function watchStream(
  lab: LabOptions,
  { via, watchMs, live }: WatchOptions,
): Promise<Evidence['stream'] | null> {
  const { url, headers, userAgent, connections, timeline, exchanges, signal } = lab;
  const from = timeline.now();
  let [bytes, last, longest] = [0, from, 0];
  let first: number | undefined;
  const beat = () => {
    const now = timeline.now();
    first ??= now - from;
    longest = Math.max(longest, now - last);
    last = now;
  };
  const open = () =>
    exchange(
      {
        purpose: via,
        method: 'GET',
        url,
        headers: {
          'user-agent': userAgent,
          accept: 'text/event-stream',
          ...(live?.session !== undefined && { 'mcp-session-id': live.session }),
          ...(live && { 'mcp-protocol-version': live.revision }),
          ...headers,
        },
        timeoutMs: lab.timeoutMs,
        listenMs: watchMs,
        credentials: carriesCredentials(lab),
        onBytes: beat,
        listens: true,
        signal,
      },
      connections,
      timeline,
    );
  let { exchange: record } = await open();
  if (record.status === 409) {
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    ({ exchange: record } = await open());
  }
  exchanges.push(record);
  if (record.status !== 200 || !/^text\/event-stream\b/i.test(record.contentType ?? '')) return null;
  const openedAt = record.atMs + (record.phases?.headers ?? 0);
  const aliveMs = record.atMs + record.ms - openedAt;
  bytes = record.bodyBytes ?? 0;
  const broken = record.error !== undefined && record.error.code !== 'ABORT_ERR';
  const ours = !broken && (aliveMs >= watchMs || record.error !== undefined);
  return {
    via,
    watchMs,
    aliveMs,
    firstByteMs: first,
    bytes,
    comments: record.stream?.comments ?? 0,
    events: record.events?.length ?? 0,
    longestSilenceMs: Math.max(longest, openedAt + aliveMs - Math.max(last, openedAt)),
    end: broken ? 'reset' : ours ? 'by-us' : 'end-of-stream',
    ...(broken && record.error && { error: { code: record.error.code, message: record.error.message } }),
  };
}
