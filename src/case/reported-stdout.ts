/** A pasted standard output, as the framing of stdio would have seen it. */
import type { Evidence, StrayKind } from './evidence.js';
import { linesOf, MAX_LINE } from './lines.js';

/** Class of a line that stands on standard output, where only JSON-RPC messages may stand. */
function strayKindOf(line: string): StrayKind | null {
  if (line.startsWith('\uFEFF')) return 'bom';
  if (/^content-length:/i.test(line)) return 'content-length';
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && 'jsonrpc' in value ? null : 'json-not-rpc';
  } catch {
    return 'not-json';
  }
}

export function stdoutOf(text: string): Evidence['stdout'] {
  let offset = 0;
  let messages = 0;
  const strays: Evidence['stdout']['strays'] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const kind = line.trim() === '' ? null : strayKindOf(line);
    if (kind) strays.push({ kind, line: index + 1, offset, atMs: 0, text: line.trimEnd().slice(0, MAX_LINE) });
    else if (line.trim() !== '') messages++;
    offset += line.length + 1;
  }
  return {
    bytes: text.length,
    messages,
    strays: strays.slice(0, 50),
    strayCount: strays.length,
    endedWhileAlive: false,
  };
}

/**
 * An error reply that a person broke over several lines for reading, as one line. A result stays as it is pasted: a server
 * that prints its messages over several lines is at fault for just that.
 */
export function rejoined(text: string | undefined): string | undefined {
  const lines = text?.split('\n') ?? [];
  const first = lines.findIndex((line) => /^\s*\{/.test(line));
  if (first < 0 || lines.length - first > 60) return text;
  for (let end = lines.length; end > first + 1; end--) {
    if (!/\}\s*$/.test(lines[end - 1] ?? '')) continue;
    try {
      const value: unknown = JSON.parse(lines.slice(first, end).join('\n'));
      if (typeof value !== 'object' || value === null || !('jsonrpc' in value) || !('error' in value)) return text;
      return [...lines.slice(0, first), JSON.stringify(value), ...lines.slice(end)].join('\n');
    } catch {}
  }
  return text;
}

/** Error replies on a pasted stdout: messages in order, and yet what the reader has to know. */
export const errorReplies = (stdout: string | undefined): string[] =>
  linesOf(stdout).filter((line) => /^\s*\{.*"error"\s*:\s*\{/.test(line) && strayKindOf(line) === null);
