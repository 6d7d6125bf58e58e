/** Paths that a report tells of: the one that was asked, and those at which MCP is served. */
import type { Line } from './words.js';

export const pathOf = (url: string): string => (URL.canParse(url) ? new URL(url).pathname.replace(/\/+$/, '') : url);

/** Talk of sessions, sign-in and optional streams: a 404 there is another matter. */
export const OTHER_MATTER = /session|oauth|authoriz|registr|register|well-known|metadata|sse stream|-32001|\bGET \//i;

/** A path that the server says it serves MCP at: a whole URL, or the path behind a word for it. */
const ANNOUNCED = [
  /https?:\/\/[\w.[\]:-]+(?<path>\/[\w./-]*\w)/i,
  /\b(?:endpoint|path|route|mount(?:ed)?|listening|available|serving|mapped|registered|POST)\b[^/]{0,40}?(?<path>\/[\w./-]*\b(?:mcp|sse|stream\w*|rpc|messages?)\b[\w/-]*)/i,
];

/** Where else the log says that MCP is served, when every request of the client was refused at one path. */
export function announcedBeside(log: Line[], asked: string): string | null {
  const trim = (path: string) => path.replace(/\/+$/, '');
  const mcp = /mcp|sse|stream|rpc|message/i;
  // Lines of requests, and addresses of other things (documentation, repositories), announce nothing.
  const lines = log.filter(({ text }) => !/\bHTTP\/\d|\b[345]\d\d\b(?! ?ms)|docs|github|deprecat/i.test(text));
  for (const { text } of lines) {
    const path = ANNOUNCED.map((form) => form.exec(text)?.groups?.path).find((p) => p !== undefined && mcp.test(p));
    if (path !== undefined && trim(path) !== trim(asked)) return path;
  }
  return null;
}

/** Routes of a proxy, as a pasted entry lists them, of which none but the catch-all leads to the path of the URL. */
export function routesBeside(entry: string | undefined, url: string | undefined): string[] | null {
  if (!entry || !url || !URL.canParse(url)) return null;
  const [, list] = /"[^"]*(?:location|route|path|ingress)[^"]*"\s*:\s*(\[[^\]]{2,1000}\])/i.exec(entry) ?? [];
  const routes = [...(list ?? '').matchAll(/"(\/[^"]*)"/g)].map(([, route = '']) => route);
  const path = `${pathOf(url)}/`;
  const covered = routes.some((route) => route !== '/' && path.startsWith(route.replace(/\/?\*?$/, '/')));
  return routes.length > 1 && !covered ? routes : null;
}

/** The client asks for another path than that of its entry, which it appends, and is refused there. */
export function appended(lines: Line[], url: string | undefined): Line | null {
  if (!url || !URL.canParse(url)) return null;
  const { host } = new URL(url);
  const asked = pathOf(url);
  return (
    lines.find(({ text }) => {
      const [, to = ''] = /\b(?:GET|POST) (https?:\/\/[^\s"']{1,300})\W{1,5}(?:HTTP )?404\b/.exec(text) ?? [];
      return URL.canParse(to) && new URL(to).host === host && pathOf(to) !== asked && !OTHER_MATTER.test(pathOf(to));
    }) ?? null
  );
}
