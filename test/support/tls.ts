/** A certificate authority of our own, made by openssl for one run of the tests, and what it signs. Nothing of it is kept. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { removeFolder, temporaryFolder } from './part.js';

export interface Certificate {
  /** The certificates as a server sends them, the key, and both in one file. */
  chain: string;
  key: string;
  both: string;
}

export interface Authority {
  /** The file that NODE_EXTRA_CA_CERTS names. */
  ca: string;
  /** For localhost, valid. */
  good: Certificate;
  /** For localhost, ended yesterday. */
  expired: Certificate;
  /** Valid, for another name. */
  otherName: Certificate;
  /** For localhost, signed by itself. */
  selfSigned: Certificate;
  /** Signed by an intermediate authority, sent with it. */
  intermediate: Certificate;
  /** The same without it: what a server sends whose file holds the first certificate only. */
  intermediateMissing: Certificate;
  remove(): void;
}

const DAY_MS = 86_400_000;
/** The form of dates in ASN.1: YYMMDDHHMMSSZ. */
const asn1 = (ms: number): string => `${new Date(ms).toISOString().replace(/\D/g, '').slice(2, 14)}Z`;
const LOCALHOST = 'DNS:localhost,IP:127.0.0.1,IP:::1';

export function authority(): Authority {
  const folder = temporaryFolder('ca');
  try {
    return fill(folder);
  } catch (error) {
    removeFolder(folder);
    throw error;
  }
}

function fill(folder: string): Authority {
  const at = (name: string): string => join(folder, name);
  const openssl = (...args: string[]) =>
    execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });

  const request = (name: string, subject: string) =>
    openssl(
      ...['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...[
        '-keyout',
        at(`${name}.key`),
        '-out',
        at(`${name}.csr`),
        '-subj',
        `/CN=${subject}`,
        '-config',
        at('empty.cnf'),
      ],
    );
  /** `by` is the name of the authority that signs; the certificate's own name signs itself. */
  const sign = (name: string, by: string, extensions: string, from = Date.now() - DAY_MS, to = Date.now() + DAY_MS) => {
    writeFileSync(at(`${name}.ext`), extensions);
    // `openssl ca` is the one command that knows dates in every release.
    writeFileSync(at('index.txt'), '');
    const signer = by === name ? ['-selfsign'] : ['-cert', at(`${by}.pem`)];
    openssl(
      ...['ca', '-batch', '-notext', '-config', at('ca.cnf'), '-keyfile', at(`${by}.key`), ...signer],
      ...['-in', at(`${name}.csr`), '-out', at(`${name}.pem`), '-extfile', at(`${name}.ext`)],
      ...['-startdate', asn1(from), '-enddate', asn1(to)],
    );
  };
  const certificate = (name: string, ...behind: string[]): Certificate => {
    const chain = [name, ...behind].map((file) => readFileSync(at(`${file}.pem`), 'utf8')).join('');
    const file = at([name, ...behind, 'chain.pem'].join('-'));
    writeFileSync(file, chain);
    writeFileSync(`${file}.both`, chain + readFileSync(at(`${name}.key`), 'utf8'));
    return { chain: file, key: at(`${name}.key`), both: `${file}.both` };
  };

  writeFileSync(at('empty.cnf'), '[req]\ndistinguished_name = dn\n[dn]\n');
  writeFileSync(
    at('ca.cnf'),
    `[ca]\ndefault_ca = own\n[own]\ndatabase = ${at('index.txt')}\nnew_certs_dir = ${folder}\ndefault_md = sha256\npolicy = any\nunique_subject = no\nrand_serial = yes\n[any]\ncommonName = supplied\n`,
  );
  const isAuthority = 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n';
  const leaf = (names: string): string =>
    `subjectAltName=${names}\nbasicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\n`;
  request('root', 'Example Private CA');
  sign('root', 'root', isAuthority, undefined, Date.now() + 30 * DAY_MS);
  request('issuing', 'Example Issuing CA');
  sign('issuing', 'root', isAuthority);
  for (const [name, by, names, subject] of [
    ['good', 'root', LOCALHOST, 'localhost'],
    ['other', 'root', 'DNS:mcp.internal.example', 'mcp.internal.example'],
    ['self', 'self', LOCALHOST, 'localhost'],
    ['issued', 'issuing', LOCALHOST, 'localhost'],
  ] as const) {
    request(name, subject);
    sign(name, by, leaf(names));
  }
  request('expired', 'localhost');
  sign('expired', 'root', leaf(LOCALHOST), Date.now() - 90 * DAY_MS, Date.now() - DAY_MS);
  return {
    ca: at('root.pem'),
    good: certificate('good'),
    expired: certificate('expired'),
    otherName: certificate('other'),
    selfSigned: certificate('self'),
    intermediate: certificate('issued', 'issuing'),
    intermediateMissing: certificate('issued'),
    remove: () => removeFolder(folder),
  };
}
