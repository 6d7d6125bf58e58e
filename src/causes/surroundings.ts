/**
 * Faults of what a program stands on, as its last words tell them: a missing module, a closed port, another processor. A crash that
 * ends with one of these is no mere fault of the program; causes that know more tell it.
 */

const EXCEPTIONS =
  /\b(?:ModuleNotFound|Import|Syntax|FileNotFound|NoSuchFile|AccessDenied|Permission|Connect\w*|Socket|Bind|HttpRequest|UnknownHost|ServiceUnavailable|Operational|Database|Sql|SQL|Mongo\w*|Redis\w*|Lock\w*|IO|Io|Parse\w*|Scanner|YAML|Yaml|Toml|TOML\w*|Auth\w*|\w*Timeout|OS|Key|Validation|Zod|Unicode\w*|Encoding|Config\w*|Environment|SSL\w*|Memory|NoClassDefFound|UnsupportedClassVersion|ClassNotFound)(?:Error|Exception)\b/i;
const SAYINGS =
  /\bERR_|\binvalid\b|\bmust be\b|\brequired\b|\bmissing\b(?! \d+ required positional)|Cannot find|not found|dlopen|no such|version|permission|denied|is not defined$|charmap|codec|has no attribute|unexpected keyword|server\.\w+ is not a function|not installed|could be detected|\block/i;
const TOOLS =
  /valid for encoding|ES module scope|_zod|_parse is not a function|is not a constructor|native binding|markAsUncloneable|Failed opening required|request to https?:\S+ failed|method literal|NODE_MODULE_VERSION/i;
/** Faults of the machine below the program: another processor, an older C library, a variable of the session. */
const MACHINE =
  /\bELF\b|architecture|\bGLIBC|CPU type|[Ee]xec format|valid Win32|[Oo]peration not permitted|code signature|_Py_Hash|home directory|argument must be of type string|['"]undefined[\\/]|[Ii]llegal instruction|SIGILL|\bNotPresent\b|\b(?:HOME|USERPROFILE|APPDATA|DISPLAY|[A-Z]+_HOME|XDG_\w+)\b/;

/** Whether a last word tells of the surroundings rather than of a fault of the program itself. */
export const ofSurroundings = (text: string): boolean =>
  [EXCEPTIONS, SAYINGS, TOOLS, MACHINE].some((pattern) => pattern.test(text));
