/** What `doctor` is doing, on stderr: the table as it fills in a terminal, a line for each server elsewhere. */
import { cells, column, cut } from '../render/cells.js';
import { entryWord } from '../render/doctor.js';
import { escapeLine } from '../render/escape.js';
import type { RowStatus } from '../verdict/doctor.js';

export interface Waiting {
  client: string;
  clientName: string;
  server: string;
}

export interface DoctorProgress {
  /** All that will be tried, in the order of the table. */
  begin(rows: readonly Waiting[]): void;
  started(index: number): void;
  done(index: number, status: RowStatus, cause: string): void;
  end(): void;
}

const SILENT: DoctorProgress = { begin() {}, started() {}, done() {}, end() {} };
const DRAW_MS = 100;
const SIGN: Record<RowStatus, string> = { healthy: '✓', degraded: '!', broken: '✗', inconclusive: '?', off: '-' };

const plain = (text: string, max: number): string => escapeLine(text, max).trim();

/** For a log: one line as each is done. */
function linesTo(write: (text: string) => void): DoctorProgress {
  let rows: readonly Waiting[] = [];
  let count = 0;
  return {
    begin(all) {
      rows = all;
    },
    started() {},
    done(index, status, cause) {
      const row = rows[index];
      if (!row) return;
      const why = status === 'healthy' ? '' : `: ${plain(cause, 160)}`;
      write(`mcp-verdict: ${++count}/${rows.length} ${plain(entryWord(row.client, row.server), 80)} ${status}${why}\n`);
    },
    end() {},
  };
}

interface State {
  row: Waiting;
  from?: number;
  status?: RowStatus;
  cause?: string;
}

/** The lines of the table as it stands, at most `height`: what is under way first, then what is done, then what waits. */
export function liveLines(states: readonly State[], now: number, width: number, height: number): string[] {
  const done = states.filter(({ status }) => status !== undefined);
  const bad = done.filter(({ status }) => status === 'broken' || status === 'degraded').length;
  const head = `${done.length} of ${states.length} servers, ${bad} with a fault`;
  const room = Math.max(0, height - 1);
  const running = states.filter(({ status, from }) => status === undefined && from !== undefined);
  // A table that does not fit shows what matters: what is under way, and what was found last.
  const shown =
    states.length <= room ? states : [...done.slice(-Math.max(0, room - running.length)), ...running].slice(-room);
  const name = Math.min(24, Math.max(0, ...shown.map(({ row }) => cells(plain(row.server, 200)))));
  const client = Math.min(18, Math.max(0, ...shown.map(({ row }) => cells(plain(row.clientName, 40)))));
  return [
    head,
    ...shown.map(({ row, from, status, cause = '' }) => {
      const seconds = from === undefined ? 0 : Math.floor((now - from) / 1_000);
      const state = status ?? (from === undefined ? 'waits' : `runs${seconds > 0 ? ` ${seconds} s` : ''}`);
      const sign = status === undefined ? (from === undefined ? ' ' : '·') : SIGN[status];
      const line = `${sign} ${column(plain(row.clientName, 40), client)}  ${column(plain(row.server, 200), name)}  ${state.padEnd(12)}  ${plain(cause, 200)}`;
      return cut(line.trimEnd(), width - 1);
    }),
  ];
}

function tableOn(stderr: NodeJS.WriteStream): DoctorProgress {
  let states: State[] = [];
  let drawn = 0;
  let timer: NodeJS.Timeout | undefined;
  const erase = () => (drawn > 0 ? `\x1b[${drawn}A\r\x1b[J` : '');
  const draw = () => {
    const now = performance.now();
    const table = liveLines(states, now, stderr.columns || 80, Math.max(4, (stderr.rows || 24) - 1));
    stderr.write(`${erase()}${table.join('\n')}\n`);
    drawn = table.length;
  };
  return {
    begin(rows) {
      states = rows.map((row) => ({ row }));
      if (states.length === 0) return;
      draw();
      timer = setInterval(draw, DRAW_MS).unref();
    },
    started(index) {
      const state = states[index];
      if (state) state.from = performance.now();
    },
    done(index, status, cause) {
      const state = states[index];
      if (state) Object.assign(state, { status, cause });
    },
    end() {
      clearInterval(timer);
      // The table on stdout takes its place.
      stderr.write(erase());
      drawn = 0;
    },
  };
}

export function doctorProgress(quiet: boolean): DoctorProgress {
  const { stderr } = process;
  if (quiet) return SILENT;
  return stderr.isTTY ? tableOn(stderr) : linesTo((text) => stderr.write(text));
}
