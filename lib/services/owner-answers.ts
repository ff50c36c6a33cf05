/** The owner's side of what the dashboard asks: the one that has the clouds' SDKs. */
import { AppError } from '../domain/app-error.ts';
import type { ServiceContext } from './context.ts';
import type { LogSource } from './intake/poll-loop.ts';
import { tryAsked } from './intake/try-source.ts';
import { checkAccess } from './keys/check-access.ts';
import { cloudKeyOf } from './keys/key-door.ts';
import { KeyEngines } from './keys/key-engines.ts';
import { Measurements } from './keys/measure-key.ts';
import { validateKey } from './keys/validate-key.ts';
import type { FromWeb, OwnerAnswers, OwnerQuestion, ToWeb } from './owner.ts';
import type { SandboxClient } from './sandbox-client.ts';

/** What runs, which changes as a sandbox is started. */
export interface Owner {
  ctx: ServiceContext;
  /** The logs that it was told to read. */
  given(): readonly LogSource[];
  sandbox(): SandboxClient | null;
  /** Keys that may be measured, by their URIs. */
  testKeys: readonly string[];
}

/** Answers a message where it is a question; `close` ends what asks about keys. @throws {AppError} */
export function ownerAnswers(owner: Owner): {
  answer(message: FromWeb): Promise<ToWeb | null>;
  close(): Promise<void>;
} {
  const engines = new KeyEngines(owner.sandbox);
  const measurements = new Measurements();
  const testKeys = new Set(owner.testKeys.map((key) => cloudKeyOf(key).id));
  const ctx = { ...owner.ctx, engines, testKeys };
  const answerTo = (asked: OwnerQuestion): Promise<OwnerAnswers[keyof OwnerAnswers]> => {
    switch (asked.kind) {
      case 'try-source':
        return tryAsked({ ctx, input: { tried: asked.tried, given: owner.given() } });
      case 'validate-key':
        return validateKey({ ctx, input: asked });
      case 'check-access':
        return checkAccess({ ctx, input: asked });
      case 'measure-key':
        return measurements.obey(ctx, asked);
    }
  };
  const answer = async (message: FromWeb): Promise<ToWeb | null> => {
    if (message.kind !== 'asked') return null;
    const { question, asked } = message;
    try {
      return { kind: 'answered', question, answer: await answerTo(asked) };
    } catch (error) {
      const { code, message: said } =
        error instanceof AppError
          ? error
          : new AppError('internal', 'That could not be asked; try again.');
      return { kind: 'refused', question, code, message: said };
    }
  };
  const close = async () => {
    await measurements.close();
    await engines.close();
  };
  return { answer, close };
}
