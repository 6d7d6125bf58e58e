/** What clients, libraries and people say of a certificate that is not trusted. */

/** What is wrong with the certificate, with the error codes (OpenSSL, as Node prints them) and sentences that say so. */
export const FAULTS: { fault: string; codes: RegExp; words: RegExp; loose?: true }[] = [
  {
    fault: 'expired',
    codes: /^CERT_HAS_EXPIRED$/,
    words:
      /\bCERT_HAS_EXPIRED\b|certificate has expired(?! or is not yet valid)|\bcertificate expired\b|invalid peer certificate: Expired|CertificateExpiredException|NotAfter:|ERR_CERT_DATE_INVALID|SEC_E_CERT_EXPIRED|\bNotTimeValid\b|x509: certificate has expired/i,
  },
  {
    fault: 'not-yet-valid',
    codes: /^CERT_NOT_YET_VALID$/,
    words: /\bCERT_NOT_YET_VALID\b|certificate is not (?:yet valid|valid yet)|CertificateNotYetValid|\bNotValidYet\b/i,
  },
  {
    fault: 'wrong-name',
    codes: /ALTNAME_INVALID|HOSTNAME_MISMATCH/,
    // Go: "x509: certificate is valid for a.dev, not b.dev"; Java: "No subject alternative DNS name matching".
    words:
      /ALTNAME_INVALID|hostname mismatch|does(?: not|n't) match certificate's altnames|certificate is (?:not )?valid for|doesn't contain any IP SANs|NotValidForName|no (?:subject )?alternative (?:certificate subject name|DNS name|IP address|names?) (?:matches|matching|present)|RemoteCertificateNameMismatch|ERR_CERT_COMMON_NAME_INVALID|SEC_E_WRONG_PRINCIPAL|hostname .{1,100} (?:(?:was )?not verified|does not match the server certificate)/i,
  },
  {
    fault: 'self-signed',
    codes: /^DEPTH_ZERO_SELF_SIGNED_CERT$/,
    words:
      /DEPTH_ZERO_SELF_SIGNED_CERT|self[- ]signed certificate(?! in (?:the )?certificate chain)|CaUsedAsEndEntity/i,
  },
  {
    // OpenSSL has the certificate of the server and nothing that leads on from it.
    fault: 'chain-incomplete',
    codes: /UNABLE_TO_VERIFY_LEAF_SIGNATURE/,
    words:
      /UNABLE_TO_VERIFY_LEAF|unable to verify the first certificate|\bPartialChain\b|incomplete (?:certificate )?chain|missing intermediate/i,
  },
  {
    // The chain is whole and ends in an authority that the client does not know.
    fault: 'private-authority',
    codes: /SELF_SIGNED_CERT_IN_CHAIN/,
    words:
      /SELF_SIGNED_CERT_IN_CHAIN|self[- ]signed certificate in (?:the )?(?:certificate )?chain|\bUntrustedRoot\b|SEC_E_UNTRUSTED_ROOT/i,
  },
  {
    fault: 'unknown-issuer',
    codes: /UNABLE_TO_GET_ISSUER_CERT|^CERT_UNTRUSTED$|^INVALID_CA$|^CERT_SIGNATURE_FAILURE$|^CERT_CHAIN_TOO_LONG$/,
    words:
      /unable to get (?:local )?issuer certificate|UNABLE_TO_GET_ISSUER|unknown[ _]certificate[ _]verification[ _]error|signed by unknown authority|UnknownIssuer|UnknownCA|unable to find valid certification path|No trusted certificate found|trustAnchors parameter must be non-empty|certificate verify failed \(.{0,20}unable to get|PKIX path (?:building|validation) failed|RemoteCertificateChainErrors|ERR_CERT_AUTHORITY_INVALID|certificate is not trusted|unknown ca\b|certificate was signed by an untrusted issuer|certificate chain was issued by an authority that is not trusted|NSURLErrorDomain.{0,20}-1202/i,
  },
  {
    fault: 'untrusted',
    codes: /^CERT_|^UNTRUSTED$/,
    words:
      /CERTIFICATE_VERIFY_FAILED|certificate verify failed|SSL certificate problem|remote certificate (?:is invalid|was rejected)|certificate validation failed|could not establish trust relationship|failed to verify (?:the )?(?:TLS |server )?certificate|invalid peer certificate|SSL connection could not be established.{0,100}certificate|certificate (?:is )?not trusted|SSL peer certificate or SSH remote key was not OK|x509: (?:certificate|cannot validate|failed|invalid|unhandled)/i,
  },
  {
    // Alerts, which the other side sends (it may as well dislike the certificate of the client), and the words of people.
    fault: 'untrusted',
    loose: true,
    codes: /^$/,
    words:
      /\btls: (?:bad|unknown|expired|revoked|unsupported) certificate\b|\b(?:tlsv1|sslv3) alert (?:bad certificate|certificate (?:unknown|expired|revoked)|unknown ca)\b|\balert number (?:42|45|46|48)\b|\bSSL(?:V3|_ERROR)?_(?:TLSV1_)?ALERT_(?:BAD_CERTIFICATE|CERTIFICATE_\w+|UNKNOWN_CA)\b|\bTLSV1_ALERT_UNKNOWN_CA\b|\breceived fatal alert: ?\w*(?:certificate|unknown_?ca)\w*|\bCERT_(?:REVOKED|SIGNATURE_FAILURE|CHAIN_TOO_LONG|UNTRUSTED)\b|\bSEC_ERROR_UNKNOWN_ISSUER\b|\bMOZILLA_PKIX_ERROR_\w+|\bUNTRUSTED_CERT\w*|\bcertificate (?:is )?revoked\b|\bcertificate (?:error|problem|invalid|rejected)\b|\b(?:invalid|bad|untrusted) (?:SSL |TLS |server )?certificate\b/i,
  },
];

export const SAYS: Record<string, string> = {
  expired: 'has expired',
  'not-yet-valid': 'is not valid yet (or the clock of the client is wrong)',
  'wrong-name': 'was issued for another name than the one in the URL',
  'self-signed': 'is self-signed, so no authority vouches for it',
  'chain-incomplete':
    'was sent without the intermediate certificate that leads to a known authority, or comes from a private authority',
  'private-authority': 'comes from an authority that the client runtime does not know',
  'unknown-issuer':
    'comes from an authority that the client runtime does not know, or lacks its intermediate certificate',
  untrusted: 'is not trusted by the client runtime',
};

/** Where only the product is named, or only that the check is what fails: a best guess. */
export const BY_NAME =
  /\b(?:SSL|TLS|HTTPS)[ -]?(?:inspection|intercept\w*|decrypt\w*|bump\w*|break-and-inspect)\b|\b(?:intercepts?|inspects?|decrypts?|man-in-the-middles?) (?:all )?(?:SSL|TLS|HTTPS)\b|\b(?:corporate|company|internal|private|custom|own|our) (?:root )?(?:CA|certificate authority|root cert\w*)\b|\bmkcert\b|(?:SSL|TLS|HTTPS)?(?:证书|憑證|証明書|인증서).{0,12}(?:验证|驗證|検証|校验|错误|錯誤|エラー|失败|失敗|无效|無效|过期|過期|不受信任|오류)|\bZertifikat\w*\b.{0,30}\b(?:ungültig|abgelaufen|nicht vertrauenswürdig)|\bcertificat\b.{0,30}\b(?:invalide|expiré|non valide|non approuvé)|\bcertificado\b.{0,30}\b(?:no válido|inválido|caducado|expirado)|\bсертификат\w*/i;

/** Products that open TLS on the way and sign with a certificate of their own. */
export const INSPECTORS =
  /zscaler|netskope|forti(?:gate|net)|palo ?alto|umbrella|blue ?coat|symantec web|mcafee web|kaspersky|avast|avg technologies|bitdefender|eset ssl|sophos|check ?point|cato networks|cloudflare (?:for teams|gateway)|mitmproxy|charles proxy|fiddler|squid|menlo|iboss|websense|forcepoint/i;
/** Authorities of the public web: a certificate of theirs that is not trusted lacks what lies between. */
export const PUBLIC =
  /let's encrypt|^(?:r1?\d|e\d{1,2}|ye\d|yr\d)$|digicert|sectigo|globalsign|godaddy|amazon|google trust|^w[re]\d$|zerossl|entrust|certum|geotrust|rapidssl|thawte|buypass|ssl\.com|microsoft (?:azure )?(?:rsa|ecc)? ?tls/i;
