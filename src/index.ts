/**
 * mcp-verdict as a library: `investigate` looks, `diagnose` thinks, the renderers speak.
 *
 *     const file = await investigate({ kind: 'stdio', command: 'node', args: ['server.js'], env: {} });
 *     const verdict = diagnose(file);
 */
export type { Attempt, CaseFile, Target, TimelineEvent } from './case/case-file.js';
export type { Evidence, EvidenceKind, Exchange } from './case/evidence.js';
export { readCase, readSymptoms, UnreadableError } from './case/read.js';
export { type Symptoms, symptomsOf } from './case/symptoms.js';
export { writeCase } from './case/write.js';
export type { Cause, Certainty, Culprit, FixStep, Severity } from './causes/cause.js';
export { causes } from './causes/index.js';
export type { Check, CheckLevel, CheckOutcome } from './checks/check.js';
export { checks } from './checks/index.js';
export { type InvestigateOptions, investigate, type TargetSpec } from './probe/investigate.js';
export { caseOfSymptoms } from './probe/reported.js';
export { renderAgent } from './render/agent.js';
export { renderJson } from './render/json.js';
export { renderTerminal } from './render/terminal.js';
export { diagnose } from './verdict/diagnose.js';
export type { CheckResult, Citation, Finding, PathStep, Status, Verdict } from './verdict/verdict.js';
