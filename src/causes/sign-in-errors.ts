/**
 * What programs say when a sign-in fails: sentences of SDKs and of authorization servers, and the error codes of OAuth. One row is
 * one class of wording and blames one cause. The first row that fits a line owns the line, so particulars stand first and bare codes
 * last. What people say of a failure is read by each cause itself.
 */

import { BARE, code } from './sign-in-codes.js';

/** The step of the sign-in at which something was said, as far as it can be told. */
export type Step = 'registration' | 'authorization' | 'token' | 'refresh' | 'resource' | 'unknown';

export interface Row {
  blames: string;
  /** One of these must stand in the line. */
  says: readonly RegExp[];
  /** And this as well; and not that. */
  beside?: RegExp;
  without?: RegExp;
  /** Only at these steps. */
  at?: readonly Step[];
  /** A row that points to the fault and does not name it: another may leave the same words. */
  hint?: true;
  /** What a code means, where it does not say so itself. */
  means?: string;
}

/** Both words in one sentence, in either order. */
const near = (a: string, b: string, gap = 60): RegExp =>
  new RegExp(String.raw`(?:${a})[^\n]{0,${gap}}?(?:${b})|(?:${b})[^\n]{0,${gap}}?(?:${a})`, 'i');

const REFUSED = String.raw`(?:\b(?:not (?:an? )?(?:allowed|permitted|supported|registered|configured|valid|available|enabled|recogni[sz]ed|granted|accepted|found|match\w*)|does(?: not|n't) (?:exist|match|support|accept)|did(?: not|n't) match|(?:is|are|was) invalid|invalid|unknown|unsupported|incorrect|wrong|mismatch\w*|malformed|rejected|expired|missing|required)\b|ung(?:ü|ue)ltig|nicht (?:registriert|gefunden|erlaubt)|non valide|invalide|introuvable|inv[áa]lid[oa]|no v[áa]lid[oa]|недопустим|недейств|неверн|無効|無效|无效|不正|不匹配|잘못된)`;

/** Sentences that name the fault, whoever says them. */
const NAMED: Row[] = [
  // The sentence of RFC 6749 for invalid_grant, which mentions all that it may be.
  {
    blames: 'auth-token-request-refused',
    says: [/\b(?:authori[sz]ation )?grant\b.{0,60}\bis invalid, expired,? (?:or )?revoked\b.{0,60}\bredirect/i],
    without: /\brefresh(?:ing|ed|es)? (?:the |an? )?(?:access )?tokens?\b.{0,20}\bfailed\b|\bfailed to refresh\b/i,
  },
  // Two names that every other sentence may mention as well: what is said of them goes first.
  {
    blames: 'auth-redirect-uri-mismatch',
    says: [
      near(String.raw`\bredirect(?:[_ -]?ur[il]s?|ion ur[il]| address)\b`, REFUSED),
      near(String.raw`\bcallback (?:ur[il]s?|address)\b`, REFUSED, 40),
      /\b(?:unauthori[sz]ed|forbidden|disallowed|illegal|untrusted) redirect\b|\bonly (?:\w+ )?(?:whitelists?|allows?|accepts?|permits?|registers?|knows?) (?:https?|[a-z][\w+.-]{2,20}):\/\/\S{0,80}(?:callback|redirect|oauth)/i,
      near(String.raw`\bredirect(?:ion)? (?:scheme|host|domain|port|path|target)\b`, REFUSED, 40),
      /\b(?:does(?: not|n't)|did(?: not|n't)|won't|not|never) (?:allow|accept|permit|support|register|whitelist|list)\w*\b.{0,40}\b(?:redirect(?:ion)?|callback)(?: ur[il]s?| scheme| address| host)?\b/i,
    ],
  },
  {
    blames: 'auth-registration-stale',
    says: [
      /\b(?:unknown|unrecogni[sz]ed|unregistered|non-?existent|deleted) (?:oauth )?client(?:[_ ]?id)?\b(?![_ ](?:auth|secret|error))/i,
      /\bclient(?:[_ -]?id)?\b[ :=]{0,3}["'`(]{0,2}(?:[\w.:/-]{3,120})?["'`)]{0,2}:? (?:was |is |has been |could )?(?:not (?:be )?(?:found|registered\b(?! with)|known|recogni[sz]ed)|unknown|deleted|removed|does(?: not|n't) exist)/i,
      /\bclient with (?:the )?(?:id|client_id)\b.{0,80}\b(?:not found|does not exist|unknown)\b|\binvalid (?:value for )?['"`(]?client_id\b/i,
      /\bclient is invalid\b|\bThe OAuth client was not found\b|\brequested OAuth 2\.0 Client does not exist\b/i,
    ],
    without: /\bMCP client\b|\bclient_secret\b|\b(?:scope|redirect|grant|auth(?:entication)? method)\b/i,
  },
  {
    blames: 'auth-resource-mismatch',
    says: [
      code('resource_mismatch|ResourceMismatch\\w*'),
      /\bprotected[- ]resource\b.{0,160}\b(?:(?:does|did)(?: not|n't) (?:exactly )?match|must (?:exactly )?(?:match|equal|be))\b/i,
      /\bresource\b.{0,160}\b(?:does|did)(?: not|n't) match\b.{0,30}\bexpected\b/i,
      near(
        String.raw`\bresource (?:parameter|indicator)\b`,
        String.raw`\b(?:not|n.t|invalid|unknown|missing|mismatch\w*|must be)\b`,
        60,
      ),
    ],
  },
  // Only some clients may register, or have an account there.
  {
    blames: 'auth-registration-unsupported',
    says: [
      code('unapproved_client|client_not_allowed|client_not_approved|client_not_allowlisted'),
      /\bclient(?:[_ ]name)?\b.{0,60}\b(?:not|n't)\b.{0,16}\b(?:approved|allow(?:ed)?|white)[- _]?list\w*|\b(?:only|just) (?:approved|allow-?listed|verified|known) (?:MCP )?clients\b/i,
      /\bHTTP 403: Invalid OAuth error response\b/i,
    ],
  },
  // A registration runs out with its secret, and the client that is renewed is no longer known.
  {
    blames: 'auth-registration-stale',
    says: [/\bclient secret (?:has |is )?expired\b/i],
    without: /\bAADSTS/,
  },
  {
    blames: 'auth-registration-stale',
    at: ['refresh'],
    says: [code('invalid_client|InvalidClient\\w*')],
  },
  {
    blames: 'auth-registration-stale',
    says: [/\bclient_id\b["'`]?,? (?:that|which) (?:is|was) (?:not registered|unknown|no longer)\b/i],
  },
  // PKCE: before the code is exchanged it is a matter of the metadata, after that of the verifier.
  {
    blames: 'auth-token-request-refused',
    says: [
      near(String.raw`\bcode[_ -]?verifier\b`, REFUSED, 80),
      /\bcode[_ -]?verifier\b.{0,40}\b(?:fail\w*|does not)\b/i,
      /\bPKCE (?:code )?(?:verification|validation|verifier|check)\b.{0,30}\b(?:failed|mismatch|invalid|did not match|error)\b/i,
      /\b(?:failed|unable|could not) (?:to )?verify (?:the )?code (?:challenge|verifier)\b/i,
      /\bcode challenge\b.{0,30}\b(?:did|does) not match\b/i,
    ],
  },
  {
    blames: 'auth-pkce-unsupported',
    says: [
      /\bcode_challenge_methods_supported["'`]?\s?[:=]\s?\[(?![^\]]*S256)[^\]]{0,100}\]/i,
      /\bdoes(?: not|n't) (?:support|implement|advertise|offer|announce|list|include|contain|mention)\b.{0,20}\b(?:PKCE|S256|code[ _]challenge)/i,
      /\b(?:PKCE|S256)\b.{0,30}\b(?:not (?:supported|advertised|offered|listed|available)|unsupported)\b/i,
      /\bcode_challenge_methods_supported\b["'`]?.{0,60}\b(?:missing|absent|omitted|not|null|undefined|empty|lacks?|required)\b/i,
      /\b(?:missing|lacks?|without|omits?|no)\b.{0,30}\bcode_challenge_methods_supported\b/i,
      /\b(?:requires?|expects?|needs?|wants)\b.{0,30}\bcode_challenge_methods_supported\b/i,
      /\b(?:must|should|has to) (?:advertise|support|list|include)\b.{0,30}\b(?:PKCE|S256|code_challenge)/i,
      near(String.raw`\b(?:code[_ ]challenge[_ ]method|transform algorithm)\b`, REFUSED, 40),
    ],
  },
  {
    blames: 'auth-sign-in-refused',
    says: [
      near(String.raw`\bcode[_ ]challenge\b`, String.raw`\b(?:missing|required|must|without)\b`, 40),
      /\bPKCE\b.{0,40}\b(?:required|mandatory|enforced|must)\b|\b(?:requires?|must use) PKCE\b/i,
    ],
  },
  // The method of one client is said at its registration, that of the server in its metadata.
  {
    blames: 'auth-registration-unsupported',
    says: [
      /\btoken_endpoint_auth_method\b["'`]?(?:.{0,40}\b(?:expected|must|not|should|unsupported|invalid|only|none)\b)/i,
    ],
    without: /\btoken (?:exchange|request)\b/i,
  },
  // The client, and how it proves who it is, at the token endpoint.
  {
    blames: 'auth-token-request-refused',
    says: [
      near(String.raw`\bclient[_ ]?secret\b`, REFUSED),
      near(String.raw`\b(?:client[_ ]auth(?:entication)?[_ ](?:method|mechanism))\b`, REFUSED),
      /\bclient_secret_(?:basic|post|jwt)\b.{0,60}\b(?:requires|not|unsupported|but|instead|must|rejected)\b/i,
      /\binvalid[_ ]client[_ ](?:secret|credentials)\b|\binvalid (?:PKCE|code) verifier\b|\bclient credentials (?:are |is )?(?:invalid|incorrect|missing|not)\b/i,
      /\bclient authentication method\b.{0,40}\bbut method\b/i,
      /\bgrant[ _]type\b.{0,30}\bnot (?:supported|allowed|permitted|enabled)\b/i,
      /\bonly be provided using one mechanism\b|\bno client authentication\b/i,
      code(
        'incorrect_client_credentials|invalid_client_credentials|pkce_verification_failed|invalid_code_verifier|code_verifier_missing|bad_verification_code|unsupported_grant_type|UnsupportedGrantType\\w*|invalid_dpop_proof|use_dpop_nonce|mcp_token_exchange_failed',
      ),
    ],
    // Of the metadata it is only said what it offers.
    without: /\btoken_endpoint_auth_methods_supported\b|\bregistration\b/i,
  },
  {
    blames: 'auth-token-request-refused',
    says: [
      /\bmissing (?:required )?(?:form |body |OAuth )?(?:parameters?:? |field:? )?["'`]?(?:client_id|grant_type|code|code_verifier|refresh_token)\b|(?:InvalidRequestError|\binvalid_request)\b.{0,20}\b(?:client_id|grant_type|code|code_verifier) is (?:required|missing)\b/i,
    ],
    without: /\bregist(?:er|ration)\b|\bauthorize\b|\binvalid_client\b/i,
  },
  {
    blames: 'auth-token-request-refused',
    says: [
      /\b(?:missing|no|without)\b.{0,10}\b(?:client[_ ]?id|client credentials)\b|\bclient[_ ]?id (?:is )?(?:missing|required)\b/i,
    ],
    beside: /\binvalid_client\b|\bInvalidClient/i,
  },
  {
    blames: 'auth-token-request-refused',
    says: [
      near(
        String.raw`\b(?:authori[sz]ation|auth)[_ ]code\b`,
        String.raw`\b(?:invalid|expired|already|not (?:found|valid|exist)|does(?: not|n't) exist|revoked|reused?|unknown|consumed|mismatch\w*|redeemed|was issued to)\b`,
        50,
      ),
    ],
  },
  {
    blames: 'auth-token-request-refused',
    says: [
      /\bcode (?:is |was |has |has been )?(?:not valid|invalid|expired|already (?:used|redeemed|consumed)|not found)\b/i,
    ],
    beside: /\binvalid_grant\b|\bgrant\b|\btoken exchange\b/i,
  },
  {
    blames: 'auth-token-request-refused',
    says: [
      /\b(?:invalid|malformed|unreadable|unexpected|failed to parse|could not parse|parse error)\b.{0,20}\b(?:the )?(?:OAuth )?token (?:endpoint |exchange )?(?:response|answer)\b/i,
      /\btoken (?:endpoint |exchange )?response\b.{0,60}\b(?:missing|lacks?|without|not (?:valid )?JSON|HTML|invalid|malformed|no access_token|did not)\b/i,
      /\btoken endpoint (?:returned|answered|responded|sent|gave|replied)\b.{0,30}\b(?:HTML|text|form|empty|4\d\d|5\d\d|no |not |invalid|an error)|\b(?:cannot|could not|can't|unable to|failed to|error) (?:fetch|get|obtain|retrieve|acquire|request)(?:ing)? (?:an? |the )?(?:access |oauth |initial )?tokens?\b|\b(?:access_token|token_type)\b\W{1,4}(?:is )?(?:required|undefined|missing)\b/i,
      /"access_token" property must be|\b(?:no|missing|without)\b.{0,20}[`'"]?access_token\b.{0,30}\b(?:response|answer|returned|body|field|payload)\b|\bmissing field [`'"]access_token/i,
      /\b(?:error|fail\w*) (?:during|in) (?:the )?auth(?:ori[sz]ation)? completion\b|\bFetch token call failed\b/i,
      /\bOAuth client information is required when exchanging\b|\bpath["']?\s?:\s?\[\s?["'](?:access_token|token_type)["']/i,
      /\btoken exchange (?:failed|error|request failed|rejected|returned|was refused)\b|\b(?:failed|unable|error|could not) (?:to )?exchang(?:e|ing) (?:the )?(?:authori[sz]ation )?code\b|\bcode exchange (?:failed|error)\b/i,
    ],
    without:
      /\binvalid_target\b|\bAADSTS|\bredirect[_ ]?ur[il]\b|\binvalid_scope\b|\bunknown client\b|\bclient (?:id )?not found\b/i,
  },
  // What may be done with a token, and what may be asked for.
  {
    blames: 'auth-insufficient-scope',
    says: [
      /\binsufficient[_ ]?scopes?\b|\bInsufficientScope|\binsufficient (?:authentication|oauth|token|access) scopes?\b|\bSCOPE_INSUFFICIENT\b|\binsufficient (?:permissions?|privileges)\b.{0,40}\bscopes?\b|\brequires higher privileges than provided by the access token\b/i,
      /\bscopes?\b.{0,80}\b(?:do(?:es)?(?: not|n't) (?:include|contain|cover|have|grant|match)|(?:is|are|was|were) (?:missing|required|needed|not (?:present|granted|enough|sufficient)))\b|\bneeded:? [\w:.]+,? (?:but )?(?:provided|got|has|granted):? /i,
      /\b403 after trying upscoping\b|\bstep-?up (?:re-?)?authori[sz]ation\b/i,
      code('missing_scope|insufficient_permissions_scope'),
      /\b(?:token|credentials?|grant|caller|request)\b.{0,40}\b(?:lacks?|missing|does(?: not|n't) (?:have|include|contain|carry)|without)\b.{0,30}\bscopes?\b/i,
      /\b(?:required|missing|necessary) scopes?\b.{0,30}\b(?:missing|not (?:present|granted|found|included)|absent)\b|\bmissing (?:the )?(?:required )?scopes?\b|\bscope does not match\b/i,
    ],
    without: /\bclient-registration\b|\bregister client\b|\bregistration\b/i,
  },
  {
    blames: 'auth-sign-in-refused',
    says: [
      /\b(?:requested |the )?scopes?\b[^\n]{0,60}?\b(?:is|are) (?:unknown|unsupported|unrecogni[sz]ed|disallowed|not (?:known|available|offered))\b|\b(?:standard|implicit|direct access|authori[sz]ation code) (?:flow|grants?) (?:is )?(?:disabled|not enabled)\b|\bclient is not (?:enabled|allowed)\b|\bdid(?: not|n't) (?:consent|approve|authori[sz]e|complete (?:the )?(?:login|sign-?in|authori[sz]ation))\b/i,
      /\b(?:invalid|unknown|unsupported|disallowed|malformed|bad)[_ ](?:oauth )?scopes?\b|\bInvalidScope/i,
      /\bscopes?\b[^\n]{0,80}?\b(?:not (?:allowed|permitted|supported|registered|configured|valid|available|enabled|recogni[sz]ed)|(?:is|are) invalid|does(?: not|n't) exist)\b/i,
      /\bnot (?:allowed to request|registered with) (?:the )?scopes?\b/i,
    ],
    without: /\bregistration\b|\bregister\b|\bAADSTS9010010\b/i,
  },
  // What came back from the browser.
  {
    blames: 'auth-sign-in-refused',
    says: [
      near(
        String.raw`\b(?:OAuth state|state parameter|state token|"?state"? (?:value|field))\b`,
        String.raw`${REFUSED}|\bmismatch\w*`,
        40,
      ),
      /\b(?:state|csrf)[_ ]mismatch\b|\bstate (?:does|did)(?: not|n't) match\b|\b(?:potential|possible) CSRF\b|\bstate: Field required\b|\binvalid (?:oauth |or expired )state\b/i,
    ],
  },
  {
    blames: 'auth-sign-in-refused',
    says: [
      code(
        'access_denied|AccessDeniedError|consent_required|interaction_required|login_required|account_selection_required|unsupported_response_type|UnsupportedResponseTypeError|unsupported_response_mode|org_internal|admin_policy_enforced|disallowed_useragent|temporarily_unavailable|unmet_authentication_requirements|insufficient_user_authentication|invalid_request_uri|invalid_request_object|request_not_supported',
      ),
      /\bdoes(?: not|n't) support response type\b/i,
      /\buser (?:has )?(?:denied|declined|cancell?ed|rejected|is not assigned|not assigned)\b.{0,60}\b(?:access|consent|authori[sz]ation|application|app|request|login|sign-?in)\b/i,
      /\b(?:consent|authori[sz]ation|access) (?:was |has been )?(?:denied|declined|refused|rejected) by (?:the )?(?:user|resource owner|admin\w*)\b/i,
      /\badmin(?:istrator)?'?s? (?:approval|consent)\b|\badmin(?:istrator)?s?\b.{0,30}\b(?:has(?: not|n't)|have(?: not|n't)|must|needs? to|can|did(?: not|n't)|only) (?:yet )?(?:been )?(?:approved?|allow\w*|consent\w*|authori[sz]ed?|grant\w*|enabled?)\b|\b(?:app|application|client|connector|integration)\b.{0,30}\b(?:is |was |has been )?(?:blocked|disabled|restricted|not (?:approved|allowed|authori[sz]ed|trusted|verified|enabled))\b.{0,40}\b(?:admin\w*|organi[sz]ation|workspace|tenant|company|policy)\b|\b(?:user|account)\b.{0,30}\b(?:is )?not (?:a )?(?:member|assigned|allowed|permitted|part|authori[sz]ed|invited|in)\b.{0,40}\b(?:organi[sz]ation|workspace|tenant|team|group|domain|application|app)\b/i,
      /\b(?:response_type|code_challenge|response type)\b.{0,20}\b(?:is |are )?(?:missing|required|invalid|not (?:supported|allowed|valid))\b|\bmissing (?:required )?(?:parameter:? )?["'`]?(?:response_type|state|scope|nonce)\b/i,
      /\bAccess blocked\b|\bhas not completed the Google verification\b|\bPolicy evaluation failed for this request\b|\bInvalid approval request\b|\bno connections enabled for the client\b|\bnot allowed to initiate browser login\b|\b(?:application|app|sign-?in|login|access)\b.{0,40}\b(?:restricted to|limited to|only (?:for|available to))\b.{0,30}\b(?:users|members|organi[sz]ation|tenant|workspace)\b/i,
    ],
    without: /\bregistration\b|\bclient-registration\b|\/register\b/i,
  },
  // What the authorization endpoint does not take among the parameters of the request.
  {
    blames: 'auth-sign-in-refused',
    says: [
      /\b(?:unrecogni[sz]ed|unknown|unexpected|unsupported|invalid|disallowed) (?:key|parameter|query|field|argument)s?(?:\(s\))?\b.{0,60}\b(?:access_type|prompt|audience|response_type|response_mode|code_challenge|resource|nonce|login_hint|acr_values)\b/i,
    ],
  },
  // A page of the sign-in that fails, as somebody followed it.
  {
    blames: 'auth-sign-in-refused',
    says: [
      /\/(?:authorize|consent|login|signin|sign-in|oauth2?\/auth)\b[^\s]{0,300}["'`)]?[^\w\n]{1,12}(?:(?:HTTP|returns?|returned|status|gives|responds|with)\W{1,3}){0,3}\(?(?:4(?!0[15])\d\d|5\d\d)\b/i,
    ],
  },
  {
    blames: 'auth-sign-in-refused',
    says: [/\b(?:authentication|authori[sz]ation|sign-?in|login|OAuth)(?: flow)? (?:timeout|timed out)\b/i],
    without: /\b(?:SMTP|SSH|database|LDAP|imap)\b/i,
  },
  {
    blames: 'auth-sign-in-refused',
    hint: true,
    says: [
      /\b(?:OAuth|authori[sz]ation|authentication|login|sign-?in|callback)\b.{0,40}\b(?:timed out|timeout)\b.{0,40}\b(?:waiting|callback|code|browser|user|authori[sz]ation)\b|\btim(?:ed out|eout) waiting for (?:the )?(?:OAuth|authori[sz]ation|callback|browser|auth)/i,
      /\b(?:OAuth |login |auth\w* )?(?:callback|login|sign-?in|authori[sz]ation)\b.{0,20}\b(?:cancell?ed|aborted|rejected|abandoned)\b|\b(?:cancell?ed|aborted) (?:the )?(?:OAuth|authori[sz]ation|sign-?in)\b/i,
      /\bno (?:authori[sz]ation )?code (?:was )?(?:received|provided|returned|found|in)\b/i,
    ],
  },
  // What libraries say of a token that they cannot take: signature, form, key.
  {
    blames: 'auth-token-expired',
    says: [
      code(
        'ERR_JWT_EXPIRED|TokenExpiredError|ExpiredSignatureError|ExpiredTokenException|JWTExpired|ExpiredJwtException',
      ),
      /\bjwt expired\b|\b"exp" claim timestamp check failed\b|\btoken is expired\b/i,
    ],
  },
  {
    blames: 'auth-credentials-rejected',
    says: [
      code(
        'ERR_JWS_\\w+|ERR_JWKS_\\w+|ERR_JWT_INVALID|ERR_JOSE_\\w+|JsonWebTokenError|InvalidSignatureError|SignatureVerificationError|JWSSignatureVerificationFailed|JwtValidationException|BadJwtException|MalformedJwtException|SignatureException|InvalidKeyError|InvalidAlgorithmError|BadSignatureError',
      ),
      /\binvalid (?:token )?signature (?:for|of|in|on) (?:the )?(?:token|jwt)\b|\bJWS\b.{0,30}\b(?:expected|parts|segments|malformed)\b|\bunknown kid\b|^\W*\{?\W*(?:(?:error|message|detail)\W{1,5})?invalid (?:bearer |access |api |auth )?(?:token|key|api key)\W*$/i,
      /\bcrypto\/rsa: verification error\b|\b(?:unable|failed|could not|cannot) (?:to )?(?:find|get|fetch|retrieve|load|locate) (?:a |the |any )?(?:signing |public |verification |matching )?keys?\b|\b(?:Signing)?KeyNotFound\w*|\bJwksError\b|\bno (?:signing |public |matching )?key (?:found )?(?:for|with) (?:kid|key id)\b|\bkid\b.{0,40}\b(?:not found|unknown|missing|no match\w*)\b|\b(?:is )?not a (?:valid )?JWT\b|\bopaque (?:access )?token\b.{0,40}\b(?:JWT|expected|not|cannot)\b|\bJWT (?:is )?expected\b|\balgorithm (?:\w+ )?(?:is )?not (?:allowed|supported|permitted)\b|\balg(?:orithm)?\b.{0,20}\b(?:mismatch|invalid|unsupported|not allowed)\b|"active"\s?:\s?false\b|\btoken (?:is )?(?:inactive|not active)\b(?!.{0,40}\brefresh)/i,
      /\b(?:jwt|jose)\b.{0,30}\b(?:DecodeError|InvalidTokenError|JWTError|JWSError)\b|\bjwt malformed\b|\binvalid (?:jwt|jws|token) signature\b|\b(?:not enough segments|invalid header padding|invalid compact JWS|invalid number of segments|signature verification failed|token signature is invalid|signature is invalid)\b|\bno (?:applicable|matching) key\b|\bIDX10(?:500|501|503|511|517|609)\b|\bsigned JWT rejected\b/i,
    ],
    without: /\baud(?:ience)?\b|\biss(?:uer)?\b|\bexpired\b|\brefresh/i,
  },
  // The value may be right; its form is not: prefix, scheme, header.
  {
    blames: 'auth-credentials-rejected',
    says: [
      /\b(?:malformed|badly formatted|ill-?formed|wrongly formatted) (?:an? )?(?:api[ _-]?key|authori[sz]ation|auth\w*|bearer|credentials?|access[ _]?token|token)\b(?! (?:response|answer|endpoint|request))/i,
      /\b(?:authori[sz]ation|auth|bearer|api[ _-]?key)\b(?: header| value| token)?\b.{0,20}\b(?:is |was |has )?(?:an? )?(?:badly|wrongly|incorrectly|im-?properly|not (?:correctly|properly)) (?:formatted|formed)\b/i,
      /\b(?:invalid|malformed|bad|wrong|incorrect|unsupported|unknown|unrecogni[sz]ed|unexpected) (?:the )?(?:authori[sz]ation|auth\w*|token|bearer|credentials?)(?: header)? (?:scheme|type|prefix|format|header|syntax)\b(?! (?:type|params?)\b)|\b(?:invalid|malformed|bad|wrong|incorrect) api[ _-]?key format\b/i,
      /\b(?:ensure|must|should|needs?|expects?|expected|requires?|missing|without|no)\b.{0,40}['"`]?\bBearer\b['"`]?\s?['"`]?\s?(?:prefix|scheme|in front)|\bBearer\b['"`]?\s?['"`]? (?:prefix|scheme) (?:is )?(?:missing|required|expected|duplicated|twice)\b|\bmust (?:start|begin) with ['"`]?(?:Bearer|Basic|Token)\b/i,
      /\b(?:auth\w*|federation|token|jwt|bearer|credentials?)\b.{0,30}\b(?:failed|rejected|refused|denied|error)\b.{0,12}\b(?:bad|invalid|wrong|unknown) (?:signature|api[ _-]?key|key|secret|token|credentials?)\b/i,
      /\b(?:must|should|has to|needs to|expects?|only)\b.{0,30}\b(?:sent|passed|accepts?|as|in|via|under)\b.{0,20}\bx-[\w-]{2,30}\b.{0,40}\b(?:not|instead of|rather than)\b.{0,12}\b(?:Bearer|Authorization)\b|\b(?:access token|token|api[ _-]?key|credentials?)\b.{0,30}\b(?:does(?: not|n't) belong|belongs to (?:another|a different)|is (?:for|of|from) (?:another|a different|the wrong) (?:workspace|account|environment|tenant|organi[sz]ation|project|region))\b/i,
      /\bBearer Bearer\b|\b(?:prefix|scheme)\b.{0,60}\b(?:authori[sz]ation|headers?|token|key)\b.{0,60}\b(?:fail\w*|reject\w*|refus\w*|40[013]|unauthori[sz]ed)\b/,
    ],
    without:
      /\baud(?:ience)?\b|\biss(?:uer)?\b|\bexpired\b|\bregist(?:er|ration)\b|\bmissing or (?:invalid|malformed)\b|\b(?:invalid|malformed) or missing\b|\bclient[_ ]secret\b|\brefresh\b/i,
  },
  // Tokens that the server judges, and their renewal.
  {
    blames: 'auth-audience-mismatch',
    says: [
      /\bnot issued for this (?:protected |MCP )?(?:resource|server|audience)\b|\bresource claim\b.{0,80}\b(?:but|not|mismatch\w*|does)\b|\bunexpected "?aud"? |\bmissing required "aud"/i,
    ],
  },
  { blames: 'auth-issuer-mismatch', says: [/\bunexpected "?iss"? |\b"iss" \(issuer\) response parameter/i] },
  {
    blames: 'auth-token-expired',
    says: [
      near(
        String.raw`\brefresh[_ ]?tokens?\b`,
        String.raw`\b(?:expired|invalid|revoked|not (?:found|valid|exist)|does not exist|unknown|consumed|reused?|already (?:been )?used|rotated|rejected|missing|inactive|no longer|malformed)\b`,
      ),
      /\bexpired,? (?:and|but) (?:could not|cannot|can't|couldn't|was not) (?:be )?(?:refreshed|renewed)\b|\bsession not active\b|\bInvalidRefreshToken/i,
      /\bno automatic (?:token )?(?:refresh|renewal)\b|\bconnection (?:has )?expired\b|\b(?:token|session|login|authori[sz]ation|credentials?)(?:\/\w+)? expires? (?:after|within|every)\b/i,
    ],
    without: /\binvalid_client_metadata\b|\bregist(?:er|ration)\b|\bgrant_types\b/i,
  },
];

export const ROWS: readonly Row[] = [...NAMED, ...BARE];
