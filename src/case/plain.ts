/**
 * Colour codes (SGR sequences, ECMA-48 section 8.3.117) as loggers write them.
 * They say nothing, and stand between a reader and the first word of a line. Every other sequence stays, to be shown as it is.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what is looked for
const COLOUR = /(?:\u001B\[|\u009B)[\d;:]{0,30}m/g;

/** A line without its colours. */
export const plain = (line: string): string => line.replace(COLOUR, '');
