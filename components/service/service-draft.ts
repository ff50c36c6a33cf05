/** What is known of the service as text that is being typed; lists have one entry a line. */
import type { ExplainView } from '../../lib/shared/dto.ts';
import {
  type PromisePreset,
  promisePresetNames,
  type ServiceField,
  type ServiceForm,
} from '../../lib/shared/service-facts.ts';

export interface ServiceDraft {
  principals: string;
  messagesPerHour: string;
  promise: PromisePreset | 'none' | 'other';
  ttl: string;
  dekLifetime: string;
  deploys: string;
}

export function serviceDraftOf({
  principals,
  messagesPerHour,
  promise,
  deploys,
}: ServiceForm): ServiceDraft {
  const spans = typeof promise === 'string' ? null : promise;
  return {
    principals: principals.join('\n'),
    messagesPerHour: messagesPerHour === null ? '' : String(messagesPerHour),
    promise: promise === null ? 'none' : typeof promise === 'string' ? promise : 'other',
    ttl: spans?.ttl ?? '',
    dekLifetime: spans?.dekLifetime ?? '',
    deploys: deploys.join('\n'),
  };
}

/** The form that the draft says; what is no number or time is sent as it is, for the server to name. */
export function formOf(draft: ServiceDraft): unknown {
  const messages = draft.messagesPerHour.trim().replaceAll(',', '');
  const number = /^\d+(?:\.\d+)?$/.test(messages) ? Number(messages) : messages;
  const preset = promisePresetNames.find((name) => name === draft.promise);
  const spans = { ttl: orNull(draft.ttl), dekLifetime: orNull(draft.dekLifetime) };
  return {
    principals: linesOf(draft.principals),
    messagesPerHour: messages === '' ? null : number,
    promise: preset ?? (draft.promise === 'other' ? spans : null),
    deploys: linesOf(draft.deploys),
  };
}

type Principal = ExplainView['choices']['principals'][number];

/** Somebody may have typed its id instead of the name. */
const isOf = ({ id, name }: Principal) => {
  const lines = linesOf(`${name}\n${id}`);
  return (line: string): boolean => lines.includes(line);
};

/** Adds a principal, or takes it off. */
export function withPrincipal(draft: ServiceDraft, one: Principal, isOwn: boolean): ServiceDraft {
  const others = linesOf(draft.principals).filter((line) => !isOf(one)(line));
  return { ...draft, principals: (isOwn ? [...others, one.name] : others).join('\n') };
}

export const hasPrincipal = ({ principals }: ServiceDraft, one: Principal): boolean =>
  linesOf(principals).some(isOf(one));

export interface ServiceFault {
  /** Null where no field is named. */
  field: ServiceField | null;
  text: string;
}

const fields: readonly ServiceField[] = ['principals', 'messagesPerHour', 'promise', 'deploys'];

/** A refusal such as `Service: deploys.0 is no time.` at its field; entries are counted from 1 here. */
export function placeServiceFault(message: string): ServiceFault {
  const [, path = '', text = ''] = /^Service: ([\w.]+) (.*)$/s.exec(message) ?? [];
  const [head = '', part] = path.split('.');
  const field = fields.find((name) => name === head);
  if (field === undefined) return { field: null, text: message };
  const which =
    part === undefined ? 'This' : /^\d+$/.test(part) ? `Line ${Number(part) + 1}` : part;
  return { field, text: `${which} ${text}` };
}

const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

const orNull = (text: string): string | null => text.trim() || null;
