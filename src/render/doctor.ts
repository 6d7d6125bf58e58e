/** What `doctor` found, for a person in a terminal: one table, the cause in a few words, and what to do. */
import picocolors from 'picocolors';
import { shellWord } from '../case/shell-word.js';
import type { DoctorFile, DoctorReport, DoctorServer, RowStatus, Summary } from '../verdict/doctor.js';
import { cells, column, cut, cutPath, lines } from './cells.js';
import { escapeJson, escapeLine } from './escape.js';
import type { TerminalOptions } from './terminal.js';

type Paint = ReturnType<typeof picocolors.createColors>;
type Row = DoctorServer | DoctorFile;

const SIGN: Record<RowStatus, { sign: string; paint: 'green' | 'yellow' | 'red' | 'cyan' | 'dim' }> = {
  healthy: { sign: '✓', paint: 'green' },
  degraded: { sign: '!', paint: 'yellow' },
  broken: { sign: '✗', paint: 'red' },
  inconclusive: { sign: '?', paint: 'cyan' },
  off: { sign: '-', paint: 'dim' },
};

const MAX_NAME = 24;
const MAX_CAUSE_LINES = 3;
const MAX_FIX_LINES = 2;
/** The longest edit that is shown in the table. */
const MAX_EDIT = 70;
/** Files that are named when no server was found. */
const MAX_FILES = 200;

export const isServer = (row: Row): row is DoctorServer => 'number' in row;

const plain = (text: string, max = 600): string => escapeLine(text, max).trim();

/** How an entry is called on the command line. */
export const entryWord = (client: string, server: string, windows = false): string =>
  shellWord(`${client}:${server}`, windows);

/** Citations that a reader can use beside the faults of the file, which are told by line. */
export const citesOf = ({ root }: Row): NonNullable<Row['root']>['cites'] =>
  (root?.cites ?? []).filter(({ at }) => !at.startsWith('/evidence/config/'));

/** A command with this name in it can be pasted as it is shown. */
const isPastable = ({ client, server }: DoctorServer, max: number): boolean =>
  escapeLine(server, 10_000) === server && cells(entryWord(client, server)) <= max;

const firstSentence = (text: string): string => /^[\s\S]*?[.!?](?=\s|$)/.exec(text)?.[0] ?? text;

/** What to do about a row, in one line: a command to paste, or a step in words. Null where there is nothing to do. */
export function actionOf(row: Row): { run?: string; say: string } | null {
  if (row.status === 'healthy' || row.status === 'off') return null;
  const [step] = row.root?.fix ?? [];
  // What a rule found in the file can be mended by a command, whatever the start has shown of it.
  const edit = row.faults.some(({ fixable, cause }) => fixable && cause === row.root?.id);
  if (edit && isServer(row))
    return { say: 'Mend the entry', run: `mcp-verdict fix ${entryWord(row.client, row.server)}` };
  if (row.status === 'inconclusive' && !step) {
    const [next] = isServer(row) ? row.next : [];
    return next ? { say: firstSentence(next.say), ...(next.run && { run: next.run }) } : null;
  }
  if (!step) return null;
  const say = firstSentence(step.say).replace(/[.:]$/, '');
  // A short piece of the file says more than the sentence that leads to it.
  const piece = step.edit?.to.replace(/\s+/g, ' ').trim() ?? '';
  const whole = piece !== '' && piece.length <= MAX_EDIT ? `${say}: ${piece}` : say;
  return { say: whole, ...(step.run && { run: step.run }) };
}

/** Rows that stand under one head: those of one client in one file. */
interface Group {
  head: Row;
  rows: Row[];
}

/** Rows by client and file, in the order in which they came. */
export function groupsOf({ servers, files }: Pick<DoctorReport, 'servers' | 'files'>): Group[] {
  const groups = new Map<string, Group>();
  for (const row of [...servers, ...files]) {
    const key = JSON.stringify([row.client, row.scope, row.file]);
    const group = groups.get(key) ?? { head: row, rows: [] };
    group.rows.push(row);
    groups.set(key, group);
  }
  // A file that could not be read belongs to the others of its client.
  const order = [...new Set([...groups.values()].map(({ head }) => head.client))];
  return [...groups.values()].sort((a, b) => order.indexOf(a.head.client) - order.indexOf(b.head.client));
}

/** "7 healthy, 5 broken": what there is none of is left out. */
export function countsOf(summary: Summary): string {
  const unclear = summary.inconclusive - summary.unasked;
  const parts: [number, string][] = [
    [summary.healthy, 'healthy'],
    [summary.degraded, 'degraded'],
    [summary.broken, 'broken'],
    [unclear, 'inconclusive'],
    [summary.unasked, 'not started'],
    [summary.off, 'off'],
    [summary.badFiles, summary.badFiles === 1 ? 'file that cannot be used' : 'files that cannot be used'],
  ];
  return parts
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word}`)
    .join(', ');
}

const many = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;

/** The whole in one sentence. */
export const sentenceOf = ({ summary }: DoctorReport): string =>
  `${many(summary.servers, 'server')} of ${many(summary.clients, 'client')}: ${countsOf(summary)}.`;

function head(
  { clientName, scope, file, onWindows }: Row,
  note: string | undefined,
  width: number,
  paint: Paint,
): string[] {
  const name = `${plain(clientName, 60)}${onWindows ? ' (on Windows)' : ''}`;
  const room = width - cells(name) - scope.length - 6;
  const line = `${paint.bold(name)} ${paint.dim(`· ${scope} · ${cutPath(plain(file, 400), Math.max(12, room))}`)}`;
  return note === undefined ? [line] : [line, `  ${paint.yellow(cut(`! ${plain(note)}`, width - 2))}`];
}

function rowLines(
  row: Row,
  widths: { number: number; name: number; status: number },
  width: number,
  paint: Paint,
): string[] {
  const { sign, paint: color } = SIGN[row.status];
  const number = isServer(row) ? String(row.number) : '';
  const name = isServer(row) ? plain(row.server, 200) : '(the file)';
  const indent = 2 + widths.number + 1 + 2 + widths.name + 2 + widths.status + 2;
  const room = Math.max(20, width - indent);
  const shade = row.status === 'off' ? paint.dim : (text: string) => text;
  const causes = lines(plain(row.cause), room, MAX_CAUSE_LINES);
  const first = [
    `  ${paint.dim(number.padStart(widths.number))} `,
    `${paint[color](sign)} ${shade(column(name, widths.name))}  `,
    `${paint[color](column(row.status, widths.status))}  `,
    shade(causes[0] ?? ''),
  ].join('');
  const pad = ' '.repeat(indent);
  const action = actionOf(row);
  const steps =
    action === null
      ? []
      : action.run?.startsWith('mcp-verdict fix ') && cells(action.run) <= room - 2
        ? [`${pad}${paint.dim('→')} ${paint.green(plain(action.run, 400))}`]
        : lines(plain(action.say), room - 2, MAX_FIX_LINES).map(
            (line, i) => `${pad}${i === 0 ? paint.dim('→') : ' '} ${paint.green(line)}`,
          );
  return [first.trimEnd(), ...causes.slice(1).map((line) => `${pad}${shade(line)}`), ...steps];
}

/** Every row of the table, without what stands below it. */
export function renderTable(
  report: Pick<DoctorReport, 'servers' | 'files' | 'notes'>,
  width: number,
  paint: Paint,
): string[] {
  const all: Row[] = [...report.servers, ...report.files];
  const widest = (texts: string[]) => Math.max(0, ...texts.map(cells));
  const widths = {
    number: String(report.servers.length).length,
    name: Math.min(MAX_NAME, widest(all.map((row) => (isServer(row) ? plain(row.server, 200) : '(the file)')))),
    status: widest(all.map(({ status }) => status)),
  };
  return groupsOf(report).flatMap(({ head: of, rows }, i) => [
    ...(i > 0 ? [''] : []),
    ...head(of, report.notes.find(({ file }) => file === of.file)?.says, width, paint),
    ...rows.flatMap((row) => rowLines(row, widths, width, paint)),
  ]);
}

/** Commands that go on from here, for the first row that needs one. */
function nextCommands(
  { servers, readOnly, summary, windows }: DoctorReport,
  details: boolean,
  width: number,
): [string, string][] {
  const bad = servers.filter(
    (row) => (row.status === 'broken' || row.status === 'degraded') && isPastable(row, width - 44),
  );
  const word = ({ client, server }: DoctorServer) => plain(entryWord(client, server, windows), 200);
  const [first] = bad;
  const mended = bad.find((row) => actionOf(row)?.run?.startsWith('mcp-verdict fix '));
  return [
    ...(mended ? [['mend an entry', `mcp-verdict fix ${word(mended)}`] as [string, string]] : []),
    ...(first ? [['look at one closely', `mcp-verdict verify ${word(first)}`] as [string, string]] : []),
    ...(bad.length > 1 && !details
      ? [['look at all closely', 'mcp-verdict doctor --details'] as [string, string]]
      : []),
    ...(summary.unasked > 0 && !readOnly
      ? [['start the rest', 'mcp-verdict doctor, in a terminal: it asks first'] as [string, string]]
      : []),
  ];
}

/** Where servers were looked for. */
function nothingFound({ lookedFor }: DoctorReport, width: number, paint: Paint): string[] {
  const shown = lookedFor.slice(0, MAX_FILES);
  const name = Math.max(0, ...shown.map(({ clientName }) => cells(plain(clientName, 40))));
  return [
    'No MCP server is configured for any client that mcp-verdict knows.',
    '',
    paint.bold('Looked for'),
    ...shown.map(({ clientName, file }, i) => {
      const same = i > 0 && shown[i - 1]?.clientName === clientName;
      return `  ${column(same ? '' : plain(clientName, 40), name)}  ${paint.dim(cutPath(plain(file, 400), width - name - 4))}`;
    }),
    ...(lookedFor.length > shown.length ? [`  and ${lookedFor.length - shown.length} more`] : []),
  ];
}

/** The whole report. `details`: the reports of single servers, by their number. */
export function renderDoctor(
  report: DoctorReport,
  options: TerminalOptions,
  details: ReadonlyMap<number, string> = new Map(),
): string {
  const paint = picocolors.createColors(options.color);
  const width = Math.max(60, Math.min(options.width, 120));
  if (report.servers.length === 0 && report.files.length === 0)
    return `${nothingFound(report, width, paint).join('\n')}\n`;
  const commands = nextCommands(report, details.size > 0, width);
  const label = Math.max(0, ...commands.map(([text]) => text.length));
  const closer = report.servers.flatMap((server) => {
    const text = details.get(server.number);
    if (text === undefined) return [];
    const title = `${server.number}  ${plain(`${server.client}:${server.server}`, 80)}`;
    return ['', paint.dim(`── ${cut(title, width - 8)} `.padEnd(width, '─')), '', text.trimEnd()];
  });
  return `${[
    ...renderTable(report, width, paint),
    ...closer,
    '',
    paint.bold(sentenceOf(report)),
    ...(report.readOnly ? ['Nothing was started (--static): only what stands in the files was judged.'] : []),
    ...(commands.length ? ['', ...commands.map(([text, run]) => `  ${paint.dim(text.padEnd(label))}   ${run}`)] : []),
  ].join('\n')}\n`;
}

/** The report as one JSON document, indented, with a newline at the end. */
export const renderDoctorJson = (report: DoctorReport): string => `${escapeJson(JSON.stringify(report, null, 2))}\n`;
