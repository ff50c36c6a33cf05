import { isUtf8 } from 'node:buffer';

/** What a file's first bytes show; `other` names a kind that holds no audit records to be read. */
export type FileKind =
  | { kind: 'text' | 'gzip' | 'parquet' | 'tar' | 'base64' }
  | { kind: 'other'; name: string; advice: string };

/** As many bytes as are needed to tell. */
export const headBytes = 4096;

const magic: readonly (readonly [bytes: string, name: string, advice: string])[] = [
  ['%PDF-', 'a PDF document', 'export the log itself, as JSON or CSV'],
  ['PK\x03\x04', 'a ZIP archive in another one', 'unpack it first'],
  ['(\xb5\x2f\xfd', 'zstd', 'unpack it first, with zstd -d'],
  ['BZh', 'bzip2', 'unpack it first, with bunzip2'],
  ['\xfd7zXZ', 'xz', 'unpack it first, with unxz'],
  ['7z\xbc\xaf', 'a 7-Zip archive', 'unpack it first'],
  ['Obj\x01', 'an Avro file', 'export it as JSON or Parquet'],
  ['ORC', 'an ORC file', 'export it as JSON or Parquet'],
  ['\x89PNG', 'a picture', 'export the log itself, as JSON or CSV'],
  ['\xff\xd8\xff', 'a picture', 'export the log itself, as JSON or CSV'],
];

/** By content; names are not believed. */
export function fileKind(head: Buffer): FileKind {
  if (head[0] === 0x1f && head[1] === 0x8b) return { kind: 'gzip' };
  const start = head.toString('latin1', 0, 8);
  if (start.startsWith('PAR1')) return { kind: 'parquet' };
  for (const [bytes, name, advice] of magic) {
    if (start.startsWith(bytes)) return { kind: 'other', name, advice };
  }
  if (head.toString('latin1', 257, 262) === 'ustar') return { kind: 'tar' };
  if (!isUtf8(wholeCharacters(head)) || head.includes(0)) {
    return {
      kind: 'other',
      name: 'binary: neither UTF-8 text nor gzip nor Parquet',
      advice: 'give CloudTrail’s JSON files',
    };
  }
  return { kind: isWrappedBase64(head) ? 'base64' : 'text' };
}

const base64Line = /^[A-Za-z0-9+/]{60,100}$/;
const base64End = /^[A-Za-z0-9+/]+={0,2}$/;
/** How gzip and JSON begin in base64: of lines that all do, each is one by itself. */
const beginsPacked = /^(?:H4sI|ey[IJKA]|W3s|WyJ|ew[ko])/;

/** A file in base64 over several lines, as mail and shells write it. */
function isWrappedBase64(head: Buffer): boolean {
  const [first = '', second = '', third] = head.toString('latin1', 0, 400).split(/\r?\n/);
  if (!base64Line.test(first) || !beginsPacked.test(first)) return false;
  const last = third === undefined || third === '';
  return (
    !beginsPacked.test(second) &&
    (last ? base64End.test(second) : base64Line.test(second)) &&
    second.length <= first.length
  );
}

/** The bytes that base64 stands for, whatever lines it is in. */
export async function* fromBase64(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest = '';
  for await (const chunk of chunks) {
    const text = rest + chunk.toString('latin1').replaceAll(/\s/g, '');
    const whole = text.length - (text.length % 4);
    rest = text.slice(whole);
    if (whole > 0) yield Buffer.from(text.slice(0, whole), 'base64');
  }
  if (rest.length > 0) yield Buffer.from(rest, 'base64');
}

/** UTF-16 by its mark, or by the zeros that it has beside plain letters; null for all else. */
export function wideEncoding(head: Buffer): 'utf-16le' | 'utf-16be' | null {
  const [a = 0, b = 0, c = 0, d = 0] = head;
  if ((a === 0xff && b === 0xfe) || (isPlain(a) && b === 0 && isPlain(c) && d === 0))
    return 'utf-16le';
  if ((a === 0xfe && b === 0xff) || (a === 0 && isPlain(b) && c === 0 && isPlain(d)))
    return 'utf-16be';
  return null;
}

const isPlain = (byte: number): boolean => byte >= 0x09 && byte < 0x7f;

/** Without the bytes of a character that the cut at the end left unfinished. */
function wholeCharacters(head: Buffer): Buffer {
  for (let back = 1; back <= 3 && back <= head.length; back++) {
    const byte = head[head.length - back] ?? 0;
    if (byte < 0x80) return head;
    if (byte >= 0xc0) return head.subarray(0, head.length - back);
  }
  return head;
}

/** What holds no audit records, and by which of the codes it is refused. */
export interface ContentKind {
  name: string;
  code: 'other-file' | 'telemetry' | 'messages' | 'columns';
}

const instantThenCount = /^\d{4}-\d\d-\d\d[T ]\d\d(?::\d\d){0,2}(?:Z|[+-]\d\d:?\d\d)?,\d+\s*$/;

/** What `--query` and `--output` of a command line leave of events: times and operations, without their records. */
const queried = 'parts of events (ask for --query "Events[].CloudTrailEvent", or without --query)';
const operations = '(?:Decrypt|Encrypt|ReEncrypt|GenerateDataKey)[A-Za-z]*';
const instants = '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d';

const texts: readonly (readonly [pattern: RegExp, name: string, code?: ContentKind['code']])[] = [
  [/^\+[-+]{3,}\+?$|^\|.*\|$|^-{4,}$/, 'a table drawn with lines (ask for --output json)'],
  [new RegExp(`^${instants}\\S*\\t(?:.*\\t)?${operations}(?:\\t|$)`), queried, 'columns'],
  [/^hour,messages\s*$/i, 'counts of messages by the hour', 'messages'],
  [instantThenCount, 'counts of messages by the hour', 'messages'],
  [/^version account-id interface-id|^\d+ (?:\d{12}|-|unknown) eni-[0-9a-f]+ /, 'VPC flow logs'],
  [/\binterface[-_]id\b.*\bsrcaddr\b/, 'VPC flow logs'],
  [/^\S+ \S+ \[\d\d\/[A-Z][a-z]{2}\/\d{4}:[\d:]+ [+-]\d{4}\] \S/, 'S3 server access logs'],
  [/^(?:https?|h2|grpcs?|wss?|tls) \d{4}-\d\d-\d\dT\S+ \S+\/\S+/, 'load balancer access logs'],
  [/^\d{4}-\d\d-\d\dT[\d:.]+Z \S+ [\d.]+:\d+ [\d.:-]+ -?\d/, 'load balancer access logs'],
  [/^tls \d\.\d \d{4}-\d\d-\d\dT\S+ net\//, 'load balancer access logs'],
  [/^#Version: |^#Fields: /, 'CloudFront or W3C access logs'],
  [/^\d{4}-\d\d-\d\d\t\d\d:\d\d:\d\d\t[A-Z]{3}\d/, 'CloudFront or W3C access logs'],
  [/^\d\.\d+ \d{4}-\d\d-\d\dT\S+ Z[A-Z0-9]+ \S+ [A-Z]+ [A-Z]+ (?:UDP|TCP) /, 'DNS query logs'],
  [/^\d{4}\/\d\d\/\d\d [\d:]{8} \[\w+\] \d+#\d+: /, 'web server error logs'],
  [/^\[[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d [\d:.]+ \d{4}\] \[/, 'web server error logs'],
  [
    /^"[a-z\d][a-z\d.-]{2,62}","[^"]+",.*"(?:STANDARD|REDUCED|ONEZONE|INTELLIGENT|GLACIER|DEEP)[A-Z_]*"/,
    'an S3 inventory',
  ],
  [/^(?:START|END|REPORT) RequestId: /, 'logs of a Lambda function'],
  [/\blineItem\/UsageType\b|\bline_item_usage_type\b/i, 'a cost and usage report'],
  [/^user,arn,user_creation_time,/, 'an IAM credential report'],
  [
    /^(?:\S+:\d+ )?\S+ \S+ \S+ \[\d\d\/[A-Z][a-z]{2}\/\d{4}:[\d:]+ [+-]\d{4}\] "/,
    'web server access logs',
  ],
  [/^<!doctype html|^<html/i, 'a web page'],
  [/^<\?xml|^<[A-Za-z][\w:.-]*[\s>]/, 'XML'],
  [/^-----BEGIN /, 'a key or certificate'],
  [/^(?:<\d+>)?[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S+ /, 'syslog lines'],
];

/** What lines of text are, as far as they show it. */
export const textKind = (line: string): ContentKind | null => kindIn(texts, line);

const documents: typeof texts = [
  [/"resource(?:Spans|Metrics|Logs|_spans|_metrics|_logs)"/, 'OpenTelemetry data', 'telemetry'],
  [/"scope(?:Spans|Metrics)"/, 'OpenTelemetry data', 'telemetry'],
  [
    new RegExp(`"${operations}"[^{}]*"${instants}|"${instants}[^{}]*"${operations}"`),
    queried,
    'columns',
  ],
  [/"webaclId"/i, 'AWS WAF logs'],
  [/"detectorId"|"serviceName"\s*:\s*"guardduty"/i, 'GuardDuty findings'],
  [/"ProductArn"/, 'Security Hub findings'],
  [/"configurationItems?"/, 'AWS Config items'],
  [/"apiVersion"\s*:\s*"audit\.k8s\.io\//, 'Kubernetes audit logs'],
  [/"query_name"/, 'DNS query logs'],
  [/"fileSchema"/, 'an S3 inventory'],
  [/"client_token"\s*:\s*"hmac-|"mount_(?:type|accessor)"\s*:/, 'Vault audit logs'],
];
const documentHead = 16_384;

/** What a JSON value without records is, as far as its beginning shows it. */
export const documentKind = (text: string): ContentKind | null =>
  kindIn(documents, text.slice(0, documentHead));

function kindIn(kinds: typeof texts, text: string): ContentKind | null {
  const found = kinds.find(([pattern]) => pattern.test(text));
  if (found === undefined) return null;
  const [, name, code = 'other-file'] = found;
  return { name, code };
}
