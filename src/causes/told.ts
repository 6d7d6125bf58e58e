/**
 * Everything that a report tells: what was said, the bodies of the answers, the platform, and what stands in the entry besides
 * the command. People note there when it happens ("after a restart") and how the server is run ("4 workers").
 */
import type { Evidence, Exchange } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { words } from './words.js';

export interface Told {
  text: string;
  /** JSON pointer of the text in the case file. */
  at: string;
  from: 'client' | 'server' | 'body' | 'entry' | 'platform';
  /** Status of the exchange whose body it is. */
  status?: number;
}

/** An exchange that a person or a log told of, not one of ours. */
export const wasTold = ({ purpose }: Exchange): boolean => purpose === 'reported' || purpose === 'logged';

/** The exchanges were our own, not told by a person. */
export const isObserved = ({ http }: Partial<Evidence>): boolean =>
  http?.exchanges.some((exchange) => !wasTold(exchange)) ?? false;

/** All texts of a report, the answers first. A cause that reads them uses `http`, `launch` and WORDS. */
export function told(given: Partial<Evidence>): Told[] {
  const { http, reported } = given;
  return [
    ...(http?.exchanges ?? []).flatMap((exchange, i): Told[] =>
      wasTold(exchange) && exchange.body
        ? [{ text: exchange.body, at: at('http', 'exchanges', i, 'body'), from: 'body', status: exchange.status }]
        : [],
    ),
    ...words(given).map(
      ({ text, at: place, from }): Told => ({ text, at: place, from: from === 'client' ? 'client' : 'server' }),
    ),
    ...(reported?.entry ? [{ text: reported.entry, at: at('reported', 'entry'), from: 'entry' as const }] : []),
    ...(reported?.platform
      ? [{ text: reported.platform, at: at('reported', 'platform'), from: 'platform' as const }]
      : []),
  ];
}

/** The first text that one of the patterns matches; patterns are tried in order of trust. */
export function tells(texts: Told[], ...patterns: RegExp[]): { told: Told; match: RegExpExecArray } | null {
  for (const pattern of patterns) {
    for (const one of texts) {
      const match = pattern.exec(one.text);
      if (match) return { told: one, match };
    }
  }
  return null;
}

/** The status that stands in words: "HTTP 404", "(404)", "status code: 400", "404 Not Found". */
const STATUS =
  /\b(?:HTTP(?:\/[\d.]+)?|status(?: ?code)?|code|error|failed)["']?\W{1,3}(?<a>[2-5]\d\d)\b|\((?:HTTP )?(?<b>[2-5]\d\d)\)|\b(?<c>[45]\d\d)\b.{0,3}\b(?:bad request|not found|unauthorized|internal server error|method not allowed|gone)|\b(?:error|failed)(?: \w+){1,4}: (?<g>[45]\d\d)(?![\d.:])|^\W{0,3}(?<d>[45]\d\d)\b|\b(?<f>40[0-9])s\b|\b(?:return(?:s|ed|ing)?|gets?|getting|got|with|respond(?:s|ed)?|answer(?:s|ed)?|sends?|sent) (?:an? )?(?:HTTP )?(?:error )?(?<e>[45]\d\d)\b/i;

export function statusIn(text: string): number | null {
  const { a, b, c, d, e, f, g } = STATUS.exec(text)?.groups ?? {};
  const status = a ?? b ?? c ?? d ?? e ?? f ?? g;
  return status === undefined ? null : Number(status);
}

/** The status of the answer that was reported, or the one that the client's words name. */
export function statusTold(given: Partial<Evidence>): number | null {
  const answer = given.http?.exchanges.find((exchange) => wasTold(exchange) && exchange.status !== undefined);
  if (answer) return answer.status ?? null;
  for (const { text } of told(given)) {
    const status = statusIn(text);
    if (status !== null) return status;
  }
  return null;
}

/** The method of the answer that was reported; undefined when none was. */
export const methodTold = ({ http }: Partial<Evidence>): string | undefined => http?.exchanges.find(wasTold)?.method;

/** The report is about a server that a client starts over stdio, without a URL: nothing of HTTP can be at fault. */
export function isLocalReport({ reported, launch, process, stdout }: Partial<Evidence>): boolean {
  const command = [launch?.command, ...(launch?.args ?? [])].join(' ');
  const bridge = /https?:\/\/|mcp-remote|mcp-proxy|supergateway|--transport/;
  if (bridge.test(command) || bridge.test(reported?.client ?? '') || reported?.url !== undefined) return false;
  if (reported?.transport !== undefined) return reported.transport === 'stdio';
  return launch !== undefined || process !== undefined || stdout !== undefined;
}
