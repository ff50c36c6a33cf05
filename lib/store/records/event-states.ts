import { type EventState, eventStates, type JoinMethod, joinMethods } from '../../domain/fates.ts';

// The same codes as in the database's views; those of methods begin at 1.
export const stateCode = (state: EventState): number => eventStates.indexOf(state);
export const methodCode = (method: JoinMethod): number => joinMethods.indexOf(method) + 1;
export const stateOf = (code: number): EventState => at(eventStates, code);
export const methodOf = (code: number): JoinMethod => at(joinMethods, code - 1);

function at<T>(all: readonly T[], code: number): T {
  const one = all[code];
  if (one === undefined) throw new RangeError(`the code ${code} is not known`);
  return one;
}
