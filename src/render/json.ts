import type { Verdict } from '../verdict/verdict.js';
import { escapeJson } from './escape.js';

/** The verdict as one JSON document, indented, with a newline at the end. */
export const renderJson = (verdict: Verdict): string => `${escapeJson(JSON.stringify(verdict, null, 2))}\n`;
