/** The keytide command: parses its words, runs one command, and turns faults into one line and an exit code. */
import { Argument, Command, CommanderError } from 'commander';
import { laterCommand } from './later-command.ts';
import { WrongUse } from './options.ts';
import { plainFault } from './plain-fault.ts';
import { say } from './say.ts';

const program = new Command('keytide')
  .description(
    'Explains KMS traffic: every call of the engine beside the customer’s own audit log.',
  )
  .version('0.1.0')
  .exitOverride()
  .configureOutput({ outputError: () => undefined, writeErr: () => undefined });

program
  .command('up')
  .description('database, sandbox with traffic, and the dashboard')
  .option('--port <n>', 'port of the dashboard', '3000')
  .option('--data <dir>', 'data directory', '.keytide')
  .option('--no-sandbox', 'without the simulated cloud')
  .option('--cloud <name>', 'whose cloud is simulated: aws, gcp, azure or all', 'aws')
  .option('--seed <n>', 'seed of the simulated cloud and its traffic', '2026')
  .option(
    '--log-delay <span>',
    'how late events come into the simulated log, as 2m or 1m-9m; each cloud has its own',
  )
  .option(
    '--propagation <span>',
    'until a change of a simulated key is in force, as 30s; each cloud has its own',
  )
  .option(
    '--dev',
    'for work on Keytide itself: pages are built as they are asked for, and anew when changed',
  )
  .action(async (options) => (await import('./up.ts')).up(options));

program
  .command('sandbox')
  .description('what an engine of your own needs to use the running sandbox')
  .command('env')
  .description('endpoint, key and credentials as shell lines: eval "$(npx keytide sandbox env)"')
  .option('--data <dir>', 'data directory', '.keytide')
  .action(async (options) => (await import('./sandbox-env.ts')).sandboxEnv(options));

program
  .command('replay')
  .description('the real engine over a recorded workload, in virtual time')
  .argument('<trace>', 'CSV of timestamp_s,conversation_id,turn,workspace, gzip or plain')
  .option('--rotation <span>', 'age at which a DEK stops encrypting', '24h')
  .option('--rotation-mode <mode>', 'lazy or aligned', 'lazy')
  .option('--ttl <span>', 'how long a DEK may be used without asking the KMS', '1h')
  .option('--processes <n>', 'engine processes', '1')
  .option('--routing <how>', 'row, conversation or workspace', 'row')
  .option('--deks <how>', 'shared or private', 'shared')
  .option('--capacity <n>', 'DEKs each process keeps')
  .option('--window <n>', 'earlier messages of a conversation that are opened')
  .option('--workspaces-mod <k>', 'spread conversations over k workspaces')
  .option('--spread <how>', 'none, first-lease or jitter', 'none')
  .option('--seed <n>', 'seed of the random choices', '1')
  .option('--cloud <name>', 'whose KMS: aws, gcp or azure; the last two with --wire', 'aws')
  .option('--wire', 'over the wire, through the SDK of the cloud')
  .option('--out <dir>', 'keep the telemetry and the log of the run there, for explain')
  .option('--json', 'one JSON object')
  .action(async (trace, options) => (await import('./replay.ts')).replayCommand(trace, options));

program
  .command('import')
  .description('audit records from files or folders')
  .argument('<path...>')
  .option('--provider <name>', 'only records of aws, gcp or azure; all where left out')
  .option('--data <dir>', 'data directory', '.keytide')
  .option('--json', 'one JSON object')
  .action(async (paths, options) => (await import('./import.ts')).importCommand(paths, options));

program
  .command('explain')
  .description('why the KMS was asked, from files or from the store')
  .option('--audit <path...>', 'audit records; files alone need no server')
  .option('--telemetry <path...>', 'OTLP JSON export requests, one a line')
  .option('--messages <csv>', 'messages as hour,messages')
  .option('--service <file>', 'what you know of the service, as JSON')
  .option('--from <time>', 'start of the window')
  .option('--to <time>', 'end of the window')
  .option('--data <dir>', 'data directory', '.keytide')
  .option('--markdown', 'the full report in Markdown')
  .option('--json', 'one JSON object')
  .action(async (options) => (await import('./explain.ts')).explainCommand(options));

program
  .command('drill')
  .description('how long it was until a revocation took effect, from logs; it only reads')
  .requiredOption('--key <key>', 'its ARN or its alias’s, gcp-kms:projects/… or azure-kv:https://…')
  .option('--audit <path...>', 'audit records; files alone need no server')
  .option('--telemetry <path...>', 'OTLP JSON export requests, one a line')
  .option('--service <file>', 'what you know of the service, as JSON: its promised TTL')
  .option('--data <dir>', 'data directory', '.keytide')
  .option('--markdown', 'the report in Markdown')
  .option('--json', 'one JSON object')
  .action(async (options) => (await import('./drill.ts')).drillCommand(options));

program
  .command('doctor')
  .description('how each audit source fares, what it lacks, and what mends that')
  .option('--rebuild', 'instead makes the sums that screens read anew from the rows')
  .option('--data <dir>', 'data directory', '.keytide')
  .action(async (options) => (await import('./doctor.ts')).doctorCommand(options));

program
  .command('key')
  .description('who uses a key, since when, and what breaks if it is disabled now')
  .argument('<key>', 'its ARN or its alias’s, gcp-kms:projects/… or azure-kv:https://…')
  .option('--data <dir>', 'data directory', '.keytide')
  .option('--json', 'one JSON object')
  .action(async (key, options) => (await import('./key.ts')).keyCommand(key, options));

program
  .command('access')
  .description(
    'whether a key can be used now, which condition of access is missing, what is allowed besides',
  )
  .argument('<key>', 'its ARN, gcp-kms:projects/… or azure-kv:https://…')
  .option('--data <dir>', 'data directory', '.keytide')
  .option('--json', 'one JSON object')
  .action(async (key, options) => (await import('./access.ts')).accessCommand(key, options));

program
  .command('check')
  .description(
    'one marked Encrypt, then its event in the log: do claims survive, how late, what is missing',
  )
  .addArgument(new Argument('<cloud>').choices(['aws', 'gcp', 'azure']))
  .argument('<key>', 'its ARN, gcp-kms:projects/… or azure-kv:https://…')
  .option('--wait <span>', 'how long to look for it', '15m')
  .option('--data <dir>', 'data directory', '.keytide')
  .option('--json', 'one JSON object')
  .action(async (cloud, key, options) =>
    (await import('./check.ts')).checkCommand(cloud, key, options),
  );

laterCommand(program, 'what-if', 'a recorded workload under another policy, simulated');

try {
  // Who reads the output may have seen enough, as `head` has: that is no fault.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') complain(plainFault(error));
    process.exit(error.code === 'EPIPE' ? 0 : 1);
  });
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}

/** Says what went wrong in one line; returns the exit code: 1 failed, 2 wrong use. */
function report(error: unknown): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0;
    const asked =
      error.code === 'commander.help' ? 'name a command; see keytide --help' : error.message;
    complain(asked.replace(/^error: /, ''));
    return 2;
  }
  if (error instanceof WrongUse) {
    complain(error.message);
    return 2;
  }
  complain(plainFault(error));
  return 1;
}

function complain(message: string): void {
  say(message.split('\n')[0] ?? '');
}
