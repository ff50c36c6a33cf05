import { actionOf } from '../../domain/kms-operations.ts';

/** What an operation does with a data key. */
type Role = 'load' | 'making' | 'other';

export function roleOf(operation: string): Role {
  const action = actionOf(operation);
  if (action === 'decrypt' || action === 're-encrypt') return 'load';
  return action === 'encrypt' || action === 'data-key' ? 'making' : 'other';
}
