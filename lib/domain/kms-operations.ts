/** What the clouds' operations do, by their own names: one table for all three clouds. */

/** Uses of a key's material, what changes a key or who may use it, what is done to the log, and the rest. */
export type KmsAction =
  | 'encrypt'
  | 'decrypt'
  | 're-encrypt'
  | 'data-key'
  | 'other-use'
  | 'create'
  | 'disable'
  | 'enable'
  | 'schedule'
  | 'cancel'
  | 'destroy'
  | 'policy'
  | 'grant'
  | 'alias'
  | 'rotation'
  | 'identity'
  | 'trail'
  | 'challenge'
  | 'other';

const table: readonly (readonly [action: KmsAction, names: string])[] = [
  ['encrypt', 'Encrypt KeyWrap KeyEncrypt RawEncrypt'],
  ['decrypt', 'Decrypt KeyUnwrap KeyDecrypt RawDecrypt AsymmetricDecrypt Decapsulate'],
  ['re-encrypt', 'ReEncrypt'],
  ['data-key', 'GenerateDataKey GenerateDataKeyWithoutPlaintext'],
  ['data-key', 'GenerateDataKeyPair GenerateDataKeyPairWithoutPlaintext'],
  ['other-use', 'GenerateMac VerifyMac Sign Verify DeriveSharedSecret'],
  ['other-use', 'AsymmetricSign MacSign MacVerify KeySign KeyVerify KeyRelease'],
  ['create', 'CreateKey ReplicateKey CreateCryptoKey CreateCryptoKeyVersion'],
  ['create', 'ImportCryptoKeyVersion KeyCreate KeyImport KeyRestore'],
  ['disable', 'DisableKey'],
  ['enable', 'EnableKey'],
  ['schedule', 'ScheduleKeyDeletion DestroyCryptoKeyVersion KeyDelete VaultDelete'],
  ['cancel', 'CancelKeyDeletion RestoreCryptoKeyVersion KeyRecover VaultRecover'],
  ['destroy', 'DeleteKey DeleteImportedKeyMaterial DeleteExpiredKeyMaterial KeyPurge VaultPurge'],
  ['policy', 'PutKeyPolicy SetIamPolicy VaultPut VaultPatch'],
  ['policy', 'VaultAccessPolicyChangedEventGridNotification'],
  ['grant', 'CreateGrant RetireGrant RevokeGrant'],
  ['alias', 'CreateAlias UpdateAlias DeleteAlias'],
  ['rotation', 'RotateKey RotateKeyOnDemand EnableKeyRotation DisableKeyRotation'],
  ['rotation', 'UpdateCryptoKeyPrimaryVersion CryptoKeyEvent'],
  ['rotation', 'KeyRotate KeyRotateIfDue KeyRotationPolicySet'],
  // Of AWS IAM: who may do what, whatever the key.
  ['identity', 'AttachRolePolicy DetachRolePolicy PutRolePolicy DeleteRolePolicy DeleteRole'],
  ['identity', 'UpdateAssumeRolePolicy PutRolePermissionsBoundary DeleteRolePermissionsBoundary'],
  ['identity', 'AttachUserPolicy DetachUserPolicy PutUserPolicy DeleteUserPolicy DeleteUser'],
  ['identity', 'AttachGroupPolicy DetachGroupPolicy PutGroupPolicy DeleteGroupPolicy'],
  ['identity', 'CreatePolicyVersion SetDefaultPolicyVersion DeletePolicyVersion DeletePolicy'],
  // Of CloudTrail: what switches a log off, or takes events out of it.
  ['trail', 'StopLogging DeleteTrail UpdateTrail PutEventSelectors'],
  // A request turned away for want of a token, as the first one of each client of Azure is.
  ['challenge', 'Authentication'],
];

const actions = new Map<string, KmsAction>(
  table.flatMap(([action, names]) =>
    names.split(' ').map((name): [string, KmsAction] => [name, action]),
  ),
);

/** What an operation does; `other` for what only reads, or is not known. */
export const actionOf = (operation: string): KmsAction => actions.get(operation) ?? 'other';

/** An action's operations, by the clouds' own names. */
export const operationsOf = (action: KmsAction): string[] =>
  [...actions].flatMap(([name, of]) => (of === action ? [name] : []));

const uses: readonly KmsAction[] = ['encrypt', 'decrypt', 're-encrypt', 'data-key', 'other-use'];

/** Whether an action uses a key's material; all others manage or describe the key. */
export const isUse = (action: KmsAction): boolean => uses.includes(action);

/** Done to the log or to identities: kept because it tells why events are missing or refused, no event on a key. */
const asideActions: readonly KmsAction[] = ['identity', 'trail'];
export const isAside = (action: KmsAction): boolean => asideActions.includes(action);
