import { countOf } from './counts.ts';
import type { PrincipalUse } from './dto.ts';
import { countText, nounText } from './screen-text.ts';

/** Whose use of a key it seems to be, and what that rests on, in plain words. */
export interface PrincipalVerdict {
  word: 'Stranger' | 'Suspect' | 'Cloud service' | 'Yours' | null;
  text: string;
}

/** Whoever asks for these can read what is under the key. */
const opening = ['Decrypt', 'KeyUnwrap', 'KeyDecrypt', 'ReEncrypt'];

export function principalVerdict(use: PrincipalUse): PrincipalVerdict {
  const { kind, services, events, addresses } = use;
  const uses = nounText(events, 'use');
  const from = addresses === 0 ? '' : ` from ${nounText(addresses, 'address', 'addresses')}`;
  if (kind === 'own') return { word: 'Yours', text: 'You named it as one of the service’s own.' };
  if (kind === 'suspect')
    return {
      word: 'Suspect',
      text: `It is the service’s own identity, but no process of it made ${events === 1 ? 'this use' : `these ${uses}`}${from}: somebody else may hold its credentials.`,
    };
  if (services.length > 0)
    return {
      word: 'Cloud service',
      text: `${services.join(', ')} asked on somebody’s behalf, as where data are kept encrypted under this key.`,
    };
  const reads = opening.reduce((sum, name) => sum + countOf(use.operations, name), 0);
  const opened =
    reads === 0 ? 'None of them opened data' : `${countText(reads)} of them opened data`;
  if (kind === 'unknown')
    return { word: null, text: `Nobody said whose it is. It made ${uses}${from}. ${opened}.` };
  return {
    word: 'Stranger',
    text: `No process of the service uses this identity. It made ${uses}${from}. ${opened}.`,
  };
}
