/** A case file from what a person told: nothing is touched, and nothing is believed to have been seen by us. */
import { createHash } from 'node:crypto';
import type { CaseFile } from '../case/case-file.js';
import type { EvidenceKind } from '../case/evidence.js';
import { redactor, secretArgs, secretUrl, secretValues } from '../case/redact.js';
import { requestSecrets } from '../case/reported-http.js';
import { evidenceOf, type Symptoms } from '../case/symptoms.js';
import { CaseDraft } from '../case/write.js';
import { TOOL } from '../tool.js';

/** Values that the entry gives and that must not appear anywhere else in the report. */
function secretsOf(symptoms: Symptoms): string[] {
  const { entry = {}, url } = symptoms;
  const named = [entry.env, entry.environment, entry.envs, entry.headers];
  const words = [entry.command, entry.args].flat().filter((word) => typeof word === 'string');
  return [
    ...named.flatMap((values) =>
      typeof values === 'object' && values !== null ? secretValues(values as Record<string, unknown>) : [],
    ),
    ...secretArgs(words),
    ...requestSecrets(symptoms),
    ...[url, entry.url].flatMap((text) => (typeof text === 'string' ? secretUrl(text) : [])),
  ].flatMap((value) => [value, value.replace(/^(?:Bearer|Basic|Token)\s+/i, '')]);
}

/** `complaint` is the text as pasted. `takenAt` is ISO 8601. */
export function caseOfSymptoms(symptoms: Symptoms, complaint: string | undefined, takenAt: string): CaseFile {
  const { transport, entry } = symptoms;
  const evidence = evidenceOf(symptoms);
  const url = symptoms.url ?? (evidence.launch ? undefined : evidence.reported?.url);
  const command = typeof entry?.command === 'string' ? entry.command : undefined;
  const http =
    transport === 'streamable-http' ||
    transport === 'sse' ||
    (transport === undefined && (symptoms.http !== undefined || url !== undefined || symptoms.exchanges !== undefined));
  const draft = new CaseDraft({
    origin: 'reported',
    takenAt,
    tool: TOOL,
    host: { os: symptoms.os ?? 'other', arch: 'unknown' },
    target: {
      transport: http ? 'http' : transport === 'stdio' || command !== undefined ? 'stdio' : 'unknown',
      label: (symptoms.log?.server ?? command ?? url ?? symptoms.config?.file ?? 'the pasted report').slice(0, 500),
      ...(command !== undefined && { command }),
      ...(url !== undefined && { url }),
    },
    complaint,
    redact: redactor(secretsOf(symptoms)),
    now: () => 0,
    sha256: (text) => createHash('sha256').update(text).digest('hex'),
  });
  for (const [kind, value] of Object.entries(evidence)) draft.seen(kind as EvidenceKind, value as never);
  return draft.seal();
}
