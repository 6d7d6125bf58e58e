/** How long a client waits, and how it is made to wait longer, from its data. */
import type { Client } from '../clients/client.js';
import { clientOf } from '../clients/index.js';
import type { FixStep } from './cause.js';

type Limited = 'start' | 'call';

/** How long it waits, seconds; null when it waits for ever, or nobody knows. */
export function waitOf(client: string | null, limited: Limited): number | null {
  const launch = clientOf(client ?? '')?.launch;
  const ms = limited === 'start' ? launch?.startMs : launch?.callMs;
  return typeof ms === 'number' ? ms / 1000 : null;
}

/** The line of an entry that sets a limit, as its file writes it. */
function lineOf({ places }: Client, key: string, value: number): { at: string; to: string } {
  const format = places[0]?.format;
  if (format === 'toml') return { at: `[${places[0]?.root.join('.')}.<name>]`, to: `${key} = ${value}` };
  if (format === 'yaml') return { at: 'the entry', to: `${key}: ${value}` };
  // A key with dots is an object in an object.
  const [first = key, ...rest] = key.split('.');
  const inner = rest.reduceRight<string>((within, part) => `{ "${part}": ${within} }`, String(value));
  return { at: 'the entry', to: `"${first}": ${inner}` };
}

/** It is known to have no setting for it. */
export function isFixed(id: string | null, limited: Limited): boolean {
  const client = clientOf(id ?? '');
  return (
    client !== undefined &&
    waitOf(id, limited) !== null &&
    client.entry.timeouts.length === 0 &&
    client.doubts['entry.timeouts'] === undefined
  );
}

/**
 * The step that makes the client wait so long, seconds, or twice as long as it does now where that is more; null when it has no
 * setting for it, or none is known.
 */
export function raiseOf(id: string | null, limited: Limited, atLeast: number, windows: boolean): FixStep | null {
  const client = clientOf(id ?? '');
  if (!client) return null;
  const now = waitOf(id, limited) ?? 0;
  // A limit of hours is none that anybody ran into: an older version, or another setting, had a shorter one.
  const seconds = now >= atLeast && now < 3600 ? now * 2 : atLeast;
  const say = `Let ${client.name} wait longer${limited === 'call' ? ' for a tool' : ''}`;
  const variable = client.launch.limitsBy?.[limited];
  // What is no name of a variable is a setting of the client's own.
  if (variable && client.cli && /^[A-Z_]+$/.test(variable))
    return {
      say: `${say} (milliseconds):`,
      run: windows ? `setx ${variable} ${seconds * 1000}` : `${variable}=${seconds * 1000} ${client.cli}`,
    };
  const field = client.entry.timeouts.find(({ limits }) => limits === limited || limits === 'both');
  if (!field) return null;
  const unit = field.unit === 's' ? 'seconds' : 'milliseconds';
  const line = lineOf(client, field.key, field.unit === 's' ? seconds : seconds * 1000);
  return { say: `${say} (${unit}):`, edit: { file: client.file, ...line } };
}
