/** Prefixes of the variables that Kubernetes and this product set, and of those that dynamic linkers, Git and tracers read. */
const PREFIXES = ['ASYNC_API_', 'KUBERNETES_', 'TRACE', 'LD_', 'GIT_'];

/** Variables with which a shell, an interpreter or the C library runs other code than the image's, or trusts other certificates. */
const NAMES = [
  ...['PATH', 'IFS', 'ENV', 'BASH_ENV', 'BASHOPTS', 'SHELLOPTS', 'PS4', 'PROMPT_COMMAND', 'CDPATH', 'GLOBIGNORE'],
  ...['NODE_OPTIONS', 'NODE_PATH', 'NODE_EXTRA_CA_CERTS', 'NODE_TLS_REJECT_UNAUTHORIZED'],
  ...['PYTHONPATH', 'PYTHONSTARTUP', 'PYTHONHOME', 'PYTHONUSERBASE'],
  ...['PYTHONWARNINGS', 'PYTHONBREAKPOINT', 'PYTHONINSPECT'],
  ...['PERL5OPT', 'PERL5LIB', 'PERLLIB', 'PERL5DB', 'RUBYOPT', 'RUBYLIB'],
  ...['JAVA_TOOL_OPTIONS', 'JDK_JAVA_OPTIONS', '_JAVA_OPTIONS', 'CLASSPATH', 'DOTNET_STARTUP_HOOKS'],
  ...['GCONV_PATH', 'GLIBC_TUNABLES', 'LOCPATH', 'NLSPATH', 'HOSTALIASES', 'OPENSSL_CONF', 'OPENSSL_MODULES'],
  ...['SSL_CERT_FILE', 'SSL_CERT_DIR'],
];

/** Matches the names that no parameter may have, for JavaScript and RE2. manifests/core/run-policy.yaml has the same text. */
export const RESERVED_NAME = `^((${PREFIXES.join('|')}).*|${NAMES.join('|')})$`;
