import { z } from 'zod';

const schema = z.object({
  /** PostgreSQL to use instead of the embedded database. */
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must be a postgresql:// URL')
    .optional(),
  /** Bearer token that OTLP senders must present; made and kept under the data directory where absent. */
  KEYTIDE_INGEST_TOKEN: z.string().min(16, 'must be at least 16 characters').optional(),
  /** Region whose CloudTrail is read with the AWS SDK's own credentials; absent: none is read. */
  KEYTIDE_CLOUDTRAIL_REGION: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'must be an AWS Region')
    .optional(),
  /** Where a trail in that Region puts its files, read instead of its event history. */
  KEYTIDE_CLOUDTRAIL_BUCKET: z
    .string()
    .regex(
      /^s3:\/\/[^/]+\/(?:.*\/)?AWSLogs\/(?:o-[a-z0-9]+\/)?\d{12}\/?$/,
      'must be s3://BUCKET/[PREFIX/]AWSLogs/[o-…/]ACCOUNT',
    )
    .optional(),
  /** Event data store of CloudTrail Lake in that Region, read instead of its event history. */
  KEYTIDE_CLOUDTRAIL_LAKE: z.guid('must be the id of an event data store').optional(),
  /** Folder that files of any cloud's audit log are put into. */
  KEYTIDE_AUDIT_FOLDER: z.string().max(4_096, 'is too long').optional(),
  /** Project whose audit logs are read with Google's own default credentials. */
  KEYTIDE_GOOGLE_PROJECT: z
    .string()
    .regex(/^[a-z][a-z0-9:.-]{4,60}[a-z0-9]$/, 'must be the id of a project')
    .optional(),
  /** Log Analytics workspace that is read with Azure's own default credentials. */
  KEYTIDE_AZURE_WORKSPACE: z.guid('must be the id of a workspace').optional(),
  /** Container of a storage account that a vault's log is exported into. */
  KEYTIDE_AZURE_CONTAINER: z
    .string()
    .regex(
      // A token goes there: to Azure’s own hosts only.
      /^https:\/\/[a-z0-9]+\.blob\.core\.(?:windows\.net|usgovcloudapi\.net|chinacloudapi\.cn)\/[a-z0-9-]+$/,
      'must be the URL of a container',
    )
    .optional(),
  /** Days for which calls and events are kept one by one; 0 for ever, as where it is absent and no sandbox runs. */
  KEYTIDE_RETENTION_DAYS: z
    .string()
    .regex(/^\d{1,4}$/, 'must be a whole number of days, 0 for ever')
    .transform(Number)
    .optional(),
  /** Keys that may be measured, never of production: URIs, parted by commas or blanks. */
  KEYTIDE_TEST_KEYS: z
    .string()
    .regex(
      /^(?:(?:arn:aws|aws-kms:|gcp-kms:|azure-kv:)[^\s,]+[\s,]*)+$/,
      'must be ARNs, gcp-kms:… or azure-kv:…, parted by commas',
    )
    .transform((text) => text.split(/[\s,]+/).filter((key) => key !== ''))
    .optional(),
  /** Set by `keytide up` for its own parts. */
  KEYTIDE_INGEST_TOKEN_AT: z.string().optional(),
  KEYTIDE_SANDBOX_URL: z.url().optional(),
  KEYTIDE_SANDBOX_TOKEN: z.string().min(16).optional(),
});

export type Env = z.infer<typeof schema>;

/** What `keytide up` sets for the two processes that it starts. */
const childSchema = z.object({
  PORT: z.string().regex(/^\d+$/, 'must be a port').transform(Number).optional(),
  NODE_ENV: z.enum(['production', 'development', 'test']).optional(),
  KEYTIDE_SANDBOX_DIR: z.string().default('.keytide/sandbox'),
  KEYTIDE_SANDBOX_TOKEN: z.string().min(16).default(''),
});

/** @throws {Error} naming every fault */
export const parseChildEnv = (variables: Variables): z.infer<typeof childSchema> =>
  parse(childSchema, variables);

type Variables = Readonly<Record<string, string | undefined>>;

/** Empty variables count as absent. @throws {Error} naming every fault */
export const parseEnv = (variables: Variables): Env => parse(schema, variables);

function parse<T>(shape: z.ZodType<T>, variables: Variables): T {
  const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''));
  const parsed = shape.safeParse(given);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
  throw new Error(`Environment: ${faults.join('; ')}.`);
}
