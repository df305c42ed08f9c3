import * as z from 'zod';

// Forms of names and keys in Kubernetes (apimachinery/pkg/util/validation).

const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = `${LABEL}(\\.${LABEL})*`;
const WORD = '[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?';
/** An optional domain and a name, such as nvidia.com/gpu. */
export const QUALIFIED_NAME = `(${SUBDOMAIN}/)?${WORD}`;

export const whole = (pattern: string): RegExp => new RegExp(`^(${pattern})$`);
const text = (max: number, pattern: string, error: string) => z.string().max(max).regex(whole(pattern), error);

/** Name of an object in the namespace of the jobs, such as a ConfigMap (RFC 1123 subdomain). */
export const ObjectName = text(253, SUBDOMAIN, 'expected the name of a Kubernetes object, such as db-credentials');

/** Name of a host. */
export const HostName = text(253, SUBDOMAIN, 'expected a host name in lower case');

const LABEL_OR_UNDERSCORES = '[a-z0-9_]([-_a-z0-9]*[a-z0-9_])?';
/** A domain that a resolver appends to names; "." is the root. */
export const SearchDomain = text(
  254,
  `\\.|${LABEL_OR_UNDERSCORES}(\\.${LABEL_OR_UNDERSCORES})*\\.?`,
  'expected a domain in lower case',
);

/** A DNS label: the name of a volume within its pod. */
export const VolumeName = text(63, LABEL, 'expected lower-case letters, digits and "-", at most 63');

/** The key of a label, or of a taint. */
export const LabelKey = text(317, QUALIFIED_NAME, 'expected the key of a label, such as disk or example.com/disk');
export const LabelValue = text(63, `(${WORD})?`, 'expected the value of a label: letters, digits, "-", "_" and "."');
export const Labels = z.record(LabelKey, LabelValue);

/** A key in the data of a ConfigMap or secret. */
export const DataKey = text(253, '(?!\\.\\.|\\.$)[-._a-zA-Z0-9]+', 'expected letters, digits, "-", "_" and "."');

/** Name of an environment variable. Kubernetes 1.34 takes more, but no shell does. */
export const VariableName = text(
  128,
  '[-._a-zA-Z][-._a-zA-Z0-9]*',
  'letters, digits, "_", "-" and ".", not beginning with a digit',
);
