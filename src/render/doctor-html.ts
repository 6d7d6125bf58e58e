/** What `doctor` found, as one HTML page: no script, nothing loaded from elsewhere, light and dark as the reader has it. */
import type { DoctorFile, DoctorReport, DoctorServer } from '../verdict/doctor.js';
import { citesOf, countsOf, entryWord, groupsOf, isServer } from './doctor.js';
import { escapeText } from './escape.js';

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text that is no markup, wherever it stands. */
export const html = (text: string, max = 2_000): string =>
  escapeText(text.length > max ? `${text.slice(0, max - 1)}…` : text).replace(
    /[&<>"']/g,
    (char) => ENTITIES[char] ?? char,
  );

const SIGN = { healthy: '✓', degraded: '!', broken: '✗', inconclusive: '?', off: '–' } as const;

const STYLE = `
:root { color-scheme: light dark; --text: #1b1f24; --dim: #59636e; --line: #d1d9e0; --back: #fff; --card: #f6f8fa;
  --healthy: #1a7f37; --degraded: #9a6700; --broken: #cf222e; --inconclusive: #0969da; --off: #59636e; }
@media (prefers-color-scheme: dark) { :root { --text: #e6edf3; --dim: #9198a1; --line: #3d444d; --back: #0d1117; --card: #151b23;
  --healthy: #3fb950; --degraded: #d29922; --broken: #f85149; --inconclusive: #58a6ff; --off: #9198a1; } }
body { margin: 2rem auto; max-width: 70rem; padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif; color: var(--text); background: var(--back); }
h1 { font-size: 1.4rem; } h2 { font-size: 1.05rem; margin: 2rem 0 .4rem; } h2 small { color: var(--dim); font-weight: normal; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; vertical-align: top; padding: .4rem .6rem; border-top: 1px solid var(--line); }
td:first-child, th:first-child { width: 2rem; color: var(--dim); } td:nth-child(2), th:nth-child(2) { width: 14rem; overflow-wrap: anywhere; }
td:nth-child(3), th:nth-child(3) { width: 8rem; white-space: nowrap; } td:nth-child(4) { overflow-wrap: anywhere; }
.healthy { color: var(--healthy); } .degraded { color: var(--degraded); } .broken { color: var(--broken); } .inconclusive { color: var(--inconclusive); } .off { color: var(--off); }
code, pre { font: .9em ui-monospace, monospace; background: var(--card); border-radius: 4px; padding: .1em .3em; overflow-wrap: anywhere; white-space: pre-wrap; }
pre { padding: .6rem; } details { margin-top: .3rem; } summary { cursor: pointer; color: var(--dim); } dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; }
dt { color: var(--dim); } dd { margin: 0; } footer { margin-top: 3rem; color: var(--dim); font-size: .9rem; }
`;

function detailsOf(row: DoctorServer | DoctorFile): string {
  const { root, faults } = row;
  const facts: [string, string][] = isServer(row)
    ? [
        ['entry', `${row.file}:${row.line}`],
        ['runs', row.target],
        ...(row.sameAs === undefined
          ? []
          : [['started as', `number ${row.sameAs}, with the same launch`] as [string, string]]),
      ]
    : [];
  const cites = citesOf(row).slice(0, 8);
  const open = isServer(row) ? row.next : [];
  const steps = root?.fix.length ? root.fix : open;
  if (!root && faults.length === 0 && steps.length === 0 && facts.length === 0) return '';
  const parts = [
    root ? `<p>${html(root.says)} <span class="off">(${html(root.certainty)}, ${html(root.id)})</span></p>` : '',
    facts.length
      ? `<dl>${facts.map(([name, value]) => `<dt>${html(name)}</dt><dd><code>${html(value)}</code></dd>`).join('')}</dl>`
      : '',
    cites.length
      ? `<p>Evidence</p><ul>${cites.map(({ at, quote }) => `<li><code>${html(at)}</code> <code>${html(quote)}</code></li>`).join('')}</ul>`
      : '',
    steps.length
      ? `<p>${root?.fix.length ? 'Fix' : 'Look next'}</p><ol>${steps
          .map(
            ({ say, run, edit }) =>
              `<li>${html(say)}${run ? `<pre>${html(run)}</pre>` : ''}${edit ? `<pre>${html(edit.to)}</pre>` : ''}</li>`,
          )
          .join('')}</ol>`
      : '',
    faults.length
      ? `<p>In the file</p><ul>${faults.map(({ line, column, says }) => `<li>${line}:${column} ${html(says)}</li>`).join('')}</ul>`
      : '',
    isServer(row) && row.also.length
      ? `<p>Also seen</p><ul>${row.also
          .slice(0, 10)
          .map((says) => `<li>${html(says)}</li>`)
          .join('')}</ul>`
      : '',
  ];
  const isOpen = row.status === 'broken' || row.status === 'degraded';
  return `<details${isOpen ? ' open' : ''}><summary>details</summary>${parts.join('')}</details>`;
}

const rowHtml = (row: DoctorServer | DoctorFile): string =>
  `<tr><td>${isServer(row) ? row.number : ''}</td><td>${isServer(row) ? html(row.server, 300) : '(the file)'}</td>` +
  `<td class="${row.status}">${SIGN[row.status]} ${row.status}</td><td>${html(row.cause)}${detailsOf(row)}</td></tr>`;

/** The report as one HTML document. */
export function renderDoctorHtml(report: DoctorReport): string {
  const { summary, lookedFor, notes, readOnly, tool, servers } = report;
  const groups = groupsOf(report).map(({ head, rows }) => {
    const note = notes.find(({ file }) => file === head.file);
    const [first] = rows;
    return [
      `<h2>${html(head.clientName)}${head.onWindows ? ' (on Windows)' : ''} <small>${html(head.scope)} · ${html(head.file)}</small></h2>`,
      note ? `<p class="degraded">${html(note.says)}</p>` : '',
      `<table><thead><tr><th>#</th><th>${first && isServer(first) ? 'Server' : 'File'}</th><th>Status</th><th>Cause</th></tr></thead>`,
      `<tbody>${rows.map(rowHtml).join('\n')}</tbody></table>`,
    ].join('\n');
  });
  const looked = lookedFor.length
    ? `<p>No MCP server is configured for any client that mcp-verdict knows. Looked for:</p><ul>${lookedFor
        .map(({ clientName, file }) => `<li>${html(clientName)}: <code>${html(file)}</code></li>`)
        .join('')}</ul>`
    : '';
  const first = servers.find(({ status }) => status === 'broken' || status === 'degraded');
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>MCP servers on this machine</title><style>${STYLE}</style></head><body>
<h1>MCP servers on this machine</h1>
<p><strong>${summary.servers} servers of ${summary.clients} clients: ${html(countsOf(summary) || 'none')}.</strong>${readOnly ? ' Nothing was started: only what stands in the files was judged.' : ''}</p>
${looked}${groups.join('\n')}
${first ? `<p>Look at one closely: <code>mcp-verdict verify ${html(entryWord(first.client, first.server, report.windows ?? false))}</code></p>` : ''}
<footer>Made by ${html(tool.name)} ${html(tool.version)}.</footer>
</body></html>
`;
}
