/**
 * Name and major version of the case file's format. Within a major only optional fields are added. It stands apart from the
 * schema, so that writing a case does not load the schema library.
 */
export const CASE_FORMAT = 'mcp-verdict.case/1';
