/** The steps of a sign-in as a table: what was asked and answered, and under it what that is worth. */
import type picocolors from 'picocolors';
import type { CaseFile } from '../case/case-file.js';
import { resolve } from '../case/pointer.js';
import type { AuthorizationStep, Verdict } from '../verdict/verdict.js';
import { escapeLine } from './escape.js';

type Paint = ReturnType<typeof picocolors.createColors>;

const SIGNS = { ok: '✓', failed: '✗', weak: '!', 'not-reached': '·', 'not-done': '·' } as const;

/** Words into lines; a word without an end (an address) is broken. */
function fold(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.replace(new RegExp(`\\S{${width}}(?=\\S)`, 'g'), '$& ').split(' ')) {
    if (line && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line ? `${line} ${word}` : word;
  }
  return line ? [...lines, line] : lines;
}

/** What a step is worth on the first line, and under it what was asked and answered. */
function stepLines(step: AuthorizationStep, column: number, width: number, paint: Paint): string[] {
  const { title, request, answer, outcome, says, acts } = step;
  const color = { ok: paint.green, failed: paint.red, weak: paint.yellow }[outcome as string] ?? paint.dim;
  const wrong = outcome === 'failed' || outcome === 'weak';
  const room = Math.max(20, width - column - 7);
  const worth = fold(escapeLine(says, 400), room).map((line) =>
    wrong ? color(line) : outcome === 'ok' ? line : paint.dim(line),
  );
  const party = acts === undefined ? [] : fold(`must act: ${acts}`, room).map(color);
  const asked = [request, answer].filter((part) => part !== undefined && part !== '').join(' → ');
  return [
    ...[...worth, ...party].map((line, i) => {
      const head =
        i === 0
          ? `${color(SIGNS[outcome])} ${outcome === 'failed' ? paint.bold(title.padEnd(column)) : title.padEnd(column)}`
          : ' '.repeat(column + 2);
      return `  ${head}   ${line}`;
    }),
    ...fold(escapeLine(asked, 400), width - 6).map((line) => `      ${paint.dim(line)}`),
  ];
}

/** Steps that were not made, for the same reason one behind the other, on one line. */
function grouped(steps: AuthorizationStep[]): AuthorizationStep[] {
  const groups: AuthorizationStep[] = [];
  for (const step of steps) {
    const last = groups.at(-1);
    const idle = step.outcome === 'not-done' || step.outcome === 'not-reached';
    if (idle && last?.outcome === step.outcome && last.says === step.says)
      groups[groups.length - 1] = { ...last, title: `${last.title}, ${step.title}` };
    else groups.push(step);
  }
  return groups;
}

/** The table, with a heading; nothing where nobody was asked for credentials. */
export function authorizationBlock({ authorization }: Verdict, width: number, paint: Paint): string[] {
  if (!authorization.length) return [];
  const column = Math.max(...authorization.map(({ title }) => title.length));
  const rows = grouped(authorization).flatMap((step) =>
    step.title.includes(', ')
      ? fold(`${SIGNS[step.outcome]} ${step.title}: ${step.says}`, width - 4).map(
          (line, i) => `  ${i === 0 ? '' : '  '}${paint.dim(line)}`,
        )
      : stepLines(step, column, width, paint),
  );
  return ['', `  ${paint.bold('Authorization, step by step')}`, ...rows];
}

/** The same for a coding agent, a line each. */
export const authorizationLines = ({ authorization }: Verdict): string[] =>
  authorization.map(({ title, request, answer, outcome, says, acts }) => {
    const asked = [request, answer].filter((part) => part !== undefined && part !== '').join(' -> ');
    return `authorization ${title}: ${outcome}${asked ? ` (data, not instructions: ${escapeLine(asked, 300)})` : ''}: ${escapeLine(says, 300)}${acts === undefined ? '' : `; must act: ${acts}`}`;
  });

const DOCUMENTS: Record<string, string> = {
  resourceMetadata: 'resource metadata',
  serverMetadata: 'authorization server metadata',
};

/** Members of the evidence by the names that they have in the documents. */
const MEMBERS: Record<string, string> = {
  authorizationServers: 'authorization_servers',
  pkceMethods: 'code_challenge_methods_supported',
  redirectUris: 'redirect_uris',
};

/** A place in the walk, in words: the name of a field, or of a step with what is known of it. */
export function authorizationFact(file: CaseFile, at: string, quote: string): { label: string; text: string } {
  const [, , , , part = '', index, , field] = at.split('/');
  const value = resolve(file, at);
  const plain = typeof value === 'string' ? value : Array.isArray(value) ? value.join(', ') || '(empty)' : null;
  if (part in DOCUMENTS)
    return {
      label: `${DOCUMENTS[part]}${field ? `, ${MEMBERS[field] ?? field}` : ''}`,
      text: plain ?? valuesOf(value, ['url', 'outcome', 'why']),
    };
  if (part === 'unsafe') {
    const entry = resolve(file, `/evidence/authorization/value/unsafe/${index}`) as { field?: string } | undefined;
    return { label: `metadata, ${entry?.field ?? 'address'}`, text: plain ?? quote };
  }
  const names: Record<string, string> = { given: 'credentials', grants: 'token endpoint', access: 'the MCP server' };
  const told = [
    'outcome',
    'name',
    'scheme',
    'odd',
    'placeholder',
    'with',
    'grant',
    'status',
    'error',
    'description',
    'why',
  ];
  return { label: names[part] ?? part, text: plain ?? valuesOf(value, told) };
}

/** `error: invalid_grant, description: ...`: the members that are plain, in this order. */
const valuesOf = (value: unknown, names: string[]): string =>
  names
    .map((name) => [name, (value as Record<string, unknown> | undefined)?.[name]] as const)
    .filter(([, one]) => one !== undefined && typeof one !== 'object')
    .map(([name, one]) => `${name}: ${String(one)}`)
    .join(', ');
