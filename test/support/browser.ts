/** A real browser: Debian's headless Chromium, spoken to over a pipe in the protocol of its developer tools. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { removeFolder, temporaryFolder } from './part.js';

type Params = Record<string, unknown>;
interface Message {
  id?: number;
  method?: string;
  params?: Params;
  result?: Params;
  error?: { message: string };
  sessionId?: string;
}

/** What a page met: what its script got, and the lines of its console as a developer copies them. */
export interface Visit {
  answer: string;
  console: string[];
}

/** A page that stays open, and goes where its buttons lead. */
export interface Tab {
  /** What a script in the page that is shown now says, as text. */
  read(script: string): Promise<string>;
  /** Wait until a script says yes, on whatever page is shown then. */
  until(script: string): Promise<void>;
  /** Press an element with the mouse, where a person would see it. */
  press(selector: string): Promise<void>;
  /** Type into what has the focus. */
  type(text: string): Promise<void>;
  /** The lines of the console so far. */
  console(): string[];
}

export interface Browser {
  /** Open a page and run a script in it, which may return a promise of a text. */
  visit(page: string, script: string): Promise<Visit>;
  open(page: string): Promise<Tab>;
  stop(): Promise<void>;
}

const PROGRAMS = ['chromium-headless-shell', 'chromium'];
const ANSWER_MS = 20_000;

class Pipe {
  private next = 0;
  private rest = '';
  private readonly waiting = new Map<number, { done(result: Params): void; failed(error: Error): void }>();
  readonly listeners = new Set<(message: Message) => void>();

  constructor(
    private readonly to: Writable,
    from: Readable,
  ) {
    from.setEncoding('utf8');
    from.on('data', (chunk: string) => {
      const parts = (this.rest + chunk).split('\0');
      this.rest = parts.pop() ?? '';
      for (const part of parts) this.take(JSON.parse(part) as Message);
    });
    from.on('close', () => {
      for (const { failed } of this.waiting.values()) failed(new Error('the browser has ended'));
    });
  }

  private take(message: Message): void {
    const waiting = message.id === undefined ? undefined : this.waiting.get(message.id);
    if (!waiting) {
      for (const listener of this.listeners) listener(message);
      return;
    }
    this.waiting.delete(message.id as number);
    if (message.error) waiting.failed(new Error(message.error.message));
    else waiting.done(message.result ?? {});
  }

  send(method: string, params: Params = {}, sessionId?: string): Promise<Params> {
    const id = ++this.next;
    let timer: NodeJS.Timeout | undefined;
    return new Promise<Params>((done, failed) => {
      timer = setTimeout(() => failed(new Error(`${method} is not answered`)), ANSWER_MS);
      this.waiting.set(id, { done, failed });
      this.to.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    }).finally(() => clearTimeout(timer));
  }
}

/** A line of the console in its own words, with what stands behind the arrow of a network error. */
function lineOf({ method, params = {} }: Message): string[] {
  if (method === 'Log.entryAdded') {
    const { text, url } = params.entry as { text: string; url?: string };
    return [url && !text.includes(url) ? `${url} ${text}` : text];
  }
  if (method === 'Runtime.consoleAPICalled')
    return [
      (params.args as { value?: unknown; description?: string }[]).map((a) => a.value ?? a.description).join(' '),
    ];
  return [];
}

/** Start it. Fails with its own words where it is not installed: see scripts/test.mjs. */
export async function startBrowser(): Promise<Browser> {
  const folder = temporaryFolder('browser');
  const flags = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--disable-background-networking',
    '--no-first-run',
  ];
  const args = [...flags, '--remote-debugging-pipe', `--user-data-dir=${folder}`, 'about:blank'];
  let child: ChildProcess | undefined;
  for (const program of PROGRAMS) {
    const started = spawn(program, args, { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
    const runs = await new Promise<boolean>((resolve) =>
      started.once('spawn', () => resolve(true)).once('error', () => resolve(false)),
    );
    if (runs) child = started;
    if (runs) break;
  }
  if (!child) {
    removeFolder(folder);
    throw new Error(`none of ${PROGRAMS.join(', ')} is installed`);
  }
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const pipe = new Pipe(child.stdio[3] as Writable, child.stdio[4] as Readable);
  return {
    async visit(page, script) {
      const { targetId } = await pipe.send('Target.createTarget', { url: 'about:blank' });
      const { sessionId } = (await pipe.send('Target.attachToTarget', { targetId, flatten: true })) as {
        sessionId: string;
      };
      const lines: string[] = [];
      let loaded = () => {};
      const load = new Promise<void>((resolve) => {
        loaded = resolve;
      });
      const listen = (message: Message) => {
        if (message.sessionId !== sessionId) return;
        if (message.method === 'Page.loadEventFired') loaded();
        lines.push(...lineOf(message));
      };
      pipe.listeners.add(listen);
      try {
        for (const domain of ['Page', 'Log', 'Runtime']) await pipe.send(`${domain}.enable`, {}, sessionId);
        await pipe.send('Page.navigate', { url: page }, sessionId);
        await load;
        const { result } = (await pipe.send(
          'Runtime.evaluate',
          { expression: script, awaitPromise: true, returnByValue: true },
          sessionId,
        )) as { result: { value?: unknown; description?: string } };
        return { answer: String(result.value ?? result.description), console: lines };
      } finally {
        pipe.listeners.delete(listen);
        await pipe.send('Target.closeTarget', { targetId });
      }
    },
    async open(page) {
      const { targetId } = await pipe.send('Target.createTarget', { url: 'about:blank' });
      const { sessionId } = (await pipe.send('Target.attachToTarget', { targetId, flatten: true })) as {
        sessionId: string;
      };
      const lines: string[] = [];
      pipe.listeners.add((message) => {
        if (message.sessionId === sessionId) lines.push(...lineOf(message));
      });
      for (const domain of ['Page', 'Log', 'Runtime']) await pipe.send(`${domain}.enable`, {}, sessionId);
      const evaluate = async (expression: string): Promise<unknown> => {
        const parameters = { expression, awaitPromise: true, returnByValue: true };
        const { result } = (await pipe.send('Runtime.evaluate', parameters, sessionId)) as {
          result: { value?: unknown; description?: string };
        };
        return result.value ?? result.description;
      };
      // Between two pages there is nothing to ask: an answer that fails is no answer.
      const settled = (script: string) => evaluate(script).catch(() => undefined);
      await pipe.send('Page.navigate', { url: page }, sessionId);
      return {
        read: async (script) => String(await evaluate(script)),
        async until(script) {
          const end = Date.now() + ANSWER_MS;
          while ((await settled(`document.readyState === 'complete' && Boolean(${script})`)) !== true) {
            if (Date.now() > end)
              throw new Error(`${script} is not so on ${await settled('document.documentElement.outerHTML')}`);
            await new Promise((resolve) => setTimeout(resolve, 50));
          }
        },
        async press(selector) {
          const middle = `(({ x, y, width, height }) => ({ x: x + width / 2, y: y + height / 2 }))(document.querySelector(${JSON.stringify(selector)}).getBoundingClientRect())`;
          const at = (await evaluate(middle)) as { x: number; y: number };
          for (const type of ['mousePressed', 'mouseReleased'])
            await pipe.send('Input.dispatchMouseEvent', { type, ...at, button: 'left', clickCount: 1 }, sessionId);
        },
        async type(text) {
          await pipe.send('Input.insertText', { text }, sessionId);
        },
        console: () => [...lines],
      };
    },
    async stop() {
      await pipe.send('Browser.close').catch(() => child.kill('SIGKILL'));
      await gone;
      removeFolder(folder);
    },
  };
}

/** The client of the SDK v1, bundled for a page. Its script calls `connect(url)` and gets what a user of the page would read. */
export async function browserClient(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('./browser-client.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    target: 'es2022',
    logLevel: 'silent',
  });
  return outputFiles[0]?.text ?? '';
}
