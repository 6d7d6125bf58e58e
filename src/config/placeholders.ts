/** Values that somebody was meant to replace, and values that are secrets. */
import { isPlaceholder, isSecretName, redactor } from '../case/redact.js';
import { referencesIn } from './references.js';

const KEYS =
  'key|token|secret|id|password|pass|url|uri|path|name|user|username|here|org|project|host|domain|account|email|workspace|database|api|value|server|dir|directory|folder|file|pat|string|instance|region|subdomain|company|repo|site|bot';

/** Signs that fill a place. In an argument that is no secret they may be meant. */
const FILLER = /^(?:x{3,}|\.{3,}|…|\*{3,})$/i;

const LEFT = [
  /^<(?!https?:)[^<>]{1,80}>$/,
  /^\[[^\]]{0,20}your[^\]]{0,60}\]$/i,
  /^\{\{?[^{}]{0,20}your[^{}]{0,60}\}?\}$/i,
  /<(?:your|my|insert|path|api|access|auth|token|url|key|project|user|replace|the|add|put|enter|paste|host|port|name|secret)[^<>]{0,60}>/i,
  new RegExp(String.raw`(?<![A-Za-z])your[-_ ](?:own[-_ ])?(?:[\w.]+[-_ ]){0,6}?(?:${KEYS})(?![A-Za-z])`, 'i'),
  /^my[-_ ](?:[\w.]+[-_ ]){0,3}(?:key|token|secret|password)$/i,
  /(?<![A-Za-z])(?:api[-_ ]?key|token|secret|password|key|id|value)[-_ ](?:goes[-_ ])?here(?![A-Za-z])/i,
  /(?<!\$)\{\{\s*[A-Za-z_][\w-]*\s*\}\}/,
  /^<[A-Z][A-Z0-9 _-]{0,40}>(?=[\\/])/,
  /^[a-z]+:\/\/(?:[\w-]+\.)*your[-_][\w-]+/i,
  /^[a-z]{2,12}[-_](?:\.{3}|…)$/i,
  FILLER,
  /^(?:change[-_ ]?me|replace[-_ ]?(?:me|this|with.*)|todo|tbd|fixme|placeholder|dummy|(?:insert|paste|enter|put|add)[-_ ](?:your|the|here|api|token|key).*)$/i,
  /^(?:Bearer |Basic |Token |token )?(?:sk|pk|rk|gh[opusr]|xox[abp]|ya29|glpat|github_pat|secret|ntn|hf|fc|tvly|pat|key|lin_api|figd)(?:[-_.][a-z]{2,8}[0-9]{0,2})?[-_.]+(?:\.{2,}|…|x{3,}|\*{3,}|your)/i,
  /^(?:Bearer|Basic|Token) (?:x{3,}|\.{3,}|…|\*{3,}|<[^<>]{1,60}>|(?:your|my)[-_ ]?\w*|token|TOKEN|API_KEY)$/i,
];

/** Folders of examples. */
const EXAMPLE_PATH =
  /^\/your\/[\w/.-]*|(?:^|[\\/])(?:path|(?:absolute|full|your)[\\/_ -]path)[\\/_ -]to(?:[\\/]|$)|^(?:\/Users|\/home|[A-Za-z]:[\\/]+Users)[\\/]+(?:username|your[-_ ]?(?:user)?[-_ ]?name|your[-_ ]?user|USERNAME|<[^<>]+>)(?:[\\/]|$)/i;

/** A value that nobody filled in. References to variables are none. */
export const isLeft = (text: string): boolean => {
  const value = text.trim();
  return value !== '' && value.length <= 400 && LEFT.some((pattern) => pattern.test(value));
};

export const isFiller = (text: string): boolean => FILLER.test(text.trim());

/** A path that stands in examples only. */
export const isExamplePath = (text: string): boolean => text.length <= 400 && EXAMPLE_PATH.test(text);

const redact = redactor();

/** Words, numbers, paths and addresses: no secret, whatever the name of the variable. */
const PLAIN =
  /^(?:true|false|null|none|\d{1,6}|[a-z]+(?:[-_ ][a-z]+)*|[A-Z_]+|[./~\\].*|[A-Za-z]:[\\/].*|https?:\/\/[^@]*)$/i;

/** The address of a machine or a database without anybody's password in it. */
const hasNoPassword = (value: string): boolean => {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(value))
    return (
      !/^[^/?#]*\/\/[^/?#]*@/.test(value) &&
      !/[?&#](?:[\w-]*(?:key|token|secret|password|sig|auth)[\w-]*)=/i.test(value)
    );
  return (
    /^(?:[\w .]+=[^;]*;?){2,}$/.test(value) && /;/.test(value) && !/(?:password|pwd|key|secret|token)\s*=/i.test(value)
  );
};

/** A value that is a secret: by its shape, or by the name of what it is given to and its look. */
export function isSecret(name: string, text: string): boolean {
  const value = text.trim();
  if (value.length < 8 || isLeft(value) || isPlaceholder(value) || referencesIn(value).length > 0) return false;
  if (redact(value) !== value) return true;
  if (hasNoPassword(value)) return false;
  const bare = value.replace(/^(?:Bearer|Basic|Token|ApiKey)\s+/i, '');
  // A number of tokens is none.
  if (/tokens$/i.test(name) && /^\d+$/.test(bare)) return false;
  return isSecretName(name) && bare.length >= 8 && !PLAIN.test(bare);
}
