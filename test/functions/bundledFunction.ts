import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { SQSEvent, SQSRecord } from 'aws-lambda';
import { bundle } from '../../esbuild.config.cjs';

export const FUNCTIONS = ['copy', 'manifest', 'finalize', 'reconcile', 'sweep', 'status'] as const;
export type FunctionName = (typeof FUNCTIONS)[number];

const LAMBDA_PROCESS = fileURLToPath(new URL('lambdaProcess.ts', import.meta.url));

/** Where a function's source is. */
export function entryOf(name: FunctionName): string {
  return fileURLToPath(new URL(`../../functions/${name}.ts`, import.meta.url));
}

/** What an invocation answers, or that it failed. */
export interface Answer {
  readonly answer?: unknown;
  readonly error?: string;
}

/** What one process of a function did: its answers in order, and what it wrote. */
export interface Outcome {
  readonly answers: readonly Answer[];
  /** The structured log lines. */
  readonly logs: readonly Record<string, unknown>[];
  /** The sums of its metrics. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Its embedded-metric-format lines. */
  readonly emf: readonly EmfLine[];
  /** Everything that it wrote. */
  readonly output: string;
  readonly exitCode: number | null;
}

interface EmfLine {
  readonly _aws: {
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string }[];
    }[];
  };
  readonly [name: string]: unknown;
}

/** The functions, bundled as packaging does it, in a folder of their own. */
export class BundledFunctions {
  readonly folder: string;
  readonly #bundles = new Map<FunctionName, Promise<string>>();
  readonly #payersFile: string;

  static async create(payersYaml: string): Promise<BundledFunctions> {
    const folder = await mkdtemp(join(tmpdir(), 'bundled-functions-'));
    await writeFile(join(folder, 'payers.yml'), payersYaml);
    return new BundledFunctions(folder);
  }

  private constructor(folder: string) {
    this.folder = folder;
    this.#payersFile = join(folder, 'payers.yml');
  }

  /** The path of a function's bundle. */
  path(name: FunctionName): Promise<string> {
    const known = this.#bundles.get(name) ?? this.#bundle(name);
    this.#bundles.set(name, known);
    return known;
  }

  async #bundle(name: FunctionName): Promise<string> {
    const path = join(this.folder, `${name}.cjs`);
    await bundle(entryOf(name), path, { payersFile: this.#payersFile });
    return path;
  }

  /** See {@link runFunction}. */
  async run(
    name: FunctionName,
    environment: Readonly<Record<string, string>>,
    events: readonly unknown[],
    death?: AbortSignal,
  ): Promise<Outcome> {
    return runFunction(await this.path(name), environment, events, death);
  }

  /** Starts a process of a function, which is invoked by hand; end it. */
  async start(name: FunctionName, environment: Readonly<Record<string, string>>): Promise<StartedFunction> {
    return startFunction(await this.path(name), environment);
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true });
  }
}

/**
 * Starts a process of a bundled function, invokes it with each event in turn, and waits for its
 * end. `death` kills it at once.
 */
export async function runFunction(
  path: string,
  environment: Readonly<Record<string, string>>,
  events: readonly unknown[],
  death?: AbortSignal,
): Promise<Outcome> {
  const started = startFunction(path, environment, death);
  for (const event of events) {
    if (!(await started.invoke(event))) break;
  }
  return started.end();
}

/** A process of a function that stays warm between its invocations. */
export interface StartedFunction {
  /** Invokes it; nothing comes back when its process has ended instead. */
  invoke(event: unknown): Promise<Answer | undefined>;
  /** Ends it; what it did in all of its invocations. */
  end(): Promise<Outcome>;
}

export function startFunction(
  path: string,
  environment: Readonly<Record<string, string>>,
  death?: AbortSignal,
): StartedFunction {
  const child = fork(LAMBDA_PROCESS, [path], {
    env: { ...environment },
    silent: true,
    execArgv: [],
  });
  const written = Promise.all([child.stdout, child.stderr].map((stream) => (stream ? text(stream) : '')));
  const exited = once(child, 'exit');
  death?.addEventListener('abort', () => child.kill('SIGKILL'));
  const answers: Answer[] = [];
  return {
    async invoke(event) {
      const answered = once(child, 'message');
      child.send(Object(event), () => {});
      const [answer] = await Promise.race([answered, exited]);
      if (typeof answer !== 'object' || answer === null) return undefined;
      answers.push(answer);
      return answer;
    },
    async end() {
      if (child.connected) child.disconnect();
      const [exitCode] = await exited;
      const output = (await written).join('');
      return { answers, output, exitCode, ...readLines(output) };
    },
  };
}

function readLines(output: string): Pick<Outcome, 'logs' | 'metrics' | 'emf'> {
  const lines = output.split('\n').filter((line) => line.startsWith('{'));
  const parsed = lines.map((line): Record<string, unknown> => JSON.parse(line));
  const emf = parsed.filter((line): line is EmfLine => '_aws' in line);
  const metrics: Record<string, number> = {};
  for (const line of emf) {
    for (const { Name } of line._aws.CloudWatchMetrics.flatMap(({ Metrics }) => Metrics)) {
      const values = [line[Name]].flat().map(Number);
      metrics[Name] = values.reduce((sum, value) => sum + value, metrics[Name] ?? 0);
    }
  }
  return { logs: parsed.filter((line) => !('_aws' in line)), metrics, emf };
}

/**
 * An SQS event as Lambda's event source mapping sends it; texts are taken as bodies as they are.
 */
export function sqsEvent(bodies: Readonly<Record<string, unknown>>, receiveCount = 1): SQSEvent {
  return { Records: Object.entries(bodies).map(([messageId, body]) => sqsRecord(messageId, body, receiveCount)) };
}

/** One message as Lambda's event source mapping sends it. */
export function sqsRecord(messageId: string, body: unknown, receiveCount: number): SQSRecord {
  return {
    messageId,
    receiptHandle: `receipt-${messageId}`,
    body: typeof body === 'string' ? body : JSON.stringify(body),
    attributes: {
      ApproximateReceiveCount: String(receiveCount),
      SentTimestamp: '1790000000000',
      SenderId: 'AIDAEXAMPLE',
      ApproximateFirstReceiveTimestamp: '1790000000100',
    },
    messageAttributes: {},
    md5OfBody: 'd41d8cd98f00b204e9800998ecf8427e',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:us-east-2:123456789012:the-queue',
    awsRegion: 'us-east-2',
  };
}
