/** What `doctor` found, as Markdown: for an issue, a pull request or a wiki. */
import type { DoctorReport } from '../verdict/doctor.js';
import { actionOf, citesOf, countsOf, groupsOf, isServer } from './doctor.js';
import { escapeLine } from './escape.js';

const SIGN = { healthy: '✅', degraded: '⚠️', broken: '❌', inconclusive: '❔', off: '➖' } as const;

/** Text that no renderer of Markdown takes for markup: no links, images, HTML, mentions or columns. */
export const markdownText = (text: string, max = 600): string =>
  escapeLine(text, max)
    .replace(/[\\`*_[\]#!|~<>&@:$]/g, (char) => (/[<>&@:|]/.test(char) ? `&#${char.charCodeAt(0)};` : `\\${char}`))

    .replaceAll('www.', 'www&#46;');

/** A code span: the fence is longer than any run of backticks in it; a column would end a table cell. */
export function markdownCode(text: string, max = 600): string {
  const line = escapeLine(text, max).replaceAll('|', '¦');
  const fence = '`'.repeat(Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length)) + 1);
  const pad = line.startsWith('`') || line.endsWith('`') || line.trim() === '' ? ' ' : '';
  return `${fence}${pad}${line}${pad}${fence}`;
}

/** The report as one Markdown document. */
export function renderDoctorMarkdown(report: DoctorReport): string {
  const { summary, servers, lookedFor, readOnly, notes } = report;
  const lines = [
    '## MCP servers on this machine',
    '',
    `${summary.servers} servers of ${summary.clients} clients: ${countsOf(summary) || 'none'}.${readOnly ? ' Nothing was started: only what stands in the files was judged.' : ''}`,
  ];
  if (lookedFor.length > 0)
    lines.push(
      '',
      'Looked for:',
      '',
      ...lookedFor.map(({ clientName, file }) => `- ${markdownText(clientName)}: ${markdownCode(file)}`),
    );
  const groups = groupsOf(report);
  if (groups.length > 0)
    lines.push('', '| # | Client | Scope | Server | Status | Cause |', '| --: | --- | --- | --- | --- | --- |');
  for (const { rows } of groups)
    for (const row of rows)
      lines.push(
        `| ${[
          isServer(row) ? String(row.number) : '',
          markdownText(row.clientName),
          markdownText(row.scope),
          isServer(row) ? markdownText(row.server) : markdownCode(row.file),
          `${SIGN[row.status]} ${row.status}`,
          markdownText(row.cause),
        ].join(' | ')} |`,
      );
  if (notes.length > 0)
    lines.push('', ...notes.map(({ file, says }) => `- ${markdownCode(file)}: ${markdownText(says)}`));
  for (const { rows } of groups)
    for (const row of rows) {
      const { root } = row;
      const action = actionOf(row);
      if (!root && !action) continue;
      const title = isServer(row)
        ? `${row.number}. ${markdownText(`${row.client}:${row.server}`)}`
        : markdownText(row.clientName);
      const place = isServer(row) ? `${row.file}:${row.line}` : row.file;
      lines.push('', `### ${title}`, '', `${SIGN[row.status]} ${row.status}, ${markdownCode(place)}`);
      if (!root) {
        if (action) lines.push('', `${markdownText(action.say)}${action.run ? ` ${markdownCode(action.run)}` : ''}`);
        continue;
      }
      lines.push('', `${markdownText(root.says, 1_500)} (${root.certainty}, ${markdownCode(root.id)})`, '');
      lines.push(
        ...citesOf(row)
          .slice(0, 5)
          .map(({ at, quote }) => `- ${markdownCode(at)}: ${markdownCode(quote, 300)}`),
      );
      lines.push(
        ...row.faults
          .filter(({ level }) => level !== 'info')
          .slice(0, 5)
          .map(({ line, says }) => `- line ${line}: ${markdownText(says)}`),
      );
      if (root.fix.length > 0) lines.push('', '**Fix**', '');
      for (const [i, { say, run, edit }] of root.fix.entries()) {
        lines.push(`${i + 1}. ${markdownText(say)}${run ? ` ${markdownCode(run, 2_000)}` : ''}`);
        if (edit) lines.push(...edit.to.split('\n').map((line) => `   ${markdownCode(line, 2_000)}  `));
      }
    }
  if (servers.length > 0)
    lines.push('', `Made by ${markdownText(report.tool.name)} ${markdownText(report.tool.version)}.`);
  return `${lines.join('\n')}\n`;
}
