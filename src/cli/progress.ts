/** Progress on stderr: one line that rewrites itself in a terminal, plain lines for slow steps elsewhere. */
import { escapeLine } from '../render/escape.js';

/** In a log only what takes long is worth a line. */
const PATIENCE_MS = 3_000;

export interface Progress {
  step(text: string): void;
  done(): void;
}

export function progress(quiet: boolean): Progress {
  if (quiet) return { step() {}, done() {} };
  const { stderr } = process;
  if (!stderr.isTTY) {
    let timer: NodeJS.Timeout | undefined;
    return {
      step(text) {
        clearTimeout(timer);
        timer = setTimeout(() => stderr.write(`mcp-verdict: ${escapeLine(text, 120)} ...\n`), PATIENCE_MS).unref();
      },
      done: () => clearTimeout(timer),
    };
  }
  let current = '';
  let from = performance.now();
  const draw = () => {
    const seconds = Math.floor((performance.now() - from) / 1_000);
    const line = `${current}${seconds > 0 ? ` (${seconds} s)` : ''}`;
    stderr.write(`\r\x1b[2K${line.slice(0, (stderr.columns ?? 80) - 1)}`);
  };
  const timer = setInterval(draw, 1_000).unref();
  return {
    step(text) {
      current = escapeLine(text, 120);
      from = performance.now();
      draw();
    },
    done() {
      clearInterval(timer);
      stderr.write('\r\x1b[2K');
    },
  };
}
