/** Requests that somebody made by hand in PowerShell, whose cmdlets print an error in place of the answer. */
import type { Exchange } from './evidence.js';
import { exchangeFrom, isCredential } from './exchange.js';

const CMDLET = String.raw`(?:Invoke-(?:WebRequest|RestMethod)|iwr|irm|curl|wget)`;
/** PowerShell 5: "The remote server returned an error: (404) Not Found."; 7: "Response status code does not indicate success: 404 (Not Found)." */
const REFUSED = new RegExp(
  String.raw`^\s{0,3}${CMDLET} ?: (?:.{0,40}?\berror: \((?<five>[1-5]\d\d)\)|Response status code does not indicate success: (?<seven>[1-5]\d\d)\b)`,
  'i',
);
/** The body, where the cmdlet shows that. */
const BODY = new RegExp(String.raw`^\s{0,3}${CMDLET} ?: (?<body>[{<].*)$`, 'i');
const COMMAND = new RegExp(String.raw`\b${CMDLET} (?<arguments>(?!: ).{0,2000}https?:.{0,2000})`, 'i');

/** No cmdlet names what it accepts, which stands for anything (RFC 9110, section 12.5.1). */
const ANY = { accept: '*/*' };

/** The requests, in order; their commands stand above them or, marked with +, below. */
export function powerShellIn(lines: string[]): Exchange[] {
  const answers = lines.flatMap((line) => {
    const { five, seven } = REFUSED.exec(line)?.groups ?? {};
    const body = BODY.exec(line)?.groups?.body;
    return five || seven || body ? [{ status: Number(five ?? seven) || undefined, body }] : [];
  });
  if (answers.length === 0) return [];
  const command = lines.map((line) => COMMAND.exec(line)?.groups?.arguments).find((found) => found !== undefined) ?? '';
  const url = /https?:\/\/[^\s"'`,;)]{1,2000}/.exec(command)?.[0];
  const method = /-Method ['"]?(?<method>[a-z]{3,7})/i.exec(command)?.groups?.method?.toUpperCase();
  const headers = /-Headers? (?<headers>@\{[^}]{0,2000}\}|\$\w{1,40})/i.exec(command)?.groups?.headers;
  const names = [...(headers ?? '').matchAll(/['"]?(?<name>[\w-]{1,60})['"]?\s?=/g)].map(
    ({ groups }) => groups?.name ?? '',
  );
  const unknown = command === '' || headers?.startsWith('$');
  const credentials = names.some(isCredential) ? 'sent' : unknown ? 'unknown' : 'none';
  return answers.slice(0, 10).map(({ status, body }) =>
    exchangeFrom({
      method: method ?? (command ? 'GET' : 'POST'),
      url,
      status,
      body,
      credentials,
      requestHeaders: ANY,
    }),
  );
}
